"""Web push: a short message to a browser or a phone; what it says is read there and nowhere between."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec

from plateward.formats.web_push import authorization, encrypt, unpadded
from plateward.node.node import Node
from plateward.node.sending import keys, outside
from plateward.node.sending.channels import Parcel

LIVES_S = 900
"""So long a push service keeps a message for a phone that is off: an alert is about now."""


async def deliver(node: Node, parcel: Parcel) -> None:
    """Send to one browser. Raises Again or Never; Never with ``gone`` when the browser took its subscription back."""
    key = await asyncio.to_thread(keys.push_key, node.settings.data)
    address, content = parcel.message.address, parcel.content
    text = msgspec.json.encode({"title": content.title, "text": content.text, "link": content.link, "tag": parcel.id})
    body = encrypt(
        text, str(address["p256dh"]), str(address["auth"]), ec.generate_private_key(ec.SECP256R1()), node.random(16)
    )
    url = str(address["endpoint"])
    parts, contact = urlsplit(url), node.settings.delivery.contact or node.settings.address
    headers = {
        "authorization": authorization(key, f"{parts.scheme}://{parts.netloc}", contact, parcel.now),
        "content-encoding": "aes128gcm",
        "content-type": "application/octet-stream",
        "ttl": str(LIVES_S),
        "urgency": "high" if content.urgent else "normal",
        # A repetition takes the place of the first one, should that still wait.
        "topic": unpadded(parcel.message.message_id.bytes),
    }
    await outside.send(url, body, headers, node.settings.delivery.private_hosts)
