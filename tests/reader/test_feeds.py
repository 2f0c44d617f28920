"""Sources that never end: folders being filled, pipes, several cameras by a settings file."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import av
import cv2
import pytest

from plateward.cli.main import run as plateward
from plateward.core.errors import BadInput
from plateward.reader.settings import load_settings, sources_of
from plateward.reader.sources import Kind, Lane, find_sources
from plateward.reader.video import Counts, frames_of_pipe
from plateward.reader.watched import GIVE_UP_S, SETTLE_S, FillingFolder
from tests.reader.drawing import paste, plate, street, write_clip, write_jpeg

NOW = datetime(2026, 11, 2, 17, 0, tzinfo=UTC)


def test_a_file_is_given_out_once_and_only_when_it_is_complete(tmp_path: Path) -> None:
    now = [0.0]
    folder = FillingFolder(tmp_path, lambda: now[0])
    whole = write_jpeg(tmp_path / "whole.jpg", street((64, 36)))
    half = tmp_path / "half.jpg"
    half.write_bytes(whole.read_bytes()[:500])
    for name in (".hidden.jpg", "coming.jpg.part", "notes.txt", "empty.jpg"):
        (tmp_path / name).write_bytes(b"" if name == "empty.jpg" else b"x")
    assert folder.complete() == []
    now[0] += SETTLE_S
    assert folder.complete() == [whole], "the other one has no end yet"
    assert folder.complete() == []
    half.write_bytes(whole.read_bytes())
    assert folder.complete() == []
    now[0] += SETTLE_S
    assert folder.complete() == [half]
    (tmp_path / "broken.jpg").write_bytes(b"\xff\xd8 never finished")
    folder.complete()
    now[0] += GIVE_UP_S
    assert [p.name for p in folder.complete()] == ["broken.jpg"], "its error is told rather than the file forgotten"


def test_of_files_that_are_gone_nothing_is_remembered_and_the_same_name_comes_again(tmp_path: Path) -> None:
    now = [0.0]
    folder = FillingFolder(tmp_path, lambda: now[0])
    for round_ in range(3):
        path = write_jpeg(tmp_path / "snap.jpg", street((64, 36), round_))
        os.utime(path, ns=(round_, round_))
        folder.complete()
        now[0] += SETTLE_S
        assert folder.complete() == [path]
        path.unlink()
        assert folder.complete() == []
    assert not folder._given and not folder._coming
    tmp_path.rmdir()
    with pytest.raises(OSError):
        folder.complete()


def test_a_folder_being_filled_is_read_as_files_come_and_emptied_when_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    picture = street()
    paste(picture, plate("7KLM482"), 390, 380, 170)
    write_jpeg(tmp_path / "ready.jpg", picture)

    def fill() -> None:
        time.sleep(1)
        (inbox / "bad.jpg").write_bytes(b"\xff\xd8\xff no picture \xff\xd9")
        (tmp_path / "ready.jpg").rename(inbox / "good.jpg")

    filler = threading.Thread(target=fill)
    filler.start()
    given = ["read", f"gate=watch:{inbox}", "--json", "--threads", "1", "--quick", "--duration", "6", "--remove-read"]
    assert plateward(given) == 2
    filler.join()
    out = capsys.readouterr()
    assert [json.loads(line)["plate"] for line in out.out.splitlines()] == ["7KLM482"]
    assert "bad.jpg" in out.err
    assert [p.name for p in inbox.iterdir()] == ["bad.jpg"], "what could not be read is left for somebody to look at"


def jpegs(count: int) -> bytes:
    return b"".join(cv2.imencode(".jpg", street((320, 180), seed))[1].tobytes() for seed in range(count))


def test_frames_on_standard_input_are_known_by_their_first_bytes(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "a.ts", (street((320, 180), seed) for seed in range(12)))
    raw = b"YUV4MPEG2 W320 H180 F10:1 Ip C420jpeg\n" + (b"FRAME\n" + bytes(320 * 180 * 3 // 2)) * 4
    for content, least in ((jpegs(6), 6), (clip.read_bytes(), 10), (raw, 4)):
        counts = Counts()
        frames = list(frames_of_pipe(io.BytesIO(content), counts, now=lambda: NOW))
        assert len(frames) >= least
        assert all(frame.at == NOW for frame in frames)
        assert frames[0].grey().shape == (180, 320)


@pytest.mark.parametrize("content", [b"", b"hello", b"#EXTM3U\nfile:///etc/passwd\n", b"\xff\xd8\xff" + bytes(4000)])
def test_what_is_no_frames_is_named(content: bytes) -> None:
    with pytest.raises(BadInput):
        list(frames_of_pipe(io.BytesIO(content), Counts(), now=lambda: NOW))


def test_a_pipe_of_frames_gives_one_line_a_pass() -> None:
    frames = []
    for n in range(20):
        picture = street()
        paste(picture, plate("7KLM482"), 80 + 26 * n, 370, 150)
        frames.append(cv2.imencode(".jpg", picture)[1].tobytes())
    program = "import sys; from plateward.cli.main import main; main(sys.argv[1:])"
    command = [sys.executable, "-c", program, "read", "yard=-", "--json", "--threads", "1", "--fps", "0"]
    done = subprocess.run(command, input=b"".join(frames), capture_output=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    (read,) = [json.loads(line) for line in done.stdout.splitlines()]
    assert (read["source"], read["plate"], read["motion"]) == ("yard", "7KLM482", "right")


def test_a_settings_file_names_cameras_lanes_and_everything_else(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    file = tmp_path / "reader.toml"
    file.write_text(
        f"""
