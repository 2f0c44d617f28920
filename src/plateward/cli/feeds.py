"""``plateward feeds``: reads that go out by themselves to another system, by two people, until an end."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Literal

import cyclopts

from plateward.cli.caller import NOBODY, Caller, print_json, printed_rows
from plateward.cli.client import call
from plateward.cli.times import moment
from plateward.core.errors import BadInput

app = cyclopts.App(name="feeds", help="Reads that go out by themselves to another system: by two people, until an end.")

COLUMNS = (
    "id", "state", "name", "what", "readers", "channel", "recipient", "receiver", "reason", "case", "words", "asked_by", "asked_at",
    "decided_by", "decided_at", "ends", "ended_by", "ended_at", "waiting", "reads", "messages", "gone", "withheld", "lapsed",
    "problem", "failing", "note",
)  # fmt: skip
DAY_COLUMNS = ("day", "reads", "messages", "gone", "withheld", "lapsed")
PUBLIC_COLUMNS = (
    "id", "owner", "recipient", "receiver", "what", "channel", "readers", "reason", "since", "until", "runs", "reads",
)  # fmt: skip
WORDS = {"every": "every read", "hits": "hits", "confirmed": "confirmed alerts' reads"}


@app.command(name="list")
def list_(*, csv: bool = False, caller: Caller = NOBODY) -> int:
    """List the feeds of your agency.

    Parameters
    ----------
    csv
        Print them as CSV.
    """
    found: list[dict[str, Any]] = call(caller.login("feeds"), "GET", "/api/v1/feeds")
    if not printed_rows(found, COLUMNS, json_=caller.json_, csv=csv):
        for one in found:
            _print(one)
        if not found:
            print("Nothing goes out by itself.")
    return 0


@app.command
def ask(
    *,
    what: Literal["every", "hits", "confirmed"],
    recipient: str,
    reason: str,
    until: str,
    webhook: str | None = None,
    mqtt: str | None = None,
    to: str | None = None,
    case: str = "",
    words: str = "",
    reader: tuple[str, ...] = (),
    group: str = "",
    receiver: str = "",
    name: str = "",
    home_assistant: bool = False,
    caller: Caller = NOBODY,
) -> int:
    """Ask for a feed; another person approves it. Exit status 1 where the gate refuses.

    Parameters
    ----------
    what
        every read; hits: what matched a list of your agency; confirmed: what a confirmed alert rests on.
    recipient
        Whose system it is, in words. Anybody may read them; an agency named there is the one that would receive.
    reason
        Why, as for a search.
    until
        When it ends, such as 2026-12-31, or 90d from now; a year at most.
    webhook
        An https address that gets it.
    mqtt
        A topic of the operator's broker that gets it.
    to
        Or an address of your agency's other systems that is there, by its id.
    case
        Case number.
    words
        Or a sentence that says what it is for.
    reader
        Reads of this reader; several may be given. None: every reader.
    group
        Reads of the readers in this group of retention.
    receiver
        The agency that the system belongs to, where that is not your own.
    name
        What you call it.
    home_assistant
        With --mqtt: introduce the readers to Home Assistant.
    """
    if sum(one is not None for one in (webhook, mqtt, to)) != 1:
        raise BadInput("say where it goes: one of --webhook, --mqtt and --to", where="--webhook")
    if home_assistant and webhook:
        raise BadInput("Home Assistant is introduced over MQTT", where="--home-assistant")
    where: dict[str, Any] = {"delivery": to} if to else {}
    if webhook:
        where = {"channel": "webhook", "address": {"url": webhook}}
    elif mqtt:
        where = {"channel": "mqtt", "address": {"topic": mqtt}}
    ends = moment(until, "--until", datetime.now(UTC))
    body = {
        "what": what, "recipient": recipient, "reason": reason, "ends": ends.isoformat(), "case": case, "words": words,
        "readers": list(reader), "group": group, "receiver": receiver, "name": name, "home_assistant": home_assistant, **where,
    }  # fmt: skip
    done = call(caller.login("feed"), "POST", "/api/v1/feeds", json=body)
    return _answered(done, caller.json_, "Asked: somebody else approves it with plateward feeds approve {id}.")


@app.command
def approve(feed: str, *, note: str = "", caller: Caller = NOBODY) -> int:
    """Approve a feed as the second person: reads go out from now on. Exit status 1 where the gate refuses.

    Parameters
    ----------
    feed
        Its id.
    note
        Your words.
    """
    done = call(caller.login("feed-decide"), "POST", f"/api/v1/feeds/{feed}/approve", json={"note": note})
    return _answered(done, caller.json_, "It runs until {ends}.")


@app.command
def refuse(feed: str, *, note: str, caller: Caller = NOBODY) -> int:
    """Refuse a feed that was asked for.

    Parameters
    ----------
    feed
        Its id.
    note
        Why.
    """
    return _told(call(caller.login("feed-decide"), "POST", f"/api/v1/feeds/{feed}/refuse", json={"note": note}), caller)


@app.command
def end(feed: str, *, note: str = "", caller: Caller = NOBODY) -> int:
    """End a feed at once, or take back what was asked for. What waits is sent no more.

    Parameters
    ----------
    feed
        Its id.
    note
        Your words.
    """
    return _told(call(caller.login("feed"), "POST", f"/api/v1/feeds/{feed}/end", json={"note": note}), caller)


@app.command
def show(feed: str, *, csv: bool = False, caller: Caller = NOBODY) -> int:
    """Show a feed and what went out on it day by day (UTC).

    Parameters
    ----------
    feed
        Its id.
    csv
        Print the days as CSV.
    """
    one = call(caller.login("feeds"), "GET", f"/api/v1/feeds/{feed}")
    if caller.json_:
        print_json(one)
    elif not printed_rows(one["days"], DAY_COLUMNS, json_=False, csv=csv):
        _print(one)
        for day in one["days"]:
            left = ", ".join(f"{day[name]:,} {name}" for name in ("gone", "withheld", "lapsed") if day[name])
            print(
                f"  {day['day']}  {day['reads']:>9,} reads in {day['messages']:,} messages{'; ' + left if left else ''}"
            )
    return 0


@app.command
def published(*, csv: bool = False, caller: Caller = NOBODY) -> int:
    """List what anybody may know: every feed that runs or ran, of every owner on the node.

    Parameters
    ----------
    csv
        Print them as CSV.
    """
    found: list[dict[str, Any]] = call(caller.login("feeds"), "GET", "/api/v1/feeds/published")
    if not printed_rows(found, PUBLIC_COLUMNS, json_=caller.json_, csv=csv):
        for one in found:
            until = f"until {one['until'][:10]}" if one["runs"] else f"ended {one['until'][:10]}"
            print(
                f"{one['owner_name']} to {one['recipient']}: {WORDS[one['what']]} since {one['since'][:10]}, {until}; "
                f"{one['reads']:,} reads went."
            )
        if not found:
            print("No reads of this node go out by themselves, and none ever did.")
    return 0


def _answered(done: dict[str, Any], json_: bool, sentence: str) -> int:
    feed = done["feed"]
    if json_:
        print_json(done)
    elif done["refusal"]:
        print(f"Refused: {done['refusal']}")
        if done["help"]:
            print(done["help"])
    else:
        print(sentence.format(id=feed["id"], ends=feed["ends"][:16]))
    return 1 if done["refusal"] else 0


def _told(one: dict[str, Any], caller: Caller) -> int:
    if caller.json_:
        print_json(one)
    else:
        _print(one)
    return 0


def _print(one: dict[str, Any]) -> None:
    until = f"ended {one['ended_at'][:16]}" if one["ended_at"] else f"until {one['ends'][:16]}"
    readers = ", ".join(one["readers"]) or "every reader"
    print(
        f"{one['id']} {one['state']}: {WORDS[one['what']]} of {readers} to {one['recipient']} ({one['channel']}), {until}. "
        f"{one['reads']:,} reads went, {one['waiting']:,} wait."
    )
    if one["problem"] and one["state"] == "active":
        print(f"  Withheld: {one['problem']}")
    if one["failing"]:
        print(f"  The receiver: {one['failing']}")
    if one["note"]:
        print(f"  “{one['note']}”")
