"""The map: GeoJSON that programs can use, an SVG that a strict page lets pass."""

from __future__ import annotations

import itertools
import json
import re
from datetime import UTC, datetime
from xml.etree import ElementTree

from plateward.core.read import ReaderKind
from plateward.demo.map import CSS, Mark, geojson, outline, svg
from plateward.demo.readers import readers
from plateward.demo.stories import incidents
from plateward.demo.streets import Area, network

NOW = datetime(2026, 11, 22, 18, 30, tzinfo=UTC)
SVG = "{http://www.w3.org/2000/svg}"


def _area(ring) -> float:
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in itertools.pairwise(ring))


def test_geojson_holds_every_street_and_fixed_reader() -> None:
    found = json.loads(json.dumps(geojson()))
    assert found["type"] == "FeatureCollection"
    by_kind: dict[str, list] = {}
    for feature in found["features"]:
        by_kind.setdefault(feature["properties"]["kind"], []).append(feature)
    fixed = {reader.id for reader in readers().all if reader.kind is ReaderKind.FIXED}
    assert {feature["properties"]["id"] for feature in by_kind["reader"]} == fixed
    names = {f["properties"]["name"] for kind in ("street", "broad street", "road") for f in by_kind[kind]}
    assert names == {street.name for street in network().streets}


def test_rings_are_closed_and_anticlockwise_as_the_standard_asks() -> None:
    polygons = [f["geometry"] for f in geojson()["features"] if f["geometry"]["type"] == "Polygon"]
    assert len(polygons) >= 6
    for polygon in polygons:
        for ring in polygon["coordinates"]:
            assert ring[0] == ring[-1] and _area(ring) > 0


def test_a_town_s_outline_holds_all_its_crossings() -> None:
    net = network()
    for area in (Area.RIDGEPORT, Area.PORT_ALDER):
        hull = outline(area)
        for i in net.of(area):
            x, y = net.crossings[i].x, net.crossings[i].y
            edges = zip(hull, [*hull[1:], hull[0]], strict=True)
            assert all((b[0] - a[0]) * (y - a[1]) - (b[1] - a[1]) * (x - a[0]) > 0 for a, b in edges)


def test_the_svg_is_well_formed_and_carries_no_script_or_inline_style() -> None:
    text = svg([Mark(i.position, i.case) for i in incidents(NOW)], link=lambda reader: f"/readers/{reader.id}")
    root = ElementTree.fromstring(text)
    assert root.get("role") == "img" and root.get("aria-label")
    assert not re.search(r"<script|<style|style=|\son\w+=", text)
    links = {a.get("href") for a in root.iter(f"{SVG}a")}
    assert links == {f"/readers/{r.id}" for r in readers().all if r.position is not None}
    assert all(a.get("aria-label") for a in root.iter(f"{SVG}a"))
    classes = {word for e in root.iter() for word in (e.get("class") or "").split()}
    assert all(f".{word}" in CSS for word in classes)


def test_what_is_marked_is_escaped() -> None:
    place = incidents(NOW)[0].position
    text = svg([Mark(place, '<script>alert("x")</script> & more')], title='"<b>')
    assert "<script" not in text and "<b>" not in text
    ElementTree.fromstring(text)
    assert 'role="img"' in text and "&lt;script&gt;" in text
