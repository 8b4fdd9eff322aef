"""Arrays: taking parts, searching, building."""

from __future__ import annotations

from typing import Any, Final

from ..codec import MISSING
from ..errors import Code, DocumentError
from ..steps import watched
from ..values import alias
from .comparison import comparer
from .compiler import Compiler
from .numeric import MAX_INT, MIN_INT, integral, is_nullish, rank
from .registry import Node, apply, function, operator
from .strings import places

__all__ = ["MAX_ITEMS"]

MAX_ITEMS: Final = 1_600_000
"""Items of an array that an expression makes out of nothing; MongoDB counts bytes, 64 MB of them."""


@function("$arrayElemAt", 2)
def _element_at(array: Any, place: Any) -> Any:
    if is_nullish(array) or is_nullish(place):
        return None
    if type(array) is not list:
        raise DocumentError(28689, f"$arrayElemAt's first argument must be an array, but is {alias(array)}")
    if not rank(place):
        raise DocumentError(28690, f"$arrayElemAt's second argument must be a numeric value, but is {alias(place)}")
    index = integral(place, 28691, "$arrayElemAt's second argument must be representable as a 32-bit integer: {}")
    return array[index] if -len(array) <= index < len(array) else MISSING


def _end(name: str, place: int) -> None:
    def take(array: Any) -> Any:
        if is_nullish(array):
            return None
        if type(array) is not list:
            raise DocumentError(28689, f"{name}'s argument must be an array, but is {alias(array)}")
        return array[place] if array else MISSING

    function(name, 1)(take)


_end("$first", 0)
_end("$last", -1)


@function("$concatArrays", 0, -1)
def _concat_arrays(*arrays: Any) -> Any:
    result: list[Any] = []
    for array in arrays:
        if is_nullish(array):
            return None
        if type(array) is not list:
            raise DocumentError(28664, f"$concatArrays only supports arrays, not {alias(array)}")
        result += array
        if len(result) > MAX_ITEMS:
            raise DocumentError(Code.BSONObjectTooLarge, "$concatArrays: the result is too large")
    return result


@function("$isArray", 1)
def _is_array(value: Any) -> bool:
    return type(value) is list


@function("$size", 1)
def _size(value: Any) -> int:
    if type(value) is not list:
        raise DocumentError(17124, f"The argument to $size must be an array, but was of type: {alias(value)}")
    return len(value)


@function("$reverseArray", 1)
def _reverse(value: Any) -> Any:
    if is_nullish(value):
        return None
    if type(value) is not list:
        raise DocumentError(34435, f"The argument to $reverseArray must be an array, but was of type: {alias(value)}")
    return value[::-1]


@operator("$in")
def _in(operand: Any, compiler: Compiler) -> Node:
    between = comparer(compiler.scope.collation)

    def contains(value: Any, array: Any) -> bool:
        if type(array) is not list:
            raise DocumentError(40081, f"$in requires an array as a second argument, found: {alias(array)}")
        return any(between(value, item) == 0 for item in watched(array))

    return apply(contains, compiler.operands("$in", operand, 2, 2))


@operator("$indexOfArray")
def _index_of_array(operand: Any, compiler: Compiler) -> Node:
    between = comparer(compiler.scope.collation)

    def find(array: Any, sought: Any, *bounds: Any) -> Any:
        if is_nullish(array):
            return None
        if type(array) is not list:
            raise DocumentError(40090, f"$indexOfArray requires an array as a first argument, found: {alias(array)}")
        low, high = places("$indexOfArray", bounds)
        for place, item in enumerate(watched(array[low:high]), low):
            if between(item, sought) == 0:
                return place
        return -1

    return apply(find, compiler.operands("$indexOfArray", operand, 2, 4))


