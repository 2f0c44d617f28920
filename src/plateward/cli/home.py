"""``plateward home``: a household's node, from nothing to a page; and its list, cameras, law and policy from the command line."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import logging
import secrets
import sys
import webbrowser
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import cyclopts
from cyclopts import Parameter
from rich.console import Console
from rich.table import Table

from plateward.cli.caller import NOBODY, Caller, print_json, printed_rows
from plateward.cli.client import Login, call, home, keep
from plateward.cli.retention import length_in_minutes
from plateward.core.errors import BadInput
from plateward.core.retention import spoken
from plateward.node.settings import FILE_NAME, HOME_TEMPLATE, Settings, load_settings

if TYPE_CHECKING:
    from plateward.node.node import Node

app = cyclopts.App(
    name="home", help="Your own node at home: one person, your own list, nothing kept of anybody else (docs/home.md)."
)
OWN = "own-list"
PORT = 8731
_console = Console(stderr=True, highlight=False, soft_wrap=True)


@app.default
def start(
    *, data: Path = Path("plateward-home"), place: str | None = None, port: int | None = None, host: str | None = None,
    time_zone: str | None = None, browser: bool = True, json_: Annotated[bool, Parameter(name="--json")] = False,
) -> int:  # fmt: skip
    """Start your node, making it first where there is none: its own database, one person, an empty list. Ctrl-C stops it.

    Parameters
    ----------
    data
        The folder for settings and data.
    place
        Where you are, as US-CA, DE or GB: its law is shown first. Needed once.
    port
        Listen on this port.
    host
        Listen here: 0.0.0.0 lets cameras of your own network deliver to this machine.
    time_zone
        The local time that pages show, as America/Los_Angeles. Only the first time.
    browser
        Open the page in a browser.
    json_
        Print address and login link as one JSON line.
    """
    import msgspec

    from plateward.web.logs import configure

    file = data / FILE_NAME
    if not file.exists():
        _make(data, place or "", port or PORT, host or "127.0.0.1", time_zone or "UTC")
    settings = load_settings(file)
    if not settings.home:
        raise BadInput(
            'this is the settings file of an agency\'s node; start it with "plateward serve"', where=str(file)
        )
    if place is not None and place.upper() != settings.place:
        raise BadInput(f'the settings say place = "{settings.place}": change it there', where="--place")
    settings = msgspec.structs.replace(settings, host=host or settings.host, port=port or settings.port)
    configure(level=logging.WARNING)
    asyncio.run(_run(settings, browser, json_))
    return 0


def _make(folder: Path, place: str, port: int, host: str, time_zone: str) -> None:
    """Write the settings of a new household. Raises BadInput for a folder with something else in it; nothing is changed then."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BadInput(
            f"there is no {FILE_NAME} in this folder, and it is not empty; nothing was changed", where=str(folder)
        )
    try:
        ZoneInfo(time_zone)
    except (KeyError, ValueError, OSError):
        raise BadInput("write a time zone as America/Los_Angeles", where="--time-zone") from None
    text = HOME_TEMPLATE.format(
        agency=f"home-{secrets.token_hex(4)}",
        title="At home",
        place=place.upper(),
        host=host,
        port=port,
        time_zone=time_zone,
    )
    folder.mkdir(parents=True, exist_ok=True, mode=0o755)
    file = folder / FILE_NAME
    file.write_text(text, encoding="utf-8")
    try:
        load_settings(file)
    except BadInput:
        file.unlink()
        raise
    _say(f"Made {file}.")


async def _run(settings: Settings, browser: bool, json_: bool) -> None:
    from plateward.node.node import open_node
    from plateward.node.people.accounts import first_link
    from plateward.node.start import prepare
    from plateward.node.upkeep import upkeep
    from plateward.web.serve import serve

    async with open_node(settings, progress=_say) as node:
        for note in await prepare(node):
            _say(f"Note: {note}")
        gc.collect()
        gc.freeze()  # as serve does: what is loaded by now stays
        link = await first_link(node)
        assert link is not None
        await _sign_in_here(node)
        async with upkeep(node):
            await serve(node, settings.host, settings.port, lambda url: _welcome(url, link, browser, json_))
    _say("Stopped. Start it again to go on where you were.")


async def _sign_in_here(node: Node) -> None:
    """Whoever starts the node is its person: the command line on this machine may speak to it."""
    from plateward.node.household.profile import householder
    from plateward.node.people.sessions import issue_token

    person = householder(node)
    token = await issue_token(node, person, "command line")
    await asyncio.to_thread(keep, Login(node.settings.address.replace("localhost", "127.0.0.1"), person.id, token))


def _welcome(url: str, link: str, browser: bool, json_: bool) -> None:
    if json_:
        print(json.dumps({"url": url, "login": link}), flush=True)
    print(f"\nYour node runs at {url}", flush=True)
    print(f"Sign in, once, within an hour: {link}", flush=True)
    print("First it shows you which law binds you: nothing is collected before you have read it.\n", flush=True)
    print("From another terminal:", flush=True)
    for line in ('home add 7ABC123 "Anna\'s car"', 'home camera driveway "Driveway"', "home seen"):
        print(f"  plateward {line}", flush=True)
    print("\nCtrl-C stops it.", flush=True)
    if browser and sys.stdout.isatty():
        with contextlib.suppress(Exception):
            webbrowser.open(link)


