"""Bringing reads to a node: ``POST URL/api/v1/reads``, signed by the reader, from the spool, until all is acknowledged."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import msgspec

from plateward.core.delivery import READS
from plateward.core.errors import Fault
from plateward.reader.link import TIMEOUT, NodeLink, NotKnown, Unreachable, check_address, sentence
from plateward.reader.spool import Flight, Spool, Waiting
from plateward.reader.spool_file import one_deliverer

__all__ = ["Courier", "Delivered", "check_address", "settle_delivery"]

MOST_ITEMS = 200
MOST_BYTES = 8 * 1024 * 1024
"""Half of what a node takes at once, since sizes are estimates."""
FIRST_WAIT_S, LONGEST_WAIT_S = 1.0, 60.0


@dataclass(slots=True)
class Delivered:
    """What the node said so far. ``not_kept``: what a household's node dropped, because it is not on its list."""

    accepted: int = 0
    duplicates: int = 0
    expired: int = 0
    quarantined: int = 0
    rejected: int = 0
    not_kept: int = 0


class Courier:
    """A thread that delivers what the spool holds. ``note`` hears when the link is lost, returns, and what the node refused.

    A key that the node does not know stops delivery (``fault`` is set); everything stays in the spool. Where another process
    delivers from the same spool, this one waits until that has ended.
    """

    def __init__(
        self,
        spool: Spool,
        address: str,
        key: str,
        note: Callable[[str], None],
        client: httpx.Client | None = None,
        link: NodeLink | None = None,
    ) -> None:
        self._spool, self._note = spool, note
        self._link = link or NodeLink(address, key, client=client)
        self._wake, self._stopped = threading.Event(), threading.Event()
        self._most = MOST_ITEMS
        self.delivered = Delivered()
        self.fault: PermissionError | None = None
        self._thread = threading.Thread(target=self._run, name="courier", daemon=True)

    def __enter__(self) -> Courier:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._wake.set()
        self._thread.join(TIMEOUT.read or 60)
        self._link.close()

    def wake(self) -> None:
        """There is something to deliver."""
        self._wake.set()

    def finish(self, wait_s: float) -> int:
        """Wait until the spool is empty, ``wait_s`` at most or until delivery stopped; returns how many reads still wait."""
        self.wake()
        until = time.monotonic() + wait_s
        while self._spool.waiting() and self._thread.is_alive() and time.monotonic() < until:
            time.sleep(0.02)
        return self._spool.waiting()

    def _run(self) -> None:
        while not self._stopped.is_set() and self.fault is None:
            with one_deliverer(self._spool.path) as alone:
                if alone:
                    self._deliver()
                else:
                    self._stopped.wait(0.5)

    def _deliver(self) -> None:
        wait = 0.0
        while not self._stopped.is_set():
            flight = self._spool.take_off(self._most, MOST_BYTES)
            if flight is None:
                self._wake.wait(30)
                self._wake.clear()
                continue
            reason = self._send(flight)
            if self.fault:
                return
            if reason is None:
                if wait:
                    self._note("the node answers again")
                wait = 0.0
                continue
            wait = min(LONGEST_WAIT_S, wait * 2) if wait else FIRST_WAIT_S
            self._note(f"{reason}; {self._spool.waiting()} reads wait, trying again in {wait:.0f} s")
            self._stopped.wait(wait)

    def _send(self, flight: Flight) -> str | None:
        """Deliver one batch; None when that is settled, else why it must be tried again."""
        body = msgspec.msgpack.encode({"reads": [_item(one) for one in flight.reads]})
        try:
            self._link.enrol()
            answer = self._link.deliver(body, self._spool, flight.sequence, READS)
        except Unreachable as reason:
            return str(reason)
        except NotKnown as unknown:
            self.fault = PermissionError(str(unknown))
            return None
        status = answer.status_code
        if status == 200:
            return self._acknowledge(flight, answer)
        if status in (401, 403):
            self.fault = PermissionError(sentence(answer) or "the node does not know this reader's key")
            return None
        if status == 409:
            self._note(f"the node refused a delivery: {sentence(answer)} Its reads go again under another number.")
            self._spool.land()
            return None
        if status in (400, 413, 422):
            self._smaller(flight, status, answer)
            return None
        return f"the node answered {status}"

    def _smaller(self, flight: Flight, status: int, answer: httpx.Response) -> None:
        # One bad or fat read must not hold up the others: halve until it stands alone.
        self._spool.land()
        if len(flight.reads) > 1:
            self._most = max(1, len(flight.reads) // 2)
            return
        reason = sentence(answer) or f"the node answered {status}"
        self._spool.refuse(flight.reads[0].id, "body", reason)
        self.delivered.rejected += 1
        self._note(f"the node refused a read: {reason}")
        self._most = MOST_ITEMS

    def _acknowledge(self, flight: Flight, answer: httpx.Response) -> str | None:
        batch = flight.reads
        try:
            said: Mapping[str, Any] = answer.json()
            refused = {int(r["index"]): r for r in said.get("rejected", ())}
            counts = {name: int(said[name]) for name in ("accepted", "duplicates", "expired", "quarantined")}
            counts["not_kept"] = int(said.get("not_kept", 0))
        except (ValueError, TypeError, KeyError, AttributeError):
            return "the node's answer is no acknowledgement (is this address a node's?)"
        for index, reason in refused.items():
            if 0 <= index < len(batch):
                self._spool.refuse(batch[index].id, str(reason.get("field")), str(reason.get("error")))
                self._note(f"the node refused a read: {reason.get('field')}: {reason.get('error')}")
        self._spool.done([one.id for index, one in enumerate(batch) if index not in refused])
        for name, count in counts.items():
            setattr(self.delivered, name, getattr(self.delivered, name) + count)
        self.delivered.rejected += len(refused)
        self._most = min(MOST_ITEMS, self._most * 2)
        return None


def _item(one: Waiting) -> dict[str, Any]:
    return {**one.item, "picture": one.picture} if one.picture else dict(one.item)


def settle_delivery(courier: Courier, spool: Spool, wait_s: float) -> Delivered:
    """At the end of a run: deliver the rest. Raises Fault, saying where they are kept, when reads still wait."""
    left = courier.finish(wait_s)
    if courier.fault:
        step = f"Check the key given with --key. {left} reads wait in {spool.path}."
        raise Fault(f"Nothing can be delivered: {courier.fault}.", next_step=step)
    if left:
        step = f"They wait in {spool.path}; 'plateward read --to' with the same reader and no source delivers them."
        raise Fault(f"{left} reads could not be delivered.", next_step=step)
    return courier.delivered
