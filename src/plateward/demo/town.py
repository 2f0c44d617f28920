"""The town as one value: everything that is there before the first read, for whoever starts it.

town = ridgeport(seed=DEFAULT_SEED, now=now)
for read in generate_reads(town.seed, town.now): ...
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from importlib import resources

from plateward.core.agency import Affiliation, Agency
from plateward.core.errors import BadInput
from plateward.core.promise import Promise, parse_promises
from plateward.core.read import Reader
from plateward.core.share import Share
from plateward.demo import agencies, people, stories
from plateward.demo.people import Resident
from plateward.demo.readers import readers
from plateward.demo.shares import shares
from plateward.demo.stories import Incident
from plateward.demo.streets import Network, network
from plateward.demo.wanted import PriorSearch, Wanted, prior_searches, wanted

DEFAULT_SEED = 1798
"""After Civ. Code 1798.90.5, where California's law on plate readers begins."""


@dataclass(frozen=True, slots=True)
class Town:
    """A town at an instant. ``promises``: file name and TOML text, as the node stores them."""

    seed: int
    now: datetime
    network: Network
    readers: tuple[Reader, ...]
    agencies: tuple[Agency, ...]
    affiliations: tuple[Affiliation, ...]
    people: tuple[Resident, ...]
    shares: tuple[Share, ...]
    promises: tuple[tuple[str, str], ...]
    incidents: tuple[Incident, ...]
    wanted: tuple[Wanted, ...]
    prior_searches: tuple[PriorSearch, ...]


def promise_texts() -> tuple[tuple[str, str], ...]:
    """The promises of the town's agencies as TOML: file name and text."""
    folder = resources.files("plateward.demo").joinpath("promises")
    files = sorted((entry for entry in folder.iterdir() if entry.name.endswith(".toml")), key=lambda entry: entry.name)
    return tuple((entry.name, entry.read_text(encoding="utf-8")) for entry in files)


def promises() -> tuple[Promise, ...]:
    """The same, parsed."""
    return tuple(promise for name, text in promise_texts() for promise in parse_promises(text, name))


def ridgeport(seed: int, now: datetime) -> Town:
    """The town of ``seed`` at ``now``. Raises BadInput when ``now`` has no offset from UTC."""
    if now.tzinfo is None:
        raise BadInput("the town's instant needs its offset from UTC", where="now")
    return Town(
        seed,
        now,
        network(),
        readers().all,
        agencies.AGENCIES,
        agencies.AFFILIATIONS,
        people.PEOPLE,
        shares(now),
        promise_texts(),
        stories.incidents(now),
        wanted(now),
        prior_searches(seed, now),
    )
