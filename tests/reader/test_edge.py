"""Privacy at the edge: what leaves the reader shows no people, and a live view shows no plate that is not on one's list."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import httpx
import numpy as np
import pytest

from plateward.cli.main import run as plateward
from plateward.core.errors import BadInput
from plateward.reader.geometry import upright
from plateward.reader.live_view import LiveView
from plateward.reader.picture_cut import cut_picture
from plateward.reader.privacy import hide_plates, masked_frame
from plateward.reader.read_picture import Plate
from plateward.reader.show import draw
from plateward.reader.sources import Kind, Source
from tests.reader.drawing import paste, plate, street, write_jpeg
from tests.reader.test_track import reading


def detail(picture: np.ndarray) -> float:  # type: ignore[type-arg]
    """How much fine structure a picture has: that is what makes a face a face."""
    grey = picture if picture.ndim == 2 else cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    return float(cv2.Laplacian(grey, cv2.CV_64F).var())


def decoded(jpeg: bytes | None) -> np.ndarray:  # type: ignore[type-arg]
    assert jpeg is not None
    return cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)


def test_around_a_vehicle_everything_in_the_picture_of_a_read_is_unreadable() -> None:
    noise = np.random.default_rng(1).integers(0, 255, (800, 1200, 3), dtype=np.uint8)
    box = upright(500, 500, 120, 40)
    sharp, blurred = decoded(cut_picture(noise, box, blur=False)), decoded(cut_picture(noise, box))
    assert sharp.shape == blurred.shape
    plate_part = (slice(250, 290), slice(250, 350))
    assert detail(blurred[plate_part]) > 0.9 * detail(sharp[plate_part])
    windscreen, beside = (slice(0, 60), slice(100, 500)), (slice(0, 400), slice(0, 60))
    for part in (windscreen, beside):
        assert detail(blurred[part]) < 0.02 * detail(sharp[part])


def test_a_frame_for_looking_after_a_camera_shows_neither_plates_nor_small_things() -> None:
    picture = street((1920, 1080))
    spot = paste(picture, plate("7KLM482"), 800, 700, 240)
    jpeg = masked_frame(picture, [upright(*spot)])
    assert jpeg is not None and len(jpeg) < 96 * 1024
    small = decoded(jpeg)
    assert small.shape[1] == 480
    x, y, w, h = (round(v / 4) for v in spot)
    assert detail(small[y : y + h, x : x + w]) < 5
    assert masked_frame(np.zeros((2, 2, 3), np.uint8), []) is None
    assert hide_plates(picture, [upright(-50, -50, 30, 10)]).shape == picture.shape


def test_a_drawn_copy_masks_what_is_not_legible() -> None:
    picture = street()
    spot = paste(picture, plate("7KLM482"), 390, 380, 170)
    one = reading("7KLM482", 0.99)
    plates = [Plate(upright(*spot), one, one, None)]
    x, y, w, h = spot
    inner = (slice(y + 20, y + h - 20), slice(x + 20, x + w - 20))
    assert detail(draw(picture, plates)[inner]) > 500
    assert detail(draw(picture, plates, lambda _: False)[inner]) < 60
    assert detail(draw(picture, plates, lambda text: text == "7KLM482")[inner]) > 500


@pytest.fixture
def view() -> LiveView:
    return LiveView(0)


def test_the_live_view_is_for_this_computer_alone_and_masks_every_plate_of_a_camera(view: LiveView) -> None:
    picture = street()
    spot = paste(picture, plate("7KLM482"), 390, 380, 170)
    one = reading("7KLM482", 0.99)
    camera = Source(Kind.STREAM, "north <gate>", "rtsp://x")
    try:
        assert "No picture yet" in httpx.get(view.address).text
        view.picture(camera, picture, [Plate(upright(*spot), one, one, None)])
        page = httpx.get(view.address).text
        assert "north &lt;gate&gt;" in page
        with httpx.stream("GET", view.address + "north%20%3Cgate%3E") as answer:
            head = next(answer.iter_bytes())
        assert b"image/jpeg" in head
        held = view.after("north <gate>", 0, 1)
        assert held is not None
        x, y, w, h = spot
        assert detail(decoded(held[1])[y + 20 : y + h - 20, x + 20 : x + w - 20]) < 60
        assert httpx.get(view.address + "other").status_code == 404
        assert httpx.get(view.address, headers={"Host": "evil.example"}).status_code == 421
    finally:
        view.close()


def test_a_port_that_cannot_be_served_is_named() -> None:
    with pytest.raises(BadInput, match="port"):
        LiveView(99_999)


def test_at_home_other_peoples_plates_are_masked_and_the_law_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = street()
    paste(picture, plate("7KLM482"), 120, 380, 170)
    paste(picture, plate("FGJ2351"), 640, 360, 170)
    path = write_jpeg(tmp_path / "yard.jpg", picture)
    mine = tmp_path / "mine.txt"
    mine.write_text("7KLM482\n")
    given = ["read", str(path), "--profile", "home", "--list", str(mine), "--threads", "1", "--json"]
    assert plateward([*given, "--show", str(tmp_path / "shown")]) == 0
    out = capsys.readouterr()
    assert sorted(json.loads(line)["plate"] for line in out.out.splitlines()) == ["7KLM482", "F•••••1"]
    assert "FGJ2351" not in out.out + out.err
    assert "1798.90.51" in out.err
    assert plateward([*given, "--keep", "all"]) == 2
    assert "--keep" in capsys.readouterr().err


def test_where_nothing_may_be_collected_a_fixed_reader_reads_nothing_and_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = street()
    paste(picture, plate("7KLM482"), 390, 380, 170)
    path = write_jpeg(tmp_path / "school.jpg", picture)
    areas = tmp_path / "places.geojson"
    areas.write_text(json.dumps({"type": "Point", "coordinates": [-117.2, 33.1]}))
    given = ["read", str(path), "--threads", "1", "--quick", "--no-collect", str(areas)]
    assert plateward([*given, "--lat", "33.1", "--lon", "-117.2", "--show", str(tmp_path / "shown")]) == 0
    out = capsys.readouterr()
    assert out.out == ""
    assert "nothing may be collected" in out.err
    assert not (tmp_path / "shown" / "school.jpg").exists()
    assert plateward(given) == 2
    assert "--position" in capsys.readouterr().err
