"""What readers send, and the files people import: one bad item never costs its neighbours."""

from __future__ import annotations

import base64
import io
import json
from datetime import UTC, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plateward.core.errors import BadInput
from plateward.core.ids import uuid7
from plateward.formats.read_files import AS_IT_SAYS, Layout, parse_csv, parse_json_lines
from plateward.formats.reads import MAX_ITEMS, MAX_PICTURE, decode_batch, to_read
from plateward.formats.tables import write_csv

AT = datetime(2026, 1, 12, 8, 30, tzinfo=UTC)
JPEG = b"\xff\xd8\xff\xe0" + b"\0" * 40 + b"\xff\xd9"


def item(**change: object) -> dict[str, object]:
    return {"id": str(uuid7(AT, bytes(10))), "plate": "7ABC123", "read_at": AT.isoformat(), "confidence": 0.9} | change


def batch(*items: object) -> bytes:
    return json.dumps({"reads": items}).encode()


def test_json_and_msgpack_say_the_same() -> None:
    as_json = decode_batch(batch(item(picture=base64.b64encode(JPEG).decode())), "application/json; charset=utf-8")
    as_msgpack = decode_batch(msgspec.msgpack.encode({"reads": [item(picture=JPEG)]}), "application/msgpack")
    assert as_json == as_msgpack
    assert as_json.items[0][1].picture == JPEG


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"plate": ""}, "plate"),
        ({"confidence": 1.2}, "confidence"),
        ({"confidence": "high"}, "confidence"),
        ({"read_at": "2026-01-12T08:30:00"}, "read_at"),
        ({"read_at": "yesterday"}, "read_at"),
        ({"id": "7"}, "id"),
        ({"direction": 360}, "direction"),
        ({"colour": "red"}, "colour"),
        ({"candidates": [["A", 0.5]] * 11}, "candidates"),
        ({"region": "California"}, "region"),
    ],
)
def test_a_bad_item_is_named_by_index_and_field_and_its_neighbours_are_taken(
    change: dict[str, object], field: str
) -> None:
    decoded = decode_batch(batch(item(), item(**change), item()), "application/json")
    assert [index for index, _ in decoded.items] == [0, 2]
    (rejected,) = decoded.rejected
    assert rejected.index == 1
    assert field in rejected.field or field in rejected.error


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"plate": "--"}, "plate"),
        ({"lat": 33.1}, "lon"),
        ({"lat": 91.0, "lon": 0.0}, "lat"),
        ({"picture": base64.b64encode(b"GIF89a").decode()}, "picture"),
        ({"picture": base64.b64encode(JPEG[:4] + b"\0" * MAX_PICTURE + JPEG[-2:]).decode()}, "picture"),
        ({"id": "00000000-0000-4000-8000-000000000000"}, "id"),
        ({"read_at": "2026-01-12T08:30:01Z"}, "id"),
    ],
)
def test_what_is_well_formed_but_cannot_be_is_named_by_field(change: dict[str, object], field: str) -> None:
    ((_, decoded),) = decode_batch(batch(item(**change)), "application/json").items
    with pytest.raises(BadInput) as caught:
        to_read(decoded, "r1", "ridgeport-pd")
    assert caught.value.where == field


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", "application/json"),
        (b"[]", "application/json"),
        (b'{"reads": 1}', "application/json"),
        (b"{" * 100_000, "application/json"),
        (batch(*[{}] * (MAX_ITEMS + 1)), "application/json"),
        (b"\xc1", "application/msgpack"),
        (b"a=b", "application/x-www-form-urlencoded"),
    ],
)
def test_what_is_no_batch_is_refused_whole(body: bytes, kind: str) -> None:
    with pytest.raises(BadInput):
        decode_batch(body, kind)


CSV = """\ufeffPlate,Timestamp,Camera,Latitude,Longitude,Score
7abc-123,2026-01-12T08:30:00Z,harbor,33.1,-117.2,93%
,2026-01-12T08:31:00Z,harbor,,,
8XYZ,2026-01-12 08:31:00,harbor,,,
9DEF456,2026-01-12T08:32:00+00:00,"har
bor",,,
"""


def test_a_csv_of_another_system_is_understood_and_its_bad_lines_are_named() -> None:
    rows = list(parse_csv(io.StringIO(CSV), "ridgeport-pd"))
    assert [row.line for row in rows] == [2, 3, 4, 6]
    assert [row.read.plate for row in rows if row.read] == ["7ABC123", "9DEF456"]
    assert rows[0].read is not None
    assert rows[0].read.confidence == pytest.approx(0.93)
    assert "plate" in rows[1].error
    assert "offset" in rows[2].error


