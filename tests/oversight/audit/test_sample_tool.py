"""``tools/audit/sample.py``: what a person judges is drawn over all patterns, the same for everybody."""

from __future__ import annotations

import csv
import runpy
import subprocess
import sys
from pathlib import Path

from plateward.oversight.audit.findings import Finding, Severity

TOOL = Path(__file__).resolve().parents[3] / "tools" / "audit" / "sample.py"


def test_every_finding_that_is_drawn_is_printed_with_its_rows(tmp_path: Path) -> None:
    log = tmp_path / "log.csv"
    with log.open("w", newline="") as file:
        write = csv.writer(file)
        write.writerow(["Name", "Org Name", "License Plate", "Reason", "Search Time"])
        for number in range(40):
            who, reason = f"officer {number}", f"investigation {'abcdefghij'[number % 10]}"
            write.writerow([who, "Ridgeport PD", f"7AB{number:03}", reason, f"2026-11-{1 + number % 28:02} 10:00:00"])
        write.writerow(["officer x", "Ridgeport PD", "7ZZ999", "ICE ERO detainer", "2026-11-05 10:00:00"])
    command = [sys.executable, str(TOOL), str(log), "--count", "6", "--seed", "a"]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "words-immigration" in told and "ICE ERO detainer" in told and "41 searches" in told
    assert told.count("\n1. ") == 1 and "\n7. " not in told


def test_the_same_findings_are_drawn_for_everybody_and_rare_patterns_are_among_them() -> None:
    draw = runpy.run_path(str(TOOL))["draw"]
    found = [Finding("vague-reason", Severity.LOW, (line,), f"finding {line}") for line in range(200)]
    found += [Finding("words-immigration", Severity.HIGH, (999,), "the only one")]
    assert draw(found, 10, "a") == draw(found[::-1], 10, "a") != draw(found, 10, "b")
    assert found[-1] in draw(found, 10, "a") and len(draw(found, 10, "a")) == 10
