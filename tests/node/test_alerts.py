"""Alerts at the node: who sees them, what a person may do with one, and what the ledger and the exposure report know of it."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from base64 import b64encode
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from plateward.core.alert import How, Outcome, State
from plateward.core.errors import BadInput, NotAllowed
from plateward.demo.people import person
from plateward.demo.pictures import picture_of
from plateward.node.alerting import acts as alert_acts
from plateward.node.alerting import alerts
from plateward.node.alerting.alerts import Shelf, Wanted
from plateward.node.alerting.bell import Bell, listen
from plateward.node.alerting.report import alerts_report
from plateward.node.ingest import to_read
from plateward.node.overseeing.periods import period
from plateward.node.sharing.exposure import exposure_of
from plateward.store import alerts as rows
from plateward.store.connection import Store
from plateward.store.embedded import EmbeddedServer
from tests.node.alerted import PAPD, RPD, Scene
from tests.node.alerted import numbers as _numbers
from tests.node.world import READER, World, begin
from tests.postgres import TEMPLATE, database_on, make_folder, new_database

OFFICER, PARTNER = person("alvarez"), person("castellano")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def town(postgres: EmbeddedServer) -> AsyncIterator[World]:
    """Ridgeport, for all tests here that change no share: each looks at the alerts of a list of its own."""
    folder = make_folder()
    database = database_on(postgres, await new_database(postgres, TEMPLATE))
    try:
        async with Store.open(database, connections=8, timeout_s=20) as store:
            yield await begin(store, folder)
    finally:
        shutil.rmtree(folder)


@pytest.fixture
def scene(town: World) -> Scene:
    town.at += timedelta(hours=1)
    return Scene(town, f"l-{next(_numbers)}")


async def test_an_alert_is_shown_to_officers_with_both_plates_and_recorded(scene: Scene) -> None:
    alert_id = await scene.alerted("7ABC123", read_plate="7A8C123", how=How.LOOK_ALIKE)
    (one,) = (await alerts.alerts(scene.world.node, OFFICER, scene.wanted())).alerts
    assert (one.id, one.listed_plate, one.read_plate, one.how) == (alert_id, "7ABC123", "7A8C123", How.LOOK_ALIKE)
    assert one.sounds and one.exact_location and one.own
    (raised,) = await scene.told("alert.raised")
    assert raised["alert"] == str(alert_id) and raised["receivers"] == [{"agency": RPD}]
    assert (await scene.told("access.alerts"))[0]["person"] == "alvarez"


@pytest.mark.parametrize("who", ["nakamura", "whitfield", "delacroix", "pham", "vance"])
async def test_a_role_that_deals_with_no_alerts_is_refused_and_that_is_recorded(scene: Scene, who: str) -> None:
    await scene.alerted("7ABC123")
    answer = await alerts.alerts(scene.world.node, person(who), scene.wanted())
    assert answer.alerts == () and not answer.owners[0].allowed
    assert (await scene.told("access.alerts"))[0]["allowed"] is False


async def test_the_first_look_makes_an_alert_seen_and_later_ones_record_nothing_more(scene: Scene) -> None:
    alert_id = await scene.alerted("7ABC123")
    for who in (OFFICER, person("okafor"), OFFICER):
        answer = await alert_acts.see(scene.world.node, who, alert_id)
        assert answer.alert is not None and answer.alert.state is State.SEEN
    assert [event["by"] for event in await scene.told("alert.seen")] == ["alvarez"]
    assert await scene.shown() == ["7ABC123"]


async def test_a_decision_is_recorded_with_who_and_how_long_it_took(scene: Scene) -> None:
    alert_id = await scene.alerted("7ABC123")
    scene.world.at += timedelta(seconds=40)
    answer = await alert_acts.decide(scene.world.node, OFFICER, alert_id, State.MISREAD, "an 8, not a B")
    assert answer.alert is not None and answer.alert.state is State.MISREAD
    (event,) = await scene.told("alert.decided")
    assert (event["decision"], event["seconds"], event["by"]) == ("misread", 40, "alvarez")
    assert await scene.shown() == [] and await scene.shown(shelf=Shelf.DECIDED) == ["7ABC123"]


async def test_a_decision_is_changed_only_with_a_reason_and_the_first_stays_in_the_history(scene: Scene) -> None:
    alert_id = await scene.alerted("7ABC123")
    await alert_acts.decide(scene.world.node, OFFICER, alert_id, State.CONFIRMED)
    with pytest.raises(BadInput, match="say why you change that"):
        await alert_acts.decide(scene.world.node, OFFICER, alert_id, State.WRONG_STATE)
    answer = await alert_acts.decide(
        scene.world.node, person("brandt"), alert_id, State.WRONG_STATE, "the plate is of Nevada"
    )
    assert [(step.by_person, step.step) for step in answer.steps] == [
        ("alvarez", "confirmed"),
        ("brandt", "wrong-state"),
    ]


async def test_the_same_decision_twice_is_one(scene: Scene) -> None:
    alert_id = await scene.alerted("7ABC123")
    done = await asyncio.gather(
        *(alert_acts.decide(scene.world.node, OFFICER, alert_id, State.CONFIRMED) for _ in range(4))
    )
    assert {answer.alert.state for answer in done if answer.alert} == {State.CONFIRMED}
    assert len(await scene.told("alert.decided")) == 1


async def test_an_outcome_needs_a_decision_first(scene: Scene) -> None:
    alert_id = await scene.alerted("7ABC123")
    with pytest.raises(BadInput, match="decide first"):
        await alert_acts.say_outcome(scene.world.node, OFFICER, alert_id, Outcome.STOP)
    await alert_acts.decide(scene.world.node, OFFICER, alert_id, State.CONFIRMED)
    await alert_acts.say_outcome(scene.world.node, OFFICER, alert_id, Outcome.RECOVERED, "back with its owner")
    assert [event["outcome"] for event in await scene.told("alert.outcome")] == ["recovered"]


async def test_an_alert_that_is_not_there_is_said_so(scene: Scene) -> None:
    with pytest.raises(BadInput, match="no such alert"):
        await alerts.alert(scene.world.node, OFFICER, UUID(int=1))


async def test_another_agency_sees_nothing_of_an_alert_and_leaves_no_trace_in_it(scene: Scene) -> None:
    alert_id = await scene.alerted("7ABC123")
    for who in (PARTNER, person("quintero"), person("keller")):
        answer = await alert_acts.decide(scene.world.node, who, alert_id, State.CONFIRMED)
        assert answer.alert is None
        assert "7ABC123" not in await scene.shown(who, Shelf.ALL)
    assert await scene.told("alert.decided") == []


async def partner_alert(scene: Scene, **more: object) -> UUID:
    """Port Alder's list matches a read of Ridgeport, under the share that permits hits."""
    return await scene.alerted("402K86", list_owner=PAPD, share="ridgeport-port-alder", **more)


