"""What is read, on every store."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import pytest
from bson import ObjectId, Regex

from dbaas_server.documents.codec import Document, encode
from dbaas_server.documents.collections.entries import id_key, keys_of
from dbaas_server.documents.collections.environment import Environment
from dbaas_server.documents.collections.namespace import Namespace
from dbaas_server.documents.collections.reading import aggregate, count, find
from dbaas_server.documents.collections.reading.locate import locate
from dbaas_server.documents.collections.reading.running import not_counting_pauses, run_of
from dbaas_server.documents.errors import Code, DocumentError
from dbaas_server.documents.expressions.ordering import SortOrder
from dbaas_server.documents.match import parse_filter
from dbaas_server.documents.requests import Aggregate, Count, Find
from dbaas_server.documents.scope import Scope
from dbaas_server.documents.store import Batch, Put
from stocked import Stocked, stock

ITEMS: list[Document] = [
    {"_id": number, "name": f"item {number}", "group": number % 10, "tags": ["new", number % 3], "size": {"w": number}}
    for number in range(60)
]
INDEXES: list[Document] = [
    {"key": {"group": 1, "size.w": -1}},
    {"key": {"name": 1}, "unique": True},
    {"key": {"tags": 1}},
]


FOUND: list[tuple[Document, list[int]]] = [
    ({"_id": 7}, [7]),
    ({"_id": 7.0}, [7]),
    ({"_id": 600}, []),
    ({"_id": {"$in": [3, 900, 1]}}, [1, 3]),
    ({"_id": {"$gt": 56}}, [57, 58, 59]),
    ({"_id": {"$lte": 1}, "group": 1}, [1]),
    ({"name": "item 5"}, [5]),
    ({"name": {"$in": ["item 5", "item 6", "none"]}}, [5, 6]),
    ({"name": Regex("^item 5")}, [5, *range(50, 60)]),
    ({"group": 3}, [3, 13, 23, 33, 43, 53]),
    ({"group": 3, "size.w": {"$gte": 40}}, [43, 53]),
    ({"group": {"$in": [3, 4]}, "size.w": {"$lt": 10}}, [3, 4]),
    ({"tags": 2, "_id": {"$lt": 6}}, [2, 5]),
    ({"tags": ["new", 1], "_id": {"$lt": 6}}, [1, 4]),
    ({"$or": [{"group": 3, "size.w": 3}, {"name": "item 4"}, {"_id": 3}]}, [3, 4]),
    ({"$or": [{"group": 3, "size.w": 3}, {"size.h": None, "_id": 8}]}, [3, 8]),
    ({"size": {"w": 9}}, [9]),
    ({"group": {"$gt": 5, "$lt": 3}}, []),
]


@pytest.fixture
async def items(environment: Environment) -> Stocked:
    collection = await stock(environment, ITEMS, INDEXES)
    return Stocked(environment, collection.namespace)


def ids(documents: list[Document]) -> list[Any]:
    return [document["_id"] for document in documents]


async def test_documents_are_found_through_what_index_there_is(items: Stocked) -> None:
    for filter, found in FOUND:
        documents = await items.find(filter)
        assert sorted(ids(documents)) == found, filter
        assert all(document == ITEMS[document["_id"]] for document in documents)
        assert await items.count(filter) == len(found), filter
        counted = await items.aggregate({"$match": filter}, {"$count": "n"})
        assert [one["n"] for one in counted] == [len(found)] * bool(found), filter


async def test_documents_come_in_order_with_an_index_and_without(items: Stocked) -> None:
    assert ids(await items.find({"group": 4}, sort={"size.w": 1})) == [4, 14, 24, 34, 44, 54]
    assert ids(await items.find({"group": 4}, sort={"size.w": -1}, skip=1, limit=2)) == [44, 34]
    assert ids(await items.find(sort={"group": 1, "size.w": -1}, limit=3)) == [50, 40, 30]
    assert ids(await items.find(sort={"group": -1, "size.w": 1}, limit=3)) == [9, 19, 29]
    assert ids(await items.find(sort={"group": 1, "size.w": 1}, limit=3)) == [0, 10, 20]
    assert ids(await items.find(sort={"_id": -1}, limit=2, projection={"_id": 1})) == [59, 58]
    assert ids(await items.find(sort={"$natural": -1}, limit=2)) == [59, 58]
    assert ids(await items.find(sort={"tags": 1, "_id": 1}, limit=2)) == [0, 3]


async def test_documents_are_shown_as_the_projection_says(items: Stocked) -> None:
    assert await items.find({"_id": 5}, projection={"size": 1, "_id": 0}) == [{"size": {"w": 5}}]
    assert await items.find({"group": 5}, projection={"n": {"$add": ["$_id", 1]}}, limit=1, sort={"_id": 1}) == [
        {"_id": 5, "n": 6}
    ]
    assert await items.find({"tags": 2, "_id": 2}, projection={"tags.$": 1}) == [{"_id": 2, "tags": [2]}]
    assert await items.find({"group": 5}, return_key=True, sort={"size.w": 1}, limit=1) == [{"group": 5, "size.w": 5}]
    assert await items.find({"_id": 5}, return_key=True) == [{"_id": 5}]
    assert "$recordId" in (await items.find({"_id": 5}, show_record_id=True))[0]


async def test_bytes_of_documents_pass_as_they_are(environment: Environment) -> None:
    collection = await stock(environment, [])
    undefined = b"\x10\0\0\0\x10_id\0\x01\0\0\0\x06u\0\0"
    undefined = len(undefined).to_bytes(4, "little") + undefined[4:]
    write = Put(collection.documents, id_key(1), undefined, 0)
    await environment.store.write(Batch(collection.id, collection.version, [write]))
    for request in (Find(), Find({"_id": 1}), Find({"_id": {"$gt": 0}}, sort={"u": 1})):
        assert [raw async for batch in find(environment, collection.namespace, request) for raw in batch] == [undefined]


async def test_values_are_told_once(items: Stocked) -> None:
    assert sorted(await items.distinct("group", {"_id": {"$lt": 20}})) == list(range(10))
    assert sorted(map(str, await items.distinct("tags"))) == ["0", "1", "2", "new"]
    assert await items.distinct("size.w", {"name": "item 7"}) == [7]
    assert await items.distinct("nothing") == []


async def test_counts_leave_out_and_stop(items: Stocked) -> None:
    assert await items.count() == 60
    assert await items.count(skip=50, limit=30) == 10
    assert await items.count({"group": 3}, skip=2, limit=3) == 3
    assert await items.count({"tags": {"$in": [0, 1]}}) == 40
    assert await items.count({"group": 3}, skip=20) == 0


async def test_a_pipeline_reads_its_own_and_other_collections(items: Stocked) -> None:
    await stock(items.environment, [{"_id": number, "label": f"g{number}"} for number in range(5)], name="groups")
    joined = await items.aggregate(
        {"$match": {"group": {"$in": [3, 7]}, "_id": {"$lt": 10}}},
        {"$lookup": {"from": "groups", "localField": "group", "foreignField": "_id", "as": "of"}},
        {"$project": {"of": 1}},
        {"$sort": {"_id": 1}},
    )
    assert joined == [{"_id": 3, "of": [{"_id": 3, "label": "g3"}]}, {"_id": 7, "of": []}]
    counted = await items.aggregate({"$group": {"_id": 1, "n": {"$sum": 1}}})
    assert counted == [{"_id": 1, "n": 60}]
    totals = await items.aggregate({"$group": {"_id": "$group", "s": {"$sum": "$size.w"}}}, {"$sort": {"_id": -1}})
    assert totals[0] == {"_id": 9, "s": 9 + 19 + 29 + 39 + 49 + 59}
    assert ids(await items.aggregate({"$sort": {"_id": -1}}, {"$limit": 2})) == [59, 58]


async def test_a_collection_that_is_not_there_is_empty_but_questions_are_checked(environment: Environment) -> None:
    absent = Stocked(environment, Namespace("app", "none"))
    assert await absent.find() == []
    assert await absent.count({"a": 1}) == 0
    assert await absent.distinct("a") == []
    assert await absent.aggregate({"$count": "n"}) == []
    for request in (Find({"a": {"$no": 1}}), Find(projection={"a": 1, "b": 0}), Find(sort={"a": 5})):
        with pytest.raises(DocumentError):
            find(environment, absent.namespace, request)
    with pytest.raises(DocumentError) as unknown:
        aggregate(environment, absent.namespace, Aggregate([{"$no": 1}]))
    assert unknown.value.number == 40324
    with pytest.raises(DocumentError) as nowhere:
        aggregate(environment, None, Aggregate([{"$match": {}}]))
    assert nowhere.value.number == Code.InvalidNamespace


async def test_a_hint_is_followed_and_has_to_be_an_index(items: Stocked) -> None:
    for hint in ("group_1_size.w_-1", {"group": 1, "size.w": -1}, {"$natural": 1}, "_id_", {"_id": 1}):
        assert ids(await items.find({"group": 2, "_id": {"$lt": 10}}, hint=hint)) == [2]
    for hint in ("none", {"group": 1}, {"size.w": -1, "group": 1}):
        with pytest.raises(DocumentError) as refused:
            await items.find(hint=hint)
        assert refused.value.number == Code.BadValue
        assert "hint provided does not correspond to an existing index" in str(refused.value)


async def test_keys_between_bounds_are_read_from_the_hinted_index(items: Stocked) -> None:
    low, high = {"group": 3, "size.w": 23}, {"group": 4, "size.w": 34}
    found = await items.find(min=low, max=high, hint={"group": 1, "size.w": -1})
    assert ids(found) == [23, 13, 3, 54, 44]
    for how, number in [
        ({"min": low}, 51173),
        ({"min": {"group": 3}, "hint": {"group": 1, "size.w": -1}}, 51174),
        ({"min": high, "max": low, "hint": {"group": 1, "size.w": -1}}, 51175),
    ]:
        with pytest.raises(DocumentError) as refused:
            await items.find(**how)
        assert refused.value.number == number


async def test_strings_are_compared_as_the_collation_says(environment: Environment) -> None:
    folded = {"locale": "en", "strength": 2}
    words = ["b", "A", "a", "B"]
    collection = await stock(
        environment,
        [{"_id": ObjectId(), "w": word} for word in words],
        [{"key": {"w": 1}, "name": "folded", "collation": folded}, {"key": {"w": 1}, "name": "plain"}],
        options={"collation": folded},
    )
    stocked = Stocked(environment, collection.namespace)
    assert sorted(one["w"] for one in await stocked.find({"w": "a"})) == ["A", "a"]
    assert [one["w"] for one in await stocked.find({"w": "a"}, collation={"locale": "simple"})] == ["a"]
    assert [one["w"] for one in await stocked.find(sort={"w": 1}, collation={"locale": "simple"})] == sorted(words)
    assert [one["w"].lower() for one in await stocked.find(sort={"w": -1})] == ["b", "b", "a", "a"]


async def test_time_runs_out_while_documents_are_read(items: Stocked) -> None:
    over = time.monotonic() - 1
    for ask in (
        lambda: items.find({"size.w": {"$gt": 3}}, deadline=over),
        lambda: items.find({"_id": 3}, deadline=over),
        lambda: items.count(deadline=over),
        lambda: items.distinct("group", deadline=over),
        lambda: items.aggregate({"$group": {"_id": "$group"}}, deadline=over),
    ):
        with pytest.raises(DocumentError) as expired:
            await ask()
        assert expired.value.number == Code.MaxTimeMSExpired


async def test_the_time_until_more_is_asked_for_does_not_count(memory: Environment) -> None:
    collection = await stock(memory, [{"_id": number} for number in range(300)])
    run = run_of(memory, "app", Scope(deadline=time.monotonic() + 60))
    began = run.scope.deadline

    async def batches() -> AsyncGenerator[int, None]:
        yield 1
        yield 2

    async with aclosing(not_counting_pauses(batches(), run)) as slowly:
        async for _ in slowly:
            await asyncio.sleep(0.02)
    assert began is not None
    assert run.scope.deadline is not None
    assert run.scope.deadline >= began + 0.03
    assert await count(memory, collection.namespace, Count()) == 300


async def test_little_is_read_at_first(items: Stocked) -> None:
    read: list[Any] = []
    store, scan = items.environment.store, items.environment.store.scan

    async def counting_scan(*asked: Any, **how: Any) -> Any:
        async for batch in scan(*asked, **how):
            read.extend(batch)
            yield batch

    store.scan = counting_scan  # type: ignore[method-assign]
    try:
        await items.find(limit=1)
        assert len(read) == 1
        read.clear()
        async with aclosing(find(items.environment, items.namespace, Find(batch_hint=5))) as batches:
            assert len(await anext(batches)) == 5
        assert len(read) == 5
        read.clear()
        await items.find({"group": 3}, sort={"size.w": 1}, limit=2)
        assert len(read) <= 64
    finally:
        store.scan = scan  # type: ignore[method-assign]


async def test_a_reader_goes_on_past_others_changes_and_ends_when_the_collection_is_gone(
    environment: Environment,
) -> None:
    collection = await stock(environment, [{"_id": number} for number in range(2_500)])
    async with aclosing(find(environment, collection.namespace, Find(batch_hint=10))) as batches:
        assert len(await anext(batches)) == 10
        await environment.catalog.drop(collection)
        with pytest.raises(DocumentError) as killed:
            async for _ in batches:
                pass
    assert killed.value.number == Code.QueryPlanKilled
    # Nothing was given out yet: it begins again, and there is nothing.
    again = await stock(environment, [{"_id": 1}])
    environment.catalog._known[again.namespace] = collection
    assert await Stocked(environment, again.namespace).find() == [{"_id": 1}]
    environment.catalog._known[again.namespace] = collection
    assert await count(environment, again.namespace, Count()) == 1


async def test_documents_are_located_once_although_they_move_in_the_index(environment: Environment) -> None:
    collection = await stock(environment, [{"_id": number, "a": number} for number in range(40)], [{"key": {"a": 1}}])
    scope = Scope()
    index = collection.indexes[0]
    seen: list[int] = []
    async for batch in locate(environment, collection, parse_filter({"a": {"$gte": 0}}, scope), scope, batch=7):
        writes: list[Put] = []
        for located in batch:
            number = located.document["_id"]
            seen.append(number)
            moved = {"_id": number, "a": number + 1_000}
            writes.append(Put(collection.documents, located.key, encode(moved), located.version))
            writes += [
                Put(index.space(collection.id), key, located.key, None)
                for key in keys_of(index, moved, located.key).keys
            ]
        await environment.store.write(Batch(collection.id, collection.version, writes))
    assert sorted(seen) == list(range(40))


async def test_documents_are_located_in_order_and_so_many(items: Stocked) -> None:
    scope = Scope()
    collection = items.environment.catalog.get(items.namespace)
    assert collection is not None
    found = [
        located.document["_id"]
        async for batch in locate(
            items.environment, collection, parse_filter({"group": 4}, scope), scope,
            sort=SortOrder({"name": -1}, scope.collation), limit=3,
        )
        for located in batch
    ]  # fmt: skip
    assert found == [54, 44, 4]
