"""What an audit asks about feeds: from events alone, so that anybody with the records can ask it too."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from plateward.core.event import write_instant
from plateward.core.event_types import EventType
from plateward.oversight.audit.feeds import FEED_TITLES, Fed, FeedEvent, audit_feeds
from plateward.oversight.audit.findings import Context, Finding, Severity

OWNER, NOW = "us-ca-ridgeport-pd", datetime(2026, 11, 2, 12, tzinfo=UTC)
CONTEXT = Context(salt=b"a secret of the node", period="2026-11", show_names=True)


def approved(index: int = 10, **more: Any) -> FeedEvent:
    fields: dict[str, Any] = {
        "feed": "f", "owner": OWNER, "recipient": "our own dispatch desk", "asked_by": "nakamura", "by": "whitfield",
        "ends": write_instant(NOW + timedelta(days=30)),
    }  # fmt: skip
    return FeedEvent(index, EventType.FEED_APPROVED, NOW, fields | more)


def ended(index: int, at: datetime) -> FeedEvent:
    return FeedEvent(index, EventType.FEED_ENDED, at, {"feed": "f", "owner": OWNER})


def fed(first: int = 20, last: int = 40, at: datetime = NOW + timedelta(days=2), *receivers: str) -> Fed:
    return Fed("f", OWNER, 21, 1900, first, last, at, frozenset(receivers or ("",)))


def found(*told: FeedEvent, sent: Fed) -> tuple[Finding, ...]:
    return audit_feeds(told, (sent,), CONTEXT)


def test_a_feed_that_two_people_made_and_that_ended_in_time_is_left_alone() -> None:
    assert found(approved(), ended(41, NOW + timedelta(days=3)), sent=fed()) == ()


@pytest.mark.parametrize("told", [(), (approved(index=30),)], ids=["never", "later"])
def test_reads_that_went_out_on_a_feed_nobody_had_approved_are_found(told: tuple[FeedEvent, ...]) -> None:
    (one,) = found(*told, sent=fed())
    assert (one.pattern, one.severity, one.rows) == ("feed-unapproved", Severity.HIGH, (20,))
    assert "1,900 reads in 21 messages" in one.sentence


@pytest.mark.parametrize(
    ("more", "at"),
    [((ended(39, NOW + timedelta(days=1)),), NOW + timedelta(days=2)), ((), NOW + timedelta(days=31))],
    ids=["ended by a person", "past its end"],
)
def test_reads_that_went_out_after_the_end_are_found(more: tuple[FeedEvent, ...], at: datetime) -> None:
    (one,) = found(approved(), *more, sent=fed(20, 40, at))
    assert (one.pattern, one.rows) == ("feed-after-end", (40,)) and "our own dispatch desk" in one.sentence


def test_one_person_who_asked_and_approved_is_found() -> None:
    (one,) = found(approved(by="nakamura"), sent=fed())
    assert one.pattern == "feed-one-person" and one.who.user == "nakamura"


def test_reads_that_went_to_another_agency_than_was_approved_are_found() -> None:
    (one,) = found(approved(receiver="us-ca-ridge-county-so"), sent=fed(20, 40, NOW, "us-dhs-ice"))
    assert one.pattern == "feed-other-receiver" and "us-dhs-ice" in one.sentence


def test_a_finding_keeps_its_key_while_more_goes_out_and_every_pattern_has_a_title() -> None:
    (first,), (later,) = found(sent=fed(last=40)), found(sent=fed(last=90))
    assert first.key == later.key and len(first.key) == 16 and first.pattern in FEED_TITLES
