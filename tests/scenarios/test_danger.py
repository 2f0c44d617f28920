"""A kidnapping, and a court order: what opens a plate without a share, by API and command line, and what never does."""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256
from pathlib import Path

from tests.node.test_truth import NO_COUNTY
from tests.scenarios.stage import Stage

SHERIFF, NEVADA, BCSC = "us-ca-ridge-county-so", "us-nv-silver-flat-pd", "us-dhs-ice-hsi-bcsc"
DANGER = "a kidnapped child is in this car"
FORESEES = NO_COUNTY.format(begins="2026-10-01").replace(
    "resource);'", 'resource) unless { context.documents.contains("emergency") };\'\nadmits = ["emergency"]'
)


async def test_over_the_api_an_emergency_passes_the_promise_that_foresees_it_for_four_hours_and_one_plate(
    stage: Stage,
) -> None:
    await stage.world.deliver(stage.world.sent("7ABC128"), stage.world.sent("9ZZZ999"))
    adopt = {"change": {"kind": "adopt-promises", "document": FORESEES}}
    assert (await stage.api("whitfield", "POST", "/api/v1/changes", adopt)).json()["in_force"]

    async def opened(agency: str, plate: str) -> dict[str, object]:
        body = {"agency": agency, "plate": plate, "danger": DANGER, "on_duty": True}
        return (await stage.api("brandt", "POST", "/api/v1/emergencies", body)).json()  # type: ignore[no-any-return]

    async def found(number: object) -> dict[str, list[dict[str, object]]]:
        return (await stage.api("quintero", "POST", f"/api/v1/emergencies/{number}/search", {})).json()  # type: ignore[no-any-return]

    search = {"pattern": "7ABC128", "reason": "threat", "owners": ["us-ca-ridgeport-pd"]}
    assert (await stage.api("quintero", "POST", "/api/v1/search", search)).json()["reads"] == []
    out_of_state = await opened(NEVADA, "7ABC128")
    assert out_of_state["emergency"] is None and "of CA only" in str(out_of_state["refusal"])
    number = (await opened(SHERIFF, "7ABC128"))["emergency"]["id"]  # type: ignore[index]
    assert [read["plate"] for read in (await found(number))["reads"]] == ["7ABC128"]
    assert "one plate" in str((await opened(SHERIFF, "9ZZZ999"))["refusal"])
    assert (await stage.api("quintero", "POST", "/api/v1/search", search | {"pattern": "9ZZZ999"})).json()[
        "reads"
    ] == []
    stage.world.at += timedelta(hours=4)
    late = await found(number)
    assert late["reads"] == [] and "ended at" in str(late["owners"][0]["why"])


async def test_on_the_command_line_an_emergency_is_opened_searched_and_reviewed_by_somebody_else(stage: Stage) -> None:
    await stage.world.deliver(stage.world.sent("7ABC128"))
    line = ("emergencies", "open", SHERIFF, "7ABC128", "--danger", DANGER, "--on-duty", "--as", "brandt")
    status, text = await stage.shell("emergencies", "open", NEVADA, *line[3:])
    assert status == 1 and "of CA only" in text
    status, made = await stage.shell_json(*line)
    assert status == 0
    number = made["emergency"]["id"]
    status, found = await stage.shell_json("emergencies", "search", number, "--as", "quintero")
    assert (status, [read["plate"] for read in found["reads"]]) == (0, ["7ABC128"])
    status, text = await stage.shell("emergencies", "review", number, "justified", "--note", "x", "--as", "brandt")
    assert (status == 1 and "access-log" in text) or "auditor" in text
    stage.world.at += timedelta(hours=73)
    status, text = await stage.shell("emergencies", "list", "--as", "delacroix")
    assert status == 1 and "OVERDUE" in text
    status, text = await stage.shell(
        "emergencies", "review", number, "unjustified", "--note", "no case was opened", "--as", "delacroix"
    )
    assert status == 0 and "unjustified" in text


async def test_on_the_command_line_a_courts_order_is_answered_once_and_a_detainer_never(
    stage: Stage, tmp_path: Path
) -> None:
    named, other = stage.world.sent("7ABC128"), stage.world.sent("9ZZZ999")
    await stage.world.deliver(named, other)
    order, out = tmp_path / "order.pdf", tmp_path / "reads.csv"
    order.write_bytes(b"IT IS ORDERED")
    line = (
        "productions", "request", BCSC, str(named["id"]), "--court", "N.D. Cal.", "--number", "26-mj-118", "--document",
        str(order), "--as", "nakamura", "--process",
    )  # fmt: skip
    status, text = await stage.shell(*line, "detainer")
    assert status == 1 and "opens nothing" in text and "court's order" in text
    status, asked = await stage.shell_json(*line, "judicial-order")
    assert status == 0
    number = asked["production"]["id"]
    assert (await stage.shell("productions", "make", number, "--out", str(out), "--as", "nakamura"))[0] == 2
    assert not out.exists(), "nothing is left of a file that was not made"
    assert (await stage.shell("productions", "confirm", number, "--as", "vance"))[0] == 0
    assert (await stage.shell("productions", "approve", number, "--as", "whitfield"))[0] == 0
    status, made = await stage.shell_json("productions", "make", number, "--out", str(out), "--as", "nakamura")
    assert status == 0 and sha256(out.read_bytes()).hexdigest() == made["digest"]
    assert "7ABC128" in out.read_text() and "9ZZZ999" not in out.read_text()
    status, text = await stage.shell(
        "productions", "make", number, "--out", str(tmp_path / "again"), "--as", "nakamura"
    )
    assert status == 2 and "is made" in text
    status, told = await stage.shell_json("exposure", BCSC, "--as", "whitfield")
    assert [(one["kind"], one["reads"]) for one in told["deliveries"]] == [("production", 1)]


async def test_on_the_command_line_an_agent_waits_for_a_second_person_before_having_an_account(stage: Stage) -> None:
    line = (
        "people", "add", "agent", "--name", "Ann Agent", "--role", "officer", "--organisation", "Ridgeport Police Department",
        "--employer", "us-doj-atf", "--source", "letter of the agency", "--source-date", "2026-10-01", "--as", "pham",
    )  # fmt: skip
    status, joined = await stage.shell_json(*line)
    assert status == 1 and joined["link"] is None
    assert (await stage.shell("people", "link", "agent", "--as", "pham"))[0] == 2
    assert (await stage.shell("truth", "accept", joined["waiting"], "--as", "whitfield"))[0] == 0
    status, text = await stage.shell("people", "link", "agent", "--as", "pham")
    assert status == 0 and "/login?token=" in text
    status, found = await stage.shell_json("people", "list", "--as", "pham")
    assert next(one for one in found if one["id"] == "agent")["employer"] == "us-doj-atf"
