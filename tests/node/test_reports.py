"""Reports: what they show and keep back, the proofs beside them, drivers' requests, samples, the policy and the certificate."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import timedelta

import pytest

from plateward.core.errors import BadInput, NotAllowed
from plateward.core.event import EventType, fields_of
from plateward.core.sample import draw
from plateward.demo import stories
from plateward.demo.people import person
from plateward.formats.bodies import parse_bodies
from plateward.formats.tlog_proof import parse_logged
from plateward.node.keeping.purge import purge
from plateward.node.overseeing import driver
from plateward.node.overseeing.audit import audit_searches, give_verdict
from plateward.node.overseeing.discovery import DiscoveryRequest, discover
from plateward.node.overseeing.periods import period
from plateward.node.overseeing.report_kinds import access_records, audit_report, certificate
from plateward.node.overseeing.reports import bodies_of, proof_of, report, reports
from plateward.node.overseeing.sample import draw_sample, find_sample, judge_member
from plateward.node.publishing.publish import publish
from plateward.node.sharing.conformity import check_policy
from plateward.store import audit as rows
from plateward.store import events, people, policy
from tests.node.audited import MONTH
from tests.node.test_publish import problems, verify
from tests.node.world import World

AUDITOR = person("delacroix")
PRIVACY = person("whitfield")

POLICY = """\
agency = "us-ca-ridgeport-pd"
adopted = 2026-01-12
published = "https://ridgeport.example/alpr-policy"
[purposes]
reasons = ["stolen-vehicle", "wanted-person", "missing-person", "violent-crime", "property-crime", "traffic-crime", "threat",
  "drug-crime", "court-order"]
