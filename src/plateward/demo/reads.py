"""A month of reads: the town's traffic as its readers saw it, misreads and all.

Readers are good and not perfect. About three reads in a hundred are wrong, most of those by a look-alike character; a wrong read
is less sure of itself, and the right text is usually among its candidates. That is what look-alike search is for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from random import Random

from plateward.core.ids import instant, milliseconds, uuid7
from plateward.core.plate import LOOK_ALIKE_CLASSES
from plateward.core.read import Read, Reader
from plateward.demo import stories
from plateward.demo.chance import stream
from plateward.demo.hours import local
from plateward.demo.readers import readers
from plateward.demo.streets import position
from plateward.demo.traffic import Passing, Traffic

DAYS, COUNT = 30, 200_000
MISREAD = 0.026
"""How often a reader takes one character for a look-alike."""
GARBLED = 0.006
"""How often a reader loses or mistakes a character in another way."""

_PEOPLE_A_DAILY_READ = 1.35
_MARGIN = timedelta(hours=1)
"""The oldest read is so much younger than ``days``, so that loading a little later loses none to retention."""

_ALIKE = {ch: group.replace(ch, "") for group in LOOK_ALIKE_CLASSES for ch in group}
_OTHERWISE = {
    "7": "1",
    "1": "7",
    "V": "Y",
    "Y": "V",
    "M": "N",
    "N": "M",
    "H": "N",
    "E": "F",
    "F": "E",
    "C": "G",
    "K": "X",
}
_SURE = 512

Candidates = tuple[tuple[str, float], ...]


def generate_reads(seed: int, now: datetime, days: int = DAYS, count: int = COUNT) -> Iterator[Read]:
    """Exactly ``count`` reads of the ``days`` before ``now`` (aware), oldest first; the same for the same arguments.

    The size of the town follows ``count``: 9,000 drivers for 200,000 reads in 30 days.
    """
    first, last = milliseconds(now - timedelta(days=days) + _MARGIN), milliseconds(now)
    traffic = Traffic(seed, round(count / days * _PEOPLE_A_DAILY_READ))
    told = [p for p in stories.passings(seed, now, days) if first <= p[0] <= last][:count]
    begin, end = local(now - timedelta(days=days)).date(), local(now).date()
    every = [begin + timedelta(days=i) for i in range((end - begin).days + 1)]
    habit = [p for day in every for p in traffic.day(day) if first <= p[0] <= last]
    rng = stream(seed, "reads")
    wanted = count - len(told)
    if len(habit) > wanted:
        habit = rng.sample(habit, wanted)
    missing = wanted - len(habit)
    strangers: list[Passing] = []
    while len(strangers) < missing:
        # Half of the first day and of the last lie outside; ask for more until there are enough.
        share = (missing + len(every) * 40) // max(1, len(every) - 1) + len(strangers)
        strangers = [p for day in every for p in traffic.strangers(day, share) if first <= p[0] <= last]
    passings = told + habit + rng.sample(strangers, missing)
    passings.sort()
    return _as_read(passings, rng)


def live(seed: int, now: datetime, count: int = COUNT, days: int = DAYS) -> Iterator[Read]:
    """Reads after ``now``, in order and without end, of the same town as ``generate_reads`` with these arguments.

    Whoever feeds them to a node waits until each one's ``read_at``, or less long for an audience.
    """
    traffic = Traffic(seed, round(count / days * _PEOPLE_A_DAILY_READ))
    since = milliseconds(now)
    day = local(now).date()
    while True:
        passings = sorted(p for p in (*traffic.day(day), *traffic.strangers(day, count // days // 5)) if p[0] > since)
        yield from _as_read(passings, stream(seed, "live", day.isoformat()))
        day += timedelta(days=1)


def _as_read(passings: Iterable[Passing], rng: Random) -> Iterator[Read]:
    """Each passing as a reader saw it."""
    every: tuple[Reader, ...] = readers().all
    sure = _confidences(rng)
    chance, some_bytes = rng.random, rng.randbytes
    for ms, index, plate, region, seen_as, x, y in passings:
        reader = every[index]
        text, confidence = plate, sure[int(chance() * _SURE)]
        candidates: Candidates = ()
        draw = chance()
        if seen_as or draw < MISREAD + GARBLED:
            text, confidence, candidates = _misread(plate, seen_as, draw, rng)
        elif confidence < 0.86:
            other = _confuse(plate, rng)
            candidates = ((other, round((1 - confidence) * 0.6, 3)),) if other != plate else ()
        at = instant(ms)
        yield Read(
            uuid7(at, some_bytes(10)),
            text,
            at,
            reader.id,
            reader.agency,
            confidence,
            reader.position or position(x, y),
            candidates,
            region if draw < 0.93 else None,
            reader.heading_deg,
            1 + (draw > 0.7) if reader.heading_deg is not None else None,
        )


def _confidences(rng: Random) -> tuple[float, ...]:
    """What a reader says of reads that are right: nearly all above 0.9, a tail down to 0.6."""
    return tuple(round(max(0.6, min(0.995, 1 - rng.betavariate(1.3, 16))), 3) for _ in range(_SURE))


def _misread(plate: str, seen_as: str, draw: float, rng: Random) -> tuple[str, float, Candidates]:
    text = seen_as or (_confuse(plate, rng) if draw < MISREAD else _garble(plate, rng))
    confidence = round(rng.uniform(0.46, 0.84), 3)
    if text == plate or (not seen_as and rng.random() < 0.15):
        return text, confidence, ()
    return text, confidence, ((plate, round((1 - confidence) * rng.uniform(0.55, 0.95), 3)),)


def _confuse(plate: str, rng: Random) -> str:
    """``plate`` with one character taken for a look-alike; unchanged when none of its characters has one."""
    spots = [i for i, ch in enumerate(plate) if ch in _ALIKE]
    if not spots:
        return plate
    i = rng.choice(spots)
    return plate[:i] + rng.choice(_ALIKE[plate[i]]) + plate[i + 1 :]


def _garble(plate: str, rng: Random) -> str:
    """``plate`` with its first or last character lost behind a frame, or one taken for quite another."""
    spots = [i for i, ch in enumerate(plate) if ch in _OTHERWISE]
    draw = rng.random()
    if spots and draw < 0.5:
        i = rng.choice(spots)
        return plate[:i] + _OTHERWISE[plate[i]] + plate[i + 1 :]
    return plate[1:] if draw < 0.75 else plate[:-1]
