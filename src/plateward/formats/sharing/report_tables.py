"""The entries of one section of a report: a grid of names, a table with heads, or agencies beside the names of hot lists."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TypeVar

from plateward.formats.sharing.headings import direction_said, is_inactive
from plateward.formats.sharing.layout import Cell, Page, Segment, cell_of, cells, column_starts, grid
from plateward.formats.sharing.lists import Direction, Entry, Kind, Where, clean_name
from plateward.formats.sharing.names import apart, running

Key = TypeVar("Key")
_NUMBER = re.compile(r"^(?:\d{1,4}[.)]|[•·‣▪*–-])\s+")
HOTLIST_LINE = re.compile(r"^hot[ -]?lists?(?: ?\(s\))?\s*:\s*(.+)$", re.IGNORECASE)


@dataclass(slots=True)
class Section:
    """Lines under one heading.

    ``heads``: of its table, by field, in order; a column that is not read has its own words as its field. ``cut``: the items of a
    table, cut wherever a word stands exactly below a head.
    """

    direction: Direction
    kind: Kind
    items: list[Segment] = field(default_factory=list)
    cut: list[Segment] = field(default_factory=list)
    heads: dict[str, Segment] = field(default_factory=dict)


def entries_of(section: Section, pages: Sequence[Page]) -> Iterator[Entry]:
    """The entries of a section, in its order."""
    if not section.items:
        return
    if (len(section.heads) > 1 and "hotlist" not in section.heads) or {"state", "city"} & set(section.heads):
        yield from _from_table(section, pages)
    elif section.kind is Kind.HOTLIST and (
        "hotlist" in section.heads or any(HOTLIST_LINE.match(item.text) for item in section.items)
    ):
        yield from _from_hotlists(section, pages)
    else:
        columns = grid(section.items, pages)
        ordered = sorted((c for column in columns for c in column), key=lambda c: (c.page, round(c.box[1]), c.box[0]))
        text = running([cell.text for cell in ordered])
        for at, name in enumerate(cell.text for cell in ordered) if text is None else text:
            for one in apart(name):
                yield _entry(section, replace(ordered[at], text=one))


def _entry(section: Section, cell: Cell, **more: object) -> Entry:
    name, inactive = clean_name(_NUMBER.sub("", cell.text))
    box = tuple(round(value, 1) for value in cell.box)
    return Entry(
        name, section.direction, section.kind, Where(page=cell.page, box=box),  # type: ignore[arg-type]
        inactive=inactive, confidence=round(cell.confidence, 3), **more,  # type: ignore[arg-type]
    )  # fmt: skip


def _from_table(section: Section, pages: Sequence[Page]) -> Iterator[Entry]:
    """Rows of Agency, City, State, centred or not: each piece goes to the head it stands under, rows are told by the state."""
    columns: dict[str, list[Segment]] = {head: [] for head in section.heads}
    aligned = sum(_aligned(item, section.heads) != [] for item in section.cut) > 0.8 * len(section.cut)
    for item in section.cut if aligned else _split_at_heads(section):
        columns[nearest(item, section.heads) if aligned else _below(item, section.heads)].append(item)
    beside = [head for head in ("state", "city", *section.heads) if head != "name" and columns.get(head)]
    anchors = columns[beside[0]] if beside else []
    gaps = sorted(b.top - a.top for a, b in pairwise(anchors) if a.page == b.page and b.top > a.top)
    limit = 0.9 * gaps[0] if gaps else 1.6 * section.items[0].size
    rules = {page.number: page.rules for page in pages}
    names = cells(columns["name"], limit, rules)
    rows = _with_anchor(names, anchors)
    others = {head: cells(columns.get(head, []), limit, rules) for head in ("city", "status", "direction", "hotlist")}
    for cell, anchor in rows:
        said = {
            head: next((c.text for c in column if c.page == cell.page and _overlap(c.box, cell.box)), "")
            for head, column in others.items()
        }
        entry = _entry(
            section, cell, state=_state(anchor.text) if anchor and beside[0] == "state" else None, city=said["city"] or None,
            hotlists=(said["hotlist"],) if said["hotlist"] else (),
        )  # fmt: skip
        if said["direction"]:
            entry = replace(entry, direction=direction_said(said["direction"]))
        yield replace(entry, inactive=True) if said["status"] and is_inactive(said["status"]) else entry


def _split_at_heads(section: Section) -> Iterator[Segment]:
    """The section's segments; one that holds a name, its city and its state is split before a state at its end."""
    for item in section.items:
        found = re.match(r"^(.+\S)\s+([A-Z]{2})$", item.text)
        state = section.heads.get("state")
        if (
            found
            and state is not None
            and abs(item.x1 - state.centre) < 1.5 * item.size
            and item.x0 < state.centre - 4 * item.size
        ):
            cut = item.x1 - 1.5 * item.size
            yield Segment(found[1], item.x0, cut, item.top, item.bottom, item.size, item.page, item.confidence)
            yield Segment(found[2], cut, item.x1, item.top, item.bottom, item.size, item.page, item.confidence)
        else:
            yield item


