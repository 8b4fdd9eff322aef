"""Text: joining, cutting, searching, case. Places count code points (``CP``) or bytes of UTF-8 (``Bytes``)."""

from __future__ import annotations

import math
from typing import Any, Final

from bson import Code as Javascript
from bson import DatetimeMS, Decimal128, Timestamp

from ..codec import MAX_DOCUMENT_BYTES, MISSING
from ..errors import Code, DocumentError
from ..values import alias
from .calendar import iso_text
from .compiler import Compiler
from .numeric import decimal, integral, is_nullish, rank
from .registry import Node, apply, function, operator

__all__ = ["number_text", "text"]

_WHITESPACE: Final = "\0 \t\n\v\f\r\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
"""What ``$trim`` removes unless told: MongoDB's own list."""


def number_text(value: Any) -> str:
    """A number as MongoDB writes it: ``1`` for the double 1.0, decimals with all their digits."""
    if type(value) is float:
        if math.isnan(value):
            return "NaN"
        if math.isinf(value):
            return "Infinity" if value > 0 else "-Infinity"
        return repr(value).removesuffix(".0")
    return str(value) if type(value) is Decimal128 else str(int(value))


def text(value: Any) -> str:
    """A value where text is wanted: null and missing are empty; numbers, dates and code are written out.

    Raises:
        DocumentError: 16007.
    """
    kind = type(value)
    if kind is str:
        return str(value)
    if value is None or value is MISSING:
        return ""
    if rank(value):
        return number_text(value)
    if kind is DatetimeMS:
        return iso_text(int(value))
    if kind is Timestamp:
        return f"Timestamp({value.time}, {value.inc})"
    if kind is Javascript:
        return str(value)
    raise DocumentError(16007, f"can't convert from BSON type {alias(value)} to String")


def bounded(value: str) -> str:
    """A text that an expression made, no longer than a document may be.

    Raises:
        DocumentError: ``BSONObjectTooLarge``.
    """
    if len(value) > MAX_DOCUMENT_BYTES:
        raise DocumentError(Code.BSONObjectTooLarge, "an expression's result is larger than a document may be")
    return value


@function("$concat", 0, -1)
def _concat(*values: Any) -> Any:
    for value in values:
        if is_nullish(value):
            return None
        if type(value) is not str:
            raise DocumentError(16702, f"$concat only supports strings, not {alias(value)}")
    return bounded("".join(values))


@function("$toLower", 1)
def _to_lower(value: Any) -> str:
    return "".join(letter.lower() if letter.isascii() else letter for letter in text(value))


@function("$toUpper", 1)
def _to_upper(value: Any) -> str:
    return "".join(letter.upper() if letter.isascii() else letter for letter in text(value))


@function("$strcasecmp", 2)
def _strcasecmp(left: Any, right: Any) -> int:
    one, two = _to_upper(left), _to_upper(right)
    return int(one > two) - int(one < two)


@function("$strLenBytes", 1)
def _length_bytes(value: Any) -> int:
    if type(value) is not str:
        raise DocumentError(34473, f"$strLenBytes requires a string argument, found: {alias(value)}")
    return len(value.encode())


@function("$strLenCP", 1)
def _length(value: Any) -> int:
    if type(value) is not str:
        raise DocumentError(34471, f"$strLenCP requires a string argument, found: {alias(value)}")
    return len(value)


@function("$split", 2)
def _split(value: Any, separator: Any) -> Any:
    if is_nullish(value) or is_nullish(separator):
        return None
    if type(value) is not str:
        raise DocumentError(
            40085,
            f"$split requires an expression that evaluates to a string as a first argument, found: {alias(value)}",
        )
    if type(separator) is not str:
        raise DocumentError(
            40086,
            f"$split requires an expression that evaluates to a string as a second argument, found: {alias(separator)}",
        )
    if not separator:
        raise DocumentError(40087, "$split requires a non-empty separator")
    return value.split(separator)


def _substring_bytes(value: Any, start: Any, length: Any) -> str:
    if not rank(start):
        raise DocumentError(16034, f"$substrBytes: starting index must be a numeric type (is BSON type {alias(start)})")
    if not rank(length):
        raise DocumentError(16035, f"$substrBytes: length must be a numeric type (is BSON type {alias(length)})")
    raw, first, count = text(value).encode(), _truncated(start), _truncated(length)
    if first < 0:
        raise DocumentError(50752, f"$substrBytes: starting index must be non-negative (got: {first})")
    if first >= len(raw):
        return ""
    if raw[first] & 0xC0 == 0x80:
        raise DocumentError(28656, "$substrBytes: Invalid range, starting index is a UTF-8 continuation byte.")
    last = len(raw) if count < 0 else min(len(raw), first + count)
    if last < len(raw) and raw[last] & 0xC0 == 0x80:
        raise DocumentError(28657, "$substrBytes: Invalid range, ending index is in the middle of a UTF-8 character.")
    return raw[first:last].decode()


def _truncated(value: Any) -> int:
    plain = decimal(value) if type(value) is Decimal128 else value
    return int(max(min(plain, 2**31), -(2**31))) if plain == plain else 0


function("$substrBytes", 3)(_substring_bytes)
function("$substr", 3)(_substring_bytes)


