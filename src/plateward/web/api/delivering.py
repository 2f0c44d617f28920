"""Reads coming in: from readers with their keys, and from files that a person imports."""

from __future__ import annotations

from dataclasses import asdict

import msgspec

from plateward.formats.reads import MAX_BODY, Batch, decode_batch
from plateward.node.devices.delivery import Clash, accept_signed
from plateward.node.importing import import_reads
from plateward.node.ingest import IngestAnswer, accept
from plateward.web.api.reader_self import known, signed, unknown_reader
from plateward.web.endpoint import Call
from plateward.web.problem import Problem

LARGEST = MAX_BODY


class Refused(msgspec.Struct, frozen=True):
    """Why one read of a delivery was not taken: its place in the batch, the field, and what would be right."""

    index: int
    field: str
    error: str


class Whose(msgspec.Struct, frozen=True):
    """The agency the reads belong to; left out, your own."""

    agency: str | None = None


class Taken(msgspec.Struct, frozen=True):
    """The acknowledgement. Everything counted is durable, or was never to be stored; the rejected are named one by one.

    ``not_kept``: at home, what fits no plate of the own list: nothing of it was written.
    """

    accepted: int
    duplicates: int
    expired: int
    quarantined: int
    rejected: tuple[Refused, ...]
    not_kept: int = 0


async def deliver(call: Call) -> Taken:
    """Take a batch from the reader whose key was sent; answered only when it is durable. Sending it again adds nothing."""
    who = signed(call)
    if who is not None:
        kind = call.request.headers.get("content-type", "")
        answer = await accept_signed(call.node, who, call.body, kind)
        if isinstance(answer, Clash):
            raise Problem(409, answer.why, next_step="The reader's state was lost or copied: give it a new key.")
        return _taken(known(answer))
    if call.key is None:
        raise unknown_reader("A delivery is signed, or carries the reader's key as Authorization: Bearer.")
    return _taken(known(await accept(call.node, call.key, _batch(call))))


async def bring_in(call: Call, asked: Whose) -> Taken:
    """Take a batch whose items name their readers, as reads of your own agency."""
    return _taken(await import_reads(call.node, call.who, _batch(call), asked.agency))


def _batch(call: Call) -> Batch:
    return decode_batch(call.body, call.request.headers.get("content-type", ""))


def _taken(answer: IngestAnswer) -> Taken:
    return Taken(
        answer.accepted, answer.duplicates, answer.expired, answer.quarantined, refusals(answer), answer.not_kept
    )  # fmt: skip


def refusals(answer: IngestAnswer) -> tuple[Refused, ...]:
    """The reads of a delivery that were not taken, each with its reason."""
    return tuple(Refused(**asdict(one)) for one in answer.rejected)
