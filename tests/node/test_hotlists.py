"""Hot lists by hand: who may enter what, two people, promises, age; and which reads they find."""

from __future__ import annotations

import shutil
from base64 import b64decode
from collections.abc import AsyncIterator, Iterable
from datetime import timedelta

import psycopg
import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plateward.core.errors import BadInput
from plateward.core.event import fields_of
from plateward.core.people import Person
from plateward.core.plate import look_alike
from plateward.demo.people import person
from plateward.node.hotlists import entries as hot_entries
from plateward.node.hotlists import lists as hotlists
from plateward.node.hotlists.aging import sweep
from plateward.node.hotlists.edge import EdgeList, edge_hash, edge_list
from plateward.node.hotlists.entries import EntryAnswer, NewEntry
from plateward.node.hotlists.importing import ImportAnswer, import_list
from plateward.node.hotlists.lists import ListSettings
from plateward.node.ingest import UnknownReader
from plateward.node.sharing.exposure import exposure_of
from plateward.node.sharing.steps import suspend_share
from plateward.store import events
from plateward.store.connection import Database, Store
from plateward.store.embedded import EmbeddedServer
from tests.node.world import KEY, World, begin
from tests.postgres import TEMPLATE, database_on, make_folder, new_database

LIST = "rpd-bolo"
_CLEAN = """
TRUNCATE plateward.hot_lists, plateward.hot_entries, plateward.hot_refused, plateward.alerts, plateward.alert_reads,
         plateward.alert_steps, plateward.outbox CASCADE;
UPDATE plateward.shares SET state = 'active' WHERE share_id = 'ridgeport-port-alder';
UPDATE plateward.policy_epoch SET epoch = epoch + 1
"""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def town(postgres: EmbeddedServer) -> AsyncIterator[tuple[World, Database]]:
    """One node for all tests of this file."""
    folder = make_folder()
    database = database_on(postgres, await new_database(postgres, TEMPLATE))
    try:
        async with Store.open(database, connections=8, timeout_s=20) as store:
            yield await begin(store, folder), database
    finally:
        shutil.rmtree(folder)


@pytest_asyncio.fixture(loop_scope="session")
async def world(town: tuple[World, Database]) -> World:
    """The town without any list or alert."""
    async with await psycopg.AsyncConnection.connect(town[1].owner, autocommit=True) as owner:
        await owner.execute(_CLEAN)
    async with town[0].node.store.transaction() as tx:
        _begun[0] = len(await events.events(tx, limit=100_000))
    return town[0]


_begun = [0]
"""How many entries the ledger had when the test began."""


async def make_list(world: World, who: str = "nakamura", list_id: str = LIST, **more: object) -> None:
    wanted = ListSettings("Be on the lookout", "stolen-vehicle", "detectives", **more)  # type: ignore[arg-type]
    await hotlists.add_list(world.node, person(who), list_id, True, wanted)


async def enter(
    world: World, plate: str, who: str | Person = "alvarez", list_id: str = LIST, **more: object
) -> EntryAnswer:
    values: dict[str, object] = {
        "reason": "stolen from a driveway", "case": "R26-00117", "expires": world.at + timedelta(days=7), "state": "US-CA",
    }  # fmt: skip
    new = NewEntry(plate, **(values | more))  # type: ignore[arg-type]
    return await hot_entries.add_entry(world.node, person(who) if isinstance(who, str) else who, list_id, new)


async def alerts(world: World) -> list[dict[str, object]]:
    async with world.node.store.transaction() as tx:
        numbers = list((await world.node.agency_numbers(tx, await world.node.owners(tx))).values())
    async with world.node.store.transaction(numbers) as tx:
        cursor = await tx.execute(
            "SELECT agency, list_owner, listed_plate, read_plate, how, state_match, late, reads, share_id, confidence "
            "FROM alerts ORDER BY raised_at, listed_plate"
        )
        names = [column.name for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in await cursor.fetchall()]


