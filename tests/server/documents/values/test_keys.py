"""Keys: the order of their bytes is the order of values, over all types."""

from __future__ import annotations

import pytest
from bson import DatetimeMS, Decimal128, Int64, MaxKey, MinKey, ObjectId, Regex
from hypothesis import example, given, settings
from hypothesis import strategies as st

import bson_values
from dbaas_server.documents.codec import MISSING
from dbaas_server.documents.values import (
    Collation,
    KeyRange,
    compare,
    comparison_ranges,
    encode_key,
    encode_value,
    hash_key,
    in_ranges,
    merge_ranges,
    point_range,
    prefix_range,
    regex_ranges,
    sort_key,
)

ANYTHING = bson_values.values | st.just(MISSING)
SLOW_GENERATION = settings(max_examples=250, deadline=None)


def sign(number):
    return (number > 0) - (number < 0)


def byte_order(one, other):
    return sign((one > other) - (one < other))


@SLOW_GENERATION
@given(ANYTHING, ANYTHING)
@example(0.1, Decimal128("0.1"))
@example(Decimal128("9007199254740992.5"), Int64(2**53))
@example(Int64(2**63 - 1), 2.0**63)
@example(Decimal128("1E+400"), 1e308)
@example(Decimal128("0.09999999999999999999"), Decimal128("0.1"))
@example(True, 1)
@example({"a": float("nan")}, {"b": 1})
@example({"b": float("nan")}, {"a": 1})
def test_bytes_sort_as_values_do(a, b):
    order = compare(a, b)
    assert byte_order(encode_value(a), encode_value(b)) == order
    assert byte_order(sort_key(a), sort_key(b)) == order
    assert (hash_key(a) == hash_key(b)) is (order == 0)
    if order == 0:
        assert hash(hash_key(a)) == hash(hash_key(b))
    assert compare(b, a) == -order


@SLOW_GENERATION
@given(bson_values.numbers, bson_values.numbers)
def test_numbers_sort_by_their_exact_value(a, b):
    assert byte_order(encode_value(a), encode_value(b)) == compare(a, b)


@SLOW_GENERATION
@given(ANYTHING, ANYTHING)
def test_no_key_starts_another(a, b):
    one, other = encode_value(a), encode_value(b)
    if one != other:
        assert not one.startswith(other)
        assert not other.startswith(one)


@SLOW_GENERATION
@given(
    st.integers(1, 3).flatmap(
        lambda size: st.tuples(
            st.lists(ANYTHING, min_size=size, max_size=size),
            st.lists(ANYTHING, min_size=size, max_size=size),
            st.lists(st.booleans(), min_size=size, max_size=size),
        )
    )
)
def test_compounds_sort_part_by_part_in_their_directions(case):
    one, other, descending = case
    expected = next(
        (
            -order if down else order
            for a, b, down in zip(one, other, descending, strict=True)
            if (order := compare(a, b)) != 0
        ),
        0,
    )
    assert byte_order(encode_key(one, descending), encode_key(other, descending)) == expected


@settings(deadline=None)
@given(bson_values.texts, bson_values.texts, st.sampled_from([1, 2, 3]), st.booleans())
def test_keys_follow_the_collation(a, b, strength, numeric):
    collation = Collation("en", strength=strength, numeric_ordering=numeric)
    assert byte_order(encode_value(a, collation), encode_value(b, collation)) == compare(a, b, collation)


def test_common_keys_are_short():
    assert len(encode_value(5)) == len(encode_value(-5)) == len(encode_value(1.5)) == 10
    assert len(encode_value(Int64(2**62 + 1))) == 12
    assert len(encode_value("abc")) == 5
    assert len(encode_value(ObjectId())) == 13
    assert len(encode_value(DatetimeMS(0))) == 9


@SLOW_GENERATION
@given(ANYTHING, bson_values.values, st.sampled_from(["$eq", "$gt", "$gte", "$lt", "$lte"]), ANYTHING, st.booleans())
def test_a_range_holds_the_values_of_its_type_that_compare_so(value, operand, operator, rest, down):
    order = compare(value, operand)
    wanted = {
        "$eq": order == 0,
        "$gt": order > 0,
        "$gte": order >= 0,
        "$lt": order < 0,
        "$lte": order <= 0,
    }[operator]
    nan = hash_key(float("nan"))
    if type(operand) not in (MinKey, MaxKey):
        wanted = wanted and encode_value(value)[0] & 0xF8 == encode_value(operand)[0] & 0xF8
        if nan in (hash_key(value), hash_key(operand)) and order != 0:
            wanted = False
        if nan == hash_key(operand):
            wanted = wanted and operator not in {"$gt", "$lt"}
        if operand is None and value is MISSING:
            wanted = operator not in {"$gt", "$lt"}
    ranges = comparison_ranges(operator, operand)
    key = encode_key([value, rest], [down])
    if down:
        ranges = [part.descending() for part in ranges]
    prefix = encode_value("before")
    assert any(part.holds(key) for part in ranges) is wanted
    assert any(part.under(prefix).holds(prefix + key) for part in ranges) is wanted
    assert not any(part.under(prefix).holds(encode_value("other") + key) for part in ranges)


@pytest.mark.parametrize("operator", ["$eq", "$gte", "$lte"])
def test_null_is_like_a_missing_field(operator):
    (only,) = comparison_ranges(operator, None)
    assert only.holds(encode_value(None))
    assert only.holds(encode_value(MISSING))
    assert not only.holds(encode_value(0))
    assert not only.holds(encode_value(MinKey()))


def test_a_list_of_values_is_as_few_ranges_as_it_takes():
    ranges = in_ranges([5, 1, 5.0, "x", None, Regex("^a")])
    assert len(ranges) == 4
    assert list(ranges) == sorted(ranges, key=lambda part: part.low)
    assert merge_ranges([KeyRange(b"b", b"d"), KeyRange(b"a", b"c"), KeyRange(b"d", None), KeyRange(b"x", b"y")]) == (
        KeyRange(b"a", None),
    )


def test_a_pattern_with_a_start_is_a_range_of_strings_and_itself():
    ranges = regex_ranges("ab", Regex("^ab"))
    held = ["ab", "abz", "ab\U0010ffff", Regex("^ab")]
    assert all(any(part.holds(encode_value(value)) for part in ranges) for value in held)
    for value in ["aa", "ac", "a", "b", Regex("^a"), None]:
        assert not any(part.holds(encode_value(value)) for part in ranges)


def test_a_compounds_start_is_a_range():
    start = prefix_range(encode_key(["a", 5]))
    assert start.holds(encode_key(["a", 5.0, "x"]))
    assert not start.holds(encode_key(["a", 6, "x"]))
    assert point_range("a") == prefix_range(encode_value("a"))
