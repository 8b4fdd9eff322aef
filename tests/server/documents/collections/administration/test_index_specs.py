"""Which indexes may be asked for, and what is said to others."""

from __future__ import annotations

from typing import Any

import pytest
from bson import Int64

from dbaas_server.documents.errors import Code, DocumentError
from document_engines import NAME, Orders


async def refused(orders: Orders, *specs: Any) -> DocumentError:
    with pytest.raises(DocumentError) as error:
        await orders.engine.create_indexes(NAME, list(specs))
    return error.value


async def test_an_index_is_named_after_its_key_and_shown_as_it_was_asked_for(orders: Orders) -> None:
    done = await orders.engine.create_indexes(
        NAME,
        [
            {"key": {"a": 1, "b.c": -1.0}, "background": True, "sparse": False, "v": 2},
            {"key": {"d": Int64(1)}, "name": "mine", "unique": 1, "sparse": True, "hidden": True},
            {"key": {"e": 1}, "expireAfterSeconds": 5.0, "partialFilterExpression": {"n": {"$gt": 1}}},
        ],
    )
    assert (done.before, done.after, done.created_collection) == (1, 4, True)
    assert orders.engine.indexes(NAME)[1:] == [
        {"v": 2, "key": {"a": 1, "b.c": -1.0}, "name": "a_1_b.c_-1"},
        {"v": 2, "key": {"d": 1}, "name": "mine", "unique": True, "sparse": True, "hidden": True},
        {
            "v": 2, "key": {"e": 1}, "name": "e_1", "expireAfterSeconds": 5,
            "partialFilterExpression": {"n": {"$gt": 1}},
        },
    ]  # fmt: skip


async def test_an_index_that_is_there_is_not_made_again(orders: Orders) -> None:
    spec = {"key": {"a": 1}, "name": "a_1", "unique": True, "collation": {"locale": "en"}}
    await orders.engine.create_indexes(NAME, [spec, {"key": {"_id": 1}, "name": "_id_"}])
    done = await orders.engine.create_indexes(NAME, [spec, spec, {**spec, "hidden": True}, {"key": {"_id": 1.0}}])
    assert (done.before, done.after, done.created_collection) == (2, 2, False)


