"""What a resolution is: the agency behind a name, or the honest absence of one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from plateward.core.agency import AgencyKind, Component, Source
from plateward.registry.forms import Form
from plateward.registry.names import ParsedName


class Status(StrEnum):
    """How a name was resolved. Only ``resolved`` names an agency."""

    RESOLVED = "resolved"
    DERIVED = "derived"
    AMBIGUOUS = "ambiguous"
    NOT_AN_AGENCY = "not-an-agency"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Resolution:
    """What a name stands for.

    ``agency`` is None unless the status is ``resolved``; ``confidence`` is 0 to 1; ``chain`` the agency and what it is part of up
    to the top; ``components`` what it belongs to, ``unknown`` where nobody knows; ``candidates`` the agencies, or states, it may
    be; ``why`` one sentence.
    """

    name: str
    agency: str | None
    confidence: float
    status: Status
    why: str
    state: str | None = None
    kind: AgencyKind | None = None
    chain: tuple[str, ...] = ()
    components: tuple[Component, ...] = ()
    candidates: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    place: str | None = None
    county: str | None = None
    sources: tuple[Source, ...] = ()


KINDS: dict[Form, AgencyKind] = {
    Form.POLICE: AgencyKind.POLICE, Form.SHERIFF: AgencyKind.SHERIFF, Form.PROSECUTOR: AgencyKind.PROSECUTOR,
    Form.CONSTABLE: AgencyKind.POLICE, Form.MARSHAL: AgencyKind.POLICE, Form.CAMPUS: AgencyKind.CAMPUS_POLICE,
    Form.TRIBAL: AgencyKind.TRIBAL_POLICE, Form.TRANSIT: AgencyKind.TRANSIT_POLICE, Form.HOSPITAL: AgencyKind.OTHER,
    Form.TASK_FORCE: AgencyKind.TASK_FORCE, Form.FUSION: AgencyKind.FUSION_CENTER, Form.DISPATCH: AgencyKind.LOCAL_GOVERNMENT,
    Form.FIRE: AgencyKind.LOCAL_GOVERNMENT, Form.CORRECTIONS: AgencyKind.CORRECTIONS, Form.PROBATION: AgencyKind.CORRECTIONS,
    Form.COURT: AgencyKind.COURT, Form.HOUSING: AgencyKind.LOCAL_GOVERNMENT, Form.PARKS: AgencyKind.LOCAL_GOVERNMENT,
    Form.STATE: AgencyKind.STATE_AGENCY, Form.GOVERNMENT: AgencyKind.LOCAL_GOVERNMENT, Form.PRIVATE: AgencyKind.PRIVATE,
}  # fmt: skip
"""The kind of organisation that a form of name means."""

COMPONENTS: dict[Form, Component] = {
    Form.PROSECUTOR: Component.PROSECUTOR, Form.CAMPUS: Component.CAMPUS, Form.TRIBAL: Component.TRIBAL,
    Form.TASK_FORCE: Component.TASK_FORCE, Form.FUSION: Component.FUSION_CENTER, Form.PRIVATE: Component.PRIVATE,
}  # fmt: skip
"""The component that a form of name by itself says its bearer belongs to."""


def by_form(form: Form) -> tuple[Component, ...]:
    """The components that a form of name by itself says."""
    return (COMPONENTS[form],) if form in COMPONENTS else ()


def open_resolution(parsed: ParsedName, status: Status, why: str, candidates: Iterable[str]) -> Resolution:
    """A resolution that names no agency, with the agencies it may be."""
    found = tuple(candidates)
    return Resolution(
        parsed.text, None, 0.2 if found else 0.0, status, why, state=parsed.state, kind=KINDS.get(parsed.form),
        components=(*by_form(parsed.form), Component.UNKNOWN), county=parsed.county,
        candidates=found[:12],
    )  # fmt: skip


def no_agency(parsed: ParsedName, why: str) -> Resolution:
    """A resolution of an entry that is no agency: a test, a note, a demonstration."""
    return Resolution(
        parsed.text, None, 0.9, Status.NOT_AN_AGENCY, why, state=parsed.state, components=(Component.UNKNOWN,)
    )
