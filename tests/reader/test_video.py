"""Frames of files and cameras: what is skipped is counted, what is broken is named, a lost camera comes back."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import cv2
import numpy as np
import pytest

from plateward.core.errors import BadInput
from plateward.reader.video import Camera, Counts, frames_of_file
from tests.reader.drawing import street, write_clip


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    return write_clip(path, (street((320, 180), seed) for seed in range(30)), creation_time="2026-01-12T16:30:00Z")


def test_every_frame_has_its_number_time_and_instant(clip: Path) -> None:
    counts = Counts()
    frames = list(frames_of_file(clip, counts))
    assert [f.number for f in frames] == list(range(30))
    assert frames[10].time_s == pytest.approx(1.0)
    assert frames[10].at == datetime(2026, 1, 12, 16, 30, 1, tzinfo=UTC)
    assert counts.decoded == 30
    assert counts.skipped == 0


def test_frames_left_out_are_counted(clip: Path) -> None:
    counts = Counts()
    frames = list(frames_of_file(clip, counts, fps=2))
    assert len(frames) + counts.skipped == counts.decoded == 30
    assert 5 <= len(frames) <= 7


def test_luma_and_colour_show_the_same(clip: Path) -> None:
    frame = next(frames_of_file(clip, Counts()))
    grey = cv2.cvtColor(frame.colour(), cv2.COLOR_BGR2GRAY).astype(float)
    # The luma plane of video spans 16 to 235.
    assert np.abs((frame.grey().astype(float) - 16) * 255 / 219 - grey).mean() < 6


def test_a_start_given_wins_over_the_files_own(clip: Path) -> None:
    start = datetime(2025, 5, 5, tzinfo=UTC)
    assert next(frames_of_file(clip, Counts(), started_at=start)).at == start


def test_a_recording_that_breaks_off_is_read_up_to_there(tmp_path: Path) -> None:
    whole = write_clip(tmp_path / "whole.ts", (street((320, 180), seed) for seed in range(30)))
    cut = tmp_path / "cut.ts"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    counts = Counts()
    assert 5 < len(list(frames_of_file(cut, counts))) < 30


def test_damage_in_the_middle_is_passed_over(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "damaged.ts", (street((320, 180), seed) for seed in range(30)))
    content = bytearray(path.read_bytes())
    third = len(content) // 3
    content[third : third + 4000] = bytes(4000)
    path.write_bytes(content)
    frames = list(frames_of_file(path, Counts()))
    assert frames[-1].time_s > 2.0


@pytest.mark.parametrize(
    "content",
    [
        b"",
        bytes(5000),
        b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n",
        b"ffconcat version 1.0\nfile /etc/passwd\n",
        b"<?xml version='1.0'?><MPD><BaseURL>file:///etc/passwd</BaseURL></MPD>",
    ],
)
def test_what_is_no_video_is_named_and_a_playlist_opens_nothing(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.mp4"
    path.write_bytes(content)
    with pytest.raises(BadInput) as refused:
        list(frames_of_file(path, Counts()))
    assert refused.value.where == str(path)


class _Mjpeg(BaseHTTPRequestHandler):
    """A camera that drops its link after five pictures, and once is not there at all."""

    calls = 0

    def do_GET(self) -> None:
        type(self).calls += 1
        if type(self).calls == 2:
            self.send_error(503)
            return
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
        self.end_headers()
        for seed in range(5):
            jpeg = cv2.imencode(".jpg", street((320, 180), seed))[1].tobytes()
            head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
            self.wfile.write(head.encode() + jpeg + b"\r\n")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def mjpeg() -> Iterator[str]:
    _Mjpeg.calls = 0
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Mjpeg)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/live"
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_camera_that_drops_its_link_is_opened_again_and_says_so(mjpeg: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("plateward.reader.video.FIRST_WAIT_S", 0.05)
    notes: list[str] = []
    counts = Counts()
    numbers = []
    with Camera("north gate", mjpeg, counts, notes.append) as camera:
        while counts.reconnects < 3:
            frame = camera.newest(10)
            if frame is not None:
                numbers.append(frame.number)
    assert numbers == sorted(set(numbers))
    assert len(numbers) + counts.skipped <= counts.decoded
    assert counts.decoded >= 10
    assert any("503" in note or "no picture" in note or "Server" in note for note in notes)
    assert all(note.startswith("north gate: ") for note in notes)


def test_a_camera_that_is_not_there_gives_nothing_and_stops_when_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("plateward.reader.video.FIRST_WAIT_S", 0.01)
    notes: list[str] = []
    with Camera("gone", "http://127.0.0.1:9/x", Counts(), notes.append) as camera:
        assert camera.newest(0.3) is None
    assert notes
