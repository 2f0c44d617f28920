"""People, sessions, one-time links, consents, readers and pictures as stored."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from plateward.core.errors import BadInput
from plateward.core.people import Person, Role
from plateward.core.place import Position
from plateward.core.read import Reader, ReaderKind
from plateward.store import partitions, people, pictures, readers
from plateward.store.connection import Store
from plateward.store.readers import ReaderStatus
from tests.store.world import NOW, World

HOUR = timedelta(hours=1)
ALVAREZ = Person("alvarez", "M. Alvarez", Role.OFFICER, "ridgeport-pd", "ridgeport-pd")
SUPERVISOR = Person("stone", "R. Stone", Role.SUPERVISOR, "ridgeport-pd", "ridgeport-pd")


def digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


async def enter(store: Store, *persons: Person) -> None:
    async with store.transaction() as tx:
        for person in persons:
            await people.add_person(tx, person, NOW, source="hiring letter")


async def test_an_assignment_counts_while_it_lasts(store: Store) -> None:
    await enter(store, replace(ALVAREZ, assignments=("atf-task-force",)))
    async with store.transaction() as tx:
        await people.assign(tx, "alvarez", "jric", source="memo", since=NOW + HOUR, until=NOW + 3 * HOUR)
        found = [await people.person(tx, "alvarez", NOW + n * HOUR) for n in (0, 1, 3)]
        assert [person and person.assignments for person in found] == [
            ("atf-task-force",),
            ("atf-task-force", "jric"),
            ("atf-task-force",),
        ]
        assert await people.end_assignment(tx, "alvarez", "atf-task-force", NOW + 2 * HOUR)
        assert not await people.end_assignment(tx, "alvarez", "atf-task-force", NOW + 2 * HOUR)
        now = await people.person(tx, "alvarez", NOW + 2 * HOUR)
        assert now is not None and now.assignments == ("jric",)
        assert await people.person(tx, "nobody", NOW) is None
        assert [person.id for person in await people.persons(tx, NOW, "ridgeport-pd")] == ["alvarez"]


async def test_an_id_is_given_once(store: Store) -> None:
    await enter(store, ALVAREZ)
    with pytest.raises(BadInput, match="alvarez already"):
        await enter(store, ALVAREZ)
    async with store.transaction() as tx:
        with pytest.raises(BadInput, match="nobody has the account stone"):
            await people.change_person(tx, SUPERVISOR, NOW)


async def test_closing_an_account_ends_its_sessions_and_links_at_once(store: Store) -> None:
    await enter(store, ALVAREZ)
    async with store.transaction() as tx:
        await people.add_session(
            tx, digest("s"), "alvarez", csrf=b"c" * 32, agent="Firefox", at=NOW, expires=NOW + HOUR
        )
        await people.add_login_link(tx, digest("l"), "alvarez", made_by="admin", at=NOW, expires=NOW + HOUR)
        assert await people.session(tx, digest("s"), NOW) is not None
        await people.change_person(tx, replace(ALVAREZ, active=False), NOW)
        assert await people.session(tx, digest("s"), NOW) is None
        assert await people.use_login_link(tx, digest("l"), NOW) is None
        closed = await people.person(tx, "alvarez", NOW)
        assert closed is not None and not closed.active


async def test_a_link_signs_in_once_even_when_two_press_at_the_same_time(store: Store) -> None:
    await enter(store, ALVAREZ)
    async with store.transaction() as tx:
        await people.add_login_link(tx, digest("l"), "alvarez", made_by="admin", at=NOW, expires=NOW + HOUR)

    async def press() -> str | None:
        async with store.transaction() as tx:
            return await people.use_login_link(tx, digest("l"), NOW)

    assert sorted(await asyncio.gather(*(press() for _ in range(5))), key=str) == [None] * 4 + ["alvarez"]


async def test_what_has_expired_opens_nothing_and_is_forgotten(store: Store) -> None:
    await enter(store, ALVAREZ)
    async with store.transaction() as tx:
        for name, expires in (("old", NOW), ("new", NOW + 2 * HOUR)):
            await people.add_session(tx, digest(name), "alvarez", csrf=b"c", agent="", at=NOW - HOUR, expires=expires)
            await people.add_login_link(tx, digest(name), "alvarez", made_by="admin", at=NOW - HOUR, expires=expires)
        assert await people.session(tx, digest("old"), NOW) is None
        assert await people.use_login_link(tx, digest("old"), NOW) is None
        assert await people.session(tx, digest("new"), NOW) is not None
        assert await partitions.forget_sessions(tx, NOW) == 1
        assert await people.end_session(tx, digest("new")) == "alvarez"
        assert await people.end_session(tx, digest("new")) is None


async def test_a_consent_is_decided_once_by_somebody_else_in_time(store: Store) -> None:
    await enter(store, ALVAREZ, SUPERVISOR)
    first, late = uuid4(), uuid4()
    async with store.transaction() as tx:
        for consent_id, expires in ((first, NOW + HOUR), (late, NOW + timedelta(minutes=1))):
            await people.request_consent(
                tx, consent_id, "alvarez", {"plate": "7A*"}, reason="robbery", case_no="26-1", at=NOW, expires=expires
            )
        at = NOW + timedelta(minutes=2)
        assert not await people.decide_consent(tx, first, by="alvarez", granted=True, at=at)
        assert not await people.decide_consent(tx, late, by="stone", granted=True, at=at)
        assert [c.consent_id for c in await people.consents(tx, at, organisation="ridgeport-pd", open_only=True)] == [
            first
        ]
        assert await people.decide_consent(tx, first, by="stone", granted=True, at=at)
        assert not await people.decide_consent(tx, first, by="stone", granted=False, at=at)
        decided = await people.consent(tx, first)
        assert decided is not None
        assert (decided.granted, decided.decided_by, decided.scope, decided.asked_by_name) == (
            True,
            "stone",
            {"plate": "7A*"},
            "M. Alvarez",
        )
        assert len(await people.consents(tx, at, asked_by="alvarez")) == 2
        assert await people.consents(tx, at, organisation="elsewhere") == ()


async def test_a_reader_is_known_by_its_key_until_it_gets_another(store: Store) -> None:
    car = Reader("car-7", "millbrook-pd", "Car 7", ReaderKind.MOBILE, Position(33.1, -117.25), 90)
    async with store.transaction() as tx:
        number = await readers.add_reader(tx, car, key_hash=digest("key"), keep_minutes=1440)
        with pytest.raises(BadInput, match="car-7 already"):
            await readers.add_reader(tx, replace(car, agency="ridgeport-pd"))
        found = await readers.reader_by_key(tx, digest("key"))
        assert found is not None
        assert (found.reader, found.reader_no, found.keep_minutes, found.has_key) == (car, number, 1440, True)
        assert await readers.set_key(tx, "car-7", digest("new key"))
        assert await readers.reader_by_key(tx, digest("key")) is None
        assert not await readers.set_key(tx, "car-8", digest("other"))
        await readers.seen(tx, [number], NOW, sequence=12)
        await readers.seen(tx, [number], NOW - HOUR, sequence=11)
        await readers.change_reader(tx, replace(car, name="Car 8"), status=ReaderStatus.PAUSED)
        (changed,) = await readers.readers(tx, "millbrook-pd")
        assert (changed.reader.name, changed.status, changed.last_seen, changed.last_sequence) == (
            "Car 8",
            ReaderStatus.PAUSED,
            NOW,
            12,
        )
        with pytest.raises(BadInput, match="ridgeport-pd has no reader"):
            await readers.change_reader(tx, replace(car, agency="ridgeport-pd"), status=ReaderStatus.ACTIVE)
        assert list(await readers.readers_by_id(tx, ["car-7", "car-9"])) == ["car-7"]
        assert await readers.owners(tx) == ("millbrook-pd", "ridgeport-pd") or await readers.owners(tx) == (
            "millbrook-pd",
        )


async def test_pictures_belong_to_their_owner_and_are_forgotten_only_past_their_time(world: World) -> None:
    old, young = uuid4(), uuid4()
    async with world.store.transaction([world.a]) as tx:
        for ref, expires in ((old, NOW - HOUR), (young, NOW + HOUR)):
            await pictures.add(
                tx, ref, agency_no=world.a, reader_no=world.reader_a, bucket="2026-01-12", media_type="image/jpeg", size=9,
                sha256=digest("picture"), expires_at=expires,
            )  # fmt: skip
        found = await pictures.picture(tx, [world.a], young)
        assert found is not None and (found.agency, found.bucket) == ("agency-a", "2026-01-12")
        assert await pictures.picture(tx, [world.b], young) is None
    async with world.store.transaction([world.b]) as tx:
        assert await pictures.picture(tx, [world.a, world.b], young) is None
        assert [picture.ref for picture in await pictures.expired(tx, NOW)] == [old]
        assert await pictures.forget(tx, [old, young], NOW) == 1
    async with world.store.transaction([world.a]) as tx:
        assert await pictures.picture(tx, [world.a], old) is None
        assert await pictures.picture(tx, [world.a], young) is not None
