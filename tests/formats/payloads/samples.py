"""Made-up messages of each sender, with the plates and the instant they hold."""

# ruff: noqa: E501 (messages are easier to compare on one line each)
from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

JPEG = b"\xff\xd8\xff\xe0" + b"a made-up picture of 8KLM204" + b"\xff\xd9"
SMALL = b"\xff\xd8\xff\xe0" + b"only the plate" + b"\xff\xd9"


@dataclass(frozen=True)
class Sample:
    """A body with its content type, who writes such, and the plates in it."""

    name: str
    sender: str
    body: bytes
    content_type: str
    plates: tuple[str, ...]


def multipart(parts: Sequence[tuple[str, str, bytes]], boundary: str = "MIME_boundary") -> tuple[bytes, str]:
    """A multipart body of (name, content type, bytes), and its content type."""
    body = b"".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="{name}"\r\n'
        f"Content-Type: {kind}\r\nContent-Length: {len(data)}\r\n\r\n".encode()
        + data
        + b"\r\n"
        for name, kind, data in parts
    )
    return body + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


def hikvision(
    at: datetime, plate: str = "8KLM204", namespace: str = "http://www.hikvision.com/ver20/XMLSchema", more: str = ""
) -> bytes:
    name = f' xmlns="{namespace}"' if namespace else ""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<EventNotificationAlert version="2.0"{name}>'
        f"<channelName>Gate 3</channelName><dateTime>{at.isoformat()}</dateTime><eventType>ANPR</eventType>"
        f"<ANPR><licensePlate>{plate}</licensePlate><line>2</line><direction>reverse</direction>"
        f"<confidenceLevel>87</confidenceLevel><plateCharBelieve>{','.join(['91'] * len(plate))}</plateCharBelieve>"
        "<pictureInfoList><pictureInfo><plateRect><X>10</X><Y>20</Y><width>110</width><height>33</height></plateRect>"
        f"</pictureInfo></pictureInfoList></ANPR><picNum>2</picNum>{more}</EventNotificationAlert>"
    ).encode()


def openalpr_group(at: datetime, plate: str = "8KLM204", **more: object) -> dict[str, object]:
    return {
        "data_type": "alpr_group", "version": 3, "epoch_start": round(at.timestamp() * 1000), "camera_id": 77, "country": "us",
        "best_plate": {
            "plate": plate, "confidence": 88.5, "coordinates": [{"x": x, "y": y} for x, y in ((5, 6), (50, 6), (50, 20), (5, 20))],
            "candidates": [{"plate": plate, "confidence": 88.5}, {"plate": "8KLN204", "confidence": 61.0}],
        },
        "best_region": "us-nv", "best_region_confidence": 71, "gps_latitude": 36.1, "gps_longitude": -115.2,
        "vehicle_crop_jpeg": b64encode(JPEG).decode(),
    } | more  # fmt: skip


def recognizer(at: datetime, results: Sequence[object]) -> dict[str, object]:
    return {
        "hook": {"event": "recognition", "id": "north"},
        "data": {"camera_id": "north", "timestamp": at.isoformat(), "results": list(results)},
    }


RESULT = {
    "plate": "8klm204", "score": 0.91, "box": {"xmin": 10, "ymin": 20, "xmax": 110, "ymax": 50}, "region": {"code": "us-az", "score": 0.4},
    "candidates": [{"plate": "8klm204", "score": 0.91}, {"plate": "bklm204", "score": 0.7}], "direction": 120,
}  # fmt: skip
RESULT_2 = {
    "plate": {
        "type": "Plate", "score": 0.8, "box": {"xmin": 10, "ymin": 20, "xmax": 110, "ymax": 50},
        "props": {"plate": [{"value": "7qrs881", "score": 0.86}, {"value": "7ors881", "score": 0.5}], "region": [{"value": "fr", "score": 0.9}]},
    },
    "vehicle": {"type": "Sedan", "score": 0.8, "box": {"xmin": 0, "ymin": 0, "xmax": 200, "ymax": 100}, "props": {}},
    "direction": None,
}  # fmt: skip


