"""Which models read: made here and nowhere else, so that a better detector or recogniser has one place to come in."""

from __future__ import annotations

from plateward.core.errors import BadInput
from plateward.reader.detect import TextDetector
from plateward.reader.fast_alpr import fast_alpr_reader
from plateward.reader.own import own_detector, own_names, own_recogniser
from plateward.reader.own_reader import OwnPictureReader
from plateward.reader.read_picture import PictureReader, TextPictureReader
from plateward.reader.recognise import TextRecogniser
from plateward.reader.sessions import rapidocr_model

ENGINES = ("own", "text", "fast-alpr")
"""``own``: the nets trained by this project. ``text``: the general text models of the rapidocr package, with plate rules; twenty
times slower, worse on US plates, a good second opinion. ``fast-alpr``: that package, where the user has installed it."""


def open_reader(
    *, threads: int = 0, careful: bool = True, home: str | None = None, engine: str = "own"
) -> PictureReader:
    """A reader of pictures with the models that are installed; nothing is downloaded.

    ``threads`` 0 uses every core this process may use. ``careful`` looks closer at each plate and again where none was
    found: for still pictures. Frames of video come many a second and do without.
    ``home`` ("US", "US-CA") is the region the reader stands in, where known: its serials settle look-alikes.
    ``engine``: one of ``ENGINES``.
    Raises BadInput for another engine, Fault when the parts are missing.
    """
    if engine not in ENGINES:
        raise BadInput(f"{engine!r} is no engine; there are {', '.join(ENGINES)}", where="--engine")
    if engine == "own":
        names = own_names(threads=threads) if careful else None
        return OwnPictureReader(
            own_detector(threads=threads), own_recogniser(threads=threads), names, careful=careful, home=home
        )
    if engine == "fast-alpr":
        return fast_alpr_reader(home)
    detector = TextDetector(rapidocr_model("det"), threads=threads, keep_memory=not careful)
    recogniser = TextRecogniser(rapidocr_model("rec"), threads=threads, keep_memory=not careful)
    return TextPictureReader(detector, recogniser, careful=careful, home=home)
