"""Shares: three people, the promises above them, and attacks on the way from a request to reads."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from plateward.core.agency import Affiliation, Relation, Source
from plateward.core.errors import BadInput, NotAllowed
from plateward.core.event import EventType, fields_of
from plateward.core.people import Role
from plateward.core.share import Grant, ShareState
from plateward.demo.people import person
from plateward.node.people import accounts as people
from plateward.node.sharing import brake
from plateward.node.sharing import review as share_review
from plateward.node.sharing import shares as sharing
from plateward.node.sharing import steps as share_change
from plateward.node.sharing.settle import answer_recall, keep_shares, recalls
from plateward.node.sharing.shares import ShareAnswer, Terms, list_shares, share_details
from plateward.store import events, policy
from plateward.store import sharing as rows
from tests.node.world import World

RIDGEPORT, PORT_ALDER, SHERIFF = "us-ca-ridgeport-pd", "us-ca-port-alder-pd", "us-ca-ridge-county-so"
BCSC, SILVER_FLAT = "us-dhs-ice-hsi-bcsc", "us-nv-silver-flat-pd"
LONG_BEACH, PASADENA, CHULA_VISTA = "us-ca-long-beach-pd", "us-ca-pasadena-pd", "us-ca-chula-vista-pd"
SEARCH = Terms(frozenset({Grant.SEARCH}))


async def ask(world: World, receiver: str, who: str = "nakamura", terms: Terms = SEARCH) -> str:
    (made,) = await sharing.request(world.node, person(who), RIDGEPORT, (receiver,), terms, "burglary series")
    return made.view.share.id


async def review(world: World, share: str, who: str = "nakamura", right: bool = True, need: bool = True) -> ShareAnswer:
    return await share_review.review(
        world.node, person(who), share, has_right=right, has_need=need, note="mutual aid agreement 14"
    )


async def approve(world: World, share: str, who: str = "whitfield") -> ShareAnswer:
    return await share_review.approve(world.node, person(who), share)


async def told(world: World, *types: EventType) -> list[dict[str, object]]:
    """The bodies of events of ``types``, the oldest first."""
    async with world.node.store.transaction() as tx:
        found = await events.events(tx, types=[str(one) for one in types], limit=1000)
    return [fields_of(bytes(one.body)) for one in reversed(found) if one.body is not None]


async def second_administrator(world: World) -> str:
    other = replace(person("nakamura"), id="okoye", name="Uche Okoye")
    async with world.node.store.transaction() as tx:
        await people.add(world.node, tx, other)
    return "okoye"


def signed_with_ice(world: World) -> Affiliation:
    return Affiliation(SHERIFF, Relation.IS_A, "287g", Source("memorandum of agreement", world.at.date()))


async def end(world: World, share: str) -> None:
    await share_change.revoke(world.node, person("whitfield"), share, "a new one is asked for")


async def test_the_sheriff_asks_one_reviews_another_approves_and_only_then_its_deputy_finds_the_read(
    world: World,
) -> None:
    await world.deliver(world.sent("7ABC128"))
    await end(world, "ridgeport-sheriff")
    assert (await world.search("quintero", "7ABC128", owners=(RIDGEPORT,))).reads == ()
    (made,) = await sharing.request(
        world.node, person("farrow"), RIDGEPORT, (SHERIFF,), SEARCH, "county-wide burglaries"
    )
    share = made.view.share.id
    assert (await world.search("quintero", "7ABC128", owners=(RIDGEPORT,))).reads == ()
    assert (await review(world, share)).view.share.state is ShareState.REVIEWED
    assert (await world.search("quintero", "7ABC128", owners=(RIDGEPORT,))).reads == ()
    done = await approve(world, share)
    assert done.refusal is None and done.view.share.state is ShareState.ACTIVE
    assert len((await world.search("quintero", "7ABC128", owners=(RIDGEPORT,))).reads) == 1
    life = await told(
        world, EventType.SHARE_REQUESTED, EventType.SHARE_REVIEWED, EventType.SHARE_APPROVED, EventType.SHARE_ACTIVATED
    )
    assert [body["by"] for body in life if body["share"] == share and "by" in body] == [
        "farrow",
        "nakamura",
        "whitfield",
    ]


async def test_nobody_approves_a_request_of_their_own_or_what_they_reviewed(world: World) -> None:
    await end(world, "ridgeport-sheriff")
    share = await ask(world, SHERIFF, "farrow")
    assert (await approve(world, share)).refusal is not None, "nobody has reviewed it"
    await review(world, share, "whitfield")
    refused = await approve(world, share, "whitfield")
    assert refused.refusal is not None and "second person" in refused.refusal.why
    assert refused.view.share.state is ShareState.REVIEWED


async def test_the_one_who_requested_does_not_review(world: World) -> None:
    await end(world, "ridgeport-sheriff")
    share = await ask(world, SHERIFF, "nakamura")
    refused = await review(world, share, "nakamura")
    assert refused.refusal is not None and "somebody else" in refused.refusal.why
    assert refused.view.share.state is ShareState.REQUESTED


async def test_an_administrator_has_not_the_privacy_role_and_a_receiver_approves_nothing_for_itself(
    world: World,
) -> None:
    await end(world, "ridgeport-sheriff")
    share = await ask(world, SHERIFF, "farrow")
    await review(world, share)
    other = await second_administrator(world)
    for who in (replace(person("nakamura"), id=other), person("lindqvist"), person("farrow")):
        refused = await share_review.approve(world.node, who, share)
        assert refused.refusal is not None
        assert refused.view.share.state is ShareState.REVIEWED


async def test_a_forged_role_gains_nothing_because_the_database_is_asked(world: World) -> None:
    await end(world, "ridgeport-sheriff")
    share = await ask(world, SHERIFF, "farrow")
    await review(world, share)
    forged = replace(person("farrow"), role=Role.PRIVACY_OFFICER, organisation=RIDGEPORT, employer=RIDGEPORT)
    assert (await share_review.approve(world.node, forged, share)).refusal is not None


async def test_the_head_of_the_agency_is_audited_and_approves_nothing(world: World) -> None:
    await sharing.set_rules(world.node, person("whitfield"), cap=None, head="whitfield")
    await end(world, "ridgeport-sheriff")
    share = await ask(world, SHERIFF, "farrow")
    await review(world, share)
    refused = await approve(world, share)
    assert refused.refusal is not None and "head" in refused.refusal.why


async def test_what_a_promise_refuses_ends_with_its_sentence_whatever_the_reviewer_thinks(world: World) -> None:
    details = await share_details(world.node, person("nakamura"), "ridgeport-bcsc-request")
    assert details.receiver.chain[:3] == (BCSC, "us-dhs-ice-hsi", "us-dhs-ice")
    assert {"federal", "immigration-enforcement"} <= {str(one) for one in details.receiver.components}
    assert "ridgeport-pd.no-immigration-enforcement" in [
        one.promise.id for one in details.receiver.touched if one.refuses
    ]
    done = await review(world, "ridgeport-bcsc-request")
    assert done.refusal is not None and done.refusal.help
    assert done.refusal.why.startswith("Bulk Cash Smuggling Center → Homeland Security Investigations → ")
    assert done.view.share.state is ShareState.REFUSED
    again = await review(world, "ridgeport-bcsc-request")
    assert again.refusal is not None and "is refused" in again.refusal.why


async def test_a_promise_adopted_between_review_and_approval_still_refuses(world: World) -> None:
    await end(world, "ridgeport-sheriff")
    share = await ask(world, SHERIFF, "farrow")
    await review(world, share)
    await brake.pull(world.node, person("brandt"), "287g", "until counsel has looked at it")
    async with world.node.store.transaction() as tx:
        await policy.raise_epoch(tx)
        await policy.add_affiliation(tx, signed_with_ice(world), by="test", at=world.at)
    done = await approve(world, share)
    assert done.refusal is not None and "287(g)" in done.refusal.why
    assert done.view.share.state is ShareState.REFUSED


async def test_one_request_naming_many_receivers_becomes_many_requests(world: World) -> None:
    made = await sharing.request(
        world.node,
        person("nakamura"),
        RIDGEPORT,
        (LONG_BEACH, PASADENA, "Blue Lagoon Recovery LLC"),
        SEARCH,
        "regional plan",
    )
    assert len({one.view.share.id for one in made}) == 3
    assert {one.view.share.state for one in made} == {ShareState.REQUESTED}
    nobody_knows = made[2].view
    assert nobody_knows.refusal is not None and "not classified" in nobody_knows.refusal.why


async def test_every_request_is_kept_and_published_without_persons_granted_or_not(world: World) -> None:
    await review(world, "ridgeport-bcsc-request")
    public = await sharing.published(world.node)
    refused = next(one for one in public if one.id == "ridgeport-bcsc-request")
    assert refused.state == "refused" and "promised on 2026-01-12" in refused.sentence
    assert not {"nakamura", "Ken Nakamura"} & {value for one in public for value in (one.sentence, one.owner_name)}


async def test_a_share_lasts_a_year_at_most_and_grants_nothing_that_was_not_asked_for(world: World) -> None:
    with pytest.raises(BadInput, match="365"):
        Terms(frozenset({Grant.SEARCH}), days=366)
    with pytest.raises(BadInput, match="search, hits"):
        Terms(frozenset())
    await end(world, "ridgeport-sheriff")
    share = await ask(world, SHERIFF, "farrow", Terms(frozenset({Grant.HITS})))
    await review(world, share)
    await approve(world, share)
    await world.deliver(world.sent("7ABC128"))
    refused = await world.search("quintero", "7ABC128", owners=(RIDGEPORT,))
    assert not refused.owners[0].allowed and "do not cover search" in refused.owners[0].why


async def test_the_published_cap_on_receivers_holds(world: World) -> None:
    await sharing.set_rules(world.node, person("whitfield"), cap=2, head=None)
    share = await ask(world, LONG_BEACH, "nakamura")
    await review(world, share, "whitfield")
    third = replace(person("whitfield"), id="iversen", name="Nils Iversen")
    async with world.node.store.transaction() as tx:
        await people.add(world.node, tx, third)
    refused = await share_review.approve(world.node, third, share)
    assert refused.refusal is not None and "at most 2 agencies" in refused.refusal.why
    await end(world, "ridgeport-sheriff")
    assert (await share_review.approve(world.node, third, share)).refusal is None


async def test_a_share_ends_by_itself_and_what_runs_out_is_recorded(world: World) -> None:
    world.at += timedelta(days=366)
    ended = await keep_shares(world.node)
    assert {share.state for share in ended} == {ShareState.EXPIRED}
    assert "ridgeport-sheriff" in {share.id for share in ended}
    assert await keep_shares(world.node) == ()


async def test_a_suspended_share_comes_back_only_through_review_and_approval(world: World) -> None:
    await world.deliver(world.sent("7ABC128"))
    await share_change.suspend_share(world.node, person("brandt"), "ridgeport-sheriff", "odd searches")
    assert (await world.search("quintero", "7ABC128", owners=(RIDGEPORT,))).reads == ()
    assert (await approve(world, "ridgeport-sheriff")).refusal is not None
    await review(world, "ridgeport-sheriff")
    assert (await approve(world, "ridgeport-sheriff")).refusal is None
    assert len((await world.search("quintero", "7ABC128", owners=(RIDGEPORT,))).reads) == 1


async def test_pulling_the_brake_suspends_shares_reports_what_went_out_and_recalls_it(world: World) -> None:
    await world.deliver(world.sent("7ABC128"))
    await world.search("quintero", "7ABC128", owners=(RIDGEPORT,))
    async with world.node.store.transaction() as tx:
        await policy.raise_epoch(tx)
        await policy.add_affiliation(tx, signed_with_ice(world), by="test", at=world.at)
    pulled = await brake.pull(world.node, person("brandt"), "287g", "the sheriff signed with ICE")
    assert [share.id for share in pulled.suspended] == ["ridgeport-sheriff"]
    (report,) = await told(world, EventType.EXPOSURE_REPORTED)
    assert (report["agency"], report["owner"], report["deliveries"]) == (SHERIFF, RIDGEPORT, 1)
    (recall,) = await recalls(world.node, person("farrow"))
    assert (recall.owner, recall.deliveries, recall.answer) == (RIDGEPORT, 1, None)
    await answer_recall(world.node, person("farrow"), recall.id, "passed on", "sent to the task force")
    (answered,) = await recalls(world.node, person("whitfield"))
    assert answered.answer == "passed on"
    async with world.node.store.transaction() as tx:
        sentences = [notice.sentence for notice in await rows.notices(tx, RIDGEPORT)]
    assert any("was suspended" in sentence for sentence in sentences)


async def test_a_brake_wins_against_an_approval_at_the_same_moment(world: World) -> None:
    await end(world, "ridgeport-sheriff")
    share = await ask(world, SHERIFF, "farrow")
    await review(world, share)
    await world.deliver(world.sent("7ABC128"))
    async with world.node.store.transaction() as tx:
        await policy.raise_epoch(tx)
        await policy.add_affiliation(tx, signed_with_ice(world), by="test", at=world.at)
    await asyncio.gather(approve(world, share), brake.pull(world.node, person("brandt"), "287g", "now"))
    assert (await world.search("quintero", "7ABC128", owners=(RIDGEPORT,))).reads == ()
    mine = {view.share.id: view.share.state for view in await list_shares(world.node, person("whitfield"))}
    assert mine[share] in (ShareState.SUSPENDED, ShareState.REFUSED)


async def test_an_officer_and_a_system_administrator_see_and_change_no_share(world: World) -> None:
    for who in ("alvarez", "pham"):
        with pytest.raises(BadInput, match="look after shares"):
            await list_shares(world.node, person(who))
    with pytest.raises(BadInput, match="ALPR administrator"):
        await ask(world, LONG_BEACH, "alvarez")


async def test_a_failed_step_leaves_neither_state_nor_event(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await end(world, "ridgeport-sheriff")
    share = await ask(world, SHERIFF, "farrow")
    await review(world, share)

    async def fails(*_: object) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr("plateward.node.sharing.review._step", fails)
    with pytest.raises(RuntimeError):
        await approve(world, share)
    monkeypatch.undo()
    mine = {view.share.id: view.share.state for view in await list_shares(world.node, person("whitfield"))}
    assert mine[share] is ShareState.REVIEWED
    assert await told(world, EventType.SHARE_APPROVED) == []
    assert (await approve(world, share)).refusal is None


async def test_whatever_a_rule_on_persons_refuses_is_in_the_ledger_with_its_sentence(world: World) -> None:
    await end(world, "ridgeport-sheriff")
    share = await ask(world, SHERIFF, "nakamura")
    await review(world, share, "nakamura")
    await review(world, share, "whitfield")
    await approve(world, share, "whitfield")
    await share_change.suspend_share(world.node, person("farrow"), share, "not ours to suspend")
    with pytest.raises(NotAllowed):
        await ask(world, LONG_BEACH, "alvarez")
    with pytest.raises(NotAllowed):
        await brake.pull(world.node, person("alvarez"), "federal", "no role")
    with pytest.raises(NotAllowed):
        await sharing.set_rules(world.node, person("nakamura"), cap=1, head=None)
    await sharing.set_rules(world.node, person("whitfield"), cap=0, head=None)
    third = replace(person("whitfield"), id="iversen", name="Nils Iversen")
    async with world.node.store.transaction() as tx:
        await people.add(world.node, tx, third)
    await share_review.approve(world.node, third, share)
    refused = await told(world, EventType.ACT_REFUSED)
    assert [(body["act"], body["person"]) for body in refused] == [
        ("share.reviewed", "nakamura"), ("share.approved", "whitfield"), ("share.suspended", "farrow"),
        ("share.requested", "alvarez"), ("brake.pulled", "alvarez"), ("config.changed", "nakamura"), ("share.approved", "iversen"),
    ]  # fmt: skip
    assert "You requested this share" in str(refused[0]["sentence"]) and refused[0]["subject"] == share
    assert "at most 0 agencies" in str(refused[-1]["sentence"])
