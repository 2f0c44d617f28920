"""What other versions and firmware plausibly send: each message in the clothes of another, with the same plates and instants in it."""

# ruff: noqa: E501 (messages are easier to compare on one line each)
from __future__ import annotations

import gzip
import json
import random
import zlib
from base64 import b64encode
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plateward.core.errors import BadInput
from plateward.formats.payloads.detect import always_answered, parse
from plateward.formats.payloads.message import MAX_BODY, Unsafe, split_multipart
from plateward.formats.payloads.sent import Parsed
from tests.formats.payloads.samples import (
    JPEG,
    RESULT,
    SMALL,
    Sample,
    axis,
    code_project,
    dahua_event,
    dahua_lines,
    flock,
    frigate_event,
    hikvision,
    itsapi,
    milesight,
    multipart,
    openalpr_group,
    recognizer,
    samples,
    sharp,
    sharp_file,
    sharp_xml,
    unifi,
)

AT = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
NOW = AT + timedelta(minutes=1)
PACIFIC = ZoneInfo("America/Los_Angeles")
JSON = "application/json"
IN_JSON = {
    name: sample for name, sample in samples(AT).items() if sample.body[:1] in b"{[" and b"\n{" not in sample.body
}


def read(body: bytes | object, kind: str = JSON, zone: Any = UTC, received_at: datetime = NOW) -> Parsed:
    return parse(body if isinstance(body, bytes) else json.dumps(body).encode(), kind, received_at, zone)


def _each(value: Any, change: Callable[[Any], Any]) -> Any:
    """``value`` with ``change`` done to every object and every single value in it, the innermost first."""
    if isinstance(value, dict):
        return change({name: _each(inside, change) for name, inside in value.items()})
    return [_each(inside, change) for inside in value] if isinstance(value, list) else change(value)


def _shuffled(value: Any) -> Any:
    return dict(random.Random(7).sample(list(value.items()), len(value))) if isinstance(value, dict) else value


def _as_text(value: Any) -> Any:
    return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value


def _with_more(value: Any) -> Any:
    return value | {"newInThisVersion": {"a": [1, None, "ü"]}} if isinstance(value, dict) else value


def _boundary(body: bytes, change: Callable[[bytes], bytes]) -> bytes:
    wrapped, _ = multipart([("data", JSON, body), ("p", "image/jpeg", JPEG)])
    return change(wrapped)


BODIES: Mapping[str, Callable[[bytes], bytes]] = {
    "fields in another order": lambda body: json.dumps(_each(json.loads(body), _shuffled)).encode(),
    "numbers as text": lambda body: json.dumps(_each(json.loads(body), _as_text)).encode(),
    "fields of a later version": lambda body: json.dumps(_each(json.loads(body), _with_more), ensure_ascii=False).encode(),
    "indented": lambda body: json.dumps(json.loads(body), indent=4).encode(),
    "a mark before it": lambda body: b"\xef\xbb\xbf" + body,
    "UTF-16": lambda body: body.decode().encode("utf-16"),
    "a NUL after it": lambda body: body + b"\r\n\0",
    "gzip": gzip.compress,
    "multipart": lambda body: _boundary(body, bytes),
    "multipart with bare line feeds": lambda body: _boundary(body, lambda wrapped: wrapped.replace(b"\r\n", b"\n")),
    "multipart with spaces after boundaries": lambda body: _boundary(body, lambda wrapped: wrapped.replace(b"boundary\r\n", b"boundary \t\r\n")),
    "multipart with a preamble": lambda body: _boundary(body, lambda wrapped: b"A message in parts\r\n\r\n" + wrapped),
    "multipart without its end": lambda body: _boundary(body, lambda wrapped: wrapped.removesuffix(b"--MIME_boundary--\r\n")),
    "multipart with a blank line before headings": lambda body: _boundary(body, lambda wrapped: wrapped.replace(b"boundary\r\n", b"boundary\n\r\n")),
}  # fmt: skip


@pytest.mark.parametrize("variant", BODIES)
@pytest.mark.parametrize("sample", IN_JSON.values(), ids=list(IN_JSON))
def test_another_version_of_a_sender_says_the_same(sample: Sample, variant: str) -> None:
    body = BODIES[variant](sample.body)
    kind = 'multipart/form-data; boundary="MIME_boundary"' if variant.startswith("multipart") else JSON
    if sample.name == "dahua-keepalive" and "later" in variant:
        pytest.skip("a sign of life with more fields is nobody's in particular")
    parsed = read(body, kind)
    assert (parsed.sender, tuple(sent.plate for sent in parsed.reads)) == (sample.sender, sample.plates)
    assert all(sent.read_at == AT for sent in parsed.reads) and parsed.rejected == ()


