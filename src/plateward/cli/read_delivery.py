"""What ``plateward read --to`` sets up: the sieve, the spool, the courier, and the talk with the node."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from plateward.cli.client import home
from plateward.cli.read_output import note
from plateward.core.delivery import Keep
from plateward.core.errors import BadInput, Fault

if TYPE_CHECKING:
    from plateward.reader.deliver import Courier
    from plateward.reader.fences import Collecting
    from plateward.reader.health import Health
    from plateward.reader.passes import Latest
    from plateward.reader.settings import ReaderSettings
    from plateward.reader.sieve import Sieve
    from plateward.reader.sighting import Place, Sighting
    from plateward.reader.signing import Signer
    from plateward.reader.spool import Spool


@dataclass(slots=True)
class Delivery:
    """Everything between a read and the node. ``facing``: where each source looks. ``id_key``: what ids of reads are made with."""

    reader: str
    spool: Spool
    courier: Courier
    sieve: Sieve
    health: Health
    latest: dict[str, Latest]
    wait_s: float
    id_key: bytes
    facing: dict[str, int | None] = field(default_factory=dict)
    _troubled: bool = False

    def add(self, sighting: Sighting) -> None:
        """Take one read: it goes to the node, waits, or is forgotten."""
        for one in self.health.clock.place(sighting):
            self.sieve.add(one)

    def send(self, sighting: Sighting, hit: bool) -> None:
        """Put a read that may be kept into the spool."""
        from plateward.reader.sighting import as_item

        self.spool.add(
            as_item(sighting, self.reader, self._place(sighting.source), self.id_key), sighting.picture, hit=hit
        )
        if self.spool.trouble and not self._troubled:
            note(f"{self.spool.trouble}; reads wait in memory until it takes some again")
        self._troubled = bool(self.spool.trouble)
        self.courier.wake()

    def _place(self, source: str) -> Place:
        from plateward.reader.sighting import Place

        where, facing = self.health.collecting.where, self.facing.get(source)
        fix = where.now()
        if fix is None:
            return Place(None, None, None if where.moves else facing)
        if where.moves:
            facing = None if fix.course is None else (fix.course + (facing or 0)) % 360
        return Place(fix.position.lat, fix.position.lon, None if facing is None else facing % 360)


@contextmanager
def delivery(
    settings: ReaderSettings, collecting: Collecting, told: Callable[[Callable[[datetime], object]], None]
) -> Iterator[Delivery]:
    """A delivery under way. ``told`` is given what wants to hear the satellites' time."""
    from plateward.reader.clock import Clock
    from plateward.reader.deliver import Courier, check_address
    from plateward.reader.health import Health
    from plateward.reader.liaison import Liaison
    from plateward.reader.link import NodeLink
    from plateward.reader.sieve import Sieve
    from plateward.reader.spool import Spool

    address = check_address(settings.to or "")
    secret, file = _key(settings.reader, settings.key)
    # Without an id the key's own digest tells readers apart, and says nothing about the key.
    name = settings.reader or sha256(b"reader " + secret.encode()).hexdigest()[:16]
    wanted = Keep.parse(settings.keep) if settings.keep else Keep() if settings.profile == "home" else None
    spool = Spool(settings.spool or _spool_path(address, name))
    if spool.set_aside:
        note(f"the spool was damaged; it lies at {spool.set_aside}, and a new one was begun")
    clock = Clock()
    told(clock.told)
    made: Delivery

    def send(sighting: Sighting, hit: bool) -> None:
        made.send(sighting, hit)

    sieve = Sieve(send, clock.now, wanted)
    health = Health(sieve, spool, clock, collecting)
    latest: dict[str, Latest] = {}
    signer = _signer(name, file)
    with ExitStack() as stack:
        stack.callback(spool.close)
        courier = Courier(spool, address, secret, note, link=NodeLink(address, secret, signer))
        made = Delivery(name, spool, courier, sieve, health, latest, 30.0, secret.encode())
        stack.enter_context(courier)
        # The talk has a link of its own: a long delivery must not hold it up.
        stack.enter_context(Liaison(NodeLink(address, secret, signer), spool, sieve, health, note, latest))
        yield made


def _signer(name: str, file: Path) -> Signer | None:
    """The reader's signing key, beside its key. Where none can be kept, deliveries carry the key alone."""
    from plateward.reader.signing import Signer, own_key

    path = file.with_name(file.stem + ".signing")
    if not path.exists() and not os.access(path.parent, os.W_OK):
        note(f"{path.parent} cannot be written, so deliveries are not signed")
        return None
    try:
        return Signer(name, own_key(path))
    except Fault as fault:
        note(str(fault))
        return None


def _key(reader: str | None, key: Path | None) -> tuple[str, Path]:
    if key is None and reader is None:
        raise BadInput("a node knows a reader by its key: give --key FILE, or --reader ID", where="--to")
    if reader is not None and (not reader or "/" in reader or reader.startswith(".")):
        raise BadInput("a reader's id is a plain name", where="--reader")
    path = key or home() / "readers" / f"{reader}.key"
    try:
        secret = path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        here = ", ".join(sorted(file.stem for file in (home() / "readers").glob("*.key")))
        raise BadInput(
            "there is no such key: plateward readers add ID --name NAME --here makes a reader and keeps its key (at home: "
            "plateward home camera ID NAME)" + (f"; there are keys here of {here}" if here and key is None else ""),
            where=str(path),
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it holds no key"
        raise BadInput(f"the reader's key cannot be read ({reason})", where=str(path)) from None
    if not secret or any(c.isspace() for c in secret):
        raise BadInput("the file must hold the reader's key alone", where=str(path))
    return secret, path


def _spool_path(address: str, name: str) -> Path:
    base = os.environ.get("XDG_STATE_HOME")
    folder = (Path(base) if base else Path.home() / ".local" / "state") / "plateward" / "spool"
    return folder / f"{sha256(f'{address} {name}'.encode()).hexdigest()[:24]}.sqlite"
