"""A bridge from an MQTT broker (Frigate publishes there) to a node: each message becomes a camera's delivery.

A message is written to disk before it is acknowledged to the broker, and deleted when the node has answered.
"""

from __future__ import annotations

import importlib.util
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from plateward.core.errors import BadInput
from plateward.reader.forward import LONGEST_WAIT_S, Counts, Forward, Plan

if TYPE_CHECKING:
    from paho.mqtt.client import Client, MQTTMessage

MAX_MESSAGE = 4 << 20


@dataclass(frozen=True, slots=True)
class Broker:
    """An MQTT broker. ``tls``: how it is known, None for a connection that anybody on the way can read."""

    host: str
    port: int
    tls: ssl.SSLContext | None = None
    user: str = ""
    password: str = ""
    client: str = "plateward-bridge"

    @staticmethod
    def at(url: str, ca: Path | None = None, user: str = "", password: str = "", client: str = "") -> Broker:
        """The broker at ``mqtt://host:port`` or ``mqtts://host:port``. Raises BadInput."""
        parts = urlsplit(url if "//" in url else f"mqtt://{url}")
        try:
            port = parts.port
        except ValueError:
            port = 0
        if parts.scheme not in ("mqtt", "mqtts") or not parts.hostname or port == 0 or parts.username:
            raise BadInput(
                "write a broker as mqtt://host:1883 or mqtts://host:8883, without user or password", where="BROKER"
            )
        secure = parts.scheme == "mqtts"
        try:
            tls = ssl.create_default_context(cafile=str(ca) if ca else None) if secure else None
        except (OSError, ssl.SSLError) as error:
            raise BadInput(f"cannot be read as certificates: {error}", where="--ca") from None
        return Broker(
            parts.hostname, port or (8883 if secure else 1883), tls, user, password, client or "plateward-bridge"
        )


@dataclass(slots=True)
class Bridge:
    """Between a broker and a node. ``said`` hears sentences for people; they name no plate."""

    broker: Broker
    plan: Plan
    said: Callable[[str], None]
    forward: Forward = field(init=False)

    def __post_init__(self) -> None:
        self.forward = Forward(self.plan, self.said)

    @property
    def counts(self) -> Counts:
        """What happened so far."""
        return self.forward.counts

    def stop(self) -> None:
        """End ``run`` soon; what is on disk stays there."""
        self.forward.stop()

    def run(self) -> Counts:
        """Listen and deliver until ``stop``. Raises BadInput for a plan that cannot work."""
        self.plan.check()
        if not self.plan.topics:
            raise BadInput("name a topic", where="--topic")
        self.plan.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        client = self._listen()
        try:
            self.forward.deliver(room=client.reconnect)
        finally:
            client.disconnect()
            client.loop_stop()
        return self.counts

    def _listen(self) -> Client:
        if importlib.util.find_spec("paho") is None:
            raise BadInput("a bridge needs the extra 'mqtt': pip install 'plateward[mqtt]'")
        from paho.mqtt.client import Client
        from paho.mqtt.enums import CallbackAPIVersion

        client = Client(CallbackAPIVersion.VERSION2, self.broker.client, clean_session=False, manual_ack=True)
        if self.broker.user:
            client.username_pw_set(self.broker.user, self.broker.password)
        if self.broker.tls is not None:
            client.tls_set_context(self.broker.tls)
        client.reconnect_delay_set(1, int(LONGEST_WAIT_S))
        client.on_connect = self._connected
        client.on_disconnect = self._cut_off
        client.on_message = self._take
        client.connect_async(self.broker.host, self.broker.port)
        client.loop_start()
        return client

    def _connected(self, client: Client, _: object, __: object, reason: Any, ___: object) -> None:
        if reason.is_failure:
            self.said(f"The broker refuses: {reason}. Trying again.")
            return
        self.said(f"Connected to {self.broker.host}.")
        client.subscribe([(topic, 1) for topic in self.plan.topics])

    def _cut_off(self, _: Client, __: object, ___: object, reason: Any, ____: object) -> None:
        if not self.forward.stopped.is_set():
            self.said(f"Not connected to {self.broker.host}: {reason}. Trying again.")

    def _take(self, client: Client, _: object, message: MQTTMessage) -> None:
        """On disk first, then acknowledged. A retained message is an old state, and no delivery.

        What the disk has no room for is not acknowledged: the broker sends it again after the next connection.
        """
        unwanted = message.retain or len(message.payload) > MAX_MESSAGE
        if unwanted or self.forward.keep(message.topic, bytes(message.payload)):
            client.ack(message.mid, message.qos)
