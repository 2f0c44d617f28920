"""How long reads are kept: shorter at once, longer by two people and never for what is there; laws; duties; hits; holds."""

from __future__ import annotations

import base64
import shutil
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import msgspec
import pytest
import pytest_asyncio

from plateward.core.errors import BadInput, Fault, NotAllowed
from plateward.core.event import EventType
from plateward.core.promise import Floor
from plateward.core.proposal import (
    AdoptPromises,
    EndRetentionGroup,
    SetRecordsDuty,
    SetRetention,
    Sourced,
    WithdrawPromise,
)
from plateward.core.read import Read
from plateward.core.retention import Rule
from plateward.demo.people import person
from plateward.node.keeping import held_reads, retention
from plateward.node.keeping.holds import HoldRequest, decide_hold, end_hold, holds_of, request_hold
from plateward.node.keeping.purge import purge
from plateward.node.keeping.residue import clean
from plateward.node.keeping.view import kept_by_reader, published
from plateward.node.settings import Retention as FileRetention
from plateward.node.sharing.change import change_of_policy
from plateward.node.sharing.truth import decide, propose, waiting
from plateward.store import retention as rows
from plateward.store.connection import Store
from plateward.store.embedded import EmbeddedServer
from plateward.store.readers import reader as stored_reader
from tests.node.purging import A_MONTH, DAY, MINUTES, MONTH, OWNER, WEEKS, choose, dictionary, kept_plates, key_of, told
from tests.node.world import World, begin, plates
from tests.postgres import TEMPLATE, database_on, make_folder, new_database

SOURCE = Sourced("Records schedule LE-12", date(2026, 1, 1))
JPEG = base64.b64encode(b"\xff\xd8\xff\xe0" + b"a picture" + b"\xff\xd9").decode()
HOUR = timedelta(hours=1)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shared_past(postgres: EmbeddedServer) -> AsyncIterator[World]:
    folder = make_folder()
    database = database_on(postgres, await new_database(postgres, TEMPLATE))
    try:
        async with Store.open(database, connections=8, timeout_s=20) as store:
            yield await begin(store, folder, now=datetime.now(UTC) - timedelta(days=230))
    finally:
        shutil.rmtree(folder)


@pytest_asyncio.fixture(loop_scope="session")
async def past(shared_past: World) -> World:
    """The owner keeps reads a month; no group, duty or law is left from another test."""
    world = shared_past
    async with change_of_policy(world.node) as change:
        for row in await rows.rules(change.tx):
            if row.rule.owner == OWNER:
                await rows.end_rule(change.tx, OWNER, row.rule.group, at=change.now)
        for owner, floor, _ in await rows.duties(change.tx):
            await rows.set_duty(change.tx, owner, floor.reads, 0, {}, by="operator", at=change.now)
    world.node.settings = msgspec.structs.replace(
        world.node.settings, promises=msgspec.structs.replace(world.node.settings.promises, packs=("us-ca-sb34",))
    )
    await choose(world, Rule(OWNER, 1))
    world.at += timedelta(minutes=30)
    await purge(world.node)
    await choose(world, Rule(OWNER, A_MONTH))
    return world


def promise(name: str, minutes: int) -> str:
    """A promise of the owner to keep no read longer, as it is published."""
    return f"""
id = "ridgeport-pd.{name}"
sentence = "Ridgeport Police promised to delete its reads after {minutes} minutes."
promised_by = "us-ca-ridgeport-pd"
in_force_from = 2026-01-01
cedar = '''forbid (principal, action in Action::"receive", resource) when {{ context.onward }};'''
retention = {{ ceiling_minutes = {minutes} }}
source = {{ document = "A council resolution", date = 2026-01-01 }}
[[case]]
name = "passing on"
expect = "denied"
act = "share"
onward = true
asker = {{ states = ["CA"], kinds = ["police"] }}
[[case]]
name = "not passing on"
expect = "allowed"
act = "share"
asker = {{ states = ["CA"], kinds = ["police"] }}
"""


async def seen(
    world: World, *plates_: str, reader: str = MONTH, ago: timedelta = timedelta(minutes=1), **more: object
) -> list[str]:
    items = [world.sent(plate, ago + timedelta(milliseconds=n), **more) for n, plate in enumerate(plates_)]
    assert (await world.deliver(*items, key=key_of(reader))).accepted == len(plates_)
    return [str(item["id"]) for item in items]


