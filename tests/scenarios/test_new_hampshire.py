"""New Hampshire: RSA 261:75-b has plate reads purged within three minutes unless they led to something. A detective who wants to
keep some for an investigation is told so, whatever way is tried, and they go.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import httpx

from plateward.core.event import EventType
from plateward.node.keeping.purge import purge
from plateward.node.people.sessions import issue_login_link
from tests.node.new_hampshire import HITS_KEPT, KEY, NASHUA, look_for
from tests.node.purging import receipts, told
from tests.node.world import World
from tests.scenarios.stage import Stage
from tests.web.world import Visitor, token_in, words

SENTENCE = "RSA 261:75-b: purged within three minutes of capture"
WHY = "Nothing is kept past 3 minutes for an investigation"
PLAIN, HIT = ("4GRN001", "4GRN002"), "4STL003"


async def plates_of(world: World, *tables: str) -> set[str]:
    async with world.node.store.transaction() as tx:
        numbers = await world.node.agency_numbers(tx, [NASHUA])
    async with world.node.store.transaction(list(numbers.values())) as tx:
        found = [await (await tx.execute(f"SELECT plate FROM {table}".encode())).fetchall() for table in tables]
    return {plate for rows in found for (plate,) in rows}


async def drive(stage: Stage) -> None:
    """Nashua's car meets two cars that nobody looks for, and a stolen one."""
    world = stage.world
    await look_for(world, HIT)
    answer = await world.deliver(
        *(world.sent(plate, timedelta(seconds=30), lat=42.76, lon=-71.46) for plate in (*PLAIN, HIT)), key=KEY
    )
    assert answer.accepted == 3, answer


def wanted(stage: Stage, plate: str, basis: str = "investigation") -> dict[str, Any]:
    at = stage.world.at
    return {
        "basis": basis, "case": "N26-0042", "reason": "burglary", "plate": plate, "ends": (at + timedelta(days=9)).isoformat(),
        "seen_from": (at - timedelta(minutes=10)).isoformat(), "seen_to": at.isoformat(),
    }  # fmt: skip


async def browser(stage: Stage, who: str) -> Visitor:
    link = await issue_login_link(stage.world.node, who)
    client = httpx.AsyncClient(base_url=stage.address, timeout=60)
    await client.post("/login", data={"token": link.token}, headers={"Origin": stage.address})
    return Visitor(client, token_in((await client.get("/help")).text))


async def test_a_hold_that_the_law_forbids_is_refused_by_api_command_and_page_in_the_laws_words_and_the_reads_go(
    new_hampshire: Stage,
) -> None:
    stage, world = new_hampshire, new_hampshire.world
    await drive(stage)
    await refused_everywhere(stage)
    refusals = await told(world, EventType.ACT_REFUSED)
    assert [(one["act"], one["person"], one["organisation"]) for one in refusals] == [
        ("hold.requested", "otis", NASHUA)
    ] * 3
    assert all(SENTENCE in str(one["sentence"]) for one in refusals)
    assert (await stage.api("pat", "GET", "/api/v1/holds")).json() == []
    assert await plates_of(world, "held_reads") == set()

    hold = (await stage.api("otis", "POST", "/api/v1/holds", wanted(stage, HIT, "hit"))).json()
    assert hold["refusal"] is None and hold["hold"]["reads"] == 1, "the section keeps what identified a wanted vehicle"
    done = await stage.api("pat", "POST", f"/api/v1/holds/{hold['hold']['id']}/decision", {"approved": True})
    assert done.json()["state"] == "active"

    await purge(world.node)
    before = await receipts(world)
    assert await plates_of(world, "reads") == {*PLAIN, HIT}
    world.at += timedelta(minutes=3)
    found = (await stage.api("otis", "POST", "/api/v1/search", search(PLAIN[0]))).json()
    assert found["reads"] == [], "gone for every search at once"
    await purge(world.node)
    assert await plates_of(world, "reads", "held_reads") == {HIT}, "nothing but the hit"
    mine = [one for one in (await receipts(world))[len(before) :] if one["owner"] == NASHUA]
    assert [(one["reads"], one["kept_min"], one["held"]) for one in mine] == [(2, 3, 1)]
    world.at += timedelta(minutes=HITS_KEPT)
    await purge(world.node)
    assert await plates_of(world, "reads", "held_reads") == set(), "a hold ends, and so does what hits are kept"
    every = [one for one in await receipts(world) if one["owner"] == NASHUA]
    others = [dict(one["others"]) for one in every if "others" in one]  # type: ignore[call-overload]
    assert sum(int(str(one["reads"])) for one in every) == 3 and sum(one.get("held", 0) for one in others) == 1


def search(plate: str) -> dict[str, Any]:
    return {"pattern": plate, "reason": "stolen-vehicle", "case": "N26-0042", "owners": [NASHUA]}


async def refused_everywhere(stage: Stage) -> None:
    at = stage.world.at
    over_api = (await stage.api("otis", "POST", "/api/v1/holds", wanted(stage, PLAIN[0]))).json()
    assert over_api["hold"] is None and SENTENCE in over_api["refusal"] and WHY in over_api["refusal"]
    assert "the law keeps a read longer for a hit" in over_api["refusal"]
    line = (
        "holds", "request", "--case", "N26-0042", "--reason", "burglary", "--until", (at + timedelta(days=9)).date().isoformat(),
        "--plate", PLAIN[0], "--from", (at - timedelta(minutes=10)).isoformat(), "--to", at.isoformat(), "--as", "otis",
    )  # fmt: skip
    status, said = await stage.shell(*line)
    assert status == 1 and said.startswith("Nothing can be held: RSA 261:75-b") and WHY in " ".join(said.split())
    visitor = await browser(stage, "otis")
    asked = {"basis": "investigation", "case": "N26-0042", "reason": "burglary", "plate": PLAIN[0]}
    times = {
        name: f"{moment:%Y-%m-%dT%H:%M}"
        for name, moment in (
            ("ends", at + timedelta(days=9)),
            ("seen_from", at - timedelta(days=1)),
            ("seen_to", at + timedelta(days=1)),
        )
    }
    answer = await visitor.client.post(
        "/holds", data={"csrf": visitor.csrf, **asked, **times}, headers={"Origin": stage.address}
    )
    page = words(answer.text)
    assert SENTENCE in page and WHY in page, page[:2000]
    await visitor.client.aclose()


async def test_a_choice_longer_than_the_law_is_cut_and_a_new_one_refused(new_hampshire: Stage) -> None:
    shown = (await new_hampshire.api("nora", "GET", "/api/v1/retention")).json()
    (mine,) = [one for one in shown["owners"] if one["agency"] == NASHUA]
    assert [(group["minutes"], group["hit_minutes"]) for group in mine["groups"]] == [(3, HITS_KEPT)]
    assert SENTENCE in json.dumps(mine)
    status, said = await new_hampshire.shell("retention", "propose", "24h", "--as", "nora")
    assert status == 2 and f"3 minutes at most: {SENTENCE}" in " ".join(said.split())
