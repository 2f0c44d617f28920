"""A review as one self-contained page: tables first, small charts, a network picture, crops of the PDF; no script, no request."""

from __future__ import annotations

import base64
import io
import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import jinja2

from plateward.formats.audits.read import SearchLog
from plateward.formats.sharing.lists import Direction, Where
from plateward.oversight.audit.findings import AuditResult, grouped
from plateward.oversight.audit.run import TITLES
from plateward.oversight.review.findings import Review, Reviewed
from plateward.oversight.review.output import DISCLAIMER, counted_rows
from plateward.oversight.review.portals import PortalReview, counts

MAX_CROPS = 60
"""Crops of the document in one page; each is a few kilobytes."""

_COLOURS = {"immigration-enforcement": "#a4161a", "federal": "#c2571a", "out-of-state": "#8a6d00", "private": "#5b3f8c"}


@cache
def _environment() -> jinja2.Environment:
    loader = jinja2.PackageLoader("plateward.oversight.review", "templates")
    return jinja2.Environment(
        loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a chart: label, count, and length from 0 to 100."""

    label: str
    count: int
    length: float


def bars(found: Mapping[str, int], most: int = 12) -> list[Bar]:
    """The largest counts as bars."""
    top = sorted(found.items(), key=lambda item: -item[1])[:most]
    longest = max((count for _, count in top), default=1)
    return [Bar(label, count, 100 * count / longest) for label, count in top]


def sharing_page(reviews: Sequence[Review], crop: Callable[[Where], bytes | None] | None = None) -> str:
    """The page of one or more sharing reviews. ``crop`` gives a PNG of a place in the document, or None."""
    template = _environment().get_template("sharing.html.j2")
    return template.render(
        reviews=[_review(review, crop) for review in reviews], disclaimer=DISCLAIMER, title="Sharing review"
    )


def _review(review: Review, crop: Callable[[Where], bytes | None] | None) -> dict[str, Any]:
    left = MAX_CROPS
    rows: list[dict[str, Any]] = []
    for reviewed in sorted(review.found, key=_gravity):
        picture = None
        if crop is not None and left and (png := crop(reviewed.entry.where)):
            picture, left = base64.b64encode(png).decode(), left - 1
        rows.append({"r": reviewed, "crop": picture})
    components = Counter(name for r in review.entries for name in r.components)
    return {
        "review": review,
        "rows": rows,
        "unknown": [r for r in review.open if not r.party.by_name],
        "by_name": [r for r in review.open if r.party.by_name],
        "promises": bars(Counter(f.promise for r in review.entries for f in r.findings)),
        "components": bars(components),
        "nodes": network(review),
        "summary": review.summary(),
    }


@dataclass(frozen=True, slots=True)
class Node:
    """One receiver in the network picture."""

    label: str
    x: float
    y: float
    colour: str
    title: str
    labelled: bool


def network(review: Review, most: int = 90) -> list[Node]:
    """Receivers with findings around the owner, the gravest components first and together."""
    found = [r for r in review.found if r.entry.direction is Direction.OUTBOUND]
    ranked = sorted(found, key=lambda r: (_gravity(r), r.entry.name))[:most]
    nodes = []
    for index, reviewed in enumerate(ranked):
        angle = 2 * math.pi * index / max(1, len(ranked)) - math.pi / 2
        radius = 175 + 45 * (index % 2)
        nodes.append(
            Node(
                reviewed.entry.name if len(reviewed.entry.name) <= 26 else f"{reviewed.entry.name[:25]}…",
                300 + radius * math.cos(angle), 260 + radius * math.sin(angle), _colour(reviewed), " → ".join(reviewed.chain),
                len(ranked) <= 40 or _gravity(reviewed) < 2,
            )
        )  # fmt: skip
    return nodes


def _gravity(reviewed: Reviewed) -> int:
    """Immigration enforcement first, then federal, then other states, then private."""
    order = list(_COLOURS)
    return min((order.index(name) for name in reviewed.components if name in order), default=len(order))


def _colour(reviewed: Reviewed) -> str:
    return next((colour for name, colour in _COLOURS.items() if name in reviewed.components), "#55606b")


def portals_page(reviews: Sequence[PortalReview]) -> str:
    """The page of many portals: promise against fact."""
    found = sorted(reviews, key=lambda r: -len(r.findings))
    return _environment().get_template("portals.html.j2").render(
        portals=found, kinds=bars(counts(reviews)), disclaimer=DISCLAIMER, title="Portals: promise against fact",
        total=sum(len(r.findings) for r in reviews),
    )  # fmt: skip


def searches_page(name: str, sha256: str, log: SearchLog, result: AuditResult, most: int = 2000) -> str:
    """The page of an audit of a search log, grouped by person or organisation."""
    groups = grouped(result.findings)
    return _environment().get_template("searches.html.j2").render(
        name=name, sha256=sha256, log=log, result=result, counted=counted_rows(log, result.rows),
        groups=groups[:most], left_out=max(0, len(groups) - most),
        patterns=bars(result.counts(), 30), titles=TITLES, disclaimer=DISCLAIMER,
        title="Search log review",
    )  # fmt: skip


def cropper(data: bytes) -> Callable[[Where], bytes | None]:
    """A function that cuts the row of a finding out of a PDF. A page is rendered once."""
    from plateward.formats.sharing.pdf import render

    pages: dict[int, Any] = {}
    scale = 1.6

    def crop(where: Where) -> bytes | None:
        if where.page is None or where.box is None:
            return None
        if where.page not in pages:
            pages.clear()
            pages[where.page] = render(data, where.page, scale)
        picture = pages[where.page]
        x0, top, x1, bottom = where.box
        box = (max(0, x0 - 12) * scale, max(0, top - 6) * scale, (x1 + 12) * scale, (bottom + 6) * scale)
        cut = picture.crop(tuple(int(min(v, picture.size[i % 2])) for i, v in enumerate(box)))
        held = io.BytesIO()
        cut.convert("L").quantize(16).save(held, "PNG", optimize=True)
        return held.getvalue()

    return crop
