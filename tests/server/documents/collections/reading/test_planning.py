"""Which plan is chosen, and what ``explain`` says of it."""

from __future__ import annotations

from typing import Any

import pytest
from bson import DatetimeMS, ObjectId, Regex

from dbaas_server.documents.codec import Document, encode
from dbaas_server.documents.collections.environment import Environment
from dbaas_server.documents.collections.namespace import Namespace
from dbaas_server.documents.requests import Aggregate, Count, DeleteSpec, Distinct, Find, UpdateSpec
from stocked import Stocked, stages, stock

COLLATION = {"locale": "en", "strength": 2}


async def stocked(memory: Environment, *indexes: Document, documents: Any = None, **options: Any) -> Stocked:
    if documents is None:
        documents = [{"_id": number, "a": number % 10, "b": number, "s": str(number)} for number in range(100)]
    collection = await stock(memory, documents, indexes, options=options)
    return Stocked(memory, collection.namespace)


async def winning(of: Stocked, filter: Document, **how: Any) -> Document:
    explained = await of.explain(Find(filter, **how))
    encode(explained)  # it is a document that can be sent
    plan: Document = explained["queryPlanner"]["winningPlan"]
    return plan


def scan(tree: Document) -> Document:
    while "inputStage" in tree:
        tree = tree["inputStage"]
    return tree


async def index(of: Stocked, filter: Document, **how: Any) -> str | None:
    return scan(await winning(of, filter, **how)).get("indexName")


@pytest.mark.parametrize(
    ("filter", "how", "wanted"),
    [
        ({}, {}, ["COLLSCAN"]),
        ({"_id": 3}, {}, ["IDHACK"]),
        ({"_id": 3, "a": 3}, {}, ["FETCH", "IXSCAN"]),
        ({"_id": {"$gt": 3}}, {"limit": 2}, ["LIMIT", "FETCH", "IXSCAN"]),
        ({"a": 3}, {}, ["FETCH", "IXSCAN"]),
        ({"a": 3}, {"sort": {"b": 1}}, ["SORT", "FETCH", "IXSCAN"]),
        ({"b": 3}, {"skip": 1, "limit": 2, "projection": {"a": 1}}, ["PROJECTION_SIMPLE", "LIMIT", "SKIP", "COLLSCAN"]),
        ({"b": 3}, {"sort": {"b": 1}, "limit": 5}, ["SORT", "COLLSCAN"]),
        ({"b": 3}, {"projection": {"n": {"$size": "$b"}}}, ["PROJECTION_DEFAULT", "COLLSCAN"]),
        ({}, {"sort": {"_id": -1}}, ["FETCH", "IXSCAN"]),
        ({}, {"sort": {"a": -1}, "limit": 3}, ["LIMIT", "FETCH", "IXSCAN"]),
        ({"$or": [{"a": 3}, {"_id": 5}]}, {}, ["FETCH", "OR", "IXSCAN", "IXSCAN"]),
        ({"$or": [{"a": 3}, {"b": 5}]}, {}, ["COLLSCAN"]),
        ({"a": {"$gt": 5, "$lt": 3}}, {}, ["EOF"]),
        ({"a": {"$in": []}}, {}, ["EOF"]),
        ({"a": 3}, {"hint": {"$natural": -1}}, ["COLLSCAN"]),
    ],
)
async def test_stages_have_mongodbs_names(
    memory: Environment, filter: Document, how: dict[str, Any], wanted: list[str]
) -> None:
    of = await stocked(memory, {"key": {"a": 1}})
    assert stages(await winning(of, filter, **how)) == wanted


async def test_of_several_indexes_the_narrowest_is_taken(memory: Environment) -> None:
    of = await stocked(
        memory,
        {"key": {"a": 1}, "name": "a"},
        {"key": {"a": 1, "b": 1}, "name": "ab"},
        {"key": {"s": 1}, "name": "s", "unique": True},
        {"key": {"b": -1}, "name": "b"},
    )
    assert await index(of, {"a": 1}) == "a"
    assert await index(of, {"a": 1, "b": 5}) == "ab"
    assert await index(of, {"a": 1, "b": {"$gt": 5}}) == "ab"
    assert await index(of, {"a": 1}, sort={"b": 1}) == "ab"
    assert await index(of, {"a": {"$gt": 1}, "b": 5}) == "b"
    assert await index(of, {"a": 1, "s": "1"}) == "s"
    assert await index(of, {"a": 1, "_id": 1}) == "_id_"
    assert await index(of, {}, sort={"b": 1}) == "b"
    assert await index(of, {}, sort={"a": -1, "b": -1}) == "ab"
    assert await index(of, {}, sort={"a": -1, "b": 1}) is None
    assert await index(of, {"a": {"$exists": True}}) is None


