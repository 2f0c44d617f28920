"""Bring a database to this program's schema: made new from ``schema.sql``, or from an older one by ``migrations/``.

Each migration runs once, in order, in a transaction of its own; its digest is kept, so that a changed file is noticed.
``functions.sql`` is applied anew whenever it changed. One process at a time does this (advisory lock); others wait.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files

import psycopg

import plateward
from plateward.core.errors import Fault
from plateward.store.roles import require_roles

_LOCK = 20558
_FUNCTIONS = "functions.sql"
_FILE = re.compile(r"\d{4}_[a-z0-9_]+\.sql")

_RECORD = """
CREATE SCHEMA IF NOT EXISTS plateward_schema;
CREATE TABLE IF NOT EXISTS plateward_schema.applied (
    file text PRIMARY KEY,
    digest text NOT NULL,
    program text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
);
GRANT USAGE ON SCHEMA plateward_schema TO plateward_node;
GRANT SELECT ON plateward_schema.applied TO plateward_node;
"""


@dataclass(frozen=True, slots=True)
class Migration:
    """One step: a numbered file of SQL."""

    file: str
    sql: str

    @property
    def digest(self) -> str:
        """SHA-256 of the text."""
        return hashlib.sha256(self.sql.encode()).hexdigest()


def migrations() -> tuple[Migration, ...]:
    """Every migration this program knows, in order."""
    folder = files("plateward.store") / "migrations"
    names = sorted(entry.name for entry in folder.iterdir() if _FILE.fullmatch(entry.name))
    return tuple(Migration(name, (folder / name).read_text("utf-8")) for name in names)


def schema() -> Migration:
    """The schema as it is, for a new database."""
    return Migration("schema.sql", (files("plateward.store") / "schema.sql").read_text("utf-8"))


def functions() -> Migration:
    """The functions as they are."""
    return Migration(_FUNCTIONS, (files("plateward.store") / _FUNCTIONS).read_text("utf-8"))


async def migrate(owner: str, *, steps: Sequence[Migration] | None = None) -> tuple[str, ...]:
    """Make or upgrade the schema of the database at ``owner`` (an address for the owner's role); returns the files applied.

    ``steps``: apply these migrations one by one even to a new database (the test of upgrades uses it). Raises Fault when the
    database was made by a newer program, a migration was changed after it was applied, or roles are missing; nothing is
    changed then.
    """
    known = migrations() if steps is None else tuple(steps)
    async with await psycopg.AsyncConnection.connect(owner, autocommit=True) as connection:
        await require_roles(connection)
        await connection.execute("SELECT pg_advisory_lock(%s, 0)", [_LOCK])
        await connection.execute(_RECORD)
        applied = await _applied(connection)
        _require_known(applied, known)
        done = []
        if not applied and steps is None:
            await _apply(connection, schema(), recorded_as=known)
            done.append(schema().file)
        else:
            for step in known:
                if step.file not in applied:
                    await _apply(connection, step, recorded_as=(step,))
                    done.append(step.file)
        if applied.get(_FUNCTIONS) != functions().digest:
            await _apply(connection, functions(), recorded_as=(functions(),))
            done.append(_FUNCTIONS)
        return tuple(done)


async def require_current(connection: psycopg.AsyncConnection[tuple[object, ...]]) -> None:
    """Raise Fault unless the database has exactly this program's schema (for a node that may not change it)."""
    try:
        applied = await _applied(connection)
    except psycopg.errors.UndefinedTable:
        applied = {}
    _require_known(applied, migrations())
    missing = [step.file for step in migrations() if step.file not in applied]
    if missing:
        raise Fault(f"the database lacks {', '.join(missing)}.", next_step="Start plateward serve once; it upgrades.")


async def _applied(connection: psycopg.AsyncConnection[tuple[object, ...]]) -> Mapping[str, str]:
    cursor = await connection.execute("SELECT file, digest FROM plateward_schema.applied")
    return {str(file): str(digest) for file, digest in await cursor.fetchall()}


async def _apply(
    connection: psycopg.AsyncConnection[tuple[object, ...]], step: Migration, recorded_as: Sequence[Migration]
) -> None:
    async with connection.transaction():
        await connection.execute(step.sql.encode())
        for migration in recorded_as:
            await connection.execute(
                "INSERT INTO plateward_schema.applied (file, digest, program) VALUES (%s, %s, %s) "
                "ON CONFLICT (file) DO UPDATE SET digest = excluded.digest, program = excluded.program, applied_at = now()",
                [migration.file, migration.digest, plateward.__version__],
            )


def _require_known(applied: Mapping[str, str], known: Sequence[Migration]) -> None:
    digests = {step.file: step.digest for step in known}
    newer = sorted(file for file in applied if file not in digests and file != _FUNCTIONS)
    if newer:
        raise Fault(
            f"the database was made by a newer Plateward: it has {', '.join(newer)}, which this one "
            f"({plateward.__version__}) does not know.",
            next_step="Install the newer version again, or restore a backup made by this one.",
        )
    changed = sorted(file for file, digest in digests.items() if applied.get(file, digest) != digest)
    if changed:
        raise Fault(
            f"{', '.join(changed)} was changed after it had been applied to this database.",
            next_step="Install Plateward anew; a file of the installation is damaged or was edited.",
        )
