"""Telling the names of federal bodies from look-alikes.

A phrase such as ``Border Patrol`` marks a federal body wherever it stands; ``ICE`` or ``DOJ`` only where the rest of the name is a
place, a state or an office word (``ICE Box Canyon`` is none); ``National Park`` only behind a name (National Park, New Jersey,
has a police of its own). In the tables a plain alias is of the first kind, ``=`` marks the second, ``~`` the third.

A name with a federal mark that no phrase explains is *suspicious*: it is never resolved as a local agency.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from rapidfuzz import fuzz, process
from rapidfuzz.distance import Levenshtein

from plateward.registry.names import normal
from plateward.registry.states import STATES

_WORDS = re.compile(r"[A-Za-z0-9.'&]+")
_OFFICE_WORDS = frozenset({
    "office", "offices", "field", "division", "district", "sector", "region", "regional", "headquarters", "hq",
    "national", "account",
    "task", "force", "tf", "group", "sac", "asac", "rac", "unit", "team", "station", "resident", "agent", "agents",
    "in", "charge",
    "agency", "intel", "intelligence", "service", "services", "law", "enforcement", "le", "investigations",
    "investigation", "special",
    "the", "of", "and", "us", "federal", "pd", "police", "department", "operations", "command", "post", "center",
    "bureau", "dc",
    "metropolitan", "area", "county", "liaison", "program", "programme", "camp", "facility", "airport", "port",
})  # fmt: skip
_BASE_WORDS = frozenset({"us", "army", "base", "installation", "military", "garrison", "des", "federal"})
_POLICE_WORDS = frozenset({"pd", "police", "department"})
_SHARED_WITH_STATES = frozenset({"dhs", "doj", "dot", "doi", "treasury"})
"""Abbreviations that states' own departments also bear: a state beside them leaves open whose department it is."""
_BESIDE = frozenset({"ice", "hsi", "ero", "dhs", "cbp", "fbi", "dea", "atf", "usms", "homeland"})
_ANYBODYS = frozenset({
    "police", "department", "service", "services", "center", "office", "division", "national", "county", "airport", "regional",
    "special", "public", "safety", "station", "medical", "hospital", "health", "community", "officers", "system",
})  # fmt: skip
_NEAR = 86.0
_LONG = 6
"""Letters of a word that is long enough to be cut short, and to be known by when others are."""
_LOCAL_WORDS = frozenset({"pd", "police", "so", "sheriff", "sheriffs", "da", "dps"})
_HOT_LIST_WORDS = re.compile(r"\b(?:master|hot ?lists?|template|wanted|warrants)\b", re.I)
_SUSPICIOUS = frozenset({
    "immigration", "customs", "deportation", "deportations", "hsi", "cbp", "ero", "dhs", "uscis", "usbp", "hstf",
    "bortac", "usss",
    "usms", "irs", "nps", "blm", "ncis",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class FederalName:
    """What a name's federal marks say. ``agency`` is None where they are there but not explained (``suspicious``)."""

    agency: str | None
    confidence: float
    others: tuple[str, ...] = ()
    note: str = ""
    mixed: bool = False


@dataclass(frozen=True, slots=True)
class _Alias:
    agency: str
    words: tuple[str, ...]
    mark: str
    acronym: bool


@dataclass(frozen=True, slots=True)
class _Token:
    word: str
    capitals: bool


@dataclass(frozen=True, slots=True)
class FederalIndex:
    """Phrases of federal bodies by first word, their tree, and their offices by parent and place."""

    aliases: Mapping[str, tuple[_Alias, ...]]
    parent: Mapping[str, str]
    offices: Mapping[tuple[str, str], str]
    home: Mapping[str, str]
    phrases: Mapping[str, str] = field(repr=False)
    abridgeable: Mapping[str, tuple[_Alias, ...]] = field(repr=False)
    virginia: frozenset[str] = field(repr=False)

    @staticmethod
    def of(rows: Iterable[list[str]], virginia: frozenset[str]) -> FederalIndex:
        """Index the rows of federal agencies. ``virginia``: places in VA, whose names before ``VA`` are no veterans' hospital."""
        table = list(rows)
        by_first: dict[str, list[_Alias]] = {}
        parent = {cells[0]: cells[7].split("|")[0] for cells in table}
        offices: dict[tuple[str, str], str] = {}
        home = {cells[0]: cells[4].rpartition(", ")[2] for cells in table if cells[4]}
        for cells in table:
            listed = set(cells[10].split("|")) - {""}
            own = set() if {f"={cells[1]}", f"~{cells[1]}"} & listed else {cells[1]}
            for raw in own | listed:
                alias = _alias(cells[0], raw, own_name=raw not in listed)
                if alias is not None:
                    by_first.setdefault(alias.words[0], []).append(alias)
            if cells[4]:
                place = normal(cells[4].rsplit(",", 1)[0])
                offices.setdefault((parent[cells[0]], place), cells[0])
                offices.setdefault((parent[cells[0]], _named_place(cells[1])), cells[0])
        ordered = {word: tuple(sorted(found, key=lambda a: -len(a.words))) for word, found in by_first.items()}
        phrases = {
            " ".join(alias.words): alias.agency
            for found in ordered.values() for alias in found
            if len(alias.words) > 1 and not alias.mark and alias.words[0] != "fort" and len(" ".join(alias.words)) >= 12
        }  # fmt: skip
        abridgeable: dict[str, list[_Alias]] = {}
        for found in ordered.values():
            for alias in found:
                if len(alias.words) > 1 and not alias.mark and any(_tells(word) for word in alias.words):
                    abridgeable.setdefault(alias.words[0][:2], []).append(alias)
        kept = {start: tuple(every) for start, every in abridgeable.items()}
        return FederalIndex(ordered, parent, offices, home, phrases, kept, virginia)

    def match(self, name: str, state: str | None = None) -> FederalName | None:
        """What ``name`` says of a federal body, or None where it bears no federal mark.

        A state's code may stand within a phrase (``Lake Mead NV NRA``), so the name is read with and without its codes. ``state``:
        the state that the document gives for the name, which tells an Army post from a town of its name elsewhere.
        """
        tokens = _tokens(name)
        if state and not any(token.word.upper() == state for token in tokens):
            tokens.append(_Token(state.lower(), True))
        bare = [token for token in tokens if not (token.capitals and token.word.upper() in STATES)]
        found = self._found(tokens)
        without = [span for span in self._found(bare) if span[2].mark != "="]
        if _covered(without) > _covered(found):
            tokens, found = bare, without
        if not found:
            return self._abridged(tokens) or self._post_or_town(tokens) or _suspicion(tokens)
        if _HOT_LIST_WORDS.search(name) and not any(token.word in _LOCAL_WORDS for token in tokens):
            return FederalName(None, 0.0, tuple(dict.fromkeys(a.agency for _, _, a in found)), "hot-list-name")
        covered = {at for start, stop, _ in found for at in range(start, stop)}
        if tokens[-1].word in {"pd", "police"} and len(tokens) - 2 in covered:
            covered.add(len(tokens) - 1)  # lists put PD behind everything
        rest = [token.word for at, token in enumerate(tokens) if at not in covered]
        return self._choose([alias for _, _, alias in found], rest)

    def _abridged(self, tokens: list[_Token]) -> FederalName | None:
        """A phrase with words cut short or one letter wrong (``Homeland Sec Inv``, ``Homeland Securty Investigations``).

        Only phrases of several words count, one of them as it stands and long, so that nobody local comes near.
        """
        best: tuple[int, _Alias] | None = None
        for at in range(len(tokens)):
            for alias in self.abridgeable.get(tokens[at].word[:2], ()):
                words = [token.word for token in tokens[at : at + len(alias.words)]]
                if len(words) == len(alias.words) and _abridges(words, alias.words):
                    best = max(best or (0, alias), (len(words), alias), key=lambda one: one[0])
        if best is None or any(token.word in _LOCAL_WORDS - {"pd", "police"} for token in tokens):
            return None
        rest = [token.word for token in tokens if not any(_stands_for(token.word, word) for word in best[1].words)]
        chosen = self._choose([best[1]], rest)
        return FederalName(
            chosen.agency, min(chosen.confidence, 0.85), (), f"read as {' '.join(best[1].words)!r}", chosen.mixed
        )

    def _found(self, tokens: list[_Token]) -> list[tuple[int, int, _Alias]]:
        return [span for span in self._spans(tokens) if self._stands(span, tokens)]

    def _post_or_town(self, tokens: list[_Token]) -> FederalName | None:
        """``Fort Bragg PD`` without a state may be the Army's post or a town's police."""
        if tokens and tokens[0].word == "fort" and (alias := self._longest_at(tokens, 0, True)) is not None:
            rest = {token.word for token in tokens[len(alias.words) :]}
            if rest <= _BASE_WORDS | _POLICE_WORDS:
                return FederalName(None, 0.0, (alias.agency,), "an Army post bears this name, and so may a town")
        return None

    def nearest(self, text: str) -> str | None:
        """The federal body whose phrase a normalised text resembles as a whole, misspelt or cut off; None where none is near."""
        near = process.extractOne(text, self.phrases.keys(), scorer=fuzz.ratio, score_cutoff=_NEAR)
        return self.phrases[near[0]] if near else None

    def _spans(self, tokens: list[_Token]) -> list[tuple[int, int, _Alias]]:
        """The longest phrases found, left to right, not overlapping."""
        one_case = len({token.capitals for token in tokens if not token.word.isdigit()}) < 2
        spans: list[tuple[int, int, _Alias]] = []
        at = 0
        while at < len(tokens):
            alias = self._longest_at(tokens, at, one_case)
            if alias is not None:
                spans.append((at, at + len(alias.words), alias))
                at += len(alias.words)
            else:
                at += 1
        return spans

    def _longest_at(self, tokens: list[_Token], at: int, one_case: bool) -> _Alias | None:
        for alias in self.aliases.get(tokens[at].word, ()):
            stop = at + len(alias.words)
            if tuple(token.word for token in tokens[at:stop]) != alias.words:
                continue
            if alias.acronym and not tokens[at].capitals and not one_case:
                continue
            if alias.mark == "~" and (at == 0 or tokens[at - 1].word in {"the", "of"}):
                continue
            return alias
        return None

    def _stands(self, span: tuple[int, int, _Alias], tokens: list[_Token]) -> bool:
        start, stop, alias = span
        before = [token.word for token in tokens[:start]]
        after = [token.word for token in tokens[stop:]]
        if alias.words[0] == "va" and " ".join(before) in self.virginia:
            return False
        if alias.mark != "=":
            return True
        if alias.words[0] == "fort":
            rest, home = set(before + after), self.home.get(alias.agency, "").lower()
            return rest <= _BASE_WORDS | {home} or (home in rest and rest <= _BASE_WORDS | _POLICE_WORDS | {home})
        offices = {place for parent, place in self.offices if parent.startswith(alias.agency)}
        if len(alias.words) > 1 or alias.words[0] in _SHARED_WITH_STATES:
            return not before and all(word in _OFFICE_WORDS or word in offices for word in after)
        return self._explained(before, offices) and self._explained(after, offices)

    def _explained(self, words: list[str], offices: set[str]) -> bool:
        """Whether the words beside a weak phrase are only other federal names, office words, states and places of its offices."""
        left = [
            word for word in words
            if word not in _OFFICE_WORDS and word not in _BESIDE and word.upper() not in STATES and not word.isdigit()
        ]  # fmt: skip
        text = " ".join(left)
        return not text or text in offices or text in STATES.values()

    def _choose(self, found: list[_Alias], rest: list[str]) -> FederalName:
        ids = list(dict.fromkeys(alias.agency for alias in found))
        deepest = [a for a in ids if not any(b != a and a in self._line(b) for b in ids)]
        chosen = sorted(deepest, key=lambda a: (not _enforces_immigration(a), deepest.index(a)))[0]
        place = " ".join(w for w in rest if w not in _OFFICE_WORDS and w.upper() not in STATES)
        office = self.offices.get((chosen, place)) if place else None
        local = bool(place) and office is None and any(word in _LOCAL_WORDS for word in rest)
        confidence = 1.0 if not place else 0.95 if office else 0.7 if local else 0.9
        others = tuple(a for a in deepest if a != chosen)
        return FederalName(office or chosen, 0.6 if others else confidence, others, "", local)

    def _line(self, agency: str) -> list[str]:
        line = [agency]
        while parent := self.parent.get(line[-1]):
            line.append(parent)
        return line


def _abridges(words: list[str], phrase: tuple[str, ...]) -> bool:
    """Whether ``words`` are ``phrase`` with some cut short or misspelt by one letter, and at least one long word as it stands."""
    if not any(word == full and _tells(word) for word, full in zip(words, phrase, strict=True)):
        return False
    return all(_stands_for(word, full) for word, full in zip(words, phrase, strict=True))


def _tells(word: str) -> bool:
    """Whether a word is long enough to be known by, and none that any agency bears."""
    return len(word) >= _LONG and word not in _ANYBODYS


def _stands_for(word: str, full: str) -> bool:
    if word == full or (word == "pd" and full == "police"):
        return True
    if len(full) < _LONG:
        return False
    cut = len(word) >= 3 and full.startswith(word)
    return cut or (len(word) >= _LONG and word[0] == full[0] and Levenshtein.distance(word, full, score_cutoff=1) <= 1)


def _covered(found: list[tuple[int, int, _Alias]]) -> int:
    return sum(stop - start for start, stop, _ in found)


def _named_place(name: str) -> str:
    """The place an office's own name holds: san diego out of Border Patrol San Diego Sector."""
    return " ".join(
        word
        for word in normal(name).split()
        if word not in _OFFICE_WORDS and word not in _BESIDE | {"border", "patrol"}
    )


def _enforces_immigration(agency: str) -> bool:
    return agency.startswith(("us-dhs-ice", "us-dhs-cbp", "us-dhs-uscis", "us-dhs-hstf", "us-ins"))


def _alias(agency: str, raw: str, *, own_name: bool) -> _Alias | None:
    mark = raw[0] if raw[0] in "=~" else ""
    words = tuple(token.word for token in _tokens(raw.lstrip("=~")))
    if (own_name and (len(words) < 3 or words[0] in {"office", "department"})) or words[:2] == ("department", "of"):
        mark = "="
    if not words:
        return None
    plain = raw.lstrip("=~")
    return _Alias(agency, words, mark, acronym=len(words) == 1 and plain.isupper() and len(plain) <= 6)


def _tokens(text: str) -> list[_Token]:
    tokens: list[_Token] = []
    for word in _WORDS.findall(text):
        tokens.extend(_word_tokens(word))
    joined: list[_Token] = []
    for token in tokens:
        pair = (joined[-1].word, token.word) if joined else ("", "")
        if pair in {("u", "s"), ("united", "states")}:
            joined[-1] = _Token("us", True)
        else:
            joined.append(token)
    return joined


@lru_cache(maxsize=20_000)
def _word_tokens(word: str) -> tuple[_Token, ...]:
    return tuple(_Token(part, word.isupper()) for part in normal(word).split())


def _suspicion(tokens: list[_Token]) -> FederalName | None:
    words = [token.word for token in tokens]
    shouted = all(token.capitals or token.word.isdigit() for token in tokens)
    for at, token in enumerate(tokens):
        after = words[at + 1] if at + 1 < len(words) else ""
        marked = (
            (token.word in _SUSPICIOUS and (token.capitals or len(token.word) > 5))
            or (token.word == "ice" and token.capitals)
            or (token.word == "us" and token.capitals and at == 0 and not after[:1].isdigit() and not shouted)
            or (
                token.word == "federal"
                and after in {"agent", "agents", "bureau", "police", "law", "task", "government", "officers"}
            )
            or (token.word == "homeland" and after == "security")
            or (token.word == "removal" and after in {"operations", "ops"})
            or (token.word == "border" and after in {"protection", "enforcement", "security", "agents"})
        )
        if marked:
            return FederalName(None, 0.0, (), f"the word {token.word!r} may mark a federal body")
    return None
