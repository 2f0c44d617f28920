"""Retention and holds for programs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec

from plateward.node.keeping import held_reads, holds
from plateward.node.keeping.holds import HoldRequest
from plateward.node.keeping.view import OwnerView, Receipt, published
from plateward.web.endpoint import Call


class GroupShape(msgspec.Struct, frozen=True):
    """How long reads of a group of readers are kept, minutes; the name is empty for every reader in no group."""

    name: str
    readers: tuple[str, ...]
    minutes: int
    hit_minutes: int
    chosen: int
    because: str
    limited_by: str | None
    section: str


class OwnerShape(msgspec.Struct, frozen=True):
    """An owner's retention. ``before``: no searchable read is older; ``gone_after_min``: until its bytes are gone from the disk.

    ``home``: a household's, which keeps reads of its own list alone.
    """

    agency: str
    name: str
    sentence: str
    groups: tuple[GroupShape, ...]
    before: datetime | None
    since: datetime | None
    gone_after_min: int
    conflicts: tuple[str, ...]
    home: bool


class ReceiptShape(msgspec.Struct, frozen=True):
    """A receipt of a purge, or an alarm that it was late, by its number in the ledger."""

    entry: int
    at: datetime
    late: bool
    owner: str
    kept_min: int
    reads: int
    pictures: int
    before: datetime | None
    oldest: datetime | None
    held: int
    others: dict[str, int]
    minutes_late: int
    why: str


class RetentionShape(msgspec.Struct, frozen=True):
    """How long reads are kept and why, and whether purging is on time. ``late_since``: null where nothing is late."""

    owners: tuple[OwnerShape, ...]
    purged_at: datetime | None
    late_since: datetime | None
    late_why: str
    cleaned_at: datetime | None
    suggested_minutes: int
    unreachable_backups: tuple[str, ...]


class HowMany(msgspec.Struct, frozen=True):
    """How many of the latest."""

    limit: Annotated[int, msgspec.Meta(ge=1, le=5000)] = 200


class NewHold(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A hold to ask for: what it rests on, the case, why, its end, and which reads of your agency it names."""

    basis: str
    case: str
    reason: str
    ends: datetime
    plate: str = ""
    readers: tuple[str, ...] = ()
    reads: tuple[UUID, ...] = ()
    seen_from: datetime | None = None
    seen_to: datetime | None = None
    asked_for: str = ""


class HoldShape(msgspec.Struct, frozen=True):
    """A hold. ``state``: asked, active, refused, ended, or conflict. ``kept``: reads that it still keeps."""

    id: str
    owner: str
    basis: str
    case: str
    reason: str
    asked_for: str
    scope: dict[str, Any]
    reads: int
    kept: int
    state: str
    asked_by: str | None
    asked_at: datetime
    frozen_until: datetime | None
    ends: datetime
    advice: str | None
    advised_by: str | None
    decided_by: str | None
    decided_at: datetime | None
    note: str
    ended_by: str | None
    ended_at: datetime | None


class AskedShape(msgspec.Struct, frozen=True):
    """The hold, or why it was refused; the access record that tells of it."""

    hold: HoldShape | None
    refusal: str | None
    record: int | None


class HoldDecision(msgspec.Struct, frozen=True):
    """What the second person says to a hold; counsel first, where a duty set its reads apart."""

    hold_id: str
    approved: bool
    note: str = ""


class WhichHold(msgspec.Struct, frozen=True):
    """One hold by its id, and a note."""

    hold_id: str
    note: str = ""


class LookAtHold(msgspec.Struct, frozen=True):
    """A hold whose reads are wanted, for its case. ``export``: to hand them out."""

    hold_id: str
    case: str
    reason: str
    export: bool = False


class HeldReadShape(msgspec.Struct, frozen=True):
    """A read that a hold keeps."""

    id: UUID
    read_at: datetime
    plate: str
    region: str | None
    confidence: float
    reader: str
    lat: float | None
    lon: float | None
    picture: bool
    kept_until: datetime


