"""PDF into pages of words, in bounded memory; a page that is a picture is read by OCR where that part is installed."""

from __future__ import annotations

import importlib.util
import io
from collections.abc import Callable
from typing import Any

from plateward.core.errors import BadInput
from plateward.formats.bounds import check_pdf, check_size
from plateward.formats.extras import part
from plateward.formats.sharing.layout import Page, Word, page_of
from plateward.formats.sharing.lists import Unread, Where

MAX_PAGES = 1000
MAX_CHARACTERS = 60_000
"""More characters than fit legibly on one page."""

_SCALE = 200 / 72
"""Scans are rendered at 200 dots an inch, at which names of 9 points are read well."""


def read_pages(
    data: bytes, name: str, progress: Callable[[int, int], None] | None = None
) -> tuple[list[Page], list[Unread]]:
    """Pages of words, and the pages that could not be read. Raises BadInput for a broken, locked or hostile file."""
    check_size(data, name)
    check_pdf(data, name)
    pdfplumber = part("pdfplumber", "review", "Reading a PDF")
    try:
        with pdfplumber.open(io.BytesIO(data)) as document:
            return _pages(document, data, name, progress)
    except BadInput:
        raise
    except Exception as error:  # the library raises what its parser, fonts and filters raise
        why = "it is locked with a password" if "assword" in repr(error) else "it may be cut off"
        raise BadInput(f"this PDF cannot be read, {why} ({type(error).__name__})", where=name) from None


def _pages(
    document: Any, data: bytes, name: str, progress: Callable[[int, int], None] | None
) -> tuple[list[Page], list[Unread]]:
    if not document.pages:
        raise BadInput("this PDF has no pages, or is cut off", where=name)
    if len(document.pages) > MAX_PAGES:
        raise BadInput(f"this PDF has more than {MAX_PAGES} pages", where=name)
    pages: list[Page] = []
    unread: list[Unread] = []
    for number, page in enumerate(document.pages, 1):
        if len(page.chars) > MAX_CHARACTERS:
            raise BadInput(f"page {number} holds {len(page.chars):,} characters, more than a page can show", where=name)
        read = _printed(page, number)
        if not read.lines and page.images:
            read = _scanned(data, number, unread)
        pages.append(read)
        page.close()
        if progress:
            progress(number, len(document.pages))
    return pages, unread


def _printed(page: Any, number: int) -> Page:
    words = (
        Word(w["text"], float(w["x0"]), float(w["x1"]), float(w["top"]), float(w["bottom"]), float(w["size"]))
        for w in page.extract_words(extra_attrs=["size"], use_text_flow=False, keep_blank_chars=False)
    )
    rules = [
        (float(edge["top"]), float(edge["x0"]), float(edge["x1"]))
        for edge in page.horizontal_edges
        if float(edge["x1"]) - float(edge["x0"]) > 30
    ]
    return page_of(number, words, rules)


def _scanned(data: bytes, number: int, unread: list[Unread]) -> Page:
    if importlib.util.find_spec("rapidocr") is None:
        unread.append(
            Unread(Where(page=number), "", "the page is a picture; to read pictures: pip install 'plateward[reader]'")
        )
        return Page(number, ())
    words = ocr_page(data, number)
    if not words:
        unread.append(Unread(Where(page=number), "", "the page is a picture in which no text was found"))
    return page_of(number, words, scanned=True)


def render(data: bytes, number: int, scale: float = 2.0) -> Any:
    """Page ``number`` (from 1) as a picture (PIL), ``scale`` times 72 dots an inch."""
    pdfium = part("pypdfium2", "review", "Showing a page of a PDF")
    document = pdfium.PdfDocument(data)
    try:
        return document[number - 1].render(scale=scale).to_pil()
    finally:
        document.close()


def ocr_page(data: bytes, number: int) -> list[Word]:
    """Words of a scanned page with the confidence of each, by RapidOCR."""
    numpy, rapidocr = part("numpy", "reader", "Reading pictures"), part("rapidocr", "reader", "Reading pictures")
    picture = render(data, number, _SCALE).convert("RGB")
    found = rapidocr.RapidOCR(params={"Global.log_level": "error"})(numpy.asarray(picture))
    if found.boxes is None:
        return []
    words = []
    for corners, text, confidence in zip(found.boxes, found.txts, found.scores, strict=True):
        x0, top = (float(corners[:, axis].min()) / _SCALE for axis in (0, 1))
        x1, bottom = (float(corners[:, axis].max()) / _SCALE for axis in (0, 1))
        words.append(Word(str(text), x0, x1, top, bottom, (bottom - top) * 0.9, float(confidence)))
    return words
