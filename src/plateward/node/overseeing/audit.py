"""The audit of searches: the patterns of ``oversight.audit`` over this node's own access records, and reviewers' verdicts.

The same patterns judge any vendor's log (``plateward review searches``). Here they see every record of an agency's people and of
requests for its reads, and others see what went out on its feeds. A finding asks and accuses nobody; what a reviewer says of it is
an event of the ledger, and nobody judges their own searches.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from plateward.core.access import AccessRow
from plateward.core.agency import Classification
from plateward.core.canonical import JSON
from plateward.core.errors import BadInput, NotAllowed
from plateward.core.event import Event, EventType, fields_of, parse_instant, write_instant
from plateward.core.people import Permission, Person, Role
from plateward.core.policy import Policy
from plateward.core.purpose import REFUSABLE, title
from plateward.node import ledger
from plateward.node.keeping.retention import plan_lately
from plateward.node.node import Node
from plateward.node.overseeing.audit_inputs import FOLDER, Inputs, load_inputs
from plateward.node.overseeing.periods import Period, months_of
from plateward.oversight.audit.feeds import FEED_TITLES, Fed, FeedEvent, audit_feeds
from plateward.oversight.audit.findings import AuditResult, Context, Finding, Group, Judged, grouped, judge
from plateward.oversight.audit.run import audit
from plateward.store import audit as rows
from plateward.store import events, feeds, people
from plateward.store.connection import Connection

SEARCHES = (str(EventType.ACCESS_SEARCH), str(EventType.ACCESS_UNMASK), str(EventType.ACCESS_EXPORT))
"""What counts as a search. Opening a read or a picture follows from one and has its purpose."""

_PRESENT = frozenset(
    {
        "at", "user", "organisation", "plate", "reason", "case", "offence", "begins", "ends", "networks", "search_type",
        "on_behalf_of", "session",
    }
)  # fmt: skip
_VERDICTS = 10_000
_LAID = {
    "off-shift": f"lay a table of shifts into {FOLDER}/shifts.csv",
    "training-out-of-date": f"lay a table of training dates into {FOLDER}/training.csv",
    "staff-or-relations": f"lay the keyed list of staff's plates into {FOLDER}/listed-plates.txt",
    "look-back-beyond-retention": "set how long reads are kept",
    "vendor-warned": "this log is our own: there is no vendor that moderates",
}
"""How an agency opens a pattern here; ``lacking`` speaks of a command's options."""


@dataclass(frozen=True, slots=True)
class Said:
    """A verdict on a finding of ``pattern`` (or a record of a sample) as the ledger holds it, at ``seq``."""

    seq: int
    pattern: str
    at: datetime
    by: str
    by_name: str
    judged: Judged
    words: str


@dataclass(frozen=True, slots=True)
class MonthTold:
    """What an audit of one month of a year comes to: its findings, and how many of them wait for a verdict."""

    name: str
    findings: int
    waiting: int


@dataclass(frozen=True, slots=True)
class AuditPage:
    """An audit of one period: what was found, grouped by person, and what reviewers said (by a finding's key).

    ``own``: keys of findings about the reader, who may not judge them. ``called``: names of persons by id. ``months``: of a year,
    its months with findings: a verdict belongs to the finding of its month, and a certificate counts those.
    """

    period: Period
    result: AuditResult
    groups: tuple[Group, ...]
    said: Mapping[str, tuple[Said, ...]]
    own: frozenset[str]
    called: Mapping[str, str]
    record: int
    months: tuple[MonthTold, ...] = ()


async def audit_searches(node: Node, person: Person, period: Period) -> AuditPage:
    """Audit the searches of ``period``; that it was done is recorded. Raises BadInput where the role does not allow it."""
    await require_auditor(node, person)
    looked = await look(node, person, period)
    async with node.store.transaction() as tx:
        record = await ledger.append(node, tx, _run_event(node, person, period, looked.result))
    own = frozenset(finding.key for finding in looked.result.findings if finding.who.user == person.id)
    groups = tuple(grouped(looked.result.findings))
    months = await _months(node, person, period)
    return AuditPage(period, looked.result, groups, looked.said, own, looked.context.names, record, months)


async def _months(node: Node, person: Person, period: Period) -> tuple[MonthTold, ...]:
    """The months of a year that have findings; nothing for a month."""
    told = []
    for part in months_of(node, period) if period.is_year else ():
        looked = await look(node, person, part)
        waiting = sum(waits(finding, looked.said) for finding in looked.result.findings)
        told.append(MonthTold(part.name, len(looked.result.findings), waiting))
    return tuple(one for one in told if one.findings)


