"""The shape of a pattern: it sees every row once, keeps little, and tells its findings at the end."""

from __future__ import annotations

from abc import ABC, abstractmethod
from array import array
from collections.abc import Iterator
from dataclasses import replace
from typing import ClassVar, Protocol

import msgspec

from plateward.core.access import AccessRow
from plateward.oversight.audit.findings import Context, Finding, Severity, Who
from plateward.oversight.audit.masks import Masker


class Rows(msgspec.Struct, gc=False):
    """Line numbers, eight bytes each; a long log makes many of these, and none is part of a cycle."""

    lines: array[int] = msgspec.field(default_factory=lambda: array("Q"))

    def add(self, line: int) -> None:
        """Remember one row."""
        self.lines.append(line)

    def __len__(self) -> int:
        return len(self.lines)


class Collector(Protocol):
    """What several patterns note together, once for all of them."""

    def see(self, row: AccessRow, who: Who, at: float) -> None:
        """Take note of one row."""


class Pattern(ABC):
    """One question about searches.

    ``id``: its name in reports. ``title``: what it asks, for people. ``needs``: the columns without which it cannot be tried;
    ``any_of``: columns of which one suffices.
    """

    id: ClassVar[str]
    title: ClassVar[str]
    needs: ClassVar[frozenset[str]] = frozenset()
    any_of: ClassVar[frozenset[str]] = frozenset()
    shared: ClassVar[type[Collector] | None] = None

    def __init__(self, context: Context, collected: Collector | None = None) -> None:
        self.context = context

    @classmethod
    def lacking(cls, context: Context) -> str | None:
        """What the context lacks for this pattern, as a sentence, or None."""
        return None

    def cares(self, row: AccessRow, who: Who) -> bool:
        """Whether rows with these same words (reason, offence, filters, moderation, on whose behalf) and person can matter at all.

        Asked once for each words and person, so that most rows of a long log cost one look-up instead of a call for each pattern.
        """
        return True

    @abstractmethod
    def see(self, row: AccessRow, who: Who, at: float) -> None:
        """Take note of one row by ``who``, asked ``at`` (Unix seconds, 0 where unknown)."""

    @abstractmethod
    def findings(self, mask: Masker) -> Iterator[Finding]:
        """What was found, after the last row."""

    def found(
        self, severity: Severity, rows: Rows, sentence: str, who: Who, *about: str, person: str | None = None
    ) -> Finding:
        """One finding of this pattern.

        ``about``: what else sets it apart from others about ``who``: a plate, a case, a wording. ``person``: in its id, where
        others may join whoever is named now.
        """
        made = Finding(self.id, severity, tuple(rows.lines), sentence, who)
        return replace(made, key=self.context.key_of(made, about, who.user if person is None else person))


def searches(count: int) -> str:
    """ "1 search", "1,209 searches"."""
    return "1 search" if count == 1 else f"{count:,} searches"
