"""The yearly certificate that New Jersey's Attorney General asks every agency for (Directive 2022-12), and what stands against it.

The directive asks to certify: a policy in place; that only authorised users have access; the date of each user's last training; a
random survey of accesses that shows no misuse; violations, and complaints. A certificate here states of each whether the node's own
records bear it out. A certificate that cannot be given is made all the same, and says why: that is the one worth reading.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from plateward.core.canonical import JSON
from plateward.oversight.checklist import Account, Line, Verdict

LEAST = 10
"""Accesses of the random survey that must be judged before anything is certified of it (or all, where there are fewer)."""


@dataclass(frozen=True, slots=True)
class Survey:
    """The random samples of a year: how many accesses were drawn, judged, and judged to be misuse, and from which roots."""

    drawn: int
    judged: int
    misuse: int
    roots: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Year:
    """What is certified of: the year's searches, audits and verdicts, the accounts, and what the certifier adds.

    ``months``: months of the year in which searches were audited. ``misuse``: findings judged to be misuse. ``waiting``: findings
    without a verdict. ``complaints``: how many the certifier knows of.
    """

    year: int
    agency: str
    searches: int
    months: int
    misuse: int
    waiting: int
    complaints: int
    remarks: str
    survey: Survey
    accounts: tuple[Account, ...]
    checks: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Statement:
    """One sentence that is certified, or why it cannot be."""

    id: str
    asks: str
    holds: bool
    sentence: str


def statements(year: Year, day: date) -> tuple[Statement, ...]:
    """Every statement of the certificate of ``year``, as of ``day``."""
    return (_policy(year), _users(year), _training(year, day), _survey(year), _violations(year), _audits(year))


def document(year: Year, day: date) -> dict[str, JSON]:
    """The certificate as a document that names nobody: users are numbered, in no order that could be joined with another year's."""
    said = statements(year, day)
    return {
        "certified": all(one.holds for one in said),
        "statements": [
            {"id": one.id, "asks": one.asks, "holds": one.holds, "sentence": one.sentence} for one in said
        ],
        "users": [
            {"role": role, "trained_until": until}
            for role, until in sorted((a.role, a.trained_until.isoformat() if a.trained_until else "") for a in year.accounts)
        ],
        "survey": {
            "drawn": year.survey.drawn, "judged": year.survey.judged, "misuse": year.survey.misuse,
            "roots": list(year.survey.roots),
        },
        "searches": year.searches, "complaints": year.complaints, "remarks": year.remarks,
    }  # fmt: skip


def _policy(year: Year) -> Statement:
    failing = [line for line in year.checks if line.verdict is Verdict.NOT_MET]
    told = f"{len(failing)} lines of the checklists are not met: {', '.join(line.id for line in failing)}."
    return Statement("policy", "A policy is in place and kept", not failing, told if failing else "Every line is met.")


def _users(year: Year) -> Statement:
    line = next((line for line in year.checks if line.id == "accounts"), None)
    holds = line is not None and line.verdict is Verdict.MET
    told = f"{len(year.accounts)} accounts are open. " + (line.sentence if line else "")
    return Statement("authorised-users", "Only authorised users have access", holds, told)


def _training(year: Year, day: date) -> Statement:
    late = sum(1 for a in year.accounts if a.searches and (a.trained_until is None or a.trained_until < day))
    told = f"{late} people who may search have no training on record, or it has run out."
    good = "Everybody who may search has training on record that has not run out."
    return Statement("training", "The date of each user's last training", not late, told if late else good)


def _survey(year: Year) -> Statement:
    survey, asks = year.survey, "A random survey of accesses shows no misuse"
    needed = min(LEAST, survey.drawn)
    if not survey.drawn and year.searches:
        return Statement("survey", asks, False, "No random sample was drawn.")
    if survey.judged < needed:
        told = f"Of {survey.drawn} accesses drawn at random, only {survey.judged} were judged."
        return Statement("survey", asks, False, told)
    told = f"Of {survey.drawn} accesses drawn at random, {survey.judged} were judged and {survey.misuse} were misuse."
    return Statement("survey", asks, survey.misuse == 0, told)


def _violations(year: Year) -> Statement:
    judged = f"Findings judged to be misuse: {year.misuse}; without a verdict: {year.waiting}."
    told = f"{judged} Complaints received: {year.complaints}."
    return Statement("violations", "Violations and complaints are reported", year.waiting == 0, told)


def _audits(year: Year) -> Statement:
    told = f"Searches were audited in {year.months} {'month' if year.months == 1 else 'months'} of {year.year}."
    return Statement("audits", "Searches were audited", year.months > 0, told)
