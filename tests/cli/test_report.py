"""draw-gallery and make-report on files, and what they refuse."""

import csv
import dataclasses
from pathlib import Path

import pytest
from PIL import Image

from tests.paper.report import small_report
from tldr_reward.metrics.gallery import GalleryItem
from tldr_reward.paper.claims import ClaimEffect, ClaimRow
from tldr_reward.records import (
    CaptionRecord,
    ImageRecord,
    ScoreRecord,
    read_records,
    write_records,
    write_rows,
)

TEMPLATE = Path(__file__).parents[2] / "workflow/report/report.html.jinja"
WORDS = ((0, 1), (2, 5), (6, 10))


@pytest.fixture
def files(tmp_path, monkeypatch):
    """Files of a small run in this folder: captions, scores, claims, a table, an image."""
    monkeypatch.chdir(tmp_path)
    report = small_report()
    captions = [
        CaptionRecord("c1", "i1", "describe", "A red cube", "caption", "original", bad_spans=()),
        CaptionRecord("c2", "i1", "describe", "A red cone", "caption", "perturbed", "shape", "c1",
                      ((6, 10),)),
    ]  # fmt: skip
    write_records("captions.jsonl", captions)
    write_records(
        "scores.jsonl",
        [ScoreRecord(one, "llama/tldr/seed0", WORDS, (1, 1, 0.2)) for one in ("c1", "c2")],
    )
    write_rows("claims.csv", report.claims, ClaimRow)
    write_rows("effects.csv", report.effects, ClaimEffect)
    with open("audit.csv", "w", newline="") as file:
        writer = csv.DictWriter(file, list(report.audit[0]))
        writer.writeheader()
        writer.writerows(report.audit)
    Path("table1.md").write_text("# Table 1\n\n| a |\n| - |\n| 1 |\n")
    Image.new("RGB", (2000, 1000), "teal").save("image.png")
    write_records("images.jsonl", [ImageRecord("i1", "image.png", "scenes", "test")])
    return tmp_path


def report_command(gallery="gallery.jsonl"):
    return (
        f"make-report --template {TEMPLATE} --claims claims.csv --effects effects.csv "
        f"--audit audit.csv --table table1.md --gallery {gallery} --image-records images.jsonl "
        "--scale mini --out report.html"
    )


def test_a_gallery_and_its_page_are_written(files, command):
    outcome = command(
        "draw-gallery --captions captions.jsonl --scores llama scores.jsonl --out gallery.jsonl"
    )
    assert outcome.status == 0, outcome.err
    items = read_records("gallery.jsonl", GalleryItem)
    assert [(one.caption_id, one.taxonomy, one.caught) for one in items] == [
        ("c1", "none", False),
        ("c2", "shape", True),
    ]
    outcome = command(report_command())
    assert outcome.status == 0, outcome.err
    page = Path("report.html").read_text()
    assert page.count('class="card"') == 2
    assert len(page) < 100_000, "large pictures are made small"


def test_scores_of_other_captions_are_refused(files, command):
    write_records("other.jsonl", [ScoreRecord("x", "r", WORDS, (1, 1, 1))])
    outcome = command(
        "draw-gallery --captions captions.jsonl --scores llama other.jsonl --out gallery.jsonl"
    )
    assert outcome.status == 2
    assert "other.jsonl: scores of other captions than those of captions.jsonl" in outcome.err
    assert not Path("gallery.jsonl").exists()


def test_an_image_that_is_not_known_is_refused(files, command):
    (item,) = [one for one in small_report().gallery if one.caption_id == "c1"]
    write_records("gallery.jsonl", [dataclasses.replace(item, image_id="i9")])
    outcome = command(report_command())
    assert outcome.status == 2
    assert "image 'i9' is not among the records of images.jsonl" in outcome.err
    assert not Path("report.html").exists()
