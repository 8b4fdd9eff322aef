"""Keys: bytes whose order is the order of BSON's values.

1. A value's key starts with a byte for its type, in the order of types. Missing and null differ, as ``compare`` has it;
   an index that takes one for the other says null.
2. No key is the start of another, so the keys of a compound one after the other sort as the tuple does; a part that
   descends has every bit turned over.
3. Numbers: one encoding whatever the type, of the exact value: sign, then the double next to it towards zero, then what
   that double lacks (nothing: one byte). Between 2⁵³ and 2⁶⁴ the lacking whole part is two bytes, so that an int64 is
   never long; what is left are fractions that no double has, which come from decimals and have at most 34 digits.
4. Strings: their UTF-8 (or their collation's key), 0 and 1 escaped by 1, ended by 0.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, Final

from bson import Binary, Code, DatetimeMS, Decimal128, Int64, MaxKey, MinKey, ObjectId, Regex, Timestamp

from ..codec import Missing
from .collation import SIMPLE, Collation
from .kinds import Kind, kind_of, regex_flags
from .order import Text

__all__ = ["TAGS", "complement", "encode_key", "encode_value", "key_string"]

TAGS: Final[dict[str, int]] = {
    "min_key": 0x10,
    "missing": 0x18,
    "null": 0x20,
    "nan": 0x28,
    "number": 0x28,
    "minus_infinity": 0x29,
    "negative": 0x2A,
    "zero": 0x2B,
    "positive": 0x2C,
    "infinity": 0x2D,
    "string": 0x30,
    "object": 0x38,
    "array": 0x40,
    "binary": 0x48,
    "object_id": 0x50,
    "bool": 0x58,
    "date": 0x60,
    "timestamp": 0x68,
    "regex": 0x70,
    "code": 0x78,
    "code_with_scope": 0x80,
    "max_key": 0xE0,
}
"""The first byte of a key. Types are eight apart: ``tag & 0xF8`` is the type, ``+ 8`` lies beyond every key of it."""

_END: Final = b"\x00"
_NAN: Final = bytes([TAGS["nan"]])
_MINUS_INFINITY: Final = bytes([TAGS["minus_infinity"]])
_ZERO: Final = bytes([TAGS["zero"]])
_INFINITY: Final = bytes([TAGS["infinity"]])
_NEGATIVE: Final = TAGS["negative"]
_POSITIVE: Final = TAGS["positive"]
_OBJECT_ID: Final = bytes([TAGS["object_id"]])
_STRING: Final = bytes([TAGS["string"]])
_NULL: Final = bytes([TAGS["null"]])
_FALSE, _TRUE = bytes([TAGS["bool"]]), bytes([TAGS["bool"] + 1])

_TWO_53: Final = 2**53
_TWO_64: Final = 2**64
_TAGGED_DOUBLE: Final = struct.Struct(">BdB").pack
_TAGGED_WORD: Final = struct.Struct(">BqB").pack
_DOUBLE: Final = struct.Struct(">d").pack
_FROM_DOUBLE: Final = struct.Struct(">q").unpack
_LARGEST_DOUBLE: Final = math.nextafter(math.inf, 0)
_ALL_BITS: Final = bytes(255 - byte for byte in range(256))

_EXACT, _LACKS = b"\x00", b"\x01"
_EXPONENT_BASE: Final = 0x4000
_DIGITS: Final = 34
_FRACTION_DIGITS: Final = 18


def encode_key(values: Sequence[Any], descending: Sequence[bool] = (), collation: Collation = SIMPLE) -> bytes:
    """The key of a compound.

    Args:
        values: its parts.
        descending: of each part whether it descends; parts without one ascend.
        collation: how its strings are compared.

    Raises:
        TypeError: a part is no BSON value.
    """
    text = collation.text
    if not any(descending):
        return b"".join([_encode(value, text) for value in values])
    parts = []
    for place, value in enumerate(values):
        part = _encode(value, text)
        parts.append(complement(part) if place < len(descending) and descending[place] else part)
    return b"".join(parts)


def encode_value(value: Any, collation: Collation = SIMPLE) -> bytes:
    """The key of one value, ascending."""
    return _encode(value, collation.text)


def complement(key: bytes) -> bytes:
    """Every bit turned over: what ascended descends."""
    return key.translate(_ALL_BITS)


def key_string(text: str) -> bytes:
    """A string within a key, without the byte that ends it."""
    raw = text.encode()
    if b"\x00" in raw or b"\x01" in raw:
        raw = raw.replace(b"\x01", b"\x01\x02").replace(b"\x00", b"\x01\x01")
    return raw


def _encode(value: Any, text: Text) -> bytes:
    kind = type(value)
    if kind is ObjectId:
        return _OBJECT_ID + value.binary  # type: ignore[no-any-return]
    if kind is int or kind is Int64:
        return _integer(value)
    if kind is str:
        return _STRING + key_string(value if text is None else text(value)) + _END
    if value is None:
        return _NULL
    return (_ENCODERS.get(kind) or _encoder(value))(value, text)


# --- numbers ------------------------------------------------------------------------------------------------------


def _integer(value: int) -> bytes:
    if 0 < value < _TWO_53:
        return _TAGGED_DOUBLE(_POSITIVE, value, 0)
    if -_TWO_53 < value < 0:
        # The bits of the double, but for the sign's, turned over: -1 - bits as a word is every bit turned over.
        return _TAGGED_WORD(_NEGATIVE, -1 - _FROM_DOUBLE(_DOUBLE(-value))[0], 255)
    return _real(Decimal(value)) if value else _ZERO


def _double(value: float, text: Text) -> bytes:
    if value != value:
        return _NAN
    if 0 < value < _TWO_53:
        return _TAGGED_DOUBLE(_POSITIVE, value, 0)
    if -_TWO_53 < value < 0:
        return _TAGGED_WORD(_NEGATIVE, -1 - _FROM_DOUBLE(_DOUBLE(-value))[0], 255)
    if value == 0:
        return _ZERO
    if math.isinf(value):
        return _INFINITY if value > 0 else _MINUS_INFINITY
    return _real(Decimal(value))


def _decimal(value: Decimal128, text: Text) -> bytes:
    number: Decimal = value.to_decimal()
    if number.is_nan():
        return _NAN
    if number.is_infinite():
        return _INFINITY if number > 0 else _MINUS_INFINITY
    return _real(number) if number else _ZERO


def _real(value: Decimal) -> bytes:
    """A finite number other than zero, given exactly."""
    magnitude = _magnitude(abs(value))
    if value > 0:
        return bytes([_POSITIVE]) + magnitude
    return bytes([_NEGATIVE]) + complement(magnitude)


def _magnitude(value: Decimal) -> bytes:
    below = _double_below(value)
    key = _DOUBLE(below)
    if _TWO_53 <= below < _TWO_64:
        whole = int(value)
        key += (whole - int(below)).to_bytes(2, "big")
        if whole == value:
            return key + _EXACT
        return key + _LACKS + _fraction(value)
    if value == below:
        return key + _EXACT
    digits = value.as_tuple().digits
    coefficient = "".join(map(str, digits)).ljust(_DIGITS, "0")
    exponent = _EXPONENT_BASE + value.adjusted()
    return key + _LACKS + exponent.to_bytes(2, "big") + int(coefficient).to_bytes(15, "big")


def _fraction(value: Decimal) -> bytes:
    """The digits after the point of a number from 2⁵³ on: no more than 18 of a decimal's 34."""
    _, digits, exponent = value.as_tuple()
    assert isinstance(exponent, int)
    return int("".join(map(str, digits))[exponent:].ljust(_FRACTION_DIGITS, "0")).to_bytes(8, "big")


