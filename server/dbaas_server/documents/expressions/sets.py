"""Arrays as sets: order and repetitions do not count; results keep the order of first occurrence."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

from ..errors import DocumentError
from ..steps import watched
from ..values import alias, hash_key
from .compiler import Compiler
from .conditions import truth
from .numeric import is_nullish
from .registry import Function, Node, apply, operator

__all__: list[str] = []

_Key = Callable[[Any], Hashable]


def _set_operator(name: str, least: int, most: int) -> Callable[[Callable[[_Key], Function]], None]:
    """Enter an operator that is made for a way to tell equal values, which is the collation's."""

    def enter(make: Callable[[_Key], Function]) -> None:
        def build(operand: Any, compiler: Compiler) -> Node:
            collation = compiler.scope.collation
            return apply(make(lambda value: hash_key(value, collation)), compiler.operands(name, operand, least, most))

        operator(name)(build)

    return enter


def _unique(array: list[Any], key: _Key) -> dict[Hashable, Any]:
    found: dict[Hashable, Any] = {}
    for item in watched(array):
        found.setdefault(key(item), item)
    return found


def _expect(number: int, sentence: str, value: Any) -> None:
    if type(value) is not list:
        raise DocumentError(number, f"{sentence} {alias(value)}")


@_set_operator("$setUnion", 0, -1)
def _union(key: _Key) -> Function:
    def run(*arrays: Any) -> Any:
        found: dict[Hashable, Any] = {}
        for array in arrays:
            if is_nullish(array):
                return None
            _expect(17043, "All operands of $setUnion must be arrays. One argument is of type:", array)
            for name, item in _unique(array, key).items():
                found.setdefault(name, item)
        return list(found.values())

    return run


@_set_operator("$setIntersection", 0, -1)
def _intersection(key: _Key) -> Function:
    def run(*arrays: Any) -> Any:
        found: dict[Hashable, Any] | None = None
        for array in arrays:
            if is_nullish(array):
                return None
            _expect(17047, "All operands of $setIntersection must be arrays. One argument is of type:", array)
            here = _unique(array, key)
            found = here if found is None else {name: item for name, item in found.items() if name in here}
        return list((found or {}).values())

    return run


@_set_operator("$setDifference", 2, 2)
def _difference(key: _Key) -> Function:
    def run(left: Any, right: Any) -> Any:
        if is_nullish(left) or is_nullish(right):
            return None
        _expect(17048, "both operands of $setDifference must be arrays. First argument is of type:", left)
        _expect(17049, "both operands of $setDifference must be arrays. Second argument is of type:", right)
        without = {key(item) for item in watched(right)}
        return [item for name, item in _unique(left, key).items() if name not in without]

    return run


@_set_operator("$setEquals", 2, -1)
def _equals(key: _Key) -> Function:
    def run(*arrays: Any) -> bool:
        for array in arrays:
            _expect(17044, "All operands of $setEquals must be arrays. One argument is of type:", array)
        sets = [{key(item) for item in watched(array)} for array in arrays]
        return all(one == sets[0] for one in sets)

    return run


@_set_operator("$setIsSubset", 2, 2)
def _is_subset(key: _Key) -> Function:
    def run(left: Any, right: Any) -> bool:
        _expect(17046, "both operands of $setIsSubset must be arrays. First argument is of type:", left)
        _expect(17042, "both operands of $setIsSubset must be arrays. Second argument is of type:", right)
        return {key(item) for item in watched(left)} <= {key(item) for item in watched(right)}

    return run


@_set_operator("$allElementsTrue", 1, 1)
def _all_true(key: _Key) -> Function:
    def run(array: Any) -> bool:
        _expect(17040, "$allElementsTrue's argument must be an array, but is", array)
        return all(map(truth, watched(array)))

    return run


@_set_operator("$anyElementTrue", 1, 1)
def _any_true(key: _Key) -> Function:
    def run(array: Any) -> bool:
        _expect(17041, "$anyElementTrue's argument must be an array, but is", array)
        return any(map(truth, watched(array)))

    return run
