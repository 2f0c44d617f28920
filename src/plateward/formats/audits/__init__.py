"""Search logs of other systems as streams of ``core.access.AccessRow``: Flock's audits, portals' search audits, any CSV by a mapping."""
