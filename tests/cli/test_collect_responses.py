"""collect-responses: the same model as a folder, from the hub's cache, served; and files."""

import dataclasses
import json
import shutil
from pathlib import Path

import pytest

from tests.generate.servers import completion, scripted, transformers_serve
from tldr_reward.records import (
    CaptionRecord,
    CollectedRow,
    ImageRecord,
    ModelResponse,
    read_records,
    read_rows,
    write_records,
)

REVISION = "0123456789abcdef0123456789abcdef01234567"


@dataclasses.dataclass(frozen=True)
class Collected:
    """What a run of the command wrote."""

    folder: Path

    def responses(self) -> dict[str, ModelResponse]:
        found = read_records(self.folder / "responses.jsonl", ModelResponse)
        return {response.item_id: response for response in found}

    def summary(self) -> dict[str, CollectedRow]:
        return {row.item_set: row for row in read_rows(self.folder / "summary.csv", CollectedRow)}

    def captions(self, split: str) -> list[CaptionRecord]:
        return read_records(self.folder / f"{split}.jsonl", CaptionRecord)


@pytest.fixture
def questions(world, tmp_path, command) -> Path:
    """Question sets over the world's test scenes."""
    arguments = f"--scenes {world.folder}/scenes.jsonl --image-records {world.image_records}"
    outcome = command(
        f"write-questions {arguments} --exam {tmp_path}/exam.jsonl --mix {tmp_path}/mix.jsonl "
        f"--choice {tmp_path}/choice.jsonl"
    )
    assert outcome.status == 0, outcome.err
    return tmp_path


@pytest.fixture
def collect(world, questions, command):
    """Runs the command with a kind and a source; what it wrote, or how it ended."""

    def run(kind: str, source: str, name: str = "mine", more: str = "--retries 0"):
        folder = questions / name
        line = (
            f"collect-responses --model {name} --kind {kind} --source {source} "
            f"--image-records {world.image_records} --split test --captions {folder}/test.jsonl "
            f"--split validation --captions {folder}/validation.jsonl "
            f"--questions {questions}/exam.jsonl --questions {questions}/mix.jsonl "
            f"--prompt describe. --max-new-tokens 6 --answer-tokens 3 {more} "
            f"--state {folder}/state.jsonl --responses {folder}/responses.jsonl "
            f"--summary {folder}/summary.csv"
        )
        return Collected(folder), command(line)

    return run


def asked(world, questions: Path) -> list[str]:
    """Every item id, in order: captions of test and validation, then questions."""
    images = read_records(world.image_records, ImageRecord)
    ids = [
        image.image_id for split in ("test", "validation") for image in images
        if image.split == split
    ]  # fmt: skip
    for name in ("exam", "mix"):
        records = read_records(questions / f"{name}.jsonl", CaptionRecord)
        ids += [record.caption_id for record in records]
    return ids


def test_a_folder_answers_everything(world, questions, collect):
    found, outcome = collect("folder", str(world.backbone))
    assert outcome.status == 0, outcome.err
    assert list(found.responses()) == asked(world, questions)
    summary = found.summary()
    counts = {name: (row.responses, row.max_new_tokens) for name, row in summary.items()}
    assert counts == {"test": (8, 6), "validation": (4, 6), "exam": (8, 3), "mix": (8, 3)}
    assert (summary["test"].prompt, summary["mix"].prompt) == ("describe.", "")
    said = [response for key, response in found.responses().items() if key.startswith("test-")]
    spoken = [response.text for response in said[:8] if response.text]
    assert [record.text for record in found.captions("test")] == spoken
    assert all(record.origin == "generated" for record in found.captions("test"))
    assert all(record.bad_spans is None for record in found.captions("test"))
    assert summary["test"].empty == 8 - len(spoken)
    assert summary["test"].truncated == sum(response.truncated for response in said[:8])


def test_a_served_backbone_says_what_its_folder_says(world, questions, collect, tmp_path):
    here, _ = collect("folder", str(world.backbone), "here")
    with transformers_serve(world.backbone, tmp_path, "<image>") as source:
        served, outcome = collect("endpoint", source, "served", "--retries 1 --at-once 2")
    assert outcome.status == 0, outcome.err
    assert served.responses() == here.responses()
    rows = [dataclasses.replace(row, model="here") for row in served.summary().values()]
    assert rows == list(here.summary().values())


