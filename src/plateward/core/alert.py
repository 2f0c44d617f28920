"""Alerts: a read that matched a hot list, what a person made of it, and what came of it.

An alert is a question, never an answer: the plate may have been misread, of another state, or no longer wanted. Nothing leaves it
for others before a person has compared plate and picture and confirmed it. An alert alone is no reasonable suspicion (Va. Code
2.2-5517; N.H. RSA 261:75-b).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

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
