"""Generated pipelines: expressions, predicates and stages over given fields, right and wrong."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

__all__ = ["expressions", "json_values", "predicates", "stages"]

json_values = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**70), 2**70),
        st.integers(-3, 3),
        st.floats(allow_nan=False, allow_infinity=False),
        st.sampled_from(["", "a", "2024-02-29", "novel", "$", "\\", "'", '"']),
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=5),
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "c d"]), inner, max_size=3),
    max_leaves=5,
)

_scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 100),
    st.sampled_from([0.5, 2.5, -1.25]),
    st.sampled_from(["a", "Ada", "x y"]),
)

_UNARY = [
    "abs", "ceil", "floor", "sqrt", "exp", "ln", "log10", "round", "trunc", "not", "strLenCP", "toLower", "toUpper",
    "toBool", "toDate", "toDecimal", "toDouble", "toInt", "toLong", "toString", "size", "year", "month", "dayOfWeek",
    "week", "hour", "millisecond", "sum", "avg", "min", "max",
]  # fmt: skip
_BINARY = [
    "divide", "mod", "pow", "subtract", "cmp", "eq", "gt", "gte", "lt", "lte", "ne", "in", "arrayElemAt", "round",
    "ifNull",
]  # fmt: skip
_MANY = ["add", "multiply", "concat", "and", "or", "max", "min", "sum", "avg", "ifNull"]


def expressions(fields: Sequence[str]) -> st.SearchStrategy[Any]:
    """Expressions over fields (``a.b`` for what is inside one)."""
    leaves = st.one_of(
        st.sampled_from([f"${field}" for field in fields]),
        _scalars,
        _scalars.map(lambda value: {"$literal": value}),
        st.sampled_from(["$$ROOT", "$$NOW"]),
    )

    def grow(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        return st.one_of(
            st.tuples(st.sampled_from(_UNARY), inner).map(lambda made: {"$" + made[0]: made[1]}),
            st.tuples(st.sampled_from(_BINARY), inner, inner).map(lambda made: {"$" + made[0]: list(made[1:])}),
            st.tuples(st.sampled_from(_MANY), st.lists(inner, min_size=2, max_size=3)).map(
                lambda made: {"$" + made[0]: made[1]}
            ),
            st.tuples(inner, inner, inner).map(lambda made: {"$cond": list(made)}),
            st.tuples(inner, inner, inner, inner).map(
                lambda made: {"$switch": {"branches": [{"case": made[0], "then": made[1]}], "default": made[2]}}
            ),
            st.tuples(inner, st.sampled_from(["year", "week", "day", "hour"])).map(
                lambda made: {"$dateTrunc": {"date": made[0], "unit": made[1], "timezone": "Europe/Oslo"}}
            ),
            inner.map(lambda made: {"$dateToString": {"date": made, "format": '%Y "x\\ %% %j'}}),
            st.tuples(inner, st.integers(0, 3), st.integers(0, 3)).map(lambda made: {"$substrCP": list(made)}),
            st.lists(inner, max_size=3),
            st.dictionaries(st.sampled_from(["a", "b", "c d"]), inner, max_size=2),
        )

    return st.recursive(leaves, grow, max_leaves=6)


def predicates(fields: Sequence[str]) -> st.SearchStrategy[Any]:
    """Predicates over fields."""
    names = st.sampled_from(list(fields))
    values = st.one_of(_scalars, json_values, st.sampled_from(["2000-01-01", "1900-01-01T00:00:00Z"]))
    tests = st.one_of(
        values,
        st.tuples(st.sampled_from(["$eq", "$ne", "$gt", "$gte", "$lt", "$lte"]), values).map(lambda made: dict([made])),
        st.tuples(st.sampled_from(["$in", "$nin", "$all"]), st.lists(values, max_size=3)).map(
            lambda made: dict([made])
        ),
        st.booleans().map(lambda made: {"$exists": made}),
        st.sampled_from([{"$regex": "^A", "$options": "i"}, {"$regex": "o"}, {"$regex": "a.b", "$options": "msx"}]),
        st.integers(0, 3).map(lambda made: {"$size": made}),
        st.tuples(st.integers(1, 5), st.integers(0, 4)).map(lambda made: {"$mod": list(made)}),
        values.map(lambda made: {"$not": {"$gt": made}}),
    )
    simple = st.one_of(
        st.tuples(names, tests).map(lambda made: dict([made])),
        expressions(fields).map(lambda made: {"$expr": made}),
    )
    return st.recursive(
        simple,
        lambda inner: st.tuples(st.sampled_from(["$and", "$or", "$nor"]), st.lists(inner, min_size=1, max_size=3)).map(
            lambda made: dict([made])
        ),
        max_leaves=4,
    )


def stages(fields: Sequence[str], lookups: Sequence[dict[str, str]]) -> st.SearchStrategy[Any]:
    """One stage, of any kind."""
    names = st.sampled_from(list(fields))
    inner = expressions(fields)
    fresh = st.sampled_from(["x", "y", "z"])
    accumulators = st.one_of(
        st.tuples(
            st.sampled_from([
                "$sum", "$avg", "$min", "$max", "$push", "$addToSet", "$first", "$last", "$stdDevPop", "$stdDevSamp",
            ]),
            inner,
        ).map(lambda made: dict([made])),
        st.just({"$count": {}}),
    )  # fmt: skip
    return st.one_of(
        predicates(fields).map(lambda made: {"$match": made}),
        st.tuples(inner, st.dictionaries(fresh, accumulators, max_size=2)).map(
            lambda made: {"$group": {"_id": made[0], **made[1]}}
        ),
        st.dictionaries(names, st.sampled_from([1, -1]), min_size=1, max_size=2).map(lambda made: {"$sort": made}),
        st.dictionaries(fresh, inner, min_size=1, max_size=2).map(lambda made: {"$addFields": made}),
        st.tuples(st.dictionaries(fresh, inner, max_size=2), names).map(
            lambda made: {"$project": {**made[0], made[1]: 1}}
        ),
        st.lists(names, min_size=1, max_size=2, unique=True).map(lambda made: {"$unset": made}),
        st.dictionaries(fresh, inner, max_size=2).map(lambda made: {"$replaceWith": made}),
        st.integers(1, 5).map(lambda made: {"$limit": made}),
        st.integers(0, 3).map(lambda made: {"$skip": made}),
        st.tuples(names, st.booleans(), st.sampled_from([{}, {"includeArrayIndex": "x"}])).map(
            lambda made: {"$unwind": {"path": f"${made[0]}", "preserveNullAndEmptyArrays": made[1], **made[2]}}
        ),
        st.sampled_from([{"$lookup": lookup} for lookup in lookups]),
        st.just({"$count": "x"}),
    )
