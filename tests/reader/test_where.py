"""Where a reader is, and where it must not look."""

from __future__ import annotations

import json
import os
import socketserver
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from plateward.core.errors import BadInput
from plateward.core.place import Position
from plateward.reader.fences import Collecting, read_fences
from plateward.reader.position import Fix, Fixed, Satellites, fix_of, gpsd_lines, nmea_lines, parse_whereabouts

SCHOOL = Position(33.1000, -117.2000)


def rmc(lat: str = "3406.0000,N", lon: str = "11712.0000,W", speed: str = "020.0", state: str = "A") -> bytes:
    body = f"GNRMC,170002.00,{state},{lat},{lon},{speed},084.4,021126,,,A"
    checksum = 0
    for sign in body.encode():
        checksum ^= sign
    return f"${body}*{checksum:02X}\r\n".encode()


def test_a_sentence_of_a_receiver_says_where_when_and_which_way() -> None:
    fix = fix_of(rmc())
    assert fix is not None
    assert fix.position == Position(34.1, -117.2)
    assert fix.course == 84
    assert fix.at == datetime(2026, 11, 2, 17, 0, 2, tzinfo=UTC)
    standing = fix_of(rmc(speed="000.1"))
    assert standing is not None and standing.course is None


@pytest.mark.parametrize(
    "line",
    [
        b"", b"$GPGGA,1,2,3*00", rmc(state="V"), rmc()[:-4] + b"00\r\n", b"$GNRMC,170002.00,A*11", b"\xff\xfe\x00", b"{}",
        b'{"class":"TPV","mode":1,"lat":1,"lon":2}', b'{"class":"TPV","mode":3,"lat":991,"lon":2}', b"{" * 5000,
    ],
)  # fmt: skip
def test_what_is_damaged_or_no_fix_is_no_place(line: bytes) -> None:
    assert fix_of(line) is None


def until(asked: object, seconds: float = 5.0) -> object:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := asked():  # type: ignore[operator]
            return found
        time.sleep(0.02)
    return None


def test_a_serial_line_is_followed_and_its_time_told(tmp_path: Path) -> None:
    line, told = tmp_path / "ttyUSB0", []
    os.mkfifo(line)
    with Satellites(nmea_lines(line), print, told.append) as satellites:
        writer = os.open(line, os.O_WRONLY)
        os.write(writer, b"garbage\n" + rmc()[:20])
        os.write(writer, rmc()[20:])
        fix = until(satellites.now)
        os.close(writer)
    assert isinstance(fix, Fix)
    assert fix.position.lat == pytest.approx(34.1)
    assert told == [datetime(2026, 11, 2, 17, 0, 2, tzinfo=UTC)]


def test_a_gpsd_is_asked_and_asked_again_when_it_hangs_up() -> None:
    class Daemon(socketserver.StreamRequestHandler):
        calls = 0

        def handle(self) -> None:
            type(self).calls += 1
            assert b"WATCH" in self.rfile.readline()
            if type(self).calls > 1:
                report = {"class": "TPV", "mode": 3, "lat": 34.1, "lon": -117.2, "speed": 9.0, "track": 12.2}
                self.wfile.write(b'{"class":"VERSION"}\n' + json.dumps(report).encode() + b"\n")

    notes: list[str] = []
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Daemon) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with Satellites(gpsd_lines("127.0.0.1", server.server_address[1]), notes.append) as satellites:
            fix = until(satellites.now)
        server.shutdown()
    assert isinstance(fix, Fix) and fix.course == 12
    assert notes and "trying again" in notes[0]


@pytest.mark.parametrize("text", ["", "here", "91,0", "nmea:", "nmea:/dev/x@fast", "gpsd://", "gpsd://host:port"])
def test_what_is_no_place_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        parse_whereabouts(text)


def fences(tmp_path: Path, *features: dict[str, object]) -> Path:
    file = tmp_path / "places.geojson"
    file.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return file


def feature(kind: str, points: object, **properties: object) -> dict[str, object]:
    return {"type": "Feature", "properties": properties, "geometry": {"type": kind, "coordinates": points}}


SQUARE = [[[-117.21, 33.09], [-117.19, 33.09], [-117.19, 33.11], [-117.21, 33.11], [-117.21, 33.09]]]


def test_an_area_holds_what_lies_in_it_or_within_its_metres_and_nothing_else(tmp_path: Path) -> None:
    hole = [[-117.201, 33.099], [-117.199, 33.099], [-117.199, 33.101], [-117.201, 33.101], [-117.201, 33.099]]
    found = read_fences(fences(tmp_path, feature("Polygon", [*SQUARE, hole], within_m=0)))
    assert found.holds(Position(33.105, -117.2))
    assert not found.holds(Position(33.1, -117.2)), "a hole is no part of it"
    assert not found.holds(Position(33.1101, -117.2))
    near = read_fences(fences(tmp_path, feature("Polygon", SQUARE)), 200)
    assert near.holds(Position(33.1115, -117.2))
    assert not near.holds(Position(33.1125, -117.2))
    clinic = read_fences(fences(tmp_path, feature("Point", [-117.2, 33.1], radius_m=100)))
    assert clinic.holds(Position(33.1008, -117.2)) and not clinic.holds(Position(33.1012, -117.2))
    assert clinic.holds(Position(33.1, -117.2010)) and not clinic.holds(Position(33.1, -117.2013))


@pytest.mark.parametrize(
    "content",
    [
        "", "[]", "{}", '{"type":"FeatureCollection","features":[]}', '{"type":"Polygon","coordinates":[[[1]]]}',
        '{"type":"Polygon","coordinates":[[[500,0],[1,1],[2,2]]]}', '{"type":"Curve","coordinates":[]}', "[" * 100_000,
        '{"type":"Feature","properties":{"within_m":-5},"geometry":{"type":"Point","coordinates":[1,2]}}',
    ],
)  # fmt: skip
def test_a_file_that_keeps_nothing_out_is_refused_rather_than_taken_for_no_areas(tmp_path: Path, content: str) -> None:
    file = tmp_path / "places.geojson"
    file.write_text(content)
    with pytest.raises(BadInput, match=r"places\.geojson"):
        read_fences(file)


class Driving:
    """A vehicle that a test drives."""

    moves = True
    here: Position | None = None

    def now(self) -> Fix | None:
        return Fix(self.here, None, None) if self.here else None


def test_a_moving_reader_stops_looking_inside_counts_it_and_never_says_where(tmp_path: Path) -> None:
    vehicle, elapsed = Driving(), [0.0]
    areas = read_fences(fences(tmp_path, feature("Point", [SCHOOL.lon, SCHOOL.lat], within_m=150)))
    collecting = Collecting(vehicle, areas, lambda: elapsed[0])
    assert not collecting.allowed(), "it does not know where it is"
    assert collecting.place == "lost"
    for seconds, lat in ((10, 33.2), (20, 33.1005), (30, 33.1), (45, 33.2), (50, 33.2)):
        elapsed[0], vehicle.here = seconds, Position(lat, SCHOOL.lon)
        assert collecting.allowed() is (lat == 33.2)
    assert (collecting.times, collecting.seconds) == (2, 10 + 25)
    assert "33.1" not in repr(collecting.times) + repr(collecting.seconds)


def test_a_reader_without_areas_collects_although_it_lost_its_satellites() -> None:
    assert Collecting(Driving(), None).allowed()
    assert Collecting(Fixed(SCHOOL), None).allowed()
