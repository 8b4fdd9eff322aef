"""What stages give: MongoDB's manual, "Aggregation Pipeline Stages"."""

from __future__ import annotations

from typing import Any

import pytest
from bson import Decimal128, Int64
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bson_values import documents as any_documents
from bson_values import values
from dbaas_server.documents.aggregate import STAGES, compile_pipeline
from dbaas_server.documents.aggregate.accumulators import ACCUMULATORS
from dbaas_server.documents.codec import encode
from dbaas_server.documents.errors import DocumentError
from dbaas_server.documents.scope import Scope
from dbaas_server.documents.update.change import identical
from document_pipelines import aggregate

SALES = [
    {"_id": 1, "item": "abc", "price": 10, "n": 2, "tags": ["a", "b"]},
    {"_id": 2, "item": "jkl", "price": 20.5, "n": 1, "tags": []},
    {"_id": 3, "item": "xyz", "price": Decimal128("5"), "n": 10, "tags": "c"},
    {"_id": 4, "item": "xyz", "price": 5, "n": Int64(20)},
    {"_id": 5, "item": "abc", "price": 10, "n": 10, "tags": None},
    {"_id": 6, "price": "?", "n": None},
]
OTHERS = {
    "stock": [
        {"_id": 1, "sku": "abc", "q": 120},
        {"_id": 2, "sku": "def", "q": 80},
        {"_id": 3, "sku": ["xyz", "abc"], "q": 60},
        {"_id": 4, "sku": None},
        {"_id": 5},
    ]
}

