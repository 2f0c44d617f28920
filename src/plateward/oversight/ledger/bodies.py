"""Bodies shown beside a ledger: do they open their entries, which were erased, and was any erased before its time?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from plateward.core.errors import BadInput
from plateward.core.event import Entry
from plateward.core.event_table import SHOWN_TO_ALL
from plateward.core.ids import milliseconds
from plateward.formats.bodies import BodyRecord
from plateward.formats.signed_note import VerifierKey
from plateward.oversight.ledger.scan import MAX_FUTURE, Findings, Scan

_ABSENT, _WHOLE, _OPEN, _ERASED = range(4)


@dataclass(slots=True)
class Bodies:
    """What the shown bodies came to. ``shown``, for each entry: nothing, the whole body, its open part, or that it was erased."""

    shown: bytearray
    wrong: Findings = field(default_factory=Findings)
    early: dict[int, datetime] = field(default_factory=dict)
    announced: dict[int, int] = field(default_factory=dict)
    overdue: int = 0
    newer: int = 0
    first: dict[str, Any] = field(default_factory=dict)

    @property
    def counts(self) -> dict[str, int]:
        """How many entries have each kind of body, and how many bodies are older than their time or newer than the checkpoint."""
        kinds = {"whole": _WHOLE, "open_part": _OPEN, "erased": _ERASED, "not_shown": _ABSENT}
        counted = {name: self.shown.count(kind) for name, kind in kinds.items()}
        return counted | {"erased_early": len(self.early), "kept_beyond_time": self.overdue, "newer": self.newer}

    @property
    def unannounced(self) -> list[str]:
        """Early erasures that no ``erasure.done`` event of the ledger names."""
        return [
            f"the body of entry {index} was erased on {at:%Y-%m-%d}, before its time, and no event says so"
            for index, at in sorted(self.early.items())
            if index not in self.announced
        ]


def judge_bodies(records: Iterable[BodyRecord], found: Scan, now: datetime) -> Bodies:
    """Hold every shown body against the entry that committed to it. Raises BadInput when a line cannot be read."""
    bodies = Bodies(bytearray(len(found.types)))
    _read(records, found, now, bodies)
    return bodies


def judge_public_bodies(records: Iterable[BodyRecord], found: Scan, now: datetime, key: VerifierKey | None) -> Bodies:
    """As ``judge_bodies``, of the bodies that the keeper itself lays beside the ledger: a line that cannot be read is the keeper's
    fault, and none may lack of those that everybody is to see. ``key``: the one that signed."""
    bodies = Bodies(bytearray(len(found.types)))
    try:
        _read(records, found, now, bodies)
    except BadInput as error:
        bodies.wrong.add(str(error))
    for index, name in enumerate(found.types):
        if name in SHOWN_TO_ALL and not bodies.shown[index] and not _over(found.entry(index), now):
            bodies.wrong.add(f"entry {index} is {name}, which everybody is to see, and its open part is not shown")
    named = bodies.first.get("key")
    if key is not None and named is not None and named != str(key):
        bodies.wrong.add(f"entry 0 says that the ledger's key is {named}, and the one that signs it now is {key}")
    return bodies


def _over(entry: Entry | None, now: datetime) -> bool:
    """Whether the body's time is over, so that it may be gone."""
    keep = entry.spec.keep if entry and entry.spec else None
    return entry is not None and keep is not None and entry.at + keep < now


def _read(records: Iterable[BodyRecord], found: Scan, now: datetime, bodies: Bodies) -> None:
    for record in records:
        if record.index >= len(found.types):
            bodies.newer += 1
        elif bodies.shown[record.index]:
            bodies.wrong.add(f"entry {record.index} is shown twice")
        else:
            _judge(record, found, now, bodies)


def _judge(record: BodyRecord, found: Scan, now: datetime, bodies: Bodies) -> None:
    entry = found.entry(record.index)
    if entry is None:
        bodies.wrong.add(f"entry {record.index} could not be read, so its body cannot be judged")
        return
    keep = entry.spec.keep if entry.spec else None
    if record.erased_at is not None:
        bodies.shown[record.index] = _ERASED
        if record.erased_at > now + MAX_FUTURE:
            bodies.wrong.add(
                f"the body of entry {record.index} is said to be erased on {record.erased_at:%Y-%m-%d}, which has not come"
            )
        elif keep is None or record.erased_at < entry.at + keep:
            bodies.early[record.index] = record.erased_at
        return
    bodies.shown[record.index] = _WHOLE if record.disclosure is None else _OPEN
    if not _opens(record, found):
        bodies.wrong.add(f"the body shown for entry {record.index} is not the one that was logged")
        return
    if keep is not None and milliseconds(entry.at + keep) < milliseconds(now):
        bodies.overdue += 1
    if record.index == 0:
        bodies.first = record.open_fields
    if entry.type == "erasure.done":
        _announced(record, bodies)


def _opens(record: BodyRecord, found: Scan) -> bool:
    entry = found.entry(record.index)
    try:
        return entry is not None and record.opens(entry)
    except BadInput:
        return False


def _announced(record: BodyRecord, bodies: Bodies) -> None:
    """Note which earlier entries an ``erasure.done`` names, whether or not their own lines came already."""
    fields = record.open_fields
    if fields.get("early") is True:
        for index in fields.get("indexes") or ():
            decimal = isinstance(index, str) and index.isascii() and index.isdigit() and len(index) < 19
            if decimal and int(index) < record.index:  # nobody gives leave to erase what is yet to be written
                bodies.announced.setdefault(int(index), record.index)
