"""The commands on one's own captions: score, score-file, rates, threshold, models."""

import json
import re
import shutil
from pathlib import Path

import pytest
from PIL import Image

from tests.cli.conftest import refusal
from tests.scenes import SCENE
from tldr_reward.detective.folders import pretrained
from tldr_reward.detective.scores import CaptionScore
from tldr_reward.world.drawing import draw_image

EXAMPLES = Path(__file__).parents[2] / "workflow/examples"
TRUE = "in the top row, first column there is a big red circle."


@pytest.fixture
def score(monkeypatch, capsys):
    """A function that runs `score` on an image and a caption; its outcome."""
    from tests.cli.conftest import exit_status

    def run(image: Path, caption: str, *more: str):
        monkeypatch.setattr("sys.argv", ["tldr-reward", "score", str(image), "--caption", caption,
                                         "--threads", "1", *more])  # fmt: skip
        status = exit_status()
        return status, *capsys.readouterr()

    return run


def test_the_example_of_the_readme_says_what_the_readme_shows(score):
    readme = (EXAMPLES.parents[1] / "README.md").read_text()
    row = json.loads((EXAMPLES / "captions.jsonl").read_text().splitlines()[0])
    status, out, err = score(EXAMPLES / "scene.png", row["caption"])
    assert (status, err) == (0, "")
    assert out in readme
    assert f'--caption "{row["caption"]}"' in readme
    assert "[triangle]" in out and "verdict: bad" in out


def test_the_readme_tells_the_shares_of_the_model_that_comes_with_the_package(command):
    readme = " ".join((EXAMPLES.parents[1] / "README.md").read_text().split())
    measured = json.loads((pretrained() / "calibration.json").read_text())["measured_on"]
    errors = [f"{100 * measured[name]:.1f}%" for name in ("ece", "ece_calibrated")]
    assert f"calibration error is {errors[0]}, after a line fitted to validation" in readme
    assert f"captions {errors[1]}." in readme
    points = json.loads(command("threshold --base-rate 0.05 --json").out)["thresholds"]
    half, tenth = (
        next(point for point in points if point["threshold"] == threshold)
        for threshold in (0.5, 0.123)
    )
    alarm = (half["flagged"] - 0.05 * half["recall"][0]) / 0.95
    assert (
        f"At the threshold 0.5 the model above finds {half['recall'][0]:.0%} of bad tokens and "
        f"flags {alarm:.0%} of good ones: where 5% of tokens are bad, {half['precision'][0]:.0%} "
        f"of its flags are right (0.12: {tenth['recall'][0]:.0%} found, "
        f"{tenth['precision'][0]:.0%} right)."
    ) in readme
    metrics = json.loads((pretrained() / "card.json").read_text())["metrics"]
    assert f"{metrics['flagged_originals']:.0%} of true captions get a flag at 0.5" in readme


def test_the_example_image_is_the_scene_that_tests_know():
    with Image.open(EXAMPLES / "scene.png") as image:
        assert image.tobytes() == Image.fromarray(draw_image(SCENE)).tobytes()


def test_score_as_json_can_be_read_back_and_warns_of_a_photograph(score, tmp_path):
    Image.linear_gradient("L").resize((640, 480)).save(tmp_path / "photo.jpg")
    status, out, err = score(tmp_path / "photo.jpg", "a dog.", "--json", "--threshold", "0.9")
    assert status == 0
    found = CaptionScore.from_dict(json.loads(out))
    assert (found.text, found.threshold) == ("a dog.", 0.9)
    assert err == f"warning: {found.warning}\n"
    assert "the score means nothing" in found.warning and "'dog'" in found.warning


@pytest.mark.parametrize(
    ("name", "caption", "line"),
    [
        ("text.png", TRUE, "not a readable image"),
        ("none.png", TRUE, "no such image"),
        ("large.png", TRUE, "100 million; at most 89 million are allowed"),
        ("scene.png", " ", "the caption is empty"),
        ("scene.png", "a " * 500_000, "1000000 characters; at most 50000"),
    ],
)
def test_what_cannot_be_scored_is_one_line(score, tmp_path, name, caption, line):
    (tmp_path / "text.png").write_text("no image")
    Image.new("1", (10_000, 10_000)).save(tmp_path / "large.png")
    shutil.copy(EXAMPLES / "scene.png", tmp_path)
    status, out, err = score(tmp_path / name, caption)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert err.startswith("error: ") and line in err


@pytest.fixture
def captions(tmp_path) -> Path:
    """Seven good rows and four bad ones, and the folder of their image."""
    shutil.copy(EXAMPLES / "scene.png", tmp_path)
    rows = [{"image": "scene.png", "caption": TRUE, "id": number} for number in range(7)]
    lines = [json.dumps(row) for row in rows]
    lines.insert(1, '{"image": "../outside.png", "caption": "a"}')
    lines.insert(2, "no json")
    lines.insert(4, '{"image": "none.png", "caption": "a"}')
    lines.insert(5, "")
    lines.append('{"image": "scene.png", "caption": ["a"]}')
    path = tmp_path / "captions.jsonl"
    path.write_text("\n".join(lines) + "\n")
    return path


def score_file(command, captions: Path, more: str = ""):
    folder = captions.parent
    return command(
        f"score-file {captions} --images {folder} --out {folder}/scores.jsonl --threads 1 {more}"
    )


