"""``$add $subtract $multiply $divide $mod $pow`` and the functions of one number."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from bson import DatetimeMS, Decimal128

from ..errors import Code, DocumentError
from ..values import alias
from .numeric import (
    CONTEXT,
    DECIMAL,
    DOUBLE,
    INT,
    LONG,
    MAX_LONG,
    MIN_LONG,
    decimal,
    decimal128,
    double,
    integer,
    is_nullish,
    mismatch,
    rank,
)
from .registry import function

__all__ = ["add", "moved", "multiply"]


def moved(date: DatetimeMS, by: Any) -> DatetimeMS:
    """A date, so many milliseconds later.

    Raises:
        DocumentError: ``Overflow``.
    """
    amount = decimal(by) if type(by) is Decimal128 else by
    if not math.isfinite(amount):
        raise DocumentError(Code.Overflow, "date overflow")
    # halves go away from zero, as C's llround has them
    shift = int(amount) if isinstance(amount, int) else math.floor(abs(amount) + type(amount)(0.5))
    if not isinstance(amount, int) and amount < 0:
        shift = -shift
    result = int(date) + shift
    if not MIN_LONG <= result <= MAX_LONG:
        raise DocumentError(Code.Overflow, "date overflow")
    return DatetimeMS(result)


def add(left: Any, right: Any) -> Any:
    """The sum of two numbers."""
    widest = max(rank(left), rank(right))
    if widest <= LONG:
        return integer(int(left) + int(right), widest)
    if widest == DOUBLE:
        return float(left) + float(right)
    return decimal128(CONTEXT.add(decimal(left), decimal(right)))


def multiply(left: Any, right: Any) -> Any:
    """The product of two numbers."""
    widest = max(rank(left), rank(right))
    if widest <= LONG:
        return integer(int(left) * int(right), widest)
    if widest == DOUBLE:
        return float(left) * float(right)
    return decimal128(CONTEXT.multiply(decimal(left), decimal(right)))


@function("$add", 0, -1)
def _add(*values: Any) -> Any:
    total: Any = 0
    date: DatetimeMS | None = None
    for value in values:
        if type(value) is int and type(total) is int:
            total = integer(total + value, INT)
        elif rank(value):
            total = add(total, value)
        elif type(value) is DatetimeMS:
            if date is not None:
                raise DocumentError(16612, "only one date allowed in an $add expression")
            date = value
        elif is_nullish(value):
            return None
        else:
            raise mismatch("$add only supports numeric or date types, not {}", value)
    return total if date is None else moved(date, total)


@function("$subtract", 2)
def _subtract(left: Any, right: Any) -> Any:
    low, high = rank(left), rank(right)
    if low and high:
        widest = max(low, high)
        if widest <= LONG:
            return integer(int(left) - int(right), widest)
        if widest == DOUBLE:
            return float(left) - float(right)
        return decimal128(CONTEXT.subtract(decimal(left), decimal(right)))
    if is_nullish(left) or is_nullish(right):
        return None
    if type(left) is DatetimeMS:
        if type(right) is DatetimeMS:
            return integer(int(left) - int(right), LONG)
        if high:
            return moved(left, decimal128(-decimal(right)) if high == DECIMAL else -right)
    raise mismatch("can't $subtract {} from {}", right, left)


@function("$multiply", 0, -1)
def _multiply(*values: Any) -> Any:
    product: Any = 1
    for value in values:
        if rank(value):
            product = multiply(product, value)
        elif is_nullish(value):
            return None
        else:
            raise mismatch("$multiply only supports numeric types, not {}", value)
    return product


@function("$divide", 2)
def _divide(left: Any, right: Any) -> Any:
    low, high = rank(left), rank(right)
    if low and high:
        if low == DECIMAL or high == DECIMAL:
            divisor = decimal(right)
            if not divisor:
                raise DocumentError(Code.BadValue, "can't $divide by zero")
            return decimal128(CONTEXT.divide(decimal(left), divisor))
        if not right:
            raise DocumentError(Code.BadValue, "can't $divide by zero")
        return float(left) / float(right)
    if is_nullish(left) or is_nullish(right):
        return None
    raise mismatch("$divide only supports numeric types, not {} and {}", left, right)


@function("$mod", 2)
def _mod(left: Any, right: Any) -> Any:
    low, high = rank(left), rank(right)
    if low and high:
        widest = max(low, high)
        if not (decimal(right) if high == DECIMAL else right):
            raise DocumentError(16610, "can't $mod by zero")
        if widest == DECIMAL:
            return decimal128(CONTEXT.remainder(decimal(left), decimal(right)))
        if widest == DOUBLE:
            return math.nan if math.isinf(left) else math.fmod(left, right)
        rest = abs(int(left)) % abs(int(right))
        return integer(-rest if left < 0 else rest, widest)
    if is_nullish(left) or is_nullish(right):
        return None
    raise DocumentError(16611, f"$mod only supports numeric types, not {alias(left)} and {alias(right)}")


@function("$pow", 2)
def _pow(base: Any, exponent: Any) -> Any:
    if is_nullish(base) or is_nullish(exponent):
        return None
    low, high = rank(base), rank(exponent)
    if not low:
        raise DocumentError(28762, f"$pow's base must be numeric, not {alias(base)}")
    if not high:
        raise DocumentError(28763, f"$pow's exponent must be numeric, not {alias(exponent)}")
    widest = max(low, high)
    if not decimal(base) and double(exponent) < 0:
        raise DocumentError(28764, "$pow cannot take a base of 0 and a negative exponent")
    if widest == DECIMAL:
        return decimal128(CONTEXT.power(decimal(base), decimal(exponent)))
    if widest <= LONG:
        return _whole_power(int(base), int(exponent), widest)
    try:
        return math.pow(base, exponent)
    except OverflowError:
        return math.inf if base > 0 or math.fmod(exponent, 2) == 0 else -math.inf
    except ValueError:
        return math.nan


def _whole_power(base: int, exponent: int, widest: int) -> Any:
    if base in (0, 1):
        return integer(base if exponent else 1, widest)
    if base == -1:
        return integer(-1 if exponent % 2 else 1, widest)
    if exponent < 0:
        return math.pow(base, exponent)
    if exponent > 63:  # beyond int64
        try:
            return math.pow(base, exponent)
        except OverflowError:
            return math.inf if base > 0 or exponent % 2 == 0 else -math.inf
    return integer(base**exponent, widest)


def _unary(name: str, body: Callable[[Any], Any]) -> None:
    def call(value: Any) -> Any:
        if rank(value):
            return body(value)
        if is_nullish(value):
            return None
        raise DocumentError(28765, f"{name} only supports numeric types, not {alias(value)}")

    function(name, 1)(call)


def _abs(value: Any) -> Any:
    kind = rank(value)
    if kind == DECIMAL:
        return decimal128(decimal(value).copy_abs())
    if kind == DOUBLE:
        return abs(value)
    if int(value) == MIN_LONG:
        raise DocumentError(28680, "can't take $abs of long long min")
    return integer(abs(int(value)), kind)


def _ceil(value: Any) -> Any:
    return _whole(value, math.ceil, "ROUND_CEILING")


def _floor(value: Any) -> Any:
    return _whole(value, math.floor, "ROUND_FLOOR")


def _whole(value: Any, of_double: Callable[[float], int], rounding: str) -> Any:
    kind = rank(value)
    if kind == DECIMAL:
        plain = decimal(value)
        return decimal128(plain.to_integral_value(rounding)) if plain.is_finite() else value
    if kind == DOUBLE:
        return math.copysign(float(of_double(value)), value) if math.isfinite(value) else value
    return value


def _exp(value: Any) -> Any:
    if rank(value) == DECIMAL:
        return decimal128(CONTEXT.exp(decimal(value)))
    try:
        return math.exp(value)
    except OverflowError:
        return math.inf


def _sqrt(value: Any) -> Any:
    if _is_below(value, 0):
        raise DocumentError(28714, "$sqrt's argument must be greater than or equal to 0")
    return decimal128(CONTEXT.sqrt(decimal(value))) if rank(value) == DECIMAL else math.sqrt(value)


def _ln(value: Any) -> Any:
    if _is_below(value, 0, equal=True):
        raise DocumentError(28766, f"$ln's argument must be a positive number, but is {value}")
    return decimal128(CONTEXT.ln(decimal(value))) if rank(value) == DECIMAL else math.log(value)


def _log10(value: Any) -> Any:
    if _is_below(value, 0, equal=True):
        raise DocumentError(28761, f"$log10's argument must be a positive number, but is {value}")
    return decimal128(CONTEXT.log10(decimal(value))) if rank(value) == DECIMAL else math.log10(value)


def _is_below(value: Any, bound: int, *, equal: bool = False) -> bool:
    plain = decimal(value) if rank(value) == DECIMAL else value
    if isinstance(plain, Decimal) and plain.is_nan():
        return False
    return bool(plain <= bound if equal else plain < bound)


@function("$log", 2)
def _log(value: Any, base: Any) -> Any:
    if is_nullish(value) or is_nullish(base):
        return None
    if not rank(value):
        raise DocumentError(28756, f"$log's argument must be numeric, not {alias(value)}")
    if not rank(base):
        raise DocumentError(28757, f"$log's base must be numeric, not {alias(base)}")
    if _is_below(value, 0, equal=True):
        raise DocumentError(28758, f"$log's argument must be a positive number, but is {value}")
    if _is_below(base, 0, equal=True) or double(base) == 1:
        raise DocumentError(28759, f"$log's base must be a positive number not equal to 1, but is {base}")
    if DECIMAL in (rank(value), rank(base)):
        return decimal128(CONTEXT.divide(CONTEXT.ln(decimal(value)), CONTEXT.ln(decimal(base))))
    return math.log(value) / math.log(base)


for _name, _body in {
    "$abs": _abs,
    "$ceil": _ceil,
    "$floor": _floor,
    "$exp": _exp,
    "$sqrt": _sqrt,
    "$ln": _ln,
    "$log10": _log10,
}.items():
    _unary(_name, _body)
