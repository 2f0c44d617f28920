"""Transparency portals: a saved page, a JSON collection of portals, or a table with a portal a row.

Agencies choose which fields a portal shows and vary the headings; ``_LABELS`` holds the spellings seen. What a page says is kept
as published, because a promise is quoted, never paraphrased.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from datetime import date, datetime
from typing import Any

from plateward.core.errors import BadInput
from plateward.formats.bounds import check_size
from plateward.formats.extras import part
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
from plateward.formats.spreadsheets import plain
from plateward.formats.text import decode

_LABELS: Mapping[str, tuple[str, ...]] = {
    "prohibited_uses": ("prohibited uses", "prohibited use", "prohibited uses policy"),
    "acceptable_use": ("acceptable use policy", "acceptable use", "permitted uses"),
    "access_policy": ("access policy",),
    "hotlist_policy": ("hotlist policy", "hot list policy"),
    "sharing_policy": (
        "sharing with partners", "sharing restrictions", "sharing policy", "sharing info", "data sharing policy",
    ),
    "other_policy": ("sb54", "sb 54", "policy info", "alpr policy", "additional info", "disclaimer"),
    "hotlists": ("hotlists alerted on", "hot lists alerted on"),
    "retention_days": (
        "data retention in days", "data retention (in days)", "data retention", "data retention (days)", "data retention days",
        "data retention for flock devices", "flock data retention (in days)", "retention days",
    ),
    "cameras": (
        "number of lpr and other cameras", "number of lpr cameras", "number of active lpr cameras", "number of owned cameras",
        "number of owned lpr cameras", "number of flock lpr cameras", "number of lprs", "lpr cameras", "total cameras",
        "camera count", "cameras",
    ),
    "vehicles_30d": (
        "vehicles detected in the last 30 days", "unique vehicles detected in the last 30 days", "unique vehicles detected",
        "vehicles detected 30d", "vehicles 30d",
    ),
    "hits_30d": ("hotlist hits in the last 30 days", "number of hotlist hits", "hotlist hits 30d"),
    "searches_30d": ("searches in the last 30 days", "number of searches", "searches 30d"),
    "outbound": (
        "organizations granted access", "external organizations with access", "sharing network data with",
        "external agencies who have access", "only agencies with external access", "organizations with access",
        "sharing outbound", "orgs granted access", "agencies with access",
    ),
    "inbound": (
        "organizations sharing their data", "receiving network data from", "sharing inbound", "orgs sharing with",
        "organizations sharing with us",
    ),
    "owner": ("crawled name", "agency", "agency name", "name", "organization", "organization name", "portal name",
              "portal slug", "crawled slug", "slug"),
    "dated": ("archived date", "last updated", "updated", "date", "crawled at", "accessed"),
}  # fmt: skip
_FIELD = {plain(label): field for field, labels in _LABELS.items() for label in labels}
_OTHER_LABELS = {plain(label) for label in (
    "what's detected", "what's not detected", "whats detected", "whats not detected", "overview", "policies", "usage",
    "public search audit", "search audit", "download csv", "success stories", "delivery address", "california svs",
    "restrictions on deployment", "glossary", "transparency portal", "policy documents", "policy link",
)}  # fmt: skip
_PREFIXED = re.compile(
    r"^(?P<outbound>organizations granted access|external (?:organizations|agencies)|sharing network data with"
    r"|(?:approved \w+ share|agencies \w+ shares) with|agencies with access)"
    r"|^(?P<inbound>organizations sharing|receiving network data)"
    r"|^.{0,60}(?P<searches_30d>searches in the last 30 days)$|^(?P<retention_days>(?:flock )?data retention)\b",
    re.IGNORECASE,
)
_NUMBERS = ("retention_days", "cameras", "vehicles_30d", "hits_30d", "searches_30d")
_NOT_A_NAME = re.compile(
    r"^(?:none\b.*|n/?a|not applicable|\d[\d,]*\+?|.*\bdoes not share\b.*|organizations (?:granted|sharing).*|.{150,})$",
    re.IGNORECASE,
)


def portal_fields(keys: Iterable[str]) -> dict[str, str]:
    """Which of these keys or headings hold which field of a portal."""
    return {key: field for key in keys if (field := _FIELD.get(plain(key))) is not None}


def portal_known() -> dict[str, str]:
    """Every spelling of a portal's headings that a table may have, as ``spreadsheets.plain`` writes it."""
    return {spelled: field for spelled, field in _FIELD.items() if field not in ("owner", "dated")}


