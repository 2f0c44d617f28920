"""What verifying a ledger found: numbered checks, sentences, counts, and what no ledger can prove."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

MAX_NAMED = 10
"""Problems that a sentence names one by one; the rest are counted."""

CANNOT_PROVE = (
    "That nothing was read past the program: whoever is superuser of the machine or the database can read the disk.",
    "What happened to backups, screenshots, photographs of a screen, and copies that partners keep.",
    "That what people typed is true: a reason or a case number can be a lie, told in time and kept unchanged.",
    "That nothing was changed before somebody else held a copy, a receipt or a cosignature: till then all can be written anew.",
    "That the newest entries are shown to you: a ledger can hold back what is new. Compare snapshots, and ask witnesses.",
    "That everybody is shown the same ledger, unless witnesses whom you trust have cosigned this checkpoint.",
)


_CHANGED = (
    "What is published is not what was signed: entries were changed or taken out, or the files did not arrive whole."
)
_STRANGE = "Whoever keeps this ledger has written into it what does not belong there, under its own signature."
MEANINGS = {
    1: "There is no readable statement of what the ledger holds, so nothing else can be relied upon.",
    2: "Nobody vouches for these entries: the ledger's key did not sign them.",
    3: "The witnesses that you trust do not confirm that this is the ledger which everybody else is shown.",
    4: _CHANGED, 5: _CHANGED, 6: _STRANGE,
    7: "Entries carry times that cannot be true: they were written later than they say, or earlier than they happened.",
    8: "The ledger does not begin as it should: something before its first entry was cut off, or two were joined.",
    9: "The past was changed or cut since the earlier copy was made, or that copy is of another ledger.",
    10: "The keeper once confirmed an act that this ledger does not show, or the receipt was tampered with.",
    11: "What is shown as the content of entries is not what was written down at the time, or a part was left out.",
    12: "Content that had to be kept is gone, and the ledger does not say who agreed to that.",
}  # fmt: skip
"""What a failed check means, by its number, for somebody who has never heard of a hash."""


@dataclass(frozen=True, slots=True)
class Check:
    """One numbered check and how it came out. ``problems``: everything found, each a sentence part that names a place."""

    number: int
    name: str
    ok: bool
    sentence: str
    problems: tuple[str, ...] = ()

    def data(self) -> dict[str, Any]:
        """As JSON."""
        found: dict[str, Any] = {"number": self.number, "name": self.name, "ok": self.ok, "sentence": self.sentence}
        found |= {} if self.ok else {"means": MEANINGS[self.number]}
        return found | ({"problems": list(self.problems)} if self.problems else {})


@dataclass(frozen=True, slots=True)
class Report:
    """The result. ``size`` and ``root`` are None when there is no checkpoint that can be read."""

    checks: tuple[Check, ...]
    origin: str | None = None
    size: int | None = None
    root: bytes | None = None
    key: str | None = None
    key_pinned: bool = False
    witnesses: Mapping[str, int] = field(default_factory=dict)
    events: Mapping[str, int] = field(default_factory=dict)
    bodies: Mapping[str, int] = field(default_factory=dict)
    not_tried: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether every check that was tried passed."""
        return all(check.ok for check in self.checks)

    def data(self) -> dict[str, Any]:
        """As JSON, by the contract of ``plateward ledger verify --json``."""
        return {
            "ok": self.ok,
            "origin": self.origin,
            "size": self.size,
            "root": self.root.hex() if self.root is not None else None,
            "key": self.key,
            "key_from": "given" if self.key_pinned else "the ledger itself",
            "checks": [check.data() for check in self.checks],
            "witnesses": dict(self.witnesses),
            "events": dict(self.events),
            "bodies": dict(self.bodies),
            "not_tried": list(self.not_tried),
            "cannot_prove": list(CANNOT_PROVE),
        }


def judged(number: int, name: str, good: str, problems: list[str] | tuple[str, ...], more: int = 0) -> Check:
    """A check that passed with the sentence ``good``, or failed with its first problems named and ``more`` beyond them counted."""
    if not problems:
        return Check(number, name, True, good)
    named = "; ".join(problems[:MAX_NAMED])
    left = len(problems) - MAX_NAMED + more if len(problems) > MAX_NAMED else more
    sentence = f"{named}; and {left} more." if left > 0 else f"{named}."
    if sentence.split(" ", 1)[0].isalpha():  # a path or a key's name keeps its own spelling
        sentence = sentence[:1].upper() + sentence[1:]
    return Check(number, name, False, sentence, tuple(problems[:100]))
