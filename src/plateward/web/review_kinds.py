"""The three kinds of review that the page offers, over uploaded files. Plain functions: they run in the child process."""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

from plateward import rulepacks
from plateward.core.cases import require_sound
from plateward.core.errors import BadInput
from plateward.core.promise import Promise, RulePack, parse_promises
from plateward.formats.audits.read import SearchLog, read_log
from plateward.formats.sharing.lists import Direction, Kind, SharingList, Unread, Where
from plateward.formats.sharing.read import read_sharing
from plateward.formats.tables import write_csv
from plateward.oversight.audit.findings import AuditResult
from plateward.oversight.audit.masks import quotable
from plateward.oversight.audit.run import TITLES, audit
from plateward.oversight.review import output
from plateward.oversight.review.compare import Snapshot, comparison_json
from plateward.oversight.review.compare import compare as compare_lists
from plateward.oversight.review.findings import Document, Finding, Review, Reviewed
from plateward.oversight.review.judging import Judging, context_for, judge_list, lists_of_owner, stated_day
from plateward.oversight.review.logs import mapping_of
from plateward.oversight.review.page import cropper, portals_page, searches_page, sharing_page
from plateward.oversight.review.parties import Parties, read_corrections, unknown_rows
from plateward.oversight.review.portals import PortalReview, PortalReviewer
from plateward.registry import load as load_registry
from plateward.web.chains import steps_of
from plateward.web.review_seen import (
    MOST,
    AuditSeen,
    Compared,
    DocumentSeen,
    EntrySeen,
    FindingSeen,
    PortalFindingSeen,
    PortalSeen,
    SearchesSeen,
    SharingSeen,
    Unclear,
)
from plateward.web.review_work import Given, Job, Outcome, Sent, digest, given

_VOICES = ("contradicts", "appears contrary to", "ask")
_GRAVE = ("immigration-enforcement", "federal", "out-of-state", "private")
Judged = tuple[Review, Parties]


def sharing(job: Job) -> Outcome:
    """Lists, reports and portals: who is on them and what each entry breaks; of a portal also its words against its facts."""
    packs, own = _packs(job), _own(job)
    by = Judging(job.today, packs, job.agency or None, own, job.on, _corrections(job))
    judged: list[Judged] = []
    portals: list[PortalReview] = []
    seen: list[PortalSeen] = []
    for file in job.files:
        lists = read_sharing(file.data, file.name, mapping=mapping_of(job.columns))
        mine = _portals([source for source in lists if source.portal], file, job, packs)
        chosen = [_judge(_as_told(source, job), file, by) for source in _own_lists(lists, by, mine, file.name)]
        judged += [one for one in chosen if one[0].entries or not mine]
        portals += mine
        seen += [_portal_seen(review, laws=not chosen) for review in mine]
    return Outcome(
        sharing=tuple(_sharing_seen(review, parties, job.agency) for review, parties in judged),
        portals=tuple(sorted(seen, key=lambda portal: -portal.in_all)),
        files=tuple(_sharing_files([review for review, _ in judged], portals, job.files)) if job.files_wanted else (),
    )


def _own_lists(lists: list[SharingList], by: Judging, portals: list[PortalReview], where: str) -> Sequence[SharingList]:
    """The lists to judge for the agency. Without one, many portals in a file, or one whose agency nobody can tell, were
    reviewed as far as that goes.
    """
    if by.owner is None and portals and (len(lists) > 1 or portals[-1].problem):
        return ()
    return lists_of_owner(lists, by, where)


def _judge(source: SharingList, file: Sent, by: Judging) -> Judged:
    return judge_list(source, file.name, digest(file.data), by)


def _as_told(source: SharingList, job: Job) -> SharingList:
    direction = Direction(job.direction) if job.direction else None
    return source.of_kind(direction, Kind(job.hotlists) if job.hotlists else None)


def _packs(job: Job) -> list[RulePack]:
    return [rulepacks.load(pack) for pack in (job.packs or rulepacks.ids())]


def _text(file: Sent) -> str:
    try:
        return file.data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadInput("the file is not UTF-8 text", where=file.name) from None


def _own(job: Job) -> tuple[Promise, ...]:
    """The agency's own promises, each checked against its own cases."""
    if job.promise is None:
        return ()
    try:
        promises = parse_promises(_text(job.promise), job.promise.name)
        for promise in promises:
            require_sound(promise, load_registry(), job.today)
    except BadInput as wrong:
        raise BadInput(str(wrong), where="promise") from None
    return promises


def _corrections(job: Job) -> dict[str, str]:
    if job.corrections is None:
        return {}
    try:
        return read_corrections(_text(job.corrections), job.corrections.name)
    except BadInput as wrong:
        raise BadInput(str(wrong), where="corrections") from None


