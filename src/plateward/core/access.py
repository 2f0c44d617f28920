"""One row of a search log, ours or a vendor's: what California Civ. Code 1798.90.52(a) asks an access record to hold.

A log of another system has some of these columns, and some of their cells are withheld; ``Columns`` tells which, so that an
audit can say what could not be tried.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

FIELDS = (
    "at", "user", "organisation", "plate", "reason", "case", "offence", "begins", "ends", "networks", "devices", "search_type",
    "on_behalf_of", "session", "address", "moderation", "filters", "id",
)  # fmt: skip

WITHHELD = "[withheld]"
"""A cell that somebody blacked out before the log was handed over: not the same as one left empty by the person who searched."""


class AccessRow(msgspec.Struct, frozen=True, gc=False):
    """One search. Text is "" and numbers and instants None where the log has no such column or the cell is empty.

    Text that somebody blacked out is ``WITHHELD``. ``line``: where the row begins in its file (from 1), or the sequence in our own
    ledger. ``at``: when it was asked; ``begins`` and ``ends``: the window of reads asked for; instants are aware, UTC.
    ``networks`` and ``devices``: how far it reached.
    """

    line: int
    at: datetime | None = None
    user: str = ""
    organisation: str = ""
    plate: str = ""
    reason: str = ""
    case: str = ""
    offence: str = ""
    begins: datetime | None = None
    ends: datetime | None = None
    networks: int | None = None
    devices: int | None = None
    search_type: str = ""
    on_behalf_of: str = ""
    session: str = ""
    address: str = ""
    moderation: str = ""
    filters: str = ""
    id: str = ""


class ListAct(AccessRow, frozen=True, gc=False):
    """One act on a hot list or an alert, as a vendor's action log tells it: who changed what, or who answered an alert.

    ``act``: "create", "update", "delete", "alert" or as written. ``entity``: "entry" (a wanted plate), "list" or as written.
    ``told``: the details that the log names, by our field names, whether or not it tells their values. ``expires``,
    ``list_name`` and ``audience`` are as written. Of an alert: ``confirmed`` who or when, ``outcome`` what was done.
    """

    act: str = ""
    entity: str = ""
    told: frozenset[str] = frozenset()
    expires: str = ""
    list_name: str = ""
    audience: str = ""
    confirmed: str = ""
    outcome: str = ""


class Columns(msgspec.Struct, frozen=True):
    """Which fields of ``AccessRow`` a log has (``present``), and how many of their cells somebody withheld."""

    present: frozenset[str]
    withheld: dict[str, int] = {}
