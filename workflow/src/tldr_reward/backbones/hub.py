"""Models of the Hugging Face hub: a folder of one pinned revision."""

from pathlib import Path

from tldr_reward.errors import InputError

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
