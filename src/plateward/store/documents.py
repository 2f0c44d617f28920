"""Standing documents as they are stored. The file itself stays with its owner's custodian: here is its SHA-256.

Whoever accepts or withdraws one changes what decides, and calls ``policy.raise_epoch`` first.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from psycopg.rows import DictRow, dict_row
from psycopg.types.json import Jsonb

from plateward.core.document import Document
from plateward.core.share import Act
from plateward.store.connection import Connection
from plateward.store.sql import load

_SQL = load("documents")
_HANDS = (
    "recorded_by", "recorded_at", "accepted_by", "accepted_at", "withdrawn_by", "withdrawn_at", "note",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """A document, who put it on file, who accepted it as the second person, and who withdrew it and why (``note``)."""

    document: Document
    recorded_by: str
    recorded_at: datetime
    accepted_by: str | None = None
    accepted_at: datetime | None = None
    withdrawn_by: str | None = None
    withdrawn_at: datetime | None = None
    note: str = ""


async def on_file(connection: Connection) -> tuple[Document, ...]:
    """Every document that was accepted and not withdrawn, whatever its days: what decides."""
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(_SQL["on_file"])
    return tuple(_stored(row).document for row in await cursor.fetchall())


async def documents(connection: Connection, agency: str) -> tuple[StoredDocument, ...]:
    """The latest 1000 documents that ``agency`` holds or that speak of it, the latest first."""
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(_SQL["documents"], {"agency": agency})
    return tuple(_stored(row) for row in await cursor.fetchall())


async def document(connection: Connection, document_id: str) -> StoredDocument | None:
    """One document, locked until the transaction ends, so that two people cannot decide it at once."""
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(_SQL["document"], {"document_id": document_id})
    row = await cursor.fetchone()
    return _stored(row) if row else None


async def add_document(connection: Connection, stored: StoredDocument) -> None:
    """Put a document on file; it decides nothing before it is accepted."""
    given = stored.document
    terms = {
        "promises": sorted(given.promises), "signer": given.signer, "signed": given.signed.isoformat(), "source": given.source,
        "acts": sorted(given.acts), "purposes": sorted(given.purposes), "person": given.person, "account": given.account,
    }  # fmt: skip
    values = {
        "document_id": given.id, "owner": given.owner, "kind": given.kind, "party": given.party, "terms": Jsonb(terms),
        "digest": bytes.fromhex(given.digest), "begins": given.begins, "ends": given.ends, "by": stored.recorded_by,
        "at": stored.recorded_at,
    }  # fmt: skip
    await connection.execute(_SQL["add_document"], values)


async def accept_document(connection: Connection, document_id: str, *, by: str, at: datetime) -> bool:
    """Accept a document; False when it was accepted or withdrawn already."""
    values = {"document_id": document_id, "by": by, "at": at}
    return await (await connection.execute(_SQL["accept_document"], values)).fetchone() is not None


async def withdraw_document(connection: Connection, document_id: str, *, by: str, at: datetime, note: str) -> bool:
    """Withdraw a document, accepted or not; False when it was withdrawn already."""
    values = {"document_id": document_id, "by": by, "at": at, "note": note}
    return await (await connection.execute(_SQL["withdraw_document"], values)).fetchone() is not None


async def any_lapsed(connection: Connection, day: date) -> bool:
    """Whether a document's last day lies before ``day`` and nobody was told."""
    row = await (await connection.execute(_SQL["any_lapsed"], {"day": day})).fetchone()
    return bool(row and row[0])


async def lapse_documents(connection: Connection, day: date, at: datetime) -> tuple[Document, ...]:
    """The documents whose last day lies before ``day``, each returned once ever."""
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(_SQL["lapse_documents"], {"day": day, "at": at})
    return tuple(_stored(row).document for row in await cursor.fetchall())


def _stored(row: DictRow) -> StoredDocument:
    terms = row["terms"]
    document = Document(
        row["document_id"], row["kind"], row["owner"], row["party"], frozenset(terms["promises"]), terms["signer"],
        date.fromisoformat(terms["signed"]), terms["source"], bytes(row["digest"]).hex(), row["begins"], row["ends"],
        frozenset(map(Act, terms["acts"])), frozenset(terms["purposes"]), terms["person"], terms["account"],
    )  # fmt: skip
    return StoredDocument(document, **{name: row[name] for name in _HANDS})
