"""Arithmetic: which type a result has, and what happens at the edges."""

from __future__ import annotations

import math

import pytest
from bson import Decimal128, Int64

from dbaas_server.documents.values.numbers import add, multiply, subtract, to_decimal, whole_or_double, widest


@pytest.mark.parametrize(
    ("a", "b", "total", "kind"),
    [
        (1, 2, 3, int),
        (2**31 - 1, 1, 2**31, Int64),
        (Int64(1), 2, 3, Int64),
        (1, 2.5, 3.5, float),
        (1, Decimal128("0.1"), Decimal128("1.1"), Decimal128),
        (0.1, Decimal128("1"), Decimal128("1.100000000000000"), Decimal128),
        (float("inf"), Decimal128("1"), Decimal128("Infinity"), Decimal128),
        (Decimal128("sNaN"), 1, Decimal128("NaN"), Decimal128),
        (Decimal128("Infinity"), Decimal128("-Infinity"), Decimal128("NaN"), Decimal128),
    ],
)
def test_the_widest_type_wins(a, b, total, kind):
    assert add(a, b) == total
    assert type(add(a, b)) is kind
    assert type(add(b, a)) is kind
    assert add(a, b) == add(b, a)


def test_what_int64_cannot_hold_is_for_the_operator_to_settle():
    for operation, a, b in [(add, Int64(2**63 - 1), 1), (subtract, Int64(-(2**63)), 1), (multiply, Int64(2**62), 2)]:
        with pytest.raises(OverflowError):
            operation(a, b)
    assert whole_or_double(2**63) == 2.0**63
    assert type(whole_or_double(2**40)) is Int64


def test_doubles_overflow_to_infinity_and_decimals_have_34_digits():
    assert multiply(1e308, 10.0) == math.inf
    assert multiply(Decimal128("9" * 34), 10) == Decimal128("9" * 34 + "E+1")
    assert add(Decimal128("9" * 34), 1) == Decimal128("1.000000000000000000000000000000000E+34")
    assert multiply(Decimal128("9E+6144"), 10) == Decimal128("Infinity")


def test_a_double_is_taken_at_fifteen_digits_unless_asked_exactly():
    assert str(to_decimal(5.5)) == "5.50000000000000"
    assert to_decimal(0.1, exact=True) != to_decimal(0.1)
    assert widest(1, Int64(1)) is Int64
    assert widest(1, 2) is int
