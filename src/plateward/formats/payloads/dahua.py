"""Dahua ITC and IPC cameras with number plate recognition, and those sold under other names (Intelbras, CP Plus).

Four forms of one event: lines ``Events[0].TrafficCar.PlateNumber=…`` with pictures after them, as a client gets from
``snapManager.cgi?action=attachFileProc``; ``Code=TrafficJunction;action=Pulse;index=0;data={…}`` of
``eventManager.cgi?action=attach``; the same objects in JSON (``Events``, ``eventList``); and the push of ITSAPI,
``Picture.Plate.PlateNumber`` with pictures in base64, which the camera repeats until the answer holds ``"Result":
true``.

Not read: the confidence, given from 0 to 255 by some firmware and in per cent by other; the direction, which is north
where nobody set it; the country, in three letters; boxes of 8192ths (``OriginalBoundingBox`` is in pixels). Sources:
"Dahua HTTP API" V3.37, 4.4.3 "Subscribe to Snapshot", 10.1.1 "TrafficJunction", 10.1.8 "Traffic ANPR Measurement";
"ANPR API" (subscribe to snapshot information); messages that public programs hold as test data (hysios/dhhttp,
YutthapoomSa/dahua-api). No camera was at hand.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import msgspec

from plateward.core.errors import BadInput
from plateward.formats.payloads import fields
from plateward.formats.payloads.message import Message, typed
from plateward.formats.payloads.sent import Parsed, Receipt, Sent, gather
from plateward.formats.text import decode

SENDER = "dahua"
TITLE = "Dahua (event stream, ITSAPI)"
MARK = b'"SnapInfo"'
"""What every push of a plate by ITSAPI holds, and no other sender's message."""

_LINE = re.compile(r"(?:Return)?Events\[(\d{1,3})\]\.([\w.\[\]]{1,200})=(.*)")
_CODE = re.compile(r"Code=(\w+);action=(\w+);(?:index=[^;]*;)?data=", re.IGNORECASE)
_KNOWS_ITSELF = frozenset({"DeviceModel", "DeviceID", "Manufacturer"})
_MAX_LINES = 5000
_LIVE, _OFF = timedelta(minutes=2), timedelta(minutes=10)
_SPARE = (
    "OriginalBoundingBox",
    "Lane",
    "LanNo",
    "MachineName",
    "DeviceID",
    "UTCMS",
    "NormalPic",
    "VehiclePic",
    "CutoutPic",
)
_NOTHING = "An event of type {!r} holds no plate."


class _Base(msgspec.Struct, frozen=True):
    Code: str = ""
    Action: str = ""


class _Object(msgspec.Struct, frozen=True):
    ObjectType: str = ""
    Text: str = ""
    OriginalBoundingBox: tuple[float, ...] = ()


class _Car(msgspec.Struct, frozen=True):
    PlateNumber: str = ""
    Lane: float | None = None
    MachineName: str = ""
    UTC: float | None = None


class _Event(msgspec.Struct, frozen=True):
    """``UTC``: seconds; by the camera's local clock in some firmware, see ``_instant``. ``LocaleTime``: that clock, written."""

    Code: str = ""
    Action: str | int = ""
    EventBaseInfo: _Base = _Base()
    Object: _Object = _Object()
    TrafficCar: _Car = _Car()
    UTC: float | None = None
    UTCMS: float = 0
    RealUTC: float | None = None
    LocaleTime: str = ""
    Lane: float | None = None


class _Listed(msgspec.Struct, frozen=True):
    Code: str = ""
    Action: str | int = ""
    Data: msgspec.Raw = msgspec.Raw(b"")


class _Plate(msgspec.Struct, frozen=True):
    PlateNumber: str = ""
    IsExist: bool = True


class _Snap(msgspec.Struct, frozen=True):
    AccurateTime: str = ""
    SnapTime: str = ""
    DeviceID: str = ""
    LanNo: float | None = None


class _Encoded(msgspec.Struct, frozen=True):
    Content: str = ""


class _Picture(msgspec.Struct, frozen=True):
    Plate: _Plate = _Plate()
    SnapInfo: _Snap = _Snap()
    NormalPic: _Encoded = _Encoded()
    VehiclePic: _Encoded = _Encoded()
    CutoutPic: _Encoded = _Encoded()


