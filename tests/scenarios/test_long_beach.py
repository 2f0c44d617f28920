"""Long Beach, 2020: one employee "unwittingly" used the vendor's group approval, and ICE was in the group."""

from __future__ import annotations

from plateward.core.policy import Policy
from plateward.core.share import ShareState
from tests.scenarios.stage import Stage, asked, no_ice, rules

LONG_BEACH = "us-ca-long-beach-pd"
A_PAGE_OF_REQUESTS = (
    "Chula Vista Police Department, CA", "El Cajon Police Department, CA", "ICE Homeland Security Investigations",
)  # fmt: skip


def test_were_the_whole_group_active_by_mistake_the_rules_would_still_refuse_the_one_that_may_not() -> None:
    from plateward.core.people import Asker
    from plateward.core.share import Act
    from tests.scenarios.stage import NOW

    promise = no_ice(LONG_BEACH, "Long Beach keeps its reads from immigration enforcement.")
    group = ("us-ca-chula-vista-pd", "us-ca-el-cajon-pd", "us-dhs-ice-hsi")
    policy: Policy = rules([promise], [asked(LONG_BEACH, one) for one in group])
    asks = [policy.decide(Asker.agency(one), LONG_BEACH, Act.SEARCH, "property-crime", NOW) for one in group]
    assert [decision.allowed for decision in asks] == [True, True, False]


async def test_over_the_api_many_names_become_many_requests_and_there_is_no_address_that_approves_two(
    stage: Stage,
) -> None:
    body = {"owner": "us-ca-ridgeport-pd", "receivers": list(A_PAGE_OF_REQUESTS), "words": "regional plan"}
    made = (await stage.api("nakamura", "POST", "/api/v1/shares", body)).json()
    shares = [one["share"]["id"] for one in made]
    assert len(set(shares)) == 3
    assert [bool(one["share"]["refusal"]) for one in made] == [False, False, True]
    for path in ("/api/v1/shares/approve", f"/api/v1/shares/{','.join(shares)}/approve", "/api/v1/shares/*/approve"):
        answer = await stage.api("whitfield", "POST", path, {"shares": shares})
        assert answer.status_code in (400, 404, 405)
    for share in shares:
        answer = (await stage.api("whitfield", "POST", f"/api/v1/shares/{share}/approve", {})).json()
        assert "reviewed this share yet" in answer["refusal"]["why"], "one click by one person is no approval"
    states = {one["id"]: one["state"] for one in (await stage.api("whitfield", "GET", "/api/v1/shares")).json()}
    assert {states[share] for share in shares} == {ShareState.REQUESTED}


async def test_on_the_command_line_approving_takes_one_share_and_a_second_person(stage: Stage) -> None:
    status, made = await stage.shell_json(
        "shares", "request", "us-ca-ridgeport-pd", "--receiver", A_PAGE_OF_REQUESTS[0], "--receiver", A_PAGE_OF_REQUESTS[1],
        "--words", "regional plan", "--as", "nakamura",
    )  # fmt: skip
    one, two = (answer["share"]["id"] for answer in made)
    assert status == 0
    status, _ = await stage.shell("shares", "approve", one, two, "--as", "whitfield")
    assert status == 2, "there is no way to say it"
    status, text = await stage.shell(
        "shares", "review", one, "--right", "--need", "--note", "mutual aid", "--as", "nakamura"
    )
    assert status == 1 and "You requested this share" in text
    status, _ = await stage.shell(
        "shares", "review", one, "--right", "--need", "--note", "mutual aid", "--as", "whitfield"
    )
    assert status == 0
    status, text = await stage.shell("shares", "approve", one, "--as", "whitfield")
    assert status == 1 and "a second person approves it" in text
