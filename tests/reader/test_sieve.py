"""What the reader keeps: hits alone, unless its agency and the retention in force say more."""

from __future__ import annotations

import json
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plateward.core.delivery import Keep
from plateward.core.errors import BadInput
from plateward.reader.clock import Clock
from plateward.reader.hotlist import HotList, edge_hash, hotlist_of, own_list, proved
from plateward.reader.liaison import terms_of
from plateward.reader.sieve import Sieve, Terms
from plateward.reader.sighting import Sighting

NOW = datetime(2026, 11, 2, 17, 0, tzinfo=UTC)
SALT = bytes(16)
ALL = Terms(Keep(None), Keep(None), 43_200)


class World:
    """A sieve with a clock that a test moves, and what it sent."""

    def __init__(self, wanted: Keep | None = None) -> None:
        self.at, self.elapsed = NOW, 0.0
        self.sent: list[tuple[str, bool]] = []
        self.sieve = Sieve(
            lambda one, hit: self.sent.append((one.plate, hit)), lambda: self.at, wanted, lambda: self.elapsed
        )

    def pass_minutes(self, minutes: float) -> None:
        self.at += timedelta(minutes=minutes)
        self.elapsed += 60 * minutes
        self.sieve.forget()


def sighting(plate: str, *others: str) -> Sighting:
    candidates = ((plate, 0.8), *((text, 0.1) for text in others))
    return Sighting("gate", 1, 0.1, NOW, plate, plate, 0.8, (), candidates, (1, 1, 9, 9), None, None)


def hotlist(*plates: str, hours: float = 24) -> HotList:
    hashes = b"".join(sorted({edge_hash(SALT, plate) for plate in plates}))
    return HotList(SALT, hashes, NOW + timedelta(hours=hours), "e1", NOW)


def test_by_default_a_read_that_matches_no_list_is_never_sent() -> None:
    world = World()
    world.sieve.take_list(hotlist("7ABC123"))
    assert not world.sieve.add(sighting("8XYZ987"))
    assert world.sieve.add(sighting("7ABC123"))
    assert world.sent == [("7ABC123", True)]
    assert (world.sieve.counts.hits, world.sieve.counts.dropped) == (1, 1)


def test_look_alikes_and_other_readings_are_hits_for_a_person_to_confirm() -> None:
    world = World()
    world.sieve.take_list(hotlist("7ABC103"))
    assert world.sieve.add(sighting("7A8C1O3"))
    assert world.sieve.add(sighting("1ABC103", "7ABC103"))


@pytest.mark.parametrize("hours", [0, -1])
def test_without_a_list_or_with_an_old_one_nothing_is_kept(hours: float) -> None:
    world = World()
    assert world.sieve.list_state == "none"
    assert not world.sieve.add(sighting("7ABC123"))
    world.sieve.take_list(hotlist("7ABC123", hours=hours))
    assert world.sieve.list_state == "stale"
    assert not world.sieve.add(sighting("7ABC123"))


def test_minutes_hold_a_read_in_memory_for_a_list_that_comes_late_and_no_longer() -> None:
    world = World(Keep(3))
    world.sieve.take_list(hotlist("1AAA111"))
    world.sieve.add(sighting("7ABC123"))
    world.sieve.add(sighting("8XYZ987"))
    world.pass_minutes(2)
    world.sieve.take_list(hotlist("7ABC123"))
    assert world.sent == [("7ABC123", True)]
    world.pass_minutes(1.01)
    world.sieve.take_list(hotlist("8XYZ987"))
    assert world.sent == [("7ABC123", True)], "what is past its minutes is gone"
    assert (world.sieve.counts.held, world.sieve.counts.dropped) == (0, 1)


def test_all_is_sent_only_where_the_retention_in_force_permits_it() -> None:
    world = World(Keep(None))
    assert world.sieve.add(sighting("7ABC123"))
    assert world.sieve.learn(Terms(Keep(None), Keep(3), 3)), "three minutes: that is less than was asked for"
    assert str(world.sieve.keep) == "minutes:3"
    assert not world.sieve.add(sighting("8XYZ987"))
    world.sieve.learn(Terms(Keep(None), Keep(nothing=True), None))
    world.sieve.take_list(hotlist("8XYZ987"))
    assert not world.sieve.add(sighting("8XYZ987")), "no retention is set: not even hits are kept"


