"""The agencies whose names come nearest to one that nobody is known by: a misspelling is asked about, never guessed."""

from __future__ import annotations

from rapidfuzz import fuzz, process, utils

from plateward.registry.forms import Form
from plateward.registry.index import index
from plateward.registry.names import parse
from plateward.registry.tables import load

_PLACE, _WHOLE = 80.0, 88.0


def nearest(name: str, most: int = 3) -> tuple[str, ...]:
    """The ids of at most ``most`` agencies whose name is nearly ``name``, the nearest first: of the same kind where the name says
    one ("El Cajun PD": a police), and of the same state where it names one.
    """
    parsed = parse(name)
    if parsed.form is not Form.NONE and parsed.body:
        alike = {
            (body, entry.agency): body
            for (form, body), entries in index().bodies.items()
            for entry in entries
            if form is parsed.form and parsed.state in {None, entry.state}
        }
        found = process.extract(parsed.body, alike, scorer=fuzz.ratio, score_cutoff=_PLACE, limit=most)
        if found:
            return tuple(agency for _, _, (_, agency) in found)
    names = {one.id: one.name for one in load().agencies.values() if parsed.state in {None, one.state}}
    close = process.extract(
        parsed.whole,
        names,
        scorer=fuzz.token_sort_ratio,
        processor=utils.default_process,
        score_cutoff=_WHOLE,
        limit=most,
    )
    return tuple(agency for _, _, agency in close)


def perhaps(name: str) -> str:
    """Which agencies may be meant, as the end of a sentence: "; perhaps us-ca-el-cajon-pd", or "" where none comes near."""
    found = nearest(name)
    return f"; perhaps {' or '.join(found)}" if found else ""
