"""Reports as they are handed out: a document, its digest in the ledger, and what proves that its content is what was logged.

A report for the public names no person and no plate: persons get fresh ids in every report, times are days, and no number of the
ledger stands beside a row, because published ids and times were once joined across releases to name 312 officers. What proves it
is the report's own receipt, and the count of entries that anybody can repeat in the public ledger. A report for the agency names
people; it is a working copy for 30 days, and its records can be proved one by one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from plateward.core.canonical import JSON, canonical
from plateward.core.errors import BadInput, NotAllowed
from plateward.core.event import Event, EventType, write_instant
from plateward.core.ids import uuid7
from plateward.core.people import Permission, Person
from plateward.core.purpose import Purpose
from plateward.core.share import Act
from plateward.formats.bodies import BodyRecord
from plateward.formats.tlog_proof import TlogProof
from plateward.node import ledger
from plateward.node.gate import Found, Request, Scope, pass_gate
from plateward.node.node import Node
from plateward.node.publishing.publish import receipt
from plateward.store import audit as rows
from plateward.store.connection import Connection

COPY_KEPT = timedelta(days=30)
KINDS: Mapping[str, str] = {
    "access-records": "Access records",
    "audit": "Audit of searches",
    "certificate": "Yearly certificate",
    "discovery": "Discovery",
    "driver": "Answer to a driver",
    "checklist": "Checklists of the usage policy",
    "exposure": "Exposure to an agency",
    "alerts": "What became of alerts",
}
"""The kinds of reports, and what people call them."""

OF_READS = "discovery"
"""The kind that shows reads with their plates."""


@dataclass(frozen=True, slots=True)
class Table:
    """One table of a report."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[JSON, ...], ...]


@dataclass(frozen=True, slots=True)
class Content:
    """What a report says. ``records``: numbers of the access records in it, for proofs; empty in a public one."""

    title: str
    notes: tuple[str, ...]
    tables: tuple[Table, ...]
    records: tuple[int, ...] = ()
    more: Mapping[str, JSON] | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """A report that was made. ``text`` is the document byte for byte; ``digest`` is its SHA-256, which entry ``entry`` holds."""

    id: UUID
    kind: str
    public: bool
    title: str
    made_by: str
    made_at: datetime
    expires: datetime | None
    entry: int
    digest: str
    text: str

    @property
    def document(self) -> dict[str, Any]:
        """The document, parsed."""
        parsed: dict[str, Any] = json.loads(self.text)
        return parsed


async def keep(
    node: Node,
    tx: Connection,
    person: Person,
    kind: str,
    content: Content,
    *,
    public: bool,
    until: datetime | None = None,
) -> Report:
    """Keep a report in ``tx`` with its event; the last thing that the transaction does. ``until``: no longer than this."""
    now = node.now()
    copy_ends = min(now + COPY_KEPT, until or now + COPY_KEPT)
    report_id = uuid7(now, node.random(10))
    text = canonical(_document(node, person, report_id, kind, content, public=public)).decode("utf-8")
    digest = hashlib.sha256(text.encode("utf-8"))
    entry = await ledger.append(
        node, tx, _event(person, report_id, kind, content, digest.hexdigest(), now, public=public)
    )
    kept = rows.Report(
        report_id, person.organisation, kind, public, content.title, entry, digest.digest(), text, person.id, now,
        None if public else copy_ends,
    )  # fmt: skip
    await rows.add_report(tx, kept)
    return _report(kept)


def _document(
    node: Node, person: Person, report_id: UUID, kind: str, content: Content, *, public: bool
) -> dict[str, JSON]:
    tables: list[JSON] = [
        {"title": table.title, "columns": list(table.columns), "rows": [list(row) for row in table.rows]}
        for table in content.tables
    ]
    document: dict[str, JSON] = {
        "report": str(report_id), "kind": kind, "public": public, "title": content.title, "agency": person.organisation,
        "made_at": write_instant(node.now()), "ledger": node.publisher.signer.name, "notes": list(content.notes),
        "tables": tables,
    }  # fmt: skip
    if not public:
        document |= {"made_by": person.id, "records": list(content.records)}
    return document | dict(content.more or {})


