"""Reads as files for other programs: CSV, JSON lines, GeoJSON (RFC 7946) and Parquet.

Pure functions from rows to bytes, a piece at a time. A cell that a spreadsheet would run as a formula is neutralised in CSV; in
the other formats text is text.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

import msgspec

from plateward.core.errors import BadInput
from plateward.formats.extras import part
from plateward.formats.tables import neutral

COLUMNS = ("plate", "read_at", "reader", "reader_name", "agency", "lat", "lon", "exact_location", "direction_deg", "lane", "region",
           "confidence", "likeness", "corrects", "read_id")  # fmt: skip
"""Columns of an export, the same in each format. Times are UTC; what a share does not grant is empty."""

_PIECE = 1000


class ExportedRead(msgspec.Struct, frozen=True):
    """A read as its owner's shares let it be taken out. ``read_at`` is aware; ``lat`` and ``lon`` in degrees (WGS 84)."""

    plate: str
    read_at: datetime
    reader: str
    reader_name: str
    agency: str
    lat: float | None
    lon: float | None
    exact_location: bool
    direction_deg: int | None
    lane: int | None
    region: str | None
    confidence: float
    likeness: str
    corrects: str | None
    read_id: str


@dataclass(frozen=True, slots=True)
class Format:
    """A format: the ending of its files, its media type, and whether it is text."""

    ending: str
    media_type: str


FORMATS: Mapping[str, Format] = {
    "csv": Format("csv", "text/csv; charset=utf-8"),
    "jsonl": Format("jsonl", "application/jsonl"),
    "geojson": Format("geojson", "application/geo+json"),
    "parquet": Format("parquet", "application/vnd.apache.parquet"),
}


def check_format(name: str) -> Format:
    """The format of this name. Raises BadInput for another, and for Parquet where its library is not installed."""
    if name not in FORMATS:
        raise BadInput(f"the format is one of {', '.join(FORMATS)}", where="format")
    if name == "parquet":
        part("pyarrow.parquet", "parquet", "Writing Parquet")
    return FORMATS[name]


def write_reads(name: str, rows: Iterable[ExportedRead]) -> Iterator[bytes]:
    """``rows`` in the format ``name``, in pieces. Raises BadInput for a format that is none."""
    check_format(name)
    writers = {"csv": _csv, "jsonl": _jsonl, "geojson": _geojson, "parquet": _parquet}
    return writers[name](iter(rows))


def _pieces(rows: Iterator[ExportedRead]) -> Iterator[list[ExportedRead]]:
    while piece := list(islice(rows, _PIECE)):
        yield piece


def _instant(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def values_of(row: ExportedRead) -> dict[str, Any]:
    """A read as an object of the JSON formats."""
    return {**msgspec.structs.asdict(row), "read_at": _instant(row.read_at)}


def _csv(rows: Iterator[ExportedRead]) -> Iterator[bytes]:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    yield b"\xef\xbb\xbf" + _emptied(out)  # spreadsheets guess the encoding otherwise
    for piece in _pieces(rows):
        for row in piece:
            values = values_of(row) | {"exact_location": "yes" if row.exact_location else "no"}
            writer.writerow([neutral(values[name]) for name in COLUMNS])
        yield _emptied(out)


def _emptied(out: io.StringIO) -> bytes:
    text = out.getvalue()
    out.seek(0)
    out.truncate()
    return text.encode()


def _jsonl(rows: Iterator[ExportedRead]) -> Iterator[bytes]:
    encoder = msgspec.json.Encoder()
    for piece in _pieces(rows):
        yield encoder.encode_lines([values_of(row) for row in piece])


def _geojson(rows: Iterator[ExportedRead]) -> Iterator[bytes]:
    encoder, first = msgspec.json.Encoder(), True
    yield b'{"type":"FeatureCollection","features":['
    for piece in _pieces(rows):
        features = b",\n".join(encoder.encode(_feature(row)) for row in piece)
        yield features if first else b",\n" + features
        first = False
    yield b"]}\n"


def _feature(row: ExportedRead) -> dict[str, Any]:
    """A feature; its geometry is null where the place is not known or not granted (RFC 7946, 3.2)."""
    values = values_of(row)
    lat, lon = values.pop("lat"), values.pop("lon")
    place = None if lat is None or lon is None else {"type": "Point", "coordinates": [lon, lat]}
    return {"type": "Feature", "id": row.read_id, "geometry": place, "properties": values}


def _parquet(rows: Iterator[ExportedRead]) -> Iterator[bytes]:
    arrow = part("pyarrow", "parquet", "Writing Parquet")
    parquet = part("pyarrow.parquet", "parquet", "Writing Parquet")
    kinds = {"read_at": arrow.timestamp("ms", tz="UTC"), "lat": arrow.float64(), "lon": arrow.float64(),
             "exact_location": arrow.bool_(), "direction_deg": arrow.int16(), "lane": arrow.int16(),
             "confidence": arrow.float32()}  # fmt: skip
    schema = arrow.schema([(name, kinds.get(name, arrow.string())) for name in COLUMNS])
    out = io.BytesIO()
    with parquet.ParquetWriter(out, schema, compression="zstd") as writer:
        for piece in _pieces(rows):
            writer.write_table(arrow.Table.from_pylist([msgspec.structs.asdict(row) for row in piece], schema=schema))
    yield out.getvalue()
