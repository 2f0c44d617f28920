"""The law that binds a household too, as data with its sources; and that the person has read it before anything is collected."""

from __future__ import annotations

import tomllib
from datetime import date, datetime
from functools import cache
from importlib import resources

import msgspec

from plateward.core.canonical import JSON
from plateward.core.errors import BadInput, NotAllowed
from plateward.core.event import Event, EventType
from plateward.core.people import Permission, Person
from plateward.node import ledger
from plateward.node.node import Node
from plateward.store import policy
from plateward.store.connection import Connection

SETTING = "law-read"


class Law(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One place's law. ``where``: ISO 3166 codes. ``node``: what this node does of it; ``you``: what is left to the person."""

    id: str
    title: str
    where: tuple[str, ...]
    sections: str
    says: tuple[str, ...]
    node: tuple[str, ...]
    you: tuple[str, ...]
    sources: tuple[str, ...]


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    read_on: date
    law: tuple[Law, ...]


@cache
def _file() -> _File:
    text = (resources.files(__package__) / "law.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text), _File)


def read_on() -> date:
    """When the sources were read."""
    return _file().read_on


def laws_of(place: str) -> tuple[tuple[Law, ...], tuple[Law, ...]]:
    """The laws of ``place`` (ISO 3166, "" unknown), and the others."""
    country = place.partition("-")[0]
    here = tuple(law for law in _file().law if place in law.where or country in law.where)
    return here, tuple(law for law in _file().law if law not in here)


async def law_read(node: Node) -> datetime | None:
    """When the person said that the law was read for the place that is set now; None before."""
    async with node.store.transaction() as tx:
        return await _read(node, tx)


async def require_read(node: Node, tx: Connection) -> None:
    """Raise BadInput until the person has read which law binds a household: nothing is collected before."""
    if await _read(node, tx) is None:
        raise BadInput(
            f"nothing is collected before you have read which law binds you: open {node.settings.address}/home/law, "
            "or plateward home law --read",
            where="law",
        )


async def say_read(node: Node, person: Person) -> datetime:
    """Record that ``person`` read it; from now on the cameras' reads are taken. Saying so again changes nothing."""
    if not person.may(Permission.OWN_LIST):
        raise NotAllowed("the person of the household reads it", where="person")
    async with node.store.transaction() as tx:
        before = await _read(node, tx)
        if before is not None:
            return before
        now = node.now()
        value = {"at": now.isoformat(), "place": node.settings.place}
        await policy.set_setting(tx, SETTING, value, by=person.id, at=now)
        body: dict[str, JSON] = {"setting": SETTING, "after": node.settings.place or "place not set", "by": person.id}
        await ledger.append(node, tx, Event(EventType.CONFIG_CHANGED, now, person.organisation, body))
        return now


async def _read(node: Node, tx: Connection) -> datetime | None:
    held = await policy.setting(tx, SETTING)
    if held is None or held["place"] != node.settings.place:
        return None
    return datetime.fromisoformat(held["at"])
