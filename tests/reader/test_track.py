"""One read a pass: tracks over simulated frames."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from plateward.reader.geometry import upright
from plateward.reader.read_picture import Plate
from plateward.reader.track import Motion, Seen, Track, Tracker, believable
from tests.reader.test_rules import reading

START = datetime(2026, 1, 12, 8, 0, tzinfo=UTC)
Spot = tuple[str, float, float, float]
"""Text, left, top, height."""


def seen(frame: int, time_s: float, spot: Spot) -> Seen:
    text, x, y, height = spot
    one = reading(text, 0.97)
    return Seen(
        frame, time_s, START + timedelta(seconds=time_s), Plate(upright(x, y, 4 * height, height), one, one, None)
    )


def watch(frames: int, spots: Callable[[int], list[Spot]], fps: float = 5.0) -> Iterator[Track]:
    tracker = Tracker()
    for number in range(frames):
        now = number / fps
        yield from tracker.update(
            now, [seen(number, now, spot) for spot in spots(number)], lambda one: b"%d" % one.frame
        )
    yield from tracker.finish()


def test_a_pass_is_one_read_although_single_frames_misread_it() -> None:
    texts = ["7ABC123", "7A8C123", "7ABC123", "ABC123", "7ABC123", "7ABC12", "7ABC123"]
    (track,) = watch(7, lambda n: [(texts[n], 100 + 40 * n, 200, 30)])
    assert track.fused().text == "7ABC123"
    assert track.count == 7


def test_a_van_that_hides_the_plate_for_two_seconds_does_not_make_a_second_read() -> None:
    hidden = range(5, 15)
    tracks = list(watch(25, lambda n: [] if n in hidden else [("7ABC123", 100 + 20 * n, 200, 30)]))
    assert [t.fused().text for t in tracks] == ["7ABC123"]


def test_the_same_car_an_hour_later_is_a_second_pass() -> None:
    tracker = Tracker()
    reads: list[Track] = []
    for hour in (0.0, 3600.0):
        for n in range(6):
            now = hour + n / 5
            reads += tracker.update(now, [seen(n, now, ("7ABC123", 100 + 40 * n, 200, 30))], lambda _: None)
    assert len(reads + tracker.finish()) == 2


def test_a_parked_car_is_read_once_in_half_an_hour_though_people_walk_past_it() -> None:
    people = {600 + n for n in range(40)} | {1200 + n for n in range(120)}
    tracks = list(watch(1800, lambda n: [] if n in people else [("8XYZ987", 300 + n % 2, 220, 28)], fps=1.0))
    assert [t.fused().text for t in tracks] == ["8XYZ987"]
    assert tracks[0].motion()[0] is Motion.STANDING


def test_two_lanes_stay_apart() -> None:
    tracks = list(watch(10, lambda n: [("7ABC123", 100 + 30 * n, 150, 26), ("8XYZ987", 700 - 30 * n, 260, 34)]))
    assert sorted(t.fused().text for t in tracks) == ["7ABC123", "8XYZ987"]
    assert all(t.count == 10 for t in tracks)


def test_cars_that_follow_each_other_through_the_same_spot_are_two() -> None:
    spots = lambda n: [("7ABC123" if n < 8 else "5KLM456", 100 + 40 * (n % 8), 200, 30)]  # noqa: E731
    assert sorted(t.fused().text for t in watch(16, spots)) == ["5KLM456", "7ABC123"]


@pytest.mark.parametrize(
    ("step", "growth", "motion", "degrees"),
    [
        ((30, 0), 0, Motion.RIGHT, 90),
        ((-30, 0), 0, Motion.LEFT, 270),
        ((2, 12), 3, Motion.APPROACHING, 170),
        ((-2, -12), -1.5, Motion.RECEDING, 350),
    ],
)
def test_the_direction_of_travel(step: tuple[int, int], growth: float, motion: Motion, degrees: int) -> None:
    (track,) = watch(8, lambda n: [("7ABC123", 400 + step[0] * n, 300 + step[1] * n, 24 + growth * n)])
    found, angle = track.motion()
    assert found is motion
    assert angle is not None
    assert abs((angle - degrees + 180) % 360 - 180) < 25


def test_the_picture_kept_is_of_the_best_frame() -> None:
    (track,) = watch(8, lambda n: [("7ABC123", 400, 100 + 30 * n, 16 + 3 * n)])
    assert track.picture == b"%d" % track.best.frame
    assert track.best.frame == 7


def test_a_long_track_needs_no_more_memory() -> None:
    (track,) = watch(2000, lambda n: [("7ABC123", 300, 200, 30)])
    assert len(track.seen) <= 40
    assert track.count > 40


def test_a_single_doubtful_sighting_is_no_read() -> None:
    shadow = reading("7ABC123", 0.6)
    tracker = Tracker()
    tracker.update(0.0, [Seen(0, 0.0, START, Plate(upright(1, 1, 100, 25), shadow, shadow, None))], lambda _: None)
    (track,) = tracker.finish()
    assert not believable(track, track.fused())
