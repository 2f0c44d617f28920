"""Bodies erased on time and before it: the ledger stays whole, and a verifier tells the one from the other."""

from __future__ import annotations

from datetime import timedelta

import psycopg
import pytest

from plateward.core.errors import BadInput
from plateward.core.event import EventType
from plateward.demo.people import person
from plateward.formats.bodies import BodyRecord, parse_bodies
from plateward.node.overseeing.access import access_row
from plateward.node.overseeing.erasure import decide_erasure, erasures, request_erasure
from plateward.node.publishing.publish import publish
from plateward.store import audit as rows
from plateward.store import events
from plateward.store.connection import Database
from tests.node.test_publish import owner, problems, verify
from tests.node.world import World

BASIS = "Order of the superior court 26-CV-0042 to seal"


async def shown(world: World) -> list[BodyRecord]:
    """What an agency hands to a verifier: all bodies, and which were erased when."""
    async with world.node.store.transaction() as tx:
        every = await events.events(tx, limit=10_000)
    return [
        BodyRecord(row.seq, erased_at=row.erased_at)
        if row.body is None or row.salt is None
        else BodyRecord(row.seq, bytes(row.body), bytes(row.salt))
        for row in reversed(every)
    ]


async def test_two_people_erase_a_body_early_and_the_verifier_finds_it_announced(world: World) -> None:
    answer = await world.search("keller", "7ABC128")
    asked = await request_erasure(world.node, person("whitfield"), [answer.access_record], BASIS)
    done = await decide_erasure(world.node, person("delacroix"), str(asked.erasure_id), approved=True)
    assert done.done_at is not None
    assert await access_row(world.node, person("delacroix"), answer.access_record) is None
    async with world.node.store.transaction() as tx:
        row = await events.event(tx, answer.access_record)
    assert row is not None and row.body is None and row.salt is None and row.entry
    await publish(world.node, world.node.publisher)
    report = verify(world, bodies=await shown(world))
    assert problems(report) == {}
    told = next(check.sentence for check in report.checks if check.number == 12)
    assert f"1 of them early, openly: entry {answer.access_record}" in told


async def test_the_public_file_alone_tells_everybody_that_a_body_was_erased_early(world: World) -> None:
    answer = await world.search("keller", "7ABC128")
    asked = await request_erasure(world.node, person("whitfield"), [answer.access_record], BASIS)
    await decide_erasure(world.node, person("delacroix"), str(asked.erasure_id), approved=True)
    await publish(world.node, world.node.publisher)
    text = (world.node.publisher.folder / "bodies.jsonl").read_bytes()
    announced = [r.open_fields for r in parse_bodies(text.splitlines()) if r.open_fields.get("early")]
    assert [fields["indexes"] for fields in announced] == [[str(answer.access_record)]]
    assert b"whitfield" not in text and b"delacroix" not in text


async def test_a_body_that_somebody_deletes_in_the_database_is_a_finding(world: World, database: Database) -> None:
    answer = await world.search("keller", "7ABC128")
    await owner(
        database,
        f"DELETE FROM access WHERE seq = {answer.access_record}",
        f"UPDATE events SET body = NULL, salt = NULL, erased_at = '{world.at}' WHERE seq = {answer.access_record}",
    )
    await publish(world.node, world.node.publisher)
    assert 12 in problems(verify(world, bodies=await shown(world)))


async def test_nobody_erases_alone_and_nobody_decides_twice(world: World) -> None:
    answer = await world.search("keller", "7ABC128")
    asked = await request_erasure(world.node, person("whitfield"), [answer.access_record], BASIS)
    with pytest.raises(BadInput, match="their own request"):
        await decide_erasure(world.node, person("whitfield"), str(asked.erasure_id), approved=True)
    await decide_erasure(world.node, person("delacroix"), str(asked.erasure_id), approved=False, note="Not sealed.")
    with pytest.raises(BadInput, match="decided already"):
        await decide_erasure(world.node, person("delacroix"), str(asked.erasure_id), approved=True)
    assert await access_row(world.node, person("delacroix"), answer.access_record) is not None
    (told,) = await erasures(world.node, person("whitfield"))
    assert told.approved is False and told.done_at is None


async def test_the_database_itself_refuses_an_erasure_that_no_second_person_approved(world: World) -> None:
    """Whoever gets as far as the node's own connection still needs the second person."""
    answer = await world.search("keller", "7ABC128")
    asked = await request_erasure(world.node, person("whitfield"), [answer.access_record], BASIS)
    with pytest.raises(psycopg.errors.RaiseException, match="second person"):
        async with world.node.store.transaction() as tx:
            await rows.erase_early(tx, asked.erasure_id, world.at)
    with pytest.raises(psycopg.errors.CheckViolation):
        async with world.node.store.transaction() as tx:
            await tx.execute(
                "UPDATE erasures SET approved = true, decided_by = requested_by, decided_at = now() WHERE erasure_id = %s",
                [asked.erasure_id],
            )


async def test_what_says_where_the_ledger_begins_and_what_was_erased_stays(world: World) -> None:
    with pytest.raises(BadInput, match=r"entry 0: a body of ledger\.started stays"):
        await request_erasure(world.node, person("whitfield"), [0], BASIS)
    for wrong, message in (([], "name 1 to"), ([10**6], "entry 1000000: there is no such entry")):
        with pytest.raises(BadInput, match=message):
            await request_erasure(world.node, person("whitfield"), wrong, BASIS)
    with pytest.raises(BadInput, match="law or order"):
        await request_erasure(world.node, person("whitfield"), [1], "please")


@pytest.mark.parametrize("who", ["alvarez", "brandt", "nakamura", "pham"])
async def test_who_does_not_oversee_erases_nothing(world: World, who: str) -> None:
    with pytest.raises(BadInput, match="auditor"):
        await request_erasure(world.node, person(who), [1], BASIS)


async def test_another_agencys_entries_are_not_ours_to_erase(world: World) -> None:
    answer = await world.search("alvarez", "7ABC128")
    with pytest.raises(BadInput, match="no such entry of your agency"):
        await request_erasure(world.node, person("lindqvist"), [answer.access_record], BASIS)


async def test_bodies_past_their_own_time_go_without_anybody_asking_and_are_no_finding(
    world: World, database: Database
) -> None:
    answer = await world.search("alvarez", "7ABC128")
    day = timedelta(days=5 * 365 + 2)
    await owner(database, f"UPDATE events SET erase_at = '{world.at - day}' WHERE seq = {answer.access_record}")
    from plateward.node.keeping.purge import purge

    await purge(world.node)
    async with world.node.store.transaction() as tx:
        row = await events.event(tx, answer.access_record)
        (told,) = await events.events(tx, types=[str(EventType.ERASURE_DONE)])
    assert row is not None and row.body is None
    assert told.body is not None and b'"early":false' in told.body
    await publish(world.node, world.node.publisher)
    assert {1, 2, 4, 5, 6, 7, 8, 11} <= {check.number for check in verify(world).checks if check.ok}
