"""Templates, and the few words and figures in them: times, plates, chains."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import jinja2
from markupsafe import Markup, escape
from starlette.responses import HTMLResponse, Response

from plateward import __version__
from plateward.core.agency import COMPONENT_WORDS, Component, Registry
from plateward.core.event import EventType
from plateward.core.plate import PlatePattern, look_alike
from plateward.node.overseeing.access import AccessRow
from plateward.node.people.sessions import demo_people
from plateward.node.sharing.agencies import registry_of
from plateward.node.sharing.notices import unseen
from plateward.web.endpoint import Call
from plateward.web.navigation import may_open, menu_for
from plateward.web.problem import Problem

HERE = Path(__file__).parent
STATIC = HERE / "static"
THEMES = ("auto", "light", "dark")
THEME_COOKIE = "plateward_theme"


def environment() -> jinja2.Environment:
    """The templates: everything is escaped, and a name that is not there is an error, not an empty space."""
    pages = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    pages.filters.update(
        percent=percent, thousands=lambda count: f"{count:,}", spelled=spelled, job=job, sentence=sentence
    )
    pages.globals.update(words_of=words_of, component_words=lambda name: COMPONENT_WORDS.get(Component(name), name))
    return pages


def static_files() -> dict[str, str]:
    """Each static file's address, with a piece of its hash, so that browsers may keep it for ever."""
    found = {}
    for file in sorted(STATIC.rglob("*")):
        if file.is_file():
            name = file.relative_to(STATIC).as_posix()
            found[name] = f"/static/{name}?v={hashlib.sha256(file.read_bytes()).hexdigest()[:12]}"
    return found


async def page(call: Call, template: str, /, *, status: int = 200, **values: object) -> HTMLResponse:
    """``template`` as ``call``'s asker sees it."""
    return HTMLResponse(await fragment(call, template, **values), status)


async def fragment(call: Call, template: str, /, **values: object) -> str:
    """The text of ``template``, a whole page or a piece of one for the live feed."""
    registry = await registry_of(call.node)
    badges = {"/notices": await unseen(call.node, call.person)} if call.person else {}
    return call.site.pages.get_template(template).render(_shell(call, registry) | {"badges": badges} | values)


async def problem_page(call: Call, problem: Problem) -> Response:
    """The page that tells of ``problem`` and what to do next."""
    try:
        text = await fragment(call, "problem.html", problem=problem)
    except Exception:  # the shell needs the database; the bare page needs nothing
        text = call.site.pages.get_template("bare.html").render(problem=problem, static=call.site.files.get)
    return HTMLResponse(text, problem.status, problem.headers)


def zone_of(call: Call) -> ZoneInfo:
    """The time zone people on this node think in."""
    return ZoneInfo(call.node.settings.time_zone)


def _shell(call: Call, registry: Registry) -> dict[str, object]:
    site, request = call.site, call.request
    theme = request.cookies.get(THEME_COOKIE, "auto")
    zone = zone_of(call)
    return {
        "menu": menu_for(site, call.person),
        "may": lambda path, method="GET": may_open(site, call.person, path, method),
        "person": call.person,
        "csrf": call.session.csrf if call.session else "",
        "called": registry.called,
        "title": site.node.settings.title,
        "demo": site.node.settings.demo,
        "home": site.node.settings.home,
        "demo_people": demo_people(call.node),
        "theme": theme if theme in THEMES else "auto",
        "next_theme": THEMES[(THEMES.index(theme) + 1) % 3] if theme in THEMES else "light",
        "here": request.url.path,
        "version": __version__,
        "static": site.files.get,
        "when": lambda at, seconds=True: when(at, zone, seconds=seconds),
        "zone": zone.key,
    }


def when(at: datetime, zone: ZoneInfo, *, seconds: bool = True) -> Markup:
    """An instant as a ``time`` element, in the node's zone, to the second unless told otherwise."""
    local = at.astimezone(zone)
    text = local.strftime("%Y-%m-%d %H:%M:%S" if seconds else "%Y-%m-%d %H:%M")
    exact = at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return Markup('<time datetime="{}" title="{} ({})">{}</time>').format(
        exact, exact, escape(local.tzname() or ""), text
    )


_DEEDS = {
    EventType.ACCESS_SEARCH: "Searched",
    EventType.ACCESS_READ: "Looked at a read",
    EventType.ACCESS_PICTURE: "Looked at a picture",
    EventType.ACCESS_LIVE: "Opened the live feed",
    EventType.ACCESS_UNMASK: "Unmasked a plate",
    EventType.ACCESS_ALERTS: "Opened alerts",
    EventType.ACCESS_EXPORT: "Exported",
}


def words_of(row: AccessRow) -> str:
    """What an access record says somebody did."""
    try:
        return _DEEDS.get(EventType(row.event), row.event)
    except ValueError:
        return row.event


def job(role: str) -> str:
    """A role as people say it."""
    return str(role).replace("-", " ").replace("alpr", "ALPR")


def sentence(text: str) -> str:
    """A message as a sentence begins; the rest, file names and abbreviations too, stays as it is."""
    return text[:1].upper() + text[1:]


def percent(share: float) -> str:
    """A share of one as whole per cent; never 100 where something is left."""
    return f"{min(int(share * 100 + 0.5), 99 if share < 1 else 100)} %"


@dataclass(frozen=True, slots=True)
class Spelled:
    """One character of a plate, and whether it differs from what was typed."""

    character: str
    differs: bool


def spelled(plate: str, pattern: PlatePattern | None) -> list[Spelled]:
    """``plate`` by character, marking those that only look like the ones typed."""
    typed = pattern.text if pattern and "*" not in pattern.text and len(pattern.text) == len(plate) else ""
    return [
        Spelled(ch, bool(typed) and typed[i] not in ("?", ch) and look_alike(typed[i]) == look_alike(ch))
        for i, ch in enumerate(plate)
    ]
