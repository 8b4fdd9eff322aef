"""``$push $addToSet $pop``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from ..codec import MISSING
from ..errors import Code, DocumentError
from ..expressions.numeric import integral, rank
from ..expressions.ordering import SortOrder, value_order
from ..scope import Scope
from ..values import alias, hasher
from .change import UNCHANGED, Action, Place, check_depth, depth, operator

__all__: list[str] = []

_CLAUSES: Final = ("$each", "$slice", "$sort", "$position")


def _whole(name: str, value: Any) -> int:
    if not rank(value):
        raise DocumentError(
            Code.BadValue, f"The value for {name} must be an integer value but was given type: {alias(value)}"
        )
    return integral(value, Code.BadValue, f"The value for {name} must be an integer value: {{}}")


@operator("$push")
def _push(path: str, operand: Any, scope: Scope) -> Action:
    if type(operand) is not dict or "$each" not in operand:
        check_depth(path.count(".") + 2 + depth(operand))
        return Action("$push", path, _pusher([operand], None, None, None))
    for clause in operand:
        if clause not in _CLAUSES:
            raise DocumentError(Code.BadValue, f"Unrecognized clause in $push: {clause}")
    items = operand["$each"]
    if type(items) is not list:
        raise DocumentError(
            Code.BadValue, f"The argument to $each in $push must be an array but it was of type: {alias(items)}"
        )
    check_depth(path.count(".") + 1 + depth(items))
    position = _whole("$position", operand["$position"]) if "$position" in operand else None
    keep = _whole("$slice", operand["$slice"]) if "$slice" in operand else None
    order = _order(operand["$sort"], scope) if "$sort" in operand else None
    return Action("$push", path, _pusher(items, position, order, keep))


def _order(spec: Any, scope: Scope) -> Callable[[list[Any]], list[Any]]:
    try:
        if type(spec) is dict:
            by = SortOrder(spec, scope.collation)
            return lambda items: sorted(items, key=by.key)
        if rank(spec):
            key, down = value_order(spec, scope.collation)
            return lambda items: sorted(items, key=key, reverse=down)
    except DocumentError as error:
        raise DocumentError(Code.BadValue, f"The $sort is invalid: {error}") from None
    raise DocumentError(
        Code.BadValue,
        "The $sort is invalid: use 1/-1 to sort the whole element, or {field:1/-1} to sort embedded fields",
    )


def _pusher(
    items: list[Any], position: int | None, order: Callable[[list[Any]], list[Any]] | None, keep: int | None
) -> Callable[[Any, Place], Any]:
    def change(old: Any, place: Place) -> Any:
        if old is MISSING:
            old = []
        elif type(old) is not list:
            raise DocumentError(
                Code.BadValue,
                f"The field '{place.path}' must be an array but is of type {alias(old)} in document {place.document}",
            )
        at = len(old) if position is None else position if position >= 0 else max(0, len(old) + position)
        new = [*old[:at], *items, *old[at:]]
        if order is not None:
            new = order(new)
        if keep is not None:
            new = new[:keep] if keep >= 0 else new[keep:]
        return new

    return change


@operator("$addToSet")
def _add_to_set(path: str, operand: Any, scope: Scope) -> Action:
    items = [operand]
    if type(operand) is dict and next(iter(operand), "") == "$each":
        items = operand["$each"]
        if type(items) is not list:
            raise DocumentError(
                Code.TypeMismatch,
                f"The argument to $each in $addToSet must be an array but it was of type {alias(items)}",
            )
        if len(operand) > 1:
            raise DocumentError(Code.BadValue, f"Found unexpected fields after $each in $addToSet: {operand!r}")
    check_depth(path.count(".") + 1 + depth(items))
    key = hasher(scope.collation)
    wanted = {key(item): item for item in reversed(items)}
    wanted = dict(reversed(wanted.items()))

    def change(old: Any, place: Place) -> Any:
        if old is MISSING:
            return list(wanted.values())
        if type(old) is not list:
            raise DocumentError(
                Code.BadValue,
                f"Cannot apply $addToSet to non-array field. Field named '{place.path.rpartition('.')[2]}' has "
                f"non-array type {alias(old)}",
            )
        there = set(map(key, old))
        new = [item for name, item in wanted.items() if name not in there]
        return [*old, *new] if new else UNCHANGED

    return Action("$addToSet", path, change)


@operator("$pop")
def _pop(path: str, operand: Any, scope: Scope) -> Action:
    if not rank(operand):
        raise DocumentError(Code.FailedToParse, f"Expected a number in: {path}: {operand!r}")
    end = integral(operand, Code.FailedToParse, f"Expected an integer: {path}: {{}}")
    if end not in (1, -1):
        raise DocumentError(Code.FailedToParse, f"$pop expects 1 or -1, found: {end}")

    def change(old: Any, place: Place) -> Any:
        if type(old) is not list:
            raise DocumentError(
                Code.TypeMismatch, f"Path '{place.path}' contains an element of non-array type '{alias(old)}'"
            )
        if not old:
            return UNCHANGED
        return old[:-1] if end == 1 else old[1:]

    return Action("$pop", path, change, creates=False)
