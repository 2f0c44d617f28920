"""Verify a ledger without trusting whoever keeps it: from signature to every inclusion, on a copy, an address, or two snapshots.

Pure but for the ``Source`` that is passed in. It shares with the node only ``core`` and ``formats``: what an event, a tree and a
checkpoint are. ``verify.py`` has the numbered checks.
"""
