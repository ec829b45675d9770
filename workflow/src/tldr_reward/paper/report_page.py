"""One page that a person reads first: claims, tables, figures, captions to look at. No network."""

import base64
import dataclasses
import re
from collections.abc import Mapping, Sequence

import jinja2
import markupsafe
import mistune

from tldr_reward.metrics.gallery import GalleryItem
from tldr_reward.paper.claims import ClaimEffect, ClaimRow
from tldr_reward.paper.effects import Verdict

# Colours of P(good) 1, 0.5 and 0; black text is readable on each.
_COLOURS = ((255, 255, 255), (255, 226, 138), (240, 128, 112))

# Spaces within an interval, and before the paper's number: a narrow column breaks elsewhere.
_APART = re.compile(r"(?<=[0-9],) (?=-?[0-9.]+\])|(?<=\(paper:) ")


@dataclasses.dataclass(frozen=True)
class ReportTable:
    """A published table: its name and its Markdown rendering, whose first line is its title."""

    name: str
    markdown: str


@dataclasses.dataclass(frozen=True)
class ReportFigure:
    """A figure: its name, what it shows in words, its PNG."""

    name: str
    caption: str
    png: bytes


@dataclasses.dataclass(frozen=True)
class Report:
    """What the page is made from; `pictures` are PNGs by image_id, `audit` rows of audit.csv."""

    scale: str
    scale_note: str
    claims: Sequence[ClaimRow]
    effects: Sequence[ClaimEffect]
    tables: Sequence[ReportTable]
    figures: Sequence[ReportFigure]
    gallery: Sequence[GalleryItem]
    pictures: Mapping[str, bytes]
    audit: Sequence[Mapping[str, str]]
    provenance: Sequence[Mapping]
    threshold: float


def render_report(report: Report, template: str) -> str:
    """The page as HTML that needs no other file; whatever a caption or a model says is escaped."""
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"signed": _signed, "interval": _interval, "p": _p_text}
    verdicts = {
        verdict.value: sum(row.verdict == verdict.value for row in report.claims)
        for verdict in Verdict
    }
    return environment.from_string(template).render(
        scale=report.scale,
        scale_note=report.scale_note,
        verdicts=verdicts,
        claims=[(row, _effects_of(row, report.effects)) for row in report.claims],
        tables=[(table.name, *_titled(table.markdown)) for table in report.tables],
        figures=[(one.name, one.caption, _data_uri(one.png)) for one in report.figures],
        cards=[_card(item, report) for item in report.gallery],
        taxonomies=sorted({item.taxonomy for item in report.gallery}),
        backbones=list(dict.fromkeys(item.backbone for item in report.gallery)),
        audited=_audited(report.audit),
        provenance=report.provenance,
        threshold=report.threshold,
        legend=[(p, colour(p)) for p in (0.0, 0.25, 0.5, 0.75, 1.0)],
    )


def colour(p_good: float) -> str:
    """Background of a token as a CSS colour: white where it is good, red where it is not."""
    good, middle, bad = _COLOURS
    first, second, part = (
        (middle, good, 2 * p_good - 1) if p_good >= 0.5 else (bad, middle, 2 * p_good)
    )
    mixed = (round(a + part * (b - a)) for a, b in zip(first, second, strict=True))
    return f"rgb({', '.join(map(str, mixed))})"


def _card(item: GalleryItem, report: Report) -> dict:
    flags = [p <= report.threshold for p in item.p_good]
    return {
        "item": item,
        "picture": _data_uri(report.pictures[item.image_id]),
        "tokens": _tokens(item, flags),
        "flagged": sum(flags),
        "bad": sum(item.bad),
        "found": sum(flag and bad for flag, bad in zip(flags, item.bad, strict=True)),
    }


def _tokens(item: GalleryItem, flags: Sequence[bool]) -> list[dict]:
    """Pieces of the text in order: tokens, and what stands between them (no `colour`)."""
    pieces: list[dict] = []
    end = 0
    rows = zip(item.offsets, item.p_good, item.bad, flags, strict=True)
    for (start, stop), p_good, bad, flagged in rows:
        start = max(start, end)
        if start > end:
            pieces.append({"text": item.text[end:start], "colour": ""})
        if stop > start:
            pieces.append(
                {
                    "text": item.text[start:stop],
                    "colour": colour(p_good),
                    "p": f"{p_good:.2f}",
                    "bad": bad,
                    "flagged": flagged,
                }
            )
            end = stop
    if end < len(item.text):
        pieces.append({"text": item.text[end:], "colour": ""})
    return pieces


def _titled(markdown: str) -> tuple[str, markupsafe.Markup]:
    """Title and HTML of a Markdown page; tags in it show as text."""
    title, _, rest = markdown.partition("\n")
    rest = _APART.sub("\N{NO-BREAK SPACE}", rest)
    render = mistune.create_markdown(escape=True, plugins=["table"])
    return title.lstrip("# "), markupsafe.Markup(render(rest))


def _effects_of(row: ClaimRow, effects: Sequence[ClaimEffect]) -> dict[str, list[ClaimEffect]]:
    own = [effect for effect in effects if effect.claim == row.claim]
    return {
        source: [effect for effect in own if effect.source == source]
        for source in ("measured", "printed")
    }


def _audited(rows: Sequence[Mapping[str, str]]) -> dict:
    """How many checks of the printed numbers came out how, and those that are inconsistent."""
    counts: dict[str, int] = {}
    for row in rows:
        counts[row["verdict"]] = counts.get(row["verdict"], 0) + 1
    wrong = [row for row in rows if row["verdict"] == "inconsistent" and row["kind"] != "strength"]
    return {"counts": counts, "inconsistent": wrong}


def _data_uri(png: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(png).decode()}"


def _signed(value: float) -> str:
    return "–" if value != value else f"{value:+.3g}".replace("-", "−")


def _interval(effect: ClaimEffect) -> str:
    if effect.low != effect.low or effect.low == effect.high:
        return _signed(effect.value)
    return f"{_signed(effect.value)} [{_signed(effect.low)}, {_signed(effect.high)}]"


def _p_text(value: float) -> str:
    return "–" if value != value else f"{value:.2g}"
