"""Keys as a person names them on the command line: the text itself, or a file that holds it."""

from __future__ import annotations

from pathlib import Path

from plateward.core.errors import BadInput
from plateward.formats.signed_note import VerifierKey, parse_vkey

_MAX_FILE = 16_384


def key_argument(given: str, where: str) -> VerifierKey:
    """The verifier key that was given. Raises BadInput naming the option."""
    if "+" in given and not Path(given).is_file():
        return parse_vkey(given, where)
    try:
        with Path(given).open("rb") as file:
            text = file.read(_MAX_FILE).decode("utf-8")
    except (OSError, UnicodeDecodeError):
        raise BadInput(
            f"{given[:80]!r} is neither a key (name+id+base64) nor a file that holds one", where=where
        ) from None
    return parse_vkey(text, f"{where}, {given}")
