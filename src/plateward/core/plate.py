"""Plate text: how it is written down, and how people look for it.

A plate is stored normalised: upper case, letters and digits only (``8xyz-123`` is ``8XYZ123``). A ``PlatePattern`` is what a
person types to find one: ``?`` stands for one character, ``*`` for any run of characters, none included.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from plateward.core.errors import BadInput

MAX_LENGTH = 16
"""No plate in use is longer; UK, German and vanity plates have at most 8, personalised trade plates 12."""

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"

LOOK_ALIKE_CLASSES = ("0OQD", "1IL", "2Z", "5S", "6G", "8B")
"""Characters that readers and people confuse; the first of each class stands for all of it."""

_LOOK_ALIKE = str.maketrans({other: group[0] for group in LOOK_ALIKE_CLASSES for other in group[1:]})


def normalise(text: str) -> str:
    """``text`` as a plate is stored: compatibility forms folded, upper case, letters and digits only.

    Raises BadInput when nothing is left or more than ``MAX_LENGTH`` characters are.
    """
    kept = "".join(ch for ch in unicodedata.normalize("NFKC", text).upper() if ch.isalnum())
    if not kept:
        raise BadInput("a plate needs at least one letter or digit", where="plate")
    if len(kept) > MAX_LENGTH:
        raise BadInput(f"a plate has at most {MAX_LENGTH} letters and digits, this has {len(kept)}", where="plate")
    return kept


def look_alike(text: str) -> str:
    """The look-alike class of ``text``: two plates that could be mistaken for each other have the same one."""
    return text.translate(_LOOK_ALIKE)


def position_tokens(text: str) -> tuple[str, ...]:
    """What the dictionary indexes of a plate: its length, each character counted from the front, and from the back."""
    last = len(text) - 1
    front = (f"{i}{ch}" for i, ch in enumerate(text))
    back = (f"-{last - i}{ch}" for i, ch in enumerate(text))
    return (f"#{len(text)}", *front, *back)


def one_edit(text: str) -> frozenset[str]:
    """Every plate that one substitution, insertion, deletion or swap of neighbours turns ``text`` into, and ``text`` itself.

    About 75 for each character of the plate: fewer than an index probes in a few milliseconds.
    """
    found = {text}
    for i in range(len(text) + 1):
        head, tail = text[:i], text[i:]
        found.update(head + ch + tail for ch in ALPHABET)
        if tail:
            found.update(head + ch + tail[1:] for ch in ALPHABET)
            found.add(head + tail[1:])
        if len(tail) > 1:
            found.add(head + tail[1] + tail[0] + tail[2:])
    return frozenset(plate for plate in found if 0 < len(plate) <= MAX_LENGTH)


def mask(text: str) -> str:
    """A plate as the live feed shows it: enough to see that reading works, too little to follow anybody (``8•••••3``)."""
    return text if len(text) < 2 else text[0] + "•" * (len(text) - 2) + text[-1]


class Likeness(StrEnum):
    """How near a plate must be to what was typed."""

    EXACT = "exact"
    LOOK_ALIKE = "look-alike"
    ONE_EDIT = "one-edit"


@dataclass(frozen=True)
class PlatePattern:
    """What a person types to find plates, normalised; make it with ``PlatePattern.parse``."""

    text: str
    likeness: Likeness = Likeness.EXACT

    @staticmethod
    def parse(typed: str, likeness: Likeness = Likeness.EXACT) -> PlatePattern:
        """Read what was typed: letters and digits, ``?`` for one character, ``*`` for any run; spaces and dashes are ignored.

        Raises BadInput for an empty pattern, for one too long, and for one-edit together with a wildcard (it would match
        nearly everything).
        """
        folded = unicodedata.normalize("NFKC", typed).upper()
        text = re.sub(r"\*+", "*", "".join(ch for ch in folded if ch.isalnum() or ch in "?*"))
        if not text:
            raise BadInput("type a plate, with ? for one unknown character and * for any number of them", where="plate")
        if len(text.replace("*", "")) > MAX_LENGTH:
            raise BadInput(f"a plate has at most {MAX_LENGTH} letters and digits", where="plate")
        pattern = PlatePattern(text, likeness)
        if likeness is Likeness.ONE_EDIT and pattern.has_wildcards:
            raise BadInput("one-edit search needs a whole plate; with ? or * use look-alike instead", where="plate")
        return pattern

    @property
    def has_wildcards(self) -> bool:
        """Whether ``?`` or ``*`` is in it."""
        return "?" in self.text or "*" in self.text

    @property
    def fixed_characters(self) -> int:
        """How many characters are given. Fewer than four look at people nobody named: a permission of its own."""
        return sum(ch not in "?*" for ch in self.text)

    @property
    def prefix(self) -> str:
        """The characters before the first wildcard."""
        return re.split(r"[?*]", self.text, maxsplit=1)[0]

    @property
    def suffix(self) -> str:
        """The characters after the last wildcard."""
        return re.split(r"[?*]", self.text)[-1]

    @cached_property
    def tokens(self) -> tuple[str, ...]:
        """Position tokens (see ``position_tokens``) that every matching plate has."""
        front, star, rest = self.text.partition("*")
        tokens = [f"{i}{ch}" for i, ch in enumerate(front) if ch != "?"]
        if not star:
            return (f"#{len(self.text)}", *tokens)
        back = rest.rpartition("*")[2]
        tokens += [f"-{len(back) - 1 - i}{ch}" for i, ch in enumerate(back) if ch != "?"]
        return tuple(tokens)

    @cached_property
    def like(self) -> str:
        """The pattern for SQL ``LIKE`` (no character of a plate needs escaping)."""
        return self.text.replace("?", "_").replace("*", "%")

    @cached_property
    def _regex(self) -> re.Pattern[str]:
        text = look_alike(self.text) if self.likeness is Likeness.LOOK_ALIKE else self.text
        return re.compile("".join({"?": ".", "*": ".*"}.get(ch, ch) for ch in text))

    def matches(self, plate: str) -> bool:
        """Whether a normalised ``plate`` is what was looked for."""
        if self.likeness is Likeness.ONE_EDIT:
            return plate in one_edit(self.text)
        text = look_alike(plate) if self.likeness is Likeness.LOOK_ALIKE else plate
        return self._regex.fullmatch(text) is not None

    def __iter__(self) -> Iterator[str]:
        """The characters and wildcards in order."""
        return iter(self.text)
