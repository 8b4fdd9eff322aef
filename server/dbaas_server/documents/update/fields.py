"""``$set $setOnInsert $unset $rename $currentDate``."""

from __future__ import annotations

from typing import Any

from bson import Timestamp

from ..codec import MISSING
from ..errors import Code, DocumentError
from ..scope import Scope
from ..values import alias
from .change import Action, Change, Place, check_depth, depth, operator
from .paths import check_path

__all__: list[str] = []


def setter(value: Any) -> Change:
    """A change that puts a value there, whatever was."""
    return lambda old, place: value


@operator("$set")
def _set(path: str, operand: Any, scope: Scope) -> Action:
    check_depth(path.count(".") + 1 + depth(operand))
    return Action("$set", path, setter(operand))


@operator("$setOnInsert")
def _set_on_insert(path: str, operand: Any, scope: Scope) -> Action:
    check_depth(path.count(".") + 1 + depth(operand))
    return Action("$setOnInsert", path, setter(operand), only_inserting=True)


@operator("$unset")
def _unset(path: str, operand: Any, scope: Scope) -> Action:
    return Action("$unset", path, setter(MISSING), creates=False)


@operator("$rename")
def _rename(path: str, operand: Any, scope: Scope) -> Action:
    if type(operand) is not str:
        raise DocumentError(Code.BadValue, f"The 'to' field for $rename must be a string: {path}: {operand!r}")
    names = check_path(operand)
    for which, parts in (("source", path.split(".")), ("destination", names)):
        if any(part[:1] == "$" for part in parts):
            raise DocumentError(Code.BadValue, f"The {which} field for $rename may not be dynamic: {'.'.join(parts)}")
    if path == operand:
        raise DocumentError(Code.BadValue, f'The source and target field for $rename must differ: {path}: "{operand}"')
    return Action("$rename", path, setter(MISSING), creates=False, renames=operand)


@operator("$currentDate")
def _current_date(path: str, operand: Any, scope: Scope) -> Action:
    kind: Any = "date"
    if type(operand) is dict:
        for key in operand:
            if key != "$type":
                raise DocumentError(Code.BadValue, f"Unrecognized $currentDate option: {key}")
        kind = operand.get("$type")
        if kind not in ("date", "timestamp"):
            raise DocumentError(
                Code.BadValue,
                "The '$type' string field is required to be 'date' or 'timestamp': {$currentDate: {field : {$type: "
                "'date'}}}",
            )
    elif type(operand) is not bool:
        raise DocumentError(
            Code.BadValue,
            f"{alias(operand)} is not valid type for $currentDate. Please use a boolean ('true') or a $type "
            f"expression ({{$type: 'timestamp/date'}}).",
        )
    now: Any = scope.now
    if kind == "timestamp":
        now = Timestamp(max(0, int(scope.now) // 1_000) & 0xFFFFFFFF, 1)

    def change(old: Any, place: Place) -> Any:
        return now

    return Action("$currentDate", path, change)
