"""``$pull`` and ``$pullAll``: elements that go away."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bson import Regex

from ..errors import Code, DocumentError
from ..match import compile_filter, parse_filter
from ..scope import Scope
from ..values import alias, hasher
from .change import UNCHANGED, Action, Place, operator

__all__: list[str] = []


def _puller(name: str, path: str, goes: Callable[[Any], bool]) -> Action:
    def change(old: Any, place: Place) -> Any:
        if type(old) is not list:
            raise DocumentError(Code.BadValue, f"Cannot apply {name} to a non-array value")
        new = [item for item in old if not goes(item)]
        return UNCHANGED if len(new) == len(old) else new

    return Action(name, path, change, creates=False)


@operator("$pull")
def _pull(path: str, operand: Any, scope: Scope) -> Action:
    if type(operand) is dict:
        if next(iter(operand), "")[:1] == "$" and next(iter(operand)) not in ("$and", "$or", "$nor", "$expr"):
            # a condition on the elements themselves; [item] would let a condition look into arrays twice
            holds = compile_filter(parse_filter({"e": operand}, scope), scope)
            return _puller("$pull", path, lambda item: holds({"e": item}))
        matches = compile_filter(parse_filter(operand, scope), scope)
        return _puller("$pull", path, lambda item: type(item) is dict and matches(item))
    if isinstance(operand, Regex):
        matches = compile_filter(parse_filter({"e": operand}, scope), scope)
        return _puller("$pull", path, lambda item: matches({"e": item}))
    key = hasher(scope.collation)
    gone = key(operand)
    return _puller("$pull", path, lambda item: key(item) == gone)


@operator("$pullAll")
def _pull_all(path: str, operand: Any, scope: Scope) -> Action:
    if type(operand) is not list:
        raise DocumentError(Code.BadValue, f"$pullAll requires an array argument but was given a {alias(operand)}")
    key = hasher(scope.collation)
    gone = set(map(key, operand))
    return _puller("$pullAll", path, lambda item: key(item) in gone)
