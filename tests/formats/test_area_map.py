"""An agency's own map: the files that publishers of streets write, and what is wrong with the others."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plateward.core.errors import BadInput
from plateward.formats.area_map import AreaMap, Kind, parse_area_map

LINE = {"type": "LineString", "coordinates": [[-121.2, 35.4], [-121.1, 35.5, 12.0]]}
RING = {"type": "Polygon", "coordinates": [[[-121.2, 35.4], [-121.1, 35.4], [-121.1, 35.5], [-121.2, 35.4]]]}


def collection(*features: tuple[object, dict[str, object]]) -> bytes:
    found = [{"type": "Feature", "geometry": geometry, "properties": told} for geometry, told in features]
    return json.dumps({"type": "FeatureCollection", "features": found}).encode()


def only(geometry: object, **told: object) -> tuple[Kind, str] | None:
    shapes = parse_area_map(collection((geometry, told)), "area.geojson").shapes
    return (shapes[0].kind, shapes[0].name) if shapes else None


@pytest.mark.parametrize(
    ("geometry", "told", "kind"),
    [
        (LINE, {"highway": "motorway_link"}, Kind.ROAD),
        (LINE, {"highway": "residential"}, Kind.STREET),
        (LINE, {"highway": "footway"}, None),
        (LINE, {"waterway": "river"}, Kind.RIVER),
        (RING, {"natural": "water"}, Kind.WATER),
        (RING, {"leisure": "park"}, Kind.PARK),
        (LINE, {"MTFCC": "S1100"}, Kind.ROAD),
        (LINE, {"MTFCC": "S1400"}, Kind.STREET),
        (LINE, {"MTFCC": "S1710"}, None),
        (RING, {"MTFCC": "H2030"}, Kind.WATER),
        (LINE, {}, Kind.STREET),
        (RING, {}, Kind.TOWN),
        (LINE, {"railway": "rail"}, None),
        (LINE, {"kind": "water"}, None),
    ],
)
def test_what_a_feature_is_is_taken_from_its_publisher_s_words(
    geometry: object, told: dict[str, str], kind: Kind | None
) -> None:
    found = only(geometry, FULLNAME="  Main   St ", **told)
    assert found == (None if kind is None else (kind, "Main St"))


def test_points_nothing_and_collections_of_geometries_are_no_trouble() -> None:
    both = {"type": "GeometryCollection", "geometries": [LINE, RING, {"type": "Point", "coordinates": [0, 0]}]}
    area = parse_area_map(
        b"\xef\xbb\xbf" + collection((None, {}), (both, {}), ({"type": "Point", "coordinates": [1, 1]}, {})), "a"
    )
    assert [shape.kind for shape in area.shapes] == [Kind.TOWN, Kind.STREET]
    assert list(area.within(-121.15, 35.3, -121.0, 35.45)) == list(area.shapes)
    assert list(area.within(-120, 35.3, -119, 35.45)) == []


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "no GeoJSON"),
        (b"[1, 2]", "no GeoJSON"),
        (b'{"type": "FeatureCollection"}', "no GeoJSON"),
        (b"\xff\xfe{}", "no GeoJSON"),
        (collection((LINE, {}), ({"type": "LineString", "coordinates": [[583000.0, 3920000.0]]}, {})), "feature 2"),
        (collection(({"type": "LineString", "coordinates": [["a", "b"]]}, {})), "feature 1"),
        (collection(({"type": "Circle", "coordinates": []}, {})), "'Circle' is no geometry"),
        (collection(({"type": "Polygon", "coordinates": [[1, 2]]}, {})), "feature 1"),
    ],
)
def test_what_is_no_map_is_refused_by_file_and_feature(body: bytes, words: str) -> None:
    with pytest.raises(BadInput, match=words) as refused:
        parse_area_map(body, "area.geojson")
    assert "area.geojson" in str(refused.value)


def test_empty_lines_and_rings_are_left_out() -> None:
    assert (
        parse_area_map(
            collection(
                ({"type": "LineString", "coordinates": []}, {}), ({"type": "MultiPolygon", "coordinates": [[[]]]}, {})
            ),
            "a",
        )
        == AreaMap()
    )


@given(
    st.recursive(
        st.none() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=4),
    )
)
def test_no_coordinates_whatever_bring_it_down(coordinates: object) -> None:
    for kind in ("LineString", "MultiLineString", "Polygon", "MultiPolygon"):
        try:
            parse_area_map(collection(({"type": kind, "coordinates": coordinates}, {})), "a")
        except BadInput as refused:
            assert "feature 1" in str(refused)
