"""Operators that run another expression for each item of an array, or order one."""

from __future__ import annotations

from typing import Any

from ..codec import MISSING
from ..errors import Code, DocumentError
from ..steps import watched
from ..values import alias
from .compiler import Compiler
from .conditions import truth
from .frame import Frame
from .limits import bounded, spend
from .numeric import MAX_LONG, integral, is_nullish, rank
from .ordering import SortOrder, arranged, value_order
from .registry import Node, apply, operator

__all__ = ["count_of"]


def _named(
    name: str, operand: Any, shape: int, unknown: int, required: dict[str, int], optional: tuple[str, ...] = ()
) -> dict[str, Any]:
    if type(operand) is not dict:
        raise DocumentError(shape, f"{name} only supports an object as its argument")
    for key in operand:
        if key not in required and key not in optional:
            raise DocumentError(unknown, f"Unrecognized parameter to {name}: {key}")
    for key, number in required.items():
        if key not in operand:
            raise DocumentError(number, f"Missing '{key}' parameter to {name}")
    return operand


def _name_of(operand: dict[str, Any]) -> str:
    name = operand.get("as", "this")
    if type(name) is not str:
        raise DocumentError(Code.TypeMismatch, "'as' must be a string")
    return name


@operator("$map")
def _map(operand: Any, compiler: Compiler) -> Node:
    parts = _named("$map", operand, 16878, 16879, {"input": 16880, "in": 16882}, ("as",))
    source = compiler.compile(parts["input"]).evaluate
    inner, (slot,) = compiler.with_variables([_name_of(parts)])
    body = inner.compile(parts["in"]).evaluate

    def run(frame: Frame) -> Any:
        array = source(frame)
        if array is None or array is MISSING:
            return None
        if type(array) is not list:
            raise DocumentError(16883, f"input to $map must be an array not {alias(array)}")
        spend(frame, len(array))
        variables, result = frame.variables, []
        for item in watched(array):
            variables[slot] = item
            value = body(frame)
            result.append(None if value is MISSING else value)
        return result

    return Node(run)


@operator("$filter")
def _filter(operand: Any, compiler: Compiler) -> Node:
    parts = _named("$filter", operand, 28646, 28647, {"input": 28648, "cond": 28650}, ("as", "limit"))
    source = compiler.compile(parts["input"]).evaluate
    limit = compiler.compile(parts["limit"]).evaluate if "limit" in parts else None
    inner, (slot,) = compiler.with_variables([_name_of(parts)])
    holds = inner.compile(parts["cond"]).evaluate

    def run(frame: Frame) -> Any:
        array = source(frame)
        if array is None or array is MISSING:
            return None
        if type(array) is not list:
            raise DocumentError(28651, f"input to $filter must be an array not {alias(array)}")
        spend(frame, len(array))
        most = MAX_LONG if limit is None else _limit(limit(frame))
        variables, result = frame.variables, []
        for item in watched(array):
            variables[slot] = item
            if truth(holds(frame)):
                result.append(item)
                if len(result) >= most:
                    break
        return result

    return Node(run)


def _limit(value: Any) -> int:
    if is_nullish(value):
        return MAX_LONG
    most = integral(value, 327391, "$filter: limit must be represented as a 32-bit integral value: {}")
    if most < 1:
        raise DocumentError(327392, f"$filter: limit must be greater than 0: {most}")
    return most


@operator("$reduce")
def _reduce(operand: Any, compiler: Compiler) -> Node:
    parts = _named("$reduce", operand, 40075, 40076, {"input": 40077, "initialValue": 40078, "in": 40079})
    source = compiler.compile(parts["input"]).evaluate
    start = compiler.compile(parts["initialValue"]).evaluate
    inner, (this, value_slot) = compiler.with_variables(["this", "value"])
    step = inner.compile(parts["in"]).evaluate

    def run(frame: Frame) -> Any:
        array = source(frame)
        if array is None or array is MISSING:
            return None
        if type(array) is not list:
            raise DocumentError(40080, f"$reduce requires that 'input' be an array, found: {alias(array)}")
        spend(frame, len(array))
        result = start(frame)
        variables = frame.variables
        for item in watched(array):
            variables[this] = item
            variables[value_slot] = result
            result = bounded(step(frame))
        return result

    return Node(run)


