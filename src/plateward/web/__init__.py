"""Endpoints (one table), pages, templates and static files.

Web turns a request into one call of ``node`` and its answer into bytes.
"""
