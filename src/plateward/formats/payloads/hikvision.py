"""Hikvision cameras: ISAPI ``EventNotificationAlert`` in XML (or the same in JSON), alone or as multipart with its pictures.

The namespace differs by firmware (isapi.org, hikvision.com, none), so elements are found by their local names. The country is a
number of Hikvision's own and the direction is forward or reverse: neither is read. Cameras never send again what was not
answered with 200.
"""

from __future__ import annotations

from typing import Any
from xml.etree.ElementTree import Element

from plateward.core.errors import BadInput
from plateward.formats.payloads import fields
from plateward.formats.payloads.message import Message, typed
from plateward.formats.payloads.sent import Parsed, Receipt, Sent
from plateward.formats.payloads.xml import child, local, number_of, text_of

SENDER = "hikvision"
TITLE = "Hikvision (ISAPI)"
ROOT = "EventNotificationAlert"
_DEPTH = 8


def looks_like(message: Message) -> bool:
    """Whether the root element is an event notification, whatever its namespace, or an object is one in JSON."""
    if message.xml is not None:
        return local(message.xml) == ROOT
    top = message.top or {}
    return ROOT in top or ("ANPR" in top and bool({"dateTime", "eventType"} & set(top)))


def parse(message: Message, receipt: Receipt) -> Parsed:
    """The read of a notification; other events hold none. Raises BadInput."""
    root = message.xml if message.top is None else _from_json(message)
    if root is None or local(root) != ROOT:
        raise BadInput(f"expected XML with the root element {ROOT}", where="body")
    anpr = child(root, "ANPR")
    if anpr is None:
        return Parsed(SENDER, notes=(f"An event of type {text_of(root, 'eventType')[:40]!r} holds no plate.",))
    text = text_of(anpr, "licensePlate") or text_of(anpr, "originalLicensePlate")
    if fields.no_plate(text):
        return Parsed(SENDER, notes=("A vehicle without a readable plate: nothing is kept of it.",))
    notes: list[str] = []
    plate = fields.plate_text(text)
    lane = text_of(anpr, "line")
    sent = Sent(
        plate, fields.instant(text_of(root, "dateTime"), receipt.zone, "dateTime"),
        fields.per_cent(number_of(anpr, "confidenceLevel"), "ANPR.confidenceLevel"),
        char_confidences=_characters(text_of(anpr, "plateCharBelieve"), plate),
        plate_raw=fields.raw_text(text_of(anpr, "originalLicensePlate") or text, plate),
        lane=int(lane) if lane.isascii() and lane.isdigit() and int(lane[:4]) <= 99 else None, box=_box(anpr),
        picture=fields.picture_beside(message.pictures, notes, last="licensePlate"), camera=text_of(root, "channelName"),
    )  # fmt: skip
    expected = text_of(root, "picNum")
    if expected.isdigit() and int(expected[:4]) > len(message.pictures):
        notes.append(f"The message announces {expected[:4]} pictures; {len(message.pictures)} came with it.")
    return Parsed(SENDER, (sent,), notes=tuple(notes))


def _from_json(message: Message) -> Element:
    """The same notification in JSON, as some firmware and bridges write it, as elements."""
    whole = typed(message.document, dict[str, Any])
    inside = whole.get(ROOT)
    return _element(ROOT, inside if isinstance(inside, dict) else whole, _DEPTH)


def _element(name: str, value: object, depth: int) -> Element:
    found = Element(name)
    for key, inside in value.items() if isinstance(value, dict) and depth else ():
        found.extend(_element(str(key), one, depth - 1) for one in (inside if isinstance(inside, list) else [inside]))
    if not isinstance(value, (dict, list)) and value is not None:
        found.text = str(value)
    return found


def _characters(text: str, plate: str) -> tuple[float, ...]:
    """One confidence a character, given in per cent; none at all where there is not one for each."""
    try:
        found = tuple(float(one) / 100 for one in text.split(",")) if text else ()
    except ValueError:
        return ()
    return found if len(found) == len(plate) and all(0 <= one <= 1 for one in found) else ()


def _box(anpr: Element) -> fields.Box | None:
    pictures = child(anpr, "pictureInfoList")
    for picture in pictures if pictures is not None else ():
        rectangle = child(picture, "plateRect")
        if rectangle is not None:
            x, y, width, height = (number_of(rectangle, name) or 0.0 for name in ("X", "Y", "width", "height"))
            return fields.corners(x, y, x + width, y + height)
    return None
