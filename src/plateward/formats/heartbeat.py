"""A reader's heartbeat, as it is sent to ``POST /api/v1/readers/self/health``: how it does, and neither plates nor places."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

import msgspec

from plateward.core.errors import BadInput

MAX_BODY = 64 * 1024

_Count = Annotated[int, msgspec.Meta(ge=0)]
_Name = Annotated[str, msgspec.Meta(max_length=120)]
_Aware = Annotated[datetime, msgspec.Meta(tz=True)]


class Camera(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One source. ``fps``: frames looked at a second of late; counts are since the start. ``state``: working, waiting or ended."""

    name: _Name
    state: Annotated[str, msgspec.Meta(pattern="^(working|waiting|ended)$")] = "working"
    fps: Annotated[float, msgspec.Meta(ge=0, le=10_000)] = 0.0
    decoded: _Count = 0
    searched: _Count = 0
    unchanged: _Count = 0
    skipped: _Count = 0
    unreadable: _Count = 0
    reconnects: _Count = 0
    last_frame_at: _Aware | None = None


class Waiting(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The spool: reads that wait, since when, what it takes on the disk, and what had to make room, ever."""

    reads: _Count = 0
    oldest_at: _Aware | None = None
    bytes: _Count = 0
    refused: _Count = 0
    pictures_dropped: _Count = 0
    reads_dropped: _Count = 0


class Heartbeat(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a reader says of itself.

    ``clock``: set, unsynchronised or never-set. ``place``: fixed, satellites, lost or none. ``dropped``: reads that matched no hot
    list and were forgotten on the reader. ``not_collected_s``: seconds spent where nothing may be collected. ``hotlist_at``: when
    it got the list that it matches against.
    """

    at: _Aware
    version: _Name = ""
    up_s: Annotated[float, msgspec.Meta(ge=0)] = 0.0
    keep: Annotated[str, msgspec.Meta(pattern="^(nothing|hits|all|minutes:[1-9][0-9]{0,3})$")] = "hits"
    temperature_c: Annotated[float, msgspec.Meta(ge=-90, le=250)] | None = None
    memory_mb: Annotated[float, msgspec.Meta(ge=0)] | None = None
    disk_free_mb: Annotated[float, msgspec.Meta(ge=0)] | None = None
    clock: Annotated[str, msgspec.Meta(pattern="^(set|unsynchronised|never-set)$")] = "set"
    place: Annotated[str, msgspec.Meta(pattern="^(fixed|satellites|lost|none)$")] = "none"
    reads: _Count = 0
    doubtful: _Count = 0
    last_read_at: _Aware | None = None
    hits: _Count = 0
    dropped: _Count = 0
    hotlist_at: _Aware | None = None
    hotlist: Annotated[str, msgspec.Meta(pattern="^(none|fresh|stale)$")] = "none"
    not_collected_s: Annotated[float, msgspec.Meta(ge=0)] = 0.0
    not_collected: _Count = 0
    spool: Waiting = Waiting()
    cameras: Annotated[tuple[Camera, ...], msgspec.Meta(max_length=64)] = ()

    def told(self) -> Mapping[str, Any]:
        """Everything it says, as JSON keeps it."""
        told: Mapping[str, Any] = msgspec.to_builtins(self)
        return told


def decode_heartbeat(body: bytes) -> Heartbeat:
    """Read a heartbeat. Raises BadInput naming the field that is wrong."""
    try:
        return msgspec.json.decode(body, type=Heartbeat)
    except msgspec.DecodeError as error:
        sentence, _, path = str(error).partition(" - at `$")
        raise BadInput(sentence, where=path.strip("`.") or "body") from None
