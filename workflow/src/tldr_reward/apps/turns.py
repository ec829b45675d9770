"""One line of requests before one model: none is lost, those that wait together go together."""

import asyncio
import collections
import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from fastapi.concurrency import run_in_threadpool

Work = Callable[[Sequence[Any]], Sequence[Any]]


class BusyError(Exception):
    """The line is full."""


@dataclasses.dataclass(frozen=True)
class _Waiting:
    kind: str
    job: Any
    answer: asyncio.Future


class Turns:
    """Takes jobs in the order in which they came; `run` must be running while any are asked.

    `work` maps a kind of job to what answers a list of them, an exception standing for a job that
    is no good. It runs in one thread at a time. At most `most_waiting` jobs wait; up to
    `most_together` of a kind, behind each other in the line, are given to `work` at once.
    """

    def __init__(self, work: Mapping[str, Work], most_waiting: int, most_together: int) -> None:
        self.work, self.most_waiting, self.most_together = work, most_waiting, most_together
        self._line: collections.deque[_Waiting] = collections.deque()
        self._there = asyncio.Event()

    async def ask(self, kind: str, job: Any) -> Any:
        """The answer to a job when its turn has come; BusyError at once if too many wait."""
        if len(self._line) >= self.most_waiting:
            raise BusyError(f"{len(self._line)} requests are waiting already; try again later")
        waiting = _Waiting(kind, job, asyncio.get_running_loop().create_future())
        self._line.append(waiting)
        self._there.set()
        return await waiting.answer

    async def run(self) -> None:
        """Give the jobs to `work`, until cancelled."""
        while True:
            await self._there.wait()
            together = self._next()
            jobs = [waiting.job for waiting in together]
            try:
                answers = await run_in_threadpool(self.work[together[0].kind], jobs)
            except Exception as error:  # those behind must not wait for ever
                answers = [error] * len(jobs)
            for waiting, answer in zip(together, answers, strict=True):
                if waiting.answer.done():  # the client has gone
                    continue
                if isinstance(answer, Exception):
                    waiting.answer.set_exception(answer)
                else:
                    waiting.answer.set_result(answer)

    def _next(self) -> list[_Waiting]:
        """The first jobs of the line, of one kind."""
        together = [self._line.popleft()]
        while (
            self._line
            and self._line[0].kind == together[0].kind
            and len(together) < self.most_together
        ):
            together.append(self._line.popleft())
        if not self._line:
            self._there.clear()
        return together