async def test_bounds_are_readable(memory: Environment) -> None:
    of = await stocked(memory, {"key": {"a": 1, "b": -1}})
    key = ObjectId()
    for filter, wanted in [
        ({"a": 3}, ["[3, 3]"]),
        ({"a": {"$gt": 3}}, ["(3, inf]"]),
        ({"a": {"$gte": 1.5, "$lt": 3}}, ["[1.5, 3)"]),
        ({"a": {"$in": ["b", 1]}}, ["[1, 1]", '["b", "b"]']),
        ({"a": {"$lt": "b"}}, ['["", "b")']),
        ({"a": None}, ["[undefined, undefined]", "[null, null]"]),
        ({"a": Regex("^ab")}, ['["ab", "ac")', "[/^ab/, /^ab/]"]),
        ({"a": key}, [f"[ObjectId('{key}'), ObjectId('{key}')]"]),
        ({"a": {"$gt": DatetimeMS(5)}}, ["(new Date(5), new Date(9223372036854775807)]"]),
        ({"a": True}, ["[true, true]"]),
    ]:
        found = scan(await winning(of, filter))
        assert found["indexBounds"] == {"a": wanted, "b": ["[MaxKey, MinKey]"]}
    backward = scan(await winning(of, {"a": 3, "b": {"$gt": 5}}, sort={"b": 1}))
    assert (backward["direction"], backward["indexBounds"]["b"]) == ("backward", ["(5, inf]"])


async def test_what_was_looked_at_is_told(memory: Environment) -> None:
    of = await stocked(memory, {"key": {"a": 1}}, {"key": {"b": 1}})

    async def stats(request: Any) -> tuple[int, int, int]:
        found = (await of.explain(request))["executionStats"]
        return found["nReturned"], found["totalKeysExamined"], found["totalDocsExamined"]

    assert await stats(Find({"a": 3})) == (10, 10, 10)
    assert await stats(Find({"_id": 3})) == (1, 1, 1)
    assert await stats(Find({"s": "3"})) == (1, 0, 100)
    assert await stats(Find({"a": 3, "s": "3"})) == (1, 10, 10)
    assert await stats(Distinct("s", {"a": 3})) == (10, 10, 10)
    assert await stats(Count({"a": 3})) == (0, 10, 0)
    assert await stats(Count()) == (0, 0, 0)
    assert await stats(DeleteSpec({"a": 3}, 0)) == (0, 10, 10)
    planned = await of.explain(Find({"a": 3}), "queryPlanner")
    assert "executionStats" not in planned
    assert (await of.explain(Find(), "allPlansExecution"))["executionStats"]["allPlansExecution"] == []


async def test_values_are_told_by_an_index_where_it_has_them_all(memory: Environment) -> None:
    read: list[Any] = []
    get = memory.store.get

    async def counting(space: str, keys: Any) -> Any:
        read.extend(keys)
        return await get(space, keys)

    memory.store.get = counting  # type: ignore[method-assign]
    for name, documents, wanted, most in [
        ("few", [{"a": number % 4} for number in range(300)], [3, 2, 1, 0], 4),
        ("null", [{"a": None}, {}, {"a": 1}] * 20, [1, None], 60),
        ("missing", [{}, {"a": None}] * 20, [None], 60),
        ("arrays", [{"a": [1, 2]}, {"a": 3}], [1, 2, 3], 60),
        ("many", [{"a": number} for number in range(500)], list(range(500)), 1_000),
    ]:
        numbered = [{"_id": place, **document} for place, document in enumerate(documents)]
        collection = await stock(memory, numbered, [{"key": {"a": -1, "b": 1}}], name=name)
        read.clear()
        values = await Stocked(memory, collection.namespace).distinct("a")
        assert sorted(values, key=str) == sorted(wanted, key=str), name
        assert len(read) <= most, name


