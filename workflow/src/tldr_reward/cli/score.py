"""`tldr-reward score`: one caption of one image, its wrong words highlighted."""

import json
import sys
from pathlib import Path

import click

from tldr_reward.cli.detectives import (
    Chosen,
    detective_options,
    highlighted,
    load_detective,
    percent,
    warn,
)
from tldr_reward.detective.pictures import opened
from tldr_reward.detective.scores import CaptionScore, checked_caption

_LEAST_SHOWN = 0.01


@click.command()
@click.argument("image", type=click.Path(path_type=Path))
@click.option("--caption", required=True, help="what is said of the image; - reads it from stdin")
@click.option("--prompt", help="what it answers, if it is no description")
@click.option(
    "--threshold",
    type=click.FloatRange(0, 1),
    default=0.5,
    show_default=True,
    help="words with P(good) up to it are flagged",
)
@click.option("--json", "as_json", is_flag=True, help="print all of it as JSON")
@detective_options
def command(
    image: Path,
    caption: str,
    prompt: str | None,
    threshold: float,
    as_json: bool,
    chosen: Chosen,
) -> None:
    """Score a caption of an image: which of its words are wrong, and is it good as a whole?

    The reward model that comes with the package knows the scene world, drawings of coloured
    shapes, and nothing else: of a photograph its scores mean nothing, and it says so.

    Example: tldr-reward score scene.png --caption "there is a big red circle."
    """
    text = sys.stdin.read() if caption == "-" else caption
    # Before the model is loaded, which takes seconds.
    opened(image)
    checked_caption(text)
    score = load_detective(chosen).score(image, text, prompt, threshold)
    warn(score.warning)
    if as_json:
        click.echo(json.dumps(score.as_dict(), indent=1, ensure_ascii=False))
        return
    click.echo("".join(highlighted(score)))
    for line in summary(score):
        click.echo(line)


def summary(score: CaptionScore) -> list[str]:
    """Verdict and flagged spans, one a line."""
    good = sum(sentence.good for sentence in score.sentences)
    verdict = click.style("good", fg="green") if score.good else click.style("bad", fg="red")
    lines = [
        f"verdict: {verdict} ({good} of {len(score.sentences)} sentences good at threshold "
        f"{score.threshold:g})"
    ]
    width = max((len(span.text) for span in score.spans), default=0)
    for span in score.spans:
        sure = percent(span.confidence) if span.confidence >= _LEAST_SHOWN else "below 1%"
        lines.append(
            f"  {span.text:{width}}  characters {span.start} to {span.end}  "
            f"P(good) {span.p_good:.3f}  wrong with confidence {sure}"
        )
    return lines
