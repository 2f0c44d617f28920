"""Logs of hot lists and alerts: the vendor's details in each of the ways in which they are handed over."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path

import pytest

from plateward.core.access import ListAct
from plateward.formats.audits.read import SearchLog, read_log


def read(text: str, mapping: dict[str, str] | None = None) -> tuple[SearchLog, list[ListAct]]:
    log = read_log(io.BytesIO(text.encode()), "log.csv", mapping)
    acts = list(log.rows)
    assert all(isinstance(act, ListAct) for act in acts)
    return log, [act for act in acts if isinstance(act, ListAct)]


DETAILS = [
    '"{""Hotlist Name"": ""Watch"", ""License"": ""8ABC123"", ""Reason"": ""stolen"", ""Expiry"": ""2025-09-01""}"',
    '"Hotlist Name: Watch\nLicense: 8ABC123\nReason: stolen\nExpiry: 2025-09-01"',
    '"Hotlist Name: Watch, License: 8ABC123, Reason: stolen, Expiry: 2025-09-01"',
    "Hotlist Name=Watch;License=8ABC123;Reason=stolen;Expiry=2025-09-01",
]


@pytest.mark.parametrize("details", DETAILS)
def test_details_are_read_however_they_are_written(details: str) -> None:
    log, (act,) = read(
        "Timestamp,User,Event Type,Entity Type,Entity Details\n"
        f"2025-08-19 13:36:30.943000,J. Doe,Created,Custom Hotlist Entry,{details}\n"
    )
    assert log.format == "flock-hotlist-actions"
    assert (act.act, act.entity, act.list_name, act.plate, act.reason, act.expires) == (
        "create", "entry", "Watch", "8ABC123", "stolen", "2025-09-01",
    )  # fmt: skip
    assert act.at == datetime(2025, 8, 19, 13, 36, 30, 943000, tzinfo=UTC) and act.user == "J. Doe"
    assert act.told == {"user", "act", "entity", "list_name", "plate", "reason", "expires"}


def test_where_only_the_names_of_details_were_handed_over_values_count_as_withheld() -> None:
    log, acts = read(
        "timestamp;user_pseudonym;event_type;entity_type;entity_fields_present\n"
        '2025-08-19 13:28:03.307000;ua9;create;Custom Hotlist Entry;"Hotlist Name;License;State;Reason;Case;Expiry"\n'
        '2025-08-19 13:29:03.307000;ua9;update;customHotlist;"Name;Organization Hotlist;Audience Users"\n'
    )
    assert acts[0].told >= {"plate", "reason", "case", "expires"} and not acts[0].plate
    assert acts[1].entity == "list" and "audience" in acts[1].told
    assert log.columns.withheld["plate"] == 2


def test_an_alert_log_is_known_by_its_outcome() -> None:
    log, (alert,) = read(
        "Hit Time,Officer,License Plate,Hot List,Verified By,Disposition\n"
        '"11/14/2025, 09:53:36 AM UTC",Doe,8ABC123,SVS,,Felony stop\n'
    )
    assert log.format == "alert-log" and alert.act == "alert"
    assert (alert.confirmed, alert.outcome, alert.list_name) == ("", "Felony stop", "SVS")


def test_an_unknown_log_of_changes_by_a_mapping() -> None:
    log, (act,) = read(
        "quand;qui;quoi;sur\n2025-08-19 13:28:03;M;remove;entry\n",
        {"at": "quand", "user": "qui", "act": "quoi", "entity": "sur"},
    )
    assert log.format == "flock-hotlist-actions" and act.act == "delete" and act.user == "M"


def test_a_search_log_with_a_type_is_no_action_log() -> None:
    log = read_log(io.BytesIO(b"Timestamp,Name,Reason,Search Type\n2025-01-02,Doe,theft,lookup\n"), "log.csv")
    assert log.format == "csv"


def test_the_real_action_log_is_read_whole(shared: Path) -> None:
    with (shared / "audit" / "riverside_so_2025_hotlist_action_log_redacted.csv").open("rb") as file:
        log = read_log(file, "riverside.csv")
        acts = [act for act in log.rows if isinstance(act, ListAct)]
    assert len(acts) == log.count == 2031 and log.rejected_count == 0
    assert {act.act for act in acts} == {"create", "update", "delete"}
    assert sum(act.entity == "entry" for act in acts) == 1692
