"""What is printed on and near plates (``regions.toml``): words that name regions, marks that are no plate, shapes of serials."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

from rapidfuzz import fuzz


@dataclass(frozen=True, slots=True)
class Regions:
    """The file, ready for asking. ``shapes`` maps a region (ISO 3166-2 or country) to its serials' shapes ("9AAA999"),
    ``telling`` the shapes that one region of its country alone writes to that region."""

    words: dict[str, str]
    shapes: dict[str, frozenset[str]]
    all_shapes: frozenset[str]
    telling: dict[str, str]
    marks: frozenset[str]
    badges: re.Pattern[str]
    overlays: re.Pattern[str]


@lru_cache(maxsize=1)
def known() -> Regions:
    """Read the data file once."""
    data = tomllib.loads(resources.files("plateward.reader").joinpath("regions.toml").read_text(encoding="utf-8"))
    marks = data.pop("marks")
    words = {letters(word): code for code, region in data.items() for word in region.get("words", ())}
    shapes = {code: frozenset(region.get("shapes", ())) for code, region in data.items()}
    return Regions(
        words=words,
        shapes=shapes,
        all_shapes=frozenset().union(*shapes.values()),
        telling={form: code for code, region in data.items() for form in region.get("telling", ())},
        marks=frozenset(letters(word) for word in marks["words"]),
        badges=re.compile("|".join(marks["badges"])),
        overlays=re.compile("|".join(marks["overlays"])),
    )


def letters(text: str) -> str:
    """Upper-case letters and digits of ``text``, nothing else."""
    return "".join(c for c in text.upper() if c.isascii() and c.isalnum())


def shape(text: str) -> str:
    """ "7ABC123" -> "9AAA999"."""
    return "".join("9" if c.isdigit() else "A" for c in text)


def word_region(text: str) -> str | None:
    """The region that a printed word or slogan names ("CALIFORN1A" -> "US-CA"), allowing for small misreadings."""
    plain = letters(text)
    if len(plain) < 4:
        return None
    best = _closest(plain, known().words)
    return known().words[best] if best else None


def is_mark(text: str) -> bool:
    """Whether ``text`` is a maker's name, a model, a region's name or slogan, or a word on a sign, rather than a number."""
    plain = letters(text)
    regions = known()
    if regions.badges.fullmatch(plain) or plain in regions.marks:
        return True
    return word_region(plain) is not None or (len(plain) >= 5 and _closest(plain, regions.marks) is not None)


_CLOCK = re.compile(
    r"\d{1,2}[:.]\d{2}[:.]\d{2}|\d{1,2}:\d{2}\b|\b(19|20)\d{2}[-/.年]?[01]\d|[0-3]?\d[-/.][01]?\d[-/.](19|20)\d{2}"
)


def is_overlay(raw: str) -> bool:
    """Whether ``raw`` (with its marks) is what a camera writes into its picture: a date, a clock, "CAM01", a speed, an address."""
    if (
        _CLOCK.search(raw)
        or _PHONE.search(raw)
        or _ADDRESS.search(raw)
        or re.search(r"www|\.com|\.net|\.org|@|°", raw, re.IGNORECASE)
    ):
        return True
    return known().overlays.fullmatch(letters(raw)) is not None


_PHONE = re.compile(r"\d{3}[-. )]{1,2}\d{3}[-. ]\d{4}")
_ADDRESS = re.compile(r"\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}|\d{2,3}\.\d{4}")


def _closest(plain: str, words: Iterable[str]) -> str | None:
    # Whole words of five letters and more survive one misread letter in five; shorter ones must be exact.
    best, best_score = None, 0.0
    for word in words:
        if plain == word:
            return word
        if len(word) < 5 or abs(len(word) - len(plain)) > 2:
            continue
        score = fuzz.ratio(plain, word)
        if score > max(best_score, 78.0):
            best, best_score = word, score
    return best
