"""Cameras that nobody foresaw: any separator, nesting and way to write a number; what is not understood is said, not guessed."""

# ruff: noqa: E501 (variants are easier to compare on one line each)
from __future__ import annotations

import csv
import io
import json
import zlib
from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plateward.core.errors import BadInput
from plateward.formats.payloads.detect import parse
from plateward.formats.payloads.generic import read_mapping
from plateward.formats.payloads.sent import Parsed
from tests.formats.payloads.samples import JPEG, RESULT, frigate_event, openalpr_group, recognizer

AT = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
WHEN = "2026-03-04T05:06:07Z"


def read(body: Any, mapping: str = "", kind: str = "", sender: str | None = None) -> Parsed:
    data = body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else json.dumps(body).encode()
    return parse(data, kind, AT + timedelta(minutes=1), UTC, sender=sender, mapping=read_mapping(mapping))


def told(parsed: Parsed) -> list[tuple[str, float]]:
    return [(sent.plate, round(sent.confidence, 6)) for sent in parsed.reads]


# -- tables -------------------------------------------------------------------------------------------------------------------


@given(
    st.lists(st.text("aé ,;\t|\"'0", max_size=10), min_size=1, max_size=3), st.sampled_from(",;\t|"), st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le"]), st.sampled_from(["\n", "\r\n"]), st.booleans(),
)  # fmt: skip
def test_no_separator_encoding_or_quoting_changes_a_read(
    remarks: list[str], mark: str, quoting: int, encoding: str, ends: str, said: bool
) -> None:
    held = io.StringIO(newline="")
    writer = csv.writer(held, delimiter=mark, quoting=quoting, lineterminator=ends)  # type: ignore[arg-type]
    writer.writerow(["plate", "time", "conf", "remark"])
    writer.writerows([f"8KLM{number}", WHEN, "0.5", remark] for number, remark in enumerate(remarks))
    parsed = read(((f"sep={mark}{ends}" if said else "") + held.getvalue()).encode(encoding))
    assert [(sent.plate, sent.read_at, sent.confidence) for sent in parsed.reads] == [
        (f"8KLM{n}", AT, 0.5) for n in range(len(remarks))
    ]
    assert parsed.rejected == () and parsed.sender == "generic"


def test_titles_above_a_table_and_empty_rows_in_it_are_passed_over() -> None:
    assert told(read(f"Export of gate 3; today\n\nplate;time\n8KLM204;{WHEN}\n;\n")) == [("8KLM204", 0)]


def test_a_row_whose_cells_have_shifted_is_named_and_its_neighbours_are_read() -> None:
    parsed = read(f"plate,time,camera\n8KLM204,{WHEN},gate, north\n7QRS881,{WHEN},gate\n")
    assert told(parsed) == [("7QRS881", 0)] and [(r.index, r.field) for r in parsed.rejected] == [(0, "row")]


def test_a_day_and_a_clock_in_two_columns_are_one_instant() -> None:
    for body, mapping in (("plate;date;time\n8KLM204;2026-03-04;05:06:07\n", ""), ("plate;day;clock\n8KLM204;2026-03-04;05:06:07\n", "plate=plate,read_at=day+clock"),
                          ({"plate": "8KLM204", "date": "2026-03-04", "time": "05:06:07"}, "")):  # fmt: skip
        assert [sent.read_at for sent in read(body, mapping).reads] == [AT]


def test_a_table_under_other_headings_is_read_by_a_mapping() -> None:
    (sent,) = read(
        f"Kennzeichen;Zeit;Güte\n8KLM204;{WHEN};0,93\n", "plate=Kennzeichen,read_at=Zeit,confidence=Güte"
    ).reads
    assert (sent.plate, sent.read_at, sent.confidence) == ("8KLM204", AT, 0.93)


# -- nesting ------------------------------------------------------------------------------------------------------------------


NESTED = {
    "event": {
        "lpr": [{"text": "8KLM204", "q": [{"v": "0,93"}]}, {"text": "7QRS881", "q": [{"v": 0.5}]}],
        "when": 1772600767,
    },
    "a.b": "gate 3",
}