async def test_a_partner_is_alerted_under_its_share_and_that_counts_as_exposure(scene: Scene) -> None:
    alert_id = await partner_alert(scene)
    assert await scene.shown(PARTNER) == ["402K86"] and await scene.shown() == []
    answer = await alert_acts.see(scene.world.node, PARTNER, alert_id)
    assert answer.alert is not None and not answer.alert.own and answer.alert.state is State.SEEN
    found = (await exposure_of(scene.world.node, person("whitfield"), PAPD)).exposure.deliveries
    assert [(one.kind, one.reads, one.shares) for one in found] == [("hit", 1, ("ridgeport-port-alder",))]


async def test_a_brake_takes_a_partners_alerts_away_at_once(world: World) -> None:
    scene = Scene(world, "l-pa")
    alert_id = await partner_alert(scene)
    async with scene.world.node.store.transaction() as tx:
        await tx.execute("UPDATE shares SET state = 'suspended' WHERE share_id = 'ridgeport-port-alder'")
        await tx.execute("SELECT raise_epoch()")
    assert await scene.shown(PARTNER) == []
    refused = await alert_acts.decide(scene.world.node, PARTNER, alert_id, State.CONFIRMED)
    assert refused.alert is None and not refused.owners[0].allowed
    assert (await alerts.picture(scene.world.node, PARTNER, alert_id)).jpeg is None


async def test_a_partner_without_the_grants_sees_neither_place_nor_picture_nor_names(world: World) -> None:
    scene = Scene(world, "l-pa")
    alert_id = await partner_alert(scene)
    async with scene.world.node.store.transaction() as tx:
        await tx.execute(
            "UPDATE shares SET terms = jsonb_set(terms, '{grants}', '[\"hits\"]') WHERE share_id = 'ridgeport-port-alder'"
        )
        await tx.execute("SELECT raise_epoch()")
    answer = await alerts.alert(scene.world.node, PARTNER, alert_id)
    assert answer.alert is not None and answer.alert.reader_name == "place withheld"
    assert not answer.alert.picture and answer.reads == () and not answer.alert.exact_location
    figures = await alert_acts.figures_of(
        scene.world.node, PAPD, scene.world.at - timedelta(1), scene.world.at + timedelta(1)
    )
    assert [line.name for line in figures.readers] == [f"readers of {RPD}"]


async def test_the_picture_is_given_to_compare_and_each_look_is_recorded(scene: Scene) -> None:
    item = scene.world.sent("7PIC123", timedelta(seconds=20))
    jpeg = picture_of(to_read(await _decoded(item), READER, RPD))
    await scene.world.deliver(item | {"picture": b64encode(jpeg).decode()})
    alert_id = await scene.raise_for(item, "7PIC123", timedelta(seconds=20))
    assert (await alerts.picture(scene.world.node, OFFICER, alert_id)).jpeg == jpeg
    assert (await alerts.picture(scene.world.node, person("nakamura"), alert_id)).jpeg is None
    assert [event["allowed"] for event in await scene.told("access.picture")] == [False, True]


async def _decoded(item: dict[str, object]) -> Any:
    from tests.node.world import batch

    return batch([item]).items[0][1]