class _Push(msgspec.Struct, frozen=True):
    Picture: _Picture


def looks_like(message: Message) -> bool:
    """Whether this is one of the four forms, or what a camera says of itself between them."""
    if message.top is None:
        return message.xml is None and message.items is None and (
            message.document.startswith((b"Events[", b"ReturnEvents[", b"Code=")) or _heartbeat(message)
        )  # fmt: skip
    top = message.top
    return _pushed(top) or set(top) == {"Active", "DeviceID"} or set(top) >= _KNOWS_ITSELF or _listed(top) is not None


def parse(message: Message, receipt: Receipt) -> Parsed:
    """The reads of a message. Raises BadInput."""
    top = message.top
    if top is None:
        return _text_form(message, receipt)
    if _pushed(top) and "Picture" in top:
        return _push(typed(message.document, _Push, spare=_SPARE).Picture, message, receipt)
    if _pushed(top):
        return _push(typed(message.document, _Picture, spare=_SPARE), message, receipt)
    listed = _listed(top)
    if listed is None:
        return Parsed(SENDER, notes=("The camera says that it is alive. It holds no read.",))
    events = [raw if not (data := typed(raw, _Listed)).Data else _inner(data) for raw in listed]
    return _events(events, message, receipt)


def _pushed(top: Mapping[str, msgspec.Raw]) -> bool:
    return bytes(top.get("Picture", b"")).startswith(b"{") or {"Plate", "SnapInfo"} <= set(top)


def _listed(top: Mapping[str, msgspec.Raw]) -> tuple[msgspec.Raw, ...] | None:
    """The events of a JSON form: in ``Events``, in ``params.eventList``, or the object itself."""
    events = bytes(top.get("Events", b""))
    if events.startswith(b"[") and (b'"TrafficCar"' in events or b'"Code"' in events):
        return typed(top["Events"], tuple[msgspec.Raw, ...], "Events")
    params = top.get("params", msgspec.Raw(b""))
    if b'"eventList"' in bytes(params):
        inside = typed(params, dict[str, msgspec.Raw], "params")
        return typed(inside.get("eventList", msgspec.Raw(b"[]")), tuple[msgspec.Raw, ...], "params.eventList")
    if "TrafficCar" in top or {"Code", "Data"} <= set(top):
        return (msgspec.Raw(msgspec.json.encode(top)),)
    return None


def _inner(listed: _Listed) -> msgspec.Raw:
    """The event in ``Data``, with the code and action that stand beside it."""
    data = typed(listed.Data, dict[str, msgspec.Raw], "Data")
    beside = {name: value for name, value in (("Code", listed.Code), ("Action", listed.Action)) if value != ""}
    return msgspec.Raw(msgspec.json.encode(data | beside))


def _heartbeat(message: Message) -> bool:
    return message.document.strip().lower() == b"heartbeat"


def _text_form(message: Message, receipt: Receipt) -> Parsed:
    if _heartbeat(message):
        return Parsed(SENDER, notes=("A heartbeat: the camera is alive. It holds no read.",))
    text = decode(message.document)
    coded = _CODE.match(text)
    if coded is not None:
        data = msgspec.Raw(text[coded.end() :].strip().encode())
        return _events([_inner(_Listed(coded[1], coded[2], data))], message, receipt)
    events = [msgspec.Raw(msgspec.json.encode(event)) for event in _from_lines(text)]
    if not events:
        raise BadInput("no line says Events[0].…=…", where="body")
    return _events(events, message, receipt)


def _from_lines(text: str) -> list[dict[str, object]]:
    """The events that lines ``Events[0].Object.Text=…`` describe, as objects in objects; empty values are left out."""
    events: dict[int, dict[str, object]] = {}
    for line in text.splitlines()[:_MAX_LINES]:
        found = _LINE.match(line.strip())
        if found is None or not found[3].strip():
            continue
        *path, last = found[2].split(".")
        inside = events.setdefault(int(found[1]), {})
        for name in path:
            deeper = inside.setdefault(name, {})
            if not isinstance(deeper, dict):
                break
            inside = deeper
        else:
            name, bracket, _ = last.partition("[")
            if bracket:
                listed = inside.setdefault(name, [])
                if isinstance(listed, list):
                    listed.append(found[3].strip())
            else:
                inside[name] = found[3].strip()
    return [events[number] for number in sorted(events)]


