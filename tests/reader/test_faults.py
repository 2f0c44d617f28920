"""What happens when things break: power, link, disk, spool, camera, light; and inputs made to break the reader."""

from __future__ import annotations

import resource
import sqlite3
import subprocess
import sys
import textwrap
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from plateward.core.errors import BadInput, Fault
from plateward.reader.following import FollowingReader
from plateward.reader.geometry import Box, Image, upright
from plateward.reader.passes import Options, Watch, Work
from plateward.reader.pictures import load_picture
from plateward.reader.read_picture import PictureReader, Plate
from plateward.reader.run import Run
from plateward.reader.signing import own_key
from plateward.reader.sources import Kind, Source
from plateward.reader.spool import MOST_IN_MEMORY, Spool
from plateward.reader.spool_file import one_deliverer
from plateward.reader.video import Counts, Frame, frames_of_file
from tests.reader.drawing import paste, plate, street, write_clip
from tests.reader.test_spool import item
from tests.reader.test_track import reading


def test_a_power_cut_during_a_delivery_sends_the_same_delivery_again_under_the_same_number(tmp_path: Path) -> None:
    path = tmp_path / "s.sqlite"
    program = f"""
        import os, signal
        from pathlib import Path
        from plateward.reader.spool import Spool
        spool = Spool(Path({str(path)!r}))
        for n in range(10):
            spool.add({{"id": f"id-{{n}}", "plate": "A1"}}, b"picture")
        flight = spool.take_off(4, 10**9)
        print(spool.name, flight.sequence, [one.id for one in flight.reads], flush=True)
        spool.add({{"id": "later", "plate": "A1"}}, None)
        os.kill(os.getpid(), signal.SIGKILL)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True, check=False)
    assert done.returncode == -9
    spool = Spool(path)
    again = spool.take_off(100, 10**9)
    assert again is not None
    assert done.stdout.strip() == f"{spool.name} {again.sequence} {[one.id for one in again.reads]}"
    spool.done([one.id for one in again.reads])
    after = spool.take_off(100, 10**9)
    assert after is not None
    assert after.sequence == again.sequence + 1
    assert len(after.reads) == 7
    spool.close()


def test_what_is_being_delivered_keeps_its_pictures_although_the_spool_is_full(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "s.sqlite", limit_bytes=1_500_000)
    for n in range(10):
        spool.add(item(n), bytes(50_000))
    flight = spool.take_off(5, 10**9)
    assert flight is not None
    for n in range(10, 120):
        spool.add(item(n), bytes(50_000))
    assert spool.take_off(1, 1) == flight, "another body under the same number would be refused"
    spool.close()


def test_on_a_full_disk_reads_wait_in_memory_are_counted_when_lost_and_written_when_there_is_room(
    tmp_path: Path,
) -> None:
    spool = Spool(tmp_path / "s.sqlite")
    spool.add(item(0), bytes(1000))
    pages = spool._db.execute("PRAGMA page_count").fetchone()[0]
    spool._db.execute(f"PRAGMA max_page_count = {pages + 1}")
    for n in range(1, MOST_IN_MEMORY + 400):
        assert spool.add(item(n), bytes(5000))
    assert spool.trouble is not None and "takes nothing" in spool.trouble
    assert spool.lost > 0
    assert spool.waiting() + spool.lost == MOST_IN_MEMORY + 400
    spool._db.execute("PRAGMA max_page_count = 1000000")
    spool.add(item(99_999), None)
    assert spool.trouble is None
    assert not spool._memory
    assert spool.dropped()["reads"] == spool.lost
    spool.close()


def test_a_disk_quota_does_not_kill_the_reader(tmp_path: Path) -> None:
    program = f"""
        import resource
        from pathlib import Path
        from plateward.reader.spool import Spool
        spool = Spool(Path({str(tmp_path / "s.sqlite")!r}))
        resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))
        for n in range(200):
            spool.add({{"id": f"id-{{n}}", "plate": "A1", "read_at": "2026-01-12T08:30:00+00:00"}}, bytes(20_000))
        print(spool.waiting(), spool.trouble is not None or bool(spool.dropped()))
    """
    assert resource.RLIMIT_FSIZE
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["200", "True"], done.stderr


def test_a_spool_that_breaks_while_the_reader_runs_is_set_aside_and_reading_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "s.sqlite"
    spool = Spool(path)
    first = spool.name
    for n in range(300):
        spool.add(item(n), bytes(2000))
    spool._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xa5" * (size - 4096))
    spool._db.close()
    reopened = Spool(path)
    assert reopened.set_aside is not None and reopened.set_aside.exists()
    assert reopened.name != first, "its deliveries are numbered anew, so the node cannot take them for old ones"
    assert reopened.add(item(1000), None)
    reopened.close()


def test_a_spool_of_the_first_release_is_carried_on(tmp_path: Path) -> None:
    path = tmp_path / "s.sqlite"
    old = sqlite3.connect(path)
    old.executescript(
        """CREATE TABLE waiting (
            number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, body BLOB NOT NULL, picture BLOB);
        CREATE TABLE refused (id TEXT PRIMARY KEY, body BLOB NOT NULL, field TEXT, error TEXT);
        CREATE TABLE dropped (what TEXT PRIMARY KEY, count INTEGER NOT NULL);
        INSERT INTO waiting (id, body) VALUES ('old', '{"id":"old","plate":"A1"}');"""
    )
    old.commit()
    old.close()
    spool = Spool(path)
    flight = spool.take_off(10, 10**6)
    assert flight is not None and [one.id for one in flight.reads] == ["old"]
    spool.close()


def test_reads_past_their_retention_and_reads_that_may_not_be_kept_leave_the_reader_too(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "s.sqlite")
    start = datetime(2026, 1, 12, tzinfo=UTC)
    for n in range(10):
        one = item(n) | {"read_at": (start + timedelta(hours=n)).isoformat()}
        spool.add(one, b"picture", hit=n % 5 == 0)
    assert spool.forget(start + timedelta(hours=3)) == 3
    assert spool.forget(None, all_but_hits=True) == 6
    assert [one.id for one in spool.oldest(10, 10**6)] == ["id-00005"]
    assert spool.dropped()["expired"] == 3
    spool.close()
    content = b"".join(p.read_bytes() for p in tmp_path.iterdir())
    assert b"P00001" not in content, "what is deleted is overwritten"


def test_one_process_delivers_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "s.sqlite"
    with one_deliverer(path) as first, one_deliverer(path) as second:
        assert (first, second) == (True, False)
    with one_deliverer(path) as third:
        assert third


def test_a_damaged_signing_key_is_a_fault_with_its_next_step(tmp_path: Path) -> None:
    path = tmp_path / "gate.signing"
    key = own_key(path)
    assert path.stat().st_mode & 0o077 == 0
    assert own_key(path).private_bytes_raw() == key.private_bytes_raw()
    path.write_text("not a key")
    with pytest.raises(Fault, match="new key"):
        own_key(path)


class Noted:
    """A reader of frames that finds what a test says is there."""

    def __init__(self, plates: list[list[Plate]]) -> None:
        self._plates = iter(plates)

    def read(self, image: Image) -> list[Plate]:
        return next(self._plates, [])


def frame_of(picture: Image, number: int, time_s: float) -> Frame:
    held = av.VideoFrame.from_ndarray(picture, format="bgr24").reformat(format="yuv420p")
    return Frame(number, time_s, datetime(2026, 1, 12, tzinfo=UTC) + timedelta(seconds=time_s), held)


def test_sixteen_hours_of_a_street_with_a_parked_car_give_one_read_a_pass_and_flat_memory() -> None:
    """Accelerated: frames at the pace of one in four seconds, a car every five minutes, one parked all along."""
    parked, hours = reading("5PRK111", 0.97), 16
    blank = frame_of(np.zeros((72, 128, 3), np.uint8), 0, 0.0)
    shown: list[list[Plate]] = []
    for step in range(hours * 900):
        plates = [Plate(upright(10, 40, 40, 10), parked, parked, None)]
        minute, phase = divmod(step, 15)
        if phase < 3 and minute % 5 == 0:
            one = reading(f"7{chr(65 + minute % 26)}{chr(65 + minute // 26 % 26)}C{minute % 1000:03}", 0.97)
            plates.append(Plate(upright(20 + 8 * phase, 10, 30, 8), one, one, None))
        shown.append(plates)
    looked = [plates for step, plates in enumerate(shown) if step % 15 <= 3]
    watch = Watch(Source(Kind.STREAM, "gate", "rtsp://x"), Noted(looked), Work(Options(pictures=False)), Counts())
    reads = []
    sizes = []
    for step in range(len(shown)):
        if step % 15 > 3:
            continue  # nothing moves
        watch._last_small = None
        reads += [s.plate for s in watch.frame(Frame(step, 4.0 * step, blank.at, blank.held))]
        if step % 900 == 888:
            sizes.append((len(watch.tracker.live), max(len(t.seen) for t in watch.tracker.live)))
    reads += [s.plate for s in watch.end()]
    assert reads.count("5PRK111") == 1, "a parked car is read once"
    assert len(reads) == 1 + hours * 12
    assert max(sizes) <= (3, 40), "tracks and their sightings are bounded"


def test_a_frame_at_three_in_the_morning_is_no_plate_and_stops_nothing(quick: PictureReader) -> None:
    rng = np.random.default_rng(3)
    dark = rng.normal(12, 9, (540, 960, 3)).clip(0, 255).astype(np.uint8)
    glare = dark.copy()
    cv2.circle(glare, (500, 300), 90, (255, 255, 255), -1)
    glare = cv2.GaussianBlur(glare, (0, 0), 25)
    for picture in (dark, glare, np.full((540, 960, 3), 255, np.uint8), np.zeros((540, 960, 3), np.uint8)):
        assert quick.read(picture) == []


@pytest.mark.parametrize(
    "content",
    [
        b"", b"\xff\xd8\xff", b"GIF89a" + bytes(10), b"II*\x00" + b"\xff" * 40, b"RIFF\xff\xff\xff\xffWEBPVP8 ",
        b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x7f\xff\xff\xff\x7f\xff\xff\xff\x08\x02\x00\x00\x00" + bytes(20),
        b"BM" + b"\xff" * 60,
    ],
)  # fmt: skip
def test_hostile_pictures_are_refused_by_their_heading(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.png"
    path.write_bytes(content)
    with pytest.raises(BadInput):
        load_picture(path)


def test_bad_files_in_a_run_cost_only_themselves(tmp_path: Path, quick: PictureReader) -> None:
    good = tmp_path / "b.mp4"
    frames = []
    for n in range(12):
        picture = street()
        paste(picture, plate("7KLM482"), 80 + 26 * n, 370, 150)
        frames.append(picture)
    write_clip(good, frames)
    (tmp_path / "a.mp4").write_bytes(good.read_bytes()[:3000])
    (tmp_path / "c.mp4").write_bytes(np.random.default_rng(1).bytes(5000))
    problems: list[BadInput] = []
    run = Run(quick, lambda: quick, Work(Options(fps=4)), problems.append, print)
    sources = [Source(Kind.VIDEO, name, str(tmp_path / name)) for name in ("a.mp4", "b.mp4", "c.mp4")]
    assert [s.plate for s in run.reads(sources)] == ["7KLM482"]
    assert len(problems) == 2


class Nets:
    """Nets that see one plate going right, read it right, and remember what they were asked."""

    def __init__(self) -> None:
        self.at = 0.0
        self.searched, self.reads = 0, 0
        self.hidden = False

    def find(self, picture: Image) -> list[Box]:
        self.searched += 1
        return [] if self.hidden else [self._box(0.9)]

    def refine(self, picture: Image, boxes: list[Box]) -> list[Box]:
        return [
            box if self.hidden or abs(box.centre[0] - self._box(1).centre[0]) > 30 else self._box(box.score)
            for box in boxes
        ]

    def read_boxes(self, picture: Image, boxes: list[Box]) -> list[Plate]:
        self.reads += len(boxes)
        one = reading("7ABC123", 0.99)
        return [Plate(box, one, one, None) for box in boxes]

    def _box(self, score: float) -> Box:
        return upright(100 + self.at, 200, 80.5, 30, score)


def test_a_plate_is_followed_between_whole_searches_and_not_read_for_ever() -> None:
    nets = Nets()
    reader = FollowingReader(nets, every=4)  # type: ignore[arg-type]
    picture = np.zeros((540, 960), np.uint8)
    for step in range(40):
        nets.at = 14.0 * step
        (found,) = reader.read(picture)
        assert found.reading.text == "7ABC123"
        assert abs(found.box.centre[0] - (140.25 + nets.at)) < 1
    assert nets.searched == 10
    assert 6 < nets.reads < 12, "a settled reading is not made again"


def test_a_followed_plate_that_is_not_seen_any_more_is_no_plate_and_is_forgotten() -> None:
    nets = Nets()
    reader = FollowingReader(nets, every=4)  # type: ignore[arg-type]
    picture = np.zeros((540, 960), np.uint8)
    for step in range(8):
        nets.at = 14.0 * step
        reader.read(picture)
    nets.hidden = True
    assert all(reader.read(picture) == [] for _ in range(6))
    assert not reader._followed


def test_a_slow_reader_never_queues_frames(tmp_path: Path) -> None:
    """A pipe holds its writer up: whoever reads slowly has one frame in hand, whatever waits behind it."""
    clip = write_clip(tmp_path / "a.mp4", (street((320, 180), seed) for seed in range(30)))
    counts = Counts()
    frames = frames_of_file(clip, counts)
    next(frames)
    time.sleep(0.05)
    assert counts.decoded <= 3
    assert threading.active_count() < 50
