"""Other makers' messages: each is recognised and read; what is broken, wrong or hostile is refused and costs no neighbour."""

# ruff: noqa: E501 (messages are easier to compare on one line each)
from __future__ import annotations

import json
import tracemalloc
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plateward.core.errors import BadInput
from plateward.formats.payloads.detect import SENDERS, parse
from plateward.formats.payloads.generic import read_mapping
from plateward.formats.payloads.message import MAX_BODY, MAX_PARTS, Unsafe
from plateward.formats.payloads.sent import Parsed
from tests.formats.payloads.samples import (
    JPEG,
    RESULT,
    RESULT_2,
    SMALL,
    Sample,
    axis,
    code_project,
    flock,
    hikvision,
    multipart,
    openalpr_group,
    recognizer,
    samples,
)

AT = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
NOW = AT + timedelta(minutes=1)
SAMPLES = samples(AT)


def read(body: bytes | object, content_type: str = "application/json", **more: object) -> Parsed:
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    return parse(text, content_type, NOW, UTC, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("sample", SAMPLES.values(), ids=list(SAMPLES))
def test_each_message_is_recognised_and_its_plates_and_instants_are_read(sample: Sample) -> None:
    parsed = read(sample.body, sample.content_type)
    assert parsed.sender == sample.sender
    assert tuple(sent.plate for sent in parsed.reads) == sample.plates
    assert all(sent.read_at == AT for sent in parsed.reads)
    assert parsed.rejected == ()
    assert parsed.reads or parsed.notes, "a message without a read says what it was"


@pytest.mark.parametrize("sample", SAMPLES.values(), ids=list(SAMPLES))
def test_a_named_sender_reads_the_same_as_the_one_that_was_found_out(sample: Sample) -> None:
    assert read(sample.body, sample.content_type, sender=sample.sender) == read(sample.body, sample.content_type)


def test_a_group_gives_confidence_region_place_box_and_picture() -> None:
    (sent,) = read(openalpr_group(AT)).reads
    assert (sent.confidence, sent.region, sent.lat, sent.lon) == (0.885, "US-NV", 36.1, -115.2)
    assert (sent.box, sent.picture, sent.candidates) == ((5, 6, 45, 14), JPEG, (("8KLN204", 0.61),))


def test_a_region_without_confidence_is_not_kept_and_said() -> None:
    parsed = read(openalpr_group(AT, best_region_confidence=0))
    assert parsed.reads[0].region is None and any("confidence 0" in note for note in parsed.notes)


def test_a_receiver_without_fix_gives_no_place() -> None:
    for nowhere in ((0, 0), (-1, -1), (95, 10)):
        (sent,) = read(openalpr_group(AT, gps_latitude=nowhere[0], gps_longitude=nowhere[1])).reads
        assert (sent.lat, sent.lon) == (None, None)


def test_both_shapes_of_plate_recognizer_give_the_same_fields() -> None:
    first, second = read(recognizer(AT, [RESULT, RESULT_2])).reads
    assert (first.region, first.box, first.candidates) == ("US-AZ", (10, 20, 100, 30), (("BKLM204", 0.7),))
    assert (second.region, second.box, second.candidates) == ("FR", (10, 20, 100, 30), (("7ORS881", 0.5),))
    assert first.direction_deg is None, "their direction is measured in the picture, not by the compass"


def test_a_form_without_a_picture_is_read_too() -> None:
    from urllib.parse import urlencode

    body = urlencode({"json": json.dumps(recognizer(AT, [RESULT]))}).encode()
    assert [sent.plate for sent in read(body, "application/x-www-form-urlencoded").reads] == ["8KLM204"]


@pytest.mark.parametrize(
    "namespace",
    ["http://www.hikvision.com/ver20/XMLSchema", "http://www.isapi.org/ver20/XMLSchema", "urn:psialliance-org", ""],
)
def test_the_namespace_of_a_firmware_makes_no_difference(namespace: str) -> None:
    (sent,) = read(hikvision(AT, namespace=namespace), "text/xml").reads
    assert (sent.plate, sent.confidence, sent.lane, sent.box) == ("8KLM204", 0.87, 2, (10, 20, 110, 33))
    assert sent.char_confidences == (0.91,) * 7


def test_the_picture_of_the_vehicle_goes_before_the_one_of_the_plate() -> None:
    sample = SAMPLES["hikvision-multipart"]
    assert read(sample.body, sample.content_type).reads[0].picture == JPEG


def test_a_picture_too_large_gives_way_to_the_smaller_one_and_a_note() -> None:
    large = b"\xff\xd8\xff\xe0" + bytes(600 * 1024) + b"\xff\xd9"
    body, kind = multipart(
        [("a.xml", "text/xml", hikvision(AT)), ("detectionPicture.jpg", "image/jpeg", large), ("licensePlatePicture.jpg", "image/jpeg", SMALL)]
    )  # fmt: skip
    parsed = read(body, kind)
    assert parsed.reads[0].picture == SMALL and any("512 KiB" in note for note in parsed.notes)


def test_a_camera_without_a_plate_or_with_another_event_gives_no_read() -> None:
    for text in ("unknown", "noPlate", ""):
        assert read(hikvision(AT, plate=text), "text/xml").reads == ()
    other = b"<EventNotificationAlert><eventType>videoloss</eventType></EventNotificationAlert>"
    assert "videoloss" in read(other, "text/xml").notes[0]


def test_local_times_are_in_the_zone_that_the_address_names() -> None:
    body = recognizer(AT, [RESULT]) | {"data": {"timestamp": "2026-07-01T08:00:00", "results": [RESULT]}}
    parsed = parse(json.dumps(body).encode(), "application/json", NOW, ZoneInfo("America/Los_Angeles"))
    assert parsed.reads[0].read_at == datetime(2026, 7, 1, 15, tzinfo=UTC)


def test_the_lists_and_the_pictures_address_of_a_hot_list_alert_are_not_kept() -> None:
    parsed = read(flock(AT))
    assert parsed.reads[0].region == "US-CA" and parsed.reads[0].lat == 33.2
    assert "Stolen" not in repr(parsed) and "example.org" not in repr(parsed)


def test_a_mapping_reaches_into_any_json() -> None:
    body = {"event": {"lpr": {"text": "8KLM204", "score": 91}, "when": AT.isoformat()}, "plate": "NOT THIS"}
    mapping = read_mapping("plate=event.lpr.text, read_at=event.when, confidence=event.lpr.score")
    (sent,) = read(body, mapping=mapping).reads
    assert (sent.plate, sent.read_at, sent.confidence) == ("8KLM204", AT, 0.91)
    assert [sent.plate for sent in read([body, body], mapping=mapping).reads] == ["8KLM204"] * 2


@pytest.mark.parametrize("text", ["plate", "plate=", "colour=x", "plate=a.b.c.d.e.f.g.h.i"])
def test_a_mapping_that_says_nothing_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="field=path"):
        read_mapping(text)


