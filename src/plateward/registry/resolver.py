"""From the name as a vendor prints it to the agency behind it, or honestly to none.

Nothing is guessed: a name that fits agencies of several states is ``ambiguous``, one that is well formed but not in the registry
is ``derived`` (state and kind are known, the agency is not), and neither ever counts as harmless. Federal marks are looked at
first, so that no federal body is taken for a local one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from rapidfuzz import fuzz, process

from plateward.core.agency import AgencyKind, AgencyStatus, Component, Registry, Source
from plateward.registry.federal import FederalName
from plateward.registry.index import Entry, Index, index
from plateward.registry.tables import COMPILED, load
from plateward.registry.names import Form, ParsedName, normal, parse
from plateward.registry.places import places
from plateward.registry.states import STATES


class Status(StrEnum):
    """How a name was resolved. Only ``resolved`` names an agency."""

    RESOLVED = "resolved"
    DERIVED = "derived"
    AMBIGUOUS = "ambiguous"
    NOT_AN_AGENCY = "not-an-agency"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Resolution:
    """What a name stands for.

    ``agency`` is None unless the status is ``resolved``; ``confidence`` is 0 to 1; ``chain`` the agency and what it is part of up
    to the top; ``components`` what it belongs to, ``unknown`` where nobody knows; ``candidates`` the agencies, or states, it may
    be; ``why`` one sentence.
    """

    name: str
    agency: str | None
    confidence: float
    status: Status
    why: str
    state: str | None = None
    kind: AgencyKind | None = None
    chain: tuple[str, ...] = ()
    components: tuple[Component, ...] = ()
    candidates: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    place: str | None = None
    county: str | None = None
    sources: tuple[Source, ...] = ()


KINDS: dict[Form, AgencyKind] = {
    Form.POLICE: AgencyKind.POLICE, Form.SHERIFF: AgencyKind.SHERIFF, Form.PROSECUTOR: AgencyKind.PROSECUTOR,
    Form.CONSTABLE: AgencyKind.POLICE, Form.MARSHAL: AgencyKind.POLICE, Form.CAMPUS: AgencyKind.CAMPUS_POLICE,
    Form.TRIBAL: AgencyKind.TRIBAL_POLICE, Form.TRANSIT: AgencyKind.TRANSIT_POLICE, Form.HOSPITAL: AgencyKind.OTHER,
    Form.TASK_FORCE: AgencyKind.TASK_FORCE, Form.FUSION: AgencyKind.FUSION_CENTER, Form.DISPATCH: AgencyKind.LOCAL_GOVERNMENT,
    Form.FIRE: AgencyKind.LOCAL_GOVERNMENT, Form.CORRECTIONS: AgencyKind.CORRECTIONS, Form.PROBATION: AgencyKind.CORRECTIONS,
    Form.COURT: AgencyKind.COURT, Form.HOUSING: AgencyKind.LOCAL_GOVERNMENT, Form.PARKS: AgencyKind.LOCAL_GOVERNMENT,
    Form.STATE: AgencyKind.STATE_AGENCY, Form.GOVERNMENT: AgencyKind.LOCAL_GOVERNMENT, Form.PRIVATE: AgencyKind.PRIVATE,
}  # fmt: skip
"""The kind of organisation that a form of name means."""

COMPONENTS: dict[Form, Component] = {
    Form.PROSECUTOR: Component.PROSECUTOR, Form.CAMPUS: Component.CAMPUS, Form.TRIBAL: Component.TRIBAL,
    Form.TASK_FORCE: Component.TASK_FORCE, Form.FUSION: Component.FUSION_CENTER, Form.PRIVATE: Component.PRIVATE,
}  # fmt: skip
"""The component that a form of name by itself says its bearer belongs to."""

_SPELLING_SCORE = 90.0
_SPELLING_MARGIN = 6.0
_VENDOR_ACCOUNT = ("flock", "flock safety")


def resolve(name: str, *, context_state: str | None = None, day: date = COMPILED) -> Resolution:
    """The agency behind ``name``, classified as of ``day``.

    ``context_state``: the state that the document itself gives for this entry (the report's "City, ST" column). It decides between
    namesakes where the name has no state of its own; it is never the state of the list's owner.
    """
    return Resolver(load(), index()).resolve(name, context_state=context_state, day=day)


@dataclass(frozen=True, slots=True)
class Resolver:
    """Resolves names against one registry and its index."""

    registry: Registry
    index: Index

    def resolve(self, name: str, *, context_state: str | None = None, day: date = COMPILED) -> Resolution:
        """See ``resolve``."""
        if name in self.registry.agencies:
            return self._agency(name, name, 1.0, "the name is the agency's id", day)
        parsed = parse(name)
        found = self._exact_alias(parsed, day) or self._federal(parsed, day)
        if found is None:
            found = self._not_an_agency(parsed) or self._local(_with_state(parsed, context_state), day)
        flags = tuple(sorted({*found.flags, *parsed.flags}))
        return replace(found, name=name, flags=flags)

    # -- who is certainly meant -----------------------------------------------------------------------------------

    def _exact_alias(self, parsed: ParsedName, day: date) -> Resolution | None:
        """A name or alias of the tables, with or without its state behind it. Federal phrases are not among them."""
        text = normal(parsed.whole)
        tries = [text]
        if parsed.state:
            code = parsed.state.lower()
            tries += [text.removesuffix(f" {code}"), text.removeprefix(f"{code} "), text.removesuffix(f" {STATES[parsed.state]}")]
            tries += [text.replace(f" {code} ", " ", 1)]
            if parsed.form is Form.STATE:
                tries += [f"{STATES[parsed.state]} {parsed.body}", f"{STATES[parsed.state]} department of {parsed.body}"]
        tries += [re.sub(r"\bstate pd$", "state police", attempt) for attempt in tries]
        for attempt in dict.fromkeys(tries):
            entries = [
                entry for entry in self.index.aliases.get(attempt, ())
                if entry.state is None or parsed.state in {None, entry.state}
            ]  # fmt: skip
            if len(entries) == 1:
                return self._agency(parsed.text, entries[0].agency, 1.0, "a name the registry holds for this agency", day)
        return self._unit(parsed, text, day)

    def _unit(self, parsed: ParsedName, text: str, day: date) -> Resolution | None:
        """A unit of an agency that is known by its initials: LAPD Sherman Oaks."""
        initials = parsed.whole.split(" ", 1)[0]
        entries = self.index.aliases.get(text.split(" ", 1)[0], ()) if text else ()
        if parsed.form is not Form.NONE or len(initials) < 4 or not initials.isalpha() or not initials.isupper() or len(entries) != 1:
            return None
        if entries[0].state is None or parsed.state not in {None, entries[0].state} or parsed.whole.isupper():
            return None
        found = self._agency(parsed.text, entries[0].agency, 0.85, f"the name begins with {initials}, which stands for this agency", day)
        return replace(found, flags=(*found.flags, "unit"))

    def _federal(self, parsed: ParsedName, day: date) -> Resolution | None:
        marks = self.index.federal.match(parsed.whole)
        if marks is None and "federal-label" in parsed.flags:
            marks = FederalName(None, 0.0, (), "the list itself labels it federal")
        if marks is None or (marks.agency is None and parsed.form is Form.STATE):
            return None
        if marks.agency is None:
            return self._suspicious(parsed, marks)
        why = "the name bears a federal body's name"
        flags = ("mixed-name",) if marks.mixed else ()
        if marks.mixed:
            why += " beside a local agency's; whoever uses the account can be the federal body"
        if marks.agency == "us-dhs":
            flags += ("may-include:immigration-enforcement",)
        found = self._agency(parsed.text, marks.agency, marks.confidence, why, day)
        return replace(found, candidates=marks.others, flags=(*found.flags, *flags), place=found.place or parsed.state)

    def _suspicious(self, parsed: ParsedName, marks: FederalName) -> Resolution:
        if marks.note == "hot-list-name":
            why = "this is the name of a hot list, not of an agency; whoever carries it is named beside it"
        else:
            why = f"{marks.note}, but no federal body of the registry fits; it is not taken for a local agency"
        labelled = "federal-label" in parsed.flags
        flags = ("hot-list-name",) if marks.note == "hot-list-name" else ("federal-mark",)
        components = (Component.FEDERAL, Component.UNKNOWN) if labelled else (Component.UNKNOWN,)
        return Resolution(
            parsed.text, None, 0.3 if labelled else 0.0, Status.UNKNOWN, why, components=components, candidates=marks.others, flags=flags
        )

    def _not_an_agency(self, parsed: ParsedName) -> Resolution | None:
        """Test, demonstration and vendor accounts, and entries that are only an administrator's note."""
        text = normal(parsed.whole)
        if text.startswith(_VENDOR_ACCOUNT):
            found = self._agency(parsed.text, "flock-safety", 0.95, "an account of the vendor itself", COMPILED)
            return replace(found, flags=("vendor-account",))
        nothing = not parsed.body or parsed.body in {"null", "none", "old", "z", "lz", "n a", "example", "sample", "1234"}
        bare = nothing or (parsed.body.isdigit() and bool(parsed.flags))
        if bare and (parsed.form is Form.NONE or (parsed.form is Form.POLICE and (parsed.flags or parsed.body))):
            return _no_agency(parsed, "an administrator's note or a test entry, no agency's name")
        if "test" in parsed.flags and (parsed.state is None or parsed.form in {Form.NONE, Form.STATE}):
            return _no_agency(parsed, "a test, demonstration or training account")
        return None

    # -- local agencies -------------------------------------------------------------------------------------------

    def _local(self, parsed: ParsedName, day: date) -> Resolution:
        entries = self._entries(parsed)
        if parsed.state is None and parsed.states and len(parsed.states) > 1:
            return _open(parsed, Status.AMBIGUOUS, f"the name contradicts itself: {' or '.join(parsed.states)}", entries)
        if parsed.state is not None:
            return self._in_state(parsed, [entry for entry in entries if entry.state == parsed.state], day)
        return self._without_state(parsed, entries, day)

    def _entries(self, parsed: ParsedName) -> list[Entry]:
        """The agencies of the name's form that bear its body or one that lists write for it."""
        found: list[Entry] = []
        for form, body in _variants(parsed):
            for entry in self.index.bodies.get((form, body), ()):
                if parsed.county is None or entry.county in {None, parsed.county}:
                    found.append(entry)
            if found and (parsed.state is None or any(entry.state == parsed.state for entry in found)):
                break
        return list(dict.fromkeys(found))

    def _in_state(self, parsed: ParsedName, entries: list[Entry], day: date) -> Resolution:
        exact = [entry for entry in entries if entry.county == parsed.county] or entries
        if len(exact) == 1:
            return self._agency(parsed.text, exact[0].agency, 1.0, "name, kind and state fit one agency of the registry", day)
        if exact:
            return _open(parsed, Status.AMBIGUOUS, f"{parsed.state} has several agencies of this name", exact)
        return self._misspelt(parsed, day) or self._derived(parsed)

    def _misspelt(self, parsed: ParsedName, day: date) -> Resolution | None:
        """One agency of the same form and state whose name differs by a slip, clearly nearer than any other and no other place."""
        state = parsed.state
        if state is None or len(parsed.body) < 6 or parsed.form is Form.NONE or places().has(_bare(parsed.body), state):
            return None
        near = process.extract(parsed.body, self.index.in_state.get((parsed.form, state), ()), scorer=fuzz.ratio, limit=2, score_cutoff=_SPELLING_SCORE - 25)
        if not near:
            return None
        best, score, _ = near[0]
        margin = score - near[1][1] if len(near) > 1 else 100.0
        cut_off = len(parsed.body) >= 9 and best.startswith(parsed.body) and sum(
            body.startswith(parsed.body) for body in self.index.in_state[parsed.form, state]
        ) == 1  # fmt: skip
        if not cut_off and (score < _SPELLING_SCORE or margin < _SPELLING_MARGIN or not same_frame(parsed.body, best)):
            return None
        entries = [entry for entry in self.index.bodies[parsed.form, best] if entry.state == state]
        if len(entries) != 1:
            return None
        why = f"read as {best!r}: " + ("cut off" if cut_off else "a slip of spelling, and no other name is near")
        found = self._agency(parsed.text, entries[0].agency, 0.8 if cut_off else round(score / 125, 2), why, day)
        return replace(found, flags=(*found.flags, "truncated" if cut_off else "spelling"))

    def _derived(self, parsed: ParsedName) -> Resolution:
        if parsed.form is Form.NONE:
            return _open(parsed, Status.UNKNOWN, f"nothing in the name says what it is; only the state, {parsed.state}, is known", [])
        state = parsed.state or ""
        known_place = places().has(_bare(parsed.body), state)
        why = f"a {KINDS[parsed.form].replace('-', ' ')} in {state} by its name, but the registry holds no such agency"
        flags = () if known_place or parsed.form is not Form.POLICE else ("place-not-known",)
        return Resolution(
            parsed.text, None, 0.6 if known_place else 0.4, Status.DERIVED, why, state=parsed.state, kind=KINDS[parsed.form],
            components=(*_by_form(parsed.form), Component.UNKNOWN), flags=flags, place=_bare(parsed.body), county=parsed.county,
        )  # fmt: skip

    def _without_state(self, parsed: ParsedName, entries: list[Entry], day: date) -> Resolution:
        """A name that gives no state means an agency only where the whole country has one place of that name."""
        states = {entry.state for entry in entries if entry.state}
        held = len(states)
        states.update(self._states_with(parsed))
        if parsed.states and (len(states) != 1 or parsed.states != ("CO",)):
            return _open(parsed, Status.AMBIGUOUS, _DOUBT.get(parsed.states[0], "the name does not say which state is meant"), entries)
        if len(entries) == 1 and (len(states) == 1 or entries[0].state is None):
            return self._agency(parsed.text, entries[0].agency, 0.9, "no state given, but the country has one agency of this name", day)
        principal = places().principal.get(parsed.body) if parsed.form is Form.POLICE else None
        if held == 1 and len(entries) == 1 and principal == entries[0].state:
            found = self._agency(parsed.text, entries[0].agency, 0.8, "no state given; by far the largest place of this name", day)
            return replace(found, flags=(*found.flags, "largest-of-the-name"))
        if len(states) > 1:
            return _open(parsed, Status.AMBIGUOUS, f"no state given; {', '.join(sorted(states))} each have one of this name", entries)
        if len(states) == 1 and parsed.form is not Form.NONE:
            return replace(self._derived(replace(parsed, state=states.pop(), states=())), confidence=0.4)
        return _open(parsed, Status.UNKNOWN, "the registry knows no agency of this name, and the name gives no state", entries)

    def _states_with(self, parsed: ParsedName) -> tuple[str, ...]:
        """The states that have the place or county a name without a state begins with."""
        if parsed.form in {Form.POLICE, Form.GOVERNMENT}:
            return places().states.get(_bare(parsed.body), ())
        county = re.match(r"^(.+? (?:county|parish))\b", parsed.body)
        if county and parsed.form is not Form.SHERIFF:
            return tuple(entry.state for entry in self.index.bodies.get((Form.SHERIFF, county.group(1)), ()) if entry.state)
        return ()

    # -- values ---------------------------------------------------------------------------------------------------

    def _agency(self, name: str, agency: str, confidence: float, why: str, day: date) -> Resolution:
        record = self.registry.agencies[agency]
        classification = self.registry.classify(agency, day)
        edges = {edge.source: None for edge in classification.because}
        flags = ("inactive",) if record.status is AgencyStatus.INACTIVE else ()
        return Resolution(
            name, agency, confidence, Status.RESOLVED, why, state=record.state, kind=record.kind, chain=classification.chain,
            components=tuple(sorted(classification.components)), flags=flags, place=record.place, county=record.county,
            sources=tuple(dict.fromkeys((*record.sources, *edges))),
        )  # fmt: skip


_DOUBT = {
    "LA": "'LA' may be Louisiana or Los Angeles",
    "CO": "'CO' may be Colorado or stand for county",
}


def _with_state(parsed: ParsedName, context_state: str | None) -> ParsedName:
    if parsed.state is not None or context_state is None or context_state.upper() not in STATES:
        return parsed
    if parsed.states and context_state.upper() not in parsed.states and parsed.states != ("CO",):
        return parsed
    return replace(parsed, state=context_state.upper(), states=())


def _variants(parsed: ParsedName) -> list[tuple[Form, str]]:
    """The ways lists write one body: a county's sheriff without the word county, a city with the word city, the police of a campus."""
    form, body = parsed.form, parsed.body
    ways = [(form, body)]
    if form is Form.SHERIFF:
        ways += [(form, f"{body} county"), (form, f"{body} parish"), (form, body.replace(" parish", " county"))]
    if form is Form.POLICE:
        ways += [(form, body.removesuffix(" city")), (form, f"{body} city"), (form, body.removesuffix(" borough"))]
        ways += [(form, body.removesuffix(" village")), (form, body.replace(" metropolitan", "")), (form, f"{body} township")]
        ways += [(form, body.removesuffix(" state")), (Form.CAMPUS, body)]
    if form is Form.CAMPUS:
        ways += [(form, body.replace("independent school district", "isd")), (form, body.replace(" safety", ""))]
        ways += [(form, re_expanded) for re_expanded in _campus_names(body)]
    if form is Form.PROSECUTOR:
        ways += [(form, f"{body} county"), (form, body.removesuffix(" county"))]
    squeezed = [(way, text.replace("la salle", "lasalle").replace("de kalb", "dekalb").replace("du page", "dupage")) for way, text in ways]
    return list(dict.fromkeys((*ways, *squeezed)))


def _campus_names(body: str) -> list[str]:
    ways = []
    for short, long in (("uc ", "university of california "), ("csu ", "california state university "), ("cal state ", "california state university ")):
        for a, b in ((short, long), (long, short)):
            if body.startswith(a):
                ways.append(b + body.removeprefix(a))
    return ways


def _bare(body: str) -> str:
    """A body as a gazetteer lists it: without township or county words behind."""
    for word in (" township", " borough", " village", " city", " town"):
        if body.endswith(word) and body not in places().states:
            return body.removesuffix(word)
    return body


def same_frame(a: str, b: str) -> bool:
    """Whether two bodies agree in what no slip changes: the first letter, digits, directions and the number of words or so."""
    fixed = {"north", "south", "east", "west", "new", "upper", "lower", "county", "township", "parish", "city", "old", "fort", "st"}
    words_a, words_b = a.split(), b.split()
    return (
        a[0] == b[0]
        and [w for w in words_a if w.isdigit() or w in fixed] == [w for w in words_b if w.isdigit() or w in fixed]
        and abs(len(words_a) - len(words_b)) <= 1
    )


def _by_form(form: Form) -> tuple[Component, ...]:
    return (COMPONENTS[form],) if form in COMPONENTS else ()


def _open(parsed: ParsedName, status: Status, why: str, entries: list[Entry]) -> Resolution:
    """A resolution that names no agency."""
    return Resolution(
        parsed.text, None, 0.2 if entries else 0.0, status, why, state=parsed.state, kind=KINDS.get(parsed.form),
        components=(*_by_form(parsed.form), Component.UNKNOWN), county=parsed.county,
        candidates=tuple(entry.agency for entry in entries[:12]),
    )  # fmt: skip


def _no_agency(parsed: ParsedName, why: str) -> Resolution:
    return Resolution(parsed.text, None, 0.9, Status.NOT_AN_AGENCY, why, state=parsed.state, components=(Component.UNKNOWN,))
