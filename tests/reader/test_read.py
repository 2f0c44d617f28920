"""Reading drawn and real pictures and clips, down to the command line."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import textwrap
import threading
import time
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from plateward.cli.main import run as plateward
from plateward.core.errors import BadInput
from plateward.reader.evaluate import evaluate, known_plates
from plateward.reader.geometry import upright
from plateward.reader.picture_cut import MAX_BYTES, cut_picture
from plateward.reader.read_picture import PictureReader
from tests.reader.drawing import Picture, paste, plate, street, text_picture, two_line_plate, write_clip, write_jpeg


def scene(*plates: tuple[Picture, int, int, int]) -> Picture:
    picture = street()
    for part, left, top, width in plates:
        paste(picture, part, left, top, width)
    return picture


def test_the_number_is_read_and_not_the_state_or_the_slogan(careful: PictureReader) -> None:
    found = careful.read(scene((plate("7KLM482", "CALIFORNIA", "GOLDEN STATE"), 390, 380, 170)))
    assert [(p.reading.text, p.region) for p in found] == [("7KLM482", "US-CA")]
    x, y, w, _ = found[0].box.xywh
    assert 380 < x < 430
    assert 370 < y < 430
    assert 110 < w < 190
    assert found[0].reading.confidence > 0.5


def test_grey_pictures_read_alike(careful: PictureReader) -> None:
    picture = scene((plate("7KLM482"), 390, 380, 170))
    assert [p.reading.text for p in careful.read(np.ascontiguousarray(picture[:, :, 1]))] == ["7KLM482"]


def test_two_plates_and_a_clock_give_two_reads(careful: PictureReader) -> None:
    picture = scene((plate("7KLM482"), 120, 380, 170), (plate("FGJ2351"), 640, 360, 170))
    paste(
        picture, text_picture([("2026-01-12 08:30:00   CAM01", 26, (230, 20))], (460, 40), (210, 210, 210)), 10, 4, 460
    )
    assert sorted(p.reading.text for p in careful.read(picture)) == ["7KLM482", "FGJ2351"]


def test_a_plate_of_two_lines_is_one_read(careful: PictureReader) -> None:
    found = careful.read(scene((two_line_plate("KA42", "8592"), 400, 360, 130)))
    assert [p.reading.text for p in found] == ["KA428592"]


def test_badges_and_overlays_are_no_plates(careful: PictureReader) -> None:
    picture = street((640, 360))
    words = ["C00D", "CAM01", "TOYOTA", "2026-01-12 08:30:00", "RX350"]
    for row, text in enumerate(words):
        paste(
            picture,
            text_picture([(text, 40, (200, 30))], (400, 60), (200, 200, 200)),
            40 + 60 * row,
            30 + 66 * row,
            240,
        )
    assert careful.read(picture) == []


def test_an_empty_street_and_the_smallest_picture_hold_no_plate(careful: PictureReader) -> None:
    assert careful.read(street((480, 270))) == []
    assert careful.read(np.zeros((2, 2, 3), np.uint8)) == []
    assert careful.read(np.zeros((3, 900), np.uint8)) == []


def test_the_picture_of_a_read_is_a_jpeg_that_a_node_takes(careful: PictureReader) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (3000, 3000, 3), dtype=np.uint8)
    jpeg = cut_picture(noise, upright(1400, 1400, 400, 100))
    assert jpeg is not None
    assert jpeg.startswith(b"\xff\xd8\xff")
    assert len(jpeg) <= MAX_BYTES
    assert cut_picture(noise, upright(9000, 9000, 10, 10)) is None


def test_a_plate_that_fills_its_picture_is_read(careful: PictureReader) -> None:
    number = text_picture([("7KLM482", 100, (220, 60))], (440, 120), (238, 240, 244))
    assert [p.reading.text for p in careful.read(number)] == ["7KLM482"]


@pytest.fixture(scope="module")
def pass_by(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds of a car that drives to the right, then an empty street, then a second car."""
    path = tmp_path_factory.mktemp("clips") / "pass.mp4"
    frames = [scene((plate("7KLM482"), 80 + 26 * n, 370, 150)) for n in range(20)]
    frames += [street()] * 10
    frames += [scene((plate("FGJ2351"), 760 - 26 * n, 370, 150)) for n in range(15)]
    return write_clip(path, frames, creation_time="2026-01-12T16:30:00Z")


