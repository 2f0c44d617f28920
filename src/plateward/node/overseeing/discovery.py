"""Discovery, for defence counsel: every reading of a plate with its alternatives, and what was near and did not match.

The report shows how sure each reading was, what else the recogniser considered, corrections, and reads of plates that differ in one
look-alike or one character in the same time, which were not counted as matches. It passes the gate like any search.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from plateward.core.canonical import JSON
from plateward.core.errors import BadInput
from plateward.core.event import write_instant
from plateward.core.people import Person
from plateward.core.plate import Likeness, PlatePattern
from plateward.core.purpose import Purpose
from plateward.node.node import Node
from plateward.node.overseeing.reports import OF_READS, Content, Report, Table, keep
from plateward.node.search import FoundRead, SearchRequest, search

MOST = 500


@dataclass(frozen=True, slots=True)
class DiscoveryRequest:
    """What counsel asks: one whole plate, from when to when, in which case, and who asked (name of counsel, court's order)."""

    plate: str
    begins: datetime
    ends: datetime
    case: str
    counsel: str
    session: str | None = None


@dataclass(frozen=True, slots=True)
class Discovered:
    """The report, or why an owner refused. ``access_records``: the searches that were recorded for it."""

    report: Report | None
    refusal: str | None
    access_records: tuple[int, ...]


async def discover(node: Node, person: Person, asked: DiscoveryRequest) -> Discovered:
    """Make the report as ``person``, who must be allowed to search. Raises BadInput for what is missing."""
    if not asked.case.strip():
        raise BadInput("name the case", where="case")
    if len(asked.counsel.strip()) < 5:
        raise BadInput("name counsel and the request or order", where="counsel")
    plain = PlatePattern.parse(asked.plate, Likeness.ONE_EDIT)
    purpose = Purpose("court-order", f"discovery for {asked.counsel.strip()}"[:200], asked.case.strip())
    records = []
    found: dict[Likeness, tuple[FoundRead, ...]] = {}
    for likeness in (Likeness.EXACT, Likeness.LOOK_ALIKE, Likeness.ONE_EDIT):
        pattern = PlatePattern.parse(plain.text, likeness)
        request = SearchRequest(
            pattern, purpose, asked.begins, asked.ends, owners=(person.organisation,), limit=MOST, session=asked.session
        )
        answer = await search(node, person, request)
        records.append(answer.access_record)
        refused = [owner.why for owner in answer.owners if not owner.allowed]
        if refused:
            return Discovered(None, refused[0], tuple(records))
        found[likeness] = answer.reads
    async with node.store.transaction() as tx:
        content = _content(plain.text, asked, found, records)
        # A copy outlives no read in it: what is needed longer is held.
        until = min((one.expires for reads in found.values() for one in reads), default=None)
        made = await keep(node, tx, person, OF_READS, content, public=False, until=until)
    return Discovered(made, None, tuple(records))


def _content(
    plate: str, asked: DiscoveryRequest, found: dict[Likeness, tuple[FoundRead, ...]], records: list[int]
) -> Content:
    matches = found[Likeness.EXACT]
    seen = {one.read.id for one in matches}
    near: list[tuple[str, FoundRead]] = []
    for likeness, words in ((Likeness.LOOK_ALIKE, "looks alike"), (Likeness.ONE_EDIT, "differs in one character")):
        for one in found[likeness]:
            if one.read.id not in seen:
                seen.add(one.read.id)
                near.append((words, one))
    notes = [
        f"Reads of {plate} from {write_instant(asked.begins)} to {write_instant(asked.ends)}, for {asked.counsel.strip()}, case "
        f"{asked.case.strip()}.",
        "A reading is what a program took a picture to say. Confidence is the program's own estimate, not a probability that the "
        "reading is right: the picture decides. Other readings are what it considered besides.",
    ]
    if any(len(reads) >= MOST for reads in found.values()):
        notes.append(f"There are more than {MOST} reads: ask for a shorter time to see all.")
    columns = ("read", "time", "reader", "plate_read", "as_read", "confidence_percent", "other_readings", "corrects")
    return Content(
        f"Discovery, case {asked.case.strip()}",
        tuple(notes),
        (
            Table("Matches", columns, tuple(_cells(one) for one in matches)),
            Table(
                "Near, and not counted as matches", ("why", *columns), tuple((why, *_cells(one)) for why, one in near)
            ),
        ),
        tuple(records),
    )


def _cells(one: FoundRead) -> tuple[JSON, ...]:
    read = one.read
    others = ", ".join(f"{text} {round(share * 100)} %" for text, share in read.candidates if text != read.plate)
    return (
        str(read.id), write_instant(read.read_at), one.reader_name, read.plate, read.plate_raw or "",
        round(read.confidence * 100), others, str(read.corrects) if read.corrects else "",
    )  # fmt: skip