def code_project(at: datetime, plates: Sequence[str] = ("8KLM 204", "7QRS881")) -> list[dict[str, object]]:
    found = [
        {
            "confidence": 0.9,
            "label": f"Plate: {plate}",
            "plate": plate,
            "x_min": 1,
            "y_min": 2,
            "x_max": 31,
            "y_max": 12,
        }
        for plate in plates
    ]
    when = at.astimezone(UTC).strftime("%a %d %b %Y %H:%M:%S GMT")
    return [
        {"api": "objects", "found": {"predictions": [{"label": "car", "confidence": 0.9}], "timestampUTC": when}},
        {"api": "alpr", "found": {"success": True, "predictions": found, "timestampUTC": when}},
    ]


def flock(at: datetime) -> dict[str, object]:
    ids = dict.fromkeys(("deviceExternalId", "networkExternalId", "objectId"), "00000000-0000-4000-8000-00000000000a")
    return ids | {
        "eventTime": at.isoformat(), "deviceName": "Elm & 3rd", "deviceLat": 33.2, "deviceLong": -117.3,
        "imageUrl": "https://example.org/picture", "sources": [{"name": "NCIC", "reason": "Stolen Vehicle"}],
        "ocr": {"label": "8KLM204", "labelConfidence": 0.93, "state": "california"},
    }  # fmt: skip


def frigate_event(at: datetime, **more: object) -> dict[str, object]:
    return {
        "id": "1700000000.1-abc",
        "camera": "drive",
        "label": "car",
        "start_time": at.timestamp(),
        "end_time": None,
    } | more


def _json(value: object) -> bytes:
    return json.dumps(value).encode()


def axis(at: datetime, **more: object) -> dict[str, object]:
    """An event of Axis' License Plate Verifier, by the published table of its fields."""
    return {
        "packetCounter": "7", "datetime": at.astimezone(UTC).strftime("%Y%m%d %H%M%S") + "000 +0000", "plateUTF8": "8KLM204",
        "plateText": "8KLM204", "plateConfidence": "0.93", "carState": "new", "carID": "123", "sensorProviderID": "gate",
        "geotag": {"lat": 33.75, "lon": -118.19}, "plateCoordinates": [10, 20, 110, 40],
        "ImageArray": [{"ImageType": "plate", "ImageFormat": "jpeg", "BinaryImage": b64encode(SMALL).decode()},
                       {"ImageType": "frame", "ImageFormat": "jpeg", "BinaryImage": b64encode(JPEG).decode()}],
    } | more  # fmt: skip


def dahua_lines(at: datetime, plate: str = "8KLM204", number: int = 0, **more: object) -> bytes:
    """The text part of a Dahua camera's event, as its documentation of the snapshot stream writes it."""
    values = {
        "EventBaseInfo.Code": "TrafficJunction", "EventBaseInfo.Action": "Pulse", "EventBaseInfo.Index": 0, "CountInGroup": 1,
        "Lane": 1, "Object.ObjectType": "Plate", "Object.Text": plate, "Object.BoundingBox[0]": 5954, "Object.BoundingBox[1]": 2234,
        "Object.OriginalBoundingBox[0]": 2791, "Object.OriginalBoundingBox[1]": 646, "Object.OriginalBoundingBox[2]": 2975,
        "Object.OriginalBoundingBox[3]": 695, "Object.SerialUUID": "", "PTS": "67737170160.000000",
        "TrafficCar.DrivingDirection[0]": "Approach", "TrafficCar.MachineName": "Gate 3", "TrafficCar.PlateNumber": plate,
        "UTC": int(at.timestamp()), "UTCMS": at.microsecond // 1000, "Vehicle.Text": "Unknown",
    } | more  # fmt: skip
    return "\r\n".join(f"Events[{number}].{name}={value}" for name, value in values.items()).encode() + b"\r\n"


