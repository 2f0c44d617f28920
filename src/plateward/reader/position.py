"""Where a reader is: at a fixed place, or where satellites say that its vehicle is (NMEA 0183 sentences, or a gpsd)."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from plateward.core.errors import BadInput
from plateward.core.place import Position

FRESH_S = 5.0
"""A fix older than this says no longer where a vehicle is: at 100 km/h it has gone 140 metres."""
MOVING_MPS = 1.5
"""Slower than this a course means nothing."""
FIRST_WAIT_S, LONGEST_WAIT_S = 1.0, 30.0
_KNOT_MPS = 0.514444
_MOST_LINE = 4096
GPSD_PORT = 2947


@dataclass(frozen=True, slots=True)
class Fix:
    """A place by satellites, and when. ``course``: degrees from north where it moves. ``at``: the satellites' time."""

    position: Position
    course: int | None
    at: datetime | None


class Whereabouts(Protocol):
    """Says where the reader is."""

    @property
    def moves(self) -> bool:
        """Whether its place changes."""
        ...

    def now(self) -> Fix | None:
        """Where it is now, None where that is not known."""
        ...


@dataclass(frozen=True, slots=True)
class Fixed:
    """A place that does not change, or none."""

    position: Position | None = None
    moves: bool = False

    def now(self) -> Fix | None:
        """See ``Whereabouts``."""
        return Fix(self.position, None, None) if self.position else None


class Satellites:
    """Follows a stream of sentences in a thread, and opens it again when it breaks. ``open_lines`` gives its lines.

    ``note`` hears of trouble. ``told``: called with the satellites' time at each fix.
    """

    moves = True

    def __init__(
        self,
        open_lines: Callable[[threading.Event], Iterator[bytes]],
        note: Callable[[str], None],
        told: Callable[[datetime], object] = lambda _: None,
    ) -> None:
        self._open, self._note, self._told = open_lines, note, told
        self._fix: tuple[float, Fix] | None = None
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="satellites", daemon=True)

    def __enter__(self) -> Satellites:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._thread.join(3)

    def now(self) -> Fix | None:
        """See ``Whereabouts``."""
        held = self._fix
        return held[1] if held and time.monotonic() - held[0] <= FRESH_S else None

    def _run(self) -> None:
        wait = FIRST_WAIT_S
        while not self._stopped.is_set():
            why = "the satellite receiver sends nothing more"
            try:
                for line in self._open(self._stopped):
                    fix = fix_of(line)
                    if fix:
                        wait = FIRST_WAIT_S
                        self._fix = time.monotonic(), fix
                        if fix.at:
                            self._told(fix.at)
                    if self._stopped.is_set():
                        return
            except OSError as error:
                why = f"the satellite receiver cannot be read ({error.strerror or type(error).__name__})"
            if self._stopped.is_set():
                return
            self._note(f"{why}; trying again in {wait:.0f} s")
            self._stopped.wait(wait)
            wait = min(LONGEST_WAIT_S, wait * 2)


def fix_of(line: bytes) -> Fix | None:
    """The fix in one line: an RMC sentence with a right checksum and a valid fix, or a gpsd report of class TPV. Else None."""
    text = line.strip()[:_MOST_LINE]
    try:
        return _tpv(text) if text.startswith(b"{") else _rmc(text.decode("ascii"))
    except (ValueError, BadInput, KeyError, TypeError):
        return None


def _rmc(text: str) -> Fix | None:
    body, star, digits = text.removeprefix("$").partition("*")
    checksum = 0
    for sign in body.encode():
        checksum ^= sign
    if not text.startswith("$") or (star and int(digits[:2], 16) != checksum):
        return None
    fields = body.split(",")
    if not star or fields[0][-3:] != "RMC" or fields[2] != "A":
        return None
    position = Position(_degrees(fields[3], fields[4]), _degrees(fields[5], fields[6]))
    speed = float(fields[7] or 0) * _KNOT_MPS
    course = round(float(fields[8])) % 360 if fields[8] and speed >= MOVING_MPS else None
    at = datetime.strptime(fields[9] + fields[1][:6], "%d%m%y%H%M%S").replace(tzinfo=UTC)
    return Fix(position, course, at)


