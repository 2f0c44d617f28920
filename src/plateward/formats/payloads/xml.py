"""Elements of a sender's XML by their local names: the namespace differs by firmware, and often there is none."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from plateward.core.errors import BadInput


def local(element: Element) -> str:
    """The name without its namespace."""
    return str(element.tag).rpartition("}")[2]


def child(element: Element, name: str) -> Element | None:
    """The first child of this name."""
    return next((found for found in element if local(found) == name), None)


def text_of(element: Element, name: str) -> str:
    """The text of the first child of this name; empty where there is none."""
    found = child(element, name)
    return (found.text or "").strip() if found is not None else ""


def number_of(element: Element, name: str) -> float | None:
    """The number in the first child of this name. Raises BadInput where there is something else."""
    text = text_of(element, name)
    try:
        return float(text) if text else None
    except ValueError:
        raise BadInput(f"{text[:40]!r} is no number", where=name) from None
