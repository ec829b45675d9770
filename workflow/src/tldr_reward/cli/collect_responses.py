"""`collect-responses`: what one model says of images and answers to questions, from any source."""

import dataclasses
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import click

from tldr_reward.backbones.hub import downloaded
from tldr_reward.cli.runtime import Runtime, runtime_options
from tldr_reward.cli.sources import asked_of, endpoint_at
from tldr_reward.errors import InputError
from tldr_reward.records import (
    CaptionRecord,
    CollectedRow,
    ImageRecord,
    ModelResponse,
    read_records,
    write_records,
    write_rows,
)

_FILE = click.Path(path_type=Path)
KINDS = ("folder", "hub", "endpoint", "file")


@click.command()
@click.option("--model", required=True, help="name of the model in all files")
@click.option("--kind", type=click.Choice(KINDS), required=True)
@click.option(
    "--source",
    required=True,
    help="folder; hub id owner/name@revision; endpoint https://host/v1#model; JSONL file",
)
@click.option("--image-records", type=_FILE, required=True)
@click.option("--split", "splits", multiple=True, required=True, help="repeatable, as --captions")
@click.option("--captions", type=_FILE, multiple=True, required=True, help="to write, of each")
@click.option("--questions", type=_FILE, multiple=True, help="question set to answer; repeatable")
@click.option("--prompt", required=True, help="what is asked about every image of the splits")
@click.option("--max-new-tokens", type=click.IntRange(1), required=True, help="of a caption")
@click.option("--answer-tokens", type=click.IntRange(1), required=True, help="of an answer")
@click.option("--timeout", type=click.FloatRange(min=0, min_open=True), default=120.0)
@click.option("--retries", type=click.IntRange(0), default=4, show_default=True)
@click.option("--at-once", type=click.IntRange(1), default=4, show_default=True)
@runtime_options
@click.option(
    "--state", type=_FILE, required=True, help="an endpoint's replies, kept: remove to ask anew"
)
@click.option("--responses", type=_FILE, required=True, help="all responses to write")
@click.option("--summary", type=_FILE, required=True, help="CSV of counts to write")
def command(
    model: str,
    kind: str,
    source: str,
    image_records: Path,
    splits: tuple[str, ...],
    captions: tuple[Path, ...],
    questions: tuple[Path, ...],
    prompt: str,
    max_new_tokens: int,
    answer_tokens: int,
    timeout: float,
    retries: int,
    at_once: int,
    runtime: Runtime,
    state: Path,
    responses: Path,
    summary: Path,
) -> None:
    """Collect a model's captions and answers: a folder, a hub id, an endpoint, or a file.

    A file holds response/1 records, one for each image and question, or caption/1 records, one
    for each image. Answers, and captions of all splits but the first, may be missing there as a
    whole. An endpoint's key is read from TLDR_REWARD_API_KEY_<HOST>, as in
    TLDR_REWARD_API_KEY_API_OPENAI_COM, else from TLDR_REWARD_API_KEY.

    Example: tldr-reward collect-responses --model mine --kind folder --source final/
    --image-records images.jsonl --split test --captions mine/test.jsonl
    --questions exam.jsonl --prompt "describe the image." --max-new-tokens 96 --answer-tokens 8
    --state mine/state.jsonl --responses mine/responses.jsonl --summary mine/summary.csv
    """
    from tldr_reward.generate.requests import (
        by_set,
        caption_requests,
        check_complete,
        generated_captions,
        question_requests,
    )

    if len(splits) != len(captions):
        raise InputError(f"{len(splits)} splits and {len(captions)} caption files; as many needed")
    images = read_records(image_records, ImageRecord)
    requests = caption_requests(images, splits, prompt, max_new_tokens)
    for path in questions:
        asked = read_records(path, CaptionRecord)
        requests += question_requests(asked, path.stem, answer_tokens)
    groups = by_set(requests)
    if kind == "file":
        found: Iterable[ModelResponse] = read_responses(Path(source), requests)
    elif kind == "endpoint":
        asks = endpoint_at(source, timeout, retries)
        found = asked_of(asks, requests, image_records, at_once, state)
    else:
        folder = Path(source) if kind == "folder" else downloaded(source)
        found = _generated(folder, requests, image_records, runtime)
    optional = list(groups)[1:] if kind == "file" else []
    complete = check_complete(requests, found, optional, f"{kind} {source}")
    for split, path in zip(splits, captions, strict=True):
        write_records(path, generated_captions(groups[split], complete, model))
    write_records(responses, complete.values())
    rows = [_counted(model, item_set, asked, complete) for item_set, asked in groups.items()]
    write_rows(summary, rows, CollectedRow)


def read_responses(path: Path, requests: Sequence) -> list[ModelResponse]:
    """Responses of a file made elsewhere, cleaned: response/1, or caption/1 of the images asked."""
    from tldr_reward.generate.requests import clean_text

    if _format(path) == CaptionRecord.FORMAT:
        images = {request.item_id for request in requests}
        found = [
            ModelResponse(record.image_id, record.text)
            for record in read_records(path, CaptionRecord)
            if record.task == "caption" and record.image_id in images
        ]
    else:
        found = read_records(path, ModelResponse)
    return [dataclasses.replace(response, text=clean_text(response.text)) for response in found]


def _format(path: Path) -> str:
    """The format that the first line of a file names; empty where it names none."""
    if not path.is_file():
        raise InputError(f"no such file: {path}")
    with open(path, encoding="utf-8", errors="replace") as file:
        try:
            first = json.loads(file.readline())
        except ValueError:
            return ""
    return str(first.get("format", "")) if isinstance(first, dict) else ""


def _generated(
    folder: Path, requests: Sequence, image_records: Path, runtime: Runtime
) -> Iterator[ModelResponse]:
    """Greedy responses of a backbone in a folder, one item set after the other."""
    from tldr_reward.backbones.folders import load_backbone
    from tldr_reward.cli.inputs import read_images
    from tldr_reward.cli.runtime import use_runtime
    from tldr_reward.generate.greedy import greedy_responses
    from tldr_reward.generate.requests import by_set, clean_text

    use_runtime(runtime)
    rows, images = read_images(image_records, [request.image_id for request in requests])
    backbone = load_backbone(folder, runtime.placement)
    for item_set, asked in by_set(requests).items():
        said = greedy_responses(
            backbone,
            images.chosen([rows[request.image_id] for request in asked]),
            [request.prompt for request in asked],
            asked[0].max_new_tokens,
            f"responses to {item_set}",
        )
        for request, one in zip(asked, said, strict=True):
            yield ModelResponse(request.item_id, clean_text(one.text), one.truncated)


def _counted(
    model: str, item_set: str, requests: Sequence, responses: Mapping[str, ModelResponse]
) -> CollectedRow:
    found = [responses[request.item_id] for request in requests if request.item_id in responses]
    prompts = {request.prompt for request in requests}
    return CollectedRow(
        model,
        item_set,
        prompts.pop() if len(prompts) == 1 else "",
        requests[0].max_new_tokens,
        len(found),
        sum(not response.text for response in found),
        sum(response.truncated for response in found),
    )
