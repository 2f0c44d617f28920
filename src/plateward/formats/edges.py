"""Networks as tables: who shares with whom, a line a share.

Read are CSV files with a heading. Without one of the known headings the first column is the owner and the second the receiver,
as in the tables that journalists made of transparency portals (``src_agency,external_agency,…``).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

from plateward.core.errors import BadInput

_OWNER = ("owner", "src_agency", "source", "from", "sharing_agency", "agency")
_RECEIVER = ("receiver", "external_agency", "target", "to", "shared_with", "recipient")
_YES, _NO = frozenset({"yes", "true", "1", "y"}), frozenset({"no", "false", "0", "n", ""})
WAYS = ("share", "member-of", "may-pass-on")


@dataclass(frozen=True, slots=True)
class Edge:
    """One line: by what ``way`` reads go from ``owner`` to ``receiver`` (names as printed).

    ``share``: its id, else "owner → receiver". ``onward``: whether the receiver may pass on; None where the table does not say.
    """

    line: int
    owner: str
    receiver: str
    share: str
    way: str = "share"
    onward: bool | None = None


def read_edges(text: str, where: str) -> tuple[Edge, ...]:
    """Every line of the table; an edge that is there twice is kept once. Raises BadInput naming file, line and column."""
    table = csv.reader(io.StringIO(text.removeprefix("\ufeff")))
    try:
        heading = [cell.strip().lower() for cell in next(table, [])]
        columns = _columns(heading, where)
        found: dict[tuple[str, str, str], Edge] = {}
        for cells in table:
            if any(cell.strip() for cell in cells):
                edge = _edge(cells, columns, f"{where}, line {table.line_num}", table.line_num)
                found.setdefault((edge.owner, edge.receiver, edge.way), edge)
    except csv.Error as error:
        raise BadInput(f"this is no CSV table: {error}", where=f"{where}, line {table.line_num}") from None
    if not found:
        raise BadInput("this table holds no share", where=where)
    return tuple(found.values())


def _columns(heading: Sequence[str], where: str) -> dict[str, int]:
    if len(heading) < 2:
        raise BadInput("a table of shares has at least two columns: owner and receiver", where=f"{where}, line 1")
    columns = {name: heading.index(name) for name in ("share", "way", "onward") if name in heading}
    owner = next((heading.index(name) for name in _OWNER if name in heading), None)
    receiver = next((heading.index(name) for name in _RECEIVER if name in heading), None)
    if (owner is None) != (receiver is None):
        missing = "receiver" if receiver is None else "owner"
        raise BadInput(f"there is no column {missing}", where=f"{where}, line 1")
    return columns | {"owner": 0 if owner is None else owner, "receiver": 1 if receiver is None else receiver}


def _edge(cells: Sequence[str], columns: dict[str, int], where: str, line: int) -> Edge:
    def cell(name: str) -> str:
        at = columns.get(name)
        return cells[at].strip() if at is not None and at < len(cells) else ""

    owner, receiver, way = cell("owner"), cell("receiver"), cell("way") or "share"
    if not owner or not receiver:
        raise BadInput(f"the {'receiver' if owner else 'owner'} is missing", where=where)
    if way not in WAYS:
        raise BadInput(f"{way!r} is no way; use {', '.join(WAYS)}", where=f"{where}, way")
    onward = cell("onward").lower()
    if onward not in _YES | _NO:
        raise BadInput(f"{onward!r} is neither yes nor no", where=f"{where}, onward")
    said = onward in _YES if onward else None
    return Edge(line, owner, receiver, cell("share") or f"{owner} → {receiver}", way, said)
