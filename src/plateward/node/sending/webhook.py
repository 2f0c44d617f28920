"""Signed webhooks: JSON to another system, with a signature that proves the node sent it (RFC 9421)."""

from __future__ import annotations

import asyncio

import msgspec

from plateward.formats.http_signature import sign
from plateward.node.node import Node
from plateward.node.sending import keys, outside
from plateward.node.sending.channels import Parcel


async def deliver(node: Node, parcel: Parcel) -> None:
    """POST the parcel's value. Raises Again or Never."""
    key = await asyncio.to_thread(keys.webhook_key, node.settings.data)
    url = str(parcel.message.address["url"])
    body = msgspec.json.encode({"id": parcel.id, **parcel.content.value})
    headers = sign(key, keys.key_id(key.public_key()), url, body, parcel.id, parcel.now)
    await outside.send(url, body, headers, node.settings.delivery.private_hosts)
