"""What a household never does: a second person, a share, a longer keeping, another profile, a broker outside of the house."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from plateward.core.errors import BadInput, NotAllowed
from plateward.core.feed import What
from plateward.core.household import NOT_AT_HOME, Profile, in_own_network, why_not_at_home
from plateward.core.people import PERMISSIONS, Asker, Permission, Person, Role
from plateward.core.proposal import AddPerson, SetRetention
from plateward.core.share import Act, Grant, Share, ShareState
from plateward.node import settings
from plateward.node.entering import enter_shares
from plateward.node.household.broker import broker_feed, end_broker, tell_broker
from plateward.node.household.keeping import keep_for, kept_at_home
from plateward.node.household.law import laws_of
from plateward.node.household.my_list import my_list
from plateward.node.household.policy import policy_of
from plateward.node.people import accounts
from plateward.node.people.joining import add_person
from plateward.node.sending import feeds
from plateward.node.sending.feeds import FeedRequest
from plateward.node.sending.targets import add as add_target
from plateward.node.settings import Mqtt, load_settings
from plateward.node.sharing.truth import propose
from plateward.node.start import prepare
from tests.node.household import ANNA, STRANGER, House, write_settings
from tests.node.world import World

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