CASES: list[tuple[Any, Any]] = [
    ([{"$match": {"n": {"$gte": 10}}}, {"$project": {"_id": 1}}], [{"_id": 3}, {"_id": 4}, {"_id": 5}]),
    ([{"$sort": {"n": -1}}, {"$limit": 2}, {"$project": {"_id": 1}}], [{"_id": 4}, {"_id": 3}]),
    (
        [{"$sort": {"item": 1, "_id": -1}}, {"$skip": 4}, {"$unset": ["price", "n", "tags"]}],
        [{"_id": 4, "item": "xyz"}, {"_id": 3, "item": "xyz"}],
    ),
    ([{"$limit": 3}, {"$skip": 1}, {"$limit": 5}, {"$count": "c"}], [{"c": 2}]),
    ([{"$match": {"n": 99}}, {"$count": "c"}], []),
    (
        [
            {
                "$group": {
                    "_id": "$item",
                    "t": {"$sum": "$n"},
                    "a": {"$avg": "$n"},
                    "c": {"$sum": 1},
                    "c2": {"$count": {}},
                }
            }
        ],
        [
            {"_id": "abc", "t": 12, "a": 6.0, "c": 2, "c2": 2},
            {"_id": "jkl", "t": 1, "a": 1.0, "c": 1, "c2": 1},
            {"_id": "xyz", "t": Int64(30), "a": 15.0, "c": 2, "c2": 2},
            {"_id": None, "t": 0, "a": None, "c": 1, "c2": 1},
        ],
    ),
    ([{"$group": {"_id": None, "p": {"$sum": "$price"}}}], [{"_id": None, "p": Decimal128("50.5000000000000")}]),
    ([{"$group": {"_id": {"i": "$item"}}}, {"$count": "n"}], [{"n": 4}]),
    (
        [
            {
                "$group": {
                    "_id": None,
                    "f": {"$first": "$item"},
                    "l": {"$last": "$item"},
                    "mn": {"$min": "$n"},
                    "mx": {"$max": "$n"},
                }
            }
        ],
        [{"_id": None, "f": "abc", "l": None, "mn": 1, "mx": Int64(20)}],
    ),
    (
        [{"$group": {"_id": None, "p": {"$push": "$item"}, "s": {"$addToSet": "$item"}}}],
        [{"_id": None, "p": ["abc", "jkl", "xyz", "xyz", "abc"], "s": ["abc", "jkl", "xyz"]}],
    ),
    (
        [
            {
                "$group": {
                    "_id": None,
                    "f": {"$firstN": {"input": "$_id", "n": 2}},
                    "l": {"$lastN": {"input": "$_id", "n": 2}},
                    "mx": {"$maxN": {"input": "$_id", "n": 2}},
                    "mn": {"$minN": {"input": "$_id", "n": 9}},
                }
            }
        ],
        [{"_id": None, "f": [1, 2], "l": [5, 6], "mx": [6, 5], "mn": [1, 2, 3, 4, 5, 6]}],
    ),
    (
        [
            {
                "$group": {
                    "_id": None,
                    "t": {"$top": {"sortBy": {"n": -1}, "output": "$_id"}},
                    "b": {"$bottomN": {"sortBy": {"n": -1, "_id": 1}, "output": ["$_id", "$n"], "n": 2}},
                }
            }
        ],
        [{"_id": None, "t": 4, "b": [[2, 1], [6, None]]}],
    ),
    (
        [
            {
                "$group": {
                    "_id": None,
                    "m": {"$median": {"input": "$n", "method": "approximate"}},
                    "p": {"$percentile": {"input": "$n", "p": [0.2, 1], "method": "approximate"}},
                    "d": {"$stdDevSamp": "$_id"},
                    "o": {"$mergeObjects": {"a": "$_id"}},
                }
            }
        ],
        [{"_id": None, "m": 10.0, "p": [1.0, 20.0], "d": 1.8708286933869707, "o": {"a": 6}}],
    ),
    (
        [{"$unwind": "$tags"}, {"$project": {"tags": 1}}],
        [{"_id": 1, "tags": "a"}, {"_id": 1, "tags": "b"}, {"_id": 3, "tags": "c"}],
    ),
    (
        [
            {"$unwind": {"path": "$tags", "includeArrayIndex": "i", "preserveNullAndEmptyArrays": True}},
            {"$project": {"tags": 1, "i": 1}},
        ],
        [
            {"_id": 1, "tags": "a", "i": Int64(0)},
            {"_id": 1, "tags": "b", "i": Int64(1)},
            {"_id": 2, "i": None},
            {"_id": 3, "tags": "c", "i": None},
            {"_id": 4, "i": None},
            {"_id": 5, "tags": None, "i": None},
            {"_id": 6, "i": None},
        ],
    ),
    ([{"$sortByCount": "$item"}, {"$limit": 1}], [{"_id": "abc", "count": 2}]),
    ([{"$match": {"_id": 1}}, {"$replaceRoot": {"newRoot": {"x": "$item"}}}], [{"x": "abc"}]),
    (
        [{"$match": {"_id": 1}}, {"$replaceWith": {"$mergeObjects": ["$$ROOT", {"n": 3}]}}, {"$project": {"n": 1}}],
        [{"_id": 1, "n": 3}],
    ),
    (
        [
            {"$match": {"_id": {"$in": [1, 2, 6]}}},
            {"$project": {"item": 1}},
            {"$lookup": {"from": "stock", "localField": "item", "foreignField": "sku", "as": "s"}},
            {"$set": {"s": "$s._id"}},
        ],
        [{"_id": 1, "item": "abc", "s": [1, 3]}, {"_id": 2, "item": "jkl", "s": []}, {"_id": 6, "s": [4, 5]}],
    ),
    (
        [
            {"$limit": 1},
            {"$project": {"item": 1}},
            {
                "$lookup": {
                    "from": "stock",
                    "let": {"i": "$item"},
                    "as": "s.t",
                    "pipeline": [
                        {"$match": {"$expr": {"$eq": ["$sku", "$$i"]}}},
                        {"$project": {"_id": 0, "q": 1, "i": "$$i"}},
                    ],
                }
            },
        ],
        [{"_id": 1, "item": "abc", "s": {"t": [{"q": 120, "i": "abc"}]}}],
    ),
    (
        [
            {"$limit": 1},
            {"$project": {"item": 1}},
            {
                "$lookup": {
                    "from": "stock",
                    "localField": "item",
                    "foreignField": "sku",
                    "as": "s",
                    "pipeline": [{"$sort": {"q": 1}}, {"$limit": 1}, {"$project": {"q": 1}}],
                }
            },
        ],
        [{"_id": 1, "item": "abc", "s": [{"_id": 3, "q": 60}]}],
    ),
    ([{"$lookup": {"from": "none", "pipeline": [], "as": "x"}}, {"$match": {"x": []}}, {"$count": "n"}], [{"n": 6}]),
    (
        [
            {
                "$facet": {
                    "n": [{"$count": "c"}],
                    "top": [{"$sort": {"_id": -1}}, {"$limit": 1}, {"$project": {"_id": 1}}],
                    "no": [{"$match": {"x": 1}}],
                }
            }
        ],
        [{"n": [{"c": 6}], "top": [{"_id": 6}], "no": []}],
    ),
]


@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize(("stages", "expected"), CASES, ids=lambda value: str(value)[:80])
async def test_pipeline(stages: Any, expected: Any, whole: bool) -> None:
    found = await aggregate(stages, SALES, OTHERS, whole=whole)
    assert identical(found, expected), found


@pytest.mark.parametrize("indexed", [False, True])
async def test_a_lookup_of_arrays_and_nulls_is_the_same_with_an_index_and_without(indexed: bool) -> None:
    local = [{"_id": n, "k": k} for n, k in enumerate([["abc", "def"], None, [], "xyz", [["xyz", "abc"]], 3])] + [
        {"_id": 9}
    ]
    found = await aggregate(
        [{"$lookup": {"from": "stock", "localField": "k", "foreignField": "sku", "as": "s"}}],
        local,
        OTHERS,
        indexed=indexed,
    )
    assert [[part["_id"] for part in one["s"]] for one in found] == [[1, 2, 3], [4, 5], [], [3], [3], [], [4, 5]]