async def told(world: World, kind: str) -> list[bytes]:
    async with world.node.store.transaction() as tx:
        return [event.body or b"" for event in await events.events(tx, types=[kind]) if event.seq >= _begun[0]]


async def test_a_listed_plate_raises_an_alert_in_the_transaction_of_its_read(world: World) -> None:
    await make_list(world)
    await enter(world, "7ABC128")
    await world.deliver(world.sent("7ABC128", timedelta(seconds=5), region="US-CA"), world.sent("8XYZ123"))
    (alert,) = await alerts(world)
    assert (alert["listed_plate"], alert["how"], alert["state_match"], alert["late"]) == (
        "7ABC128",
        "exact",
        True,
        False,
    )
    assert len(await told(world, "alert.raised")) == 1


async def test_whoever_looks_at_what_is_on_a_list_is_on_record(world: World) -> None:
    """Else a whole list of wanted plates could be carried off, five thousand at a time, and nobody would know."""
    await make_list(world)
    await enter(world, "7ABC128")
    await hot_entries.list_with_entries(world.node, person("alvarez"), LIST, plate="7abc-128")
    with pytest.raises(BadInput):
        await hot_entries.list_with_entries(world.node, person("osei"), LIST)
    (looked,) = await told(world, "hotlist.seen")
    assert fields_of(looked) == {
        "person": "alvarez", "organisation": "us-ca-ridgeport-pd", "hotlist": LIST, "rows": 1, "plate": "7ABC128",
    }  # fmt: skip


async def test_taking_a_plate_off_and_entering_it_again_gains_no_second_four_hours(world: World) -> None:
    """Else one person alone would follow anybody, four hours at a time."""
    await make_list(world)
    first = await enter(world, "7ABC128")
    assert first.entry is not None
    world.at += timedelta(hours=3)
    await hot_entries.remove_entry(world.node, person("alvarez"), LIST, first.entry.id)
    again = await enter(world, "7ABC128", case="26-9999")
    assert again.entry is not None and again.entry.active_until == world.at + timedelta(hours=1)
    world.at += timedelta(hours=2)
    for plate in ("7ABC128", "7A8C128"):
        late = await enter(world, plate, case="26-8888", expires=world.at + timedelta(hours=2))
        assert late.entry is not None and late.entry.state == "waiting"
    world.at += timedelta(days=31)
    anew = await enter(world, "7ABC128", case="26-7777")
    assert anew.entry is not None and anew.entry.state == "unconfirmed"


async def test_an_officers_entry_matches_for_four_hours_unless_a_second_person_confirms_it(world: World) -> None:
    await make_list(world)
    answer = await enter(world, "7ABC128")
    assert answer.entry is not None and answer.entry.state == "unconfirmed"
    with pytest.raises(BadInput, match="supervisor"):
        await hot_entries.confirm_entry(world.node, person("okafor"), LIST, answer.entry.id)
    world.at += timedelta(hours=5)
    await world.deliver(world.sent("7ABC128", timedelta(seconds=5)))
    assert await alerts(world) == []
    await hot_entries.confirm_entry(world.node, person("brandt"), LIST, answer.entry.id)
    await world.deliver(world.sent("7ABC128", timedelta(seconds=5)))
    assert len(await alerts(world)) == 1


async def chunks(data: bytes, size: int = 1000) -> AsyncIterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


async def make_file_list(world: World, list_id: str = "state-stolen", who: str = "nakamura", **more: object) -> None:
    wanted = ListSettings("State stolen vehicles", "stolen-vehicle", "state extract", default_days=30, **more)  # type: ignore[arg-type]
    await hotlists.add_list(world.node, person(who), list_id, False, wanted)


async def load(
    world: World, data: bytes, list_id: str = "state-stolen", who: str = "nakamura", **more: object
) -> ImportAnswer:
    return await import_list(world.node, person(who), list_id, chunks(data), **more)  # type: ignore[arg-type]


