"""Events: what is public, what can be erased, and what proves what was logged."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plateward.core.errors import BadInput
from plateward.core.event import (
    EVENT_TYPES,
    MAX_ENTRY,
    Event,
    EventType,
    Kind,
    disclose,
    fields_of,
    opens,
    opens_in_part,
    parse_entry,
    seal,
)
from plateward.core.merkle import leaf_hash
from tests.ledger_world import ACTOR, body_of, salt_of

AT = datetime(2026, 11, 22, 10, 15, 30, 123_999, tzinfo=UTC)
SEARCH = {"query": {"plate": "7ABC123"}, "name": "Ruiz", "case": "RP-26-0142", "words": "stolen from Pier 9"}


def sealed(type_: EventType = EventType.ACCESS_SEARCH, salt: bytes = salt_of(1), **given: object):  # type: ignore[no-untyped-def]
    return seal(
        Event(type_, AT, ACTOR, body_of(type_, **(given or (SEARCH if type_ == EventType.ACCESS_SEARCH else {})))), salt
    )


@pytest.mark.parametrize("type_", EventType)
def test_every_type_can_be_sealed_opened_and_parsed(type_: EventType) -> None:
    made = sealed(type_)
    entry = parse_entry(made.entry)
    assert (entry.type, entry.actor) == (type_, ACTOR)
    assert entry.at == AT.replace(microsecond=123_000)
    assert entry.spec is EVENT_TYPES[type_]
    assert opens(made.entry, made.body, made.salt)
    assert fields_of(made.body) == body_of(type_, **(SEARCH if type_ == EventType.ACCESS_SEARCH else {}))
    assert made.leaf == leaf_hash(made.entry)
    assert len(made.entry) < 300 < MAX_ENTRY


def test_an_access_record_has_what_the_law_asks_for_and_is_kept_five_years() -> None:
    for type_ in EventType:
        if type_.startswith("access.") and type_ not in (EventType.ACCESS_LOG, EventType.ACCESS_EXPOSURE):
            spec = EVENT_TYPES[type_]
            required = {field.name for field in spec.fields if not field.optional}
            # Civ. Code 1798.90.52(a): time (the entry's), query, user and organisation, purpose
            assert {"query", "person", "name", "organisation", "employer", "reason"} <= required
            assert spec.keep is not None
            for year in range(2020, 2032):
                assert datetime(year, 3, 1, tzinfo=UTC) + spec.keep >= datetime(year + 5, 3, 1, tzinfo=UTC)


def test_what_identifies_a_person_stands_in_no_entry_and_in_no_open_part() -> None:
    for type_ in EventType:
        fields = {field.name: field for field in EVENT_TYPES[type_].fields}
        for name in ("person", "by", "plate", "query", "words", "case", "name", "address", "session", "note"):
            if name in fields and type_ is not EventType.AGENCY_ADDED:
                assert fields[name].personal, f"{type_}: {name}"
    made = sealed()
    public = made.entry + disclose(made.body, made.salt).open
    for secret in ("7ABC123", "Ruiz", "RP-26-0142", "Pier 9"):
        assert secret.encode() not in public
        assert secret.encode() in made.body


def test_a_person_with_sha256sum_finds_the_same_commitment() -> None:
    made = sealed()
    parts = json.loads(made.body)
    text = {
        name: json.dumps(part, separators=(",", ":"), sort_keys=True, ensure_ascii=False).encode()
        for name, part in parts.items()
    }
    h = lambda data: hashlib.sha256(data).digest()  # noqa: E731
    personal = h(h(made.salt + b"personal") + text["personal"])
    assert h(h(made.salt + b"open") + personal + text["open"]) == parse_entry(made.entry).commitment


def test_the_same_event_twice_has_two_commitments_that_nobody_can_join() -> None:
    one, two = sealed(salt=salt_of(1)), sealed(salt=salt_of(2))
    assert one.body == two.body
    assert parse_entry(one.entry).commitment != parse_entry(two.entry).commitment
    assert disclose(one.body, one.salt).personal != disclose(two.body, two.salt).personal


@given(st.sampled_from(["person", "query", "reason", "owners", "rows", "allowed"]), st.integers(4, 9))
def test_nobody_can_change_a_body_after_the_fact(name: str, number: int) -> None:
    made = sealed()
    changed = json.loads(made.body)
    part = next(part for part in changed.values() if name in part)
    part[name] = number
    other = json.dumps(changed, separators=(",", ":"), sort_keys=True, ensure_ascii=False).encode()
    assert not opens(made.entry, other, made.salt)


def test_nobody_can_move_a_field_from_the_personal_to_the_open_part() -> None:
    made = sealed()
    parts = json.loads(made.body)
    parts["open"]["person"] = parts["personal"].pop("person")
    assert not opens(made.entry, json.dumps(parts, separators=(",", ":"), sort_keys=True).encode(), made.salt)


def test_the_open_part_is_proved_without_the_personal_one() -> None:
    made = sealed()
    shown = disclose(made.body, made.salt)
    assert opens_in_part(made.entry, shown)
    lie = json.loads(shown.open)
    lie["allowed"] = False
    forged = type(shown)(json.dumps(lie, separators=(",", ":"), sort_keys=True).encode(), shown.salt, shown.personal)
    assert not opens_in_part(made.entry, forged)


def test_the_disclosed_salt_does_not_let_a_plate_be_guessed() -> None:
    made = sealed()
    shown = disclose(made.body, made.salt)
    guess = json.dumps(json.loads(made.body)["personal"], separators=(",", ":"), sort_keys=True).encode()
    derived = {hashlib.sha256(shown.salt + use + guess).digest() for use in (b"", b"personal", b"open")}
    assert shown.personal not in derived
    assert hashlib.sha256(hashlib.sha256(shown.salt + b"personal").digest() + guess).digest() != shown.personal


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"person": None}, "person: this field is required"),
        ({"shoe_size": 42}, "unknown field 'shoe_size'"),
        ({"rows": "3"}, "rows: must be an integer"),
        ({"rows": True}, "rows: must be an integer"),
        ({"allowed": 1}, "allowed: must be true or false"),
        ({"assignments": "one"}, "assignments: must be a list of texts"),
        ({"owners": ["x"]}, "owners: must be a list of objects"),
        ({"query": "7ABC123"}, "query: must be an object"),
        ({"query": {"plate": "\ud800"}}, "query.plate"),
        ({"query": {"at": 2**60}}, "too large"),
    ],
)
def test_a_body_that_does_not_fit_its_type_is_refused_by_field(change: dict[str, object], says: str) -> None:
    with pytest.raises(BadInput, match=r"access\.search") as refused:
        seal(Event(EventType.ACCESS_SEARCH, AT, ACTOR, body_of(EventType.ACCESS_SEARCH, **change)), salt_of(1))
    assert says in str(refused.value)


def test_digests_and_instants_have_one_form() -> None:
    for change in ({"digest": "AB" * 32}, {"digest": "ab"}):
        with pytest.raises(BadInput, match="SHA-256"):
            seal(Event(EventType.REPORT_MADE, AT, ACTOR, body_of(EventType.REPORT_MADE, **change)), salt_of(1))
    for time in ("2026-11-22", "2026-11-22T10:00:00Z", "2026-11-22T10:00:00.000+00:00"):
        with pytest.raises(BadInput, match="a time"):
            seal(Event(EventType.HOTLIST_STALE, AT, ACTOR, body_of(EventType.HOTLIST_STALE, as_of=time)), salt_of(1))


def test_an_enormous_body_is_refused() -> None:
    with pytest.raises(BadInput, match="at most"):
        sealed(EventType.FAULT_RECORDED, where="x" * (1 << 20))


def test_time_is_utc_to_the_millisecond_wherever_it_came_from() -> None:
    there = AT.astimezone(timezone(timedelta(hours=-8)))
    one = seal(Event(EventType.LEDGER_STARTED, there, ACTOR, body_of(EventType.LEDGER_STARTED)), salt_of(1))
    assert b'"time":"2026-11-22T10:15:30.123Z"' in one.entry
    with pytest.raises(ValueError, match="zone"):
        seal(
            Event(EventType.LEDGER_STARTED, AT.replace(tzinfo=None), ACTOR, body_of(EventType.LEDGER_STARTED)),
            salt_of(1),
        )


@pytest.mark.parametrize("actor", ["", "Ridgeport", "us ca", "x\n", 'a","plate":"7ABC123'])
def test_an_actor_that_is_no_agency_id_cannot_carry_text_into_an_entry(actor: str) -> None:
    with pytest.raises(BadInput):
        seal(Event(EventType.LEDGER_STARTED, AT, actor, body_of(EventType.LEDGER_STARTED)), salt_of(1))


@pytest.mark.parametrize(
    "bend",
    [
        lambda e: e + b"\n",
        lambda e: e.replace(b'"v":1', b'"v":2'),
        lambda e: e.replace(b'"v":1', b'"v":true'),
        lambda e: e.replace(b'"v":1', b'"plate":"7ABC123","v":1'),
        lambda e: e.replace(b":", b": ", 1),
        lambda e: e.replace(b"2026-11-22", b"2026-13-22"),
        lambda e: e.replace(b"access.search", b"access.Search"),
        lambda e: e.replace(b'"commitment":"', b'"commitment":"g'),
        lambda e: b"",
        lambda e: b"[]",
        lambda e: e * 500,
    ],
)
def test_an_entry_with_anything_else_in_it_is_refused(bend) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(BadInput):
        parse_entry(bend(sealed().entry))


def test_an_entry_of_a_type_that_a_later_version_invents_is_read() -> None:
    entry = parse_entry(sealed().entry.replace(b"access.search", b"drone.landed"))
    assert entry.spec is None


def test_every_field_says_what_it_means_and_no_name_is_used_twice() -> None:
    for type_, spec in EVENT_TYPES.items():
        names = [field.name for field in spec.fields]
        assert len(names) == len(set(names)), type_
        assert spec.sentence.endswith("."), type_
        assert all(field.meaning for field in spec.fields)
        assert all(isinstance(field.kind, Kind) for field in spec.fields)
    assert set(EVENT_TYPES) == set(EventType)


def test_the_documentation_of_events_is_current() -> None:
    from plateward.cli.event_docs import events_markdown

    page = Path(__file__).parents[2] / "docs" / "events.md"
    assert page.read_text("utf-8") == events_markdown(), "run: plateward ledger events > docs/events.md"
