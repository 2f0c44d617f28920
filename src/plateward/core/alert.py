"""An alert as matching makes it: a read that fits an entry of a hot list, with everything a person must compare.

An alert is a question to a person, never an answer: plate, state, vehicle and the entry's present status are verified before a stop.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class How(StrEnum):
    """How the text of a read fits a listed plate. A candidate is another reading that the reader itself thought possible."""

    EXACT = "exact"
    CANDIDATE = "candidate"
    LOOK_ALIKE = "look-alike"


class StateMatch(StrEnum):
    """Whether the state read on the plate is the listed one; unknown where either was not told."""

    SAME = "same"
    DIFFERENT = "different"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class NewAlert:
    """A match of one read with one entry of one list.

    ``owner``, ``agency_no``: whose reader saw the plate. ``list_owner``, ``list_agency_no``: whose list it is, the agency alerted;
    ``share``: the share under which a partner's list may match the owner's reads, None for the owner's own list. ``plate_listed`` and
    ``plate_read`` differ unless ``how`` is exact. ``confidence``: 0 to 1, lowered for a look-alike and another state.
    ``priority``: 1 (highest) to 3. ``listed_at``: when the entry came onto the list. ``late``: the read came too late to act
    upon: it is recorded and never sounds. Entry texts are copied, because the entry may be gone before somebody looks.
    """

    alert_id: UUID
    agency_no: int
    owner: str
    list_id: str
    list_name: str
    list_agency_no: int
    list_owner: str
    share: str | None
    entry_id: UUID
    read_id: UUID
    read_at: datetime
    reader: str
    reader_no: int
    keep_minutes: int
    plate_listed: str
    plate_read: str
    region_listed: str | None
    region_read: str | None
    kind: str
    reason: str
    case: str | None
    priority: int
    listed_at: datetime
    entry_expires: datetime
    how: How
    state_match: StateMatch
    confidence: float
    late: bool
    picture: UUID | None = None
