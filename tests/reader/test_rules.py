"""Which texts are numbers: overlays, badges, slogans and names stay out; shapes settle look-alikes and nothing else."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plateward.reader.geometry import upright
from plateward.reader.plates import Line, choose, plateness
from plateward.reader.recognise import ALPHABET, Reading
from plateward.reader.regions import is_mark, is_overlay, known, shape, word_region
from plateward.reader.shapes import settle


def reading(text: str, sure: float = 0.95, raw: str | None = None, also: dict[int, str] | None = None) -> Reading:
    """A reading of ``text``; at the places of ``also`` the other character has nearly all of what is left."""
    rows = np.full((len(text), len(ALPHABET)), 0.0002, np.float32)
    for place, character in enumerate(text):
        rows[place, ALPHABET.index(character)] = sure
        if also and place in also:
            rows[place, ALPHABET.index(also[place])] = 0.9 * (1 - sure)
    return Reading(rows, tuple((i + 0.5) / len(text) for i in range(len(text))), raw or text)


def line(
    text: str, x: float = 100, y: float = 100, height: float = 30, raw: str | None = None, sure: float = 0.98
) -> Line:
    return Line(upright(x, y, 0.62 * height * max(1, len(text)), height), reading(text, sure, raw))


@pytest.mark.parametrize(
    "raw",
    [
        "2026-01-12 08:30:00",
        "08:04:34",
        "12/05/2024",
        "CAM01",
        "Camera 3",
        "CH 02",
        "45 MPH",
        "25FPS",
        "636-257-2077",
        "192.168.1.64",
        "www.dealer.com",
        "IMG_2041",
    ],
)
def test_what_a_camera_or_dealer_writes_is_an_overlay(raw: str) -> None:
    assert is_overlay(raw)


@pytest.mark.parametrize(
    "raw", ["7ABC123", "RK-755AJ", "B 310 VLV", "MH.46.P.1661", "KA-03-MG-2784", "34A-231.26", "LS12 ZRK"]
)
def test_numbers_with_their_marks_are_not(raw: str) -> None:
    assert not is_overlay(raw)


@pytest.mark.parametrize(
    "text",
    ["TOYOTA", "T0YOTA", "CALIFORNIA", "CALIF0RNIA", "SUNSHINESTATE", "RX350", "F150", "4X4", "320D", "V6", "HYBRID"],
)
def test_makers_models_regions_and_slogans_are_marks(text: str) -> None:
    assert is_mark(text)


@pytest.mark.parametrize("text", ["7ABC123", "RK300AG", "FGJ235", "CG2H2U", "B911BLG", "GWAGEN"])
def test_numbers_are_not_marks(text: str) -> None:
    assert not is_mark(text)


def test_a_misread_name_still_says_its_region() -> None:
    assert word_region("CALIF0RNIA") == "US-CA"
    assert word_region("Grand Canyon State") == "US-AZ"
    assert word_region("7ABC123") is None


def test_c00d_is_no_plate() -> None:
    assert not choose([line("C00D")])
    assert not choose([line("COOD")])


def test_the_number_is_taken_and_not_the_state_above_or_the_slogan_below() -> None:
    found = choose([line("ARIZONA", 110, 70, 14), line("AYX8803", 100, 100), line("GRANDCANYONSTATE", 100, 140, 10)])
    assert [(f.line.reading.text, f.region) for f in found] == [("AYX8803", "US-AZ")]


def test_what_shares_a_row_with_a_clock_is_written_by_the_camera() -> None:
    clock = line("20260112083000", 100, 5, 24, raw="2026-01-12 08:30:00")
    assert not choose([clock, line("14B02819", 560, 5, 24)])
    assert choose([clock, line("14B02819", 560, 300, 24)])


def test_two_plates_in_one_picture_are_two() -> None:
    assert len(choose([line("7ABC123", 100, 100), line("8XYZ987", 600, 120)])) == 2


@given(st.text(ALPHABET, max_size=12), st.floats(0.01, 1.0))
def test_plateness_is_a_share_for_any_text(text: str, sure: float) -> None:
    assert 0.0 <= plateness(line(text, sure=sure)) <= 1.0


@pytest.mark.parametrize(
    ("seen", "settled"),
    [
        ("VI2LAF", "V12LAF"),
        ("DZI7YXR", "DZ17YXR"),
        ("7ABC123", "7ABC123"),
        ("GWAGEN", "GWAGEN"),
    ],
)
def test_drawings_that_are_one_turn_where_a_shape_says_so(seen: str, settled: str) -> None:
    assert settle(reading(seen)).text == settled
    assert settle(reading("RK3OOAG"), "FR").text == "RK300AG"


def test_a_sure_character_never_turns_into_one_that_was_not_seen() -> None:
    assert settle(reading("5ABCI23", 0.999)).text in {"5ABC123", "5ABCI23"}
    assert settle(reading("XKCDWEB")).text == "XKCDWEB"


def test_a_character_seen_with_some_probability_may_win_where_a_shape_asks_for_it() -> None:
    assert settle(reading("LGLS168", 0.7, also={0: "4"}), "US-CA").text == "4GLS168"


def test_a_doubtful_character_too_many_goes_and_lowers_the_confidence() -> None:
    one = reading("RRK755AJ", 0.95)
    one.rows[0] *= 0.5
    settled = settle(one, "SK")
    assert settled.text == "RK755AJ"
    assert settled.length_confidence < 1


def test_the_regions_own_shapes_decide_where_the_region_is_known() -> None:
    doubtful = reading("AGOR6T", 0.9)
    assert shape(settle(doubtful, "US-MO").text) == "AA9A9A"


@given(st.text(ALPHABET, min_size=1, max_size=10), st.floats(0.3, 1.0))
def test_settling_never_raises_the_confidence_and_keeps_known_shapes(text: str, sure: float) -> None:
    before = reading(text, sure)
    after = settle(before)
    assert after.confidence <= before.confidence + 1e-6 or len(after.text) < len(text)
    if shape(text) in known().all_shapes and sure > 0.8:
        assert after.text == text
