"""``plateward retention`` and ``plateward holds`` as people type them, against a node that listens."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from plateward.cli.client import Login, keep
from plateward.core.retention import Rule
from plateward.node.keeping.purge import purge
from tests.node.purging import OWNER, choose
from tests.node.world import World
from tests.web.world import HARBOR, seen, serving, typed


@pytest_asyncio.fixture(loop_scope="session")
async def node(web: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> AsyncIterator[World]:
    """The town's node, listening, and a home that knows it as a demonstration."""
    monkeypatch.setenv("PLATEWARD_HOME", str(tmp_path))
    async with serving(web.node) as address:
        monkeypatch.setenv("PLATEWARD_NODE", address)
        keep(Login(address, demo=True))
        yield web


async def test_retention_is_shown_proposed_accepted_and_proved(node: World, capsys: pytest.CaptureFixture[str]) -> None:
    await purge(node.node)
    status, said = await typed(capsys, "retention", "show")
    assert status == 0 and "No read of Ridgeport Police is older than 30 days since" in said
    assert "bytes are gone from the disk 24 hours 30 minutes after that" in said
    try:
        status, said = await typed(capsys, "retention", "propose", "45d", "--as", "nakamura")
        assert status == 1 and "waits for a second person" in said
        change = said.split("retention accept ")[1].split()[0]
        status, said = await typed(capsys, "retention", "accept", change, "--as", "whitfield")
        assert status == 0, said
        status, said = await typed(capsys, "retention", "show", "--json")
        mine = next(one for one in json.loads(said)["owners"] if one["agency"] == OWNER)
        assert mine["groups"][0]["minutes"] == 45 * 1440
        status, said = await typed(
            capsys, "retention", "propose", "90m", "--group", "bridge", "--readers", HARBOR, "--as", "nakamura"
        )
        assert status == 0 and "from now on" in said
        status, said = await typed(capsys, "retention", "show")
        assert "bridge (" in said and "90 minutes" in said
        assert (await typed(capsys, "retention", "end-group", "bridge", "--as", "nakamura"))[0] == 1
    finally:
        async with node.node.store.transaction() as tx:
            await tx.execute(
                "UPDATE retention_rules SET ended_at = made_at WHERE reader_group = 'bridge' AND ended_at IS NULL"
            )
        await choose(node, Rule(OWNER, 43_200))
    status, said = await typed(capsys, "retention", "receipts", "--csv")
    assert status == 0 and "entry,at,late,owner,kept_min" in said
    for wrong in (
        ("propose", "soon"),
        ("duty", "some", "30d", "--source", "a schedule", "--source-date", "2026-01-01"),
    ):
        assert (await typed(capsys, "retention", *wrong, "--as", "nakamura"))[0] == 2


async def test_a_hold_is_asked_decided_looked_at_and_ended(node: World, capsys: pytest.CaptureFixture[str]) -> None:
    await seen(node, HARBOR, "6HLD666", 12)
    wanted = ("--case", "26-0666", "--reason", "stolen vehicle", "--until", "2027-03-01", "--plate", "6HLD666")
    window = ("--from", "2026-10-20", "--to", "2026-11-03")
    status, said = await typed(capsys, "holds", "request", *wanted, *window, "--as", "alvarez")
    assert status == 0 and "1 reads are frozen until" in said, said
    hold = said.split("decides on ")[1].split(".")[0]
    assert (await typed(capsys, "holds", "decide", hold, "--approve", "--as", "alvarez"))[0] == 1, (
        "nobody decides alone"
    )
    status, said = await typed(capsys, "holds", "decide", hold, "--approve", "--as", "whitfield")
    assert status == 0 and "held until 2027-03-01" in said
    look = ("holds", "reads", hold, "--reason", "stolen vehicle", "--as", "alvarez")
    assert (await typed(capsys, *look, "--case", "26-1111"))[0] == 2
    status, said = await typed(capsys, *look, "--case", "26-0666", "--csv")
    assert status == 0 and "6HLD666" in said
    assert "26-0666" in (await typed(capsys, "holds", "list", "--csv", "--as", "whitfield"))[1]
    status, said = await typed(capsys, "holds", "end", hold, "--as", "whitfield")
    assert status == 0 and "ended" in said
    assert (await typed(capsys, "holds", "request", *wanted[:-2], "--as", "alvarez"))[0] == 2, "no read is named"


async def test_a_folder_that_is_no_backup_is_said_to_be_none(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    status, said = await typed(capsys, "retention", "expire-backup", str(tmp_path))
    assert status == 2 and "no backup" in said