def looks_like(keys: Iterable[str]) -> bool:
    """Whether a heading or an object's keys are a portal's: at least two that only portals have."""
    own = set(portal_fields(keys).values()) - {"owner", "dated"}
    return len(own) >= 2


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
    found: Mapping[str, list[str]], names: Mapping[str, list[str]], where: Where, format: str, owner: str | None = None
) -> SharingList:
    entries: list[Entry] = []
    unread: list[Unread] = []
    stated: int | None = None
    for field, direction in (("outbound", Direction.OUTBOUND), ("inbound", Direction.INBOUND)):
        for index, written in enumerate(names.get(field, ()), 1):
            name, inactive = clean_name(written)
            place = Where(where.page, where.line, where.sheet, f"{where.field} {field} {index}".strip())
            if not name or _NOT_A_NAME.match(name):
                if field == "outbound" and re.fullmatch(r"\d[\d,]*", name):
                    stated = int(name.replace(",", ""))
                elif name and not name.lower().startswith(("none", "n/a", "na", "organizations")):
                    unread.append(Unread(place, name[:200], "is no name of an agency"))
                continue
            entries.append(Entry(name, direction, Kind.DETECTIONS, place, inactive=inactive))
    texts = {field: "\n".join(values) for field, values in found.items()}
    numbers = {field: _number(texts.get(field, "")) for field in _NUMBERS}
    kept = {f.name for f in fields(Portal)} - set(_NUMBERS) - {"hotlists", "organizations_stated"}
    said: dict[str, Any] = {field: texts[field] for field in kept if field in texts} | numbers
    hotlists = tuple(split_names(_last_paragraph(texts.get("hotlists", ""))))
    portal = Portal(hotlists=hotlists, organizations_stated=stated, **said)
    shown = owner or min(
        found.get("owner", ()), key=lambda name: re.fullmatch(r"[a-z0-9-]+", name) is not None, default=None
    )
    also = next((name for name in found.get("owner", ()) if name != shown), "")
    dated = next((d for text in found.get("dated", ()) if (d := _date(text))), None)
    return SharingList(format, tuple(entries), shown, dated, tuple(unread), portal, also=also)


def _last_paragraph(text: str) -> str:
    """A field's value below the sentence that newer portals put above it."""
    parts = [part.strip() for part in text.split("\n") if part.strip()]
    return "\n".join(parts[1:]) if len(parts) > 1 and parts[0].endswith(".") else "\n".join(parts)


def _number(text: str) -> int | None:
    """The number a field states: a line that is only a number, or "N days", else the first number of a single line."""
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    for line in lines:
        if found := re.fullmatch(r"([\d,]+)(?:\.0+)?\s*(?:days?)?", line, re.IGNORECASE):
            return int(found[1].replace(",", ""))
    found = re.search(r"\d[\d,]*", lines[0]) if len(lines) == 1 else None
    return int(found[0].replace(",", "")) if found else None


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
    "dd", "dl", "br", "header", "footer", "main", "nav", "aside",
})  # fmt: skip
_SKIPPED = frozenset({"script", "style", "noscript", "template", "svg", "iframe", "object", "embed", "head"})


def parse_html(data: bytes, name: str) -> SharingList:
    """A portal saved from a browser. Scripts, styles and frames are left out unread."""
    check_size(data, name)
    parser = part("selectolax.lexbor", "review", "Reading a saved page")
    tree = parser.LexborHTMLParser(decode(data))
    owner = _title(tree)
    blocks = list(_blocks(tree.body))
    found: dict[str, list[str]] = {}
    names: dict[str, list[str]] = {}
    field: str | None = None
    for text in blocks:
        label = _label(text)
        if label is not None:
            field = label or None
            continue
        if updated := re.match(r"last updated:?\s*(.+)", text, re.IGNORECASE):
            found.setdefault("dated", []).append(updated[1])
        elif field in ("outbound", "inbound"):
            names.setdefault(field, []).extend(split_names(text))
        elif field is not None:
            found.setdefault(field, []).append(text)
    if not found and not names:
        raise BadInput("none of a transparency portal's headings was found on this page", where=name)
    found.pop("owner", None)
    return _portal(found, names, Where(), "portal-html", owner)


def _title(tree: Any) -> str | None:
    for selector in ("h1", "title"):
        node = tree.css_first(selector)
        text = " ".join(node.text().split()) if node else ""
        text = re.sub(r"\s*[|–-]?\s*(?:transparency portal|flock safety)\s*$", "", text, flags=re.IGNORECASE).strip(
            " |-–"
        )
        if text and len(text) < 150:
            return str(text)
    return None


def _blocks(body: Any) -> Iterator[str]:
    """The page's text in reading order, a block at a time, without the parts that are not text. Never recursive."""
    text: list[str] = []
    depth_first: list[Any] = [body] if body is not None else []
    while depth_first:
        node = depth_first.pop()
        if isinstance(node, str):
            joined = " ".join("".join(text).split())
            text.clear()
            if joined:
                yield joined
            continue
        tag = (node.tag or "").lower()
        if tag in _SKIPPED or tag == "-comment":
            continue
        if tag == "-text":
            text.append(node.text() or "")
            continue
        children = list(node.iter(include_text=True))
        if tag in _BLOCKS:
            depth_first.extend(["end", *reversed(children), "begin"])
        else:
            depth_first.extend(reversed(children))
    if joined := " ".join("".join(text).split()):
        yield joined


def _label(text: str) -> str | None:
    """The field a heading opens, "" for a heading of no interest, None for text that is no heading."""
    bare = plain(text.rstrip(":"))
    if bare in _OTHER_LABELS:
        return ""
    field = _FIELD.get(bare)
    if field is not None and field not in ("owner", "dated"):
        return field
    if len(text) <= 120 and not text.endswith("."):
        found = _PREFIXED.match(text)
        if found:
            return found.lastgroup
    return None
