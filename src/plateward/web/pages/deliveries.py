"""Where alerts go beside the page: one's own phone and mailbox, and, for an ALPR administrator, other systems."""

from __future__ import annotations

import asyncio
from pathlib import Path
from uuid import UUID

import msgspec
from starlette.responses import RedirectResponse, Response

from plateward.core.errors import BadInput
from plateward.formats.web_push import public_bytes, unpadded
from plateward.node.sending import mqtt, targets
from plateward.node.sending.keys import key_id, public_pem, push_key, webhook_key
from plateward.web.csvs import csv_response
from plateward.web.endpoint import Call
from plateward.web.render import STATIC, page

WORDS = {"push": "This phone or browser", "e-mail": "Mailbox", "webhook": "Signed webhook", "mqtt": "MQTT topic"}


class Entered(msgspec.Struct, frozen=True):
    """An address as typed. ``at``: mailbox, web address or topic; the rest is what a browser gives for push messages."""

    channel: str = ""
    name: str = ""
    at: str = ""
    endpoint: str = ""
    p256dh: str = ""
    auth: str = ""

    @property
    def address(self) -> dict[str, str]:
        """The address as its channel names it."""
        at = self.at.strip()
        return {
            "e-mail": {"to": at}, "webhook": {"url": at}, "mqtt": {"topic": at},
            "push": {"endpoint": self.endpoint, "p256dh": self.p256dh, "auth": self.auth},
        }.get(self.channel, {})  # fmt: skip


class WhichTarget(msgspec.Struct, frozen=True):
    """One address."""

    delivery_id: UUID


class WhichMessage(msgspec.Struct, frozen=True):
    """One message."""

    message_id: UUID


async def show(call: Call) -> Response:
    """The addresses, and what did not arrive."""
    return await _show(call, Entered())


async def _show(call: Call, form: Entered, wrong: BadInput | None = None) -> Response:
    found = await targets.deliveries(call.node, call.who)
    settings = call.node.settings.delivery
    key = await asyncio.to_thread(push_key, call.node.settings.data)
    field = {"to": "at", "url": "at", "topic": "at", "endpoint": "", "p256dh": "", "auth": ""}
    return await page(
        call, "deliveries.html", status=400 if wrong else 200, found=found, form=form, words=WORDS,
        push_key=unpadded(public_bytes(key.public_key())), mail=settings.mail is not None,
        mqtt=settings.mqtt is not None and mqtt.installed(), plates=settings.plates,
        wrong={field.get(wrong.where or "", wrong.where or ""): wrong.args[0]} if wrong else {},
    )  # fmt: skip


async def add(call: Call, asked: Entered) -> Response:
    """Enter an address."""
    try:
        await targets.add(call.node, call.who, asked.channel, asked.name, asked.address)
    except BadInput as wrong:
        return await _show(call, asked, wrong)
    return RedirectResponse("/deliveries", 303)


async def end(call: Call, asked: WhichTarget) -> Response:
    """Take an address out."""
    await targets.end(call.node, call.who, asked.delivery_id)
    return RedirectResponse("/deliveries", 303)


async def again(call: Call, asked: WhichMessage) -> Response:
    """Let a message that was given up try again."""
    await targets.try_again(call.node, call.who, asked.message_id)
    return RedirectResponse("/deliveries", 303)


COLUMNS = ("delivery", "channel", "name", "person", "subject", "entered", "entered_by", "sent", "waiting", "given_up")


async def as_csv(call: Call) -> Response:
    """The addresses as a file."""
    found = await targets.deliveries(call.node, call.who)
    return csv_response(
        "deliveries.csv", COLUMNS,
        [
            (str(one.target_id), one.channel, one.name, one.person or "", one.subject, one.made_at.isoformat(timespec="seconds"),
             one.made_by, one.sent, one.waiting, one.dead)
            for one in found.targets
        ],
    )  # fmt: skip


async def public_key(call: Call) -> Response:
    """The key by which a receiver checks that the node sent a webhook."""
    key = (await asyncio.to_thread(webhook_key, call.node.settings.data)).public_key()
    return Response(public_pem(key), media_type="application/x-pem-file", headers={"Plateward-Key-Id": key_id(key)})


async def push_worker(call: Call) -> Response:
    """The script that shows push messages; it must lie at the root to work for every page."""
    text = await asyncio.to_thread(Path(STATIC, "push-worker.js").read_text, "utf-8")
    return Response(text, media_type="text/javascript")
