"""What went wrong, in a sentence and with the next step: as JSON for programs, as a page for people."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

import msgspec

from plateward.core.errors import BadInput, Fault, NotAllowed
from plateward.core.misfit import misfit


class Problem(Exception):
    """An answer other than the one asked for. ``field`` names the input that is wrong."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        next_step: str = "",
        field: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.next_step = next_step
        self.field = field
        self.headers = dict(headers or {})

    @property
    def title(self) -> str:
        """The heading of the page that tells of it."""
        return _TITLES.get(self.status) or HTTPStatus(self.status).phrase


class ProblemAnswer(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the API answers when it cannot do what was asked.

    ``error``: a sentence. ``field``: the input that is wrong. ``next_step``: what to do.
    """

    error: str
    status: int
    field: str | None = None
    next_step: str = ""


_TITLES = {
    400: "That cannot be read",
    401: "Sign in first",
    403: "Not allowed",
    404: "Not found",
    405: "Not in this way",
    413: "Too large",
    415: "Unknown kind of content",
    421: "Wrong address",
    422: "Understood, but it cannot be done",
    429: "Too many attempts",
    500: "Something broke",
    503: "Not at the moment",
}

_MISSING = {
    "read": "Search again: what a search finds can be looked at for the rest of the day, and as long as it is kept.",
    "alert": "It may concern another agency's list; the alerts page shows yours.",
    "access": "Search again: what a search finds can be looked at for the rest of the day, by whoever searched.",
}
"""Inputs that name something which is not there, or not for this person, and what to do then."""

_WORDS = {
    404: ("There is no page at this address.", "Check the address, or start at the search page."),
    405: ("This address exists, but not for this method.", "The API page lists every address with its methods."),
}


def problem_of(error: Exception) -> Problem:
    """Any exception as a problem. What is not meant for people stays in the server's log."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, NotAllowed):
        return Problem(403, error.args[0], field=error.where)
    if isinstance(error, BadInput):
        status = 404 if error.where in _MISSING else 400
        return Problem(status, error.args[0], field=error.where, next_step=_MISSING.get(error.where or "", ""))
    if isinstance(error, msgspec.ValidationError):
        message, field = misfit(error)
        return Problem(400, message, field=field)
    if isinstance(error, (msgspec.DecodeError, UnicodeDecodeError)):
        return Problem(400, f"The body cannot be read: {error}.")
    if isinstance(error, Fault):
        return Problem(503, error.args[0], next_step=error.next_step)
    return Problem(
        500,
        "The node could not finish this. Nothing was answered, and the fault was written down.",
        next_step="Try again; if it stays, the system administrator finds the fault in the server's log.",
    )


def problem_of_status(status: int, headers: Mapping[str, str] | None = None) -> Problem:
    """The problem for a bare status, as a router finds it."""
    message, next_step = _WORDS.get(status, (HTTPStatus(status).description or HTTPStatus(status).phrase, ""))
    return Problem(status, message, next_step=next_step, headers=headers)


def as_json(problem: Problem) -> bytes:
    """The body that programs get."""
    return msgspec.json.encode(ProblemAnswer(problem.message, problem.status, problem.field, problem.next_step))
