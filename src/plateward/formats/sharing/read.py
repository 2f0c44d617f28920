"""Any sharing file into lists: detects the format, then reads it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from plateward.core.errors import BadInput
from plateward.formats.bounds import check_size
from plateward.formats.detect import detect_sharing
from plateward.formats.sharing import listing, portal, portal_pages, vigilant
from plateward.formats.sharing.layout import pages_of_text
from plateward.formats.sharing.lists import SharingList
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
        return [replace(read, unread=(*unread, *read.unread))]
    if chosen == "vigilant-text":
        return [vigilant.parse_report(pages_of_text(decode(data)), name, "vigilant-text")]
    if chosen == "portal-html":
        return [portal.parse_html(data, name)]
    if chosen == "portal-json":
        return portal.parse_json(data, name)
    if chosen == "table":
        return listing.parse_table(data, name, mapping)
    if chosen == "list":
        return listing.parse_text(data, name)
    raise BadInput(f"{chosen!r} is no format of sharing lists: choose one of {', '.join(FORMATS)}", where="--format")