def dahua_event(at: datetime, plate: str = "8KLM204") -> dict[str, object]:
    return {
        "Action": "Pulse", "Code": "TrafficJunction", "CommInfo": {"Country": None}, "Lane": 2, "UTC": int(at.timestamp()), "UTCMS": 0,
        "Object": {"Confidence": 160, "ObjectType": "Plate", "Text": plate}, "TrafficCar": {"PlateNumber": plate, "MachineName": "Gate 3"},
        "Vehicle": {"Text": None, "Confidence": 160},
    }  # fmt: skip


def itsapi(at: datetime, plate: str = "8KLM204", **more: object) -> dict[str, object]:
    """The push of a Dahua camera, by its own clock (which the tests' addresses say is UTC)."""
    return {
        "Picture": {
            "CutoutPic": {"Content": b64encode(SMALL).decode(), "PicName": "cut.jpg"},
            "NormalPic": {"Content": b64encode(JPEG).decode(), "PicName": "scene.jpg"},
            "Plate": {"BoundingBox": [1, 2, 3, 4], "Confidence": 218, "IsExist": True, "PlateNumber": plate, "Region": "USA"},
            "SnapInfo": {"AccurateTime": at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3], "DeviceID": "gate-3", "LanNo": 1},
            "Vehicle": {"VehicleColor": "Black"},
        } | more
    }  # fmt: skip


def sharp(at: datetime, **more: object) -> dict[str, object]:
    """A read of a Genetec Sharp's HTTP extension."""
    return {
        "ContextCameraName": "Context", "ContextImage": b64encode(JPEG).decode(), "Id": "32cf870a-46aa-4cfd-914b-00062d98e93a",
        "Latitude": 33.75, "Longitude": -118.19, "LprCameraName": "Lane 2", "PlateImage": b64encode(SMALL).decode(),
        "PlateAnalytics": [{"Key": "State Name", "Score": 0.9, "Value": "CA"}, {"Key": "Confidence Score", "Score": 1, "Value": "93"},
                           {"Key": "Vehicle Type", "Score": -1.0, "Value": "-"}],
        "PlateRead": "8KLM204", "SourceUrl": "SHARPV1", "Timestamp": at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.0000000+00:00"),
    } | more  # fmt: skip


def sharp_xml(at: datetime) -> bytes:
    return (
        "<Plate><ContextImage/><Latitude>33.75</Latitude><Longitude>-118.19</Longitude><PlateAnalytics><PlateAnalytics><Key>State Name</Key>"
        "<Score>0.9</Score><Value>CA</Value></PlateAnalytics><PlateAnalytics><Key>Confidence Score</Key><Score>1</Score><Value>93</Value>"
        "</PlateAnalytics></PlateAnalytics><PlateImage/><PlateRead>8KLM204</PlateRead><SourceUrl>SHARPV1</SourceUrl>"
        f"<Timestamp>{at.isoformat()}</Timestamp></Plate>"
    ).encode()


def sharp_file(at: datetime) -> bytes:
    when = at.astimezone(UTC)
    return (
        '<?xml version="1.0" encoding="utf-8"?><AutoVu><Plate>8KLM204</Plate><State>NV</State>'
        f"<UTCDate>{when:%Y:%m:%d}</UTCDate><UTCTime>{when:%H:%M:%S}.000</UTCTime><CameraName>Lane 2</CameraName>"
        f"<ContextImage>{b64encode(JPEG).decode()}</ContextImage><LongitudeX>-118.19</LongitudeX><LatitudeY>33.75</LatitudeY>"
        "<ConfidenceScore>93</ConfidenceScore><Lane>2</Lane></AutoVu>"
    ).encode()


