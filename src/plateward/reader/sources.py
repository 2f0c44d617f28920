"""What ``plateward read`` was pointed at: pictures, folders, video files, cameras by address. Nothing is decoded here."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from plateward.core.errors import BadInput
from plateward.reader import pictures

VIDEO_SUFFIXES = frozenset(
    {
        ".mp4",
        ".m4v",
        ".mov",
        ".mkv",
        ".avi",
        ".webm",
        ".ts",
        ".mts",
        ".m2ts",
        ".mpg",
        ".mpeg",
        ".wmv",
        ".flv",
        ".3gp",
        ".mjpeg",
        ".mjpg",
    }
)
STREAM_SCHEMES = frozenset({"rtsp", "rtsps", "http", "https"})


class Kind(StrEnum):
    """How a source is opened."""

    PICTURE = "picture"
    VIDEO = "video"
    STREAM = "stream"
    WATCHED = "watched"
    PIPE = "pipe"


@dataclass(frozen=True, slots=True)
class Lane:
    """A lane of a camera's picture: its number, and its outline as shares of width and height, (x, y) from the top left."""

    number: int
    outline: tuple[tuple[float, float], ...]

    def holds(self, x: float, y: float) -> bool:
        """Whether a point (shares of width and height) lies in it."""
        inside = False
        for (ax, ay), (bx, by) in pairwise((*self.outline, self.outline[0])):
            if (ay > y) != (by > y) and x < ax + (y - ay) * (bx - ax) / (by - ay):
                inside = not inside
        return inside


@dataclass(frozen=True, slots=True)
class Source:
    """One picture, video file, camera, folder that a camera fills, or pipe.

    ``name`` is what reads say they came from: never with a password in it. ``facing``: where it looks, degrees clockwise from north
    (from the vehicle's course for one that moves). ``remove``: files are deleted once they were read.
    """

    kind: Kind
    name: str
    address: str
    facing: int | None = None
    lanes: tuple[Lane, ...] = ()
    remove: bool = False

    @property
    def endless(self) -> bool:
        """Whether it goes on until somebody stops it."""
        return self.kind in (Kind.STREAM, Kind.WATCHED, Kind.PIPE)

    @property
    def path(self) -> Path:
        """The file of a picture or video."""
        return Path(self.address)


def find_sources(arguments: Sequence[str]) -> tuple[list[Source], list[BadInput]]:
    """The sources that the arguments name, folders unfolded in the order of their names, and what could not be found.

    A camera is ``rtsp://…`` or ``http(s)://…``; ``watch:FOLDER`` a folder that a camera fills; ``-`` frames on standard input.
    ``NAME=`` before any of these gives it a name of its own.
    """
    found: list[Source] = []
    problems: list[BadInput] = []
    for argument in arguments:
        try:
            found.extend(_unfold(argument))
        except BadInput as problem:
            problems.append(problem)
    return found, problems


def _unfold(argument: str) -> list[Source]:
    endless = _endless(argument) or _stream(argument)
    if endless:
        return [endless]
    path = Path(argument)
    try:
        if path.is_dir():
            return _folder(path)
        if not path.exists():
            raise BadInput("there is no such file or folder", where=argument)
        if not path.is_file():
            raise BadInput("this is neither a file nor a folder", where=argument)
    except (OSError, ValueError) as error:
        raise BadInput(f"this cannot be opened ({error})", where=argument) from None
    return [Source(_kind(path) or _kind_by_content(path), argument, argument)]


def _endless(argument: str) -> Source | None:
    """A pipe or a folder to be watched."""
    name, separator, address = argument.rpartition("=")
    if not separator or "://" in address or "/" in name:
        name, address = "", argument
    if address == "-":
        return Source(Kind.PIPE, name or "stdin", "-")
    if not address.startswith("watch:"):
        return None
    folder = address.removeprefix("watch:")
    if not folder or not Path(folder).is_dir():
        raise BadInput("there is no such folder to watch", where=argument)
    return Source(Kind.WATCHED, name or folder, folder)


def kind_of(path: Path) -> Kind | None:
    """Picture or video by the name's ending; None for anything else."""
    return _kind(path)


def _stream(argument: str) -> Source | None:
    name, separator, address = argument.partition("=")
    if separator and "://" not in name and urlsplit(address).scheme in STREAM_SCHEMES:
        return Source(Kind.STREAM, name, _checked(address))
    scheme, separator, _ = argument.partition("://")
    if not separator:
        return None
    if scheme.lower() not in STREAM_SCHEMES:
        raise BadInput(
            f"{scheme}:// cannot be read; cameras are rtsp://, rtsps://, http:// or https://",
            where=without_password(argument),
        )
    return Source(Kind.STREAM, without_password(argument), _checked(argument))


def _checked(address: str) -> str:
    try:
        parts = urlsplit(address)
        usable = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        usable = False
    if not usable:
        raise BadInput("the address names no host, or a port that is none", where=without_password(address))
    return address


def without_password(address: str) -> str:
    """``address`` without user name, password and query, for messages and reads."""
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return address.rsplit("@", maxsplit=1)[-1]
    return urlunsplit((parts.scheme, f"[{host}]{port}" if ":" in host else host + port, parts.path, "", ""))


def _folder(folder: Path) -> list[Source]:
    found = []
    for place, folders, files in os.walk(folder, onerror=None):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            kind = _kind(Path(name))
            if kind and not name.startswith("."):
                path = str(Path(place) / name)
                found.append(Source(kind, path, path))
    if not found:
        raise BadInput("the folder holds no pictures or video files", where=str(folder))
    return found


def _kind(path: Path) -> Kind | None:
    suffix = path.suffix.lower()
    if suffix in pictures.SUFFIXES:
        return Kind.PICTURE
    return Kind.VIDEO if suffix in VIDEO_SUFFIXES else None


def _kind_by_content(path: Path) -> Kind:
    """A file whose name does not say: by its first bytes. What is no picture is tried as video and named if it is none."""
    with path.open("rb") as file:
        head = file.read(16)
    signs = (b"\xff\xd8\xff", b"\x89PNG", b"BM", b"II*\x00", b"MM\x00*", b"GIF8")
    if head.startswith(signs) or (head[:4] == b"RIFF" and head[8:12] == b"WEBP"):
        return Kind.PICTURE
    return Kind.VIDEO
