"""What the reader keeps of what it sees: hits alone unless its agency and the retention in force permit more.

A read that matches no hot list is dropped here, on the reader: it is never written to the disk and never sent. With ``minutes:N``
it waits that long in memory, in case a list names its plate meanwhile. Without a list, or with an old one, nothing matches.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from plateward.core.delivery import Keep
from plateward.reader.hotlist import HotList
from plateward.reader.sighting import Sighting

MOST_HELD = 20_000
"""Reads held in memory for ``minutes:N``: 3 minutes at 1,800 a minute, three times over."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What the node said this reader may keep. ``kept_minutes``: its retention, None where nobody has set it."""

    keep: Keep
    most: Keep
    kept_minutes: int | None
    areas: tuple[str, ...] = ()
    within_m: int | None = None


@dataclass(slots=True)
class Kept:
    """Counts since the start. ``held``: waiting in memory now."""

    hits: int = 0
    sent: int = 0
    dropped: int = 0
    held: int = 0


class Sieve:
    """Sorts reads into those that go to the node and those that are forgotten. ``send(sighting, hit)`` takes the former.

    ``wanted``: what the user asked for, None for what the agency told the reader. ``list``: the node's; ``own``: the user's, which
    counts as well. Safe for threads.
    """

    def __init__(
        self,
        send: Callable[[Sighting, bool], None],
        now: Callable[[], datetime],
        wanted: Keep | None = None,
        elapsed: Callable[[], float] = time.monotonic,
    ) -> None:
        self._send, self._now, self._wanted, self._elapsed = send, now, wanted, elapsed
        self._lock = threading.RLock()
        self._held: deque[tuple[float, Sighting]] = deque()
        self.terms: Terms | None = None
        self.list: HotList | None = None
        self.own: HotList | None = None
        self.counts = Kept()

    @property
    def keep(self) -> Keep:
        """What holds now. Before the node has said anything: what was asked for, else hits."""
        if self.terms is None:
            return self._wanted or Keep()
        return (self._wanted or self.terms.keep).at_most(self.terms.most)

    @property
    def list_state(self) -> str:
        """``none``, ``stale`` or ``fresh``."""
        lists = [one for one in (self.list, self.own) if one]
        if not lists:
            return "none"
        return "fresh" if any(one.fresh(self._now()) for one in lists) else "stale"

    def add(self, sighting: Sighting) -> bool:
        """Take one read; whether it is sent."""
        with self._lock:
            self.forget()
            keep = self.keep
            hit = not keep.nothing and self._fits(sighting)
            if hit or keep.everything:
                self._count_sent(hit)
                self._send(sighting, hit)
                return True
            if keep.minutes:
                self._held.append((self._elapsed() + 60 * keep.minutes, sighting))
                if len(self._held) > MOST_HELD:
                    self._held.popleft()
                    self.counts.dropped += 1
                self.counts.held = len(self._held)
            else:
                self.counts.dropped += 1
            return False

    def learn(self, terms: Terms) -> bool:
        """Hold to what the node says from now on; whether that is less than before."""
        with self._lock:
            before = self.keep
            self.terms = terms
            after = self.keep
            if after.minutes == 0 or after.nothing:
                self.counts.dropped += len(self._held)
                self._held.clear()
                self.counts.held = 0
            return before != after and before.at_most(after) != before

    def take_list(self, hotlist: HotList | None) -> None:
        """Match against this list from now on, what is held in memory too."""
        with self._lock:
            self.list = hotlist
            self.forget()
            still = []
            for until, sighting in self._held:
                if self._fits(sighting):
                    self._count_sent(True)
                    self._send(sighting, True)
                else:
                    still.append((until, sighting))
            self._held = deque(still)
            self.counts.held = len(self._held)

    def forget(self) -> None:
        """Drop what has been held long enough."""
        with self._lock:
            now = self._elapsed()
            while self._held and self._held[0][0] <= now:
                self._held.popleft()
                self.counts.dropped += 1
            self.counts.held = len(self._held)

    def wanted_plate(self, text: str) -> bool:
        """Whether a plate stands on a list: only such plates are legible in a live view."""
        return self._named(((text, 1.0),))

    def _fits(self, sighting: Sighting) -> bool:
        return self._named(((sighting.plate, 1.0), (sighting.plate_raw, 1.0), *sighting.candidates))

    def _named(self, texts: Sequence[tuple[str, float]]) -> bool:
        now = self._now()
        return any(one.names(texts, now) for one in (self.list, self.own) if one)

    def _count_sent(self, hit: bool) -> None:
        self.counts.sent += 1
        self.counts.hits += hit
