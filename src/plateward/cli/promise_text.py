"""Promises, packs, checks and comparisons as plain data for JSON, and as lines for people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from plateward.core.agency import Registry
from plateward.core.promise import Promise, RulePack
from plateward.core.purpose import REASONS
from plateward.core.share import RECEIVING, Act
from plateward.core.versions import Change, Edit, Shift, weaker_words
from plateward.oversight.promises import Broken, ClassFinding, Survey

EXAMPLES = 5
_SHOWN = 120


def promise_data(promise: Promise) -> dict[str, object]:
    """A promise as JSON data, its cases by name."""
    return {
        "promise": promise.id, "title": promise.title, "sentence": promise.sentence, "pack": promise.pack,
        "promised_by": promise.promised_by, "section": promise.section, "voice": promise.voice,
        "in_force_from": str(promise.in_force_from),
        "in_force_to": str(promise.in_force_to) if promise.in_force_to else None,
        "admits": list(promise.admits), "help": promise.help, "digest": promise.digest, "cedar": promise.cedar,
        "retention_minutes": promise.retention.ceiling_minutes if promise.retention else None,
        "source": {"document": promise.source.title, "date": str(promise.source.date), "link": promise.source.link},
        "cases": [{"name": case.name, "expect": case.expect} for case in promise.cases],
    }  # fmt: skip


def pack_data(pack: RulePack) -> dict[str, object]:
    """A rule pack as JSON data, without its promises."""
    kept, places, lists = pack.retention, pack.no_collect, pack.hot_lists
    return {
        "pack": pack.id, "title": pack.title, "version": pack.version, "in_force_from": str(pack.in_force_from),
        "states": list(pack.applies_to.states), "voice": pack.voice,
        "read_from": pack.read_from, "not_covered": list(pack.not_covered), "contested": list(pack.contested),
        "disclaimer": pack.disclaimer,
        "source": {"document": pack.source.title, "date": str(pack.source.date), "link": pack.source.link},
        "retention": {
            "ceiling_minutes": kept.ceiling_minutes, "unless": list(kept.unless), "section": kept.section,
        } if kept else None,
        "no_collect": {"places": list(places.places), "section": places.section} if places else None,
        "hot_lists": {"max_age_minutes": lists.max_age_minutes, "confirm_before_acting": lists.confirm_before_acting,
                      "section": lists.section} if lists else None,
        "purposes": {"permitted": list(pack.purposes.permitted), "section": pack.purposes.section} if pack.purposes else None,
        "duties": [{"what": duty.what, "section": duty.section, "by": duty.by} for duty in pack.duties],
        "promises": [promise.id for promise in pack.promises],
    }  # fmt: skip


def pack_lines(pack: RulePack) -> list[str]:
    """A rule pack in words: what it is, what it rests on, what it leaves out and what is contested."""
    lines = [
        f"{pack.title} ({pack.id}, version {pack.version})",
        f"  for agencies of {', '.join(pack.applies_to.states)}, from {pack.in_force_from}",
        f"  source: {pack.source.title}, {pack.source.date} {pack.source.link}".rstrip(),
        f"  read from: {pack.read_from}",
        f"  findings say: {pack.voice}",
    ]
    if pack.retention:
        unless = f" unless {', '.join(pack.retention.unless)}" if pack.retention.unless else ""
        lines.append(f"  kept at most: {duration(pack.retention.ceiling_minutes)}{unless} [{pack.retention.section}]")
    if pack.no_collect:
        lines.append(f"  nothing collected at: {', '.join(pack.no_collect.places)} [{pack.no_collect.section}]")
    if pack.hot_lists:
        age = pack.hot_lists.max_age_minutes
        lines.append(
            f"  hot lists: {f'at most {duration(age)} old; ' if age else ''}"
            f"{'a match is confirmed before anybody acts' if pack.hot_lists.confirm_before_acting else 'no confirmation asked'} "
            f"[{pack.hot_lists.section}]"
        )
    if pack.purposes:
        lines.append(f"  purposes: {', '.join(pack.purposes.permitted)} [{pack.purposes.section}]")
    lines += [f"  duty ({duty.by}): {duty.what} [{duty.section}]" for duty in pack.duties]
    lines += [f"  not covered: {what}" for what in pack.not_covered]
    lines += [f"  contested: {what}" for what in pack.contested]
    return [*lines, f"  {pack.disclaimer}"]


def duration(minutes: int) -> str:
    """Minutes as people say them."""
    for size, word in ((1440, "day"), (60, "hour"), (1, "minute")):
        if minutes % size == 0:
            return f"{minutes // size} {word}{'s' * (minutes // size != 1)}"
    return f"{minutes} minutes"


def promise_lines(promise: Promise) -> list[str]:
    """A promise in words, with its rule and its cases."""
    until = f" until {promise.in_force_to}" if promise.in_force_to else ""
    lines = [
        f"{promise.id}: {promise.title}",
        f"  “{promise.sentence}”",
        f"  in force from {promise.in_force_from}{until}; {promise.section or 'no section'}",
        f"  source: {promise.source.title}, {promise.source.date} {promise.source.link}".rstrip(),
    ]
    if promise.retention:
        lines.append(f"  kept at most: {duration(promise.retention.ceiling_minutes)}")
    if promise.admits:
        lines.append(f"  admits: {', '.join(promise.admits)}")
    if promise.help:
        lines.append(f"  who can help: {promise.help}")
    lines += [f"    {line}" for line in promise.cedar.strip().splitlines()]
    return [*lines, *(f"  {case.expect}: {case.name}" for case in promise.cases)]


def broken_data(broken: Broken) -> dict[str, object]:
    """A share that breaks a promise, as JSON data."""
    promise = broken.promise
    return {
        "owner": broken.edge.owner, "receiver": broken.edge.receiver,
        "promise": promise.id if promise else None, "pack": promise.pack if promise else None,
        "section": promise.section if promise else "", "voice": promise.voice if promise else "ask",
        "sentence": broken.sentence, "chain": list(broken.chain),
    }  # fmt: skip


def survey_data(survey: Survey) -> dict[str, object]:
    """A survey as JSON data; classes are counted, with examples of who is in them."""
    return {
        "agencies": survey.agencies, "owners": survey.owners, "unknown": len(survey.unknown),
        "owner_classes": survey.owner_classes, "receiver_classes": survey.receiver_classes,
        "questions": survey.questions, "asked": survey.asked, "refused_pairs": survey.refused_pairs,
        "findings": [_finding_data(finding) for finding in survey.findings],
    }  # fmt: skip


def _finding_data(finding: ClassFinding) -> dict[str, object]:
    return {
        "promises": [promise.id for promise in finding.promises],
        "owners": len(finding.owners), "owner_examples": list(finding.owners[:EXAMPLES]),
        "receivers": len(finding.receivers), "receiver_examples": list(finding.receivers[:EXAMPLES]),
        "pairs": finding.pairs, "whole": finding.whole,
        "refused": {str(act): reasons for act, reasons in _by_act(finding.refused)},
        "because": finding.because.words, "chain": list(finding.because.chain),
    }  # fmt: skip


def _by_act(refused: Iterable[tuple[Act, str]]) -> Iterable[tuple[Act, list[str]]]:
    for act, pairs in groupby(refused, key=lambda pair: pair[0]):
        yield act, [reason for _, reason in pairs]


def survey_lines(survey: Survey, registry: Registry) -> list[str]:
    """A survey in words, the classes with the most pairs first."""
    lines = [
        f"{survey.agencies:,} agencies against {survey.owners:,} owners: {survey.questions:,} questions of "
        f"{survey.receiver_classes:,} classes of receivers and {survey.owner_classes:,} classes of owners, "
        f"{survey.asked:,} asked of a rule.",
        f"{survey.refused_pairs:,} pairs exchange no data at all; {len(survey.unknown):,} agencies are not classified "
        "and refused by everybody.",
    ]
    for finding in survey.findings[:_SHOWN]:
        receivers, owners = (_some(registry, ids) for ids in (finding.receivers, finding.owners))
        because = f" ({finding.because.words})" if finding.because.words else ""
        lines.append(f"{finding.pairs:>12,} pairs: {owners} refuses {receivers}{because}")
        lines.append(f"{'':>14}{_refused(finding)}: {', '.join(p.id for p in finding.promises)}")
    if len(survey.findings) > _SHOWN:
        lines.append(f"{len(survey.findings) - _SHOWN:,} more classes; --json prints all")
    return lines


def _refused(finding: ClassFinding) -> str:
    """What is refused: all data, data for some purposes, or some acts."""
    if finding.whole:
        return "no data"
    by_act = {act: tuple(reasons) for act, reasons in _by_act(finding.refused)}
    receiving = {reasons for act, reasons in by_act.items() if act in RECEIVING}
    if len(receiving) == 1 and set(by_act) >= RECEIVING:
        return f"no data for {', '.join(receiving.pop())}"
    return "; ".join(
        act if len(reasons) == len(REASONS) else f"{act} for {', '.join(reasons)}" for act, reasons in by_act.items()
    )


def _some(registry: Registry, agencies: Sequence[str]) -> str:
    more = f" and {len(agencies) - 1:,} more" if len(agencies) > 1 else ""
    return f"{registry.called(agencies[0])}{more}"


def change_data(change: Change) -> dict[str, object]:
    """A changed promise as JSON data."""
    return {
        "promise": change.promise, "loosens": change.loosens, "tightens": change.tightens,
        "status": "added" if change.old is None else "withdrawn" if change.new is None else "changed",
        "edits": [edit_data(edit) for edit in change.edits],
        "weaker_words": _weaker(change),
        "answers": [_shift_data(shift) for shift in change.shifts],
    }  # fmt: skip


def edit_data(edit: Edit) -> dict[str, object]:
    """A changed part of a promise or pack as JSON data."""
    return {"part": edit.part, "before": edit.before, "after": edit.after, "loosens": edit.loosens}


def _weaker(change: Change) -> dict[str, list[str]]:
    if change.old is None or change.new is None:
        return {"put_in": [], "taken_out": []}
    put_in, taken_out = weaker_words(change.old.sentence, change.new.sentence)
    return {"put_in": list(put_in), "taken_out": list(taken_out)}


def _shift_data(shift: Shift) -> dict[str, object]:
    return {
        "loosens": shift.loosens, "agencies": len(shift.agencies), "examples": list(shift.agencies[:EXAMPLES]),
        "position": shift.position, "acts": list(shift.acts), "purposes": list(shift.purposes), "documents": list(shift.documents),
    }  # fmt: skip


def change_lines(change: Change, registry: Registry) -> list[str]:
    """A changed promise in words: what is allowed now that was refused comes first."""
    if change.old is None:
        return [f"{change.promise}: added"]
    if change.new is None:
        return [f"{change.promise}: WITHDRAWN; nothing of it is promised any more"]
    lines = [f"{change.promise}: {'LOOSENS' if change.loosens else 'changed, loosens nothing'}"]
    weaker = _weaker(change)
    if weaker["put_in"]:
        lines.append(f"  words put in that make it smaller: {', '.join(weaker['put_in'])}")
    if weaker["taken_out"]:
        lines.append(f"  words taken out that make it smaller: {', '.join(weaker['taken_out'])}")
    for shift in sorted(change.shifts, key=lambda shift: not shift.loosens):
        now = "allowed now, refused before" if shift.loosens else "refused now, allowed before"
        acts = "any act" if len(shift.acts) == len(Act) else ", ".join(shift.acts)
        purposes = "any purpose" if len(shift.purposes) == len(REASONS) else ", ".join(shift.purposes)
        papers = f", with {', '.join(shift.documents)}" if shift.documents else ""
        lines.append(f"  {now}: {_some(registry, shift.agencies)} {shift.position}: {acts}; {purposes}{papers}")
    return [*lines, *(line for edit in change.edits for line in edit_lines(edit))]


def edit_lines(edit: Edit) -> list[str]:
    """A changed part in words, before and after."""
    lines = [f"  {edit.part}{' (loosens)' if edit.loosens else ''}:"]
    for sign, text in (("-", edit.before), ("+", edit.after)):
        lines += [f"    {sign} {line}" for line in text.splitlines()]
    return lines
