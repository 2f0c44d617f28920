"""Files of reads as other programs save them: other separators, cells that shifted, bytes that were lost."""

from __future__ import annotations

import io

import pytest

from plateward.core.place import Position
from plateward.formats.read_files import parse_csv


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_any_separator_is_read_and_a_bad_row_costs_only_itself(separator: str) -> None:
    rows = [
        ("Plate", "Time", "Camera", "Notes"),
        ("ELM1234", "2026-01-12T08:30:00Z", "north", "a\nb"),
        ("ELM1", "soon", "north", ""),
    ]
    rows += [("ELM9", "2026-01-12T08:30:00Z", "north", "a", "b"), ("7ELM123", "2026-01-12T08:31:00-08:00", "south", "")]
    text = "\n".join(separator.join(f'"{cell}"' for cell in row) for row in rows)
    read = list(parse_csv(io.StringIO(text), "elm"))
    assert [row.read.plate if row.read else None for row in read] == ["ELM1234", None, None, "7ELM123"]
    assert [row.line for row in read] == [3, 4, 5, 6]
    assert "no instant" in read[1].error and "5 cells" in read[2].error


def test_a_plate_with_a_lost_character_is_an_error_of_its_row() -> None:
    (row,) = parse_csv(io.StringIO("plate,time,camera\nELM\ufffd12,2026-01-12T08:30:00Z,north\n"), "elm")
    assert row.read is None and "UTF-8" in row.error


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_any_separator_a_line_that_says_it_decimal_commas_and_per_cent_are_read(mark: str) -> None:
    rows = [
        ["plate", "time", "camera", "conf", "lat", "lon"],
        ["8KLM204", "2026-03-04T05:06:07Z", "gate", "91%", '"33,5"', '"-117,1"'],
    ]
    text = f"sep={mark}\n" + "\n".join(mark.join(row) for row in rows) + "\n"
    (row,) = parse_csv(io.StringIO(text), "elm")
    assert row.line == 3 and row.read is not None, row.error
    assert (row.read.confidence, row.read.position) == (0.91, Position(33.5, -117.1))


@pytest.mark.parametrize(("written", "confidence"), [("1%", 0.01), ("0,5", 0.5), ("91", 0.91), ("1", 1.0)])
def test_a_per_cent_sign_means_per_cent(written: str, confidence: float) -> None:
    (row,) = parse_csv(io.StringIO(f'plate;time;camera;conf\n8KLM204;2026-03-04T05:06:07Z;gate;"{written}"\n'), "elm")
    assert row.read is not None and row.read.confidence == confidence


def test_a_confidence_that_can_be_none_is_named() -> None:
    (row,) = parse_csv(io.StringIO("plate,time,camera,conf\n8KLM204,2026-03-04T05:06:07Z,gate,150\n"), "elm")
    assert row.read is None and row.error.startswith("confidence")
