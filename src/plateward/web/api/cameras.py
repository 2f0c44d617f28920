"""Cameras of other makers deliver here, each in its own words."""

from __future__ import annotations

import binascii
from base64 import b64decode
from datetime import tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from plateward.core.errors import BadInput
from plateward.formats.payloads.generic import read_mapping
from plateward.formats.payloads.message import MAX_BODY
from plateward.node.devices.cameras import Delivery, receive
from plateward.node.ingest import UnknownReader
from plateward.web.api.delivering import Refused, refusals
from plateward.web.api.reader_self import unknown_reader
from plateward.web.endpoint import Call

LARGEST = MAX_BODY


class Camera(msgspec.Struct, frozen=True):
    """Which reader the camera is, and how to read it.

    ``key``: the reader's key, for cameras that can send neither Bearer nor Basic authorisation. ``zone``: what a time without
    offset is in, such as America/Los_Angeles; left out, the node's. ``sender``: who wrote the message; left out, it is found out.
    ``map``: where our fields lie in JSON or CSV of another sender, as in plate=event.lpr,read_at=event.time.
    """

    reader_id: str
    key: str | None = None
    sender: str | None = None
    zone: str = ""
    map: str = ""


class Received(msgspec.Struct, frozen=True):
    """The acknowledgement, as for any delivery. ``unread``: why nothing could be read of a message that was set apart whole.

    ``Result``: what Dahua's push waits for; until it is true, the camera sends the same message again.
    """

    sender: str
    accepted: int
    duplicates: int
    expired: int
    quarantined: int
    rejected: tuple[Refused, ...]
    notes: tuple[str, ...]
    unread: str = ""
    not_kept: int = 0
    result: bool = msgspec.field(default=True, name="Result")


async def deliver(call: Call, asked: Camera) -> Received:
    """Take a camera's message; answered only when it is durable. Sending it again adds nothing."""
    key = call.key or _basic(call) or asked.key
    if not key:
        raise unknown_reader(
            "A camera sends its reader's key: as Bearer or Basic authorisation, or as ?key= in the address."
        )
    answer = await receive(call.node, key, asked.reader_id, delivery_of(call, asked))
    if isinstance(answer, UnknownReader):
        raise unknown_reader(answer.why)
    taken = answer.taken
    return Received(
        answer.sender, taken.accepted, taken.duplicates, taken.expired, taken.quarantined, refusals(taken), answer.notes,
        answer.unread, taken.not_kept,
    )  # fmt: skip


def delivery_of(call: Call, asked: Camera) -> Delivery:
    """The request as the node takes it. Raises BadInput naming the part of the address that is wrong."""
    kind = call.request.headers.get("content-type", "")
    return Delivery(
        call.body, kind, asked.sender, zone_named(asked.zone or call.node.settings.time_zone), read_mapping(asked.map)
    )


def zone_named(name: str) -> tzinfo:
    """A time zone by its name. Raises BadInput."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise BadInput("write a time zone as in America/Los_Angeles", where="zone") from None


def _basic(call: Call) -> str | None:
    """The password of Basic authorisation: many cameras can send a user and a password and nothing else."""
    scheme, _, value = call.request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        return b64decode(value, validate=True).decode().partition(":")[2] or None
    except (binascii.Error, ValueError):
        return None
