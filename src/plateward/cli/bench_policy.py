"""``bench policy``: what a decision costs, and how long all agencies against all owners take, each beside asking Cedar plainly.

The world is made of the registry's own agencies, repeated under other ids up to the number wanted, and of owners that each hold
the laws of their state and a mixture of promises of their own, so that no two neighbours need be alike. Seeded, reproducible.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from time import perf_counter

from plateward import registry, rulepacks
from plateward.core.agency import Affiliation, Agency, AgencyKind, Registry
from plateward.core.people import Asker
from plateward.core.policy import Policy
from plateward.core.promise import Promise, parse_promises
from plateward.core.purpose import REASONS, listed
from plateward.core.question import Question
from plateward.core.share import Act, Grant, Share, ShareState
from plateward.oversight.promises import survey
from plateward.rulepacks import template

AGENCIES, OWNERS = 20_000, 500
DAY = date(2026, 11, 22)
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
PLAIN_ASKS = 400
_LOCAL = (AgencyKind.POLICE, AgencyKind.SHERIFF)

Figure = dict[str, str | float]


def policy(agencies: int = AGENCIES, owners: int = OWNERS) -> list[Figure]:
    """The figures, each with the baseline it was measured beside in the same run and the ratio (``baseline`` / ``value``)."""
    chance = random.Random(26)  # noqa: S311
    known = _registry(agencies)
    holding = _owners(known, owners, chance)
    promises = [promise for owner in holding for promise in _own(known.agencies[owner], chance)]
    promises += [promise for pack in rulepacks.ids() for promise in rulepacks.load(pack).promises]
    return [*_survey(known, promises, holding), *_decisions(known, promises, holding)]


def _registry(wanted: int) -> Registry:
    """The registry that comes with the program, with local agencies repeated under other ids until there are ``wanted``."""
    known = registry.load()
    local = [agency for agency in known.agencies.values() if agency.kind in _LOCAL and agency.state]
    missing = max(0, wanted - len(known.agencies))
    more: list[Agency] = []
    edges: list[Affiliation] = []
    for number in range(missing):
        agency = local[number % len(local)]
        copy = replace(agency, id=f"{agency.id}.copy-{number}")
        more.append(copy)
        edges.extend(replace(edge, agency=copy.id) for edge in known.edges_from(agency.id))
    return known.with_(more, edges)


def _owners(known: Registry, wanted: int, chance: random.Random) -> list[str]:
    """Police departments and sheriffs, half of them in states with a rule pack."""
    local = [agency for agency in known.agencies.values() if agency.kind in _LOCAL and agency.state]
    bound = {state for pack in rulepacks.ids() for state in rulepacks.load(pack).applies_to.states}
    lawful = [agency.id for agency in local if agency.state in bound]
    others = [agency.id for agency in local if agency.state not in bound]
    return chance.sample(lawful, wanted // 2) + chance.sample(others, wanted - wanted // 2)


def _own(owner: Agency, chance: random.Random) -> Iterable[Promise]:
    """One to all of the templates, filled in by ``owner``."""
    names = template.names()
    for name in chance.sample(names, chance.randint(1, len(names))):
        days = chance.choice((7, 14, 30)) if template.needs_days(name) else None
        yield from parse_promises(template.fill(name, owner, date(2026, 1, 12), "Resolution", days=days), name)


def _survey(known: Registry, promises: list[Promise], owners: list[str]) -> list[Figure]:
    started = perf_counter()
    made = Policy(epoch=1, day=DAY, registry=known, promises=promises, shares=())
    found = survey(made, owners)
    took = perf_counter() - started
    each = _plain_cost(made, owners)
    return [
        _figure(
            f"every agency x owner x act x purpose, answered ({found.questions:,} questions, {found.asked:,} asked of a rule)",
            took, "s", each * found.questions, "asking Cedar for each (extrapolated)",
        ),
    ]  # fmt: skip


def _plain_cost(made: Policy, owners: list[str]) -> float:
    """Seconds that one question costs when it is put to Cedar as it is."""
    chance = random.Random(7)  # noqa: S311
    names = [name for name in made.registry.agencies if made.classify(name).known]
    questions = []
    for _ in range(PLAIN_ASKS):
        of = made.owner_class(chance.choice(owners))
        party = made.asker_class(Asker.agency(chance.choice(names)))
        act, reason = chance.choice(list(Act)), chance.choice(list(REASONS))
        questions.append((of.rules, Question(party, of.party, act, True, reason)))
    for rules, question in questions:
        rules.ask_cedar(question)  # compile first
    return _timed(lambda: [rules.ask_cedar(question) for rules, question in questions]) / PLAIN_ASKS


def _decisions(known: Registry, promises: list[Promise], owners: list[str]) -> list[Figure]:
    """One asker's search over 1, 50 and 500 owners: first time, and again within the same epoch; Cedar asked for each beside it."""
    figures = []
    searcher = Asker.agency(
        next(n for n, a in known.agencies.items() if a.kind is AgencyKind.SHERIFF and n not in owners)
    )
    other = Asker.agency(next(n for n, a in known.agencies.items() if a.kind is AgencyKind.POLICE and n not in owners))
    shares = [_share(owner, asker.employer) for owner in owners for asker in (searcher, other)]
    made = Policy(epoch=1, day=DAY, registry=known, promises=promises, shares=shares)
    made.decide_all(other, owners, Act.SEARCH, listed()[0], NOW)  # another asker came before, as on a running node
    cedar = _plain_cost(made, owners)
    for number in (1, 50, len(owners)):
        some, reason = owners[:number], listed()[0 if number > 50 else number % 7 + 1]
        first = _timed(lambda some=some, reason=reason: made.decide_all(searcher, some, Act.SEARCH, reason, NOW))  # type: ignore[misc]
        again = min(
            _timed(lambda some=some, reason=reason: made.decide_all(searcher, some, Act.SEARCH, reason, NOW))  # type: ignore[misc]
            for _ in range(5)
        )
        plain = f"asking Cedar {number} times"
        figures.append(
            _figure(f"decide for {number} owners, first time", first * 1e3, "ms", cedar * number * 1e3, plain)
        )
        figures.append(_figure(f"decide for {number} owners, again", again * 1e3, "ms", cedar * number * 1e3, plain))
    per = again / len(owners)
    figures.append(_figure("one decision, again", per * 1e6, "us", cedar * 1e6, "asking Cedar once"))
    return figures


def _share(owner: str, receiver: str) -> Share:
    return Share(
        f"{owner}-{receiver}", owner, receiver, frozenset({Grant.SEARCH}), ShareState.ACTIVE,
        NOW - timedelta(days=10), NOW + timedelta(days=90),
    )  # fmt: skip


def _timed(work: Callable[[], object]) -> float:
    started = perf_counter()
    work()
    return perf_counter() - started


def _figure(name: str, value: float, unit: str, baseline: float, beside: str) -> Figure:
    return {
        "name": name, "value": value, "unit": unit, "baseline": baseline, "beside": beside,
        "ratio": baseline / value if value else 0.0,
    }  # fmt: skip
