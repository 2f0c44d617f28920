"""Reading the registry's tables into core values.

The tables are tab-separated text under ``data/``: agencies (``federal``, ``state``, ``bodies``, ``local``), ``affiliations``,
``t287g`` and ``sources``. Each row names the keys of the sources it was taken from; an agency's own edges rest on its first.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import cache
from importlib import resources

from plateward.core.agency import Affiliation, Agency, AgencyKind, AgencyStatus, Registry, Relation, Source
from plateward.core.errors import BadInput

AGENCY_TABLES = ("federal", "state", "bodies", "local")
"""Tables of agencies, in the order they are read; an id stands in one of them only."""

AGENCY_COLUMNS = (
    "id", "name", "kind", "state", "place", "county", "ori", "part_of", "is_a", "status", "aliases", "sources",
)  # fmt: skip
AFFILIATION_COLUMNS = ("agency", "relation", "target", "source", "since", "until")
SOURCE_COLUMNS = ("key", "title", "date", "link")
COMPILED = date(2026, 11, 22)
"""The day the tables were compiled: classifications without a day of their own are as of this one."""


def rows(table: str, columns: tuple[str, ...]) -> Iterator[list[str]]:
    """The cells of each row of ``data/<table>.tsv``. Raises BadInput naming file and line where the columns do not fit."""
    text = resources.files("plateward.registry").joinpath("data", f"{table}.tsv").read_text(encoding="utf-8")
    lines = text.split("\n")
    if tuple(lines[0].split("\t")) != columns:
        raise BadInput(f"the first line must name the columns {', '.join(columns)}", where=f"{table}.tsv, line 1")
    for number, line in enumerate(lines[1:], 2):
        if not line:
            continue
        cells = line.split("\t")
        if len(cells) != len(columns):
            raise BadInput(f"{len(cells)} cells instead of {len(columns)}", where=f"{table}.tsv, line {number}")
        yield cells


def parts(cell: str) -> tuple[str, ...]:
    """The values of a cell that holds several, separated by ``|``."""
    return tuple(cell.split("|")) if cell else ()


@cache
def agency_rows() -> tuple[list[str], ...]:
    """The rows of all agency tables, as cells in the order of ``AGENCY_COLUMNS``."""
    return tuple(cells for table in AGENCY_TABLES for cells in rows(table, AGENCY_COLUMNS))


@cache
def sources() -> dict[str, Source]:
    """Every source by its key."""
    return {
        key: Source(title, date.fromisoformat(day), link) for key, title, day, link in rows("sources", SOURCE_COLUMNS)
    }


@cache
def load() -> Registry:
    """The registry that comes with the program. Read once for each process."""
    known = sources()
    agencies: list[Agency] = []
    edges: list[Affiliation] = []
    for cells in agency_rows():
        agencies.append(_agency(cells, known))
        edges.extend(_edges(cells, known))
    for table in ("affiliations", "t287g"):
        for agency, relation, target, source, since, until in rows(table, AFFILIATION_COLUMNS):
            edges.append(Affiliation(agency, Relation(relation), target, known[source], _day(since), _day(until)))
    return Registry.of(agencies, edges)


_CALLED = {
    "us-dhs": "DHS",
    "us-dhs-ice": "ICE",
    "us-dhs-cbp": "CBP",
    "us-dhs-tsa": "TSA",
    "us-doj-atf": "ATF",
    "us-doj-dea": "DEA",
    "us-doj-fbi": "FBI",
}
"""Bodies that everybody calls by their initials, also in a sentence."""


def _agency(cells: list[str], known: dict[str, Source]) -> Agency:
    id_, name, kind, state, place, county, ori, _, _, status, aliases, keys = cells
    return Agency(
        id=id_,
        name=name,
        kind=AgencyKind(kind),
        country=id_.partition("-")[0].upper() if "foreign" in cells[8] else "US",
        state=state or None,
        short=_CALLED.get(id_),
        ori=ori or None,
        place=place or None,
        aliases=tuple(alias.lstrip("=~") for alias in parts(aliases)),
        sources=tuple(known[key] for key in parts(keys)),
        county=county or None,
        status=AgencyStatus(status or "active"),
    )


def _edges(cells: list[str], known: dict[str, Source]) -> Iterator[Affiliation]:
    if not (cells[7] or cells[8]):
        return
    source = known[parts(cells[11])[0]]
    for target in parts(cells[7]):
        yield Affiliation(cells[0], Relation.PART_OF, target, source)
    for component in parts(cells[8]):
        yield Affiliation(cells[0], Relation.IS_A, component, source)


def _day(cell: str) -> date | None:
    return date.fromisoformat(cell) if cell else None