def milesight(at: datetime, **more: object) -> dict[str, object]:
    return {
        "device": "Gate 3", "time": at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S"), "plate": "8KLM204", "type": "Visitor", "speed": "-",
        "direction": "Approach", "detection_region": "1", "region": "USA", "resolution_width": "1920", "resolution_height": "1080",
        "coordinate_x1": "10", "coordinate_y1": "20", "coordinate_x2": "120", "coordinate_y2": "53", "confidence": "0.87",
        "plate_color": "White", "plate_image": b64encode(SMALL).decode(), "full_image": b64encode(JPEG).decode(),
    } | more  # fmt: skip


def unifi(at: datetime, *plates: str) -> dict[str, object]:
    triggers = [
        {"device": "942A6FD0AD1A", "value": plate, "key": "license_plate_unknown", "group": {"name": plate}, "zones": {"zone": [1]},
         "eventId": "e1", "timestamp": int(at.timestamp() * 1000)}
        for plate in plates
    ]  # fmt: skip
    picture = "data:image/jpeg;base64," + b64encode(JPEG).decode()
    return {
        "alarm": {
            "name": "plates",
            "triggers": [*triggers, {"device": "942A6FD0AD1A", "key": "vehicle", "timestamp": 1}],
            "thumbnail": picture,
        },
        "timestamp": int(at.timestamp() * 1000) + 900,
    }


