"""A person's own reading command, with a grid's order and conditions behind it, in pages. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from dbaas_provisioning.errors import Invalid

from ...nouns import Arrangement, Condition, QueryColumn, Sort
from .operands import comparable, equal

__all__ = ["arranged", "counting", "page"]

Body: TypeAlias = dict[str, Any]
_Stages: TypeAlias = list[dict[str, Any]]

_OF_FIND_ALONE = ("min", "max", "returnKey", "showRecordId", "tailable", "awaitData")
_OF_FIND = frozenset({
    "find", "filter", "sort", "skip", "limit", "projection", "batchSize", "singleBatch", *_OF_FIND_ALONE,
})  # fmt: skip
_COMPARISONS = {"lt": "$lt", "le": "$lte", "gt": "$gt", "ge": "$gte"}


def arranged(body: Mapping[str, Any], columns: Sequence[QueryColumn], arrangement: Arrangement) -> Body:
    """The command with an order and conditions; a ``find`` becomes the ``aggregate`` that does the same.

    Raises:
        Invalid: ``unknown_column``, ``invalid_value``; ``not_comparable``: the column's name cannot be asked for;
            ``not_arrangeable``: an option has no counterpart.
    """
    if not arrangement:
        return dict(body)
    conditions = [_condition(_column(columns, one.column), one) for one in arrangement.where]
    match: _Stages = [{"$match": {"$and": conditions}}] if conditions else []
    order = _order(columns, arrangement.order)
    if "aggregate" in body:
        return {**body, "pipeline": [*body["pipeline"], *match, *_sorted(order)]}
    cut = [{f"${name}": abs(body[name])} for name in ("skip", "limit") if body.get(name)]
    sort, projection = body.get("sort") or {}, body.get("projection") or {}
    projected: _Stages = [{"$project": projection}] if projection else []
    if not cut and all(value in (0, 1) for value in projection.values()):
        # Nothing is lost or made on the way, so the engine may do it with an index.
        together = {**order, **{name: value for name, value in sort.items() if name not in order}}
        return _aggregate(body, [*match, *_sorted(together), *projected])
    own: _Stages = [{"$sort": sort}] if sort else []
    return _aggregate(body, [*own, *cut, *projected, *match, *_sorted(order)])


def page(body: Mapping[str, Any], offset: int, count: int) -> Body | None:
    """The command for some of its documents; None where its own limit comes before them."""
    if "aggregate" in body:
        skip: _Stages = [{"$skip": offset}] if offset else []
        return {**body, "pipeline": [*body["pipeline"], *skip, {"$limit": count}]}
    own = abs(int(body.get("limit") or 0))
    if own and offset >= own:
        return None
    most = min(count, own - offset) if own else count
    return {**body, "skip": int(body.get("skip") or 0) + offset, "limit": most}


def counting(body: Mapping[str, Any]) -> Body:
    """The command for one document whose ``n`` is how many come; none where none does."""
    if "aggregate" in body:
        return {**body, "pipeline": [*body["pipeline"], {"$count": "n"}]}
    cut = [{f"${name}": abs(body[name])} for name in ("skip", "limit") if body.get(name)]
    return _aggregate(body, [*cut, {"$count": "n"}])


def _aggregate(body: Mapping[str, Any], stages: _Stages) -> Body:
    for name in _OF_FIND_ALONE:
        if body.get(name):
            raise Invalid("not_arrangeable", f"A result with {name}() cannot be sorted, filtered or counted.")
    others = {name: value for name, value in body.items() if name not in _OF_FIND}
    found: _Stages = [{"$match": body["filter"]}] if body.get("filter") else []
    return {"aggregate": body["find"], "pipeline": [*found, *stages], "cursor": {}, **others}


def _sorted(order: Mapping[str, Any]) -> _Stages:
    """The order, and where it leaves two alike, that of their keys: pages have to fit together."""
    return [{"$sort": {**order, "_id": order.get("_id", 1)}}] if order else []


def _order(columns: Sequence[QueryColumn], order: Sequence[Sort]) -> Body:
    found: Body = {}
    for one in order:
        found.setdefault(_name(_column(columns, one.column)), -1 if one.descending else 1)
    return found


def _column(columns: Sequence[QueryColumn], index: int) -> QueryColumn:
    if not 0 <= index < len(columns):
        raise Invalid("unknown_column", f"There is no column {index}.", hint=f"There are {len(columns)}, from 0.")
    return columns[index]


def _name(column: QueryColumn) -> str:
    """A field that a path can name: anything else would ask for another one."""
    if not column.name or "." in column.name or column.name.startswith("$") or "\0" in column.name:
        raise Invalid("not_comparable", f"The field {column.name!r} cannot be sorted or filtered by.")
    return column.name


def _condition(column: QueryColumn, condition: Condition) -> Body:
    name, op, value = _name(column), condition.op, condition.value
    if op == "null":
        return {name: {"$eq": None}}
    if op == "not_null":
        return {name: {"$ne": None}}
    if value is None:
        raise Invalid("invalid_value", f"The condition {op} needs a value.")
    if op == "eq":
        return {name: {"$in": equal(value)}}
    if op == "ne":
        return {name: {"$nin": [None, *equal(value)]}}
    if op in _COMPARISONS:
        return {"$or": [{name: {_COMPARISONS[op]: each}} for each in comparable(value, column.type)]}
    return _about_text(column, op, value)


def _about_text(column: QueryColumn, op: str, value: str) -> Body:
    """``contains`` and ``starts``: of the value's text, which of what is no text is made by the engine."""
    field = f"${column.name}"
    if column.type in ("object", "array", "binData", "mixed"):
        raw: Any = {"$cond": [{"$eq": [{"$type": field}, "string"]}, field, ""]}
    else:
        raw = {"$convert": {"input": field, "to": "string", "onError": "", "onNull": ""}}
    place = {"$indexOfCP": [{"$toLower": raw}, {"$literal": value.lower()}]}
    return {"$expr": {"$eq": [place, 0]} if op == "starts" else {"$gte": [place, 0]}}
