"""From the name as a vendor prints it to the agency behind it, or honestly to none.

Nothing is guessed: a name that fits agencies of several states is ``ambiguous``, one that is well formed but not in the registry
is ``derived`` (state and kind are known, the agency is not), and neither ever counts as harmless. Federal marks are looked at
first, so that no federal body is taken for a local one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date

from rapidfuzz import fuzz, process

from plateward.core.agency import AgencyStatus, Component, Registry
from plateward.registry.federal import FederalName
from plateward.registry.forms import Form
from plateward.registry.index import Entry, Index, alias_key, index
from plateward.registry.names import ParsedName, normal, parse, without_initials
from plateward.registry.places import places
from plateward.registry.resolution import KINDS, Resolution, Status, by_form, no_agency, open_resolution
from plateward.registry.states import ABBREVIATIONS, NEW_YORK_CITY, STATES
from plateward.registry.tables import COMPILED, load
from plateward.registry.variants import bare, same_frame, variants, with_state

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
        found = self._exact_alias(parsed, day) or self._federal(parsed, context_state, day)
        if found is None:
            found = self._not_an_agency(parsed) or self._foreign(parsed)
        if found is None:
            found = self._nearly_federal(parsed, self._local(with_state(parsed, context_state), day))
        flags = tuple(sorted({*found.flags, *parsed.flags}))
        return replace(found, name=name, flags=flags)

    # -- who is certainly meant -----------------------------------------------------------------------------------

    def _exact_alias(self, parsed: ParsedName, day: date) -> Resolution | None:
        """A name or alias of the tables, with or without its state behind it. Federal phrases are not among them."""
        text = alias_key(parsed.whole)
        tries = [text, alias_key(without_initials(parsed.whole))]
        whole = frozenset(
            tries
        )  # what the tables hold to the letter is meant, whatever state its initials spell: SD LECC
        if parsed.state:
            code = parsed.state.lower()
            tries += [
                text.removesuffix(f" {code}"),
                text.removeprefix(f"{code} "),
                text.removesuffix(f" {STATES[parsed.state]}"),
            ]
            tries += [text.replace(f" {code} ", " ", 1), text.replace(f" {code} ", f" {STATES[parsed.state]} ", 1)]
            if parsed.form is Form.STATE:
                tries += [
                    f"{STATES[parsed.state]} {parsed.body}",
                    f"{STATES[parsed.state]} department of {parsed.body}",
                ]
        first, _, behind = text.partition(" ")
        if behind and (old := ABBREVIATIONS.get(first)) is not None:
            tries.append(f"{STATES[old]} {behind}")  # Mich. State Police
        tries += [re.sub(r"\bstate pd$", "state police", attempt) for attempt in tries]
        tries += [re.sub(r"(?<!state )\bpolice$", "pd", attempt) for attempt in tries]
        for attempt in dict.fromkeys(tries):
            entries = [
                entry for entry in self.index.aliases.get(attempt, ())
                if entry.state is None or parsed.state in {None, entry.state} or attempt in whole
            ]  # fmt: skip
            if len(entries) == 1:
                return self._agency(
                    parsed.text, entries[0].agency, 1.0, "a name the registry holds for this agency", day
                )
        return self._unit(parsed, text, day)

    def _unit(self, parsed: ParsedName, text: str, day: date) -> Resolution | None:
        """A unit of an agency that is known by its initials: LAPD Sherman Oaks."""
        initials = parsed.whole.split(" ", 1)[0]
        entries = self.index.aliases.get(text.split(" ", 1)[0], ()) if text else ()
        if (
            parsed.form is not Form.NONE
            or len(initials) < 4
            or not initials.isalpha()
            or not initials.isupper()
            or len(entries) != 1
        ):
            return None
        if entries[0].state is None or parsed.state not in {None, entries[0].state} or parsed.whole.isupper():
            return None
        found = self._agency(
            parsed.text, entries[0].agency, 0.85, f"the name begins with {initials}, which stands for this agency", day
        )
        return replace(found, flags=(*found.flags, "unit"))

    def _federal(self, parsed: ParsedName, context_state: str | None, day: date) -> Resolution | None:
        state = parsed.state or (context_state.upper() if context_state else None)
        marks = self.index.federal.match(parsed.whole, state if parsed.body.startswith("fort ") else None)
        if marks is None and "federal-label" in parsed.flags:
            marks = FederalName(None, 0.0, (), "the list itself labels it federal")
        if marks is None or (marks.agency is None and parsed.form is Form.STATE):
            return None
        if marks.agency is None:
            return self._suspicious(parsed, marks)
        why = "the name bears a federal body's name"
        flags: tuple[str, ...] = (*(("mixed-name",) if marks.mixed else ()), *(("spelling",) if marks.note else ()))
        if marks.note:
            why += f": {marks.note}"
        if marks.mixed:
            why += " beside a local agency's; whoever uses the account can be the federal body"
        if marks.agency == "us-dhs":
            flags += ("may-include:immigration-enforcement",)
        found = self._agency(parsed.text, marks.agency, marks.confidence, why, day)
        if parsed.state:
            flags += (f"names-state:{parsed.state}",)
        return replace(found, candidates=marks.others, flags=(*found.flags, *flags))

    def _suspicious(self, parsed: ParsedName, marks: FederalName) -> Resolution:
        if marks.note == "hot-list-name":
            why = "this is the name of a hot list, not of an agency; whoever carries it is named beside it"
        else:
            why = f"{marks.note}, but no federal body of the registry fits; it is not taken for a local agency"
        near = self.index.federal.nearest(normal(parsed.whole))
        candidates = marks.others or ((near,) if near else ())
        labelled = "federal-label" in parsed.flags
        flags = ("hot-list-name",) if marks.note == "hot-list-name" else ("federal-mark",)
        components = (Component.FEDERAL, Component.UNKNOWN) if labelled else (Component.UNKNOWN,)
        return Resolution(
            parsed.text, None, 0.3 if labelled else 0.0, Status.UNKNOWN, why,
            components=components, candidates=candidates, flags=flags,
        )  # fmt: skip

    def _nearly_federal(self, parsed: ParsedName, found: Resolution) -> Resolution:
        """``found``, unless it names no agency and the name is a misspelt or cut-off federal one."""
        local = found.status is Status.DERIVED and (parsed.form is Form.STATE or found.confidence > 0.5)
        if found.agency is not None or found.status is Status.AMBIGUOUS or local:
            return found
        near = self.index.federal.nearest(normal(parsed.whole))
        if near is None:
            return found
        return self._suspicious(parsed, FederalName(None, 0.0, (near,), "the name resembles a federal body's"))

    def _foreign(self, parsed: ParsedName) -> Resolution | None:
        """Bodies of other countries that the tables do not hold."""
        if not _FOREIGN.search(parsed.whole):
            return None
        why = "a body of another country by its name, but the registry holds no such agency"
        components = (Component.FOREIGN, Component.UNKNOWN)
        return Resolution(
            parsed.text, None, 0.5, Status.DERIVED, why, kind=KINDS.get(parsed.form), components=components
        )

    def _not_an_agency(self, parsed: ParsedName) -> Resolution | None:
        """Test, demonstration and vendor accounts, and entries that are only an administrator's note."""
        text = normal(parsed.whole)
        if text.startswith(_VENDOR_ACCOUNT):
            found = self._agency(parsed.text, "flock-safety", 0.95, "an account of the vendor itself", COMPILED)
            return replace(found, flags=("vendor-account",))
        nothing = not parsed.body or parsed.body in _NO_NAMES or (parsed.body.isdigit() and bool(parsed.flags))
        if nothing and (parsed.form is Form.NONE or (parsed.form is Form.POLICE and (parsed.flags or parsed.body))):
            return no_agency(parsed, "an administrator's note or a test entry, no agency's name")
        if "test" in parsed.flags and (parsed.state is None or parsed.form in {Form.NONE, Form.STATE}):
            return no_agency(parsed, "a test, demonstration or training account")
        return None

    # -- local agencies -------------------------------------------------------------------------------------------

    def _local(self, parsed: ParsedName, day: date) -> Resolution:
        entries = self._entries(parsed)
        if parsed.state is None and parsed.states and len(parsed.states) > 1:
            return open_resolution(
                parsed, Status.AMBIGUOUS, f"the name contradicts itself: {' or '.join(parsed.states)}", _ids(entries)
            )
        if parsed.state is not None:
            return self._in_state(parsed, [entry for entry in entries if entry.state == parsed.state], day)
        return self._without_state(parsed, entries, day)

    def _entries(self, parsed: ParsedName) -> list[Entry]:
        """The agencies of the name's form that bear its body or one that lists write for it."""
        found: list[Entry] = []
        for form, body in variants(parsed):
            found += [
                entry for entry in self.index.bodies.get((form, body), ()) if self._same_county(entry, parsed.county)
            ]
            if found and (parsed.state is None or any(entry.state == parsed.state for entry in found)):
                break
        return list(dict.fromkeys(found))

    def _same_county(self, entry: Entry, county: str | None) -> bool:
        known = entry.county or normal(self.registry.agencies[entry.agency].county or "")
        return county is None or not known or known == county

    def _in_state(self, parsed: ParsedName, entries: list[Entry], day: date) -> Resolution:
        exact = [entry for entry in entries if entry.county == parsed.county] or entries
        if len(exact) == 1:
            return self._agency(
                parsed.text, exact[0].agency, 1.0, "name, kind and state fit one agency of the registry", day
            )
        if exact:
            return open_resolution(
                parsed, Status.AMBIGUOUS, f"{parsed.state} has several agencies of this name", _ids(exact)
            )
        return self._misspelt(parsed, day) or self._derived(parsed)

    def _misspelt(self, parsed: ParsedName, day: date) -> Resolution | None:
        """One agency of the same form and state whose name differs by a slip, clearly nearer than any other and no other place."""
        state = parsed.state
        if state is None or len(parsed.body) < 6 or parsed.form is Form.NONE or places().has(bare(parsed.body), state):
            return None
        near = process.extract(
            parsed.body,
            self.index.in_state.get((parsed.form, state), ()),
            scorer=fuzz.ratio,
            limit=2,
            score_cutoff=_SPELLING_SCORE - 25,
        )
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
        if len(entries) != 1 or not self._same_county(entries[0], parsed.county):
            return None
        why = f"read as {best!r}: " + ("cut off" if cut_off else "a slip of spelling, and no other name is near")
        found = self._agency(parsed.text, entries[0].agency, 0.8 if cut_off else round(score / 125, 2), why, day)
        return replace(found, flags=(*found.flags, "truncated" if cut_off else "spelling"))

    def _derived(self, parsed: ParsedName) -> Resolution:
        if parsed.form is Form.NONE or not parsed.body:
            return open_resolution(
                parsed,
                Status.UNKNOWN,
                f"the name does not say who it is; only the state, {parsed.state}, is known",
                (),
            )
        state = parsed.state or ""
        known_place = places().has(bare(parsed.body), state)
        why = f"a {KINDS[parsed.form].replace('-', ' ')} in {state} by its name, but the registry holds no such agency"
        flags = () if known_place or parsed.form is not Form.POLICE else ("place-not-known",)
        return Resolution(
            parsed.text, None, 0.6 if known_place else 0.4, Status.DERIVED, why, state=parsed.state, kind=KINDS[parsed.form],
            components=(*by_form(parsed.form), Component.UNKNOWN), flags=flags, place=bare(parsed.body), county=parsed.county,
        )  # fmt: skip

    def _without_state(self, parsed: ParsedName, entries: list[Entry], day: date) -> Resolution:
        """A name that gives no state means an agency only where the whole country has one place of that name."""
        states = {entry.state for entry in entries if entry.state}
        held = len(states)
        states.update(self._states_with(parsed))
        if parsed.states == ("LA",):
            entries = list(self._los_angeles(parsed.form))
        if parsed.states and (len(states) != 1 or parsed.states != ("CO",)):
            return open_resolution(
                parsed,
                Status.AMBIGUOUS,
                _DOUBT.get(parsed.states[0], "the name does not say which state is meant"),
                _ids(entries),
            )
        if parsed.body in STATES.values():
            return open_resolution(
                parsed, Status.AMBIGUOUS, "a state's name, or a place of that name in another state", _ids(entries)
            )
        if len(entries) == 1 and (len(states) == 1 or entries[0].state is None):
            return self._agency(
                parsed.text, entries[0].agency, 0.9, "no state given, but the country has one agency of this name", day
            )
        principal = places().principal.get(parsed.body) if parsed.form is Form.POLICE else None
        if held == 1 and len(entries) == 1 and principal == entries[0].state:
            found = self._agency(
                parsed.text, entries[0].agency, 0.8, "no state given; by far the largest place of this name", day
            )
            return replace(found, flags=(*found.flags, "largest-of-the-name"))
        if len(states) > 1:
            return open_resolution(
                parsed,
                Status.AMBIGUOUS,
                f"no state given; {', '.join(sorted(states))} each have one of this name",
                _ids(entries),
            )
        if len(states) == 1 and parsed.form is not Form.NONE:
            return replace(self._derived(replace(parsed, state=states.pop(), states=())), confidence=0.4)
        return open_resolution(
            parsed,
            Status.UNKNOWN,
            "the registry knows no agency of this name, and the name gives no state",
            _ids(entries),
        )

    def _los_angeles(self, form: Form) -> tuple[Entry, ...]:
        return self.index.bodies.get((form, "los angeles" if form is Form.POLICE else "los angeles county"), ())

    def _states_with(self, parsed: ParsedName) -> tuple[str, ...]:
        """The states that have the place or county a name without a state begins with."""
        if parsed.form in {Form.POLICE, Form.GOVERNMENT}:
            return places().states.get(bare(parsed.body), ())
        county = re.match(r"^(.+? (?:county|parish))\b", parsed.body)
        if county and parsed.form is not Form.SHERIFF:
            sheriffs = self.index.bodies.get((Form.SHERIFF, county.group(1)), ())
            boroughs = ("NY",) if county.group(1) in NEW_YORK_CITY else ()
            return (*boroughs, *(entry.state for entry in sheriffs if entry.state))
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


def _ids(entries: list[Entry]) -> tuple[str, ...]:
    return tuple(entry.agency for entry in entries)


_FOREIGN = re.compile(
    r"\b(?:canada|royal canadian|provincial police|gendarmerie|polic[ií]a (?:federal|estatal|municipal)|guardia nacional"
    r"|interpol|europol)\b",
    re.I,
)
_NO_NAMES = frozenset({"null", "none", "old", "z", "lz", "n a", "example", "sample", "1234"})
_DOUBT = {
    "LA": "'LA' may be Louisiana or Los Angeles",
    "CO": "'CO' may be Colorado or stand for county",
}
