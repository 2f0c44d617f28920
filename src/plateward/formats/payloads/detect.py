"""Whose message this is, and what it holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo

from plateward.core.errors import BadInput
from plateward.formats.payloads import (
    axis,
    blueiris,
    dahua,
    flock,
    frigate,
    generic,
    genetec,
    hikvision,
    milesight,
    openalpr,
    platerecognizer,
    unifi,
)
from plateward.formats.payloads.message import Message, open_message
from plateward.formats.payloads.sent import Parsed, Receipt, Sent
from plateward.formats.reads import Rejected


@dataclass(frozen=True, slots=True)
class Sender:
    """A kind of sender. ``title``: its name for people."""

    name: str
    title: str
    looks_like: Callable[[Message], bool]
    parse: Callable[[Message, Receipt], Parsed]


SENDERS: Mapping[str, Sender] = {
    module.SENDER: Sender(module.SENDER, module.TITLE, module.looks_like, module.parse)
    for module in (
        openalpr,
        platerecognizer,
        hikvision,
        genetec,
        flock,
        axis,
        dahua,
        unifi,
        blueiris,
        frigate,
        milesight,
        generic,
    )
}
"""Every sender by name, in the order in which they are tried: the surest signs first."""


def parse(
    body: bytes,
    content_type: str,
    received_at: datetime,
    zone: tzinfo,
    *,
    sender: str | None = None,
    mapping: Mapping[str, str] | None = None,
) -> Parsed:
    """The reads of a camera's message from ``sender``, or from whoever it looks like.

    ``zone``: what a time without offset is in. ``mapping``: see ``generic``; naming one makes the sender generic. Raises BadInput
    when nothing of it can be read, and its subclass ``message.Unsafe`` for what is made to harm.
    """
    if sender is not None and sender not in SENDERS:
        raise BadInput(f"the sender is one of {', '.join(SENDERS)}", where="sender")
    receipt = Receipt(received_at, zone, mapping or {})
    chosen = sender or (generic.SENDER if mapping else None)
    messages = open_message(body, content_type)
    if len(messages) == 1:
        return _parse(messages[0], receipt, chosen)
    reads: list[Sent] = []
    rejected: list[Rejected] = []
    notes: list[str] = []
    name = chosen or ""
    for number, message in enumerate(messages):
        try:
            parsed = _parse(message, receipt, chosen)
        except BadInput as wrong:
            rejected.append(Rejected(number, wrong.where or "body", wrong.args[0]))
            continue
        name = name or parsed.sender
        reads += parsed.reads
        rejected += parsed.rejected
        notes += parsed.notes
    return Parsed(name or generic.SENDER, tuple(reads), tuple(rejected), tuple(notes))


def always_answered(body: bytes, sender: str | None) -> str | None:
    """The sender that must be answered with 200 whatever it wrote, as far as even an unreadable body shows; else None.

    Hikvision cameras never send again what was answered otherwise, and Dahua's push sends it again for ever.
    """
    if sender in (hikvision.SENDER, dahua.SENDER):
        return sender
    marks = {hikvision.SENDER: hikvision.ROOT.encode(), dahua.SENDER: dahua.MARK}
    return next((name for name, mark in marks.items() if mark in body), None) if sender is None else None


def _parse(message: Message, receipt: Receipt, chosen: str | None) -> Parsed:
    sender = SENDERS[chosen] if chosen else next((s for s in SENDERS.values() if s.looks_like(message)), None)
    if sender is None:
        raise BadInput(
            "no sender that is known writes such a message; name its fields with map=plate=…,read_at=…", where="body"
        )
    parsed = sender.parse(message, receipt)
    return replace(parsed, rejected=(*message.broken, *parsed.rejected), notes=(*message.notes, *parsed.notes))
