"""Verify a ledger, review a vendor's export, audit searches, compute exposure and reach, report to the public.

Shares only ``core`` and ``formats`` with what it checks, and is handed its input: never ``store`` or ``node``.
"""
