"""Makes Agency Data Sharing Reports as PDF, in the layouts that the generator and its older versions use."""

from __future__ import annotations

import textwrap
import zlib
from dataclasses import dataclass, field


@dataclass
class Text:
    x: float
    top: float
    size: float
    text: str


@dataclass
class Layout:
    """How a report looks. ``columns`` of the grid, ``wrap`` characters to a line, ``leading`` and ``padding`` in font sizes."""

    columns: int = 2
    wrap: int = 36
    size: float = 11
    leading: float = 1.5
    padding: float = 1.0
    centred: bool = True
    title: tuple[str, ...] = ("Agency", "Data Sharing Report")
    footer: str = "Date Created: {date}   Vigilant VehicleManager Agency Data Sharing Report   Page {page} of {pages}"
    headings: dict[str, str] = field(
        default_factory=lambda: {
            "shared": "Detections Shared",
            "received": "Detections Received",
            "hot-shared": "Hot List Sharing",
            "hot-received": "Hot List Received",
        }
    )
    sentences: bool = True
    table_with_places: bool = True
    date: str = "03-02-20"


SENTENCES = {
    "shared": "The {owner} Agency is Sharing its Detection data with the following Agencies:",
    "received": "The {owner} Agency is receiving Detection data from the following Agencies:",
    "hot-shared": "The {owner} Agency is sharing Hot List records with the following Agencies:",
    "hot-received": "The {owner} Agency is receiving Shared Hot List records from the following Agencies:",
}


class Report:
    """Draws sections of entries onto pages, as (name,), (name, city, state) or (name, hot list)."""

    def __init__(self, owner: str, layout: Layout) -> None:
        self.owner, self.layout = owner, layout
        self.pages: list[list[Text]] = []
        self._new_page()

    def _new_page(self) -> None:
        self.pages.append([])
        self.y = 10.0
        for line in self.layout.title:
            self._put(300 - 5 * len(line), line, 18)
            self.y += 24
        self.y += 14

    def _put(self, x: float, text: str, size: float, top: float | None = None) -> None:
        self.pages[-1].append(Text(x, self.y if top is None else top, size, text))

    def _room(self, height: float) -> None:
        if self.y + height > 800:
            self._new_page()

    def section(self, kind: str, entries: list[tuple[str, ...]]) -> None:
        size = self.layout.size
        self._room(120)
        self._put(230, self.layout.headings[kind], 16)
        self.y += 30
        if self.layout.sentences:
            for line in textwrap.wrap(SENTENCES[kind].format(owner=self.owner), 95):
                self._put(60, line, 9.5)
                self.y += 12
            self.y += 16
        if not entries:
            self._put(280, "None", 18)
            self.y += 40
        elif kind == "received" and self.layout.table_with_places:
            self._row([("Agency", 200), ("City", 420), ("State", 535)], size + 1, centred=True)
            for name, city, state in entries:
                self._row([(name, 200), (city, 420), (state, 535)], size, centred=self.layout.centred)
        elif kind.startswith("hot"):
            self._row([("Agency:", 48), ("Hot List(s):", 354)], size + 1, centred=False)
            for name, hotlist in entries:
                self._row([(name, 67.5), (hotlist, 321.5)], size, centred=False)
        else:
            self._grid([entry[0] for entry in entries])
        self.y += 24

    def _grid(self, names: list[str]) -> None:
        width = 460 / self.layout.columns
        for start in range(0, len(names), self.layout.columns):
            row = names[start : start + self.layout.columns]
            self._row([(name, 67.5 + i * width) for i, name in enumerate(row)], self.layout.size, centred=False)

    def _row(self, cells: list[tuple[str, float]], size: float, *, centred: bool) -> None:
        wrapped = [(textwrap.wrap(text, self.layout.wrap) or [""], x) for text, x in cells]
        tallest = max(len(lines) for lines, _ in wrapped)
        leading = self.layout.leading * size
        self._room(tallest * leading + size)
        for lines, x in wrapped:
            offset = (tallest - len(lines)) * leading / 2 if centred else 0
            for index, line in enumerate(lines):
                left = x - 0.25 * size * len(line) if centred else x
                self._put(left, line, size, self.y + offset + index * leading)
        self.y += tallest * leading + self.layout.padding * size

    def pdf(self, *, compress: bool = True) -> bytes:
        for number, page in enumerate(self.pages, 1):
            text = self.layout.footer.format(date=self.layout.date, page=number, pages=len(self.pages))
            for index, part in enumerate(text.split("   ")):
                page.append(Text(6 + index * 215, 822, 9, part))
        return make_pdf(self.pages, compress=compress)


def make_pdf(pages: list[list[Text]], *, compress: bool = True) -> bytes:
    """A PDF with these texts in Helvetica."""
    objects: list[bytes] = [b"", b"", b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>"]
    kids = []
    for page in pages:
        lines = [
            f"BT /F1 {t.size} Tf {t.x:.2f} {842 - t.top - t.size * 0.9:.2f} Td ({_escaped(t.text)}) Tj ET" for t in page
        ]
        content = "\n".join(lines).encode("cp1252")
        data = zlib.compress(content) if compress else content
        extra = b"/Filter/FlateDecode" if compress else b""
        objects.append(b"<</Length %d%s>>stream\n%s\nendstream" % (len(data), extra, data))
        objects.append(
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F1 3 0 R>>>>/Contents %d 0 R>>"
            % len(objects)
        )
        kids.append(b"%d 0 R" % len(objects))
    objects[0] = b"<</Type/Catalog/Pages 2 0 R>>"
    objects[1] = b"<</Type/Pages/Kids[%s]/Count %d>>" % (b" ".join(kids), len(kids))
    return assemble(objects)


def assemble(objects: list[bytes]) -> bytes:
    """Objects numbered from 1 into a file with its table of references."""
    out, offsets = bytearray(b"%PDF-1.5\n"), []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(out)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
