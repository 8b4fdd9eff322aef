"""The whole engine, asked thousands of things: whatever the store and the indexes, the answer is the same.

Every question goes to an engine in memory without an index, to one in memory with indexes and to one on PostgreSQL with
others; answers are compared byte by byte. What :class:`~generated_documents.Plain` asks mongomock is asked as well.

Settled in favour of MongoDB's manual, and not asked: the order of equal documents (every sort ends with ``_id``); which
one of several documents an update of one document changes; sorting by arrays, conflicts between operators, the order of
new fields, the types of numbers, a value twice in the ``$each`` of ``$addToSet`` (mongomock). See also
``match/test_oracle.py`` and ``update/test_oracle.py``.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import mongomock
import pytest

from dbaas_provisioning.platform import Access
from dbaas_server.documents.codec import encode
from dbaas_server.documents.errors import DocumentError
from dbaas_server.documents.requests import Count, Distinct, FindAndModify
from dbaas_server.documents.store.memory import MemoryStore
from document_engines import NAME, Orders, opened
from document_stores import emptied
from generated_documents import Plain, Rich

SEEDS = range(4)
COUNT = 30

INDEXES: list[list[dict[str, Any]]] = [
    [],
    [
        {"key": {"a": 1}},
        {"key": {"b": -1, "n": 1}},
        {"key": {"a.b": 1}, "sparse": True},
        {"key": {"n": 1}, "partialFilterExpression": {"n": {"$gt": 2}}},
    ],
    [
        {"key": {"n": 1, "a": -1}},
        {"key": {"b.a": 1}},
        {"key": {"c": 1}, "partialFilterExpression": {"a": {"$exists": True}}},
        {"key": {"b": 1}, "collation": {"locale": "en", "strength": 2}},
        {"key": {"n": -1, "_id": 1}, "unique": True},
    ],
]


@pytest.fixture
async def engines(module_database: Access) -> AsyncIterator[list[Orders]]:
    """One without indexes, one with some, and one on PostgreSQL with others."""
    async with AsyncExitStack() as stack:
        postgres = await stack.enter_async_context(emptied(module_database))
        engines = [await stack.enter_async_context(opened(store)) for store in (MemoryStore(), MemoryStore(), postgres)]
        for orders, indexes in zip(engines, INDEXES, strict=True):
            if indexes:
                await orders.engine.create_indexes(NAME, indexes)
        yield engines


async def same(engines: list[Orders], ask: Callable[[Orders], Awaitable[Any]], about: Any) -> Any:
    """One answer of all; errors are compared by their numbers."""
    answers = []
    for orders in engines:
        try:
            answers.append(encode({"": await ask(orders)}))
        except DocumentError as error:
            answers.append(encode({"error": error.number}))
    assert len(set(answers)) == 1, about
    return answers[0]


def by_id(documents: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(documents, key=lambda document: document["_id"])


@pytest.mark.parametrize("seed", SEEDS)
async def test_stores_and_indexes_make_no_difference(engines: list[Orders], seed: int) -> None:
    made = Rich(seed)
    documents = [made.document(id) for id in range(COUNT)]
    for orders in engines:
        assert (await orders.insert(*documents)).n == COUNT
    for turn in range(3):
        for _ in range(25):
            await ask(engines, made)
        for _ in range(20):
            await change(engines, made)
        await same(engines, lambda orders: orders.find(sort={"_id": 1}), turn)
    for orders in engines:
        assert await orders.wrong() == []


async def ask(engines: list[Orders], made: Rich) -> None:
    """A filter found, sorted, projected, counted, and at the head of a pipeline."""
    spec, order, projection = made.filter(), made.order(), made.projection()
    skip, limit = made.any(0, 0, 3), made.any(0, 0, 5)
    how = {"sort": order, "projection": projection, "skip": skip, "limit": limit}
    collation = made.any(None, None, None, {"locale": "en", "strength": 2})

    async def found(orders: Orders) -> Any:
        return by_id(await orders.find(spec, collation=collation))

    async def sorted_(orders: Orders) -> Any:
        return await orders.find(spec, collation=collation, **how)

    async def counted(orders: Orders) -> Any:
        return await orders.engine.count(NAME, Count(spec, collation=collation))

    async def told_apart(orders: Orders) -> Any:
        values = await orders.engine.distinct(NAME, Distinct("n", spec, collation=collation))
        return sorted(map(float, values))

    for question in (found, sorted_, counted, told_apart):
        await same(engines, question, (question.__name__, spec, how, collation))
    pipeline = made.pipeline()
    await same(engines, lambda orders: orders.aggregate(*pipeline), pipeline)


async def change(engines: list[Orders], made: Rich) -> None:
    """Documents are updated, replaced, upserted, deleted and inserted."""
    id = made.any(*range(COUNT + 5))
    kind = made.any("many", "many", "one", "one", "one", "upsert", "modify", "delete", "insert")
    spec = made.filter()
    only = {"_id": id, **({} if kind == "upsert" else made.any({}, spec))}
    update = made.sure_update() if kind in {"many", "upsert"} else made.update()
    document, order = made.document(id), made.order()

    async def carry_out(orders: Orders) -> Any:
        match kind:
            case "modify":
                request = FindAndModify(query=spec, update=made_sure, sort=order, new=True)
                done = await orders.engine.find_and_modify(NAME, request)
                return [done.value or b"", done.n, done.updated_existing]
            case "delete":
                deleted = await orders.delete(only)
                return deleted.n
            case "insert":
                inserted = await orders.insert(document)
                return [inserted.n, [error.number for _, error in inserted.errors]]
            case "many":
                updated = await orders.update(spec, update, multi=True)
            case _:
                updated = await orders.update(only, update, upsert=kind == "upsert")
        return [updated.n, updated.modified, list(map(list, updated.upserted)), [e.number for _, e in updated.errors]]

    made_sure = made.sure_update()
    await same(engines, carry_out, (kind, only, spec, update, made_sure))


# --- mongomock --------------------------------------------------------------------------------------------------------


def plain(value: Any) -> Any:
    """A value without what mongomock does not know: the order of fields, the types of numbers."""
    if isinstance(value, dict):
        return {name: plain(part) for name, part in sorted(value.items())}
    if isinstance(value, list):
        return [plain(part) for part in value]
    return round(float(value), 6) if isinstance(value, int | float) and not isinstance(value, bool) else value


@pytest.mark.parametrize("seed", SEEDS)
async def test_mongomock_answers_the_same(engines: list[Orders], seed: int) -> None:
    made = Plain(seed)
    other: Any = mongomock.MongoClient().app.orders
    documents = [made.document(id) for id in range(COUNT)]
    other.insert_many([dict(document) for document in documents])
    for orders in engines:
        await orders.insert(*documents)
    for _ in range(3):
        for _ in range(20):
            spec, order, limit = made.filter(), made.order(), made.any(0, 4)
            expected = list(other.find(spec, sort=list(order.items()), limit=limit))
            for orders in engines:
                assert plain(await orders.find(spec, sort=order, limit=limit)) == plain(expected), (spec, order)
                assert await orders.engine.count(NAME, Count(spec)) == other.count_documents(spec), spec
            pipeline = made.pipeline()
            expected = list(other.aggregate(pipeline))
            for orders in engines:
                found = await orders.aggregate(*pipeline)
                if "$group" in pipeline[-1]:
                    found, expected = (sorted(each, key=lambda one: str(one["_id"])) for each in (found, expected))
                assert plain(found) == plain(expected), pipeline
        for _ in range(10):
            spec, update = made.filter(), made.update()
            other.update_many(spec, update)
            for orders in engines:
                await orders.update(spec, update, multi=True)
                assert plain(await orders.find(sort={"_id": 1})) == plain(list(other.find(sort=[("_id", 1)]))), (
                    spec, update,
                )  # fmt: skip
