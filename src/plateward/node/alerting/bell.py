"""The bell: one connection listens to what the database announces, and wakes whoever waits for it.

A stream that looked, found nothing and waits must not miss what was committed in between: it takes the count of rings before it
looks, and waits for a ring beyond that. Whoever waits also looks by itself now and then, so that a lost connection costs time and
nothing else.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from plateward.store.connection import Store

log = structlog.get_logger()

AGAIN_S = 1.0
"""After a lost connection, when to try anew."""


@dataclass(slots=True)
class Bell:
    """Counts the rings of each channel and wakes who waits for them."""

    _rings: Counter[str] = field(default_factory=Counter)
    _waiting: dict[str, set[asyncio.Future[None]]] = field(default_factory=dict)

    def count(self, channel: str) -> int:
        """How often ``channel`` has rung; take it before looking."""
        return self._rings[channel]

    def ring(self, channel: str) -> None:
        """Wake everybody who waits for ``channel``."""
        self._rings[channel] += 1
        for waiting in self._waiting.pop(channel, set()):
            if not waiting.done():
                waiting.set_result(None)

    async def wait(self, channel: str, since: int, timeout_s: float) -> None:
        """Return when ``channel`` has rung more than ``since`` times, or after ``timeout_s`` seconds."""
        if self._rings[channel] != since:
            return
        waiting = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(channel, set()).add(waiting)
        try:
            await asyncio.wait((waiting,), timeout=timeout_s)
        finally:
            with contextlib.suppress(KeyError):
                self._waiting.get(channel, set()).remove(waiting)


async def listen(store: Store, bell: Bell, channels: Sequence[str]) -> None:
    """Ring ``bell`` for what is announced on ``channels``, for good; a lost connection is made anew."""
    while True:
        try:
            async with store.listen(*channels) as connection:
                for channel in channels:  # what was announced while nobody listened
                    bell.ring(channel)
                async for announced in connection.notifies():
                    bell.ring(announced.channel)
        except Exception as fault:
            log.warning("listening failed", kind=type(fault).__name__)
        await asyncio.sleep(AGAIN_S)
