"""``$inc $mul $min $max $bit``."""

from __future__ import annotations

import operator as operators
from collections.abc import Callable
from typing import Any, Final

from bson import Decimal128, Int64

from ..codec import MISSING
from ..errors import Code, DocumentError
from ..scope import Scope
from ..values import alias, compare, is_number
from ..values.numbers import add, multiply
from .change import UNCHANGED, Action, Place, check_depth, depth, operator

__all__: list[str] = []


def _arithmetic(name: str, verb: str, combine: Callable[[Any, Any], Any], start: Callable[[Any], Any]) -> None:
    def make(path: str, operand: Any, scope: Scope) -> Action:
        if not is_number(operand):
            raise DocumentError(Code.TypeMismatch, f"Cannot {verb} with non-numeric argument: {{{path}: {operand!r}}}")

        def change(old: Any, place: Place) -> Any:
            if old is MISSING:
                return start(operand)
            if not is_number(old):
                raise DocumentError(
                    Code.TypeMismatch,
                    f"Cannot apply {name} to a value of non-numeric type. {place.document} has the field "
                    f"'{place.path.rpartition('.')[2]}' of non-numeric type {alias(old)}",
                )
            try:
                return combine(old, operand)
            except OverflowError:
                raise DocumentError(
                    Code.BadValue,
                    f"Failed to apply {name} operations to current value ({old}) for document {place.document}",
                ) from None

        return Action(name, path, change)

    operator(name)(make)


def _zero(operand: Any) -> Any:
    return Decimal128("0") if type(operand) is Decimal128 else type(operand)(0)


_arithmetic("$inc", "increment", add, lambda operand: operand)
_arithmetic("$mul", "multiply", multiply, _zero)


def _extreme(name: str, sign: int) -> None:
    def make(path: str, operand: Any, scope: Scope) -> Action:
        check_depth(path.count(".") + 1 + depth(operand))
        collation = scope.collation

        def change(old: Any, place: Place) -> Any:
            if old is MISSING or compare(operand, old, collation) * sign > 0:
                return operand
            return UNCHANGED

        return Action(name, path, change)

    operator(name)(make)


_extreme("$max", 1)
_extreme("$min", -1)

_BITS: Final[dict[str, Callable[[int, int], int]]] = {"and": operators.and_, "or": operators.or_, "xor": operators.xor}


def _is_whole(value: Any) -> bool:
    return type(value) is int or type(value) is Int64


@operator("$bit")
def _bit(path: str, operand: Any, scope: Scope) -> Action:
    if type(operand) is not dict:
        raise DocumentError(
            Code.BadValue,
            f"The $bit modifier is not compatible with a {alias(operand)}. You must pass in an embedded document: "
            f"{{$bit: {{field: {{and/or/xor: #}}}}",
        )
    if not operand:
        raise DocumentError(
            Code.BadValue,
            "You must pass in at least one bitwise operation. The format is: "
            f"{{$bit: {{field: {{and/or/xor: #}}}}: {path}",
        )
    for key, value in operand.items():
        if key not in _BITS:
            raise DocumentError(
                Code.BadValue,
                f"The $bit modifier only supports 'and', 'or', and 'xor', not '{key}' which is an unknown operator: "
                f"{{{path}}}",
            )
        if not _is_whole(value):
            raise DocumentError(
                Code.BadValue,
                f"The $bit modifier field must be an Integer(32/64 bit); a '{alias(value)}' is not supported here: "
                f"{{{key}}}",
            )

    def change(old: Any, place: Place) -> Any:
        value = 0 if old is MISSING else old
        if not _is_whole(value):
            raise DocumentError(
                Code.BadValue,
                f"Cannot apply $bit to a value of non-integral type. {place.document} has the field {place.path} of "
                f"non-integer type {alias(old)}",
            )
        wide = type(value) is Int64
        for key, number in operand.items():
            wide = wide or type(number) is Int64
            value = _BITS[key](int(value), int(number))
        return Int64(value) if wide else value

    return Action("$bit", path, change)
