"""`fetch-source`: the raw files of one data set, as its publisher offers them."""

import dataclasses
import datetime
import json
from pathlib import Path

import click

from tldr_reward.errors import InputError
from tldr_reward.records import writing


@click.command()
@click.argument("name")
@click.option("--registry", type=click.Path(path_type=Path), required=True, help="sources.tsv")
@click.option("--timeout", type=click.FloatRange(min=0, min_open=True), default=60.0)
@click.option("--retries", type=click.IntRange(0), default=8, show_default=True)
@click.option("--pause", type=click.FloatRange(min=0), default=1.0, help="before the first retry")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="folder to fill")
def command(
    name: str, registry: Path, timeout: float, retries: int, pause: float, out: Path
) -> None:
    """Fetch the raw files of a data set; a download that was stopped goes on where it was.

    Files that are there are not fetched again. source.json says where everything comes from: the
    commit or addresses, sizes and digests, licence and terms. For a gated data set, accept its
    terms on its page, then `hf auth login`, or set HF_TOKEN.

    Example: tldr-reward fetch-source docci --registry workflow/config/sources.tsv --out raw/docci
    """
    from tldr_reward.sources.registry import read_registry, rows_of

    if not registry.is_file():
        raise InputError(f"no such file: {registry}")
    lines = registry.read_text(encoding="utf-8").splitlines()
    rows = rows_of(read_registry(lines, str(registry)), name, str(registry))
    if rows[0].kind == "hub":
        from tldr_reward.sources.hub import fetch_hub

        hub = rows[0]
        revision, files = fetch_hub(hub.address, hub.revision, hub.patterns, out)
    else:
        from tldr_reward.sources.transport import Patience, client, fetch

        patience, revision = Patience(timeout, retries, pause), ""
        with client(patience) as session:
            files = [
                fetch(row.address, out, row.files, row.sha256, patience, session) for row in rows
            ]
    facts = {
        "format": "source/1",
        "source": name,
        "kind": rows[0].kind,
        "addresses": [row.address for row in rows],
        "revision": revision,
        "files": [dataclasses.asdict(file) for file in files],
        "licence": rows[0].licence,
        "terms": rows[0].terms,
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
    }
    with writing(out / "source.json") as file:
        file.write(json.dumps(facts, indent=2, ensure_ascii=False) + "\n")
