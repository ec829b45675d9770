"""A language model behind an OpenAI-compatible endpoint: paced, patient, and text only."""

import concurrent.futures
import dataclasses
import email.utils
import threading
import time
from collections.abc import Callable, Sequence

import openai

from tldr_reward.errors import InputError
from tldr_reward.perturb.messages import Chat, Reply, Settings

# What a server says when it is worth asking again: timed out, busy, too many requests.
_PASSING = frozenset({408, 409, 429})
_LONGEST_PAUSE = 60.0
_LONGEST_HOLD = 600.0  # a server that wants a longer rest is left alone; the run ends instead
_KEPT = "replies so far are kept: give the command again to go on"
_TO_DO = {
    400: "see whether the model takes these settings and texts of this length",
    404: "see whether the address ends in /v1 and the model is one that it serves",
}


@dataclasses.dataclass(frozen=True)
class Key:
    """An endpoint's key and the environment variable that it is read from."""

    variable: str
    value: str | None


class Pace:
    """Lets requests pass, at most `per_minute`; a server's wish to be left alone holds them all."""

    def __init__(
        self,
        per_minute: float | None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] | None = None,
    ) -> None:
        self.gap = 60.0 / per_minute if per_minute else 0.0
        self.clock = clock
        self.stopped = threading.Event()
        self.sleep = sleep or self.stopped.wait
        self._free = clock()
        self._lock = threading.Lock()

    def take(self) -> None:
        """Return when the next request may be sent."""
        with self._lock:
            now = self.clock()
            at = max(now, self._free)
            self._free = at + self.gap
        self.rest(at - now)

    def hold(self, seconds: float) -> None:
        """Let nothing pass for so long."""
        with self._lock:
            self._free = max(self._free, self.clock() + seconds)

    def rest(self, seconds: float) -> None:
        """Wait; InputError once all work has been stopped."""
        if seconds > 0:
            self.sleep(seconds)
        if self.stopped.is_set():
            raise InputError(f"stopped; {_KEPT}")


class ChatEndpoint:
    """A model at `source`, which is `https://host/v1#model`; asks again up to `retries` times.

    `pause` is the first rest before asking again, in seconds; each further one is twice as long.
    """

    def __init__(
        self, source: str, key: Key, timeout: float, retries: int, pace: Pace, pause: float = 1.0
    ) -> None:
        self.address, self.model = address_and_model(source)
        self.key, self.retries, self.pace, self.pause = key, retries, pace, pause
        # Without these, the client would send the key, the organization and the project that it
        # finds in the environment to whatever host this is. Its own retries would go uncounted.
        self.client = openai.OpenAI(
            base_url=self.address,
            api_key=key.value or "none",
            default_headers={"OpenAI-Organization": openai.omit, "OpenAI-Project": openai.omit},
            timeout=timeout,
            max_retries=0,
        )

    def reply(self, chat: Chat, settings: Settings) -> Reply:
        """The reply to one chat; InputError where the endpoint gives none."""
        for attempt in range(1, self.retries + 2):
            self.pace.take()
            try:
                return self._ask(chat, settings)
            except openai.APIStatusError as error:
                if not _passing(error.status_code) or attempt > self.retries:
                    raise self._refusal(error, attempt) from None
                asked_for = retry_after(error.response.headers.get("retry-after"), time.time())
            except openai.APIConnectionError as error:  # a timeout is one too
                if attempt > self.retries:
                    raise InputError(
                        f"endpoint {self.address}, attempt {attempt}: {_named(error)}; see whether "
                        f"the server runs, or raise --timeout; {_KEPT}"
                    ) from None
                asked_for = None
            self._wait(attempt, asked_for)
        raise AssertionError("the last attempt returns or raises")

    def _wait(self, attempt: int, asked_for: float | None) -> None:
        if asked_for is None:
            self.pace.rest(min(_LONGEST_PAUSE, self.pause * 2 ** (attempt - 1)))
        elif asked_for <= _LONGEST_HOLD:
            self.pace.hold(asked_for)
        else:
            raise InputError(
                f"endpoint {self.address} is not to be asked for {asked_for:.0f} s (at most "
                f"{_LONGEST_HOLD:.0f} are waited); {_KEPT}"
            )

    def _ask(self, chat: Chat, settings: Settings) -> Reply:
        try:
            output = self.client.chat.completions.create(
                model=settings.model,
                messages=[{"role": role, "content": text} for role, text in chat.messages],
                temperature=settings.temperature,
                max_tokens=settings.max_tokens,
                seed=settings.seed,
            )
            if not output.choices and isinstance(output.choices, list):
                return Reply("", False, *_usage(output))
            choice = output.choices[0]
            text, reason = choice.message.content, choice.finish_reason
            return Reply(_storable(text or ""), reason == "length", *_usage(output))
        except (openai.APIStatusError, openai.APIConnectionError):
            raise
        except (openai.OpenAIError, AttributeError, TypeError, ValueError) as error:
            raise InputError(
                f"endpoint {self.address}: its reply is no chat completion "
                f"({type(error).__name__}); see whether the address ends in /v1"
            ) from None

    def _refusal(self, error: openai.APIStatusError, attempt: int) -> InputError:
        status = error.status_code
        where = f"endpoint {self.address}, model {self.model!r}, attempt {attempt}: status {status}"
        if status in (401, 403):  # what such a server says may repeat part of the key
            held = "is not the right one" if self.key.value else "is not set"
            return InputError(f"{where}; its key is read from {self.key.variable}, which {held}")
        said = " ".join(str(error.message).split())[:200]
        return InputError(f"{where} ({said}); {_TO_DO.get(status, _KEPT)}")


def address_and_model(source: str) -> tuple[str, str]:
    """The two parts of `https://host/v1#model`; InputError for anything else."""
    address, _, model = source.partition("#")
    if not address.startswith(("http://", "https://")) or not model:
        raise InputError(f"endpoint {source!r}; as in https://host/v1#model")
    return address, model


def ask_all(
    jobs: Sequence,
    ask: Callable[[object], None],
    at_once: int,
    pace: Pace,
    step: Callable[[], None],
) -> None:
    """Run `ask` on every job, `at_once` at a time, in no certain order; `step` after each.

    After an error or a stop no job begins, but those under way end, so that what they are paid
    for can be kept by `ask`.
    """
    failures: list[BaseException] = []

    def guarded(job) -> None:
        if pace.stopped.is_set():
            return
        try:
            ask(job)
        except BaseException as error:
            failures.append(error)
            pace.stopped.set()
            raise

    with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
        tasks = [pool.submit(guarded, job) for job in jobs]
        try:
            for task in concurrent.futures.as_completed(tasks):
                if task.exception():
                    raise failures[0]  # those behind it may say no more than that all was stopped
                step()
        except BaseException:
            pace.stopped.set()
            pool.shutdown(wait=True, cancel_futures=True)
            raise


def retry_after(header: str | None, now: float) -> float | None:
    """Seconds that a Retry-After header asks for, at the Unix time `now`; None without one."""
    if header is None:
        return None
    if header.strip().replace(".", "", 1).isdecimal():
        return float(header)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(header).timestamp() - now)
    except ValueError:
        return None


def _passing(status: int) -> bool:
    return status in _PASSING or status >= 500


def _usage(output) -> tuple[int, int]:
    usage = output.usage
    return (usage.prompt_tokens or 0, usage.completion_tokens or 0) if usage else (0, 0)


def _storable(text: str) -> str:
    """Without half characters, which cannot be stored."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _named(error: Exception) -> str:
    cause = error.__cause__
    return f"{type(error).__name__} ({cause})" if cause else type(error).__name__
