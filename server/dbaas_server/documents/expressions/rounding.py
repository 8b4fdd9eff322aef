"""``$round`` (halves to the even digit) and ``$trunc``, to a number of digits after or before the point."""

from __future__ import annotations

import math
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, Context, Decimal
from typing import Any, Final

from ..errors import DocumentError
from ..values import alias
from .numeric import DECIMAL, DOUBLE, decimal, decimal128, integer, integral, is_nullish, rank
from .registry import function

__all__ = ["round_number"]

_WIDE: Final = Context(prec=6_500, Emax=999_999, Emin=-999_999, traps=[])


def round_number(name: str, value: Any, digits: Any, rounding: str) -> Any:
    """A number with so many digits after the point (-20 to 100; negative: before it).

    Raises:
        DocumentError: 51081 no number, 51082 no whole number of digits, 51083 digits out of range.
    """
    if is_nullish(value) or is_nullish(digits):
        return None
    kind = rank(value)
    if not kind:
        raise DocumentError(51081, f"{name} only supports numeric types, not {alias(value)}")
    places = integral(digits, 51082, f"precision argument to {name} must be an integral value, not {{}}")
    if not -20 <= places <= 100:
        raise DocumentError(51083, f"cannot apply {name} with precision value {places}; it must be in [-20, 100]")
    if kind == DOUBLE:
        if not math.isfinite(value):
            return value
        return float(_rounded(Decimal(value), places, rounding))
    if kind == DECIMAL:
        plain = decimal(value)
        return decimal128(_rounded(plain, places, rounding)) if plain.is_finite() else value
    if places >= 0:
        return value
    return integer(int(_rounded(Decimal(int(value)), places, rounding)), kind)


def _rounded(value: Decimal, places: int, rounding: str) -> Decimal:
    exponent = value.as_tuple().exponent
    if isinstance(exponent, int) and exponent >= -places:
        return value
    return value.quantize(Decimal((0, (1,), -places)), rounding, _WIDE)


@function("$round", 1, 2)
def _round(value: Any, digits: Any = 0) -> Any:
    return round_number("$round", value, digits, ROUND_HALF_EVEN)


@function("$trunc", 1, 2)
def _trunc(value: Any, digits: Any = 0) -> Any:
    return round_number("$trunc", value, digits, ROUND_DOWN)
