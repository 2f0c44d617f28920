"""Agencies, components and affiliations as data, each fact with its source and date, and the resolution of names to agencies.

``load`` gives the registry, ``resolve`` the agency behind a name as a vendor prints it. The tables are in ``data/``.
"""

from plateward.registry.load import load

__all__ = ["load"]
