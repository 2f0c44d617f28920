"""Reports, samples, the policy, drivers' requests and early erasures, for programs."""

from __future__ import annotations

from datetime import datetime

import msgspec
from starlette.responses import Response

from plateward.node.overseeing import driver
from plateward.node.overseeing.discovery import DiscoveryRequest, discover
from plateward.node.overseeing.erasure import Erasure, decide_erasure, erasures, request_erasure
from plateward.node.overseeing.periods import period
from plateward.node.overseeing.reports import Report, reports
from plateward.node.overseeing.sample import COUNT, Sample, draw_sample, find_sample, judge_member
from plateward.node.sharing.conformity import check_policy
from plateward.web.api.overseeing import Which
from plateward.web.endpoint import Call
from plateward.web.pages import reports as pages
from plateward.web.pages.reports import DriverAsks, Make, WhichReport, WhichRequest
from plateward.web.problem import Problem


class Draw(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many records of a period to draw."""

    period: str = ""
    count: int = COUNT


class MemberVerdict(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A reviewer's verdict on one record of a sample."""

    record: int
    verdict: str
    words: str
    period: str = ""


class Discovery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What counsel asks for: one plate, from when to when, in which case."""

    plate: str
    begins: datetime = msgspec.field(name="from")
    ends: datetime = msgspec.field(name="to")
    case: str
    counsel: str


class DriverVerdict(msgspec.Struct, frozen=True):
    """Whether a request with a co-registrant is answered."""

    request_id: str
    answer: bool
    note: str = ""


class Erase(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Entries whose bodies are to be erased before their time, and the law or order it rests on."""

    entries: tuple[int, ...]
    basis: str


class ErasureVerdict(msgspec.Struct, frozen=True):
    """What the second person says."""

    erasure_id: str
    approved: bool
    note: str = ""


class ReportShape(msgspec.Struct, frozen=True):
    """A report that was made. ``digest``: SHA-256 of its document, which ``entry`` of the ledger holds."""

    id: str
    kind: str
    public: bool
    title: str
    made_by: str
    made_at: datetime
    expires: datetime | None
    entry: int
    digest: str


class MemberShape(msgspec.Struct, frozen=True):
    """One record of a sample; ``verdict`` is empty until somebody judged it."""

    record: int
    person: str
    reason: str
    case: str
    verdict: str


class SampleShape(msgspec.Struct, frozen=True):
    """A random sample: the root that seeds it is of the ledger's first ``size`` entries. ``purpose`` is part of the seed."""

    period: str
    purpose: str
    root: str
    size: int
    population: int
    entry: int
    members: tuple[MemberShape, ...]


class LineShape(msgspec.Struct, frozen=True):
    """One line of a checklist: met, not met, or for a person to judge (ask)."""

    id: str
    asks: str
    source: str
    verdict: str
    sentence: str


class AskedShape(msgspec.Struct, frozen=True):
    """A driver's request."""

    id: str
    plate: str
    co_registrant: bool
    entered_by: str
    asked_at: datetime
    answer_from: datetime
    state: str


class ErasureShape(msgspec.Struct, frozen=True):
    """An early erasure. ``approved`` is null until a second person decided."""

    id: str
    entries: tuple[int, ...]
    basis: str
    requested_by: str
    requested_at: datetime
    decided_by: str | None
    approved: bool | None
    note: str


class Entry(msgspec.Struct, frozen=True):
    """The ledger's entry that keeps what was done."""

    entry: int


async def listed(call: Call) -> tuple[ReportShape, ...]:
    """The reports that you may see, latest first."""
    return tuple(map(_report, await reports(call.node, call.who)))


async def make(call: Call, asked: Make) -> ReportShape:
    """Make a report: access-records, audit, certificate, checklist or exposure."""
    return _report(await pages.make_report(call, asked))


async def document(call: Call, asked: WhichReport) -> Response:
    """The document byte for byte."""
    return await pages.as_json(call, asked)


async def receipt(call: Call, asked: WhichReport) -> Response:
    """The proof that its digest stands in the public ledger."""
    return await pages.receipt(call, asked)


async def bodies(call: Call, asked: WhichReport) -> Response:
    """Its records as the ledger holds them, for the verifier."""
    return await pages.bodies(call, asked)


async def discovery(call: Call, asked: Discovery) -> ReportShape:
    """Make a discovery report through the gate."""
    request = DiscoveryRequest(asked.plate, asked.begins, asked.ends, asked.case, asked.counsel, call.signed_in.id)
    found = await discover(call.node, call.who, request)
    if found.report is None:
        raise Problem(403, found.refusal or "Refused.", next_step=f"Access record {found.access_records[0]} says why.")
    return _report(found.report)


async def sample(call: Call, asked: Which) -> SampleShape:
    """The random sample of a period."""
    found = await find_sample(call.node, call.who, period(call.node, asked.period))
    if found is None:
        raise Problem(404, "No sample of this period was drawn.", next_step="POST to the same address draws one.")
    return _sample(found)


async def draw(call: Call, asked: Draw) -> SampleShape:
    """Draw the random sample of a period."""
    return _sample(await draw_sample(call.node, call.who, period(call.node, asked.period), asked.count))


async def judge(call: Call, asked: MemberVerdict) -> Entry:
    """Record a verdict on one record of a sample."""
    when = period(call.node, asked.period)
    return Entry(await judge_member(call.node, call.who, when, asked.record, asked.verdict, asked.words))


async def checklist(call: Call) -> tuple[LineShape, ...]:
    """What the policy says beside what is so."""
    checked = await check_policy(call.node, call.who)
    return tuple(LineShape(one.id, one.asks, one.source, str(one.verdict), one.sentence) for one in checked.lines)


async def drivers(call: Call) -> tuple[AskedShape, ...]:
    """The requests of drivers."""
    return tuple(map(_asked, await driver.requests(call.node, call.who)))


async def driver_asks(call: Call, asked: DriverAsks) -> AskedShape:
    """Enter a driver's request, with what proved identity and registration."""
    return _asked(
        await driver.ask(
            call.node, call.who, asked.plate, asked.identity, asked.registration, co_registrant=asked.co_registrant
        )
    )


async def driver_review(call: Call, asked: DriverVerdict) -> AskedShape:
    """Decide, as a second person, whether a request with a co-registrant is answered."""
    return _asked(await driver.review(call.node, call.who, asked.request_id, answer=asked.answer, note=asked.note))


async def driver_answer(call: Call, asked: WhichRequest) -> ReportShape:
    """Answer a request: counts, agencies and purposes."""
    return _report(await driver.answer(call.node, call.who, asked.request_id))


async def erased(call: Call) -> tuple[ErasureShape, ...]:
    """Early erasures that were asked for."""
    return tuple(map(_erasure, await erasures(call.node, call.who)))


async def erase(call: Call, asked: Erase) -> ErasureShape:
    """Ask for an early erasure; a second person decides."""
    return _erasure(await request_erasure(call.node, call.who, asked.entries, asked.basis))


async def decide(call: Call, asked: ErasureVerdict) -> ErasureShape:
    """Approve (which erases at once) or refuse, as the second person."""
    return _erasure(
        await decide_erasure(call.node, call.who, asked.erasure_id, approved=asked.approved, note=asked.note)
    )


def _report(made: Report) -> ReportShape:
    return ReportShape(
        str(made.id),
        made.kind,
        made.public,
        made.title,
        made.made_by,
        made.made_at,
        made.expires,
        made.entry,
        made.digest,
    )


def _sample(found: Sample) -> SampleShape:
    members = tuple(
        MemberShape(
            member.seq, member.row.person if member.row else "", member.row.reason if member.row else "",
            (member.row.case or "") if member.row else "", str(member.said[-1].judged) if member.said else "",
        )
        for member in found.members
    )  # fmt: skip
    return SampleShape(
        found.period.name, found.purpose, found.root.hex(), found.size, found.population, found.record, members
    )


def _asked(one: driver.Asked) -> AskedShape:
    return AskedShape(one.id, one.plate, one.co_registrant, one.entered_by, one.asked_at, one.answer_from, one.state)


def _erasure(one: Erasure) -> ErasureShape:
    return ErasureShape(
        str(one.erasure_id), tuple(one.indexes), one.basis, one.requested_by, one.requested_at, one.decided_by, one.approved,
        one.note,
    )  # fmt: skip
