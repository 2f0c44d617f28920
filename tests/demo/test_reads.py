"""A month of reads: reproducible, valid, with habits and with stories."""

from __future__ import annotations

import hashlib
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import islice, pairwise

import pytest

from plateward.core.plate import Likeness, PlatePattern, look_alike
from plateward.core.read import Read, ReaderKind
from plateward.demo import stories
from plateward.demo.agencies import PORT_ALDER_PD, RIDGEPORT_PD
from plateward.demo.drivers import Habit, residents
from plateward.demo.hours import at_local, local
from plateward.demo.readers import readers
from plateward.demo.reads import generate_reads, live
from plateward.demo.streets import metres, network
from plateward.demo.traffic import Traffic

NOW = datetime(2026, 11, 22, 18, 30, tzinfo=UTC)
SEED = 1798


def digest(reads: list[Read]) -> str:
    return hashlib.sha256("\n".join(map(repr, reads)).encode()).hexdigest()


@pytest.fixture(scope="module")
def month() -> list[Read]:
    return list(generate_reads(SEED, NOW, count=40_000))


def test_the_same_seed_gives_the_same_reads_and_another_seed_others() -> None:
    first = list(generate_reads(SEED, NOW, days=3, count=4_000))
    assert digest(first) == digest(list(generate_reads(SEED, NOW, days=3, count=4_000)))
    assert digest(first) != digest(list(generate_reads(SEED + 1, NOW, days=3, count=4_000)))


@pytest.mark.parametrize(("days", "count"), [(1, 1), (1, 50), (2, 3_000), (7, 10_000)])
def test_exactly_as_many_reads_as_asked_for(days: int, count: int) -> None:
    reads = list(generate_reads(SEED, NOW, days=days, count=count))
    assert len(reads) == count
    assert all(NOW - timedelta(days=days) < read.read_at <= NOW for read in reads)


def test_reads_are_in_order_and_no_id_comes_twice(month: list[Read]) -> None:
    assert len(month) == 40_000
    assert all(a.read_at <= b.read_at for a, b in pairwise(month))
    assert len({read.id for read in month}) == len(month)


def test_every_read_belongs_to_its_reader_and_has_a_place(month: list[Read]) -> None:
    by_id = {reader.id: reader for reader in readers().all}
    for read in month:
        reader = by_id[read.reader]
        assert read.agency == reader.agency and read.position is not None
        assert reader.kind is ReaderKind.MOBILE or read.position == reader.position
    assert {read.reader for read in month} == set(by_id)


def test_the_town_sleeps_at_night_and_rushes_in_the_morning_and_evening(month: list[Read]) -> None:
    hours = Counter(local(read.read_at).hour for read in month)
    assert hours[7] + hours[8] > 6 * (hours[2] + hours[3])
    assert hours[17] > 1.4 * hours[12] > 0
    days = Counter(local(read.read_at).date() for read in month)
    work = [n for day, n in days.items() if day.weekday() < 5]
    rest = [n for day, n in days.items() if day.weekday() == 6]
    assert sum(work) / len(work) > 1.2 * sum(rest) / len(rest)


def test_a_commuter_is_at_home_at_night_and_passes_no_patrol_car_elsewhere() -> None:
    traffic = Traffic(SEED, 9_000)
    at_home = {d.plate: d for d in traffic.drivers if d.habit is not Habit.NIGHT_WORKER}
    net, seen = network(), 0
    for passing in traffic.day(date(2026, 11, 18)):
        ms, reader, plate, *_, x, y = passing
        hour = local(datetime.fromtimestamp(ms / 1000, UTC)).hour
        if readers().all[reader].kind is ReaderKind.MOBILE and hour < 5:
            home = net.crossings[at_home[plate].home]
            assert abs(home.x - x) <= 60 and abs(home.y - y) <= 60
            seen += 1
    assert seen > 100


def test_drivers_differ_and_no_plate_is_given_twice() -> None:
    drivers = residents(SEED, network(), 9_000)
    assert len({driver.plate for driver in drivers}) == 9_000
    assert {driver.habit for driver in drivers} == set(Habit)
    pattern = PlatePattern.parse(stories.PATTERN)
    assert not any(pattern.matches(driver.plate) for driver in drivers)


