"""Draw findings of an audit and print each with the rows it is about, so that a person can judge whether the pattern is right.

    python tools/audit/sample.py LOG.csv --count 100 --seed 2026-11 [--retention-days 30] [--for AGENCY]

The draw is reproducible: the same log, seed and count give the same findings. Every pattern that found something gets its share, at
least one finding, the rest in proportion to the square root of what it found, so that rare patterns are looked at too.
"""

from __future__ import annotations

import argparse
import hashlib
import math
from collections.abc import Sequence
from pathlib import Path

from plateward.cli.review_files import search_context, today
from plateward.core.access import AccessRow
from plateward.oversight.audit.findings import Finding
from plateward.oversight.audit.run import audit
from plateward.oversight.review.logs import open_log

SHOWN = ("at", "user", "organisation", "plate", "reason", "case", "offence", "begins", "ends", "networks", "search_type",
         "on_behalf_of", "moderation", "filters")  # fmt: skip


def draw(findings: Sequence[Finding], count: int, seed: str) -> list[Finding]:
    """``count`` findings over all patterns, in an order that the seed makes."""
    by: dict[str, list[Finding]] = {}
    for finding in findings:
        by.setdefault(finding.pattern, []).append(finding)
    for own in by.values():
        own.sort(
            key=lambda one: hashlib.sha256(f"{seed}|{one.pattern}|{one.rows[:50]}|{one.sentence}".encode()).digest()
        )
    by = dict(sorted(by.items()))
    roots = {pattern: math.sqrt(len(own)) for pattern, own in by.items()}
    wanted = {pattern: max(1, round(count * root / sum(roots.values()))) for pattern, root in roots.items()}
    chosen = [finding for pattern, own in by.items() for finding in own[: wanted[pattern]]]
    rest = [finding for pattern, own in by.items() for finding in own[wanted[pattern] :]]
    return [*chosen, *rest][:count]


def main() -> None:
    """Run the audit of the named log and print the drawn findings with up to ``--rows`` of their rows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("log", type=Path)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--seed", default="plateward")
    parser.add_argument("--rows", type=int, default=6)
    parser.add_argument("--retention-days", type=int)
    parser.add_argument("--for", dest="agency")
    parser.add_argument("--column", action="append", default=[])
    asked = parser.parse_args()
    context = search_context(
        asked.agency, asked.retention_days, None, 0.0, None, None, frozenset(), show_names=True, day=today()
    )
    kept: dict[int, AccessRow] = {}
    with open_log(asked.log, asked.column) as opened:
        rows = (kept.setdefault(row.line, row) for row in opened.log.rows)
        result = audit(rows, opened.log.present, context, columns=lambda: opened.log.columns)
    print(f"{result.rows:,} searches, {len(result.findings):,} findings: {result.counts()}")
    for number, finding in enumerate(draw(result.findings, asked.count, asked.seed), 1):
        print(f"\n{number}. [{finding.severity}] {finding.pattern} ({len(finding.rows)} rows)\n   {finding.sentence}")
        for line in finding.rows[: asked.rows]:
            row = kept[line]
            cells = (f"{name}={getattr(row, name)!s}" for name in SHOWN if getattr(row, name) not in ("", None))
            print(f"   {line}: {'; '.join(cells)}")


if __name__ == "__main__":
    main()