# ---------------------------------------------------------------- shorter and longer


async def test_shorter_holds_at_once_on_stored_reads_in_tables_dictionary_pictures_and_searches(past: World) -> None:
    await seen(past, "1SHR001", ago=5 * HOUR, picture=JPEG)
    await seen(past, "2SHR002", ago=HOUR, picture=JPEG)
    done = await propose(past.node, person("nakamura"), SetRetention(120))
    assert done.in_force and past.node.hurry.is_set()
    assert plates(await past.search("alvarez", "1SHR001")) == [], "even before the next round"
    await purge(past.node)
    assert await kept_plates(past) == {"2SHR002"}
    await clean(past.node)
    assert "1SHR001" not in await dictionary(past) and "2SHR002" in await dictionary(past)
    assert plates(await past.search("alvarez", "2SHR002")) == ["2SHR002"]
    keys = [one.stem for one in (past.node.settings.data / "keys" / "pictures").rglob("*.key")]
    assert len(keys) == 1, "the key of the picture that is left, and no other"
    past.at += timedelta(minutes=61)
    await purge(past.node)
    assert await kept_plates(past) == set()
    assert (await told(past, EventType.RETENTION_CHANGED))[-1]["after_min"] == 120


async def test_longer_takes_two_people_and_never_reaches_reads_that_are_there(past: World) -> None:
    await choose(past, Rule(OWNER, 120))
    await seen(past, "3LNG003")
    asked = await propose(past.node, person("nakamura"), SetRetention(A_MONTH))
    assert not asked.in_force and asked.waiting is not None
    now = await retention.plan_lately(past.node)
    assert now.longest(OWNER) == 120
    with pytest.raises(BadInput):
        await decide(past.node, person("nakamura"), asked.waiting, True)
    await decide(past.node, person("whitfield"), asked.waiting, True)
    assert (await retention.plan_lately(past.node)).longest(OWNER) == A_MONTH
    await seen(past, "4LNG004")
    past.at += timedelta(minutes=121)
    await purge(past.node)
    assert await kept_plates(past) == {"4LNG004"}
    last = (await told(past, EventType.RETENTION_CHANGED))[-1]
    assert (last["before_min"], last["after_min"], last["proposed_by"], last["approved_by"]) == (
        120,
        A_MONTH,
        "nakamura",
        "whitfield",
    )


async def test_what_shortens_one_way_and_lengthens_another_waits(past: World) -> None:
    await choose(past, Rule(OWNER, 120, "fast", frozenset({MINUTES})))
    for proposal in (
        EndRetentionGroup("fast"),
        SetRetention(60, 2 * A_MONTH),
        SetRetention(240, group="fast", readers=MINUTES),
    ):
        assert (await propose(past.node, person("nakamura"), proposal)).waiting is not None
    group = SetRetention(30, group="faster", readers=f"{MINUTES}, {WEEKS}")
    assert (await propose(past.node, person("nakamura"), group)).in_force
    found = await kept_by_reader(past.node, person("nakamura"))
    assert (found[MINUTES][0], found[WEEKS][0], found[MONTH][0]) == (30, 30, A_MONTH)


@pytest.mark.parametrize(
    ("proposal", "where"),
    [
        (SetRetention(60, group="x", readers="no-such-reader"), "readers"),
        (SetRetention(60, group="x"), "group"),
        (SetRetention(60, readers=MINUTES), "group"),
        (EndRetentionGroup("never"), "group"),
    ],
)
async def test_a_choice_that_cannot_be_is_refused_by_field(
    past: World, proposal: SetRetention | EndRetentionGroup, where: str
) -> None:
    with pytest.raises(BadInput) as wrong:
        await propose(past.node, person("nakamura"), proposal)
    assert wrong.value.where == where
    with pytest.raises(BadInput):
        await propose(past.node, person("alvarez"), SetRetention(60))


async def test_a_promise_with_a_ceiling_cuts_at_once_and_says_so(past: World) -> None:
    await seen(past, "5CUT005", ago=8 * DAY)
    await propose(past.node, person("whitfield"), AdoptPromises(promise("short", 7 * 1440)))
    await purge(past.node)
    assert await kept_plates(past) == set()
    last = (await told(past, EventType.RETENTION_CHANGED))[-1]
    assert (last["after_min"], last["ceiling"], last["proposed_by"]) == (10080, "ridgeport-pd.short", "node")
    with pytest.raises(BadInput, match="7 days at most"):
        await propose(past.node, person("nakamura"), SetRetention(A_MONTH))
    view = next(one for one in (await published(past.node)).owners if one.agency == OWNER)
    assert view.groups[0].because == "ridgeport-pd.short (ridgeport-pd.short) instead of the 30 days chosen."
    ends = await propose(past.node, person("nakamura"), WithdrawPromise("ridgeport-pd.short", SOURCE))
    assert ends.waiting is not None
    await decide(past.node, person("whitfield"), ends.waiting, True)


