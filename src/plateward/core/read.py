"""A read: one sighting of a plate; and the reader it came from."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from plateward.core.errors import BadInput
from plateward.core.ids import instant_of, milliseconds
from plateward.core.place import Position
from plateward.core.plate import normalise

MAX_CANDIDATES = 10


class ReaderKind(StrEnum):
    """Whether a reader stays where it is."""

    FIXED = "fixed"
    MOBILE = "mobile"


@dataclass(frozen=True, slots=True)
class Reader:
    """A camera with its recogniser, belonging to one agency."""

    id: str
    agency: str
    name: str
    kind: ReaderKind = ReaderKind.FIXED
    position: Position | None = None
    heading_deg: int | None = None


@dataclass(frozen=True, slots=True)
class Read:
    """One sighting.

    ``id``: UUIDv7 whose milliseconds equal ``read_at``'s. ``plate``: normalised text. ``confidence``: 0 to 1 that the whole text is
    right. ``candidates``: other readings with their probability, likeliest first. ``region``: ISO 3166-2 where known (``US-CA``).
    ``direction_deg``: travel, clockwise from north. ``plate_raw``: the text before any repair. ``corrects``: the read whose misread
    this one mends; the misread stays.
    """

    id: UUID
    plate: str
    read_at: datetime
    reader: str
    agency: str
    confidence: float
    position: Position | None = None
    candidates: tuple[tuple[str, float], ...] = ()
    region: str | None = None
    direction_deg: int | None = None
    lane: int | None = None
    plate_raw: str | None = None
    picture: UUID | None = None
    corrects: UUID | None = None

    def __post_init__(self) -> None:
        if self.read_at.tzinfo is None:
            raise BadInput("an instant needs its offset from UTC, as in 2026-01-12T08:30:00Z", where="read_at")
        if self.id.version != 7 or milliseconds(instant_of(self.id)) != milliseconds(self.read_at):
            raise BadInput("the id must be a UUID of version 7 made for the same millisecond as read_at", where="id")
        if normalise(self.plate) != self.plate:
            raise BadInput("the plate must be upper-case letters and digits only", where="plate")
        if not (math.isfinite(self.confidence) and 0 <= self.confidence <= 1):
            raise BadInput("confidence lies between 0 and 1", where="confidence")
        if self.direction_deg is not None and not 0 <= self.direction_deg < 360:
            raise BadInput(
                "a direction is given in whole degrees from 0 to 359, clockwise from north", where="direction"
            )
        if len(self.candidates) > MAX_CANDIDATES:
            raise BadInput(f"at most {MAX_CANDIDATES} candidates", where="candidates")
