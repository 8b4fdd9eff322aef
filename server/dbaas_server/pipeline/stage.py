"""Stages: one function per stage."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..stages import (
    Accumulator,
    AddFields,
    CountRows,
    Expression,
    Group,
    Limit,
    Lookup,
    Match,
    Project,
    ReplaceRoot,
    Skip,
    Sort,
    SortKey,
    Stage,
    Unset,
    Unwind,
)
from .expression import expression
from .predicate import predicate
from .reader import Place, Reader, did_you_mean, name, path, shown

__all__ = ["ACCUMULATORS", "STAGES", "stage"]

ACCUMULATORS = frozenset({
    "$sum", "$avg", "$min", "$max", "$count", "$push", "$addToSet", "$first", "$last", "$stdDevPop", "$stdDevSamp",
})  # fmt: skip
"""Every accumulator of ``$group``."""

MAX_SORT_KEYS = 32
_LARGEST = 2**63 - 1
_Fields = list[tuple[tuple[str, ...], object, Place]]


def stage(reader: Reader, value: object, at: Place) -> Stage:
    """Read one stage. Raises ``Invalid`` (``invalid_pipeline``)."""
    reader.enter(at)
    if not isinstance(value, dict) or len(value) != 1:
        raise at.refuse("A stage is an object with one key.", hint='Write it like {"$match": {"a": 1}}.')
    ((key, body),) = value.items()
    read = STAGES.get(key) if isinstance(key, str) else None
    if read is None:
        raise at.refuse(f"There is no stage “{shown(str(key))}”.", hint=did_you_mean(str(key), STAGES))
    return read(reader, body, at.field(key))


def _match(reader: Reader, value: object, at: Place) -> Stage:
    return Match(predicate(reader, value, at))


def _group(reader: Reader, value: object, at: Place) -> Stage:
    reader.enter(at)
    if not isinstance(value, dict) or "_id" not in value:
        raise at.refuse("$group needs an _id.", hint='For one group of all rows write {"_id": null, …}.')
    key = expression(reader, value["_id"], at.field("_id"))
    made = []
    for field, item in value.items():
        if field != "_id":
            made.append(_accumulator(reader, name(field, at, "A field of $group"), item, at.field(str(field))))
    return Group(key, tuple(made))


def _accumulator(reader: Reader, field: str, value: object, at: Place) -> Accumulator:
    reader.enter(at)
    if not isinstance(value, dict) or len(value) != 1:
        raise at.refuse("A field of $group is one accumulator.", hint='Write it like {"$sum": "$amount"}.')
    ((operator, operand),) = value.items()
    if operator not in ACCUMULATORS:
        raise at.refuse(
            f"There is no accumulator “{shown(str(operator))}”.", hint=did_you_mean(str(operator), ACCUMULATORS)
        )
    place = at.field(operator)
    if operator == "$count":
        if operand != {}:
            raise place.refuse("$count takes an empty object.", hint='Write {"$count": {}}.')
        return Accumulator(field, "count", None)
    return Accumulator(field, operator[1:], expression(reader, operand, place))


def _sort(reader: Reader, value: object, at: Place) -> Stage:
    reader.enter(at)
    if not isinstance(value, dict) or not 0 < len(value) <= MAX_SORT_KEYS:
        raise at.refuse(f"$sort takes an object with 1 to {MAX_SORT_KEYS} fields.", hint='Write it like {"a": -1}.')
    keys = []
    for field, direction in value.items():
        place = at.field(str(field))
        if isinstance(direction, bool) or direction not in (1, -1):
            raise place.refuse("A direction is 1 (ascending) or -1 (descending).")
        keys.append(SortKey(path(field, place), direction == -1))
    return Sort(tuple(keys))


def _project(reader: Reader, value: object, at: Place) -> Stage:
    fields = _flat(reader, value, at)
    drops = [names for names, item, _ in fields if _is_flag(item) and not item]
    if len(drops) == len(fields):
        return Unset(tuple(drops))
    if any(names != ("_id",) for names in drops):
        raise at.refuse("$project either names the fields it keeps or those it drops.", hint="Only _id may be dropped.")
    kept: list[tuple[tuple[str, ...], Expression | None]] = []
    for names, item, place in fields:
        if _is_flag(item):
            if item:
                kept.append((names, None))
        else:
            kept.append((names, expression(reader, item, place)))
    return Project(tuple(kept), drop_id=bool(drops))


def _add_fields(reader: Reader, value: object, at: Place) -> Stage:
    fields = _flat(reader, value, at)
    return AddFields(tuple((names, expression(reader, item, place)) for names, item, place in fields))


def _unset(reader: Reader, value: object, at: Place) -> Stage:
    values = value if isinstance(value, list) else [value]
    if not values:
        raise at.refuse("$unset takes a field or a list of fields.")
    for index in range(len(values)):
        reader.enter(at.item(index))
    paths = [path(item, at).names for item in values]
    _check_collisions(paths, at)
    return Unset(tuple(paths))


def _replace_root(reader: Reader, value: object, at: Place) -> Stage:
    if not isinstance(value, dict) or value.keys() != {"newRoot"}:
        raise at.refuse("$replaceRoot takes an object with newRoot.")
    return ReplaceRoot(expression(reader, value["newRoot"], at.field("newRoot")))


def _replace_with(reader: Reader, value: object, at: Place) -> Stage:
    return ReplaceRoot(expression(reader, value, at))


def _limit(reader: Reader, value: object, at: Place) -> Stage:
    return Limit(reader.argument(_whole(value, at, 1, "$limit")))


def _skip(reader: Reader, value: object, at: Place) -> Stage:
    return Skip(reader.argument(_whole(value, at, 0, "$skip")))


def _unwind(reader: Reader, value: object, at: Place) -> Stage:
    options: Mapping[str, object] = value if isinstance(value, dict) else {"path": value}
    if "path" not in options or not options.keys() <= {"path", "includeArrayIndex", "preserveNullAndEmptyArrays"}:
        raise at.refuse(
            "$unwind takes a field, or an object with path.",
            hint="It may have includeArrayIndex and preserveNullAndEmptyArrays.",
        )
    text = options["path"]
    if not isinstance(text, str) or not text.startswith("$"):
        raise at.refuse("$unwind names a field with a $.", hint='Write it like "$tags".')
    index = options.get("includeArrayIndex")
    preserve = options.get("preserveNullAndEmptyArrays", False)
    if not isinstance(preserve, bool):
        raise at.field("preserveNullAndEmptyArrays").refuse("This is true or false.")
    found = path(text[1:], at)
    place = at.field("includeArrayIndex")
    return Unwind(found, None if index is None else name(index, place, "includeArrayIndex"), preserve)


def _lookup(reader: Reader, value: object, at: Place) -> Stage:
    keys = {"from", "localField", "foreignField", "as"}
    if not isinstance(value, dict) or value.keys() != keys:
        raise at.refuse("$lookup takes an object with from, localField, foreignField and as.")
    table = value["from"]
    if not isinstance(table, str) or not table or "\0" in table:
        raise at.field("from").refuse("“from” names a table.")
    return Lookup(
        table,
        path(value["localField"], at.field("localField")),
        path(value["foreignField"], at.field("foreignField")),
        name(value["as"], at.field("as"), "“as”"),
    )


def _count(reader: Reader, value: object, at: Place) -> Stage:
    return CountRows(name(value, at, "$count"))


def _flat(reader: Reader, value: object, at: Place) -> _Fields:
    """The fields of ``$project`` and ``$addFields`` by path: ``{a: {b: 1}}`` says the same as ``{"a.b": 1}``."""
    if not isinstance(value, dict) or not value:
        raise at.refuse("This stage takes an object with at least one field.")
    found: _Fields = []
    _flatten(reader, value, (), at, found)
    _check_collisions([names for names, _, _ in found], at)
    return found


def _flatten(reader: Reader, value: Mapping[object, object], way: tuple[str, ...], at: Place, found: _Fields) -> None:
    for key, item in value.items():
        place = at.field(str(key))
        reader.enter(place)
        names = (*way, *path(key, place).names)
        nested = isinstance(item, dict) and not any(isinstance(inner, str) and inner.startswith("$") for inner in item)
        if nested and item:
            assert isinstance(item, dict)
            _flatten(reader, item, names, place, found)
        else:
            found.append((names, item, place))


def _check_collisions(paths: list[tuple[str, ...]], at: Place) -> None:
    seen: set[tuple[str, ...]] = set()
    for names in sorted(paths):
        if any(names[:length] in seen for length in range(1, len(names) + 1)):
            raise at.refuse(f"“{shown('.'.join(names))}” is named twice, or inside another field that is.")
        seen.add(names)


def _is_flag(value: object) -> bool:
    return isinstance(value, bool | int | float)


def _whole(value: object, at: Place, least: int, what: str) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= _LARGEST:
        raise at.refuse(f"{what} takes a whole number, {least} or more.")
    return str(value)


STAGES: dict[str, Callable[[Reader, object, Place], Stage]] = {
    "$match": _match, "$group": _group, "$sort": _sort, "$project": _project, "$addFields": _add_fields,
    "$set": _add_fields, "$unset": _unset, "$replaceRoot": _replace_root, "$replaceWith": _replace_with,
    "$limit": _limit, "$skip": _skip, "$unwind": _unwind, "$lookup": _lookup, "$count": _count,
}  # fmt: skip
"""Every stage."""
