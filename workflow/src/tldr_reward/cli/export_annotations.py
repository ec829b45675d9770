"""`export-annotations`: the log of a study, from which table 7 is made."""

from pathlib import Path

import click

from tldr_reward.annotations import AnnotationRow
from tldr_reward.errors import InputError
from tldr_reward.records import write_rows

_FILE = click.Path(path_type=Path)


@click.command(short_help="Write a study's answers as an annotation log.")
@click.argument("study", type=_FILE)
@click.option(
    "--answers", type=_FILE, help="SQLite file of the answers; else STUDY.answers.sqlite beside it."
)
@click.option("--out", type=_FILE, required=True, help="Annotation log (CSV) to write.")
def command(study: Path, answers: Path | None, out: Path) -> None:
    """Write what people corrected as the log that measure-annotation reads.

    A caption's time ends that many seconds after it was opened as were worked on it: pauses are
    cut out. Captions that are not done, and those for practice, are left out. It may be called
    while the study is served.

    Example: tldr-reward export-annotations results/mini/study/paligemma --out people.csv
    """
    from tldr_reward.apps.store import Store
    from tldr_reward.apps.study import digest, read_study
    from tldr_reward.cli.annotate import answers_of

    settings, items = read_study(study)
    path = answers or answers_of(study)
    if not path.is_file():
        raise InputError(f"no such file of answers: {path}")
    store = Store(path, digest(settings, items))
    try:
        rows = store.rows(items)
    finally:
        store.close()
    if not rows:
        raise InputError(f"{path}: no caption is done yet")
    write_rows(out, rows, AnnotationRow)
    people = len({row.annotator for row in rows})
    click.echo(f"{len(rows)} captions of {people} annotators in {out}")