async def test_a_longer_value_in_the_settings_file_waits_for_a_second_person_and_a_shorter_holds(past: World) -> None:
    def written(minutes: int) -> None:
        past.node.settings = msgspec.structs.replace(
            past.node.settings, retention=FileRetention(minutes, {OWNER: minutes})
        )

    written(120)
    await retention.follow_settings(past.node)
    assert (await retention.plan_lately(past.node)).longest(OWNER) == 120
    written(A_MONTH)
    for _ in range(2):
        await retention.follow_settings(past.node)
    assert (await retention.plan_lately(past.node)).longest(OWNER) == 120
    mine = [one for one in await waiting(past.node, person("whitfield")) if one.proposed_by == "operator"]
    assert len(mine) == 1 and mine[0].may_decide
    await decide(past.node, person("whitfield"), mine[0].id, True)
    assert (await retention.plan_lately(past.node)).longest(OWNER) == A_MONTH


async def test_a_delivery_that_was_sorted_by_an_older_choice_is_sent_again(past: World) -> None:
    async with past.node.store.transaction() as tx:
        reader = await stored_reader(tx, MONTH)
        assert reader is not None
        with pytest.raises(Fault, match="changed meanwhile"):
            await retention.require_still(past.node, tx, await past.node.policy(tx), reader, 17)


# ---------------------------------------------------------------- hits and duties


async def test_a_hit_is_kept_longer_only_where_the_owner_chose_so_and_its_picture_with_it(past: World) -> None:
    await choose(past, Rule(OWNER, 60, hit_minutes=7 * 1440))
    one, two = await seen(past, "6HIT006", "7MIS007", picture=JPEG)
    async with past.node.store.transaction() as tx:
        numbers = await past.node.agency_numbers(tx, [OWNER])
    async with past.node.store.transaction(list(numbers.values())) as tx:
        row = await (await tx.execute("SELECT picture_ref, read_at FROM reads WHERE read_id = %s", [one])).fetchone()
        assert row is not None
        read = Read(UUID(one), "6HIT006", row[1], MONTH, OWNER, 0.9, picture=row[0])
        assert set(await retention.keep_hits(past.node, tx, [read])) == {row[0]}
    past.at += 2 * DAY
    await purge(past.node)
    assert await kept_plates(past) == {"6HIT006"}
    async with past.node.store.transaction(list(numbers.values())) as tx:
        found = await (
            await tx.execute(
                "SELECT p.picture_ref, p.bucket FROM reads r JOIN pictures p USING (picture_ref) WHERE r.read_id = %s",
                [one],
            )
        ).fetchone()
    assert found is not None
    assert past.node.vault.get(found[0], OWNER, found[1]) == base64.b64decode(JPEG), "under a key that lives as long"
    past.at += 6 * DAY
    await purge(past.node)
    assert await kept_plates(past) == set() and two


