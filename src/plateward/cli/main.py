"""``plateward``: the command groups, and what happens when one fails.

Exit status: 0 done, 1 a refusal, a finding or a failed check, 2 bad input or usage, 3 a fault of the system.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping

import cyclopts
from rich.console import Console

from plateward import __version__
from plateward.core.errors import BadInput, Fault, PlatewardError

DONE, REFUSED, BAD_INPUT, FAULT = 0, 1, 2, 3

GROUPS: Mapping[str, tuple[str, str]] = {
    "demo": ("plateward.cli.demo:app", "Start a synthetic town with everything in it."),
    "init": ("plateward.cli.node:init", "Make a data folder with settings for a new node."),
    "home": (
        "plateward.cli.home:app",
        "Your own node at home: one person, your own list, nothing kept of anybody else.",
    ),
    "serve": ("plateward.cli.node:serve", "Run a node."),
    "doctor": ("plateward.cli.doctor:doctor", "Check an installation and a node's folder, and say what to mend."),
    "backup": ("plateward.cli.backups:backup", "Write a consistent backup of a node, sealed for who may open it."),
    "restore": ("plateward.cli.backups:restore", "Restore a backup into an empty folder."),
    "backups": ("plateward.cli.backups:app", "Keys of backups, which there are, and whether one is whole."),
    "login": ("plateward.cli.login:login", "Prove who you are to a node, once."),
    "read": ("plateward.cli.read:app", "Read plates from pictures, folders, video files and cameras."),
    "bridge": ("plateward.cli.bridge:app", "From systems that publish to a broker (Frigate over MQTT), to a node."),
    "import": ("plateward.cli.importing:import_file", "Bring reads from a file into a node."),
    "search": ("plateward.cli.search:search", "Find a plate through the gate."),
    "export": ("plateward.cli.export:export", "Take what a search finds out as a file, through the gate."),
    "alerts": ("plateward.cli.alerts:app", "See alerts, decide them, and say what came of them."),
    "quarantine": ("plateward.cli.quarantine:app", "Reads from wrong clocks and messages nobody could read."),
    "shares": ("plateward.cli.shares:app", "Request, review, approve and stop shares."),
    "feeds": (
        "plateward.cli.feeds:app",
        "Reads that go out by themselves to another system: by two people, until an end.",
    ),
    "documents": ("plateward.cli.documents:app", "Documents that a promise excepts by naming them: two people each."),
    "notices": ("plateward.cli.notices:app", "What your agency was told of its shares and documents."),
    "reach": ("plateward.cli.reach:reach", "Find back doors, and the fewest shares that close them."),
    "hotlists": ("plateward.cli.hotlists:app", "Lists of wanted plates: make, load, enter, end."),
    "exposure": ("plateward.cli.exposure:app", "What an agency has received, and what partners were alerted to."),
    "emergencies": (
        "plateward.cli.emergencies:app",
        "Open one plate for four hours when a life is in danger; review it.",
    ),
    "productions": ("plateward.cli.productions:app", "Hand named reads over under a court's order, once."),
    "people": ("plateward.cli.people:app", "People with accounts, and who employs them."),
    "readers": ("plateward.cli.readers:app", "The node's readers: how they do, their keys, what they keep."),
    "truth": ("plateward.cli.truth:app", "Change what is true, with a source and two people."),
    "brake": ("plateward.cli.brake:app", "Block a component at once."),
    "audit": ("plateward.cli.audit:app", "Audit the searches of a running node."),
    "reports": ("plateward.cli.reports:app", "Reports of a running node, with their proofs."),
    "drivers": ("plateward.cli.drivers:app", "Drivers who ask what was looked up about their own plate."),
    "retention": ("plateward.cli.retention:app", "How long reads are kept, and proof that they are gone."),
    "holds": ("plateward.cli.holds:app", "Keep named reads for a case, by two people, until an end."),
    "erasure": ("plateward.cli.erasure:app", "Erase bodies of ledger entries early, by two people."),
    "agencies": ("plateward.cli.agencies:app", "Who an agency really is."),
    "promises": (
        "plateward.cli.promises:app",
        "What agencies promised: rule packs, cases, checks, versions, templates.",
    ),
    "review": ("plateward.cli.review:app", "Review sharing reports and search logs of other systems."),
    "ledger": ("plateward.cli.ledger:app", "Verify a ledger."),
    "witness": ("plateward.cli.witness:app", "Run a witness that cosigns ledgers."),
    "bench": ("plateward.cli.bench:app", "Measure, beside a baseline in the same run."),
}
"""Every command: where it lives, and its line in the list. Loaded when used, so that none pays for the others' imports."""


def build_app(only: str | None = None) -> cyclopts.App:
    """The whole command line; with ``only``, the other groups stay unloaded names."""
    app = cyclopts.App(
        name="plateward", version=__version__, help="A licence plate reader network that keeps its promises.",
        result_action="return_value", exit_on_error=False, print_error=False,
    )  # fmt: skip
    for name, (where, help_line) in GROUPS.items():
        if only is not None and name != only:
            continue
        module, _, attribute = where.partition(":")
        found = getattr(importlib.import_module(module), attribute)
        if isinstance(found, cyclopts.App):
            found.help = found.help or help_line
            app.command(found, name=name)
        else:
            app.command(found, name=name)
    return app


def main(argv: list[str] | None = None) -> None:
    """Run the command line and exit with its status."""
    sys.exit(run(sys.argv[1:] if argv is None else argv))


def run(argv: list[str]) -> int:
    """Run one command and return its exit status; every message of a failure goes to standard error."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    if not argv or argv[0] in ("-h", "--help", "help"):
        _print_list()
        return DONE
    if argv[0] == "--version":
        print(__version__)
        return DONE
    if argv[0] not in GROUPS:
        console.print(f"plateward: there is no command {argv[0]!r}; plateward --help lists them", markup=False)
        return BAD_INPUT
    return _run(argv, console)


def _run(argv: list[str], console: Console) -> int:
    try:
        status = build_app(argv[0])(argv)
    except cyclopts.CycloptsError as error:
        console.print(f"plateward {argv[0]}: {error}", markup=False)
        return BAD_INPUT
    except BadInput as error:
        console.print(f"plateward {argv[0]}: {error}", markup=False)
        return BAD_INPUT
    except Fault as error:
        console.print(f"plateward {argv[0]}: {error}", markup=False)
        return FAULT
    except PlatewardError as refused:
        console.print(f"plateward {argv[0]}: {refused}", markup=False)
        return REFUSED
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return DONE
    return status if isinstance(status, int) else DONE


def _print_list() -> None:
    console = Console(highlight=False)
    console.print("plateward: a licence plate reader network that keeps its promises\n")
    width = max(map(len, GROUPS))
    for name, (_, help_line) in GROUPS.items():
        console.print(f"  {name:<{width}}  {help_line}", markup=False)
    console.print(
        "\nplateward COMMAND --help explains one. Exit status: 0 done, 1 refused or found, 2 bad input, 3 fault."
    )
