"""Every setting is documented, and no documented one is gone."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec

from plateward.node.settings import Backups, Delivery, Ledger, Promises, Retention, Settings

PAGE = (Path(__file__).resolve().parents[2] / "docs/settings.md").read_text()


def test_the_settings_page_lists_exactly_the_settings_there_are() -> None:
    groups = {"retention": Retention, "promises": Promises, "ledger": Ledger, "delivery": Delivery, "backups": Backups}
    names = {field.name for field in msgspec.structs.fields(Settings)} - set(groups) - {"data"}
    names |= {f"{group}.{field.name}" for group, struct in groups.items() for field in msgspec.structs.fields(struct)}
    listed = {
        name for row in re.findall(r"^\| (`[^|]+) \|", PAGE, re.MULTILINE) for name in re.findall(r"`([\w.]+)`", row)
    }
    assert listed == names
