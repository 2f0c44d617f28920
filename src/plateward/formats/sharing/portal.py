"""Transparency portals: a saved page, a JSON collection of portals, or a table with a portal a row.

What a page says is kept as published, because a promise is quoted, never paraphrased. A heading that is not known ends the section
above it, and what stands below it is named as unread: a receiver that is missed is worse than one that is asked about.
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any

from plateward.core.errors import BadInput
from plateward.formats.bounds import check_size
from plateward.formats.extras import part
from plateward.formats.sharing import portal_numbers, portal_pages
from plateward.formats.sharing.layout import SCANNED, Page
from plateward.formats.sharing.lists import (
    Direction,
    Entry,
    Kind,
    Portal,
    SharingList,
    Unread,
    Where,
    clean_name,
    split_names,
)
from plateward.formats.sharing.portal_labels import label_of, looks_like, portal_fields, portal_known
from plateward.formats.text import decode

__all__ = ["from_record", "looks_like", "parse_html", "parse_json", "parse_pages", "portal_fields", "portal_known"]

_COUNTS = ("cameras", "vehicles_30d", "hits_30d", "searches_30d")
_NUMBERS = ("retention_days", *_COUNTS)
_LISTS = ("outbound", "inbound")
_NOT_A_NAME = re.compile(
    r"^(?:none\b.*|n/?a|not applicable|\d[\d,]*\+?|.*\bdoes not share\b.*|organizations (?:granted|sharing).*|.{150,}|.*:|.*@.*"
    r"|(?:show|view|see|load) (?:more|all|less)\b.*|(?:and |\+ ?)?\d[\d,]* (?:more|others)\b.*|(?=(?:\S+ ){6}).*\.)$",
    re.IGNORECASE,
)
_CUT = re.compile(r"^(?:show|view|see|load) (?:more|all)\b|^(?:and |\+ ?)?\d[\d,]* (?:more|others)\b", re.IGNORECASE)
_NO_RECEIVERS = "No list of who has access was found on this page, or none under a heading that is known."
_MANY = 3
"""Names on one line that make a section one of such lines."""


def from_record(record: Mapping[str, Any], where: Where, format: str) -> SharingList:
    """One portal from an object or a table's row, by its keys."""
    found: dict[str, list[str]] = {}
    names: dict[str, list[str]] = {}
    for key, field in portal_fields(record).items():
        value = record[key]
        if field in ("outbound", "inbound"):
            names.setdefault(field, []).extend(_names(value))
        elif value not in (None, "", "NA", [], {}):
            found.setdefault(field, []).append(", ".join(map(str, value)) if isinstance(value, list) else str(value))
    return _portal(found, names, where, format)


def _names(value: Any) -> list[str]:
    if isinstance(value, str):
        return split_names(value)
    if isinstance(value, list):
        return [str(v.get("name") or v.get("organization") or "") if isinstance(v, dict) else str(v) for v in value]
    return []


def _portal(
    found: Mapping[str, list[str]],
    names: Mapping[str, list[str]],
    where: Where,
    format: str,
    owner: str | None = None,
    left_out: Sequence[Unread] = (),
) -> SharingList:
    entries: list[Entry] = []
    unread: list[Unread] = [*left_out]
    stated: int | None = None
    for field, direction in (("outbound", Direction.OUTBOUND), ("inbound", Direction.INBOUND)):
        for index, written in enumerate(names.get(field, ()), 1):
            name, inactive = clean_name(written)
            place = Where(where.page, where.line, where.sheet, f"{where.field} {field} {index}".strip())
            if not name or _NOT_A_NAME.match(name):
                if field == "outbound" and re.fullmatch(r"\d[\d,]*", name):
                    stated = int(name.replace(",", ""))
                elif _CUT.match(name):
                    unread.append(Unread(place, name[:200], "says that the list goes on where this file ends"))
                elif name and not name.lower().startswith(("none", "n/a", "na", "organizations")):
                    unread.append(Unread(place, name[:200], "is no name of an agency"))
                continue
            entries.append(Entry(name, direction, Kind.DETECTIONS, place, inactive=inactive))
    texts = {field: "\n".join(values) for field, values in found.items()}
    numbers: dict[str, int | None] = {}
    for field in _NUMBERS:
        reads = portal_numbers.days if field == "retention_days" else portal_numbers.count
        numbers[field], why = reads(texts.get(field, ""))
        if why:
            place = Where(where.page, where.line, where.sheet, f"{where.field} {field}".strip())
            unread.append(Unread(place, texts[field][:200], why))
    kept = {f.name for f in fields(Portal)} - set(_NUMBERS) - {"hotlists", "organizations_stated"}
    said: dict[str, Any] = {field: texts[field] for field in kept if field in texts} | numbers
    hotlists = tuple(split_names(_last_paragraph(texts.get("hotlists", ""))))
    portal = Portal(hotlists=hotlists, organizations_stated=stated, **said)
    shown = owner or min(
        found.get("owner", ()), key=lambda name: re.fullmatch(r"[a-z0-9-]+", name) is not None, default=None
    )
    also = next((name for name in found.get("owner", ()) if name != shown), "")
    listed = sum(entry.direction is Direction.OUTBOUND for entry in entries)
    notes = (
        (f"The portal counts {stated:,} receivers, and {listed:,} are listed.",)
        if stated and listed not in (0, stated)
        else ()
    )
    dated = next((d for text in found.get("dated", ()) if (d := _date(text))), None)
    return SharingList(format, tuple(entries), shown, dated, tuple(unread), portal, notes=notes, also=also)


