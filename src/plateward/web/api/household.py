"""The household's node for programs: the own list, what was seen of it, how long that is kept, the law, the policy."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec

from plateward.core.feed import Feed
from plateward.formats.usage_policy import UsagePolicy
from plateward.node.household import keeping, law, my_list
from plateward.node.household.broker import broker_feed
from plateward.node.household.broker import end_broker as end
from plateward.node.household.broker import tell_broker as tell
from plateward.node.household.my_list import MyPlate, NewPlate
from plateward.node.household.policy import policy_of
from plateward.node.household.sieve import passed_by
from plateward.node.household.sightings import Sighting, Sightings, seen_lately, seen_of
from plateward.web.endpoint import Call


class PlateToList(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A plate for the list. ``name``: whose it is; ``ends``: left out, a year from now; ``region``: its state, as US-CA."""

    plate: str
    name: str
    ends: datetime | None = None
    region: str | None = None


class WhichPlate(msgspec.Struct, frozen=True):
    """One plate of the list, by the number of its entry."""

    entry_id: str


class Seen(msgspec.Struct, frozen=True):
    """One plate of the list, and how many sightings at most."""

    entry_id: str
    limit: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 200


class Length(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How long reads of the list are kept, minutes; 43,200 at most."""

    minutes: int


class ListedShape(msgspec.Struct, frozen=True):
    """A plate on the list."""

    id: str
    plate: str
    name: str
    region: str | None
    ends: datetime
    entered: datetime


class TakenOff(msgspec.Struct, frozen=True):
    """How many reads were destroyed with the entry."""

    destroyed: int


class SightingShape(msgspec.Struct, frozen=True):
    """A sighting of a listed plate."""

    id: UUID
    entry: str
    name: str
    plate: str
    read_plate: str
    exact: bool
    at: datetime
    reader: str
    reader_name: str
    confidence: float


class SightingsShape(msgspec.Struct, frozen=True):
    """Sightings, the latest first, and the record that tells of this look."""

    seen: tuple[SightingShape, ...]
    access_record: int
    refusal: str


class Topic(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where on the household's own broker reads of the list go: a topic below the prefix of the settings."""

    topic: str = "home"


class BrokerShape(msgspec.Struct, frozen=True):
    """Whether the household's own broker is told of reads of its list; ``ends``: until when, null where it is not."""

    told: bool
    broker: str | None
    ends: datetime | None


class Passed(msgspec.Struct, frozen=True):
    """How many vehicles passed in an hour of which nothing is kept."""

    hour: datetime
    vehicles: int


class Standing(msgspec.Struct, frozen=True):
    """How the household's node stands. ``law_read``: null until somebody has read it; nothing is collected before."""

    place: str
    law_read: datetime | None
    kept_minutes: int
    plates: int
    passed: tuple[Passed, ...]


class LawShape(msgspec.Struct, frozen=True):
    """One place's law. ``here``: whether it is the place that is set."""

    id: str
    here: bool
    title: str
    sections: str
    says: tuple[str, ...]
    node: tuple[str, ...]
    you: tuple[str, ...]
    sources: tuple[str, ...]


class LawsShape(msgspec.Struct, frozen=True):
    """The laws, that of the place first. ``read_on``: when their sources were read; this is no legal advice."""

    place: str
    read_on: str
    laws: tuple[LawShape, ...]


class Read(msgspec.Struct, frozen=True):
    """When the law was read."""

    law_read: datetime


async def standing(call: Call) -> Standing:
    """How the household's node stands."""
    node = call.node
    return Standing(
        node.settings.place, await law.law_read(node), await keeping.kept_at_home(node),
        len(await my_list.my_list(node, call.who)), tuple(Passed(hour, count) for hour, count in passed_by(node)),
    )  # fmt: skip


async def listed(call: Call) -> tuple[ListedShape, ...]:
    """The own list."""
    return tuple(map(_listed, await my_list.my_list(call.node, call.who)))


async def put(call: Call, asked: PlateToList) -> ListedShape:
    """Put a plate on the list; one that is there gets the new name and end."""
    new = NewPlate(asked.plate, asked.name, asked.ends, asked.region)
    return _listed(await my_list.put_plate(call.node, call.who, new))


async def take_off(call: Call, asked: WhichPlate) -> TakenOff:
    """Take a plate off; what was kept of it is destroyed."""
    return TakenOff(await my_list.take_off(call.node, call.who, asked.entry_id))


async def lately(call: Call) -> SightingsShape:
    """What of the list was seen in the last 24 hours."""
    return _sightings(await seen_lately(call.node, call.who, session=call.signed_in.id))


async def seen(call: Call, asked: Seen) -> SightingsShape:
    """When one plate of the list was seen."""
    _, found = await seen_of(call.node, call.who, asked.entry_id, limit=asked.limit, session=call.signed_in.id)
    return _sightings(found)


async def keep_for(call: Call, asked: Length) -> Length:
    """Say how long reads of the list are kept."""
    return Length(await keeping.keep_for(call.node, call.who, asked.minutes))


async def broker(call: Call) -> BrokerShape:
    """Whether the own broker is told of the list."""
    return _broker(call, await broker_feed(call.node))


async def tell_broker(call: Call, asked: Topic) -> BrokerShape:
    """Tell the own broker of each read of the list from now on, for a year."""
    return _broker(call, await tell(call.node, call.who, asked.topic, session=call.signed_in.id))


async def end_broker(call: Call) -> BrokerShape:
    """Tell it nothing any more."""
    await end(call.node, call.who)
    return _broker(call, None)


async def laws(call: Call) -> LawsShape:
    """Which law binds a household, that of its place first."""
    place = call.node.settings.place
    here, others = law.laws_of(place)
    return LawsShape(
        place, law.read_on().isoformat(), (*(_law(one, True) for one in here), *(_law(one, False) for one in others))
    )


async def say_read(call: Call) -> Read:
    """Say that you have read it; from then on reads of your list are kept."""
    return Read(await law.say_read(call.node, call.who))


async def policy(call: Call) -> UsagePolicy:
    """The usage and privacy policy, made of the settings that run."""
    return await policy_of(call.node)


def _broker(call: Call, feed: Feed | None) -> BrokerShape:
    settings = call.node.settings.delivery.mqtt
    return BrokerShape(feed is not None, settings.host if settings else None, feed.ends_at if feed else None)


def _listed(one: MyPlate) -> ListedShape:
    return ListedShape(one.id, one.plate, one.name, one.region, one.ends, one.entered)


def _sightings(found: Sightings) -> SightingsShape:
    return SightingsShape(tuple(map(_seen, found.seen)), found.record, found.refusal)


def _seen(one: Sighting) -> SightingShape:
    given: dict[str, Any] = {name: getattr(one, name) for name in SightingShape.__struct_fields__}
    return SightingShape(**given)


def _law(one: law.Law, here: bool) -> LawShape:
    return LawShape(one.id, here, one.title, one.sections, one.says, one.node, one.you, one.sources)
