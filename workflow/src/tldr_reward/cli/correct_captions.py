"""`correct-captions`: a model corrects its own flagged captions, with and without TLDR guidance."""

import dataclasses
from pathlib import Path

import click

from tldr_reward.errors import InputError
from tldr_reward.records import CaptionRecord, ScoreRecord, read_records, write_records
from tldr_reward.world.fixes import fix_prompt

_FILE = click.Path(path_type=Path)


@click.command()
@click.option("--backbone", "backbone_folder", type=_FILE, required=True)
@click.option("--image-records", type=_FILE, required=True)
@click.option("--captions", type=_FILE, required=True, help="what this model said of images")
@click.option("--scores", type=_FILE, required=True, help="a reward model's scores of them")
@click.option("--threshold", type=click.FloatRange(0, 1), default=0.5, show_default=True)
@click.option("--max-new-tokens", type=click.IntRange(1), required=True, help="of one sentence")
@click.option("--threads", type=click.IntRange(1), default=1, show_default=True)
@click.option("--tldr", type=_FILE, required=True, help="captions corrected with TLDR guidance")
@click.option("--naive", type=_FILE, required=True, help="captions corrected without")
def command(
    backbone_folder: Path,
    image_records: Path,
    captions: Path,
    scores: Path,
    threshold: float,
    max_new_tokens: int,
    threads: int,
    tldr: Path,
    naive: Path,
) -> None:
    """Let a model correct those of its captions that hold a token of P(good) <= threshold.

    With TLDR guidance it sees each sentence that has a flagged word, with these words
    highlighted, and all others are kept; with naive guidance it sees all sentences, as they are.
    A corrected caption has the id of the one that it corrects as its parent_id.

    Example: tldr-reward correct-captions --backbone final/ --image-records images.jsonl
    --captions generated.jsonl --scores scores.jsonl --max-new-tokens 24
    --tldr corrected_tldr.jsonl --naive corrected_naive.jsonl
    """
    from tldr_reward.backbones.folders import load_backbone
    from tldr_reward.cli.inputs import read_images
    from tldr_reward.cli.threads import use_threads
    from tldr_reward.generate.correction import correct_captions, flagged_tokens
    from tldr_reward.generate.greedy import greedy_responses

    use_threads(threads)
    judged = {score.caption_id: score for score in read_records(scores, ScoreRecord)}
    flagged = []
    for caption in read_records(captions, CaptionRecord):
        if caption.caption_id not in judged:
            raise InputError(f"{scores} has no score of caption {caption.caption_id!r}")
        if bad := flagged_tokens(judged[caption.caption_id], threshold):
            flagged.append((caption, bad))
    rows, images = read_images(image_records, [caption.image_id for caption, _ in flagged])
    backbone = load_backbone(backbone_folder)
    for guidance, out in (("tldr", tldr), ("naive", naive)):

        def answer(requests, guidance=guidance):
            return [
                said.text
                for said in greedy_responses(
                    backbone,
                    [images[rows[request.caption.image_id]] for request in requests],
                    [fix_prompt(request.sentence, request.flagged) for request in requests],
                    max_new_tokens,
                    f"{guidance} guidance",
                )
            ]

        texts = correct_captions(*zip(*flagged, strict=True), guidance, answer) if flagged else []
        write_records(
            out,
            (
                dataclasses.replace(
                    caption,
                    caption_id=f"{caption.caption_id}-{guidance}",
                    text=text,
                    parent_id=caption.caption_id,
                )
                for (caption, _), text in zip(flagged, texts, strict=True)
            ),
        )
