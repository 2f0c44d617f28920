"""``plateward read --config reader.toml``: one reader with its cameras, as an operator writes it down once.

An unknown key is an error: a setting that is silently ignored is a promise that is silently broken.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated

import msgspec

from plateward.core.errors import BadInput
from plateward.reader.sources import Lane, Source, find_sources

_Share = Annotated[float, msgspec.Meta(ge=0, le=1)]


class LaneSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A lane: its number, and its outline as [x, y] shares of the picture's width and height."""

    number: Annotated[int, msgspec.Meta(ge=0, le=99)]
    outline: Annotated[list[tuple[_Share, _Share]], msgspec.Meta(min_length=3, max_length=64)]


class CameraSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One camera. ``source``: as on the command line. ``facing``: degrees from north, or from a vehicle's course."""

    source: str
    name: Annotated[str, msgspec.Meta(max_length=120)] = ""
    facing: Annotated[int, msgspec.Meta(ge=0, lt=360)] | None = None
    lane: list[LaneSettings] = []
    remove: bool = False


class ReaderSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything ``plateward read`` can be told, with what holds where nothing is said. Files lie beside the settings file."""

    to: str | None = None
    reader: str | None = None
    key: Path | None = None
    spool: Path | None = None
    keep: str | None = None
    own_list: Path | None = msgspec.field(default=None, name="list")
    profile: Annotated[str, msgspec.Meta(pattern="^(agency|home)$")] = "agency"
    position: str | None = None
    no_collect: Path | None = None
    no_collect_within_m: Annotated[float, msgspec.Meta(ge=0, le=100_000)] | None = None
    facing: int | None = None
    region: str | None = None
    engine: str = "own"
    second: bool = False
    fps: float = 10.0
    threads: int = 0
    quick: bool = False
    min_confidence: float = 0.0
    pictures: bool = True
    blur: bool = True
    camera: list[CameraSettings] = []


def load_settings(file: Path) -> ReaderSettings:
    """Read ``file``. Raises BadInput naming the key and what would be right."""
    try:
        raw = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadInput(f"the settings cannot be read ({error.strerror})", where=str(file)) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadInput(f"this is not TOML: {error}", where=str(file)) from None
    try:
        settings = msgspec.convert(raw, ReaderSettings, dec_hook=lambda kind, value: kind(value))
    except msgspec.ValidationError as error:
        raise BadInput(f"{error}; docs/reading-plates.md explains every key", where=str(file)) from None
    beside = {
        name: file.parent / path
        for name in ("key", "spool", "own_list", "no_collect")
        if (path := getattr(settings, name)) is not None
    }
    return msgspec.structs.replace(settings, **beside)


def sources_of(settings: ReaderSettings, file: Path) -> tuple[tuple[Source, ...], tuple[BadInput, ...]]:
    """The cameras of a settings file, and what is wrong with them. Two of one name are wrong: reads could not be told apart."""
    found: dict[str, Source] = {}
    problems: list[BadInput] = []
    for number, camera in enumerate(settings.camera, 1):
        sources, wrong = find_sources([camera.source])
        problems += [BadInput(problem.args[0], where=f"{file}, camera {number}") for problem in wrong]
        lanes = tuple(Lane(lane.number, tuple(lane.outline)) for lane in camera.lane)
        for one in sources:
            name = camera.name if camera.name and len(sources) == 1 else one.name
            if name in found:
                problems.append(BadInput(f"there is a camera {name!r} already", where=f"{file}, camera {number}"))
                continue
            facing = camera.facing if camera.facing is not None else settings.facing
            found[name] = Source(one.kind, name, one.address, facing, lanes, camera.remove)
    return tuple(found.values()), tuple(problems)