def _portals(lists: list[SharingList], file: Sent, job: Job, packs: Sequence[RulePack]) -> list[PortalReview]:
    reviewer = PortalReviewer(Parties(job.today), packs, job.on or job.today)
    sha256 = digest(file.data)
    return [reviewer.review(source, Document(file.name, sha256, source.format, source.dated)) for source in lists]


def _sharing_files(reviews: list[Review], portals: list[PortalReview], files: Sequence[Sent]) -> Iterable[Given]:
    if reviews:
        crop = _cropping(files[0]) if len(files) == 1 else None
        documents = [output.review_json(review) for review in reviews]
        met = [entry.party for review in reviews for entry in review.entries]
        yield given("plateward-review.html", "Report", "text/html", sharing_page(reviews, crop))
        yield given("plateward-review.csv", "Table", "text/csv", output.review_csv(reviews))
        yield given(
            "plateward-review.json",
            "JSON",
            "application/json",
            _json(documents[0] if len(documents) == 1 else documents),
        )
        letters = "\n\n---\n\n".join(output.letter(review) for review in reviews)
        yield given("plateward-letter.md", "Letter to the clerk", "text/markdown", letters)
        if rows := unknown_rows(met):
            table = write_csv(("name", "why", "guesses", "agency"), rows)
            yield given("plateward-unknown.csv", "Unknown names, to fill in", "text/csv", table)
    if portals:
        yield given("plateward-portals.html", "Report on the portals", "text/html", portals_page(portals))
        yield given(
            "plateward-portals.json", "Portals as JSON", "application/json", _json(output.portals_json(portals))
        )


def _cropping(file: Sent) -> Callable[[Where], bytes | None] | None:
    return cropper(file.data) if b"%PDF-" in file.data[:1024] else None


def _json(document: Any) -> str:
    return json.dumps(document, ensure_ascii=False, indent=1, default=str)


def _sharing_seen(review: Review, parties: Parties, typed: str) -> SharingSeen:
    found = sorted(review.found, key=_order)
    unknown = [r for r in review.open if not r.party.by_name]
    by_voice = Counter(f.voice for r in review.found for f in r.findings)
    document = review.document
    return SharingSeen(
        DocumentSeen(document.name, document.sha256, document.format, document.dated),
        review.owner.name, review.owner.id, typed, parties.find(typed).why if typed else "as the file names it",
        review.day, len(review.entries), {voice: by_voice[voice] for voice in _VOICES if by_voice[voice]},
        tuple(_entry_seen(r, parties) for r in found[:MOST]), len(found),
        tuple(_entry_seen(r, parties) for r in unknown[:MOST]), len(unknown),
        sum(r.party.by_name for r in review.open),
        tuple(_unclear(u) for u in review.unread[:100]), len(review.unread), tuple(_for_page(n) for n in review.notes),
        tuple(f"{p.title} ({p.section})" if p.section else p.title for p in review.promises),
    )  # fmt: skip


def _rank(f: Finding) -> int:
    return _VOICES.index(f.voice) if f.voice in _VOICES else len(_VOICES)


def _order(r: Reviewed) -> tuple[int, int]:
    """Contradicted promises first, then laws, then questions; among equals the gravest receivers."""
    return min(map(_rank, r.findings)), min(
        (_GRAVE.index(name) for name in r.components if name in _GRAVE), default=len(_GRAVE)
    )


def _entry_seen(r: Reviewed, parties: Parties) -> EntrySeen:
    agencies = parties.registry.agencies
    agency = agencies.get(r.party.id) if r.party.id else None
    named = [(id_, agencies[id_].name if id_ in agencies else id_) for id_ in r.chain]
    steps = tuple(steps_of(named, parties.registry))
    shown = {edge.source for step in steps for edge in step.because}
    findings = (
        FindingSeen(f.voice, f.sentence, f.title, f.section, f.in_force_from) for f in sorted(r.findings, key=_rank)
    )
    return EntrySeen(
        name=r.entry.name,
        where=str(r.entry.where),
        direction=str(r.entry.direction),
        kind=str(r.entry.kind),
        inactive=r.entry.inactive,
        called=agency.name if agency and not r.party.by_name else "",
        why=r.party.why,
        findings=tuple(findings),
        steps=steps,
        sources=tuple(source for source in r.party.resolution.sources if source not in shown)[:3],
        ask=r.ask,
        confidence=r.entry.confidence,
    )


def _unclear(u: Unread) -> Unclear:
    return Unclear(str(u.where), u.text[:200], u.why)


