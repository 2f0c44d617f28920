"""``bench policy``, the rules alone: what a decision costs, and how long all agencies against all owners take, each beside asking
Cedar plainly. What the gate adds to a search on a node is measured in ``bench.gate``.

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
from plateward.bench.figures import Figure, quantile
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
ROUNDS = 9
_LOCAL = (AgencyKind.POLICE, AgencyKind.SHERIFF)


def policy_figures(agencies: int = AGENCIES, owners: int = OWNERS) -> list[Figure]:
    """The figures, each with the baseline it was measured beside in the same run."""
    chance = random.Random(26)
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
        Figure(
            f"every agency x owner x act x purpose, answered ({found.questions:,} questions, {found.asked:,} asked of a rule)",
            took, "s", each * found.questions, "asking Cedar for each (extrapolated)",
        ),
    ]  # fmt: skip


def _plain_cost(made: Policy, owners: list[str]) -> float:
    """Seconds that one question costs when it is put to Cedar as it is."""
    chance = random.Random(7)
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
    """One asker's search over 1, 50 and 500 owners: the first of an epoch, the first after an epoch that changed one owner's share,
    and again within the same epoch; Cedar asked for each beside it.
    """
    figures = []
    searcher = Asker.agency(_first(known, AgencyKind.SHERIFF, owners))
    other = Asker.agency(_first(known, AgencyKind.POLICE, owners))
    shares = [_share(owner, asker.employer) for owner in owners for asker in (searcher, other)]
    cedar = _plain_cost(_policy(known, promises, shares), owners)
    for number in (1, 50, len(owners)):
        some, plain = owners[:number], f"asking Cedar {number} times"
        first, after, again = (
            quantile(times, 0.5) * 1e3 for times in _rounds(known, promises, shares, some, searcher, other)
        )
        for name, value in (
            ("the first search of an epoch", first),
            ("after an epoch that changed one share", after),
            ("again", again),
        ):
            figures.append(Figure(f"decide for {number} owners, {name}", value, "ms", cedar * number * 1e3, plain))
    return [*figures, Figure("one decision, again", again / len(owners) * 1e3, "us", cedar * 1e6, "asking Cedar once")]


def _rounds(
    known: Registry, promises: list[Promise], shares: list[Share], owners: list[str], searcher: Asker, other: Asker
) -> tuple[list[float], list[float], list[float]]:
    """Seconds of the same question in each of the three situations, some times over."""
    first, after, again = list[float](), list[float](), list[float]()
    for reason in listed()[:ROUNDS]:
        made = _policy(known, promises, shares)
        made.decide_all(other, owners, Act.SEARCH, reason, NOW)  # another asker came before, as on a running node

        def ask(policy: Policy, reason: str = reason) -> float:
            return _timed(lambda: policy.decide_all(searcher, owners, Act.SEARCH, reason, NOW))

        first.append(ask(made))
        again.append(ask(made))
        after.append(ask(_policy(known, promises, shares[:-1], before=made)))
    return first, after, again


def _first(known: Registry, kind: AgencyKind, owners: list[str]) -> str:
    return next(name for name, agency in known.agencies.items() if agency.kind is kind and name not in owners)


def _policy(known: Registry, promises: list[Promise], shares: list[Share], before: Policy | None = None) -> Policy:
    return Policy(epoch=1, day=DAY, registry=known, promises=promises, shares=shares, before=before)


def _share(owner: str, receiver: str) -> Share:
    return Share(
        f"{owner}-{receiver}", owner, receiver, frozenset({Grant.SEARCH}), ShareState.ACTIVE,
        NOW - timedelta(days=10), NOW + timedelta(days=90),
    )  # fmt: skip


def _timed(work: Callable[[], object]) -> float:
    started = perf_counter()
    work()
    return perf_counter() - started
