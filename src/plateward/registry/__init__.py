"""Agencies, components and affiliations as data, each fact with its source and date, and the resolution of names to agencies.

``load`` gives the registry, ``resolve`` the agency behind a name as a vendor prints it. The tables are in ``data/``: ``federal``,
``state``, ``bodies``, ``affiliations`` and ``sources`` are kept by hand, ``local``, ``places`` and ``t287g`` compiled by
``tools/registry/build.py``.
"""

from plateward.registry.resolution import Resolution, Status
from plateward.registry.resolver import resolve
from plateward.registry.tables import load

__all__ = ["Resolution", "Status", "load", "resolve"]