def test_what_the_user_asks_for_can_be_less_than_the_agency_told_and_never_more_than_is_permitted() -> None:
    world = World(Keep())
    world.sieve.learn(ALL)
    assert str(world.sieve.keep) == "hits"
    told = World()
    told.sieve.learn(ALL)
    assert told.sieve.add(sighting("7ABC123"))


@given(
    st.sampled_from(["nothing", "hits", "minutes:3", "minutes:30", "all"]),
    st.sampled_from(["hits", "minutes:5", "all"]),
)
def test_the_stricter_of_two_is_one_of_them_and_no_wider_than_either(a: str, b: str) -> None:
    order = ["nothing", "hits", "minutes:3", "minutes:5", "minutes:30", "all"]
    stricter = str(Keep.parse(a).at_most(Keep.parse(b)))
    assert stricter in (a, b)
    assert order.index(stricter) == min(order.index(a), order.index(b))


@pytest.mark.parametrize("text", ["", "some", "minutes", "minutes:0", "minutes:-1", "minutes:12345", "ALL"])
def test_what_is_no_keep_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        Keep.parse(text)


def test_the_nodes_list_is_hashed_proved_and_refused_when_it_is_none() -> None:
    hashes = b"".join(sorted(edge_hash(SALT, p) for p in ("7ABC123", "8XYZ987")))
    answer = {
        "valid_until": (NOW + timedelta(hours=1)).isoformat(), "hashes": b64encode(hashes).decode(), "salt": SALT.hex(),
        "etag": "x", "reader": "gate-1", "form": "hashed", "count": 2, "plates": [],
    }  # fmt: skip
    made = hotlist_of(answer, NOW)
    assert made is not None
    assert made.names((("8XYZ987", 1.0),), NOW)
    assert not made.names((("8XYZ988", 1.0),), NOW)
    assert hotlist_of(answer | {"valid_until": None}, NOW) is None, "no list is meant for readers"
    for wrong in ({}, answer | {"hashes": "AAA="}, answer | {"salt": "zz"}, answer | {"valid_until": "soon"}):
        with pytest.raises(ValueError, match="no hot list"):
            hotlist_of(wrong, NOW)
    body = json.dumps(answer).encode()
    assert not proved("key", body, "0" * 64), "a list that somebody else made is not taken"


def test_a_list_of_ones_own_has_a_plate_a_line_and_names_a_wrong_one(tmp_path: Path) -> None:
    file = tmp_path / "mine.txt"
    file.write_text("# the family\n7abc 123\n\n8-XYZ-987 # the neighbour, who asked\n")
    mine = own_list(file)
    assert mine.names((("7ABC123", 1.0),), NOW) and mine.names((("8XYZ987", 1.0),), NOW)
    assert b"7ABC123" not in mine.hashes
    file.write_text("7ABC123\nthis is a sentence and no plate at all\n")
    with pytest.raises(BadInput, match=r"mine\.txt:2"):
        own_list(file)


@pytest.mark.parametrize("said", [{}, {"keep": "hits"}, {"keep": "x", "most": "all", "kept_minutes": 3}])
def test_an_answer_that_holds_no_terms_changes_nothing(said: dict[str, object]) -> None:
    with pytest.raises((ValueError, BadInput)):
        terms_of(said)


def test_a_camera_that_rebooted_without_a_clock_gives_its_reads_the_right_time_once_it_is_known() -> None:
    system, elapsed = [datetime(1970, 1, 1, 0, 5, tzinfo=UTC)], [300.0]
    clock = Clock(lambda: system[0], lambda: False, lambda: elapsed[0])
    assert clock.state == "never-set"
    early = Sighting(
        "gate", 1, 0.1, system[0] - timedelta(seconds=20), "7ABC123", "", 0.9, (), (), (1, 1, 9, 9), None, None
    )
    assert clock.place(early) == []
    system[0] += timedelta(seconds=100)
    elapsed[0] += 100
    assert clock.told(NOW) is not None
    (placed,) = clock.placed()
    assert placed.read_at == NOW - timedelta(seconds=120)
    assert clock.state == "set"


def test_a_clock_that_something_sets_is_not_touched_by_what_the_node_says() -> None:
    clock = Clock(lambda: NOW, lambda: True)
    assert clock.told(NOW + timedelta(hours=1)) is None
    assert clock.now() == NOW
    loose = Clock(lambda: NOW, lambda: False)
    assert loose.told(NOW + timedelta(hours=1)) == timedelta(hours=1)
    assert loose.now() == NOW + timedelta(hours=1)
