"""The review of files that other systems yield, by upload: read in a child process, shown, and forgotten unless asked otherwise."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

import msgspec
from starlette.responses import RedirectResponse, Response

from plateward import rulepacks
from plateward.web.endpoint import Call
from plateward.web.problem import Problem
from plateward.web.render import page, zone_of
from plateward.web.review_work import Job, Outcome, Sent
from plateward.web.upload import LARGEST
from plateward.web.workshop import KEEP_S, LIMIT_S

KINDS: Mapping[str, tuple[str, str]] = {
    "sharing": ("Sharing list or portal", "Who is really on it, and which promise or law each entry breaks."),
    "searches": ("Search log", "Which searches deserve a question."),
    "compare": ("Two or more dates", "What was added, removed, renamed or became inactive."),
}
"""What can be reviewed, and what comes of it."""

FIELDS = {"--for": "agency", "--column": "columns", "--on": "on", "promise": "promise", "corrections": "corrections"}
"""Fields of the page for what the review calls otherwise; whatever else is named is the file."""


class WhichKind(msgspec.Struct, frozen=True):
    """Which form the page shows."""

    kind: str = "sharing"


class ReviewForm(msgspec.Struct, frozen=True):
    """The fields beside the files, as typed; the page shows them again with what is wrong."""

    agency: str = ""
    pack: tuple[str, ...] = ()
    on: str = ""
    direction: str = ""
    hotlists: str = ""
    columns: str = ""
    retention_days: str = ""
    keep: str = ""


class WhichResult(msgspec.Struct, frozen=True):
    """A kept result."""

    handle: str = ""


class WhichFile(msgspec.Struct, frozen=True):
    """One file of a kept result."""

    handle: str
    name: str


async def start(call: Call, asked: WhichKind) -> Response:
    """The empty form for one kind of file."""
    if asked.kind not in KINDS:
        raise Problem(404, "There is no such kind of review.", next_step="Start at /review.")
    return await _show(call, asked.kind, ReviewForm())


async def sharing(call: Call, form: ReviewForm) -> Response:
    """Review sharing lists, reports and portals."""
    return await _review(call, "sharing", form)


async def searches(call: Call, form: ReviewForm) -> Response:
    """Audit search logs."""
    return await _review(call, "searches", form)


async def compare(call: Call, form: ReviewForm) -> Response:
    """Compare lists over time."""
    return await _review(call, "compare", form)


async def give(call: Call, asked: WhichFile) -> Response:
    """One file of a result that this session asked to be kept: always as a download, never shown as a page of this node."""
    found = call.site.workshop.kept.find(asked.handle, call.signed_in.id, asked.name)
    if found is None:
        raise Problem(
            404,
            "This result is no longer kept.",
            next_step=f"Results are dropped after {KEEP_S / 60:.0f} minutes: send the file again.",
        )
    headers = {"Content-Disposition": f'attachment; filename="{found.name}"'}
    return Response(found.body, media_type=f"{found.media}; charset=utf-8", headers=headers)


async def forget(call: Call, asked: WhichResult) -> Response:
    """Drop a kept result at once."""
    call.site.workshop.kept.forget(asked.handle, call.signed_in.id)
    return RedirectResponse("/review", 303)


async def _review(call: Call, kind: str, form: ReviewForm) -> Response:
    wrong: dict[str, str] = {}
    job = _job(call, kind, form, wrong)
    if wrong:
        return await _show(call, kind, form, wrong=wrong)
    outcome = await call.site.workshop.run(job, call.request, call.site.stopping)
    if outcome.error:
        return await _show(call, kind, form, wrong=_wrong(outcome))
    handle = call.site.workshop.keep(call.signed_in.id, outcome.files) if outcome.files else None
    return await _show(call, kind, form, outcome=outcome, handle=handle)


def _job(call: Call, kind: str, form: ReviewForm, wrong: dict[str, str]) -> Job:
    """The form and its files as a job; what cannot be understood goes into ``wrong`` by its field."""
    sent = {
        name: [Sent(f.name, f.data) for f in call.files if f.field == name]
        for name in ("file", "promise", "corrections")
    }
    if not sent["file"]:
        wrong["file"] = "choose a file"
    elif kind == "compare" and len(sent["file"]) < 2:
        wrong["file"] = "choose two files or more: they are compared with each other"
    if unknown := set(form.pack) - set(rulepacks.ids()):
        wrong["pack"] = f"there is no rule pack {sorted(unknown)[0][:60]!r}"
    if form.direction not in ("", "outbound", "inbound"):
        wrong["direction"] = "choose which way the data goes"
    if form.hotlists not in ("", "detections", "hotlist"):
        wrong["hotlists"] = "choose what is shared"
    return Job(
        kind=kind,
        files=tuple(sent["file"]),
        today=call.node.now().astimezone(zone_of(call)).date(),
        agency=form.agency.strip()[:300],
        packs=form.pack,
        promise=next(iter(sent["promise"]), None),
        corrections=next(iter(sent["corrections"]), None),
        on=_day(form.on, wrong),
        direction=form.direction,
        hotlists=form.hotlists,
        columns=tuple(pair.strip() for pair in re.split(r"[;\n]+", form.columns[:4000]) if pair.strip()),
        retention_days=_days(form.retention_days, wrong),
        files_wanted=form.keep == "yes",
    )


def _day(written: str, wrong: dict[str, str]) -> date | None:
    try:
        return date.fromisoformat(written) if written else None
    except ValueError:
        wrong["on"] = "write the day as 2026-01-31"
        return None


def _days(written: str, wrong: dict[str, str]) -> int | None:
    if not written:
        return None
    if not re.fullmatch(r"[0-9]{1,5}", written.strip()):
        wrong["retention_days"] = "write a number of days"
        return None
    return int(written)


def _wrong(outcome: Outcome) -> dict[str, str]:
    """What the review could not use, beside its field and in words of the page."""
    field = FIELDS.get(outcome.where, "agency" if "with --for" in outcome.error else "file")
    message = outcome.error
    for words, instead in (
        (r"; there are .*\. Say which is which with --column", ". Say under Columns which is which, as in"),
        (r", or review all with plateward review portal", ""), (r" with --for", " under Agency"), (r"leave --format out, or ", ""),
        (r" with --column", " under Columns"), (r"\.$", ""),
    ):  # fmt: skip
        message = re.sub(words, instead, message)
    if outcome.where not in FIELDS and outcome.where not in ("", "file"):
        message = f"{outcome.where}: {message}"
    return {field: message}


async def _show(
    call: Call,
    kind: str,
    form: ReviewForm,
    *,
    outcome: Outcome | None = None,
    handle: str | None = None,
    wrong: Mapping[str, str] | None = None,
) -> Response:
    packs = {pack: rulepacks.load(pack).title for pack in rulepacks.ids()}
    return await page(
        call,
        "review.html",
        status=400 if wrong else 200,
        kind=kind,
        kinds=KINDS,
        form=form,
        packs=packs,
        outcome=outcome,
        handle=handle,
        wrong=wrong or {},
        more_open=bool(form.on or form.pack or form.direction or form.hotlists or form.columns or form.retention_days),
        largest_mb=LARGEST >> 20,
        keep_minutes=int(KEEP_S / 60),
        limit_s=int(LIMIT_S),
    )