def test_an_endpoint_that_broke_down_goes_on_where_it_was(world, questions, collect):
    seen: list[int] = []

    def answer(number, body, headers):
        seen.append(number)
        return (
            (200, completion(f"reply {number}")) if broken is None or number < broken else (400, "")
        )

    broken: int | None = 5
    with scripted(answer) as source:
        found, outcome = collect("endpoint", source, more="--retries 0 --at-once 1")
        assert outcome.status == 2
        (line,) = outcome.err.strip().splitlines()
        assert line.startswith("error: endpoint http://127.0.0.1:")
        assert "item 'test-000005', attempt 1: BadRequestError" in line
        assert not (found.folder / "responses.jsonl").exists()
        with open(found.folder / "state.jsonl", "a") as file:
            file.write('{"item_id": "test-0000')  # killed within a line
        broken = None
        seen.clear()
        found, outcome = collect("endpoint", source, more="--retries 0 --at-once 1")
    assert outcome.status == 0, outcome.err
    ids = asked(world, questions)
    assert len(seen) == len(ids) - 5
    texts = [response.text for response in found.responses().values()]
    assert texts[:5] == [f"reply {number}" for number in range(5)]
    assert list(found.responses()) == ids
    # All is there: nothing is asked for a second time.
    seen.clear()
    (found.folder / "responses.jsonl").unlink()
    again, outcome = collect("endpoint", source, more="--retries 0 --at-once 1")
    assert outcome.status == 0 and not seen
    assert list(again.responses()) == ids


def test_state_of_another_job_is_not_taken_up(world, questions, collect):
    with scripted(lambda n, *_: (200, completion("old")) if n < 5 else (400, "")) as source:
        collect("endpoint", source, more="--at-once 1 --retries 0")
    with scripted(lambda *_: (200, completion("new"))) as source:
        found, outcome = collect("endpoint", source)
    assert outcome.status == 0
    assert {response.text for response in found.responses().values()} == {"new"}


def test_a_pinned_revision_comes_from_the_hubs_cache(world, collect, tmp_path, monkeypatch):
    import huggingface_hub.constants

    cache = tmp_path / "cache"
    folder = cache / "models--someone--mini"
    shutil.copytree(world.backbone, folder / "snapshots" / REVISION)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(cache))
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    cached, outcome = collect("hub", f"someone/mini@{REVISION}", "cached")
    assert outcome.status == 0, outcome.err
    here, _ = collect("folder", str(world.backbone), "here")
    assert cached.responses() == here.responses()
    _, outcome = collect("hub", f"someone/other@{REVISION}", "other")
    assert outcome.status == 2
    assert outcome.err.startswith(f"error: cannot get someone/other@{REVISION} from the hub")
    _, outcome = collect("hub", "someone/mini@main", "main")
    assert "as in owner/name@ and a commit of 40 hex digits" in outcome.err


def test_a_file_of_responses(world, questions, collect, tmp_path):
    ids = asked(world, questions)
    said = [
        ModelResponse(item_id, " a  red ring. ", number == 0) for number, item_id in enumerate(ids)
    ]
    write_records(tmp_path / "said.jsonl", said)
    found, outcome = collect("file", str(tmp_path / "said.jsonl"))
    assert outcome.status == 0, outcome.err
    assert {response.text for response in found.responses().values()} == {"a red ring."}
    assert found.summary()["test"].truncated == 1
    assert len(found.captions("validation")) == 4


def test_a_file_of_captions_needs_no_answers(world, collect):
    found, outcome = collect("file", str(world.folder / "originals.jsonl"))
    assert outcome.status == 0, outcome.err
    counts = {name: row.responses for name, row in found.summary().items()}
    assert counts == {"test": 8, "validation": 4, "exam": 0, "mix": 0}


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([], "8 of 8 responses to test are missing, the first is to 'test-000000'"),
        ([{"item_id": "test-000000", "text": "a"}], "7 of 8 responses to test are missing"),
        ([{"item_id": "test-000000", "text": "a"}] * 2, "two responses to 'test-000000'"),
        ([{"item_id": "test-9", "text": "a"}], "nothing was asked under the item_id 'test-9'"),
        ([{"item_id": "test-000000", "text": None}], "text is no str"),
        ([{"item_id": "test-000000"}], "missing 1 required positional argument: 'text'"),
        ([{"item_id": "test-000000", "text": "a", "score": 1}], "unknown field 'score'"),
    ],
)
def test_a_bad_file_ends_in_one_line(collect, tmp_path, lines, message):
    path = tmp_path / "bad.jsonl"
    path.write_text("".join(json.dumps({"format": "response/1"} | line) + "\n" for line in lines))
    found, outcome = collect("file", str(path))
    assert outcome.status == 2
    (line,) = outcome.err.strip().splitlines()
    assert message in line
    assert not found.folder.exists() or not list(found.folder.iterdir())


def test_a_missing_file_and_a_folder_without_a_model(collect, tmp_path):
    _, outcome = collect("file", str(tmp_path / "none.jsonl"))
    assert outcome.err == f"error: no such file: {tmp_path}/none.jsonl\n"
    _, outcome = collect("folder", str(tmp_path))
    assert outcome.err == f"error: no backbone at {tmp_path}: it has no config.json\n"
