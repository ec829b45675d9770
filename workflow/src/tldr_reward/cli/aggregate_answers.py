"""aggregate-answers: a caption of each image from its questions and answers, by a language model.

The paper makes captions of VG100K's images so (section 4): a model that sees no image turns the
pairs into one paragraph.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from tldr_reward.cli.asking import Asking, Conversation, asking_options
from tldr_reward.errors import InputError
from tldr_reward.perturb.messages import Reply
from tldr_reward.perturb.prompts import AGGREGATED, aggregation_chat
from tldr_reward.perturb.replies import aggregation_cause, unusable, usable_text
from tldr_reward.records import CaptionRecord, read_records, write_records

PROMPT = "Describe the image in detail."


@click.command()
@click.option(
    "--originals",
    type=click.Path(path_type=Path),
    multiple=True,
    required=True,
    help="records with questions and answers; repeatable",
)
@asking_options(temperature=0.0)
@click.option("--out", type=click.Path(path_type=Path), required=True, help="captions to write")
def command(originals: tuple[Path, ...], asking: Asking, out: Path) -> None:
    """Let a language model write a caption of each image from its questions and answers.

    The captions can be given to perturb-with-llm as further --originals. An endpoint's key is read
    from TLDR_REWARD_API_KEY; a run that broke off goes on when the command is given again.

    Example: tldr-reward aggregate-answers --originals vg.jsonl --endpoint https://host/v1#model
    --cache replies.jsonl --out aggregated.jsonl
    """
    records = [record for path in originals for record in read_records(path, CaptionRecord)]
    pairs = _pairs(records)
    if not pairs:
        raise InputError(f"{originals[0]}: no original answers to questions in --originals")
    chats = [aggregation_chat(of_image) for of_image in pairs.values()]
    conversation = Conversation(asking)
    left = conversation.estimated(lambda ask: ask(chats), lambda ask: ask(chats))
    if asking.estimate:
        return
    conversation.begin(left)
    captions, rejected = _captions(list(pairs), conversation.ask(chats))
    write_records(out, captions)
    dropped = ", ".join(f"{cause} {count}" for cause, count in sorted(rejected.items()))
    click.echo(f"aggregated: {len(captions)} of {len(pairs)} images; dropped: {dropped or 'none'}")


def _pairs(records: Sequence[CaptionRecord]) -> Mapping[str, list[tuple[str, str]]]:
    """Each image's (question, answer) pairs, none of them twice."""
    pairs: dict[str, dict[tuple[str, str], None]] = {}
    for record in records:
        if (record.task, record.origin) == ("vqa", "original"):
            pairs.setdefault(record.image_id, {})[record.prompt, record.text] = None
    return {image_id: list(of_image) for image_id, of_image in pairs.items()}


def _captions(
    image_ids: Sequence[str], replies: Sequence[Reply]
) -> tuple[list[CaptionRecord], Counter[str]]:
    """Captions of the replies that can be used, and counts of the others by cause."""
    captions: list[CaptionRecord] = []
    rejected: Counter[str] = Counter()
    for image_id, reply in zip(image_ids, replies, strict=True):
        text = " ".join(usable_text(reply.text).split())
        if cause := unusable(reply) or aggregation_cause(text):
            rejected[cause] += 1
            continue
        captions.append(
            CaptionRecord(
                caption_id=f"{image_id}{AGGREGATED}",
                image_id=image_id,
                prompt=PROMPT,
                text=text,
                task="caption",
                origin="original",
                bad_spans=(),
            )
        )
    return captions, rejected
