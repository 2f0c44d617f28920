"""What the settings say becomes what is in force, each change with its event; an unsound promise keeps the node from starting."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from plateward.core.errors import BadInput
from plateward.core.event import EventType, fields_of
from plateward.node.settings import Retention, load_settings
from plateward.node.start import prepare
from plateward.store import events, policy
from tests.node.world import World

RIDGEPORT = "us-ca-ridgeport-pd"


async def _told(world: World, type_: EventType) -> list[dict[str, object]]:
    async with world.node.store.transaction() as tx:
        found = await events.events(tx, types=[str(type_)])
    return [dict(fields_of(event.body)) for event in found if event.body is not None]


async def test_promises_of_the_files_are_adopted_once(world: World) -> None:
    before = await _told(world, EventType.PROMISE_ADOPTED)
    await prepare(world.node)
    assert await _told(world, EventType.PROMISE_ADOPTED) == before
    assert {body["promise"] for body in before} >= {"ridgeport-pd.no-immigration-enforcement"}


async def test_a_quiet_change_of_a_promise_is_told_and_said_to_loosen(world: World) -> None:
    file = world.node.settings.data / "promises" / "ridgeport.toml"
    text = file.read_text()
    assert 'context.purpose == "immigration-enforcement"' in text
    file.write_text(
        text.replace(
            'unless { context.documents.contains("judicial-order") };',
            'unless { context.documents.contains("judicial-order") || context.onBehalf };',
            1,
        )
    )
    with pytest.raises(BadInput, match="must be denied and is allowed"):
        await prepare(world.node)
    async with world.node.store.transaction() as tx:
        documents = {stored.promise_id: stored.document for stored in await policy.promises(tx)}
    assert documents["ridgeport-pd.no-immigration-enforcement"] == text


async def test_a_tightened_promise_is_not_said_to_loosen(world: World) -> None:
    file = world.node.settings.data / "promises" / "port-alder.toml"
    file.write_text(file.read_text().replace('== "reproductive-care" }', '== "reproductive-care" || context.money }'))
    await prepare(world.node)
    (told,) = await _told(world, EventType.PROMISE_CHANGED)
    assert told["promise"] == "port-alder-pd.no-care-seekers"
    assert told["loosens"] is False


async def test_a_change_of_retention_is_told_with_before_and_after(world: World) -> None:
    kept = world.node.settings.retention
    world.node.settings = msgspec.structs.replace(
        world.node.settings, retention=Retention(1440, {**kept.agencies, RIDGEPORT: 1440})
    )
    await prepare(world.node)
    told = [body for body in await _told(world, EventType.RETENTION_CHANGED) if body["owner"] == RIDGEPORT]
    assert (told[0]["before_min"], told[0]["after_min"]) == (43200, 1440)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "agency"),
        ('agency = "Ridgeport"', "agency"),
        ('agency = "a"\nport = 0', "port"),
        ('agency = "a"\ncolour = "red"', "colour"),
        ('agency = "a"\n[retention]\nminutes = "long"', "retention"),
        ('agency = "a"\ndatabase = "mysql://x"', "database"),
        ('agency = "a"\ndata = "/tmp"', "data"),
        ("agency = ", "TOML"),
    ],
)
def test_a_wrong_setting_is_named_by_file_and_key(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "plateward.toml"
    file.write_text(text)
    with pytest.raises(BadInput, match=said) as caught:
        load_settings(file)
    assert str(file) in str(caught.value)


def test_a_missing_settings_file_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="plateward init"):
        load_settings(tmp_path / "none.toml")
