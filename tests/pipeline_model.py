"""What a pipeline means, said once more in plain Python: rows are dicts, and every stage is a function over a list.

It knows only what :func:`pipelines_over` generates, whose types are right, and shares nothing with the product.
"""

from __future__ import annotations

import math
from typing import Any

from hypothesis import strategies as st

__all__ = ["OTHERS", "ROWS", "evaluate", "normal", "pipelines_over"]

Row = dict[str, Any]

ROWS: list[Row] = [
    {
        "id": i,
        "n": None if i % 7 == 3 else i * 5 % 11 - 4,
        "f": None if i % 5 == 4 else (i * 3 % 8) / 2 - 1,
        "t": None if i % 6 == 2 else ["", "ab", "b", "abc", "c"][i % 5],
        "flag": [True, False, None][i % 3],
        "tags": [] if i % 4 == 0 else list(range(i % 3, i % 3 + i % 5)),
    }
    for i in range(1, 25)
]
OTHERS: list[Row] = [{"id": 100 + i, "ref": None if i == 3 else i % 5, "w": "uvw"[i % 3]} for i in range(8)]


# --- evaluation -------------------------------------------------------------------------------------------------


def rank(value: Any) -> tuple[int, Any]:
    """Null is smaller than everything."""
    return (0, 0) if value is None else (1, value)


def expression(item: Any, row: Row) -> Any:
    if isinstance(item, str) and item.startswith("$"):
        value: Any = row
        for name in item[1:].split("."):
            value = None if value is None else value[name]
        return value
    if not isinstance(item, dict):
        return item
    ((operator, operand),) = item.items()
    if operator == "$literal":
        return operand
    if operator == "$cond":
        return expression(operand[1] if expression(operand[0], row) else operand[2], row)
    values = [expression(part, row) for part in (operand if isinstance(operand, list) else [operand])]
    return OPERATORS[operator](*values)


def strict(function: Any) -> Any:
    """Null in, null out."""
    return lambda *values: None if any(value is None for value in values) else function(*values)


def present(values: Any) -> list[Any]:
    return [value for value in values if value is not None]


OPERATORS: dict[str, Any] = {
    "$add": strict(lambda *values: sum(values)),
    "$subtract": strict(lambda a, b: a - b),
    "$multiply": strict(lambda *values: math.prod(values)),
    "$divide": strict(lambda a, b: a / b),
    "$mod": strict(lambda a, b: math.fmod(a, b)),
    "$abs": strict(abs),
    "$floor": strict(math.floor),
    "$ceil": strict(math.ceil),
    "$max": lambda *values: max(present(values), default=None),
    "$min": lambda *values: min(present(values), default=None),
    "$sum": lambda *values: sum(present(values)),
    "$size": strict(len),
    "$ifNull": lambda *values: next((value for value in values if value is not None), None),
    "$concat": strict(lambda *values: "".join(values)),
    "$toUpper": lambda value: (value or "").upper(),
    "$toLower": lambda value: (value or "").lower(),
    "$substrCP": lambda value, start, length: (value or "")[start : start + length],
    "$strLenCP": strict(len),
    "$toString": strict(str),
    "$and": lambda *values: all(values),
    "$or": lambda *values: any(values),
    "$not": lambda value: not value,
    "$eq": lambda a, b: rank(a) == rank(b),
    "$ne": lambda a, b: rank(a) != rank(b),
    "$gt": lambda a, b: rank(a) > rank(b),
    "$gte": lambda a, b: rank(a) >= rank(b),
    "$lt": lambda a, b: rank(a) < rank(b),
    "$lte": lambda a, b: rank(a) <= rank(b),
    "$cmp": lambda a, b: (rank(a) > rank(b)) - (rank(a) < rank(b)),
    "$in": lambda value, values: value in (values or []),
}


def holds(item: Row, row: Row) -> bool:
    for key, wanted in item.items():
        if key == "$expr":
            passed = bool(expression(wanted, row))
        elif key in ("$and", "$or", "$nor"):
            results = [holds(part, row) for part in wanted]
            passed = {"$and": all(results), "$or": any(results), "$nor": not any(results)}[key]
        else:
            tests = wanted if isinstance(wanted, dict) else {"$eq": wanted}
            passed = all(test(row[key], operator, operand) for operator, operand in tests.items())
        if not passed:
            return False
    return True