@function("$slice", 2, 3)
def _slice(array: Any, first: Any, count: Any = None) -> Any:
    if is_nullish(array) or is_nullish(first):
        return None
    if type(array) is not list:
        raise DocumentError(28724, f"First argument to $slice must be an array, but is of type: {alias(array)}")
    if not rank(first):
        raise DocumentError(28725, f"Second argument to $slice must be a numeric value, but is of type: {alias(first)}")
    start = integral(first, 28726, "Second argument to $slice can't be represented as a 32-bit integer: {}")
    if count is None:
        return array[:start] if start >= 0 else array[start:]
    if count is MISSING:
        return None
    if not rank(count):
        raise DocumentError(28727, f"Third argument to $slice must be numeric, but is of type: {alias(count)}")
    number = integral(count, 28728, "Third argument to $slice can't be represented as a 32-bit integer: {}")
    if number <= 0:
        raise DocumentError(28729, f"Third argument to $slice must be positive: {number}")
    if start < 0:
        start = max(0, len(array) + start)
    return array[start : start + number]


@function("$range", 2, 3)
def _range(start: Any, end: Any, step: Any = 1) -> list[int]:
    numbers = []
    for which, value, kind, fits in (
        ("starting value", start, 34443, 34444),
        ("ending value", end, 34445, 34446),
        ("step value", step, 34447, 34448),
    ):
        if not rank(value):
            raise DocumentError(kind, f"$range requires a numeric {which}, found value of type: {alias(value)}")
        number = integral(value, fits, f"$range requires a {which} that can be represented as a 32-bit integer: {{}}")
        if not MIN_INT <= number <= MAX_INT:
            raise DocumentError(fits, f"$range requires a {which} that can be represented as a 32-bit integer")
        numbers.append(number)
    if not numbers[2]:
        raise DocumentError(34449, "$range requires a non-zero step value")
    found = range(*numbers)
    if len(found) > MAX_ITEMS:
        raise DocumentError(Code.ExceededMemoryLimit, "$range would use too much memory")
    return list(found)


@function("$arrayToObject", 1)
def _array_to_object(array: Any) -> Any:
    if is_nullish(array):
        return None
    if type(array) is not list:
        raise DocumentError(40386, f"$arrayToObject requires an array input, found: {alias(array)}")
    result: dict[str, Any] = {}
    pairs = bool(array) and type(array[0]) is list
    for item in watched(array):
        name, value = _pair(item) if pairs else _entry(item)
        if "\0" in name:
            raise DocumentError(4940400, "Key field cannot contain an embedded null byte")
        result[name] = value
    return result


def _pair(item: Any) -> tuple[str, Any]:
    if type(item) is not list:
        raise DocumentError(
            40396,
            f"$arrayToObject requires a consistent input format. Elements must all be arrays, found: {alias(item)}",
        )
    if len(item) != 2:
        raise DocumentError(
            40397, f"$arrayToObject requires an array of size 2 arrays, found array of size: {len(item)}"
        )
    if type(item[0]) is not str:
        raise DocumentError(
            40395,
            f"$arrayToObject requires an array of key-value pairs, where the key must be of type string. "
            f"Found key type: {alias(item[0])}",
        )
    return item[0], item[1]


def _entry(item: Any) -> tuple[str, Any]:
    if type(item) is not dict:
        raise DocumentError(
            40391 if type(item) is list else 40398,
            f"Unrecognised input type format for $arrayToObject: {alias(item)}",
        )
    if len(item) != 2:
        raise DocumentError(
            40392, f"$arrayToObject requires an object keys of 'k' and 'v'. Found incorrect number of keys: {len(item)}"
        )
    if "k" not in item or "v" not in item:
        raise DocumentError(40393, "$arrayToObject requires an object with keys 'k' and 'v'.")
    if type(item["k"]) is not str:
        raise DocumentError(
            40394,
            f"$arrayToObject requires an object with keys 'k' and 'v', where the value of 'k' must be of type string. "
            f"Found type: {alias(item['k'])}",
        )
    return item["k"], item["v"]


@function("$objectToArray", 1)
def _object_to_array(value: Any) -> Any:
    if is_nullish(value):
        return None
    if type(value) is not dict:
        raise DocumentError(40390, f"$objectToArray requires a document input, found: {alias(value)}")
    return [{"k": name, "v": item} for name, item in watched(value.items())]
