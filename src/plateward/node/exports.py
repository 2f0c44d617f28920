"""Exports: what a search finds, taken out as a file. An act of its own at the gate: a share may allow a search and no export.

The access record says what was asked; a second entry names the file by its digest, so that a copy that turns up can be traced to
who took it out and under which share. Without both, no file.
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
from plateward.node import ledger
from plateward.node.gate import Found, Passage, Request, Scope, pass_gate
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
    found: tuple[rows.Row, ...]
    complete: bool


async def export(node: Node, person: Person, request: SearchRequest, format: str, most: int = MOST_ROWS) -> Export:
    """The newest ``most`` reads that ``request`` finds, as a file of ``format``.

    Raises BadInput for a format that is none, and as ``search`` does. Raises Fault where the file could not be put on record:
    then there is none.
    """
    kind = check_format(format)
    if not 1 <= most <= MOST_ROWS:
        raise BadInput(f"between 1 and {MOST_ROWS:,}", where="limit")
    refusal, filed = await consent.needed(node, person, request) if request.wide else (None, None)
    owners = await owners_here(node, request.owners)

    async def work(tx: Connection, scopes: tuple[Scope, ...]) -> Found[_Taken]:
        taken = await _find(node, tx, request, scopes, most)
        return Found(taken, Counter(found.agency for found in taken.found))

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
    data = await asyncio.to_thread(_written, format, passage, request.pattern)
    made = replace(
        nothing, name=f"plateward-export-{passage.record}.{kind.ending}", data=data, rows=len(passage.answer.found),
        complete=passage.answer.complete, sha256=hashlib.sha256(data).hexdigest(),
    )  # fmt: skip
    await _record(node, person, made)
    return made


async def _find(node: Node, tx: Connection, request: SearchRequest, scopes: tuple[Scope, ...], most: int) -> _Taken:
    """Page by page, so that no query answers with everything."""
    found: list[rows.Row] = []
    cursor = request.cursor
    while len(found) < most:
        step = replace(request, limit=min(MAX_LIMIT, most - len(found)), cursor=cursor)
        page = await rows.find(tx, wanted_rows(node, step, scopes))
        found.extend(page.reads)
        cursor = page.next
        if cursor is None:
            break
    return _Taken(tuple(found), cursor is None)


def _written(format: str, passage: Passage[_Taken], pattern: PlatePattern | None) -> bytes:
    grants = {decision.owner: decision.grants for decision in passage.decisions}
    assert passage.answer is not None
    return b"".join(write_reads(format, _exported(passage.answer.found, pattern, grants)))


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


async def _record(node: Node, person: Person, made: Export) -> None:
    now = node.now()
    body: dict[str, JSON] = {
        "export": str(uuid7(now, node.random(10))),
        "owners": [owner.agency for owner in made.owners if owner.allowed and owner.reads],
        "format": made.format,
        "rows": made.rows,
        "digest": made.sha256,
        "access": made.access_record,
        "by": person.id,
    }
    async with node.store.transaction() as tx:
        await ledger.append(node, tx, Event(EventType.EXPORT_MADE, now, person.organisation, body))
