"""What a menu is made of."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Item:
    """One page of the menu."""

    path: str
    label: str


@dataclass(frozen=True, slots=True)
class Group:
    """Pages that serve one kind of work."""

    label: str
    items: tuple[Item, ...]
