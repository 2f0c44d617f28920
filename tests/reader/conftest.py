"""The models are opened once; tests without the reader's extra skip, saying so."""

from __future__ import annotations

import pytest

from plateward.reader.read_picture import PictureReader

for part in ("cv2", "av", "onnxruntime", "PIL", "rapidocr"):
    pytest.importorskip(part, reason="the reader's parts are not installed: pip install 'plateward[reader]'")


@pytest.fixture(scope="session")
def careful() -> PictureReader:
    from plateward.reader.engine import open_reader

    return open_reader(threads=1)


@pytest.fixture(scope="session")
def quick() -> PictureReader:
    from plateward.reader.engine import open_reader

    return open_reader(threads=1, careful=False)
