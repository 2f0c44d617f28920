"""Plate numbers as the states issue them: mostly California's, some of its neighbours', no real one meant.

In a pattern ``9`` stands for a digit, ``A`` for a letter; letters that California leaves out to avoid mistakes (I, O, Q) are
left out everywhere. Serials that the town's stories use are never given to anybody else.
"""

from __future__ import annotations

from random import Random

from plateward.core.plate import PlatePattern

LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"
STORY_PATTERN = PlatePattern.parse("7AB?12*")
"""What the town's detectives look for; only the cars of ``stories.py`` match it."""

VISITOR_STATES = (
    ("US-NV", "999A99", 26),
    ("US-AZ", "AAA9999", 24),
    ("US-OR", "999AAA", 18),
    ("US-WA", "AAA9999", 12),
    ("US-TX", "AAA9999", 8),
    ("US-UT", "A999AA", 7),
    ("US-CO", "AAAA99", 5),
)
"""Region, pattern of the current general series (Nevada 2016, Oregon 2004, Utah 2007 and so on), how many in a hundred."""

VANITY = ("SRFNDAY", "OTTERLY", "HALFMN", "KELPIE", "TIDEPUL", "GULLIBL", "LUVSEA", "FOGGY1", "NAUTI4U", "PIERLES")

_STATES = tuple(state for state, _, _ in VISITOR_STATES)
_PATTERNS = {state: pattern for state, pattern, _ in VISITOR_STATES}
_WEIGHTS = tuple(weight for _, _, weight in VISITOR_STATES)


def _fill(pattern: str, rng: Random) -> str:
    pick = rng.random
    return "".join(
        "0123456789"[int(pick() * 10)] if ch == "9" else LETTERS[int(pick() * 23)] if ch == "A" else ch
        for ch in pattern
    )


def californian(rng: Random) -> str:
    """A passenger car's plate, ``8XYZ123``: the first digit says when it was issued, and newer cars are more."""
    while True:
        plate = rng.choices("3456789", (2, 4, 8, 12, 18, 30, 26))[0] + _fill("AAA999", rng)
        if not STORY_PATTERN.matches(plate):
            return plate


def commercial(rng: Random) -> str:
    """A truck's or van's plate, ``12345A6``, as California issues them since 2011."""
    return _fill("99999A9", rng)


def elsewhere(rng: Random) -> tuple[str, str]:
    """A visitor's plate and its region."""
    state = rng.choices(_STATES, _WEIGHTS)[0]
    return _fill(_PATTERNS[state], rng), state


def fill(region: str, rng: Random) -> str:
    """A plate of ``region``'s general series."""
    return californian(rng) if region == "US-CA" else _fill(_PATTERNS[region], rng)
