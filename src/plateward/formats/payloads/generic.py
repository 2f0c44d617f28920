"""Any other sender: JSON (one object, a list, lines) or CSV with a heading, by known names or by a mapping.

A mapping says where our field lies in theirs, a path joined by dots: ``plate=event.lpr.text``. What it does not name is looked for
under the names that imports know (``read_files.COLUMNS``).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from plateward.core.errors import BadInput
from plateward.formats.payloads import fields
from plateward.formats.payloads.message import Message, typed
from plateward.formats.payloads.sent import Parsed, Receipt, Sent, gather
from plateward.formats.read_files import COLUMNS
from plateward.formats.reads import MAX_ITEMS

SENDER = "generic"
TITLE = "Anything else, as JSON or CSV"
MAPPABLE = (*(name for name in COLUMNS if name != "reader"), "picture", "camera")
_LISTS = ("reads", "results", "events", "data", "items")
_DEPTH = 8


def read_mapping(text: str) -> dict[str, str]:
    """``plate=event.lpr,read_at=event.time`` as a mapping. Raises BadInput."""
    pairs = [pair.partition("=") for pair in text.split(",") if pair.strip()]
    mapping = {name.strip(): path.strip() for name, _, path in pairs}
    for name, path in mapping.items():
        if name not in MAPPABLE or not path or path.count(".") >= _DEPTH:
            raise BadInput(f"write field=path, where field is one of {', '.join(MAPPABLE)}", where="map")
    return mapping


def looks_like(message: Message) -> bool:
    """Whether a field known as a plate is at the top, in the first item, or in the heading line."""
    if message.top is not None:
        return _knows(message.top) or any(name in message.top for name in _LISTS)
    if message.items is not None:
        return bool(message.items) and bytes(message.items[0]).startswith(b"{")
    heading = message.document.partition(b"\n")[0].decode("utf-8", "replace")
    return message.xml is None and _knows(name.strip() for name in heading.split(","))


def _knows(names: Iterable[str]) -> bool:
    return any(name.lower() in COLUMNS["plate"] for name in names)


def parse(message: Message, receipt: Receipt) -> Parsed:
    """The reads of JSON or CSV. Raises BadInput."""
    notes: list[str] = []
    if message.xml is not None:
        raise BadInput("XML of an unknown sender cannot be read; send JSON or CSV", where="body")
    beside = fields.picture_beside(message.pictures, notes)
    if message.top is None and message.items is None and not message.document.startswith(b"{"):
        reads, rejected = gather(
            _rows(message.document), lambda row: _read(_from_row(row, receipt), receipt, notes, beside)
        )
    else:
        raws = _items(message, receipt)
        reads, rejected = gather(raws, lambda raw: _read(_from_json(raw, receipt), receipt, notes, beside))
    return Parsed(SENDER, reads, rejected, tuple(dict.fromkeys(notes)))


def _items(message: Message, receipt: Receipt) -> tuple[msgspec.Raw, ...]:
    if message.items is not None:
        return _few(message.items)
    top = message.top or {}
    if not receipt.mapping and not _knows(top):
        for name in _LISTS:
            if bytes(top.get(name, msgspec.Raw(b""))).startswith(b"["):
                return _few(typed(top[name], tuple[msgspec.Raw, ...], name))
    return (msgspec.Raw(message.document),)


def _few(raws: tuple[msgspec.Raw, ...]) -> tuple[msgspec.Raw, ...]:
    if len(raws) > MAX_ITEMS:
        raise BadInput(f"a message has at most {MAX_ITEMS} reads", where="body")
    return raws


def _rows(document: bytes) -> Iterator[Mapping[str, str]]:
    try:
        rows = csv.reader(io.StringIO(document.decode(), newline=""), strict=True)
        heading = [name.strip() for name in next(rows)]
        table = [dict(zip(heading, row, strict=False)) for row in rows if row]
    except UnicodeDecodeError:
        raise BadInput("this is neither JSON, XML nor CSV in UTF-8", where="body") from None
    except (csv.Error, StopIteration) as error:
        raise BadInput(f"this is not CSV: {error}", where="body") from None
    if len(table) > MAX_ITEMS:
        raise BadInput(f"a message has at most {MAX_ITEMS} reads", where="body")
    return iter(table)


def _from_row(row: Mapping[str, str], receipt: Receipt) -> dict[str, str]:
    return {name: row[key] for name, key in _keys(row, receipt).items() if row.get(key)}


def _from_json(raw: msgspec.Raw, receipt: Receipt) -> dict[str, str]:
    top = typed(raw, dict[str, msgspec.Raw])
    return {name: text for name, path in _keys(top, receipt).items() if (text := _at(top, path, name)) is not None}


def _keys(names: Iterable[str], receipt: Receipt) -> dict[str, str]:
    known = {ours: name for name in names for ours, theirs in COLUMNS.items() if name.lower() in theirs}
    known.update(("picture", name) for name in names if name.lower() in ("picture", "image", "jpeg"))
    return {
        name: path for name, path in (known | dict(receipt.mapping)).items() if name in MAPPABLE or name == "reader"
    }


def _at(top: Mapping[str, msgspec.Raw], path: str, where: str) -> str | None:
    """The text at a dotted path, numbers as written; None where there is nothing."""
    if path in top:
        raw = top[path]
    else:
        first, _, rest = path.partition(".")
        if not rest or first not in top or not bytes(top[first]).startswith(b"{"):
            return None
        return _at(typed(top[first], dict[str, msgspec.Raw], where), rest, where)
    if bytes(raw)[:1] in (b"{", b"["):
        raise BadInput(f"{path!r} is no single value", where=where)
    text = bytes(raw)
    return None if text == b"null" else typed(raw, str, where) if text.startswith(b'"') else text.decode()


def _read(row: Mapping[str, str], receipt: Receipt, notes: list[str], beside: bytes | None) -> Sent:
    if not row.get("plate"):
        raise BadInput("there is no plate; name where it lies with map=plate=…", where="plate")
    if len(row["plate"]) > 64:
        raise BadInput("a plate has at most 64 characters as sent", where="plate")
    plate = fields.plate_text(row["plate"])
    at = receipt.received_at
    if row.get("read_at"):
        at = fields.instant(row["read_at"], receipt.zone, "read_at")
    else:
        notes.append("There is no time: the time the message came in is taken.")
    place = fields.position(_number(row, "lat"), _number(row, "lon"))
    heading = _number(row, "direction")
    return Sent(
        plate, at, fields.share(_number(row, "confidence")), plate_raw=fields.raw_text(row["plate"], plate),
        region=fields.region(row.get("region"), bare_is_state=True), lat=place and place[0], lon=place and place[1],
        direction_deg=None if heading is None else int(heading) % 360, camera=row.get("camera") or row.get("reader") or "",
        picture=fields.picture_from(row.get("picture"), "picture", notes) or beside,
    )  # fmt: skip


def _number(row: Mapping[str, str], name: str) -> float | None:
    text = row.get(name, "").strip().rstrip("%")
    try:
        value = float(text) if text else None
    except ValueError:
        raise BadInput(f"{text[:40]!r} is no number", where=name) from None
    if value is not None and not abs(value) <= 1e9:
        raise BadInput(f"{text[:40]!r} is no number that can be", where=name)
    return value