@function("$substrCP", 3)
def _substring(value: Any, start: Any, length: Any) -> str:
    if not rank(start):
        raise DocumentError(34450, f"$substrCP: starting index must be a numeric type (is BSON type {alias(start)})")
    first = integral(start, 34451, "$substrCP: starting index cannot be represented as a 32-bit integral value: {}")
    if not rank(length):
        raise DocumentError(34452, f"$substrCP: length must be a numeric type (is BSON type {alias(length)})")
    count = integral(length, 34453, "$substrCP: length cannot be represented as a 32-bit integral value: {}")
    if count < 0:
        raise DocumentError(34454, "$substrCP: length must be a nonnegative integer.")
    if first < 0:
        raise DocumentError(34455, "$substrCP: the starting index must be a nonnegative integer.")
    return text(value)[first : first + count]


def _index_of(name: str, value: Any, sought: Any, bounds: tuple[Any, ...], *, as_bytes: bool) -> Any:
    if is_nullish(value):
        return None
    if type(value) is not str:
        raise DocumentError(
            40091 if as_bytes else 40093, f"{name} requires a string as the first argument, found: {alias(value)}"
        )
    if type(sought) is not str:
        raise DocumentError(
            40092 if as_bytes else 40094, f"{name} requires a string as the second argument, found: {alias(sought)}"
        )
    low, high = places(name, bounds)
    if as_bytes:
        raw = value.encode()
        return raw.find(sought.encode(), low, high) if low <= len(raw) else -1
    return value.find(sought, low, high) if low <= len(value) else -1


def places(name: str, bounds: tuple[Any, ...]) -> tuple[int, int | None]:
    """The optional start and end that ``$indexOf…`` take.

    Raises:
        DocumentError: 40096 no whole number, 40097 negative.
    """
    numbers = []
    for which, bound in zip(("starting", "ending"), bounds, strict=False):
        number = integral(bound, 40096, f"{name} requires an integral {which} index, found a value of type: {{}}")
        if number < 0:
            raise DocumentError(40097, f"{name} requires a nonnegative {which} index, found: {number}")
        numbers.append(number)
    return (numbers[0] if numbers else 0), (numbers[1] if len(numbers) > 1 else None)


@function("$indexOfBytes", 2, 4)
def _index_of_bytes(value: Any, sought: Any, *bounds: Any) -> Any:
    return _index_of("$indexOfBytes", value, sought, bounds, as_bytes=True)


@function("$indexOfCP", 2, 4)
def _index_of_points(value: Any, sought: Any, *bounds: Any) -> Any:
    return _index_of("$indexOfCP", value, sought, bounds, as_bytes=False)


def _trimmer(name: str, *, left: bool, right: bool) -> None:
    def trim(value: Any, letters: Any) -> Any:
        if is_nullish(value):
            return None
        if type(value) is not str:
            raise DocumentError(50699, f"{name} requires its input to be a string, got {alias(value)} instead.")
        if is_nullish(letters):
            return None
        if type(letters) is not str:
            raise DocumentError(50700, f"{name} requires 'chars' to be a string, got {alias(letters)} instead.")
        if not letters:
            return value
        if left:
            value = value.lstrip(letters)
        return value.rstrip(letters) if right else value

    def build(operand: Any, compiler: Compiler) -> Node:
        if type(operand) is not dict:
            raise DocumentError(50696, f"{name} only supports an object as an argument, found {alias(operand)}")
        for key in operand:
            if key not in ("input", "chars"):
                raise DocumentError(50694, f"{name} found an unknown argument: {key}")
        if "input" not in operand:
            raise DocumentError(50695, f"{name} requires an 'input' field")
        letters = compiler.compile(operand["chars"]) if "chars" in operand else Node.constant(_WHITESPACE)
        return apply(trim, [compiler.compile(operand["input"]), letters])

    operator(name)(build)


_trimmer("$trim", left=True, right=True)
_trimmer("$ltrim", left=True, right=False)
_trimmer("$rtrim", left=False, right=True)


def _replacer(name: str, count: int) -> None:
    def replace(value: Any, find: Any, replacement: Any) -> Any:
        for number, which, part in (
            (51746, "input", value),
            (51745, "find", find),
            (51744, "replacement", replacement),
        ):
            if not is_nullish(part) and type(part) is not str:
                raise DocumentError(number, f"{name} requires that '{which}' be a string, found: {part!r}")
        if is_nullish(value) or is_nullish(find) or is_nullish(replacement):
            return None
        if len(value) * max(1, len(replacement)) > MAX_DOCUMENT_BYTES and (
            len(value) + value.count(find) * len(replacement) > MAX_DOCUMENT_BYTES
        ):
            raise DocumentError(Code.BSONObjectTooLarge, f"{name}'s result is larger than a document may be")
        return value.replace(find, replacement, count)

    def build(operand: Any, compiler: Compiler) -> Node:
        if type(operand) is not dict:
            raise DocumentError(51751, f"{name} requires an object as an argument, found: {alias(operand)}")
        for key in operand:
            if key not in ("input", "find", "replacement"):
                raise DocumentError(51750, f"{name} found an unknown argument: {key}")
        for number, key in ((51749, "input"), (51748, "find"), (51747, "replacement")):
            if key not in operand:
                raise DocumentError(number, f"{name} requires '{key}' to be specified")
        return apply(replace, [compiler.compile(operand[key]) for key in ("input", "find", "replacement")])

    operator(name)(build)


_replacer("$replaceOne", 1)
_replacer("$replaceAll", -1)
