"""Where models come from: the hub, at a pinned revision, or an endpoint that is asked."""

import dataclasses
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from tldr_reward.cli.api_key import key_for
from tldr_reward.records import ModelResponse, writing


def endpoint_at(source: str, timeout: float, retries: int):
    """The endpoint `https://host/v1#model`, with the key that the environment holds."""
    from tldr_reward.generate.endpoint import Endpoint

    return Endpoint(source, key_for(source)[1], timeout, retries)


def asked_of(
    endpoint, requests: Sequence, image_records: Path, at_once: int, state: Path
) -> list[ModelResponse]:
    """Responses of an endpoint; each is appended to the state file as it comes.

    The file stays: what it holds of the same requests, with the same images, is not asked again.
    """
    from tldr_reward.cli.inputs import read_images
    from tldr_reward.generate.endpoint import endpoint_responses

    job = {"endpoint": f"{endpoint.address}#{endpoint.model}"}
    job["requests"] = [dataclasses.asdict(request) for request in requests]
    rows, images = read_images(image_records, [request.image_id for request in requests])
    by_id = {image_id: images[row] for image_id, row in rows.items()}
    seen = hashlib.sha256()
    for image in images:
        seen.update(image.tobytes())
    job["images_sha256"] = seen.hexdigest()
    found = _read_state(state, job)
    left = [request for request in requests if request.item_id not in found]
    with open(state, "a", encoding="utf-8") as file:
        for response in endpoint_responses(endpoint, left, by_id, at_once):
            found[response.item_id] = response
            print(json.dumps(dataclasses.asdict(response)), file=file, flush=True)
    return [found[request.item_id] for request in requests]


def _read_state(state: Path, job: dict) -> dict[str, ModelResponse]:
    """Responses that a run of the same job has left; else the file is begun anew."""
    lines = state.read_text(encoding="utf-8").splitlines() if state.is_file() else []
    found: dict[str, ModelResponse] = {}
    header = json.dumps(job)
    for line in lines[1:] if lines[:1] == [header] else ():
        try:
            response = ModelResponse(**json.loads(line))
        except (TypeError, ValueError):  # cut off within a line
            continue
        found[response.item_id] = response
    with writing(state) as file:
        print(header, file=file)
        for response in found.values():
            print(json.dumps(dataclasses.asdict(response)), file=file)
    return found
