"""Readers that sign: what a stolen key, a changed body, a lost answer or a copied reader can and cannot do."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from plateward.core.delivery import FRAME, HEALTH, READS, Keep, signed_text
from plateward.core.errors import BadInput
from plateward.core.event import EventType, fields_of
from plateward.core.place import Position
from plateward.core.read import Reader
from plateward.demo.people import person
from plateward.node.devices import changing, readers
from plateward.node.devices.changing import ReaderStatus
from plateward.node.devices.delivery import Clash, Signed, accept_signed, enrol, take_frame, take_heartbeat, terms_of
from plateward.node.devices.reader_watch import frame, watch
from plateward.node.ingest import IngestAnswer, UnknownReader, accept
from plateward.store import events, people, policy
from plateward.store import readers as rows
from plateward.store.connection import limit_to
from tests.node.world import KEY, READER, World, batch

MINE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
JPEG = b"\xff\xd8\xff\xe0" + bytes(200) + b"\xff\xd9"
KIND = "application/msgpack"
SPOOL, SECOND = "0123456789abcdef", "fedcba9876543210"


@pytest.fixture
async def signing(world: World) -> World:
    assert await enrol(world.node, KEY, MINE.public_key().public_bytes_raw()) == READER
    return world


def by(
    sequence: int,
    body: bytes,
    use: str = READS,
    key: Ed25519PrivateKey = MINE,
    reader: str = READER,
    spool: str = SPOOL,
) -> Signed:
    return Signed(reader, spool, sequence, key.sign(signed_text(use, reader, spool, sequence, body)))


def body_of(*items: dict[str, object]) -> bytes:
    return msgspec.msgpack.encode({"reads": list(items)})


async def told(world: World, of: EventType) -> list[dict[str, object]]:
    async with world.node.store.transaction() as tx:
        return [fields_of(bytes(event.body or b"")) for event in await events.events(tx, types=[str(of)])]


async def test_a_signed_delivery_is_taken_and_a_repeated_one_gets_the_answer_it_got(signing: World) -> None:
    body = body_of(signing.sent("7ABC123", picture=JPEG), signing.sent("7ABC124"))
    first = await accept_signed(signing.node, by(1, body), body, KIND)
    assert isinstance(first, IngestAnswer)
    assert (first.accepted, first.duplicates) == (2, 0)
    again = await accept_signed(signing.node, by(1, body), body, KIND)
    assert again == first, "the acknowledgement got lost: it is told again, not counted anew"
    assert len((await signing.search("alvarez", "7ABC123")).reads) == 1


async def test_the_same_number_with_another_body_is_refused_and_written_down(signing: World) -> None:
    body, other = body_of(signing.sent("7ABC123")), body_of(signing.sent("8XYZ999"))
    await accept_signed(signing.node, by(7, body), body, KIND)
    clash = await accept_signed(signing.node, by(7, other), other, KIND)
    assert isinstance(clash, Clash)
    assert not (await signing.search("alvarez", "8XYZ999")).reads
    low = await accept_signed(signing.node, by(3, other), other, KIND)
    assert isinstance(low, Clash), "a number below the last one is no new delivery"
    refusals = [event["why"] for event in await told(signing, EventType.READER_REFUSED)]
    assert sorted(refusals) == ["another-body", "number-too-old"]


async def test_a_stolen_key_alone_delivers_nothing_once_the_reader_signs(signing: World) -> None:
    answer = await accept(signing.node, KEY, batch([signing.sent("7ABC123")]))
    assert isinstance(answer, UnknownReader)
    assert isinstance(await enrol(signing.node, KEY, OTHER.public_key().public_bytes_raw()), Clash)
    assert isinstance(await take_heartbeat(signing.node, KEY, heartbeat(signing)), UnknownReader)


@pytest.mark.parametrize("attack", ["body", "number", "key", "spool", "use", "reader"])
async def test_whatever_is_changed_breaks_the_signature(signing: World, attack: str) -> None:
    body = body_of(signing.sent("7ABC123"))
    good = by(1, body)
    changed, sent = {
        "body": (good, body_of(signing.sent("8XYZ999"))),
        "number": (Signed(READER, SPOOL, 2, good.signature), body),
        "key": (by(1, body, key=OTHER), body),
        "spool": (Signed(READER, SECOND, 1, good.signature), body),
        "use": (by(1, body, use=HEALTH), body),
        "reader": (Signed("rpd-main-10th-s", SPOOL, 1, good.signature), body),
    }[attack]
    assert isinstance(await accept_signed(signing.node, changed, sent, KIND), UnknownReader)


async def test_a_new_key_from_the_administrator_ends_the_signing_key_too(signing: World) -> None:
    body = body_of(signing.sent("7ABC123"))
    await accept_signed(signing.node, by(5, body), body, KIND)
    made = await readers.new_key(signing.node, person("nakamura"), READER)
    assert isinstance(await accept_signed(signing.node, by(6, body), body, KIND), UnknownReader)
    assert await enrol(signing.node, made.key, OTHER.public_key().public_bytes_raw()) == READER
    fresh = body_of(signing.sent("9NEW001"))
    answer = await accept_signed(signing.node, by(1, fresh, key=OTHER), fresh, KIND)
    assert isinstance(answer, IngestAnswer)
    assert answer.accepted == 1, "a reader that begins anew begins at one"


async def test_a_lost_spool_or_a_second_program_numbers_its_deliveries_apart(signing: World) -> None:
    body, other = body_of(signing.sent("7ABC123")), body_of(signing.sent("8XYZ999"))
    await accept_signed(signing.node, by(1, body), body, KIND)
    answer = await accept_signed(signing.node, by(1, other, spool=SECOND), other, KIND)
    assert isinstance(answer, IngestAnswer)
    assert answer.accepted == 1
    assert not await told(signing, EventType.READER_REFUSED)


async def test_a_bad_body_uses_no_number_up(signing: World) -> None:
    with pytest.raises(BadInput):
        await accept_signed(signing.node, by(1, b"no batch"), b"no batch", KIND)
    body = body_of(signing.sent("7ABC123"))
    assert isinstance(await accept_signed(signing.node, by(1, body), body, KIND), IngestAnswer)


async def test_terms_say_what_may_be_kept_and_an_administrator_alone_changes_it(world: World) -> None:
    terms = await terms_of(world.node, KEY)
    assert not isinstance(terms, UnknownReader)
    assert (str(terms.keep), str(terms.most), terms.now) == ("hits", "all", world.at)
    with pytest.raises(BadInput):
        await readers.change_keep(world.node, person("alvarez"), READER, "all")
    with pytest.raises(BadInput):
        await readers.change_keep(world.node, person("nakamura"), READER, "everything")
    await readers.change_keep(world.node, person("nakamura"), READER, "minutes:3")
    terms = await terms_of(world.node, KEY)
    assert not isinstance(terms, UnknownReader)
    assert terms.keep == Keep(3)
    assert isinstance(await terms_of(world.node, "wrong"), UnknownReader)


def heartbeat(world: World, **more: object) -> bytes:
    return json.dumps(
        {"at": world.at.isoformat(), "reads": 12, "cameras": [{"name": "north", "fps": 9.5}]} | more
    ).encode()


async def test_a_heartbeat_is_shown_and_an_old_one_sent_again_changes_nothing(signing: World) -> None:
    new, old = heartbeat(signing, temperature_c=91.0), heartbeat(signing, reads=3)
    assert await take_heartbeat(signing.node, by(9, new, HEALTH), new) == signing.at
    await take_heartbeat(signing.node, by(4, old, HEALTH), old)
    view = await readers.one_reader(signing.node, person("nakamura"), READER)
    assert view is not None
    assert view.health is not None
    assert view.health.body["reads"] == 12
    assert any("91 °C" in warning for warning in view.warnings)
    assert view.silent_since is None
    heard, signing.at = signing.at, signing.at + timedelta(minutes=20)
    view = await readers.one_reader(signing.node, person("nakamura"), READER)
    assert view is not None
    assert view.silent_since == heard
    with pytest.raises(BadInput, match="plate"):
        wrong = heartbeat(signing, plate="7ABC123")
        await take_heartbeat(signing.node, by(10, wrong, HEALTH), wrong)


async def test_a_reader_is_watched_masked_through_the_gate_and_by_its_own_agency(signing: World) -> None:
    body = body_of(signing.sent("7ABC123", confidence=0.41), signing.sent("7ABC124"))
    await accept_signed(signing.node, by(1, body), body, KIND)
    await take_frame(signing.node, by(2, JPEG, f"{FRAME} north"), "north", JPEG)
    watched = await watch(signing.node, person("alvarez"), READER)
    assert watched is not None
    assert watched.access_record is not None
    assert [hour.reads for hour in watched.hours] == [2]
    assert [hour.doubtful for hour in watched.hours] == [1]
    (doubt,) = watched.doubts
    assert "ABC12" not in doubt.plate
    assert [seen.camera for seen in watched.frames] == ["north"]
    assert await frame(signing.node, person("alvarez"), READER, "north") == JPEG
    assert await frame(signing.node, person("keller"), READER, "north") is None
    async with signing.node.store.transaction() as tx:
        (looked,) = await events.access(tx, events.AccessFilter(user_id="alvarez"), limit=1)
        await policy.raise_epoch(tx)
        await people.assign(tx, "okafor", "us-dhs-ice-hsi", source="order 12", since=signing.at)
    assert looked.query == {"live": True, "reader": READER, "camera": "north"}
    assert await frame(signing.node, person("okafor"), READER, "north") is None, "the gate is asked, not the role alone"
    foreign = await watch(signing.node, person("keller"), READER)
    assert foreign is None or not foreign.hours
    signing.at += timedelta(days=2)
    assert await frame(signing.node, person("alvarez"), READER, "north") is None, "a frame goes after a day"


async def test_nothing_is_taken_from_a_paused_reader_which_learns_it_and_still_says_how_it_does(signing: World) -> None:
    chief = person("nakamura")
    await changing.set_status(signing.node, chief, READER, ReaderStatus.PAUSED)
    body = body_of(signing.sent("7ABC123"))
    for answer in (
        await accept_signed(signing.node, by(1, body), body, KIND),
        await take_frame(signing.node, by(2, JPEG, f"{FRAME} north"), "north", JPEG),
    ):
        assert isinstance(answer, UnknownReader) and "paused" in answer.why
    terms = await terms_of(signing.node, KEY)
    assert not isinstance(terms, UnknownReader) and terms.keep == Keep(nothing=True)
    beat = json.dumps({"at": signing.at.isoformat()}).encode()
    assert await take_heartbeat(signing.node, by(3, beat, HEALTH), beat) == signing.node.now()
    await changing.set_status(signing.node, chief, READER, ReaderStatus.ACTIVE)
    later = await accept_signed(signing.node, by(4, body), body, KIND)
    assert isinstance(later, IngestAnswer) and later.accepted == 1
    assert [one["fields"] for one in await told(signing, EventType.READER_CHANGED)] == [["status"], ["status"]]


async def test_a_retired_reader_is_gone_for_good_with_its_keys_and_its_reads_stay(signing: World) -> None:
    chief, body = person("nakamura"), body_of(signing.sent("7ABC123"))
    assert isinstance(await accept_signed(signing.node, by(1, body), body, KIND), IngestAnswer)
    await changing.retire(signing.node, chief, READER)
    assert isinstance(await accept_signed(signing.node, by(2, body), body, KIND), UnknownReader)
    assert isinstance(await accept(signing.node, KEY, batch([signing.sent("7ABC124")])), UnknownReader)
    assert isinstance(await terms_of(signing.node, KEY), UnknownReader)
    for act in (
        changing.set_status(signing.node, chief, READER, ReaderStatus.ACTIVE),
        readers.new_key(signing.node, chief, READER),
        changing.retire(signing.node, chief, READER),
    ):
        with pytest.raises(BadInput, match="retired"):
            await act
    with pytest.raises(BadInput, match="there is a reader"):
        await readers.add_reader(signing.node, chief, (await readers_of(signing))[READER])
    assert [one["reader"] for one in await told(signing, EventType.READER_RETIRED)] == [READER]
    async with signing.node.store.transaction() as tx:
        owner = (await rows.agency_numbers(tx, ["us-ca-ridgeport-pd"]))["us-ca-ridgeport-pd"]
        await limit_to(tx, [owner])
        assert sum((await rows.reads_since(tx, [owner], signing.at - timedelta(days=1))).values()) == 1


async def test_a_reader_that_moves_leaves_its_reads_where_they_were_made(signing: World) -> None:
    before = (await readers_of(signing))[READER]
    assert before.position is not None
    sent = signing.sent("7ABC123")
    await accept_signed(signing.node, by(1, body_of(sent)), body_of(sent), KIND)
    moved = replace(before, name="Second St", position=Position(33.2, -117.3), heading_deg=10)
    await changing.change(signing.node, person("nakamura"), READER, lambda _: replace(moved, id="other", kind="mobile"))
    assert (await readers_of(signing))[READER] == moved
    async with signing.node.store.transaction() as tx:
        owner = (await rows.agency_numbers(tx, [before.agency]))[before.agency]
        await limit_to(tx, [owner])
        stored = (await (await tx.execute("SELECT lat, lon FROM reads")).fetchall())[0]
    assert stored == (round(before.position.lat * 1e6), round(before.position.lon * 1e6))
    (event,) = await told(signing, EventType.READER_CHANGED)
    assert event["fields"] == ["name", "position", "heading_deg"]
    with pytest.raises(BadInput, match="administrator of the agency"):
        await changing.change(signing.node, person("alvarez"), READER, lambda known: known)


async def readers_of(world: World) -> dict[str, Reader]:
    async with world.node.store.transaction() as tx:
        return {one.reader.id: one.reader for one in await rows.readers(tx)}
