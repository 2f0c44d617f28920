"""``policy.toml``: an agency's usage and privacy policy as a structured document, with the seven parts that the law asks for.

California Civ. Code 1798.90.51(b)(2)(A) to (G). What is written here can be compared with how a node runs; prose alone cannot.
"""

from __future__ import annotations

import tomllib
from datetime import date
from typing import Annotated

import msgspec

from plateward.core.errors import BadInput

FILE_NAME = "policy.toml"

_Words = Annotated[str, msgspec.Meta(min_length=10, max_length=4000)]


class Purposes(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """(A) The authorised purposes: ids of reasons, and what they mean."""

    reasons: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)]
    text: _Words


class Users(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """(B) The job titles or roles of those who may use or access the system, and the training they need."""

    role: str
    titles: str
    training: _Words


class Monitoring(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """(C) How the system is monitored: how often searches are audited, by whom, and who approves."""

    audit_every_days: Annotated[int, msgspec.Meta(ge=1, le=366)]
    reviewer: str
    approver: str
    text: _Words


class Sharing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """(D) The purposes of, process for, and restrictions on sale, sharing and transfer; ids of the agencies that receive."""

    recipients: tuple[str, ...]
    text: _Words


class Custodian(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """(E) The title of the official custodian."""

    title: Annotated[str, msgspec.Meta(min_length=3, max_length=200)]


class Accuracy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """(F) How accuracy is ensured and errors corrected."""

    text: _Words


class Kept(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """(G) How long reads are kept, why so long, and how it is decided when they are destroyed."""

    minutes: Annotated[int, msgspec.Meta(ge=1)]
    why: _Words
    destruction: _Words


class Data(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The types of data that may be put into the system (State Auditor 2019-118)."""

    types: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)]


class Security(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When the security of the system was last assessed, and what binds whoever runs it (State Auditor 2019-118)."""

    assessed: date
    contract: _Words


class UsagePolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole policy of one agency. ``published``: the address where everybody can read it."""

    agency: str
    adopted: date
    published: str
    purposes: Purposes
    users: Annotated[tuple[Users, ...], msgspec.Meta(min_length=1)]
    monitoring: Monitoring
    sharing: Sharing
    custodian: Custodian
    accuracy: Accuracy
    retention: Kept
    data: Data | None = None
    security: Security | None = None


def parse_usage_policy(text: str, where: str = FILE_NAME) -> UsagePolicy:
    """The policy in ``text`` (TOML). Raises BadInput naming the file and the part that is missing or wrong."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadInput(f"this is not TOML: {error}", where=where) from None
    for part, letter in PARTS.items():
        if part not in raw:
            raise BadInput(
                f"the part [{part}] is missing: Civ. Code 1798.90.51(b)(2)({letter}) asks for it",
                where=f"{where}, {part}",
            )
    try:
        return msgspec.convert(raw, UsagePolicy)
    except msgspec.ValidationError as error:
        raise BadInput(f"{error}. docs/audit.md has an example", where=where) from None


PARTS = {
    "purposes": "A", "users": "B", "monitoring": "C", "sharing": "D", "custodian": "E", "accuracy": "F", "retention": "G",
}  # fmt: skip
"""The parts of the document, and the letter of the law that asks for each."""