async def test_indexes_in_each_others_way_are_refused(orders: Orders) -> None:
    await orders.index({"a": 1}, name="a", expireAfterSeconds=5)
    for spec, expected in (
        ({"key": {"b": 1}, "name": "a"}, Code.IndexKeySpecsConflict),
        ({"key": {"a": 1}, "name": "a", "unique": True, "expireAfterSeconds": 5}, Code.IndexKeySpecsConflict),
        ({"key": {"a": 1}, "name": "a", "expireAfterSeconds": 6}, Code.IndexOptionsConflict),
        ({"key": {"a": 1}, "name": "a"}, Code.IndexOptionsConflict),
        ({"key": {"a": 1}, "name": "b", "expireAfterSeconds": 5}, Code.IndexOptionsConflict),
        ({"key": {"a": 1}, "name": "b", "expireAfterSeconds": 7}, Code.IndexOptionsConflict),
    ):
        assert (await refused(orders, spec)).number == expected
    await orders.engine.create_indexes(
        NAME,
        [
            {"key": {"a": -1}},
            {"key": {"a": 1}, "name": "unique", "unique": True},
            {"key": {"a": 1}, "name": "german", "collation": {"locale": "de"}},
            {"key": {"a": 1}, "name": "some", "partialFilterExpression": {"a": {"$exists": True}}},
        ],
    )
    assert (await refused(orders, {"key": {"z": 1}, "name": "z"}, {"key": {"y": 1}, "name": "z"})).number == 86
    assert orders.names() == ["_id_", "a", "a_-1", "unique", "german", "some"]


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        (5, Code.TypeMismatch),
        ({}, Code.FailedToParse),
        ({"key": 5}, Code.TypeMismatch),
        ({"key": {}}, Code.CannotCreateIndex),
        ({"key": {"a": 0}}, Code.CannotCreateIndex),
        ({"key": {"a": float("nan")}}, Code.CannotCreateIndex),
        ({"key": {"a": True}}, Code.CannotCreateIndex),
        ({"key": {"a": None}}, Code.CannotCreateIndex),
        ({"key": {"a": ""}}, Code.CannotCreateIndex),
        ({"key": {"a": "text"}}, Code.CannotCreateIndex),
        ({"key": {"a": "2dsphere"}}, Code.CannotCreateIndex),
        ({"key": {"a": "hashed"}}, Code.CannotCreateIndex),
        ({"key": {"$**": 1}}, Code.CannotCreateIndex),
        ({"key": {"a.$**": 1}}, Code.CannotCreateIndex),
        ({"key": {"": 1}}, Code.CannotCreateIndex),
        ({"key": {"a..b": 1}}, Code.CannotCreateIndex),
        ({"key": {"a.": 1}}, Code.CannotCreateIndex),
        ({"key": {"$a": 1}}, Code.CannotCreateIndex),
        ({"key": {f"f{number}": 1 for number in range(33)}}, 13103),
        ({"key": {"a": 1}, "name": 5}, Code.TypeMismatch),
        ({"key": {"a": 1}, "name": ""}, Code.CannotCreateIndex),
        ({"key": {"a": 1}, "name": "*"}, Code.BadValue),
        ({"key": {"a": 1}, "name": "_id_"}, Code.BadValue),
        ({"key": {"a": 1}, "v": 3}, Code.CannotCreateIndex),
        ({"key": {"a": 1}, "v": "2"}, Code.TypeMismatch),
        ({"key": {"a": 1}, "unique": "yes"}, Code.TypeMismatch),
        ({"key": {"a": 1}, "nonsense": 1}, 197),
        ({"key": {"a": 1}, "weights": {"a": 1}}, 197),
        ({"key": {"a": 1}, "collation": {}}, Code.BadValue),
        ({"key": {"a": 1}, "collation": "en"}, Code.TypeMismatch),
        ({"key": {"a": 1}, "partialFilterExpression": 5}, Code.TypeMismatch),
        ({"key": {"a": 1}, "partialFilterExpression": {"a": {"$ne": 1}}}, Code.CannotCreateIndex),
        ({"key": {"a": 1}, "partialFilterExpression": {"a": {"$exists": False}}}, Code.CannotCreateIndex),
        ({"key": {"a": 1}, "partialFilterExpression": {"a": {"$regex": "x"}}}, Code.CannotCreateIndex),
        ({"key": {"a": 1}, "partialFilterExpression": {"$nor": [{"a": 1}]}}, Code.CannotCreateIndex),
        ({"key": {"a": 1}, "partialFilterExpression": {"a": {"$nothing": 1}}}, Code.BadValue),
        ({"key": {"a": 1}, "partialFilterExpression": {"a": 1}, "sparse": True}, Code.CannotCreateIndex),
        ({"key": {"a": 1}, "expireAfterSeconds": "5"}, Code.CannotCreateIndex),
        ({"key": {"a": 1}, "expireAfterSeconds": -1}, Code.CannotCreateIndex),
        ({"key": {"a": 1}, "expireAfterSeconds": 2**31}, Code.CannotCreateIndex),
        ({"key": {"a": 1, "b": 1}, "expireAfterSeconds": 1}, Code.CannotCreateIndex),
        ({"key": {"_id": -1}}, Code.BadValue),
        ({"key": {"_id": 1}, "unique": True}, 197),
        ({"key": {"_id": 1}, "sparse": True}, 197),
        ({"key": {"_id": 1}, "expireAfterSeconds": 1}, 197),
        ({"key": {"_id": 1}, "collation": {"locale": "en"}}, Code.BadValue),
    ],
)
async def test_what_is_no_index_is_refused_and_makes_no_collection(orders: Orders, spec: Any, expected: int) -> None:
    error = await refused(orders, {"key": {"good": 1}}, spec)
    assert error.number == expected
    assert orders.engine.collections("app") == []


