"""Where a field lies in a message nobody has seen: ``event.lpr[0].text``, ``reads[].plate`` for each of several, ``date+time``.

A name may hold dots itself: what is written so in the message is tried before the dots are taken for steps.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from plateward.core.errors import BadInput
from plateward.formats.payloads.message import typed

EACH = "[]"
DEPTH = 8
_NAME = re.compile(r"([^.\[]+)\.?(.*)", re.DOTALL)
_INDEX = re.compile(r"\[?(\d{1,4})\]?\.?(.*)", re.DOTALL)


def check(path: str, where: str) -> None:
    """Raise BadInput for what can be no path."""
    if (
        not path
        or path.count(".") + path.count("[") >= DEPTH
        or path.count(EACH) > 1
        or path.count("[") != path.count("]")
    ):
        raise BadInput(
            "write field=path; a path is a few names joined by dots, with [0] or one [] for lists: event.lpr[0].text",
            where=where,
        )


def before_each(mapping: Mapping[str, str]) -> str | None:
    """The path to the list of which every item is a read; None where no path says so. Raises BadInput where they name two."""
    found = {path.partition(EACH)[0] for path in mapping.values() if EACH in path}
    if len(found) > 1:
        raise BadInput(
            f"[] may stand behind one list only; here it does behind {' and '.join(sorted(found))}", where="map"
        )
    return next(iter(found), None)


def value_at(raw: msgspec.Raw, path: str, where: str) -> msgspec.Raw | None:
    """What lies at ``path``; None where nothing does. Raises BadInput for JSON that cannot be read on the way."""
    if not path:
        return raw
    begins = bytes(raw)[:1]
    if begins == b"{":
        fields = typed(raw, dict[str, msgspec.Raw], where)
        if path in fields:
            return fields[path]
        step = _NAME.fullmatch(path)
        if step is None or step[1] not in fields:
            return None
        return value_at(fields[step[1]], step[2], where)
    if begins == b"[" and (step := _INDEX.fullmatch(path)) is not None:
        items = typed(raw, tuple[msgspec.Raw, ...], where)
        return value_at(items[int(step[1])], step[2], where) if int(step[1]) < len(items) else None
    return None


def text_at(raw: msgspec.Raw, path: str, where: str, item: msgspec.Raw | None = None) -> str | None:
    """The text at ``path``, numbers as written; several paths joined by ``+`` give their texts with a space between.

    ``item``: the one of a list that a path behind ``[]`` speaks of. Raises BadInput for what is no single value.
    """
    found = value_at(raw, path, where)
    if found is None and "+" in path:
        texts = [text_at(raw, part.strip(), where, item) for part in path.split("+")]
        return " ".join(text for text in texts if text) or None
    if found is None and EACH in path and item is not None:
        found = value_at(item, path.partition(EACH)[2].removeprefix("."), where)
    if found is None or bytes(found) == b"null":
        return None
    if bytes(found)[:1] in (b"{", b"["):
        raise BadInput(f"{path!r} is no single value", where=where)
    return typed(found, str, where) if bytes(found).startswith(b'"') else bytes(found).decode()