def test_one_wrong_read_is_named_and_its_neighbours_are_taken() -> None:
    parsed = read(recognizer(AT, [RESULT, {"plate": "--"}, {"plate": 7}, "nothing", RESULT | {"score": 500}, RESULT_2]))
    assert [sent.plate for sent in parsed.reads] == ["8KLM204", "7QRS881"]
    assert [rejected.index for rejected in parsed.rejected] == [1, 2, 3, 4]
    parsed = read(code_project(AT, ["8KLM204", "?" * 3, "X" * 40, "7QRS881"]))
    assert [sent.plate for sent in parsed.reads] == ["8KLM204", "7QRS881"]
    assert [rejected.field for rejected in parsed.rejected] == ["plate", "plate"]


def test_lines_and_rows_that_break_off_cost_only_themselves() -> None:
    lines = SAMPLES["json-lines"].body
    parsed = read(lines[:-5], "application/x-ndjson")
    assert [sent.plate for sent in parsed.reads] == ["8KLM204"] and [r.index for r in parsed.rejected] == [1]
    rows = b"plate,time\n8KLM204,2026-03-04T05:06:07Z\n,2026-03-04T05:06:07Z\n7QRS881,yesterday\n"
    parsed = read(rows, "text/csv")
    assert len(parsed.reads) == 1 and [rejected.field for rejected in parsed.rejected] == ["plate", "read_at"]


