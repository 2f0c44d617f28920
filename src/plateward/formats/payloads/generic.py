"""Any other sender: JSON (one object, a list, lines) or a table with a heading, by known names or by a mapping.

A mapping says where our field lies in theirs (``paths``): ``plate=event.lpr[0].text,read_at=date+time``. What it does not name is
looked for under the names that imports know (``read_files.COLUMNS``). Confidences are shares from 0 to 1 unless one of the message
is above 1: then all of them are per cent. A per cent sign speaks for its own; ``confidence_in=percent`` (or ``share``) for all.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from plateward.core.errors import BadInput
from plateward.formats.payloads import fields, paths
from plateward.formats.payloads.message import Message, typed
from plateward.formats.payloads.sent import Parsed, Receipt, Sent, gather
from plateward.formats.read_files import COLUMNS
from plateward.formats.reads import MAX_ITEMS

SENDER = "generic"
TITLE = "Anything else, as JSON or CSV"
SCALE = "confidence_in"
MAPPABLE = (*(name for name in COLUMNS if name != "reader"), "picture", "camera")
_LISTS = ("reads", "results", "events", "data", "items", "detections", "plates")
_SEPARATORS = (",", ";", "\t", "|")
_TITLES = 5
"""Lines above a table's heading that are looked at."""

_COMPASS = {name: 22.5 * at for at, name in enumerate(
    ("n", "nne", "ne", "ene", "e", "ese", "se", "sse", "s", "ssw", "sw", "wsw", "w", "wnw", "nw", "nnw"))}  # fmt: skip
_NO_TIME = "There is no time: the time the message came in is taken."
_NO_PLATE = "A vehicle without a readable plate: nothing is kept of it."


def read_mapping(text: str) -> dict[str, str]:
    """``plate=event.lpr,read_at=event.time`` as a mapping. Raises BadInput."""
    pairs = [pair.partition("=") for pair in text.split(",") if pair.strip()]
    mapping = {name.strip(): path.strip() for name, _, path in pairs}
    for name, path in mapping.items():
        if name == SCALE and path in ("percent", "share"):
            continue
        if name not in MAPPABLE or not path:
            raise BadInput(
                f"write field=path, where field is one of {', '.join(MAPPABLE)}, or {SCALE}=percent", where="map"
            )
        paths.check(path, "map")
    paths.before_each(mapping)
    return mapping


def looks_like(message: Message) -> bool:
    """Whether a field known as a plate is at the top, in the first item, or in a heading line."""
    if message.top is not None:
        return _knows(message.top) or any(name in message.top for name in _LISTS)
    if message.items is not None:
        return bool(message.items) and bytes(message.items[0]).startswith(b"{")
    return message.xml is None and _heading(_lines(message.document), {}) is not None


def _knows(names: Iterable[str]) -> bool:
    return any(name.strip().lower() in COLUMNS["plate"] for name in names)


def parse(message: Message, receipt: Receipt) -> Parsed:
    """The reads of JSON or a table. Raises BadInput."""
    notes: list[str] = []
    if message.xml is not None:
        raise BadInput("XML of an unknown sender cannot be read; send JSON or CSV", where="body")
    beside = fields.picture_beside(message.pictures, notes)
    if message.top is None and message.items is None and not message.document.startswith(b"{"):
        rows: Sequence[dict[str, str] | BadInput] = [*_rows(message.document, receipt)]
    else:
        rows = [_attempt(one, receipt) for one in _sources(message, receipt)]
    if len(rows) > MAX_ITEMS:
        raise BadInput(f"a message has at most {MAX_ITEMS} reads", where="body")
    per_cent = _in_per_cent(rows, receipt.mapping.get(SCALE, ""), notes)
    reads, rejected = gather(rows, lambda row: _read(row, receipt, notes, beside, per_cent=per_cent))
    return Parsed(SENDER, reads, rejected, tuple(dict.fromkeys(notes)))


# -- JSON ---------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Source:
    """What one read is taken from: an object, and the item of a list in it that a path behind ``[]`` speaks of."""

    raw: msgspec.Raw
    item: msgspec.Raw | None = None


def _sources(message: Message, receipt: Receipt) -> Iterator[_Source]:
    """The objects of a message that hold a read each."""
    tops = message.items if message.items is not None else (msgspec.Raw(message.document),)
    each = paths.before_each(receipt.mapping)
    for top in tops:
        if each is not None:
            listed = paths.value_at(top, each, "map")
            if listed is None or not bytes(listed).startswith(b"["):
                raise BadInput(f"there is no list at {each!r}", where="map")
            yield from (_Source(top, item) for item in typed(listed, tuple[msgspec.Raw, ...], each))
        elif message.items is None:
            yield from map(_Source, _inner(top, receipt))
        else:
            yield _Source(top)


