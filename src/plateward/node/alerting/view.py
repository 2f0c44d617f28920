"""An alert as an agency may see it: of another owner's reads only what the share shows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from plateward.core.alert import How, State
from plateward.core.place import Position
from plateward.core.share import Grant
from plateward.store import alerts as rows


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert as somebody may see it.

    ``confidence`` and candidates' probabilities: 0 to 1. ``position`` is a grid cell's middle unless ``exact_location``.
    ``picture``: whether there is one that this person may see. ``own``: whether the read is the agency's own. What names plate or
    read is empty once the read is past its time (``forgotten``).
    """

    id: UUID
    change: int
    agency: str
    list_id: str
    list_name: str
    list_owner: str
    kind: str
    priority: int
    entry_id: str | None
    share: str | None
    reason: str
    case: str | None
    listed_at: datetime | None
    listed_until: datetime | None
    raised_at: datetime
    first_at: datetime
    last_at: datetime
    reads: int
    read_id: UUID | None
    read_at: datetime
    reader_name: str
    position: Position | None
    exact_location: bool
    picture: bool
    listed_plate: str
    listed_state: str | None
    read_plate: str
    read_region: str | None
    candidates: tuple[tuple[str, float], ...]
    how: How
    state_match: bool | None
    confidence: float
    late: bool
    state: State
    outcome: str | None
    seen_at: datetime | None
    decided_at: datetime | None
    expires_at: datetime
    forgotten: bool
    own: bool

    @property
    def sounds(self) -> bool:
        """Whether this is news that may make a sound: nobody has looked, and it came in time."""
        return self.state is State.NEW and not self.late


def seen_by(
    viewer: str, stored: Iterable[rows.StoredAlert], grants: Mapping[str, frozenset[Grant]]
) -> tuple[Alert, ...]:
    """Rows as ``viewer`` may see them by the ``grants`` of each owner."""
    return tuple(_seen(viewer, row, grants[row.agency]) for row in stored)


def _seen(viewer: str, row: rows.StoredAlert, grants: frozenset[Grant]) -> Alert:
    exact = Grant.EXACT_LOCATION in grants
    position = Position(row.lat / 1e6, row.lon / 1e6) if row.lat is not None and row.lon is not None else None
    return Alert(
        row.alert_id, row.change, row.agency, row.list_id, row.list_name, row.list_owner, row.kind, row.priority, row.entry_id,
        row.share_id, row.reason, row.case_no, row.listed_at, row.listed_until, row.raised_at, row.first_at, row.last_at, row.reads,
        row.read_id, row.read_at, row.reader_name if exact else "place withheld",
        position if exact or position is None else position.coarse, exact,
        row.picture_ref is not None and Grant.PICTURES in grants, row.listed_plate or "", row.listed_state, row.read_plate or "",
        row.read_region, tuple((str(text), float(likely)) for text, likely in row.candidates or ()), How(row.how),
        row.state_match, row.confidence / 1000, row.late, State(row.state), row.outcome, row.seen_at, row.decided_at,
        row.expires_at, row.forgotten_at is not None, row.agency == viewer,
    )  # fmt: skip