@pytest.mark.parametrize(
    ("mapping", "plates"),
    [
        ("plate=event.lpr[0].text", [("8KLM204", 0.93)]), ("plate=event.lpr.1.text", [("7QRS881", 0.93)]),
        ("plate=event.lpr[].text,confidence=event.lpr[].q[0].v", [("8KLM204", 0.93), ("7QRS881", 0.5)]),
    ],
)  # fmt: skip
def test_a_path_reaches_into_lists_one_item_or_each(mapping: str, plates: list[tuple[str, float]]) -> None:
    more = "" if "confidence" in mapping else ",confidence=event.lpr.0.q.0.v"
    parsed = read(NESTED, f"{mapping},read_at=event.when,camera=a.b{more}")
    assert told(parsed) == plates and {(sent.read_at, sent.camera) for sent in parsed.reads} == {(AT, "gate 3")}


def test_what_stands_around_a_list_of_reads_holds_for_all_of_them() -> None:
    body = {
        "time": WHEN,
        "camera": "gate 3",
        "detections": [{"plate": "8KLM204"}, {"plate": "7QRS881", "camera": "gate 4"}, 7],
    }
    parsed = read(body)
    assert [(sent.plate, sent.read_at, sent.camera) for sent in parsed.reads] == [
        ("8KLM204", AT, "gate 3"),
        ("7QRS881", AT, "gate 4"),
    ]
    assert [rejected.index for rejected in parsed.rejected] == [2]
    assert told(read({"reads": [{"p": "8KLM204", "t": WHEN}]}, "plate=p,read_at=t")) == [("8KLM204", 0)]
    assert told(read({"data": {"plate": "8KLM204", "time": WHEN}})) == [("8KLM204", 0)]


def test_a_path_to_something_else_than_a_value_is_named() -> None:
    assert [r.field for r in read(NESTED, "plate=event.lpr").rejected] == ["plate"]
    with pytest.raises(BadInput, match="no list"):
        read(NESTED, "plate=event.when[].x")
    for mapping in ("plate=a[].b,read_at=c[].d", "plate=a[].b[].c", "plate=a[0", "confidence_in=thousandths"):
        with pytest.raises(BadInput):
            read_mapping(mapping)


# -- numbers ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "mapping", "confidences"),
    [
        (["0.91", "1"], "", [0.91, 1]), (["0,91", "1,0"], "", [0.91, 1]), (["91", "1"], "", [0.91, 0.01]), (["91,5", "7"], "", [0.915, 0.07]), (["91%", "1 %"], "", [0.91, 0.01]),
        (["0.91", "0.5"], ",confidence_in=percent", [0.0091, 0.005]), (["0.91", "1"], ",confidence_in=share", [0.91, 1]),
    ],
)  # fmt: skip
def test_the_scale_of_confidences_is_one_for_a_message(
    written: list[str], mapping: str, confidences: list[float]
) -> None:
    body = [{"plate": f"8KLM20{n}", "time": WHEN, "conf": value} for n, value in enumerate(written)]
    parsed = read(body, f"read_at=time{mapping}" if mapping else "")
    assert [confidence for _, confidence in told(parsed)] == confidences


def test_confidences_of_two_scales_in_one_message_are_said() -> None:
    parsed = read([{"plate": "8KLM204", "time": WHEN, "conf": 0.5}, {"plate": "7QRS881", "time": WHEN, "conf": 85}])
    assert any("per cent" in note for note in parsed.notes)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("confidence", 150),
        ("confidence", "high"),
        ("lat", "north"),
        ("lon", "1e400"),
        ("direction", "approach"),
        ("direction", "in"),
    ],
)
def test_what_a_read_can_do_without_never_costs_it_and_is_named(field: str, value: object) -> None:
    parsed = read({"plate": "8KLM204", "time": WHEN, field: value})
    assert [sent.plate for sent in parsed.reads] == ["8KLM204"] and any(note.startswith(field) for note in parsed.notes)


@pytest.mark.parametrize(
    ("word", "degrees"),
    [("N", 0), ("ne", 45), ("South-West", 225), ("northbound", 0), ("90°", 90), ("-90", 270), (359.6, 359)],
)
def test_a_direction_is_degrees_or_a_wind(word: object, degrees: int) -> None:
    assert [sent.direction_deg for sent in read({"plate": "8KLM204", "time": WHEN, "direction": word}).reads] == [
        degrees
    ]