@operator("$zip")
def _zip(operand: Any, compiler: Compiler) -> Node:
    parts = _named("$zip", operand, 34460, 34464, {"inputs": 34465}, ("useLongestLength", "defaults"))
    if type(parts["inputs"]) is not list:
        raise DocumentError(34461, f"inputs must be an array of expressions, found {alias(parts['inputs'])}")
    if type(parts.get("useLongestLength", False)) is not bool:
        raise DocumentError(34463, "useLongestLength must be a bool")
    longest = parts.get("useLongestLength", False)
    given = parts.get("defaults", [])
    if type(given) is not list:
        raise DocumentError(34462, f"defaults must be an array of expressions, found {alias(given)}")
    if not parts["inputs"]:
        raise DocumentError(34465, "$zip requires at least one input array")
    if given and not longest:
        raise DocumentError(34466, "cannot specify defaults unless useLongestLength is true")
    if given and len(given) != len(parts["inputs"]):
        raise DocumentError(34467, "defaults and inputs must have the same length")
    inputs = [compiler.compile(part).evaluate for part in parts["inputs"]]
    defaults = [compiler.compile(part).evaluate for part in given]

    def run(frame: Frame) -> Any:
        arrays = [source(frame) for source in inputs]
        if any(is_nullish(array) for array in arrays):
            return None
        for array in arrays:
            if type(array) is not list:
                raise DocumentError(34468, f"$zip found a non-array expression in input: {alias(array)}")
        fill = [_present(default(frame)) for default in defaults] or [None] * len(arrays)
        length = (max if longest else min)(map(len, arrays))
        return [
            [array[place] if place < len(array) else other for array, other in zip(arrays, fill, strict=True)]
            for place in watched(range(length))
        ]

    return Node(run)


def _present(value: Any) -> Any:
    return None if value is MISSING else value


@operator("$sortArray")
def _sort_array(operand: Any, compiler: Compiler) -> Node:
    parts = _named("$sortArray", operand, 2942500, 2942501, {"input": 2942502, "sortBy": 2942503})
    by = parts["sortBy"]
    collation = compiler.scope.collation
    key, reverse = (SortOrder(by, collation).key, False) if type(by) is dict else value_order(by, collation)

    def run(array: Any) -> Any:
        if is_nullish(array):
            return None
        if type(array) is not list:
            raise DocumentError(
                2942504, f"The input argument to $sortArray must be an array, but was of type: {alias(array)}"
            )
        return arranged(array, key, reverse)

    return apply(run, [compiler.compile(parts["input"])])


def count_of(value: Any) -> int:
    """The ``n`` of ``$firstN`` and its kin.

    Raises:
        DocumentError: 5787902 no number, 5787903 no whole number, 5787908 not positive.
    """
    if not rank(value):
        raise DocumentError(5787902, f"Value for 'n' must be of integral type, but found {alias(value)}")
    number = integral(value, 5787903, "Value for 'n' must be of integral type, but found {}")
    if number < 1:
        raise DocumentError(5787908, f"'n' must be greater than 0, found {number}")
    return number


def _several(name: str) -> None:
    def build(operand: Any, compiler: Compiler) -> Node:
        parts = _named(name, operand, 5787801, 5787901, {"n": 5787906, "input": 5787907})
        key, reverse = value_order(-1 if name == "$maxN" else 1, compiler.scope.collation)

        def take(array: Any, n: Any) -> Any:
            count = count_of(n)
            if type(array) is not list:
                raise DocumentError(5788200, "Input must be an array")
            if name == "$firstN":
                return array[:count]
            if name == "$lastN":
                return array[-count:]
            present = [item for item in array if item is not None]
            return arranged(present, key, reverse)[:count]

        return apply(take, [compiler.compile(parts["input"]), compiler.compile(parts["n"])])

    operator(name)(build)


for _name in ("$firstN", "$lastN", "$minN", "$maxN"):
    _several(_name)
