"""`annotate`: people correct the captions of a study, in a browser on this machine."""

from pathlib import Path

import click

from tldr_reward import __version__
from tldr_reward.cli.serving import bound, check_installed, serve

_FILE = click.Path(path_type=Path)


@click.command(short_help="Serve an annotation study to people's browsers.")
@click.argument("study", type=_FILE)
@click.option(
    "--answers", type=_FILE, help="SQLite file of the answers; else STUDY.answers.sqlite beside it."
)
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8321, show_default=True, help="0: any free."
)
def command(study: Path, answers: Path | None, port: int) -> None:
    """Serve the annotation study of table 7 on 127.0.0.1: people correct captions, and are timed.

    STUDY is a folder that make-study made. Everybody enters a name, gets the captions in an order
    of their own, and goes on under that name later; several at once are served. Every action is
    kept in the file of answers before it is answered for. export-annotations makes the log.

    Example: tldr-reward annotate results/mini/study/paligemma
    """
    check_installed()
    from tldr_reward.apps.annotation import annotation_app
    from tldr_reward.apps.store import Store
    from tldr_reward.apps.study import digest, read_study

    settings, items = read_study(study)
    taken = bound(port)
    path = answers or answers_of(study)
    store = Store(path, digest(settings, items))
    app = annotation_app(settings, items, study, store, __version__)
    try:
        serve(app, taken, f"{settings.title}, answers in {path}")
    finally:
        store.close()


def answers_of(study: Path) -> Path:
    """Where a study's answers are: beside its folder, which may be made anew."""
    folder = study.resolve()
    return folder.with_name(f"{folder.name}.answers.sqlite")
