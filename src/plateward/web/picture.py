"""The picture of a network: who can come to hold an owner's reads, drawn on the server as SVG, steps from left to right.

It is never shown without the table that says the same, and needs no script and no style of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from plateward.core.reach import Link, Way
from plateward.node.sharing.reach import ReachAnswer, Reached

_COLUMN, _ROW, _BOX, _HIGH, _EDGE = 250, 46, 190, 32, 20
MOST_DRAWN = 60
"""With more parties a picture shows nothing any more; the table has all of them."""


@dataclass(frozen=True, slots=True)
class _Place:
    x: int
    y: int


def draw(answer: ReachAnswer) -> Markup:
    """The picture: excluded parties and what leads to them first, then the nearest others."""
    parties = _chosen(answer.parties)
    places = _places(answer.owner, parties)
    width = max(place.x for place in places.values()) + _BOX + 2 * _EDGE
    height = max(place.y for place in places.values()) + _HIGH + _EDGE
    links = dict.fromkeys(link for party in parties for link in party.path)
    guilty = {link for door in answer.doors for link in door.path}
    lines = Markup("").join(_line(link, places, link in guilty) for link in links)
    why = {party.agency: party.why for party in parties}
    boxes = Markup("").join(
        _box(
            place,
            answer.names.get(agency, agency),
            "owner" if agency == answer.owner else "bad" if why.get(agency) else "",
        )
        for agency, place in places.items()
    )
    return Markup(
        '<svg class="network" viewBox="0 0 {w} {h}" width="{w}" height="{h}" role="img" aria-labelledby="network-title">'
        '<title id="network-title">{t}</title>{lines}{boxes}</svg>'
    ).format(w=width, h=height, t=_words(answer, len(parties)), lines=lines, boxes=boxes)


def _words(answer: ReachAnswer, drawn: int) -> str:
    name = answer.names.get(answer.owner, answer.owner)
    excluded = sum(1 for party in answer.parties if party.why)
    reached = f"{name} and {drawn} parties that its reads can reach"
    return f"{reached}; {excluded} are excluded by a promise. The table below says the same."


def _chosen(parties: Sequence[Reached]) -> tuple[Reached, ...]:
    """Every party on the way to an excluded one, then the nearest, up to what a picture can show."""
    on_the_way = {link.target for party in parties if party.why for link in party.path}
    ordered = sorted(parties, key=lambda one: (not one.why, one.agency not in on_the_way, len(one.path), one.agency))
    kept = ordered[:MOST_DRAWN]
    there = {party.agency for party in kept}
    return tuple(party for party in kept if all(link.target in there for link in party.path))


def _places(owner: str, parties: Sequence[Reached]) -> Mapping[str, _Place]:
    columns: dict[int, list[str]] = {0: [owner]}
    for party in parties:
        columns.setdefault(len(party.path), []).append(party.agency)
    tallest = max(len(column) for column in columns.values())
    places: dict[str, _Place] = {}
    for step, (_, column) in enumerate(sorted(columns.items())):
        top = _EDGE + (tallest - len(column)) * _ROW // 2
        for row, agency in enumerate(column):
            places[agency] = _Place(_EDGE + step * _COLUMN, top + row * _ROW)
    return places


def _line(link: Link, places: Mapping[str, _Place], guilty: bool) -> Markup:
    start, end = places[link.source], places[link.target]
    x1, y1, x2, y2 = start.x + _BOX, start.y + _HIGH // 2, end.x, end.y + _HIGH // 2
    bend = (x1 + x2) // 2
    kind = "link" + (" bad" if guilty else "") + ("" if link.way is Way.SHARE else " other")
    return Markup('<path class="{kind}" d="M{x1} {y1}C{b} {y1} {b} {y2} {x2} {y2}"/>').format(
        kind=kind, x1=x1, y1=y1, x2=x2, y2=y2, b=bend
    )


def _box(place: _Place, name: str, kind: str) -> Markup:
    short = name if len(name) <= 26 else f"{name[:25]}…"
    return Markup(
        '<g class="party {kind}"><rect x="{x}" y="{y}" width="{w}" height="{h}" rx="7"/>'
        '<text x="{tx}" y="{ty}">{short}</text><title>{name}</title></g>'
    ).format(
        kind=kind, x=place.x, y=place.y, w=_BOX, h=_HIGH, tx=place.x + 10, ty=place.y + 21, short=short, name=name
    )  # fmt: skip
