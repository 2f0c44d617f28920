"""``plateward login`` and ``logout``: prove who you are to a node, once; and take that back."""

from __future__ import annotations

import json
from typing import Annotated
from urllib.parse import parse_qs, urlsplit

import httpx
from cyclopts import Parameter
from rich.console import Console

from plateward.cli.caller import NOBODY, Caller, tell
from plateward.cli.client import TIMEOUT, Login, address_of, call, drop, keep, logins, problem_of, silent
from plateward.core.errors import BadInput


def login(
    link: str | None = None,
    *,
    list_: Annotated[bool, Parameter(name="--list")] = False,
    json_: Annotated[bool, Parameter(name="--json")] = False,
) -> int:
    """Use a one-time login link, so that later commands can speak to its node as you.

    Parameters
    ----------
    link
        The link that an administrator gave you.
    list_
        List the identities you have proved.
    json_
        Print one JSON document.
    """
    console = Console(highlight=False)
    if list_ or link is None:
        return _list(console, json_)
    parts = urlsplit(link)
    token = parse_qs(parts.query).get("token", [""])[0]
    if parts.scheme not in ("http", "https") or not token:
        raise BadInput("this is no login link; it looks like http://…/login?token=…", where="LINK")
    address = address_of(link)
    try:
        response = httpx.post(f"{address}/api/v1/tokens", json={"link": token, "name": "command line"}, timeout=TIMEOUT)
    except httpx.HTTPError as error:
        raise silent(address, error) from None
    if response.status_code in (400, 401, 403, 410) and "json" in response.headers.get("content-type", ""):
        raise BadInput("this link was used already, has expired, or never was; ask for a new one", where="LINK")
    if not response.is_success:
        raise problem_of(response)
    answer = response.json()
    keep(Login(address, answer["person"], answer["token"]))
    console.print(f"Logged in at {address} as {answer['person']}.", markup=False)
    return 0


def _list(console: Console, json_: bool) -> int:
    kept = logins()
    if json_:
        print(json.dumps([{"address": login.address, "person": login.person, "demo": login.demo} for login in kept]))
        return 0
    for login in kept:
        console.print(
            f"{login.person or '(nobody yet)'} at {login.address}{' (demonstration)' if login.demo else ''}",
            markup=False,
        )
    if not kept:
        console.print("You have not logged in anywhere. An administrator of a node can give you a link.")
    return 0


def logout(*, everywhere: bool = False, caller: Caller = NOBODY) -> int:
    """Withdraw the token of this machine; a machine you have lost is signed out from another.

    Parameters
    ----------
    everywhere
        Every session, token and login link that you have, on every machine.
    """
    login = caller.login()
    done = call(login, "POST", "/api/v1/logout", json={"everywhere": everywhere})
    drop(login)
    where = "everywhere" if everywhere else "here"
    tell(done, f"Signed out {where} at {login.address} as {login.person}.", caller.json_)
    return 0