def test(value: Any, operator: str, operand: Any) -> bool:
    if operator == "$not":
        return not all(test(value, inner, wanted) for inner, wanted in operand.items())
    if operator == "$ne":
        return not test(value, "$eq", operand)
    if operator == "$nin":
        return not test(value, "$in", operand)
    if operator == "$in":
        return any(test(value, "$eq", item) for item in operand)
    if operator == "$all":
        return bool(operand) and all(test(value, "$eq", item) for item in operand)
    if operator == "$size":
        return isinstance(value, list) and len(value) == operand
    if isinstance(value, list) and not isinstance(operand, list):
        return any(test(item, operator, operand) for item in value)
    if operator == "$eq":
        return rank(value) == rank(operand)
    if value is None or operand is None:
        return operator in ("$gte", "$lte") and value is None and operand is None
    return bool(OPERATORS[operator](value, operand))


def accumulate(item: Row, rows: list[Row]) -> Any:
    ((operator, operand),) = item.items()
    if operator == "$count":
        return len(rows)
    values = [expression(operand, row) for row in rows]
    found = present(values)
    match operator:
        case "$sum":
            return sum(found)
        case "$avg":
            return sum(found) / len(found) if found else None
        case "$min" | "$max":
            return (min if operator == "$min" else max)(found, default=None)
        case "$push":
            return values
        case "$first":
            return values[0]
        case "$last":
            return values[-1]
        case "$addToSet":
            return sorted(set(found)) + ([None] if None in values else [])
        case "$stdDevPop":
            mean = sum(found) / len(found) if found else 0
            return math.sqrt(sum((value - mean) ** 2 for value in found) / len(found)) if found else None
    raise AssertionError(operator)


def evaluate(pipeline: list[Row], rows: list[Row]) -> list[Row]:
    for stage in pipeline:
        ((name, body),) = stage.items()
        rows = STAGES[name](body, rows)
    return rows


def group(body: Row, rows: list[Row]) -> list[Row]:
    groups: dict[str, tuple[Any, list[Row]]] = {}
    for row in rows:
        key = body["_id"]
        if isinstance(key, dict) and not any(name.startswith("$") for name in key):
            value: Any = {name: expression(item, row) for name, item in key.items()}
        else:
            value = expression(key, row)
        groups.setdefault(repr(normal(value)), (value, []))[1].append(row)
    made = {name: item for name, item in body.items() if name != "_id"}
    return [
        {"_id": key, **{name: accumulate(item, members) for name, item in made.items()}}
        for key, members in groups.values()
    ]


def sort(body: Row, rows: list[Row]) -> list[Row]:
    for name, direction in reversed(body.items()):
        rows = sorted(rows, key=lambda row: rank(row[name]), reverse=direction < 0)
    return rows


def unwind(body: Row, rows: list[Row]) -> list[Row]:
    name = body["path"][1:]
    made = []
    for row in rows:
        items = list(enumerate(row[name]))
        if not items and body.get("preserveNullAndEmptyArrays"):
            items = [(None, None)]
        index = body.get("includeArrayIndex")
        made += [{**row, name: item, **({index: place} if index else {})} for place, item in items]
    return made


def lookup(body: Row, rows: list[Row]) -> list[Row]:
    return [
        {
            **row,
            body["as"]: [
                other for other in OTHERS
                if other[body["foreignField"]] is not None and other[body["foreignField"]] == row[body["localField"]]
            ],
        }
        for row in rows
    ]  # fmt: skip


