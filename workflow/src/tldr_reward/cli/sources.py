"""Where models come from: the hub, at a pinned revision, or an endpoint that is asked."""

import dataclasses
import json
import os
from collections.abc import Sequence
from pathlib import Path

from tldr_reward.cli.api_key import API_KEY
from tldr_reward.errors import InputError
from tldr_reward.records import ModelResponse

# What a model's folder needs: no pickled weights.
_WANTED = ("*.json", "*.safetensors", "*.model", "*.txt", "*.jinja")


def downloaded(source: str, folder: Path | None = None) -> Path:
    """Folder of a pinned revision of the hub, `owner/name@revision`; from the cache if it can.

    Into `folder` instead, where one is named: files that it has whole are not fetched again.
    InputError says what to do where a licence has to be accepted first.
    """
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import (
        GatedRepoError,
        HfHubHTTPError,
        HFValidationError,
        LocalEntryNotFoundError,
    )
    from huggingface_hub.utils import httpx

    name, _, revision = source.partition("@")
    if len(revision) != 40:
        raise InputError(f"hub id {source!r}; as in owner/name@ and a commit of 40 hex digits")
    try:
        return Path(
            snapshot_download(
                name, revision=revision, allow_patterns=list(_WANTED), local_dir=folder
            )
        )
    except GatedRepoError:
        raise InputError(
            f"{name} is given to those who accept its licence: do so at "
            f"https://huggingface.co/{name}, then `hf auth login` or set HF_TOKEN, and run again"
        ) from None
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, httpx.HTTPError) as error:
        raise InputError(f"cannot get {source} from the hub: {error}") from None


def endpoint_at(source: str, timeout: float, retries: int):
    """The endpoint `https://host/v1#model`, with the key that the environment holds."""
    from tldr_reward.generate.endpoint import Endpoint

    return Endpoint(source, os.environ.get(API_KEY), timeout, retries)


def asked_of(
    endpoint, requests: Sequence, image_records: Path, at_once: int, state: Path
) -> list[ModelResponse]:
    """Responses of an endpoint; each is appended to the state file as it comes.

    Those that are there already were got by a run that was cut off, and are not asked for again.
    """
    from tldr_reward.cli.inputs import read_images
    from tldr_reward.generate.endpoint import endpoint_responses

    job = {"endpoint": f"{endpoint.address}#{endpoint.model}"}
    job["requests"] = [dataclasses.asdict(request) for request in requests]
    found = _read_state(state, job)
    left = [request for request in requests if request.item_id not in found]
    rows, images = read_images(image_records, [request.image_id for request in requests])
    by_id = {image_id: images[row] for image_id, row in rows.items()}
    with open(state, "a", encoding="utf-8") as file:
        for response in endpoint_responses(endpoint, left, by_id, at_once):
            found[response.item_id] = response
            print(json.dumps(dataclasses.asdict(response)), file=file, flush=True)
    return [found[request.item_id] for request in requests]


def _read_state(state: Path, job: dict) -> dict[str, ModelResponse]:
    """Responses that a cut-off run of the same job has left; else the file is begun anew."""
    lines = state.read_text(encoding="utf-8").splitlines() if state.is_file() else []
    found: dict[str, ModelResponse] = {}
    header = json.dumps(job)
    for line in lines[1:] if lines[:1] == [header] else ():
        try:
            response = ModelResponse(**json.loads(line))
        except (TypeError, ValueError):  # cut off within a line
            continue
        found[response.item_id] = response
    state.parent.mkdir(parents=True, exist_ok=True)
    with open(state, "w", encoding="utf-8") as file:
        print(header, file=file)
        for response in found.values():
            print(json.dumps(dataclasses.asdict(response)), file=file)
    return found
