"""Whatever is read through an index is what a look at every document finds."""

from __future__ import annotations

import asyncio
from typing import Any

from bson import DatetimeMS, Decimal128, Int64, MaxKey, MinKey, ObjectId, Regex
from hypothesis import given, settings
from hypothesis import strategies as st

from dbaas_server.documents.codec import Document, decode
from dbaas_server.documents.collections.reading import count, find
from dbaas_server.documents.errors import DocumentError
from dbaas_server.documents.expressions.ordering import SortOrder
from dbaas_server.documents.match import compile_filter, parse_filter
from dbaas_server.documents.requests import Count, Find
from dbaas_server.documents.scope import Scope
from dbaas_server.documents.store.memory import MemoryStore
from dbaas_server.documents.values import parse_collation
from stocked import environment_of, stock

LONG = "x" * 1_100
SAMPLES: list[Any] = [
    None, 0, 1, 2, 3, 1.0, 1.5, -1, Int64(2), Decimal128("2.5"), float("nan"), float("inf"), "", "a", "A", "b", "ab",
    LONG + "a", LONG + "b", True, False, DatetimeMS(5), ObjectId("0" * 24), b"a", Regex("^a"), MinKey(), MaxKey(),
]  # fmt: skip
scalars = st.sampled_from(SAMPLES)
small = st.sampled_from([None, 0, 1, 2, "a", "b"])
PATHS = ["a", "a", "a", "b", "b", "c.d", "c.e", "a.0", "c"]

values = st.recursive(
    small | scalars,
    lambda part: (
        st.lists(part, max_size=3)
        | st.dictionaries(st.sampled_from("de"), part, max_size=2)
        | st.lists(st.dictionaries(st.sampled_from("de"), part, max_size=2), max_size=3)
    ),
    max_leaves=4,
)
documents = st.lists(st.dictionaries(st.sampled_from("abc"), values, max_size=3), max_size=12)
operands = small | scalars | values
comparisons = st.one_of(
    st.builds(lambda name, value: {name: value}, st.sampled_from(["$gt", "$gte", "$lt", "$lte", "$eq"]), operands),
    st.builds(lambda value: {"$ne": value}, small),
    st.builds(lambda low, high: {"$gt": low, "$lte": high}, small, small),
    st.builds(lambda some: {"$in": some}, st.lists(operands, max_size=3)),
    st.builds(lambda some: {"$all": some}, st.lists(small, max_size=2)),
    st.sampled_from(
        [
            {"$exists": True}, {"$exists": False}, {"$type": "string"}, {"$regex": "^a"}, {"$size": 1},
            {"$in": [Regex("^a"), "b"]}, {"$not": {"$gt": 1}},
        ]
    ),
)  # fmt: skip
tests = operands | comparisons | st.builds(lambda some: {"$elemMatch": some}, comparisons)
leaves = st.one_of(
    st.builds(lambda path, test: {path: test}, st.sampled_from(PATHS), tests),
    st.dictionaries(st.sampled_from(PATHS), tests, min_size=1, max_size=3),
    st.builds(lambda one, other: {"c": {"$elemMatch": {"d": one, "e": other}}}, tests, tests),
)
plain = (
    small
    | st.builds(lambda value: {"$gt": value}, small)
    | st.builds(lambda some: {"$in": some}, st.lists(operands, max_size=3))
)
branches = st.builds(lambda path, test: {path: test}, st.sampled_from(["a", "b", "_id"]), plain) | st.builds(
    lambda one, other: {"a": one, "b": other}, plain, plain
)
unions = st.builds(
    lambda some, more: {"$or": some, **more}, st.lists(branches, min_size=2, max_size=3), st.just({}) | branches
)
filters = unions | branches | leaves | st.just({}) | st.recursive(
    leaves,
    lambda part: st.builds(
        lambda name, some: {name: some}, st.sampled_from(["$and", "$or"]), st.lists(part, min_size=1, max_size=3)
    ),
    max_leaves=4,
)  # fmt: skip
ways = st.sampled_from([1, -1])
keys = st.lists(st.sampled_from(["a", "a", "b", "c.d", "c.e", "a.0"]), min_size=1, max_size=3, unique=True).flatmap(
    lambda names: st.fixed_dictionaries(dict.fromkeys(names, ways))
)
rarely = st.sampled_from([False, False, False, True])
partials = (
    st.none()
    | st.none()
    | st.sampled_from(
        [{"a": {"$gt": 0}}, {"b": {"$exists": True}}, {"a": {"$type": "string"}}, {"a": {"$in": [1, 2]}}, {"b": "a"}]
    )
)
index_specs = st.builds(
    lambda key, sparse, partial, folded: {
        "key": key,
        **({"sparse": True} if sparse else {}),
        **({"partialFilterExpression": partial} if partial else {}),
        **({"collation": {"locale": "en", "strength": 2}} if folded else {}),
    },
    keys,
    rarely,
    partials,
    rarely,
)
index_lists = st.lists(index_specs, min_size=1, max_size=3) | st.sampled_from(
    [
        [{"key": {"a": 1}}, {"key": {"b": -1}}],
        [{"key": {"a": 1, "b": 1}}, {"key": {"b": -1, "a": 1}}],
        [{"key": {"c.d": 1, "c.e": -1}}, {"key": {"a": -1}}],
    ]
)
sorts = st.none() | st.lists(
    st.sampled_from(["a", "b", "c.d", "_id"]), min_size=1, max_size=2, unique=True
).flatmap(lambda names: st.fixed_dictionaries(dict.fromkeys(names, ways)))  # fmt: skip
questions = st.lists(
    st.tuples(filters, sorts, rarely, st.sampled_from([0, 0, 1, 3]), st.sampled_from([0, 0, 1, 2])),
    min_size=1,
    max_size=6,
)


