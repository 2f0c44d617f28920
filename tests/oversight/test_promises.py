"""Shares and promises held against each other, without a node."""

from __future__ import annotations

from plateward.core.policy import Policy
from plateward.core.promise import parse_pack
from plateward.core.share import RECEIVING, Act
from plateward.oversight.promises import Edge, check_shares, survey
from tests.core.world import DAY, IN_STATE, REGISTRY, promise


def policy() -> Policy:
    return Policy(
        epoch=1, day=DAY, registry=REGISTRY, promises=(promise(), *parse_pack(IN_STATE, "t").promises), shares=()
    )


def test_a_share_with_a_part_of_ice_breaks_the_promise_in_one_sentence() -> None:
    found = check_shares(policy(), [Edge("ridgeport-pd", "us-dhs-ice-hsi-bcsc")])
    assert {finding.promise.id for finding in found if finding.promise} == {
        "ridgeport.no-immigration-enforcement", "ca-in-state.receiver",
    }  # fmt: skip
    (own,) = [f for f in found if f.promise and f.promise.promised_by]
    assert own.sentence == (
        "Ridgeport Police shares with Bulk Cash Smuggling Center (Bulk Cash Smuggling Center → Homeland Security Investigations "
        "→ ICE, immigration enforcement). This contradicts: “Ridgeport Police promised on 2026-01-12 not to share with "
        "immigration enforcement.”"
    )
    assert own.chain == ("us-dhs-ice-hsi-bcsc", "us-dhs-ice-hsi", "us-dhs-ice")


def test_a_share_with_a_neighbour_breaks_nothing() -> None:
    assert check_shares(policy(), [Edge("ridgeport-pd", "port-alder-pd")]) == ()


def test_a_receiver_nobody_has_classified_is_a_finding_of_its_own() -> None:
    for receiver in ("mystery", "not-in-any-registry"):
        (found,) = check_shares(policy(), [Edge("ridgeport-pd", receiver)])
        assert found.promise is None
        assert "not classified" in found.sentence


def test_an_owner_that_has_promised_nothing_breaks_nothing() -> None:
    assert check_shares(policy(), [Edge("reno-pd", "us-dhs-ice"), Edge("nobody", "us-dhs-ice")]) == ()


def test_a_survey_puts_alike_owners_and_receivers_together_and_counts_pairs() -> None:
    found = survey(policy(), ["ridgeport-pd", "port-alder-pd"], acts=sorted(RECEIVING), reasons=("threat",))
    assert found.unknown == ("mystery",)
    assert found.owners == found.owner_classes == 2
    assert found.questions == 2 * len(REGISTRY.agencies) * len(RECEIVING)
    nevada = [f for f in found.findings if "reno-pd" in f.receivers]
    assert {owner for f in nevada for owner in f.owners} == {"ridgeport-pd", "port-alder-pd"}
    assert all(f.whole for f in nevada)
    assert not any("port-alder-pd" in f.receivers for f in found.findings)


def test_what_lets_no_data_out_is_told_apart_from_what_does() -> None:
    found = survey(policy(), ["ridgeport-pd"], ["us-dhs-ice"])
    (finding,) = found.findings
    assert finding.whole
    assert {act for act, _ in finding.refused} == RECEIVING
    assert Act.HOTLIST_ENTRY not in {act for act, _ in finding.refused}
    assert found.refused_pairs == 1
