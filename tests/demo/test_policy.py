"""The papers of the town's agency: they can be read, agree with the town, and have the gaps they are meant to have."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from plateward.core.share import ShareState
from plateward.demo import stories
from plateward.demo.agencies import RIDGEPORT_PD
from plateward.demo.hours import local
from plateward.demo.policy import LATE, UNTRAINED, write_policy
from plateward.demo.town import ridgeport
from plateward.formats.usage_policy import parse_usage_policy
from plateward.node.overseeing.audit_inputs import load_inputs
from plateward.oversight.audit.findings import listed_plate

NOW = datetime.fromisoformat("2026-11-02T17:00:00+00:00")


def test_the_policy_names_who_receives_and_every_role_that_has_an_account(tmp_path: Path) -> None:
    town = ridgeport(1, NOW)
    write_policy(tmp_path, town, 43_200)
    policy = parse_usage_policy((tmp_path / "policy.toml").read_text(encoding="utf-8"))
    shares = [share for share in town.shares if share.owner == RIDGEPORT_PD and share.state is ShareState.ACTIVE]
    assert set(policy.sharing.recipients) == {share.receiver for share in shares} != set()
    roles = {str(one.person.role) for one in town.people if one.person.organisation == RIDGEPORT_PD}
    assert roles <= {users.role for users in policy.users}
    assert policy.retention.minutes == 43_200


def test_the_audit_inputs_can_be_read_and_have_their_gaps(tmp_path: Path) -> None:
    town = ridgeport(1, NOW)
    write_policy(tmp_path, town, 43_200)
    inputs = load_inputs(tmp_path)
    searching = {one.person.id for one in town.people if one.person.organisation == RIDGEPORT_PD and one.shift}
    assert searching - inputs.trained_until.keys() == {UNTRAINED}
    today = local(NOW).date()
    assert {user for user, until in inputs.trained_until.items() if until < today} == {LATE}
    for user in searching:
        assert (user, today) in inputs.shifts and (user, today - timedelta(days=30)) in inputs.shifts
    assert listed_plate(stories.FOLLOWED, inputs.secret) in inputs.listed


def test_every_search_made_on_duty_is_within_the_shift_table(tmp_path: Path) -> None:
    """Otherwise the audit would accuse whoever the story means to be innocent."""
    town = ridgeport(1, NOW)
    write_policy(tmp_path, town, 43_200)
    shifts = load_inputs(tmp_path).shifts
    for prior in town.prior_searches:
        at = local(prior.at)
        shift = shifts.get((prior.user, at.date()))
        if shift is not None and prior.on_duty:
            assert shift.begins <= at.time() and (at.time() <= shift.ends or shift.ends <= shift.begins)