async def test_filters_of_partial_indexes(orders: Orders) -> None:
    for place, partial in enumerate(
        [
            {},
            {"a": 1, "b": {"$gt": 1, "$lte": 5}},
            {"$and": [{"a": {"$in": [1, 2]}}, {"b": {"$type": "string"}}]},
            {"$or": [{"a": 1}, {"b": {"$exists": True}}]},
        ]
    ):
        await orders.index({"a": 1}, name=f"n{place}", partialFilterExpression=partial)


async def test_an_index_has_its_collections_collation_unless_it_says_otherwise(orders: Orders) -> None:
    await orders.engine.create_collection(NAME, {"collation": {"locale": "en", "strength": 2}})
    await orders.engine.create_indexes(NAME, [{"key": {"a": 1}}, {"key": {"b": 1}, "collation": {"locale": "simple"}}])
    _, a, b = orders.engine.indexes(NAME)
    assert a["collation"]["strength"] == 2
    assert "collation" not in b
    await orders.index({"c": 1}, unique=True)
    done = await orders.insert({"c": "x"}, {"c": "X"})
    assert [error.number for _, error in done.errors] == [Code.DuplicateKey]


async def test_there_are_64_indexes_at_most(orders: Orders) -> None:
    await orders.engine.create_indexes(NAME, [{"key": {f"f{number}": 1}} for number in range(63)])
    assert (await refused(orders, {"key": {"more": 1}})).number == Code.CannotCreateIndex


async def test_nothing_is_no_list_of_indexes(orders: Orders) -> None:
    assert (await refused(orders)).number == Code.BadValue


async def test_indexes_are_dropped_by_name_pattern_list_or_all(orders: Orders) -> None:
    drop = orders.engine.drop_indexes
    await orders.engine.create_indexes(NAME, [{"key": {f"f{number}": 1}} for number in range(6)])
    assert await drop(NAME, "f0_1") == 7
    assert await drop(NAME, {"f1": 1.0}) == 6
    assert await drop(NAME, ["f2_1", "f3_1", "f2_1"]) == 5
    assert orders.names() == ["_id_", "f4_1", "f5_1"]
    assert await drop(NAME, []) == 3
    assert await drop(NAME, "*") == 3
    assert orders.names() == ["_id_"]
    assert await drop(NAME, "*") == 1


@pytest.mark.parametrize(
    ("which", "expected"),
    [
        ("_id_", Code.InvalidOptions),
        ({"_id": 1}, Code.InvalidOptions),
        (["a_1", "_id_"], Code.InvalidOptions),
        ("no", Code.IndexNotFound),
        ({"no": 1}, Code.IndexNotFound),
        ({"a": -1}, Code.IndexNotFound),
        (["a_1", "no"], Code.IndexNotFound),
        ({"a": 1}, Code.AmbiguousIndexKeyPattern),
        (5, Code.TypeMismatch),
        ([5], Code.TypeMismatch),
    ],
)
async def test_what_is_not_dropped(orders: Orders, which: Any, expected: int) -> None:
    await orders.engine.create_indexes(NAME, [{"key": {"a": 1}}, {"key": {"a": 1}, "name": "other", "unique": True}])
    with pytest.raises(DocumentError) as error:
        await orders.engine.drop_indexes(NAME, which)
    assert error.value.number == expected
    assert orders.names() == ["_id_", "a_1", "other"]


async def test_indexes_of_a_collection_that_is_not_there_are_not_dropped(orders: Orders) -> None:
    with pytest.raises(DocumentError) as error:
        await orders.engine.drop_indexes(NAME, "*")
    assert error.value.number == Code.NamespaceNotFound
