"""Every command that a page, a message or the README tells somebody to type is there to be typed."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import cyclopts
import pytest

from plateward.cli.main import GROUPS, build_app

ROOT = Path(__file__).resolve().parents[2]
_TYPED = re.compile(r"(?:`|<code>|'|\"|^ {4,}|bin/)plateward ((?:[a-z][a-z-]* ?){1,2})", re.MULTILINE)

_LABELS = {"edge list", "passkey"}
"""First words of files and keys, which begin with the program's name as well."""


def _named() -> list[tuple[str, str]]:
    pages = [ROOT / "README.md", *(ROOT / "docs").glob("*.md"), *(ROOT / "src/plateward/web/templates").glob("*.html")]
    sources = [*(ROOT / "src/plateward/cli").glob("*.py"), *(ROOT / "src/plateward/node").rglob("*.py")]
    found = {
        (match[1].strip(), file.name) for file in (*pages, *sources) for match in _TYPED.finditer(file.read_text())
    }
    return sorted(one for one in found if one[0] not in _LABELS)


@cache
def _app(group: str) -> cyclopts.App:
    return build_app(group)[group]


@pytest.mark.parametrize(("typed", "where"), _named())
def test_a_command_that_somebody_is_told_to_type_is_there(typed: str, where: str) -> None:
    group, _, rest = typed.partition(" ")
    assert group in GROUPS, f"{where}: plateward {typed}"
    app = _app(group)
    commands = [name for name in app if not name.startswith("-")]
    if rest and commands and app.default_command is None:
        assert rest in commands, f"{where}: plateward {typed}"


def test_the_pages_name_commands_of_every_kind() -> None:
    assert {"demo", "home", "init", "serve", "search", "people link"} <= {typed for typed, _ in _named()}
