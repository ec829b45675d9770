"""perturb-captions: negatives that the oracle confirms, balanced, labelled, and the same again."""

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.data_set import SPLITS, make_data, stages
from tldr_reward.cli.perturb_captions import RejectCount
from tldr_reward.perturb.taxonomies import TAXONOMIES
from tldr_reward.records import CaptionRecord, read_records, read_rows
from tldr_reward.spans import differing_spans
from tldr_reward.world.oracle import judge_caption, named_pairs, wrong_words
from tldr_reward.world.questions import statement
from tldr_reward.world.scenes import UNSEEN_PAIRS, Scene


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    return make_data(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def captions(data) -> dict[str, list[CaptionRecord]]:
    return {
        split: read_records(data / "captions" / f"{split}.jsonl", CaptionRecord) for split in SPLITS
    }


@pytest.fixture(scope="module")
def truth(data) -> dict[str, Scene]:
    return {scene.image_id: scene for scene in read_records(data / "scenes.jsonl", Scene)}


def negatives(records: list[CaptionRecord], task: str) -> list[CaptionRecord]:
    return [r for r in records if r.origin == "perturbed" and r.task == task]


def test_pretraining_has_originals_only(captions):
    assert {record.origin for record in captions["pretrain"]} == {"original"}


def test_captions_are_half_perturbed_and_balanced_over_taxonomies(captions):
    for split in SPLITS[1:]:
        found = negatives(captions[split], "caption")
        originals = [r for r in captions[split] if (r.task, r.origin) == ("caption", "original")]
        assert len(found) == len(originals)
        counts = Counter(record.taxonomy for record in found)
        assert set(counts) == set(TAXONOMIES)
        # Few captions let two objects swap attributes so that the swap alone explains the rest.
        scarce = counts.pop("attribute_binding")
        assert max(counts.values()) - min(counts.values()) <= 2, split
        assert scarce >= max(counts.values()) - 4, split


def test_each_negative_differs_from_its_parent_where_its_label_says(captions, truth):
    for split, records in captions.items():
        parents = {record.caption_id: record for record in records}
        assert len(parents) == len(records)
        for record in negatives(records, "caption"):
            parent = parents[record.parent_id]
            assert (parent.origin, parent.image_id) == ("original", record.image_id)
            assert record.caption_id == f"{parent.caption_id}-{record.taxonomy}"
            assert record.bad_spans == differing_spans(parent.text, record.text) != ()
            verdicts = judge_caption(truth[record.image_id], record.text)
            assert all(verdict.parsed for verdict in verdicts)
            assert wrong_words(verdicts) == record.bad_spans
            if split != "ood_scene":
                assert named_pairs(record.text).isdisjoint(UNSEEN_PAIRS)


def test_every_question_has_a_wrong_answer_too(captions, truth):
    for split in ("train", "test"):
        asked = [r for r in captions[split] if (r.task, r.origin) == ("vqa", "original")]
        wrong = negatives(captions[split], "vqa")
        # Now and then none of the wrong answers that are tried is of a pair that is known.
        assert len(asked) - 3 <= len(wrong) <= len(asked)
        assert {record.parent_id for record in wrong} <= {record.caption_id for record in asked}
        for record in wrong:
            assert record.taxonomy is None
            assert record.caption_id == f"{record.parent_id}-wrong"
            said = statement(record.prompt, record.text)
            assert not all(v.true for v in judge_caption(truth[record.image_id], said))


def test_no_caption_stands_in_two_splits(captions):
    seen: dict[str, str] = {}
    for split, records in captions.items():
        for record in records:
            if record.task == "caption":
                assert seen.setdefault(record.text, split) == split


def test_rejects_are_counted_by_cause(data):
    rows = read_rows(data / "rejects.csv", RejectCount)
    causes = {row.cause for row in rows}
    known = {"not_applicable", "still_true", "unparseable", "ambiguous", "unchanged"}
    assert {"not_applicable", "ambiguous"} <= causes <= known | {"unseen_pair", "in_another_split"}
    assert {row.taxonomy for row in rows} <= {*TAXONOMIES, ""}
    assert all(row.count > 0 for row in rows)
    assert not [row for row in rows if row.split == "pretrain"]


def test_same_seed_same_bytes_in_processes_of_other_hash_seeds(tmp_path):
    """Words in sets come in another order in every process: nothing may depend on it."""
    made = []
    for hash_seed in ("1", "2"):
        folder = tmp_path / hash_seed
        for stage in stages(folder):
            subprocess.run(
                [sys.executable, "-m", "tldr_reward", *stage.split()],
                env=os.environ | {"PYTHONHASHSEED": hash_seed, "OMP_NUM_THREADS": "1"},
                check=True,
                capture_output=True,
            )
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        made.append({str(path.relative_to(folder)): path.read_bytes() for path in files})
    assert len(made[0]) > 200
    assert made[0] == made[1]


def test_an_original_about_an_unknown_image_is_named(command, data, tmp_path):
    path = tmp_path / "originals.jsonl"
    line = (data / "originals.jsonl").read_text().splitlines()[0]
    path.write_text(line.replace("pretrain-000000", "nowhere") + "\n")
    arguments = stages(data)[2].replace(f"{data}/originals.jsonl", str(path))
    outcome = command(arguments.replace(f"{data}/captions", f"{tmp_path}/captions"))
    assert outcome.status == 2
    assert "no image record or no scene of image 'nowhere'\n" in outcome.err
    assert not (tmp_path / "captions").exists()


def test_an_empty_caption_is_named_with_its_line(command, data, tmp_path):
    path = tmp_path / "originals.jsonl"
    first = read_records(data / "originals.jsonl", CaptionRecord)[0]
    text = (data / "originals.jsonl").read_text().splitlines()[0]
    path.write_text(text.replace(f'"text":"{first.text}"', '"text":" "') + "\n")
    outcome = command(stages(data)[2].replace(f"{data}/originals.jsonl", str(path)))
    assert outcome.status == 2
    assert "originals.jsonl:1: caption 'pretrain-000000-c0' has an empty text" in outcome.err
