"""``plateward promises``: rule packs and local promises, their cases, checks of a whole network, versions, templates. No node."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from time import perf_counter
from typing import Annotated

from cyclopts import App, Parameter

from plateward import rulepacks
from plateward.cli import promise_text
from plateward.core.agency import Agency, Registry
from plateward.core.cases import require_sound, results, unsound
from plateward.core.errors import BadInput
from plateward.core.policy import Policy
from plateward.core.promise import Promise, RulePack, parse_any
from plateward.core.versions import compare_all, compare_limits
from plateward.oversight.promises import Edge, check_shares, survey
from plateward.registry import load, resolve
from plateward.rulepacks import template as templates

app = App(name="promises", help="What agencies promised: rule packs, cases, checks of a network, versions, templates.")

Json = Annotated[bool, Parameter(name="--json")]
Packs = Annotated[tuple[str, ...], Parameter(name="--pack", negative=())]
Files = Annotated[tuple[Path, ...], Parameter(name="--file", negative=())]

_YES, _NO = frozenset({"yes", "true", "1", "y"}), frozenset({"no", "false", "0", "n", ""})


@dataclass(frozen=True, slots=True)
class _Chosen:
    packs: tuple[RulePack, ...]
    local: tuple[Promise, ...]

    @property
    def promises(self) -> tuple[Promise, ...]:
        return (*(promise for pack in self.packs for promise in pack.promises), *self.local)


@app.command(name="list")
def list_(*, pack: Packs = (), file: Files = (), json_: Json = False) -> int:
    """List rule packs and promises.

    Parameters
    ----------
    pack
        Only this rule pack; may be repeated. Without --pack and --file: all that come with the program.
    file
        A file of promises or a rule pack of your own; may be repeated.
    json_
        Print one JSON document.
    """
    chosen = _chosen(pack, file)
    if json_:
        _print_json({
            "packs": [promise_text.pack_data(one) for one in chosen.packs],
            "promises": [promise_text.promise_data(promise) for promise in chosen.promises],
        })  # fmt: skip
        return 0
    for one in chosen.packs:
        print(f"{one.id}  {one.title} (version {one.version}, {', '.join(one.applies_to.states)})")
        for promise in one.promises:
            print(f"    {promise.id}  {promise.title} [{promise.section}]")
    for promise in chosen.local:
        print(f"{promise.id}  {promise.title} ({promise.promised_by}, from {promise.in_force_from})")
    return 0


@app.command
def show(name: str, *, file: Files = (), json_: Json = False) -> int:
    """Show a rule pack or one promise: words, sources, rule, cases, what is not covered and what is contested.

    Parameters
    ----------
    name
        The id of a pack (us-ca-sb34) or of a promise (us-ca-sb34.federal).
    file
        A file of promises or a rule pack of your own to look in; may be repeated.
    json_
        Print one JSON document.
    """
    chosen = _chosen((), file, both=True)
    for pack in chosen.packs:
        if pack.id == name:
            data = {**promise_text.pack_data(pack), "promises": [promise_text.promise_data(p) for p in pack.promises]}
            _print(data if json_ else None, [*promise_text.pack_lines(pack), *_blocks(pack.promises)])
            return 0
    for promise in chosen.promises:
        if promise.id == name:
            _print(promise_text.promise_data(promise) if json_ else None, promise_text.promise_lines(promise))
            return 0
    raise BadInput(f"there is no pack or promise {name!r}; plateward promises list shows them", where="NAME")


@app.command
def test(*, pack: Packs = (), file: Files = (), json_: Json = False) -> int:
    """Run every case of promises and print each. Exit status 1 when one does not come out as written.

    Parameters
    ----------
    pack
        Only this rule pack; may be repeated.
    file
        A file of promises or a rule pack of your own; may be repeated.
    json_
        Print one JSON document.
    """
    registry, day = load(), _today()
    told, failed, number = [], 0, 0
    for promise in _chosen(pack, file).promises:
        faults = unsound(promise, registry, day)
        cases = results(promise, registry, day)
        failed += len(faults)
        number += len(cases)
        told.append({
            "promise": promise.id, "pack": promise.pack, "faults": list(faults),
            "cases": [{"name": c.name, "expect": c.expect, "ok": fault is None, "fault": fault} for c, fault in cases],
        })  # fmt: skip
        if not json_:
            print(f"{promise.id}: {'sound' if not faults else 'NOT SOUND'}")
            for case, fault in cases:
                print(f"  {'ok  ' if fault is None else 'FAIL'} {case.expect}: {case.name}")
            for fault in faults:
                print(f"  FAIL {fault}")
    if json_:
        _print_json({"promises": told, "cases": number, "failed": failed})
    else:
        print(f"{number} cases of {len(told)} promises, {failed} failed.")
    return 1 if failed else 0


@app.command
def check(
    *, pack: Packs = (), file: Files = (), network: Path | None = None, day: str | None = None, json_: Json = False
) -> int:
    """Check that promises are sound, and every known agency against every share, or against every owner they bind.

    With --network: each share of the file that a promise refuses is a finding, and the exit status 1. Without: what every owner
    bound by the promises refuses to every agency of the registry, by class.

    Parameters
    ----------
    pack
        Only this rule pack; may be repeated. Without --pack and --file: all that come with the program.
    file
        A file of promises or a rule pack of your own; may be repeated.
    network
        A CSV file of shares with the columns owner and receiver (ids or names), and onward (yes or no) where known.
    day
        Judge by what was in force on this day (YYYY-MM-DD) instead of today.
    json_
        Print one JSON document.
    """
    registry, today = load(), _today() if day is None else _day(day, "--day")
    chosen = _chosen(pack, file)
    faults = [f"{promise.id}: {fault}" for promise in chosen.promises for fault in unsound(promise, registry, today)]
    if faults:
        _print({"unsound": faults} if json_ else None, faults)
        return 1
    policy = Policy(epoch=0, day=today, registry=registry, promises=chosen.promises, shares=())
    return _check_all(policy, json_) if network is None else _check_network(policy, network, json_)


def _check_all(policy: Policy, json_: bool) -> int:
    started = perf_counter()
    owners = [agency for agency in policy.registry.agencies if policy.promises_of(agency)]
    found = survey(policy, owners)
    seconds = round(perf_counter() - started, 3)
    data = {"unsound": [], **promise_text.survey_data(found), "seconds": seconds}
    _print(data if json_ else None, [*promise_text.survey_lines(found, policy.registry), f"{seconds} s."])
    return 0


def _check_network(policy: Policy, network: Path, json_: bool) -> int:
    edges, unresolved = _edges(network, policy.registry, policy.day)
    started = perf_counter()
    found = check_shares(policy, edges)
    seconds = round(perf_counter() - started, 3)
    broken = len({(f.edge.owner, f.edge.receiver) for f in found})
    data = {
        "unsound": [], "shares": len(edges), "broken": broken, "unresolved": unresolved, "seconds": seconds,
        "findings": [promise_text.broken_data(finding) for finding in found],
    }  # fmt: skip
    lines = [finding.sentence for finding in found]
    lines += [f"{name}: ask who this is; nobody can tell, and doubt is a refusal." for name in unresolved]
    lines.append(
        f"{broken:,} of {len(edges):,} shares break a promise; {len(unresolved):,} names cannot be told. {seconds} s."
    )
    _print(data if json_ else None, lines)
    return 1 if found else 0


@app.command
def compare(old: str, new: str, *, json_: Json = False) -> int:
    """Show what changed in meaning between two versions of a promise file or rule pack. Exit status 1 when something loosens.

    Both versions are asked about every class of agency in the registry, as asker, employer, assignment and as the one asked for.

    Parameters
    ----------
    old
        The version before: a file, or the id of a rule pack that comes with the program.
    new
        The version after.
    json_
        Print one JSON document.
    """
    registry, today = load(), _today()
    (before, old_pack), (after, new_pack) = (_version(name) for name in (old, new))
    changes = compare_all(before, after, registry, today)
    limits = compare_limits(old_pack, new_pack) if old_pack and new_pack else ()
    loosens = any(change.loosens for change in changes) or any(edit.loosens for edit in limits)
    data = {
        "loosens": loosens, "changes": [promise_text.change_data(change) for change in changes],
        "limits": [promise_text.edit_data(edit) for edit in limits],
    }  # fmt: skip
    lines = [line for change in changes for line in promise_text.change_lines(change, registry)]
    lines += [line for edit in limits for line in promise_text.edit_lines(edit)]
    lines.append("It loosens what was promised." if loosens else "It loosens nothing." if lines else "Nothing changed.")
    _print(data if json_ else None, lines)
    return 1 if loosens else 0


@app.command
def template(
    name: str = "",
    *,
    agency: str = "",
    date: str = "",
    document: str = "",
    link: str = "",
    days: int | None = None,
    json_: Json = False,
) -> int:
    """Fill in a template of a promise and print the TOML; without a name, list the templates.

    Parameters
    ----------
    name
        The template.
    agency
        The agency that promises, by id or name.
    date
        The day of the promise, YYYY-MM-DD.
    document
        The resolution, ordinance or policy that holds it.
    link
        Where that document can be read.
    days
        How many days reads are kept, for the template that promises it.
    json_
        Print one JSON document.
    """
    if not name:
        every = {one: templates.title(one) for one in templates.names()}
        _print(every if json_ else None, [f"{one}  {title}" for one, title in every.items()])
        return 0
    for option, given in (("--agency", agency), ("--date", date), ("--document", document)):
        if not given:
            raise BadInput("this blank must be filled in", where=option)
    registry = load()
    promising = _agency(agency, registry)
    text = templates.fill(name, promising, _day(date, "--date"), document, link=link, days=days)
    for promise in parse_any(text, f"template {name}")[0]:
        require_sound(promise, registry, _today())
    _print({"template": name, "agency": promising.id, "toml": text} if json_ else None, [text.strip()])
    return 0


def _chosen(packs: Sequence[str], files: Sequence[Path], *, both: bool = False) -> _Chosen:
    """The packs and promises that the options name; all packs of the program where they name none (``both``: beside the files)."""
    names = packs or (() if files and not both else rulepacks.ids())
    read = [(path, parse_any(_text(path), str(path))) for path in files]
    chosen = _Chosen(
        (*(rulepacks.load(name) for name in dict.fromkeys(names)), *(pack for _, (_, pack) in read if pack)),
        tuple(promise for _, (promises, pack) in read if pack is None for promise in promises),
    )
    seen = set[str]()
    for promise in chosen.promises:
        if promise.id in seen:
            raise BadInput(f"promise {promise.id} is there twice", where="--file")
        seen.add(promise.id)
    return chosen


def _version(name: str) -> tuple[tuple[Promise, ...], RulePack | None]:
    return parse_any(rulepacks.text(name) if name in rulepacks.ids() else _text(Path(name)), name)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise BadInput(f"cannot be read: {error.strerror or error}", where=str(path)) from None
    except UnicodeDecodeError as error:
        raise BadInput(f"is no UTF-8 text (byte {error.start})", where=str(path)) from None


def _edges(path: Path, registry: Registry, day: date) -> tuple[list[Edge], list[str]]:
    """The shares of a CSV file, and the names in it that nobody can tell. Raises BadInput naming file and line."""
    rows = csv.DictReader(_text(path).splitlines(), strict=True)
    if not {"owner", "receiver"} <= set(rows.fieldnames or ()):
        raise BadInput("the first line must name the columns owner and receiver", where=f"{path}, line 1")
    known: dict[str, str | None] = {}
    edges: list[Edge] = []
    try:
        for row in rows:
            where = f"{path}, line {rows.line_num}"
            names = [(row["owner"] or "").strip(), (row["receiver"] or "").strip()]
            onward = (row.get("onward") or "").strip().lower()
            if not all(names) or onward not in _YES | _NO:
                raise BadInput("owner and receiver must be named, and onward be yes or no", where=where)
            for name in names:
                if name not in known:
                    known[name] = name if name in registry.agencies else resolve(name, day=day).agency
            owner, receiver = known[names[0]], known[names[1]]
            if owner and receiver:
                edges.append(Edge(owner, receiver, onward in _YES))
    except csv.Error as error:
        raise BadInput(f"this is no CSV: {error}", where=f"{path}, line {rows.line_num}") from None
    return edges, [name for name, agency in known.items() if agency is None]


def _agency(name: str, registry: Registry) -> Agency:
    found = name if name in registry.agencies else resolve(name, day=_today()).agency
    if found is None:
        raise BadInput(f"nobody can tell who {name!r} is; try: plateward agencies resolve", where="--agency")
    return registry.agencies[found]


def _day(text: str, where: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadInput(f"{text!r} is no day: write YYYY-MM-DD", where=where) from None


def _today() -> date:
    return datetime.now(UTC).date()


def _blocks(promises: Iterable[Promise]) -> Iterable[str]:
    for promise in promises:
        yield ""
        yield from promise_text.promise_lines(promise)


def _print(data: object | None, lines: Iterable[str]) -> None:
    if data is not None:
        _print_json(data)
    else:
        print("\n".join(lines))


def _print_json(data: object) -> None:
    print(json.dumps(data, ensure_ascii=False, indent=1))
