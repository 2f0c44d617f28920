"""RFC 8785: one value, one text."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plateward.core.canonical import canonical, parse_canonical
from plateward.core.errors import BadInput

# IEEE 754 bits and their text, from the table in RFC 8785, appendix B.
NUMBERS = {
    "0000000000000000": "0", "8000000000000000": "0", "0000000000000001": "5e-324", "8000000000000001": "-5e-324",
    "7fefffffffffffff": "1.7976931348623157e+308", "ffefffffffffffff": "-1.7976931348623157e+308",
    "4340000000000000": "9007199254740992", "c340000000000000": "-9007199254740992", "4430000000000000": "295147905179352830000",
    "44b52d02c7e14af5": "9.999999999999997e+22", "44b52d02c7e14af6": "1e+23", "44b52d02c7e14af7": "1.0000000000000001e+23",
    "444b1ae4d6e2ef4e": "999999999999999700000", "444b1ae4d6e2ef4f": "999999999999999900000", "444b1ae4d6e2ef50": "1e+21",
    "3eb0c6f7a0b5ed8c": "9.999999999999997e-7", "3eb0c6f7a0b5ed8d": "0.000001", "41b3de4355555553": "333333333.3333332",
    "41b3de4355555554": "333333333.33333325", "41b3de4355555555": "333333333.3333333", "41b3de4355555556": "333333333.3333334",
    "41b3de4355555557": "333333333.33333343", "becbf647612f3696": "-0.0000033333333333333333",
    "43143ff3c1cb0959": "1424953923781206.2",
}  # fmt: skip

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@pytest.mark.parametrize(("bits", "text"), NUMBERS.items())
def test_numbers_are_written_as_the_rfc_writes_them(bits: str, text: str) -> None:
    (value,) = struct.unpack(">d", bytes.fromhex(bits))
    assert canonical(value).decode() == text


def test_keys_are_sorted_by_utf16_and_nothing_is_escaped_without_need() -> None:
    assert (
        canonical({"\U0001f600": 1, "\ufb33": 2, "\u20ac": 3, "b": 4, "a": 5}).decode()
        == '{"a":5,"b":4,"\u20ac":3,"\U0001f600":1,"\ufb33":2}'
    )
    assert canonical('\u0000\b\t\n\f\r"\\/\u007f\u20ac').decode() == '"\\u0000\\b\\t\\n\\f\\r\\"\\\\/\x7f€"'


@given(VALUES)
def test_a_value_comes_back_and_its_text_is_a_fixed_point(value: object) -> None:
    text = canonical(value)  # type: ignore[arg-type]
    assert parse_canonical(text, "test") == value


@pytest.mark.parametrize(
    "text",
    ['{"b":1,"a":2}', '{"a": 1}', '{"a":1}\n', '{"a":1.0}', '{"a":1,"a":1}', '"\\u0041"', "1E3", "NaN", "01", "", "{"],
)
def test_another_spelling_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        parse_canonical(text.encode(), "test")


@pytest.mark.parametrize(
    "value", [2**53, float("nan"), float("inf"), "\ud800", {"\udfff": 1}, {1: 2}, {"a": b"x"}, {"a": {1, 2}}]
)
def test_what_has_no_exact_json_is_refused_by_name(value: object) -> None:
    with pytest.raises(BadInput):
        canonical(value)  # type: ignore[arg-type]


def test_nesting_that_would_exhaust_a_reader_is_refused() -> None:
    deep: object = []
    for _ in range(100):
        deep = [deep]
    with pytest.raises(BadInput, match="deeper"):
        canonical(deep)  # type: ignore[arg-type]
    with pytest.raises(BadInput):
        parse_canonical(b"[" * 100_000, "test")


@given(VALUES)
def test_the_fast_way_and_the_slow_way_write_the_same(value: object) -> None:
    from plateward.core.canonical import _text

    assert canonical(value) == _text(value, "", 0).encode()  # type: ignore[arg-type]
