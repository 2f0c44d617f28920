"""Every name of the real lists, where the folder with them is here."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

from plateward.core.agency import Component
from plateward.registry import Status, resolve
from plateward.registry.states import STATES

MARK = re.compile(
    r"\b(?:HSI|ICE|CBP|USBP|FBI|ATF|USMS|DHS|HIDTA)\b|\[federal\]|\(federal\)|border patrol|border control|federal bureau"
    r"|drug enforcement administration|postal inspection|national park service|veterans affairs|us army|air force",
    re.I,
)


def _names(shared: Path) -> set[str]:
    names: set[str] = set()
    for feature in json.loads((shared / "sharing" / "deflockhopper_sharing_nodes.geojson").read_text("utf-8"))[
        "features"
    ]:
        names.update((feature["properties"]["name"], *feature["properties"]["aliases"]))
    for file, column in (
        ("sharing/mcclatchy_agency_2024-04-26.csv", "name"),
        ("sharing/irvine_2025_A1_shares_data_with.csv", "organization_name"),
        ("vigilant/ocsd_2022_rows.csv", "agency"),
        ("sharing/okaloosa_sharing_matrix.csv", "Organization Name"),
    ):
        with (shared / file).open(encoding="utf-8-sig", newline="") as lines:
            names.update(row[column] for row in csv.DictReader(lines))
    return {name for name in names if name and name.strip()}


def test_no_federal_body_of_the_real_lists_is_resolved_as_local(shared: Path) -> None:
    marked = [name for name in _names(shared) if MARK.search(name)]
    assert len(marked) > 40
    for name in marked:
        found = resolve(name)
        assert found.agency is None or Component.FEDERAL in found.components, name


def test_most_names_resolve_and_the_rest_stay_open(shared: Path) -> None:
    found = [resolve(name) for name in _names(shared)]
    resolved = [one for one in found if one.status is Status.RESOLVED]
    assert len(resolved) / len(found) > 0.95
    assert all(Component.UNKNOWN in one.components for one in found if one.agency is None)


def test_names_resolve_to_the_state_their_list_gives(shared: Path) -> None:
    features = json.loads((shared / "sharing" / "deflockhopper_sharing_nodes.geojson").read_text("utf-8"))["features"]
    stated = {node["name"]: node["state"] for feature in features if (node := feature["properties"])["state"] in STATES}
    judged = {name: (state, resolve(name)) for name, state in stated.items()}
    local = [(state, one.state) for state, one in judged.values() if Component.FEDERAL not in one.components]
    assert sum(state == told for state, told in local) / len(local) > 0.95
    wrong = [name for name, (state, one) in judged.items() if one.state not in {None, state}]
    assert len(wrong) <= 5, wrong


def test_the_vigilant_report_resolves_with_its_city_column(shared: Path) -> None:
    with (shared / "vigilant" / "ocsd_2022_rows.csv").open(encoding="utf-8-sig", newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if row["section"] == "detections_received"]
    judged = []
    for row in rows:
        state = row["hotlists_or_city_state"].rpartition(", ")[2].upper()
        found = resolve(row["agency"], context_state=state)
        if Component.FEDERAL not in found.components:
            judged.append(found.state == state)
    assert sum(judged) / len(judged) > 0.95
