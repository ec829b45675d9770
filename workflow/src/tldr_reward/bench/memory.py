"""The most memory that this process holds while something runs."""

import ctypes
import ctypes.util
import threading
from pathlib import Path
from types import TracebackType

_STATUS = Path("/proc/self/status")
_EVERY = 0.005  # seconds


class PeakMemory:
    """Within its block, looks at the resident memory again and again.

    `megabytes`: the most of it beyond what there was at first, in 10^6 bytes; 0 where the system
    does not tell.
    """

    def __init__(self) -> None:
        self.megabytes = 0.0

    def __enter__(self) -> "PeakMemory":
        self._first, self._ended = _resident(), threading.Event()
        self._watch = threading.Thread(target=self._look, daemon=True)
        self._watch.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        self._watch.join()

    def _look(self) -> None:
        while True:
            self.megabytes = max(self.megabytes, _resident() - self._first)
            if self._ended.wait(_EVERY):
                return


def _resident() -> float:
    if not _STATUS.is_file():
        return 0.0
    for line in _STATUS.read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024 / 1e6
    return 0.0


def release() -> None:
    """Give freed memory back to the system, where its C library can: else it counts as held."""
    trim = getattr(ctypes.CDLL(ctypes.util.find_library("c")), "malloc_trim", None)
    if trim is not None:
        trim(0)
