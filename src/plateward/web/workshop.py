"""Where uploaded files are read: child processes, few at a time, that end on time, and results that are kept for minutes.

A child reads one person's files, may write no file and open none of the node's, and is killed when it takes too long, when whoever
asked goes away, and when the server stops. So a file that breaks a parser breaks only its own review.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import sys
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import msgspec
from starlette.requests import Request

from plateward.web.problem import Problem
from plateward.web.review_work import Given, Job, Outcome
from plateward.web.upload import LARGEST, throw_away

PLACES = 2
"""Reviews at a time, from the first byte of the upload to the answer; one a person."""

LIMIT_S = 150.0
"""Longest that one review may take."""

KEEP_S = 600.0
KEEP_BYTES = 64 << 20
"""How long results stay in memory where somebody asked for it, and how much all of them together may have."""

_PASSED_ON = ("PATH", "PYTHONPATH", "LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH", "SYSTEMROOT")
"""What of the server's environment a child may know: nothing that holds a secret."""


@dataclass(slots=True)
class _Result:
    session: str
    until: float
    files: dict[str, Given]

    @property
    def size(self) -> int:
        return sum(len(file.body) for file in self.files.values())


class Kept:
    """Results by a handle nobody can guess, each for the session that asked and for ``KEEP_S`` seconds; the oldest make room."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, most: int = KEEP_BYTES) -> None:
        self._clock, self._most = clock, most
        self._results: OrderedDict[str, _Result] = OrderedDict()

    def __len__(self) -> int:
        self.sweep()
        return len(self._results)

    def keep(self, session: str, files: tuple[Given, ...]) -> str | None:
        """Keep a result; its handle, or None where it is larger than all of the room."""
        result = _Result(session, self._clock() + KEEP_S, {file.name: file for file in files})
        if result.size > self._most:
            return None
        self.sweep()
        while self._results and sum(held.size for held in self._results.values()) + result.size > self._most:
            self._results.popitem(last=False)
        handle = secrets.token_urlsafe(24)
        self._results[handle] = result
        return handle

    def find(self, handle: str, session: str, name: str) -> Given | None:
        """One file of a result that this session asked to be kept."""
        self.sweep()
        result = self._results.get(handle)
        return result.files.get(name) if result is not None and result.session == session else None

    def forget(self, handle: str, session: str) -> None:
        """Drop a result of this session at once."""
        result = self._results.get(handle)
        if result is not None and result.session == session:
            del self._results[handle]

    def sweep(self) -> None:
        """Drop what is over."""
        now = self._clock()
        for handle in [handle for handle, result in self._results.items() if result.until <= now]:
            del self._results[handle]


@dataclass(slots=True)
class Workshop:
    """The places at which files are read, and the results that are kept."""

    kept: Kept = field(default_factory=Kept)
    limit_s: float = LIMIT_S
    _busy: set[str] = field(default_factory=set)

    @asynccontextmanager
    async def place(self, request: Request, whose: str) -> AsyncIterator[None]:
        """A place for ``whose`` request. Raises Problem (503) where they have one already or all are taken."""
        if whose in self._busy or len(self._busy) >= PLACES:
            mine = whose in self._busy
            await throw_away(request, 2 * LARGEST)
            raise Problem(
                503,
                "A review of yours is still running." if mine else "Other people's files are being read just now.",
                next_step="Wait a minute and send it again; nothing was kept.",
                headers={"Retry-After": "30"},
            )
        self._busy.add(whose)
        try:
            yield
        finally:
            self._busy.discard(whose)

    async def run(self, job: Job, request: Request, stopping: asyncio.Event) -> Outcome:
        """Have a child do ``job``. Raises Problem where it takes too long or dies; ends it where nobody waits any more."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-B", "-P", "-m", "plateward.web.review_work",
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
            env={name: os.environ[name] for name in _PASSED_ON if name in os.environ},
        )  # fmt: skip
        work = asyncio.ensure_future(process.communicate(msgspec.msgpack.encode(job)))
        ends = [asyncio.ensure_future(_gone(request)), asyncio.ensure_future(stopping.wait())]
        try:
            await asyncio.wait((work, *ends), timeout=self.limit_s, return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                raise _ended(any(end.done() for end in ends), self.limit_s)
            written, _ = work.result()
        finally:
            if process.returncode is None:
                process.kill()
            for task in (work, *ends):
                task.cancel()
            await asyncio.gather(work, *ends, return_exceptions=True)
            await process.wait()
        if not written:
            raise Problem(
                422,
                "Reading this file needed more memory or time than a page gives it.",
                next_step="Split it, or use the command line: plateward review.",
            )
        return msgspec.msgpack.decode(written, type=Outcome)

    def keep(self, session: str, files: tuple[Given, ...]) -> str | None:
        """Keep a result for this session, until its time is over even where nobody asks for it again."""
        handle = self.kept.keep(session, files)
        asyncio.get_running_loop().call_later(KEEP_S + 1, self.kept.sweep)
        return handle


def _ended(gone: bool, limit_s: float) -> Problem:
    if gone:
        return Problem(503, "The review was ended before it was done. Nothing was kept.")
    return Problem(
        422,
        f"Reading this took longer than the {limit_s:,.0f} seconds a page gives it. Nothing was kept.",
        next_step="Split the file, or use the command line, which has no limit: plateward review.",
    )


async def _gone(request: Request) -> None:
    """Returns when whoever asked goes away."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
