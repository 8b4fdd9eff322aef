"""``$convert`` and its short forms, ``$type``, ``$isNumber``."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

from bson import DatetimeMS, Decimal128, Int64, ObjectId, Timestamp

from ..errors import Code, DocumentError
from ..values import ALIASES, Kind, alias
from .calendar import iso_text, moment
from .compiler import Compiler
from .conditions import truth
from .dates import date_of
from .datestrings import parse_date
from .frame import Frame
from .numeric import CONTEXT, DECIMAL, DOUBLE, INT, decimal, decimal128, integral, is_nullish, rank
from .registry import Node, function, operator
from .strings import number_text

__all__ = ["convert"]

_INTEGER: Final = re.compile(r"[+-]?\d{1,40}")
_NUMBER: Final = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,9})?|[+-]?(?:inf(?:inity)?|nan)", re.IGNORECASE)


def _failure(sentence: str) -> DocumentError:
    return DocumentError(Code.ConversionFailure, f"{sentence} in $convert with no onError value")


def _unsupported(value: Any, target: str) -> DocumentError:
    return _failure(f"Unsupported conversion from {alias(value)} to {target}")


def _parsed(value: str, pattern: re.Pattern[str]) -> str:
    if not pattern.fullmatch(value) or len(value) > 400 or not value.isascii():
        raise _failure(f"Failed to parse number '{value[:60]}'")
    return value


def _whole(value: Any, target: str, bits: int) -> int:
    kind = rank(value)
    if type(value) is bool:
        return int(value)
    if type(value) is str:
        number: Any = int(_parsed(value, _INTEGER))
    elif type(value) is DatetimeMS and bits == 64:
        number = int(value)
    elif kind in (DOUBLE, DECIMAL):
        plain = decimal(value) if kind == DECIMAL else value
        if not math.isfinite(plain):
            raise _failure(f"Attempt to convert {'NaN' if plain != plain else 'infinity'} value to integer type")
        if isinstance(plain, Decimal) and plain.adjusted() > 40:
            raise _failure(f"Conversion would overflow target type: {value}")
        number = int(plain)
    elif kind:
        number = int(value)
    else:
        raise _unsupported(value, target)
    if not -(2 ** (bits - 1)) <= number < 2 ** (bits - 1):
        raise _failure(f"Conversion would overflow target type: {value}")
    return int(number)


def _to_int(value: Any) -> Any:
    return _whole(value, "int", 32)


def _to_long(value: Any) -> Any:
    return Int64(_whole(value, "long", 64))


def _to_double(value: Any) -> Any:
    if type(value) is str:
        number = float(_parsed(value, _NUMBER))
        if math.isinf(number) and "inf" not in value.lower():
            raise _failure(f"Failed to parse number '{value[:60]}': out of range")
        return number
    if type(value) is Decimal128:
        plain = decimal(value)
        number = float(plain)
        if math.isinf(number) and plain.is_finite():
            raise _failure(f"Conversion would overflow target type: {value}")
        return number
    if type(value) is DatetimeMS:
        return float(int(value))
    if rank(value) or type(value) is bool:
        return float(value)
    raise _unsupported(value, "double")


def _to_decimal(value: Any) -> Any:
    if type(value) is str:
        return decimal128(CONTEXT.create_decimal(_parsed(value, _NUMBER)))
    if type(value) is DatetimeMS or type(value) is bool:
        return decimal128(Decimal(int(value)))
    if rank(value):
        return decimal128(decimal(value))
    raise _unsupported(value, "decimal")


def _to_text(value: Any) -> Any:
    if type(value) is str:
        return value
    if type(value) is bool:
        return "true" if value else "false"
    if rank(value):
        return number_text(value)
    if type(value) is ObjectId:
        return str(value)
    if type(value) is DatetimeMS:
        return iso_text(int(value))
    raise _unsupported(value, "string")


def _to_bool(value: Any) -> Any:
    return truth(value)


def _to_date(value: Any) -> Any:
    if type(value) is str:
        return parse_date(value)
    if type(value) in (DatetimeMS, ObjectId, Timestamp):
        return DatetimeMS(moment(value))
    kind = rank(value)
    if kind == INT and type(value) is int and -(2**31) <= value < 2**31:
        raise _unsupported(value, "date")
    if kind:
        return date_of(_whole(value, "date", 64))
    raise _unsupported(value, "date")


def _to_object_id(value: Any) -> Any:
    if type(value) is ObjectId:
        return value
    if type(value) is str:
        if not re.fullmatch("[0-9a-fA-F]{24}", value):
            raise _failure(f"Failed to parse objectId '{value[:60]}'")
        return ObjectId(value)
    raise _unsupported(value, "objectId")


_TARGETS: Final[dict[Kind, Callable[[Any], Any]]] = {
    Kind.INT: _to_int,
    Kind.LONG: _to_long,
    Kind.DOUBLE: _to_double,
    Kind.DECIMAL: _to_decimal,
    Kind.STRING: _to_text,
    Kind.BOOL: _to_bool,
    Kind.DATE: _to_date,
    Kind.OBJECT_ID: _to_object_id,
}


def convert(value: Any, target: Any) -> Any:
    """A value as another type.

    Args:
        target: the type's name or number, as ``$convert`` takes it.

    Raises:
        DocumentError: ``ConversionFailure``; ``BadValue`` or ``FailedToParse`` for an unknown type.
    """
    if type(target) is str:
        if target not in ALIASES:
            raise DocumentError(Code.BadValue, f"Unknown type name: {target}")
        kind = ALIASES[target]
    else:
        number = integral(target, Code.FailedToParse, "In $convert, numeric 'to' argument is not an integer: {}")
        try:
            kind = Kind(number)
        except ValueError:
            kind = Kind.MISSING
        if kind is Kind.MISSING:
            raise DocumentError(
                Code.FailedToParse, f"In $convert, numeric value for 'to' does not correspond to a BSON type: {number}"
            )
    if kind not in _TARGETS:
        raise _unsupported(value, kind.name.lower())
    return _TARGETS[kind](value)


@operator("$convert")
def _convert(operand: Any, compiler: Compiler) -> Node:
    parts = compiler.options("$convert", operand, ("input", "to"), ("onError", "onNull"))
    source, target = compiler.compile(parts["input"]), compiler.compile(parts["to"])
    on_null = compiler.compile(parts.get("onNull")).evaluate
    on_error = compiler.compile(parts["onError"]).evaluate if "onError" in parts else None

    def run(frame: Frame) -> Any:
        value, kind = source.evaluate(frame), target.evaluate(frame)
        if is_nullish(value):
            return on_null(frame)
        if is_nullish(kind):
            return None
        try:
            return convert(value, kind)
        except DocumentError as error:
            if on_error is None or error.number not in (Code.ConversionFailure, Code.Overflow):
                raise
            return on_error(frame)

    return Node(run)


def _short(name: str, body: Callable[[Any], Any]) -> None:
    def run(value: Any) -> Any:
        return None if is_nullish(value) else body(value)

    function(name, 1)(run)


for _name, _body in {
    "$toInt": _to_int,
    "$toLong": _to_long,
    "$toDouble": _to_double,
    "$toDecimal": _to_decimal,
    "$toString": _to_text,
    "$toBool": _to_bool,
    "$toDate": _to_date,
    "$toObjectId": _to_object_id,
}.items():
    _short(_name, _body)


@function("$type", 1)
def _type(value: Any) -> str:
    return alias(value)


@function("$isNumber", 1)
def _is_number(value: Any) -> bool:
    return rank(value) > 0
