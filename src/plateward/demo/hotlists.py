"""The town's hot lists: what detectives entered by hand, the state's extract, a partner's list, one that nobody refreshed.

The extract holds records of the Immigration Violator File, which the town's promise keeps off. It also lists some cars of the
coming hours, so that the town's live traffic raises alerts.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from itertools import islice

from plateward.core.ids import uuid7
from plateward.core.read import Read
from plateward.demo import stories
from plateward.demo.agencies import PORT_ALDER_PD, RIDGE_SO, RIDGEPORT_PD
from plateward.demo.chance import stream
from plateward.demo.numbering import californian
from plateward.demo.people import person
from plateward.demo.pictures import picture_of
from plateward.demo.reads import live
from plateward.demo.town import Town
from plateward.demo.wanted import Wanted
from plateward.formats.reads import Batch, Item
from plateward.node.hotlists.entries import NewEntry, add_entry, confirm_entry
from plateward.node.hotlists.importing import import_list
from plateward.node.hotlists.lists import ListSettings, add_list
from plateward.node.importing import import_reads
from plateward.node.node import Node

EXTRACT, STALE = "ca-stolen", "valley-watch"
BY_HAND = {RIDGEPORT_PD: "rpd-bolo", PORT_ALDER_PD: "papd-bolo", RIDGE_SO: "so-bolo"}
ADMINS = {RIDGEPORT_PD: "nakamura", PORT_ALDER_PD: "hale", RIDGE_SO: "farrow"}
UNCONFIRMED = "6TRV880"
"""Entered this minute: a supervisor has yet to confirm it."""

IMMIGRATION_RECORDS = 14
LAYOUT = """\
# The state's nightly extract: no heading; the letter before a record's number says which file it is from.
layout = "delimited"
dates = ["%Y%m%d"]

[fields]
nic = { column = 1 }
case = { column = 2 }
plate = { column = 4 }
state = { column = 5 }
vehicle = [{ column = 6 }, { column = 7 }, { column = 8 }]
"""
_CARS = ("HOND,CIV,SIL", "TOYT,CAM,WHI", "FORD,F15,BLK", "NISS,ALT,GRY", "KIA,SPO,BLU", "HYUN,ELA,RED")
_OTHER_FILES = "VVVVVVVVVPPW"


async def begin_lists(past: Node, seed: int) -> None:
    """A list loaded once, weeks ago, and forgotten: it is stale."""
    chance = stream(seed, "forgotten list")
    settings = ListSettings(
        "Valley watch list", "property-crime", "Valley Auto Theft Group, by e-mail", default_days=120
    )
    await add_list(past, person("nakamura"), STALE, False, settings)
    rows = "".join(f"{californian(chance)},CA\n" for _ in range(60))
    await import_list(past, person("nakamura"), STALE, _one(f"plate,state\n{rows}"))


async def fill_lists(node: Node, town: Town) -> None:
    """The lists in use today, and some sightings of the last minutes that fit them."""
    for agency, list_id in BY_HAND.items():
        settings = ListSettings(
            "Be on the lookout", "wanted-person", "entered by officers", edge=agency == RIDGEPORT_PD
        )
        await add_list(node, person(ADMINS[agency]), list_id, True, settings)
    for wanted in town.wanted:
        await _enter(node, wanted)
    settings = ListSettings("California stolen vehicles", "stolen-vehicle", "state extract, nightly", 1560, 30)
    await add_list(node, person("nakamura"), EXTRACT, False, settings)
    await import_list(node, person("nakamura"), EXTRACT, _one(extract(town.seed, node.now())), layout=LAYOUT)
    await _sightings(node)


def extract(seed: int, now: datetime) -> str:
    """The state's extract: some thousands of plates, cars of the coming hours among them, and an immigration file."""
    chance = stream(seed, "extract")
    coming = [read for read in islice(live(seed, now), 600) if read.agency == RIDGEPORT_PD and read.region == "US-CA"]
    plates = [(chance.choice(_OTHER_FILES), californian(chance)) for _ in range(4_000)]
    plates += [("V", read.plate) for read in coming[::12]]
    plates += [("N", californian(chance)) for _ in range(IMMIGRATION_RECORDS)]
    chance.shuffle(plates)
    return "".join(
        f"{file}{number:09d},CA{number:07d},{now:%Y%m%d},{plate},CA,{chance.choice(_CARS)}\n"
        for number, (file, plate) in enumerate(plates, 165_000_000)
    )


async def _enter(node: Node, wanted: Wanted) -> None:
    list_id = BY_HAND[wanted.owner]
    new = NewEntry(wanted.plate, wanted.words, wanted.case, wanted.expires, wanted.region, wanted.reason, priority=1)
    answer = await add_entry(node, person(wanted.added_by), list_id, new)
    assert answer.entry is not None, answer.decision.why
    if wanted.plate != UNCONFIRMED:
        second = "brandt" if wanted.owner == RIDGEPORT_PD else ADMINS[wanted.owner]
        await confirm_entry(node, person(second), list_id, answer.entry.id)


async def _sightings(node: Node) -> None:
    """What officers have to tell apart: a burglar's car as listed, another car whose plate only looks like it, a stolen car that
    the reader misread, a partner's wanted car, and a missing person's plate of another state.
    """
    seen = (
        (stories.BURGLAR, "US-CA", "rpd-harbor-5th-n", 9, ()),
        (stories.BURGLAR.replace("B", "8"), "US-CA", "rpd-main-10th-s", 3, ()),
        (stories.STOLEN_SEEN_AS[0], "US-CA", "rpd-harbor-5th-n", 4, ((stories.STOLEN, 0.31),)),
        ("402K86", "US-NV", "rpd-main-10th-s", 2, ()),
        (UNCONFIRMED, "US-NV", "rpd-main-2nd-n", 1, ()),
    )
    now, items = node.now(), []
    for number, (plate, region, reader, minutes, candidates) in enumerate(seen):
        at = now - timedelta(minutes=minutes)
        read = Read(
            uuid7(at, node.random(10)), plate, at, reader, RIDGEPORT_PD, 0.83, candidates=candidates, region=region
        )
        item = Item(
            read.id, plate, at, 0.83, candidates=candidates, region=region, reader=reader, picture=picture_of(read)
        )  # fmt: skip
        items.append((number, item))
    await import_reads(node, person("nakamura"), Batch(tuple(items), ()))


async def _one(text: str) -> AsyncIterator[bytes]:
    yield text.encode()
