"""What became of alerts, by list and by reader: how many were right, and how many were misreads, of another state, or stale.

Wrongful stops came from alerts that nobody compared. A list or a reader that is often wrong shows here before it hurts somebody.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from plateward.core.alert import How, State


@dataclass(frozen=True, slots=True)
class Tally:
    """So many alerts of one list and one reader that stand alike.

    ``seconds``: from alert to decision, of each that was decided and not late.
    """

    list_id: str
    list_name: str
    list_owner: str
    reader_id: str
    reader_name: str
    how: How
    state: State
    outcome: str | None
    alerts: int
    reads: int
    late: int
    seconds: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """The figures of one list, one reader, or all. Shares are of the alerts that were decided, None where none was."""

    id: str
    name: str
    alerts: int
    reads: int
    late: int
    exact: int
    open: int
    confirmed: int
    misread: int
    wrong_state: int
    stale: int
    not_acted: int
    outcomes: tuple[tuple[str, int], ...]
    median_s: int | None

    @property
    def decided(self) -> int:
        """Alerts that a person compared and decided."""
        return self.confirmed + self.false + self.not_acted

    @property
    def false(self) -> int:
        """Alerts that a person found wrong."""
        return self.misread + self.wrong_state + self.stale

    @property
    def compared(self) -> int:
        """Alerts of which somebody said whether they were right."""
        return self.confirmed + self.false

    def share(self, count: int) -> float | None:
        """``count`` as a share of the alerts compared; None where none was."""
        return count / self.compared if self.compared else None


@dataclass(frozen=True, slots=True)
class AlertFigures:
    """All alerts of a time, then by list and by reader, the most alerts first."""

    total: Line
    lists: tuple[Line, ...]
    readers: tuple[Line, ...]


def figures(tallies: Iterable[Tally]) -> AlertFigures:
    """Add up ``tallies``."""
    every = tuple(tallies)
    lists: dict[str, list[Tally]] = {}
    readers: dict[str, list[Tally]] = {}
    for tally in every:
        lists.setdefault(tally.list_id, []).append(tally)
        readers.setdefault(tally.reader_id, []).append(tally)
    return AlertFigures(
        _line("", "All", every),
        _ordered(_line(key, some[0].list_name, some) for key, some in lists.items()),
        _ordered(_line(key, some[0].reader_name, some) for key, some in readers.items()),
    )


def _ordered(lines: Iterable[Line]) -> tuple[Line, ...]:
    return tuple(sorted(lines, key=lambda line: (-line.alerts, line.name, line.id)))


def _line(key: str, name: str, tallies: Sequence[Tally]) -> Line:
    states: Counter[State] = Counter()
    outcomes: Counter[str] = Counter()
    for tally in tallies:
        states[tally.state] += tally.alerts
        if tally.outcome:
            outcomes[tally.outcome] += tally.alerts
    seconds = [second for tally in tallies for second in tally.seconds]
    return Line(
        key, name, sum(states.values()), sum(tally.reads for tally in tallies), sum(tally.late for tally in tallies),
        sum(tally.alerts for tally in tallies if tally.how is How.EXACT),
        states[State.NEW] + states[State.SEEN], states[State.CONFIRMED], states[State.MISREAD], states[State.WRONG_STATE],
        states[State.STALE], states[State.NOT_ACTED], tuple(outcomes.most_common()),
        round(median(seconds)) if seconds else None,
    )  # fmt: skip
