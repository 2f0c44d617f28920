"""Documents on a node: an Illinois department, a department of Iowa that signs a declaration, and attacks on the way."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
import pytest_asyncio

from plateward.core.errors import BadInput, NotAllowed
from plateward.core.event import EventType, fields_of
from plateward.core.share import ShareState
from plateward.demo.people import person
from plateward.node.people import accounts as people
from plateward.node.sharing import documents
from plateward.node.sharing import shares as sharing
from plateward.node.sharing.documents import Paper
from plateward.node.sharing.notices import notices, see, unseen
from plateward.node.sharing.settle import keep_shares
from plateward.node.sharing.shares import list_shares
from plateward.store import events
from tests.node.illinois import ALTON, DETECTIVE, IOWA_CITY, LAW, STAFF, move_to_illinois
from tests.node.world import World


@pytest_asyncio.fixture(loop_scope="session")
async def illinois(world: World) -> World:
    await move_to_illinois(world)
    return world


def paper(**other: Any) -> Paper:
    given: dict[str, Any] = {
        "kind": f"declaration:{LAW}", "party": IOWA_CITY, "signer": "Chief Dana Ortiz", "signed": date(2026, 10, 1),
        "source": "Declaration of 1 October", "digest": "ab" * 32, "begins": date(2026, 10, 1), "ends": date(2026, 11, 20),
    }  # fmt: skip
    return Paper(**(given | other))


async def on_file(world: World, by: str = "ada", accepted_by: str = "paul", **other: Any) -> str:
    made = await documents.record(world.node, STAFF[by], paper(**other))
    done = await documents.accept(world.node, STAFF[accepted_by], made.view.document.id)
    assert done.refusal == "" and done.view.state in ("in force", "to come")
    return made.view.document.id


async def told(world: World, *types: EventType) -> list[dict[str, Any]]:
    async with world.node.store.transaction() as tx:
        found = await events.events(tx, types=[str(one) for one in types], limit=200)
    return [dict(fields_of(bytes(one.body))) for one in reversed(found) if one.body is not None]


async def test_without_a_declaration_iowa_gets_nothing_with_one_it_does_and_the_day_after_its_last_it_is_refused(
    illinois: World,
) -> None:
    refused = await illinois.search(DETECTIVE, "7ABC128", owners=(ALTON,))
    assert not refused.owners[0].allowed and f"{LAW}.declaration" in refused.owners[0].promises
    document = await on_file(illinois)
    allowed = await illinois.search(DETECTIVE, "7ABC128", owners=(ALTON,))
    assert allowed.owners[0].allowed and "rests on the declaration" in allowed.owners[0].why
    (*_, record) = await told(illinois, EventType.ACCESS_SEARCH)
    assert record["owners"][0]["documents"] == [document]
    illinois.at += timedelta(days=19)
    late = await illinois.search(DETECTIVE, "7ABC128", owners=(ALTON,))
    assert not late.owners[0].allowed and late.owners[0].why.endswith("ended on 2026-11-20.")


async def test_a_share_whose_document_lapses_suspends_itself_and_its_owner_is_told_of_both_once(
    illinois: World,
) -> None:
    document = await on_file(illinois)
    assert await keep_shares(illinois.node) == ()
    illinois.at += timedelta(days=19)
    changed = await keep_shares(illinois.node)
    assert [(share.id, share.state) for share in changed] == [("alton-iowa-city", ShareState.SUSPENDED)]
    sentences = [notice.sentence for notice in await notices(illinois.node, STAFF["paul"])]
    assert any("ended on 2026-11-20" in one and one.startswith("The declaration") for one in sentences)
    assert any("alton-iowa-city" in one and "was suspended" in one for one in sentences)
    assert [body["document"] for body in await told(illinois, EventType.DOCUMENT_LAPSED)] == [document]
    before = len(sentences)
    await keep_shares(illinois.node)
    assert len(await notices(illinois.node, STAFF["paul"])) == before


async def test_whoever_recorded_it_cannot_accept_it_nor_can_another_role_and_every_refusal_is_in_the_ledger(
    illinois: World,
) -> None:
    made = await documents.record(illinois.node, STAFF["paul"], paper())
    name = made.view.document.id
    for who in ("paul", "ada", "odd", "audrey"):
        refused = await documents.accept(illinois.node, STAFF[who], name)
        assert refused.refusal and refused.view.state == "waiting", who
    assert not (await illinois.search(DETECTIVE, "7ABC128", owners=(ALTON,))).owners[0].allowed
    acts = await told(illinois, EventType.ACT_REFUSED)
    assert [(body["act"], body["person"], body["subject"]) for body in acts] == [
        ("document.accepted", who, name) for who in ("paul", "ada", "odd", "audrey")
    ]
    assert "You recorded this document" in acts[0]["sentence"]
    assert (await documents.accept(illinois.node, STAFF["pia"], name)).refusal == ""


async def test_somebody_employed_elsewhere_and_the_head_of_the_agency_accept_nothing(illinois: World) -> None:
    hosted = replace(STAFF["pia"], id="hosted", name="Hosted", employer="us-doj-atf")
    async with illinois.node.store.transaction() as tx:
        await people.add(illinois.node, tx, hosted)
    await sharing.set_rules(illinois.node, STAFF["paul"], cap=None, head="pia")
    made = await documents.record(illinois.node, STAFF["ada"], paper())
    for who, why in ((hosted, "of the owner accepts"), (STAFF["pia"], "The head of the agency")):
        assert why in (await documents.accept(illinois.node, who, made.view.document.id)).refusal


async def test_counsels_opinion_needs_counsel_among_the_two(illinois: World) -> None:
    tribe = "us-ca-round-valley-indian-tribes-tribal"
    opinion = paper(kind="counsel-opinion", party=tribe)
    with pytest.raises(BadInput, match="no promise of Alton"):
        await documents.record(illinois.node, STAFF["ada"], opinion)
    made = await documents.record(illinois.node, person("nakamura"), opinion)
    assert made.view.document.promises == {"us-ca-sb34.tribal"}
    assert (
        "needs counsel" in (await documents.accept(illinois.node, person("whitfield"), made.view.document.id)).refusal
    )


async def test_withdrawing_takes_one_person_acts_at_once_and_suspends_what_rested_on_it(illinois: World) -> None:
    name = await on_file(illinois)
    with pytest.raises(BadInput, match="say why"):
        await documents.withdraw(illinois.node, STAFF["ada"], name, " ")
    done = await documents.withdraw(illinois.node, STAFF["ada"], name, "the chief took the signature back")
    assert done.view.state == "withdrawn" and [share.id for share in done.suspended] == ["alton-iowa-city"]
    assert not (await illinois.search(DETECTIVE, "7ABC128", owners=(ALTON,))).owners[0].allowed
    again = await documents.withdraw(illinois.node, STAFF["ada"], name, "again")
    assert "withdrawn already" in again.refusal
    assert "withdrawn" in (await documents.accept(illinois.node, STAFF["paul"], name)).refusal


async def test_an_officer_and_a_stranger_record_nothing_and_see_nothing(illinois: World) -> None:
    for who in (STAFF["odd"], STAFF["audrey"], person("alvarez")):
        with pytest.raises(NotAllowed):
            await documents.record(illinois.node, who, paper())
    with pytest.raises(NotAllowed):
        await documents.list_documents(illinois.node, STAFF["odd"])
    name = await on_file(illinois)
    with pytest.raises(BadInput, match="for you to see"):
        await documents.withdraw(illinois.node, person("nakamura"), name, "not mine")
    assert [one.document.id for one in await documents.list_documents(illinois.node, STAFF["audrey"])] == [name]
    assert await documents.list_documents(illinois.node, person("whitfield")) == ()


async def test_a_document_that_could_lift_nothing_or_says_what_is_not_so_is_refused_with_its_field(
    illinois: World,
) -> None:
    wrongs: list[tuple[dict[str, Any], str]] = [
        ({"kind": "judicial-order"}, "kind"),
        ({"kind": "hosting-contract"}, "kind"),
        ({"party": "nobody-knows"}, "party"),
        ({"promises": frozenset({f"{LAW}.purpose"})}, "promises"),
        ({"purposes": frozenset({"curiosity"})}, "purposes"),
        ({"ends": date(2026, 11, 1)}, "ends"),
        ({"signed": date(2026, 11, 3), "begins": date(2026, 11, 4)}, "signed"),
        ({"source": " "}, "source"),
        ({"digest": "12"}, "digest"),
    ]
    for wrong, field in wrongs:
        with pytest.raises(BadInput) as refused:
            await documents.record(illinois.node, STAFF["ada"], paper(**wrong))
        assert refused.value.where == field, wrong
    assert await documents.list_documents(illinois.node, STAFF["ada"]) == ()


async def test_a_deputation_names_an_officer_whom_the_tribe_employs_with_an_account_at_the_sheriff(
    illinois: World,
) -> None:
    made = paper(kind="sheriff-deputation", party="us-doj-atf", person="reyes", account="us-ca-ridge-county-so")
    with pytest.raises(BadInput, match="no officer 'reyes'"):
        await documents.record(illinois.node, person("nakamura"), made)
    right = replace(made, account="us-ca-ridgeport-pd")
    recorded = await documents.record(illinois.node, person("nakamura"), right)
    assert recorded.view.document.person == "reyes"


async def test_notices_are_counted_until_somebody_has_seen_them_and_that_is_recorded(illinois: World) -> None:
    name = await on_file(illinois)
    await documents.withdraw(illinois.node, STAFF["ada"], name, "no more")
    waiting = await unseen(illinois.node, STAFF["paul"])
    assert waiting >= 1 and await unseen(illinois.node, STAFF["odd"]) == 0
    assert await see(illinois.node, STAFF["paul"]) == waiting
    assert await unseen(illinois.node, STAFF["paul"]) == 0
    assert (await notices(illinois.node, STAFF["paul"]))[0].seen_by_name == "Paul"
    assert len(await told(illinois, EventType.NOTICE_SEEN)) == waiting
    with pytest.raises(NotAllowed):
        await notices(illinois.node, STAFF["odd"])


async def test_the_shares_list_says_nothing_against_a_share_that_a_document_lets_stand(illinois: World) -> None:
    (view,) = await list_shares(illinois.node, STAFF["paul"])
    assert view.refusal is not None
    await on_file(illinois)
    (view,) = await list_shares(illinois.node, STAFF["paul"])
    assert view.refusal is None