def _events(events: list[msgspec.Raw], message: Message, receipt: Receipt) -> Parsed:
    notes: list[str] = []

    def one(raw: msgspec.Raw) -> Sent | None:
        event = typed(raw, _Event, spare=_SPARE)
        code = event.EventBaseInfo.Code or event.Code
        text = event.TrafficCar.PlateNumber or (event.Object.Text if event.Object.ObjectType == "Plate" else "")
        if (event.EventBaseInfo.Action or event.Action) == "Stop" or fields.no_plate(text):
            notes.append(_NOTHING.format(code[:40]))
            return None
        plate = fields.plate_text(text)
        box = event.Object.OriginalBoundingBox
        return Sent(
            plate, _instant(event, receipt, notes), plate_raw=fields.raw_text(text, plate),
            lane=_lane(event.Lane if event.Lane is not None else event.TrafficCar.Lane),
            box=fields.corners(*box) if len(box) == 4 else None, camera=event.TrafficCar.MachineName,
            picture=fields.picture_beside(message.pictures, notes),
        )  # fmt: skip

    reads, rejected = gather(events, one)
    return Parsed(SENDER, reads, rejected, tuple(dict.fromkeys(notes)))


def _instant(event: _Event, receipt: Receipt, notes: list[str]) -> datetime:
    """When the car was there.

    ``UTC`` is seconds since 1970 in UTC by the documentation; firmware exists that counts the local clock instead.
    ``RealUTC`` is beyond doubt; else ``LocaleTime`` tells which it is: written out, the two agree only where ``UTC``
    counts the local clock. Without both, a live event tells: in UTC far from now, and by the local clock just now.
    """
    counted = event.UTC if event.UTC is not None else event.TrafficCar.UTC
    if event.RealUTC is not None:
        return fields.epoch(event.RealUTC + _share_of_second(event), "RealUTC")
    if counted is None:
        if not event.LocaleTime:
            raise BadInput("there is no time", where="UTC")
        return fields.instant(event.LocaleTime, receipt.zone, "LocaleTime")
    at = fields.epoch(counted + _share_of_second(event), "UTC")
    by_local_clock = at.replace(tzinfo=receipt.zone)
    if event.LocaleTime:
        shown = fields.instant(event.LocaleTime, UTC, "LocaleTime")
        local = abs(shown - at) < timedelta(seconds=2)
    else:
        local = abs(by_local_clock - receipt.received_at) < _LIVE and abs(at - receipt.received_at) > _OFF
    if local and by_local_clock.astimezone(UTC) != at:
        notes.append("The camera's UTC counts its local clock: the time is taken as in the address's zone.")
        return by_local_clock
    return at


def _share_of_second(event: _Event) -> float:
    return event.UTCMS / 1000 if 0 <= event.UTCMS < 1000 else 0.0


def _lane(number: float | None) -> int | None:
    return int(number) if number is not None and 0 <= number <= 99 else None


def _push(push: _Picture, message: Message, receipt: Receipt) -> Parsed:
    text = push.Plate.PlateNumber
    if not push.Plate.IsExist or fields.no_plate(text):
        return Parsed(SENDER, notes=("A vehicle without a readable plate: nothing is kept of it.",))
    notes: list[str] = []
    written = push.SnapInfo.AccurateTime or push.SnapInfo.SnapTime
    if written:
        at = fields.instant(written, receipt.zone, "Picture.SnapInfo.AccurateTime")
    else:
        at = receipt.received_at
        notes.append("There is no time: the time the message came in is taken.")
    plate = fields.plate_text(text)
    pictures = (("NormalPic", push.NormalPic), ("VehiclePic", push.VehiclePic), ("CutoutPic", push.CutoutPic))
    inside = (fields.picture_from(one.Content, f"{name}.Content", notes) for name, one in pictures)
    sent = Sent(
        plate, at, plate_raw=fields.raw_text(text, plate), lane=_lane(push.SnapInfo.LanNo), camera=push.SnapInfo.DeviceID,
        picture=next((one for one in inside if one is not None), None) or fields.picture_beside(message.pictures, notes),
    )  # fmt: skip
    return Parsed(SENDER, (sent,), notes=tuple(notes))
