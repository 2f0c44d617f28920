"""Around shares: what reviewers answered, what owners must be told, and recalls with the receivers' answers.

Shares themselves, which decide, are in ``store.policy``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from plateward.store.connection import Connection
from plateward.store.sql import load

_SQL = load("sharing")


@dataclass(frozen=True, slots=True)
class Review:
    """What a reviewer answered, and what the reviewer was shown when doing so."""

    share_id: str
    reviewed_at: datetime
    reviewed_by: str
    has_right: bool
    has_need: bool
    note: str
    seen: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Notice:
    """Something an owner must be told, and who saw it."""

    notice_no: int
    owner: str
    at: datetime
    subject: str
    sentence: str
    seen_by: str | None
    seen_at: datetime | None


@dataclass(frozen=True, slots=True)
class Recall:
    """A receiver was asked to delete what it got; ``answer`` is None until it has answered."""

    recall_id: UUID
    share_id: str
    owner: str
    receiver: str
    deliveries: int
    asked_at: datetime
    asked_by: str | None
    answer: str | None
    answered_at: datetime | None
    answered_by: str | None
    note: str


async def add_review(connection: Connection, review: Review) -> None:
    """Keep a review."""
    values = {
        "share_id": review.share_id,
        "at": review.reviewed_at,
        "by": review.reviewed_by,
        "has_right": review.has_right,
        "has_need": review.has_need,
        "note": review.note,
        "seen": Jsonb(dict(review.seen)),
    }
    await connection.execute(_SQL["add_review"], values)


async def reviews(connection: Connection, share_id: str) -> tuple[Review, ...]:
    """The reviews of a share, oldest first."""
    cursor = connection.cursor(row_factory=class_row(Review))
    await cursor.execute(_SQL["reviews"], {"share_id": share_id})
    return tuple(await cursor.fetchall())


async def add_notice(connection: Connection, owner: str, subject: str, sentence: str, at: datetime) -> None:
    """Tell ``owner`` something; ``subject`` is the id of what it is about."""
    values = {"owner": owner, "at": at, "subject": subject, "sentence": sentence}
    await connection.execute(_SQL["add_notice"], values)


async def notices(connection: Connection, owner: str, *, every: bool = False) -> tuple[Notice, ...]:
    """What ``owner`` was told and nobody has seen, or all of the latest 200."""
    cursor = connection.cursor(row_factory=class_row(Notice))
    await cursor.execute(_SQL["notices"], {"owner": owner, "every": every})
    return tuple(await cursor.fetchall())


async def unseen(connection: Connection, owner: str) -> int:
    """How many notices of ``owner`` nobody has seen."""
    row = await (await connection.execute(_SQL["unseen"], {"owner": owner})).fetchone()
    assert row is not None
    return int(row[0])


async def see_notice(connection: Connection, owner: str, notice_no: int, *, by: str, at: datetime) -> bool:
    """Note that somebody saw a notice; False when it was seen already or is not this owner's."""
    values = {"owner": owner, "notice_no": notice_no, "by": by, "at": at}
    return await (await connection.execute(_SQL["see_notice"], values)).fetchone() is not None


async def add_recall(connection: Connection, recall: Recall) -> None:
    """Keep a recall that went out."""
    values = {
        "recall_id": recall.recall_id,
        "share_id": recall.share_id,
        "owner": recall.owner,
        "receiver": recall.receiver,
        "deliveries": recall.deliveries,
        "at": recall.asked_at,
        "by": recall.asked_by,
    }
    await connection.execute(_SQL["add_recall"], values)


async def recalls(connection: Connection, agency: str) -> tuple[Recall, ...]:
    """Recalls that ``agency`` made or received, the latest first."""
    cursor = connection.cursor(row_factory=class_row(Recall))
    await cursor.execute(_SQL["recalls"], {"agency": agency})
    return tuple(await cursor.fetchall())


async def recall(connection: Connection, recall_id: UUID) -> Recall | None:
    """One recall, locked until the transaction ends."""
    cursor = connection.cursor(row_factory=class_row(Recall))
    await cursor.execute(_SQL["recall"], {"recall_id": recall_id})
    return await cursor.fetchone()


async def answer_recall(
    connection: Connection, recall_id: UUID, answer: str, *, by: str, at: datetime, note: str
) -> None:
    """Keep a receiver's answer; a later one replaces it (each is in the ledger)."""
    values = {"recall_id": recall_id, "answer": answer, "by": by, "at": at, "note": note}
    await connection.execute(_SQL["answer_recall"], values)
