"""What is wrong with an input that has not the shape it must have, in words for whoever typed it.

msgspec says it for programmers ("Expected `str` of length >= 3 - at `$.source.title`"); people get the field and what would be
right.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import msgspec

_SAID: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
    (re.compile(r"Expected `str` of length >= (\d+)"), lambda m: f"write at least {_characters(int(m[1]))}"),
    (re.compile(r"Expected `str` of length <= (\d+)"), lambda m: f"write at most {_characters(int(m[1]))}"),
    (re.compile(r"Expected `array` of length >= (\d+)"), lambda m: f"give at least {m[1]}"),
    (re.compile(r"Expected `array` of length <= (\d+)"), lambda m: f"give at most {m[1]}"),
    (re.compile(r"Expected `(?:int|float)` >= (\S+)"), lambda m: f"give a number of {m[1]} or more"),
    (re.compile(r"Expected `(?:int|float)` <= (\S+)"), lambda m: f"give a number of {m[1]} or less"),
    (re.compile(r"Expected `str` matching regex"), lambda m: "this is not written as it must be"),
    (re.compile(r"Invalid RFC3339 encoded date$"), lambda m: "write a day as 2026-12-31"),
    (re.compile(r"Invalid RFC3339 encoded datetime$"), lambda m: "write a time as 2026-12-31T17:00:00-08:00"),
    (re.compile(r"Object contains unknown field `(.+)`"), lambda m: f"there is no field {m[1]!r} here"),
    (
        re.compile(r"Invalid (?:enum )?value '(.*)'"),
        lambda m: f"{m[1][:80]!r} is none of the values that this can have",
    ),
    (re.compile(r"Expected `([^`]+)`, got `([^`]+)`"), lambda m: f"this must be {_kind(m[1])}, not {_kind(m[2])}"),
)
_MISSING = re.compile(r"Object missing required field `(.+)`")
_KINDS = {
    "str": "text", "int": "a whole number", "float": "a number", "bool": "true or false", "null": "nothing", "array": "a list",
    "object": "an object with fields", "date": "a day as 2026-12-31", "datetime": "a time as 2026-12-31T17:00:00-08:00",
}  # fmt: skip


def misfit(error: msgspec.ValidationError) -> tuple[str, str | None]:
    """What is wrong, as a sentence without its stop, and the field it is wrong with ("source.date"; None: the whole)."""
    message, _, path = str(error).partition(" - at `")
    field = path.rstrip("`").removeprefix("$").lstrip(".")
    missing = _MISSING.fullmatch(message)
    if missing is not None:
        return "this is needed", f"{field}.{missing[1]}" if field else missing[1]
    for pattern, told in _SAID:
        found = pattern.match(message)
        if found is not None:
            return told(found), field or None
    return message, field or None


def _characters(count: int) -> str:
    return "one character" if count == 1 else f"{count} characters"


def _kind(name: str) -> str:
    return " or ".join(_KINDS.get(one.strip(), one.strip()) for one in name.split("|"))