async def test_each_command_is_explained(memory: Environment) -> None:
    of = await stocked(memory, {"key": {"a": 1}})

    async def plan(request: Any) -> list[str]:
        return stages((await of.explain(request))["queryPlanner"]["winningPlan"])

    assert await plan(Count({"a": 3})) == ["COUNT", "COUNT_SCAN"]
    assert await plan(Count()) == ["COUNT", "RECORD_STORE_FAST_COUNT"]
    assert await plan(Count({"s": "3"})) == ["COUNT", "COLLSCAN"]
    assert await plan(UpdateSpec({"a": 3}, {"$set": {"b": 1}})) == ["UPDATE", "FETCH", "IXSCAN"]
    assert await plan(DeleteSpec({"_id": 3}, 1)) == ["DELETE", "IDHACK"]
    assert await plan(Aggregate([{"$match": {"a": 3}}, {"$limit": 2}])) == ["LIMIT", "FETCH", "IXSCAN"]
    staged = await of.explain(Aggregate([{"$match": {"a": 3}}, {"$group": {"_id": "$b"}}]))
    cursor, group = staged["stages"]
    assert stages(cursor["$cursor"]["queryPlanner"]["winningPlan"]) == ["FETCH", "IXSCAN"]
    assert group == {"$group": {"_id": "$b"}}
    assert cursor["$cursor"]["queryPlanner"]["parsedQuery"] == {"a": 3}
    # Nothing was done.
    assert await of.count() == 100
    absent = Stocked(memory, Namespace("app", "none"))
    assert stages((await absent.explain(Find({"a": 1})))["queryPlanner"]["winningPlan"]) == ["EOF"]


# --- indexes that do not do ------------------------------------------------------------------------------------------


async def test_a_sparse_index_serves_only_who_asks_for_what_is_there(memory: Environment) -> None:
    of = await stocked(memory, {"key": {"x": 1}, "sparse": True}, documents=[{"_id": 1}, {"_id": 2, "x": 1}])
    assert await index(of, {"x": 1}) == "x_1"
    assert await index(of, {"x": None}) is None
    assert await index(of, {"x": {"$exists": True}}) == "x_1"
    assert await index(of, {"x": {"$exists": False}}) is None
    assert await index(of, {}, sort={"x": 1}) is None
    assert len(await of.find(sort={"x": 1})) == 2
    # A hint decides, although documents are missed.
    assert len(await of.find(hint="x_1")) == 1


@pytest.mark.parametrize(
    ("partial", "filter", "serves"),
    [
        ({"p": {"$gt": 5}}, {"p": {"$gt": 7}}, True),
        ({"p": {"$gt": 5}}, {"p": {"$gte": 5}}, False),
        ({"p": {"$gt": 5}}, {"p": 6}, True),
        ({"p": {"$gt": 5}}, {"p": {"$in": [6, 4]}}, False),
        ({"p": {"$gt": 5}}, {}, False),
        ({"p": {"$exists": True}}, {"p": 0}, True),
        ({"p": {"$exists": True}}, {"p": None}, False),
        ({"p": {"$type": "string"}}, {"p": "x"}, True),
        ({"p": {"$type": "string"}}, {"p": 1}, False),
        ({"p": {"$type": "int"}}, {"p": 1}, False),
        ({"p": {"$type": "number"}}, {"p": {"$lt": 1}}, True),
        ({"p": True}, {"p": 1}, False),
        ({"p": True}, {"p": True}, True),
        ({"p": 1, "q": 1}, {"p": 1}, False),
        ({"p": 1, "q": 1}, {"p": 1, "q": 1}, True),
        ({"$or": [{"p": 1}, {"q": 1}]}, {"q": 1}, True),
        ({"p": {"$in": [1, 2]}}, {"p": 2}, True),
    ],
)
async def test_a_partial_index_serves_who_asks_for_no_more(
    memory: Environment, partial: Document, filter: Document, serves: bool
) -> None:
    of = await stocked(memory, {"key": {"a": 1}, "partialFilterExpression": partial})
    assert await index(of, {"a": 1, **filter}) == ("a_1" if serves else None)


