"""A reward model of one's own: perturb, train, its card, its folder here and on the hub."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import yaml
from huggingface_hub import ModelCard
from PIL import Image
from safetensors.numpy import load_file

from tests.cli.conftest import exit_status, refusal
from tests.generate.servers import scripted
from tests.language_model import Server
from tldr_reward import Detective
from tldr_reward.cli.train import RECIPES
from tldr_reward.records import CaptionRecord, ImageRecord, read_records, write_records

REVISION = "0123456789abcdef0123456789abcdef01234567"


CONFIG = Path(__file__).parents[2] / "workflow/config"


@pytest.fixture(scope="module")
def own(world, tmp_path_factory) -> Path:
    """A reward model of two steps on the tiny world, by one command."""
    out = tmp_path_factory.mktemp("own") / "model"
    with pytest.MonkeyPatch.context() as patch:
        line = f"train {world.folder} --backbone {world.backbone} --steps 2 --threads 1 --out {out}"
        patch.setattr("sys.argv", ["tldr-reward", *line.split()])
        assert exit_status() == 0
    return out


@pytest.mark.parametrize(("recipe", "scale"), [("small", "config"), ("large", "paper")])
def test_recipes_are_the_workflows_settings(recipe, scale):
    settings = yaml.safe_load((CONFIG / f"{scale}.yaml").read_text())["reward"]
    for option, value in RECIPES[recipe].items():
        assert settings[option.replace("-", "_")] == value, option


def test_train_leaves_a_model_that_scores(own, world, command):
    shown = command(
        f"score {world.folder}/images/test-000000.png --caption circle --model {own} --threads 1 "
        "--json"
    )
    assert shown.status == 0
    score = json.loads(shown.out)
    assert [token["text"] for token in score["tokens"]] == ["circle"]
    settings = json.loads((own / "detective/settings.json").read_text())
    assert (settings["steps"], settings["loss"], settings["lora_rank"]) == (2, "tldr", 64)
    listed = json.loads(command(f"models --results {own.parent} --json").out)
    assert [one["run"] for one in listed] == ["paligemma/tldr/seed0", "own/tldr/seed0"]
    assert "response_accuracy" in listed[1]["metrics"]


def test_the_card_is_one_that_the_hub_reads(own):
    text = (own / "detective/README.md").read_text()
    card = ModelCard(text)
    assert card.data.license == "other" and card.data.library_name == "peft"
    measured = {result.metric_type: result.metric_value for result in card.data.eval_results}
    facts = json.loads((own / "detective/card.json").read_text())
    assert measured["response_accuracy"] == facts["metrics"]["response_accuracy"]
    assert {"ece", "ece_calibrated", "sentence_accuracy"} <= set(measured)
    for heading in ("Use", "Trained on", "Measured", "Calibration and thresholds", "Limits"):
        assert f"\n## {heading}\n" in text
    assert "[More Information Needed]" not in text


def test_the_folder_needs_nothing_else(own, world, tmp_path):
    """Moved and packed in half precision, and from the hub's cache, it gives the same scores."""
    moved = tmp_path / "elsewhere"
    (own / "detective").rename(moved)
    try:
        detective = Detective.load(moved)
        assert detective.card.scale == "own" and "scene world" in detective.known_world
        images = sorted(world.folder.glob("images/test-*.png"))[:4]
        captions = read_records(world.test, CaptionRecord)[:4]
        pairs = [(image, one.text) for image, one in zip(images, captions, strict=True)]
        whole = [score.p_good_of_tokens for score in detective.score_many(pairs)]
    finally:
        moved.rename(own / "detective")
    beside = [score.p_good_of_tokens for score in Detective.load(own).score_many(pairs)]
    assert beside == whole


def test_packed_weights_are_half_the_size_and_score_the_same(own, world, command, tmp_path):
    provenance = tmp_path / "provenance.json"
    provenance.write_text('{"commit": "abc"}')
    line = f"pack-detective {own}/detective --out {tmp_path}/packed --provenance {provenance}"
    assert command(line).status == 0
    weights = load_file(tmp_path / "packed/backbone/model.safetensors")
    assert {array.dtype for array in weights.values()} == {np.dtype("float16")}
    assert json.loads((tmp_path / "packed/provenance.json").read_text()) == {"commit": "abc"}
    image = world.folder / "images/test-000000.png"
    found = [
        Detective.load(folder).score(image, "the big circle is red.").p_good_of_tokens
        for folder in (own, tmp_path / "packed")
    ]
    assert np.allclose(*found, atol=0.01)
    (tmp_path / "full").mkdir()
    (tmp_path / "full/letter.txt").write_text("mine")
    line = refusal(command(f"pack-detective {own}/detective --out {tmp_path}/full"))
    assert "is not empty and holds no card.json" in line
    assert (tmp_path / "full/letter.txt").read_text() == "mine"