text = "To investigate the crimes named and to find missing persons."
[[users]]
role = "officer"
titles = "Detectives and patrol officers"
training = "Four hours before the first search, two hours a year."
[[users]]
role = "supervisor"
titles = "Sergeants"
training = "Four hours before the first search, two hours a year."
[[users]]
role = "alpr-administrator"
titles = "ALPR administrator"
training = "Eight hours before the first day."
[[users]]
role = "privacy-officer"
titles = "Privacy officer of the city"
training = "None beyond the office's own."
[[users]]
role = "auditor"
titles = "Auditor of the city"
training = "None beyond the office's own."
[[users]]
role = "counsel"
titles = "Counsel of the city"
training = "None beyond the office's own."
[[users]]
role = "system-administrator"
titles = "System administrator"
training = "Reads no plates and needs none."
[monitoring]
audit_every_days = 31
reviewer = "City auditor"
approver = "City manager"
text = "Searches are audited every month and a random sample is judged."
[sharing]
recipients = [{recipients}]
text = "No sale. Shares need a review of right and need and two persons."
[custodian]
title = "ALPR administrator, Ridgeport Police"
[accuracy]
text = "A person compares plate and picture before acting; misreads are corrected."
[retention]
minutes = {minutes}
why = "Most cases that used a read used one of the last thirty days."
destruction = "Dropped by the day, with a receipt in the ledger."
[data]
types = ["plate reads", "stolen vehicle lists"]
[security]
assessed = 2026-06-01
contract = "The city runs the node itself; no vendor holds data."
"""


# ---------------------------------------------------------------- access records


async def test_the_agencys_own_copy_has_what_the_law_asks_for_and_each_record_can_be_proved(month: World) -> None:
    made = await access_records(month.node, AUDITOR, period(month.node, MONTH), public=False)
    table = made.document["tables"][0]
    assert {"time", "query", "person", "organisation", "reason"} <= set(table["columns"])
    assert len(table["rows"]) == len(made.document["records"]) > 100
    assert "marsh" in made.text and stories.FOLLOWED in made.text
    await publish(month.node, month.node.publisher)
    bodies = await bodies_of(month.node, made)
    shown = [record.index for record in parse_bodies(bodies.splitlines())]
    assert shown == made.document["records"]
    report_ = verify(month, bodies=parse_bodies(bodies.splitlines()))
    assert problems(report_) == {} and report_.bodies["whole"] == len(shown)
    assert made.expires is not None and made.expires - month.at == timedelta(days=30)


async def test_the_public_copy_names_no_person_plate_case_record_or_instant(month: World) -> None:
    made = await access_records(month.node, AUDITOR, period(month.node, MONTH), public=True)
    table = made.document["tables"][0]
    text = json.dumps(table)
    for hidden in ("marsh", "alvarez", "Marisol", stories.FOLLOWED, "welfare", "case R"):
        assert hidden not in text
    assert not re.search(r"\d\d:\d\d", text) and "records" not in made.document and "made_by" not in made.document
    whole = await access_records(month.node, AUDITOR, period(month.node, MONTH), public=False)
    assert len(table["rows"]) == len(whole.document["tables"][0]["rows"])


async def test_two_public_releases_cannot_be_joined_by_any_id(month: World) -> None:
    """Published pseudonyms were once joined across releases by a shared search id: 312 officers were named."""
    when = period(month.node, MONTH)
    one, two = [(await access_records(month.node, AUDITOR, when, public=True)).document for _ in range(2)]
    columns = one["tables"][0]["columns"]
    person_at = columns.index("person")
    ids = [{row[person_at] for row in doc["tables"][0]["rows"]} for doc in (one, two)]
    assert not ids[0] & ids[1] and len(ids[0]) == len(ids[1])
    assert [row[person_at] for row in one["tables"][0]["rows"]] != [row[person_at] for row in two["tables"][0]["rows"]]


async def test_a_public_report_is_proved_by_its_receipt_and_its_counts_by_the_public_ledger(month: World) -> None:
    made = await access_records(month.node, AUDITOR, period(month.node, MONTH), public=True)
    assert hashlib.sha256(made.text.encode()).hexdigest() == made.digest
    proof = await proof_of(month.node, made)
    assert proof is not None
    logged = parse_logged(proof.extra, "receipt")
    assert logged.opens() and logged.body is None and logged.disclosure is not None
    assert made.digest.encode() in logged.disclosure.open and b"delacroix" not in proof.encode()
    assert problems(verify(month, receipts=[("report", proof.encode())])) == {}
    counted = {(row[0], row[1]): row[2] for row in made.document["tables"][1]["rows"]}
    assert counted["access.search", "us-ca-ridgeport-pd"] > 50
    with pytest.raises(BadInput, match="receipt proves it"):
        await bodies_of(month.node, made)


async def test_reports_are_the_overseers_and_a_working_copy_goes_after_thirty_days(world: World) -> None:
    await world.search("alvarez", "7ABC128")
    when = period(world.node, MONTH)
    kept = await access_records(world.node, AUDITOR, when, public=True)
    copy = await access_records(world.node, AUDITOR, when, public=False)
    for other in ("alvarez", "lindqvist", "pham"):
        assert await report(world.node, person(other), str(copy.id)) is None
        assert await reports(world.node, person(other)) == ()
    assert {one.id for one in await reports(world.node, PRIVACY)} == {kept.id, copy.id}
    assert await report(world.node, PRIVACY, "no such id") is None
    world.at += timedelta(days=31)
    assert await report(world.node, AUDITOR, str(copy.id)) is None
    assert (await report(world.node, AUDITOR, str(kept.id))) == kept
    world.at -= timedelta(days=31)  # the database's own clock has not moved, and it deletes only what is past there too
    async with world.node.store.transaction() as tx:
        await rows.forget(tx, world.at + timedelta(days=31))
        assert [row.report_id for row in await rows.reports(tx, "us-ca-ridgeport-pd", world.at)] == [kept.id]
    await purge(world.node)


async def test_the_monthly_audit_as_a_report_has_names_for_the_agency_and_counts_for_the_public(month: World) -> None:
    when = period(month.node, MONTH)
    whole = await audit_report(month.node, AUDITOR, when, public=False)
    public = await audit_report(month.node, AUDITOR, when, public=True)
    assert "Dale Marsh" in whole.text and "Dale Marsh" not in public.text
    assert [table["title"] for table in public.document["tables"]] == ["Findings by pattern"]
    assert whole.document["tables"][0] == public.document["tables"][0]


@pytest.mark.parametrize("who", ["alvarez", "brandt", "pham"])
async def test_who_does_not_oversee_makes_no_report_on_searches(world: World, who: str) -> None:
    when = period(world.node, MONTH)
    for making in (
        access_records(world.node, person(who), when, public=True),
        audit_report(world.node, person(who), when, public=True),
        certificate(world.node, person(who), "2026", 0),
    ):
        with pytest.raises(BadInput, match="auditor"):
            await making


# ---------------------------------------------------------------- a driver asks


async def asked(world: World, *, co_registrant: bool = False) -> driver.Asked:
    return await driver.ask(
        world.node,
        PRIVACY,
        "7abc 128",
        "driver licence, seen by Whitfield",
        "registration card 2026",
        co_registrant=co_registrant,
    )


async def test_a_driver_gets_counts_agencies_and_purposes_and_no_read_person_or_place(world: World) -> None:
    await world.deliver(world.sent("7ABC128"))
    await world.search("alvarez", "7ABC128")
    await world.search("keller", "7ABC128")
    await world.search("okafor", "9ZZZ999")
    world.at += timedelta(days=57)
    request = await asked(world)
    with pytest.raises(BadInput, match="from 2027-01-01"):
        await driver.answer(world.node, PRIVACY, request.id)
    world.at += timedelta(days=4)
    made = await driver.answer(world.node, PRIVACY, request.id)
    by_agency, by_purpose, total = made.document["tables"]
    assert dict(by_agency["rows"]) == {"Ridgeport Police": 1, "Bulk Cash Smuggling Center": 1}
    assert by_purpose["rows"] == [["Property crime", 2]] and total["rows"] == [[2, 1, 1]]
    for hidden in ("alvarez", "keller", "Alvarez", "Harbor", "7ABC128", "26-0117"):
        assert hidden not in made.text
    with pytest.raises(BadInput, match="answered already"):
        await driver.answer(world.node, PRIVACY, request.id)


async def test_a_search_of_the_last_sixty_days_is_not_told(world: World) -> None:
    await world.search("alvarez", "7ABC128")
    request = await asked(world)
    world.at += timedelta(days=4)
    made = await driver.answer(world.node, PRIVACY, request.id)
    assert made.document["tables"][2]["rows"] == [[0, 0, 0]]


async def test_where_somebody_else_is_registered_too_a_second_person_decides(world: World) -> None:
    request = await asked(world, co_registrant=True)
    world.at += timedelta(days=4)
    assert request.state == "review"
    with pytest.raises(BadInput, match="second person"):
        await driver.answer(world.node, PRIVACY, request.id)
    with pytest.raises(BadInput, match="somebody else"):
        await driver.review(world.node, PRIVACY, request.id, answer=True, note="It is fine.")
    refused = await driver.review(
        world.node, AUDITOR, request.id, answer=False, note="A protective order names the other."
    )
    assert refused.state == "refused"
    with pytest.raises(BadInput, match="refused already"):
        await driver.answer(world.node, PRIVACY, request.id)


@pytest.mark.parametrize(
    ("plate", "identity", "registration", "where"),
    [
        ("", "driver licence", "registration", "plate"),
        ("7ABC128", "", "registration", "identity"),
        ("7ABC128", "licence", "", "registration"),
    ],
)
async def test_without_proof_of_identity_and_registration_nothing_is_kept(
    world: World, plate: str, identity: str, registration: str, where: str
) -> None:
    with pytest.raises(BadInput) as wrong:
        await driver.ask(world.node, PRIVACY, plate, identity, registration, co_registrant=False)
    assert wrong.value.where == where
    assert await driver.requests(world.node, PRIVACY) == ()


# ---------------------------------------------------------------- discovery


async def test_discovery_shows_other_readings_confidence_and_what_was_near_and_did_not_match(world: World) -> None:
    await world.deliver(
        world.sent("8ABO128", candidates=[["8ABO128", 0.71], ["8AB0128", 0.24]]), world.sent("8AB0128"), world.sent("8ABO129"),
        world.sent("9ZZZ999"),
    )  # fmt: skip
    request = DiscoveryRequest(
        "8ABO128", world.at - timedelta(days=1), world.at, "26-CR-0117", "Public defender R. Sato, motion of 2026-11-01"
    )
    found = await discover(world.node, person("brandt"), request)
    assert found.report is not None and len(found.access_records) == 3
    matches, near = found.report.document["tables"]
    assert [row[3] for row in matches["rows"]] == ["8ABO128"]
    assert matches["rows"][0][5] == 93 and matches["rows"][0][6] == "8AB0128 24 %"
    assert {(row[0], row[4]) for row in near["rows"]} == {
        ("looks alike", "8AB0128"),
        ("differs in one character", "8ABO129"),
    }
    await publish(world.node, world.node.publisher)
    assert len(list(parse_bodies((await bodies_of(world.node, found.report)).splitlines()))) == 3


async def test_discovery_passes_the_gate_like_any_search(world: World) -> None:
    await world.deliver(world.sent("7ABC128"))
    request = DiscoveryRequest("7ABC128", world.at - timedelta(days=1), world.at, "26-CR-1", "Counsel X. Y.")
    found = await discover(world.node, AUDITOR, request)
    assert found.report is None and found.refusal is not None and "does not allow" in found.refusal
    async with world.node.store.transaction() as tx:
        row = await events.access_record(tx, found.access_records[0])
    assert row is not None and not row.allowed


async def test_looking_at_a_discovery_report_again_passes_the_gate_again_and_no_copy_outlives_a_read(
    world: World,
) -> None:
    """Else whoever made one would have its reads for a month, whatever became of the right to see them."""
    await world.deliver(world.sent("7ABC128", timedelta(days=29, hours=20)), world.sent("7ABC128"))
    request = DiscoveryRequest("7ABC128", world.at - timedelta(days=30), world.at, "26-CR-1", "Counsel X. Y.")
    maker = person("brandt")
    made = (await discover(world.node, maker, request)).report
    assert made is not None and made.expires == world.at + timedelta(hours=4)
    assert await report(world.node, maker, str(made.id)) is not None
    async with world.node.store.transaction() as tx:
        (seen,) = await events.access(tx, events.AccessFilter(user_id="brandt"), limit=1)
    assert (seen.act, seen.query, seen.rows) == (EventType.ACCESS_READ, {"report": str(made.id)}, 2)
    with pytest.raises(NotAllowed, match="does not allow"):
        await report(world.node, AUDITOR, str(made.id))
    assert await report(world.node, AUDITOR, str(made.id), reading=False) is not None
    async with world.node.store.transaction() as tx:
        await policy.raise_epoch(tx)
        await people.assign(tx, "brandt", "us-dhs-ice-hsi", source="order 12", since=world.at)
    with pytest.raises(NotAllowed, match="immigration enforcement"):
        await report(world.node, maker, str(made.id))
    world.at += timedelta(hours=5)
    assert await report(world.node, maker, str(made.id)) is None


# ---------------------------------------------------------------- the random sample


async def test_the_sample_of_a_month_that_is_over_can_be_drawn_again_by_everybody_and_only_once(month: World) -> None:
    when = period(month.node, MONTH)
    assert when.over
    sample = await draw_sample(month.node, AUDITOR, when, 20)
    assert len(sample.members) == 20 and sample.population > 100
    async with month.node.store.transaction() as tx:
        after = await rows.first_at_or_after(tx, when.ends)
        found = [
            row.seq async for row in rows.searches(tx, AUDITOR.organisation, when.begins, when.ends, ("access.search",))
        ]
    assert after is not None and sample.size == after + 1, (
        "seeded by the first entry after the month, which nobody could foresee"
    )
    assert [member.seq for member in sample.members] == draw(found, 20, sample.root, f"audit {MONTH}")
    with pytest.raises(BadInput, match="first one stands"):
        await draw_sample(month.node, PRIVACY, when, 20)
    assert await find_sample(month.node, PRIVACY, when) == sample


async def test_a_record_of_the_sample_is_judged_and_not_by_whoever_it_is_about(month: World) -> None:
    when = period(month.node, "2026-12")
    sample = await draw_sample(month.node, AUDITOR, when, 5)
    member = sample.members[0]
    assert member.row is not None
    seq = await judge_member(month.node, AUDITOR, when, member.seq, "justified", "The case is on file.")
    again = await find_sample(month.node, AUDITOR, when)
    assert again is not None and again.members[0].said[-1].seq == seq
    with pytest.raises(BadInput, match="not in the sample"):
        await judge_member(month.node, AUDITOR, when, 0, "justified", "The case is on file.")
    async with month.node.store.transaction() as tx:
        event = await events.event(tx, seq)
    assert event is not None and event.body is not None
    assert fields_of(bytes(event.body))["pattern"] == "random-sample"


# ---------------------------------------------------------------- the policy and the certificate


def write_policy(world: World, text: str) -> None:
    (world.node.settings.data / "policy.toml").write_text(text, encoding="utf-8")


async def recipients(world: World) -> str:
    async with world.node.store.transaction() as tx:
        policy = await world.node.policy(tx)
    found = {
        share.receiver
        for (owner, _), held in policy.shares.items()
        for share in held
        if owner == "us-ca-ridgeport-pd" and share.state == "active"
    }
    return ", ".join(f'"{agency}"' for agency in sorted(found))


async def test_a_policy_that_says_what_is_so_is_met_line_by_line(world: World) -> None:
    await world.search("alvarez", "7ABC128")
    write_policy(world, POLICY.format(recipients=await recipients(world), minutes=43200))
    (world.node.settings.data / "audit").mkdir()
    people = ["alvarez", "okafor", "marsh", "brandt", "reyes"]
    table = "user,until\n" + "".join(f"{who},2027-06-30\n" for who in people)
    (world.node.settings.data / "audit" / "training.csv").write_text(table)
    await audit_searches(world.node, AUDITOR, period(world.node, MONTH))
    checked = await check_policy(world.node, AUDITOR)
    told = {line.id: (str(line.verdict), line.sentence) for line in checked.lines}
    for line in (
        "purposes",
        "users",
        "monitoring",
        "sharing",
        "custodian",
        "accuracy",
        "retention",
        "published",
        "data-types",
        "training",
    ):
        assert told[line][0] == "met", told[line]
    assert told["shortest"][0] == "ask", "a machine cannot judge a reason"
    assert told["audit-plan"] == ("not met", "Nobody gave a verdict on a finding.")


async def test_what_is_written_and_not_so_is_named(world: World) -> None:
    text = (
        POLICY.format(recipients='"us-nv-silver-flat-pd"', minutes=1440)
        .replace('"stolen-vehicle", ', "")
        .replace('"property-crime", ', "")
    )
    write_policy(world, text)
    await world.deliver(world.sent("7ABC128"))
    await world.search("alvarez", "7ABC128")
    checked = await check_policy(world.node, AUDITOR)
    told = {line.id: line.sentence for line in checked.lines if line.verdict == "not met"}
    assert told["retention"] == "The policy says 24 hours; the node keeps 30 days."
    assert "which the policy does not name" in told["sharing"] and "us-nv-silver-flat-pd" in told["sharing"]
    assert "property crime, which the policy does not list" in told["purposes"]
    assert told["monitoring"] == "Searches have never been audited."
    assert "5 of 5" in told["users"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("[custodian]", "[custodians]"), r"the part \[custodian\] is missing: Civ. Code 1798.90.51\(b\)\(2\)\(E\)"),
        (("minutes = 43200", 'minutes = "long"'), "retention.minutes"),
        (("adopted = 2026-01-12", "adopted = soon"), "not TOML"),
        (('agency = "us-ca-ridgeport-pd"', 'agency = "us-ca-port-alder-pd"'), "is the policy of us-ca-port-alder-pd"),
    ],
)
async def test_a_policy_that_cannot_be_read_says_which_part_and_what_would_be_right(
    world: World, change: tuple[str, str], message: str
) -> None:
    write_policy(world, POLICY.format(recipients="", minutes=43200).replace(*change))
    checked = await check_policy(world.node, AUDITOR)
    assert checked.policy is None and re.search(message, checked.problem)
    assert checked.lines[0].sentence == checked.problem


async def test_a_certificate_says_what_it_certifies_and_what_stands_against_it(month: World) -> None:
    first = await certificate(month.node, AUDITOR, "2026", 2, "One complaint is open.")
    said = first.document["certificate"]
    holds = {statement["id"]: statement["holds"] for statement in said["statements"]}
    assert not said["certified"] and not holds["policy"] and not holds["training"] and not holds["violations"]
    assert said["complaints"] == 2 and "One complaint is open." in first.document["notes"]
    assert first.public and first.expires is None
    for name in ("marsh", "Marsh", "alvarez", "delacroix"):
        assert name not in json.dumps({**first.document, "tables": first.document["tables"][0::2]})
    async with month.node.store.transaction() as tx:
        event = await events.event(tx, first.entry)
    assert event is not None and event.type == "certificate.made" and event.body is not None
    assert fields_of(bytes(event.body))["digest"] == first.digest


async def test_verdicts_change_what_the_certificate_says(world: World) -> None:
    for _ in range(3):
        await world.search("delacroix", "7ABC128")
    when = period(world.node, MONTH)
    found = await audit_searches(world.node, PRIVACY, when)
    for finding in found.result.findings:
        await give_verdict(world.node, PRIVACY, when, finding.key, "misuse", "An auditor may not search.")
    said = (await certificate(world.node, PRIVACY, "2026", 0)).document["certificate"]
    sentence = next(one["sentence"] for one in said["statements"] if one["id"] == "violations")
    assert sentence.startswith(f"Findings judged to be misuse: {len(found.result.findings)}; without a verdict: 0.")
    year = await audit_searches(world.node, PRIVACY, period(world.node, "2026"))
    assert [(one.name, one.findings, one.waiting) for one in year.months] == [(MONTH, len(found.result.findings), 0)]
    assert not found.months, "what the year's page says of its months is what its certificate counts"
    assert "audited in 1 month of" in next(one["sentence"] for one in said["statements"] if one["id"] == "audits")
