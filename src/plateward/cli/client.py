"""Speaking to a running node over its API with the caller's own login.

Logins lie in ``$PLATEWARD_HOME`` (``~/.config/plateward`` by default) in ``logins.json``, readable by its owner alone. The node a
command speaks to is ``--node``, else ``$PLATEWARD_NODE``, else the one logged in to last; ``plateward demo`` counts as one.
"""

from __future__ import annotations

import json
import os
import ssl
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import urlsplit

import httpx

from plateward.core.errors import BadInput, Fault, PlatewardError

TIMEOUT = httpx.Timeout(60, connect=5)


class Refused(PlatewardError):
    """The node refused (exit status 1): the role, a second person who is the first, a promise. The message says who can."""


@dataclass(frozen=True, slots=True)
class Login:
    """One identity proved to one node. ``demo``: the node of a demonstration, where one may act as anybody in the town."""

    address: str
    person: str = ""
    token: str = ""
    demo: bool = False


def home() -> Path:
    """The folder of this person's logins."""
    configured = os.environ.get("PLATEWARD_HOME")
    if configured:
        return Path(configured)
    base = os.environ.get("XDG_CONFIG_HOME")
    return (Path(base) if base else Path.home() / ".config") / "plateward"


def logins() -> tuple[Login, ...]:
    """Every login kept, the latest first."""
    file = home() / "logins.json"
    try:
        return tuple(Login(**entry) for entry in json.loads(file.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return ()
    except (ValueError, TypeError):
        raise BadInput("this file is damaged; delete it and log in again", where=str(file)) from None


def keep(login: Login) -> None:
    """Keep ``login`` as the latest; it replaces an older one of the same person at the same node."""
    others = [old for old in logins() if (old.address, old.person) != (login.address, login.person)]
    _write([login, *others])


def keep_key(reader: str, key: str) -> Path:
    """Keep a reader's key where ``plateward read --reader ID`` looks for it, readable by its owner alone. Returns the file."""
    file = home() / "readers" / f"{reader}.key"
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    file.touch(mode=0o600)
    file.write_text(key + "\n", encoding="ascii")
    return file


def drop(login: Login) -> None:
    """Forget one login."""
    _write([old for old in logins() if (old.address, old.person) != (login.address, login.person)])


def forget(address: str) -> None:
    """Forget every login at ``address``."""
    _write([old for old in logins() if old.address != address])


def _write(entries: list[Login]) -> None:
    folder = home()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    beside = folder / f".logins.{os.getpid()}"
    beside.touch(mode=0o600)
    beside.write_text(json.dumps([asdict(entry) for entry in entries], indent=1), encoding="utf-8")
    beside.replace(folder / "logins.json")


def choose(node: str | None, person: str | None, may: str = "search") -> Login:
    """The login to use; in a demonstration where nobody is named, of somebody whose role allows ``may``.

    Raises BadInput saying how to log in when there is none.
    """
    named = node or os.environ.get("PLATEWARD_NODE") or ""
    address = address_of(named) if named else ""
    kept = [login for login in logins() if not address or login.address == address]
    if not kept and address:
        kept = [Login(address)]
    if not kept:
        raise BadInput(
            "no node is known here: log in at one with 'plateward login LINK', or start one of your own with 'plateward home' or "
            "'plateward demo'"
        )
    here = [login for login in kept if login.address == kept[0].address]
    for login in here:
        if person is not None and login.person == person:
            return login
    if any(login.demo for login in here):
        return _become(here[0].address, person, may)
    if person is not None:
        proved = ", ".join(login.person for login in here if login.person) or "nobody yet"
        raise BadInput(f"you have not logged in as {person!r} at {here[0].address} (proved: {proved})", where="--as")
    if not here[0].token:
        known = ", ".join(dict.fromkeys(login.address for login in logins() if login.address != here[0].address))
        raise BadInput(
            f"you are not logged in at {here[0].address}; use 'plateward login LINK'"
            + (f" (you are at {known})" if known else "")
        )
    return here[0]


def address_of(text: str) -> str:
    """A node's address as logins are kept under: this machine by its number, whatever it was called. Raises BadInput for none."""
    try:
        parts = urlsplit(text.strip() if "//" in text else f"http://{text.strip()}")
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port, parts = "", None, urlsplit("")
    if parts.scheme not in ("http", "https") or not host:
        raise BadInput(f"{text[:80]!r} is no address of a node: write it as http://127.0.0.1:8731", where="--node")
    host = "127.0.0.1" if host == "localhost" else f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{host}" + (f":{port}" if port else "")


def _become(address: str, person: str | None, may: str = "search") -> Login:
    """In a demonstration, act as somebody of the town; where nobody is named, the first whose role allows ``may``."""
    answer = _send(Login(address), "POST", "/api/v1/demo/become", json={"person": person, "may": may})
    login = Login(address, answer["person"], answer["token"], demo=True)
    keep(login)
    return login


def call(login: Login, method: str, path: str, **given: Any) -> Any:
    """One request with the caller's login, and the JSON of its answer.

    Errors of the node are raised as what they are here: Refused (403), BadInput (what else is the caller's to mend), Fault (429,
    500 and above, no answer).
    """
    try:
        return _send(login, method, path, **given)
    except Refused as refused:
        raise _with_others(refused, login) from None
    except _Expired:
        if not login.demo:
            raise BadInput(f"your login at {login.address} has ended; use 'plateward login LINK'") from None
        return _send(_become(login.address, login.person), method, path, **given)


def _with_others(refused: Refused, login: Login) -> Refused:
    """A refusal that names who else the caller is at this node: the last login asks where nobody is named."""
    others = [one.person for one in logins() if one.address == login.address and one.person not in ("", login.person)]
    if login.demo or not others:
        return refused
    return Refused(f"{refused} You asked as {login.person}; you are {' and '.join(others)} there too: --as NAME.")


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file that was written: its size in bytes, and the headers it came with."""

    size: int
    headers: Mapping[str, str]


def fetch(login: Login, path: str, body: Mapping[str, Any], out: BinaryIO, said: Callable[[int, int], None]) -> Fetched:
    """Ask for a file with a POST and write it to ``out`` as it comes; ``said`` is told bytes so far and in all (0: not known).

    Raises as ``call`` does; nothing is written then.
    """
    headers = {"Authorization": f"Bearer {login.token}"} if login.token else {}
    try:
        with httpx.stream(
            "POST", login.address + path, headers=headers, json=dict(body), timeout=TIMEOUT, verify=_tls()
        ) as response:
            if not response.is_success:
                response.read()
                if response.status_code == 401:
                    raise BadInput(f"your login at {login.address} has ended; use 'plateward login LINK'")
                raise problem_of(response)
            size, total = 0, int(response.headers.get("content-length", 0))
            for piece in response.iter_bytes():
                out.write(piece)
                size += len(piece)
                said(size, total)
            return Fetched(size, response.headers)
    except httpx.HTTPError as error:
        raise silent(login.address, error) from None


@cache
def _tls() -> ssl.SSLContext:
    """The machine's roots of trust, loaded once: that takes longer than most requests."""
    return httpx.create_ssl_context()


def silent(address: str, error: httpx.HTTPError) -> Fault:
    """What to tell of a node that does not answer."""
    others = ", ".join(dict.fromkeys(login.address for login in logins() if login.address != address))
    if isinstance(error, httpx.ConnectTimeout | httpx.ReadTimeout):
        why = "it takes too long"
    elif "CERTIFICATE" in str(error):
        why = "its certificate is not trusted here"
    elif isinstance(error, httpx.ConnectError):
        why = "nothing listens there"
    else:
        why = type(error).__name__
    return Fault(
        f"The node at {address} does not answer: {why}.",
        next_step="Is it running? Start it as before (plateward serve --config FILE, home or demo)"
        + (f", or choose another that you know with --node: {others}." if others else ", or name another with --node."),
    )


class _Expired(Exception):
    """The node does not know this login any more."""


def _send(login: Login, method: str, path: str, **given: Any) -> Any:
    headers = {"Accept": "application/json"}
    if login.token:
        headers["Authorization"] = f"Bearer {login.token}"
    try:
        response = httpx.request(
            method,
            login.address + path,
            headers=headers | given.pop("headers", {}),
            timeout=given.pop("timeout", TIMEOUT),
            verify=_tls(),
            **given,
        )
    except httpx.HTTPError as error:
        raise silent(login.address, error) from None
    if response.status_code == 401:
        raise _Expired
    if response.is_success:
        return response.json() if "json" in response.headers.get("content-type", "") else response.text
    raise problem_of(response)


_PROXIES = frozenset({500, 502, 503, 504})
"""What a web server before a node says for itself."""


def problem_of(response: httpx.Response) -> PlatewardError:
    """What an answer that is no success comes to here: Refused, BadInput or Fault, to be raised."""
    try:
        problem = response.json()
    except ValueError:
        problem = None
    told: Mapping[str, Any] = problem if isinstance(problem, dict) else {}
    if "error" not in told and response.status_code not in _PROXIES:
        return Fault(
            f"What answers at {response.url.scheme}://{response.url.netloc.decode()} is no node of Plateward (status "
            f"{response.status_code}).", next_step="Look at the address and its port."
        )  # fmt: skip
    sentence = str(told.get("error") or f"the node, or what stands before it, answered {response.status_code}")
    next_step = str(told.get("next_step") or "")
    if response.status_code == httpx.codes.FORBIDDEN:
        return Refused(f"{sentence} {next_step}".strip())
    if response.status_code >= 500:
        return Fault(sentence, next_step=next_step or "The node's log says more.")
    if response.status_code == httpx.codes.TOO_MANY_REQUESTS:
        return Fault(sentence, next_step=next_step or "Wait, and try again.")
    return BadInput(sentence, where=told.get("field"))
