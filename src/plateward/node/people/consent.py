"""A supervisor's consent to one search that looks at people nobody named.

The search itself asks for it: the first try files the request and is refused; a supervisor of the same organisation, who is not
the one who asked, decides; the second try names the consent and must ask for exactly the same: for the same reason and agency, and
to look at what is found or to take it out as a file, as it was asked.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from plateward.core.canonical import JSON
from plateward.core.errors import BadInput
from plateward.core.event import Event, EventType, write_instant
from plateward.core.ids import uuid7
from plateward.core.people import Permission, Person
from plateward.node import ledger
from plateward.node.node import Node
from plateward.store import people as rows
from plateward.store.connection import Connection

if TYPE_CHECKING:
    from plateward.node.search import SearchRequest

TERM = timedelta(hours=8)
"""A request that nobody decides, and a consent that nobody uses, end with the shift."""


@dataclass(frozen=True, slots=True)
class Consent:
    """One request for consent. ``state``: waiting, granted, refused or expired."""

    id: str
    asked_by: str
    asked_by_name: str
    asked_at: datetime
    expires: datetime
    query: dict[str, JSON]
    reason: str
    case: str
    state: str


async def needed(
    node: Node, person: Person, request: SearchRequest, *, as_file: bool = False
) -> tuple[str | None, str | None]:
    """Why a wide search is refused for want of consent, and the request that was filed; (None, None) when consent is there.

    ``as_file``: what is found is to be taken out, which a supervisor consents to apart.
    Raises BadInput when the case or the bound of time is missing: without them nobody could consent.
    """
    from plateward.node.search import WIDE_SPAN

    if not request.purpose.case:
        raise BadInput("a search of people nobody named needs a case number", where="case")
    if request.begins is None or (request.ends or node.now()) - request.begins > WIDE_SPAN:
        raise BadInput(
            f"a search of people nobody named covers at most {WIDE_SPAN.days} days; say from when to when", where="from"
        )
    if not person.may(Permission.WIDE_SEARCH):
        return "Your role does not allow a search of people nobody named.", None
    scope = _scope(request, as_file)
    async with node.store.transaction() as tx:
        if request.consent is not None:
            return await _check(node, tx, person, request, scope), None
        filed = await _file(node, tx, person, request, scope)
    return (
        f"This search looks at people nobody named: a supervisor must consent first. The request {filed} was filed.",
        filed,
    )


def _scope(request: SearchRequest, as_file: bool) -> dict[str, JSON]:
    """Exactly what is consented to, as the supervisor reads it."""
    purpose = request.purpose
    scope: dict[str, JSON] = {**request.query, "reason": purpose.reason}
    scope |= {"on_behalf_of": purpose.on_behalf_of} if purpose.on_behalf_of else {}
    return scope | ({"as_file": "yes"} if as_file else {})


async def _file(node: Node, tx: Connection, person: Person, request: SearchRequest, scope: dict[str, JSON]) -> str:
    """File the request, or find the one that this person filed for the same search and nobody has decided."""
    now, purpose = node.now(), request.purpose
    assert purpose.case is not None
    for row in await rows.consents(tx, now, asked_by=person.id, open_only=True):
        if row.scope == scope and row.case_no == purpose.case:
            return str(row.consent_id)
    consent_id = uuid7(now, node.random(10))
    words = purpose.words or purpose.reason
    await rows.request_consent(
        tx, consent_id, person.id, scope, reason=words, case_no=purpose.case, at=now, expires=now + TERM
    )
    body: dict[str, JSON] = {
        "consent": str(consent_id), "person": person.id, "query": scope, "case": purpose.case,
        "words": purpose.words or purpose.reason,
    }  # fmt: skip
    await ledger.append(node, tx, Event(EventType.CONSENT_REQUESTED, now, person.organisation, body))
    return str(consent_id)


async def _check(
    node: Node, tx: Connection, person: Person, request: SearchRequest, scope: dict[str, JSON]
) -> str | None:
    row = await rows.consent(tx, _uuid(request.consent))
    if row is None or row.asked_by != person.id:
        return "There is no such consent for you."
    if row.granted is None:
        return "The supervisor has not decided yet."
    if not row.granted:
        return "The supervisor refused this search."
    if row.expires_at <= node.now():
        return "The supervisor's consent has expired."
    if row.scope != scope or row.case_no != request.purpose.case:
        return "The supervisor consented to another search than this one."
    return None


async def waiting(node: Node, person: Person) -> tuple[Consent, ...]:
    """The requests that ``person`` may decide, and those that ``person`` filed, the latest first."""
    now = node.now()
    async with node.store.transaction() as tx:
        asked_by = None if person.may(Permission.CONSENT) else person.id
        found = await rows.consents(tx, now, organisation=person.organisation, asked_by=asked_by)
    return tuple(_told(row, now) for row in found)


async def decide(node: Node, person: Person, consent_id: str, granted: bool, note: str = "") -> Consent:
    """Consent or refuse as ``person``. Raises BadInput when this person may not, or it is decided already."""
    now = node.now()
    async with node.store.transaction() as tx:
        person = await node.current(tx, person)
        row = await rows.consent(tx, _uuid(consent_id))
        if row is None or row.organisation != person.organisation or not person.may(Permission.CONSENT):
            raise BadInput("there is no such request for you to decide", where="consent")
        if granted and person.employer != row.organisation:
            raise BadInput("a supervisor whom the agency itself pays consents; ask one", where="consent")
        if row.asked_by == person.id:
            raise BadInput("nobody consents to a search of their own; ask another supervisor", where="consent")
        if row.granted is not None or row.expires_at <= now:
            raise BadInput(f"this request is {_state(row, now)}", where="consent")
        if not granted and not note.strip():
            raise BadInput("say why you refuse", where="note")
        if not await rows.decide_consent(tx, row.consent_id, by=person.id, granted=granted, at=now):
            raise BadInput("somebody decided it a moment ago", where="consent")
        row = replace(row, granted=granted)
        event = EventType.CONSENT_GIVEN if granted else EventType.CONSENT_REFUSED
        body: dict[str, JSON] = {"consent": str(row.consent_id), "by": person.id}
        body |= {"expires": write_instant(row.expires_at)} if granted else {"why": note.strip()[:500]}
        await ledger.append(node, tx, Event(event, now, person.organisation, body))
    return _told(row, now)


def _told(row: rows.Consent, now: datetime) -> Consent:
    return Consent(
        str(row.consent_id),
        row.asked_by,
        row.asked_by_name,
        row.asked_at,
        row.expires_at,
        dict(row.scope),
        row.reason,
        row.case_no,
        _state(row, now),
    )


def _state(row: rows.Consent, now: datetime) -> str:
    if row.granted is not None:
        return "granted" if row.granted else "refused"
    return "expired" if row.expires_at <= now else "waiting"


def _uuid(text: str | None) -> UUID:
    try:
        return UUID(text or "")
    except ValueError:
        raise BadInput(f"{text!r} is no consent's number", where="consent") from None
