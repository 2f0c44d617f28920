"""Recheck the tables that were written by hand against public lists and against each other. Exit status 1 where something is wrong.

    python tools/registry/check.py DATA

``DATA`` is the folder ``build.py`` reads. What is checked:

1. every participant of ICE's 287(g) list is an agency with that component, a source and the day of signature;
2. every name that a list itself labels federal resolves to a federal body or to nobody, and no agency with a published policy to
   one of another state;
3. every federal body has a way up to one that a source says is federal; every bureau of ICE and CBP is immigration enforcement,
   and no body of another department is;
4. every HIDTA is federal, every fusion centre is its state's and passes on to the department, and neither classifies a member;
5. no federal body's name, written in the ways lists write names (abbreviated, a letter missing, a state in four spellings, an
   administrator's note behind it), resolves to an agency that is not federal.
"""

from __future__ import annotations

import random
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from lists import read_csv, sharing_names

from plateward.core.agency import Agency, AgencyKind, Component, Registry, Relation
from plateward.registry import load, resolve
from plateward.registry.index import key_of
from plateward.registry.states import BY_NAME, STATES
from plateward.registry.tables import COMPILED

_LABELLED = re.compile(r"[\[(]\s*(?:federal|fed)\s*[\])]", re.I)
_SHORT = {
    "Security": "Sec", "Investigations": "Inv", "Investigation": "Inv", "Service": "Svc", "Division": "Div", "Office": "Ofc",
    "Administration": "Admin", "Department": "Dept", "Center": "Ctr", "Station": "Sta", "Enforcement": "Enf", "and": "&",
    "National": "Natl", "Police": "PD", "Intelligence": "Intel", "Regional": "Reg", "Operations": "Ops",
}  # fmt: skip
LISTED = "2025-07-18"
"""The day of the list, which stands for a day of signature that cannot be read."""
_NOTES = ("", " (Inactive)", " [DEACTIVATED]", " - DNU", " (LPR)", " 2")


def main(folder: Path) -> int:
    """Print the figures and what is wrong."""
    registry = load()
    wrong = [
        *_participants(registry, folder), *_labelled(folder), *_policies(folder), *_tree(registry), *_centres(registry),
        *_written(registry),
    ]  # fmt: skip
    for sentence in wrong:
        print(f"WRONG {sentence}")
    print(f"{len(wrong)} wrong")
    return 1 if wrong else 0


def _participants(registry: Registry, folder: Path) -> Iterator[str]:
    every = read_csv(folder / "agencies" / "ice_287g_participating_2025-07-18.csv")
    rows = [row for row in every if row["LAW ENFORCEMENT AGENCY"].strip()]
    held = 0
    for row in rows:
        state = BY_NAME.get(row["STATE"].strip().lower())
        found = resolve(row["LAW ENFORCEMENT AGENCY"], context_state=state)
        edges = [
            edge for edge in registry.edges_from(found.agency or "")
            if edge.relation is Relation.IS_A and edge.target == Component.T287G
        ]  # fmt: skip
        signed = row["SIGNED"][:10] if re.match(r"\d{4}-\d\d-\d\d", row["SIGNED"]) else LISTED
        if any(edge.source.title and str(edge.since) <= signed for edge in edges):
            held += 1
        else:
            yield f"287(g): {row['LAW ENFORCEMENT AGENCY']!r} of {row['STATE']} is {found.agency or found.status}"
    print(f"287(g): {held} of {len(rows)} rows of the list stand in the registry, with source and day")


def _labelled(folder: Path) -> Iterator[str]:
    names = sorted({named.name for named in sharing_names(folder) if named.name and _LABELLED.search(named.name)})
    federal = 0
    for name in names:
        found = resolve(name)
        if found.agency is None:
            continue
        if Component.FEDERAL in found.components:
            federal += 1
        else:
            yield f"labelled federal by its list: {name!r} is {found.agency}"
    print(f"labelled federal by a list: {len(names)} names, {federal} resolve to a federal body, the rest to nobody")


def _policies(folder: Path) -> Iterator[str]:
    names = sorted(
        {row["agency"] for row in read_csv(folder / "policies" / "mcclatchy_agency_policies.csv") if row["agency"]}
    )
    resolved = 0
    for name in names:
        found = resolve(name)
        resolved += found.agency is not None
        code = re.search(r"\b([A-Z]{2}) (?:PD|SO)\b", name)
        if code and code[1] in STATES and found.state not in {None, code[1]}:
            yield f"of {code[1]} by its name: {name!r} is {found.agency}"
    print(f"agencies with a published policy: {resolved} of {len(names)} names resolve, none to another state")