def _portal_seen(r: PortalReview, *, laws: bool) -> PortalSeen:
    """A portal's own words against its facts; ``laws``: with what rule packs find, where no table of its entries says it."""
    told = [f for f in r.findings if laws or f.kind != "law"]
    document = DocumentSeen(r.document.name, r.document.sha256, r.document.format, r.document.dated)
    shown = tuple(PortalFindingSeen(f.voice, f.sentence) for f in told[:MOST])
    unread = tuple(map(_unclear, r.unread[:MOST]))
    notes = tuple(map(_for_page, r.notes))
    return PortalSeen(
        document, r.name, r.owner.name if r.owner else "", r.outbound, r.inbound, shown, len(told), r.problem,
        unread, len(r.unread), notes,
    )  # fmt: skip


def _for_page(note: str) -> str:
    """A note of the review in words of the page."""
    return note.replace("Give its day with --on.", "Give its day under More.")


def searches(job: Job) -> Outcome:
    """Search logs: what deserves a question. Names and plates are numbers here, always."""
    context = context_for(job.agency or None, job.today, retention_days=job.retention_days)
    seen: list[SearchesSeen] = []
    files: list[Given] = []
    for number, file in enumerate(job.files, 1):
        if not file.data.strip():
            raise BadInput("the file is empty", where=file.name)
        mapping = mapping_of(job.columns)
        log = read_log(io.BytesIO(file.data), file.name, mapping, windows=job.retention_days is not None)
        result = audit(log.rows, log.present, context, columns=partial(getattr, log, "columns"))
        log.rejected[:] = [Unread(u.where, quotable(u.text), u.why) for u in log.rejected]
        seen.append(_searches_seen(file, log, result))
        if job.files_wanted:
            files += _searches_files(f"-{number}" if len(job.files) > 1 else "", file, log, result)
    return Outcome(searches=tuple(seen), files=tuple(files))


def _lacking(why: str) -> str:
    """Why a pattern was not tried, in words of the page: what it has no field for, the command line has."""
    return why.replace(" with --retention-days", " under More").replace(
        " with --", " to plateward review searches with --"
    )


def _searches_files(number: str, file: Sent, log: SearchLog, result: AuditResult) -> Iterable[Given]:
    sha256, name, about = digest(file.data), f"plateward-searches{number}", f" on {file.name}" if number else ""
    yield given(f"{name}.html", f"Report{about}", "text/html", searches_page(file.name, sha256, log, result))
    yield given(f"{name}.csv", f"Table{about}", "text/csv", output.searches_csv(result))
    document = output.searches_json(file.name, sha256, log, result)
    yield given(f"{name}.json", f"JSON{about}", "application/json", _json(document))


def _searches_seen(file: Sent, log: SearchLog, result: AuditResult) -> SearchesSeen:
    severities = Counter(str(f.severity) for f in result.findings)
    shown = (
        AuditSeen(TITLES[f.pattern], str(f.severity), f.sentence, f.rows[:12], len(f.rows))
        for f in result.findings[:MOST]
    )
    return SearchesSeen(
        document=DocumentSeen(file.name, digest(file.data), log.format),
        rows=result.rows,
        first=result.first,
        last=result.last,
        by_severity={name: severities[name] for name in ("high", "medium", "low") if severities[name]},
        findings=tuple(shown),
        in_all=len(result.findings),
        tried=tuple(TITLES[pattern] for pattern in result.tried),
        not_tried=tuple((TITLES[pattern], _lacking(why)) for pattern, why in result.not_tried),
        withheld=dict(log.columns.withheld),
        unread=tuple(_unclear(u) for u in log.rejected[:100]),
        unread_in_all=log.rejected_count,
        notes=tuple(log.notes),
    )


def compare(job: Job) -> Outcome:
    """Two or more lists of one agency over time."""
    snapshots: list[Snapshot] = []
    for file in job.files:
        for source in read_sharing(file.data, file.name, mapping=mapping_of(job.columns)):
            day = stated_day(source, file.name)
            if day is None:
                raise BadInput(
                    "the file bears no date: put its day into its name, as in list-2024-05-01.csv", where=file.name
                )
            snapshots.append(Snapshot(file.name, day, source))
    document = comparison_json(compare_lists(snapshots, Parties(job.today)))
    cut = {**document, "changes": document["changes"][:MOST], "timeline": document["timeline"][:MOST]}
    compared = Compared(cut, len(document["changes"]), len(document["timeline"]))
    return Outcome(compared=compared, files=tuple(_compare_files(document)) if job.files_wanted else ())


def _compare_files(document: dict[str, Any]) -> Iterable[Given]:
    heading = ("before", "since", "what", "name", "was", "direction", "kind")
    rows = ([change[name] for name in heading] for change in document["changes"])
    yield given("plateward-changes.csv", "Table of changes", "text/csv", write_csv(heading, rows))
    yield given("plateward-changes.json", "JSON", "application/json", _json(document))
