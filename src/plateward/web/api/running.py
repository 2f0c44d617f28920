"""People, readers, the access log, consents and the live feed, for programs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec

from plateward import __version__
from plateward.core.people import Permission
from plateward.core.place import Position
from plateward.core.read import Reader, ReaderKind
from plateward.node.devices.readers import add_reader, list_readers, new_key
from plateward.node.live import latest
from plateward.node.overseeing.access import access_log, access_row
from plateward.node.people.consent import Consent, decide, waiting
from plateward.node.people.sessions import (
    Session,
    assert_person,
    demo_people,
    end_every_session,
    end_session,
    issue_token,
    redeem,
)
from plateward.web.admit import bearer, client_of
from plateward.web.api import shapes
from plateward.web.endpoint import Call
from plateward.web.pages.readers import ID, RESERVED
from plateward.web.problem import Problem


class Health(msgspec.Struct, frozen=True):
    """That the node answers, and which it is."""

    status: str
    version: str
    agency: str
    title: str
    demo: bool


class SignIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A one-time link's token. ``name``: what the new token is for."""

    link: str
    name: str = "command line"


class Becoming(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whom to be in a demo; left out, the first whose role allows ``may``."""

    person: str | None = None
    may: Permission = Permission.SEARCH


class Token(msgspec.Struct, frozen=True):
    """A token with which a program acts as ``person``. It is shown this once."""

    token: str
    person: str
    name: str
    role: str


class SigningOut(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``everywhere``: every session, token and login link you have, rather than the one that asks."""

    everywhere: bool = False


class NewReader(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A reader to add to your own agency. ``heading``: where it looks, degrees clockwise from north."""

    id: Annotated[str, msgspec.Meta(pattern=ID.pattern, max_length=80)]
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=120)]
    kind: ReaderKind = ReaderKind.FIXED
    lat: float | None = None
    lon: float | None = None
    heading: Annotated[int, msgspec.Meta(ge=0, lt=360)] | None = None


class WhichReader(msgspec.Struct, frozen=True):
    """One reader by its id."""

    reader_id: str


class Key(msgspec.Struct, frozen=True):
    """A reader's key. It is shown this once."""

    reader: str
    key: str


class LogAsked(msgspec.Struct, frozen=True):
    """Which access records. ``cursor``: the ``next`` of the page before."""

    person: str | None = None
    refused: bool = False
    cursor: str | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 100


class WhichRecord(msgspec.Struct, frozen=True):
    """One access record by its number."""

    number: int


class ConsentShape(msgspec.Struct, frozen=True):
    """A request for a supervisor's consent to one search of people nobody named."""

    id: str
    asked_by: str
    asked_by_name: str
    asked_at: datetime
    expires: datetime
    query: Mapping[str, Any]
    reason: str
    case: str
    state: str


class Verdict(msgspec.Struct, frozen=True):
    """A supervisor's answer; a refusal says why in ``note``."""

    consent_id: str
    granted: bool
    note: str = ""


class MaskedShape(msgspec.Struct, frozen=True):
    """A read of the live feed: of the plate only the ends."""

    id: UUID
    plate: str
    read_at: datetime
    reader_name: str
    agency: str
    confidence: float


class Live(msgspec.Struct, frozen=True):
    """The latest reads masked, newest first, and what the owner answered."""

    reads: tuple[MaskedShape, ...]
    owners: tuple[shapes.Owner, ...]
    access_record: int


async def health(call: Call) -> Health:
    """Whether the node answers."""
    settings = call.node.settings
    return Health("ok", __version__, settings.agency, settings.title, settings.demo)


async def sign_in(call: Call, asked: SignIn) -> Token:
    """Trade a one-time link's token for an API token."""
    session = await redeem(call.node, asked.link, agent=asked.name[:120], address=client_of(call.request))
    if session is None:
        raise Problem(
            403,
            "This link has been used, has run out, or was never made.",
            next_step="Ask your administrator for a new one.",
        )
    return await _token(call, session, asked.name)


async def become(call: Call, asked: Becoming) -> Token:
    """In a demo, a token of anybody in the town: that is how its story is told."""
    able = (person.id for person in demo_people(call.node) if person.may(asked.may))
    chosen = asked.person or next(able, "")
    return await _token(call, await assert_person(call.node, chosen), "demo")


async def _token(call: Call, session: Session, name: str) -> Token:
    token = await issue_token(call.node, session.person, name[:120])
    await end_session(call.node, session.cookie)
    return Token(token, session.person.id, session.person.name, str(session.person.role))


async def sign_out(call: Call, asked: SigningOut) -> SigningOut:
    """Withdraw the token (or end the session) that asks, or every one you have."""
    if asked.everywhere:
        await end_every_session(call.node, call.who)
    elif secret := call.cookie or bearer(call.request):
        await end_session(call.node, secret)
    return asked


async def me(call: Call) -> shapes.PersonShape:
    """Who you are to this node."""
    return shapes.person(call.who)


async def readers(call: Call) -> tuple[shapes.ReaderShape, ...]:
    """The readers you may see."""
    return tuple(map(shapes.reader, await list_readers(call.node, call.who)))


async def add(call: Call, asked: NewReader) -> Key:
    """Add a reader of your own agency; its key is in the answer and nowhere else."""
    if asked.id in RESERVED:
        raise Problem(400, "This word is used in the API's addresses; choose another.", field="id")
    if (asked.lat is None) != (asked.lon is None):
        raise Problem(400, "Give both lat and lon, or neither.", field="lat" if asked.lat is None else "lon")
    position = Position(asked.lat, asked.lon) if asked.lat is not None and asked.lon is not None else None
    reader = Reader(asked.id, call.who.organisation, asked.name, asked.kind, position, asked.heading)
    return Key(asked.id, (await add_reader(call.node, call.who, reader)).key)


async def replace_key(call: Call, asked: WhichReader) -> Key:
    """Make a new key for a reader; the old one stops at once."""
    return Key(asked.reader_id, (await new_key(call.node, call.who, asked.reader_id)).key)


async def log(call: Call, asked: LogAsked) -> shapes.Log:
    """Access records: everybody's of your agency where your role may read them, else your own."""
    page = await access_log(
        call.node,
        call.who,
        cursor=asked.cursor,
        limit=asked.limit,
        person_filter=asked.person,
        only_refused=asked.refused,
    )
    return shapes.Log(tuple(map(shapes.record, page.rows)), page.next)


async def record(call: Call, asked: WhichRecord) -> shapes.Record:
    """One access record: your own, or your agency's where your role may read them."""
    row = await access_row(call.node, call.who, asked.number)
    if row is None:
        raise Problem(404, "There is no access record with this number that you may read.", field="number")
    return shapes.record(row)


async def consents(call: Call) -> tuple[ConsentShape, ...]:
    """Requests for consent: those you may decide, and your own."""
    return tuple(map(_consent, await waiting(call.node, call.who)))


async def say(call: Call, asked: Verdict) -> ConsentShape:
    """Grant or refuse one search of people nobody named."""
    return _consent(await decide(call.node, call.who, asked.consent_id, asked.granted, asked.note))


async def live(call: Call) -> Live:
    """The latest reads of your agency, masked."""
    answer = await latest(call.node, call.who, session=call.signed_in.id)
    reads = tuple(
        MaskedShape(read.id, read.plate, read.read_at, read.reader_name, read.agency, read.confidence)
        for read in answer.reads
    )
    return Live(reads, tuple(map(shapes.owner, answer.owners)), answer.access_record)


def _consent(one: Consent) -> ConsentShape:
    return ConsentShape(
        one.id, one.asked_by, one.asked_by_name, one.asked_at, one.expires, one.query, one.reason, one.case, one.state
    )
