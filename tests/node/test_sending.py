"""Delivery of alerts: to people at once, to other systems once a person has confirmed; nothing lost, nothing twice."""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import time, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from aiosmtpd.controller import Controller
from cryptography.hazmat.primitives.asymmetric import ec
from msgspec.structs import replace as changed

from plateward.core.alert import State
from plateward.core.errors import BadInput, NotAllowed
from plateward.core.people import Person
from plateward.demo.people import person
from plateward.formats.http_signature import verify
from plateward.formats.web_push import public_bytes, unpadded
from plateward.node.alerting import wishes
from plateward.node.alerting.acts import decide
from plateward.node.alerting.bell import listen
from plateward.node.node import Node
from plateward.node.sending import keys, outside, targets, worker
from plateward.node.sending.channels import Again
from plateward.node.sending.outside import check_url
from plateward.node.settings import Delivery, Mail
from plateward.store import outbox
from plateward.store.connection import Store
from plateward.store.embedded import EmbeddedServer
from tests.node.alerted import Scene
from tests.node.alerted import numbers as _numbers
from tests.node.world import World, begin
from tests.postgres import TEMPLATE, database_on, make_folder, new_database

OFFICER, ADMINISTRATOR = person("alvarez"), person("nakamura")


@dataclass(slots=True)
class Receiver:
    """A real HTTP server: what it got, and what it answers next (200 where nothing is said)."""

    got: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    url: str = ""


