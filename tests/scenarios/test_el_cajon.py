"""El Cajon, 2025: the Attorney General sued, because reads went to agencies of two dozen other states."""

from __future__ import annotations

import pytest

from plateward.core.policy import considered, reevaluate
from tests.scenarios.stage import Stage, asked, rules

EL_CAJON, PACK = "us-ca-el-cajon-pd", "us-ca-sb34"


@pytest.mark.parametrize(
    "receiver", ["us-az-phoenix-pd", "us-nv-reno-pd", "us-tx-pasadena-pd", "us-fl-south-pasadena-pd"]
)
def test_the_law_as_the_attorney_general_reads_it_refuses_an_agency_of_another_state(receiver: str) -> None:
    refusal = considered(rules(packs=[PACK]), asked(EL_CAJON, receiver))
    assert refusal is not None and f"{PACK}.out-of-state" in refusal.promises


def test_every_such_share_suspends_itself_and_those_within_the_state_stay() -> None:
    shares = [asked(EL_CAJON, who) for who in ("us-az-phoenix-pd", "us-ca-chula-vista-pd", "us-nv-reno-pd")]
    broken = {share.receiver for share, _ in reevaluate(rules(shares=shares, packs=[PACK]))}
    assert broken == {"us-az-phoenix-pd", "us-nv-reno-pd"}


async def test_over_the_api_a_request_from_nevada_is_refused_in_review_and_published(stage: Stage) -> None:
    review = {"has_right": True, "has_need": True, "note": "they are just over the pass"}
    answer = (await stage.api("nakamura", "POST", "/api/v1/shares/ridgeport-silver-flat/review", review)).json()
    assert answer["share"]["state"] == "refused"
    assert answer["refusal"]["why"].startswith(
        "Silver Flat Police is in NV, not in CA; California Civil Code 1798.90.55(b)"
    )
    public = await stage.api("alvarez", "GET", "/sharing.csv")
    (line,) = [line for line in public.text.splitlines() if line.startswith("ridgeport-silver-flat,")]
    assert ",refused," in line and "not in CA" in line


async def test_on_the_command_line_their_detective_gets_nothing_and_an_emergency_does_not_cross_the_border(
    stage: Stage,
) -> None:
    await stage.world.deliver(stage.world.sent("7ABC128"))
    status, found = await stage.shell_json("search", "7ABC128", "--reason", "burglary", "--as", "boone")
    assert (status, found["reads"]) == (1, [])
    body = {
        "agency": "us-nv-silver-flat-pd",
        "plate": "7ABC128",
        "danger": "a child was taken over the border",
        "on_duty": True,
    }
    opened = (await stage.api("brandt", "POST", "/api/v1/emergencies", body)).json()
    assert opened["emergency"] is None and "agencies of CA only" in opened["refusal"]["why"]
