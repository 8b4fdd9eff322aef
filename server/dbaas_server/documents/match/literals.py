"""Bytes that a document has to contain if it is to match: a hint for a store that scans.

What a filter asks to be equal to has to be somewhere in a document's BSON. A string (with its length), an ObjectId and
a date are told by their bytes; a number or a bool, whose bytes are everywhere, by its type, its field's name and its
bytes, or else by an array, or a decimal, of that name (a decimal has many encodings of one number). Whatever is not
sure to be there is not asked for.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import Any, Final, TypeAlias

from bson import DatetimeMS, Int64, ObjectId

from ..values import INT32, INT64, Collation
from .nodes import And, Leaf, Node, Or

__all__ = ["Literals", "required_literals"]

Literals: TypeAlias = tuple[bytes, ...]
"""One of these at least has to be there."""

_MOST: Final = 32
"""More of them are no help to anybody."""

_DOUBLE, _BOOL, _INT32, _INT64 = b"\x01", b"\x08", b"\x10", b"\x12"
_ARRAY, _DECIMAL = b"\x04", b"\x13"


def required_literals(node: Node, collation: Collation) -> tuple[Literals, ...]:
    """What a matching document's BSON contains: of each group at least one.

    Args:
        node: a filter.
        collation: the one that it was parsed under; where it is not simple, strings tell nothing.
    """
    match node:
        case And(children):
            return tuple(group for child in children for group in required_literals(child, collation))
        case Or(children):
            return _either([required_literals(child, collation) for child in children])
        case Leaf(path=path, operator="$eq", operand=operand):
            return _one_of([operand], path, collation)
        case Leaf(path=path, operator="$in", operand=operands):
            return _one_of(operands, path, collation)
        case Leaf(operator="$elemMatch", operand=child):
            return required_literals(child, collation)
        case _:
            return ()


def _either(choices: list[tuple[Literals, ...]]) -> tuple[Literals, ...]:
    merged: dict[bytes, None] = {}
    for groups in choices:
        if not groups:
            return ()
        shortest: Literals = min(groups, key=len)
        merged.update(dict.fromkeys(shortest))
    return (tuple(merged),) if len(merged) <= _MOST else ()


def _one_of(operands: Iterable[Any], path: str, collation: Collation) -> tuple[Literals, ...]:
    merged: dict[bytes, None] = {}
    for operand in operands:
        literals = _literals(operand, path.rpartition(".")[2], collation)
        if not literals:
            return ()
        merged.update(dict.fromkeys(literals))
        if len(merged) > _MOST:
            return ()
    return (tuple(merged),) if merged else ()


def _literals(value: Any, name: str, collation: Collation) -> list[bytes]:
    kind = type(value)
    if kind is str and collation.is_simple:
        raw = value.encode()
        return [struct.pack("<i", len(raw) + 1) + raw + b"\x00"]
    if kind is ObjectId:
        return [value.binary]
    if kind is DatetimeMS:
        return [struct.pack("<q", int(value))]
    if not name or name.isdigit() or "\x00" in name:
        return []  # it may be a place in an array, whose elements' names are anybody's
    field = name.encode() + b"\x00"
    if kind is bool:
        return [_BOOL + field + bytes([value]), _ARRAY + field]
    if kind in (int, Int64, float) and value == value:
        return [*_numbers(value, field), _DECIMAL + field, _ARRAY + field]
    return []


def _numbers(value: int | float, field: bytes) -> Iterable[bytes]:
    if value in INT64 and value == int(value):
        whole = int(value)
        if whole in INT32:
            yield _INT32 + field + struct.pack("<i", whole)
        yield _INT64 + field + struct.pack("<q", whole)
    if float(value) == value:
        yield _DOUBLE + field + struct.pack("<d", value)
    if value == 0:
        yield _DOUBLE + field + struct.pack("<d", -0.0)
        yield _DOUBLE + field + struct.pack("<d", 0.0)
