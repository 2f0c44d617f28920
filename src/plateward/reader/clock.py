"""The reader's clock: whether anything sets it, and what is put right where nothing does.

A small computer without a battery begins in 1970 or on the day its image was made. Reads made then wait until satellites, the node
or the network have told the time, and get their instants from how long ago they were made.
"""

from __future__ import annotations

import ctypes
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from plateward.reader.sighting import Sighting

NEVER_SET = datetime(2026, 1, 1, tzinfo=UTC)
"""Before this, no clock of this program's time is right."""
OFF_S = 2.0
"""Less than this is not put right: a request takes time."""
MOST_WAITING = 1000
_TIME_ERROR = 5  # adjtimex(2): the clock is not synchronised


class Clock:
    """The time that reads are given. ``system`` is the computer's clock, ``synchronised`` whether something sets it."""

    def __init__(
        self,
        system: Callable[[], datetime] = lambda: datetime.now(UTC),
        synchronised: Callable[[], bool] | None = None,
        elapsed: Callable[[], float] = time.monotonic,
    ) -> None:
        self._system, self._elapsed = system, elapsed
        self._synchronised = synchronised or system_synchronised
        self._correction = timedelta()
        self._lock = threading.Lock()
        self._waiting: deque[tuple[float, Sighting]] = deque(maxlen=MOST_WAITING)

    def now(self) -> datetime:
        """The time now, put right as far as it is known."""
        return self._system() + self._correction

    @property
    def state(self) -> str:
        """``set``, ``unsynchronised`` or ``never-set``."""
        if self.now() < NEVER_SET:
            return "never-set"
        return "set" if self._correction or self._synchronised() else "unsynchronised"

    def told(self, true: datetime) -> timedelta | None:
        """Somebody who should know says it is ``true`` now. The correction made, None where the clock is fine or set by others."""
        off = true - self.now()
        if true < NEVER_SET or abs(off.total_seconds()) < OFF_S:
            return None
        if self.now() >= NEVER_SET and not self._correction and self._synchronised():
            return None
        self._correction += off
        return off

    def place(self, sighting: Sighting) -> list[Sighting]:
        """The sightings whose instants are known by now: usually this one; none while the clock was never set."""
        with self._lock:
            if self.state == "never-set":
                ago = max(0.0, (self.now() - sighting.read_at).total_seconds())
                self._waiting.append((self._elapsed() - ago, sighting))
                return []
            return [*self._placed(), sighting]

    def placed(self) -> list[Sighting]:
        """Those that waited for the time, once it is known."""
        with self._lock:
            return [] if self.state == "never-set" else self._placed()

    def _placed(self) -> list[Sighting]:
        now, elapsed = self.now(), self._elapsed()
        waited = [replace(s, read_at=now - timedelta(seconds=elapsed - made)) for made, s in self._waiting]
        self._waiting.clear()
        return waited


def system_synchronised() -> bool:
    """Whether the system says that something keeps its clock right. True where it does not tell."""
    if not sys.platform.startswith("linux"):
        return True
    try:
        libc = ctypes.CDLL(None, use_errno=True)
        state = libc.adjtimex(ctypes.create_string_buffer(512))
    except (OSError, AttributeError):
        return True
    return int(state) != _TIME_ERROR
