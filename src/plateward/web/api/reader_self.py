"""What readers ask and tell besides their reads: the terms they collect on, a key to sign with, how they do."""

from __future__ import annotations

import binascii
from base64 import b64decode
from datetime import datetime
from typing import Annotated, TypeVar

import msgspec

from plateward.core.delivery import READER_HEADER, SEQUENCE_HEADER, SIGNATURE_HEADER, SPOOL_HEADER
from plateward.core.errors import BadInput
from plateward.formats.heartbeat import MAX_BODY
from plateward.node.devices.delivery import Clash, Signed, enrol, take_frame, take_heartbeat, terms_of
from plateward.node.ingest import UnknownReader
from plateward.web.endpoint import Call
from plateward.web.problem import Problem

T = TypeVar("T")

LARGEST_HEARTBEAT = MAX_BODY
LARGEST_FRAME = 128 * 1024


class Areas(msgspec.Struct, frozen=True):
    """Places where nothing may be collected, by a rule pack in force. ``within_m``: null where the law gives no figure."""

    places: tuple[str, ...]
    within_m: int | None
    section: str


class TermsShape(msgspec.Struct, frozen=True):
    """On what terms the reader collects.

    ``keep``: what its agency told it (hits, minutes:N, all); ``most``: what its retention permits. ``kept_minutes``: null where
    nobody has set it: then nothing is collected. ``signs``: whether a signing key is known. ``now``: the node's clock.
    """

    reader: str
    agency: str
    kind: str
    lat: float | None
    lon: float | None
    keep: str
    most: str
    kept_minutes: int | None
    no_collect: tuple[Areas, ...]
    signs: bool
    now: datetime


class SigningKey(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An Ed25519 public key, 64 hexadecimal digits."""

    public: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]


class Enrolled(msgspec.Struct, frozen=True):
    """Which reader signs with the key from now on."""

    reader: str


class Heard(msgspec.Struct, frozen=True):
    """That the node has it, and its clock."""

    now: datetime


class WhichCamera(msgspec.Struct, frozen=True):
    """One camera of the reader by its name."""

    camera: Annotated[str, msgspec.Meta(min_length=1, max_length=120)]


async def tell_terms(call: Call) -> TermsShape:
    """On what terms the reader whose key was sent collects, and what time it is."""
    terms = known(await terms_of(call.node, _key(call)))
    place = terms.position
    areas = tuple(
        Areas(tuple(str(place) for place in area.places), area.within_m, area.section) for area in terms.no_collect
    )
    return TermsShape(
        terms.reader, terms.agency, terms.kind, place.lat if place else None, place.lon if place else None,
        str(terms.keep), str(terms.most), terms.kept_minutes, areas, terms.signs, terms.now,
    )  # fmt: skip


async def enter_key(call: Call, asked: SigningKey) -> Enrolled:
    """Enter a signing key of the reader's own making: from now on nothing but its signature delivers in the reader's name."""
    answer = await enrol(call.node, _key(call), bytes.fromhex(asked.public))
    if isinstance(answer, Clash):
        raise Problem(409, answer.why)
    return Enrolled(known(answer))


async def hear(call: Call) -> Heard:
    """Keep what the reader says of itself: temperature, frames, spool, last read; neither plates nor places."""
    return Heard(known(await take_heartbeat(call.node, signed(call) or _key(call), call.body)))


async def see(call: Call, asked: WhichCamera) -> Heard:
    """Keep what a camera saw last: a small JPEG in which the reader has made plates and people unreadable."""
    return Heard(known(await take_frame(call.node, signed(call) or _key(call), asked.camera, call.body)))


def signed(call: Call) -> Signed | None:
    """Who signed this request, None where nobody did. Raises BadInput naming the header that is wrong."""
    headers = call.request.headers
    given = headers.get(SIGNATURE_HEADER)
    if given is None:
        return None
    try:
        signature = b64decode(given, validate=True)
    except (binascii.Error, ValueError):
        signature = b""
    if len(signature) != 64:
        raise BadInput("a signature is 64 bytes in base64", where=SIGNATURE_HEADER)
    number = headers.get(SEQUENCE_HEADER, "")
    if not number.isascii() or not number.isdecimal() or len(number) > 16:
        raise BadInput("a delivery's number is written in digits", where=SEQUENCE_HEADER)
    return Signed(headers.get(READER_HEADER, ""), headers.get(SPOOL_HEADER, ""), int(number), signature)


def known(answer: T | UnknownReader) -> T:
    """``answer``, unless it says that the reader is unknown. Raises Problem."""
    if isinstance(answer, UnknownReader):
        raise unknown_reader(answer.why)
    return answer


def _key(call: Call) -> str:
    if call.key is None:
        raise unknown_reader("This needs the reader's key as Authorization: Bearer.")
    return call.key


def unknown_reader(why: str) -> Problem:
    """The answer to a key that opens nothing."""
    return Problem(
        401,
        why,
        next_step="An ALPR administrator makes keys on the readers page.",
        headers={"WWW-Authenticate": "Bearer"},
    )
