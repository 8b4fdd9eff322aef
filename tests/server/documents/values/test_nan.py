"""NaN, of doubles and of decimals: equal to NaN, below every other number, nowhere an error."""

from __future__ import annotations

import itertools
import operator

import pytest
from bson import Decimal128
from hypothesis import given
from hypothesis import strategies as st

from bson_values import values
from dbaas_server.documents.match import compile_filter, parse_filter
from dbaas_server.documents.scope import Scope
from dbaas_server.documents.values import compare, encode_key, equal, hash_key, kind_of, rank_of, sort_key

NANS = [float("nan"), -float("nan"), Decimal128("NaN"), Decimal128("-NaN"), Decimal128("sNaN"), Decimal128("-sNaN")]
NUMBERS = [-float("inf"), Decimal128("-1E+6144"), -1, 0, Decimal128("1"), 2.5, Decimal128("Infinity")]
SHAPES = [lambda one: one, lambda one: [one], lambda one: {"x": one}, lambda one: [{"x": [one, 1]}]]

nans = st.sampled_from(NANS)
any_value = st.recursive(
    values | nans, lambda part: st.lists(part, max_size=3) | st.dictionaries(st.sampled_from("ab"), part, max_size=2)
)


@pytest.mark.parametrize("shape", SHAPES)
def test_nan_is_like_any_nan_and_below_every_number(shape):
    for one, other in itertools.product(map(shape, NANS), repeat=2):
        assert compare(one, other) == 0
        assert hash_key(one) == hash_key(other)
        assert encode_key([one]) == encode_key([other])
    for nan, number in itertools.product(map(shape, NANS), map(shape, NUMBERS)):
        assert compare(nan, number) == -1
        assert compare(number, nan) == 1
        assert encode_key([nan]) < encode_key([number])
        assert hash_key(nan) != hash_key(number)


@given(any_value, any_value, any_value)
def test_the_order_is_total_and_the_same_everywhere(a, b, c):
    for one, other in itertools.product((a, b, c), repeat=2):
        sign = compare(one, other)
        assert compare(other, one) == -sign
        assert (sort_key(one) < sort_key(other)) is (sign < 0)
        assert (hash_key(one) == hash_key(other)) is equal(one, other) is (sign == 0)
        keys = encode_key([one]), encode_key([other])
        assert (keys[0] > keys[1]) - (keys[0] < keys[1]) == sign
    low, middle, high = sorted((a, b, c), key=sort_key)
    assert compare(low, middle) <= 0
    assert compare(middle, high) <= 0
    assert compare(low, high) <= 0


_SIGNS = {"$eq": operator.eq, "$gt": operator.gt, "$gte": operator.ge, "$lt": operator.lt, "$lte": operator.le}


@given(any_value, any_value)
def test_filters_agree_with_the_order_of_values(operand, value):
    for name, holds in _SIGNS.items():
        if kind_of(operand) in (2, 3, 4, 10, 11, -1, 127) or kind_of(value) == 4:
            continue  # arrays by their elements, null and missing, patterns and ends are told in the filters' own tests
        matches = compile_filter(parse_filter({"x": {name: operand}}, Scope()), Scope())
        wanted = rank_of(value) == rank_of(operand) and holds(compare(value, operand), 0)
        if name not in ("$eq",) and (_is_nan(operand) or _is_nan(value)):
            wanted = "e" in name[3:] and _is_nan(operand) and _is_nan(value)
        assert matches({"x": value}) is wanted


def _is_nan(value):
    return any(type(value) is type(nan) and equal(value, nan) for nan in NANS)


@pytest.mark.parametrize("operator", ["$gt", "$gte", "$lt", "$lte", "$eq", "$ne", "$in", "$nin"])
def test_no_filter_fails_at_nan(operator):
    numbers = [*NANS, *NUMBERS]
    for operand, value in itertools.product([shape(one) for shape in SHAPES for one in numbers], repeat=2):
        spec = {"x": {operator: [operand] if operator in ("$in", "$nin") else operand}}
        assert compile_filter(parse_filter(spec, Scope()), Scope())({"x": value}) in (True, False)
