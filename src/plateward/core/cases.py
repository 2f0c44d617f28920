"""Whether a promise means what it says: its cases are run before it gets into force."""

from __future__ import annotations

from datetime import date

from plateward.core.agency import Component, Registry
from plateward.core.cedar import RuleSet
from plateward.core.errors import BadInput
from plateward.core.promise import Case, CaseAsker, Promise
from plateward.core.question import Party, Question


def unsound(promise: Promise, registry: Registry, day: date) -> tuple[str, ...]:
    """What is wrong with ``promise``: ids that do not exist, exceptions it does not name, and cases that do not come out as
    written. Empty when sound.
    """
    faults = [
        f"it names agency {name!r}, which the registry does not hold"
        for name in promise.forbids.agencies - set(registry.agencies)
    ]
    known = {str(component) for component in Component}
    faults += [f"it names component {name!r}, which does not exist" for name in promise.forbids.components - known]
    faults += [
        f"its rule gives way to the document {kind!r}, which it does not name under admits"
        for kind in sorted(promise.forbids.documents - set(promise.admits))
    ]
    if not faults:
        faults = [fault for _, fault in results(promise, registry, day) if fault]
    return tuple(faults)


def results(promise: Promise, registry: Registry, day: date) -> tuple[tuple[Case, str | None], ...]:
    """Every case of ``promise`` with what is wrong about it, or None where it comes out as written."""
    return tuple((case, _fails(promise, case, registry, day)) for case in promise.cases)


def require_sound(promise: Promise, registry: Registry, day: date) -> None:
    """Raise BadInput naming everything that is wrong with ``promise``: it must not get into force."""
    faults = unsound(promise, registry, day)
    if faults:
        raise BadInput("; ".join(faults), where=f"promise {promise.id}")


def _fails(promise: Promise, case: Case, registry: Registry, day: date) -> str | None:
    try:
        asker = _case_party(case.asker, registry, day)
        owner = _case_owner(promise, case, registry, day)
    except BadInput as error:
        return f"case {case.name!r}: {error}"
    verdict = RuleSet(promise.forbids.statements).ask_cedar(
        Question(
            asker, owner, case.act, True, case.purpose, frozenset(case.documents), case.asker.on_behalf_of is not None,
            case.money, case.onward, case.hotlist,
        )
    )  # fmt: skip
    if not verdict.clear:
        return f"case {case.name!r} could not be evaluated"
    got = "denied" if verdict.forbidding else "allowed"
    return None if got == case.expect else f"case {case.name!r} must be {case.expect} and is {got}"


def _case_party(asker: CaseAsker, registry: Registry, day: date) -> Party:
    named = (asker.organisation, asker.employer, *asker.assignments, asker.on_behalf_of)
    agencies, components = set[str](), {str(component) for component in asker.components}
    states, kinds = set(asker.states), {str(kind) for kind in asker.kinds}
    for name in named:
        if name is None:
            continue
        if name not in registry.agencies:
            raise BadInput(f"it names agency {name!r}, which the registry does not hold")
        classification, agency = registry.classify(name, day), registry.agencies[name]
        agencies |= classification.ancestors
        components |= {str(component) for component in classification.components}
        states |= {agency.state} if agency.state else set()
        kinds.add(str(agency.kind))
    account, employer = _jobs(asker, registry)
    return Party(frozenset(agencies), frozenset(components), frozenset(states), frozenset(kinds), account, employer)


def _jobs(asker: CaseAsker, registry: Registry) -> tuple[str, str]:
    """The kinds of agency whose account it is and who employs: of those named, else of the one kind described."""
    described = str(asker.kinds[0]) if len(asker.kinds) == 1 else ""
    account, employer = asker.organisation or asker.employer, asker.employer or asker.organisation
    return (
        str(registry.agencies[account].kind) if account else described,
        str(registry.agencies[employer].kind) if employer else described,
    )


def _case_owner(promise: Promise, case: Case, registry: Registry, day: date) -> Party:
    owner = case.owner or promise.promised_by
    if owner is not None:
        if owner not in registry.agencies:
            raise BadInput(f"it names owner {owner!r}, which the registry does not hold")
        state = registry.agencies[owner].state
        return Party(registry.classify(owner, day).ancestors, frozenset(), frozenset({state} if state else ()))
    states = promise.applies_to.states if promise.applies_to else ()
    return Party(frozenset(), frozenset(), frozenset(states[:1]))
