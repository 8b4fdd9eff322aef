"""Which fields documents have behind each stage of a pipeline. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from .reading import Leaf, List, Node, Object

__all__ = ["Field", "Fields", "behind", "within"]


@dataclass(frozen=True, slots=True)
class Field:
    """A field that may be named.

    Attributes:
        origin: what made it, where it is none of the collection's own.
    """

    path: str
    types: tuple[str, ...] = ()
    share: float | None = None
    values: tuple[str, ...] = ()
    origin: str = ""


Fields: TypeAlias = Sequence[Field]


def behind(stage: Node | None, fields: Fields, foreign: Mapping[str, Fields]) -> Fields:
    """The fields after a stage.

    Args:
        foreign: those of other collections, by the collections' names.
    """
    if not isinstance(stage, Object) or not stage.members:
        return fields
    name, operand = stage.members[0].key, stage.members[0].value
    if isinstance(operand, Object):
        if name == "$group":
            return _grouped(operand, fields)
        if name == "$project":
            return _projected(operand, fields)
        if name in ("$addFields", "$set"):
            return _with(fields, [_made(each.key, each.value, fields, name) for each in operand.members])
        if name == "$lookup":
            return _looked_up(operand, fields, foreign)
        if name == "$facet":
            return [Field(each.key, ("array",), origin=name) for each in operand.members]
        if name == "$replaceRoot":
            return _replaced(operand.get("newRoot"), fields, name)
        if name == "$unwind":
            index = _text(operand.get("includeArrayIndex"))
            return _with(fields, [Field(index, ("long",), origin=name)]) if index else fields
    if name == "$replaceWith":
        return _replaced(operand, fields, name)
    if name == "$unset":
        leaves = operand.items if isinstance(operand, List) else [operand]
        return _without(fields, [text for text in map(_text, leaves) if text])
    if name == "$count" and (counted := _text(operand)):
        return [Field(counted, ("int",), origin=name)]
    if name == "$sortByCount":
        return [Field("_id", origin=name), Field("count", ("int",), origin=name)]
    return fields


def within(fields: Fields, path: str) -> Fields:
    """The fields of what is at a path, by their names from there on."""
    before = f"{path}."
    return [
        Field(each.path[len(before) :], each.types, each.share, each.values, each.origin)
        for each in fields
        if each.path.startswith(before)
    ]


def _made(name: str, value: Node | None, fields: Fields, origin: str) -> Field:
    """A field that is computed; of a plain reference what that is."""
    reference = _text(value)
    if reference is not None and reference.startswith("$"):
        source = next((each for each in fields if each.path == reference[1:]), None)
        if source is not None:
            return Field(name, source.types, None, source.values, origin)
    return Field(name, origin=origin)


def _grouped(operand: Object, fields: Fields) -> Fields:
    found: list[Field] = []
    for each in operand.members:
        if each.key == "_id":
            found.append(_made("_id", each.value, fields, "$group"))
            if isinstance(each.value, Object) and not any(one.key.startswith("$") for one in each.value.members):
                found += [_made(f"_id.{one.key}", one.value, fields, "$group") for one in each.value.members]
        else:
            found.append(Field(each.key, origin="$group"))
    return found


def _projected(operand: Object, fields: Fields) -> Fields:
    dropped = [each.key for each in operand.members if _is_zero(each.value)]
    named = [each for each in operand.members if each.value is not None and not _is_zero(each.value)]
    if not named:
        return _without(fields, dropped)
    kept = {"_id"} | {each.key for each in named if isinstance(each.value, Leaf) and each.value.text is None}
    made = [_made(each.key, each.value, fields, "$project") for each in named if each.key not in kept]
    found = [each for each in fields if any(_is_at(each.path, path) or _is_at(path, each.path) for path in kept)]
    return _without(_with(found, made), dropped)


def _looked_up(operand: Object, fields: Fields, foreign: Mapping[str, Fields]) -> Fields:
    name = _text(operand.get("as"))
    if not name:
        return fields
    source = foreign.get(_text(operand.get("from")) or "", ())
    inner = [Field(f"{name}.{each.path}", each.types, None, each.values, "$lookup") for each in source]
    return _with(fields, [Field(name, ("array",), origin="$lookup"), *inner])


def _replaced(value: Node | None, fields: Fields, origin: str) -> Fields:
    reference = _text(value)
    if reference is not None and reference.startswith("$") and not reference.startswith("$$"):
        return within(fields, reference[1:])
    if isinstance(value, Object) and not any(each.key.startswith("$") for each in value.members):
        return [_made(each.key, each.value, fields, origin) for each in value.members]
    return fields if reference == "$$ROOT" else []


def _with(fields: Fields, more: Sequence[Field]) -> Fields:
    names = {each.path for each in more}
    return [*(each for each in fields if each.path not in names), *more]


def _without(fields: Fields, paths: Iterable[str]) -> Fields:
    gone = list(paths)
    return [each for each in fields if not any(_is_at(each.path, path) for path in gone)]


def _is_at(path: str, above: str) -> bool:
    return path == above or path.startswith(f"{above}.")


def _is_zero(value: Node | None) -> bool:
    return isinstance(value, Leaf) and value.token.text in ("0", "false")


def _text(value: Node | None) -> str | None:
    return value.text if isinstance(value, Leaf) else None
