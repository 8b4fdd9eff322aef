"""What a value is: BSON's type numbers, MongoDB's names for them, and the rank of each in the order of all values.

Numbers and names: MongoDB's manual, "BSON Types" and "$type"; ranks: "Comparison/Sort Order".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import IntEnum
from typing import Any, Final, final

from bson import Binary, Code, DatetimeMS, Decimal128, Int64, MaxKey, MinKey, ObjectId, Regex, Timestamp

from ..codec import Missing

__all__ = [
    "ALIASES",
    "INT32",
    "INT64",
    "NUMBERS",
    "Interval",
    "Kind",
    "Rank",
    "alias",
    "is_number",
    "kind_of",
    "rank_of",
    "regex_flags",
]


class Kind(IntEnum):
    """BSON's types, by number. ``MISSING`` is no BSON type: it is what a field that is not there has."""

    MISSING = 0
    DOUBLE = 1
    STRING = 2
    OBJECT = 3
    ARRAY = 4
    BINARY = 5
    UNDEFINED = 6
    OBJECT_ID = 7
    BOOL = 8
    DATE = 9
    NULL = 10
    REGEX = 11
    DB_POINTER = 12
    JAVASCRIPT = 13
    SYMBOL = 14
    JAVASCRIPT_WITH_SCOPE = 15
    INT = 16
    TIMESTAMP = 17
    LONG = 18
    DECIMAL = 19
    MIN_KEY = -1
    MAX_KEY = 127


ALIASES: Final[Mapping[str, Kind]] = {
    "double": Kind.DOUBLE,
    "string": Kind.STRING,
    "object": Kind.OBJECT,
    "array": Kind.ARRAY,
    "binData": Kind.BINARY,
    "undefined": Kind.UNDEFINED,
    "objectId": Kind.OBJECT_ID,
    "bool": Kind.BOOL,
    "date": Kind.DATE,
    "null": Kind.NULL,
    "regex": Kind.REGEX,
    "dbPointer": Kind.DB_POINTER,
    "javascript": Kind.JAVASCRIPT,
    "symbol": Kind.SYMBOL,
    "javascriptWithScope": Kind.JAVASCRIPT_WITH_SCOPE,
    "int": Kind.INT,
    "timestamp": Kind.TIMESTAMP,
    "long": Kind.LONG,
    "decimal": Kind.DECIMAL,
    "minKey": Kind.MIN_KEY,
    "maxKey": Kind.MAX_KEY,
}
"""What ``$type`` and ``bsonType`` call the types; ``number`` besides is all of :data:`NUMBERS`."""

_NAMES: Final = {kind: name for name, kind in ALIASES.items()} | {Kind.MISSING: "missing"}

NUMBERS: Final = frozenset({Kind.DOUBLE, Kind.INT, Kind.LONG, Kind.DECIMAL})


@final
class Interval:
    """Numbers from ``low`` to ``high``; a ``range`` would count up to an Int64, which is no ``int`` by its very class.

    Attributes:
        low: the least of them.
        high: the largest.
    """

    __slots__ = ("high", "low")

    def __init__(self, low: int, high: int) -> None:
        self.low = low
        self.high = high

    def __contains__(self, number: float) -> bool:
        return self.low <= number <= self.high


INT32: Final = Interval(-(2**31), 2**31 - 1)
INT64: Final = Interval(-(2**63), 2**63 - 1)


class Rank(IntEnum):
    """The place of a type in the order of all values; values of one rank are compared with each other."""

    MIN_KEY = 1
    MISSING = 2
    NULL = 3
    NUMBER = 4
    STRING = 5
    OBJECT = 6
    ARRAY = 7
    BINARY = 8
    OBJECT_ID = 9
    BOOL = 10
    DATE = 11
    TIMESTAMP = 12
    REGEX = 13
    JAVASCRIPT = 14
    JAVASCRIPT_WITH_SCOPE = 15
    MAX_KEY = 16


_KINDS: Final[dict[type, Kind]] = {
    float: Kind.DOUBLE,
    str: Kind.STRING,
    dict: Kind.OBJECT,
    list: Kind.ARRAY,
    bytes: Kind.BINARY,
    Binary: Kind.BINARY,
    ObjectId: Kind.OBJECT_ID,
    bool: Kind.BOOL,
    DatetimeMS: Kind.DATE,
    type(None): Kind.NULL,
    Regex: Kind.REGEX,
    int: Kind.INT,
    Int64: Kind.LONG,
    Timestamp: Kind.TIMESTAMP,
    Decimal128: Kind.DECIMAL,
    MinKey: Kind.MIN_KEY,
    MaxKey: Kind.MAX_KEY,
    Missing: Kind.MISSING,
}

_RANKS: Final[Mapping[Kind, Rank]] = {
    Kind.MIN_KEY: Rank.MIN_KEY,
    Kind.MISSING: Rank.MISSING,
    Kind.UNDEFINED: Rank.MISSING,
    Kind.NULL: Rank.NULL,
    Kind.INT: Rank.NUMBER,
    Kind.LONG: Rank.NUMBER,
    Kind.DOUBLE: Rank.NUMBER,
    Kind.DECIMAL: Rank.NUMBER,
    Kind.STRING: Rank.STRING,
    Kind.SYMBOL: Rank.STRING,
    Kind.OBJECT: Rank.OBJECT,
    Kind.ARRAY: Rank.ARRAY,
    Kind.BINARY: Rank.BINARY,
    Kind.OBJECT_ID: Rank.OBJECT_ID,
    Kind.BOOL: Rank.BOOL,
    Kind.DATE: Rank.DATE,
    Kind.TIMESTAMP: Rank.TIMESTAMP,
    Kind.REGEX: Rank.REGEX,
    Kind.JAVASCRIPT: Rank.JAVASCRIPT,
    Kind.JAVASCRIPT_WITH_SCOPE: Rank.JAVASCRIPT_WITH_SCOPE,
    Kind.MAX_KEY: Rank.MAX_KEY,
}


def kind_of(value: Any) -> Kind:
    """The BSON type of a value; a whole number that int32 cannot hold is a long.

    Raises:
        TypeError: it is no value of BSON's.
    """
    if type(value) is int:
        return Kind.INT if -0x80000000 <= value <= 0x7FFFFFFF else Kind.LONG
    kind = _KINDS.get(type(value))
    return _kind_of_other(value) if kind is None else kind


def _kind_of_other(value: Any) -> Kind:
    if isinstance(value, Code):
        return Kind.JAVASCRIPT if value.scope is None else Kind.JAVASCRIPT_WITH_SCOPE
    for base, kind in _KINDS.items():
        if base is not int and isinstance(value, base):
            return kind
    raise TypeError(f"{type(value).__name__} is no type of BSON's")


def rank_of(value: Any) -> Rank:
    """The rank of a value in the order of all."""
    return _RANKS[kind_of(value)]


def alias(value: Any) -> str:
    """MongoDB's name of a value's type (``int``, ``objectId`` …; ``missing``)."""
    return _NAMES[kind_of(value)]


def is_number(value: Any) -> bool:
    """Whether it is a double, an int, a long or a decimal."""
    return type(value) in (int, float, Int64, Decimal128)


def regex_flags(regex: Regex[Any]) -> str:
    """The options of a regular expression as BSON has them: letters in alphabetical order."""
    return "".join(letter for letter, flag in _FLAGS if regex.flags & flag)


_FLAGS: Final = (
    ("i", re.IGNORECASE),
    ("l", re.LOCALE),
    ("m", re.MULTILINE),
    ("s", re.DOTALL),
    ("u", re.UNICODE),
    ("x", re.VERBOSE),
)
