"""Documents whose time is over go."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence

import pytest
from bson import DatetimeMS

from dbaas_server.documents.collections.namespace import Namespace
from dbaas_server.documents.store import Batch, Delete, Store
from document_engines import FarMemory, Orders, opened
from waiting import until


def ago(seconds: float) -> DatetimeMS:
    return DatetimeMS(int((time.time() - seconds) * 1_000))


async def test_what_expired_goes_and_nothing_else(store: Store) -> None:
    async with opened(store, reap_seconds=0.02) as orders:
        await orders.insert(
            {"_id": "old", "at": ago(7_200)},
            {"_id": "young", "at": ago(60)},
            {"_id": "in the future", "at": ago(-60)},
            {"_id": "one of several", "at": [ago(60), "x", ago(7_200)]},
            {"_id": "none of several", "at": [ago(60), 5]},
            {"_id": "a number", "at": 5},
            {"_id": "a string", "at": "2001-01-01"},
            {"_id": "null", "at": None},
            {"_id": "nothing"},
        )
        await orders.index({"at": 1}, expireAfterSeconds=3_600)
        await until(orders.find, lambda found: len(found) == 7)
        assert {one["_id"] for one in await orders.find()}.isdisjoint({"old", "one of several"})
        await orders.engine.change_collection(
            orders.name, {"index": {"keyPattern": {"at": 1}, "expireAfterSeconds": 30}}
        )
        await until(orders.find, lambda found: len(found) == 5)
        assert "young" not in {one["_id"] for one in await orders.find()}
        assert await orders.wrong() == []


async def test_a_partial_descending_or_hidden_index_expires_what_is_in_it(store: Store) -> None:
    async with opened(store, reap_seconds=0.02) as orders:
        await orders.index({"a": -1}, expireAfterSeconds=10, partialFilterExpression={"kind": "short"})
        await orders.index({"b.c": 1}, expireAfterSeconds=10, hidden=True)
        await orders.insert(
            {"_id": 1, "a": ago(60), "kind": "short"},
            {"_id": 2, "a": ago(60), "kind": "long"},
            {"_id": 3, "b": {"c": ago(60)}},
            {"_id": 4, "b": {"c": ago(-60)}},
        )
        await until(orders.find, lambda found: [one["_id"] for one in found] == [2, 4])
        assert await orders.wrong() == []


class Held(FarMemory):
    """Holds the first batch that deletes, until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.deleting = asyncio.Event()
        self.let_go = asyncio.Event()

    async def write(self, batch: Batch) -> Sequence[int]:
        if any(isinstance(write, Delete) for write in batch.writes):
            self.deleting.set()
            await self.let_go.wait()
        return await super().write(batch)


async def _collmod(orders: Orders) -> None:
    await orders.engine.change_collection(orders.name, {"index": {"name": "at_1", "expireAfterSeconds": 1_000_000}})


async def _another_collection(orders: Orders) -> None:
    other = Namespace(orders.name.database, "other")
    await orders.engine.create_indexes(other, [{"key": {"at": 1}, "expireAfterSeconds": 1_000_000}])
    await orders.engine.rename_collection(other, orders.name, drop_target=True)


async def _another_index(orders: Orders) -> None:
    await orders.engine.drop_indexes(orders.name, "at_1")
    await orders.index({"at": 1})


@pytest.mark.parametrize("elsewhere", [False, True])
@pytest.mark.parametrize("protect", [_collmod, _another_collection, _another_index])
async def test_what_was_protected_meanwhile_stays(
    protect: Callable[[Orders], Awaitable[None]], elsewhere: bool
) -> None:
    """Somebody saves a collection's documents while a batch of them is being deleted, here or in another process."""
    store = Held()
    async with opened(store, reap_seconds=0.02) as orders, opened(store, reap_seconds=3_600) as others:
        await orders.index({"at": 1}, expireAfterSeconds=10)
        await orders.insert(*({"_id": n, "at": ago(60)} for n in range(1_200)))
        await store.deleting.wait()
        by = others if elsewhere else orders
        await by.environment.catalog.reload()
        await protect(by)
        await by.insert(*({"_id": -n, "at": ago(60)} for n in range(1, 100)))
        before = len(await by.find())
        store.let_go.set()
        rounds = Namespace(orders.name.database, "rounds")
        marker = Orders(orders.engine, rounds)  # two more rounds pass
        await marker.index({"at": 1}, expireAfterSeconds=10)
        for n in range(2):
            await marker.insert({"_id": n, "at": ago(60)})
            await until(marker.find, lambda found: not found)
        assert len(await by.find()) == before
        assert await orders.wrong() == []


async def test_a_change_of_something_else_does_not_stop_it(store: Store) -> None:
    async with opened(store, reap_seconds=0.02) as orders:
        await orders.index({"at": 1}, expireAfterSeconds=10)
        for n in range(3):
            await orders.insert(*({"_id": n * 1_000 + i, "at": ago(60)} for i in range(700)))
            await orders.index({f"field{n}": 1})
        await until(orders.find, lambda found: not found)
        assert await orders.wrong() == []
