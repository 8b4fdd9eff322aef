"""What the operators on numbers share: ranks, results that grow, whole numbers, the error of a wrong type."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any, Final

from bson import Decimal128, Int64

from ..codec import MISSING
from ..errors import Code, DocumentError
from ..values import alias
from ..values.numbers import DECIMAL as CONTEXT
from ..values.numbers import to_decimal, whole_or_double
from ..values.numbers import to_decimal128 as decimal128

__all__ = [
    "CONTEXT",
    "DECIMAL",
    "DOUBLE",
    "INT",
    "LONG",
    "MAX_INT",
    "MAX_LONG",
    "MIN_INT",
    "MIN_LONG",
    "decimal",
    "decimal128",
    "double",
    "integer",
    "integral",
    "is_nullish",
    "mismatch",
    "rank",
]

INT, LONG, DOUBLE, DECIMAL = 1, 2, 3, 4
MIN_INT, MAX_INT = -(2**31), 2**31 - 1
MIN_LONG, MAX_LONG = -(2**63), 2**63 - 1

_NAN: Final = Decimal("NaN")
_RANKS: Final = {int: INT, Int64: LONG, float: DOUBLE, Decimal128: DECIMAL}


def rank(value: Any) -> int:
    """Which of the four types of numbers, the widest highest; 0: none of them."""
    return _RANKS.get(type(value), 0)


def decimal(value: Any) -> Decimal:
    """A number as a decimal; of NaNs the one that no arithmetic minds."""
    plain = to_decimal(value)
    return _NAN if plain.is_snan() else plain


def double(value: Any) -> float:
    """A number as a double."""
    return float(decimal(value)) if type(value) is Decimal128 else float(value)


def is_nullish(value: Any) -> bool:
    """Null or missing."""
    return value is None or value is MISSING


def integer(value: int, widest: int) -> Any:
    """The result of whole-number arithmetic: int32 where its operands were and it fits, else int64, else a double."""
    return whole_or_double(value, long=widest == LONG)


def integral(value: Any, number: int, sentence: str) -> int:
    """A number without a fraction, as an int.

    Raises:
        DocumentError: ``number``, for anything else; ``sentence`` may hold ``{}`` for the value.
    """
    kind = rank(value)
    if kind in (INT, LONG):
        return int(value)
    if kind == DOUBLE and math.isfinite(value) and value == int(value):
        return int(value)
    if kind == DECIMAL:
        plain = decimal(value)
        if plain.is_finite() and abs(plain.adjusted()) < 40 and plain == int(plain):
            return int(plain)
    raise DocumentError(number, sentence.replace("{}", str(value) if kind else alias(value)))


def mismatch(sentence: str, *values: Any) -> DocumentError:
    """``TypeMismatch``, with the types' names in the place of each ``{}``."""
    return DocumentError(Code.TypeMismatch, sentence.format(*map(alias, values)))
