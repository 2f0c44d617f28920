"""Policy as it is stored: promises, shares, brakes, agencies and affiliations entered here, and the epoch that all of it has.

Whoever changes any of it calls ``raise_epoch`` first in the transaction: it waits until every decision of the old epoch has been
acted upon, and later deciders wait for the change.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import msgspec
from psycopg.rows import DictRow, class_row, dict_row
from psycopg.types.json import Jsonb

from plateward.core.agency import Affiliation, Agency, Component
from plateward.core.document import Document
from plateward.core.errors import BadInput
from plateward.core.policy import Brake
from plateward.core.share import Grant, Share, ShareState
from plateward.store import documents
from plateward.store.connection import Connection
from plateward.store.sql import load as load_queries

_SQL = load_queries("policy")


@dataclass(frozen=True, slots=True)
class StoredPromise:
    """A promise's text as it was published, who put it in force and who withdrew it."""

    promise_id: str
    owner: str
    document: str
    made_by: str
    made_at: datetime
    withdrawn_by: str | None
    withdrawn_at: datetime | None


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a share's life: who brought it into which state, when and why."""

    state: ShareState
    by: str
    at: datetime
    why: str = ""


@dataclass(frozen=True, slots=True)
class StoredShare:
    """A share and its life so far, oldest step first."""

    share: Share
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class StoredBrake:
    """A brake and who released it."""

    brake: Brake
    released_by: str | None
    released_at: datetime | None


@dataclass(frozen=True, slots=True)
class StoredAffiliation:
    """An affiliation entered on this node, by its number. ``ends``: it ends one of the published registry, by its ``until``."""

    number: int
    affiliation: Affiliation
    entered_by: str
    entered_at: datetime
    ends: bool


@dataclass(frozen=True, slots=True)
class World:
    """All that decides, in force: promises as written, shares in every state, brakes, what this node adds to the registry and
    ends in it, and the standing documents on file.
    """

    promises: tuple[StoredPromise, ...]
    shares: tuple[Share, ...]
    brakes: tuple[Brake, ...]
    agencies: tuple[Agency, ...]
    affiliations: tuple[Affiliation, ...]
    ended: tuple[Affiliation, ...] = ()
    documents: tuple[Document, ...] = ()


async def hold_epoch(connection: Connection) -> int:
    """The policy epoch, which cannot change until this transaction ends."""
    return await _number(connection, "hold_epoch")


async def raise_epoch(connection: Connection) -> int:
    """Begin a change of policy: the new epoch. Call it first, and never after ``hold_epoch`` in the same transaction."""
    return await _number(connection, "raise_epoch")


async def _number(connection: Connection, name: str) -> int:
    row = await (await connection.execute(_SQL[name])).fetchone()
    assert row is not None
    return int(row[0])


async def load(connection: Connection) -> World:
    """Everything that decides."""
    entered = await affiliations(connection)
    return World(
        await promises(connection),
        tuple(stored.share for stored in await shares(connection)),
        tuple(stored.brake for stored in await brakes(connection)),
        await agencies(connection),
        tuple(stored.affiliation for stored in entered if not stored.ends),
        tuple(stored.affiliation for stored in entered if stored.ends),
        await documents.on_file(connection),
    )


async def promises(connection: Connection, *, every: bool = False) -> tuple[StoredPromise, ...]:
    """Promises in force, or every one there ever was, in the order they were made."""
    cursor = connection.cursor(row_factory=class_row(StoredPromise))
    await cursor.execute(_SQL["promises"], {"every": every})
    return tuple(await cursor.fetchall())


async def add_promise(
    connection: Connection, owner: str, promise_id: str, document: str, *, by: str, at: datetime
) -> None:
    """Put a promise in force. Raises BadInput when the owner has one of this id in force: withdraw that first."""
    values = {"owner": owner, "promise_id": promise_id, "document": document, "by": by, "at": at}
    if await (await connection.execute(_SQL["add_promise"], values)).fetchone() is None:
        raise BadInput(f"{owner} has a promise {promise_id} in force already", where="promise")


async def withdraw_promise(connection: Connection, owner: str, promise_id: str, *, by: str, at: datetime) -> bool:
    """Withdraw a promise; False when it was not in force."""
    values = {"owner": owner, "promise_id": promise_id, "by": by, "at": at}
    return await (await connection.execute(_SQL["withdraw_promise"], values)).fetchone() is not None


async def shares(
    connection: Connection, *, owner: str | None = None, receiver: str | None = None
) -> tuple[StoredShare, ...]:
    """Shares in every state, of an owner or to a receiver."""
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(_SQL["shares"], {"owner": owner, "receiver": receiver})
    return tuple(_share(row) for row in await cursor.fetchall())


async def share(connection: Connection, share_id: str) -> StoredShare | None:
    """One share, locked until the transaction ends, so that two people cannot step it at once."""
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(_SQL["share"], {"share_id": share_id})
    row = await cursor.fetchone()
    return _share(row) if row else None


async def add_share(connection: Connection, share: Share, step: Step) -> None:
    """Store a new share with the first step of its life. Raises BadInput when its id is taken."""
    if await (await connection.execute(_SQL["add_share"], _share_values(share, step))).fetchone() is None:
        raise BadInput(f"there is a share {share.id} already", where="share")


