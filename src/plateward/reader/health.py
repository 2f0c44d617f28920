"""How the reader does: what it tells its node in a heartbeat. Neither plates nor places."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from plateward import __version__
from plateward.reader.clock import Clock
from plateward.reader.fences import Collecting
from plateward.reader.run import Tally
from plateward.reader.sieve import Sieve
from plateward.reader.spool import Spool
from plateward.reader.video import Counts

QUIET = timedelta(seconds=15)
"""A camera without a frame for so long gives no picture."""
_ZONES = Path("/sys/class/thermal")


@dataclass(slots=True)
class Health:
    """Gathers what is told. ``tally`` is set once reading has begun."""

    sieve: Sieve
    spool: Spool
    clock: Clock
    collecting: Collecting
    tally: Tally | None = None
    began: float = field(default_factory=time.monotonic)
    _last: dict[str, tuple[float, int]] = field(default_factory=dict)

    def beat(self) -> dict[str, Any]:
        """One heartbeat, as ``POST /api/v1/readers/self/health`` takes it."""
        tally, kept, hotlist = self.tally, self.sieve.counts, self.sieve.list
        depth = self.spool.depth()
        return {
            "at": _told(self.clock.now()), "version": __version__, "up_s": round(time.monotonic() - self.began, 1),
            "keep": str(self.sieve.keep), "temperature_c": temperature(), "memory_mb": memory_mb(),
            "disk_free_mb": depth.free_mb, "clock": self.clock.state, "place": self.collecting.place,
            "reads": tally.reads if tally else 0, "doubtful": tally.doubtful if tally else 0,
            "last_read_at": _told(tally.last_read_at) if tally else None,
            "hits": kept.hits, "dropped": kept.dropped,
            "hotlist_at": _told(hotlist.taken_at) if hotlist else None, "hotlist": self.sieve.list_state,
            "not_collected_s": round(self.collecting.seconds, 1), "not_collected": self.collecting.times,
            "spool": {
                "reads": depth.reads, "oldest_at": _told(depth.oldest_at), "bytes": depth.bytes, "refused": depth.refused,
                "pictures_dropped": depth.dropped.get("pictures", 0), "reads_dropped": depth.dropped.get("reads", 0),
            },
            "cameras": [self._camera(name, counts) for name, counts in self._endless()][:64],
        }  # fmt: skip

    def _endless(self) -> list[tuple[str, Counts]]:
        return sorted(self.tally.by_source.items())[:64] if self.tally else []

    def _camera(self, name: str, counts: Counts) -> Mapping[str, Any]:
        now = time.monotonic()
        before, searched = self._last.get(name, (self.began, 0))
        looked = counts.searched + counts.unchanged
        self._last[name] = now, looked
        quiet = counts.last_frame_at is None or self.clock.now() - counts.last_frame_at > QUIET
        state = "ended" if self.tally and name in self.tally.ended else "waiting" if quiet else "working"
        return {
            "name": shown_name(name), "state": state, "fps": round(max(0, looked - searched) / max(now - before, 0.001), 2),
            "decoded": counts.decoded, "searched": counts.searched, "unchanged": counts.unchanged,
            "skipped": counts.skipped, "unreadable": counts.unreadable, "reconnects": counts.reconnects,
            "last_frame_at": _told(counts.last_frame_at),
        }  # fmt: skip


def shown_name(source: str) -> str:
    """What a node is told of a source's name: of a file its own name alone, not where it lies on this computer."""
    plain = "".join(c for c in source if c.isprintable())
    return (plain if "://" in plain else plain.replace("\\", "/").rsplit("/", 1)[-1])[:120] or "camera"


def _told(at: datetime | None) -> str | None:
    return at.astimezone().isoformat() if at else None


def temperature() -> float | None:
    """Degrees Celsius of the hottest part that the system tells of, None where it tells none."""
    degrees = []
    with suppress(OSError):
        for zone in _ZONES.glob("thermal_zone*/temp"):
            with suppress(OSError, ValueError):
                degrees.append(int(zone.read_text()) / 1000)
    return max((d for d in degrees if -90 < d < 250), default=None)


def memory_mb() -> float | None:
    """Megabytes of memory that this process holds."""
    if sys.platform.startswith("linux"):
        with suppress(OSError, ValueError, IndexError):
            pages = int(Path("/proc/self/statm").read_text().split()[1])
            return round(pages * 4096 / 1_000_000, 1)
    return None
