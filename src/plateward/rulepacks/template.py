"""Templates of promises that a city can make: TOML with blanks such as ``<<date>>``, filled into a promise that loads."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from importlib import resources

from plateward.core.agency import Agency
from plateward.core.errors import BadInput
from plateward.core.promise import parse_promises

_TEMPLATES = resources.files("plateward.rulepacks") / "templates"
_BLANK = re.compile(r"<<([a-z_]+)>>")
MAX_DAYS = 3660


def names() -> tuple[str, ...]:
    """The names of all templates, sorted."""
    return tuple(
        sorted(entry.name.removesuffix(".toml") for entry in _TEMPLATES.iterdir() if entry.name.endswith(".toml"))
    )


def title(name: str) -> str:
    """The first line of a template, which says what it promises."""
    return _text(name).split("\n", 1)[0].lstrip("# ")


def needs_days(name: str) -> bool:
    """Whether a template has a number of days to fill in."""
    return "<<days>>" in _text(name)


def fill(name: str, agency: Agency, day: date, document: str, *, link: str = "", days: int | None = None) -> str:
    """The TOML of the promise ``name``, made by ``agency`` on ``day`` in ``document``.

    ``days``: how long reads are kept, for the template that promises it. Raises BadInput for a template that does not exist, an
    agency without a state, a document without a name, a number of days that is missing, not asked for or out of range, and for
    text that is not printable.
    """
    text = _text(name)
    if agency.state is None:
        raise BadInput(
            f"{agency.id} belongs to no state; these promises are for state and local agencies", where="agency"
        )
    if not document.strip():
        raise BadInput("name the resolution, ordinance or policy that holds the promise", where="document")
    if needs_days(name) != (days is not None):
        raise BadInput(
            "this template needs a number of days" if days is None else "this template has no number of days",
            where="days",
        )
    if days is not None and not 0 < days <= MAX_DAYS:
        raise BadInput(f"reads are kept 1 to {MAX_DAYS} days", where="days")
    blanks = {
        "agency": agency.id,
        "name": _quoted(agency.called, "agency"),
        "state": agency.state,
        "other_state": "NV" if agency.state != "NV" else "AZ",
        "date": day.isoformat(),
        "document": _quoted(document, "document"),
        "link": _quoted(link, "link"),
        "days": str(days),
        "minutes": str(1440 * (days or 0)),
    }
    return _filled(text, blanks, name)


def _filled(text: str, blanks: Mapping[str, str], name: str) -> str:
    lines = [line for line in text.split("\n") if not line.startswith("#")]
    filled = _BLANK.sub(lambda found: blanks[found.group(1)], "\n".join(lines))
    parse_promises(filled, f"template {name}")
    return filled


def _quoted(text: str, where: str) -> str:
    """``text`` as it stands between the quotes of a TOML string."""
    if not text.isprintable() or len(text) > 300:
        raise BadInput("at most 300 printable characters", where=where)
    return text.strip().replace("\\", "\\\\").replace('"', '\\"')


def _text(name: str) -> str:
    if name not in names():
        raise BadInput(f"there is no template {name!r}; there are {', '.join(names())}", where="template")
    return (_TEMPLATES / f"{name}.toml").read_text(encoding="utf-8")
