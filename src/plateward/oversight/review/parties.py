"""From names on a list to agencies that a policy can judge, with corrections by people and honest unknowns."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from plateward.core.agency import Affiliation, Agency, AgencyKind, Component, Registry, Relation, Source
from plateward.core.errors import BadInput
from plateward.registry import Resolution, Status, load, resolve

_DERIVED = "by-name"
_BY_NAME_SOURCE = "read from the name alone; no entry in the registry"


@dataclass(frozen=True, slots=True)
class Party:
    """Who a name stands for. ``id`` is None where nobody can tell.

    ``by_name``: the registry has no such agency, and state and kind are what its name says. ``why``: one sentence. ``guesses``:
    agencies or states it may be.
    """

    name: str
    id: str | None
    resolution: Resolution
    by_name: bool = False
    corrected: bool = False

    @property
    def known(self) -> bool:
        """Whether a policy can judge it."""
        return self.id is not None

    @property
    def why(self) -> str:
        """How it was resolved."""
        return "a person corrected it" if self.corrected else self.resolution.why

    @property
    def guesses(self) -> tuple[str, ...]:
        """What it may be."""
        return self.resolution.candidates


@dataclass(slots=True)
class Parties:
    """Resolves names once each, and keeps agencies that only a name vouches for beside the registry.

    ``corrections``: name as written (case and spaces do not matter) to the id of an agency, or "" for "nobody knows".
    """

    day: date
    corrections: Mapping[str, str] = field(default_factory=dict)
    _found: dict[tuple[str, str | None], Party] = field(default_factory=dict)
    _derived: dict[str, Agency] = field(default_factory=dict)
    _edges: dict[str, tuple[Affiliation, ...]] = field(default_factory=dict)
    _registry: Registry | None = None

    def find(self, name: str, state: str | None = None) -> Party:
        """Who ``name`` is; ``state`` is what the document itself says of this entry."""
        key = (name, state)
        if key not in self._found:
            self._found[key] = self._find(name, state)
        return self._found[key]

    def _find(self, name: str, state: str | None) -> Party:
        corrected = self.corrections.get(plain_name(name))
        found = resolve(corrected or name, context_state=state, day=self.day)
        if corrected == "":
            return Party(name, None, found, corrected=True)
        if found.agency is not None:
            return Party(name, found.agency, found, corrected=corrected is not None)
        if corrected:
            raise BadInput(f"{corrected!r} is no agency's id", where=f"correction of {name!r}")
        if found.status is Status.DERIVED and found.state and found.kind:
            return Party(name, self._derive(found), found, by_name=True)
        return Party(name, None, found)

    def _derive(self, found: Resolution) -> str:
        """An agency that only its name vouches for, so that the rules about states and kinds can be asked of it."""
        words = (
            re.sub(r"[^a-z0-9]+", "-", (found.place or found.county or found.name).lower()).strip("-")[:80] or "unnamed"
        )
        id_ = f"{_DERIVED}.{str(found.state).lower()}-{words}-{found.kind}"
        if id_ not in self._derived:
            source = Source(_BY_NAME_SOURCE, self.day)
            kind = found.kind or AgencyKind.OTHER
            self._derived[id_] = Agency(id_, found.name, kind, state=found.state, sources=(source,))
            self._edges[id_] = tuple(
                Affiliation(id_, Relation.IS_A, str(component), source)
                for component in found.components
                if component is not Component.UNKNOWN
            )
            self._registry = None
        return id_

    @property
    def registry(self) -> Registry:
        """The registry with the agencies that names alone vouch for."""
        if self._registry is None:
            edges = [edge for own in self._edges.values() for edge in own]
            self._registry = load().with_(self._derived.values(), edges) if self._derived else load()
        return self._registry

    def owner(self, name: str) -> Agency:
        """The agency whose list it is, by id or name. Raises BadInput with the best guesses where it cannot be told."""
        party = self.find(name)
        if party.id is None:
            guesses = ", ".join(party.guesses[:5])
            hint = (
                f"; it may be {guesses}"
                if guesses
                else "; name it with its state, as in 'El Cajon Police Department, CA'"
            )
            raise BadInput(f"{name!r} cannot be told: {party.why}{hint}", where="--for")
        return self.registry.agencies[party.id]


def plain_name(name: str) -> str:
    """A name as corrections compare it: lower case, words only."""
    return re.sub(r"[^a-z0-9]+", " ", name.lower()).strip()


def read_corrections(text: str, where: str) -> dict[str, str]:
    """A correction file: CSV with columns ``name`` and ``agency`` (an id, or "unknown"); rows without an agency are left open.

    It is the file of unknown names with its last column filled in. Raises BadInput naming the line.
    """
    reader = csv.DictReader(io.StringIO(text))
    if not reader.fieldnames or not {"name", "agency"} <= {str(f).strip().lower() for f in reader.fieldnames}:
        raise BadInput("a correction file has the columns 'name' and 'agency'", where=where)
    known = load().agencies
    found: dict[str, str] = {}
    for row in reader:
        cells = {
            str(key).strip().lower(): (value or "").strip().lstrip("'")
            for key, value in row.items()
            if isinstance(value, str)
        }
        agency = cells.get("agency", "")
        if not agency:
            continue
        if agency != "unknown" and agency not in known:
            raise BadInput(f"{agency!r} is no agency's id; plateward agencies resolve NAME finds ids",
                           where=f"{where}, line {reader.line_num}")  # fmt: skip
        found[plain_name(cells.get("name", ""))] = "" if agency == "unknown" else agency
    return found


def unknown_rows(parties: Iterable[Party]) -> list[tuple[str, str, str, str]]:
    """Names for a person to judge, each once: name, how it was read, best guesses, and an empty cell for the answer."""
    rows = {}
    for party in parties:
        if not party.known or party.by_name:
            rows[party.name] = (party.name, party.why, "; ".join(party.guesses[:5]), "")
    return [rows[name] for name in sorted(rows, key=str.casefold)]
