"""What the columns of a search log are called: by the spellings seen, or, where none is known, by likeness."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from plateward.formats.audits.clock import IN_BRACKETS, day_and_clock
from plateward.formats.spreadsheets import Table, columns, plain

SPELLINGS: Mapping[str, tuple[str, ...]] = {
    "id": ("id", "search id", "audit id", "event id", "record id"),
    "user": ("name", "user", "user name", "username", "user id", "userid", "searched by", "officer", "employee", "performed by",
             "email", "user email", "searcher"),
    "organisation": ("org name", "organization", "organization name", "organisation", "agency", "agency name", "slug",
                     "searching agency", "requesting agency", "user agency"),
    "networks": ("total networks searched", "networks searched", "network count", "networkcount", "networks", "total networks"),
    "devices": ("total devices searched", "devices searched", "device count", "total devices", "cameras searched"),
    "time_frame": ("time frame", "timeframe", "date range", "search range"),
    "begins": ("time frame start", "start", "start time", "search start", "from", "date from", "begin"),
    "ends": ("time frame end", "end", "end time", "search end", "to", "date to"),
    "plate": ("license plate", "licence plate", "plate", "plate number", "license plate number", "lp", "plate searched",
              "query plate", "searched plate", "query"),
    "reason": ("reason", "search reason", "purpose", "justification", "reason for search", "query reason"),
    "case": ("case #", "case number", "casenumber", "case no", "case", "case id", "incident number", "incident #"),
    "offence": ("offense type", "offence type", "offense", "offence", "crime type", "nibrs offense"),
    "at": ("search time", "search date/time", "searchdate", "search date", "date/time", "timestamp", "date", "time", "query time",
           "searched at", "audit date", "created at"),
    "clock": ("search clock",),
    "search_type": ("search type", "type", "searchtype", "query type"),
    "moderation": ("moderation", "moderation result"),
    "filters": ("filters", "filter", "text prompt", "prompt"),
    "on_behalf_of": ("on behalf of", "requested by agency", "requesting party", "assist agency"),
    "session": ("session", "session id"),
    "address": ("ip", "ip address", "device", "device id", "workstation", "address"),
}  # fmt: skip
KNOWN = {plain(spelling): name for name, spellings in SPELLINGS.items() for spelling in spellings}

_LIKE: Mapping[str, re.Pattern[str]] = {
    name: re.compile(pattern, re.IGNORECASE)
    for name, pattern in (
        ("at", r"^(?:search|query|audit|event|log|access)?\W*(?:date|time|day)(?:\W+(?:and|of|&))?"
               r"\W*(?:time|search|query|access)?\b|time ?stamp"),
        ("user", r"\b(?:officer|user|employee|operator|analyst|investigator|searched by)\b"),
        ("plate", r"\b(?:licen[cs]e )?plate\b|\btag\b"), ("reason", r"\b(?:reason|justification|purpose)\b"),
        ("case", r"\b(?:case|incident|cad|report|rd)\b.{0,10}(?:#|no\b|num|id\b)|^(?:case|incident)$"),
        ("organisation", r"\b(?:agency|department|organi[sz]ation)\b"),
        ("networks", r"\bnetworks?\b.{0,12}\b(?:count|number|searched)\b"),
        ("offence", r"\b(?:offen[sc]e|crime)\b"),
    )
}  # fmt: skip
"""How headings that are not known say what they hold, for fields that no known heading names."""

_CALLED = {"at": "time of the search", "case": "case number", "networks": "number of networks"}


def fields_of(
    heading: tuple[str, ...], mapping: Mapping[str, str] | None, name: str
) -> tuple[dict[str, int], list[str]]:
    """The column of each field, and notes: on those told by likeness, those that stand twice, those that are not read.

    What is in brackets is no part of a heading. Raises BadInput for a mapping that names no column of the table.
    """
    found = columns(heading, KNOWN, mapping, name)
    bare = tuple(IN_BRACKETS.sub(" ", cell) for cell in heading)
    for field_name, index in columns(bare, KNOWN, None, name).items():
        if index not in found.values():
            found.setdefault(field_name, index)
    apart = day_and_clock(heading, found.get("at")) if "at" not in (mapping or {}) else None
    if apart is not None:
        found |= {"at": apart[0], "clock": apart[1]}
    notes: list[str] = []
    if found and plain(heading[0]) != "":
        for field_name, pattern in _LIKE.items():
            like = [index for index, cell in enumerate(bare) if pattern.search(cell) and index not in found.values()]
            if field_name not in found and len(like) == 1:
                found[field_name] = like[0]
                notes.append(f"The column “{heading[like[0]]}” is taken for the {_CALLED.get(field_name, field_name)}.")
    return found, notes + list(_left(heading, found))


def _left(heading: tuple[str, ...], found: Mapping[str, int]) -> Iterator[str]:
    """What of a heading is not read."""
    spelled = [plain(cell) for cell in heading]
    twice = {heading[i] for i in found.values() if spelled.count(spelled[i]) > 1 and spelled.index(spelled[i]) == i}
    for cell in sorted(twice):
        yield f"The heading “{cell}” stands {spelled.count(plain(cell))} times: the first of these columns is read."
    left = [cell.strip() for index, cell in enumerate(heading) if cell.strip() and index not in found.values()]
    left = [cell for cell in left if cell not in {one.strip() for one in twice}]
    if found and left:
        yield f"Not read: the columns {', '.join(left)[:300]}."


def in_two_lines(table: Table) -> Table:
    """A heading that is broken over two lines ("License" over "Plate") as one, where that makes more of it known."""
    first = next(table.rows, None)
    if first is None:
        return table
    line, cells = first
    together = tuple(
        f"{top.strip()} {below.strip()}".strip()
        for top, below in itertools.zip_longest(table.heading, cells, fillvalue="")
    )
    words = [cell.strip() for cell in cells if cell.strip()]
    heads = bool(words) and not any(char.isdigit() for cell in words for char in cell)
    if heads and len(_known(together)) > len(_known(table.heading)) and len(_known(together)) >= len(words):
        return replace(table, heading=together, heading_line=line)
    return replace(table, rows=itertools.chain([first], table.rows))


def _known(heading: Sequence[str]) -> set[str]:
    return {KNOWN[plain(cell)] for cell in heading if plain(cell) in KNOWN}