def test_a_few_in_a_hundred_are_misread_and_less_sure_of_themselves() -> None:
    drivers = {driver.plate for driver in Traffic(SEED, 9_000).drivers} | stories.PLATES
    alike = {look_alike(plate) for plate in drivers}
    reads = list(generate_reads(SEED, NOW, days=3, count=20_000))
    wrong = [r for r in reads if r.plate not in drivers and look_alike(r.plate) in alike]
    assert 0.015 < len(wrong) / len(reads) < 0.06
    assert sum(r.confidence for r in wrong) / len(wrong) < 0.75
    assert sum(r.confidence for r in reads) / len(reads) > 0.88
    named = [r for r in wrong if any(text in drivers for text, _ in r.candidates)]
    assert len(named) > len(wrong) / 2


def test_the_witness_pattern_finds_the_burglar_in_ridgeport_and_at_its_partner(month: list[Read]) -> None:
    pattern = PlatePattern.parse(stories.PATTERN)
    hits = [read for read in month if pattern.matches(read.plate)]
    assert {RIDGEPORT_PD, PORT_ALDER_PD} <= {read.agency for read in hits}
    assert len({look_alike(read.plate) for read in hits}) == 3
    burglar = PlatePattern.parse(stories.BURGLAR, Likeness.LOOK_ALIKE)
    for incident in stories.incidents(NOW):
        if incident.offence == "burglary":
            near = [
                read
                for read in month
                if burglar.matches(read.plate)
                and abs(read.read_at - incident.at) < timedelta(minutes=25)
                and read.position.distance_m(incident.position) < 1_600
            ]
            assert near, incident.case


def test_only_a_look_alike_search_finds_all_of_the_stolen_car(month: list[Read]) -> None:
    exact = [read for read in month if read.plate == stories.STOLEN]
    alike = PlatePattern.parse(stories.STOLEN, Likeness.LOOK_ALIKE)
    found = [read for read in month if alike.matches(read.plate)]
    assert exact and len(found) >= len(exact) + 4
    assert {read.plate for read in found} >= set(stories.STOLEN_SEEN_AS)


def test_one_car_sleeps_in_two_towns(month: list[Read]) -> None:
    nights = {r.agency for r in month if r.plate == stories.TWO_HOMES and local(r.read_at).hour < 5}
    assert nights == {RIDGEPORT_PD, PORT_ALDER_PD}


def test_the_convoy_is_never_a_minute_apart(month: list[Read]) -> None:
    first, second = ([r for r in month if r.plate == plate and r.confidence > 0] for plate in stories.CONVOY)
    pairs = [(a, b) for a in first for b in second if abs(a.read_at - b.read_at) < timedelta(minutes=1)]
    assert len({a.reader for a, _ in pairs}) == 3 and len(pairs) >= 9


def test_live_reads_go_on_without_end_after_now_and_in_order() -> None:
    reads = list(islice(live(SEED, NOW, count=20_000), 3_000))
    assert all(read.read_at > NOW for read in reads)
    assert all(a.read_at <= b.read_at for a, b in pairwise(reads))
    assert reads[-1].read_at - NOW > timedelta(days=1)
    assert digest(reads) == digest(list(islice(live(SEED, NOW, count=20_000), 3_000)))


def test_live_traffic_is_as_dense_as_the_month_before() -> None:
    noon = at_local(date(2026, 11, 18), 0)
    day = sum(1 for _ in _until(live(SEED, noon, count=60_000), noon + timedelta(days=1)))
    assert 0.6 < day / (60_000 / 30) < 1.6


def _until(reads, end):
    for read in reads:
        if read.read_at >= end:
            return
        yield read


def test_clocks_change_in_march_and_november() -> None:
    assert at_local(date(2026, 3, 8), 1, 59) == datetime(2026, 3, 8, 9, 59, tzinfo=UTC)
    assert at_local(date(2026, 3, 8), 3) == datetime(2026, 3, 8, 10, tzinfo=UTC)
    assert at_local(date(2026, 7, 1), 12) == datetime(2026, 7, 1, 19, tzinfo=UTC)
    assert at_local(date(2026, 11, 1), 3) == datetime(2026, 11, 1, 11, tzinfo=UTC)
    for hours in range(0, 24 * 400, 7):
        at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=hours)
        assert local(at) == at and 7 <= (at.replace(tzinfo=None) - local(at).replace(tzinfo=None)).seconds / 3600 <= 8


def test_a_mobile_read_lies_near_a_crossing_of_the_crew_s_beat(month: list[Read]) -> None:
    net = network()
    for patrol in readers().patrols:
        beat = [net.crossings[i] for i in net.of(*patrol.areas)]
        car = readers().all[patrol.reader].id
        for read in [r for r in month if r.reader == car and r.plate not in stories.PLATES][:40]:
            x, y = metres(read.position)
            assert min(max(abs(c.x - x), abs(c.y - y)) for c in beat) < 62