async def test_a_sample_has_so_many_different_documents() -> None:
    documents = [{"_id": n} for n in range(500)]
    found = await aggregate([{"$sample": {"size": 50}}], documents)
    assert len({one["_id"] for one in found}) == 50
    assert len(await aggregate([{"$sample": {"size": 900}}], documents)) == 500


REFUSED: list[tuple[Any, int]] = [
    ([{"$foo": 1}], 40324),
    ([{"$match": {}, "$limit": 1}], 40323),
    ([{}], 40323),
    ([1], 14),
    ({}, 14),
    ([{"$limit": 1}] * 1_001, 7749501),
    ([{"$match": 1}], 15959),
    ([{"$limit": 0}], 15958),
    ([{"$limit": "x"}], 2107201),
    ([{"$skip": -1}], 5107200),
    ([{"$sort": {}}], 15976),
    ([{"$sort": 1}], 15973),
    ([{"$sort": {"a": 2}}], 15975),
    ([{"$group": 1}], 15947),
    ([{"$group": {"a": {"$sum": 1}}}], 15955),
    ([{"$group": {"_id": 1, "a": 1}}], 40234),
    ([{"$group": {"_id": 1, "a.b": {"$sum": 1}}}], 40235),
    ([{"$group": {"_id": 1, "$a": {"$sum": 1}}}], 40236),
    ([{"$group": {"_id": 1, "a": {"$sum": ["$a", 1]}}}], 40237),
    ([{"$group": {"_id": 1, "a": {"$sum": 1, "$avg": 1}}}], 40238),
    ([{"$group": {"_id": 1, "a": {"$foo": 1}}}], 15952),
    ([{"$unwind": "a"}], 28818),
    ([{"$unwind": 1}], 15981),
    ([{"$unwind": {}}], 28812),
    ([{"$unwind": {"path": "$a", "x": 1}}], 28811),
    ([{"$lookup": {"from": "a"}}], 9),
    ([{"$lookup": {"from": "a", "as": "b", "localField": "c"}}], 9),
    ([{"$lookup": {"from": "a", "as": "b", "pipeline": [{"$foo": 1}]}}], 40324),
    ([{"$count": ""}], 40157),
    ([{"$count": "$a"}], 40158),
    ([{"$count": "a.b"}], 40160),
    ([{"$sortByCount": "a"}], 40148),
    ([{"$sample": {"size": -1}}], 28747),
    ([{"$replaceRoot": {}}], 40414),
    ([{"$facet": {}}], 40169),
    ([{"$facet": {"a": [{"$facet": {"b": []}}]}}], 40600),
]


@pytest.mark.parametrize(("stages", "number"), REFUSED, ids=lambda value: str(value)[:60])
def test_refusal(stages: Any, number: int) -> None:
    with pytest.raises(DocumentError) as caught:
        compile_pipeline(stages, Scope())
    assert caught.value.number == number


def test_what_is_handed_out() -> None:
    leading = compile_pipeline(
        [{"$match": {"a": 1}}, {"$sort": {"b": -1}}, {"$skip": 2}, {"$limit": 3}, {"$project": {"c": 1}}], Scope()
    ).leading
    assert (leading.sort, leading.skip, leading.limit) == ({"b": -1}, 2, 3)
    assert leading.fields == {"_id", "a", "b", "c"}
    assert leading.match is not None


def test_a_filter_moves_before_what_does_not_change_its_fields() -> None:
    moved = compile_pipeline([{"$addFields": {"x": 1}}, {"$sort": {"b": 1}}, {"$match": {"a": 1}}], Scope())
    assert moved.leading.match is not None
    for stage in (
        {"$addFields": {"a.b": 1}},
        {"$limit": 1},
        {"$unset": "a"},
        {"$project": {"a": "$b"}},
        {"$unwind": "$a"},
    ):
        kept = compile_pipeline([stage, {"$match": {"a": 1}}], Scope())
        assert kept.leading.match is None


# --- anything at all --------------------------------------------------------------------------------------------

words = st.sampled_from(["$a", "$b", "$a.b", "a", "b", "c", "_id", "approximate"]) | st.integers(-2, 5)
operands = (
    words
    | values
    | st.dictionaries(
        st.sampled_from(
            ["_id", "a", "b", "path", "from", "as", "localField", "foreignField", "pipeline", "size", "newRoot", "x.y"]
        ),
        words
        | values
        | st.dictionaries(st.sampled_from(sorted(ACCUMULATORS)), words | values, min_size=1, max_size=1)
        | st.just([]),
        max_size=4,
    )
)
stage_lists = st.lists(
    st.builds(lambda name, operand: {name: operand}, st.sampled_from(sorted(STAGES)), operands) | values, max_size=3
)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(stage_lists, st.lists(any_documents, max_size=4))
async def test_any_pipeline_gives_documents_or_a_document_error(stages: Any, documents: Any) -> None:
    before = [encode(document) for document in documents]
    try:
        found = await aggregate(stages, documents, {"a": documents})
    except DocumentError:
        found = []
    for document in found:
        encode(document)
    assert [encode(document) for document in documents] == before
