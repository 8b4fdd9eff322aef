"""Writes that somebody ends, or that lose their database, half way."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress

import psycopg
import pytest

from conninfo import conninfo
from dbaas_provisioning.errors import Unavailable
from dbaas_provisioning.platform import Access
from dbaas_server.documents.requests import DeleteSpec, UpdateSpec
from dbaas_server.documents.store import Batch, Put, Span
from dbaas_server.documents.store.memory import MemoryStore
from dbaas_server.engines.document.store import PostgresStore
from document_stores import emptied
from waiting import until
from written_documents import Documents, opened, values


class Held(MemoryStore):
    """Writes, when it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.begun = asyncio.Event()
        self.let_go = asyncio.Event()
        self.let_go.set()

    async def write(self, batch: Batch) -> Sequence[int]:
        self.begun.set()
        await self.let_go.wait()
        return await super().write(batch)

    def hold(self) -> None:
        self.begun.clear()
        self.let_go.clear()


class Failing(MemoryStore):
    """Is not to be reached after some more writes."""

    def __init__(self) -> None:
        super().__init__()
        self.left = 1_000_000

    async def write(self, batch: Batch) -> Sequence[int]:
        self.left -= 1
        if self.left < 0:
            raise Unavailable("database_unavailable", "Nothing was written.")
        return await super().write(batch)


async def _end(task: asyncio.Task[object], store: Held) -> None:
    """Cancel a write that is on its way, twice; it is not over before the store's answer."""
    await store.begun.wait()
    for _ in range(2):
        task.cancel()
        for _ in range(5):
            await asyncio.sleep(0)
        assert not task.done()
    store.let_go.set()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_who_is_interrupted_is_told_so_when_the_write_is_over() -> None:
    store = Held()
    async with opened(store) as orders:
        await orders.insert({"_id": 0, "n": 0})
        store.hold()
        await _end(asyncio.create_task(orders.insert({"_id": 1})), store)
        assert values(await orders.all(), "_id") == [0, 1]
        store.hold()
        await _end(asyncio.create_task(orders.set({"_id": 0}, {"$set": {"n": 1}})), store)
        assert values(await orders.all(), "n") == [1, None]
        store.hold()
        await _end(asyncio.create_task(orders.delete(DeleteSpec({}, 0))), store)
        assert await orders.all() == []


async def test_nothing_more_is_written_for_who_was_interrupted() -> None:
    store = Held()
    async with opened(store) as orders:
        await orders.insert({"_id": -1})
        store.hold()
        await _end(asyncio.create_task(orders.insert(*({"_id": n} for n in range(3_000)))), store)
        assert len(await orders.all()) == 1_001
        await orders.check()


@pytest.fixture
async def failing() -> AsyncIterator[tuple[Failing, Documents]]:
    store = Failing()
    async with opened(store) as orders:
        await orders.insert(*({"_id": n} for n in range(1_200)))
        yield store, orders


async def test_who_loses_the_database_half_way_is_not_told_that_nothing_was_written(
    failing: tuple[Failing, Documents],
) -> None:
    store, orders = failing
    one = [UpdateSpec({"_id": n}, {"$set": {"a": 1}}) for n in range(2)]
    many = UpdateSpec({}, {"$set": {"b": 1}}, multi=True)
    for write in (
        lambda: orders.insert(*({"_id": n} for n in range(2_000, 4_000))),
        lambda: orders.update(*one),
        lambda: orders.update(many),
        lambda: orders.delete(DeleteSpec({"_id": 0}, 1), DeleteSpec({"_id": 1}, 1)),
        lambda: orders.delete(DeleteSpec({}, 0)),
    ):
        store.left = 1
        with pytest.raises(Unavailable, match="a part of this was written"):
            await write()
    store.left = 0
    with pytest.raises(Unavailable, match="Nothing was written"):
        await orders.delete(DeleteSpec({}, 0))


async def test_a_deadlock_with_somebody_else_is_not_an_error(written_database: Access) -> None:
    async with emptied(written_database) as store, opened(store) as orders:
        await orders.insert({"_id": 1}, {"_id": 2})
        collection, space = orders.collection, orders.collection.documents
        entries = [entry async for batch in store.scan(space, Span()) for entry in batch]
        batch = Batch(
            collection.id,
            collection.version,
            [Put(space, entry.key, entry.value, entry.version) for entry in entries],
        )
        versions = await asyncio.wait_for(_write_beside(store, batch, written_database), 60)
        assert len(versions) == 2
        assert {e.version async for some in store.scan(space, Span()) for e in some} == set(versions)


async def _write_beside(store: PostgresStore, batch: Batch, access: Access) -> Sequence[int]:
    """Write while another transaction has one of the entries and then wants the other; whoever of them is the victim,
    it changes nothing. Who waits first is, if the other comes within a second.
    """
    first, second = batch.writes
    lock = f'select from documents."{first.space}" where key = %s for update'
    with psycopg.connect(conninfo(access)) as other, psycopg.connect(conninfo(access), autocommit=True) as looking:
        other.execute(lock, [second.key])
        writing = asyncio.create_task(store.write(batch))

        async def waiting() -> int:
            found = looking.execute("select count(*) from pg_locks where not granted").fetchone()
            assert found is not None
            return int(found[0])

        await until(waiting, lambda count: count > 0)

        def cross() -> None:
            with suppress(psycopg.errors.DeadlockDetected):
                other.execute(lock, [first.key])
            other.rollback()

        crossing = threading.Thread(target=cross)
        crossing.start()
        versions = await writing
        crossing.join()
        return versions