def _last_paragraph(text: str) -> str:
    """A field's value below the sentence that newer portals put above it."""
    parts = [part.strip() for part in text.split("\n") if part.strip()]
    return "\n".join(parts[1:]) if len(parts) > 1 and parts[0].endswith(".") else "\n".join(parts)


_MONTH_DATE = re.compile(r"([A-Z][a-z]+)\.? (\d{1,2}),? (\d{4})")


def _date(text: str) -> date | None:
    if found := re.search(r"\d{4}-\d{2}-\d{2}", text):
        try:
            return date.fromisoformat(found[0])
        except ValueError:
            return None
    if found := _MONTH_DATE.search(text):
        for pattern in ("%B %d %Y", "%b %d %Y"):
            try:
                return datetime.strptime(" ".join(found.groups()), pattern).date()  # noqa: DTZ007
            except ValueError:
                continue
    return None


def parse_json(data: bytes, name: str) -> list[SharingList]:
    """Portals of a JSON document: one object, a list of objects, or an object that holds such a list."""
    check_size(data, name)
    try:
        document = json.loads(decode(data))
    except (ValueError, RecursionError) as error:
        raise BadInput(f"this is not JSON: {str(error)[:200]}", where=name) from None
    records = list(_records(document))
    if not records:
        raise BadInput("this JSON holds no portal: an object with fields such as 'sharing_outbound'", where=name)
    return [from_record(record, Where(field=f"record {index}"), "portal-json") for index, record in records]


def _records(document: Any) -> Iterator[tuple[int, dict[str, Any]]]:
    if isinstance(document, dict) and looks_like(document):
        yield 1, document
        return
    inside = document.values() if isinstance(document, dict) else document if isinstance(document, list) else ()
    for index, value in enumerate(inside, 1):
        if isinstance(value, dict) and looks_like(value):
            yield index, value
        elif isinstance(value, list):
            yield from ((i, v) for i, v in enumerate(value, 1) if isinstance(v, dict) and looks_like(v))


_BLOCKS = frozenset({
    "p", "div", "section", "article", "h1", "h2", "h3", "h4", "h5", "h6", "li", "ul", "ol", "table", "tr", "td", "th", "dt",
    "dd", "dl", "br", "header", "footer", "main", "nav", "aside", "details", "summary", "button", "figure", "figcaption", "caption",
    "legend", "fieldset", "form",
})  # fmt: skip
_SKIPPED = frozenset({"script", "style", "noscript", "template", "svg", "iframe", "object", "embed", "head"})


_LEVELS = {
    "h1": 1,
    "h2": 2,
    "h3": 3,
    "h4": 4,
    "h5": 5,
    "h6": 6,
    "dt": 7,
    "th": 7,
    "summary": 7,
    "legend": 7,
    "caption": 7,
}
_ANY_LEVEL = 8


@dataclass(frozen=True, slots=True)
class _Block:
    """A piece of text in reading order. ``level``: of a heading, else None. ``item``: whether it stands in a list's item."""

    text: str
    level: int | None
    item: bool


@dataclass(slots=True)
class _Page:
    """A portal's page being read. ``level``: of the heading that opened the section; ``form``: how its names are written."""

    found: dict[str, list[str]] = dataclasses.field(default_factory=dict)
    names: dict[str, list[str]] = dataclasses.field(default_factory=dict)
    unread: list[Unread] = dataclasses.field(default_factory=list)
    section: str | None = None
    level: int = _ANY_LEVEL
    form: str = ""
    strange: str = ""

    def take(self, block: _Block) -> None:
        """One more block of text."""
        text = block.text
        if (inline := _inline(text)) is not None:
            self._open(inline[0], block.level)
            self._say(inline[1], block)
            if inline[0] in _NUMBERS:
                self.section = None
        elif (label := label_of(text)) is not None:
            self._open(label or None, block.level)
        elif updated := re.match(r"(?:last updated|última actualización):?\s*(.+)", text, re.IGNORECASE):
            self.found.setdefault("dated", []).append(updated[1])
        elif block.level is not None:
            self._strange_heading(text, block.level)
        else:
            self._say(text, block)

    def _open(self, section: str | None, level: int | None) -> None:
        self.section, self.level, self.form, self.strange = section, level or _ANY_LEVEL, "", ""

    def _strange_heading(self, text: str, level: int) -> None:
        """A heading that is not known: below the section's own it divides its list, else it ends the section."""
        if self.section in _LISTS and self.level < level < 7:
            self.unread.append(
                Unread(Where(field=f"heading {text[:80]!r}"), text[:200], "is taken for a heading within the list")
            )
            self.form = ""
        else:
            self._open(None, None)
            self.strange = text if level > 1 else ""

    def _say(self, text: str, block: _Block) -> None:
        if self.section in _LISTS:
            self._names(self.section, text, block)
        elif self.section is not None:
            self.found.setdefault(self.section, []).append(text)
        elif self.strange:
            why = "is a heading that is not known: what stands below it was not read"
            self.unread.append(
                Unread(Where(field=f"heading {self.strange[:80]!r}"), f"{self.strange}: {text}"[:200], why)
            )
            self.strange = ""

    def _names(self, section: str, text: str, block: _Block) -> None:
        written = split_names(text)
        form = "items" if block.item else "lines" if len(written) >= _MANY else ""
        if self.form and form != self.form and not _NOT_A_NAME.match(text):
            self.unread.append(
                Unread(Where(field=section), text[:200], "stands below the list and is not written as its names are")
            )
            return
        self.form = self.form or form
        many = len(text) >= 150 and len(written) >= _MANY and not text.endswith(".") and max(map(len, written)) < 100
        self.names.setdefault(section, []).extend([text] if _NOT_A_NAME.match(text) and not many else written)


