"""``plateward home list``, ``add``, ``remove``, ``seen``, ``camera``: a household's own list, what was seen, its cameras."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from rich.console import Console
from rich.table import Table

from plateward.cli.caller import NOBODY, Caller, print_json, printed_rows
from plateward.cli.client import Login, call, keep_key
from plateward.core.errors import BadInput

OWN = "own-list"
_console = Console(stderr=True, highlight=False, soft_wrap=True)


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
        table.add_row(one["plate"], one["name"], one["region"] or "", _last_day(one["ends"]), one["id"])
    Console(highlight=False).print(table) if found else print("Your list is empty: your cameras keep nothing.")
    return 0


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
        print(f"{found['plate']} is on your list as {found['name']} until {_last_day(found['ends'])}.")
    return 0


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
        _console.print(found["refusal"], markup=False)
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
    file = keep_key(id_, made["key"])
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


def _last_day(ends: str) -> str:
    """The last day of an entry in this machine's time: one that ends at midnight was there until the day before."""
    return str((datetime.fromisoformat(ends).astimezone() - timedelta(microseconds=1)).date())
