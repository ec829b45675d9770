"""`fetch-source`: the raw files of one data set, as its publisher offers them."""

import dataclasses
import datetime
import json
import re
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
    commit or addresses, sizes and digests, licence and terms. Where the registry names no digest or
    commit, those that came first are written to pins.json, and hold from then on; without that
    file, whatever is offered is taken. For a gated data set, accept its terms on its page, then
    `hf auth login`, or set HF_TOKEN.

    Example: tldr-reward fetch-source docci --registry workflow/config/sources.tsv --out raw/docci
    """
    from tldr_reward.sources.registry import read_registry, rows_of

    if not registry.is_file():
        raise InputError(f"no such file: {registry}")
    lines = registry.read_text(encoding="utf-8").splitlines()
    rows = rows_of(read_registry(lines, str(registry)), name, str(registry))
    pins = Pins(out / "pins.json")
    if rows[0].kind == "hub":
        from tldr_reward.sources.hub import fetch_hub

        hub = rows[0]
        known = hub.revision or pins.of(hub.address)
        revision, files = fetch_hub(hub.address, known, hub.patterns, out)
        pins.keep(hub.address, revision)
    else:
        from tldr_reward.sources.transport import Patience, client, fetch

        patience, revision, files = Patience(timeout, retries, pause), "", []
        with client(patience) as session:
            for row in rows:
                known = row.sha256 or pins.of(row.address)
                files.append(fetch(row.address, out, row.files, known, patience, session))
                pins.keep(row.address, files[-1].sha256)
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


class Pins:
    """What came first from each address: a file's digest, or a data set's commit.

    source.json does not do for that: it is made anew whenever a source is fetched again.
    """

    FORMAT = "pins/1"

    def __init__(self, path: Path) -> None:
        self.path, self.known = path, {}
        if path.is_file():
            try:
                facts = json.loads(path.read_text(encoding="utf-8"))
                found, self.known = facts["format"], facts["pins"]
                whole = all(re.fullmatch(r"[0-9a-f]{40,64}", pin) for pin in self.known.values())
            except (AttributeError, KeyError, TypeError, ValueError):
                found, whole = None, False
            if found != self.FORMAT or not whole:
                raise InputError(f"{path} is no list of {self.FORMAT}; delete it to begin anew")

    def of(self, address: str) -> str:
        """What came first from an address; empty when nothing has."""
        return self.known.get(address, "")

    def keep(self, address: str, pin: str) -> None:
        """Write down what came from an address."""
        if self.known.get(address) != pin:
            self.known[address] = pin
            with writing(self.path) as file:
                facts = {"format": self.FORMAT, "pins": self.known}
                file.write(json.dumps(facts, indent=2) + "\n")
