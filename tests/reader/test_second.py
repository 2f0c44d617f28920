"""Second opinions, and the adapter for those who have fast-alpr."""

from __future__ import annotations

import importlib
import sys
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from plateward.core.errors import BadInput, Fault
from plateward.reader.engine import open_reader
from plateward.reader.fast_alpr import parts_of
from plateward.reader.geometry import Image, upright
from plateward.reader.read_picture import PictureReader, Plate
from plateward.reader.recognise import EMPTY, Reading
from plateward.reader.second import DoubtingReader, SecondOpinion, around
from tests.reader.drawing import paste, plate, street
from tests.reader.test_track import reading


@dataclass
class Other:
    """Another reader, which says the same of every picture and counts how often it is asked."""

    says: Reading
    asked: int = 0

    def read(self, image: Image) -> list[Plate]:
        self.asked += 1
        return [Plate(upright(1, 1, 50, 20), self.says, self.says, None)] if len(self.says.rows) else []


def test_only_what_is_doubted_is_asked_about() -> None:
    other = Other(reading("7ABC123", 0.99))
    second = SecondOpinion(other)
    sure = reading("7ABC123", 0.99)
    assert second.ask(street(), sure) is sure
    assert other.asked == 0
    doubted = reading("7A8C123", 0.6)
    assert second.ask(street(), doubted).text == "7ABC123"
    assert other.asked == 1


def test_another_plate_in_the_picture_changes_nothing() -> None:
    doubted = reading("7A8C123", 0.6)
    assert SecondOpinion(Other(reading("XYZ9", 0.99))).ask(street(), doubted) is doubted
    assert SecondOpinion(Other(EMPTY)).ask(street(), doubted) is doubted


def test_a_doubtful_reader_of_pictures_gets_a_real_second_opinion(quick: PictureReader) -> None:
    picture = street()
    spot = paste(picture, plate("7KLM482"), 390, 380, 170)
    first = reading("7KIM482", 0.6)

    class Doubtful:
        def read(self, image: Image) -> list[Plate]:
            return [Plate(upright(*spot), first, first, None)]

    (found,) = DoubtingReader(Doubtful(), SecondOpinion(quick), "US").read(picture)
    assert found.reading.text == "7KLM482"
    assert around(picture, upright(*spot)).shape[0] <= 5 * spot[3]


def fast_alpr(text: str, confidence: object) -> ModuleType:
    """A module of the same shape as fast-alpr."""

    @dataclass
    class Box:
        x1: int
        y1: int
        x2: int
        y2: int

    @dataclass
    class Detection:
        label: str
        confidence: float
        bounding_box: Box

    @dataclass
    class Ocr:
        text: str
        confidence: object

    class Detector:
        def predict(self, frame: Image) -> list[Detection]:
            assert frame.ndim == 3
            return [Detection("License Plate", 0.8, Box(390, 380, 560, 465))]

    class Recogniser:
        def predict(self, cropped: Image) -> Ocr | None:
            return Ocr(text, confidence) if text else None

    class ALPR:
        detector, ocr = Detector(), Recogniser()

    module = ModuleType("fast_alpr")
    module.ALPR = ALPR  # type: ignore[attr-defined]
    return module


@pytest.mark.parametrize("confidence", [0.9, [0.99, 0.98, 0.97, 0.96, 0.95, 0.94, 0.93]])
def test_fast_alpr_reads_through_the_two_protocols(monkeypatch: pytest.MonkeyPatch, confidence: object) -> None:
    monkeypatch.setitem(sys.modules, "fast_alpr", fast_alpr("7KLM482", confidence))
    reader = open_reader(engine="fast-alpr", home="US")
    (found,) = reader.read(np.zeros((540, 960), np.uint8))
    assert found.reading.text == "7KLM482"
    assert found.box.xywh == (390, 380, 170, 85)
    assert 0.3 < found.reading.confidence < 0.9


def test_a_text_without_any_confidence_stays_the_text_and_is_doubted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fast_alpr", fast_alpr("7KLM482", 0.0))
    (found,) = open_reader(engine="fast-alpr").read(street())
    assert found.seen.text == "7KLM482"
    assert found.reading.confidence < 0.01


def test_the_parts_of_the_real_package_fit() -> None:
    package = pytest.importorskip("fast_alpr", reason="fast-alpr is not installed here (pip install 'fast-alpr[onnx]')")
    base = importlib.import_module("fast_alpr.base")
    found_at = importlib.import_module("open_image_models.detection.core.base")

    class Finds(base.BaseDetector):  # type: ignore[misc, name-defined]
        def predict(self, frame: Image) -> list[Any]:
            assert frame.ndim == 3
            box = found_at.BoundingBox(390, 380, 560, 465)
            return [found_at.DetectionResult("License Plate", 0.8, box)]

    class Reads(base.BaseOCR):  # type: ignore[misc, name-defined]
        def predict(self, cropped_plate: Image) -> Any:
            # probabilities of all slots of its net, those behind the text's end too
            return base.OcrResult(
                "7KLM482", [0.99, 0.98, 0.97, 0.96, 0.95, 0.94, 0.93, 0.9, 0.9], "United States", 0.99
            )

    alpr = package.ALPR(detector=Finds(), ocr=Reads())
    (found,) = parts_of(alpr, "US").read(street())
    assert found.reading.text == "7KLM482"
    assert found.box.xywh == (390, 380, 170, 85)
    assert found.reading.char_confidences == pytest.approx([0.99, 0.98, 0.97, 0.96, 0.95, 0.94, 0.93])


@pytest.mark.parametrize("text", ["", "--", "C00D"])
def test_fast_alpr_that_reads_nothing_or_a_badge_gives_no_plate(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setitem(sys.modules, "fast_alpr", fast_alpr(text, 0.9))
    found = open_reader(engine="fast-alpr").read(street())
    assert all(one.reading.text == "C00D" for one in found)
    assert len(found) <= 1


def test_without_fast_alpr_the_engine_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fast_alpr", None)
    with pytest.raises(Fault, match="pip install"):
        open_reader(engine="fast-alpr")
    with pytest.raises(BadInput, match="no engine"):
        open_reader(engine="slow-alpr")
