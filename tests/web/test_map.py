"""Maps: what is drawn, where, and that nothing of another's gets into the page."""

from __future__ import annotations

import math
import re
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from plateward.core.place import Position
from plateward.formats.area_map import AreaMap, Kind, Shape
from plateward.web.map import HEIGHT, WIDTH, Dot, draw_map
from tests.node.world import World
from tests.web.world import Visitor, words

HOME = Position(35.4, -121.2)
STREET = Shape(Kind.ROAD, 'Main <b> "St" & Co', (((-121.21, 35.4), (-121.19, 35.4)),), (-121.21, 35.4, -121.19, 35.4))
FAR = Shape(Kind.STREET, "Far St", (((-80.0, 35.0), (-80.1, 35.0)),), (-80.1, 35.0, -80.0, 35.0))
PLACES = st.builds(Position, st.floats(-85, 85), st.floats(-179, 179))


def test_dots_lie_over_the_area_s_streets_and_all_text_is_escaped() -> None:
    text = draw_map(
        AreaMap((STREET, FAR)), [Dot(HOME, "<script>alert(1)</script>", "/readers/a?b=1&c=2", "3")], 'T"><i>'
    )
    root = ElementTree.fromstring(text)
    assert not re.search(r"<script|<style|style=|\son\w+=|<i>|<b>", text)
    assert root.get("role") == "group" and root.get("aria-label") == 'T"><i>'
    assert [a.get("href") for a in root.iter("a")] == ["/readers/a?b=1&c=2"]
    assert 'Main <b> "St" & Co' in "".join(root.itertext()) and "Far St" not in text
    assert draw_map(AreaMap(), [], "nothing") == ""


@given(st.lists(PLACES, min_size=1, max_size=8))
def test_every_dot_lies_within_the_picture(places: list[Position]) -> None:
    root = ElementTree.fromstring(draw_map(AreaMap(), [Dot(place, "x") for place in places], "t"))
    circles = list(root.iter("circle"))
    assert len(circles) == len(places)
    for circle in circles:
        x, y = float(circle.get("cx", "nan")), float(circle.get("cy", "nan"))
        assert 0 <= x <= WIDTH and 0 <= y <= HEIGHT


def test_north_is_up_and_both_ways_have_one_scale() -> None:
    north, east = Position(35.41, -121.2), Position(35.4, -121.2 + 0.01 / math.cos(math.radians(35.4)))
    root = ElementTree.fromstring(draw_map(AreaMap(), [Dot(HOME, ""), Dot(north, ""), Dot(east, "")], "t"))
    (x, y), (nx, ny), (ex, ey) = ((float(c.get("cx", 0)), float(c.get("cy", 0))) for c in root.iter("circle"))
    assert ny < y and ex > x and nx == x and ey == y
    assert math.isclose(y - ny, ex - x, rel_tol=0.01)


async def test_an_answer_shows_where_its_reads_were_made_and_leads_to_them(officer: Visitor) -> None:
    page = (await officer.post("/search", plate="7AB?12*", reason="burglary series", case="26-0117")).text
    svg = re.search(r'<svg class="map".*?</svg>', page, re.DOTALL)
    assert svg is not None
    linked = set(re.findall(r'href="#(r-[0-9a-f-]+)"', svg[0]))
    assert linked and all(f'id="{row}"' in page for row in linked)
    assert "newest" in words(svg[0])


async def test_readers_stand_on_a_map_that_leads_to_them(administrator: Visitor, web: World) -> None:
    page = (await administrator.get("/readers")).text
    assert re.search(r'<svg class="map".*href="/readers/rpd-main-10th-s".*</svg>', page, re.DOTALL)
    assert 'class="map-street' in page, "the town's own streets lie under them"
