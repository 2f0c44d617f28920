"""What a reader signs when it speaks to a node, and how much it keeps of what it sees.

A signature covers what the request is for, the reader's id, its spool with a number that only rises, and the SHA-256 of the body,
so that nothing can be changed, sent again as something else, or put in another's name. Ed25519 is RFC 8032's.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from plateward.core.errors import BadInput

READS, HEALTH, FRAME = "reads", "health", "frame"
"""What a signed request is for."""

READER_HEADER, SPOOL_HEADER = "Plateward-Reader", "Plateward-Spool"
SEQUENCE_HEADER, SIGNATURE_HEADER = "Plateward-Sequence", "Plateward-Signature"

SPOOL = re.compile(r"[0-9a-f]{16}")
"""The name of a spool: each file in which reads wait numbers its deliveries apart from the others."""

MAX_SEQUENCE = 2**53 - 1

_KEEP = re.compile(r"(nothing|hits|all|minutes:([1-9][0-9]{0,3}))")


def signed_text(use: str, reader: str, spool: str, sequence: int, body: bytes) -> bytes:
    """The bytes a reader signs for one request: five lines, each ending in a newline."""
    digest = hashlib.sha256(body).hexdigest()
    return f"plateward-reader/1\n{use}\n{reader}\n{spool} {sequence}\n{digest}\n".encode()


@dataclass(frozen=True, slots=True, order=False)
class Keep:
    """What becomes of a read that matches no hot list: ``minutes`` on the reader before it is forgotten, or sent (None).

    ``hits``: 0 minutes. ``minutes:3``: held in the reader's memory for three, in case a list names it meanwhile; never sent.
    ``all``: every read is sent. ``nothing``: hits are not kept either.
    """

    minutes: int | None = 0
    nothing: bool = False

    @staticmethod
    def parse(text: str) -> Keep:
        """Read ``hits``, ``minutes:N``, ``all`` or ``nothing``. Raises BadInput."""
        found = _KEEP.fullmatch(text)
        if found is None:
            raise BadInput(f"{text!r}: write hits, minutes:3 (1 to 9999) or all", where="keep")
        if found[2]:
            return Keep(int(found[2]))
        return {"hits": Keep(), "all": Keep(None), "nothing": Keep(nothing=True)}[text]

    def at_most(self, limit: Keep) -> Keep:
        """The stricter of the two."""
        return min(self, limit, key=lambda keep: keep._width)

    @property
    def _width(self) -> float:
        return -1 if self.nothing else float("inf") if self.minutes is None else self.minutes

    @property
    def everything(self) -> bool:
        """Whether reads that match no list are sent."""
        return self.minutes is None and not self.nothing

    def __str__(self) -> str:
        if self.nothing:
            return "nothing"
        return "all" if self.minutes is None else f"minutes:{self.minutes}" if self.minutes else "hits"
