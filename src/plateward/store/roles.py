"""The two roles, on any server: one owns the tables, the other works and cannot pass the second wall.

On the embedded server they are made with the cluster, and the node logs in as each (told by the kernel who it is). On a server of
your own, ``database = "postgresql://…"`` may name

- a role that may become both (member of each, or superuser): every connection of the node *starts* as ``plateward_node``
  (``role`` in the connection's options, so that even RESET ROLE leads back to it);
- or ``plateward_node`` itself, with a second address for ``plateward_owner`` used only to migrate: the strongest form.

What an administrator runs once is ``SETUP``.
"""

from __future__ import annotations

import psycopg

from plateward.core.errors import Fault

SETUP = """\
CREATE ROLE plateward_owner NOSUPERUSER NOBYPASSRLS;
CREATE ROLE plateward_node NOSUPERUSER NOBYPASSRLS;
GRANT plateward_owner, plateward_node TO <login>;
GRANT CREATE, CONNECT, TEMPORARY ON DATABASE <database> TO plateward_owner;
GRANT CONNECT, TEMPORARY ON DATABASE <database> TO plateward_node;"""
"""For a server of one's own: ``<login>`` is the role in ``database = "postgresql://…"``, ``<database>`` its database."""

_ROLES = """
SELECT rolname::text, rolsuper OR rolbypassrls, pg_has_role('plateward_node', oid, 'MEMBER') AND rolname <> 'plateward_node'
FROM pg_roles WHERE rolname IN ('plateward_owner', 'plateward_node')
"""

_HOLES = """
SELECT format('%I.%I', n.nspname, c.relname)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname IN ('plateward', 'plateward_parts') AND c.relkind IN ('r', 'p')
  AND (pg_has_role('plateward_node', c.relowner, 'USAGE')
       OR n.nspname = 'plateward_parts' AND has_table_privilege('plateward_node', c.oid, 'SELECT, INSERT, UPDATE, DELETE')
       OR c.relname IN ('reads', 'quarantine', 'pictures', 'alerts', 'alert_reads', 'alert_steps', 'hot_entries')
          AND n.nspname = 'plateward' AND NOT c.relrowsecurity)
LIMIT 5
"""

Connection = psycopg.AsyncConnection[tuple[object, ...]]


async def require_roles(connection: Connection) -> None:
    """Raise Fault unless both roles exist and the node's cannot pass row-level security, by itself or as the owner."""
    rows = await (await connection.execute(_ROLES)).fetchall()
    found = {name: (powerful, inherits) for name, powerful, inherits in rows}
    missing = [role for role in ("plateward_owner", "plateward_node") if role not in found]
    if missing:
        raise Fault(
            f"the database server has no role {' and no role '.join(missing)}.",
            next_step=f"Let its administrator run once:\n{SETUP}",
        )
    if found["plateward_node"][0] or found["plateward_owner"][1]:
        raise Fault(
            "the role plateward_node could pass the second wall: it is superuser, bypasses row-level security, or is a member of "
            "plateward_owner.",
            next_step="ALTER ROLE plateward_node NOSUPERUSER NOBYPASSRLS; REVOKE plateward_owner FROM plateward_node;",
        )


async def require_wall(connection: Connection) -> None:
    """Raise Fault unless ``connection`` works as the node's role and that role owns nothing and sees no partition."""
    row = await (await connection.execute("SELECT current_user::text")).fetchone()
    if row != ("plateward_node",):
        raise Fault(
            f"the node works as the role {row and row[0]}, not as plateward_node.", next_step=f"Run once:\n{SETUP}"
        )
    await require_roles(connection)
    holes = [str(name) for (name,) in await (await connection.execute(_HOLES)).fetchall()]
    if holes:
        raise Fault(
            f"the role plateward_node owns or can reach {', '.join(holes)} past row-level security.",
            next_step="Give the tables to plateward_owner and revoke every grant on schema plateward_parts.",
        )
