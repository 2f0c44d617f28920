"""Making the reports on searches: access records of a period, the audit of one, and the yearly certificate."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from plateward.core.canonical import JSON
from plateward.core.errors import BadInput
from plateward.core.event import write_instant
from plateward.core.people import Person
from plateward.core.policy import Policy
from plateward.core.purpose import title
from plateward.node.node import Node
from plateward.node.overseeing.audit import SEARCHES, Looked, audited_from, look, require_auditor, waits
from plateward.node.overseeing.periods import Period, months_of, period
from plateward.node.overseeing.report_standing import checks_table
from plateward.node.overseeing.reports import Content, Report, Table, keep
from plateward.node.overseeing.sample import find_sample
from plateward.node.sharing.conformity import check_policy
from plateward.oversight.audit.findings import Judged
from plateward.oversight.certificate import Survey, Year, document
from plateward.store import audit as rows

_LAW = (
    "Civ. Code 1798.90.52(a) asks that every access be recorded with date, time, query, user, organisation and purpose."
)


async def access_records(node: Node, person: Person, when: Period, *, public: bool) -> Report:
    """Every search of a period by the agency's people and of its reads (Civ. Code 1798.90.52); redacted for the public."""
    person = await require_auditor(node, person)
    async with node.store.transaction(timeout_s=120) as tx:
        policy = await node.policy(tx)
        found = [row async for row in rows.searches(tx, person.organisation, when.begins, when.ends, SEARCHES)]
        counted = await rows.counted(tx, when.begins, when.ends)
        table = _redacted(node, found, policy) if public else _whole(found, policy)
        content = Content(
            f"Access records, {when.name}",
            (_LAW, *(_PUBLIC_NOTES if public else ("This copy names people; it is deleted after 30 days.",))),
            (table, _counts(counted)),
            () if public else tuple(row.seq for row in found),
            _when(when),
        )
        return await keep(node, tx, person, "access-records", content, public=public)


_PUBLIC_NOTES = (
    "Persons have ids made for this report alone; the same person has another one in every report. Plates, case numbers and the "
    "words people typed are left out, and times are days.",
    "Anybody can count the entries of the public ledger, whose type, time and agency are open, and compare it with the last table.",
)


def _whole(found: Sequence[rows.SearchRow], policy: Policy) -> Table:
    columns = (
        "record", "time", "person", "organisation", "employer", "on_behalf_of", "query", "reason", "words", "case", "offence",
        "answered", "reads", "owners_refused",
    )  # fmt: skip
    called = policy.registry.called
    told: list[tuple[JSON, ...]] = [
        (
            row.seq, write_instant(row.at), row.user_id, called(row.organisation), called(row.employer),
            called(row.on_behalf_of) if row.on_behalf_of else "", _asked(row), title(row.reason), row.words, row.case_no or "",
            row.offence or "", "yes" if row.allowed else "no", row.rows, " ".join(row.refused),
        )
        for row in found
    ]  # fmt: skip
    return Table("Searches", columns, tuple(told))


def _asked(row: rows.SearchRow) -> str:
    return ", ".join(
        f"{name} {value if isinstance(value, str) else ' '.join(map(str, value))}" for name, value in row.query.items()
    )


def _redacted(node: Node, found: Sequence[rows.SearchRow], policy: Policy) -> Table:
    """Rows that cannot be joined with another release: fresh ids, days, and an order within a day that chance makes."""
    columns = ("day", "person", "organisation", "on_behalf_of", "by", "reason", "case_given", "answered", "reads")
    ids: dict[str, str] = {}
    called = policy.registry.called
    told = []
    for row in found:
        if row.user_id not in ids:
            ids[row.user_id] = f"p-{node.random(5).hex()}"
        cells: tuple[JSON, ...] = (
            f"{row.at:%Y-%m-%d}", ids[row.user_id], called(row.organisation),
            called(row.on_behalf_of) if row.on_behalf_of else "", "plate" if row.plate else "place and time", title(row.reason),
            "yes" if row.case_no else "no", "yes" if row.allowed else "no", _rounded(row.rows),
        )  # fmt: skip
        told.append((f"{row.at:%Y-%m-%d}", node.random(8), cells))
    return Table("Searches", columns, tuple(cells for _, _, cells in sorted(told, key=lambda one: one[:2])))


def _rounded(reads: int) -> str:
    """How many reads, coarsely: an exact number could single a search out."""
    return "none" if not reads else "1 to 9" if reads < 10 else "10 to 99" if reads < 100 else "100 or more"


def _counts(counted: Sequence[rows.Counted]) -> Table:
    told = tuple((one.type, one.actor, one.count) for one in counted)
    return Table("Entries of the public ledger in this period", ("type", "agency", "entries"), told)


