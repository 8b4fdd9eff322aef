"""``$eq $gt $gte $lt $lte $in``: tests of one value.

A comparison sees its operand's own type only; null is what a missing field is like; NaN is like itself and compares
with nothing; MinKey and MaxKey compare with everything.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any, Final

from bson import DatetimeMS, Decimal128, Int64, MaxKey, MinKey, ObjectId

from ..codec import MISSING
from ..steps import watched
from ..values import SIMPLE, Collation, hasher, is_number, sorter
from ..values.numbers import is_nan
from .nodes import Test

__all__ = ["ORDERINGS", "comparison_test", "equality_test", "membership_test"]

_OWN_KEYS: Final = frozenset({int, Int64, ObjectId})
"""Types whose values are what they are looked up by."""

ORDERINGS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "$gt": operator.gt,
    "$gte": operator.ge,
    "$lt": operator.lt,
    "$lte": operator.le,
}


def equality_test(operand: Any, collation: Collation = SIMPLE) -> Test:
    """Whether a value is the operand."""
    kind = type(operand)
    if operand is None:
        return lambda value: value is None or value is MISSING
    if kind is str and collation.is_simple:
        return lambda value: type(value) is str and value == operand
    if kind is ObjectId:
        return lambda value: type(value) is ObjectId and value == operand
    if kind in (int, Int64, float) and operand == operand:
        return _number_test(operator.eq, operand)
    if kind is bool:
        return lambda value: value is operand
    if kind is DatetimeMS:
        number = int(operand)
        return lambda value: type(value) is DatetimeMS and int(value) == number
    key_of = hasher(collation)
    key = key_of(operand)
    return lambda value: key_of(value) == key


def comparison_test(name: str, operand: Any, collation: Collation = SIMPLE) -> Test:
    """Whether a value is on the operand's side: ``$gt``, ``$gte``, ``$lt`` or ``$lte``."""
    ordering = ORDERINGS[name]
    with_equal = name in {"$gte", "$lte"}
    if isinstance(operand, MinKey | MaxKey):
        return _extreme_test(name, operand)
    if operand is None or is_nan(operand):
        return equality_test(operand, collation) if with_equal else _never
    if is_number(operand):
        return _number_test(ordering, operand)
    if type(operand) is str and collation.is_simple:
        return lambda value: type(value) is str and ordering(value, operand)
    if type(operand) is DatetimeMS:
        number = int(operand)
        return lambda value: type(value) is DatetimeMS and ordering(int(value), number)
    key_of = sorter(collation)
    key = key_of(operand)
    rank = key[0]

    def test(value: Any) -> bool:
        other = key_of(value)
        return other[0] == rank and ordering(other, key)

    return test


def membership_test(operands: Sequence[Any], patterns: Sequence[Test], collation: Collation = SIMPLE) -> Test:
    """Whether a value is one of the operands, or one of the patterns holds for it."""
    key_of = hasher(collation)
    kinds = set(map(type, operands))
    is_plain = kinds <= _OWN_KEYS or (kinds == {str} and collation.is_simple)
    keys = set(operands) if is_plain else {key_of(operand) for operand in watched(operands)}
    if type(None) in kinds:
        keys.add(key_of(MISSING))
    if not patterns:
        if len(operands) == 1:
            return equality_test(operands[0], collation)
        return lambda value: key_of(value) in keys
    return lambda value: key_of(value) in keys or any(pattern(value) for pattern in patterns)


def _number_test(ordering: Callable[[Any, Any], bool], operand: Any) -> Test:
    other = operand.to_decimal() if type(operand) is Decimal128 else operand
    is_decimal = other is not operand

    def test(value: Any) -> bool:
        kind = type(value)
        if kind is int or kind is float or kind is Int64:
            if is_decimal and value != value:  # a Decimal refuses to be compared with it
                return False
            return ordering(value, other)
        return kind is Decimal128 and not is_nan(value) and ordering(value.to_decimal(), other)

    return test


def _extreme_test(name: str, operand: MinKey | MaxKey) -> Test:
    kind = MinKey if isinstance(operand, MinKey) else MaxKey
    from_it = {"$gt", "$gte"} if kind is MinKey else {"$lt", "$lte"}
    if name not in from_it:
        return (lambda value: isinstance(value, kind)) if name in {"$gte", "$lte"} else _never
    if name in {"$gte", "$lte"}:
        return lambda value: True
    return lambda value: not isinstance(value, kind)


def _never(value: Any) -> bool:
    return False
