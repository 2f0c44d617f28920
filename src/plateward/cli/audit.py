"""``plateward audit``: the searches of a running node that are worth asking about, and what reviewers say of them."""

from __future__ import annotations

from typing import Any

import cyclopts
from rich.console import Console

from plateward.cli.caller import NOBODY, Caller, print_json
from plateward.cli.client import call

app = cyclopts.App(name="audit", help="Audit the searches of a running node.")


@app.default
def audit(*, month: str = "", year: str = "", caller: Caller = NOBODY) -> int:
    """Print the searches of a month that are worth asking about. Exit status 1 where there are some.

    Parameters
    ----------
    month
        The month, as in 2026-11; this month where neither month nor year is given.
    year
        A whole year, as in 2026.
    """
    found: dict[str, Any] = call(caller.login("access-log"), "GET", "/api/v1/audit", params={"period": year or month})
    if caller.json_:
        print_json(found)
    else:
        _print(found)
    return 1 if found["findings"] else 0


@app.command
def verdict(
    finding: str,
    said: str,
    words: str,
    *,
    month: str = "",
    caller: Caller = NOBODY,
) -> int:
    """Record what you say of a finding.

    Parameters
    ----------
    finding
        The finding's key.
    said
        justified, asked, misuse or mistake-of-pattern.
    words
        Why, in a few words.
    month
        The month or year it was found in; this month where left out.
    """
    body = {"finding": finding, "verdict": said, "words": words, "period": month}
    answer: dict[str, Any] = call(caller.login("access-log"), "POST", "/api/v1/audit/verdicts", json=body)
    if caller.json_:
        print_json(answer)
    else:
        print(f"Recorded as entry {answer['entry']} of the ledger.")
    return 0


def _print(found: dict[str, Any]) -> None:
    console = Console(highlight=False, soft_wrap=True)
    head = f"{found['period']}: {found['rows']:,} searches, {len(found['findings'])} findings"
    if found["months"]:
        console.print(f"{head} over the whole year. Verdicts belong to the findings of a month:", markup=False)
        for one in found["months"]:
            console.print(
                f"  {one['month']}: {one['findings']} findings, {one['waiting']} without a verdict", markup=False
            )
        console.print()
    else:
        console.print(f"{head}, {found['waiting']} without a verdict.\n", markup=False)
    for one in found["findings"]:
        console.print(f"[{one['severity']}] {one['pattern']} {one['key']}", style="bold", markup=False)
        rows = one["rows"]
        shown = ", ".join(map(str, rows[:8])) + (f" and {len(rows) - 8} more" if len(rows) > 8 else "")
        console.print(f"  {one['sentence']}" + (f" Records {shown}." if rows else ""), markup=False)
        for said in one["verdicts"]:
            console.print(f"  {said['by']} said {said['verdict']}: {said['words']}", style="dim", markup=False)
    for item in found["summary"]["not_tried"]:
        console.print(f"Not tried: {item['pattern']}: {item['why']}", style="dim", markup=False)
    console.print(f"This audit is entry {found['entry']} of the ledger.", style="dim")


@app.command
def sample(
    *,
    month: str = "",
    draw: bool = False,
    count: int = 30,
    caller: Caller = NOBODY,
) -> int:
    """Print the random sample of a month's searches; with --draw, draw it.

    Parameters
    ----------
    month
        The month or year; this month where left out.
    draw
        Draw it. Of a period that is over, the first draw stands.
    count
        How many records to draw.
    """
    login, path = caller.login("access-log"), "/api/v1/audit/sample"
    if draw:
        found: dict[str, Any] = call(login, "POST", path, json={"period": month, "count": count})
    else:
        found = call(login, "GET", path, params={"period": month})
    if caller.json_:
        print_json(found)
        return 0
    print(f"{found['purpose']}: {len(found['members'])} of {found['population']:,} searches, entry {found['entry']}")
    print(f"Seed: root {found['root']} of the first {found['size']:,} entries")
    for one in found["members"]:
        case = f"case {one['case']}" if one["case"] else "no case"
        print(f"  {one['record']}: {one['person']}, {one['reason']}, {case}: {one['verdict'] or 'not judged'}")
    return 0


@app.command
def checklist(*, caller: Caller = NOBODY) -> int:
    """Hold the policy against how the node runs. Exit status 1 where a line is not met."""
    login = caller.login("access-log")
    lines: list[dict[str, str]] = call(login, "GET", "/api/v1/audit/checklist")
    if caller.json_:
        print_json(lines)
    else:
        for line in lines:
            print(f"[{line['verdict']}] {line['asks']} ({line['source']})\n  {line['sentence']}")
        if login.demo:
            from plateward.demo.policy import GAPS

            print(f"\n{GAPS}")
    return 1 if any(line["verdict"] == "not met" for line in lines) else 0
