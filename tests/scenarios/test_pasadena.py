"""Pasadena, 2020: the city had promised not to share with ICE, and did for four months.

Nobody noticed that "Homeland Security Investigations, Bulk Cash Smuggling Center" is ICE.
"""

from __future__ import annotations

from plateward.core.policy import considered
from plateward.registry import resolve
from tests.scenarios.stage import Stage, asked, no_ice, rules

PASADENA = "us-ca-pasadena-pd"
AS_THE_VENDOR_PRINTS_IT = "Homeland Security Investigations, Bulk Cash Smuggling Center"


def test_the_name_that_nobody_recognised_is_recognised_and_the_promise_refuses_it() -> None:
    promise = no_ice(PASADENA, "Pasadena promised not to share plate reads with ICE.")
    who = resolve(AS_THE_VENDOR_PRINTS_IT).agency
    assert who is not None
    refusal = considered(rules([promise]), asked(PASADENA, who))
    assert refusal is not None
    assert refusal.why == (
        "Bulk Cash Smuggling Center → Homeland Security Investigations → ICE, immigration enforcement; "
        "Pasadena promised not to share plate reads with ICE."
    )


async def test_over_the_api_the_request_is_kept_shown_for_what_it_is_and_cannot_be_approved(stage: Stage) -> None:
    shown = (await stage.api("nakamura", "GET", "/api/v1/shares/ridgeport-bcsc-request")).json()
    assert [shown["names"][agency] for agency in shown["chain"]][:3] == [
        "Bulk Cash Smuggling Center", "Homeland Security Investigations", "ICE",
    ]  # fmt: skip
    review = {"has_right": True, "has_need": True, "note": "they say it is about bulk cash"}
    answer = (await stage.api("nakamura", "POST", "/api/v1/shares/ridgeport-bcsc-request/review", review)).json()
    assert answer["share"]["state"] == "refused"
    assert "promised on 2026-01-12 not to share with immigration enforcement" in answer["refusal"]["why"]
    approved = (await stage.api("whitfield", "POST", "/api/v1/shares/ridgeport-bcsc-request/approve", {})).json()
    assert approved["refusal"] is not None and approved["share"]["state"] == "refused"


async def test_on_the_command_line_the_analyst_is_refused_and_what_the_centre_ever_had_can_be_asked(
    stage: Stage,
) -> None:
    await stage.world.deliver(stage.world.sent("7ABC128"))
    search = ("search", "7ABC128", "--reason", "burglary series", "--case", "26-0117")
    status, found = await stage.shell_json(*search, "--as", "keller")
    assert (status, found["reads"]) == (1, [])
    status, found = await stage.shell_json(*search, "--as", "alvarez")
    assert (status, len(found["reads"])) == (0, 1)
    status, text = await stage.shell(
        "shares", "review", "ridgeport-bcsc-request", "--right", "--need", "--note", "bulk cash", "--as", "nakamura"
    )
    assert status == 1 and "Who can help: A criminal court's order" in text
    status, exposed = await stage.shell_json("exposure", AS_THE_VENDOR_PRINTS_IT)
    assert (status, exposed["agency"], exposed["deliveries"]) == (0, "us-dhs-ice-hsi-bcsc", [])