STAGES: dict[str, Any] = {
    "$match": lambda body, rows: [row for row in rows if holds(body, row)],
    "$addFields": lambda body, rows: [{**row, **{k: expression(v, row) for k, v in body.items()}} for row in rows],
    "$project": lambda body, rows: [
        {k: row[k] if v == 1 and v is not True else expression(v, row) for k, v in body.items()} for row in rows
    ],
    "$unset": lambda body, rows: [{k: v for k, v in row.items() if k not in body} for row in rows],
    "$sort": sort,
    "$skip": lambda body, rows: rows[body:],
    "$limit": lambda body, rows: rows[:body],
    "$group": group,
    "$unwind": unwind,
    "$lookup": lookup,
    "$count": lambda body, rows: [{body: len(rows)}] if rows else [],
}


def normal(value: Any) -> Any:
    """Numbers as steps of a grid on which no fraction lies between two steps: the last bits of sums do not count."""
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, int | float):
        return round(float(value) * math.pi * 100_000)
    if isinstance(value, list):
        return [normal(item) for item in value]
    return {key: normal(item) for key, item in sorted(value.items())}


# --- generation -------------------------------------------------------------------------------------------------

halves = st.integers(-8, 8).map(lambda value: value / 2).map(lambda value: int(value) if value.is_integer() else value)
words = st.sampled_from(["", "ab", "b", "abc", "zz"])


def numbers(fields: list[str]) -> st.SearchStrategy[Any]:
    return st.recursive(
        st.sampled_from([f"${field}" for field in fields]) | halves,
        lambda inner: st.one_of(
            st.tuples(st.sampled_from(["$add", "$multiply", "$max", "$min", "$sum", "$ifNull"]), inner, inner).map(
                lambda made: {made[0]: [made[1], made[2]]}
            ),
            st.tuples(inner, inner).map(lambda made: {"$subtract": list(made)}),
            st.tuples(inner, st.sampled_from([2, 4, -0.5])).map(lambda made: {"$divide": list(made)}),
            st.tuples(inner, st.sampled_from([2, 3, 0.5])).map(lambda made: {"$mod": list(made)}),
            st.tuples(st.sampled_from(["$abs", "$floor", "$ceil"]), inner).map(lambda made: {made[0]: made[1]}),
            st.tuples(inner, inner).map(lambda made: {"$cmp": list(made)}),
            st.tuples(truths(fields, inner), inner, inner).map(lambda made: {"$cond": list(made)}),
        ),
        max_leaves=5,
    )


def truths(fields: list[str], inner: st.SearchStrategy[Any] | None = None) -> st.SearchStrategy[Any]:
    values = inner if inner is not None else numbers(fields)
    compared = st.tuples(st.sampled_from(["$eq", "$ne", "$gt", "$gte", "$lt", "$lte"]), values, values | st.none()).map(
        lambda made: {made[0]: [made[1], made[2]]}
    )
    return st.recursive(
        compared | values,
        lambda parts: st.one_of(
            st.tuples(st.sampled_from(["$and", "$or"]), st.lists(parts, max_size=3)).map(
                lambda made: {made[0]: made[1]}
            ),
            parts.map(lambda made: {"$not": [made]}),
        ),
        max_leaves=3,
    )


texts = st.recursive(
    st.just("$t") | words,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda made: {"$concat": made}),
        st.tuples(st.sampled_from(["$toUpper", "$toLower"]), inner).map(lambda made: {made[0]: made[1]}),
        st.tuples(inner, st.integers(0, 3), st.integers(0, 3)).map(lambda made: {"$substrCP": list(made)}),
        st.tuples(inner, inner).map(lambda made: {"$ifNull": list(made)}),
    ),
    max_leaves=4,
)


def predicates() -> st.SearchStrategy[Row]:
    def about(name: str, values: st.SearchStrategy[Any]) -> st.SearchStrategy[Row]:
        wanted = values | st.none()
        tests = st.one_of(
            wanted,
            st.tuples(st.sampled_from(["$eq", "$ne", "$gt", "$gte", "$lt", "$lte"]), wanted).map(lambda m: dict([m])),
            st.tuples(st.sampled_from(["$in", "$nin", "$all"]), st.lists(wanted, max_size=3)).map(lambda m: dict([m])),
        )
        return (tests | tests.filter(lambda made: isinstance(made, dict)).map(lambda made: {"$not": made})).map(
            lambda made: {name: made}
        )

    simple = st.one_of(
        about("n", halves), about("f", halves), about("t", words), about("tags", st.integers(0, 4)),
        st.integers(0, 4).map(lambda size: {"tags": {"$size": size}}),
        truths(["id", "n", "f"]).map(lambda made: {"$expr": made}),
        st.integers(-1, 5).map(lambda made: {"$expr": {"$in": [made, "$tags"]}}),
    )  # fmt: skip
    return st.recursive(
        simple,
        lambda inner: st.tuples(st.sampled_from(["$and", "$or", "$nor"]), st.lists(inner, min_size=1, max_size=3)).map(
            lambda made: dict([made])
        ),
        max_leaves=4,
    )


