"""What the stories share: a policy of real agencies, and the ways in: a program with somebody's login, and a shell."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx

from plateward import rulepacks
from plateward.cli.client import Login, keep
from plateward.core.document import Document
from plateward.core.policy import Policy
from plateward.core.promise import Promise, parse_promises
from plateward.core.share import Grant, Share, ShareState
from plateward.registry import load
from tests.node.world import World

NOW = datetime(2026, 11, 2, 17, tzinfo=UTC)
TODAY = NOW.date()


@dataclass(frozen=True, slots=True)
class Stage:
    """The node and its address."""

    world: World
    address: str

    async def api(self, who: str, method: str, path: str, body: dict[str, Any] | None = None) -> httpx.Response:
        """What the API answers to somebody of the town."""
        async with httpx.AsyncClient(base_url=self.address, timeout=60) as client:
            token = (await client.post("/api/v1/demo/become", json={"person": who})).json()["token"]
            return await client.request(method, path, json=body, headers={"Authorization": f"Bearer {token}"})

    async def shell(self, *line: str) -> tuple[int, str]:
        """Exit status and output of ``plateward``, a process of its own."""
        keep(Login(self.address, demo=True))
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", "from plateward.cli.main import main; main()", *line,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        out, _ = await process.communicate()
        assert process.returncode is not None
        return process.returncode, out.decode()

    async def shell_json(self, *line: str) -> tuple[int, Any]:
        """The same with ``--json``."""
        status, text = await self.shell(*line, "--json")
        return status, json.loads(text)


def asked(owner: str, receiver: str, **terms: Any) -> Share:
    """A share as it would be."""
    given: dict[str, Any] = {
        "grants": frozenset({Grant.SEARCH}),
        "state": ShareState.ACTIVE,
        "begins": NOW - timedelta(days=1),
    }
    return Share(f"{owner}.{receiver}", owner, receiver, expires=NOW + timedelta(days=300), **(given | terms))


def rules(
    promises: Iterable[Promise] = (), shares: Iterable[Share] = (), packs: Iterable[str] = (),
    documents: Iterable[Document] = (), day: date = TODAY,
) -> Policy:  # fmt: skip
    """The policy of real agencies."""
    packed = [promise for pack in packs for promise in rulepacks.load(pack).promises]
    return Policy(
        epoch=1, day=day, registry=load(), promises=(*promises, *packed), shares=shares, documents=documents
    )  # fmt: skip


def no_ice(owner: str, sentence: str) -> Promise:
    """A city's promise in its own words."""
    text = f"""
id = "{owner}.no-ice"
sentence = "{sentence}"
promised_by = "{owner}"
in_force_from = 2018-03-13
cedar = 'forbid (principal in Component::"immigration-enforcement", action in Action::"receive", resource);'
[source]
document = "the city's policy"
date = 2018-03-13
[[case]]
name = "ICE asks"
expect = "denied"
asker.organisation = "us-dhs-ice"
[[case]]
name = "a city of the state asks"
expect = "allowed"
asker.organisation = "us-ca-glendale-pd"
"""
    return parse_promises(text, owner)[0]