def _degrees(text: str, side: str) -> float:
    """Degrees of ddmm.mmmm or dddmm.mmmm."""
    point = text.index(".")
    value = int(text[: point - 2]) + float(text[point - 2 :]) / 60
    return -value if side in ("S", "W") else value


def _tpv(text: bytes) -> Fix | None:
    report = json.loads(text)
    if report.get("class") != "TPV" or int(report.get("mode", 0)) < 2:
        return None
    position = Position(float(report["lat"]), float(report["lon"]))
    moving = float(report.get("speed") or 0) >= MOVING_MPS and report.get("track") is not None
    at = datetime.fromisoformat(report["time"]) if report.get("time") else None
    return Fix(position, round(float(report["track"])) % 360 if moving else None, at)


def nmea_lines(path: Path, baud: int | None = None) -> Callable[[threading.Event], Iterator[bytes]]:
    """Lines of a serial device (set to ``baud``), a pipe, or a file that grows."""

    def lines(stopped: threading.Event) -> Iterator[bytes]:
        file = os.open(path, os.O_RDONLY | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_NONBLOCK", 0))
        try:
            if baud and os.isatty(file):
                _set_baud(file, baud)
            rest = b""
            while not stopped.is_set():
                try:
                    part = os.read(file, _MOST_LINE)
                except BlockingIOError:
                    part = b""
                if not part:
                    stopped.wait(0.1)
                    continue
                *whole, rest = (rest + part).split(b"\n")
                rest = rest[-_MOST_LINE:]
                yield from whole
        finally:
            os.close(file)

    return lines


def _set_baud(file: int, baud: int) -> None:
    import termios

    speed = getattr(termios, f"B{baud}", None)
    if speed is None:
        raise OSError(0, f"{baud} is no speed of a serial line")
    with contextlib.suppress(termios.error):
        settings = termios.tcgetattr(file)
        settings[0], settings[1], settings[3] = 0, 0, 0
        settings[2] = termios.CS8 | termios.CREAD | termios.CLOCAL
        settings[4] = settings[5] = speed
        termios.tcsetattr(file, termios.TCSANOW, settings)


def gpsd_lines(host: str, port: int) -> Callable[[threading.Event], Iterator[bytes]]:
    """Reports of a gpsd, as JSON lines."""

    def lines(stopped: threading.Event) -> Iterator[bytes]:
        with socket.create_connection((host, port), timeout=5) as link:
            link.sendall(b'?WATCH={"enable":true,"json":true};\n')
            rest = b""
            while not stopped.is_set():
                try:
                    part = link.recv(_MOST_LINE)
                except TimeoutError:
                    continue
                if not part:
                    return
                *whole, rest = (rest + part).split(b"\n")
                rest = rest[-_MOST_LINE:]
                yield from whole

    return lines


def parse_whereabouts(text: str) -> Position | Callable[[threading.Event], Iterator[bytes]]:
    """``LAT,LON``, ``nmea:PATH[@BAUD]`` or ``gpsd://HOST[:PORT]``: a place, or what opens lines that tell it. Raises BadInput."""
    if text.startswith("nmea:"):
        path, _, baud = text.removeprefix("nmea:").partition("@")
        if not path or (baud and not baud.isdecimal()):
            raise BadInput("write nmea:/dev/ttyUSB0 or nmea:/dev/ttyUSB0@9600", where="--position")
        return nmea_lines(Path(path), int(baud) if baud else None)
    if text.startswith("gpsd://"):
        host, _, port = text.removeprefix("gpsd://").rstrip("/").rpartition(":")
        if not host:
            host, port = port, str(GPSD_PORT)
        if not host or not port.isdecimal():
            raise BadInput("write gpsd://localhost or gpsd://localhost:2947", where="--position")
        return gpsd_lines(host, int(port))
    try:
        lat, lon = (float(part) for part in text.split(","))
    except ValueError:
        raise BadInput("write LAT,LON, nmea:/dev/ttyUSB0 or gpsd://localhost", where="--position") from None
    return Position(lat, lon)
