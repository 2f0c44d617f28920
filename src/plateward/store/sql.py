"""Queries by name: SQL lives in ``queries/*.sql``, several to a file, each after a line ``-- name: it``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.resources import files

_NAME = re.compile(r"^-- name: ([a-z_]+)\s*$", re.MULTILINE)


def load(subject: str) -> Mapping[str, bytes]:
    """The queries of ``queries/<subject>.sql`` by name. Raises ValueError when a name stands there twice."""
    text = (files("plateward.store") / "queries" / f"{subject}.sql").read_text("utf-8")
    _, *parts = _NAME.split(text)
    queries: dict[str, bytes] = {}
    for name, sql in zip(parts[::2], parts[1::2], strict=True):
        if name in queries:
            raise ValueError(f"{subject}.sql has two queries named {name}")
        queries[name] = sql.strip().removesuffix(";").encode()
    return queries
