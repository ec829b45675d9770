"""A small report, some of whose texts are hostile, and its page."""

import io
from pathlib import Path

from PIL import Image

from tldr_reward.metrics.gallery import GalleryItem
from tldr_reward.paper.claims import ClaimEffect, ClaimRow
from tldr_reward.paper.report_page import Report, ReportFigure, ReportTable, render_report

TEMPLATE = Path(__file__).parents[2] / "workflow/report/report.html.jinja"
HOSTILE = "<script>document.title='taken'</script><img src=x onerror=\"document.title='taken'\">"

TABLE = f"# Table 1: rewards\n\n| a | b |\n| :-- | --: |\n| {HOSTILE} | 60.1 [57, 63] |\n"


def picture() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (64, 64), "teal").save(file, "PNG")
    return file.getvalue()


def item(number: int, backbone: str, taxonomy: str, caught: bool, text: str) -> GalleryItem:
    words = text.split(" ")
    starts = [sum(len(word) + 1 for word in words[:place]) for place in range(len(words))]
    offsets = tuple((start, start + len(word)) for start, word in zip(starts, words, strict=True))
    p_good = tuple(0.1 if place == 1 else 0.97 for place in range(len(words)))
    bad = tuple(place == 1 and taxonomy != "none" for place in range(len(words)))
    return GalleryItem(
        f"c{number}", "i1", text, taxonomy, f"{backbone}/tldr/seed0", backbone, caught,
        offsets, (0,) * len(words), p_good, bad,
    )  # fmt: skip


def claim(name: str, text: str, verdict: str) -> ClaimRow:
    return ClaimRow(
        name, text, "table 1", "", "mini", verdict, "1 of 2 shown", "", "", 5, 4.0, 1, 0.5, 0, "x"
    )


def effect(source: str, value: float, low: float, high: float, p: float, verdict: str):
    return ClaimEffect("better", "mini", source, "llama", value, low, high, p, "above", verdict)


def small_report() -> Report:
    nan = float("nan")
    return Report(
        scale="mini",
        scale_note="Scale `mini`: small.",
        claims=[
            claim("better", "TLDR is better.", "holds"),
            claim("faster", HOSTILE, "not run"),
        ],
        effects=[
            effect("measured", 3.5, 1.0, 6.0, 0.01, "holds"),
            effect("printed", 2.0, 2.0, 2.0, nan, ""),
        ],
        tables=[
            ReportTable("table1", TABLE),
            ReportTable("table2", "# Table 2\n\nNothing.\n"),
        ],
        figures=[ReportFigure("curve", "A curve & its <b>caption</b>.", picture())],
        gallery=[
            item(1, "paligemma", "counting", True, "Two cubes here."),
            item(2, "paligemma", "none", False, "A cube here."),
            item(3, "llama", "counting", False, f"A {HOSTILE} cube."),
        ],
        pictures={"i1": picture()},
        audit=[
            {"kind": "sum", "where": "table 7", "statement": "the mean", "printed": "101.7",
             "recomputed": "99.2", "verdict": "inconsistent"},
            {"kind": "sum", "where": "table 4", "statement": "the sum", "printed": "800",
             "recomputed": "800", "verdict": "consistent"},
        ],
        provenance=[
            {"file": "paper_tables/table1.csv", "made": "2026-01-01", "commit": "abc",
             "dirty": True, "seeds": [0, 1],
             "hardware": {"processor": "P", "machine": "m", "processors": 2},
             "job_minutes": 30.5, "gigabytes": 1.2},
        ],
        threshold=0.5,
    )  # fmt: skip


def small_page() -> str:
    return render_report(small_report(), TEMPLATE.read_text(encoding="utf-8"))
