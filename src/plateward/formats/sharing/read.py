"""Any sharing file into lists: detects the format, then reads it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from plateward.core.errors import BadInput
from plateward.formats.bounds import check_size
from plateward.formats.detect import detect_sharing
from plateward.formats.markup_tables import has_tables
from plateward.formats.sharing import lines, listing, portal, portal_pages, vigilant
from plateward.formats.sharing.layout import pages_of_text
from plateward.formats.sharing.lists import SharingList
from plateward.formats.sharing.names import CUT, complete, doubt
from plateward.formats.sharing.pdf import read_pages
from plateward.formats.text import decode

Progress = Callable[[int, int], None]

FORMATS = ("vigilant-pdf", "vigilant-text", "table", "list", "portal-html", "portal-json")
"""Names that ``--format`` takes; ``flock`` and ``csv`` mean ``table``, ``portal`` the page or the JSON."""

_ALIASES = {"flock": "table", "csv": "table", "xlsx": "table", "txt": "list", "vigilant": "vigilant-pdf", "html": "portal-html",
            "json": "portal-json"}  # fmt: skip


def read_sharing(
    data: bytes,
    name: str,
    format: str | None = None,
    *,
    mapping: Mapping[str, str] | None = None,
    progress: Progress | None = None,
) -> list[SharingList]:
    """The lists that a file holds, one an owner.

    ``format`` is one of ``FORMATS``, or None to detect it. ``mapping`` names columns of a table (field → heading). ``progress``
    is told page and pages of a PDF. Raises BadInput, naming file and place, for what cannot be read.
    """  # fmt: skip
    if not data.strip():
        raise BadInput("the file is empty", where=name)
    check_size(data, name)
    chosen = _ALIASES.get(format or "", format) or detect_sharing(data, name)
    if chosen == "vigilant-pdf":
        pages, unread = read_pages(data, name, progress)
        if unread and not any(page.lines for page in pages):
            raise BadInput(unread[0].why, where=f"{name}, page {unread[0].where.page}")
        printed = format is None and portal_pages.is_portal(pages)
        read = portal.parse_pages(pages, name) if printed else vigilant.parse_report(pages, name)
        return [_with_doubts(replace(read, unread=(*unread, *read.unread)))]
    if chosen == "vigilant-text":
        return [_with_doubts(vigilant.parse_report(pages_of_text(decode(data)), name, "vigilant-text"))]
    if chosen == "portal-html":
        return _page(data, name, mapping, given=format is not None)
    if chosen == "portal-json":
        return portal.parse_json(data, name)
    if chosen == "table":
        return [_with_doubts(one, cells=True) for one in listing.parse_table(data, name, mapping)]
    if chosen == "list":
        return [_with_doubts(one) for one in lines.parse_lines(data, name)]
    raise BadInput(f"{chosen!r} is no format of sharing lists: choose one of {', '.join(FORMATS)}", where="--format")


def _page(data: bytes, name: str, mapping: Mapping[str, str] | None, *, given: bool) -> list[SharingList]:
    """A transparency portal; or, where the page is none and holds a table, that table (as exports named .xls are)."""
    try:
        return [portal.parse_html(data, name)]
    except BadInput:
        if given or not has_tables(data):
            raise
    return [_with_doubts(one, cells=True) for one in listing.parse_table(data, name, mapping)]


_SAID, _MOST, _FEW = 20, 0.7, 0.5


def _with_doubts(read: SharingList, *, cells: bool = False) -> SharingList:
    """The list with a note on each name that may be two or, where it was no cell of a table, a part of one.

    A portal's own list has separators, and no doubts.
    """
    if read.portal is not None or not read.entries:
        return read
    whole = sum(complete(entry.name) for entry in read.entries) / len(read.entries)
    found: dict[str, str] = {}
    for entry in read.entries:
        cut = CUT if whole > _MOST and entry.name.isalpha() and entry.name.istitle() else ""
        why = doubt(entry.name) or cut
        if why and not (cells and why == CUT):
            found.setdefault(entry.name, f"{str(entry.where).capitalize()}: “{entry.name[:90]}” {why}.")
    more = (f"{len(found) - _SAID:,} more names are as doubtful.",) if len(found) > _SAID else ()
    if whole < _FEW and read.format.startswith("vigilant"):
        more = (
            *more,
            "Few of the names say what agency they are of: the page's columns or gaps may have been misread.",
        )
    return replace(read, notes=(*read.notes, *list(found.values())[:_SAID], *more))
