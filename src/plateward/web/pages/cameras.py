"""Cameras of other makers: try one message, see what is understood of it, and get the address to enter in the camera."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

import msgspec
from starlette.responses import Response

from plateward.core.errors import BadInput
from plateward.formats.payloads.dahua import SENDER as DAHUA
from plateward.formats.payloads.detect import SENDERS
from plateward.formats.payloads.generic import SENDER as GENERIC
from plateward.formats.payloads.generic import read_mapping
from plateward.formats.payloads.hikvision import SENDER as HIKVISION
from plateward.formats.payloads.message import MAX_BODY
from plateward.formats.payloads.sent import Parsed, Sent
from plateward.node.devices.cameras import Delivery, understand
from plateward.node.devices.readers import ReaderView, list_readers
from plateward.web.api.cameras import zone_named
from plateward.web.endpoint import Call
from plateward.web.render import page

LARGEST = MAX_BODY
_REQUEST = re.compile(rb"(?:POST|PUT) [^\r\n]{1,2000} HTTP/1\.[01]\r?\n(?:[^\r\n]{1,4000}\r?\n){0,60}\r?\n")


class CameraForm(msgspec.Struct, frozen=True):
    """One message to try, pasted or as a file, and how to read it."""

    message: str = ""
    kind: str = ""
    reader: str = ""
    sender: str = ""
    zone: str = ""
    map: str = ""


@dataclass(frozen=True, slots=True)
class Understood:
    """One field of a read, as people read it. ``missing``: the message says nothing of it."""

    label: str
    value: str
    missing: bool = False


async def show(call: Call) -> Response:
    """The form."""
    return await _show(call, CameraForm())


async def test(call: Call, form: CameraForm) -> Response:
    """What is understood of one message. Nothing of it is kept."""
    try:
        body = call.files[0].data if call.files else form.message.encode()
        if not body.strip():
            raise BadInput("paste one message of the camera, or choose a file with one", where="message")
        zone = zone_named(form.zone or call.node.settings.time_zone)
        body, kind = _request(body)
        delivery = Delivery(body, form.kind or kind, form.sender or None, zone, read_mapping(form.map))
        parsed = await asyncio.to_thread(understand, call.node, delivery)
    except BadInput as wrong:
        field = wrong.where if wrong.where in ("zone", "map", "sender") else "message"
        at = f" (at {wrong.where})" if wrong.where not in (None, "body", "message", field) else ""
        return await _show(call, form, wrong={field: wrong.args[0] + at})
    return await _show(call, form, parsed)


def address_of(base: str, form: CameraForm, sender: str) -> str:
    """The address to enter in the camera; KEY stands for its reader's key, which nobody can show again."""
    query = {"sender": sender} if form.sender or sender in (HIKVISION, DAHUA) else {}
    query |= {"zone": form.zone} if form.zone else {}
    query |= {"map": form.map} if form.map and sender == GENERIC else {}
    return f"{base}/api/v1/cameras/{form.reader or 'READER'}?{urlencode({**query, 'key': 'KEY'}, safe='/=,')}"


def understood(sent: Sent) -> Sequence[Understood]:
    """A read field by field, what is missing included."""
    place = "" if sent.lat is None or sent.lon is None else f"{sent.lat:.5f}, {sent.lon:.5f}"
    rows = (
        ("Plate", sent.plate + (f" (written {sent.plate_raw})" if sent.plate_raw else "")),
        ("Seen at", sent.read_at.isoformat(sep=" ", timespec="milliseconds")),
        ("Confidence", f"{sent.confidence:.0%}" if sent.confidence else ""),
        ("Other readings", ", ".join(f"{plate} {share:.0%}" for plate, share in sent.candidates)),
        ("Region", sent.region or ""),
        ("Position", place),
        ("Direction", "" if sent.direction_deg is None else f"{sent.direction_deg} degrees from north"),
        ("Lane", "" if sent.lane is None else str(sent.lane)),
        (
            "Plate in the picture",
            "" if sent.box is None else "x {:.0f}, y {:.0f}, {:.0f} by {:.0f} pixels".format(*sent.box),
        ),
        ("Picture", f"{len(sent.picture) // 1024 + 1} KiB" if sent.picture else ""),
        ("The sender's camera", sent.camera[:120]),
    )
    return [Understood(label, value or "not in the message", not value) for label, value in rows]


def _request(body: bytes) -> tuple[bytes, str]:
    """The body and content type of a whole HTTP request, as a listener or a capture shows it; else what was given, and nothing."""
    head = _REQUEST.match(body.lstrip())
    if head is None:
        return body, ""
    kinds = (line.partition(b":")[2] for line in head[0].splitlines() if line.lower().startswith(b"content-type:"))
    return body.lstrip()[head.end() :], next(kinds, b"").strip().decode("latin-1")


async def _show(
    call: Call, form: CameraForm, parsed: Parsed | None = None, wrong: dict[str, str] | None = None
) -> Response:
    readers: Sequence[ReaderView] = [
        reader for reader in await list_readers(call.node, call.who) if reader.agency == call.who.organisation
    ]
    return await page(
        call,
        "cameras.html",
        status=400 if wrong else 200,
        form=form,
        wrong=wrong or {},
        senders=[(sender.name, sender.title) for sender in SENDERS.values()],
        readers=[(reader.id, reader.name) for reader in readers],
        parsed=parsed,
        understood_as=SENDERS[parsed.sender].title if parsed else "",
        reads=[understood(sent) for sent in parsed.reads] if parsed else [],
        address=address_of(call.node.settings.address, form, parsed.sender) if parsed else "",
        node_zone=call.node.settings.time_zone,
    )
