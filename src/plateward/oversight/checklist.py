"""Two checklists, held against how a node runs: the seven parts of a policy, and the State Auditor's report 2019-118.

California Civ. Code 1798.90.51(b)(2)(A) to (G) says what a usage and privacy policy holds. The State Auditor found in 2020 that
agencies had such policies and did otherwise: nobody audited searches, shares were approved without asking for right and need,
accounts stayed open. So each line here compares what is written with what is so; a line that needs a person's judgement says that.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from plateward.core.purpose import REASONS, REFUSABLE, title
from plateward.core.retention import spoken
from plateward.formats.usage_policy import UsagePolicy

LAW = "Civ. Code 1798.90.51(b)(2)"
REPORT = "State Auditor 2019-118"
STALE_DAYS = 90
ASSESSED_DAYS = 366


class Verdict(StrEnum):
    """What a line comes to. ``ask``: a machine cannot tell, a person must."""

    MET = "met"
    NOT_MET = "not met"
    ASK = "ask"


@dataclass(frozen=True, slots=True)
class Account:
    """An account that is open. ``trained_until``: last day of training, None where none is recorded. ``used``: last search."""

    id: str
    role: str
    opened: date
    trained_until: date | None = None
    used: date | None = None
    searches: bool = False


@dataclass(frozen=True, slots=True)
class Running:
    """How a node runs on ``day``: what a policy is held against.

    ``kept_minutes``: retention in force. ``reasons``: how often each reason was answered in the last year. ``recipients``: ids of
    agencies with an active share, and of those ``reviewed`` for right and need. ``audited``: the day of the last audit;
    ``judged``: who gave verdicts. ``corrections``: misreads corrected in the last year.
    """

    agency: str
    day: date
    kept_minutes: int | None
    reasons: Mapping[str, int]
    accounts: tuple[Account, ...]
    recipients: frozenset[str]
    reviewed: frozenset[str]
    audited: date | None
    judged: frozenset[str]
    corrections: int


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a checklist: what is asked, by which source, and what it comes to, in a sentence."""

    id: str
    asks: str
    source: str
    verdict: Verdict
    sentence: str


def checklist(policy: UsagePolicy | None, running: Running, *, problem: str = "") -> tuple[Line, ...]:
    """Every line of both lists. ``problem``: why there is no policy."""
    if policy is None:
        told = problem or "There is no policy.toml in the data folder: docs/audit.md shows one."
        none = Line("policy", "A usage and privacy policy with its seven parts, published", LAW, Verdict.NOT_MET, told)
        return (none, *_report(None, running))
    return (*_law(policy, running), *_report(policy, running))


def _line(id_: str, asks: str, source: str, sentence: str, broken: str | None) -> Line:
    return Line(id_, asks, source, Verdict.NOT_MET if broken else Verdict.MET, broken or sentence)


def _law(policy: UsagePolicy, running: Running) -> Iterator[Line]:
    yield _purposes(policy, running)
    yield _users(policy, running)
    yield _monitoring(policy, running)
    extra, missing = (
        running.recipients - set(policy.sharing.recipients),
        set(policy.sharing.recipients) - running.recipients,
    )
    broken = _and(
        f"Reads are shared with {_some(extra)}, which the policy does not name." if extra else "",
        f"The policy names {_some(missing)}, with which nothing is shared." if missing else "",
    )
    yield _line(
        "sharing", "(D) Sale, sharing and transfer: purposes, process, restrictions", f"{LAW}(D)",
        f"The {len(running.recipients)} agencies that receive are those the policy names.", broken,
    )  # fmt: skip
    custodians = [account for account in running.accounts if account.role == "alpr-administrator"]
    yield _line(
        "custodian", "(E) The official custodian's title", f"{LAW}(E)", f"The custodian is the {policy.custodian.title}.",
        None if custodians else "Nobody has the ALPR administrator's account, so nobody does the custodian's work.",
    )  # fmt: skip
    yield Line(
        "accuracy", "(F) Accuracy, and how errors are corrected", f"{LAW}(F)", Verdict.MET,
        f"The policy says how; {running.corrections} misreads were corrected in the last year.",
    )  # fmt: skip
    same = running.kept_minutes == policy.retention.minutes
    kept = "nothing, because no retention is set" if running.kept_minutes is None else spoken(running.kept_minutes)
    yield _line(
        "retention", "(G) How long reads are kept", f"{LAW}(G)", f"Reads are kept {kept}, as the policy says.",
        None if same else f"The policy says {spoken(policy.retention.minutes)}; the node keeps {kept}.",
    )  # fmt: skip


def _purposes(policy: UsagePolicy, running: Running) -> Line:
    listed = set(policy.purposes.reasons)
    unknown = listed - REASONS.keys()
    refused = listed & REFUSABLE
    beyond = {reason for reason in running.reasons if reason not in listed}
    broken = _and(
        f"The policy lists {_some(unknown)}, which no search can have as its reason." if unknown else "",
        f"The policy lists {_some(refused)}, which is always refused." if refused else "",
        f"Searches were answered for {_some({title(r).lower() for r in beyond if r in REASONS})}, which the policy does not list."
        if beyond
        else "",
    )
    good = f"All {sum(running.reasons.values()):,} searches that were answered in the last year had a reason of the policy."
    return _line("purposes", "(A) The authorised purposes", f"{LAW}(A)", good, broken)


