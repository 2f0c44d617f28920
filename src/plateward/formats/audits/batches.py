"""Cells of a search log to rows, a few thousand at a time and column by column: this is where the time of a long log goes.

A column is cleaned, checked for blacked-out cells and parsed in one go, and each of its distinct values only once where they
repeat. What comes out is the same as row by row; a million rows take a third of the time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import repeat
from typing import Any

from plateward.core.access import WITHHELD, AccessRow
from plateward.formats.audits.times import instants, windows

BATCH = 256
"""Rows looked at together: more fall out of the processor's cache."""

WITHHELD_CELL = re.compile(
    r"\*{2,}|(?:\* ?){2,}|#{2,}|[█■▪]+|x{4,}|[\[(]?redacted[\])]?|[\[(]?withheld[\])]?"
    r"|(?:gov(?:t|ernment)?\.? ?code|gc|civ\.? ?code|cpra|foia)[ §]*\d{4}(?:\.\d+)?(?:\([a-z0-9]+\))*"
    r"|\d{4}\.\d+(?:\([a-z0-9]+\))* ?(?:gc|gov\.? ?code)",
    re.IGNORECASE,
)
"""What a cell holds that somebody blacked out before the log was handed over."""

_TEXTS = frozenset(
    ("user", "organisation", "plate", "reason", "case", "offence", "search_type", "on_behalf_of", "session", "address",
     "moderation", "filters", "id")
)  # fmt: skip
_DIGITS = frozenset("0123456789")
_MARKS = frozenset("*#[(█■▪xXrRwWgGcCfF") | _DIGITS
_CITED = frozenset("gGcCfF")
_KNOWN = 5000
"""Distinct texts of a column that are remembered with what they mean."""

Cells = tuple[int, list[str]]


class Columns:
    """Where each field of ``AccessRow`` stands in a table, and how many cells of each were blacked out (counted as they pass)."""

    def __init__(self, found: Mapping[str, int], width: int, withheld: dict[str, int]) -> None:
        self._found = dict(found)
        self._width = width
        self._withheld = withheld
        self._read: dict[str, dict[str, str]] = {}

    def rows(self, batch: Sequence[Cells]) -> Iterator[AccessRow]:
        """The rows of ``batch``, in order. A row shorter than the heading is filled up with empty cells."""
        width = self._width
        lines, cells = zip(*batch, strict=True)
        if any(len(row) < width for row in cells):
            cells = tuple(row if len(row) >= width else row + [""] * (width - len(row)) for row in cells)
        columns = list(zip(*cells, strict=False))
        values: list[Any] = [lines]
        values.extend(self._column(name, columns) for name in AccessRow.__struct_fields__[1:])
        if (frame := self._found.get("time_frame")) is not None:
            values[_BEGINS], values[_ENDS] = windows(columns[frame])
        return map(AccessRow, *values)

    def _column(self, name: str, columns: list[tuple[str, ...]]) -> Any:
        index = self._found.get(name)
        if index is None:
            return repeat("" if name in _TEXTS else None)
        column = columns[index]
        if name in _TEXTS:
            return self._texts(name, column)
        if name in ("networks", "devices"):
            counts = {cell: whole(cell) for cell in set(column)}
            return map(counts.__getitem__, column)
        return instants(column)

    def _texts(self, name: str, column: tuple[str, ...]) -> list[str]:
        """Stripped, and ``WITHHELD`` where blacked out. Equal texts become one object, whose hash is then known to all."""
        known = self._read.setdefault(name, {})
        try:
            texts = list(map(known.__getitem__, column))
        except KeyError:
            distinct = set(column)
            if len(distinct) > len(column) // 2:
                texts = list(map(_text, column))
            else:
                if len(known) > _KNOWN:
                    known.clear()
                known.update((cell, _text(cell)) for cell in distinct)
                texts = list(map(known.__getitem__, column))
        if hidden := texts.count(WITHHELD):
            self._withheld[name] = self._withheld.get(name, 0) + hidden
        return texts


def _text(cell: str) -> str:
    cell = cell.strip()
    if cell[:1] in _MARKS and (cell[-1] not in _DIGITS or cell[0] in _CITED) and blacked_out(cell):
        return WITHHELD
    return cell


_BEGINS, _ENDS = (AccessRow.__struct_fields__.index(name) for name in ("begins", "ends"))


@lru_cache(maxsize=20_000)
def blacked_out(cell: str) -> bool:
    """Whether a stripped cell says that its content was withheld."""
    return WITHHELD_CELL.fullmatch(cell) is not None


def whole(cell: str) -> int | None:
    """A count as written, with or without commas; None for anything else."""
    if not cell.isdecimal():
        cell = cell.strip()
        cell = cell.removesuffix(".0") if not re.fullmatch(r"\d{1,3}(?:\.\d{3})+", cell) else cell.replace(".", "")
        cell = cell.replace(",", "")
    return int(cell) if len(cell) < 12 and cell.isdecimal() else None
