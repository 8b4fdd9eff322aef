"""The order of all values, and when two are equal.

MongoDB's manual, "Comparison/Sort Order": types by rank, numbers by their value whatever their type (NaN first, equal
to itself), strings by their UTF-8 bytes or by a collation, documents field by field (type, then name, then value),
arrays element by element, binary data by length, subtype and bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from decimal import Decimal
from typing import Any, Final, TypeAlias, final

from bson import Binary, Code, DatetimeMS, Decimal128, Int64, MaxKey, MinKey, ObjectId, Regex, Timestamp

from ..codec import Missing
from ..steps import watched
from .collation import SIMPLE, Collation
from .kinds import Kind, Rank, kind_of, regex_flags

__all__ = ["compare", "equal", "hash_key", "hasher", "sort_key", "sorter"]

Text: TypeAlias = Callable[[str], str] | None
"""A collation's key of a string, None where strings are compared as they are."""

Key: TypeAlias = tuple[int, Any]
"""(rank, what values of one rank are compared by): tuples whose ``<`` and ``==`` are MongoDB's, and that hash so."""


@final
class _NotANumber:
    """Below every number and equal to itself."""

    __slots__ = ()

    def __lt__(self, other: object) -> bool:
        return other is not self

    def __le__(self, other: object) -> bool:
        return True

    def __gt__(self, other: object) -> bool:
        return False

    def __ge__(self, other: object) -> bool:
        return other is self


_NAN: Final = _NotANumber()

_NUMBER: Final = int(Rank.NUMBER)
_STRING: Final = int(Rank.STRING)
_OBJECT: Final = int(Rank.OBJECT)
_ARRAY: Final = int(Rank.ARRAY)
_OBJECT_ID: Final = int(Rank.OBJECT_ID)
_BINARY: Final = int(Rank.BINARY)
_BOOL: Final = int(Rank.BOOL)
_DATE: Final = int(Rank.DATE)
_TIMESTAMP: Final = int(Rank.TIMESTAMP)
_REGEX: Final = int(Rank.REGEX)
_CODE: Final = int(Rank.JAVASCRIPT)
_SCOPED: Final = int(Rank.JAVASCRIPT_WITH_SCOPE)
_NULL: Final[Key] = (int(Rank.NULL), None)


def sort_key(value: Any, collation: Collation = SIMPLE) -> Any:
    """What to sort a value by: of two, the lesser comes before the other in MongoDB's order."""
    return _key(value, collation.text)


def sorter(collation: Collation) -> Callable[[Any], Any]:
    """:func:`sort_key` under one collation, for many values."""
    text = collation.text
    return lambda value: _key(value, text)


def hash_key(value: Any, collation: Collation = SIMPLE) -> Hashable:
    """What to look a value up by in a dict or set: two are equal where MongoDB says that the values are."""
    return _hash(value, collation.text)


def hasher(collation: Collation) -> Callable[[Any], Hashable]:
    """:func:`hash_key` under one collation, for many values."""
    text = collation.text
    return lambda value: _hash(value, text)


def compare(a: Any, b: Any, collation: Collation = SIMPLE) -> int:
    """-1, 0 or 1: a before, like or after b."""
    if type(a) is type(b) and type(a) in (int, str, Int64) and (collation.text is None or type(a) is not str):
        return int(a > b) - int(a < b)
    one, other = _key(a, collation.text), _key(b, collation.text)
    if one == other:
        return 0
    return -1 if one < other else 1


def equal(a: Any, b: Any, collation: Collation = SIMPLE) -> bool:
    """Whether MongoDB says that two values are the same (1 and 1.0 are; {a: 1, b: 1} and {b: 1, a: 1} are not)."""
    return _key(a, collation.text) == _key(b, collation.text)


def _hash(value: Any, text: Text) -> Hashable:
    # None of these is like any other type's to Python; a bool is (True == 1), so it goes the long way.
    kind = type(value)
    if kind is str:
        return value if text is None else text(value)
    if kind is int or kind is Int64 or kind is ObjectId:
        return value  # type: ignore[no-any-return]
    if kind is float:
        return value if value == value else _NAN
    return _key(value, text)[1] if kind is Decimal128 else _key(value, text)


def _key(value: Any, text: Text) -> Key:
    kind = type(value)
    if kind is str:
        return (_STRING, value if text is None else text(value))
    if kind is int or kind is Int64:
        return (_NUMBER, value)
    if kind is float:
        return (_NUMBER, value if value == value else _NAN)
    if kind is ObjectId:
        return (_OBJECT_ID, value)
    if value is None:
        return _NULL
    return (_MAKERS.get(kind) or _maker(value))(value, text)


def _document(value: dict[str, Any], text: Text) -> Key:
    fields = []
    for name, part in watched(value.items()):
        rank, key = _key(part, text)
        fields.append((rank, name, key))
    return (_OBJECT, tuple(fields))


def _array(value: list[Any], text: Text) -> Key:
    return (_ARRAY, tuple([_key(part, text) for part in watched(value)]))


def _decimal(value: Decimal128, text: Text) -> Key:
    number: Decimal = value.to_decimal()
    return (_NUMBER, _NAN if number.is_nan() else number)


def _binary(value: bytes, text: Text) -> Key:
    return (_BINARY, (len(value), value.subtype if isinstance(value, Binary) else 0, bytes(value)))


def _code(value: Code, text: Text) -> Key:
    if value.scope is None:
        return (_CODE, str(value))
    return (_SCOPED, (str(value), _document(dict(value.scope), text)[1]))


_MAKERS: Final[dict[type, Callable[[Any, Text], Key]]] = {
    dict: _document,
    list: _array,
    bytes: _binary,
    Binary: _binary,
    bool: lambda value, text: (_BOOL, value),
    DatetimeMS: lambda value, text: (_DATE, int(value)),
    Regex: lambda value, text: (_REGEX, (str(value.pattern), regex_flags(value))),
    Timestamp: lambda value, text: (_TIMESTAMP, (value.time, value.inc)),
    Decimal128: _decimal,
    Code: _code,
    MinKey: lambda value, text: (int(Rank.MIN_KEY), None),
    MaxKey: lambda value, text: (int(Rank.MAX_KEY), None),
    Missing: lambda value, text: (int(Rank.MISSING), None),
}

_OF_KIND: Final[dict[Kind, Callable[[Any, Text], Key]]] = {
    Kind.STRING: lambda value, text: _key(str(value), text),
    Kind.OBJECT: _document,
    Kind.ARRAY: _array,
    Kind.BINARY: _binary,
    Kind.DOUBLE: lambda value, text: _key(float(value), text),
    Kind.INT: lambda value, text: (_NUMBER, int(value)),
    Kind.LONG: lambda value, text: (_NUMBER, int(value)),
}


def _maker(value: Any) -> Callable[[Any, Text], Key]:
    """Of a class derived from one of BSON's, such as an ordered document of the driver's."""
    kind = kind_of(value)
    try:
        return _OF_KIND[kind]
    except KeyError:
        raise TypeError(f"{type(value).__name__} is no type of BSON's") from None