def _inline(text: str) -> tuple[str, str] | None:
    """The field and value of "Data retention: 30 days" in one block."""
    label, colon, value = text.partition(":")
    opened = label_of(label.strip()) if colon and value.strip() and len(label) <= 80 else None
    return (opened, value.strip()) if opened else None


def parse_html(data: bytes, name: str) -> SharingList:
    """A portal saved from a browser. Scripts, styles and frames are left out unread."""
    check_size(data, name)
    parser = part("selectolax.lexbor", "review", "Reading a saved page")
    tree = parser.LexborHTMLParser(decode(data))
    return _read(_blocks(tree.body), _title(tree), name, "portal-html")


def parse_pages(pages: Sequence[Page], name: str) -> SharingList:
    """A portal that was printed to PDF."""
    found = [_Block(text, 2 if heading else None, item) for text, heading, item in portal_pages.blocks(pages)]
    owner = next(
        (own for block in found[:6] if block.level and label_of(block.text) is None and (own := _owner(block.text))),
        None,
    )
    read = _read(found, owner, name, "portal-pdf")
    return dataclasses.replace(read, notes=(*read.notes, SCANNED)) if any(page.scanned for page in pages) else read


def _read(blocks: Iterable[_Block], owner: str | None, name: str, format: str) -> SharingList:
    page = _Page()
    for block in blocks:
        page.take(block)
    if not page.found.keys() - {"dated"} and not page.names:
        raise BadInput("none of a transparency portal's headings was found on this page", where=name)
    read = _portal(page.found, page.names, Where(), format, owner, page.unread)
    return read if "outbound" in page.names else dataclasses.replace(read, notes=(*read.notes, _NO_RECEIVERS))


def _title(tree: Any) -> str | None:
    for selector in ("h1", "title"):
        node = tree.css_first(selector)
        if owner := _owner(" ".join(node.text().split()) if node else ""):
            return owner
    return None


def _owner(text: str) -> str | None:
    """Whose portal it is by a title, without the words that every portal's title has."""
    while text != (shorter := _PORTAL_WORDS.sub("", text).strip(" |-–:")):
        text = shorter
    return text if text and len(text) < 150 else None


_PORTAL_WORDS = re.compile(
    r"\s*[|–:-]?\s*(?:(?:alpr |lpr )?transparency(?: portal| page)?|flock safety|portal de transparencia)\s*$"
    r"|^(?:transparency portal|portal de transparencia)\s*(?:[|–:-]|for\b|of\b|de\b)?\s*",
    re.IGNORECASE,
)


def _blocks(body: Any) -> Iterator[_Block]:
    """The page's text in reading order, a block at a time, without the parts that are not text. Never recursive."""
    text: list[str] = []
    around: list[str] = []
    depth_first: list[Any] = [body] if body is not None else []
    while depth_first:
        node = depth_first.pop()
        if isinstance(node, tuple):
            if block := _block(text, around):
                yield block
            text.clear()
            if node[0] == "begin":
                around.append(node[1])
            else:
                around.pop()
            continue
        tag = (node.tag or "").lower()
        if tag in _SKIPPED or tag == "-comment":
            continue
        if tag == "-text":
            text.append(node.text() or "")
            continue
        children = list(node.iter(include_text=True))
        if tag in _BLOCKS:
            depth_first.extend([("end", tag), *reversed(children), ("begin", tag)])
        else:
            depth_first.extend(reversed(children))
    if block := _block(text, around):
        yield block


def _block(text: list[str], around: list[str]) -> _Block | None:
    joined = " ".join("".join(text).split())
    if not joined:
        return None
    level = next((_LEVELS[tag] for tag in reversed(around) if tag in _LEVELS), None)
    return _Block(joined, level, "li" in around)
