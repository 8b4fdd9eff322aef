"""Arithmetic over BSON's four types of numbers.

The widest type of the two wins: int32, int64, double, decimal128. What int32 cannot hold becomes int64; what int64
cannot hold becomes a double in an aggregation and an error in an update: :class:`OverflowError` says so, the operator
decides. A double that meets a decimal is taken at its 15 significant digits, as MongoDB does.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from decimal import Context, Decimal, InvalidOperation
from typing import Any, Final, TypeAlias

from bson import Decimal128, Int64
from bson.decimal128 import create_decimal128_context

from .kinds import INT32, INT64

__all__ = [
    "DECIMAL",
    "Number",
    "add",
    "is_nan",
    "multiply",
    "subtract",
    "to_decimal",
    "to_decimal128",
    "whole",
    "whole_or_double",
    "widest",
]

Number: TypeAlias = int | float | Decimal128
"""An int32 (``int``), int64 (``Int64``, or an ``int`` that int32 cannot hold), double or decimal."""

DECIMAL: Final[Context] = create_decimal128_context()
"""34 digits, half-even; nothing traps: what goes wrong is NaN or an infinity, as with a mongod."""
DECIMAL.clear_traps()


def whole(value: int, *, long: bool = False) -> int:
    """A result as the integer type that it is.

    Args:
        long: int64 even where int32 could hold it, since an operand was one.

    Raises:
        OverflowError: int64 cannot hold it.
    """
    if not long and value in INT32:
        return int(value)
    if value not in INT64:
        raise OverflowError("beyond int64")
    return Int64(value)


def whole_or_double(value: int, *, long: bool = False) -> int | float:
    """:func:`whole`, a double where int64 cannot hold it."""
    return whole(value, long=long) if value in INT64 else float(value)


def is_nan(value: Any) -> bool:
    """Whether a number is none."""
    if type(value) is float:
        return value != value
    return type(value) is Decimal128 and value.to_decimal().is_nan()


def to_decimal(value: Number, *, exact: bool = False) -> Decimal:
    """A number as a decimal.

    Args:
        exact: a double's very value rather than its 15 significant digits.
    """
    if type(value) is Decimal128:
        return value.to_decimal()
    if type(value) is float:
        return Decimal(value) if exact or not value or not math.isfinite(value) else Decimal(f"{value:.14e}")
    return Decimal(int(value))  # type: ignore[arg-type]


def to_decimal128(value: Decimal) -> Decimal128:
    """A result as the decimal128 next to it."""
    return Decimal128(DECIMAL.plus(value))


def widest(*values: Number) -> type:
    """The type that a result of these operands has: ``int``, ``Int64``, ``float`` or ``Decimal128``."""
    kinds = {type(value) for value in values}
    for kind in (Decimal128, float, Int64):
        if kind in kinds:
            return kind
    return int if all(type(value) is int and value in INT32 for value in values) else Int64


def add(a: Number, b: Number) -> Number:
    """a + b.

    Raises:
        OverflowError: two integers whose sum int64 cannot hold.
    """
    return _apply(operator.add, DECIMAL.add, a, b)


def subtract(a: Number, b: Number) -> Number:
    """a - b; raises as :func:`add`."""
    return _apply(operator.sub, DECIMAL.subtract, a, b)


def multiply(a: Number, b: Number) -> Number:
    """a · b; raises as :func:`add`."""
    return _apply(operator.mul, DECIMAL.multiply, a, b)


def _apply(
    binary: Callable[[Any, Any], Any], decimal: Callable[[Decimal, Decimal], Decimal], a: Number, b: Number
) -> Number:
    if type(a) is int and type(b) is int:
        return whole(binary(a, b))
    kind = widest(a, b)
    if kind is Decimal128:
        try:
            return Decimal128(decimal(to_decimal(a), to_decimal(b)))
        except InvalidOperation:  # a signalling NaN among them
            return Decimal128("NaN")
    if kind is float:
        return float(binary(float(a), float(b)))  # type: ignore[arg-type]
    return whole(binary(int(a), int(b)), long=True)  # type: ignore[arg-type]
