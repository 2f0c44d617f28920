"""What an agency has received from this node: answers, hits, exports, productions, and what older records tell.

Answers are counted by their access records; what else leaves for another agency is said here (``delivered``) by whoever sends it.
Everybody who oversees an owner may ask about that owner's reads; that somebody asked is recorded.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from plateward.core.canonical import JSON
from plateward.core.errors import BadInput
from plateward.core.event import Event, EventType, write_instant
from plateward.core.people import Permission, Person
from plateward.core.policy import Policy
from plateward.node import ledger
from plateward.node.node import Node
from plateward.node.sharing.change import Change
from plateward.oversight.exposure import Delivery, Exposure, as_csv, exposure, family_of
from plateward.store import exposure as rows
from plateward.store import sharing as recalled
from plateward.store.connection import Connection
from plateward.store.sharing import Recall

HERE = "this node's ledger"
EMERGENCY = "emergency"
_NEARNESS = ("account", "employer", "on behalf", "assignment")

_KINDS: Mapping[str, str] = {
    EventType.ACCESS_SEARCH: "search",
    EventType.ACCESS_READ: "search",
    EventType.ACCESS_PICTURE: "picture",
    EventType.ACCESS_LIVE: "live",
    EventType.ACCESS_UNMASK: "search",
    EventType.ACCESS_EXPORT: "export",
}
_OF_ACCESS = frozenset({*_KINDS, EMERGENCY})
"""What a delivery is called that was an answer."""


@dataclass(frozen=True, slots=True)
class ExposureAnswer:
    """What was found for whom, in names too. ``owner``: whose reads it is about; ``recalls``: what was asked back of the agency
    and its parts, and what they answered, latest first.
    """

    owner: str
    exposure: Exposure
    recalls: tuple[Recall, ...]
    names: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class MadeReport:
    """A report as it was kept. ``document`` is CSV, and ``digest`` (hex) its SHA-256 as the ledger has it."""

    id: str
    owner: str
    agency: str
    agency_name: str
    made_at: datetime
    deliveries: int
    digest: str
    document: str


async def exposure_of(node: Node, person: Person, agency: str) -> ExposureAnswer:
    """What ``agency`` and its parts received of the reads of the person's own agency, ever. Raises BadInput for another role."""
    async with node.store.transaction() as tx:
        policy = await node.policy(tx)
        person = await node.current(tx, person)
        _require(person)
        owner = person.organisation
        found = await received(tx, policy, agency, owner)
        asked = [
            row for row in await recalled.recalls(tx, owner) if row.owner == owner and row.receiver in found.family
        ]
        body: dict[str, JSON] = {
            "person": person.id, "organisation": owner, "agency": agency, "rows": len(found.deliveries),
        }  # fmt: skip
        await ledger.append(node, tx, Event(EventType.ACCESS_EXPOSURE, node.now(), owner, body))
    named = {owner, agency, *(one.receiver for one in found.deliveries), *(one.receiver for one in asked)}
    return ExposureAnswer(owner, found, tuple(asked), {name: policy.registry.called(name) for name in named})


async def received(tx: Connection, policy: Policy, agency: str, owner: str | None) -> Exposure:
    """What ``agency`` and its parts received, of one owner or of all."""
    family = family_of(policy.registry, agency)
    deliveries = [
        *_answers(await rows.answered(tx, family, owner), frozenset(family), owner),
        *_entered(await rows.deliveries(tx, family, owner)),
    ]
    return exposure(agency, family, deliveries)


async def delivered(
    node: Node, tx: Connection, owner: str, receiver: str, *,
    kind: str, record: int, by: str, reads: int = 1, share: str | None = None, purpose: str = "",
) -> None:  # fmt: skip
    """Say that ``receiver`` gets something of ``owner`` which is no answer to an access request: call it in the transaction that
    hands it out, for every receiver.

    ``kind``: what it is in a word ("hit" for a partner's alert, "production"); ``reads``: how many; ``record``: the number that
    ``ledger.append`` gave the event that tells of it; ``share``: under which; ``by``: the person's id, or "node". What an owner
    sends to itself is left out. Answers that pass the gate are counted by their access records and need no word here.
    """
    if owner == receiver:
        return
    one = rows.Entered(0, node.now(), owner, receiver, share, kind, reads, purpose, HERE, record)
    await rows.add_delivery(tx, one, by=by, now=node.now())