async def audit_report(node: Node, person: Person, when: Period, *, public: bool) -> Report:
    """The audit of a period with its verdicts; for the public by pattern, without names."""
    person = await require_auditor(node, person)
    looked = await look(node, person, when)
    tables = (_by_pattern(looked),) if public else (_by_pattern(looked), _findings(looked))
    records = sorted({seq for finding in looked.result.findings for seq in finding.rows})
    untried = [f"Not tried: {pattern}: {why}." for pattern, why in looked.result.not_tried]
    told = f"{looked.result.rows:,} searches, {len(looked.result.tried)} patterns. A finding asks; it accuses nobody."
    content = Content(
        f"Audit of searches, {when.name}", (told, *untried), tables, () if public else tuple(records), _when(when)
    )
    async with node.store.transaction() as tx:
        return await keep(node, tx, person, "audit", content, public=public)


def _by_pattern(looked: Looked) -> Table:
    found: dict[str, Counter[str]] = {}
    for finding in looked.result.findings:
        said = looked.said.get(finding.key, ())
        state = "waiting" if waits(finding, looked.said) else str(said[-1].judged)
        found.setdefault(finding.pattern, Counter())[state] += 1
    columns = ("pattern", "findings", *map(str, Judged), "waiting")
    told: list[tuple[JSON, ...]] = [
        (pattern, counts.total(), *(counts[column] for column in columns[2:]))
        for pattern, counts in sorted(found.items())
    ]
    return Table("Findings by pattern", columns, tuple(told))


def _findings(looked: Looked) -> Table:
    columns = ("finding", "severity", "pattern", "sentence", "records", "verdict", "by", "words")
    told: list[tuple[JSON, ...]] = []
    for finding in looked.result.findings:
        said = looked.said.get(finding.key, ())
        last = said[-1] if said else None
        told.append(
            (
                finding.key, str(finding.severity), finding.pattern, finding.sentence, " ".join(map(str, finding.rows)),
                str(last.judged) if last else "", last.by if last else "", last.words if last else "",
            )
        )  # fmt: skip
    return Table("Findings", columns, tuple(told))


async def certificate(node: Node, person: Person, year: str, complaints: int, remarks: str = "") -> Report:
    """The yearly certificate (New Jersey directive 2022-12), public: what it certifies, and what it cannot."""
    person = await require_auditor(node, person)
    if len(year) != 4:
        raise BadInput("a certificate is of a year, as in 2026", where="year")
    if complaints < 0:
        raise BadInput("how many complaints were received: 0 or more", where="complaints")
    when = period(node, year)
    facts = await _year(node, person, when, complaints, remarks.strip()[:1000])
    said = document(facts, node.now().date())
    columns = ("asks", "holds", "sentence")
    statements: Sequence[dict[str, JSON]] = said["statements"]  # type: ignore[assignment]
    users: Sequence[dict[str, JSON]] = said["users"]  # type: ignore[assignment]
    tables = (
        Table("What is certified", columns, tuple((s["asks"], "yes" if s["holds"] else "no", s["sentence"]) for s in statements)),
        checks_table(facts.checks),
        Table(
            "Users and their training", ("role", "trained_until"),
            tuple((user["role"], user["trained_until"] or "none") for user in users),
        ),
    )  # fmt: skip
    notes = (
        "Made after New Jersey Attorney General Directive 2022-12 from this node's own records.",
        *([] if when.over else [f"The year {year} is not over."]), *([facts.remarks] if facts.remarks else []),
    )  # fmt: skip
    async with node.store.transaction() as tx:
        content = Content(
            f"Certificate {year}", notes, tables, (), {"year": int(year), "certificate": said, **_when(when)}
        )
        return await keep(node, tx, person, "certificate", content, public=True)


async def _year(node: Node, person: Person, when: Period, complaints: int, remarks: str) -> Year:
    """What the year came to, month by month: a verdict belongs to the finding of its month."""
    parts = months_of(node, when)
    searches = waiting = 0
    misuse: set[str] = set()
    for part in parts:
        looked = await look(node, person, part)
        searches += looked.result.rows
        waiting += sum(waits(finding, looked.said) for finding in looked.result.findings)
        misuse |= {key for key, said in looked.said.items() if said[-1].judged is Judged.MISUSE}
    audited = await audited_from(node, person.organisation, when)
    checked = await check_policy(node, person)
    return Year(
        year=int(when.name), agency=person.organisation, searches=searches,
        months=sum(part.begins in audited for part in parts), misuse=len(misuse), waiting=waiting, complaints=complaints,
        remarks=remarks, survey=await _survey(node, person, (when, *parts)), accounts=checked.running.accounts,
        checks=checked.lines,
    )  # fmt: skip


async def _survey(node: Node, person: Person, parts: Sequence[Period]) -> Survey:
    drawn = [sample for part in parts if (sample := await find_sample(node, person, part)) is not None]
    said = [member.said[-1].judged for sample in drawn for member in sample.members if member.said]
    count = sum(len(sample.members) for sample in drawn)
    return Survey(count, len(said), said.count(Judged.MISUSE), tuple(sample.root.hex() for sample in drawn))


def _when(when: Period) -> dict[str, JSON]:
    return {"period": {"name": when.name, "begins": write_instant(when.begins), "ends": write_instant(when.ends)}}
