"""`make-report`: a run on one HTML page that needs no other file and no network."""

import io
from collections.abc import Iterable
from pathlib import Path

import click

from tldr_reward.errors import InputError
from tldr_reward.records import read_records, read_rows, writing

_FILE = click.Path(path_type=Path)


@click.command(short_help="A run on one HTML page.")
@click.option("--template", type=_FILE, required=True, help="Jinja template of the page.")
@click.option("--claims", type=_FILE, required=True, help="CSV of claims, from verify.")
@click.option("--effects", type=_FILE, required=True, help="CSV of their effects.")
@click.option("--audit", type=_FILE, required=True, help="CSV of the audit.")
@click.option("--table", "tables", type=_FILE, multiple=True, help="Markdown of a table.")
@click.option(
    "--figure",
    "figures",
    type=(_FILE, _FILE),
    multiple=True,
    help="PNG of a figure and the text file that says what it shows.",
)
@click.option("--gallery", type=_FILE, required=True, help="What draw-gallery wrote.")
@click.option("--image-records", type=_FILE, required=True, help="Records of the images.")
@click.option("--provenance", type=_FILE, multiple=True, help="Provenance JSON of a table.")
@click.option("--threshold", type=click.FloatRange(0, 1), default=0.5, show_default=True)
@click.option("--scale", required=True, help="Scale of every input, e.g. mini.")
@click.option("--out", type=_FILE, required=True, help="HTML to write.")
def command(
    template: Path,
    claims: Path,
    effects: Path,
    audit: Path,
    tables: tuple[Path, ...],
    figures: tuple[tuple[Path, Path], ...],
    gallery: Path,
    image_records: Path,
    provenance: tuple[Path, ...],
    threshold: float,
    scale: str,
    out: Path,
) -> None:
    """Put claims, tables, figures and a gallery of captions on one page, with its filters.

    Example: tldr-reward make-report --template workflow/report/report.html.jinja
    --claims claims.csv --effects effects.csv --audit results/audit.csv
    --table paper_tables/table1.md --figure figures/tau_sweep.png workflow/report/tau_sweep.rst
    --gallery gallery.jsonl --image-records data/images.jsonl --scale mini --out report.html
    """
    from tldr_reward.cli.measured import read_columns
    from tldr_reward.cli.provenance import FORMAT, read_format
    from tldr_reward.metrics.gallery import GalleryItem
    from tldr_reward.paper.claims import ClaimEffect, ClaimRow
    from tldr_reward.paper.report_page import Report, ReportFigure, ReportTable, render_report
    from tldr_reward.paper.scales import scale_note

    items = read_records(gallery, GalleryItem)
    report = Report(
        scale,
        scale_note(scale),
        read_rows(claims, ClaimRow),
        read_rows(effects, ClaimEffect),
        [ReportTable(path.stem, _text(path)) for path in tables],
        [
            ReportFigure(png.stem, " ".join(_text(caption).split()), _bytes(png))
            for png, caption in figures
        ],
        items,
        read_pictures(image_records, {item.image_id for item in items}),
        read_columns(audit, ("kind", "where", "statement", "printed", "recomputed", "verdict")),
        [read_format(path, FORMAT) for path in provenance],
        threshold,
    )
    page = render_report(report, _text(template))
    with writing(out) as file:
        file.write(page)


def read_pictures(image_records: Path, wanted: Iterable[str]) -> dict[str, bytes]:
    """PNGs of images by id, whatever their format on disk; none is wider than 512 pixels."""
    from tldr_reward.cli.pictures import read_image
    from tldr_reward.records import ImageRecord

    paths = {
        record.image_id: image_records.parent / record.path
        for record in read_records(image_records, ImageRecord)
    }
    found = {}
    for image_id in sorted(wanted):
        if image_id not in paths:
            raise InputError(f"image {image_id!r} is not among the records of {image_records}")
        image = read_image(paths[image_id])
        image.thumbnail((512, 512))
        file = io.BytesIO()
        image.save(file, "PNG", optimize=True)
        found[image_id] = file.getvalue()
    return found


def _text(path: Path) -> str:
    return _bytes(path).decode("utf-8")


def _bytes(path: Path) -> bytes:
    if not path.is_file():
        raise InputError(f"no such file: {path}")
    return path.read_bytes()
