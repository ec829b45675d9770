"""`correct-captions`: a model corrects its own flagged captions, with and without TLDR guidance."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import click

from tldr_reward.backbones.hub import downloaded
from tldr_reward.cli.runtime import Runtime, runtime_options
from tldr_reward.cli.sources import asked_of, endpoint_at
from tldr_reward.errors import InputError
from tldr_reward.records import CaptionRecord, ScoreRecord, Span, read_records, write_records
from tldr_reward.world.fixes import fix_prompt

_FILE = click.Path(path_type=Path)
KINDS = ("folder", "hub", "endpoint")
# A caption with the spans of its flagged tokens.
Flagged = Sequence[tuple[CaptionRecord, Sequence[Span]]]


@click.command()
@click.option("--kind", type=click.Choice(KINDS), default="folder", show_default=True)
@click.option(
    "--source",
    required=True,
    help="backbone folder; hub id owner/name@revision; endpoint https://host/v1#model",
)
@click.option("--image-records", type=_FILE, required=True)
@click.option("--captions", type=_FILE, required=True, help="what this model said of images")
@click.option("--scores", type=_FILE, required=True, help="a reward model's scores of them")
@click.option("--threshold", type=click.FloatRange(0, 1), default=0.5, show_default=True)
@click.option(
    "--max-new-tokens",
    type=click.IntRange(1),
    required=True,
    help="of one sentence; of a whole caption from an endpoint",
)
@click.option("--timeout", type=click.FloatRange(min=0, min_open=True), default=120.0)
@click.option("--retries", type=click.IntRange(0), default=4, show_default=True)
@click.option("--at-once", type=click.IntRange(1), default=4, show_default=True)
@runtime_options
@click.option(
    "--state", type=_FILE, required=True, help="an endpoint's replies, kept: remove to ask anew"
)
@click.option("--tldr", type=_FILE, required=True, help="captions corrected with TLDR guidance")
@click.option("--naive", type=_FILE, required=True, help="captions corrected without")
def command(
    kind: str,
    source: str,
    image_records: Path,
    captions: Path,
    scores: Path,
    threshold: float,
    max_new_tokens: int,
    timeout: float,
    retries: int,
    at_once: int,
    runtime: Runtime,
    state: Path,
    tldr: Path,
    naive: Path,
) -> None:
    """Let a model correct those of its captions that hold a token of P(good) <= threshold.

    A backbone has learned to fix sentences. With TLDR guidance it sees each that has a flagged
    word, with these words highlighted, and all others are kept; with naive guidance it sees all
    sentences, as they are. A chat model behind an endpoint is asked in words for the whole
    caption, with what is flagged or without. A corrected caption has the id of the one that it
    corrects as its parent_id.

    Example: tldr-reward correct-captions --source final/ --image-records images.jsonl
    --captions generated.jsonl --scores scores.jsonl --max-new-tokens 24 --state state.jsonl
    --tldr corrected_tldr.jsonl --naive corrected_naive.jsonl
    """
    flagged = read_flagged(captions, scores, threshold)
    outs = {"tldr": tldr, "naive": naive}
    if kind == "endpoint":
        endpoint = endpoint_at(source, timeout, retries)
        texts = _by_chat(endpoint, flagged, max_new_tokens, image_records, at_once, state)
    else:
        folder = downloaded(source) if kind == "hub" else Path(source)
        texts = _by_backbone(folder, flagged, max_new_tokens, image_records, runtime)
    for guidance, out in outs.items():
        write_records(
            out,
            (
                dataclasses.replace(
                    caption,
                    caption_id=f"{caption.caption_id}-{guidance}",
                    text=text,
                    parent_id=caption.caption_id,
                )
                for (caption, _), text in zip(flagged, texts[guidance], strict=True)
            ),
        )


def read_flagged(captions: Path, scores: Path, threshold: float) -> Flagged:
    """Captions with a flagged token; InputError for one that has no score."""
    from tldr_reward.generate.correction import flagged_tokens

    judged = {score.caption_id: score for score in read_records(scores, ScoreRecord)}
    flagged = []
    for caption in read_records(captions, CaptionRecord):
        if caption.caption_id not in judged:
            raise InputError(f"{scores} has no score of caption {caption.caption_id!r}")
        if bad := flagged_tokens(judged[caption.caption_id], threshold):
            flagged.append((caption, bad))
    return flagged


def _by_backbone(
    folder: Path, flagged: Flagged, max_new_tokens: int, image_records: Path, runtime: Runtime
) -> dict[str, list[str]]:
    """Corrected texts by guidance, sentence by sentence."""
    from tldr_reward.backbones.folders import load_backbone
    from tldr_reward.cli.inputs import read_images
    from tldr_reward.cli.runtime import use_runtime
    from tldr_reward.generate.correction import GUIDANCES, correct_captions
    from tldr_reward.generate.greedy import greedy_responses

    use_runtime(runtime)
    rows, images = read_images(image_records, [caption.image_id for caption, _ in flagged])
    backbone = load_backbone(folder, runtime.placement)
    texts: dict[str, list[str]] = {}
    for guidance in GUIDANCES:

        def answer(requests, guidance=guidance):
            return [
                said.text
                for said in greedy_responses(
                    backbone,
                    images.chosen([rows[request.caption.image_id] for request in requests]),
                    [fix_prompt(request.sentence, request.flagged) for request in requests],
                    max_new_tokens,
                    f"{guidance} guidance",
                )
            ]

        some = zip(*flagged, strict=True)
        texts[guidance] = correct_captions(*some, guidance, answer) if flagged else []
    return texts


def _by_chat(
    endpoint, flagged: Flagged, max_new_tokens: int, image_records: Path, at_once: int, state: Path
) -> dict[str, list[str]]:
    """Corrected texts by guidance, each asked for whole; an empty reply changes nothing."""
    from tldr_reward.generate.correction import GUIDANCES, chat_prompt
    from tldr_reward.generate.requests import Request

    requests = [
        Request(
            f"{caption.caption_id}-{guidance}",
            guidance,
            caption.image_id,
            chat_prompt(caption, bad, guidance),
            max_new_tokens,
        )
        for guidance in GUIDANCES
        for caption, bad in flagged
    ]
    replies = iter(asked_of(endpoint, requests, image_records, at_once, state))
    return {
        guidance: [next(replies).text or caption.text for caption, _ in flagged]
        for guidance in GUIDANCES
    }
