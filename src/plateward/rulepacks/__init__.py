"""Promises as data: dated, versioned rule packs that implement a law, and templates a city can fill in.

A pack is a TOML file in ``packs``; ``core.promise`` says what is in it. Each is checked against its own cases before it gets into
force, here and again by the node. A template is a promise with blanks, in ``templates`` (see ``rulepacks.template``).
"""

from __future__ import annotations

from functools import cache
from importlib import resources

from plateward.core.errors import BadInput
from plateward.core.promise import RulePack, parse_pack

_PACKS = resources.files(__name__) / "packs"


def ids() -> tuple[str, ...]:
    """The ids of all packs, sorted."""
    return tuple(sorted(entry.name.removesuffix(".toml") for entry in _PACKS.iterdir() if entry.name.endswith(".toml")))


def text(pack: str) -> str:
    """The TOML of the rule pack called ``pack``. Raises BadInput with the list of packs when there is none of this name."""
    if pack not in ids():
        raise BadInput(f"there is no rule pack {pack!r}; there are {', '.join(ids())}", where="pack")
    return (_PACKS / f"{pack}.toml").read_text(encoding="utf-8")


@cache
def load(pack: str) -> RulePack:
    """The rule pack called ``pack``. Raises BadInput with the list of packs when there is none of this name."""
    return parse_pack(text(pack), f"rule pack {pack}")
