"""One JSON value, one sequence of bytes: the JSON Canonicalization Scheme, RFC 8785.

Keys are sorted by their UTF-16 code units, nothing is escaped that need not be, numbers are written as ECMAScript writes them,
there is no white space, and the text is UTF-8. Whoever has the value can compute the bytes, and so the hash, in any language.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from plateward.core.errors import BadInput

JSON: TypeAlias = "bool | int | float | str | Sequence[JSON] | Mapping[str, JSON] | None"
"""What a body may hold."""

MAX_INTEGER = 2**53 - 1
"""Beyond this an integer has no exact double, and another language would read another number (RFC 7493, section 2.2)."""

MAX_DEPTH = 64
"""Nesting deeper than this is an attack on a reader's stack, not a record."""

_ESCAPES = {"\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r", '"': '\\"', "\\": "\\\\"}
_SPECIAL = re.compile(r'[\x00-\x1f"\\]')
_ENCODE = json.JSONEncoder(ensure_ascii=False, check_circular=False, sort_keys=True, separators=(",", ":")).encode
_SURROGATE = re.compile(r"[\ud800-\udfff]")


def canonical(value: JSON, where: str = "") -> bytes:
    """The RFC 8785 bytes of ``value``. Raises BadInput, naming the place, where a value has no JSON form or no exact one."""
    if _plain(value, 0):
        try:
            return _ENCODE(value).encode("utf-8")
        except UnicodeEncodeError:
            pass  # half a character: the slow way names the place
    return _text(value, where, 0).encode("utf-8")


def parse_canonical(data: bytes, where: str) -> Any:
    """The value of ``data``, which must be its canonical form to the byte. Raises BadInput."""
    try:
        value = json.loads(data.decode("utf-8"), parse_constant=_no_constant, parse_int=_integer)
    except (ValueError, OverflowError, RecursionError) as error:
        raise BadInput(f"this is not JSON: {error}", where=where) from None
    if canonical(value, where) != data:
        raise BadInput(
            "the JSON is not in canonical form (RFC 8785): another text would have another hash", where=where
        )
    return value


def _integer(digits: str) -> int | float:
    """Digits beyond an exact integer were a double before they were written."""
    value = int(digits)
    return value if abs(value) <= MAX_INTEGER else float(value)


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")


def _plain(value: JSON, depth: int) -> bool:
    """Whether the standard library's encoder, many times faster, writes ``value`` just so: no floats, and keys all ASCII."""
    if isinstance(value, str) or value is None:
        return True
    if isinstance(value, int):
        return -MAX_INTEGER <= value <= MAX_INTEGER
    if depth == MAX_DEPTH:
        return False
    # Most of a record are texts: written out so that each costs no call, it takes half the time.
    if value.__class__ is dict:
        for key, item in value.items():
            if key.__class__ is not str or not key.isascii():
                return False
            if item.__class__ is not str and not _plain(item, depth + 1):
                return False
        return True
    if not isinstance(value, (list, tuple)):
        return False
    for item in value:  # noqa: SIM110
        if item.__class__ is not str and not _plain(item, depth + 1):
            return False
    return True


def _text(value: JSON, where: str, depth: int) -> str:
    if depth > MAX_DEPTH:
        raise BadInput(f"nested deeper than {MAX_DEPTH} levels", where=where)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _string(value, where)
    if isinstance(value, (int, float)):
        return _number(value, where)
    if isinstance(value, Mapping):
        return _object(value, where, depth)
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(_text(item, f"{where}[{i}]", depth + 1) for i, item in enumerate(value)) + "]"
    raise BadInput(f"a {type(value).__name__} has no JSON form", where=where)


def _object(value: Mapping[str, JSON], where: str, depth: int) -> str:
    for key in value:
        if not isinstance(key, str):
            raise BadInput(f"a key must be text, not {key!r}", where=where)
    keys = sorted(value, key=lambda key: key.encode("utf-16-be", "surrogatepass"))
    inner = (
        f"{_string(key, where)}:{_text(value[key], f'{where}.{key}' if where else key, depth + 1)}" for key in keys
    )
    return "{" + ",".join(inner) + "}"


def _string(value: str, where: str) -> str:
    if _SURROGATE.search(value):
        raise BadInput("the text holds half a character (a lone surrogate)", where=where)
    return '"' + _SPECIAL.sub(lambda m: _ESCAPES.get(m[0], f"\\u{ord(m[0]):04x}"), value) + '"'


def _number(value: int | float, where: str) -> str:
    if isinstance(value, int):
        if abs(value) > MAX_INTEGER:
            raise BadInput(f"{value} is too large for a JSON number: write it as text", where=where)
        return str(int(value))
    if not math.isfinite(value):
        raise BadInput(f"{value} is no JSON number", where=where)
    if value == 0:
        return "0"
    sign, digits, point = _shortest(value)
    return sign + _ecmascript(digits, point)


def _shortest(value: float) -> tuple[str, str, int]:
    """Sign, significant digits, and the place of the decimal point counted from their left. Python's repr is the shortest."""
    mantissa, _, exponent = repr(abs(value)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    point = len(whole) + int(exponent or 0) - (len(whole + fraction) - len(digits))
    return ("-" if value < 0 else "", digits.rstrip("0"), point)


def _ecmascript(digits: str, point: int) -> str:
    """ECMAScript's Number::toString for base ten (ECMA-262, 6.1.6.1.20)."""
    if len(digits) <= point <= 21:
        return digits + "0" * (point - len(digits))
    if 0 < point <= 21:
        return f"{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return "0." + "0" * -point + digits
    exponent = point - 1
    tail = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{digits[0]}{tail}e{'+' if exponent > 0 else '-'}{abs(exponent)}"
