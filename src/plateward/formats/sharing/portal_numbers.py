"""Numbers as portals write them: counts ("310,556", "310.556", "1.3 million") and retention ("30 days", "one year").

A number that can be read in two ways is none: it is left out with the reason, so that nothing is compared with a guess.
"""

from __future__ import annotations

import re

_SCALES = {"k": 1_000, "thousand": 1_000, "m": 1_000_000, "million": 1_000_000, "mil": 1_000, "millones": 1_000_000}
_COUNT = re.compile(
    r"(?<![\w.,])(?:(?P<grouped>\d{1,3}(?P<mark>[,.'’\u00a0\u202f ])\d{3}(?:(?P=mark)\d{3})*)"
    r"|(?P<plain>\d+)(?:[.,](?P<part>\d{1,2}))?)(?:\s*(?P<scale>k|m|thousand|million|mil|millones)\b)?(?!\d)",
    re.IGNORECASE,
)
_UNITS = {
    "day": 1.0,
    "week": 7.0,
    "hour": 1 / 24,
    "minute": 1 / 1440,
    "día": 1.0,
    "dia": 1.0,
    "semana": 7.0,
    "hora": 1 / 24,
}
_MONTHS = {1: 30, 2: 61, 3: 91, 6: 183, 9: 274, 12: 365, 18: 548, 24: 730}
_WORDS = {
    "a": 1, "one": 1, "un": 1, "una": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "twelve": 12, "thirty": 30, "sixty": 60, "ninety": 90,
}  # fmt: skip
_SPAN = re.compile(
    rf"\b(?P<number>\d[\d,]*|{'|'.join(_WORDS)})(?:\.0+)?\s*(?:\((?P<again>\d+)\)\s*)?[ -]?"
    r"(?P<unit>day|week|month|year|hour|minute|día|dia|semana|mes|año|hora|minuto)(?:e?s)?\b",
    re.IGNORECASE,
)
_RANGE = re.compile(r"\d\s*(?:-|–|to|or)\s*\d")
_YEAR = re.compile(r"\b(?:19|20)\d\d\b(?!\s*(?:day|hour|minute))", re.IGNORECASE)


def count(text: str) -> tuple[int | None, str]:
    """The count a field states, or None; and why there is none, where the text has numbers."""
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    for line in lines:
        found = _COUNT.fullmatch(line.rstrip("+*").strip())
        if found:
            return _value(found)
    numbers = [found for line in lines for found in _COUNT.finditer(line)]
    if len(lines) == 1 and len(numbers) == 1 and not _RANGE.search(lines[0]):
        return _value(numbers[0])
    return None, "holds several numbers: which is the count, nobody can tell" if numbers else ""


def _value(found: re.Match[str]) -> tuple[int | None, str]:
    scale = _SCALES[found["scale"].lower()] if found["scale"] else 1
    if found["grouped"]:
        if found["scale"] and found["mark"] in ".,":
            return None, "can be read in two ways"
        return int(re.sub(r"\D", "", found["grouped"])) * scale, ""
    if found["part"]:
        if scale == 1 and int(found["part"]):
            return None, "is no whole number"
        return round(float(f"{found['plain']}.{found['part']}") * scale), ""
    return int(found["plain"]) * scale, ""


def days(text: str) -> tuple[int | None, str]:
    """The retention a field states in whole days, or None; and why there is none, where the text has words.

    A number alone is days, as the heading says; a month is 30 days, six are 183, a year is 365.
    """
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    for line in lines:
        if found := re.fullmatch(r"(\d[\d,]*)(?:\.0+)?", line):
            return int(found[1].replace(",", "")), ""
    spans = {_days(found) for line in lines for found in _SPAN.finditer(line)}
    if len(spans) == 1 and not any(_RANGE.search(line) for line in lines):
        (span,) = spans
        return (round(span), "") if span >= 1 else (None, "is shorter than a day: it is not compared with a law")
    if spans:
        return None, "states several times: which is kept how long, nobody can tell"
    numbers = {found[0] for line in lines for found in re.finditer(r"\d[\d,]*", _YEAR.sub(" ", line))}
    if len(lines) == 1 and len(numbers) == 1 and not re.search(r"[a-z]{3}", _YEAR.sub(" ", lines[0]), re.IGNORECASE):
        return int(numbers.pop().replace(",", "")), ""
    return None, "states no number of days" if lines else ""


def _days(found: re.Match[str]) -> float:
    written = found["again"] or found["number"].replace(",", "").lower()
    number = int(written) if written.isdecimal() else _WORDS[written]
    unit = found["unit"].lower()
    if unit in ("month", "mes"):
        return float(_MONTHS.get(number, round(number * 30.44)))
    if unit in ("year", "año"):
        return 365.0 * number
    return number * _UNITS.get(unit, 1 / 1440)