@settings(max_examples=120, derandomize=True, deadline=None)
@given(documents, index_lists, questions)
def test_an_index_gives_what_a_scan_gives(documents: list[Document], indexes: list[Document], questions: Any) -> None:
    asyncio.run(_compare(documents, indexes, questions))


async def _compare(documents: list[Document], indexes: list[Document], questions: Any) -> None:
    environment = environment_of(MemoryStore())
    numbered = [{"_id": place, **document} for place, document in enumerate(documents)]
    named = [{**spec, "name": f"i{place}"} for place, spec in enumerate(indexes)]
    try:
        collection = await stock(environment, numbered, named)
    except DocumentError:  # two arrays that no index takes
        return
    for filter, sort, folded, limit, skip in questions:
        collation = {"locale": "en", "strength": 2} if folded else None
        scope = Scope(collation=parse_collation(collation)) if collation else Scope()
        try:
            matches = compile_filter(parse_filter(filter, scope), scope)
        except DocumentError:
            continue
        wanted = [document for document in numbered if matches(document)]
        keys = None
        if sort:
            order = SortOrder(sort, scope.collation)
            try:
                wanted = sorted(wanted, key=order.key)
            except DocumentError:
                continue
            keys = [order.key(document) for document in wanted]
        request = Find(filter=filter, sort=sort, collation=collation, limit=limit, skip=skip)
        found = [decode(raw) async for batch in find(environment, collection.namespace, request) for raw in batch]
        end = skip + limit if limit else None
        assert len(found) == len(wanted[skip:end])
        if keys is not None:
            assert [order.key(document) for document in found] == keys[skip:end]
        ids = [document["_id"] for document in found]
        assert len(set(ids)) == len(ids)
        assert set(ids) <= {document["_id"] for document in wanted}
        asked = Count(query=filter, collation=collation, limit=limit, skip=skip)
        assert await count(environment, collection.namespace, asked) == len(found)
