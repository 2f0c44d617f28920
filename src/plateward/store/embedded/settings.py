"""The server's configuration, written anew at each start: durable, silent about plates, fit for two cores and little memory."""

from __future__ import annotations

import os
from pathlib import Path

from plateward.store.embedded.place import Place, write_file

CUSTOM = "custom.conf"
"""A file in ``conf`` that is read last and never written: the place for an administrator's own settings."""

# The log must not hold plates: statements, their parameters and the DETAIL and CONTEXT of errors (which quote keys
# and rows) stay out of it. A segment of the write-ahead log that is not needed any more is removed, not used again: it told of
# reads (the residue's deadline, docs/retention.md).
_FIXED = """\
listen_addresses = ''
unix_socket_permissions = 0700
max_connections = 60
password_encryption = 'scram-sha-256'

fsync = on
synchronous_commit = on
full_page_writes = on
wal_level = minimal
max_wal_senders = 0
wal_compression = on
wal_recycle = off
max_wal_size = '1GB'
checkpoint_timeout = '5min'

jit = off
random_page_cost = 1.1
max_parallel_workers_per_gather = 0
max_parallel_maintenance_workers = 1
autovacuum_max_workers = 2
autovacuum_naptime = '30s'

logging_collector = on
log_filename = 'postgresql-%a.log'
log_truncate_on_rotation = on
log_rotation_age = '1d'
log_rotation_size = 0
log_file_mode = 0600
log_error_verbosity = terse
log_min_error_statement = panic
log_statement = none
log_parameter_max_length = 0
log_parameter_max_length_on_error = 0
log_lock_waits = off
log_temp_files = -1
log_timezone = 'UTC'
timezone = 'UTC'
datestyle = 'iso, ymd'
"""


def write_settings(place: Place, socket: Path, client: str) -> None:
    """Write the configuration: ``socket`` is its folder, ``client`` the only account that may connect, as two roles.

    Who connects is told by the kernel (peer), mapped to the owner's and the node's role. The superuser has no way in: what needs
    it is done before the server starts, in single-user mode.
    """
    total_mb = _memory_mb()
    sized = (
        f"shared_buffers = '{_between(64, total_mb // 8, 1024)}MB'\n"
        f"effective_cache_size = '{max(256, total_mb // 2)}MB'\n"
        f"work_mem = '{_between(8, total_mb // 256, 32)}MB'\n"
        f"maintenance_work_mem = '{_between(64, total_mb // 16, 256)}MB'\n"
    )
    files = (
        f"unix_socket_directories = {_quote(socket)}\n"
        f"log_directory = {_quote(place.log)}\n"
        f"hba_file = {_quote(place.conf / 'pg_hba.conf')}\n"
        f"ident_file = {_quote(place.conf / 'pg_ident.conf')}\n"
        f"include_if_exists = {_quote(place.conf / CUSTOM)}\n"
    )
    header = f"# Written by Plateward at each start. Put your own settings into {CUSTOM} beside this file.\n"
    name = client.replace('"', '""')
    ident = "".join(f'plateward "{name}" {role}\n' for role in ("plateward_owner", "plateward_node"))
    hba = "local all plateward_owner,plateward_node peer map=plateward\nlocal all all reject\n"
    write_file(place.conf / "pg_hba.conf", header + hba, mode=0o644)
    write_file(place.conf / "pg_ident.conf", header + ident, mode=0o644)
    write_file(place.conf / "postgresql.conf", header + _FIXED + sized + files, mode=0o644)


def _quote(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"


def _between(low: int, value: int, high: int) -> int:
    return max(low, min(value, high))


def _memory_mb() -> int:
    """Memory of this machine in MiB, or of the container where that is less."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for limit in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        try:
            text = Path(limit).read_text().strip()
        except OSError:
            continue
        if text.isdigit():
            total = min(total, int(text))
    return total // (1 << 20)
