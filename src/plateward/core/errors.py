"""Faults: what went wrong and what to do next.

Two families. ``BadInput`` is the caller's to mend (exit status 2, HTTP 400): it names file, line or field;
one of its kind, ``NotAllowed``, nobody but another person can mend.
``Fault`` is the system's (exit status 3, HTTP 500 or 503): it says the next step. A *refusal* is neither: it is a value,
``core.decision.Decision``, because refusing is the product working.
"""

from __future__ import annotations


class PlatewardError(Exception):
    """Base of all exceptions that a person may see. The message is a full sentence."""


class BadInput(PlatewardError):
    """The input cannot be used. ``where`` names the file, line or field; the message says what is wrong and what would be right."""

    def __init__(self, message: str, *, where: str | None = None) -> None:
        super().__init__(message)
        self.where = where

    def __str__(self) -> str:
        message = super().__str__()
        return f"{self.where}: {message}" if self.where else message


class NotAllowed(BadInput):
    """The input is right, and not for this person: the role, or a second person who is the first (exit status 1, HTTP 403)."""


class Fault(PlatewardError):
    """The system failed. ``next_step`` tells the person in front of it what to do."""

    def __init__(self, message: str, *, next_step: str = "") -> None:
        super().__init__(message)
        self.next_step = next_step

    def __str__(self) -> str:
        message = super().__str__()
        return f"{message} {self.next_step}" if self.next_step else message