@dataclass(frozen=True, slots=True)
class Looked:
    """What an audit of a period comes to, before anybody is told."""

    result: AuditResult
    searches: tuple[AccessRow, ...]
    said: Mapping[str, tuple[Said, ...]]
    context: Context


async def look(node: Node, person: Person, period: Period) -> Looked:
    """Run the patterns, off the event loop. Records nothing: for actions that record their own."""
    async with node.store.transaction(timeout_s=120) as tx:
        policy = await node.policy(tx)
        everybody = await people.persons(tx, node.now())
        searches = tuple(
            [_row(row) async for row in rows.searches(tx, person.organisation, period.begins, period.ends, SEARCHES)]
        )
        said = await _said(tx, person.organisation, period.begins, {known.id: known.name for known in everybody})
        feed_events, fed = await _feeds(tx, person.organisation, period)
    inputs = await asyncio.to_thread(load_inputs, node.settings.data)
    kept = (await plan_lately(node)).longest(person.organisation)
    context = _context(node, policy, person.organisation, everybody, inputs, period, kept)
    result = await asyncio.to_thread(audit, searches, _PRESENT, context)
    untried = tuple((pattern, _LAID.get(pattern, why)) for pattern, why in result.not_tried)
    findings = (*audit_feeds(feed_events, fed, context), *result.findings)
    result = replace(result, findings=findings, tried=(*result.tried, *FEED_TITLES), not_tried=untried)
    return Looked(result, searches, _settled(result.findings, said), context)


async def _feeds(tx: Connection, agency: str, period: Period) -> tuple[list[FeedEvent], list[Fed]]:
    """What ever approved and ended the agency's feeds, and what went out on them in ``period``."""
    types = [str(kind) for kind in (EventType.FEED_APPROVED, EventType.FEED_ENDED, EventType.FEED_REFUSED)]
    every = await events.events(tx, types=types, limit=_VERDICTS)
    told = [
        FeedEvent(event.seq, event.type, event.at, fields_of(bytes(event.body)))
        for event in every
        if event.actor == agency and event.body is not None
    ]
    fed = [
        Fed(
            one.feed,
            agency,
            one.messages,
            one.reads,
            one.first_seq,
            one.last_seq,
            one.last_at,
            frozenset(one.receivers),
        )
        for one in await feeds.fed(tx, agency, period.begins, period.ends)
    ]
    return told, fed


def _settled(findings: Sequence[Finding], said: Mapping[str, tuple[Said, ...]]) -> Mapping[str, tuple[Said, ...]]:
    """Verdicts by the finding's key, also those from when a key was made of the rows: it named the rows there were until then."""
    known = {finding.key for finding in findings}
    found = dict(said)
    for key, verdicts_ in said.items():
        if key in known:
            continue
        for finding in findings:
            if finding.pattern == verdicts_[0].pattern and finding.rows_key(verdicts_[0].seq) == key:
                both = (*found.get(finding.key, ()), *verdicts_)
                found[finding.key] = tuple(sorted(both, key=lambda one: one.seq))
                del found[key]
                break
    return found


def since(finding: Finding, said: Mapping[str, tuple[Said, ...]]) -> int:
    """How many searches of ``finding`` came after its last verdict: all of them where there is none."""
    last = said[finding.key][-1].seq if said.get(finding.key) else -1
    return sum(row > last for row in finding.rows)


def waits(finding: Finding, said: Mapping[str, tuple[Said, ...]]) -> bool:
    """Whether somebody must say something of ``finding``: nobody did, or it has grown since."""
    return not said.get(finding.key) or since(finding, said) > 0


async def give_verdict(node: Node, person: Person, period: Period, finding: str, judged: str, words: str) -> Said:
    """Say what a finding of ``period`` is. Raises BadInput for one's own searches, no grounds, or a finding that is not there."""
    person = await require_auditor(node, person)
    if judged not in set(Judged):
        raise BadInput(f"a verdict is one of {', '.join(Judged)}", where="verdict")
    looked = await look(node, person, period)
    found = next((one for one in looked.result.findings if one.key == finding), None)
    if found is None:
        raise BadInput("there is no such finding in this period any more: look at the audit again", where="finding")
    now = node.now()
    verdict = judge(found, person.id, Judged(judged), words, now)
    body: dict[str, JSON] = {
        "finding": verdict.finding, "pattern": found.pattern, "verdict": str(verdict.judged), "by": person.id,
        "about": [found.who.user] if found.who.user else [], "note": verdict.words[:1000],
    }  # fmt: skip
    async with node.store.transaction() as tx:
        seq = await ledger.append(node, tx, Event(EventType.AUDIT_VERDICT, now, person.organisation, body))
    return Said(seq, found.pattern, now, person.id, person.name, verdict.judged, verdict.words)