def _inner(raw: msgspec.Raw, receipt: Receipt) -> Iterator[msgspec.Raw]:
    """The items of the list in an object that has no plate of its own, with the time and place that the object says for all."""
    top = typed(raw, dict[str, msgspec.Raw])
    asked = receipt.mapping.get("plate", "")
    own = paths.value_at(raw, asked, "plate") is not None if asked else _knows(top)
    name = next((name for name in _LISTS if bytes(top.get(name, msgspec.Raw(b"")))[:1] in (b"[", b"{")), None)
    if own or name is None or (asked and asked.startswith(f"{name}.")):
        yield raw
        return
    items = typed(top[name], tuple[msgspec.Raw, ...], name) if bytes(top[name]).startswith(b"[") else (top[name],)
    for_all = {key: value for key, value in top.items() if any(key.lower() in known for known in COLUMNS.values())}
    for item in items:
        if bytes(item).startswith(b"{"):
            yield msgspec.Raw(msgspec.json.encode(for_all | typed(item, dict[str, msgspec.Raw], name)))
        else:
            yield item


def _attempt(source: _Source, receipt: Receipt) -> dict[str, str] | BadInput:
    """The texts of a read's fields, or what is wrong with it."""
    try:
        top = typed(source.raw, dict[str, msgspec.Raw])
        found = _keys(top, receipt)
        texts = {name: paths.text_at(source.raw, path, name, source.item) for name, path in found.items()}
    except BadInput as wrong:
        return wrong
    return {name: text for name, text in texts.items() if text is not None}


def _keys(names: Iterable[str], receipt: Receipt) -> dict[str, str]:
    """Our fields and their paths: as mapped, else by the likeliest of the known names that is there."""
    spelled = {name.strip().lower(): name for name in names}
    known = {
        ours: spelled[name]
        for ours, theirs in COLUMNS.items()
        if (name := next(filter(spelled.__contains__, theirs), ""))
    }
    if known.get("read_at", "").lower() == "time" and "date" in spelled:
        known["read_at"] = f"{spelled['date']}+{spelled['time']}"
    known.update(("picture", spelled[name]) for name in ("picture", "image", "jpeg") if name in spelled)
    return {
        name: path for name, path in (known | dict(receipt.mapping)).items() if name in MAPPABLE or name == "reader"
    }


# -- tables -------------------------------------------------------------------------------------------------------------------


def _lines(document: bytes) -> list[str]:
    """The first lines of a table, without the one in which a spreadsheet says its separator."""
    lines = [line for line in document[:20_000].decode("utf-8", "replace").splitlines() if line.strip()][: _TITLES + 1]
    return lines[1:] if lines and lines[0].strip().lower().startswith("sep=") else lines[:_TITLES]


def _heading(lines: Sequence[str], mapping: Mapping[str, str]) -> tuple[str, str] | None:
    """The line that holds a name known as a plate's, or mapped as one, and the separator that shows it; None without one."""
    wanted = {part.strip().lower() for part in mapping.get("plate", "").split("+")} if "plate" in mapping else None
    for line in lines:
        for mark in sorted(_SEPARATORS, key=line.count, reverse=True):
            cells = {cell.strip(' "').lower() for cell in line.split(mark)}
            if (wanted & cells) if wanted is not None else _knows(cells):
                return line, mark
    return None


def _rows(document: bytes, receipt: Receipt) -> Iterator[dict[str, str] | BadInput]:
    """The fields of each row of a table. Raises BadInput where it is none."""
    headed = _heading(_lines(document), receipt.mapping)
    if headed is None:
        raise BadInput("this is neither JSON, XML nor a table whose heading names a plate", where="plate")
    try:
        text = document.decode()
        rows = csv.reader(io.StringIO(text[text.index(headed[0]) :], newline=""), strict=True, delimiter=headed[1])
        heading = [name.strip() for name in next(rows)]
        table = [row for row in rows if any(cell.strip() for cell in row)]
    except UnicodeDecodeError:
        raise BadInput("this is neither JSON, XML nor CSV in UTF-8", where="body") from None
    except (csv.Error, StopIteration) as error:
        raise BadInput(f"this is not CSV: {error}", where="body") from None
    keys = _keys(heading, receipt)
    columns = {name: path if path in heading else path.split("+") for name, path in keys.items()}
    for row in table:
        if any(cell.strip() for cell in row[len(heading) :]):
            yield BadInput(f"this row has {len(row)} cells and the heading {len(heading)}", where="row")
            continue
        cells = dict(zip(heading, row, strict=False))
        found = {
            name: cells.get(at, "")
            if isinstance(at, str)
            else " ".join(cells.get(part.strip(), "") for part in at).strip()
            for name, at in columns.items()
        }
        yield {name: text for name, text in found.items() if text.strip()}