def _double_below(value: Decimal) -> float:
    """The largest double that is not larger."""
    near = float(value)
    if near == math.inf:
        return _LARGEST_DOUBLE
    return near if near <= value else math.nextafter(near, 0)


# --- the other types ------------------------------------------------------------------------------------------------


def _document(value: dict[str, Any], text: Text) -> bytes:
    return bytes([TAGS["object"]]) + _fields(value, text)


def _fields(value: dict[str, Any], text: Text) -> bytes:
    parts: list[bytes] = []
    for name, part in value.items():
        key = _encode(part, text)
        parts += (bytes([key[0] & 0xF8]), key_string(name), _END, key)
    parts.append(_END)
    return b"".join(parts)


def _array(value: list[Any], text: Text) -> bytes:
    return b"".join([bytes([TAGS["array"]]), *[_encode(part, text) for part in value], _END])


def _binary(value: bytes, text: Text) -> bytes:
    subtype = value.subtype if isinstance(value, Binary) else 0
    return struct.pack(">BIB", TAGS["binary"], len(value), subtype) + value


def _date(value: DatetimeMS, text: Text) -> bytes:
    return struct.pack(">BQ", TAGS["date"], int(value) + 2**63)


def _timestamp(value: Timestamp, text: Text) -> bytes:
    return struct.pack(">BII", TAGS["timestamp"], value.time, value.inc)


def _regex(value: Regex[Any], text: Text) -> bytes:
    return bytes([TAGS["regex"]]) + key_string(str(value.pattern)) + _END + regex_flags(value).encode() + _END


def _code(value: Code, text: Text) -> bytes:
    if value.scope is None:
        return bytes([TAGS["code"]]) + key_string(str(value)) + _END
    return bytes([TAGS["code_with_scope"]]) + key_string(str(value)) + _END + _fields(dict(value.scope), text)


def _constant(name: str) -> Callable[[Any, Text], bytes]:
    key = bytes([TAGS[name]])
    return lambda value, text: key


_ENCODERS: Final[dict[type, Callable[[Any, Text], bytes]]] = {
    float: _double,
    Decimal128: _decimal,
    dict: _document,
    list: _array,
    bytes: _binary,
    Binary: _binary,
    bool: lambda value, text: _TRUE if value else _FALSE,
    DatetimeMS: _date,
    Timestamp: _timestamp,
    Regex: _regex,
    Code: _code,
    MinKey: _constant("min_key"),
    MaxKey: _constant("max_key"),
    Missing: _constant("missing"),
}

_OF_KIND: Final[dict[Kind, Callable[[Any, Text], bytes]]] = {
    Kind.STRING: lambda value, text: _encode(str(value), text),
    Kind.OBJECT: _document,
    Kind.ARRAY: _array,
    Kind.BINARY: _binary,
    Kind.DOUBLE: lambda value, text: _double(float(value), text),
    Kind.INT: lambda value, text: _integer(int(value)),
    Kind.LONG: lambda value, text: _integer(int(value)),
}


def _encoder(value: Any) -> Callable[[Any, Text], bytes]:
    """Of a class derived from one of BSON's, such as an ordered document of the driver's."""
    try:
        return _OF_KIND[kind_of(value)]
    except KeyError:
        raise TypeError(f"{type(value).__name__} is no type of BSON's") from None
