"""Reads as files: the same rows in each format, read back by other programs' libraries."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plateward.core.errors import BadInput
from plateward.formats.exports import COLUMNS, ExportedRead, write_reads

AT = datetime(2026, 11, 2, 17, 0, 0, 123000, tzinfo=UTC)


def row(**more: object) -> ExportedRead:
    values: dict[str, object] = {
        "plate": "7ABC128", "read_at": AT, "reader": "rpd-harbor-5th-n", "reader_name": "Harbor",
        "agency": "us-ca-ridgeport-pd",
        "lat": 33.75, "lon": -118.19, "exact_location": True, "direction_deg": 90, "lane": 2, "region": "US-CA", "confidence": 0.93,
        "likeness": "exact", "corrects": None, "read_id": "0190163d-8694-739b-aea5-966c26f8ad91",
    }  # fmt: skip
    return ExportedRead(**(values | more))  # type: ignore[arg-type]


def written(name: str, *rows: ExportedRead) -> bytes:
    return b"".join(write_reads(name, rows))


def read_csv(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))


def test_a_cell_that_a_spreadsheet_would_run_is_neutralised_in_csv() -> None:
    (found,) = read_csv(written("csv", row(reader_name='=HYPERLINK("http://evil","x")', lon=-118.19)))
    assert found["reader_name"].startswith("'=") and found["lon"] == "-118.19"


@given(st.text(max_size=40))
def test_any_readers_name_survives_csv_and_json(name: str) -> None:
    assert json.loads(written("jsonl", row(reader_name=name)))["reader_name"] == name
    text = written("csv", row(reader_name=name)).decode("utf-8-sig")
    (cells,) = list(csv.reader(io.StringIO(text, newline="")))[1:]
    shown = cells[COLUMNS.index("reader_name")]
    assert shown in (name, f"'{name}")
    assert not shown.startswith(("=", "@", "\t"))


def test_geojson_has_a_point_where_the_place_is_granted_and_null_where_it_is_not() -> None:
    found = json.loads(written("geojson", row(), row(lat=None, lon=None)))
    assert found["type"] == "FeatureCollection"
    first, second = found["features"]
    assert first["geometry"] == {"type": "Point", "coordinates": [-118.19, 33.75]} and second["geometry"] is None
    assert first["properties"]["read_at"] == "2026-11-02T17:00:00.123Z" and "lat" not in first["properties"]


@pytest.mark.parametrize("count", [0, 1, 2500])
def test_every_format_holds_every_row(count: int) -> None:
    rows = [row(lane=number % 9) for number in range(count)]
    assert len(read_csv(written("csv", *rows))) == count
    assert len(written("jsonl", *rows).splitlines()) == count
    assert len(json.loads(written("geojson", *rows))["features"]) == count
    parquet = pytest.importorskip("pyarrow.parquet")
    table = parquet.read_table(io.BytesIO(written("parquet", *rows)))
    assert table.num_rows == count and table.column_names == list(COLUMNS)
    if count:
        assert table.to_pylist()[0]["read_at"] == AT


def test_another_format_is_refused_by_name() -> None:
    with pytest.raises(BadInput, match="csv, jsonl, geojson, parquet"):
        written("xls", row())