EXTRACT = b"""plate,state,code,case
7ABC128,CA,V,26-1
8XYZ123,CA,N,26-2
9AAA111,NV,P,26-3
--,CA,V,26-4
"""


async def test_a_file_becomes_the_list_and_the_immigration_file_in_it_is_dropped_with_its_count(world: World) -> None:
    await make_file_list(world)
    answer = await load(world, EXTRACT, insist=True)
    assert (answer.done, answer.added, answer.removed, answer.rejected) == (True, 2, 0, 1)
    assert [(error.line, "plate" in error.error) for error in answer.errors] == [(5, True)]
    (dropped,) = answer.dropped
    assert (dropped.kind, dropped.count) == ("immigration-violator", 1) and dropped.promises
    await world.deliver(world.sent("8XYZ123", timedelta(seconds=5)), world.sent("9AAA111", timedelta(seconds=5)))
    assert [alert["listed_plate"] for alert in await alerts(world)] == ["9AAA111"]


async def test_a_preview_tells_everything_and_changes_nothing(world: World) -> None:
    await make_file_list(world)
    answer = await load(world, EXTRACT, preview=True)
    assert (answer.done, answer.added, len(answer.sample)) == (False, 2, 2)
    (view,) = await hotlists.lists(world.node, person("nakamura"))
    assert (view.entries, view.state) == (0, "empty")
    assert await told(world, "hotlist.imported") == []


