"""The options that every command which speaks to a node has: who asks, which node, and whether the answer is printed as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from cyclopts import Parameter

from plateward.cli.client import Login, choose
from plateward.formats.tables import write_csv


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks which node, and how the answer is printed."""

    as_: Annotated[
        str | None,
        Parameter(name="--as", help="Which of your proved identities asks. In a demonstration: anybody of the town."),
    ] = None
    node: Annotated[
        str | None, Parameter(help="Address of the node; the one you logged in to last where left out.")
    ] = None
    json_: Annotated[bool, Parameter(name="--json", negative=(), help="Print one JSON document.")] = False

    def login(self, may: str = "search") -> Login:
        """The login to use; in a demonstration where nobody is named, of somebody whose role allows ``may``. Raises BadInput."""
        return choose(self.node, self.as_, may)


NOBODY = Caller()
"""Nothing was said: the latest login, and text for people."""


def print_json(answer: object) -> None:
    """Print an answer as one JSON document."""
    print(json.dumps(answer, indent=2, ensure_ascii=False))


def printed_rows(rows: Sequence[Mapping[str, Any]], columns: Sequence[str], *, json_: bool, csv: bool) -> bool:
    """Print rows as JSON, or ``columns`` of them as CSV (a list in a cell with spaces); False where a person reads them."""
    if json_:
        print_json(rows)
    elif csv:
        cells = ([" ".join(v) if isinstance(v := row[name], list) else v for name in columns] for row in rows)
        print(write_csv(columns, cells), end="")
    return json_ or csv


def tell(answer: object, sentence: str, json_: bool) -> None:
    """Print an answer as one JSON document, or what it means in a sentence."""
    if json_:
        print_json(answer)
    else:
        print(sentence)
