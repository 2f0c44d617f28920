"""The public lists that the registry's generated tables are compiled from, as names with what each list says beside them."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from plateward.registry.names import clean
from plateward.registry.states import BY_NAME


@dataclass(frozen=True, slots=True)
class Named:
    """A name in one of the lists, with what the list says beside it."""

    name: str
    source: str
    state: str | None = None
    place: str = ""
    county: str = ""
    role: str = ""
    ori: str = ""


def read_csv(path: Path) -> list[dict[str, str]]:
    """The rows of a table with a header."""
    with path.open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines))


def sharing_names(folder: Path) -> Iterator[Named]:
    """Every name of the sharing lists and agency registries."""
    sharing = folder / "sharing"
    for entry in json.loads((folder / "agencies" / "sm-alpr_agency_registry.json").read_text("utf-8")):
        geo = entry.get("geo") or {}
        role = entry.get("agency_role") or ""
        place = geo.get("name", "") if geo.get("kind") == "place" else ""
        county = geo.get("name", "") if geo.get("kind") == "county" else ""
        for name in entry.get("flock_names") or []:
            yield Named(name, "sm-alpr", geo.get("state"), place, county, role)
    for feature in json.loads((sharing / "deflockhopper_sharing_nodes.geojson").read_text("utf-8"))["features"]:
        node = feature["properties"]
        for name in dict.fromkeys((node["name"], *node["aliases"])):
            yield Named(name, "hopper", node["state"] or None, node["city"] or "")
    for row in read_csv(sharing / "mcclatchy_agency_2024-04-26.csv"):
        yield Named(row["name"], "mcclatchy")
    for portal in json.loads((sharing / "flock_portals.json").read_text("utf-8")):
        for name in (portal["crawled_name"], *portal["sharing_outbound"], *portal["sharing_inbound"]):
            yield Named(name, "portals")
    cities = {
        row["agency"]: row["hotlists_or_city_state"]
        for row in read_csv(folder / "vigilant" / "ocsd_2022_rows.csv")
        if row["section"] == "detections_received"
    }
    for row in read_csv(folder / "vigilant" / "ocsd_2022_rows.csv"):
        city, _, state = cities.get(row["agency"], "").rpartition(", ")
        yield Named(row["agency"], "ocsd-2022", state.upper() or None, city if city[:1].isalpha() else "")
    for list_ in ("A1_shares_data_with", "A3_shares_hotlist_with"):
        for row in read_csv(sharing / f"irvine_2025_{list_}.csv"):
            yield Named(row["organization_name"], "irvine-2025")
    for row in read_csv(sharing / "okaloosa_sharing_matrix.csv"):
        yield Named(row["Organization Name"], "okaloosa-2025")


def nibrs_names(folder: Path) -> Iterator[Named]:
    """City, county and campus agencies of the FBI's agency files, with their ORIs."""
    for file, source in (
        ("fbi_nibrs_agencies_GA_2020.csv", "fbi-ga"),
        ("fbi_nibrs_agencies_FL_2024_part.csv", "fbi-fl"),
    ):
        for row in ({key.lower(): value for key, value in row.items()} for row in read_csv(folder / "agencies" / file)):
            name, type_ = (row["pub_agency_name"] or row["ucr_agency_name"]).strip(), row["agency_type_name"]
            county = (row.get("county_name") or "").split(";")[0].strip().title()
            state = row["state_postal_abbr"]
            if type_ == "City":
                yield Named(f"{name} {state} PD", source, state, name, county, ori=row["ori"])
            elif (
                type_ == "County"
                and not row.get("pub_agency_unit")
                and " SO" in f" {row['ncic_agency_name'] or ' SO'} "
            ):
                yield Named(
                    f"{name.removesuffix(' County')} County {state} SO", source, state, "", name, ori=row["ori"]
                )
            elif type_ == "University or College":
                unit = (row.get("pub_agency_unit") or "").strip()
                yield Named(f"{name}{' ' + unit if unit else ''} {state} PD", source, state, "", county, ori=row["ori"])


def participant_names(folder: Path) -> Iterator[Named]:
    """The agencies of ICE's 287(g) list."""
    for row in read_csv(folder / "agencies" / "ice_287g_participating_2025-07-18.csv"):
        if state := BY_NAME.get(row["STATE"].strip().lower()):
            county = row["COUNTY"].strip().removesuffix(" County").strip()
            yield Named(
                clean(row["LAW ENFORCEMENT AGENCY"]),
                "ice-287g-list",
                state,
                "",
                "" if county.startswith(("#", "N/A")) else county,
            )
