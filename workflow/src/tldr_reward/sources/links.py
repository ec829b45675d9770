"""Images of the web, many at once: each is got, or is dead for a cause, and none stops the rest."""

import collections
import concurrent.futures
import hashlib
import json
import os
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from huggingface_hub.utils import httpx

from tldr_reward.progress import Progress
from tldr_reward.records import writing
from tldr_reward.sources.images import MAX_IMAGE_BYTES, image_ending
from tldr_reward.sources.pixelprose import IMAGES, DeadLink, FetchedImage, Link
from tldr_reward.sources.transport import PASSING, Patience, client

STATE = "asked.jsonl"
_KINDS = {"got": FetchedImage, "dead": DeadLink}
Outcome = FetchedImage | DeadLink


class _Dead(Exception):
    """Why an address gives no image; `passing` when it is worth asking again."""

    def __init__(self, cause: str, passing: bool = False) -> None:
        super().__init__(cause)
        self.passing = passing


def fetch_images(
    links: Sequence[Link], count: int, folder: Path, patience: Patience, at_once: int
) -> tuple[list[FetchedImage], list[DeadLink]]:
    """The first `count` links that are alive, in their order, and the dead ones before them.

    Outcomes are appended to the state file as they come: a run that was stopped goes on, and asks
    again for nothing that it knows. `patience.timeout` bounds an image's whole transfer, too.
    Which images come out depends on the links alone, not on the order in which servers answer.
    """
    known = _read_state(folder)
    _write_state(folder, known.values())  # without what a kill cut off within a line
    (folder / IMAGES).mkdir(parents=True, exist_ok=True)
    waiting = collections.deque(links)
    alive: list[FetchedImage] = []
    dead: list[DeadLink] = []
    progress = Progress(count, "fetching images")
    with client(patience, at_once) as session, open(folder / STATE, "a", encoding="utf-8") as state:
        while waiting and len(alive) < count:
            # As many as are missing: no more are asked than the result needs.
            wave = [waiting.popleft() for _ in range(min(len(waiting), count - len(alive)))]
            new = [link for link in wave if link.uid not in known]
            for outcome in _outcomes(new, folder, patience, at_once, session):
                known[outcome.uid] = outcome
                print(_line(outcome), file=state, flush=True)
                if isinstance(outcome, FetchedImage):
                    progress.step()
            progress.step(count=sum(_got(known[link.uid]) for link in wave if link not in new))
            for link in wave:
                outcome = known[link.uid]
                (alive if _got(outcome) else dead).append(outcome)
    return alive, dead


def _got(outcome: Outcome) -> bool:
    return isinstance(outcome, FetchedImage)


def _outcomes(
    links: Sequence[Link], folder: Path, patience: Patience, at_once: int, session: httpx.Client
) -> Iterator[Outcome]:
    with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
        tasks = [pool.submit(_outcome, link, folder, patience, session) for link in links]
        try:
            for task in concurrent.futures.as_completed(tasks):
                yield task.result()
        finally:  # those not yet begun, after a stop
            pool.shutdown(wait=False, cancel_futures=True)


def _outcome(link: Link, folder: Path, patience: Patience, session: httpx.Client) -> Outcome:
    if not link.url.startswith(("http://", "https://")):
        return DeadLink(link.uid, link.url, "no web address")
    failures = 0
    while True:
        try:
            data = _data(link.url, patience.timeout, session)
            break
        except _Dead as error:
            failures += 1
            if not error.passing or failures > patience.retries:
                return DeadLink(link.uid, link.url, str(error))
        patience.wait(failures)
    ending = image_ending(data)
    if ending is None:
        return DeadLink(link.uid, link.url, "no readable image")
    name = f"{link.uid}{ending}"
    part = folder / IMAGES / f"{name}.part"
    part.write_bytes(data)
    os.replace(part, folder / IMAGES / name)
    found = hashlib.sha256(data).hexdigest()
    unchanged = ("yes" if found == link.sha256 else "no") if link.sha256 else "unknown"
    return FetchedImage(link.uid, link.url, name, len(data), found, unchanged, link.caption)


def _data(url: str, timeout: float, session: httpx.Client) -> bytes:
    end = time.monotonic() + timeout
    data = bytearray()
    try:
        with session.stream("GET", url) as response:
            status = response.status_code
            if status != 200:
                raise _Dead(f"HTTP {status}", passing=status in PASSING)
            # As it comes: with a chunk size, a slow server would be waited for between checks.
            for chunk in response.iter_bytes():
                data += chunk
                if len(data) > MAX_IMAGE_BYTES:
                    raise _Dead("more than 64 MiB")
                if time.monotonic() > end:
                    raise _Dead("timed out", passing=True)
    except httpx.TimeoutException:
        raise _Dead("timed out", passing=True) from None
    except (httpx.UnsupportedProtocol, httpx.TooManyRedirects, httpx.DecodingError) as error:
        raise _Dead(type(error).__name__) from None
    except httpx.HTTPError as error:
        raise _Dead(f"no connection ({type(error).__name__})", passing=True) from None
    except (httpx.InvalidURL, UnicodeError, ValueError):
        raise _Dead("no web address") from None
    return bytes(data)


def _line(outcome: Outcome) -> str:
    kind = "got" if _got(outcome) else "dead"
    return json.dumps({"outcome": kind, **vars(outcome)})


def _read_state(folder: Path) -> dict[str, Outcome]:
    """Outcomes of earlier runs; an image whose file is gone is asked for again."""
    path = folder / STATE
    known: dict[str, Outcome] = {}
    if not path.is_file():
        return known
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            fields = json.loads(line)
            outcome = _KINDS[fields.pop("outcome")](**fields)
        except (AttributeError, KeyError, TypeError, ValueError):  # cut off within a line
            continue
        known[outcome.uid] = outcome
    return {
        uid: outcome
        for uid, outcome in known.items()
        if not _got(outcome) or (folder / IMAGES / outcome.file).is_file()
    }


def forget_dead(folder: Path) -> None:
    """Take dead links out of the state file, so that they are asked for again."""
    _write_state(folder, filter(_got, _read_state(folder).values()))


def _write_state(folder: Path, outcomes: Iterable[Outcome]) -> None:
    with writing(folder / STATE) as file:
        file.writelines(f"{_line(outcome)}\n" for outcome in outcomes)
