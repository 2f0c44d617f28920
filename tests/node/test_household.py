"""A household's node: one person, nothing shared, nothing kept of anybody who is not on the list."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from plateward.core.errors import BadInput, Fault
from plateward.core.event import EventType, fields_of
from plateward.core.household import MOST_PLATES
from plateward.core.plate import PlatePattern
from plateward.core.purpose import OWN_LIST, Purpose
from plateward.node.alerting.alerts import Wanted, alerts
from plateward.node.bulk import load_reads
from plateward.node.devices.cameras import CameraAnswer, Delivery, receive, spool_of
from plateward.node.devices.delivery import Terms, terms_of
from plateward.node.devices.readers import change_keep
from plateward.node.hotlists.aging import sweep
from plateward.node.hotlists.edge import EdgeList, edge_list
from plateward.node.household.law import law_read
from plateward.node.household.my_list import my_list, take_off
from plateward.node.household.sieve import forget_unlisted, passed_by
from plateward.node.household.sightings import seen_lately, seen_of
from plateward.node.keeping.purge import purge
from plateward.node.search import SearchRequest, search
from plateward.store import events, reads
from plateward.store.connection import Store
from tests.node.household import ANNA, CAMERA, KEY, STRANGER, House, house
from tests.node.world import World

JPEG = b"\xff\xd8\xff\xe0" + b"a picture of a stranger" + b"\xff\xd9"
PICTURE = base64.b64encode(JPEG).decode()


async def stored(home: House) -> set[str]:
    """Every plate in the table of reads."""
    async with home.node.store.transaction() as tx:
        numbers = list((await home.node.agency_numbers(tx, [home.node.settings.agency])).values())
    async with home.node.store.transaction(numbers) as tx:
        return {row[0] for row in await (await tx.execute("SELECT plate FROM reads")).fetchall()}


# ---------------------------------------------------------------- what is kept


async def test_a_listed_plate_is_kept_and_a_strangers_is_acknowledged_and_not_kept(home: House) -> None:
    await home.list_plate()
    answer = await home.deliver(home.sent(ANNA, picture=PICTURE), home.sent(STRANGER, picture=PICTURE))
    assert (answer.accepted, answer.not_kept, answer.quarantined, answer.rejected) == (1, 1, 0, ())
    assert await stored(home) == {ANNA}
    async with home.node.store.transaction() as tx:
        learned = {row[0] for row in await (await tx.execute("SELECT plate FROM plate_dictionary")).fetchall()}
    assert learned == {ANNA}
    assert len([file for file in (home.node.vault.folder / "pictures").rglob("*") if file.is_file()]) == 1
    assert [count for _, count in passed_by(home.node)] == [1]
    assert [alert.listed_plate for alert in (await alerts(home.node, home.me, Wanted())).alerts] == [ANNA]


async def test_look_alikes_are_kept_and_a_doubtful_other_reading_is_not(home: House) -> None:
    await home.list_plate("7ABO123")
    close = home.sent("7AB0123")
    doubtful = home.sent("7XYZ999", candidates=[["7ABO123", 0.2]])
    answer = await home.deliver(close, doubtful)
    assert (answer.accepted, answer.not_kept) == (1, 1)
    assert await stored(home) == {"7AB0123"}


async def test_two_reads_under_one_id_do_not_let_the_unlisted_one_in(home: House) -> None:
    await home.list_plate()
    listed = home.sent(ANNA)
    answer = await home.deliver(listed, listed | {"plate": STRANGER})
    assert (answer.accepted, answer.not_kept) == (1, 1)
    assert await stored(home) == {ANNA}


async def test_an_empty_list_keeps_nothing(home: House) -> None:
    assert (await home.deliver(home.sent(ANNA))).not_kept == 1
    assert await stored(home) == set()


async def test_a_clock_that_runs_ahead_sets_nothing_apart(home: House) -> None:
    await home.list_plate()
    answer = await home.deliver(home.sent(STRANGER, timedelta(hours=-3)), home.sent(ANNA, timedelta(hours=-3)))
    assert (answer.accepted, answer.quarantined, answer.not_kept) == (0, 0, 2)
    async with home.node.store.transaction() as tx:
        numbers = list((await home.node.agency_numbers(tx, [home.node.settings.agency])).values())
    async with home.node.store.transaction(numbers) as tx:
        assert await reads.quarantined(tx, numbers) == ()


async def test_a_camera_that_nobody_can_read_leaves_nothing_and_nothing_is_spooled(home: House) -> None:
    broken = Delivery(b"<EventNotificationAlert>" + STRANGER.encode(), "application/xml", "hikvision", UTC, {})
    answer = await receive(home.node, KEY, CAMERA, broken)
    assert isinstance(answer, CameraAnswer) and answer.taken.not_kept == 1 and answer.unread
    away = replace(home.node, store=_Silent())  # type: ignore[arg-type]
    with pytest.raises(Fault):
        await receive(away, KEY, CAMERA, broken)
    assert spool_of(away).count() == 0


class _Silent:
    """A database that does not answer."""

    def transaction(self, *_: object, **__: object) -> object:
        raise Fault("The database does not answer.")


async def test_nothing_is_collected_before_the_law_was_read(store: Store, tmp_path: Path) -> None:
    home = await house(store, tmp_path, read=False)
    await home.list_plate()
    with pytest.raises(BadInput, match="which law binds you"):
        await home.deliver(home.sent(ANNA))
    assert await law_read(home.node) is None


async def test_a_household_that_moved_reads_the_law_of_its_new_place(home: House) -> None:
    await home.list_plate()
    moved = replace(home.node, settings=msgspec.structs.replace(home.node.settings, place="DE"))
    assert await law_read(moved) is None
    assert await law_read(home.node) is not None


async def test_a_household_takes_no_reads_from_an_archive(home: House) -> None:
    with pytest.raises(BadInput, match="cameras alone"):
        await load_reads(home.node, [])


async def test_a_reader_is_told_to_keep_hits_and_gets_the_list_hashed(home: House) -> None:
    await home.list_plate()
    terms = await terms_of(home.node, KEY)
    assert isinstance(terms, Terms) and str(terms.most) == "hits"
    with pytest.raises(BadInput, match="own list alone"):
        await change_keep(home.node, home.me, CAMERA, "all")
    listed = await edge_list(home.node, KEY)
    assert isinstance(listed, EdgeList) and listed.count == 1 and ANNA not in str(listed)


# ---------------------------------------------------------------- the list


async def test_taking_a_plate_off_destroys_what_was_kept_of_it_with_a_receipt(store: Store, tmp_path: Path) -> None:
    home = await house(store, tmp_path, now=datetime.now(UTC))
    anna, bea = await home.list_plate(), await home.list_plate("6BEA555", "Bea")
    await home.deliver(home.sent(ANNA, picture=PICTURE), home.sent("6BEA555"))
    assert await take_off(home.node, home.me, anna.id) == 1
    assert await stored(home) == {"6BEA555"}
    home.at += timedelta(minutes=1)
    await purge(home.node)
    receipts = await _told(home, EventType.PURGE_DONE)
    assert [receipt["reads"] for receipt in receipts if receipt["owner"] == home.node.settings.agency] == [1]
    assert not [file for file in (home.node.vault.folder / "pictures").rglob("*") if file.is_file()]
    assert [one.name for one in await my_list(home.node, home.me)] == [bea.name]
    assert [one.listed_plate for one in (await alerts(home.node, home.me, Wanted())).alerts] == ["6BEA555"]


async def test_a_visitor_whose_time_is_over_leaves_nothing(store: Store, tmp_path: Path) -> None:
    home = await house(store, tmp_path, now=datetime.now(UTC) - timedelta(days=3))
    await home.list_plate(ends=home.at + timedelta(days=1))
    await home.deliver(home.sent(ANNA))
    home.at += timedelta(days=2)
    assert (await home.deliver(home.sent(ANNA))).not_kept == 1
    assert await sweep(home.node) == 1
    assert await forget_unlisted(home.node) == 1
    assert await stored(home) == set()
    assert await forget_unlisted(home.node) == 0


async def test_an_agency_cannot_make_the_database_forget_one_read(world: World) -> None:
    from plateward.store.household import forget

    await world.deliver(world.sent(ANNA))
    assert await forget_unlisted(world.node) == 0
    async with world.node.store.transaction() as tx:
        with pytest.raises(Exception, match="only the reads of a household"):
            await forget(tx, [], world.at)


async def test_the_ledger_names_neither_plate_nor_name_of_what_was_listed(home: House) -> None:
    anna = await home.list_plate()
    await home.deliver(home.sent(ANNA))
    await seen_of(home.node, home.me, anna.id)
    await take_off(home.node, home.me, anna.id)
    async with home.node.store.transaction() as tx:
        bodies = [bytes(event.body) for event in await events.events(tx, limit=1000) if event.body is not None]
    assert bodies and not [body for body in bodies if ANNA.encode() in body or b"Anna" in body]


async def test_entering_a_plate_again_gives_it_a_new_name_and_end(home: House) -> None:
    await home.list_plate()
    await home.list_plate("7ann-123", "Anna", ends=home.at + timedelta(days=9))
    (one,) = await my_list(home.node, home.me)
    assert (one.plate, one.name, one.ends) == (ANNA, "Anna", home.at + timedelta(days=9))


async def test_a_wrong_entry_names_its_field(home: House) -> None:
    for plate, name, days, field in (
        ("", "Anna", 9, "plate"),
        (ANNA, "  ", 9, "name"),
        (ANNA, "x" * 61, 9, "name"),
        (ANNA, "Anna", 400, "ends"),
        (ANNA, "Anna", -1, "ends"),
    ):
        with pytest.raises(BadInput) as wrong:
            await home.list_plate(plate, name, ends=home.at + timedelta(days=days))
        assert wrong.value.where == field
    assert await my_list(home.node, home.me) == ()


async def test_the_list_is_of_a_household_and_not_of_a_town(home: House) -> None:
    for number in range(MOST_PLATES):
        await home.list_plate(f"7V{number:05}", f"Visitor {number}")
    with pytest.raises(BadInput, match="are enough"):
        await home.list_plate("7V99999")
    await home.list_plate("7V00000", "Still welcome")


# ---------------------------------------------------------------- looking


async def test_each_look_is_an_access_record_with_person_entry_and_purpose(home: House) -> None:
    anna = await home.list_plate()
    await home.list_plate("6BEA555", "Bea")
    await home.deliver(home.sent(ANNA), home.sent("6BEA555"))
    _, found = await seen_of(home.node, home.me, anna.id)
    assert [(one.name, one.read_plate, one.exact) for one in found.seen] == [("Anna's car", ANNA, True)]
    told = (await _told(home, EventType.ACCESS_SEARCH))[-1]
    assert (told["person"], told["reason"], told["query"]) == ("me", "own-list", {"entry": anna.id})
    assert {one.name for one in (await seen_lately(home.node, home.me)).seen} == {"Anna's car", "Bea"}


async def test_nobody_can_be_looked_for_who_is_not_on_the_list(home: House) -> None:
    with pytest.raises(BadInput, match="no such plate on your list"):
        await seen_of(home.node, home.me, "01234567-89ab-7def-8123-456789abcdef")
    await home.list_plate()
    await home.deliver(home.sent(ANNA))
    answer = await search(home.node, home.me, SearchRequest(PlatePattern.parse(ANNA), Purpose(OWN_LIST)))
    assert not answer.reads and "householder" in answer.owners[0].why


async def _told(home: House, kind: EventType) -> list[dict[str, object]]:
    async with home.node.store.transaction() as tx:
        found = await events.events(tx, types=[str(kind)], limit=1000)
    return [dict(fields_of(bytes(event.body))) for event in reversed(found) if event.body is not None]
