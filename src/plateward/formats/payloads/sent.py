"""What a camera's message holds once it is understood."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import TypeVar

from plateward.core.errors import BadInput
from plateward.formats.reads import Rejected

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Sent:
    """One read as a camera sent it, in our words.

    ``plate``: normalised. ``confidence``: 0 to 1, 0 where the sender says none. ``box``: x, y, width, height in pixels of the
    sender's picture. ``picture``: JPEG. ``camera``: what the sender calls the camera; shown to people, never stored.
    """

    plate: str
    read_at: datetime
    confidence: float = 0.0
    candidates: tuple[tuple[str, float], ...] = ()
    char_confidences: tuple[float, ...] = ()
    plate_raw: str | None = None
    region: str | None = None
    lat: float | None = None
    lon: float | None = None
    direction_deg: int | None = None
    lane: int | None = None
    box: tuple[float, float, float, float] | None = None
    picture: bytes | None = None
    camera: str = ""


@dataclass(frozen=True, slots=True)
class Parsed:
    """A message understood: the reads it holds, those that cannot be read by index and field, and what people should know.

    A message without reads (a heartbeat, a face, a car without a plate) is understood too; ``notes`` says what it was.
    """

    sender: str
    reads: tuple[Sent, ...] = ()
    rejected: tuple[Rejected, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Receipt:
    """How a message came in. ``zone``: what a time without offset is in. ``mapping``: our field to a path of theirs."""

    received_at: datetime
    zone: tzinfo
    mapping: Mapping[str, str] = field(default_factory=dict)


def gather(items: Iterable[T], convert: Callable[[T], Sent | None]) -> tuple[tuple[Sent, ...], tuple[Rejected, ...]]:
    """Each of ``items`` converted on its own; None is left out, BadInput becomes a rejection with the item's index."""
    reads: list[Sent] = []
    rejected: list[Rejected] = []
    for index, item in enumerate(items):
        try:
            sent = convert(item)
        except BadInput as wrong:
            rejected.append(Rejected(index, wrong.where or "item", wrong.args[0]))
        else:
            reads += [sent] if sent else []
    return tuple(reads), tuple(rejected)