PACIFIC = ZoneInfo("America/Los_Angeles")
MONTH, DAY = Layout(zone=PACIFIC, day_first=False, reader="gate"), Layout(zone=PACIFIC, day_first=True, reader="gate")
MORNING, EVENING = datetime(2026, 1, 12, 16, 30, tzinfo=UTC), datetime(2026, 7, 13, 3, 30, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "layout", "at"),
    [
        ("2026-01-12T08:30:00-08:00", AS_IT_SAYS, MORNING),
        ("2026-01-12 08:30:00", MONTH, MORNING),
        ("2026-1-12 8:30", MONTH, MORNING),
        ("2026/01/12 08:30:00 AM", MONTH, MORNING),
        ("01/12/2026 8:30 AM", MONTH, MORNING),
        ("12/01/2026 08:30", DAY, MORNING),
        ("12.01.2026 08:30:00,000", MONTH, MORNING),
        ("1/12/26, 8:30:00 a.m.", MONTH, MORNING),
        ("7/12/2026 8:30:05 PM", MONTH, EVENING),
        ("01/12/2026 16:30 UTC", MONTH, MORNING),
        ("01/12/2026 10:30 -06:00", MONTH, MORNING),
        ("1768235400", AS_IT_SAYS, MORNING),
        ("1768235400000", AS_IT_SAYS, MORNING),
    ],
)
def test_times_of_other_systems_are_read_in_the_zone_and_order_that_are_said(
    written: str, layout: Layout, at: datetime
) -> None:
    (row,) = parse_csv(io.StringIO(f'plate;time;camera\n7ABC123;"{written}";gate\n'), "a", layout)
    assert row.read is not None, row.error
    assert row.read.read_at == at


@pytest.mark.parametrize(
    ("written", "layout", "why"),
    [
        ("2026-01-12 08:30:00", AS_IT_SAYS, "--zone"),
        ("01/12/2026 8:30 AM", Layout(zone=PACIFIC), "--dates"),
        ("01/13/2026 8:30", DAY, "no instant"),
        ("01/12/2026 16:30 PM", MONTH, "twelve hours"),
        ("01/12/2026", MONTH, "no instant"),
        ("soon", MONTH, "no instant"),
    ],
)
def test_a_time_that_could_be_two_or_none_is_an_error_of_its_row(written: str, layout: Layout, why: str) -> None:
    bad, good = parse_csv(
        io.StringIO(f'plate,time,camera\n7ABC123,"{written}",gate\n8XYZ111,2026-01-12T08:30:00Z,gate\n'), "a", layout
    )
    assert bad.read is None and why in bad.error and good.read is not None


def test_headings_of_an_agencys_own_are_named_and_a_date_may_stand_apart_from_its_clock() -> None:
    layout = Layout({"plate": "TAG NO", "read_at": "Seen On+Seen At"}, PACIFIC, day_first=False, reader="gate")
    text = 'Tag No\tSeen On\tSeen At\tNote\n7ABC123\t01/12/2026\t8:30 AM\t"two\nlines"\n'
    (row,) = parse_csv(io.StringIO(text), "a", layout)
    assert row.read is not None and (row.read.plate, row.read.read_at, row.read.reader) == ("7ABC123", MORNING, "gate")
    line = json.dumps({"tag no": "7ABC123", "Seen On": "01/12/2026", "Seen At": "8:30 AM"}).replace("tag no", "TAG NO")
    (same,) = parse_json_lines(io.StringIO(line + "\n"), "a", layout)
    assert same.read is not None and same.read.id == row.read.id
    with pytest.raises(BadInput, match="no column 'tagg'"):
        list(parse_csv(io.StringIO(text), "a", Layout({"plate": "tagg"})))


@given(st.integers(0, 4_000_000_000), st.booleans())
def test_what_a_spreadsheet_writes_is_what_is_read(seconds: int, day_first: bool) -> None:
    at = datetime.fromtimestamp(seconds, UTC)
    written = at.strftime("%d/%m/%Y %I:%M:%S %p" if day_first else "%m/%d/%Y %I:%M:%S %p")
    layout = Layout(zone=UTC, day_first=day_first)
    (row,) = parse_csv(io.StringIO(f"plate,time,camera\n7ABC123,{written},gate\n"), "a", layout)
    assert row.read is not None and row.read.read_at == at


def test_the_same_file_gives_the_same_ids() -> None:
    first, second = ([row.read.id for row in parse_csv(io.StringIO(CSV), "ridgeport-pd") if row.read] for _ in range(2))
    assert first == second
    assert all(isinstance(read_id, UUID) for read_id in first)


def test_a_csv_without_a_needed_column_says_which_headings_are_understood() -> None:
    with pytest.raises(BadInput, match="license_plate"):
        list(parse_csv(io.StringIO("tagg,time,camera\n"), "a"))


def test_json_lines_name_the_line_that_is_none() -> None:
    text = '{"plate":"7ABC123","read_at":"2026-01-12T08:30:00Z","reader":"harbor"}\n[1]\n{oops\n\n'
    rows = list(parse_json_lines(io.StringIO(text), "a"))
    assert [(row.line, bool(row.read)) for row in rows] == [(1, True), (2, False), (3, False)]


def test_a_line_that_would_fill_the_memory_is_refused() -> None:
    with pytest.raises(BadInput, match="longer"):
        list(parse_json_lines(io.StringIO("x" * (2 << 20)), "a"))


def test_no_cell_of_a_csv_becomes_a_formula() -> None:
    text = write_csv(("a", "b"), [("=1+1", "-5"), ("@x", -5), ("+cmd|' /C calc'!A0", None)])
    assert text == "a,b\r\n'=1+1,-5\r\n'@x,-5\r\n'+cmd|' /C calc'!A0,\r\n"