def test_bad_rows_are_set_aside_and_the_rest_is_scored(command, captions):
    outcome = score_file(command, captions)
    folder = captions.parent
    assert outcome.status == 1
    rows = [json.loads(line) for line in (folder / "scores.jsonl").read_text().splitlines()]
    assert [(row["line"], row["id"]) for row in rows] == [
        (1, 0), (4, 1), (7, 2), (8, 3), (9, 4), (10, 5), (11, 6),
    ]  # fmt: skip
    assert {row["image"] for row in rows} == {"scene.png"}
    bad = [json.loads(line) for line in (folder / "scores.bad.jsonl").read_text().splitlines()]
    assert {row["line"]: row["error"].partition(":")[0] for row in bad} == {
        2: f"image '../outside.png' lies outside {folder}",
        3: "not a JSON record (Expecting value",
        5: "no such image",
        12: "field 'caption' is list, not a text",
    }
    for number in (2, 3, 5, 12):
        assert f"line {number}: " in outcome.err
    assert f"4 rows were set aside in {folder}/scores.bad.jsonl" in outcome.err
    assert not (folder / "scores.jsonl.part").exists()
    rates = command(f"rates {folder}/scores.jsonl --json")
    assert json.loads(rates.out)["token"]["units"] == 7 * 14
    shown = command(f"rates {folder}/scores.jsonl --threshold 0")
    assert shown.out.startswith("7 captions\ntoken       0.0% [0.0%, ")


@pytest.mark.parametrize("name", ["scores.jsonl", "scores.bad.jsonl", "scores.jsonl.part"])
def test_captions_are_not_overwritten(command, captions, name):
    captions = captions.rename(captions.with_name(name))
    before = captions.read_bytes()
    assert "would overwrite the captions" in refusal(score_file(command, captions))
    assert captions.read_bytes() == before


def test_a_score_whose_text_is_none_is_named(command, captions):
    score_file(command, captions)
    scores = captions.parent / "scores.jsonl"
    row = json.loads(scores.read_text().splitlines()[0]) | {"text": 5}
    scores.write_text(json.dumps(row) + "\n")
    assert "text is int" in refusal(command(f"rates {scores}"))


def test_a_run_that_broke_off_goes_on_to_the_same_scores(command, captions, monkeypatch):
    from tldr_reward.detective.model import Detective

    score_file(command, captions)
    whole = (captions.parent / "scores.jsonl").read_bytes()
    (captions.parent / "scores.jsonl").unlink()
    scored: list[str] = []
    score_many = Detective.score_many

    def counted(self, pairs, *arguments, stop: int, **options):
        for score in score_many(self, pairs, *arguments, **options):
            if len(scored) == stop:
                raise KeyboardInterrupt
            scored.append(score)
            yield score

    for stop in (3, 100):
        monkeypatch.setattr(
            Detective,
            "score_many",
            lambda self, pairs, *arguments, stop=stop, **options: counted(
                self, pairs, *arguments, stop=stop, **options
            ),
        )
        outcome = score_file(command, captions, "--batch-size 1")
        assert (captions.parent / "scores.jsonl").exists() == (stop == 100)
        if stop == 3:
            assert outcome.status == 130
            with open(captions.parent / "scores.jsonl.part", "a") as part:
                part.write('{"line": 9, "tex')  # cut off within a line
    assert len(scored) == 8  # of seven good rows and the one without an image, none twice
    again = (captions.parent / "scores.jsonl").read_bytes()
    numbers = [
        [
            (row["line"], [round(token["p_good"], 3) for token in row["tokens"]])
            for row in map(json.loads, content.splitlines())
        ]
        for content in (whole, again)
    ]
    assert numbers[0] == numbers[1]


def test_rates_name_the_line_that_is_no_score(command, tmp_path):
    (tmp_path / "scores.jsonl").write_text('{"format": "score/1"}\n')
    line = refusal(command(f"rates {tmp_path}/scores.jsonl"))
    assert line == (
        f"error: {tmp_path}/scores.jsonl:1: score format 'score/1'; "
        "this version reads 'caption-score/1'\n"
    )


def test_threshold_says_what_flags_are_worth_at_a_base_rate(command):
    out = json.loads(command("threshold --base-rate 0.05 --level token --json").out)
    half = next(row for row in out["thresholds"] if row["threshold"] == 0.5)
    # Recall and false alarms are the model's, of any base rate.
    recall, alarm = half["recall"][0], (half["flagged"] - 0.05 * half["recall"][0]) / 0.95
    assert 0.4 < recall < 0.8 and 0 < alarm < 0.1
    assert half["precision"][0] == pytest.approx(0.05 * recall / half["flagged"], abs=1e-3)
    rarer = json.loads(command("threshold --base-rate 0.005 --json").out)
    (precision,) = (row["precision"][0] for row in rarer["thresholds"] if row["threshold"] == 0.5)
    assert precision == pytest.approx(0.005 * recall / (0.005 * recall + 0.995 * alarm), abs=1e-3)
    shown = command("threshold --base-rate 0.05 --precision 0.99 --soundness 0.99").out
    assert shown.splitlines()[0] == "tokens, of which 5.0% are bad (paligemma/tldr/seed0)"
    assert re.search(
        r"no threshold is precise enough, pass above 0\.\d{2,3}: ", shown.splitlines()[-1]
    )
    line = refusal(command("threshold --base-rate 5"))
    assert line == "error: base rate 5.0; allowed: above 0 and below 1\n"


def test_models_lists_the_one_that_comes_with_the_package(command, tmp_path):
    (found,) = json.loads(command(f"models --results {tmp_path} --json").out)
    assert (found["run"], found["scale"], found["calibrated"]) == (
        "paligemma/tldr/seed0", "mini", True,
    )  # fmt: skip
    metrics = json.loads((pretrained() / "card.json").read_text())["metrics"]
    shares = [f"{100 * metrics[name]:.1f}%" for name in ("response_accuracy", "map_neg")]
    shown = command(f"models --results {tmp_path}").out
    assert "A_R {}  mAP(neg) {}".format(*shares) in shown
