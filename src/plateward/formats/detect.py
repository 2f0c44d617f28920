"""Which format a file is, by its content first and its name last."""

from __future__ import annotations

import re

from plateward.core.errors import BadInput
from plateward.formats.sharing import portal, vigilant
from plateward.formats.sharing.listing import KNOWN
from plateward.formats.spreadsheets import is_workbook, plain
from plateward.formats.text import decode, delimiter_of

_PICTURES = ((b"\xff\xd8\xff", "a JPEG picture"), (b"\x89PNG", "a PNG picture"), (b"GIF8", "a GIF picture"))


def detect_sharing(data: bytes, name: str) -> str:
    """The format of a sharing file, one of ``sharing.read.FORMATS``. Raises BadInput for what cannot be one."""
    head = data[:4096]
    if b"%PDF-" in head[:1024]:
        return "vigilant-pdf"
    if is_workbook(head):
        return "table"
    for mark, what in _PICTURES:
        if head.startswith(mark):
            raise BadInput(f"this is {what}; save the report as PDF, or type the names into a text file", where=name)
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        raise BadInput("this is a document of the old Office kind: save it as .xlsx, .csv or .pdf", where=name)
    text = decode(data[: 1 << 16])
    if text.count("\x00") > 4:
        raise BadInput("this is no text, table, PDF or page", where=name)
    begins = text.lstrip("\ufeff \t\r\n")
    if begins.startswith("{\\rtf"):
        raise BadInput("this is a document of a word processor (RTF): save it as text, CSV or PDF", where=name)
    if begins.startswith(("{", "[")):
        return "portal-json"
    if re.match(r"<(?:[a-z][a-z0-9]*[\s>/]|!|\?)", begins, re.IGNORECASE):
        return "portal-html"
    if vigilant.looks_like(text) and "," not in begins.splitlines()[0]:
        return "vigilant-text"
    return _table_or_list(begins, name)


def _table_or_list(text: str, name: str) -> str:
    first = next((line for line in text.splitlines() if line.strip()), "")
    cells = [cell.strip(' "') for cell in first.split(delimiter_of(first))]
    known = [cell for cell in cells if plain(cell) in KNOWN]
    if len(cells) > 1 and (known or portal.looks_like(cells)):
        return "table"
    if len(cells) > 2 and delimiter_of(first) in "|\t":
        return "table"
    if len(cells) == 1 and known:
        return "table" if name.lower().endswith((".csv", ".tsv")) else "list"
    return "table" if name.lower().endswith((".csv", ".tsv")) else "list"
