"""Fixtures every area may use."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# No test asserts how long something takes: a slow machine is not a defect of the program.
settings.register_profile("plateward", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("plateward")

pytest_plugins = ["tests.postgres"]

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real files to try the work on; tests that read it skip, saying so, where it is missing."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the folder of real files, ../shared/data, is not here")
    return folder