async def change_share(connection: Connection, share: Share, step: Step) -> None:
    """Store a share's new state or terms, and the step that brought it there; owner and receiver never change."""
    if await (await connection.execute(_SQL["change_share"], _share_values(share, step))).fetchone() is None:
        raise BadInput(f"{share.owner} has no share {share.id} with {share.receiver}", where="share")


def _share_values(share: Share, step: Step) -> dict[str, object]:
    terms = {
        "grants": sorted(share.grants),
        "look_back_days": share.look_back_days,
        "purposes": sorted(share.purposes),
        "onward": share.onward,
    }
    return {
        "share_id": share.id,
        "owner": share.owner,
        "receiver": share.receiver,
        "state": str(share.state),
        "begins": share.begins,
        "expires": share.expires,
        "terms": Jsonb(terms),
        "step": Jsonb(msgspec.to_builtins(step)),
    }


def _share(row: DictRow) -> StoredShare:
    terms = row["terms"]
    share = Share(
        id=row["share_id"],
        owner=row["owner"],
        receiver=row["receiver"],
        grants=frozenset(Grant(grant) for grant in terms["grants"]),
        state=ShareState(row["state"]),
        begins=row["begins"],
        expires=row["expires"],
        look_back_days=terms["look_back_days"],
        purposes=frozenset(terms["purposes"]),
        onward=terms["onward"],
    )
    return StoredShare(share, msgspec.convert(row["steps"], tuple[Step, ...]))


async def brakes(connection: Connection, *, every: bool = False) -> tuple[StoredBrake, ...]:
    """Brakes that are on, or every one there ever was."""
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(_SQL["brakes"], {"every": every})
    return tuple(
        StoredBrake(
            Brake(row["owner"], Component(row["component"]), row["pulled_at"], row["pulled_by"], row["why"]),
            row["released_by"],
            row["released_at"],
        )
        for row in await cursor.fetchall()
    )


async def pull_brake(connection: Connection, brake: Brake) -> bool:
    """Block a component for an owner; False when it is blocked already."""
    values = {"owner": brake.owner, "component": str(brake.component), "why": brake.why}
    row = await (
        await connection.execute(_SQL["pull_brake"], {**values, "by": brake.pulled_by, "at": brake.pulled_at})
    ).fetchone()
    return row is not None


async def release_brake(connection: Connection, owner: str, component: Component, *, by: str, at: datetime) -> bool:
    """Release a brake; False when it was not on."""
    values = {"owner": owner, "component": str(component), "by": by, "at": at}
    return await (await connection.execute(_SQL["release_brake"], values)).fetchone() is not None


async def agencies(connection: Connection) -> tuple[Agency, ...]:
    """Agencies entered on this node (one with the id of a registered one replaces it)."""
    rows = await (await connection.execute(_SQL["agencies"])).fetchall()
    return tuple(msgspec.convert(row[0], Agency) for row in rows)


async def put_agency(connection: Connection, agency: Agency, *, by: str, at: datetime) -> None:
    """Enter an agency, or replace what was entered under its id."""
    values = {"agency": agency.id, "document": _document(agency), "by": by, "at": at}
    await connection.execute(_SQL["put_agency"], values)


async def affiliations(connection: Connection) -> tuple[StoredAffiliation, ...]:
    """Affiliations entered on this node and not withdrawn."""
    rows = await (await connection.execute(_SQL["affiliations"])).fetchall()
    return tuple(
        StoredAffiliation(number, msgspec.convert(document, Affiliation), by, at, ends)
        for number, document, by, at, ends in rows
    )


async def add_affiliation(
    connection: Connection, affiliation: Affiliation, *, by: str, at: datetime, ends: bool = False
) -> int:
    """Enter an affiliation, or with ``ends`` the end of one of the published registry; returns its number."""
    values = {"agency": affiliation.agency, "document": _document(affiliation), "by": by, "at": at, "ends": ends}
    row = await (await connection.execute(_SQL["add_affiliation"], values)).fetchone()
    assert row is not None
    return int(row[0])


async def withdraw_affiliation(connection: Connection, number: int, *, by: str, at: datetime) -> bool:
    """Withdraw an affiliation; False when there is none of this number in force."""
    values = {"affiliation_no": number, "by": by, "at": at}
    return await (await connection.execute(_SQL["withdraw_affiliation"], values)).fetchone() is not None


def _document(value: Agency | Affiliation) -> Jsonb:
    document: Mapping[str, Any] | Sequence[Any] = msgspec.to_builtins(asdict(value))
    return Jsonb(document)


async def setting(connection: Connection, key: str) -> Any:
    """A setting kept in the database, or None."""
    row = await (await connection.execute(_SQL["setting"], {"key": key})).fetchone()
    return row[0] if row else None


async def set_setting(connection: Connection, key: str, value: Any, *, by: str, at: datetime) -> None:
    """Keep a setting (any JSON)."""
    await connection.execute(_SQL["set_setting"], {"key": key, "value": Jsonb(value), "by": by, "at": at})