def lines(text: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in text.splitlines()]


def test_a_video_gives_one_line_a_pass_with_the_way_it_went(
    pass_by: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    shown = tmp_path / "shown"
    assert plateward(["read", str(pass_by), "--json", "--threads", "1", "--fps", "3", "--show", str(shown)]) == 0
    out = capsys.readouterr()
    reads = lines(out.out)
    assert [(r["plate"], r["motion"]) for r in reads] == [("7KLM482", "right"), ("FGJ2351", "left")]
    first = reads[0]
    assert set(first) >= {"source", "frame", "time_s", "plate", "confidence", "char_confidences", "box", "region"}
    assert first["source"] == str(pass_by)
    assert len(first["char_confidences"]) == 7  # type: ignore[arg-type]
    assert str(first["read_at"]).startswith("2026-01-12T16:30:0")
    assert "skipped" in out.err
    with av.open(str(shown / "pass.mp4")) as film:
        assert sum(1 for _ in film.decode(video=0)) > 5


def test_a_camera_gives_one_line_a_pass_and_ends_when_told(capsys: pytest.CaptureFixture[str]) -> None:
    class Gate(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
            self.end_headers()
            for n in range(30):
                jpeg = cv2.imencode(".jpg", scene((plate("7KLM482"), 80 + 18 * n, 370, 150)))[1].tobytes()
                head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
                with contextlib.suppress(OSError):  # the reader hung up
                    self.wfile.write(head.encode() + jpeg + b"\r\n")
                time.sleep(0.1)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Gate)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    address = f"http://user:secret@127.0.0.1:{server.server_address[1]}/live"
    try:
        assert plateward(["read", f"north gate={address}", "--json", "--threads", "1", "--duration", "6"]) == 0
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    out = capsys.readouterr()
    reads = lines(out.out)
    assert [(r["source"], r["plate"]) for r in reads] == [("north gate", "7KLM482")]
    assert "secret" not in out.out + out.err


def test_a_picture_is_as_old_as_its_file_says_or_as_old_as_whoever_tries_it_says(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_jpeg(tmp_path / "old.jpg", scene((plate("7KLM482"), 390, 380, 170)))
    os.utime(path, (1_714_521_600, 1_714_521_600))
    given = ["read", str(path), "--json", "--quick", "--threads", "1"]
    begun, made = datetime.now(UTC), []
    for more in ((), ("--started-at", "2026-01-12T08:30:00-08:00"), ("--started-at", "now")):
        assert plateward([*given, *more]) == 0
        made.append(datetime.fromisoformat(str(lines(capsys.readouterr().out)[0]["read_at"])))
    assert made[:2] == [datetime(2024, 5, 1, tzinfo=UTC), datetime(2026, 1, 12, 16, 30, tzinfo=UTC)]
    assert begun <= made[2] + timedelta(seconds=1) and made[2] <= datetime.now(UTC) + timedelta(seconds=1)


def test_bad_files_are_named_the_others_read_and_the_status_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    write_jpeg(folder / "good.jpg", scene((plate("7KLM482"), 390, 380, 170)))
    (folder / "bad.jpg").write_bytes(b"no picture at all")
    (folder / "clip.mp4").write_bytes(bytes(999))
    assert plateward(["read", str(folder), "missing.png", "--json", "--quick", "--threads", "1"]) == 2
    out = capsys.readouterr()
    (read,) = lines(out.out)
    assert (read["plate"], read["frame"], read["time_s"]) == ("7KLM482", 0, 0.0)
    assert all(name in out.err for name in ("bad.jpg", "clip.mp4", "missing.png"))
    assert "Traceback" not in out.err


def test_the_baseline_reads_without_a_network(monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    def unplugged(*_: object) -> None:
        raise AssertionError("the baseline wanted a network")

    monkeypatch.setattr(socket.socket, "connect", unplugged)
    from plateward.reader.baseline import RapidOcrReader

    found = RapidOcrReader(threads=1).read(scene((plate("7KLM482"), 390, 380, 170)))
    assert [p.reading.text for p in found] == ["7KLM482"]


def test_nothing_found_is_no_failure(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_jpeg(tmp_path / "street.jpg", street())
    assert plateward(["read", str(path), "--quick", "--threads", "1", "--show", str(tmp_path / "out")]) == 0
    assert "0 reads from 1 sources" in capsys.readouterr().err
    assert (tmp_path / "out" / "street.jpg").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "name a picture"),
        (["x.jpg", "--to", "nowhere"], "--to"),
        (["x.jpg", "--to", "http://127.0.0.1:9"], "--key"),
        (["x.jpg", "--to", "http://127.0.0.1:9", "--key", "/no/such/key"], "/no/such/key"),
        (["x.jpg", "--lat", "34.1"], "--lat"),
        (["x.jpg", "--fps", "-1"], "--fps"),
        (["x.jpg", "--min-confidence", "7"], "--min-confidence"),
        (["x.jpg", "--started-at", "yesterday"], "--started-at"),
        (["x.jpg", "--threads", "999"], "--threads"),
        (["a.jpg", "--no-such-option"], "no-such-option"),
    ],
)
def test_bad_usage_says_which_argument(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert plateward(["read", *arguments]) == 2
    assert said in capsys.readouterr().err


def test_without_the_extra_the_command_says_how_to_get_it() -> None:
    program = """
        import sys
        class Missing:
            def find_spec(self, name, path=None, target=None):
                if name.split(".")[0] in ("numpy", "cv2", "av"):
                    raise ModuleNotFoundError(name)
        import importlib.util
        plain = importlib.util.find_spec
        importlib.util.find_spec = lambda name, *rest: None if name in ("numpy", "cv2", "av") else plain(name, *rest)
        sys.meta_path.insert(0, Missing())
        from plateward.cli.main import run
        sys.exit(run(["read", "x.jpg"]))
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert "pip install 'plateward[reader]'" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_node_that_cannot_be_reached_is_a_fault_and_the_reads_wait(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_jpeg(tmp_path / "good.jpg", scene((plate("7KLM482"), 390, 380, 170)))
    key = tmp_path / "reader.key"
    key.write_text("secret-key\n")
    spool = tmp_path / "spool.sqlite"
    given = ["read", str(path), "--quick", "--threads", "1", "--to", "http://127.0.0.1:9", "--key", str(key)]
    given += ["--keep", "all"]
    assert plateward([*given, "--spool", str(spool), "--wait", "0.1"]) == 3
    said = capsys.readouterr().err
    assert "1 reads could not be delivered" in said
    assert "secret-key" not in said


def test_figures_come_from_a_listing_and_name_what_was_misread(careful: PictureReader, tmp_path: Path) -> None:
    write_jpeg(tmp_path / "a.jpg", scene((plate("7KLM482"), 390, 380, 170)))
    write_jpeg(tmp_path / "b.jpg", street((480, 270)))
    listing = tmp_path / "set.csv"
    listing.write_text("image,x,y,w,h,plate\na.jpg,390,380,170,85,7KLM482\nb.jpg,190,180,90,45,8XYZ987\n")
    figures = evaluate(listing, careful)
    assert (figures.pictures, figures.found, figures.exact, figures.elsewhere) == (2, 1, 1, 0)
    assert figures.misread == [("b.jpg", "8XYZ987", "")]
    assert sum(reads for _, _, reads, _ in figures.reliability) == 1


@pytest.mark.parametrize("row", ["a.jpg,1,2,3,4,", "a.jpg,x,2,3,4,7ABC123"])
def test_a_bad_listing_names_its_line(tmp_path: Path, row: str) -> None:
    listing = tmp_path / "set.csv"
    listing.write_text(f"image,x,y,w,h,plate\n{row}\n")
    with pytest.raises(BadInput, match=r"set\.csv:2"):
        known_plates(listing)


def test_real_pictures_are_read(careful: PictureReader, shared: Path) -> None:
    folder = shared / "plates" / "eval"
    known = [k for name in ("us", "eu", "br") for k in known_plates(folder / f"{name}.csv")[5::20]]
    from plateward.reader.pictures import load_picture

    right = sum(any(p.reading.text == k.plate for p in careful.read(load_picture(k.image).image)) for k in known)
    assert right >= 0.6 * len(known)


def test_a_real_toll_lane_is_read_one_line_a_vehicle(shared: Path, capsys: pytest.CaptureFixture[str]) -> None:
    clip = shared / "plates" / "cars.mp4"
    assert plateward(["read", str(clip), "--json", "--threads", "1", "--fps", "1.5", "--duration", "8"]) == 0
    plates = [read["plate"] for read in lines(capsys.readouterr().out)]
    assert plates.count("34A36837") == 1
    assert plates.count("34A23126") == 1
