"""Reports on how things stand: the checklists held against the running node, and what an agency has received, ever."""

from __future__ import annotations

from collections.abc import Sequence

from plateward.core.canonical import JSON
from plateward.core.event import write_instant
from plateward.core.people import Person
from plateward.core.purpose import REASONS
from plateward.node.node import Node
from plateward.node.overseeing.reports import Content, Report, Table, keep
from plateward.node.sharing.conformity import check_policy
from plateward.node.sharing.exposure import ExposureAnswer, exposure_of
from plateward.oversight.checklist import Line


def checks_table(lines: Sequence[Line]) -> Table:
    """The lines of checklists as a table."""
    told: tuple[tuple[JSON, ...], ...] = tuple(
        (line.id, line.asks, line.source, str(line.verdict), line.sentence) for line in lines
    )
    return Table("Checklists", ("line", "asks", "source", "verdict", "sentence"), told)


async def checklist_report(node: Node, person: Person, *, public: bool) -> Report:
    """The parts of a policy under Civ. Code 1798.90.51(b)(2), and State Auditor 2019-118, line by line. It names no person."""
    checked = await check_policy(node, person)
    notes = (
        "What is written (policy.toml) held against how the node ran when this was made. A line that says “ask” needs a person.",
        *((checked.problem,) if checked.problem else ()),
    )
    content = Content("Checklists of the usage policy", notes, (checks_table(checked.lines),))
    async with node.store.transaction() as tx:
        return await keep(node, tx, person, "checklist", content, public=public)


async def exposure_report(node: Node, person: Person, agency: str) -> Report:
    """Everything that ``agency`` and its parts received of the reads of the person's agency, with each delivery's record.

    Raises BadInput for another role.
    """
    answer = await exposure_of(node, person, agency)
    records = tuple(sorted({one.record for one in answer.exposure.deliveries if one.record is not None}))
    async with node.store.transaction() as tx:
        return await keep(node, tx, person, "exposure", _exposure(answer, records), public=False)


def _exposure(answer: ExposureAnswer, records: tuple[int, ...]) -> Content:
    def called(agency: str) -> str:
        return answer.names.get(agency, agency)

    found = answer.exposure
    totals = Table(
        "In all", ("kind", "share", "deliveries", "reads", "first", "last"),
        tuple(
            (one.kind, one.share or "no share", one.deliveries, one.reads, write_instant(one.first), write_instant(one.last))
            for one in found.totals
        ),
    )  # fmt: skip
    deliveries = Table(
        "Deliveries", ("time", "receiver", "kind", "reads", "shares", "purpose", "because", "record", "source"),
        tuple(
            (
                write_instant(one.at), called(one.receiver), one.kind, one.reads, " ".join(one.shares),
                REASONS[one.purpose][0] if one.purpose in REASONS else one.purpose, one.because,
                one.record if one.record is not None else "", one.source,
            )
            for one in found.deliveries
        ),
    )  # fmt: skip
    recalls = Table(
        "Asked back", ("share", "receiver", "asked", "answer"),
        tuple(
            (one.share_id, called(one.receiver), write_instant(one.asked_at), one.answer or "none yet")
            for one in answer.recalls
        ),
    )  # fmt: skip
    notes = (
        f"What {called(found.agency)} and its parts received of the reads of {called(answer.owner)}, as far as records go.",
        "Deliveries with a record stand in this node's ledger and can be proved one by one; others were entered from another "
        "system's records, which are named as their source.",
    )
    return Content(f"Exposure to {called(found.agency)}", notes, (totals, deliveries, recalls), records)