@app.command
def law(*, read: bool = False, caller: Caller = NOBODY) -> int:
    """Print which law binds you, that of your place first.

    Parameters
    ----------
    read
        Say that you have read it: from then on reads of your list are kept.
    """
    login = caller.login(OWN)
    found: dict[str, Any] = call(login, "GET", "/api/v1/home/law")
    if caller.json_:
        print_json(found)
    else:
        for one in found["laws"]:
            if one["here"] or not any(other["here"] for other in found["laws"]):
                _print_law(one)
        others = [one["title"] for one in found["laws"] if not one["here"]]
        print(
            f"Elsewhere: {'; '.join(others)}.\nRead on {found['read_on']} by the authors of the software. No legal advice."
        )
    if read:
        answer = call(login, "POST", "/api/v1/home/law", json={})
        _say(f"Noted on {answer['law_read'][:16]}: reads of your list are kept from now on.")
    return 0


def _print_law(one: dict[str, Any]) -> None:
    print(f"{one['title']}\n  {one['sections']}")
    for heading, name in (("The law", "says"), ("This node", "node"), ("You", "you")):
        print(f"  {heading}:")
        for text in one[name]:
            print(f"    - {text}")
    print()


@app.command(name="list")
def listed(*, csv: bool = False, caller: Caller = NOBODY) -> int:
    """Print your list.

    Parameters
    ----------
    csv
        Print CSV.
    """
    found: list[dict[str, Any]] = call(caller.login(OWN), "GET", "/api/v1/home/list")
    columns = ("plate", "name", "region", "ends", "id")
    if printed_rows(found, columns, json_=caller.json_, csv=csv):
        return 0
    table = Table("plate", "whose", "state", "until", "number", box=None)
    for one in found:
        table.add_row(one["plate"], one["name"], one["region"] or "", one["ends"][:10], one["id"])
    Console(highlight=False).print(table) if found else print("Your list is empty: your cameras keep nothing.")
    return 0


@app.command
def add(plate: str, name: str, *, until: str | None = None, region: str | None = None, caller: Caller = NOBODY) -> int:
    """Put a plate on your list; one that is there gets the new name and end.

    Parameters
    ----------
    plate
        The plate.
    name
        Whose it is, as "Anna's car".
    until
        The last day, as 2027-06-30; a year from now where left out, the longest there is.
    region
        Its state, as US-CA.
    """
    body = {"plate": plate, "name": name, "region": region, "ends": _end(until)}
    found = call(caller.login(OWN), "POST", "/api/v1/home/list", json={k: v for k, v in body.items() if v is not None})
    if caller.json_:
        print_json(found)
    else:
        print(f"{found['plate']} is on your list as {found['name']} until {found['ends'][:10]}.")
    return 0


@app.command
def remove(plate: str, *, caller: Caller = NOBODY) -> int:
    """Take a plate off your list; what was kept of it is destroyed.

    Parameters
    ----------
    plate
        The plate, or the number that "plateward home list" prints.
    """
    login = caller.login(OWN)
    one = _entry(login, plate)
    done = call(login, "POST", f"/api/v1/home/list/{one['id']}/remove", json={})
    if caller.json_:
        print_json(done)
    else:
        print(f"{one['plate']} is off your list; {done['destroyed']} reads were destroyed.")
    return 0


@app.command
def seen(plate: str | None = None, *, limit: int = 200, csv: bool = False, caller: Caller = NOBODY) -> int:
    """Print what of your list was seen in the last 24 hours, or when one plate was seen as long as that is kept. It is recorded.

    Parameters
    ----------
    plate
        One plate of your list.
    limit
        At most so many sightings of one plate.
    csv
        Print CSV.
    """
    login = caller.login(OWN)
    if plate is None:
        found = call(login, "GET", "/api/v1/home/seen")
    else:
        found = call(login, "GET", f"/api/v1/home/list/{_entry(login, plate)['id']}/seen", params={"limit": limit})
    if found["refusal"]:
        _say(found["refusal"])
    if caller.json_:
        print_json(found)
    elif not printed_rows(
        found["seen"], ("at", "name", "plate", "read_plate", "reader", "confidence"), json_=False, csv=csv
    ):
        table = Table("when", "whose", "read as", "camera", "sure", box=None)
        for one in found["seen"]:
            table.add_row(
                one["at"][:19], one["name"], one["read_plate"], one["reader_name"], f"{one['confidence']:.0%}"
            )
        Console(highlight=False).print(table) if found["seen"] else print("Nobody of your list was seen.")
    return 1 if found["refusal"] else 0