def _users(policy: UsagePolicy, running: Running) -> Line:
    named = {users.role for users in policy.users}
    beyond = {account.role for account in running.accounts} - named
    untrained = [account.id for account in running.accounts if account.searches and _overdue(account, running.day)]
    broken = _and(
        f"There are accounts with the role {_some(beyond)}, which the policy does not name." if beyond else "",
        f"{len(untrained)} of {sum(a.searches for a in running.accounts)} people who may search have no training on record, or it "
        "has run out."
        if untrained
        else "",
    )
    good = f"All {len(running.accounts)} accounts have a role of the policy, and the training is up to date."
    return _line("users", "(B) Job titles of those who may use it, and their training", f"{LAW}(B)", good, broken)


def _overdue(account: Account, day: date) -> bool:
    return account.trained_until is None or account.trained_until < day


def _monitoring(policy: UsagePolicy, running: Running) -> Line:
    every = policy.monitoring.audit_every_days
    if running.audited is None:
        broken = "Searches have never been audited."
    elif running.day - running.audited > timedelta(days=every):
        broken = f"The last audit was on {running.audited}; the policy asks for one every {every} days."
    else:
        broken = ""
    good = f"Searches were last audited on {running.audited}; the policy asks for it every {every} days."
    return _line("monitoring", "(C) How use is monitored", f"{LAW}(C)", good, broken or None)


def _report(policy: UsagePolicy | None, running: Running) -> Iterator[Line]:
    published = bool(policy and policy.published.startswith("https://"))
    yield _line(
        "published", "A policy with all elements, posted", REPORT, f"Posted at {policy.published if policy else ''}.",
        None if published else "The policy names no address (https://…) where everybody can read it.",
    )  # fmt: skip
    types = policy.data.types if policy and policy.data else ()
    yield _line(
        "data-types", "The types of data allowed into the system are named", REPORT, f"Named: {', '.join(types)}.",
        None if types else "The policy names no types of data ([data] types).",
    )  # fmt: skip
    yield _assessed(policy, running)
    unreviewed = running.recipients - running.reviewed
    yield _line(
        "partners", "Each partner reviewed for right and need", REPORT,
        f"All {len(running.recipients)} partners were reviewed.",
        f"Nobody recorded a review of right and need for {_some(unreviewed)}." if unreviewed else None,
    )  # fmt: skip
    why = policy.retention.why if policy else ""
    yield Line(
        "shortest", "The shortest useful retention, justified", REPORT, Verdict.ASK if why else Verdict.NOT_MET,
        f"The policy's reason, for a person to judge: {why}" if why else "The policy gives no reason for its retention.",
    )  # fmt: skip
    yield _stale(running)
    trained = sum(account.trained_until is not None for account in running.accounts if account.searches)
    of = sum(account.searches for account in running.accounts)
    yield _line(
        "training", "Training is recorded", REPORT, f"Recorded for all {of} people who may search.",
        None if trained == of else f"Recorded for {trained} of {of} people who may search (audit/training.csv).",
    )  # fmt: skip
    yield _audit_plan(policy, running)


def _assessed(policy: UsagePolicy | None, running: Running) -> Line:
    security = policy.security if policy else None
    asks = "A security assessment; a contract that binds whoever runs it"
    if security is None:
        return Line("security", asks, REPORT, Verdict.NOT_MET, "The policy says nothing of it ([security]).")
    if running.day - security.assessed > timedelta(days=ASSESSED_DAYS):
        return Line("security", asks, REPORT, Verdict.NOT_MET, f"The last assessment was on {security.assessed}.")
    return Line(
        "security",
        asks,
        REPORT,
        Verdict.ASK,
        f"Assessed on {security.assessed}; for a person to judge: {security.contract}",
    )


def _stale(running: Running) -> Line:
    stale = [
        account.id
        for account in running.accounts
        if account.searches and (running.day - (account.used or account.opened)).days > STALE_DAYS
    ]
    broken = (
        f"{len(stale)} accounts that may search have not for {STALE_DAYS} days: close them, or ask." if stale else None
    )
    return _line(
        "accounts", "Accounts closed when inactive or after leaving", REPORT,
        f"Everybody who may search has within {STALE_DAYS} days, or has a new account.", broken,
    )  # fmt: skip


def _audit_plan(policy: UsagePolicy | None, running: Running) -> Line:
    """Marin failed here because it could not show who reviewed and who approved."""
    asks = "An audit plan, the first audit done, reviewer and approver recorded"
    named = bool(policy and policy.monitoring.reviewer and policy.monitoring.approver)
    if running.audited is None or not running.judged or not named:
        lacking = [
            *([] if named else ["the policy names no reviewer and approver"]),
            *([] if running.audited else ["no audit was done"]),
            *([] if running.judged else ["nobody gave a verdict on a finding"]),
        ]
        return Line("audit-plan", asks, REPORT, Verdict.NOT_MET, f"{'; '.join(lacking).capitalize()}.")
    assert policy is not None
    told = (
        f"Last audited on {running.audited} by {policy.monitoring.reviewer}, for {policy.monitoring.approver}; verdicts were given "
        f"by {len(running.judged)} {'person' if len(running.judged) == 1 else 'people'}."
    )
    return Line("audit-plan", asks, REPORT, Verdict.MET, told)


def _some(names: set[str] | frozenset[str], most: int = 5) -> str:
    shown = sorted(names)[:most]
    more = len(names) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")


def _and(*sentences: str) -> str | None:
    return " ".join(sentence for sentence in sentences if sentence) or None
