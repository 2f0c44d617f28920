"""Queries by name: SQL lives in ``queries/*.sql``, several to a file, each after a line ``-- name: it``.

A line ``-- use: it`` stands for the text of an earlier name of the same file, for what several queries have in common.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.resources import files

_USE = re.compile(r"^ *-- use: ([a-z_]+)\s*$", re.MULTILINE)
_NAME = re.compile(r"^-- name: ([a-z_]+)\s*$", re.MULTILINE)


def load(subject: str) -> Mapping[str, bytes]:
    """The queries of ``queries/<subject>.sql`` by name. Raises ValueError when a name stands there twice or is used unknown."""
    text = (files("plateward.store") / "queries" / f"{subject}.sql").read_text("utf-8")
    _, *parts = _NAME.split(text)
    texts: dict[str, str] = {}

    def used(match: re.Match[str]) -> str:
        if match[1] not in texts:
            raise ValueError(f"{subject}.sql uses {match[1]}, which stands nowhere before")
        return texts[match[1]]

    for name, sql in zip(parts[::2], parts[1::2], strict=True):
        if name in texts:
            raise ValueError(f"{subject}.sql has two queries named {name}")
        texts[name] = _USE.sub(used, sql.strip().removesuffix(";"))
    return {name: sql.encode() for name, sql in texts.items()}
