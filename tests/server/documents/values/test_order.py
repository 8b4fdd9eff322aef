"""The order of all values, as MongoDB's manual has it."""

from __future__ import annotations

import pytest
from bson import SON, Binary, Code, DatetimeMS, Decimal128, Int64, MaxKey, MinKey, ObjectId, Regex, Timestamp

from dbaas_server.documents.codec import MISSING
from dbaas_server.documents.values import alias, compare, equal, hash_key, sort_element, sort_key

IN_ORDER = [
    MinKey(),
    MISSING,
    None,
    float("nan"),
    float("-inf"),
    Decimal128("-1E+6144"),
    -1.5,
    Int64(-1),
    0,
    Decimal128("1E-6176"),
    5e-324,
    Decimal128("0.1"),
    0.1,  # a double is a little more than a tenth
    1,
    Decimal128("9007199254740992.5"),
    Int64(2**53 + 1),
    Int64(2**63 - 1),
    2.0**63,
    Decimal128("1E+400"),
    float("inf"),
    "",
    "B",
    "a",
    "a\0",
    "ab",
    "é",
    "\uffff",
    "\U0001f600",
    {},
    {"b": None},
    {"a": 1},
    {"a": 1, "b": 1},
    {"a": 2},
    {"b": 1},
    {"a": "x"},
    [],
    [1],
    [1, 1],
    [2],
    [[]],
    b"",
    b"\xff",
    Binary(b"\x00", 4),
    b"\x00\x00",
    ObjectId("0" * 24),
    ObjectId("f" * 24),
    False,
    True,
    DatetimeMS(-1),
    DatetimeMS(0),
    Timestamp(0, 1),
    Timestamp(1, 0),
    Timestamp(2**32 - 1, 0),
    Regex("a"),
    Regex("a", "i"),
    Regex("b"),
    Code("a"),
    Code("b"),
    Code("a", {"x": 1}),
    Code("a", {"x": 2}),
    MaxKey(),
]


def test_everything_sorts_in_mongodbs_order():
    backwards = IN_ORDER[::-1]
    assert sorted(backwards, key=sort_key) == IN_ORDER
    for place, value in enumerate(IN_ORDER):
        for other_place, other in enumerate(IN_ORDER):
            assert compare(value, other) == (place > other_place) - (place < other_place), (value, other)


@pytest.mark.parametrize(
    "same",
    [
        [1, 1.0, Int64(1), Decimal128("1"), Decimal128("1.00"), Decimal128("10E-1")],
        [0, 0.0, -0.0, Decimal128("-0"), Decimal128("0E+10")],
        [float("nan"), Decimal128("NaN"), Decimal128("sNaN")],
        [float("inf"), Decimal128("Infinity")],
        [0.5, Decimal128("0.5")],
        [{"a": [1, {"b": 2}]}, {"a": [1.0, {"b": Int64(2)}]}, SON([("a", [Decimal128("1"), SON(b=2)])])],
        [b"x", Binary(b"x", 0)],
        [2.0**53, Int64(2**53), Decimal128("9007199254740992")],
    ],
)
def test_equal_is_equal_whatever_the_type(same):
    assert all(equal(a, b) and compare(a, b) == 0 for a in same for b in same)
    assert len({hash_key(value) for value in same}) == 1


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (True, 1),
        (0.1, Decimal128("0.1")),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
        (DatetimeMS(1), 1),
        (DatetimeMS(1000), Timestamp(1, 0)),
        (None, MISSING),
        ("a", Code("a")),
        (b"x", Binary(b"x", 5)),
        (Int64(2**53 + 1), 2.0**53),
        ([1], 1),
        (False, None),
    ],
)
def test_alike_is_not_equal(a, b):
    assert not equal(a, b)
    assert hash_key(a) != hash_key(b)


def test_types_have_mongodbs_names():
    values = [1, 2**31, Int64(1), 1.5, "", {}, [], b"", True, None, MISSING, Code(""), Code("", {}), Decimal128("1")]
    assert [alias(value) for value in values] == [
        "int", "long", "long", "double", "string", "object", "array", "binData", "bool", "null", "missing",
        "javascript", "javascriptWithScope", "decimal",
    ]  # fmt: skip
    with pytest.raises(TypeError):
        sort_key(object())


def test_an_array_sorts_by_its_smallest_or_largest_element():
    assert sort_element([3, 1, "x"], descending=False) == 1
    assert sort_element([3, 1, "x"], descending=True) == "x"
    assert sort_element([], descending=False) is MISSING
    assert sort_element(MISSING, descending=False) is None
    assert sort_element(5, descending=True) == 5
