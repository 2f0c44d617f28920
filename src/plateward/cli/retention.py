"""``plateward retention``: how long reads are kept and why, changing it with two people, and the receipts of what was destroyed."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import cyclopts

from plateward.cli.caller import NOBODY, Caller, print_json
from plateward.cli.client import call
from plateward.core.errors import BadInput
from plateward.core.retention import spoken
from plateward.formats.tables import write_csv

app = cyclopts.App(name="retention", help="How long reads are kept, and proof that they are gone.")

COLUMNS = (
    "entry", "at", "late", "owner", "kept_min", "reads", "pictures", "before", "oldest", "held", "minutes_late", "why",
)  # fmt: skip
_LENGTH = re.compile(r"([1-9][0-9]{0,6})\s*(m|min|minutes?|h|hours?|d|days?)?", re.IGNORECASE)
_MINUTES = {"m": 1, "h": 60, "d": 1440}


@app.command
def show(*, caller: Caller = NOBODY) -> int:
    """Say how long reads are kept, by whom and why, and whether purging is on time. Exit status 1 while it is late."""
    found = call(caller.login("search"), "GET", "/api/v1/retention")
    late = found["late_since"] is not None
    if caller.json_:
        print_json(found)
        return 1 if late else 0
    for owner in found["owners"]:
        print(owner["sentence"])
        for group in owner["groups"]:
            if owner["home"]:
                print(f"  {group['because']} plateward home keep LENGTH changes it.")
                continue
            who = f"{group['name']} ({', '.join(group['readers'])})" if group["name"] else "every reader in no group"
            print(f"  {who}: {spoken(group['minutes'])}; hits {spoken(group['hit_minutes'])}. {group['because']}")
        for conflict in owner["conflicts"]:
            print(f"  set apart for counsel: {conflict}")
        if owner["groups"]:
            print(f"  bytes are gone from the disk {spoken(owner['gone_after_min'])} after that at most")
    print(f"Last purged {(found['purged_at'] or 'never')[:16]}.")
    if late:
        print(f"LATE since {found['late_since'][:16]}: {found['late_why']}")
    for folder in found["unreachable_backups"]:
        print(
            f"A backup is not where it was written: {folder}. Expire it where it is: plateward retention expire-backup FOLDER"
        )
    return 1 if late else 0


@app.command
def propose(
    length: str,
    *,
    hits: str | None = None,
    group: str = "",
    readers: tuple[str, ...] = (),
    caller: Caller = NOBODY,
) -> int:
    """Keep your agency's reads for LENGTH. Shorter holds at once; longer waits for a second person (exit status 1 then).

    Parameters
    ----------
    length
        Such as 3m, 24h or 21d; a number alone is minutes.
    hits
        The same for reads that hit a hot list, where a law lets them be kept longer.
    group
        Only for a group of readers, by this name.
    readers
        The group's readers, by their ids.
    """
    change: dict[str, Any] = {"kind": "set-retention", "minutes": length_in_minutes(length, "LENGTH"), "group": group}
    change["readers"] = " ".join(readers)
    if hits is not None:
        change["hit_minutes"] = length_in_minutes(hits, "--hits")
    return _did(call(caller.login("share-review"), "POST", "/api/v1/changes", json={"change": change}), caller.json_)


@app.command(name="end-group")
def end_group(group: str, *, caller: Caller = NOBODY) -> int:
    """Keep the readers of a group as all others. Waits for a second person where that is longer.

    Parameters
    ----------
    group
        Its name.
    """
    change = {"kind": "end-retention-group", "group": group}
    return _did(call(caller.login("share-review"), "POST", "/api/v1/changes", json={"change": change}), caller.json_)


@app.command
def duty(reads: str, length: str, *, source: str, source_date: str, caller: Caller = NOBODY) -> int:
    """Enter a duty to keep records; it waits for a second person. Where a law allows less, those reads are set apart for counsel.

    Parameters
    ----------
    reads
        every, hit or produced: which reads it names.
    length
        At least how long, such as 2000d; 0 ends the duty.
    source
        Where it was read.
    source_date
        The day that is dated, YYYY-MM-DD.
    """
    minutes = 0 if length.strip() == "0" else length_in_minutes(length, "LENGTH")
    change = {
        "kind": "set-records-duty",
        "reads": reads,
        "minutes": minutes,
        "source": {"title": source, "date": source_date},
    }
    return _did(call(caller.login("share-review"), "POST", "/api/v1/changes", json={"change": change}), caller.json_)


@app.command
def accept(change: str, *, note: str = "", caller: Caller = NOBODY) -> int:
    """Accept a longer retention as the second person.

    Parameters
    ----------
    change
        Its id, as ``plateward truth list`` shows it.
    note
        A note for the record.
    """
    body = {"accepted": True, "note": note}
    return _did(call(caller.login("promises"), "POST", f"/api/v1/changes/{change}", json=body), caller.json_)


@app.command
def receipts(*, limit: int = 50, csv: bool = False, caller: Caller = NOBODY) -> int:
    """Print what was destroyed and when, the latest first, and where it was late.

    Parameters
    ----------
    limit
        How many.
    csv
        Print them as CSV.
    """
    found = call(caller.login("search"), "GET", "/api/v1/retention/receipts", params={"limit": limit})
    if caller.json_:
        print_json(found)
        return 0
    if csv:
        print(write_csv(COLUMNS, ([one[name] for name in COLUMNS] for one in found)), end="")
        return 0
    for one in found:
        if one["late"]:
            print(f"{one['at'][:16]} LATE {one['minutes_late']:,} minutes: {one['why']}")
            continue
        others = "".join(f", {count:,} {name.replace('_', ' ')}" for name, count in one["others"].items())
        kept = f" kept {spoken(one['kept_min'])}" if one["kept_min"] else ""
        print(f"{one['at'][:16]} {one['owner']}: {one['reads']:,} reads{kept}, {one['pictures']:,} pictures{others}")
    if not found:
        print("Nothing was past its time yet.")
    return 0


@app.command(name="expire-backup")
def expire_backup(folder: Path) -> int:
    """Delete from a backup what is past its time by now. For backups that were moved away from where the node wrote them.

    Parameters
    ----------
    folder
        The backup's folder, as ``plateward backup`` wrote it.
    """
    from plateward.node.keeping.expiring import expire_folder

    gone = expire_folder(folder, datetime.now(UTC))
    print(f"{len(gone)} files were past their time and are gone." if gone else "Nothing in it is past its time.")
    return 0


def length_in_minutes(text: str, where: str) -> int:
    """A length of time as people write it, 3m, 24h or 21d, in minutes. Raises BadInput naming ``where``."""
    match = _LENGTH.fullmatch(text.strip())
    if match is None:
        raise BadInput("a length of time is written as 3m, 24h or 21d", where=where)
    return int(match[1]) * _MINUTES[(match[2] or "m")[0].lower()]


def _did(done: dict[str, Any], json_: bool) -> int:
    if json_:
        print_json(done)
    else:
        print(done["sentence"])
        if done["waiting"]:
            print(f"Somebody else accepts it: plateward retention accept {done['waiting']}")
    return 1 if done["waiting"] else 0