def nearest(item: Segment, heads: Mapping[Key, Segment]) -> Key:
    """The head an item stands under: the one that it is aligned with, or else the one whose middle is nearest."""
    aligned = _aligned(item, heads)
    return aligned[0] if len(aligned) == 1 else _below(item, heads)


def _aligned(item: Segment, heads: Mapping[Key, Segment]) -> list[Key]:
    return [key for key, head in heads.items() if abs(item.x0 - head.x0) < 0.5 * item.size]


def _below(item: Segment, heads: Mapping[Key, Segment]) -> Key:
    return min(heads, key=lambda key: abs(item.centre - heads[key].centre))


def _with_anchor(names: Sequence[Cell], anchors: Sequence[Segment]) -> list[tuple[Cell, Segment | None]]:
    """Each name with the state beside it. A piece of a name that has none beside it joins the nearest row that touches it."""
    rows: list[tuple[Cell, Segment | None]] = []
    for cell in names:
        beside = [a for a in anchors if a.page == cell.page and cell.box[1] - 2 <= a.middle <= cell.box[3] + 2]
        if beside or not rows:
            rows.append((cell, beside[0] if beside else None))
            continue
        last, anchor = rows[-1]
        size = cell.parts[0].size
        if last.page == cell.page and cell.box[1] - last.box[3] < 0.75 * size:
            rows[-1] = (cell_of((*last.parts, *cell.parts)), anchor)
        else:
            rows.append((cell, None))
    return rows


def _overlap(one: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> bool:
    return one[1] < other[3] and other[1] < one[3]


def _state(text: str) -> str | None:
    text = text.strip(" .").upper()
    return text if re.fullmatch(r"[A-Z]{2}", text) else None


def _from_hotlists(section: Section, pages: Sequence[Page]) -> Iterator[Entry]:
    """An agency and, beside or below it, the hot lists it is about."""
    below = [cell_of([item]) for item in section.items if HOTLIST_LINE.match(item.text)]
    items = [item for item in section.items if not HOTLIST_LINE.match(item.text)]
    beside = "hotlist" in section.heads and len(column_starts(items)) > 1
    columns = grid(items, pages)
    agencies = (
        columns[0] if beside else sorted((c for column in columns for c in column), key=lambda c: (c.page, c.box[1]))
    )
    for index, cell in enumerate(agencies):
        later = agencies[index + 1] if index + 1 < len(agencies) else None
        lists = [c.text for column in columns[1:] for c in column if _belongs(c, cell, later)] if beside else []
        lists += [m[1] for c in below if (m := HOTLIST_LINE.match(c.text)) and _belongs(c, cell, later)]
        yield _entry(section, cell, hotlists=tuple(lists))


def _belongs(item: Cell, agency: Cell, later: Cell | None) -> bool:
    """Whether ``item`` stands beside or below ``agency`` and above the next agency."""
    after = (item.page, item.box[1] + 3) >= (agency.page, agency.box[1])
    return after and (later is None or (item.page, item.box[1] + 3) < (later.page, later.box[1]))
