"""``plateward backup``, ``restore`` and ``backups``: backups that only a key opens, a look at them, and a node brought back."""

from __future__ import annotations

import asyncio
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import cyclopts
from cyclopts import Parameter
from rich.console import Console

from plateward.cli.caller import print_json, printed_rows
from plateward.core.errors import BadInput
from plateward.node.settings import FILE_NAME, load_settings

app = cyclopts.App(name="backups", help="Keys of backups, which backups there are, and whether one is whole.")
_console = Console(stderr=True, highlight=False, soft_wrap=True)
_Json = Annotated[bool, Parameter(name="--json")]

_NOBODY = (
    "nobody is named who could open it. Name a key, age1… or an SSH public key, here or as [backups] recipients in the settings; "
    "plateward backups key FILE makes one. --clear writes a backup that anybody can read"
)


def backup(
    target: Path,
    *,
    config: Path = Path(FILE_NAME),
    recipient: tuple[str, ...] = (),
    clear: bool = False,
    json_: _Json = False,
) -> int:
    """Write a consistent backup of a node into a new folder, while it runs or while it does not.

    Parameters
    ----------
    target
        The folder to write; it must not exist.
    config
        The node's settings file.
    recipient
        Who can open it: age1… or an SSH public key; may be given more than once. Without: [backups] recipients of the settings.
    clear
        Do not seal it: reads and the key that signs the ledger lie in it for anybody to see.
    json_
        Print one JSON document.
    """
    from plateward.node.backups import back_up

    settings = load_settings(config)
    if clear and recipient:
        raise BadInput("a backup is sealed or in the clear, not both", where="--clear")
    recipients = () if clear else recipient or settings.backups.recipients
    if not recipients and not clear:
        raise BadInput(_NOBODY, where="--recipient")
    made = asyncio.run(back_up(settings, target, _say, recipients=recipients))
    if json_:
        document = {
            "folder": str(made.folder), "made_at": made.made_at.isoformat(), "ledger_size": made.ledger_size,
            "pictures": made.pictures, "recipients": list(made.recipients),
        }  # fmt: skip
        print_json(document)
        return 0
    _say(f"Backed up {made.ledger_size} ledger entries and {made.pictures} encrypted pictures into {made.folder}.")
    if made.recipients:
        _say(f"Opens with the key of {', '.join(made.recipients)} and with no other.")
    else:
        _say("It is in the clear: keep it as safe as the node.")
    _say("Picture keys are not in it: what retention destroys must not live on in a backup.")
    return 0


def restore(source: Path, folder: Path, *, identity: Path | None = None) -> int:
    """Make the node of a backup again in an empty folder, without what has expired since.

    Parameters
    ----------
    source
        The backup's folder.
    folder
        The new node's data folder.
    identity
        The key file that opens the backup.
    """
    from plateward.node.backups import restore as bring_back

    asyncio.run(bring_back(source, folder, _say, identity))
    _say(f"Restored into {folder}. Start it with: plateward serve --config {folder / FILE_NAME}")
    return 0


@app.command
def key(file: Path) -> int:
    """Make a key for backups: the secret half in a new file, the public half printed. Keep the file away from the node.

    Parameters
    ----------
    file
        The file to make, in the format of age-keygen; any age program opens a backup's files with it.
    """
    from pyrage import x25519

    made = x25519.Identity.generate()
    public = str(made.to_public())
    text = f"# created: {datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}\n# public key: {public}\n{made}\n"
    try:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as out:
            out.write(text)
    except FileExistsError:
        raise BadInput("this exists already; a key is never written over", where=str(file)) from None
    except OSError as error:
        raise BadInput(f"it cannot be written ({error.strerror})", where=str(file)) from None
    print(public)
    _say(f"The secret half is in {file}. Whoever has it opens the backups; without it nobody does, the node neither.")
    _say(f'Put the public half into the settings:  [backups] recipients = ["{public}"]')
    return 0


@app.command
def check(folder: Path, *, identity: Path | None = None, json_: _Json = False) -> int:
    """Whether a backup is whole: every file that has not expired is there, unchanged and, with the key, opens. Status 1 if not.

    Parameters
    ----------
    folder
        The backup's folder.
    identity
        The key file that opens the backup. Without it a sealed backup is compared with its digests alone.
    json_
        Print one JSON document.
    """
    from plateward.node.backups import check_backup, key_file

    found = check_backup(folder, datetime.now(UTC), key_file(identity) if identity is not None else None)
    document: dict[str, Any] = {
        "made_at": found.contents.made_at.isoformat(), "recipients": list(found.contents.recipients), "files": found.files,
        "bytes": found.size, "expired": found.expired, "opened": found.opened, "pictures": found.contents.pictures,
        "faults": list(found.faults),
    }  # fmt: skip
    if json_:
        print_json(document)
        return 1 if found.faults else 0
    for fault in found.faults:
        print(fault)
    opened = "and opened" if found.opened else "but not opened, for want of the key"
    print(
        f"{found.files:,} files of {found.size:,} bytes compared with their digests {opened}; {found.expired:,} have expired. "
        f"Made {found.contents.made_at:%Y-%m-%d %H:%M} UTC, {_sealed(found.contents.recipients)}."
    )
    return 1 if found.faults else 0


@app.command(name="list")
def list_backups(*, config: Path = Path(FILE_NAME), json_: _Json = False, csv: bool = False) -> int:
    """The backups this node wrote that still hold reads: where, for whom, and until when. Status 1 where one cannot be reached.

    Parameters
    ----------
    config
        The node's settings file.
    json_
        Print one JSON document.
    csv
        Print them as CSV.
    """
    from plateward.node.backup_list import known_backups

    known = [one for one in known_backups(load_settings(config).data) if one.whole]
    rows = [
        {"folder": one.folder, "made_at": one.made_at.isoformat(), "expires_at": one.last.isoformat() if one.last else "",
         "recipients": list(one.recipients), "reachable": Path(one.folder).is_dir()}
        for one in known
    ]  # fmt: skip
    if not printed_rows(rows, ("folder", "made_at", "expires_at", "recipients", "reachable"), json_=json_, csv=csv):
        for one, row in zip(known, rows, strict=True):
            until = f", the last reads in it until {one.last:%Y-%m-%d %H:%M}" if one.last else ""
            print(f"{one.made_at:%Y-%m-%d %H:%M} {one.folder}: {_sealed(one.recipients)}{until}")
            if not row["reachable"]:
                print("  It is not there. Run plateward retention expire-backup where it is now, or destroy it.")
        if not rows:
            print("This node wrote no backup whose reads have not expired.")
    return 0 if all(row["reachable"] for row in rows) else 1


def _sealed(recipients: tuple[str, ...]) -> str:
    return f"sealed for {', '.join(recipients)}" if recipients else "in the clear"


def _say(text: str) -> None:
    _console.print(text, markup=False)
