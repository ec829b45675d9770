"""Responses of a model behind an OpenAI-compatible endpoint, image and prompt in one message."""

import base64
import concurrent.futures
import io
import time
from collections.abc import Iterator, Mapping, Sequence

from huggingface_hub import InferenceClient
from huggingface_hub.errors import HfHubHTTPError, InferenceTimeoutError
from huggingface_hub.utils import httpx
from PIL import Image

from tldr_reward.errors import InputError
from tldr_reward.generate.requests import Request, clean_text
from tldr_reward.progress import Progress
from tldr_reward.records import ModelResponse

# What a server says when it is worth asking again: timed out, too many requests, out of order.
_PASSING = frozenset({408, 429, 500, 502, 503, 504})


class Endpoint:
    """A model at `source`, which is `https://host/v1#model`; asks again `retries` times.

    Without an `api_key` none is sent: the client would otherwise send a saved token of the
    Hugging Face hub to whatever host this is.
    """

    def __init__(
        self, source: str, api_key: str | None, timeout: float, retries: int, pause: float = 1.0
    ) -> None:
        self.address, _, self.model = source.partition("#")
        if not self.address.startswith(("http://", "https://")) or not self.model:
            raise InputError(f"endpoint {source!r}; as in https://host/v1#model")
        self.client = InferenceClient(
            base_url=self.address, api_key=api_key or "none", timeout=timeout
        )
        self.retries, self.pause = retries, pause

    def respond(self, request: Request, image: Image.Image) -> ModelResponse:
        """One response, sampled at temperature 0; InputError when the endpoint gives none."""
        attempt = 1
        while True:
            try:
                return self._ask(request, image)
            except (InferenceTimeoutError, HfHubHTTPError, httpx.HTTPError) as error:
                if attempt > self.retries or not _passing(error):
                    raise InputError(
                        f"endpoint {self.address}, item {request.item_id!r}, attempt {attempt}: "
                        f"{type(error).__name__}: {str(error)[:300]}"
                    ) from None
            time.sleep(self.pause * 2 ** (attempt - 1))
            attempt += 1

    def _ask(self, request: Request, image: Image.Image) -> ModelResponse:
        content = [
            {"type": "image_url", "image_url": {"url": data_url(image)}},
            {"type": "text", "text": request.prompt},
        ]
        try:
            output = self.client.chat_completion(
                [{"role": "user", "content": content}],
                model=self.model,
                max_tokens=request.max_new_tokens,
                temperature=0.0,
            )
            choice = output.choices[0]
            text, reason = choice.message.content, choice.finish_reason
        except HfHubHTTPError:
            raise  # some of these are ValueErrors too
        except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
            raise InputError(
                f"endpoint {self.address}, item {request.item_id!r}: its reply is no chat "
                f"completion ({type(error).__name__}: {error})"
            ) from None
        return ModelResponse(request.item_id, clean_text(text or ""), reason == "length")


def endpoint_responses(
    endpoint: Endpoint,
    requests: Sequence[Request],
    images: Mapping[str, Image.Image],
    at_once: int,
) -> Iterator[ModelResponse]:
    """Yield responses as they come, in any order, `at_once` requests under way at a time."""
    progress = Progress(len(requests), f"asking {endpoint.model}")
    with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
        tasks = [
            pool.submit(endpoint.respond, request, images[request.image_id]) for request in requests
        ]
        try:
            for task in concurrent.futures.as_completed(tasks):
                yield task.result()
                progress.step()
        finally:  # those not yet begun, after an error or a stop
            pool.shutdown(wait=False, cancel_futures=True)


def data_url(image: Image.Image) -> str:
    """An image as a PNG data URL."""
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"


def _passing(error: Exception) -> bool:
    status = error.response.status_code if isinstance(error, HfHubHTTPError) else None
    return status is None or status in _PASSING
