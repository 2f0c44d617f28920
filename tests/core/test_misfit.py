"""An input of the wrong shape is told in words, with its field: no type names, no paths of a parser."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any

import msgspec
import pytest

from plateward.core.misfit import misfit


class Kind(StrEnum):
    """Kinds."""

    HIT = "hit"


class Source(msgspec.Struct, forbid_unknown_fields=True):
    """A part with limits."""

    title: Annotated[str, msgspec.Meta(min_length=3, max_length=8)]
    date: date


class Asked(msgspec.Struct, forbid_unknown_fields=True):
    """What is asked."""

    source: Source
    count: Annotated[int, msgspec.Meta(ge=1, le=9)] = 1
    kind: Kind = Kind.HIT
    at: datetime | None = None
    code: Annotated[str, msgspec.Meta(pattern="^[A-Z]{2}$")] = "CA"


GOOD = {"title": "a list", "date": "2026-11-01"}


@pytest.mark.parametrize(
    ("given", "said", "field"),
    [
        ({"source": GOOD | {"title": "HR"}}, "write at least 3 characters", "source.title"),
        ({"source": GOOD | {"title": "x" * 9}}, "write at most 8 characters", "source.title"),
        ({"source": GOOD | {"date": "1.11.2026"}}, "write a day as 2026-12-31", "source.date"),
        ({"source": GOOD, "at": "yesterday"}, "write a time as 2026-12-31T17:00:00-08:00", "at"),
        ({"source": GOOD, "count": 0}, "give a number of 1 or more", "count"),
        ({"source": GOOD, "count": 10}, "give a number of 9 or less", "count"),
        ({"source": GOOD, "count": "two"}, "this must be a whole number, not text", "count"),
        ({"source": GOOD, "kind": "hti"}, "'hti' is none of the values that this can have", "kind"),
        ({"source": GOOD, "code": "cal"}, "this is not written as it must be", "code"),
        ({"source": {"title": "a list"}}, "this is needed", "source.date"),
        ({}, "this is needed", "source"),
        ({"source": GOOD, "shoe": 1}, "there is no field 'shoe' here", None),
    ],
)
def test_what_is_wrong_is_said_in_words_with_its_field(given: dict[str, Any], said: str, field: str | None) -> None:
    with pytest.raises(msgspec.ValidationError) as wrong:
        msgspec.json.decode(msgspec.json.encode(given), type=Asked)
    assert misfit(wrong.value) == (said, field)
