"""Which models read: made here and nowhere else, so that a better detector or recogniser has one place to come in."""

from __future__ import annotations

from plateward.reader.detect import TextDetector
from plateward.reader.read_picture import PictureReader, TextPictureReader
from plateward.reader.recognise import TextRecogniser
from plateward.reader.sessions import rapidocr_model


def open_reader(*, threads: int = 0, careful: bool = True, home: str | None = None) -> PictureReader:
    """A reader of pictures with the models that are installed; nothing is downloaded.

    ``threads`` 0 uses every core this process may use. ``careful`` looks closer at each plate and again where none was
    found: for still pictures. Frames of video come many a second and do without.
    ``home`` ("US", "US-CA") is the region the reader stands in, where known: its serials settle look-alikes.
    Raises Fault when the parts are missing.
    """
    detector = TextDetector(rapidocr_model("det"), threads=threads, keep_memory=not careful)
    recogniser = TextRecogniser(rapidocr_model("rec"), threads=threads, keep_memory=not careful)
    return TextPictureReader(detector, recogniser, careful=careful, home=home)