@pytest.mark.parametrize(
    "when",
    [
        1772600767,
        "1772600767",
        1772600767000,
        1772600767000000,
        "1772600767000000000",
        WHEN,
        "2026-03-03T21:06:07-08:00",
        "20260304050607",
    ],
)
def test_an_instant_is_a_count_or_a_date_that_leaves_no_doubt(when: object) -> None:
    assert [sent.read_at for sent in read({"plate": "8KLM204", "time": when}).reads] == [AT]


def test_a_car_without_a_plate_is_no_plate_named_unknown() -> None:
    parsed = read([{"plate": "UNKNOWN", "time": WHEN}, {"plate": "8KLM204", "time": WHEN}, {"plate": "", "time": WHEN}])
    assert (
        told(parsed) == [("8KLM204", 0)]
        and [r.index for r in parsed.rejected] == [2]
        and "without a readable plate" in parsed.notes[0]
    )


def test_of_several_names_for_one_field_the_likelier_is_taken_wherever_it_stands() -> None:
    for body in ({"plate": "8KLM204", "tag": "blue", "time": WHEN}, {"tag": "blue", "time": WHEN, "plate": "8KLM204"}):
        assert told(read(body)) == [("8KLM204", 0)]


# -- senders ------------------------------------------------------------------------------------------------------------------


def test_a_plate_that_frigate_sends_as_a_pair_with_its_score_is_read() -> None:
    for pair, score in ((["8KLM204", 0.91], 0.91), (["8KLM204"], 0), (["8KLM204", None], 0)):
        change = {"type": "end", "before": {}, "after": frigate_event(AT, recognized_license_plate=pair)}
        assert told(read(change)) == [("8KLM204", score)]
    assert (
        read({"type": "end", "before": {}, "after": frigate_event(AT, recognized_license_plate=[None, None])}).reads
        == ()
    )


@pytest.mark.parametrize("wrapped", [True, False])
def test_a_hikvision_notification_in_json_says_what_its_xml_says(wrapped: bool) -> None:
    event: Mapping[str, Any] = {
        "ipAddress": "10.0.0.3", "dateTime": "2026-03-03T21:06:07-08:00", "eventType": "ANPR", "channelName": "Gate 3",
        "ANPR": {"licensePlate": "8KLM204", "confidenceLevel": 87, "line": 2,
                 "pictureInfoList": {"pictureInfo": [{"plateRect": {"X": 10, "Y": 20, "width": 110, "height": 33}}]}},
    }  # fmt: skip
    parsed = read({"EventNotificationAlert": event} if wrapped else event)
    (sent,) = parsed.reads
    assert (parsed.sender, sent.plate, sent.read_at, sent.confidence, sent.lane, sent.box, sent.camera) == (
        "hikvision", "8KLM204", AT, 0.87, 2, (10, 20, 110, 33), "Gate 3",
    )  # fmt: skip


def test_a_sign_of_life_of_plate_recognizer_is_no_message_to_refuse() -> None:
    for event in ("heartbeat", "dwell", "video"):
        parsed = read({"hook": {"event": event, "id": "north"}, "data": {"camera_id": "north", "timestamp": WHEN}})
        assert (parsed.sender, parsed.reads, parsed.rejected) == ("platerecognizer", (), ()) and parsed.notes


def test_a_timestamp_of_plate_recognizer_without_offset_is_said() -> None:
    hook = recognizer(AT, [RESULT]) | {
        "data": {"timestamp": "2026-03-04 05:06:07.030345", "results": [RESULT], "filename": "car.jpg"}
    }
    assert any("no offset" in note for note in read(hook).notes)
    assert not any("offset" in note for note in read(recognizer(AT, [RESULT])).notes)


def test_a_body_in_deflate_is_read_as_one_in_gzip() -> None:
    for level in (1, 6, 9):
        assert told(read(zlib.compress(json.dumps(openalpr_group(AT)).encode(), level))) == [("8KLM204", 0.885)]


def test_a_picture_in_the_row_is_the_reads_picture() -> None:
    body = {"plate": "8KLM204", "time": WHEN, "image": "data:image/jpeg;base64," + b64encode(JPEG).decode()}
    assert [sent.picture for sent in read(body).reads] == [JPEG]
