"""One reader, for programs: how it does, its rates and doubts, what it is told to keep, and changes to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

from plateward.core.errors import BadInput
from plateward.core.place import Position
from plateward.core.read import Reader
from plateward.node.devices.changing import ReaderStatus, change, retire, set_status
from plateward.node.devices.reader_watch import Watched, watch
from plateward.node.devices.readers import change_keep, one_reader
from plateward.web.api import shapes
from plateward.web.endpoint import Call
from plateward.web.problem import Problem


class WhichReader(msgspec.Struct, frozen=True):
    """One reader by its id."""

    reader_id: str


class KeepAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the reader is to keep of what it sees: hits, minutes:N or all."""

    reader_id: str
    keep: str


class ReaderChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to change of a reader; what is left out stays. ``lat`` and ``lon`` go together, null for none. ``heading``: degrees."""

    reader_id: str
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=120)] | UnsetType = UNSET
    lat: float | UnsetType | None = UNSET
    lon: float | UnsetType | None = UNSET
    heading: Annotated[int, msgspec.Meta(ge=0, lt=360)] | UnsetType | None = UNSET

    def of(self, reader: Reader) -> Reader:
        """``reader`` with what this changes. Raises BadInput naming the field."""
        if not isinstance(self.name, UnsetType):
            if not self.name.strip() or not self.name.isprintable():
                raise BadInput("write a name that people recognise", where="name")
            reader = replace(reader, name=self.name.strip())
        if not isinstance(self.heading, UnsetType):
            reader = replace(reader, heading_deg=self.heading)
        lat, lon = self.lat, self.lon
        if isinstance(lat, UnsetType) and isinstance(lon, UnsetType):
            return reader
        if isinstance(lat, UnsetType) or isinstance(lon, UnsetType) or (lat is None) != (lon is None):
            missing = "lat" if lat is None or isinstance(lat, UnsetType) else "lon"
            raise BadInput("give both lat and lon, or neither", where=missing)
        return replace(reader, position=None if lat is None or lon is None else Position(lat, lon))


class HourShape(msgspec.Struct, frozen=True):
    """Reads of one hour, and those with little confidence."""

    begins: datetime
    reads: int
    doubtful: int


class DoubtShape(msgspec.Struct, frozen=True):
    """A read with little confidence: of its plate only the ends."""

    id: UUID
    plate: str
    read_at: datetime
    confidence: float


class FrameShape(msgspec.Struct, frozen=True):
    """That a camera's last frame is here: see /readers/{reader_id}/frame?camera=NAME."""

    camera: str
    at: datetime


class OneReader(msgspec.Struct, frozen=True):
    """A reader, its last heartbeat, and what may be seen of its work. ``access_record``: null where nothing of it was asked for."""

    reader: shapes.ReaderShape
    health: Mapping[str, Any] | None
    heard_at: datetime | None
    hours: tuple[HourShape, ...]
    doubts: tuple[DoubtShape, ...]
    frames: tuple[FrameShape, ...]
    owners: tuple[shapes.Owner, ...]
    access_record: int | None


async def one(call: Call, asked: WhichReader) -> OneReader:
    """The reader; its rates and doubts as far as your role sees the live feed."""
    return _shape(await seen(call, asked.reader_id))


async def set_keep(call: Call, asked: KeepAsked) -> shapes.ReaderShape:
    """Tell a reader of your agency what to keep of what it sees, within what its retention permits."""
    await change_keep(call.node, call.who, asked.reader_id, asked.keep)
    return await _as_it_is(call, asked.reader_id)


async def set_settings(call: Call, asked: ReaderChange) -> shapes.ReaderShape:
    """Change what a reader of your agency is called, where it stands, or where it looks. Reads keep the place they were made at."""
    await change(call.node, call.who, asked.reader_id, asked.of)
    return await _as_it_is(call, asked.reader_id)


async def pause(call: Call, asked: WhichReader) -> shapes.ReaderShape:
    """Pause a reader of your agency: nothing is taken from it, and it is told to keep nothing."""
    await set_status(call.node, call.who, asked.reader_id, ReaderStatus.PAUSED)
    return await _as_it_is(call, asked.reader_id)


async def resume(call: Call, asked: WhichReader) -> shapes.ReaderShape:
    """Let a paused reader of your agency go on."""
    await set_status(call.node, call.who, asked.reader_id, ReaderStatus.ACTIVE)
    return await _as_it_is(call, asked.reader_id)


async def end(call: Call, asked: WhichReader) -> shapes.ReaderShape:
    """Take a reader of your agency out of service for good: its keys stop at once, its id is never given again."""
    await retire(call.node, call.who, asked.reader_id)
    return await _as_it_is(call, asked.reader_id)


async def _as_it_is(call: Call, reader_id: str) -> shapes.ReaderShape:
    view = await one_reader(call.node, call.who, reader_id)
    assert view is not None
    return shapes.reader(view)


async def seen(call: Call, reader_id: str) -> Watched:
    """The reader as whoever asks may see it. Raises Problem where there is none for them."""
    watched = await watch(call.node, call.who, reader_id, session=call.signed_in.id)
    if watched is None:
        raise Problem(404, "There is no reader of this name that you may see.", field="reader_id")
    return watched


def _shape(watched: Watched) -> OneReader:
    health = watched.view.health
    return OneReader(
        shapes.reader(watched.view),
        health.body if health else None,
        health.received_at if health else None,
        tuple(HourShape(hour.begins, hour.reads, hour.doubtful) for hour in watched.hours),
        tuple(DoubtShape(read.id, read.plate, read.read_at, read.confidence) for read in watched.doubts),
        tuple(FrameShape(frame.camera, frame.at) for frame in watched.frames),
        tuple(map(shapes.owner, watched.owners)),
        watched.access_record,
    )
