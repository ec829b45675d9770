"""`judge-responses`: the oracle on what a model said of scenes: captions and answers."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from tldr_reward.errors import InputError
from tldr_reward.progress import Progress
from tldr_reward.records import (
    AnswerVerdict,
    CaptionRecord,
    Judgement,
    ModelResponse,
    read_records,
    write_records,
)
from tldr_reward.world.answers import read_answer
from tldr_reward.world.oracle import judge_caption, wrong_words
from tldr_reward.world.scenes import Scene

_FILE = click.Path(path_type=Path)


@click.command()
@click.option("--scenes", type=_FILE, required=True, help="what the images show")
@click.option("--captions", type=_FILE, multiple=True, required=True, help="repeatable")
@click.option("--judgements", type=_FILE, multiple=True, required=True, help="to write, of each")
@click.option("--questions", type=_FILE, multiple=True, help="question sets with their answers")
@click.option("--responses", type=_FILE, required=True, help="responses to the questions")
@click.option("--answers", type=_FILE, required=True, help="verdicts on them to write")
def command(
    scenes: Path,
    captions: tuple[Path, ...],
    judgements: tuple[Path, ...],
    questions: tuple[Path, ...],
    responses: Path,
    answers: Path,
) -> None:
    """Judge generated captions word by word, and answers, by what the scenes hold.

    A sentence that is not of the world's grammar is not judged. A response that cannot be read
    as an answer to its question is wrong, and counted as not parsed.

    Example: tldr-reward judge-responses --scenes scenes.jsonl --captions mine/test.jsonl
    --judgements mine/judged.jsonl --questions exam.jsonl --responses mine/responses.jsonl
    --answers mine/answers.jsonl
    """
    if len(captions) != len(judgements):
        raise InputError(f"{len(captions)} caption files, {len(judgements)} to write; as many")
    known = {scene.image_id: scene for scene in read_records(scenes, Scene)}
    for path, out in zip(captions, judgements, strict=True):
        write_records(out, _judged(read_records(path, CaptionRecord), known, path))
    said = {record.item_id: record for record in read_records(responses, ModelResponse)}
    verdicts: list[AnswerVerdict] = []
    for path in questions:
        verdicts += judge_answers(read_records(path, CaptionRecord), said, path.stem)
    write_records(answers, verdicts)


def _judged(
    captions: Sequence[CaptionRecord], scenes: Mapping[str, Scene], path: Path
) -> list[Judgement]:
    progress = Progress(len(captions), f"judging {path.stem}")
    found = []
    for caption in captions:
        if caption.image_id not in scenes:
            raise InputError(f"{path}: image {caption.image_id!r} has no scene to judge it by")
        verdicts = judge_caption(scenes[caption.image_id], caption.text)
        judged = tuple(verdict.span for verdict in verdicts if verdict.parsed)
        bad = wrong_words(verdicts)
        found.append(Judgement(caption.caption_id, len(verdicts), judged, bad))
        progress.step()
    return found


def judge_answers(
    questions: Sequence[CaptionRecord], responses: Mapping[str, ModelResponse], name: str
) -> list[AnswerVerdict]:
    """Verdicts on the questions that were answered; none for a set that was not asked."""
    verdicts = []
    for question in questions:
        if question.caption_id in responses:
            answer = read_answer(question.prompt, responses[question.caption_id].text)
            verdicts.append(
                AnswerVerdict(
                    question.caption_id,
                    question.image_id,
                    name,
                    parsed=answer is not None,
                    correct=answer == question.text,
                )
            )
    return verdicts
