"""Layouts: where in a record of a hot-list file each thing stands; an agency writes one as a small TOML file."""

from __future__ import annotations

import codecs
import re
import tomllib
from typing import Annotated, Literal

import msgspec

from plateward.core.errors import BadInput
from plateward.core.hotlist import IMMIGRATION_VIOLATOR, KINDS, NCIC_CODES, concerns_immigration
from plateward.formats.hotlists.states import region_of

LARGEST = 64 * 1024
"""Bytes of a layout file."""

_At = Annotated[int, msgspec.Meta(ge=1, le=10_000)]


class Place(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a field stands, counted from 1: ``at`` and ``length`` in a fixed record, ``column`` or ``name`` in a delimited one.

    ``first``: only so many characters of it (the letter before an NIC number is the file's code).
    """

    at: _At | None = None
    length: _At | None = None
    column: _At | None = None
    name: str | None = None
    first: _At | None = None


class Fields(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The fields a hot list can use. ``vehicle`` may be several places; what they say is shown beside the reason."""

    plate: Place
    state: Place | None = None
    kind: Place | None = None
    nic: Place | None = None
    reason: Place | None = None
    case: Place | None = None
    priority: Place | None = None
    expires: Place | None = None
    vehicle: tuple[Place, ...] = ()


class Defaults(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What holds where a record says nothing. ``country``: whose state codes they are."""

    kind: str = ""
    reason: str = ""
    state: str = ""
    country: Annotated[str, msgspec.Meta(pattern="^[A-Z]{2}$")] = "US"
    priority: Annotated[int, msgspec.Meta(ge=1, le=3)] = 2


class Edge(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A record that opens or closes a file: a line that ``when`` (a pattern) fits.

    ``count``: where it says how many records there are: between opening and closing, or with these two, as ``counts`` says.
    """

    when: str
    count: Place | None = None
    counts: Literal["records", "lines"] = "records"


class Variant(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One type of record of a file that has several: lines that ``when`` (a pattern) fits, with fields or a kind of their own."""

    when: str
    fields: Fields | None = None
    kind: str = ""


class Layout(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file's layout. ``record_length``: bytes of a fixed record without line ends. ``ignore``: lines that are none.

    ``encoding``: empty for UTF-8 (or what a byte order mark says), with Windows-1252 for lines that are not. ``kinds`` and
    ``states``: what the file's codes stand for, beside those that are known. ``records``: the types of records of a file that has
    several; then one that is of none of them is an error. ``line_length``: characters of a fixed record that is a line. ``tabs``:
    how far apart tabs stand in it. ``closing``: a file without this record at its end was cut off.
    """

    layout: Literal["fixed", "delimited"]
    fields: Fields = Fields(Place())
    name: str = ""
    opening: Edge | None = None
    closing: Edge | None = None
    records: tuple[Variant, ...] = ()
    line_length: Annotated[int, msgspec.Meta(ge=1, le=65_536)] | None = None
    tabs: Annotated[int, msgspec.Meta(ge=1, le=100)] | None = None
    states: dict[str, str] = msgspec.field(default_factory=dict)
    encoding: str = ""
    delimiter: str = ","
    quote: str = '"'
    header: bool = False
    skip_lines: Annotated[int, msgspec.Meta(ge=0, le=10_000)] = 0
    record_length: Annotated[int, msgspec.Meta(ge=1, le=65_536)] | None = None
    ignore: tuple[str, ...] = ()
    dates: tuple[str, ...] = ()
    kinds: dict[str, str] = msgspec.field(default_factory=dict)
    defaults: Defaults = Defaults()


def parse_layout(text: str, where: str) -> Layout:
    """Read a layout file. Raises BadInput naming the field and what would be right."""
    if len(text) > LARGEST:
        raise BadInput("a layout file is a few lines; this one is larger than 64 KiB", where=where)
    try:
        layout = msgspec.convert(tomllib.loads(text), Layout)
    except tomllib.TOMLDecodeError as error:
        raise BadInput(f"this is not TOML: {error}", where=where) from None
    except msgspec.ValidationError as error:
        raise BadInput(str(error), where=where) from None
    if not layout.records and layout.fields == Fields(Place()):
        raise BadInput("say in [fields] where the plate stands", where=f"{where}, fields")
    for fields in {variant.fields or layout.fields: None for variant in layout.records} or (layout.fields,):
        _check_places(layout, fields, where)
    _check_words(layout, where)
    _check_patterns(layout, where)
    return layout


def _check_places(layout: Layout, fields: Fields, where: str) -> None:
    counts = [(name, edge.count) for name, edge in (("opening", layout.opening), ("closing", layout.closing)) if edge]
    for name, place in (*_places(fields), *((name, place) for name, place in counts if place is not None)):
        fixed = place.at is not None and place.length is not None
        delimited = (place.column is not None) != (place.name is not None)
        if layout.layout == "fixed" and (not fixed or place.column is not None or place.name is not None):
            raise BadInput(
                "in a fixed layout a field has at and length, as in { at = 1, length = 10 }", where=f"{where}, {name}"
            )
        if layout.layout == "delimited" and (not delimited or place.at is not None or place.length is not None):
            raise BadInput(
                "in a delimited layout a field has column (or name), as in { column = 4 }", where=f"{where}, {name}"
            )
        if place.name is not None and not layout.header:
            raise BadInput("a field by name needs header = true", where=f"{where}, {name}")
        if layout.record_length and place.at and place.length and place.at + place.length - 1 > layout.record_length:
            raise BadInput("the field ends after the record does", where=f"{where}, {name}")


def _check_words(layout: Layout, where: str) -> None:
    if len(layout.delimiter) != 1 or len(layout.quote) > 1:
        raise BadInput("the delimiter is one character, and the quote one or none", where=f"{where}, delimiter")
    try:
        codecs.lookup(layout.encoding or "utf-8")
    except LookupError:
        raise BadInput(
            f"there is no encoding {layout.encoding[:40]!r}; try cp1252, latin-1 or cp037", where=f"{where}, encoding"
        ) from None
    kinds = (*layout.kinds.items(), ("", layout.defaults.kind), *(("", variant.kind) for variant in layout.records))
    for code, kind in kinds:
        if kind and kind not in KINDS:
            raise BadInput(f"{kind[:40]!r} is no kind: choose one of {', '.join(KINDS)}", where=f"{where}, kinds")
        if kind != IMMIGRATION_VIOLATOR and NCIC_CODES.get(code) == IMMIGRATION_VIOLATOR:
            raise BadInput(
                f"in an extract of NCIC the code {code!r} is the Immigration Violator File; a layout does not rename it",
                where=f"{where}, kinds",
            )


def _check_patterns(layout: Layout, where: str) -> None:
    edges = [(name, edge.when) for name, edge in (("opening", layout.opening), ("closing", layout.closing)) if edge]
    types = [("records", variant.when) for variant in layout.records]
    for name, pattern in (*(("ignore", pattern) for pattern in layout.ignore), *edges, *types):
        try:
            re.compile(pattern)
        except re.error as error:
            raise BadInput(f"{pattern[:60]!r} is no pattern: {error}", where=f"{where}, {name}") from None
    for code, region in layout.states.items():
        if region_of(region) is None:
            raise BadInput(f"{region[:40]!r} (for {code[:20]!r}) is no state; write US-CA", where=f"{where}, states")


def _places(fields: Fields) -> list[tuple[str, Place]]:
    single = ("plate", "state", "kind", "nic", "reason", "case", "priority", "expires")
    found = [(name, getattr(fields, name)) for name in single]
    return [(name, place) for name, place in found if place is not None] + [("vehicle", p) for p in fields.vehicle]


_HEADINGS: dict[str, frozenset[str]] = {
    field: frozenset(names.split(", "))
    for field, names in {
        "plate": "plate, license plate, licence plate, licenseplate, plate number, plate no, tag, lic, license, registration, vrm",
        "state": "state, plate state, lis, license state, region, province, st",
        "kind": "kind, type, file, file code, list type, code, alert type, category, reason code, mke, message key",
        "nic": "nic, nic number, record id, ncic number",
        "reason": "reason, reason for entry, description, notes, note, remarks, comments, details, misc, offense, offence",
        "case": "case, case number, case no, case #, oca, incident, incident number, agency case number",
        "priority": "priority, severity",
        "expires": "expires, expires at, expiry, expiration, expiration date, exp date, end, end date, valid until, purge date",
        "vehicle": "make, vma, model, vmo, year, vyr, color, colour, vco, vehicle, style, vst",
    }.items()
}
"""What columns of a spreadsheet are called, in lower case with spaces."""

_LIKE = {
    "expires": re.compile(r"\bexpir|\b(?:until|thru|through|purge|valid to)\b|\bend(?:s|ing)?\b"),
    "kind": re.compile(r"\b(?:file|list|alert|hot ?list|record|hit) (?:type|code|kind|category)\b|\bfile\b"),
    "nic": re.compile(r"\bnic\b"),
}
"""Columns without which an entry would say another thing than the file does, told by likeness where none is called so."""


def from_heading(columns: list[str], delimiter: str) -> Layout | None:
    """The layout that a CSV's heading tells, or None where the first row is none (no column is called as plates are)."""
    plain = [" ".join(column.replace("_", " ").lower().split()) for column in columns]
    found: dict[str, Place] = {}
    vehicle: list[Place] = []
    for field, names in _HEADINGS.items():
        for number, column in enumerate(plain, 1):
            if column in names and field == "vehicle":
                vehicle.append(Place(column=number))
            elif column in names and field not in found and Place(column=number) not in found.values():
                found[field] = Place(column=number)
    if "plate" not in found:
        return None
    taken = {place.column for place in (*found.values(), *vehicle)}
    for field, like in _LIKE.items():
        alike = [n for n, column in enumerate(plain, 1) if like.search(column) and n not in taken]
        if field not in found and len(alike) == 1:
            found[field] = Place(column=alike[0])
            taken.add(alike[0])
    return Layout("delimited", Fields(**found, vehicle=tuple(vehicle)), delimiter=delimiter, header=True)


def left_of(layout: Layout, columns: list[str]) -> list[str]:
    """What a heading says of a file that explains itself: columns taken by likeness, and columns that are not read."""
    places = {place.column: name for name, place in _places(layout.fields)}
    plain = [" ".join(column.replace("_", " ").lower().split()) for column in columns]
    said = [
        f"the column {columns[at]!r} is taken for {places[at + 1]}"
        for at, column in enumerate(plain)
        if at + 1 in places and column not in _HEADINGS[places[at + 1]]
    ]
    left = [
        column.strip()
        for at, column in enumerate(columns)
        if column.strip()
        and at + 1 not in places
        and not concerns_immigration(plain[at])  # those are looked at for ticks
    ]
    return said + ([f"not read: the columns {', '.join(left)[:200]}"] if left else [])


def without_heading(columns: list[str], delimiter: str) -> Layout | None:
    """The layout of a CSV whose first row is an entry already: a plate, then perhaps a state; None where that cannot be seen."""
    cells = [cell.strip() for cell in columns]
    if not cells or not re.fullmatch(r"(?=.*[0-9])[A-Za-z0-9 -]{2,10}", cells[0]):
        return None
    if len(cells) == 1:
        return Layout("delimited", Fields(Place(column=1)), delimiter=delimiter)
    if len(cells) == 2 and re.fullmatch(r"[A-Za-z0]{2}", cells[1]):
        return Layout("delimited", Fields(Place(column=1), Place(column=2)), delimiter=delimiter)
    return None
