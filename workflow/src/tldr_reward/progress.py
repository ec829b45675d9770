"""Progress of long work with the time left: a bar in a terminal, plain lines elsewhere."""

import sys
import time
from collections.abc import Mapping


class Progress:
    """Counts steps towards `total` and prints to standard error, at most every `every` seconds."""

    def __init__(self, total: int, label: str, every: float = 10.0, start: int = 0) -> None:
        self.total, self.label, self.done, self.first = total, label, start, start
        self.terminal = sys.stderr.isatty()
        self.every = 0.2 if self.terminal else every
        self.began = self.shown = time.monotonic()

    def step(self, facts: Mapping[str, object] | None = None, count: int = 1) -> None:
        """Advance by `count`; `facts` (loss, tokens/s, ...) are shown beside the count."""
        self.done += count
        now = time.monotonic()
        if now - self.shown >= self.every or self.done >= self.total:
            self.shown = now
            self._show(now, facts or {})

    def _show(self, now: float, facts: Mapping[str, object]) -> None:
        spent = now - self.began
        left = spent / max(1, self.done - self.first) * (self.total - self.done)
        details = "".join(f"  {name} {value}" for name, value in facts.items())
        line = f"{self.label}: {self.done}/{self.total}{details}  {clock(left)} left"
        if not self.terminal:
            print(line, file=sys.stderr, flush=True)
            return
        end = "\n" if self.done >= self.total else ""
        print(f"\r\x1b[K{line}", end=end, file=sys.stderr, flush=True)


def clock(seconds: float) -> str:
    """Seconds as m:ss."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
