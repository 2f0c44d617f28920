"""The town's map: GeoJSON as the standard asks, which the node draws."""

from __future__ import annotations

import itertools
import json

from plateward.core.read import ReaderKind
from plateward.demo.map import geojson, outline
from plateward.demo.readers import readers
from plateward.demo.streets import Area, network
from plateward.formats.area_map import Kind, parse_area_map


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


def test_the_node_draws_every_street_of_it() -> None:
    area = parse_area_map(json.dumps(geojson()).encode(), "area.geojson")
    streets = {shape.name for shape in area.shapes if shape.kind in (Kind.STREET, Kind.BROAD, Kind.ROAD)}
    assert streets == {street.name for street in network().streets}
    assert {shape.kind for shape in area.shapes} == set(Kind)