async def require_auditor(node: Node, person: Person) -> Person:
    """``person`` as they are now. Raises BadInput unless their role audits."""
    async with node.store.transaction() as tx:
        person = await node.current(tx, person)
    if not person.may(Permission.ACCESS_LOG):
        raise NotAllowed("the auditor and the privacy officer audit searches", where="person")
    return person


def _row(row: rows.SearchRow) -> AccessRow:
    words = row.words or title(row.reason)
    asked = row.query
    return AccessRow(
        line=row.seq,
        at=row.at,
        user=row.user_id,
        organisation=row.organisation,
        plate=row.plate or "",
        reason=f"{title(row.reason)}: {words}" if row.reason in REFUSABLE else words,
        case=row.case_no or "",
        offence=row.offence or "",
        begins=_instant(asked.get("from")),
        ends=_instant(asked.get("to")),
        networks=len(row.owners),
        search_type=row.act,
        on_behalf_of=row.on_behalf_of or "",
        session=row.session or "",
    )


def _instant(text: object) -> datetime | None:
    return datetime.fromisoformat(text) if isinstance(text, str) else None


def _context(
    node: Node,
    policy: Policy,
    agency: str,
    everybody: Sequence[Person],
    inputs: Inputs,
    period: Period,
    kept: int | None,
) -> Context:
    day = node.now().date()
    own = policy.registry.agencies.get(agency)
    names = {known.id: known.name for known in everybody}
    auditors = {known.id for known in everybody if known.role in (Role.AUDITOR, Role.PRIVACY_OFFICER)}

    def classify(name: str) -> Classification | None:
        return policy.registry.classify(name, day) if name in policy.registry.agencies else None

    return Context(
        retention_days=-(-kept // 1440) if kept else None,
        shifts=inputs.shifts,
        zone=ZoneInfo(node.settings.time_zone),
        trained_until=inputs.trained_until,
        listed=inputs.listed,
        secret=inputs.secret,
        heads=inputs.heads | auditors,
        own=agency,
        own_states=frozenset({own.state}) if own and own.state else frozenset(),
        classify=classify,
        show_names=True,
        names=names | {known.id: known.called for known in policy.registry.agencies.values()},
        period=period.name,
        salt=node.publisher.secret("findings"),
    )


async def verdicts(node: Node, agency: str, period: Period) -> Mapping[str, tuple[Said, ...]]:
    """Every verdict that reviewers of ``agency`` gave since ``period`` began, by what it is about."""
    async with node.store.transaction() as tx:
        everybody = await people.persons(tx, node.now())
        return await _said(tx, agency, period.begins, {known.id: known.name for known in everybody})


async def _said(
    tx: Connection, agency: str, since: datetime, names: Mapping[str, str]
) -> Mapping[str, tuple[Said, ...]]:
    """Every verdict that reviewers of ``agency`` gave since the period began, oldest first, by the finding's key."""
    found: dict[str, tuple[Said, ...]] = {}
    every = await events.events(tx, types=[str(EventType.AUDIT_VERDICT)], begins=since, limit=_VERDICTS)
    for event in reversed(every):
        if event.actor != agency or event.body is None:
            continue
        told = fields_of(bytes(event.body))
        if told["verdict"] in set(Judged):
            by = told["by"]
            called, judged = names.get(by, by), Judged(told["verdict"])
            said = Said(event.seq, told["pattern"], event.at, by, called, judged, told.get("note", ""))
            found[told["finding"]] = (*found.get(told["finding"], ()), said)
    return found


async def audited_from(node: Node, agency: str, period: Period) -> frozenset[datetime]:
    """The instants within ``period`` from which audits of ``agency``'s searches began."""
    async with node.store.transaction() as tx:
        every = await events.events(tx, types=[str(EventType.AUDIT_RUN)], begins=period.begins, limit=_VERDICTS)
    told = [fields_of(bytes(event.body)) for event in every if event.actor == agency and event.body is not None]
    return frozenset(parse_instant(fields["from"]) for fields in told)


def _run_event(node: Node, person: Person, period: Period, result: AuditResult) -> Event:
    body: dict[str, JSON] = {
        "from": write_instant(period.begins), "to": write_instant(period.ends), "records": result.rows,
        "findings": dict(result.counts()), "by": person.id,
    }  # fmt: skip
    return Event(EventType.AUDIT_RUN, node.now(), person.organisation, body)


def waiting(page: AuditPage) -> tuple[Finding, ...]:
    """The findings that wait for a verdict, the gravest first."""
    return tuple(finding for finding in page.result.findings if waits(finding, page.said))