# -- fields -------------------------------------------------------------------------------------------------------------------


def _in_per_cent(rows: Sequence[dict[str, str] | BadInput], said: str, notes: list[str]) -> bool:
    """Whether confidences of this message without a sign are per cent: as said, or because one of them can be nothing else."""
    if said:
        return said == "percent"
    values = [_as_number(row.get("confidence", "")) for row in rows if isinstance(row, dict)]
    high = [value for value in values if value is not None and value > 1]
    if high and any(value is not None and 0 < value <= 1 for value in values):
        notes.append("One confidence is above 1: all of this message are taken as per cent.")
    return bool(high)


def _read(
    row: dict[str, str] | BadInput, receipt: Receipt, notes: list[str], beside: bytes | None, *, per_cent: bool
) -> Sent | None:
    if isinstance(row, BadInput):
        raise row
    if not row.get("plate", "").strip():
        raise BadInput("there is no plate; name where it lies with map=plate=…", where="plate")
    if fields.no_plate(row["plate"]):
        notes.append(_NO_PLATE)
        return None
    if len(row["plate"]) > 64:
        raise BadInput("a plate has at most 64 characters as sent", where="plate")
    plate = fields.plate_text(row["plate"])
    at = receipt.received_at
    if row.get("read_at"):
        at = fields.instant(row["read_at"], receipt.zone, "read_at")
    else:
        notes.append(_NO_TIME)
    place = fields.position(_number(row, "lat", notes), _number(row, "lon", notes))
    return Sent(
        plate, at, _confidence(row.get("confidence", ""), notes, per_cent=per_cent), plate_raw=fields.raw_text(row["plate"], plate),
        region=fields.region(row.get("region"), bare_is_state=True), lat=place and place[0], lon=place and place[1],
        direction_deg=_direction(row, notes), camera=row.get("camera") or row.get("reader") or "",
        picture=fields.picture_from(row.get("picture"), "picture", notes) or beside,
    )  # fmt: skip


def _confidence(text: str, notes: list[str], *, per_cent: bool) -> float:
    """From 0 to 1; 0 and a note where what is sent is no confidence."""
    bare = text.strip().removesuffix("%").strip()
    value = _as_number(bare)
    divided = per_cent or bare != text.strip()
    if not bare:
        return 0.0
    if value is None or not 0 <= value <= (100 if divided else 1):
        notes.append(f"confidence {text[:40]!r} is none, 0 to 1 or 0 to 100 per cent: the read is taken without it.")
        return 0.0
    return value / 100 if divided else value


def _direction(row: Mapping[str, str], notes: list[str]) -> int | None:
    """Degrees from north, given so or as a wind ("NE", "south-west")."""
    word = row.get("direction", "").strip().lower()
    for long, short in (
        ("north", "n"),
        ("south", "s"),
        ("east", "e"),
        ("west", "w"),
        ("bound", ""),
        ("-", ""),
        (" ", ""),
    ):
        word = word.replace(long, short)
    if word in _COMPASS:
        return int(_COMPASS[word])
    degrees = _number(row, "direction", notes)
    return None if degrees is None else int(degrees) % 360


def _number(row: Mapping[str, str], name: str, notes: list[str]) -> float | None:
    """A number that a read can do without: a note where it is none."""
    text = row.get(name, "").strip()
    value = _as_number(text.removesuffix("°"))
    if text and (value is None or abs(value) > 1e9):
        notes.append(f"{name} {text[:40]!r} is no number: the read is taken without it.")
        return None
    return value


def _as_number(text: str) -> float | None:
    """A number with a decimal point or, where there is none, a decimal comma; None for anything else."""
    text = text.strip()
    if text.count(",") == 1 and "." not in text:
        text = text.replace(",", ".")
    try:
        value = float(text) if text else None
    except ValueError:
        return None
    return value if value is not None and math.isfinite(value) else None
