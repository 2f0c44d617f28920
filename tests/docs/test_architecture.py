"""The architecture page names real functions, and the README shows real commands."""

from __future__ import annotations

import importlib
import re
import shlex
from pathlib import Path

import pytest

from plateward.cli.main import GROUPS

ROOT = Path(__file__).resolve().parents[2]
PAGES = ("README.md", "docs/architecture.md")


def test_every_function_the_architecture_page_names_exists() -> None:
    names = re.findall(r"`(plateward(?:\.\w+)+)`", (ROOT / "docs/architecture.md").read_text())
    assert len(names) > 20
    for name in names:
        assert _exists(name), f"{name} is gone; docs/architecture.md still names it"


def _exists(name: str) -> bool:
    parts = name.split(".")
    for cut in range(len(parts), 1, -1):
        try:
            found: object = importlib.import_module(".".join(parts[:cut]))
        except ModuleNotFoundError:
            continue
        for attribute in parts[cut:]:
            found = getattr(found, attribute, None)
            if found is None:
                return False
        return True
    return False


@pytest.mark.parametrize("page", PAGES)
def test_every_command_shown_exists(page: str) -> None:
    text = (ROOT / page).read_text()
    for command in re.findall(r"^\s+(?:\.venv/bin/)?plateward (\S+)", text, re.MULTILINE):
        assert shlex.split(command)[0] in GROUPS, f"{page} shows 'plateward {command}', which does not exist"


@pytest.mark.parametrize(
    "page", [*sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").rglob("*.md")), "README.md"]
)
def test_links_between_pages_lead_somewhere(page: str) -> None:
    path = ROOT / page
    for target in re.findall(r"\]\((?!https?://|#|mailto:)([^)#\s]+)", path.read_text()):
        assert (path.parent / target).exists(), f"{page} links to {target}, which is not there"
