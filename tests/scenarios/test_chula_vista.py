"""Chula Vista, 2020: reads of the city's cameras were open to the Border Patrol, whose names in the vendor's list look local."""

from __future__ import annotations

from plateward.core.people import Asker
from plateward.core.share import Act
from plateward.registry import resolve
from tests.scenarios.stage import NOW, Stage, asked, no_ice, rules

CHULA_VISTA = "us-ca-chula-vista-pd"
LOOKS_LOCAL = "San Diego Sector Border Patrol (CA)"


def test_a_border_patrol_sector_with_ca_in_its_name_is_federal_and_an_active_share_with_it_answers_nothing() -> None:
    who = resolve(LOOKS_LOCAL).agency
    assert who is not None
    policy = rules(
        [no_ice(CHULA_VISTA, "Chula Vista shares nothing with immigration enforcement.")], [asked(CHULA_VISTA, who)]
    )
    decision = policy.decide(Asker.agency(who), CHULA_VISTA, Act.SEARCH, "stolen-vehicle", NOW)
    assert not decision.allowed and "immigration enforcement" in decision.why


def test_a_local_officer_who_searches_for_the_border_patrol_is_refused_where_it_would_be() -> None:
    who = resolve(LOOKS_LOCAL).agency
    promise = no_ice(CHULA_VISTA, "Chula Vista shares nothing with immigration enforcement.")
    policy = rules([promise], [asked(CHULA_VISTA, "us-ca-el-cajon-pd")])
    neighbour = Asker("officer", "us-ca-el-cajon-pd", "us-ca-el-cajon-pd")
    assert policy.decide(neighbour, CHULA_VISTA, Act.SEARCH, "stolen-vehicle", NOW).allowed
    for_them = Asker("officer", "us-ca-el-cajon-pd", "us-ca-el-cajon-pd", (), who)
    assert not policy.decide(for_them, CHULA_VISTA, Act.SEARCH, "stolen-vehicle", NOW).allowed


async def test_over_the_api_the_request_says_whom_it_is_for_before_anybody_reviews_it(stage: Stage) -> None:
    body = {"owner": "us-ca-ridgeport-pd", "receivers": [LOOKS_LOCAL], "words": "stolen vehicles at the border"}
    (made,) = (await stage.api("nakamura", "POST", "/api/v1/shares", body)).json()
    assert "immigration enforcement" in made["share"]["refusal"]["why"]
    shown = (await stage.api("whitfield", "GET", f"/api/v1/shares/{made['share']['id']}")).json()
    assert {"federal", "immigration-enforcement"} <= set(shown["components"])


async def test_on_the_command_line_a_search_on_behalf_of_the_border_patrol_is_refused(stage: Stage) -> None:
    await stage.world.deliver(stage.world.sent("7ABC128"))
    line = ("search", "7ABC128", "--reason", "stolen vehicle", "--case", "26-0117", "--as", "quintero")
    status, found = await stage.shell_json(*line, "--owner", "us-ca-ridgeport-pd")
    assert (status, len(found["reads"])) == (0, 1)
    status, found = await stage.shell_json(*line, "--owner", "us-ca-ridgeport-pd", "--on-behalf-of", LOOKS_LOCAL)
    assert (status, found["reads"]) == (1, [])
    assert "immigration enforcement" in found["owners"][0]["why"]
