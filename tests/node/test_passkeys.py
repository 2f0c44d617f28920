"""Passkeys: they sign their owner in, on this site, once for each challenge, and nobody else."""

from __future__ import annotations

from datetime import timedelta

import pytest

from plateward.core.errors import BadInput
from plateward.core.event import EventType
from plateward.node.people import passkeys
from plateward.node.people.accounts import close
from plateward.node.people.passkeys import KeyOfPerson, Refused, site_of
from plateward.node.people.sessions import Session, issue_login_link, redeem, session_of
from tests.node.authenticator import PRESENT, Device
from tests.node.world import World


async def signed_in(world: World, person: str = "alvarez") -> Session:
    session = await redeem(world.node, (await issue_login_link(world.node, person)).token)
    assert session is not None
    return session


async def with_passkey(world: World, device: Device, person: str = "alvarez") -> Session:
    session = await signed_in(world, person)
    options = await passkeys.begin_adding(world.node, session)
    assert isinstance(options, str)
    assert isinstance(await passkeys.finish_adding(world.node, session, device.make(options), "Desk"), KeyOfPerson)
    return session


@pytest.fixture
def device(world: World) -> Device:
    return Device(site_of(world.node.settings)[1])


async def types(world: World) -> list[str]:
    async with world.node.store.transaction() as tx:
        rows = await (await tx.execute("SELECT type FROM events ORDER BY seq")).fetchall()
    return [row[0] for row in rows]


async def test_a_passkey_signs_its_owner_in_and_both_are_in_the_ledger(world: World, device: Device) -> None:
    await with_passkey(world, device)
    session = await passkeys.sign_in(world.node, device.sign(await passkeys.begin_signing_in(world.node)))
    assert isinstance(session, Session)
    assert session.person.id == "alvarez"
    known = await session_of(world.node, session.cookie)
    assert known is not None and known.person.id == "alvarez"
    told = await types(world)
    assert EventType.KEY_MADE in told and told[-1] == EventType.LOGIN_SUCCEEDED
    [key] = await passkeys.passkeys_of(world.node, session.person)
    assert (key.name, key.used_at) == ("Desk", world.node.now())


async def test_an_answer_that_somebody_recorded_signs_in_no_second_time(world: World, device: Device) -> None:
    await with_passkey(world, device)
    answer = device.sign(await passkeys.begin_signing_in(world.node))
    assert isinstance(await passkeys.sign_in(world.node, answer), Session)
    assert isinstance(await passkeys.sign_in(world.node, answer), Refused)
    assert (await types(world))[-1] == EventType.LOGIN_FAILED


async def test_a_page_under_another_name_gets_nowhere(world: World, device: Device) -> None:
    await with_passkey(world, device)
    device.origin = "https://plateward.example.net"
    assert isinstance(
        await passkeys.sign_in(world.node, device.sign(await passkeys.begin_signing_in(world.node))), Refused
    )


async def test_a_device_that_asks_for_no_finger_face_or_pin_is_refused(world: World, device: Device) -> None:
    device.flags = PRESENT
    session = await signed_in(world)
    options = await passkeys.begin_adding(world.node, session)
    assert isinstance(options, str)
    assert isinstance(await passkeys.finish_adding(world.node, session, device.make(options), ""), Refused)


async def test_a_copied_key_that_counts_behind_its_original_is_refused(world: World, device: Device) -> None:
    await with_passkey(world, device)
    for _ in range(3):
        assert isinstance(
            await passkeys.sign_in(world.node, device.sign(await passkeys.begin_signing_in(world.node))), Session
        )
    device.count = 0
    assert isinstance(
        await passkeys.sign_in(world.node, device.sign(await passkeys.begin_signing_in(world.node))), Refused
    )


async def test_a_screen_left_open_gives_nobody_a_passkey(world: World, device: Device) -> None:
    session = await signed_in(world)
    early = await passkeys.begin_adding(world.node, session)
    assert isinstance(early, str)
    world.at += timedelta(minutes=16)
    assert isinstance(await passkeys.begin_adding(world.node, session), Refused)
    assert isinstance(await passkeys.finish_adding(world.node, session, device.make(early), ""), Refused)


async def test_one_persons_challenge_makes_no_passkey_of_another(world: World, device: Device) -> None:
    options = await passkeys.begin_adding(world.node, await signed_in(world, "alvarez"))
    assert isinstance(options, str)
    other = await signed_in(world, "brandt")
    assert isinstance(await passkeys.finish_adding(world.node, other, device.make(options), ""), Refused)
    assert await passkeys.passkeys_of(world.node, other.person) == []


async def test_a_challenge_to_add_does_not_sign_in_and_runs_out(world: World, device: Device) -> None:
    session = await with_passkey(world, device)
    options = await passkeys.begin_adding(world.node, session)
    assert isinstance(options, str)
    assert isinstance(await passkeys.sign_in(world.node, device.make(options)), Refused)
    late = await passkeys.begin_signing_in(world.node)
    world.at += timedelta(minutes=6)
    assert isinstance(await passkeys.sign_in(world.node, device.sign(late)), Refused)


async def test_a_removed_passkey_and_a_closed_account_sign_nobody_in(world: World, device: Device) -> None:
    session = await with_passkey(world, device)
    other = Device(device.origin)
    await with_passkey(world, other, "brandt")
    [key] = await passkeys.passkeys_of(world.node, session.person)
    with pytest.raises(BadInput):
        await passkeys.remove(world.node, (await signed_in(world, "brandt")).person, key.id)
    await passkeys.remove(world.node, session.person, key.id)
    await close(world.node, (await signed_in(world, "pham")).person, "brandt", "left")
    for gone in (device, other):
        answer = gone.sign(await passkeys.begin_signing_in(world.node))
        assert isinstance(await passkeys.sign_in(world.node, answer), Refused)


@pytest.mark.parametrize("answer", [b"", b"{}", b"null", b'{"id":"x","response":{"clientDataJSON":"!"}}', b"\xff" * 50])
async def test_what_is_no_answer_at_all_is_refused_like_any_other(world: World, answer: bytes) -> None:
    assert isinstance(await passkeys.sign_in(world.node, answer), Refused)