async def test_where_a_duty_and_a_law_disagree_only_the_named_reads_are_set_apart_until_two_have_decided(
    past: World,
) -> None:
    await propose(past.node, person("whitfield"), AdoptPromises(promise("hour", 60)))
    waits = await propose(past.node, person("nakamura"), SetRecordsDuty("hit", 365 * 1440, SOURCE))
    assert waits.waiting is not None, "a duty keeps reads longer"
    await decide(past.node, person("whitfield"), waits.waiting, True)
    view = next(one for one in (await published(past.node)).owners if one.agency == OWNER)
    assert "Records schedule LE-12" in view.conflicts[0]
    one, two = await seen(past, "8DUT008", "9DUT009", picture=JPEG)
    async with past.node.store.transaction() as tx:
        await rows.keep_hits(tx, [(UUID(one), past.at - timedelta(minutes=1), 60)])
    past.at += timedelta(minutes=57, seconds=30)
    await purge(past.node)
    past.at += timedelta(minutes=10)
    await purge(past.node)
    assert await kept_plates(past) == set()
    apart = next(hold for hold, _ in await holds_of(past.node, person("whitfield")) if hold.state == "conflict")
    assert (apart.reads, apart.asked_by) == (1, None)
    with pytest.raises(BadInput, match="no approved hold"):
        await held_reads.look(past.node, person("alvarez"), str(apart.hold_id), apart.case_no, "burglary series")
    with pytest.raises(NotAllowed, match="counsel says first"):
        await decide_hold(past.node, person("whitfield"), str(apart.hold_id), approved=True)
    counsel = next(known.person.id for known in past.town.people if str(known.person.role) == "counsel")
    advised = await decide_hold(past.node, person(counsel), str(apart.hold_id), approved=False, note="the promise wins")
    assert (advised.state, advised.advice) == ("conflict", "destroy")
    with pytest.raises(NotAllowed, match="ask another person"):
        await decide_hold(past.node, person(counsel), str(apart.hold_id), approved=True)
    done = await decide_hold(past.node, person("whitfield"), str(apart.hold_id), approved=True)
    assert done.state == "refused"
    async with past.node.store.transaction() as tx:
        numbers = await past.node.agency_numbers(tx, [OWNER])
    async with past.node.store.transaction(list(numbers.values())) as tx:
        assert await (await tx.execute("SELECT 1 FROM held_reads")).fetchall() == []
    await purge(past.node)
    ends = await propose(past.node, person("nakamura"), WithdrawPromise("ridgeport-pd.hour", SOURCE))
    assert ends.waiting is not None and two
    await decide(past.node, person("whitfield"), ends.waiting, True)


# ---------------------------------------------------------------- holds


def wanted(world: World, **more: object) -> HoldRequest:
    given: dict[str, object] = {
        "basis": "investigation", "case": "26-0117", "reason": "burglary series", "ends": world.at + 40 * DAY,
        "seen_from": world.at - DAY, "seen_to": world.at,
    }  # fmt: skip
    return HoldRequest(**(given | more))  # type: ignore[arg-type]


async def frozen(world: World, plate: str, **more: object) -> str:
    asked = await request_hold(world.node, person("alvarez"), wanted(world, plate=plate, **more))
    assert asked.hold is not None, asked.refusal
    return str(asked.hold.hold_id)


async def test_a_hold_is_asked_by_one_approved_by_another_and_its_reads_are_seen_for_its_case_alone(
    past: World,
) -> None:
    await choose(past, Rule(OWNER, 120))
    (one,) = await seen(past, "1HLD001", picture=JPEG)
    hold = await frozen(past, "1HLD001")
    look = (past.node, person("alvarez"), hold)
    with pytest.raises(BadInput, match="no approved hold"):
        await held_reads.look(*look, "26-0117", "burglary series")
    for who in ("alvarez", "nakamura"):
        with pytest.raises(NotAllowed):
            await decide_hold(past.node, person(who), hold, approved=True)
    await decide_hold(past.node, person("whitfield"), hold, approved=True)
    past.at += 5 * HOUR
    await purge(past.node)
    assert await kept_plates(past) == set()
    assert plates(await past.search("alvarez", "1HLD001")) == [], "no search looks at what is held"
    with pytest.raises(BadInput, match="for alone"):
        await held_reads.look(*look, "26-9999", "burglary series")
    passage = await held_reads.look(*look, "26-0117", "burglary series")
    assert passage.answer is not None and [str(held.read.id) for held in passage.answer[1]] == [one]
    shown = await held_reads.picture(*look, UUID(one), "26-0117", "burglary series")
    assert shown.answer == (base64.b64decode(JPEG), "image/jpeg")
    with pytest.raises(BadInput, match="no approved hold"):
        await held_reads.look(past.node, person("keller"), hold, "26-0117", "burglary series")
    await end_hold(past.node, person("whitfield"), hold, "the case is closed")
    with pytest.raises(BadInput, match="no approved hold"):
        await held_reads.look(*look, "26-0117", "burglary series")
    assert not (past.node.settings.data / "held" / UUID(hold).hex).exists(), "at once, the key too"
    ended = (await told(past, EventType.HOLD_ENDED))[-1]
    assert (ended["hold"], ended["purged"], ended["by"]) == (hold, 1, "whitfield")
    row = next(row for row, _ in await holds_of(past.node, person("whitfield")) if str(row.hold_id) == hold)
    assert "plate" not in row.scope