def samples(at: datetime) -> Mapping[str, Sample]:
    """One message of every kind, seen at ``at``."""
    here = at.astimezone(timezone(timedelta(hours=-7)))
    json_type = "application/json"
    upload = multipart([("json", json_type, _json(recognizer(at, [RESULT]))), ("upload", "image/jpeg", JPEG)], "abc123")
    gate = multipart(
        [("anpr.xml", "text/xml", hikvision(here)), ("licensePlatePicture.jpg", "image/pjpeg", SMALL), ("detectionPicture.jpg", "image/pjpeg", JPEG)]
    )  # fmt: skip
    k, q = "8KLM204", "7QRS881"
    plate = {"recognized_license_plate": k, "recognized_license_plate_score": 0.9}
    every = [
        Sample("openalpr-group", "openalpr", _json(openalpr_group(at)), json_type, (k,)),
        Sample("openalpr-alert", "openalpr", _json({"data_type": "alpr_alert", "group": openalpr_group(at)}), json_type, (k,)),
        Sample("openalpr-results", "openalpr", _json({"data_type": "alpr_results", "epoch_time": round(at.timestamp() * 1000),
            "results": [{"plate": k, "confidence": 81.2, "candidates": []}, {"plate": q, "confidence": 77}]}), json_type, (k, q)),
        Sample("openalpr-heartbeat", "openalpr", _json({"data_type": "heartbeat", "timestamp": 1, "cpu_usage": 20}), json_type, ()),
        Sample("recognizer-json", "platerecognizer", _json(recognizer(at, [RESULT, RESULT_2])), json_type, (k, q)),
        Sample("recognizer-upload", "platerecognizer", *upload, (k,)),
        Sample("recognizer-snapshot", "platerecognizer", _json({"processing_time": 9.2, "camera_id": "n", "timestamp": at.isoformat(),
            "results": [RESULT]}), json_type, (k,)),
        Sample("frigate-update", "frigate", _json({"type": "lpr", "id": "1.2-a", "camera": "drive", "name": None, "plate": k,
            "score": 0.9, "timestamp": at.timestamp(), "plate_box": [1, 2, 11, 7]}), json_type, (k,)),
        Sample("frigate-end", "frigate", _json({"type": "end", "before": {}, "after": frigate_event(at, **plate)}), json_type, (k,)),
        Sample("frigate-new", "frigate", _json({"type": "new", "before": {}, "after": frigate_event(at)}), json_type, ()),
        Sample("frigate-rest", "frigate", _json([frigate_event(at, data=plate), frigate_event(at, data={})]), json_type, (k,)),
        Sample("axis-new", "axis", _json(axis(at)), json_type, (k,)),
        Sample("axis-update", "axis", _json(axis(at, carState="update")), json_type, ()),
        Sample("axis-pictures", "axis", *multipart([("event.json", json_type, _json(axis(at, ImageArray=[]))), ("frame.jpg", "image/jpeg", JPEG)]), (k,)),
        Sample("blueiris-dump", "blueiris", _json(code_project(at)), json_type, (k, q)),
        Sample("blueiris-post", "blueiris", _json({"plate_number": "5XYZ990", "camera": "ALPR1", "timestamp": at.isoformat(),
            "Image": b64encode(JPEG).decode(), "ai_dump": code_project(at, [k])}), json_type, (k, "5XYZ990")),
        Sample("blueiris-quoted-dump", "blueiris", _json({"plate_number": k, "camera": "ALPR1", "timestamp": at.isoformat(),
            "ai_dump": json.dumps(code_project(at, [k]))}), json_type, (k,)),
        Sample("codeproject-bare", "blueiris", _json({"success": True, "moduleId": "ALPR", "timestampUTC": at.strftime("%a, %d %b %Y %H:%M:%S GMT"),
            "predictions": [{"label": f"Plate: {k}", "confidence": 0.9}]}), json_type, (k,)),
        Sample("hikvision-xml", "hikvision", hikvision(here), "application/xml; charset=UTF-8", (k,)),
        Sample("hikvision-multipart", "hikvision", *gate, (k,)),
        Sample("dahua-stream", "dahua", *multipart([("event.txt", "text/plain", dahua_lines(at)), ("1.jpg", "image/jpeg", JPEG)], "myboundary"), (k,)),
        Sample("dahua-lines", "dahua", dahua_lines(at) + dahua_lines(at, q, 1), "text/plain", (k, q)),
        Sample("dahua-code", "dahua", b"Code=TrafficJunction;action=Pulse;index=0;data=" + json.dumps(dahua_event(at), indent=3).encode(), "text/plain", (k,)),
        Sample("dahua-rpc", "dahua", _json({"id": 3, "method": "client.notifyEventStream", "params": {"SID": 513, "eventList": [
            {"Action": "Pulse", "Code": "TrafficJunction", "Data": dahua_event(at)}, {"Action": "Start", "Code": "VideoMotion", "Data": {}}]}}), json_type, (k,)),
        Sample("dahua-itsapi", "dahua", _json(itsapi(at)), json_type, (k,)),
        Sample("dahua-keepalive", "dahua", _json({"Active": "keepAlive", "DeviceID": "gate-3"}), json_type, ()),
        Sample("dahua-heartbeat", "dahua", *multipart([("", "text/plain", b"Heartbeat")], "myboundary"), ()),
        Sample("genetec-json", "genetec", _json(sharp(at)), json_type, (k,)),
        Sample("genetec-xml", "genetec", sharp_xml(at), "application/xml", (k,)),
        Sample("genetec-file", "genetec", sharp_file(at), "text/xml", (k,)),
        Sample("milesight", "milesight", _json(milesight(at)), json_type, (k,)),
        Sample("unifi", "unifi", _json(unifi(at, k, q)), json_type, (k, q)),
        Sample("flock", "flock", _json(flock(at)), json_type, (k,)),
        Sample("csv", "generic", f"plate,timestamp,conf,state\n{k},{at.isoformat()},91,NV\n{q},{at.isoformat()},80%,\n".encode(), "text/csv", (k, q)),
        Sample("json-lines", "generic", b"\n".join(_json({"plate": p, "time": at.timestamp()}) for p in (k, q)), "application/x-ndjson", (k, q)),
        Sample("json-object", "generic", _json({"license_plate": k, "timestamp": round(at.timestamp() * 1000), "score": 0.5}), json_type, (k,)),
    ]  # fmt: skip
    return {sample.name: sample for sample in every}