async def test_a_file_that_is_cut_off_changes_nothing_until_somebody_insists(world: World) -> None:
    await make_file_list(world)
    whole = b"plate,state\n" + b"".join(b"8ABC%03d,CA\n" % n for n in range(100))
    await load(world, whole)
    answer = await load(world, whole[: len(whole) // 4])
    assert not answer.done and "removes" in answer.worries[0]
    (view,) = await hotlists.lists(world.node, person("nakamura"))
    assert view.entries == 100


COUNTED = """
layout = "delimited"
[fields]
plate = { column = 2 }
[closing]
when = "^T,"
count = { column = 2 }
"""


async def test_a_file_whose_closing_record_counts_otherwise_waits_for_somebody_to_insist(world: World) -> None:
    await make_file_list(world)
    answer = await load(world, b"D,7ABC128\nD,8XYZ123\nT,3\n", layout=COUNTED)
    assert (answer.done, answer.records, answer.added) == (False, 2, 2) and "3 records" in answer.worries[0]
    answer = await load(world, b"D,7ABC128\nD,8XYZ123\nT,2\n", layout=COUNTED)
    assert answer.done and answer.worries == ()


async def test_a_file_that_breaks_in_the_middle_leaves_the_list_as_it_was(world: World) -> None:
    await make_file_list(world)
    await load(world, b"plate\n7ABC128\n")

    async def broken() -> AsyncIterator[bytes]:
        yield b"plate\n8XYZ123\n"
        raise ConnectionResetError("the sender went away")

    with pytest.raises(ConnectionResetError):
        await import_list(world.node, person("nakamura"), "state-stolen", broken())
    with pytest.raises(BadInput, match="quotation"):
        await load(world, b'plate\n"8XYZ123\n' + b"9AAA111\n" * 40_000)
    await world.deliver(world.sent("7ABC128", timedelta(seconds=5)), world.sent("8XYZ123", timedelta(seconds=5)))
    assert [alert["listed_plate"] for alert in await alerts(world)] == ["7ABC128"]


async def test_the_next_file_changes_only_what_changed(world: World) -> None:
    await make_file_list(world)
    await load(world, b"plate,reason\n7ABC128,taken at night\n8XYZ123,taken\n7ABC128,taken at night\n")
    answer = await load(world, b"plate,reason\n7ABC128,taken at night\n9AAA111,new\n", insist=True)
    assert (answer.added, answer.removed, answer.kept) == (1, 1, 1)
    _, entries, _ = await hot_entries.list_with_entries(world.node, person("nakamura"), "state-stolen")
    assert [entry.plate for entry in entries] == ["7ABC128", "9AAA111"]


async def test_what_came_in_an_immigration_file_is_not_entered_by_hand_as_a_stolen_car(world: World) -> None:
    await make_file_list(world)
    await load(world, EXTRACT, insist=True)
    await make_list(world)
    refused = await enter(world, "8XYZ123", case="26-2")
    assert refused.entry is None and refused.decision.promises
    assert b"8XYZ123" not in (await told(world, "hotlist.entry-refused"))[0]
    elsewhere = await enter(world, "8XYZ123", case="R26-555")
    assert elsewhere.entry is not None and elsewhere.entry.state == "waiting"
    await world.deliver(world.sent("8XYZ123", timedelta(seconds=5)))
    assert await alerts(world) == []


@pytest.mark.parametrize("reason", ["ICE warrant of removal", "deported felon", "immigration hold", "assist ERO"])
async def test_an_immigration_entry_is_refused_by_the_promise_whatever_kind_is_chosen(
    world: World, reason: str
) -> None:
    await make_list(world)
    answer = await enter(world, "7ABC128", reason=reason, kind="wanted-person")
    assert answer.entry is None and answer.decision.promises


async def test_nobody_is_looked_for_because_of_care(world: World) -> None:
    await make_list(world)
    answer = await enter(world, "7ABC128", reason="drove a friend to an abortion clinic")
    assert answer.entry is None and not answer.decision.allowed


async def test_a_federal_agent_with_a_desk_at_the_police_enters_nothing(world: World) -> None:
    await make_list(world)
    answer = await enter(world, "7ABC128", who="reyes")
    assert answer.entry is None


async def test_an_entry_needs_a_case_an_end_and_a_reason_somebody_understands(world: World) -> None:
    await make_list(world)
    for field, wrong in (
        ("case", {"case": " "}), ("expires", {"expires": None}), ("expires", {"expires": world.at - timedelta(days=1)}),
        ("expires", {"expires": world.at + timedelta(days=400)}), ("reason", {"reason": "??"}), ("state", {"state": "Cal"}),
        ("priority", {"priority": 7}),
    ):  # fmt: skip
        with pytest.raises(BadInput) as error:
            await enter(world, "7ABC128", **wrong)
        assert error.value.where == field


async def test_a_partners_list_matches_under_a_share_that_permits_hits_and_counts_as_exposure(world: World) -> None:
    await make_list(world, "hale", "papd-bolo")
    await enter(world, "7ABC128", who="castellano", list_id="papd-bolo")
    await world.deliver(world.sent("7ABC128", timedelta(seconds=5)))
    (alert,) = await alerts(world)
    assert (alert["agency"], alert["list_owner"]) == ("us-ca-ridgeport-pd", "us-ca-port-alder-pd")
    assert alert["share_id"] == "ridgeport-port-alder"
    answer = await exposure_of(world.node, person("whitfield"), "us-ca-port-alder-pd")
    assert [delivery.kind for delivery in answer.exposure.deliveries] == ["hit"]


async def test_a_share_without_hits_lets_no_list_match(world: World) -> None:
    await make_list(world, "farrow", "so-bolo")
    await enter(world, "7ABC128", who="quintero", list_id="so-bolo")
    await world.deliver(world.sent("7ABC128", timedelta(seconds=5)))
    assert await alerts(world) == []


async def test_a_share_that_is_suspended_stops_matching_with_the_next_read(world: World) -> None:
    await make_list(world, "hale", "papd-bolo")
    await enter(world, "7ABC128", who="castellano", list_id="papd-bolo")
    await suspend_share(world.node, person("whitfield"), "ridgeport-port-alder", "an audit found misuse")
    await world.deliver(world.sent("7ABC128", timedelta(seconds=5)))
    assert await alerts(world) == []


async def test_a_transaction_that_names_no_list_sees_no_entry_of_any(world: World) -> None:
    await make_list(world)
    await enter(world, "7ABC128")
    async with world.node.store.transaction() as tx:
        assert await (await tx.execute("SELECT count(*) FROM hot_entries")).fetchone() == (0,)


async def test_another_agencys_list_is_as_if_there_were_none(world: World) -> None:
    await make_list(world, "hale", "papd-bolo")
    for act in (
        hot_entries.list_with_entries(world.node, person("alvarez"), "papd-bolo"),
        hotlists.retire_list(world.node, person("nakamura"), "papd-bolo"),
        enter(world, "7ABC128", list_id="papd-bolo"),
    ):
        with pytest.raises(BadInput, match="no hot list"):
            await act
    assert await hotlists.lists(world.node, person("nakamura")) == ()


async def test_a_stale_list_matches_nothing_and_says_so_once(world: World) -> None:
    await make_file_list(world)
    await load(world, b"plate\n7ABC128\n")
    world.at += timedelta(days=1, minutes=1)
    assert await sweep(world.node) == 0
    await sweep(world.node)
    await world.deliver(world.sent("7ABC128", timedelta(seconds=5)))
    assert await alerts(world) == []
    assert len(await told(world, "hotlist.stale")) == 1
    await load(world, b"plate\n7ABC128\n")
    await world.deliver(world.sent("7ABC128", timedelta(seconds=5)))
    assert len(await alerts(world)) == 1


async def test_an_entry_past_its_end_matches_nothing_and_goes(world: World) -> None:
    await make_list(world)
    answer = await enter(world, "7ABC128", expires=world.at + timedelta(hours=2))
    assert answer.entry is not None
    world.at += timedelta(hours=3)
    await world.deliver(world.sent("7ABC128", timedelta(seconds=5)))
    assert await alerts(world) == []
    assert await sweep(world.node) == 1
    assert len(await told(world, "hotlist.entry-removed")) == 1


async def test_a_late_read_is_recorded_and_never_sounds(world: World) -> None:
    await make_list(world)
    await enter(world, "7ABC128")
    await world.deliver(world.sent("7ABC128", timedelta(minutes=11)))
    assert [alert["late"] for alert in await alerts(world)] == [True]


async def test_a_read_that_is_delivered_twice_alerts_once(world: World) -> None:
    await make_list(world)
    await enter(world, "7ABC128")
    read = world.sent("7ABC128", timedelta(seconds=5))
    await world.deliver(read)
    await world.deliver(read)
    assert [alert["reads"] for alert in await alerts(world)] == [1]


async def test_another_state_lowers_the_confidence_and_is_stated(world: World) -> None:
    await make_list(world)
    await enter(world, "7ABC128")
    await world.deliver(world.sent("7ABC128", timedelta(seconds=5), region="US-NV"))
    (alert,) = await alerts(world)
    assert (alert["state_match"], alert["confidence"]) == (False, 465)


async def test_a_retired_list_matches_nothing_and_its_plates_are_gone(world: World) -> None:
    await make_list(world)
    await enter(world, "7ABC128")
    await hotlists.retire_list(world.node, person("nakamura"), LIST)
    await world.deliver(world.sent("7ABC128", timedelta(seconds=5)))
    assert await alerts(world) == []
    _, entries, _ = await hot_entries.list_with_entries(world.node, person("nakamura"), LIST)
    assert entries == ()


async def test_a_reader_gets_its_own_agencys_edge_lists_as_hashes_it_can_check(world: World) -> None:
    await make_list(world, edge=True)
    await make_list(world, "hale", "papd-bolo", edge=True)
    await enter(world, "7ABC128")
    await enter(world, "9AAA111", who="castellano", list_id="papd-bolo")
    answer = await edge_list(world.node, KEY)
    assert isinstance(answer, EdgeList) and answer.count == 1
    held = b64decode(answer.hashes)
    assert held == edge_hash(bytes.fromhex(answer.salt), look_alike("7A8C128"))
    assert b"7ABC128" not in repr(answer).encode()
    assert await edge_list(world.node, KEY, known=answer.etag) is None
    plain = await edge_list(world.node, KEY, "plain")
    assert isinstance(plain, EdgeList) and plain.plates == ("7ABC128",)
    assert isinstance(await edge_list(world.node, "guessed"), UnknownReader)


TEXTS = st.text("0OQ1I8B5SA", min_size=2, max_size=3)
REGIONS = st.sampled_from([None, "US-CA", "US-NV"])


@st.composite
def street(draw: st.DrawFn) -> tuple[list[dict[str, object]], list[tuple[str, str | None, str]]]:
    """Reads as they are sent, and entries: plate, state, and whose list they stand on."""
    reads = [
        {
            "plate": draw(TEXTS), "region": draw(REGIONS), "confidence": draw(st.sampled_from([0.2, 0.6, 0.95])),
            "candidates": [[text, 0.3] for text in draw(st.lists(TEXTS, max_size=2))],
        }
        for _ in range(draw(st.integers(1, 6)))
    ]  # fmt: skip
    entries = st.tuples(TEXTS, REGIONS, st.sampled_from(["nakamura", "hale", "farrow"]))
    return reads, draw(st.lists(entries, min_size=1, max_size=6, unique_by=lambda e: (e[0], e[2])))


ALIKE = ("0OQD", "1IL", "2Z", "5S", "6G", "8B")


def alike(a: str, b: str) -> bool:
    return len(a) == len(b) and all(
        x == y or any(x in group and y in group for group in ALIKE) for x, y in zip(a, b, strict=True)
    )


def reference(
    reads: list[dict[str, object]], entries: Iterable[tuple[str, str | None, str]]
) -> set[tuple[int, str, str]]:
    """Which read fits which entry, said once more in the plainest words: the sheriff's share permits no hits."""
    found = set()
    for number, read in enumerate(reads):
        for plate, region, admin in entries:
            if admin == "farrow":
                continue
            text, confidence, candidates = str(read["plate"]), float(str(read["confidence"])), str(read["candidates"])
            likely = 0.0
            if text == plate:
                likely = confidence
            elif alike(text, plate):
                likely = confidence * 0.6 ** sum(a != b for a, b in zip(text, plate, strict=True))
            elif f"['{plate}', 0.3]" in candidates:
                likely = 0.3
            if read["region"] and region and read["region"] != region:
                likely /= 2
            if round(likely, 4) >= 0.1:
                found.add((number, plate, admin))
    return found


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(made=street())
async def test_what_matches_is_what_a_plain_reference_says(
    town: tuple[World, Database], made: tuple[list[dict[str, object]], list[tuple[str, str | None, str]]]
) -> None:
    world, (reads, entries) = town[0], made
    async with await psycopg.AsyncConnection.connect(town[1].owner, autocommit=True) as owner:
        await owner.execute(_CLEAN)
    for admin in ("nakamura", "hale", "farrow"):
        await make_list(world, admin, f"{admin}-list")
    for plate, region, admin in entries:
        await enter(world, plate, admin, f"{admin}-list", state=region)
    sent = [world.sent(str(read["plate"]), timedelta(seconds=5)) | read for read in reads]
    await world.deliver(*sent)
    numbers = {str(item["id"]): number for number, item in enumerate(sent)}
    async with world.node.store.transaction() as tx:
        owners = list((await world.node.agency_numbers(tx, await world.node.owners(tx))).values())
    async with world.node.store.transaction(owners) as tx:
        cursor = await tx.execute(
            "SELECT r.read_id::text, a.listed_plate, a.list_id FROM alert_reads r JOIN alerts a USING (alert_id)"
        )
        found = {(numbers[read], plate, name.removesuffix("-list")) for read, plate, name in await cursor.fetchall()}
    assert found == reference(reads, entries)
