"""The options of ``plateward read``: what was said on the command line, laid over what the settings file says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from cyclopts import Parameter

from plateward.core.delivery import Keep
from plateward.core.errors import BadInput

if TYPE_CHECKING:
    from plateward.reader.settings import ReaderSettings


def _help(text: str, name: str | None = None, **more: Any) -> Parameter:
    return Parameter(name=name, help=text, **more)


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class Given:
    """What was said. None: nothing, so that the settings file or the default holds."""

    json_: Annotated[bool, _help("Print one JSON object a line.", "--json", negative=())] = False
    config: Annotated[Path | None, _help("Settings of a reader with its cameras (TOML).")] = None
    show: Annotated[
        str | None,
        _help(
            "Folder (or one .mp4 file) for copies with the plates drawn in, or a port for a live view in this computer's browser. "
            "Plates of a running camera are masked unless they are on your list."
        ),
    ] = None
    to: Annotated[
        str | None, _help("Address of a node to bring the reads to. Without a source: deliver what still waits.")
    ] = None
    reader: Annotated[
        str | None, _help("The reader's id. Its key is looked for in readers/ID.key of your settings folder.")
    ] = None
    key: Annotated[Path | None, _help("File with the reader's key.")] = None
    keep: Annotated[
        str | None,
        _help(
            "What becomes of reads that match no hot list: hits (they are dropped here), minutes:N (held here so long, never "
            "sent), all (sent, where the node's retention permits). Left out: what the agency told this reader, at first hits."
        ),
    ] = None
    own_list: Annotated[
        Path | None, _help("Plates of your own list, one a line: they count as hits and are not masked.", "--list")
    ] = None
    profile: Annotated[
        str | None, _help("agency, or home: nothing of other people's movements is printed, drawn or kept.")
    ] = None
    spool: Annotated[Path | None, _help("File in which reads wait for the node.")] = None
    wait: Annotated[float, _help("Seconds to wait at the end for the node.")] = 30.0
    lat: Annotated[float | None, _help("Where the reader stands, degrees north.")] = None
    lon: Annotated[float | None, _help("Where the reader stands, degrees east.")] = None
    position: Annotated[
        str | None, _help("LAT,LON; or for a vehicle nmea:/dev/ttyUSB0[@9600] or gpsd://localhost.")
    ] = None
    no_collect: Annotated[
        Path | None, _help("GeoJSON file of areas where nothing is collected: schools, clinics …")
    ] = None
    no_collect_within_m: Annotated[
        float | None, _help("Metres around these areas, where they do not say it themselves (50).")
    ] = None
    facing: Annotated[
        int | None,
        _help(
            "Direction the camera looks in, degrees clockwise from north (from a vehicle's course); gives reads their direction "
            "of travel."
        ),
    ] = None
    no_pictures: Annotated[bool, _help("Bring reads to the node without pictures.", "--no-pictures", negative=())] = (
        False
    )
    no_blur: Annotated[
        bool, _help("Leave what surrounds a vehicle as it is in the pictures.", "--no-blur", negative=())
    ] = False
    region: Annotated[
        str | None,
        _help(
            "Country or state the reader stands in, as in US or US-CA: the shapes of its serials settle O and 0, I and 1."
        ),
    ] = None
    fps: Annotated[
        float | None,
        _help("Frames searched a second of video, at most (10); 0 searches every frame. What is skipped is counted."),
    ] = None
    started_at: Annotated[
        str | None,
        _help("When a video began or pictures were made, as in 2026-01-12T08:30:00-08:00, or now; else the file says."),
    ] = None
    duration: Annotated[float | None, _help("Stop a video or camera after this many seconds.")] = None
    min_confidence: Annotated[float | None, _help("Leave out reads with less confidence, 0 to 1.")] = None
    quick: Annotated[
        bool, _help("One look at each picture instead of several: a third of the time, fewer plates.", negative=())
    ] = False
    second: Annotated[
        bool, _help("Ask the text models for a second opinion on what was read with little confidence.", negative=())
    ] = False
    threads: Annotated[int | None, _help("Threads of the models; 0 uses every core this process may use.")] = None
    engine: Annotated[
        str | None,
        _help(
            "own (our own nets, the default), text (general text models with plate rules: some twenty times slower), or fast-alpr, "
            "where you have it."
        ),
    ] = None
    remove_read: Annotated[
        bool, _help("Delete the files of a watched folder once they were read.", "--remove-read", negative=())
    ] = False

    def over(self, settings: ReaderSettings | None) -> ReaderSettings:
        """``settings``, with what was said in their place."""
        from plateward.reader.settings import ReaderSettings

        said = {name: value for name in _SAME if (value := getattr(self, name)) is not None}
        said |= {"quick": True} if self.quick else {}
        said |= {"second": True} if self.second else {}
        said |= {"pictures": False} if self.no_pictures else {}
        said |= {"blur": False} if self.no_blur else {}
        if self.lat is not None and self.lon is not None:
            said["position"] = f"{self.lat},{self.lon}"
        if self.region is not None:
            said["region"] = self.region.upper()
        return msgspec.structs.replace(settings or ReaderSettings(), **said)

    @property
    def began(self) -> datetime | None:
        """When a video began, or pictures were made, as said. Raises BadInput."""
        if self.started_at is None:
            return None
        if self.started_at == "now":
            return datetime.now(UTC)
        try:
            at = datetime.fromisoformat(self.started_at)
        except ValueError:
            raise BadInput("an instant looks like 2026-01-12T08:30:00-08:00, or is now", where="--started-at") from None
        return at if at.tzinfo else at.astimezone()


_SAME = (
    "to", "reader", "key", "spool", "keep", "own_list", "profile", "position", "no_collect", "no_collect_within_m",
    "facing", "region", "engine", "fps", "threads", "min_confidence",
)  # fmt: skip

NOTHING = Given()
"""Nothing was said."""


def check(given: Given, settings: ReaderSettings) -> None:
    """Raise BadInput naming the option that is wrong, before anything is opened."""
    from plateward.reader.engine import ENGINES

    if settings.fps < 0:
        raise BadInput("frames a second cannot be negative; 0 searches all", where="--fps")
    if given.duration is not None and given.duration <= 0:
        raise BadInput("the duration is a number of seconds above 0", where="--duration")
    if not 0 <= settings.min_confidence <= 1:
        raise BadInput("a confidence lies between 0 and 1", where="--min-confidence")
    if not 0 <= settings.threads <= 256:
        raise BadInput("give 1 to 256 threads, or 0 for every core", where="--threads")
    if settings.facing is not None and not -360 < settings.facing <= 360:
        raise BadInput("a direction is in degrees clockwise from north, 0 to 359", where="--facing")
    if (given.lat is None) != (given.lon is None):
        raise BadInput("a place needs both --lat and --lon", where="--lat")
    if settings.engine not in ENGINES:
        raise BadInput(f"{settings.engine!r} is no engine; there are {', '.join(ENGINES)}", where="--engine")
    if settings.profile not in ("agency", "home"):
        raise BadInput("choose agency or home", where="--profile")
    _check_keep(settings)
    _check_region(settings.region)
    assert given.began is None or given.began.tzinfo


def _check_keep(settings: ReaderSettings) -> None:
    if settings.keep is not None and Keep.parse(settings.keep).nothing:
        raise BadInput("write hits, minutes:3 or all", where="--keep")
    if settings.profile == "home" and settings.keep not in (None, "hits"):
        raise BadInput("at home a reader keeps hits alone: reads of plates on your own list", where="--keep")


def _check_region(code: str | None) -> None:
    from plateward.reader.regions import known

    if code is None:
        return
    here = code.upper()
    if not any(other == here or other.startswith(f"{here}-") for other in known().shapes):
        countries = ", ".join(sorted({other[:2] for other in known().shapes}))
        raise BadInput(
            f"{code!r} is no region whose plates are known; there are {countries}, and states as in US-CA",
            where="--region",
        )