async def test_an_undecided_hold_freezes_for_72_hours_and_not_longer(past: World) -> None:
    await choose(past, Rule(OWNER, 120))
    await seen(past, "2HLD002")
    hold = await frozen(past, "2HLD002")
    past.at += timedelta(hours=71)
    await purge(past.node)
    (row, kept) = next(
        (row, kept) for row, kept in await holds_of(past.node, person("whitfield")) if str(row.hold_id) == hold
    )
    assert (row.state, kept) == ("asked", 1)
    past.at += timedelta(hours=1, seconds=1)
    await purge(past.node)
    (row, kept) = next(
        (row, kept) for row, kept in await holds_of(past.node, person("whitfield")) if str(row.hold_id) == hold
    )
    assert (row.state, kept, row.note) == ("refused", 0, "nobody decided in time")
    assert "by" not in (await told(past, EventType.HOLD_REFUSED))[-1]
    with pytest.raises(BadInput, match="refused already"):
        await decide_hold(past.node, person("whitfield"), hold, approved=True)


async def test_a_law_that_lets_nobody_keep_a_read_refuses_the_hold_in_its_own_words(past: World) -> None:
    """As New Hampshire's: three minutes, unless a hit. The choice is cut to it, so a hold for an investigation keeps nothing."""
    from plateward.core.promise import Retention
    from plateward.core.retention import Limits, Plan
    from plateward.node.keeping.holds import _unlawful

    law = Limits((("us-nh-261-75-b", Retention(3, "RSA 261:75-b: purged within three minutes", ("hit",))),))
    held = Plan((Rule(OWNER, 60),), {OWNER: law})
    why = _unlawful(held, OWNER, "investigation")
    assert why is not None and why.startswith("RSA 261:75-b") and "the law keeps a read longer for a hit" in why
    assert _unlawful(held, OWNER, "hit") is None
    assert (
        _unlawful(Plan((Rule(OWNER, 60),), {OWNER: Limits((("va", Retention(21 * 1440)),))}), OWNER, "investigation")
        is None
    )


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        ({"plate": ""}, "scope"),
        ({"plate": "3NON003"}, "scope"),
        ({"case": " "}, "case"),
        ({"basis": "curiosity"}, "basis"),
        ({"ends": datetime(2020, 1, 1, tzinfo=UTC)}, "ends"),
        ({"ends": datetime(2090, 1, 1, tzinfo=UTC)}, "ends"),
        ({"seen_from": None}, "seen_from"),
        ({"readers": ("no-such",)}, "readers"),
        ({"plate": "?!"}, "plate"),
    ],
)
async def test_a_hold_without_scope_case_or_end_is_refused_by_field_and_freezes_nothing(
    past: World, wrong: dict[str, object], where: str
) -> None:
    with pytest.raises(BadInput) as told_:
        await request_hold(past.node, person("alvarez"), wanted(past, **({"plate": "4HLD004"} | wrong)))
    assert told_.value.where == where
    assert not any(row.state == "asked" for row, _ in await holds_of(past.node, person("whitfield")))
    with pytest.raises(NotAllowed):
        await request_hold(past.node, person("delacroix"), wanted(past, plate="4HLD004"))


async def test_defence_counsel_can_have_one_asked_for_and_a_hold_may_name_reads_by_id(past: World) -> None:
    one, _ = await seen(past, "5HLD005", "5HLD005")
    asked = wanted(past, reads=(UUID(one),), asked_for="J. Moore, public defender", seen_from=None, seen_to=None)
    done = await request_hold(past.node, person("nakamura"), asked)
    assert done.hold is not None and (done.hold.reads, done.hold.asked_for) == (1, "J. Moore, public defender")
    assert done.record is not None, "it passed the gate, and the record says so"
    await decide_hold(past.node, person("whitfield"), str(done.hold.hold_id), approved=False, note="not ours")
    assert (await told(past, EventType.HOLD_REFUSED))[-1]["note"] == "not ours"


async def test_a_floor_of_a_rule_pack_is_read_as_a_ceiling_is() -> None:
    from plateward.core.promise import parse_pack
    from plateward.rulepacks import load

    pack = load("us-va-2.2-5517")
    assert pack.floor is None and Floor(10).reads == "every"
    with pytest.raises(BadInput, match="pack"):
        parse_pack("[pack]\nid = 'x'\n[pack.floor]\nminutes = 0\n", "x.toml")
