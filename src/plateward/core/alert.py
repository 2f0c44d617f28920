"""Alerts: a read that matched a hot list, what a person made of it, and what came of it.

An alert is a question, never an answer: the plate may have been misread, of another state, or no longer wanted. Nothing leaves it
for others before a person has compared plate and picture and confirmed it. An alert alone is no reasonable suspicion (Va. Code
2.2-5517; N.H. RSA 261:75-b).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from plateward.core.place import Position

VERIFY = "Verify plate, state, vehicle and current status before a stop. An alert alone is not reasonable suspicion."
"""What each alert says, wherever it is shown."""

PASS = timedelta(minutes=5)
"""Reads of one entry within this time at one place are one pass: they raise the count, not another alert."""

PASS_M = 1000.0
"""So far apart, in metres, two fixed readers may stand for one pass."""


class How(StrEnum):
    """How a read matched: its text as listed, a look-alike of it, or a reading that the reader held possible. Best first."""

    EXACT = "exact"
    LOOK_ALIKE = "look-alike"
    CANDIDATE = "candidate"


class State(StrEnum):
    """Where an alert stands. From ``confirmed`` on it is a person's decision."""

    NEW = "new"
    SEEN = "seen"
    CONFIRMED = "confirmed"
    MISREAD = "misread"
    WRONG_STATE = "wrong-state"
    STALE = "stale"
    NOT_ACTED = "not-acted"

    @property
    def decided(self) -> bool:
        """Whether a person has compared and decided."""
        return self not in (State.NEW, State.SEEN)


FALSE = frozenset({State.MISREAD, State.WRONG_STATE, State.STALE})
"""Decisions that say the alert was wrong: the text, the state, or the list."""


class Outcome(StrEnum):
    """What came of a confirmed alert."""

    STOP = "stop"
    ARREST = "arrest"
    RECOVERED = "recovered"
    FOUND = "found"
    NOTHING = "nothing"
    WRONGFUL_STOP = "wrongful-stop"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class NewAlert:
    """A match, as ingest finds it.

    ``agency`` owns the read, ``list_owner`` the list. ``how``: one of ``How``. ``state_match``: whether the plate's state is the
    listed one; None where either is not known. ``confidence``: 0 to 1, the read's. ``late``: the read came in long after it was
    made, and never sounds. ``share``: the share by which a list of another agency matches these reads.

    What the entry said is copied, because it may be gone before somebody looks: ``kind`` of wanted plate, ``reason`` in words,
    ``case``, ``priority`` (1 highest to 3), when it was ``listed_at`` and when it ends.
    """

    alert_id: UUID
    agency: str
    list_id: str
    list_owner: str
    entry_id: str
    read_id: UUID
    read_at: datetime
    reader_id: str
    listed_plate: str
    listed_state: str | None
    read_plate: str
    read_region: str | None
    how: How
    state_match: bool | None
    confidence: float
    late: bool = False
    share: str | None = None
    list_name: str = ""
    kind: str = ""
    reason: str = ""
    case: str | None = None
    priority: int = 2
    listed_at: datetime | None = None
    entry_expires: datetime | None = None
    picture: UUID | None = None


@dataclass(frozen=True, slots=True)
class Pass:
    """A pass that an alert tells of already: its span, its readers, and how well its shown read matched."""

    alert_id: UUID
    entry_id: str
    agency: str
    first_at: datetime
    last_at: datetime
    readers: tuple[str, ...]
    how: How
    confidence: float
    decided: bool
    reads: int


@dataclass(frozen=True, slots=True)
class Gathered:
    """Matches of one pass, oldest first; ``known``: the alert that tells of it already. ``shown``: the best match of these."""

    alerts: tuple[NewAlert, ...]
    known: Pass | None
    readers: tuple[str, ...]

    @property
    def shown(self) -> NewAlert:
        """The match to show: the first among those that match best. It is late only when all are."""
        best = min(self.alerts, key=_rank)
        return best if not best.late else replace(best, late=all(alert.late for alert in self.alerts))

    @property
    def first_at(self) -> datetime:
        """When the pass begins, as far as these tell."""
        return min(alert.read_at for alert in self.alerts)

    @property
    def last_at(self) -> datetime:
        """When it ends, as far as these tell."""
        return max(alert.read_at for alert in self.alerts)


def gather(alerts: Iterable[NewAlert], known: Iterable[Pass], places: Mapping[str, Position]) -> tuple[Gathered, ...]:
    """Group ``alerts``, oldest first, by pass: same entry, same owner, within ``PASS`` and at one place.

    One place is the same reader, or fixed readers (``places``: where they stand) within ``PASS_M``. ``known``: passes that have
    their alert, the latest first.
    """
    passes = [Gathered((), one, one.readers) for one in known]
    for alert in alerts:
        found = next((index for index, one in enumerate(passes) if _belongs(alert, one, places)), None)
        if found is None:
            passes.append(Gathered((alert,), None, (alert.reader_id,)))
        else:
            one = passes[found]
            readers = one.readers if alert.reader_id in one.readers else (*one.readers, alert.reader_id)
            passes[found] = Gathered((*one.alerts, alert), one.known, readers)
    return tuple(one for one in passes if one.alerts)


def _belongs(alert: NewAlert, to: Gathered, places: Mapping[str, Position]) -> bool:
    of = to.known or to.alerts[0]
    if (alert.entry_id, alert.agency) != (of.entry_id, of.agency):
        return False
    spans = [(one.read_at, one.read_at) for one in to.alerts]
    spans += [(to.known.first_at, to.known.last_at)] if to.known else []
    near_in_time = any(first - PASS <= alert.read_at <= last + PASS for first, last in spans)
    return near_in_time and any(_one_place(alert.reader_id, reader, places) for reader in to.readers)


def _one_place(a: str, b: str, places: Mapping[str, Position]) -> bool:
    return a == b or (a in places and b in places and places[a].distance_m(places[b]) <= PASS_M)


def _rank(match: NewAlert | Pass) -> tuple[int, float]:
    return tuple(How).index(match.how), -match.confidence


def better(match: NewAlert, than: Pass) -> bool:
    """Whether ``match`` is clearer than what the pass shows: a closer match, or as close and surer."""
    return _rank(match) < _rank(than)
