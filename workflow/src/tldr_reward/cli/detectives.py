"""What the commands that score a user's own captions share: options, loading, colours."""

import dataclasses
import functools
import sys
import warnings
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import click
from PIL import Image

from tldr_reward.backbones.placement import ATTENTION, DTYPES
from tldr_reward.cli.processors import available_processors
from tldr_reward.detective.scores import CaptionScore

if TYPE_CHECKING:
    from tldr_reward.detective.model import Detective

# Such an image is refused, in one line; Pillow would add two.
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)

MODEL_HELP = "folder or hub's owner/name@<commit>; else the small one that comes with this package"


@dataclasses.dataclass(frozen=True)
class Chosen:
    """A reward model and where it is to run."""

    model: str | None
    backbone: str | None
    threads: int
    device: str
    dtype: str
    attention: str
    base_rate: float | None


_OPTIONS = (
    click.option("--model", help=f"reward model: {MODEL_HELP}"),
    click.option("--backbone", help="its backbone, if it does not say which"),
    click.option("--threads", type=click.IntRange(1), help="[default: all processors]"),
    click.option("--device", default="cpu", show_default=True, help="cpu, cuda, cuda:1, mps"),
    click.option("--dtype", type=click.Choice(DTYPES), default="float32", show_default=True),
    click.option("--attention", type=click.Choice(ATTENTION), default="sdpa", show_default=True),
    click.option(
        "--base-rate",
        type=float,
        help="share of tokens that are bad in such captions, for the confidence; else as in "
        "validation",
    ),
)


def detective_options(command: Callable) -> Callable:
    """Give a command the options of a Chosen, which it gets as `chosen`."""

    @functools.wraps(command)
    def with_detective(**options):
        names = [field.name for field in dataclasses.fields(Chosen)]
        found = {name: options.pop(name) for name in names}
        found["threads"] = found["threads"] or available_processors()
        return command(chosen=Chosen(**found), **options)

    for option in reversed(_OPTIONS):
        with_detective = option(with_detective)
    return with_detective


def load_detective(chosen: Chosen) -> "Detective":
    """The chosen reward model, in memory; InputError when it cannot be had."""
    from tldr_reward.backbones.placement import Placement
    from tldr_reward.cli.runtime import Runtime, use_runtime
    from tldr_reward.detective.model import Detective

    placement = Placement(chosen.device, chosen.dtype, chosen.attention)
    use_runtime(Runtime(chosen.threads, placement))
    return Detective.load(
        chosen.model,
        chosen.backbone,
        chosen.device,
        chosen.dtype,
        chosen.attention,
        chosen.base_rate,
    )


def warn(message: str | None) -> None:
    """Print a warning to standard error, in one line; nothing for none."""
    if message:
        click.echo(f"warning: {message}", err=True)


def highlighted(score: CaptionScore) -> Iterator[str]:
    """The caption with its flagged spans in red, or in brackets where there are no colours."""
    coloured = sys.stdout.isatty()
    last = 0
    for span in score.spans:
        yield score.text[last : span.start]
        text = score.text[span.start : span.end]
        yield click.style(text, fg="white", bg="red", bold=True) if coloured else f"[{text}]"
        last = span.end
    yield score.text[last:]


def percent(share: float) -> str:
    """A share in percent."""
    return f"{100 * share:.1f}%"
