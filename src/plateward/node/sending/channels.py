"""What every channel takes and says: a text or a value to send, and how sending ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from plateward.store.outbox import Message


class Again(Exception):
    """It did not work this time; the message waits and is tried again."""


class Never(Exception):
    """It will not work: the message is put with the dead, where people see it. ``gone``: the address itself is no more."""

    def __init__(self, why: str, *, gone: bool = False) -> None:
        super().__init__(why)
        self.gone = gone


@dataclass(frozen=True, slots=True)
class Publication:
    """What a broker gets on a topic (written out in full). ``retain``: it keeps it; an empty payload takes back what it kept."""

    topic: str
    payload: bytes
    retain: bool = False


@dataclass(frozen=True, slots=True)
class Content:
    """What is sent: for people a title, a line and a link; for systems a value as JSON. ``urgent``: it is about now.

    ``publications``: what a broker gets, where that is not the value alone.
    """

    title: str
    text: str
    link: str
    value: Mapping[str, Any]
    urgent: bool = False
    publications: tuple[Publication, ...] = ()


@dataclass(frozen=True, slots=True)
class Parcel:
    """A claimed message with its content, ready to go at ``now``."""

    message: Message
    content: Content
    now: datetime

    @property
    def id(self) -> str:
        """By this a receiver knows a repetition."""
        return str(self.message.message_id)
