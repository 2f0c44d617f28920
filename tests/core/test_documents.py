"""Standing documents lift what a promise itself excepts: for one owner, one party, one scope and its days, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from plateward import rulepacks
from plateward.core.agency import Component
from plateward.core.cases import unsound
from plateward.core.document import Document, kind_of
from plateward.core.errors import BadInput
from plateward.core.opening import Process, decide_production
from plateward.core.people import Asker
from plateward.core.policy import Brake, Circumstances, Policy, considered, reevaluate
from plateward.core.promise import parse_promises
from plateward.core.share import Act, Grant, Share, ShareState
from plateward.registry import load
from tests.core.world import NO_ICE, REGISTRY

DAY = date(2026, 11, 2)
NOW = datetime(2026, 11, 2, 17, tzinfo=UTC)
LAW = "us-il-2-130"
ALTON, AURORA = "us-il-alton-pd", "us-il-aurora-pd"
IOWA_CITY, BETTENDORF = "us-ia-iowa-city-pd", "us-ia-bettendorf-pd"
EL_CAJON, DEPUTIES, TRIBE = (
    "us-ca-el-cajon-pd",
    "us-ca-los-angeles-county-so",
    "us-ca-round-valley-indian-tribes-tribal",
)


def declared(**other: Any) -> Document:
    given: dict[str, Any] = {
        "id": "doc-1", "kind": f"declaration:{LAW}", "owner": ALTON, "party": IOWA_CITY,
        "promises": frozenset({f"{LAW}.declaration"}), "signer": "Chief Dana Ortiz", "signed": date(2026, 1, 4),
        "source": "Declaration of 4 January", "digest": "ab" * 32, "begins": date(2026, 1, 5), "ends": date(2026, 12, 31),
    }  # fmt: skip
    return Document(**(given | other))


def deputised(**other: Any) -> Document:
    given: dict[str, Any] = {
        "kind": "sheriff-deputation", "owner": DEPUTIES, "party": TRIBE, "promises": frozenset({"us-ca-sb34.tribal"}),
        "person": "officer-redwood", "account": DEPUTIES,
    }  # fmt: skip
    return declared(**(given | other))


def share(owner: str, receiver: str, **terms: Any) -> Share:
    given: dict[str, Any] = {"grants": frozenset({Grant.SEARCH, Grant.HITS}), "state": ShareState.ACTIVE}
    return Share(
        f"{owner}.{receiver}", owner, receiver, begins=NOW - timedelta(days=1), expires=NOW + timedelta(days=300), **(given | terms)
    )  # fmt: skip


def policy(
    documents: Iterable[Document] = (), shares: Iterable[Share] = (), packs: Iterable[str] = (LAW,), day: date = DAY, **more: Any
) -> Policy:  # fmt: skip
    promises = [promise for pack in packs for promise in rulepacks.load(pack).promises]
    return Policy(
        epoch=1, day=day, registry=load(), promises=(*promises, *more.pop("promises", ())), shares=shares, documents=documents,
        **more,
    )  # fmt: skip


def search(made: Policy, asker: Asker, owner: str = ALTON, reason: str = "stolen-vehicle") -> tuple[bool, str]:
    decision = made.decide(asker, owner, Act.SEARCH, reason, NOW)
    return decision.allowed, decision.why


OFFICER = Asker("reyes", IOWA_CITY, IOWA_CITY)


def test_iowas_police_get_nothing_of_illinois_without_a_declaration_and_are_told_who_can_help() -> None:
    held = [share(ALTON, IOWA_CITY)]
    decision = policy(shares=held).decide(OFFICER, ALTON, Act.SEARCH, "stolen-vehicle", NOW)
    assert not decision.allowed and decision.promises == (f"{LAW}.declaration",)
    assert "Sign the declaration" in decision.help
    refusal = considered(policy(), replace(held[0], state=ShareState.REQUESTED))
    assert refusal is not None and refusal.promises == (f"{LAW}.declaration",)


def test_with_a_declaration_on_file_the_share_holds_and_the_decision_names_the_document() -> None:
    made = policy([declared()], [share(ALTON, IOWA_CITY)])
    decision = made.decide(OFFICER, ALTON, Act.SEARCH, "stolen-vehicle", NOW)
    assert decision.allowed and decision.documents == ("doc-1",)
    assert "declaration under us-il-2-130 of Iowa City Police Department, which holds until 2026-12-31" in decision.why
    assert reevaluate(made) == ()


def test_a_document_alone_opens_nothing_for_there_must_be_a_share() -> None:
    decision = policy([declared()]).decide(OFFICER, ALTON, Act.SEARCH, "stolen-vehicle", NOW)
    assert not decision.allowed and "shares nothing with" in decision.why


def test_the_day_after_its_last_it_is_refused_and_the_refusal_says_that_it_ended() -> None:
    held = [share(ALTON, IOWA_CITY)]
    last, after = (policy([declared()], held, day=day) for day in (date(2026, 12, 31), date(2027, 1, 1)))
    assert search(last, OFFICER)[0]
    allowed, why = search(after, OFFICER)
    assert not allowed and why.endswith("that Alton Police Department held ended on 2026-12-31.")
    assert [broken.receiver for broken, _ in reevaluate(after)] == [IOWA_CITY]


@pytest.mark.parametrize(
    "other",
    [
        {"owner": AURORA},
        {"party": BETTENDORF},
        {"kind": "declaration:us-ny-1"},
        {"kind": "hosting-contract"},
        {"kind": "counsel-opinion"},
        {"promises": frozenset({f"{LAW}.purpose"})},
        {"begins": date(2026, 11, 3)},
        {"ends": date(2026, 11, 1)},
        {"acts": frozenset({Act.HITS})},
        {"purposes": frozenset({"missing-person"})},
    ],
)
def test_a_document_for_another_owner_party_law_promise_day_act_or_purpose_opens_nothing(other: dict[str, Any]) -> None:
    assert not search(policy([declared(**other)], [share(ALTON, IOWA_CITY)]), OFFICER)[0]


def test_a_document_never_lifts_what_the_promise_does_not_except() -> None:
    made = policy([declared()], [share(ALTON, IOWA_CITY)])
    for reason in ("immigration-enforcement", "reproductive-care"):
        assert not search(made, OFFICER, reason=reason)[0]
    onward = considered(made, share(ALTON, IOWA_CITY, onward=True))
    assert onward is not None and f"{LAW}.declaration" in onward.promises


def test_who_has_declared_admits_nobody_for_whom_it_searches_and_none_of_its_officers_other_bodies() -> None:
    made = policy([declared()], [share(ALTON, IOWA_CITY), share(ALTON, BETTENDORF)])
    assert search(made, OFFICER)[0]
    assert not search(made, replace(OFFICER, on_behalf_of=BETTENDORF))[0]
    assert not search(made, replace(OFFICER, assignments=("us-dhs-ice-hsi",)))[0]
    assert not search(made, replace(OFFICER, employer=BETTENDORF))[0]
    both = policy(
        [declared(), declared(id="doc-2", party=BETTENDORF)], [share(ALTON, IOWA_CITY), share(ALTON, BETTENDORF)]
    )
    assert search(both, replace(OFFICER, on_behalf_of=BETTENDORF))[0]


def test_a_brake_stops_whoever_has_a_document() -> None:
    opinion = declared(kind="counsel-opinion", owner=EL_CAJON, party=TRIBE, promises=frozenset({"us-ca-sb34.tribal"}))
    tribal = Asker("wolf", TRIBE, TRIBE)
    held = [share(EL_CAJON, TRIBE)]
    assert search(policy([opinion], held, ["us-ca-sb34"]), tribal, EL_CAJON)[0]
    brake = Brake(EL_CAJON, Component.TRIBAL, NOW, "privacy")
    assert not search(policy([opinion], held, ["us-ca-sb34"], brakes=[brake]), tribal, EL_CAJON)[0]


def test_a_tribal_officer_searches_on_the_sheriffs_account_only_when_the_sheriff_deputised_that_very_officer() -> None:
    officer = Asker("officer-redwood", DEPUTIES, TRIBE)
    other = replace(officer, person="officer-pine")
    held = [share(DEPUTIES, TRIBE)]
    assert not search(policy((), held, ["us-ca-sb34"]), officer, DEPUTIES)[0]
    made = policy([deputised()], held, ["us-ca-sb34"])
    for _ in range(2):  # what was decided for one is not kept for the other
        assert search(made, officer, DEPUTIES)[0]
        assert not search(made, other, DEPUTIES)[0]
    assert not search(made, replace(officer, organisation=TRIBE), DEPUTIES)[0]
    elsewhere = policy([deputised(account="us-ca-kern-county-so")], held, ["us-ca-sb34"])
    assert not search(elsewhere, officer, DEPUTIES)[0]


def test_counsels_opinion_on_one_law_says_nothing_about_another() -> None:
    packed = [promise for pack in ("us-ca-sb34", "us-ca-sb54") for promise in rulepacks.load(pack).promises]
    promises = [promise.id for promise in packed if "counsel-opinion" in promise.admits]
    assert len(promises) > 1
    opinion = declared(kind="counsel-opinion", owner=EL_CAJON, party=TRIBE, promises=frozenset({promises[1]}))
    refused = policy([opinion], [share(EL_CAJON, TRIBE)], ["us-ca-sb34", "us-ca-sb54"])
    decision = refused.decide(Asker("wolf", TRIBE, TRIBE), EL_CAJON, Act.SEARCH, "stolen-vehicle", NOW)
    assert not decision.allowed and promises[0] in decision.promises


def test_a_rule_held_by_two_promises_gives_way_only_to_a_document_that_names_both() -> None:
    text = NO_ICE.replace("resource);", 'resource) unless { context.documents.contains("joint-task-force") };').replace(
        "in_force_from", 'admits = ["joint-task-force"]\nin_force_from'
    )
    first, second = (parse_promises(text.replace("ridgeport.no", f"ridgeport.{n}-no"), "t")[0] for n in ("a", "b"))
    asker = Asker.agency("us-dhs-ice")
    held = [share("ridgeport-pd", "us-dhs-ice")]
    paper = declared(kind="joint-task-force", owner="ridgeport-pd", party="us-dhs-ice", promises=frozenset({first.id}))

    def made(document: Document) -> Policy:
        return Policy(epoch=1, day=DAY, registry=REGISTRY, promises=(first, second), shares=held, documents=(document,))

    assert not made(paper).decide(asker, "ridgeport-pd", Act.SEARCH, "drug-crime", NOW).allowed
    for_both = replace(paper, promises=frozenset({first.id, second.id}))
    assert made(for_both).decide(asker, "ridgeport-pd", Act.SEARCH, "drug-crime", NOW).allowed


def test_a_judges_order_is_answered_out_of_state_only_where_the_declaration_is_signed_too() -> None:
    for documents, allowed in ([], False), ([declared()], True):
        decision = decide_production(policy(documents), ALTON, IOWA_CITY, Process.JUDICIAL_ORDER)
        assert decision.allowed is allowed


def test_a_new_epoch_with_a_document_withdrawn_forgets_what_it_allowed_and_nothing_else() -> None:
    shares = [share(ALTON, IOWA_CITY), share(AURORA, IOWA_CITY)]
    documents = [declared(), declared(id="doc-2", owner=AURORA)]
    promises = rulepacks.load(LAW).promises
    before = Policy(epoch=1, day=DAY, registry=load(), promises=promises, shares=shares, documents=documents)
    asked = before.decide_all(OFFICER, [ALTON, AURORA], Act.SEARCH, "stolen-vehicle", NOW)
    assert all(decision.allowed for decision in asked)
    after = Policy(
        epoch=2, day=DAY, registry=load(), promises=promises, shares=shares, documents=documents[1:], before=before
    )
    again = after.decide_all(OFFICER, [ALTON, AURORA], Act.SEARCH, "stolen-vehicle", NOW)
    assert [decision.allowed for decision in again] == [False, True]
    assert again[1] is asked[1], "what cannot have changed is not decided again"


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        ({"kind": "judicial-order"}, "case by case"),
        ({"kind": "emergency"}, "case by case"),
        ({"kind": "a letter"}, "choose"),
        ({"promises": frozenset()}, "promises"),
        ({"digest": "abc"}, "SHA-256"),
        ({"ends": date(2026, 1, 4)}, "ends"),
        ({"ends": date(2035, 1, 1)}, "five years"),
        ({"signer": "  "}, "who signed"),
        ({"signed": date(2026, 1, 6)}, "first day"),
        ({"party": ALTON}, "somebody else"),
        ({"person": "reyes", "account": ALTON}, "names no person"),
        ({"kind": "sheriff-deputation"}, "names the officer"),
    ],
)
def test_a_document_that_says_too_little_or_too_much_is_refused_with_the_field(
    wrong: dict[str, Any], where: str
) -> None:
    with pytest.raises(BadInput, match=where):
        declared(**wrong)


def test_a_declaration_is_called_by_its_law() -> None:
    assert kind_of("declaration:us-il-2-130").title == "declaration under us-il-2-130"


def test_a_promise_whose_rule_gives_way_to_a_document_it_does_not_name_is_unsound() -> None:
    text = NO_ICE.replace("resource);", 'resource) unless { context.documents.contains("hosting-contract") };')
    (promise,) = parse_promises(text, "t")
    assert "hosting-contract" in unsound(promise, REGISTRY, DAY)[0]


def test_documents_granted_for_a_case_and_documents_on_file_are_seen_together() -> None:
    made = policy([declared()])
    verdict, against = made.judge(
        Asker.agency(IOWA_CITY), ALTON, Act.SHARE, "drug-crime", True, Circumstances(frozenset({"judicial-order"}))
    )
    assert verdict.permitted and against == ()
