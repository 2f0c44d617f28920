"""Search logs of other systems as streams of ``core.access.AccessRow``: Flock's audits, portals' audits, any CSV by a mapping."""