@contextmanager
def receiver() -> Iterator[Receiver]:
    seen = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            seen.got.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(seen.answers.pop(0) if seen.answers else 200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    seen.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield seen
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def sending_town(postgres: EmbeddedServer) -> AsyncIterator[World]:
    folder = make_folder()
    database = database_on(postgres, await new_database(postgres, TEMPLATE))
    try:
        async with Store.open(database, connections=8, timeout_s=20) as store:
            yield await begin(store, folder)
    finally:
        shutil.rmtree(folder)


@pytest_asyncio.fixture(loop_scope="session")
async def scene(sending_town: World) -> AsyncIterator[Scene]:
    """A town in which nothing waits and nobody is written to."""
    sending_town.at += timedelta(hours=2)
    sending_town.node = with_delivery(sending_town.node, private_hosts=("127.0.0.1",))
    scene = Scene(sending_town, f"l-{next(_numbers)}")
    yield scene
    for who in (OFFICER, ADMINISTRATOR, person("okafor")):
        for target in (await targets.deliveries(scene.world.node, who)).targets:
            await targets.end(scene.world.node, who, target.target_id)


def with_delivery(node: Node, **delivery: Any) -> Node:
    return replace(node, settings=changed(node.settings, delivery=Delivery(**delivery)))


async def hook(scene: Scene, url: str) -> UUID:
    return (await targets.add(scene.world.node, ADMINISTRATOR, "webhook", "", {"url": url})).target_id


async def sent(scene: Scene) -> int:
    total = 0
    while count := await worker.send_due(scene.world.node):
        total += count
    return total


async def letters(scene: Scene, who: Person = ADMINISTRATOR) -> list[tuple[str, str]]:
    async with scene.world.node.store.transaction() as tx:
        every = await outbox.messages(tx, who.organisation, who.id, systems=True)
    return [(letter.state, letter.problem) for letter in every if letter.alert_id in scene.raised]


async def test_another_system_hears_of_an_alert_only_when_a_person_has_confirmed_it(scene: Scene) -> None:
    with receiver() as other:
        await hook(scene, f"{other.url}/hook")
        alert_id = await scene.alerted("7HOK123")
        assert await sent(scene) == 0
        await decide(scene.world.node, OFFICER, alert_id, State.CONFIRMED)
        assert await sent(scene) == 1 and await sent(scene) == 0
    ((path, headers, body),) = other.got
    said = json.loads(body)
    assert path == "/hook" and said["alert"] == str(alert_id) and said["state"] == "confirmed"
    assert b"7HOK123" not in body and said["verify"].startswith("Verify plate")
    key = keys.webhook_key(scene.world.node.settings.data).public_key()
    assert verify(key, f"{other.url}/hook", headers, body, scene.world.at) == said["id"]
    (event,) = await scene.told("alert.sent")
    assert event["channel"] == "webhook" and event["to"] == ["127.0.0.1"]


async def test_the_plate_is_named_only_where_the_operator_allowed_it(scene: Scene) -> None:
    with receiver() as other:
        await hook(scene, other.url)
        scene.world.node = with_delivery(scene.world.node, private_hosts=("127.0.0.1",), plates=True)
        await decide(scene.world.node, OFFICER, await scene.alerted("7NAM123"), State.CONFIRMED)
        await sent(scene)
    assert json.loads(other.got[0][2])["listed_plate"] == "7NAM123"


@pytest.mark.parametrize("decision", [State.MISREAD, State.WRONG_STATE, State.STALE, State.NOT_ACTED])
async def test_no_other_decision_sends_anything(scene: Scene, decision: State) -> None:
    with receiver() as other:
        await hook(scene, other.url)
        await decide(scene.world.node, OFFICER, await scene.alerted("7NOT123"), decision)
        await sent(scene)
    assert other.got == []


async def test_a_confirmation_taken_back_before_sending_sends_nothing(scene: Scene) -> None:
    with receiver() as other:
        await hook(scene, other.url)
        alert_id = await scene.alerted("7BAK123")
        await decide(scene.world.node, OFFICER, alert_id, State.CONFIRMED)
        await decide(scene.world.node, OFFICER, alert_id, State.MISREAD, "looked again")
        await sent(scene)
    assert other.got == [] and [state for state, _ in await letters(scene)] == ["withheld"]


async def test_a_receiver_that_fails_is_tried_again_later_under_the_same_key(scene: Scene) -> None:
    with receiver() as other:
        other.answers = [500, 429]
        await hook(scene, other.url)
        await decide(scene.world.node, OFFICER, await scene.alerted("7TRY123"), State.CONFIRMED)
        await sent(scene)
        assert len(other.got) == 1 and await sent(scene) == 0
        scene.world.at += worker.wait_after(1)
        await sent(scene)
        scene.world.at += worker.wait_after(2)
        await sent(scene)
    assert len(other.got) == 3 and len({headers["idempotency-key"] for _, headers, _ in other.got}) == 1
    assert await letters(scene) == [("sent", "")]


async def test_what_is_refused_for_good_is_with_the_dead_and_can_be_revived(scene: Scene) -> None:
    with receiver() as other:
        other.answers = [403]
        await hook(scene, other.url)
        await decide(scene.world.node, OFFICER, await scene.alerted("7DED123"), State.CONFIRMED)
        await sent(scene)
        ((state, problem),) = await letters(scene)
        assert state == "dead" and "403" in problem
        (letter,) = [
            one for one in (await targets.deliveries(scene.world.node, ADMINISTRATOR)).letters if one.state == "dead"
        ]
        with pytest.raises(BadInput):
            await targets.try_again(scene.world.node, person("okafor"), letter.message_id)
        await targets.try_again(scene.world.node, ADMINISTRATOR, letter.message_id)
        await sent(scene)
    assert [state for state, _ in await letters(scene)] == ["sent"]


async def test_attempts_end_and_the_waits_between_double_up_to_an_hour(scene: Scene) -> None:
    waits = [worker.wait_after(n) for n in range(1, 14)]
    assert waits[:3] == [timedelta(seconds=5), timedelta(seconds=10), timedelta(seconds=20)] and waits[-1] == timedelta(
        hours=1
    )
    with receiver() as other:
        other.answers = [503] * 20
        await hook(scene, other.url)
        await decide(scene.world.node, OFFICER, await scene.alerted("7END123"), State.CONFIRMED)
        for attempt in range(1, 15):
            await sent(scene)
            scene.world.at += worker.wait_after(attempt)
    assert len(other.got) == worker.MAX_ATTEMPTS
    assert [state for state, _ in await letters(scene)] == ["dead"]


class Stopped(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("step", ["after claiming", "after sending", "while finishing"])
async def test_a_crash_between_two_steps_loses_nothing_and_a_repetition_is_known(
    scene: Scene, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with receiver() as other:
        await hook(scene, other.url)
        await decide(scene.world.node, OFFICER, await scene.alerted("7CRA123"), State.CONFIRMED)

        async def stop(*_: object) -> None:
            raise Stopped

        async def stop_at_the_ledger(*_: object) -> int:
            raise Stopped

        with monkeypatch.context() as broken, pytest.raises(Stopped):
            if step == "after claiming":
                broken.setattr(worker, "_prepare", stop)
            elif step == "after sending":
                broken.setattr(worker, "_conclude", stop)
            else:
                broken.setattr(worker.ledger, "append", stop_at_the_ledger)
            await worker.send_due(scene.world.node)
        assert await sent(scene) == 0, "another sender must wait for the lease"
        scene.world.at += worker.LEASE
        assert await sent(scene) == 1 and await sent(scene) == 0
    assert len({headers["idempotency-key"] for _, headers, _ in other.got}) == 1
    assert await letters(scene) == [("sent", "")] and len(await scene.told("alert.sent")) == 1


async def test_a_sender_whose_lease_is_over_cannot_finish_what_another_has(scene: Scene) -> None:
    with receiver() as other:
        await hook(scene, other.url)
        await decide(scene.world.node, OFFICER, await scene.alerted("7LEA123"), State.CONFIRMED)
        node = scene.world.node
        async with node.store.transaction() as tx:
            (slow,) = await outbox.claim(tx, node.now(), node.now() + worker.LEASE)
        scene.world.at += worker.LEASE
        await sent(scene)
        async with node.store.transaction() as tx:
            assert not await outbox.finish(tx, slow, "dead", node.now())
            assert not await outbox.again(tx, slow, node.now(), "late")
    assert await letters(scene) == [("sent", "")]


async def test_two_senders_at_once_send_each_message_once(scene: Scene) -> None:
    with receiver() as other:
        await hook(scene, other.url)
        for n in range(8):
            await decide(scene.world.node, OFFICER, await scene.alerted(f"7TWO10{n}"), State.CONFIRMED)
        await asyncio.gather(*(worker.send_due(scene.world.node) for _ in range(4)))
    assert len(other.got) == 8


async def test_the_sender_is_woken_when_something_is_confirmed(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "POLL_S", 3600.0)  # it would not look by itself
    node = scene.world.node
    with receiver() as other:
        await hook(scene, other.url)
        alert_id = await scene.alerted("7WOK123")
        tasks = [
            asyncio.create_task(listen(node.store, node.bell, (outbox.CHANNEL,))),
            asyncio.create_task(worker.send_for_ever(node)),
        ]
        await asyncio.sleep(0.5)
        await decide(node, OFFICER, alert_id, State.CONFIRMED)
        for _ in range(400):
            if await letters(scene) == [("sent", "")]:
                break
            await asyncio.sleep(0.05)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    assert len(other.got) == 1


def browser() -> dict[str, str]:
    key = ec.generate_private_key(ec.SECP256R1())
    return {"p256dh": unpadded(public_bytes(key.public_key())), "auth": unpadded(bytes(range(16)))}


async def test_a_phone_hears_at_once_and_the_push_service_reads_nothing(scene: Scene) -> None:
    with receiver() as service:
        await targets.add(scene.world.node, OFFICER, "push", "Phone", {"endpoint": f"{service.url}/p/1", **browser()})
        alert_id = await scene.alerted("7PSH123")
        await sent(scene)
        ((path, headers, body),) = service.got
        assert path == "/p/1" and headers["content-encoding"] == "aes128gcm" and headers["urgency"] == "high"
        assert headers["authorization"].startswith("vapid t=") and str(alert_id).encode() not in body
        await decide(scene.world.node, OFFICER, alert_id, State.CONFIRMED)
        assert await sent(scene) == 0, "a person hears of an alert once"


async def test_a_browser_that_took_its_subscription_back_is_not_written_to_again(scene: Scene) -> None:
    with receiver() as service:
        service.answers = [410]
        await targets.add(scene.world.node, OFFICER, "push", "", {"endpoint": f"{service.url}/p/2", **browser()})
        await scene.alerted("7GON123")
        await sent(scene)
        await scene.alerted("7GON124")
        await sent(scene)
    assert len(service.got) == 1
    assert (await targets.deliveries(scene.world.node, OFFICER)).targets == ()


async def test_late_alerts_quiet_hours_and_lost_rights_send_nothing(scene: Scene) -> None:
    with receiver() as service:
        okafor = person("okafor")
        await targets.add(scene.world.node, okafor, "push", "", {"endpoint": f"{service.url}/p/3", **browser()})
        await scene.alerted("7LAT123", timedelta(hours=1), late=True)
        await wishes.set_wishes(scene.world.node, okafor, sound=True, quiet_from="00:00", quiet_to="23:59")
        await scene.alerted("7QUI124")
        await sent(scene)
        await wishes.set_wishes(scene.world.node, okafor, sound=True, quiet_from="", quiet_to="")
        await scene.alerted("7ROL124")
        async with scene.world.node.store.transaction() as tx:
            await tx.execute("UPDATE users SET role = 'auditor' WHERE user_id = 'okafor'")
        await sent(scene)
        async with scene.world.node.store.transaction() as tx:
            await tx.execute("UPDATE users SET role = 'officer' WHERE user_id = 'okafor'")
    assert service.got == []
    assert {problem for _, problem in await letters(scene, okafor)} == {
        "quiet hours",
        "this person deals with no alerts any more",
    }


def test_quiet_hours_may_pass_midnight() -> None:
    night = outbox.Wishes(True, time(22), time(7))
    assert [night.quiet_at(time(hour)) for hour in (21, 22, 3, 7)] == [False, True, True, False]


@dataclass(slots=True)
class Mailbox:
    """A real SMTP server; it refuses a mailbox called nobody."""

    letters: list[str] = field(default_factory=list)

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if address.startswith("nobody@"):
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.letters.append(envelope.content.decode())
        return "250 OK"


async def test_a_letter_says_that_there_is_an_alert_and_where_to_look(scene: Scene) -> None:
    mailbox = Mailbox()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = Controller(mailbox, hostname="127.0.0.1", port=port)
    server.start()
    try:
        scene.world.node = with_delivery(scene.world.node, mail=Mail("127.0.0.1", "plates@example.org", port, "none"))
        await targets.add(scene.world.node, OFFICER, "e-mail", "", {"to": "alvarez@example.org"})
        await targets.add(scene.world.node, person("okafor"), "e-mail", "", {"to": "nobody@example.org"})
        alert_id = await scene.alerted("7MAI123")
        await sent(scene)
    finally:
        server.stop()
    (letter,) = mailbox.letters
    assert "To: alvarez@example.org" in letter and f"/alerts/{alert_id}" in letter and "Message-ID: <" in letter
    assert "7MAI123" not in letter and "Alert at" in letter
    assert sorted(state for state, _ in await letters(scene, OFFICER)) == ["sent"]
    assert [state for state, _ in await letters(scene, person("okafor"))] == ["dead"]


async def test_a_mail_server_that_is_down_is_tried_again(scene: Scene) -> None:
    scene.world.node = with_delivery(scene.world.node, mail=Mail("127.0.0.1", "plates@example.org", 9, "none"))
    await targets.add(scene.world.node, OFFICER, "e-mail", "", {"to": "alvarez@example.org"})
    await scene.alerted("7DWN123")
    await sent(scene)
    ((state, problem),) = await letters(scene, OFFICER)
    assert state == "waiting" and "did not take it" in problem


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/hook", "https://localhost/", "https://127.0.0.2/", "https://10.1.2.3/hook", "https://192.168.1.1/",
        "https://169.254.169.254/latest/meta-data", "https://[::1]/", "https://[fd00::1]/", "https://printer.local/", "file:///etc/passwd",
        "https://user:secret@example.org/", "https://", "ftp://example.org", "https://example.org:99999/",
        "https://0/", "https://2130706433/", "https://0x7f.1/", "gopher://x", "https://localhost./", "https://[::ffff:10.1.2.3]/",
        "https://[64:ff9b::a01:203]/", "https://[2002:a01:203::]/", "https://[::127.0.0.1]/", "https://[fec0::1]/", "https://224.0.0.1/",
    ],
)  # fmt: skip
def test_a_webhook_cannot_be_pointed_at_the_nodes_own_network(url: str) -> None:
    with pytest.raises(BadInput) as wrong:
        check_url(url, ("10.9.9.9",))
    assert wrong.value.where == "url"


async def test_a_public_name_that_leads_into_the_own_network_is_refused_when_sending(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DNS rebinding: the name was public when it was entered."""
    loop = asyncio.get_running_loop()

    async def inside(*_: object, **__: object) -> list[Any]:
        return [(2, 1, 6, "", ("127.0.0.1", 443))]

    await hook(scene, "https://hook.example.org/x")
    await decide(scene.world.node, OFFICER, await scene.alerted("7DNS123"), State.CONFIRMED)
    monkeypatch.setattr(loop, "getaddrinfo", inside)
    await sent(scene)
    ((state, problem),) = await letters(scene)
    assert state == "dead" and "own network" in problem


@pytest.mark.parametrize("whole", [b"HTTP/1.1 200 OK\r\n\r\n", b""])
async def test_a_receiver_that_answers_for_ever_neither_fills_the_memory_nor_holds_up_the_others(
    monkeypatch: pytest.MonkeyPatch, whole: bytes
) -> None:
    """Once it says 200 and goes on, once it never comes to the end of its first line."""
    told = asyncio.Event()

    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            writer.write(whole or b"HTTP/1.1 2")
            while True:
                writer.write(b"x" * 65_536 if whole else b"0")
                await writer.drain()
                await asyncio.sleep(0 if whole else 0.05)
        told.set()

    monkeypatch.setattr(outside, "WHOLE_S", 1)
    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        sending = outside.send(url, b"{}", {}, ["127.0.0.1"])
        if whole:
            await asyncio.wait_for(sending, 10)
        else:
            with pytest.raises(Again):
                await asyncio.wait_for(sending, 10)
        await asyncio.wait_for(told.wait(), 10)


async def test_who_may_enter_which_address(scene: Scene) -> None:
    node = scene.world.node
    with pytest.raises(NotAllowed):
        await targets.add(node, OFFICER, "webhook", "", {"url": "https://example.org/"})
    with pytest.raises(NotAllowed):
        await targets.add(node, ADMINISTRATOR, "push", "", {"endpoint": "https://example.org/", **browser()})
    with pytest.raises(NotAllowed):
        await targets.deliveries(node, person("pham"))
    with pytest.raises(BadInput, match="no mail server"):
        await targets.add(node, OFFICER, "e-mail", "", {"to": "a@example.org"})
    with pytest.raises(BadInput, match="no MQTT broker"):
        await targets.add(node, ADMINISTRATOR, "mqtt", "", {"topic": "alerts"})
    mine = await hook(scene, "https://example.org/hook")
    with pytest.raises(BadInput, match="there already"):
        await hook(scene, "https://example.org/hook")
    with pytest.raises(BadInput, match="no such address"):
        await targets.end(node, person("okafor"), mine)
    with pytest.raises(BadInput, match="no such address"):
        await targets.end(node, person("hale"), mine)