def _event(
    person: Person, report_id: UUID, kind: str, content: Content, digest: str, now: datetime, *, public: bool
) -> Event:
    if kind == "certificate":
        year = (content.more or {}).get("year")
        body: dict[str, JSON] = {
            "certificate": str(report_id), "agency": person.organisation, "year": year, "digest": digest, "by": person.id,
        }  # fmt: skip
        return Event(EventType.CERTIFICATE_MADE, now, person.organisation, body)
    body = {"report": str(report_id), "kind": kind, "public": public, "digest": digest, "by": person.id}
    return Event(EventType.REPORT_MADE, now, person.organisation, body)


async def reports(node: Node, person: Person) -> tuple[Report, ...]:
    """The reports of one's agency, latest first, without their text: those who oversee see all, others their own."""
    async with node.store.transaction() as tx:
        found = await rows.reports(tx, person.organisation, node.now())
    return tuple(_report(row) for row in found if _may_see(person, row))


async def report(
    node: Node, person: Person, report_id: str, *, reading: bool = True, session: str | None = None
) -> Report | None:
    """One report; None when there is none or it is not this person's to see.

    A report of reads is looked at as they are: through the gate, on record each time. ``reading``: whether its text is wanted,
    rather than what proves it. Raises NotAllowed where the gate refuses.
    """
    try:
        number = UUID(report_id)
    except ValueError:
        return None
    async with node.store.transaction() as tx:
        row = await rows.report(tx, number, node.now())
    if row is None or not _may_see(person, row):
        return None
    made = _report(row)
    if made.kind == OF_READS and reading:
        await _read_again(node, person, row.owner, made, session)
    return made


async def _read_again(node: Node, person: Person, owner: str, made: Report, session: str | None) -> None:
    shown = sum(len(table["rows"]) for table in made.document["tables"])

    async def work(_: Connection, scopes: tuple[Scope, ...]) -> Found[None]:
        return Found(None, {owner: shown})

    asked = Request(
        Act.SEARCH, EventType.ACCESS_READ, Permission.SEARCH, (owner,), Purpose("court-order", made.title),
        {"report": str(made.id)}, session=session,
    )  # fmt: skip
    decision = (await pass_gate(node, person, asked, work)).decisions[0]
    if not decision.allowed:
        raise NotAllowed(decision.why, where="report")


def _may_see(person: Person, row: rows.Report) -> bool:
    return row.owner == person.organisation and (row.made_by == person.id or person.may(Permission.ACCESS_LOG))


async def proof_of(node: Node, made: Report) -> TlogProof | None:
    """A receipt of the report's own entry: that its digest stands in the ledger. It names nobody."""
    return await receipt(node, node.publisher, made.entry, whole=False)


async def bodies_of(node: Node, made: Report) -> bytes:
    """The records of a report as the ledger holds them (bodies.jsonl), for ``plateward ledger verify --bodies``.

    Raises BadInput for a public report, which has none.
    """
    base = node.publisher.base
    records: Sequence[int] = made.document.get("records", ())
    if made.public or not records:
        raise BadInput("this report shows no single records; its receipt proves it", where="report")
    async with node.store.transaction() as tx:
        stored = await rows.sealed(tx, [seq for seq in records if seq >= base])
    lines = []
    for row in stored:
        if row.body is None or row.salt is None:
            lines.append(BodyRecord(row.seq - base, erased_at=row.erased_at).encode())
        else:
            lines.append(BodyRecord(row.seq - base, bytes(row.body), bytes(row.salt)).encode())
    return b"".join(lines)


def _report(row: rows.Report) -> Report:
    return Report(
        row.report_id, row.kind, row.public, row.title, row.made_by, row.made_at, row.expires_at, row.event_seq,
        bytes(row.digest).hex(), row.document,
    )  # fmt: skip