async def test_an_index_of_another_collation_serves_what_is_no_string(memory: Environment) -> None:
    of = await stocked(memory, {"key": {"a": 1}, "collation": COLLATION})
    assert await index(of, {"a": "x"}) is None
    assert await index(of, {"a": "x"}, collation=COLLATION) == "a_1"
    assert await index(of, {"a": 5}) == "a_1"
    assert await index(of, {"a": {"$in": [5, "x"]}}) is None
    assert await index(of, {}, sort={"a": 1}) is None
    assert await index(of, {}, sort={"a": 1}, collation=COLLATION) == "a_1"
    assert await index(of, {"_id": "x"}, collation=COLLATION) is None
    assert stages(await winning(of, {"_id": 1}, collation=COLLATION)) == ["IDHACK"]


async def test_hidden_indexes_and_those_being_built_serve_nobody(memory: Environment) -> None:
    of = await stocked(memory, {"key": {"a": 1}, "hidden": True})
    assert await index(of, {"a": 1}) is None


async def test_an_index_over_arrays_gives_no_order_and_no_bounds_of_two_elements(memory: Environment) -> None:
    of = await stocked(
        memory,
        {"key": {"a": 1}, "name": "a"},
        {"key": {"c.d": 1, "c.e": 1}, "name": "c"},
        documents=[{"_id": 1, "a": [1, 20], "c": [{"d": 1, "e": 2}, {"d": 3, "e": 4}]}, {"_id": 2, "a": 7}],
    )
    assert stages(await winning(of, {}, sort={"a": 1})) == ["SORT", "COLLSCAN"]
    between = {"a": {"$gt": 5, "$lt": 10}}
    assert scan(await winning(of, between))["indexBounds"]["a"] in (["(5, inf]"], ["[-inf, 10)"])
    assert len(await of.find(between)) == 2
    one = {"a": {"$elemMatch": {"$gt": 5, "$lt": 10}}}
    assert scan(await winning(of, one))["indexBounds"]["a"] == ["(5, 10)"]
    across = {"c.d": 1, "c.e": 4}
    assert scan(await winning(of, across))["indexBounds"] == {"c.d": ["[1, 1]"], "c.e": ["[MinKey, MaxKey]"]}
    assert [found["_id"] for found in await of.find(across)] == [1]
    within = {"c": {"$elemMatch": {"d": 1, "e": 4}}}
    assert scan(await winning(of, within))["indexBounds"] == {"c.d": ["[1, 1]"], "c.e": ["[4, 4]"]}
    assert await of.find(within) == []


async def test_null_at_a_place_in_an_array_is_not_left_to_an_index(memory: Environment) -> None:
    of = await stocked(memory, {"key": {"a.0": 1}}, documents=[{"_id": 1, "a": [2, {"e": False}]}, {"_id": 2}])
    assert len(await of.find({"a.0": None})) == 2
    assert await index(of, {"a.0": 2}) == "a.0_1"


async def test_an_index_with_cut_keys_gives_no_order_but_finds(memory: Environment) -> None:
    long = "x" * 2_000
    texts = [long + "b", long + "a", "y"]
    of = await stocked(memory, {"key": {"a": 1}}, documents=[{"_id": text, "a": text} for text in texts])
    assert stages(await winning(of, {}, sort={"a": 1})) == ["SORT", "COLLSCAN"]
    assert stages(await winning(of, {}, sort={"_id": 1})) == ["SORT", "COLLSCAN"]
    assert [found["a"] for found in await of.find(sort={"_id": 1})] == sorted(texts)
    assert [found["a"] for found in await of.find({"a": long + "a"})] == [long + "a"]
    assert [found["a"] for found in await of.find({"_id": long + "b"})] == [long + "b"]
    assert [found["a"] for found in await of.find({"a": {"$gt": long + "a"}}, sort={"a": 1})] == [long + "b", "y"]
    assert await of.count({"a": {"$gt": long + "a"}}) == 2
    assert await of.count({"_id": {"$lte": long + "a"}}) == 1
