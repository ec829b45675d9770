"""`tldr-reward fetch-backbone`: a published backbone from the hub, at a pinned revision."""

import os
import shutil
from pathlib import Path

import click

from tldr_reward.backbones.hub import downloaded


@click.command()
@click.argument("source", metavar="OWNER/NAME@COMMIT")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="folder to write")
@click.option("--licence", help="of the weights, told before they are fetched")
@click.option("--terms", help="address of the licence's text")
def command(source: str, out: Path, licence: str | None, terms: str | None) -> None:
    """Fetch a backbone into a folder, which appears when it is whole.

    Weights come as safetensors alone. A download that broke off goes on where it was when the
    command is given again. Some licences (Gemma's, Llama's) have to be accepted on the hub first.

    Example: tldr-reward fetch-backbone
    Qwen/Qwen2-VL-2B-Instruct@895c3a49bc3fa70a340399125c650a463535e71c --out qwen2_vl/
    """
    if licence:
        click.echo(f"{source}: {licence}{f', {terms}' if terms else ''}", err=True)
    part = out.with_name(f".{out.name}.part")
    downloaded(source, part)
    # What the hub's client keeps beside the files, to go on where it was.
    shutil.rmtree(part / ".cache", ignore_errors=True)
    shutil.rmtree(out, ignore_errors=True)
    os.replace(part, out)
