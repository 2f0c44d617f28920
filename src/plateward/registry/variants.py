"""The ways lists write one name, and which differences are mere slips of spelling."""

from __future__ import annotations

from dataclasses import replace

from plateward.registry.forms import Form
from plateward.registry.names import ParsedName
from plateward.registry.places import places
from plateward.registry.states import STATES


def with_state(parsed: ParsedName, context_state: str | None) -> ParsedName:
    """``parsed`` with the state that its document gives beside it, where the name has none and does not contradict it."""
    if parsed.state is not None or context_state is None or context_state.upper() not in STATES:
        return parsed
    if parsed.states and context_state.upper() not in parsed.states and parsed.states != ("CO",):
        return parsed
    return replace(parsed, state=context_state.upper(), states=())


def variants(parsed: ParsedName) -> list[tuple[Form, str]]:
    """The ways lists write one body: a county's sheriff without ``county``, a city with ``city``, the police of a campus."""
    form, body = parsed.form, parsed.body
    ways = [(form, body)]
    if form is Form.SHERIFF:
        ways += [(form, f"{body} county"), (form, f"{body} parish"), (form, body.replace(" parish", " county"))]
    if form is Form.POLICE and not (parsed.state and places().has(body, parsed.state)):
        for word in ("city", "borough", "village", "state", "town"):
            ways.append((form, body.removesuffix(f" {word}")))
        ways.append((form, body.replace(" metropolitan", "")))
        if parsed.state:
            ways += [(form, f"{body} city"), (form, f"{body} township")]
    if form is Form.CAMPUS:
        ways.append((form, body.replace(" safety", "")))
    if form is Form.PROSECUTOR:
        ways += [(form, f"{body} county"), (form, body.removesuffix(" county"))]
    squeezed = [
        (way, text.replace("la salle", "lasalle").replace("de kalb", "dekalb").replace("du page", "dupage"))
        for way, text in ways
    ]
    return list(dict.fromkeys((*ways, *squeezed)))


def bare(body: str) -> str:
    """A body as a gazetteer lists it: without township or county words behind."""
    for word in (" township", " borough", " village", " city", " town"):
        if body.endswith(word) and body not in places().states:
            return body.removesuffix(word)
    return body


def same_frame(a: str, b: str) -> bool:
    """Whether two bodies agree in what no slip changes: the first letter, digits, directions and the number of words or so."""
    fixed = {
        "north",
        "south",
        "east",
        "west",
        "new",
        "upper",
        "lower",
        "county",
        "township",
        "parish",
        "city",
        "old",
        "fort",
        "st",
    }
    words_a, words_b = a.split(), b.split()
    return (
        a[0] == b[0]
        and [w for w in words_a if w.isdigit() or w in fixed] == [w for w in words_b if w.isdigit() or w in fixed]
        and abs(len(words_a) - len(words_b)) <= 1
    )
