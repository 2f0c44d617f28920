"""PostgreSQL from a pip package, under our own supervisor: ``EmbeddedServer`` in ``server.py`` is all that others need.

``account`` chooses who the server process is, ``place`` where its files lie, ``binaries`` finds and if need be copies the
programs, ``settings`` writes the configuration, ``process`` tells our server from a stranger's process and stops it.
"""

from plateward.store.embedded.server import DATABASE, NODE_ROLE, OWNER_ROLE, EmbeddedServer

__all__ = ["DATABASE", "NODE_ROLE", "OWNER_ROLE", "EmbeddedServer"]