to = "https://plates.example.gov"
reader = "car-12"
key = "car-12.key"
keep = "hits"
position = "gpsd://localhost"
facing = 90
[[camera]]
name = "front"
source = "rtsp://user:secret@10.0.0.7/ch1"
facing = 0
[[camera.lane]]
number = 2
outline = [[0, 0.5], [0.5, 0.5], [0.5, 1], [0, 1]]
[[camera]]
source = "watch:{tmp_path / "in"}"
remove = true
"""
    )
    settings = load_settings(file)
    assert (settings.reader, settings.key) == ("car-12", tmp_path / "car-12.key")
    (front, inbox), problems = sources_of(settings, file)
    assert not problems
    assert (front.name, front.kind, front.facing) == ("front", Kind.STREAM, 0)
    assert front.lanes[0].holds(0.2, 0.8) and not front.lanes[0].holds(0.8, 0.8)
    assert (inbox.kind, inbox.facing, inbox.remove) == (Kind.WATCHED, 90, True)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("fps = 'fast'", "fps"), ("colour = 1", "colour"), ("profile = 'boss'", "profile"), ("[[camera]]\nname = 'x'", "source"),
        ("not toml", "TOML"), ("[[camera]]\nsource = 'x'\nlane = [{number = 1, outline = [[0, 0]]}]", "outline"),
    ],
)  # fmt: skip
def test_a_wrong_setting_is_named(tmp_path: Path, text: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "reader.toml"
    file.write_text(text)
    assert plateward(["read", "--config", str(file)]) == 2
    assert said in capsys.readouterr().err


def test_two_cameras_of_one_name_and_a_camera_that_is_not_there_are_named(tmp_path: Path) -> None:
    file = tmp_path / "reader.toml"
    file.write_text(
        '[[camera]]\nname="a"\nsource="rtsp://x/1"\n[[camera]]\nname="a"\nsource="rtsp://x/2"\n[[camera]]\nsource="ftp://x"\n'
    )
    sources, problems = sources_of(load_settings(file), file)
    assert len(sources) == 1
    assert ["camera 2" in str(p) or "camera 3" in str(p) for p in problems] == [True, True]


def test_a_lane_is_told_by_where_a_plate_is_in_the_picture() -> None:
    lane = Lane(1, ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0)))
    assert lane.holds(0.1, 0.5) and not lane.holds(0.6, 0.5)


def test_a_folder_to_watch_must_be_there(tmp_path: Path) -> None:
    found, problems = find_sources([f"watch:{tmp_path / 'gone'}", "watch:", "-", f"yard=watch:{tmp_path}"])
    assert [(s.kind, s.name) for s in found] == [(Kind.PIPE, "stdin"), (Kind.WATCHED, "yard")]
    assert len(problems) == 2


def test_a_gap_in_a_stream_of_jpegs_costs_one_frame(tmp_path: Path) -> None:
    content = bytearray(jpegs(8))
    content[len(content) // 2 : len(content) // 2 + 60] = bytes(60)
    frames = list(frames_of_pipe(io.BytesIO(bytes(content)), Counts(), now=lambda: NOW))
    assert len(frames) >= 6
    assert av.__version__
