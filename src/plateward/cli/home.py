"""``plateward home``: a household's node, from nothing to a page; and its list, cameras, law and policy from the command line."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import logging
import re
import secrets
import sys
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import cyclopts
from cyclopts import Parameter
from rich.console import Console

from plateward.cli.caller import NOBODY, Caller, print_json
from plateward.cli.client import Login, call, keep, logins
from plateward.cli.home_list import OWN, add, camera, listed, remove, seen
from plateward.cli.node import make_folder, zone_of
from plateward.cli.retention import length_in_minutes
from plateward.core.errors import BadInput
from plateward.core.household import PLACE
from plateward.core.retention import spoken
from plateward.node.settings import FILE_NAME, HOME_TEMPLATE, Settings, load_settings
from plateward.registry.states import STATES

if TYPE_CHECKING:
    from plateward.node.node import Node

app = cyclopts.App(
    name="home", help="Your own node at home: one person, your own list, nothing kept of anybody else (docs/home.md)."
)
PORT = 8731
_console = Console(stderr=True, highlight=False, soft_wrap=True)

app.command(listed, name="list")
for _command in (add, remove, seen, camera):
    app.command(_command)


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
        The local time that pages show, as America/Los_Angeles; this machine's where left out. Only the first time.
    browser
        Open the page in a browser.
    json_
        Print address and login link as one JSON line.
    """
    import msgspec

    from plateward.web.logs import configure

    file = data / FILE_NAME
    if not file.exists():
        _make(data, place or "", port or PORT, host or "127.0.0.1", time_zone)
    settings = load_settings(file)
    if not settings.home:
        raise BadInput(
            'this is the settings file of an agency\'s node; start it with "plateward serve"', where=str(file)
        )
    if place is not None and place.upper() != settings.place:
        raise BadInput(f'{file} says place = "{settings.place}": change it there', where="--place")
    settings = msgspec.structs.replace(settings, host=host or settings.host, port=port or settings.port)
    configure(level=logging.WARNING)
    asyncio.run(_run(settings, browser, json_))
    return 0


def _make(folder: Path, place: str, port: int, host: str, time_zone: str | None) -> None:
    """Write the settings of a new household. Raises BadInput for a folder with something else in it; nothing is changed then."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BadInput(
            f"there is no {FILE_NAME} in this folder, and it is not empty; nothing was changed", where=str(folder)
        )
    zone = zone_of(time_zone)
    _require_place(place.upper())
    text = HOME_TEMPLATE.format(
        agency=f"home-{secrets.token_hex(4)}",
        title="At home",
        place=place.upper(),
        host=host,
        port=port,
        time_zone=zone,
    )
    make_folder(folder)
    file = folder / FILE_NAME
    file.write_text(text, encoding="utf-8")
    _say(f"Made {file}.")


def _require_place(place: str) -> None:
    """Raise BadInput for a place that is none, before anything is made."""
    country, _, state = place.partition("-")
    if not re.fullmatch(PLACE, place) or (country == "US" and state and state not in STATES):
        raise BadInput(
            "write where you are as US-CA, DE or GB: the country's two letters, and your state's", where="--place"
        )


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
    from plateward.node.people.sessions import issue_token, session_of

    person, address = householder(node), node.settings.address.replace("localhost", "127.0.0.1")
    kept = [
        login.token
        for login in await asyncio.to_thread(logins)
        if (login.address, login.person) == (address, person.id)
    ]
    if kept and await session_of(node, kept[0]) is not None:
        return
    token = await issue_token(node, person, "command line")
    await asyncio.to_thread(keep, Login(address, person.id, token))


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


def _say(text: str) -> None:
    _console.print(text, markup=False)
