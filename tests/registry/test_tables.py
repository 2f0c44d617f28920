"""The tables: every fact has a source, the federal tree hangs together, nothing federal hides among the local agencies."""

from __future__ import annotations

from datetime import date

import pytest

from plateward.core.agency import AgencyKind, Component, Relation
from plateward.core.errors import BadInput
from plateward.registry import load, tables

DAY = date(2026, 11, 22)


def test_every_agency_and_every_edge_has_a_source() -> None:
    registry = load()
    assert len(registry.agencies) > 10_000
    assert all(agency.sources for agency in registry.agencies.values())
    assert all(edge.source.title for edge in registry.affiliations)


def test_the_chain_from_the_bulk_cash_smuggling_center_to_the_department() -> None:
    found = load().classify("us-dhs-ice-hsi-bcsc", DAY)
    assert found.chain == ("us-dhs-ice-hsi-bcsc", "us-dhs-ice-hsi", "us-dhs-ice", "us-dhs")
    assert found.components == {Component.FEDERAL, Component.IMMIGRATION_ENFORCEMENT}


@pytest.mark.parametrize("agency", [
    "us-dhs", "us-dhs-ice", "us-dhs-ice-hsi", "us-dhs-ice-ero", "us-dhs-cbp", "us-dhs-cbp-usbp", "us-dhs-cbp-ntc", "us-doj",
    "us-doj-dea", "us-doj-fbi", "us-doj-atf", "us-doj-usms", "us-ca-jric", "us-ca-el-cajon-pd", "us-ca-alameda-county-so",
])  # fmt: skip
def test_ids_that_documents_and_promises_name(agency: str) -> None:
    assert agency in load().agencies


def test_everything_under_ice_and_cbp_enforces_immigration_and_the_rest_of_the_department_does_not() -> None:
    registry = load()
    below = [a for a in registry.agencies if a.startswith(("us-dhs-ice", "us-dhs-cbp"))]
    assert len(below) > 100
    for agency in below:
        assert Component.IMMIGRATION_ENFORCEMENT in registry.classify(agency, DAY).components, agency
    for agency in ("us-dhs-uscg", "us-dhs-tsa", "us-dhs-usss", "us-dhs-fps", "us-dhs-fema", "us-doj-fbi", "us-doj-dea"):
        assert Component.IMMIGRATION_ENFORCEMENT not in registry.classify(agency, DAY).components


def test_federal_kinds_are_federal_and_state_agencies_are_not() -> None:
    registry = load()
    for agency in registry.agencies.values():
        components = registry.classify(agency.id, DAY).components
        if agency.kind is AgencyKind.FEDERAL_AGENCY:
            assert Component.FEDERAL in components, agency.id
        if agency.state is not None:
            assert Component.FEDERAL not in components, agency.id


def test_a_fusion_centre_is_one_and_what_it_may_pass_on_does_not_classify_it() -> None:
    registry = load()
    centres = [
        a for a in registry.agencies.values() if Component.FUSION_CENTER in registry.classify(a.id, DAY).components
    ]
    assert len(centres) >= 78
    jric = registry.classify("us-ca-jric", DAY)
    assert jric.components == {Component.FUSION_CENTER}
    assert any(
        edge.relation is Relation.MAY_PASS_ON and edge.target == "us-dhs-ia"
        for edge in registry.edges_from("us-ca-jric")
    )


def test_participants_of_287g_are_marked_with_model_and_day() -> None:
    edges = [edge for edge in load().affiliations if edge.target == Component.T287G]
    assert len({edge.agency for edge in edges}) > 650
    assert all(edge.since is not None and "287(g)" in edge.source.title for edge in edges)


def test_every_state_has_its_police_its_attorney_general_and_a_military() -> None:
    agencies = load().agencies.values()
    for kind in (AgencyKind.STATE_POLICE, AgencyKind.PROSECUTOR, AgencyKind.MILITARY):
        states = {agency.state for agency in agencies if agency.kind is kind}
        missing = set(tables_states()) - states - ({"DC"} if kind is AgencyKind.STATE_POLICE else set())
        assert not missing, (kind, missing)


def tables_states() -> list[str]:
    from plateward.registry.states import STATES

    return list(STATES)


def test_a_table_with_the_wrong_columns_is_refused_by_file_and_line() -> None:
    with pytest.raises(BadInput, match=r"sources\.tsv, line 1"):
        list(tables.rows("sources", ("key", "title")))
