"""Exports: what a search finds, taken out as a file. An act of its own at the gate: a share may allow a search and no export.

The access record says what was asked; a second entry names the file by its digest, so that a copy that turns up can be traced to
who took it out and under which share. Without both, no file. The file is written before they are, while whoever pulls a brake
waits: none is handed out that was not taken out before it.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from plateward.core.canonical import JSON
from plateward.core.errors import BadInput
from plateward.core.event import Event, EventType
from plateward.core.ids import uuid7
from plateward.core.people import Permission, Person
from plateward.core.plate import PlatePattern
from plateward.core.share import Act, Grant
from plateward.formats.exports import ExportedRead, check_format, write_reads
from plateward.node.gate import Found, Request, Scope, pass_gate
from plateward.node.node import Node
from plateward.node.people import consent
from plateward.node.search import (
    MAX_LIMIT,
    FoundRead,
    OwnerAnswer,
    SearchRequest,
    owners_here,
    tell,
    wanted_rows,
    within_grants,
)
from plateward.store import search as rows
from plateward.store.connection import Connection

MOST_ROWS = 50_000
"""Reads in one export: the answer is held until its record is committed."""


@dataclass(frozen=True, slots=True)
class Export:
    """What became of a wish for an export. ``data`` is empty where nobody allowed it; ``owners`` say why.

    ``name``: of the file. ``complete``: whether it holds all that was found, the newest ``rows`` otherwise. ``access_record``: the
    entry that tells who asked for what. ``refusal`` and ``consent_wanted``: as of a search.
    """

    name: str
    format: str
    media_type: str
    data: bytes
    rows: int
    complete: bool
    sha256: str
    owners: tuple[OwnerAnswer, ...]
    access_record: int
    refusal: str | None = None
    consent_wanted: str | None = None

    @property
    def allowed(self) -> bool:
        """Whether any owner allowed it."""
        return any(owner.allowed for owner in self.owners)


@dataclass(frozen=True, slots=True)
class _Taken:
    data: bytes
    rows: int
    complete: bool
    sha256: str


async def export(node: Node, person: Person, request: SearchRequest, format: str, most: int = MOST_ROWS) -> Export:
    """The newest ``most`` reads that ``request`` finds, as a file of ``format``.

    Raises BadInput for a format that is none, and as ``search`` does. Raises Fault where the file could not be put on record:
    then there is none.
    """
    kind = check_format(format)
    if not 1 <= most <= MOST_ROWS:
        raise BadInput(f"between 1 and {MOST_ROWS:,}", where="limit")
    refusal, filed = await consent.needed(node, person, request, as_file=True) if request.wide else (None, None)
    owners = await owners_here(node, request.owners)

    async def work(tx: Connection, scopes: tuple[Scope, ...]) -> Found[_Taken]:
        found, complete = await _find(node, tx, request, scopes, most)
        grants = {scope.owner: scope.grants for scope in scopes}
        data = await asyncio.to_thread(_written, format, found, request.pattern, grants)
        taken = _Taken(data, len(found), complete, hashlib.sha256(data).hexdigest())
        counts = Counter(row.agency for row in found)
        return Found(taken, counts, lambda record: _event(node, person, format, taken, counts, record))

    passage = await pass_gate(
        node,
        person,
        Request(
            act=Act.EXPORT,
            event=EventType.ACCESS_EXPORT,
            permission=Permission.WIDE_SEARCH if request.wide else Permission.SEARCH,
            owners=owners,
            purpose=request.purpose,
            query={**request.query, "format": format},
            refusal=refusal,
            approvals=(request.consent,) if request.consent else (),
            session=request.session,
        ),
        work,
    )
    answers = tuple(tell(decision, passage.policy, passage.rows) for decision in passage.decisions)
    nothing = Export("", format, kind.media_type, b"", 0, True, "", answers, passage.record, refusal, filed)
    if passage.answer is None or not nothing.allowed:
        return nothing
    taken = passage.answer
    return replace(
        nothing, name=f"plateward-export-{passage.record}.{kind.ending}", data=taken.data, rows=taken.rows,
        complete=taken.complete, sha256=taken.sha256,
    )  # fmt: skip


async def _find(
    node: Node, tx: Connection, request: SearchRequest, scopes: tuple[Scope, ...], most: int
) -> tuple[tuple[rows.Row, ...], bool]:
    """What is found, and whether that is all; page by page, so that no query answers with everything."""
    found: list[rows.Row] = []
    cursor = request.cursor
    while len(found) < most:
        step = replace(request, limit=min(MAX_LIMIT, most - len(found)), cursor=cursor)
        page = await rows.find(tx, wanted_rows(node, step, scopes))
        found.extend(page.reads)
        cursor = page.next
        if cursor is None:
            break
    return tuple(found), cursor is None


def _written(
    format: str, found: tuple[rows.Row, ...], pattern: PlatePattern | None, grants: Mapping[str, frozenset[Grant]]
) -> bytes:
    return b"".join(write_reads(format, _exported(found, pattern, grants)))


def _exported(
    found: tuple[rows.Row, ...], pattern: PlatePattern | None, grants: Mapping[str, frozenset[Grant]]
) -> Iterator[ExportedRead]:
    for row in found:
        yield as_exported(within_grants(row, pattern, grants[row.agency]))


def as_exported(seen: FoundRead) -> ExportedRead:
    """A read as it may be taken out."""
    read = seen.read
    return ExportedRead(
        plate=read.plate, read_at=read.read_at, reader=read.reader, reader_name=seen.reader_name, agency=read.agency,
        lat=read.position.lat if read.position else None, lon=read.position.lon if read.position else None,
        exact_location=seen.exact_location, direction_deg=read.direction_deg, lane=read.lane, region=read.region,
        confidence=round(read.confidence, 4), likeness=str(seen.likeness),
        corrects=str(read.corrects) if read.corrects else None, read_id=str(read.id),
    )  # fmt: skip


def _event(node: Node, person: Person, format: str, taken: _Taken, counts: Mapping[str, int], access: int) -> Event:
    now = node.now()
    body: dict[str, JSON] = {
        "export": str(uuid7(now, node.random(10))), "owners": sorted(counts), "format": format, "rows": taken.rows,
        "digest": taken.sha256, "access": access, "by": person.id,
    }  # fmt: skip
    return Event(EventType.EXPORT_MADE, now, person.organisation, body)
