"""Logs of what was done with hot lists and alerts: Flock's Hot List Action Log, and alert logs with their outcomes.

Flock's export has Timestamp, User, Event Type, Entity Type and Entity Details. The details come as JSON, as "Name: value" on
lines or between separators, or, where an agency took the values out before handing it over, as the names of the details alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec

from plateward.core.access import WITHHELD, ListAct
from plateward.formats.audits.batches import blacked_out
from plateward.formats.audits.times import instant
from plateward.formats.spreadsheets import plain

_ACTIONS: Mapping[str, tuple[str, ...]] = {
    "at": ("timestamp", "time", "date", "date/time", "event time", "action time", "created at", "datetime"),
    "user": ("user", "user name", "username", "user pseudonym", "name", "email", "user email", "performed by", "actor"),
    "organisation": ("organization", "organization name", "org name", "agency", "agency name"),
    "act": ("event type", "event", "action", "action type", "operation", "change"),
    "entity": ("entity type", "entity", "object type", "object", "item type"),
    "details": ("entity details", "details", "entity fields present", "entity", "changes", "event details", "entity data"),
    "list_name": ("hot list", "hotlist", "hotlist name", "hot list name", "list name"),
    "plate": ("license", "license plate", "licence plate", "plate", "plate number"),
    "reason": ("reason", "alert reason"),
    "case": ("case", "case #", "case number"),
    "expires": ("expiry", "expiration", "expiration date", "expires", "expires at"),
    "audience": ("audience users", "audience roles", "audience", "shared with"),
    "id": ("id", "event id", "entity id"),
}  # fmt: skip
_ALERTS: Mapping[str, tuple[str, ...]] = {
    "at": ("alert time", "hit time", "alert date", "hit date", "alert date/time", "alerted at", "date of alert", "date of hit"),
    "user": ("user", "officer", "handled by", "responding officer", "recipient", "user name", "name"),
    "organisation": ("agency", "organization", "org name"),
    "plate": ("license plate", "licence plate", "plate", "plate number", "tag"),
    "list_name": ("hot list", "hotlist", "hotlist name", "hot list name", "list", "source"),
    "confirmed": ("confirmed", "confirmed by", "verified", "verified by", "confirmed at", "verification", "plate verified",
                  "hit confirmed", "ncic confirmed"),
    "outcome": ("outcome", "disposition", "result", "action taken", "action", "response", "stop made", "stop"),
    "reason": ("reason", "alert reason"),
    "case": ("case", "case #", "case number"),
}  # fmt: skip


def _known(spellings: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, spelled in spellings.items():
        for one in spelled:
            found.setdefault(plain(one), name)
    return found


KNOWN_ACTIONS, KNOWN_ALERTS = _known(_ACTIONS), _known(_ALERTS)
_DETAILS = {
    plain(spelled): name
    for name, all_spelled in {
        **{key: _ACTIONS[key] for key in ("list_name", "plate", "reason", "case", "expires", "audience")},
        "list_name": ("hotlist name", "hot list name", "name", "list name"),
        "plates": ("deleted plates", "plates", "plates added", "added plates"),
        "state": ("state", "plate state"),
        "everybody": ("organization hotlist", "organisation hotlist"),
        "merged": ("consolidated",),
    }.items()
    for spelled in all_spelled
}
DETAILED = frozenset({"plate", "reason", "case", "expires", "list_name", "audience"})
"""Fields that may stand among the details."""

_ENTITIES = {"customhotlistentry": "entry", "hotlistentry": "entry", "entry": "entry", "customhotlist": "list", "hotlist": "list",
             "list": "list"}  # fmt: skip
_ACTS = {
    "created": "create", "add": "create", "added": "create", "insert": "create", "updated": "update", "edit": "update",
    "edited": "update", "modify": "update", "modified": "update", "deleted": "delete", "remove": "delete", "removed": "delete",
}  # fmt: skip
_PAIR = re.compile(r"\s*([A-Za-z][A-Za-z #]{1,30}?)\s*[:=]\s*")
_SEPARATOR = re.compile(r"[\n;|]+")


def kind_of_actions(heading: tuple[str, ...]) -> str | None:
    """ "flock-hotlist-actions" or "alert-log" where a heading is of one, else None."""
    spelled = [plain(cell) for cell in heading]
    actions = {KNOWN_ACTIONS[cell] for cell in spelled if cell in KNOWN_ACTIONS}
    if {"at", "act"} <= actions and ("entity" in actions or "details" in actions):
        return "flock-hotlist-actions"
    alerts = {KNOWN_ALERTS[cell] for cell in spelled if cell in KNOWN_ALERTS}
    if (
        "outcome" in alerts
        and {"at", "confirmed"} & alerts
        and "alert" in "".join(spelled) + "alert" * ("at" in alerts)
    ):
        return "alert-log"
    return None


def fields_present(kind: str, found: Mapping[str, int]) -> frozenset[str]:
    """The fields that such a log can have; which details it tells shows only row by row."""
    extra = DETAILED if "details" in found else frozenset()
    return frozenset((set(found) - {"details"}) | extra)


def act_taker(kind: str, found: Mapping[str, int], withheld: dict[str, int]) -> Callable[[int, list[str]], ListAct]:
    """A function from a line and its cells to an act."""

    def take(line: int, cells: list[str]) -> ListAct:
        values: dict[str, Any] = {}
        for name, index in found.items():
            cell = cells[index].strip()
            if cell and name not in ("at", "details") and blacked_out(cell):
                withheld[name] = withheld.get(name, 0) + 1
                cell = WITHHELD
            values[name] = cell
        values["at"] = instant(values.get("at", ""))
        details = values.pop("details", "")
        told = {name for name, cell in values.items() if cell and name != "at"}
        for name, value in details_of(details):
            told.add(name)
            if value and name in ListAct.__struct_fields__ and not values.get(name):
                values[name] = value
        act = plain(values.get("act", ""))
        entity = plain(values.get("entity", ""))
        values["act"] = "alert" if kind == "alert-log" else _ACTS.get(act, act)
        values["entity"] = _ENTITIES.get(entity, values.get("entity", ""))
        return ListAct(line=line, told=frozenset(told), **values)

    return take


def details_of(text: str) -> Iterator[tuple[str, str]]:
    """The details of one act as (our field, value); the value is "" where only the name of a detail is told."""
    text = text.strip()
    if text.startswith("{"):
        try:
            held = msgspec.json.decode(text.encode(), type=dict[str, Any])
        except (msgspec.DecodeError, UnicodeEncodeError):
            held = {}
        for key, value in held.items():
            if name := _DETAILS.get(plain(key)):
                yield name, value if isinstance(value, str) else "" if value is None else str(value)
        return
    for part in _SEPARATOR.split(text):
        pair = _PAIR.match(part)
        if pair is None:
            if name := _DETAILS.get(plain(part)):
                yield name, ""
        elif name := _DETAILS.get(plain(pair[1])):
            yield from _values(name, part[pair.end() :])


def _values(name: str, rest: str) -> Iterator[tuple[str, str]]:
    """A value, and the pairs that follow it after commas ("Hotlist Name: X, License: 8ABC123, State: CA")."""
    pieces = re.split(r",\s*(?=[A-Za-z][A-Za-z #]{1,30}\s*[:=])", rest)
    yield name, pieces[0].strip()
    for piece in pieces[1:]:
        pair = _PAIR.match(piece)
        if pair and (other := _DETAILS.get(plain(pair[1]))):
            yield other, piece[pair.end() :].strip()
