"""The registry indexed for looking names up: by alias, and by form, body and state."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from plateward.core.agency import Component
from plateward.registry.federal import FederalIndex
from plateward.registry.forms import Form
from plateward.registry.names import normal
from plateward.registry.places import places
from plateward.registry.states import STATES
from plateward.registry.tables import agency_rows

_FORMS = {form.value: form for form in Form}


@dataclass(frozen=True, slots=True)
class Entry:
    """One agency as the index knows it. ``county`` tells namesakes within one state apart."""

    agency: str
    state: str | None
    county: str | None = None


@dataclass(frozen=True, slots=True)
class Index:
    """``aliases`` by normalised text; ``bodies`` by form and body; ``in_state`` the bodies of a form in a state."""

    federal: FederalIndex
    aliases: Mapping[str, tuple[Entry, ...]]
    bodies: Mapping[tuple[Form, str], tuple[Entry, ...]]
    in_state: Mapping[tuple[Form, str], tuple[str, ...]]

    @staticmethod
    def of(rows: Iterable[list[str]], virginia: frozenset[str]) -> Index:
        """Index agency rows (cells in the order of ``load.AGENCY_COLUMNS``)."""
        table = list(rows)
        federal = _federal_ids(table)
        aliases: dict[str, list[Entry]] = {}
        bodies: dict[tuple[Form, str], list[Entry]] = {}
        in_state: dict[tuple[Form, str], list[str]] = {}
        for cells in table:
            if cells[0] in federal:
                continue
            entry = Entry(cells[0], cells[3] or None)
            if key := key_of(cells[0]):
                form, body, county = key
                bodies.setdefault((form, body), []).append(Entry(cells[0], entry.state, county))
                in_state.setdefault((form, cells[3]), []).append(body)
            if key is None or cells[10]:
                names = [cells[1]] if key is None else []
                for alias in {alias_key(raw.lstrip("=~")) for raw in (*names, *cells[10].split("|"))} - {""}:
                    aliases.setdefault(alias, []).append(entry)
        return Index(
            FederalIndex.of((cells for cells in table if cells[0] in federal), virginia),
            {alias: tuple(found) for alias, found in aliases.items()},
            {key: tuple(found) for key, found in bodies.items()},
            {key: tuple(found) for key, found in in_state.items()},
        )


def alias_key(text: str) -> str:
    """The form in which a whole name is compared with an alias: normalised; police, sheriff and railways under one word each."""
    key = re.sub(r"\bpolice department\b|(?<!state )\bpolice$", "pd", normal(text))
    key = re.sub(r"\brail(?:way|road)\b", "railroad", key)
    return re.sub(r"\bsheriffs? (?:office|department)\b|\bsheriffs\b", "sheriff", key)


def _federal_ids(table: list[list[str]]) -> frozenset[str]:
    parents = {cells[0]: cells[7].split("|") for cells in table if cells[7]}
    found = {cells[0] for cells in table if Component.FEDERAL in cells[8].split("|")}
    grew = True
    while grew:
        below = {agency for agency, above in parents.items() if agency not in found and found.intersection(above)}
        found |= below
        grew = bool(below)
    return frozenset(found)


def key_of(agency: str) -> tuple[Form, str, str | None] | None:
    """Form, body and county out of a local agency's id, which is made of them: ``us-oh-springfield-township-pd.clark``."""
    head, _, county = agency.partition(".")
    country, _, rest = head.partition("-")
    state, _, rest = rest.partition("-")
    body, _, form = rest.rpartition("-")
    if country != "us" or state.upper() not in STATES or form not in _FORMS or not body:
        return None
    return _FORMS[form], body.replace("-", " "), county.replace("-", " ") or None


def id_of(state: str, form: Form, body: str, county: str | None = None) -> str:
    """The id of a local agency; ``key_of`` is its inverse."""
    tail = f".{county.replace(' ', '-')}" if county else ""
    return f"us-{state.lower()}-{body.replace(' ', '-')}-{form.value}{tail}"


@cache
def index() -> Index:
    """The index of the registry that comes with the program. Built once for each process."""
    known = places().states
    return Index.of(agency_rows(), frozenset(name for name, states in known.items() if "VA" in states))