def test_a_card_of_a_fetched_backbone_names_it_and_holds_no_weights_of_it(own, command, tmp_path):
    base = f"google/paligemma-3b-mix-448@{REVISION}"
    line = (
        f"write-model-card --reward-model-folder {own}/reward_model --captions {own}/train.jsonl "
        f"--calibration {own}/calibration.json --metrics {own}/metrics/test.csv "
        "--run own/tldr/seed0 --backbone paligemma --reward-model tldr --seed 0 --scale paper "
        f"--prompt describe --licence gemma --out {tmp_path}/card"
    )
    write_records(own / "train.jsonl", [])
    assert "is needed, and not both" in refusal(command(line))
    assert command(f"{line} --base-model {base}").status == 0
    assert not (tmp_path / "card/backbone").exists()
    config = json.loads((tmp_path / "card/adapter_config.json").read_text())
    assert config["base_model_name_or_path"] == "google/paligemma-3b-mix-448"
    assert config["revision"] == REVISION
    card = ModelCard((tmp_path / "card/README.md").read_text())
    assert (card.data.license, card.data.base_model) == ("gemma", "google/paligemma-3b-mix-448")
    assert "mini" not in card.text and "errors that captioners make" in card.text


def test_it_loads_from_the_hub_by_its_commit(own, world, tmp_path, monkeypatch):
    import huggingface_hub.constants

    snapshot = tmp_path / f"hub/models--someone--detective/snapshots/{REVISION}"
    snapshot.parent.mkdir(parents=True)
    snapshot.symlink_to(own / "detective")
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    detective = Detective.load(f"someone/detective@{REVISION}")
    assert detective.card.run == "own/tldr/seed0"


def test_what_is_missing_is_one_line(own, world, command, tmp_path):
    score = f"score {world.folder}/images/test-000000.png --caption a --threads 1 --model"
    assert refusal(command(f"{score} {tmp_path}/none")) == (
        f"error: no such folder: {tmp_path}/none; a folder or owner/name@<commit> is needed\n"
    )
    assert "it has no adapter_config.json" in refusal(command(f"{score} {tmp_path}"))
    lone = tmp_path / "lone"
    shutil.copytree(own / "reward_model", lone)
    (lone / "adapter_model.safetensors").rename(tmp_path / "adapter_model.bin")
    assert "it has no adapter_model.safetensors" in refusal(command(f"{score} {lone}"))
    (tmp_path / "adapter_model.bin").rename(lone / "adapter_model.safetensors")
    config = json.loads((own / "reward_model/adapter_config.json").read_text())
    config["base_model_name_or_path"] = "backbones/gone"
    (lone / "adapter_config.json").write_text(json.dumps(config))
    assert refusal(command(f"{score} {lone}")) == (
        f"error: the backbone of {lone} is 'backbones/gone', which is not here; name its folder\n"
    )
    line = refusal(command(f"train {tmp_path} --backbone {world.backbone} --out {tmp_path}/x"))
    assert line.startswith(f"error: no such file: {tmp_path}/images.jsonl; tldr-reward perturb")
    assert "has no calibration.json" in refusal(
        command(f"threshold --base-rate 0.1 --model {lone}")
    )


@pytest.fixture
def photos(tmp_path) -> Path:
    """Thirty images, each with a caption that the small language model can make wrong."""
    folder = tmp_path / "photos"
    folder.mkdir()
    rows = []
    for number in range(30):
        Image.new("RGB", (8, 8), (number, 0, 0)).save(folder / f"p{number}.png")
        rows.append({"image": f"p{number}.png", "caption": "A red dog is left of two chairs."})
    (tmp_path / "captions.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return tmp_path


def test_perturb_makes_what_train_reads(command, photos):
    with scripted(Server().answer) as source:
        shown = command(
            f"perturb {photos}/captions.jsonl --images {photos}/photos --endpoint {source} "
            f"--out {photos}/data"
        )
    assert shown.status == 0, shown.err
    images = read_records(photos / "data/images.jsonl", ImageRecord)
    assert {image.split for image in images} == {"train", "validation", "test"}
    assert all((photos / "data" / image.path).is_file() for image in images)
    made = []
    for split in ("train", "validation", "test"):
        records = read_records(photos / f"data/captions/{split}.jsonl", CaptionRecord)
        own = {image.image_id for image in images if image.split == split}
        assert {record.image_id for record in records} == own
        made += [record for record in records if record.origin == "perturbed"]
    assert len(made) == 30
    blue = next(one for one in made if one.taxonomy == "visual_attribute")
    assert blue.text == "A blue dog is left of two chairs."
    assert blue.bad_spans == ((2, 6),)


def test_perturb_wants_an_image_for_every_split(command, photos):
    # A line separator within a caption ends no line of the file.
    (photos / "captions.jsonl").write_text('{"image": "p0.png", "caption": "a red\u2028dog"}\n')
    shown = command(
        f"perturb {photos}/captions.jsonl --images {photos}/photos --out {photos}/data "
        "--endpoint http://127.0.0.1:1/v1#m"
    )
    assert "none of 1 images falls into " in refusal(shown)
    assert not (photos / "data").exists()


@pytest.mark.parametrize(
    ("row", "line"),
    [
        ('{"image": "p0.png"}', 'a JSON object with "image" and "caption" is needed'),
        ('{"image": "p0.png", "caption": " "}', "an empty caption; a word is needed"),
        ('{"image": "gone.png", "caption": "a"}', "no such image: "),
        ("", "holds no caption"),
    ],
)
def test_perturb_names_the_line_that_it_cannot_use(command, photos, row, line):
    (photos / "captions.jsonl").write_text(f"\n{row}\n")
    shown = command(
        f"perturb {photos}/captions.jsonl --images {photos}/photos --out {photos}/data "
        "--endpoint http://127.0.0.1:1/v1#m"
    )
    assert line in refusal(shown)
    assert not (photos / "data").exists()