def _tree(registry: Registry) -> Iterator[str]:
    bodies = [one for one in registry.agencies.values() if _has(registry, one, Component.FEDERAL)]
    for one in bodies:
        top = registry.agencies[registry.classify(one.id, COMPILED).chain[-1]]
        edges = registry.edges_from(top.id)
        if not any(edge.relation is Relation.IS_A and edge.target == Component.FEDERAL for edge in edges):
            yield f"{one.id} ends at {top.id}, which nobody says is federal"
        enforces = _has(registry, one, Component.IMMIGRATION_ENFORCEMENT)
        below = one.id.startswith(("us-dhs-ice", "us-dhs-cbp", "us-dhs-uscis", "us-dhs-hstf", "us-ins"))
        if enforces is not below:
            yield f"{one.id} is {'' if enforces else 'no '}immigration enforcement"
        if not one.sources:
            yield f"{one.id} has no source"
    print(f"federal tree: {len(bodies)} bodies, each with a way up to one that a source says is federal")


def _centres(registry: Registry) -> Iterator[str]:
    centres = [one for one in registry.agencies.values() if one.kind is AgencyKind.FUSION_CENTER]
    hidtas = [one for one in registry.agencies.values() if one.id.startswith("us-eop-ondcp-hidta-")]
    for one in centres:
        passes = [edge.target for edge in registry.edges_from(one.id) if edge.relation is Relation.MAY_PASS_ON]
        of_the_network = (
            key_of(one.id) is None
        )  # the others are centres by their name alone, and nobody says what they pass on
        if (
            _has(registry, one, Component.FEDERAL)
            or one.state is None
            or (of_the_network and "us-dhs-ia" not in passes)
        ):
            yield f"fusion centre {one.id}: federal, of no state, or passing nothing on"
    for one in hidtas:
        if not _has(registry, one, Component.FEDERAL):
            yield f"HIDTA {one.id} is not federal"
    members = {edge.agency for edge in registry.affiliations if edge.relation is Relation.MEMBER_OF}
    for member in members:
        chain = registry.classify(member, COMPILED)
        followed = {edge.relation for edge in chain.because}
        if Relation.MEMBER_OF in followed:
            yield f"{member} is classified by a membership"
    print(f"{len(centres)} fusion centres and {len(hidtas)} HIDTAs; {len(members)} members classified by none of them")


def _written(registry: Registry) -> Iterator[str]:
    chance, tried, found_ = random.Random(5), 0, 0  # noqa: S311
    for one in registry.agencies.values():
        if not _has(registry, one, Component.FEDERAL) or one.kind is AgencyKind.MILITARY:
            continue
        for name in _ways(one, chance):
            found = resolve(name)
            tried += 1
            found_ += found.agency is not None
            if found.agency is not None and Component.FEDERAL not in found.components:
                yield f"{one.id} written {name!r} is taken for {found.agency}"
    print(f"federal names written as lists write them: {tried}, {found_ / tried:.1%} resolved, the rest to nobody")


def _ways(one: Agency, chance: random.Random) -> Iterator[str]:
    """Ways in which lists write a body's name; each holds enough of it for a person to know who is meant."""
    names = [name for name in (one.name, *one.aliases) if len(name.lstrip("=~").split()) > 1][:4]
    state = chance.choice(sorted(STATES))
    spelled = chance.choice((state, f"({state})", f"- {STATES[state].title()}", f", {state}"))
    for raw in names:
        name = raw.lstrip("=~")
        words = name.split()
        if not name.startswith("Department of "):  # behind that, a state's name tells of the state's own
            yield f"{name} {spelled}{chance.choice(_NOTES)}"
        yield " ".join(_SHORT.get(word, word) for word in words) + chance.choice(_NOTES)
        yield f"{name} PD"
        long = [at for at, word in enumerate(words) if len(word) > 7]
        if long and len(words) > 2:
            at = chance.choice(long)
            cut = chance.randrange(2, len(words[at]) - 1)
            yield " ".join((*words[:at], words[at][:cut] + words[at][cut + 1 :], *words[at + 1 :]))


def _has(registry: Registry, one: Agency, component: Component) -> bool:
    return component in registry.classify(one.id, COMPILED).components


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
