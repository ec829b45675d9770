"""What a model is asked: a prompt about an image; and its responses, cleaned and complete."""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence

from tldr_reward.errors import InputError
from tldr_reward.records import CaptionRecord, ImageRecord, ModelResponse


@dataclasses.dataclass(frozen=True)
class Request:
    """One prompt about one image; `item_set` names the split or the question set that it is of."""

    item_id: str
    item_set: str
    image_id: str
    prompt: str
    max_new_tokens: int


def caption_requests(
    images: Sequence[ImageRecord], splits: Sequence[str], prompt: str, max_new_tokens: int
) -> list[Request]:
    """One request an image of the splits; InputError for a split without images."""
    requests = []
    for split in splits:
        chosen = [image.image_id for image in images if image.split == split]
        if not chosen:
            raise InputError(f"split {split!r} has no images")
        requests += [Request(image, split, image, prompt, max_new_tokens) for image in chosen]
    return requests


def question_requests(
    questions: Sequence[CaptionRecord], question_set: str, max_new_tokens: int
) -> list[Request]:
    """One request a question; the answers that the records hold are not looked at."""
    return [
        Request(record.caption_id, question_set, record.image_id, record.prompt, max_new_tokens)
        for record in questions
    ]


def clean_text(text: str) -> str:
    """A text of a model made safe to store: whitespace as single spaces, no half characters."""
    return " ".join(text.encode("utf-8", "replace").decode("utf-8").split())


def check_complete(
    requests: Sequence[Request],
    responses: Iterable[ModelResponse],
    optional: Sequence[str],
    where: str,
) -> dict[str, ModelResponse]:
    """Responses by request; InputError for one that is unknown, double or missing.

    An item set named in `optional` may be missing as a whole, but not in part.
    """
    found: dict[str, ModelResponse] = {}
    known = {request.item_id for request in requests}
    for response in responses:
        if response.item_id not in known:
            raise InputError(f"{where}: nothing was asked under the item_id {response.item_id!r}")
        if response.item_id in found:
            raise InputError(f"{where}: two responses to {response.item_id!r}")
        found[response.item_id] = response
    for item_set, asked in by_set(requests).items():
        missing = [request.item_id for request in asked if request.item_id not in found]
        if missing and not (item_set in optional and len(missing) == len(asked)):
            raise InputError(
                f"{where}: {len(missing)} of {len(asked)} responses to {item_set} are missing, "
                f"the first is to {missing[0]!r}"
            )
    return found


def by_set(requests: Sequence[Request]) -> Mapping[str, list[Request]]:
    """Requests by item set, in order."""
    groups: dict[str, list[Request]] = {}
    for request in requests:
        groups.setdefault(request.item_set, []).append(request)
    return groups


def generated_captions(
    requests: Sequence[Request], responses: Mapping[str, ModelResponse], model: str
) -> list[CaptionRecord]:
    """Unlabelled caption records of the responses that say something.

    An empty caption has no token that could be good or bad: it has no record, and is counted.
    """
    return [
        CaptionRecord(
            caption_id=f"{request.image_id}-{model}",
            image_id=request.image_id,
            prompt=request.prompt,
            text=responses[request.item_id].text,
            task="caption",
            origin="generated",
        )
        for request in requests
        if request.item_id in responses and responses[request.item_id].text
    ]
