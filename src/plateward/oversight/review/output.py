"""Reviews as JSON, CSV and a letter in Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from plateward.core.agency import Component
from plateward.formats.audits.read import SearchLog
from plateward.formats.sharing.lists import Unread
from plateward.formats.tables import write_csv
from plateward.oversight.audit.findings import AuditResult
from plateward.oversight.review.compare import Comparison
from plateward.oversight.review.findings import ASK, Document, Review, Reviewed
from plateward.oversight.review.portals import PortalReview, counts

DISCLAIMER = (
    "A finding is a question with its source. It is a reading of published promises and laws by a program; whether a law was "
    "broken is for others to decide."
)


def document_json(document: Document) -> dict[str, Any]:
    """Provenance of a review."""
    dated = document.dated.isoformat() if document.dated else None
    return {"name": document.name, "sha256": document.sha256, "format": document.format, "dated": dated}


def unread_json(unread: Iterable[Unread]) -> list[dict[str, str]]:
    """What could not be read, by place."""
    return [{"where": str(u.where), "text": u.text, "why": u.why} for u in unread]


def review_json(review: Review) -> dict[str, Any]:
    """A sharing review as one JSON document (``plateward review sharing --json``)."""
    return {
        "agency": review.owner.id,
        "name": review.owner.name,
        "day": review.day.isoformat(),
        "document": document_json(review.document),
        "promises": [
            {"id": p.id, "title": p.title, "section": p.section, "in_force_from": p.in_force_from.isoformat()}
            for p in review.promises
        ],
        "entries": [entry_json(r) for r in review.entries],
        "unread": unread_json(review.unread),
        "notes": list(review.notes),
        "summary": review.summary(),
        "disclaimer": DISCLAIMER,
    }


def entry_json(reviewed: Reviewed) -> dict[str, Any]:
    """One entry of ``review sharing``."""
    entry, resolution = reviewed.entry, reviewed.party.resolution
    where = entry.where
    return {
        "name": entry.name,
        "direction": str(entry.direction),
        "kind": str(entry.kind),
        "agency": None if reviewed.party.by_name else reviewed.party.id,
        "chain": list(reviewed.chain),
        "components": list(reviewed.components),
        "findings": [
            {
                "promise": f.promise, "sentence": f.sentence, "voice": f.voice, "section": f.section, "pack": f.pack,
                "in_force_from": f.in_force_from.isoformat() if f.in_force_from else None,
            }
            for f in reviewed.findings
        ],
        "ask": reviewed.ask,
        "status": "corrected" if reviewed.party.corrected else str(resolution.status),
        "confidence": resolution.confidence,
        "why": reviewed.party.why,
        "guesses": list(reviewed.party.guesses),
        "sources": [{"title": s.title, "date": s.date.isoformat(), "link": s.link} for s in resolution.sources],
        "inactive": entry.inactive,
        "city": entry.city,
        "state": entry.state,
        "hotlists": list(entry.hotlists),
        "networks": list(entry.networks),
        "where": {"page": where.page, "line": where.line, "sheet": where.sheet, "field": where.field, "box": where.box},
        "read_confidence": entry.confidence,
    }  # fmt: skip


def review_csv(reviews: Iterable[Review]) -> str:
    """A row an entry and finding; cells that a spreadsheet would run are neutralised."""
    heading = (
        "owner", "file", "sha256", "where", "name", "direction", "kind", "agency", "chain", "components", "inactive",
        "voice", "promise", "sentence", "ask", "section", "in_force_from", "judged_as_of", "told_by", "told_from",
    )  # fmt: skip
    return write_csv(heading, (row for review in reviews for row in _csv_rows(review)))


def _csv_rows(review: Review) -> Iterable[tuple[object, ...]]:
    for r in review.entries:
        entry = r.entry
        start = (
            review.owner.id, review.document.name, review.document.sha256, str(entry.where), entry.name, entry.direction,
            entry.kind, r.party.id or "", " > ".join(r.chain), " ".join(r.components), "yes" if entry.inactive else "",
        )  # fmt: skip
        sources = "; ".join(f"{s.title}, {s.date}" for s in r.party.resolution.sources)
        for f in r.findings:
            since = f.in_force_from or ""
            yield (*start, f.voice, f.promise, f.sentence, r.ask, f.section, since, review.day, r.party.why, sources)
        if not r.findings:
            yield (*start, "", "", "", r.ask, "", "", review.day, r.party.why, sources)


def portals_csv(reviews: Iterable[PortalReview]) -> str:
    """A row a finding of each portal, and one for each portal that could not be judged."""
    heading = (
        "portal",
        "agency",
        "file",
        "sha256",
        "dated",
        "kind",
        "voice",
        "promise",
        "sentence",
        "quote",
        "entries",
    )
    return write_csv(heading, (row for review in reviews for row in _portal_rows(review)))


def _portal_rows(review: PortalReview) -> Iterable[tuple[object, ...]]:
    document = review.document
    start = (review.name, review.owner.id if review.owner else "", document.name, document.sha256, document.dated or "")
    for f in review.findings:
        yield (*start, f.kind, f.voice, f.promise, f.sentence, f.quote, "; ".join(f.entries))
    if review.problem:
        yield (*start, "not-judged", "", "", review.problem, "", "")


def comparison_csv(found: Comparison) -> str:
    """A row a change."""
    heading = ("what", "name", "was", "direction", "kind", "before", "since")
    rows = ((c.what, c.name, c.was, c.direction, c.kind, c.before, c.since) for c in found.changes)
    return write_csv(heading, rows)


def escaped(text: str) -> str:
    """Text that Markdown shows as it is, on one line."""
    plain = re.sub(r"([\\`*_\[\]#|~!])", r"\\\1", " ".join(text.split()))
    return plain.replace("<", "&lt;").replace(">", "&gt;")


def letter(review: Review, most: int = 200) -> str:
    """A letter in Markdown to the clerk or the head of the agency, quoting the entries and asking about each group."""
    owner, document = escaped(review.owner.name), review.document
    dated = f", dated {document.dated}" if document.dated else ""
    lines = [
        f"# Questions about the agencies with which {owner} shares plate data", "",
        f"To the clerk, and to the official responsible for licence plate readers at {owner}:", "",
        f"The document *{escaped(document.name)}*{dated} (SHA-256 `{document.sha256}`) lists {len(review.entries)} entries. "
        f"{len(review.found)} of them appear not to fit the following promises or laws, as they were in force on {review.day}. "
        "I ask you to look at each and to answer in writing.", "",
    ]  # fmt: skip
    by: dict[str, list[Reviewed]] = {}
    for r in review.found:
        for f in r.findings:
            by.setdefault(f.promise, []).append(r)
    for promise in review.promises:
        if entries := by.get(promise.id):
            lines += _letter_group(promise.title, promise.section, promise.sentence, promise.id, entries, most)
    asked = [r for r in review.open if not r.party.by_name]
    unknown = [r for r in asked if not r.party.known or Component.UNKNOWN in r.components]
    if unknown:
        lines += [f"## {len(unknown)} that I cannot identify", "", "Please say who they are:", ""]
        lines += [f"- {escaped(r.entry.name)} ({r.entry.direction}, {r.entry.where})" for r in unknown[:most]]
        lines += [f"- and {len(unknown) - most} more", ""] if len(unknown) > most else [""]
    if others := [r for r in asked if r not in unknown]:
        lines += ["## Other questions", "", *(f"- {escaped(r.ask)} ({r.entry.where})" for r in others[:most]), ""]
    lines += ["## What I ask for", "",
              "1. For each entry above: since when, who approved it, and on which ground it is kept.",
              "2. The date on which it will be switched off, where it should not be kept.",
              "3. A new report from the same system after that date.", "", DISCLAIMER, ""]  # fmt: skip
    return "\n".join(lines)


def _letter_group(title: str, section: str, sentence: str, id_: str, entries: list[Reviewed], most: int) -> list[str]:
    lines = [f"## {escaped(title)}" + (f" ({escaped(section)})" if section else ""), "", f"> {escaped(sentence)}", ""]
    for r in entries[:most]:
        finding = next(f for f in r.findings if f.promise == id_)
        about = f": {' → '.join(r.chain)}" if len(r.chain) > 1 else ""
        verb = "ask whether this is covered" if finding.voice == ASK else finding.voice
        gone = ", marked inactive" if r.entry.inactive else ""
        lines.append(f"- “{escaped(r.entry.name)}” ({r.entry.where}{gone}){escaped(about)} — {verb}")
    if len(entries) > most:
        lines.append(f"- and {len(entries) - most} more, in the table that comes with this letter")
    return [*lines, ""]


def portals_json(reviews: Iterable[PortalReview]) -> dict[str, Any]:
    """Reviews of portals as one JSON document (``plateward review portal --json``)."""
    held = list(reviews)
    return {
        "portals": [
            {
                "name": r.name,
                "agency": r.owner.id if r.owner else None,
                "document": document_json(r.document),
                "outbound": r.outbound,
                "inbound": r.inbound,
                "retention_days": r.portal.retention_days,
                "problem": r.problem,
                "unread": unread_json(r.unread),
                "notes": list(r.notes),
                "findings": [
                    {"kind": f.kind, "voice": f.voice, "sentence": f.sentence, "quote": f.quote, "entries": list(f.entries),
                     "promise": f.promise}
                    for f in r.findings
                ],
            }
            for r in held
        ],
        "summary": {"portals": len(held), "findings": sum(len(r.findings) for r in held), "by_kind": counts(held),
                    "not_told": sum(r.owner is None for r in held)},
        "disclaimer": DISCLAIMER,
    }  # fmt: skip


def searches_json(name: str, sha256: str, log: SearchLog, result: AuditResult) -> dict[str, Any]:
    """An audit of a search log as one JSON document (``plateward review searches --json``)."""
    return {
        "rows": result.rows,
        "counted": counted_rows(log, result.rows),
        "document": {"name": name, "sha256": sha256, "format": log.format},
        "columns": sorted(log.columns.present),
        "withheld": dict(log.columns.withheld),
        "first": result.first.isoformat() if result.first else None,
        "last": result.last.isoformat() if result.last else None,
        "findings": [
            {
                "pattern": f.pattern, "severity": str(f.severity), "rows": list(f.rows), "sentence": f.sentence, "key": f.key,
                "organisation": f.who.organisation,
            }
            for f in result.findings
        ],
        "notes": list(log.notes),
        "rejected": {"count": log.rejected_count, "first": unread_json(log.rejected[:100])},
        "summary": searches_summary(result),
        "disclaimer": DISCLAIMER,
    }  # fmt: skip


def counted_rows(log: SearchLog, rows: int) -> str:
    """How many rows of what a log has: "1,209 searches", "2,031 acts on hot lists"."""
    what = {"flock-hotlist-actions": "acts on hot lists", "alert-log": "alerts"}.get(log.format, "searches")
    return f"{rows:,} {what}"


def searches_summary(result: AuditResult) -> Mapping[str, Any]:
    """The counts that head an audit."""
    severities: dict[str, int] = {}
    for finding in result.findings:
        severities[str(finding.severity)] = severities.get(str(finding.severity), 0) + 1
    return {
        "findings": len(result.findings),
        "by_pattern": result.counts(),
        "by_severity": severities,
        "tried": list(result.tried),
        "not_tried": [{"pattern": pattern, "why": why} for pattern, why in result.not_tried],
    }


def searches_csv(result: AuditResult) -> str:
    """A row a finding."""
    heading = ("pattern", "severity", "organisation", "searches", "first_rows", "sentence")
    rows = (
        (f.pattern, f.severity, f.who.organisation, len(f.rows), " ".join(map(str, f.rows[:50])), f.sentence)
        for f in result.findings
    )
    return write_csv(heading, rows)
