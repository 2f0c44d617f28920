"""``plateward``: the command groups, and what happens when one fails.

Exit status: 0 done, 1 a refusal, a finding or a failed check, 2 bad input or usage, 3 a fault of the system.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping
from difflib import get_close_matches

import cyclopts
from rich.console import Console

from plateward import __version__
from plateward.core.errors import BadInput, Fault, PlatewardError

DONE, REFUSED, BAD_INPUT, FAULT = 0, 1, 2, 3

SHELVES: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "Begin": {
        "demo": ("plateward.cli.demo:app", "Start a synthetic town with everything in it."),
        "home": ("plateward.cli.home:app", "Your own node at home: your list, nothing of anybody else."),
        "init": ("plateward.cli.node:init", "Make a data folder with settings for a new node."),
        "serve": ("plateward.cli.node:serve", "Run a node."),
        "login": ("plateward.cli.login:login", "Prove who you are to a node, once."),
        "logout": ("plateward.cli.login:logout", "Withdraw this machine's token, or every one you have."),
    },
    "Reads come in": {
        "read": ("plateward.cli.read:app", "Read plates from pictures, folders, videos and cameras."),
        "bridge": ("plateward.cli.bridge:app", "From systems that publish or are asked, to a node."),
        "import": ("plateward.cli.importing:import_file", "Bring reads from a file into a node."),
        "readers": ("plateward.cli.readers:app", "The node's readers: how they do, keys, what they keep."),
        "quarantine": ("plateward.cli.quarantine:app", "Reads from wrong clocks, messages nobody could read."),
    },
    "Find and watch": {
        "search": ("plateward.cli.search:search", "Find a plate through the gate."),
        "hotlists": ("plateward.cli.hotlists:app", "Lists of wanted plates: make, load, enter, end."),
        "alerts": ("plateward.cli.alerts:app", "See alerts, decide them, and say what came of them."),
        "emergencies": ("plateward.cli.emergencies:app", "One plate for four hours when a life is in danger."),
    },
    "Share": {
        "shares": ("plateward.cli.shares:app", "Request, review, approve and stop shares."),
        "brake": ("plateward.cli.brake:app", "Block a component at once."),
        "reach": ("plateward.cli.reach:reach", "Find back doors, and the fewest shares that close them."),
        "exposure": ("plateward.cli.exposure:app", "What an agency received; what partners were alerted to."),
        "documents": ("plateward.cli.documents:app", "Documents that a promise excepts by naming them."),
        "notices": ("plateward.cli.notices:app", "What your agency was told of its shares and documents."),
        "export": ("plateward.cli.export:export", "Take what a search finds out as a file."),
        "feeds": ("plateward.cli.feeds:app", "Reads that go out by themselves, by two people, to an end."),
        "productions": ("plateward.cli.productions:app", "Hand named reads over under a court's order, once."),
    },
    "Keep promises": {
        "promises": ("plateward.cli.promises:app", "What agencies promised: packs, cases, versions, templates."),
        "agencies": ("plateward.cli.agencies:app", "Who an agency really is."),
        "truth": ("plateward.cli.truth:app", "Change what is true, with a source and two people."),
        "people": ("plateward.cli.people:app", "People with accounts, and who employs them."),
        "retention": ("plateward.cli.retention:app", "How long reads are kept, and proof that they are gone."),
        "holds": ("plateward.cli.holds:app", "Keep named reads for a case, by two people, until an end."),
        "erasure": ("plateward.cli.erasure:app", "Erase bodies of ledger entries early, by two people."),
    },
    "Oversee": {
        "audit": ("plateward.cli.audit:app", "Audit the searches of a running node."),
        "reports": ("plateward.cli.reports:app", "Reports of a running node, with their proofs."),
        "drivers": ("plateward.cli.drivers:app", "Drivers who ask what was looked up about their plate."),
        "ledger": ("plateward.cli.ledger:app", "Verify a ledger."),
        "witness": ("plateward.cli.witness:app", "Run a witness that cosigns ledgers."),
        "review": ("plateward.cli.review:app", "Review sharing reports and search logs of other systems."),
    },
    "Look after it": {
        "doctor": ("plateward.cli.doctor:doctor", "Check an installation and a node, and say what to mend."),
        "backup": ("plateward.cli.backups:backup", "Write a backup, sealed for who may open it."),
        "restore": ("plateward.cli.backups:restore", "Restore a backup into an empty folder."),
        "backups": ("plateward.cli.backups:app", "Keys of backups, which there are, whether one is whole."),
        "bench": ("plateward.cli.bench:app", "Measure, beside a baseline in the same run."),
    },
}
"""Every command as the list shows it: where it lives, and its line. Loaded when used, so that none pays for the others' imports."""

GROUPS = {name: command for shelf in SHELVES.values() for name, command in shelf.items()}


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
        near = get_close_matches(argv[0], GROUPS, n=1)
        meant = f", perhaps {near[0]!r}" if near else ""
        console.print(f"plateward: there is no command {argv[0]!r}{meant}; plateward --help lists them", markup=False)
        return BAD_INPUT
    return _run(argv, console)


def _run(argv: list[str], console: Console) -> int:
    try:
        status = build_app(argv[0])(argv)
    except cyclopts.MissingArgumentError as error:
        console.print(f"plateward {argv[0]}: {_missing(error)}", markup=False)
        return BAD_INPUT
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


def _missing(error: cyclopts.MissingArgumentError) -> str:
    """Everything that the command needs and was not told, at once: one by one it would take as many tries."""
    if error.keyword is not None or error.argument is None or not error.command_chain:
        return str(error)
    command = build_app(error.command_chain[0])
    for name in error.command_chain:
        command = command[name]
    needed = [one for one in command.assemble_argument_collection() if one.required]
    typed = {token.partition("=")[0] for token in error.root_input_tokens or ()}
    missing = [
        _spoken(one) for one in needed
        if one.name == error.argument.name or not (one.field_info.is_positional or typed & {*one.names})
    ]  # fmt: skip
    called, are = " ".join(error.command_chain), "is" if len(missing) == 1 else "are"
    usage = " ".join(map(_spoken, needed))
    return f"{called} needs {usage}: {', '.join(missing)} {are} missing; plateward {called} --help explains"


def _spoken(argument: cyclopts.Argument) -> str:
    return argument.name.lstrip("-").upper() if argument.field_info.is_positional else argument.name


def _print_list() -> None:
    console = Console(highlight=False)
    console.print("plateward: a licence plate reader network that keeps its promises\n")
    width = max(map(len, GROUPS))
    for shelf, commands in SHELVES.items():
        console.print(f"{shelf}:", markup=False)
        for name, (_, help_line) in commands.items():
            console.print(f"  {name:<{width}}  {help_line}", markup=False)
    console.print(
        "\nplateward COMMAND --help explains one.\nExit status: 0 done, 1 refused or found, 2 bad input, 3 fault."
    )
