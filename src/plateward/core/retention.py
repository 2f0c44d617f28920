"""How long reads are kept: what an agency chose, cut by every promise and law in force, and what a records duty asks for.

The shortest ceiling wins over any choice. A duty to keep records wins over a shorter choice, and never over a ceiling: where both
hold for one read, only that read is set apart until counsel has decided. Nothing is collected before an agency has chosen.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

from plateward.core.agency import Agency
from plateward.core.errors import BadInput
from plateward.core.promise import Floor, Promise, Retention, RulePack, ceilings

SUGGESTED_MINUTES = 24 * 60
"""What is suggested for reads that matched nothing: a day is enough for an alert that is worked on."""

FREEZE = timedelta(hours=72)
"""How long reads stay frozen for a hold that nobody has decided."""

LONGEST_MINUTES = 5_270_400
"""Ten years and a bit: what a partition can be made for."""


class Basis(StrEnum):
    """What a hold rests on. A ceiling says which of these keep a named read past it (``Retention.unless``)."""

    INVESTIGATION = "investigation"
    COURT_ORDER = "court-order"
    HIT = "hit"
    COMMERCIAL_VEHICLE = "commercial-vehicle-screening"


@dataclass(frozen=True, slots=True)
class Rule:
    """What ``owner`` chose for the readers of one group (``readers``), or for all where ``group`` is empty.

    ``minutes``: reads that matched nothing; ``hit_minutes``: reads that matched a hot list, None: the same.
    """

    owner: str
    minutes: int
    group: str = ""
    readers: frozenset[str] = frozenset()
    hit_minutes: int | None = None

    def __post_init__(self) -> None:
        for minutes in (self.minutes, self.hit_minutes):
            if minutes is not None and not 1 <= minutes <= LONGEST_MINUTES:
                raise BadInput("reads are kept between one minute and ten years", where="minutes")
        if bool(self.group) != bool(self.readers):
            raise BadInput("a group has a name and at least one reader", where="group")


@dataclass(frozen=True, slots=True)
class Limits:
    """What bounds an owner's choice on one day: ceilings by the id of their promise or pack, the shortest first, and duties."""

    ceilings: tuple[tuple[str, Retention], ...] = ()
    floors: tuple[tuple[str, Floor], ...] = ()

    def ceiling(self, basis: str | None = None) -> tuple[str, Retention] | None:
        """The shortest ceiling that ``basis`` does not lift; None where nothing limits."""
        return next((found for found in self.ceilings if basis is None or basis not in found[1].unless), None)

    def longest(self, basis: str | None = None) -> int | None:
        """Its minutes."""
        found = self.ceiling(basis)
        return found[1].ceiling_minutes if found else None

    def floor(self, reads: str) -> tuple[str, Floor] | None:
        """The longest duty that names these reads: every read, those that hit, or those handed over in a production."""
        return max(
            (found for found in self.floors if found[1].reads == reads), key=lambda f: f[1].minutes, default=None
        )


@dataclass(frozen=True, slots=True)
class Kept:
    """How long reads of one class are kept, minutes. ``limited_by``: id of the promise or pack that cut it; ``asked_by``: duty."""

    minutes: int
    limited_by: str | None = None
    section: str = ""
    asked_by: str | None = None


@dataclass(frozen=True, slots=True)
class Conflict:
    """A duty that asks for longer than a ceiling allows, for ``reads`` ("every", "hit" or "produced")."""

    owner: str
    reads: str
    floor: str
    floor_minutes: int
    ceiling: str
    ceiling_minutes: int

    @property
    def sentence(self) -> str:
        """The conflict, for counsel."""
        return (
            f"{self.floor} asks to keep {_NAMED[self.reads]} {spoken(self.floor_minutes)}, "
            f"and {self.ceiling} allows {spoken(self.ceiling_minutes)} at most."
        )


_NAMED = {"every": "every read", "hit": "reads that matched a hot list", "produced": "reads handed over under an order"}