@pytest.mark.parametrize(
    "kind", ["", "text/plain", "application/octet-stream", "application/x-www-form-urlencoded", "multipart/form-data", "multipart/x-mixed-replace; boundary=--other"]
)  # fmt: skip
def test_a_content_type_that_is_missing_or_wrong_costs_nothing_where_the_body_tells(kind: str) -> None:
    sample = samples(AT)["dahua-stream"]
    assert [sent.picture for sent in read(sample.body, kind).reads] == [JPEG]
    if not kind.startswith("multipart"):
        assert [sent.plate for sent in read(json.dumps(flock(AT)).encode(), kind).reads] == ["8KLM204"]


WHEN: Mapping[str, Callable[[Any], Any]] = {
    "openalpr": lambda when: openalpr_group(AT, epoch_start=when),
    "platerecognizer": lambda when: recognizer(AT, [RESULT]) | {"data": {"timestamp": when, "results": [RESULT], "camera_id": 7}},
    "frigate": lambda when: frigate_event(AT, recognized_license_plate="8KLM204") | {"start_time": when},
    "blueiris": lambda when: {"ai_dump": code_project(AT, ["8KLM204"]), "timestamp": when},
    "axis": lambda when: axis(AT, datetime=when),
    "flock": lambda when: flock(AT) | {"eventTime": when},
    "genetec": lambda when: sharp(AT, Timestamp=when),
    "milesight": lambda when: milesight(AT, time=when),
    "unifi": lambda when: {"alarm": {"triggers": [{"key": "license_plate_known", "value": "8KLM204", "timestamp": when}]}},
    "dahua": lambda when: itsapi(AT, SnapInfo={"AccurateTime": when}),
    "generic": lambda when: {"plate": "8KLM204", "time": when},
}  # fmt: skip
LOCAL = AT.astimezone(PACIFIC)
FORMS: Mapping[str, Any] = {
    "with Z": "2026-03-04T05:06:07Z",
    "with an offset": "2026-03-03T21:06:07.000-08:00",
    "with an offset without colon": "2026-03-03T21:06:07-0800",
    "nine digits of a second": "2026-03-04T05:06:07.000000000+00:00",
    "UTC in letters": "2026-03-04 05:06:07 UTC",
    "without offset": LOCAL.strftime("%Y-%m-%d %H:%M:%S"),
    "compact": LOCAL.strftime("%Y%m%d%H%M%S"),
    "seconds": int(AT.timestamp()),
    "milliseconds": int(AT.timestamp() * 1000),
    "milliseconds as text": str(int(AT.timestamp() * 1000)),
    "microseconds": int(AT.timestamp() * 1_000_000),
    "as mail writes it": "Wed, 04 Mar 2026 05:06:07 GMT",
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("sender", WHEN)
def test_an_instant_is_read_in_every_form_that_tells_it(sender: str, form: str) -> None:
    when = str(FORMS[form]) if sender == "dahua" else FORMS[form]
    parsed = read(WHEN[sender](when), zone=PACIFIC)
    assert [sent.read_at for sent in parsed.reads] == [AT], parsed


@pytest.mark.parametrize("sender", sorted(WHEN.keys() - {"generic"}))
def test_a_date_that_two_countries_read_differently_is_refused_and_not_guessed(sender: str) -> None:
    with pytest.raises(BadInput, match="no instant"):
        read_alone = read(WHEN[sender]("03/04/2026 05:06:07"))
        raise BadInput(read_alone.rejected[0].error)


@pytest.mark.parametrize("field", ["coordinates", "candidates", "region", "camera_id", "gps_latitude"])
@pytest.mark.parametrize("odd", [[{"x": 1}], {"a": 1}, "odd", [None]])
def test_what_a_read_can_do_without_never_costs_the_read(field: str, odd: Any) -> None:
    group = openalpr_group(AT)
    (group["best_plate"] if field in ("coordinates", "candidates", "region") else group)[field] = odd  # type: ignore[index]
    (sent,) = read(group).reads
    assert (sent.plate, sent.read_at, sent.picture) == ("8KLM204", AT, JPEG)


def test_what_a_read_cannot_do_without_is_never_guessed() -> None:
    for broken in (
        openalpr_group(AT, best_plate=7),
        openalpr_group(AT, epoch_start=None),
        openalpr_group(AT, epoch_start={}),
    ):
        with pytest.raises(BadInput):
            read(broken)


def test_null_is_a_field_that_is_missing() -> None:
    parsed = read(openalpr_group(AT, best_region=None, gps_latitude=None, vehicle_crop_jpeg=None, country=None))
    assert (parsed.reads[0].region, parsed.reads[0].lat, parsed.reads[0].picture) == (None, None, None)
    several = recognizer(AT, [None, RESULT])
    assert ([sent.plate for sent in read(several).reads], [r.index for r in read(several).rejected]) == (
        ["8KLM204"],
        [0],
    )


def test_a_picture_in_base64_with_line_breaks_or_as_a_data_address_is_a_picture() -> None:
    encoded = b64encode(JPEG).decode()
    broken = "\r\n".join(encoded[at : at + 20] for at in range(0, len(encoded), 20))
    for picture in (broken, f"data:image/jpeg;base64,{encoded}", f" {encoded}\n"):
        assert read(openalpr_group(AT, vehicle_crop_jpeg=picture)).reads[0].picture == JPEG


@pytest.mark.parametrize("words", ["unknown", "UNKNOWN", "No Plate", "--", "unlicensed", "-", "NoPlate"])
def test_a_car_without_a_plate_is_no_plate_named_unknown(words: str) -> None:
    bodies = (
        hikvision(AT, plate=words),
        dahua_lines(AT, plate=words),
        json.dumps(itsapi(AT, words)).encode(),
        json.dumps(sharp(AT, PlateRead=words)).encode(),
    )
    for body in bodies:
        parsed = read(body, "")
        assert parsed.reads == () and parsed.rejected == () and parsed.notes


def test_fields_of_a_form_are_a_message() -> None:
    flat = read(
        b"plate=8KLM204&timestamp=2026-03-04T05%3A06%3A07Z&confidence=91", "application/x-www-form-urlencoded"
    ).reads
    assert [(sent.plate, sent.read_at, sent.confidence) for sent in flat] == [("8KLM204", AT, 0.91)]
    parts = [
        ("plate", "text/plain", b"8KLM204"),
        ("time", "text/plain", AT.isoformat().encode()),
        ("p.jpg", "image/jpeg", JPEG),
    ]
    (sent,) = read(*multipart(parts)).reads
    assert (sent.plate, sent.read_at, sent.picture) == ("8KLM204", AT, JPEG)


def test_xml_in_the_encoding_it_declares_is_read() -> None:
    text = hikvision(AT).decode().replace("Gate 3", "东门")
    for encoding in ("GB2312", "gbk", "utf-16", "utf-8"):
        body = text.replace('encoding="UTF-8"', f'encoding="{encoding}"').encode(encoding)
        (sent,) = read(body, "application/xml").reads
        assert (sent.plate, sent.camera) == ("8KLM204", "东门"), encoding
    prefixed = (
        hikvision(AT, namespace="")
        .replace(b"<EventNotificationAlert", b'<h:EventNotificationAlert xmlns:h="urn:x"')
        .replace(b"</EventN", b"</h:EventN")
    )
    assert [sent.plate for sent in read(prefixed, "").reads] == ["8KLM204"]


def test_bytes_that_are_not_utf_8_spoil_a_name_and_refuse_a_plate() -> None:
    body = json.dumps(openalpr_group(AT, camera_id="Stra.e")).encode().replace(b"Stra.e", b"Stra\xdfe")
    assert [(sent.plate, sent.camera) for sent in read(body).reads] == [("8KLM204", "Stra\ufffde")]
    with pytest.raises(BadInput, match="UTF-8"):
        read(json.dumps(flock(AT)).encode().replace(b"8KLM204", b"8KL\xdf204"))


# -- Dahua ---------------------------------------------------------------------------------------------------------------------


def test_a_dahua_stream_gives_each_event_its_own_pictures() -> None:
    later = AT + timedelta(seconds=9)
    body, kind = multipart(
        [("", "text/plain", dahua_lines(AT)), ("", "image/jpeg", JPEG), ("", "text/plain", b"Heartbeat"),
         ("", "text/plain", dahua_lines(later, "7QRS881")), ("", "image/jpeg", SMALL), ("", "image/jpeg", JPEG)], "myboundary",
    )  # fmt: skip
    first, second = read(body, kind).reads
    assert (first.plate, first.picture, first.box, first.lane, first.camera) == (
        "8KLM204",
        JPEG,
        (2791, 646, 184, 49),
        1,
        "Gate 3",
    )
    assert (second.plate, second.picture, second.read_at) == ("7QRS881", SMALL, later)
    assert first.confidence == 0 and first.direction_deg is None, "their scale and their north differ by firmware"


def test_a_dahua_event_that_cannot_be_read_costs_no_neighbour() -> None:
    events = [
        dahua_event(AT),
        dahua_event(AT, "W" * 40),
        dahua_event(AT) | {"UTC": "soon"},
        dahua_event(AT, "7QRS881"),
        {"Code": "VideoMotion"},
    ]
    parsed = read({"Events": events})
    assert [sent.plate for sent in parsed.reads] == ["8KLM204", "7QRS881"]
    assert [(rejected.index, rejected.field) for rejected in parsed.rejected] == [(1, "plate"), (2, "UTC")]
    assert (
        read(b"Code=TrafficJunction;action=Stop;index=0;data=" + json.dumps(dahua_event(AT)).encode(), "").reads == ()
    )
    assert read(b"Code=VideoMotion;action=Start;index=0;data={}", "").reads == ()


def test_a_dahua_clock_that_counts_local_time_as_utc_is_found_out() -> None:
    counted = int(AT.astimezone(PACIFIC).replace(tzinfo=UTC).timestamp())  # what such firmware writes at AT
    told = dahua_event(AT) | {"UTC": counted, "LocaleTime": AT.astimezone(PACIFIC).strftime("%Y-%m-%d %H:%M:%S")}
    real = dahua_event(AT) | {"UTC": counted, "RealUTC": int(AT.timestamp())}
    live = dahua_event(AT) | {"UTC": counted}
    right = dahua_event(AT) | {"LocaleTime": told["LocaleTime"]}
    for event in (told, real, live, right):
        (sent,) = read({"Events": [event]}, zone=PACIFIC).reads
        assert sent.read_at == AT, event
    assert (
        "local clock" in read({"Events": [told]}, zone=PACIFIC).notes[0]
        and not read({"Events": [right]}, zone=PACIFIC).notes
    )
    late = read({"Events": [live]}, zone=PACIFIC, received_at=NOW + timedelta(hours=3)).reads[0]
    assert late.read_at == AT - timedelta(hours=8), "late, nothing tells: the documentation's word counts"


def test_a_dahua_push_gives_the_picture_of_the_scene_and_is_answered_even_when_it_cannot_be_read() -> None:
    (sent,) = read(itsapi(AT)).reads
    assert (sent.picture, sent.camera, sent.lane) == (JPEG, "gate-3", 1)
    small = read(itsapi(AT, NormalPic={"Content": "%%%"})).reads[0]
    assert small.picture == SMALL
    body = json.dumps(itsapi(AT)).encode()
    assert always_answered(body[:-40], None) == "dahua" and always_answered(b"", "dahua") == "dahua"
    assert always_answered(body, "openalpr") is None and always_answered(json.dumps(flock(AT)).encode(), None) is None


def test_another_senders_message_is_not_taken_for_a_sign_of_life() -> None:
    generic = {
        "DeviceModel": "x",
        "DeviceID": "y",
        "plate": "8KLM204",
        "time": AT.isoformat(),
        "Picture": b64encode(JPEG).decode(),
    }
    for body in (generic, generic | {"Events": [1, 2]}, generic | {"Active": True}):
        assert [sent.plate for sent in read(body).reads] == ["8KLM204"], body


# -- Genetec, Milesight, UniFi ---------------------------------------------------------------------------------------------------


def test_a_sharp_says_the_same_in_json_xml_and_its_file() -> None:
    for body, region in (
        (json.dumps(sharp(AT)).encode(), "US-CA"),
        (sharp_xml(AT), "US-CA"),
        (sharp_file(AT), "US-NV"),
    ):
        (sent,) = read(body, "").reads
        assert (sent.plate, sent.confidence, sent.region, sent.lat, sent.lon) == (
            "8KLM204",
            0.93,
            region,
            33.75,
            -118.19,
        )
    assert read(sharp(AT)).reads[0].picture == JPEG and read(sharp_file(AT), "").reads[0].picture == JPEG
    assert read(sharp_file(AT), "").reads[0].lane == 2


def test_a_sharps_dash_says_nothing_and_a_time_without_offset_is_said() -> None:
    blank = sharp(
        AT,
        PlateAnalytics=[{"Key": "State Name", "Score": -1, "Value": "-"}],
        Timestamp="2026-03-03T21:06:07.000",
        Latitude=0.0,
        Longitude=0.0,
    )
    parsed = read(blank, zone=PACIFIC)
    (sent,) = parsed.reads
    assert (sent.read_at, sent.region, sent.confidence, sent.lat) == (AT, None, 0, None)
    assert "no offset" in parsed.notes[0]
    local = sharp_file(AT).replace(b"UTCDate>2026:03:04", b"LocalDate>2026:03:03").replace(b"UTCDate", b"LocalDate")
    local = local.replace(b"UTCTime>05:06:07", b"LocalTime>21:06:07").replace(b"UTCTime", b"LocalTime")
    parsed = read(local, "", zone=PACIFIC)
    assert parsed.reads[0].read_at == AT and "local time" in parsed.notes[0]
    with pytest.raises(BadInput):
        read(sharp_file(AT).replace(b"UTCDate", b"Other"), "")


def test_a_milesight_post_gives_box_confidence_and_the_whole_picture() -> None:
    (sent,) = read(milesight(AT)).reads
    assert (sent.box, sent.confidence, sent.picture, sent.camera) == ((10, 20, 110, 33), 0.87, JPEG, "Gate 3")
    (sent,) = read(milesight(AT, confidence="-", coordinate_x2="-", full_image="")).reads
    assert (sent.box, sent.confidence, sent.picture) == (None, 0, SMALL)
    assert read(milesight(AT, plate="")).reads == ()


def test_an_alarm_of_unifi_gives_a_read_for_each_plate() -> None:
    parsed = read(unifi(AT, "8KLM204", "W" * 40, "7QRS881"))
    assert [(sent.plate, sent.picture, sent.camera) for sent in parsed.reads] == [
        ("8KLM204", JPEG, "942A6FD0AD1A"),
        ("7QRS881", JPEG, "942A6FD0AD1A"),
    ]
    assert [rejected.index for rejected in parsed.rejected] == [1]


# -- hostile -------------------------------------------------------------------------------------------------------------------


def test_gzip_never_unfolds_to_more_than_a_message() -> None:
    with pytest.raises(Unsafe, match="unfolds"):
        read(gzip.compress(b"[" + b" " * (4 * MAX_BODY)), JSON)
    with pytest.raises(BadInput, match="gzip"):
        read(b"\x1f\x8b" + zlib.compress(b"{}"), JSON)


def test_a_thousand_events_in_lines_are_read_in_bounded_time_and_depth() -> None:
    deep = b"Events[0]." + b".".join([b"A"] * 90) + b"=1\r\n"
    parsed = read(
        deep * 4000 + b"Events[0].TrafficCar.PlateNumber=8KLM204\r\nEvents[0].UTC=" + str(int(AT.timestamp())).encode(),
        "text/plain",
    )
    assert [sent.plate for sent in parsed.reads] == ["8KLM204"]


@given(st.binary(max_size=400), st.sampled_from(list(samples(AT).values())), st.integers(0, 2000))
def test_bytes_put_in_anywhere_are_refused_or_read_and_never_a_fault(junk: bytes, sample: Sample, at: int) -> None:
    try:
        parsed = read(sample.body[:at] + junk + sample.body[at:], sample.content_type)
    except BadInput as refused:
        assert len(str(refused)) > 10
    else:
        assert all(sent.plate for sent in parsed.reads)


@given(
    st.lists(
        st.binary(min_size=1, max_size=60).filter(
            lambda data: b"--b0" not in data and not data.startswith((b"\n", b"\r")) and not data.endswith(b"\r")
        ),
        min_size=1,
        max_size=8,
    )
)
def test_parts_come_out_of_multipart_as_they_went_in(contents: list[bytes]) -> None:
    body, kind = multipart([(f"part{n}", "application/octet-stream", data) for n, data in enumerate(contents)], "b0")
    parts, notes = split_multipart(body, kind)
    assert ([part.data for part in parts], [part.name for part in parts], notes) == (
        contents,
        [f"part{n}" for n in range(len(contents))],
        (),
    )
