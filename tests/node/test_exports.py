"""Taking reads out: an act of its own at the gate, on record with the file's digest, and counted as received."""

from __future__ import annotations

import csv
import hashlib
import io
import json

import pytest

from plateward.core.errors import BadInput
from plateward.core.event import EventType, fields_of
from plateward.core.plate import PlatePattern
from plateward.core.purpose import Purpose
from plateward.demo.people import person
from plateward.node.exports import Export, export
from plateward.node.search import SearchRequest
from plateward.store import events
from tests.node.world import PURPOSE, World

RIDGEPORT = "us-ca-ridgeport-pd"


async def taken(
    world: World, who: str, typed: str = "7ABC128", format: str = "csv", most: int = 50_000, purpose: Purpose = PURPOSE
) -> Export:
    request = SearchRequest(PlatePattern.parse(typed), purpose, owners=(RIDGEPORT,))
    return await export(world.node, person(who), request, format, most)


def rows_of(made: Export) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(made.data.decode("utf-8-sig"))))


async def recorded(world: World, type: EventType) -> list[dict[str, object]]:
    async with world.node.store.transaction() as tx:
        size = await (await tx.execute("SELECT max(seq) FROM events")).fetchone()
        assert size is not None
        stored = [await events.event(tx, seq) for seq in range(max(0, size[0] - 5), size[0] + 1)]
    return [fields_of(e.body) for e in stored if e is not None and e.body is not None and e.type == type]


async def test_an_officer_takes_reads_out_and_both_the_asking_and_the_file_are_on_record(world: World) -> None:
    await world.deliver(*(world.sent("7ABC128") for _ in range(3)), world.sent("9ZZZ999"))
    made = await taken(world, "alvarez")
    assert made.allowed and made.rows == 3 and made.complete
    assert {row["plate"] for row in rows_of(made)} == {"7ABC128"} and len(rows_of(made)) == 3
    assert made.sha256 == hashlib.sha256(made.data).hexdigest()
    (asked,) = await recorded(world, EventType.ACCESS_EXPORT)
    (file,) = await recorded(world, EventType.EXPORT_MADE)
    assert file["digest"] == made.sha256 and file["rows"] == 3 and file["access"] == made.access_record
    assert file["by"] == "alvarez" and asked["person"] == "alvarez"


async def test_who_is_refused_gets_no_file_and_no_entry_of_one_but_the_wish_is_recorded(world: World) -> None:
    await world.deliver(world.sent("7ABC128"))
    made = await taken(world, "keller")
    assert not made.allowed and made.data == b"" and "immigration enforcement" in made.owners[0].why
    assert await recorded(world, EventType.EXPORT_MADE) == []
    (asked,) = await recorded(world, EventType.ACCESS_EXPORT)
    assert asked["allowed"] is False


@pytest.mark.parametrize("who", ["nakamura", "whitfield", "pham"])
async def test_a_role_that_searches_nothing_exports_nothing(world: World, who: str) -> None:
    await world.deliver(world.sent("7ABC128"))
    assert not (await taken(world, who)).allowed


async def test_the_newest_reads_are_taken_where_there_are_more_and_the_answer_says_so(world: World) -> None:
    await world.deliver(*(world.sent("7ABC128") for _ in range(5)))
    made = await taken(world, "alvarez", most=4)
    assert made.rows == 4 and not made.complete


async def test_more_than_one_page_is_taken(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("plateward.node.exports.MAX_LIMIT", 2)
    await world.deliver(*(world.sent("7ABC128") for _ in range(5)))
    made = await taken(world, "alvarez", format="jsonl")
    ids = {json.loads(line)["read_id"] for line in made.data.splitlines()}
    assert len(ids) == 5 and made.complete


async def test_reads_of_people_nobody_named_need_a_supervisors_consent(world: World) -> None:
    await world.deliver(world.sent("7ABC128"))
    with pytest.raises(BadInput, match="at most"):
        await taken(world, "alvarez", "7*")


async def test_a_format_that_is_none_is_refused_before_anybody_is_asked(world: World) -> None:
    with pytest.raises(BadInput, match="format"):
        await taken(world, "alvarez", format="xls")
    assert await recorded(world, EventType.ACCESS_EXPORT) == []
