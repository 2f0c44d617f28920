"""A simulated ledger: its keeper appends events and publishes files into a dictionary; attacks are changes to that dictionary."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from plateward.core.event import EVENT_TYPES, Event, EventType, Kind, Sealed, disclose, parse_entry, seal, write_instant
from plateward.core.event_table import SHOWN_TO_ALL
from plateward.core.merkle import inclusion_proof, root_hash
from plateward.formats.bodies import BodyRecord
from plateward.formats.checkpoint import Checkpoint, SignedCheckpoint, parse_checkpoint, sign_checkpoint
from plateward.formats.signed_note import NoteSigner
from plateward.formats.tiles import Tile, grow, hash_reader
from plateward.formats.tlog_proof import LoggedEntry, TlogProof

ORIGIN = "ridgeport.example/ledger"
START = datetime(2026, 1, 12, 9, 0, tzinfo=UTC)
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SIGNER = NoteSigner.from_seed(ORIGIN, b"\x11" * 32)
ACTOR = "us-ca-ridgeport-pd"

_SAMPLES: dict[Kind, Any] = {
    Kind.TEXT: "something", Kind.TEXTS: ["one", "two"], Kind.INTEGER: 3, Kind.YES_NO: True, Kind.INSTANT: write_instant(START),
    Kind.DIGEST: "ab" * 32, Kind.OBJECT: {"plate": "7ABC123"}, Kind.OBJECTS: [{"agency": ACTOR, "allowed": False}],
}  # fmt: skip


def body_of(type_: EventType, **given: Any) -> dict[str, Any]:
    """A body that has every field of its type, required and optional."""
    return {each.name: _SAMPLES[each.kind] for each in EVENT_TYPES[type_].fields} | given


def salt_of(number: int) -> bytes:
    return hashlib.sha256(b"salt" + number.to_bytes(8, "big")).digest()


@dataclass
class LedgerWorld:
    """A keeper and the files that it published. ``sealed`` is what its database holds."""

    signer: NoteSigner = SIGNER
    files: dict[str, bytes] = field(default_factory=dict)
    sealed: list[Sealed] = field(default_factory=list)
    clock: datetime = START

    @property
    def origin(self) -> str:
        return self.signer.name

    @property
    def size(self) -> int:
        return len(self.sealed)

    def event(self, type_: EventType, **given: Any) -> Sealed:
        self.clock += timedelta(seconds=7)
        made = seal(Event(type_, self.clock, ACTOR, body_of(type_, **given)), salt_of(self.size))
        self.sealed.append(made)
        return made

    def fill(self, until: int, first: EventType = EventType.LEDGER_STARTED, **given: Any) -> LedgerWorld:
        """Append events until there are ``until``, and publish. The first says whose ledger it is, unless ``given`` does."""
        if first is EventType.LEDGER_STARTED:
            given = {"origin": self.origin, "key": str(self.signer.key)} | given
        kinds = [EventType.ACCESS_SEARCH, EventType.LOGIN_SUCCEEDED, EventType.PURGE_DONE, EventType.SHARE_REQUESTED]
        while self.size < until:
            self.event(first, **given) if self.size == 0 else self.event(kinds[self.size % 4])
        return self.publish()

    def publish(self, old: int | None = None) -> LedgerWorld:
        before = self.published if old is None else old
        entries = [made.entry for made in self.sealed[before:]]
        self.files |= grow(before, entries, lambda tile: self.files[tile.path])
        self.files["checkpoint"] = self.sign().encode()
        self.files["log.vkey"] = f"{self.signer.key}\n".encode()
        return self

    @property
    def published(self) -> int:
        return parse_checkpoint(self.files["checkpoint"]).checkpoint.size if "checkpoint" in self.files else 0

    def sign(self, size: int | None = None) -> SignedCheckpoint:
        size = self.size if size is None else size
        return sign_checkpoint(Checkpoint(self.origin, size, root_hash(size, self.read)), self.signer)

    def read(self, level: int, index: int) -> bytes:
        return hash_reader(self.size, self._tile)(level, index)

    def _tile(self, tile: Tile) -> bytes:
        return self.files[tile.path]

    def copy(self) -> LedgerWorld:
        return LedgerWorld(self.signer, dict(self.files), list(self.sealed), self.clock)

    def receipt(self, index: int, *, whole: bool = True) -> TlogProof:
        made = self.sealed[index]
        logged = (
            LoggedEntry(made.entry, made.body, made.salt)
            if whole
            else LoggedEntry(made.entry, disclosure=disclose(made.body, made.salt))
        )
        return TlogProof(index, tuple(inclusion_proof(index, self.size, self.read)), self.sign(), logged.encode())

    def public_bodies(self) -> list[BodyRecord]:
        """What an honest keeper lays beside its ledger."""
        shown = [(i, made) for i, made in enumerate(self.sealed) if parse_entry(made.entry).type in SHOWN_TO_ALL]
        return [BodyRecord(i, disclosure=disclose(made.body, made.salt)) for i, made in shown]

    def bodies(self) -> list[BodyRecord]:
        return [BodyRecord(i, made.body, made.salt) for i, made in enumerate(self.sealed)]

    def write(self, folder: Path) -> Path:
        for path, data in self.files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(data)
        return folder


@dataclass
class DictSource:
    """A source over a dictionary of files."""

    files: dict[str, bytes]
    name: str = "the ledger"

    def fetch(self, path: str, limit: int) -> bytes | None:
        data = self.files.get(path)
        return None if data is None else data[: limit + 1]

    def fetch_many(self, paths: Any) -> Any:
        return (self.fetch(path, limit) for path, limit in paths)