async def test_late_alerts_stand_apart_and_never_sound(scene: Scene) -> None:
    await scene.alerted("7ABC123", timedelta(hours=2), late=True)
    assert await scene.shown() == [] and await scene.shown(shelf=Shelf.LATE) == ["7ABC123"]
    (one,) = (await alerts.alerts(scene.world.node, OFFICER, scene.wanted(Shelf.LATE))).alerts
    assert not one.sounds


async def test_pages_of_alerts_follow_each_other_without_gap_or_double(scene: Scene) -> None:
    for n in range(7):
        scene.world.at += timedelta(seconds=1)
        await scene.alerted(f"7ABC10{n}")
    seen: list[str] = []
    cursor = None
    while True:
        page = await alerts.alerts(scene.world.node, OFFICER, scene.wanted(limit=3, cursor=cursor))
        seen += [one.listed_plate for one in page.alerts]
        cursor = page.next
        if cursor is None:
            break
    assert seen == [f"7ABC10{n}" for n in reversed(range(7))]
    with pytest.raises(BadInput, match="not where a page ended"):
        await alerts.alerts(scene.world.node, OFFICER, Wanted(cursor="nonsense"))


async def test_a_stream_that_lost_its_connection_catches_up_from_the_last_change_it_saw(scene: Scene) -> None:
    first = await scene.alerted("7ABC101")
    after = (await alerts.alerts(scene.world.node, OFFICER, scene.wanted())).head
    second = await scene.alerted("7ABC102")
    await alert_acts.decide(scene.world.node, OFFICER, first, State.STALE)
    async with contextlib.aclosing(alerts.follow(scene.world.node, OFFICER, after)) as stream:
        came = await asyncio.wait_for(anext(stream), 10)
    assert [(one.id, one.state) for one in came] == [(second, State.NEW), (first, State.STALE)]


async def test_a_stream_wakes_by_the_bell_and_ends_when_the_account_is_closed(scene: Scene) -> None:
    listening = asyncio.create_task(listen(scene.world.node.store, scene.world.node.bell, (rows.CHANNEL,)))
    stream = alerts.follow(scene.world.node, person("marsh"))
    waiting = asyncio.ensure_future(anext(stream))
    await asyncio.sleep(0.3)
    alert_id = await scene.alerted("7ABC123")
    assert [one.id for one in await asyncio.wait_for(waiting, 1.5)] == [alert_id]
    async with scene.world.node.store.transaction() as tx:
        await tx.execute("UPDATE users SET active = false WHERE user_id = 'marsh'")
    with pytest.raises(StopAsyncIteration):
        await asyncio.wait_for(anext(stream), 10)
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)


async def test_a_ring_between_looking_and_waiting_is_not_missed() -> None:
    bell = Bell()
    rings = bell.count("a")
    bell.ring("a")
    await asyncio.wait_for(bell.wait("a", rings, 60), 1)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(bell.wait("a", bell.count("a"), 60), 0.05)


async def test_figures_tell_what_became_of_alerts_by_list_and_reader(scene: Scene) -> None:
    decisions = [State.CONFIRMED, State.CONFIRMED, State.MISREAD, State.WRONG_STATE, State.STALE, State.NOT_ACTED, None]
    for n, decision in enumerate(decisions):
        more = {"list_id": "l-other", "list_name": "B"} if n == 2 else {"list_name": "A"}
        alert_id = await scene.alerted(f"7ABC10{n}", **more)
        if decision:
            await alert_acts.decide(scene.world.node, OFFICER, alert_id, decision)
    begins, ends = scene.world.at - timedelta(minutes=9), scene.world.at + timedelta(minutes=9)
    found = await alert_acts.alert_figures(scene.world.node, person("delacroix"), begins, ends)
    total = found.total
    assert (total.alerts, total.decided, total.false, total.open, total.confirmed) == (7, 6, 3, 1, 2)
    assert total.share(total.misread) == pytest.approx(1 / 5)
    assert [(line.name, line.alerts) for line in found.lists] == [("A", 6), ("B", 1)]
    assert [line.id for line in found.readers] == [READER]
    with pytest.raises(NotAllowed):
        await alert_acts.alert_figures(scene.world.node, person("pham"), scene.world.at - timedelta(1), scene.world.at)


async def test_a_public_report_counts_what_became_of_alerts_and_names_nobody(scene: Scene) -> None:
    alert_id = await scene.alerted("7RPT123")
    await alert_acts.decide(scene.world.node, OFFICER, alert_id, State.MISREAD)
    when = period(scene.world.node, "")
    made = await alerts_report(scene.world.node, person("delacroix"), when, public=True)
    assert "7RPT123" not in made.text and "Alvarez" not in made.text and "Harbor" not in made.text
    tables = {table["title"]: table for table in made.document["tables"]}
    total = dict(zip(tables["All alerts"]["columns"], tables["All alerts"]["rows"][0], strict=True))
    assert total["alerts"] >= 1 and total["misread"] >= 1
    with pytest.raises(BadInput):
        await alerts_report(scene.world.node, OFFICER, when, public=True)
