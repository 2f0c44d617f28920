"""A household's node: one person, nothing shared, nothing kept of anybody who is not on the list."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
import pytest_asyncio

from plateward.core.errors import BadInput, Fault, NotAllowed
from plateward.core.event import EventType, fields_of
from plateward.core.feed import What
from plateward.core.household import MOST_PLATES, NOT_AT_HOME, Profile, in_own_network, why_not_at_home
from plateward.core.people import PERMISSIONS, Asker, Permission, Person, Role
from plateward.core.plate import PlatePattern
from plateward.core.proposal import AddPerson, SetRetention
from plateward.core.purpose import OWN_LIST, Purpose
from plateward.core.share import Act, Grant, Share, ShareState
from plateward.node import settings
from plateward.node.alerting.alerts import Wanted, alerts
from plateward.node.bulk import load_reads
from plateward.node.devices.cameras import CameraAnswer, Delivery, receive, spool_of
from plateward.node.devices.delivery import Terms, terms_of
from plateward.node.devices.readers import change_keep
from plateward.node.entering import enter_shares
from plateward.node.hotlists.aging import sweep
from plateward.node.hotlists.edge import EdgeList, edge_list
from plateward.node.household.broker import broker_feed, end_broker, tell_broker
from plateward.node.household.keeping import keep_for, kept_at_home
from plateward.node.household.law import law_read, laws_of
from plateward.node.household.my_list import my_list, take_off
from plateward.node.household.policy import policy_of
from plateward.node.household.sieve import forget_unlisted, passed_by
from plateward.node.household.sightings import seen_lately, seen_of
from plateward.node.keeping.purge import purge
from plateward.node.people import accounts
from plateward.node.people.joining import add_person
from plateward.node.search import SearchRequest, search
from plateward.node.sending import feeds
from plateward.node.sending.feeds import FeedRequest
from plateward.node.sending.targets import add as add_target
from plateward.node.settings import Mqtt, load_settings
from plateward.node.sharing.truth import propose
from plateward.node.start import prepare
from plateward.store import events, reads
from plateward.store.connection import Store
from tests.node.household import ANNA, CAMERA, KEY, STRANGER, House, house, write_settings
from tests.node.world import World

JPEG = b"\xff\xd8\xff\xe0" + b"a picture of a stranger" + b"\xff\xd9"
PICTURE = base64.b64encode(JPEG).decode()


@pytest_asyncio.fixture(loop_scope="session")
async def home(store: Store, tmp_path: Path) -> AsyncIterator[House]:
    yield await house(store, tmp_path)


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


# ---------------------------------------------------------------- one person, nothing leaves


async def test_there_is_one_person_and_nobody_joins(home: House) -> None:
    own = home.node.settings.agency
    with pytest.raises(NotAllowed, match="one person"):
        async with home.node.store.transaction() as tx:
            await accounts.add(home.node, tx, Person("bea", "Bea", Role.HOUSEHOLDER, own, own))
    with pytest.raises(NotAllowed):
        await add_person(home.node, home.me, AddPerson("bea", "Bea", Role.OFFICER, own, own, None))  # type: ignore[arg-type]
    assert await accounts.list_people(home.node, home.me) == (home.me,)


async def test_an_agency_has_no_householder(world: World) -> None:
    own = world.node.settings.agency
    with pytest.raises(BadInput, match="at home"):
        async with world.node.store.transaction() as tx:
            await accounts.add(world.node, tx, Person("bea", "Bea", Role.HOUSEHOLDER, own, own))


def test_a_householder_may_do_what_a_household_does_and_every_other_permission_has_its_sentence() -> None:
    may = PERMISSIONS[Role.HOUSEHOLDER]
    assert not may & frozenset().union(*NOT_AT_HOME.values())
    assert may.isdisjoint(
        {Permission.SEARCH, Permission.SHARE_APPROVE, Permission.PRODUCTION, Permission.PEOPLE, Permission.TRUTH}
    )
    assert all(why_not_at_home(one).startswith("A home node") for one in Permission)


async def test_no_share_comes_in_by_any_door(home: House) -> None:
    ends = home.at + timedelta(days=9)
    own = home.node.settings.agency
    share = Share("s-1", own, "us-ca-el-cajon-pd", frozenset(Grant), ShareState.ACTIVE, home.at, ends)
    with pytest.raises(NotAllowed, match="shares nothing"):
        await enter_shares(home.node, (share,))
    with pytest.raises(BadInput):
        await propose(home.node, home.me, SetRetention(1440))


async def test_the_promises_of_the_profile_refuse_everybody_else_at_the_gate(home: House) -> None:
    own = home.node.settings.agency
    async with home.node.store.transaction() as tx:
        policy = await home.node.policy(tx)
    me, police = Asker.of(home.me), Asker.agency("us-ca-el-cajon-pd")
    asked = [
        policy.decide(me, own, Act.SEARCH, "own-list", home.at),
        policy.decide(me, own, Act.SEARCH, "wanted-person", home.at),
        policy.decide(me, own, Act.EXPORT, "court-order", home.at),
        policy.decide(me, own, Act.PRODUCTION, "own-list", home.at),
        policy.decide(police, own, Act.SEARCH, "own-list", home.at),
        policy.decide(replace(me, on_behalf_of="us-dhs-ice"), own, Act.SEARCH, "own-list", home.at),
    ]
    assert [decision.allowed for decision in asked] == [True, False, False, False, False, False]
    assert all(decision.promises for decision in asked[1:])


async def test_messages_go_to_the_person_and_to_no_other_system(home: House) -> None:
    with pytest.raises(NotAllowed, match="go to you"):
        await add_target(home.node, home.me, "webhook", "HQ", {"url": "https://example.org/hook"})


# ---------------------------------------------------------------- retention, policy, law


async def test_reads_are_kept_thirty_days_at_most_and_one_person_chooses_less_and_more_again(home: House) -> None:
    assert await kept_at_home(home.node) == 30 * 1440
    await keep_for(home.node, home.me, 7 * 1440)
    assert await kept_at_home(home.node) == 7 * 1440
    await keep_for(home.node, home.me, 20 * 1440)
    assert await kept_at_home(home.node) == 20 * 1440
    with pytest.raises(BadInput, match="nobody's history"):
        await keep_for(home.node, home.me, 30 * 1440 + 1)


async def test_the_policy_says_what_runs(home: House) -> None:
    before = await policy_of(home.node)
    await keep_for(home.node, home.me, 7 * 1440)
    after = await policy_of(home.node)
    assert (before.retention.minutes, after.retention.minutes) == (30 * 1440, 7 * 1440)
    assert "7 days" in after.retention.why
    assert after.sharing.recipients == () and after.purposes.reasons == ("own-list",)
    assert after.published == "http://127.0.0.1:8731/home/policy"


@pytest.mark.parametrize(
    ("place", "first"), [("US-CA", "us-ca"), ("US-NH", "us-nh"), ("DE", "eu"), ("GB", "gb"), ("GB-ENG", "gb")]
)
def test_the_law_of_the_place_comes_first(place: str, first: str) -> None:
    here, others = laws_of(place)
    assert [law.id for law in here] == [first]
    assert first not in {law.id for law in others} and others


def test_a_place_without_a_law_found_has_none_invented_for_it() -> None:
    here, others = laws_of("US-TX")
    assert here == () and all(law.sources and law.sections for law in others)


# ---------------------------------------------------------------- for good


async def test_a_household_starts_again_as_it_was(home: House) -> None:
    await home.list_plate()
    assert await prepare(home.node) == ()
    assert len(await my_list(home.node, home.me)) == 1


async def test_a_household_never_becomes_an_agency(home: House) -> None:
    agency = msgspec.structs.replace(home.node.settings, profile=Profile.AGENCY)
    with pytest.raises(BadInput, match="never changes") as refused:
        await prepare(replace(home.node, settings=agency))
    assert "begin a new node in a folder of its own" in str(refused.value)


async def test_an_agency_never_becomes_a_household(world: World, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    household = load_settings(write_settings(tmp_path / "other"))
    with pytest.raises(BadInput, match="plateward home --data"):
        await prepare(replace(world.node, settings=household))


@pytest.mark.parametrize(
    ("old", "new", "match"),
    [
        ("minutes = 43200", "minutes = 43201", "nobody's history"),
        ('place = "US-CA"', 'place = "California"', "place"),
        ("[retention]", "demo = true\n[retention]", "demonstration"),
    ],
)
def test_settings_that_no_household_has_are_named(tmp_path: Path, old: str, new: str, match: str) -> None:
    with pytest.raises(BadInput, match=match):
        load_settings(write_settings(tmp_path, **{old: new}))


async def _told(home: House, kind: EventType) -> list[dict[str, object]]:
    async with home.node.store.transaction() as tx:
        found = await events.events(tx, types=[str(kind)], limit=1000)
    return [dict(fields_of(bytes(event.body))) for event in reversed(found) if event.body is not None]


# ---------------------------------------------------------------- home automation


def _with_broker(home: House, host: str) -> None:
    delivery = settings.Delivery(mqtt=Mqtt(host))
    home.node = replace(home.node, settings=msgspec.structs.replace(home.node.settings, delivery=delivery))


@pytest.mark.parametrize("host", ["192.168.1.20", "127.0.0.1", "homeassistant", "homeassistant.local", "fd00::20"])
def test_the_house_ends_at_its_network(host: str) -> None:
    assert in_own_network(host)


@pytest.mark.parametrize("host", ["mqtt.example.org", "8.8.8.8", "local.example.org", "2001:4860:4860::8888"])
def test_what_is_beyond_it_is_not_the_house(host: str) -> None:
    assert not in_own_network(host)


async def test_one_person_tells_the_own_broker_of_the_own_list_and_ends_it(home: House) -> None:
    _with_broker(home, "192.168.1.20")
    await home.list_plate()
    before = (await policy_of(home.node)).sharing.text
    feed = await tell_broker(home.node, home.me, "home")
    assert (feed.what, feed.channel, feed.reason, feed.receiver) == (What.HITS, "mqtt", "own-list", None)
    assert "home automation" in (await policy_of(home.node)).sharing.text and "home automation" not in before
    await home.deliver(home.sent(ANNA), home.sent(STRANGER))
    async with home.node.store.transaction() as tx:
        assert len(await (await tx.execute("SELECT read_id FROM feed_reads")).fetchall()) == 1
    with pytest.raises(BadInput, match="already"):
        await tell_broker(home.node, home.me, "home")
    await end_broker(home.node, home.me)
    assert await broker_feed(home.node) is None
    assert (await tell_broker(home.node, home.me, "home")).runs(home.at)


async def test_a_broker_outside_of_the_house_is_told_nothing(home: House) -> None:
    _with_broker(home, "mqtt.example.org")
    await home.list_plate()
    with pytest.raises(BadInput, match="not in your own network"):
        await tell_broker(home.node, home.me, "home")
    assert await broker_feed(home.node) is None


async def test_no_other_feed_is_asked_for_by_a_household(home: House) -> None:
    _with_broker(home, "192.168.1.20")
    wanted = FeedRequest(
        "every", "somebody's system", "own-list", home.at + timedelta(days=9), channel="mqtt", address={"topic": "x"},
        words="to tell somebody everything",
    )  # fmt: skip
    asked = await feeds.ask(home.node, home.me, wanted)
    assert asked.feed is not None
    with pytest.raises(NotAllowed, match="own broker of its own list"):
        await feeds.approve(home.node, home.me, str(asked.feed.feed_id))
    with pytest.raises(NotAllowed, match="go to you"):
        await feeds.ask(
            home.node, home.me, replace(wanted, channel="webhook", address={"url": "https://example.org/x"})
        )
    refused = await feeds.ask(home.node, home.me, replace(wanted, receiver="us-ca-el-cajon-pd", recipient="the town"))
    assert refused.feed is None and refused.refusal
