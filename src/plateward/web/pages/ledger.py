"""The ledger: a page that says how to check it, its public files, and receipts of single records."""

from __future__ import annotations

import asyncio
import re

import msgspec
from starlette.responses import FileResponse, Response

from plateward.node.overseeing.access import access_row
from plateward.node.publishing.files import CHECKPOINT
from plateward.node.publishing.publish import receipt
from plateward.web.endpoint import Call
from plateward.web.problem import Problem
from plateward.web.render import page

_PATH = re.compile(
    r"(?:before/\d{1,4}/)?(?:checkpoint|log\.vkey|bodies\.jsonl|tile/(?:\d|entries)/(?:x\d{3}/)*\d{3}(?:\.p/\d{1,3})?)"
)
"""The paths of c2sp.org/tlog-tiles and the key's, the bodies that everybody may see, and the ledgers that this one succeeded."""


class WhichFile(msgspec.Struct, frozen=True):
    """One file of the published ledger by its path."""

    path: str


class WhichRecord(msgspec.Struct, frozen=True):
    """One record by its number."""

    seq: int


async def show(call: Call) -> Response:
    """What the ledger is, how far it is published, and the command that checks it."""
    publisher = call.node.publisher
    signed = await asyncio.to_thread(publisher.published)
    return await page(
        call,
        "ledger.html",
        checkpoint=signed.checkpoint if signed else None,
        key=str(publisher.signer.key),
        witnesses=publisher.witnesses,
        address=f"{call.node.settings.address}/ledger",
        succession=publisher.succession,
    )


async def file(call: Call, asked: WhichFile) -> Response:
    """One file as it lies on the disk. Tiles never change; the checkpoint does."""
    if not _PATH.fullmatch(asked.path):
        raise Problem(404, "The ledger has no such file.", next_step="See /ledger for how to fetch it.")
    path = call.node.publisher.folder / asked.path
    if not await asyncio.to_thread(path.is_file):
        raise Problem(404, "The ledger has no such file (yet).", next_step="The checkpoint says how far it goes.")
    for_ever = "tile/" in asked.path and ".p/" not in asked.path
    headers = {"Cache-Control": "public, max-age=31536000, immutable" if for_ever else "no-cache"}
    kind = (
        "text/plain; charset=utf-8"
        if asked.path.endswith((CHECKPOINT, "log.vkey", ".jsonl"))
        else "application/octet-stream"
    )
    return FileResponse(path, media_type=kind, headers=headers)


async def give_receipt(call: Call, asked: WhichRecord) -> Response:
    """A receipt of one's own record, to be verified offline by whoever it is shown to."""
    row = await access_row(call.node, call.who, asked.seq)
    proof = await receipt(call.node, call.node.publisher, asked.seq) if row else None
    if proof is None:
        raise Problem(404, "There is no access record with this number that you may read.")
    return Response(
        proof.encode(),
        media_type="text/plain; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="plateward-{asked.seq}.tlog-proof"'},
    )