@st.composite
def pipelines_over(draw: st.DrawFn) -> tuple[list[Row], bool]:
    """A pipeline over ``ROWS``, and whether it says in which order its result is."""
    pipeline: list[Row] = []
    fields, ordered, unwound, looked, joined = ["id", "n", "f"], False, False, False, False
    for _ in range(draw(st.integers(0, 4))):
        kind = draw(st.sampled_from(["match", "add", "sort", "window", "unwind", "lookup"]))
        if kind == "match" and not unwound:
            pipeline.append({"$match": draw(predicates())})
        elif kind == "add":
            pipeline.append({"$addFields": {"x": draw(numbers(fields)), "y": draw(texts), "z": draw(truths(fields))}})
            fields = [*fields, "x"]
        elif kind == "sort" and not joined:  # a row has no key of its own any more
            name = draw(st.sampled_from(["n", "f", "t", "id"]))
            keys = {name: draw(st.sampled_from([1, -1])), "id": draw(st.sampled_from([1, -1]))}
            pipeline.append({"$sort": {**keys, **({"tags": 1} if unwound else {})}})
            ordered = True
        elif kind == "window" and ordered:
            pipeline.append(draw(st.one_of(
                st.integers(0, 10).map(lambda count: {"$skip": count}),
                st.integers(1, 15).map(lambda count: {"$limit": count}),
            )))  # fmt: skip
        elif kind == "unwind" and not unwound:
            index = draw(st.sampled_from([{}, {"includeArrayIndex": "at"}]))
            preserved = {"preserveNullAndEmptyArrays": draw(st.booleans())}
            pipeline.append({"$unwind": {"path": "$tags", **preserved, **index}})
            unwound = True
            ordered = ordered and not index  # elements follow in order, but rows of a sort by tags do not tell
        elif kind == "lookup" and not looked:
            pipeline.append({"$lookup": {"from": "others", "localField": "n", "foreignField": "ref", "as": "o"}})
            looked = True
            if draw(st.booleans()):
                pipeline.append({"$unwind": {"path": "$o"}})
                ordered, joined = False, True
                fields = [*fields, "o.id"]
            else:
                pipeline.append({"$addFields": {"o": {"$size": "$o"}}})
    end = draw(st.sampled_from(["none", "group", "count", "project"]))
    if end == "count":
        pipeline.append({"$count": "rows"})
    elif end == "project":
        # A bare number would say whether a field of that name is kept.
        pipeline.append({"$project": {"id": 1, "v": {"$add": [draw(numbers(fields)), 0]}, "w": draw(texts)}})
    elif end == "group":
        keys = st.one_of(
            st.none(), numbers(fields), texts,
            st.tuples(numbers(fields), texts).map(lambda made: {"p": made[0], "q": made[1]}),
        )  # fmt: skip
        names = ["$sum", "$avg", "$min", "$max", "$addToSet", "$stdDevPop", *(["$push", "$first", "$last"] * ordered)]
        values = draw(st.lists(st.tuples(st.sampled_from(names), numbers(fields)), max_size=3))
        made = {f"a{place}": {name: value} for place, (name, value) in enumerate(values)}
        pipeline.append(
            {"$group": {"_id": draw(keys), **made, "rows": draw(st.sampled_from([{"$sum": 1}, {"$count": {}}]))}}
        )
        if draw(st.booleans()):
            pipeline.append({"$match": {"rows": {"$gt": 1}}})
        ordered = False
    return pipeline, ordered and end != "count"
