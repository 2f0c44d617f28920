"""Looking at one reader: how it does, what its cameras see, how much it reads, and which reads it doubts.

Its reads are shown as in the live feed: masked, through the gate, and recorded. Frames come masked from the reader itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from plateward.core.canonical import JSON
from plateward.core.event import EventType
from plateward.core.people import Permission, Person
from plateward.core.plate import mask
from plateward.core.share import Act
from plateward.node.devices.readers import ReaderView, one_reader
from plateward.node.gate import Found, Request, Scope, pass_gate
from plateward.node.live import PURPOSE, MaskedRead
from plateward.node.node import Node
from plateward.node.search import OwnerAnswer, tell
from plateward.store import reader_link
from plateward.store import readers as rows
from plateward.store import search as found_rows
from plateward.store.connection import Connection
from plateward.store.reader_link import Frame, Hour

DOUBTFUL = 0.7
"""A read with less confidence is a doubt: somebody should look whether the camera sees well."""

RATES_FOR, DOUBTS_FOR = timedelta(hours=24), timedelta(hours=24)
MOST_DOUBTS = 20


@dataclass(frozen=True, slots=True)
class Watched:
    """A reader with what may be seen of its work. ``owners`` and ``access_record`` as in the live feed; None: not asked for."""

    view: ReaderView
    frames: tuple[Frame, ...] = ()
    hours: tuple[Hour, ...] = ()
    doubts: tuple[MaskedRead, ...] = ()
    owners: tuple[OwnerAnswer, ...] = ()
    access_record: int | None = None


async def watch(node: Node, person: Person, reader_id: str, *, session: str | None = None) -> Watched | None:
    """The reader as ``person`` may see it; None where there is no such reader for them.

    Rates, frames and doubts are for whoever may see the live feed, of their own agency alone, and looking is recorded.
    """
    view = await one_reader(node, person, reader_id)
    if view is None or view.agency != person.organisation or not person.may(Permission.LIVE):
        return None if view is None else Watched(view)

    async def work(tx: Connection, scopes: tuple[Scope, ...]) -> Found[Watched]:
        stored = await rows.reader(tx, reader_id)
        assert stored is not None
        now = node.now()
        hours = await reader_link.hours(tx, stored.reader_no, now - RATES_FOR, DOUBTFUL)
        frames = await reader_link.frames(tx, stored.reader_no, now)
        doubts = await _doubts(node, tx, reader_id, [scope.number for scope in scopes])
        return Found(Watched(view, frames, hours, doubts), {person.organisation: len(doubts)})

    passage = await pass_gate(node, person, _request(person, {"reader": reader_id}, session), work)
    seen = passage.answer or Watched(view)
    owners = tuple(tell(decision, passage.policy, passage.rows) for decision in passage.decisions)
    return Watched(view, seen.frames, seen.hours, seen.doubts, owners, passage.record)


async def frame(node: Node, person: Person, reader_id: str, camera: str, *, session: str | None = None) -> bytes | None:
    """What a camera saw last, made unreadable by its reader; looking is recorded. None where the person may not see it or there
    is none.
    """
    view = await one_reader(node, person, reader_id)
    if view is None or view.agency != person.organisation:
        return None

    async def work(tx: Connection, _: tuple[Scope, ...]) -> Found[bytes | None]:
        stored = await rows.reader(tx, reader_id)
        return Found(await reader_link.frame(tx, stored.reader_no, camera, node.now()) if stored else None)

    request = _request(person, {"reader": reader_id, "camera": camera}, session)
    return (await pass_gate(node, person, request, work)).answer


def _request(person: Person, told: dict[str, JSON], session: str | None) -> Request:
    return Request(
        Act.LIVE, EventType.ACCESS_LIVE, Permission.LIVE, (person.organisation,), PURPOSE, {"live": True, **told},
        session=session,
    )  # fmt: skip


async def _doubts(node: Node, tx: Connection, reader_id: str, owners: list[int]) -> tuple[MaskedRead, ...]:
    now = node.now()
    limits = tuple((number, now - DOUBTS_FOR) for number in owners)
    page = await found_rows.find(tx, found_rows.Wanted(limits, readers=(reader_id,), limit=1000, now=now))
    doubtful = [row for row in page.reads if row.read.confidence < DOUBTFUL][:MOST_DOUBTS]
    return tuple(
        MaskedRead(
            row.read.id, mask(row.read.plate), row.read.read_at, row.reader_name, row.agency, row.read.confidence,
            row.received_at,
        )
        for row in doubtful
    )  # fmt: skip