def _answers(found: Iterable[rows.Answered], family: frozenset[str], owner: str | None) -> Iterator[Delivery]:
    """Answers, each for every owner that gave one; the owner's own people are not a receiver of its reads."""
    for row in found:
        receiver, because = _behind(row, family)
        kind = EMERGENCY if row.emergency else _KINDS.get(row.act, row.act)
        for told in row.decisions:
            if not told["allowed"] or (owner is not None and told["agency"] != owner):
                continue
            if told["agency"] == receiver or (row.act != EventType.ACCESS_LIVE and not told["rows"]):
                continue
            yield Delivery(
                row.at, told["agency"], receiver, kind, told["rows"], tuple(told["shares"]), row.reason, because, row.seq, HERE
            )  # fmt: skip


def _behind(row: rows.Answered, family: frozenset[str]) -> tuple[str, str]:
    """Which of ``family`` stood behind the asker, and how."""
    if row.organisation in family:
        return row.organisation, "account"
    if row.employer in family:
        return row.employer, "employer"
    if row.on_behalf_of in family and row.on_behalf_of is not None:
        return row.on_behalf_of, "on behalf"
    return row.assigned[0], "assignment"


def _entered(found: Iterable[rows.Entered]) -> Iterator[Delivery]:
    """What no access record tells of. Of an answer whose record is erased, each party behind the asker has a row: the nearest of
    the family counts, once.
    """
    counted: set[tuple[int, str]] = set()
    for row in sorted(found, key=lambda one: _NEARNESS.index(one.because)):
        if row.kind in _OF_ACCESS and row.record is not None:
            if (row.record, row.owner) in counted:
                continue
            counted.add((row.record, row.owner))
        yield Delivery(
            row.at, row.owner, row.receiver, _KINDS.get(row.kind, row.kind), row.reads,
            tuple(row.share_id.split()) if row.share_id else (), row.purpose, row.because, row.record, row.source,
        )  # fmt: skip


async def report(change: Change, policy: Policy, agency: str, owner: str) -> Exposure:
    """Make and keep the report of what ``agency`` had received of ``owner`` until now, and tell the ledger its digest."""
    found = await received(change.tx, policy, agency, owner)
    document = as_csv(found)
    digest, made = sha256(document.encode()), change.new_id()
    await rows.add_report(
        change.tx,
        rows.Report(made, owner, agency, change.now, len(found.deliveries), digest.digest(), document),
    )
    body: dict[str, JSON] = {
        "report": str(made), "agency": agency, "owner": owner, "deliveries": len(found.deliveries),
        "digest": digest.hexdigest(),
    }  # fmt: skip
    change.tell(EventType.EXPOSURE_REPORTED, owner, body)
    return found


async def reports(node: Node, person: Person) -> tuple[MadeReport, ...]:
    """The reports of the person's own agency, latest first. Raises BadInput for another role."""
    _require(person)
    async with node.store.transaction() as tx:
        policy = await node.policy(tx)
        found = await rows.reports(tx, person.organisation)
    return tuple(
        MadeReport(
            str(row.report_id), row.owner, row.agency, policy.registry.called(row.agency), row.made_at, row.deliveries,
            bytes(row.digest).hex(), row.document,
        )
        for row in found
    )  # fmt: skip


async def enter_deliveries(node: Node, owner: str, deliveries: Sequence[Delivery], *, by: str) -> None:
    """Enter what left before this node kept the log, as another system's records tell it; the ledger keeps a digest of them."""
    async with node.store.transaction() as tx:
        for one in deliveries:
            share = one.shares[0] if one.shares else None
            entered = rows.Entered(
                0, one.at, one.owner, one.receiver, share, one.kind, one.reads, one.purpose, one.source
            )
            await rows.add_delivery(tx, entered, by=by, now=node.now())
        for receiver in sorted({one.receiver for one in deliveries}):
            told = exposure(receiver, (receiver,), (one for one in deliveries if one.receiver == receiver))
            number = sha256(f"{owner}{receiver}{write_instant(node.now())}".encode()).hexdigest()[:12]
            body: dict[str, JSON] = {
                "report": f"entered-{number}", "agency": receiver, "owner": owner, "deliveries": len(told.deliveries),
                "digest": sha256(as_csv(told).encode()).hexdigest(),
            }  # fmt: skip
            await ledger.append(node, tx, Event(EventType.EXPOSURE_REPORTED, node.now(), owner, body))


def _require(person: Person) -> None:
    if not person.may(Permission.EXPOSURE):
        raise BadInput(
            "the ALPR administrator, the privacy officer and the auditor ask what was received", where="agency"
        )
