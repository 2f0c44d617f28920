"""An owner sees what partners were alerted to from its reads, by page, program and command; and no more than that."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from plateward.cli.client import Login, keep
from plateward.core.errors import NotAllowed
from plateward.core.event import EventType
from plateward.core.people import Person
from plateward.demo.people import person
from plateward.node.hotlists import entries, lists
from plateward.node.keeping.purge import purge
from plateward.node.sharing import partner_alerts as partner_alerts_module
from plateward.node.sharing.partner_alerts import PartnerAlerts, partner_alerts
from plateward.store.connection import Store
from plateward.web.app import create_app
from tests.node.purging import told
from tests.node.world import World, begin
from tests.web.world import serving, typed, visit, words

RPD, PAPD = "us-ca-ridgeport-pd", "us-ca-port-alder-pd"
PLATES = ("7ABC128", "8XYZ123", "5PRT555")


@pytest_asyncio.fixture(loop_scope="session")
async def matched(store: Store, tmp_path: Path) -> World:
    """Port Alder's stolen and wanted plates passed Ridgeport's readers on two days; Ridgeport's own list matched one too."""
    world = await begin(store, tmp_path, now=datetime.now(UTC) - timedelta(days=60))
    world.node = replace(world.node, demo_people=tuple(resident.person for resident in world.town.people))
    await listed(world, person("hale"), person("castellano"), "papd-stolen", "stolen-vehicle", PLATES[0], PLATES[1])
    await listed(world, person("nakamura"), person("alvarez"), "rpd-own", "stolen-vehicle", PLATES[0])
    for plate in PLATES[:2]:
        await world.deliver(world.sent(plate, timedelta(seconds=5)))
    world.at += timedelta(days=1)
    await listed(world, person("hale"), person("castellano"), "papd-wanted", "wanted-person", PLATES[2])
    await world.deliver(world.sent(PLATES[2], timedelta(seconds=5)))
    return world


async def listed(world: World, maker: Person, officer: Person, list_id: str, kind: str, *plates: str) -> None:
    settings = lists.ListSettings(f"The list {list_id}", kind, "detectives")
    await lists.add_list(world.node, maker, list_id, True, settings)
    for plate in plates:
        new = entries.NewEntry(
            plate, reason="a secret matter", case="P26-0009", expires=world.at + timedelta(days=7), state="US-CA"
        )
        await entries.add_entry(world.node, officer, list_id, new)


async def seen_by(world: World, who: str, **more: object) -> PartnerAlerts:
    begins, ends = world.at - timedelta(days=30), world.at + timedelta(days=1)
    return await partner_alerts(world.node, person(who), begins, ends, **more)  # type: ignore[arg-type]


async def test_the_owner_sees_partner_kind_day_share_and_number_and_nothing_that_names_plate_or_case(
    matched: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = await seen_by(matched, "whitfield")
    first, second = (matched.at - timedelta(days=1)).date(), matched.at.date()
    assert [(one.day, one.partner, one.kind, one.alerts) for one in found.counts] == [
        (second, PAPD, "wanted-person", 1),
        (first, PAPD, "stolen-vehicle", 2),
    ]
    assert found.total == 3 and {one.share for one in found.alerts} == {"ridgeport-port-alder"}
    raised = {str(one["alert"]) for one in await told(matched, EventType.ALERT_RAISED)}
    assert {one.alert for one in found.alerts} < raised and len({one.alert for one in found.alerts}) == 3
    shown = repr(found)
    for secret in (*PLATES, "papd-stolen", "secret", "P26-0009", "rpd-harbor", "The list"):
        assert secret not in shown
    asked = (await told(matched, EventType.ACCESS_EXPOSURE))[-1]
    assert (asked["person"], asked["agency"], asked["rows"]) == ("whitfield", "*", 3)

    monkeypatch.setattr(partner_alerts_module, "MOST", 2)
    page = await seen_by(matched, "nakamura")
    rest = await seen_by(matched, "nakamura", before=page.next)
    assert [*page.alerts, *rest.alerts] == list(found.alerts) and rest.next is None and page.total == 3
    assert (await seen_by(matched, "whitfield", partner="us-ca-harbor-county-so")).total == 0
    assert (await seen_by(matched, "farrow")).total == 0, "another agency's reads are another's to see"
    for who in ("alvarez", "castellano"):
        with pytest.raises(NotAllowed, match="privacy officer"):
            await seen_by(matched, who)

    matched.at += timedelta(days=40)
    later = matched.at - timedelta(days=50), matched.at
    await purge(matched.node)
    kept = await partner_alerts(matched.node, person("whitfield"), *later)
    assert kept.total == 3, "what left is told for ever"


@pytest_asyncio.fixture(loop_scope="session")
async def address(matched: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> AsyncIterator[str]:
    monkeypatch.setenv("PLATEWARD_HOME", str(tmp_path / "home"))
    async with serving(matched.node) as address:
        monkeypatch.setenv("PLATEWARD_NODE", address)
        keep(Login(address, demo=True))
        yield address


async def test_page_file_and_command_say_the_same_and_a_wrong_day_or_partner_is_named(
    matched: World, address: str, capsys: pytest.CaptureFixture[str]
) -> None:
    visitor = await visit(create_app(matched.node), "whitfield")
    page = words((await visitor.get("/exposure/alerts")).text)
    assert "3 alerts" in page and "Port Alder Police" in page and "wanted person" in page
    assert not any(secret in page for secret in (*PLATES, "P26-0009", "papd-stolen"))
    assert "/exposure/alerts" in (await visitor.get("/exposure")).text
    file = list(csv.DictReader(io.StringIO((await visitor.get("/exposure/alerts.csv")).text.lstrip("\ufeff"))))
    assert [row["kind"] for row in file] == ["wanted-person", "stolen-vehicle", "stolen-vehicle"]
    empty = words((await visitor.get("/exposure/alerts?from=2020-01-01&to=2020-01-02")).text)
    assert "No partner was alerted in this time" in empty
    for query, said in (
        ("from=yesterday", "write a day"),
        ("partner=Nobody+PD", "no agency is known as"),
        ("from=2026-11-02&to=2026-01-01", "ends before"),
    ):
        wrong = await visitor.get(f"/exposure/alerts?{query}")
        assert wrong.status_code == 400 and said in words(wrong.text).lower(), query
    officer = await visit(create_app(matched.node), "alvarez")
    assert (await officer.get("/exposure/alerts")).status_code == 403

    day = f"{matched.at - timedelta(days=3):%Y-%m-%d}"
    status, said = await typed(capsys, "exposure", "alerts", "--from", day, "--as", "whitfield")
    assert status == 0 and "3 alerts" in said and "wanted-person" in said, said
    status, said = await typed(
        capsys, "exposure", "alerts", "--from", day, "--partner", "Port Alder Police", "--csv", "--as", "whitfield"
    )
    rows = list(csv.DictReader(io.StringIO(said)))
    assert status == 0 and [row["alert"] for row in rows] == [row["alert"] for row in file]
    status, said = await typed(capsys, "exposure", "alerts", "--from", day, "--json", "--as", "whitfield")
    assert json.loads(said)["total"] == 3
    status, said = await typed(capsys, "exposure", "alerts", "--from", "soon", "--as", "whitfield")
    assert status == 2 and "write a day" in said
    status, said = await typed(capsys, "exposure", "Port Alder Police", "--as", "whitfield")
    assert status == 0 and "hit" in said, said