@app.command
def camera(id_: str, name: str | None = None, *, caller: Caller = NOBODY) -> int:
    """Add a camera: its key is kept for "plateward read" on this machine, and the address for cameras of other makers is printed.

    Parameters
    ----------
    id_
        Its id: lower-case letters, digits, dashes.
    name
        What you call it.
    """
    login = caller.login("readers")
    made = call(login, "POST", "/api/v1/readers", json={"id": id_, "name": name or id_})
    file = home() / "readers" / f"{id_}.key"
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    file.touch(mode=0o600)
    file.write_text(made["key"] + "\n", encoding="ascii")
    address = f"{login.address}/api/v1/cameras/{id_}?key={made['key']}"
    if caller.json_:
        print_json(made | {"key_file": str(file), "address": address})
        return 0
    print(f"{id_} may deliver. Its key lies in {file}; the node keeps only a hash of it.\n")
    print("A camera with a stream, read on this machine:")
    print(f"  plateward read rtsp://CAMERA/STREAM --to {login.address} --reader {id_} --profile home\n")
    print("A camera or recogniser that sends plates itself (Frigate, Blue Iris, Hikvision …: docs/cameras.md):")
    print(f"  {address}")
    return 0


@app.command(name="keep")
def keep_for(length: str, *, caller: Caller = NOBODY) -> int:
    """Say how long reads of your list are kept: 12h, 7d, 30d at most. Shorter holds for stored reads too.

    Parameters
    ----------
    length
        How long.
    """
    done = call(
        caller.login(OWN), "POST", "/api/v1/home/retention", json={"minutes": length_in_minutes(length, "LENGTH")}
    )
    if caller.json_:
        print_json(done)
    else:
        print(f"Reads of your list are kept {spoken(done['minutes'])}. Of all others nothing is.")
    return 0


@app.command
def broker(topic: str | None = None, *, end: bool = False, caller: Caller = NOBODY) -> int:
    """Tell your own MQTT broker (Home Assistant) of each read of your list, or say whether it is told.

    Parameters
    ----------
    topic
        Begin: the topic, below the prefix of the settings.
    end
        Tell it nothing any more.
    """
    login = caller.login(OWN)
    if end:
        found = call(login, "POST", "/api/v1/home/broker/end", json={})
    elif topic is not None:
        found = call(login, "POST", "/api/v1/home/broker", json={"topic": topic})
    else:
        found = call(login, "GET", "/api/v1/home/broker")
    if caller.json_:
        print_json(found)
    elif found["told"]:
        print(f"{found['broker']} is told of reads of your list until {found['ends'][:10]}.")
    else:
        print(f"{found['broker'] or 'A broker (none is set)'} is told nothing.")
    return 0


@app.command
def policy(*, caller: Caller = NOBODY) -> int:
    """Print your usage and privacy policy, made of the settings that run; the page /home/policy shows it to anybody."""
    found: dict[str, Any] = call(caller.login(OWN), "GET", "/api/v1/home/policy")
    if caller.json_:
        print_json(found)
        return 0
    print(f"Usage and privacy policy of the plate readers of one household, adopted {found['adopted']}.")
    print(f"Public at {found['published']}\n")
    for heading, text in (
        ("(A) What for", found["purposes"]["text"]),
        ("(B) Who", " ".join(f"Only {one['titles']}. {one['training']}" for one in found["users"])),
        ("(C) How it is monitored", found["monitoring"]["text"]),
        ("(D) Sale, sharing, transfer", found["sharing"]["text"]),
        ("(E) Custodian", found["custodian"]["title"]),
        ("(F) Accuracy and correction", found["accuracy"]["text"]),
        ("(G) How long, and what then", f"{found['retention']['why']} {found['retention']['destruction']}"),
    ):
        print(f"{heading}\n  {text}\n")
    return 0


@app.command
def status(*, caller: Caller = NOBODY) -> int:
    """Print how your node stands. Exit status 1 while nothing is collected because the law was not read."""
    found: dict[str, Any] = call(caller.login(OWN), "GET", "/api/v1/home")
    read = found["law_read"]
    if caller.json_:
        print_json(found)
        return 0 if read else 1
    print(f"{found['plates']} plates on your list; their reads are kept {spoken(found['kept_minutes'])}.")
    print(
        f"{sum(one['vehicles'] for one in found['passed']):,} other vehicles passed in 24 hours; nothing is kept of them."
    )
    if not read:
        print("NOTHING IS COLLECTED: read which law binds you, then: plateward home law --read")
    return 0 if read else 1


def _entry(login: Login, wanted: str) -> dict[str, Any]:
    """The entry of the list that ``wanted`` names, by its number or its plate. Raises BadInput where there is none."""
    plain = "".join(ch for ch in wanted.upper() if ch.isalnum())
    found: list[dict[str, Any]] = call(login, "GET", "/api/v1/home/list")
    for one in found:
        if wanted == one["id"] or plain == one["plate"]:
            return one
    raise BadInput(f"{wanted!r} is not on your list: at home you look at the plates on it alone", where="PLATE")


def _end(until: str | None) -> str | None:
    if until is None:
        return None
    try:
        day = date.fromisoformat(until)
    except ValueError:
        raise BadInput("write a day as 2027-06-30", where="--until") from None
    return (datetime(day.year, day.month, day.day).astimezone() + timedelta(days=1)).isoformat()


def _say(text: str) -> None:
    _console.print(text, markup=False)
