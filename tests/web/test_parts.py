"""The front-end parts that are not ours: locked, copied, and not needed for a page to work."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.applications import Starlette

from plateward.core.errors import Fault
from plateward.web.app import create_app
from plateward.web.parts import PARTS, copy_parts
from tests.node.world import World
from tests.web.world import Visitor, visit

ROOT = Path(__file__).resolve().parents[2]


def test_every_part_is_locked_by_its_hash_and_names_no_registry() -> None:
    lock = json.loads((ROOT / "package-lock.json").read_text())
    for name, part in lock["packages"].items():
        if name:
            assert part["integrity"].startswith("sha512-"), name
            assert "resolved" not in part, name
    wanted = json.loads((ROOT / "package.json").read_text())
    assert all(version[0].isdigit() for version in {**wanted["dependencies"], **wanted["devDependencies"]}.values())


def test_parts_are_copied_with_their_licences_and_stale_ones_leave(tmp_path: Path) -> None:
    modules, vendor = tmp_path / "node_modules", tmp_path / "vendor"
    for source in PARTS.values():
        (modules / source).parent.mkdir(parents=True, exist_ok=True)
        (modules / source).write_text(source)
    vendor.mkdir()
    (vendor / "old.js").touch()
    assert set(copy_parts(modules, vendor)) == {file.name for file in vendor.iterdir()}
    assert sum(name.endswith(".LICENSE") for name in PARTS) == 3


def test_a_missing_part_is_named_and_nothing_is_copied(tmp_path: Path) -> None:
    with pytest.raises(Fault, match=r"htmx\.min\.js is missing.*npm ci"):
        copy_parts(tmp_path, tmp_path / "vendor")
    assert not (tmp_path / "vendor").exists()


async def test_without_the_parts_every_page_still_works(web: World) -> None:
    app: Starlette = create_app(web.node)
    own = {name: address for name, address in app.state.site.files.items() if not name.startswith("vendor/")}
    bare = replace(app.state.site, files=own)
    app = create_app(web.node)
    object.__setattr__(app.state.site, "files", bare.files)
    visitor: Visitor = await visit(app, "alvarez")
    page = await visitor.search("7ABC123")
    assert page.status_code == 200 and "htmx.js" not in page.text and "/reads/" in page.text
