"""Agencies, components and affiliations as data, each fact with its source and date, and the resolution of names to agencies."""