class HeldReads(msgspec.Struct, frozen=True):
    """The reads of a hold, or why they are refused."""

    reads: tuple[HeldReadShape, ...]
    refusal: str | None
    record: int


async def show(call: Call) -> RetentionShape:
    """How long reads are kept and why, and whether purging is on time."""
    found = await published(call.node, call.person, limit=1)
    state = found.state
    return RetentionShape(
        tuple(map(_owner, found.owners)), state.done_at, state.late_since, state.late_why if state.late_since else "",
        state.cleaned_at, found.suggested, found.unreachable,
    )  # fmt: skip


async def receipts(call: Call, asked: HowMany) -> tuple[ReceiptShape, ...]:
    """What was destroyed and when, the latest first."""
    return tuple(map(_receipt, (await published(call.node, limit=asked.limit)).receipts))


async def listed(call: Call) -> tuple[HoldShape, ...]:
    """The holds of your agency."""
    return tuple(_hold(hold, kept) for hold, kept in await holds.holds_of(call.node, call.who))


async def ask(call: Call, asked: NewHold) -> AskedShape:
    """Ask for a hold; its reads are frozen until it is decided."""
    wanted = HoldRequest(
        **{name: getattr(asked, name) for name in NewHold.__struct_fields__}, session=call.signed_in.id
    )
    done = await holds.request_hold(call.node, call.who, wanted)
    return AskedShape(_hold(done.hold, done.hold.reads) if done.hold else None, done.refusal, done.record)


async def decide(call: Call, asked: HoldDecision) -> HoldShape:
    """Approve or refuse a hold as the second person."""
    done = await holds.decide_hold(call.node, call.who, asked.hold_id, approved=asked.approved, note=asked.note)
    return _hold(done, 0 if done.state == "refused" else done.reads)


async def end(call: Call, asked: WhichHold) -> HoldShape:
    """End a hold; its reads are destroyed at once."""
    return _hold(await holds.end_hold(call.node, call.who, asked.hold_id, asked.note), 0)


async def look(call: Call, asked: LookAtHold) -> HeldReads:
    """The reads of an approved hold, for its case."""
    passage = await held_reads.look(
        call.node, call.who, asked.hold_id, asked.case, asked.reason, export=asked.export, session=call.signed_in.id
    )
    if passage.answer is None:
        return HeldReads((), passage.decisions[0].why, passage.record)
    return HeldReads(tuple(map(_held, passage.answer[1])), None, passage.record)


def _owner(one: OwnerView) -> OwnerShape:
    groups = tuple(
        GroupShape(**{name: getattr(group, name) for name in GroupShape.__struct_fields__}) for group in one.groups
    )
    return OwnerShape(
        one.agency,
        one.name,
        one.sentence,
        groups,
        one.before,
        one.since,
        int(one.gone_after.total_seconds() // 60),
        one.conflicts,
        one.home,
    )


def _receipt(one: Receipt) -> ReceiptShape:
    return ReceiptShape(
        one.seq, one.at, one.late, one.owner, one.kept_min, one.reads, one.pictures, one.before, one.oldest, one.held,
        dict(one.others), one.minutes_late, one.why,
    )  # fmt: skip


def _hold(hold: holds.Hold, kept: int) -> HoldShape:
    renamed: Mapping[str, object] = {
        "id": str(hold.hold_id), "case": hold.case_no, "ends": hold.ends_at, "kept": kept, "scope": dict(hold.scope),
    }  # fmt: skip
    same = {name: getattr(hold, name) for name in HoldShape.__struct_fields__ if name not in renamed}
    return HoldShape(**(same | dict(renamed)))


def _held(held: held_reads.HeldRead) -> HeldReadShape:
    read, place = held.read, held.read.position
    return HeldReadShape(
        read.id, read.read_at, read.plate, read.region, read.confidence, read.reader, place.lat if place else None,
        place.lon if place else None, read.picture is not None, held.kept_until,
    )  # fmt: skip