def test_a_picture_that_breaks_off_leaves_its_read() -> None:
    sample = SAMPLES["recognizer-upload"]
    cut = sample.body[: sample.body.index(JPEG) + len(JPEG) - 5]
    parsed = read(cut, sample.content_type)
    assert [sent.plate for sent in parsed.reads] == ["8KLM204"] and parsed.reads[0].picture is None
    assert any("broke off" in note for note in parsed.notes)


def test_one_broken_document_of_several_leaves_the_others() -> None:
    body, kind = multipart(
        [("1.xml", "text/xml", hikvision(AT)), ("1.jpg", "image/jpeg", JPEG), ("2.xml", "text/xml", hikvision(AT)[:-30]), ("3.xml", "text/xml", hikvision(AT, "7QRS881")), ("3.jpg", "image/jpeg", SMALL)]
    )  # fmt: skip
    parsed = read(body, kind)
    assert [(sent.plate, sent.picture) for sent in parsed.reads] == [("8KLM204", JPEG), ("7QRS881", SMALL)]
    assert [(rejected.index, rejected.field) for rejected in parsed.rejected] == [(1, "body")]


@pytest.mark.parametrize("name", [name for name, sample in SAMPLES.items() if sample.sender != "generic"])
def test_a_message_cut_anywhere_is_refused_or_understood_and_never_a_fault(name: str) -> None:
    sample = SAMPLES[name]
    whole = set(sample.plates)
    for end in range(0, len(sample.body), max(1, len(sample.body) // 60)):
        try:
            parsed = read(sample.body[:end], sample.content_type)
        except BadInput as wrong:
            assert str(wrong)
        else:
            assert {sent.plate for sent in parsed.reads} <= whole


BOMB = b'<!DOCTYPE l [<!ENTITY a "aaaaaaaaaa">' + b"".join(
    f'<!ENTITY {chr(98 + i)} "{f"&{chr(97 + i)};" * 10}">'.encode() for i in range(12)
)
HOSTILE = {
    "billion laughs": BOMB + b"]><EventNotificationAlert>&m;</EventNotificationAlert>",
    "external entity": b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><EventNotificationAlert><ANPR><licensePlate>&x;</licensePlate></ANPR></EventNotificationAlert>',
    "external document type": b'<!DOCTYPE EventNotificationAlert SYSTEM "http://127.0.0.1:9/x.dtd"><EventNotificationAlert/>',
    "nested arrays": b"[" * 1_000_000,
    "nested objects": b'{"data_type":' * 200_000,
    "nested within a known message": b'[{"api":"alpr","found":' + b"[" * 100_000,
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=list(HOSTILE))
@pytest.mark.parametrize("sender", [None, "hikvision"])
def test_what_is_made_to_harm_is_refused_as_such_before_it_grows(body: bytes, sender: str | None) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(Unsafe):
            read(body, "application/octet-stream", sender=sender)
        assert tracemalloc.get_traced_memory()[1] < 64 * 1024 * 1024
    finally:
        tracemalloc.stop()


WRONG = {
    "nothing": b"  \r\n",
    "a zip": b"PK\x03\x04" + bytes(100),
    "gzip": b"\x1f\x8b\x08" + bytes(100),
    "a picture alone": JPEG,
    "not UTF-8": b'{"data_type": "alpr_group", "epoch_start": 1, "best_plate_number": "\xff\xfe8"}',
    "text": b"hello, this is a camera",
    "a number": b"42",
    "another XML": b"<html><body>Not found</body></html>",
    "XML cut off": b"<EventNotificationAlert><ANPR>",
    "deep XML": b"<a>" * 200_000,
    "JSON that nobody writes": b'{"hello": "world"}',
    "too large": b"[" + b" " * MAX_BODY + b"]",
    "an instant before time": json.dumps(openalpr_group(AT, epoch_start=-5)).encode(),
    "an instant beyond time": json.dumps(openalpr_group(AT, epoch_start=1e300)).encode(),
    "infinity": b'{"data_type": "alpr_group", "epoch_start": 1e999, "best_plate_number": "8KLM204"}',
}


@pytest.mark.parametrize("body", WRONG.values(), ids=list(WRONG))
def test_what_is_wrong_is_refused_with_a_reason(body: bytes) -> None:
    with pytest.raises(BadInput) as refused:
        read(body)
    assert len(str(refused.value)) > 15


def test_a_multipart_without_boundary_or_with_too_many_parts_is_refused() -> None:
    with pytest.raises(BadInput, match="boundary"):
        read(b"--x\r\n", "multipart/form-data")
    body, kind = multipart([("p", "image/jpeg", JPEG)] * (MAX_PARTS + 1))
    with pytest.raises(BadInput, match="parts"):
        read(body, kind)


def test_a_wrong_content_type_does_no_harm_where_the_message_is_plain() -> None:
    for name in ("hikvision-xml", "openalpr-group", "blueiris-dump", "flock"):
        for kind in ("", "text/plain", "application/octet-stream", "application/x-www-form-urlencoded", "image/jpeg"):
            assert read(SAMPLES[name].body, kind).reads, (name, kind)


def test_an_unknown_sender_is_named_as_such() -> None:
    with pytest.raises(BadInput, match="hikvision"):
        read(b"{}", sender="acme")


@given(
    st.binary(max_size=300),
    st.sampled_from(["application/json", "text/xml", "multipart/form-data; boundary=x", "text/csv", ""]),
)
def test_no_bytes_are_a_fault(body: bytes, kind: str) -> None:
    for prefix in (b"", b"{", b"<", b"--x\r\n", b"plate,time\n"):
        try:
            read(prefix + body, kind)
        except BadInput as wrong:
            assert str(wrong)


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(st.sampled_from([name for name, s in SAMPLES.items() if s.body[:1] == b"{"]), st.data())
def test_any_field_of_any_value_is_refused_or_read_and_never_a_fault(name: str, data: st.DataObject) -> None:
    message = json.loads(SAMPLES[name].body.partition(b"\n")[0])
    spot = message
    while isinstance(spot, dict) and spot:
        key = data.draw(st.sampled_from(sorted(spot)))
        if not isinstance(spot[key], dict) or data.draw(st.booleans()):
            spot[key] = data.draw(_VALUES)
            break
        spot = spot[key]
    try:
        parsed = read(message)
    except BadInput as wrong:
        assert str(wrong)
    else:
        assert parsed.sender in SENDERS


REAL = {
    "openalpr_alpr_group.json": ("openalpr", ["A13709"]),
    "platerecognizer_stream_webhook.json": ("platerecognizer", ["PL8REC"]),
    "frigate_mqtt_tracked_object_update_lpr.json": ("frigate", ["123ABC"]),
    "hikvision_isapi_anpr.xml": ("hikvision", ["ABC1234"]),
    "blueiris_codeproject_example.json": ("blueiris", ["T121396C", "KYJ5"]),
    "blueiris_codeproject_json-dump-example.json": ("blueiris", ["SGX7923G", "HF7499"]),
    "blueiris_codeproject_multi-ai-payload.json": ("blueiris", ["SGX7923G", "HF7499", "HH333C72"]),
    "blueiris_codeproject_test-payload.json": ("blueiris", ["9RPX658", "HF7499", "D333X1"]),
}


@pytest.mark.parametrize("name", REAL)
def test_real_messages_are_read(shared: Path, name: str) -> None:
    parsed = read((shared / "payloads" / name).read_bytes(), "")
    assert (parsed.sender, [sent.plate for sent in parsed.reads], parsed.rejected) == (*REAL[name], ())


def test_an_axis_event_has_its_instant_in_the_cameras_zone_and_the_whole_picture() -> None:
    event = axis(AT, datetime="20260112 083000123")
    parsed = parse(json.dumps(event).encode(), "application/json", AT, ZoneInfo("America/Los_Angeles"))
    (sent,) = parsed.reads
    assert sent.read_at.isoformat() == "2026-01-12T08:30:00.123000-08:00"
    assert (sent.plate, sent.confidence, sent.box, sent.picture) == ("8KLM204", 0.93, (10, 20, 110, 40), JPEG)
    assert (sent.lat, sent.lon, sent.camera) == (33.75, -118.19, "gate")
