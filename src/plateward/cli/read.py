"""``plateward read``: plates from pictures, folders, video files and cameras; printed, drawn, or brought to a node."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Any

import cyclopts
from cyclopts import Parameter
from rich.console import Console
from rich.table import Table

from plateward.cli.client import home
from plateward.core.errors import BadInput, Fault
from plateward.reader.sessions import INSTALL

if TYPE_CHECKING:
    from plateward.reader.run import Run, Tally
    from plateward.reader.sighting import Place, Sighting
    from plateward.reader.sources import Source

app = cyclopts.App(name="read")


@app.default
def read(
    *sources: str,
    json_: Annotated[bool, Parameter(name="--json")] = False,
    show: Path | None = None,
    to: str | None = None,
    reader: str | None = None,
    key: Path | None = None,
    spool: Path | None = None,
    wait: float = 30.0,
    lat: float | None = None,
    lon: float | None = None,
    facing: int | None = None,
    no_pictures: Annotated[bool, Parameter(name="--no-pictures", negative=())] = False,
    region: str | None = None,
    fps: float = 5.0,
    started_at: str | None = None,
    duration: float | None = None,
    min_confidence: float = 0.0,
    quick: bool = False,
    threads: int = 0,
    engine: str = "text",
) -> int:
    """Read plates. A picture gives a line a plate, a video or camera a line a vehicle's pass.

    Parameters
    ----------
    sources
        Pictures, folders, video files, cameras (rtsp://… or http://…, NAME=rtsp://… to name one).
    json_
        Print one JSON object a line.
    show
        Folder (or one .mp4 file) for copies with the plates drawn in.
    to
        Address of a node to bring the reads to. Without a source: deliver what still waits.
    reader
        The reader's id. Its key is looked for in readers/ID.key of your settings folder.
    key
        File with the reader's key.
    spool
        File in which reads wait for the node.
    wait
        Seconds to wait at the end for the node.
    lat
        Where the reader stands, degrees north.
    lon
        Where the reader stands, degrees east.
    facing
        Direction the camera looks in, degrees clockwise from north; gives reads their direction of travel.
    no_pictures
        Bring reads to the node without pictures.
    region
        Country or state the reader stands in, as in US or US-CA: the shapes of its serials settle O and 0, I and 1.
    fps
        Frames searched a second of video, at most; 0 searches every frame. What is skipped is counted.
    started_at
        When a video began, as in 2026-01-12T08:30:00-08:00, where its file does not say.
    duration
        Stop a video or camera after this many seconds.
    min_confidence
        Leave out reads with less confidence, 0 to 1.
    quick
        One look at each picture instead of several: a third of the time, fewer plates.
    threads
        Threads of the models; 0 uses every core this process may use.
    engine
        text (general text models with plate rules), or own (our own nets: some twenty times faster and better on US
        plates, but readier to take a badge for a plate).
    """
    _check_parts()
    from plateward.reader.run import Options
    from plateward.reader.sighting import Place

    _check(fps, duration, min_confidence, threads, facing)
    place = Place(lat, lon, None if facing is None else facing % 360)
    if (lat is None) != (lon is None):
        raise BadInput("a place needs both --lat and --lon", where="--lat")
    if not sources and not to:
        raise BadInput("name a picture, a folder, a video or a camera", where="SOURCE")
    options = Options(
        fps, min_confidence, _instant(started_at), _region(region), duration, bool(to) and not no_pictures
    )
    with ExitStack() as stack:
        delivery = stack.enter_context(_delivery(to, reader, key, spool, place, wait)) if to else None
        models = _Models(threads, options.home, engine)
        return _read(list(sources), options, show, quick, models, _Output(json_, delivery), stack)


def _check_parts() -> None:
    """The reader's libraries are an extra; without them this command says how to get them."""
    missing = [name for name in ("numpy", "cv2", "av", "onnxruntime", "PIL", "rapidocr") if find_spec(name) is None]
    if missing:
        raise Fault(f"Reading plates needs {', '.join(missing)}.", next_step=INSTALL)


def _check(fps: float, duration: float | None, least: float, threads: int, facing: int | None) -> None:
    if fps < 0:
        raise BadInput("frames a second cannot be negative; 0 searches all", where="--fps")
    if duration is not None and duration <= 0:
        raise BadInput("the duration is a number of seconds above 0", where="--duration")
    if not 0 <= least <= 1:
        raise BadInput("a confidence lies between 0 and 1", where="--min-confidence")
    if not 0 <= threads <= 256:
        raise BadInput("give 1 to 256 threads, or 0 for every core", where="--threads")
    if facing is not None and not -360 < facing <= 360:
        raise BadInput("a direction is in degrees clockwise from north, 0 to 359", where="--facing")


def _instant(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise BadInput("an instant looks like 2026-01-12T08:30:00-08:00", where="--started-at") from None
    return at if at.tzinfo else at.astimezone()


def _region(code: str | None) -> str | None:
    from plateward.reader.regions import known

    if code is None:
        return None
    here = code.upper()
    if not any(other == here or other.startswith(f"{here}-") for other in known().shapes):
        countries = ", ".join(sorted({other[:2] for other in known().shapes}))
        raise BadInput(
            f"{code!r} is no region whose plates are known; there are {countries}, and states as in US-CA",
            where="--region",
        )
    return here


def _read(
    given: list[str], options: Any, show: Path | None, quick: bool, models: _Models, output: _Output, stack: ExitStack
) -> int:
    from plateward.reader.run import Run
    from plateward.reader.sources import Kind, find_sources

    sources, problems = find_sources(given)
    for problem in problems:
        output.problem(problem)
    if not sources:
        if given or output.delivery is None:
            return 2
        output.end(None)
        return 0
    still, moving = _readers({s.kind for s in sources} - {Kind.PICTURE}, {s.kind for s in sources}, quick, models)
    run = Run(still, moving, options, output.problem, output.note, _shown(show, sources, stack))
    stack.enter_context(_stop_on_signal(run))
    for sighting in run.reads(sources):
        output.sighting(sighting)
    output.end(run.tally)
    return 2 if problems or run.tally.problems else 0


@dataclass(frozen=True, slots=True)
class _Models:
    """Which models read, and how."""

    threads: int
    home: str | None
    engine: str

    def open(self, *, careful: bool) -> Any:
        from plateward.reader.engine import open_reader

        return open_reader(threads=self.threads, careful=careful, home=self.home, engine=self.engine)


def _readers(moving: set[Any], kinds: set[Any], quick: bool, models: _Models) -> tuple[Any, Any]:
    fast = models.open(careful=False) if moving or quick else None
    careful = models.open(careful=True) if kinds - moving and not quick else fast
    return careful, fast or careful


def _shown(show: Path | None, sources: list[Source], stack: ExitStack) -> Any:
    if show is None:
        return None
    from plateward.reader.show import Shown

    shown = Shown(show, sources)
    stack.callback(shown.close)
    return shown


@contextmanager
def _stop_on_signal(run: Run) -> Iterator[None]:
    """The first Ctrl-C (or SIGTERM) ends the run after the frame in hand and keeps what was seen; the second breaks off."""

    def stop(number: int, frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        run.stop()

    try:
        before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    except ValueError:  # not the main thread: whoever runs us handles signals
        yield
        return
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@dataclass(slots=True)
class _Delivery:
    courier: Any
    spool: Any
    reader: str
    place: Place
    wait_s: float

    def add(self, sighting: Sighting) -> None:
        from plateward.reader.sighting import as_item

        self.spool.add(as_item(sighting, self.reader, self.place), sighting.picture)
        self.courier.wake()


@contextmanager
def _delivery(
    to: str, reader: str | None, key: Path | None, spool: Path | None, place: Place, wait_s: float
) -> Iterator[_Delivery]:
    from plateward.reader.deliver import Courier, check_address
    from plateward.reader.spool import Spool

    address = check_address(to)
    secret = _key(reader, key)
    # Without an id the key's own digest tells readers apart, and says nothing about the key.
    name = reader or sha256(b"reader " + secret.encode()).hexdigest()[:16]
    opened = Spool(spool or _spool_path(address, name))
    note = _note
    if opened.set_aside:
        note(f"the spool was damaged; it lies at {opened.set_aside}, and a new one was begun")
    try:
        with Courier(opened, address, secret, note) as courier:
            yield _Delivery(courier, opened, name, place, wait_s)
    finally:
        opened.close()


def _key(reader: str | None, key: Path | None) -> str:
    if key is None and reader is None:
        raise BadInput("a node knows a reader by its key: give --key FILE, or --reader ID", where="--to")
    if reader is not None and (not reader or "/" in reader or reader.startswith(".")):
        raise BadInput("a reader's id is a plain name", where="--reader")
    path = key or home() / "readers" / f"{reader}.key"
    try:
        secret = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it holds no key"
        raise BadInput(f"the reader's key cannot be read ({reason})", where=str(path)) from None
    if not secret or any(c.isspace() for c in secret):
        raise BadInput("the file must hold the reader's key alone", where=str(path))
    return secret


def _spool_path(address: str, name: str) -> Path:
    base = os.environ.get("XDG_STATE_HOME")
    folder = (Path(base) if base else Path.home() / ".local" / "state") / "plateward" / "spool"
    return folder / f"{sha256(f'{address} {name}'.encode()).hexdigest()[:24]}.sqlite"


def _note(sentence: str) -> None:
    print(f"plateward read: {sentence}", file=sys.stderr, flush=True)


class _Output:
    """Where reads go: lines of JSON as they come, or a table at the end; and to the node."""

    def __init__(self, json_: bool, delivery: _Delivery | None) -> None:
        self._json = json_
        self.delivery = delivery
        self._rows: list[Sighting] = []

    def sighting(self, sighting: Sighting) -> None:
        if self.delivery:
            self.delivery.add(sighting)
        if self._json:
            from plateward.reader.sighting import as_json

            print(json.dumps(as_json(sighting), ensure_ascii=False), flush=True)
        elif "://" in sighting.source or not sys.stdout.isatty():
            print("  ".join(_cells(sighting)), flush=True)
        else:
            self._rows.append(sighting)

    def problem(self, problem: BadInput) -> None:
        _note(str(problem))

    def note(self, sentence: str) -> None:
        _note(sentence)

    def end(self, tally: Tally | None) -> None:
        if self._rows:
            table = Table("source", "at", "plate", "confidence", "region", "box", "motion")
            for sighting in self._rows:
                table.add_row(*_cells(sighting))
            Console(highlight=False).print(table)
        if tally:
            _note(_summary(tally))
        if self.delivery:
            self._settle(self.delivery)

    def _settle(self, delivery: _Delivery) -> None:
        from plateward.reader.deliver import settle_delivery

        dropped = delivery.spool.dropped()
        if dropped:
            _note(
                "the spool ran full: "
                + ", ".join(f"{count} {what}" for what, count in sorted(dropped.items()))
                + " were dropped, ever"
            )
        said = settle_delivery(delivery.courier, delivery.spool, delivery.wait_s)
        _note(
            f"the node has them: {said.accepted} accepted, {said.duplicates} known already, {said.expired} expired, "
            f"{said.quarantined} quarantined, {said.rejected} refused"
        )
        if said.rejected:
            raise Fault(
                f"The node refused {said.rejected} reads.",
                next_step=f"They are kept in {delivery.spool.path} with the reasons.",
            )


def _cells(sighting: Sighting) -> tuple[str, ...]:
    at = (
        f"{sighting.time_s:.1f} s"
        if sighting.motion or sighting.frame
        else sighting.read_at.astimezone().strftime("%Y-%m-%d %H:%M:%S")
    )
    box = "{},{} {}x{}".format(*sighting.box)
    return (
        sighting.source,
        at,
        sighting.plate,
        f"{sighting.confidence:.2f}",
        sighting.region or "-",
        box,
        sighting.motion or "-",
    )


def _summary(tally: Tally) -> str:
    c = tally.counts
    words = f"{tally.reads} reads from {tally.sources} sources"
    if c.decoded:
        words += f"; {c.decoded} frames: {c.searched} searched, {c.unchanged} unchanged, {c.skipped} skipped"
    if c.unreadable:
        words += f", {c.unreadable} packets unreadable"
    if c.reconnects:
        words += f", {c.reconnects} reconnects"
    if tally.problems:
        words += f"; {len(tally.problems)} sources could not be read"
    return words