@dataclass(frozen=True, slots=True)
class Plan:
    """How long everything is kept on one day: the owners' rules within their limits."""

    rules: tuple[Rule, ...]
    limits: Mapping[str, Limits]
    _longest: dict[str, int] = field(default_factory=dict, repr=False, compare=False)

    def limits_of(self, owner: str) -> Limits:
        """What bounds ``owner``."""
        return self.limits.get(owner, _NONE)

    def kept(self, owner: str, reader: str, *, hit: bool = False) -> Kept | None:
        """How long a read of ``reader`` is kept; None: its owner has not chosen, so nothing is collected.

        A reader in several groups is kept by the shortest of them; groups win over the rule for all.
        """
        rule = self.rule(owner, reader)
        if rule is None:
            return None
        return self.within(rule, hit=hit)

    def within(self, rule: Rule, *, hit: bool = False) -> Kept:
        """What comes of ``rule`` within promises, laws and duties."""
        plain = self._within(rule.minutes, rule.owner, None, "every")
        if not hit:
            return plain
        longer = self._within(rule.hit_minutes or rule.minutes, rule.owner, Basis.HIT, "hit")
        return longer if longer.minutes > plain.minutes else plain

    def rule(self, owner: str, reader: str) -> Rule | None:
        """The owner's rule that holds for ``reader``."""
        mine = [rule for rule in self.rules if rule.owner == owner]
        grouped = [rule for rule in mine if reader in rule.readers]
        if grouped:
            return min(grouped, key=lambda rule: (rule.minutes, rule.hit_minutes or rule.minutes, rule.group))
        return next((rule for rule in mine if not rule.group), None)

    def longest(self, owner: str) -> int | None:
        """The longest that any searchable read of ``owner`` is kept, minutes; None where nothing is collected."""
        if not self._longest and self.rules:
            for rule in self.rules:
                minutes = self.within(rule, hit=True).minutes
                self._longest[rule.owner] = max(minutes, self._longest.get(rule.owner, 0))
        return self._longest.get(owner)

    def base(self, owner: str) -> Kept | None:
        """How long reads of a reader in no group are kept."""
        return self.kept(owner, "")

    def conflicts(self, owner: str) -> tuple[Conflict, ...]:
        """Where a duty asks for more than a ceiling allows."""
        limits = self.limits_of(owner)
        found = []
        for reads, basis in (("every", None), ("hit", Basis.HIT), ("produced", Basis.COURT_ORDER)):
            floor, ceiling = limits.floor(reads), limits.ceiling(basis)
            if floor and ceiling and floor[1].minutes > ceiling[1].ceiling_minutes:
                found.append(Conflict(owner, reads, floor[0], floor[1].minutes, ceiling[0], ceiling[1].ceiling_minutes))
        return tuple(found)

    def _within(self, chosen: int, owner: str, basis: str | None, reads: str) -> Kept:
        limits = self.limits_of(owner)
        floor, ceiling = limits.floor(reads), limits.ceiling(basis)
        asked = floor[0] if floor and floor[1].minutes > chosen else None
        wanted = max(chosen, floor[1].minutes) if floor else chosen
        if ceiling and ceiling[1].ceiling_minutes < wanted:
            limit = ceiling[1]
            return Kept(limit.ceiling_minutes, ceiling[0], limit.section)
        return Kept(wanted, asked_by=asked)


_NONE = Limits()


def limits_on(
    owner: Agency,
    day: date,
    promises: Iterable[Promise],
    packs: Sequence[RulePack],
    duties: Iterable[tuple[str, Floor]] = (),
) -> Limits:
    """What bounds ``owner`` on ``day``: promises and packs in force, and the duties that it entered itself."""
    packed = [
        (pack.id, pack.floor)
        for pack in packs
        if pack.floor and pack.applies_to.covers(owner) and day >= (pack.floor.in_force_from or pack.in_force_from)
    ]
    return Limits(ceilings(owner, day, promises, packs), (*packed, *duties))


def require_lawful(rule: Rule, limits: Limits) -> None:
    """Raise BadInput naming the law where ``rule`` chooses longer than a ceiling, or shorter than a duty that no ceiling cuts."""
    for minutes, basis, reads in ((rule.minutes, None, "every"), (rule.hit_minutes, Basis.HIT, "hit")):
        if minutes is None:
            continue
        ceiling, floor = limits.ceiling(basis), limits.floor(reads)
        if ceiling and minutes > ceiling[1].ceiling_minutes:
            what = ceiling[1].section or ceiling[0]
            raise BadInput(f"{spoken(ceiling[1].ceiling_minutes)} at most: {what}", where="minutes")
        least = floor[1].minutes if floor else 0
        if floor and minutes < min(least, ceiling[1].ceiling_minutes if ceiling else least):
            raise BadInput(f"{spoken(least)} at least: {floor[1].section or floor[0]}", where="minutes")


def lengthens(before: Plan, after: Plan, owner: str, readers: Iterable[str]) -> bool:
    """Whether any read of ``owner`` collected from now on would be kept longer, or is collected at all where none was."""
    for reader in ("", *readers):
        for hit in (False, True):
            old, new = before.kept(owner, reader, hit=hit), after.kept(owner, reader, hit=hit)
            if new is not None and (old is None or new.minutes > old.minutes):
                return True
    return False


def spoken(minutes: int) -> str:
    """A length of time as people say it: 3 minutes, 36 hours, 21 days, 24 hours 30 minutes."""
    for size, unit in ((1440, "day"), (60, "hour"), (1, "minute")):
        if minutes % size == 0 and (minutes >= 2 * size or size == 1):
            count = minutes // size
            if size == 1 and minutes >= 120:
                return f"{spoken(minutes - minutes % 60)} {spoken(minutes % 60)}"
            return f"{count:,} {unit}{'' if count == 1 else 's'}"
    raise ValueError(f"{minutes} minutes is no length of time")
