"""Many writers at once."""

from __future__ import annotations

import asyncio

from dbaas_server.documents.codec import decode
from dbaas_server.documents.collections.index_builds import Builds, create
from dbaas_server.documents.requests import DeleteSpec, UpdateSpec
from dbaas_server.documents.store import Store
from written_documents import errors, opened, values


async def test_counters_sum_up(store: Store) -> None:
    async with opened(store) as one, opened(store) as other:
        await one.index({"n": 1})
        await one.insert({"_id": 1, "n": 0}, {"_id": 2, "n": 0})
        await other.environment.catalog.reload()

        async def count(number: int) -> None:
            orders = (one, other)[number % 2]
            for _ in range(5):
                done = await orders.set({"_id": 1 + number % 3 // 2}, {"$inc": {"n": 1}})
                assert (done.n, done.modified) == (1, 1)

        await asyncio.gather(*map(count, range(20)))
        assert sum(values(await one.all(), "n")) == 100
        await one.check()


async def test_updates_of_many_and_of_one_get_along(store: Store) -> None:
    async with opened(store) as orders:
        await orders.index({"n": 1})
        await orders.insert(*({"_id": n, "n": 0} for n in range(40)))
        many = [orders.set({}, {"$inc": {"n": 1}}, multi=True) for _ in range(5)]
        single = [orders.set({"_id": n}, {"$inc": {"n": 100}}) for n in range(40)]
        for done in await asyncio.gather(*many, *single):
            assert done.n == done.modified
        assert set(values(await orders.all(), "n")) == {105}
        await orders.check()


async def test_each_of_a_queue_is_taken_by_one(store: Store) -> None:
    async with opened(store) as one, opened(store) as other:
        await one.index({"taken": 1, "rank": 1})
        await one.insert(*({"_id": n, "rank": -n, "taken": False} for n in range(40)))
        await other.environment.catalog.reload()

        async def take(number: int) -> list[int]:
            orders = (one, other)[number % 2]
            found = []
            while True:
                done = await orders.modify(
                    query={"taken": False}, sort={"rank": 1}, update={"$set": {"taken": True, "by": number}}
                )
                if done.value is None:
                    return found
                found.append(decode(done.value)["_id"])

        taken = await asyncio.gather(*map(take, range(10)))
        assert sorted(id for some in taken for id in some) == list(range(40))
        await one.check()


async def test_upserts_of_one_key_make_one_document(store: Store) -> None:
    async with opened(store) as one, opened(store) as other:
        await one.index({"sku": 1}, unique=True)
        await one.insert({"_id": 0, "sku": "none"})
        await other.environment.catalog.reload()

        async def upsert(number: int) -> int:
            orders = (one, other)[number % 2]
            q = {"sku": f"s{number % 4}"} if number % 3 else {"_id": f"i{number % 4}", "sku": number % 4}
            done = await orders.update(UpdateSpec(q, {"$inc": {"n": 1}}, upsert=True))
            return done.n

        assert sum(await asyncio.gather(*map(upsert, range(40)))) + 0 >= 40 - 14
        found = await one.all()
        assert len(set(map(str, values(found, "sku")))) == len(found) == 9
        await one.check()


async def test_inserts_of_one_key_leave_one(store: Store) -> None:
    async with opened(store) as one, opened(store) as other:
        await one.index({"a": 1}, unique=True)
        await one.insert({"_id": "first"})
        await other.environment.catalog.reload()
        tasks = [
            (one, other)[number % 2].insert(
                *({"_id": f"{number}-{n}", "a": n} for n in range(20)), ordered=bool(number % 3)
            )
            for number in range(12)
        ]
        done = await asyncio.gather(*tasks)
        assert sum(each.n for each in done) == len(await one.all()) - 1
        assert {name for each in done for _, name in errors(each)} <= {"DuplicateKey"}
        assert sorted(values(await one.all(), "a")[:-1]) == list(range(20))
        await one.check()


async def test_inserts_and_deletes_leave_entries_and_documents_that_agree(store: Store) -> None:
    async with opened(store) as one, opened(store) as other:
        await one.index({"a": 1}, unique=True)
        await one.index({"l": 1, "a": -1})
        await other.environment.catalog.reload()

        async def churn(number: int) -> None:
            orders = (one, other)[number % 2]
            for turn in range(8):
                key = (number + turn) % 5
                await orders.insert({"_id": key, "a": key * 10, "l": [turn, number]})
                await orders.set({"_id": key}, {"$set": {"a": key * 10 + turn % 3, "l": [number]}})
                await orders.delete(DeleteSpec({"a": {"$gte": 20}}, turn % 2))

        await asyncio.gather(*map(churn, range(8)))
        await one.check()


async def test_indexes_that_are_built_meanwhile_are_written_by_everybody(store: Store) -> None:
    """Of two processes one builds indexes while the other writes, and hears nothing of it but by being refused."""
    async with opened(store) as one, opened(store, hears=False) as other:
        await one.insert(*({"_id": f"{n}", "n": n, "l": [n], "u": n} for n in range(300)))
        await other.environment.catalog.reload()
        built = asyncio.Event()

        async def write(worker: int) -> None:
            number = 0
            while not built.is_set():
                await asyncio.sleep(0)  # a store in memory keeps nobody waiting
                number += 1
                key = f"{worker}-{number % 7}"
                await other.insert({"_id": key, "n": number, "l": [number], "u": key})
                await other.set({"_id": key}, {"$inc": {"n": 1}, "$push": {"l": {"$each": [number, worker]}}})
                await other.set({"_id": f"{number % 300}"}, {"$inc": {"n": 1_000}, "$set": {"u": f"u{number % 300}"}})
                if number % 3 == 0:
                    await other.delete(DeleteSpec({"_id": {"$in": [key, f"{number % 50}"]}}, 0))

        writers = [asyncio.ensure_future(write(worker)) for worker in range(3)]
        builds = Builds(one.environment)
        for key, unique in (({"n": 1}, False), ({"l": 1, "n": -1}, False), ({"u": 1}, True)):
            spec = {"key": key, "name": "_".join(key), "unique": unique}
            await create(one.environment, builds, one.name, [spec])
        built.set()
        await asyncio.gather(*writers)
        await builds.close()
        await one.environment.catalog.reload()
        assert [index.state for index in one.collection.indexes] == ["ready"] * 3
        await one.check()
        taken = (await one.all())[0]
        assert errors(await other.insert({"_id": "new", "u": taken["u"]})) == [(0, "DuplicateKey")]


async def test_a_collection_dropped_meanwhile_takes_no_writes(store: Store) -> None:
    async with opened(store) as one, opened(store, hears=False) as other:
        await one.insert({"_id": 1, "n": 0})
        await other.environment.catalog.reload()
        assert await one.environment.catalog.drop(one.collection)
        assert (await other.set({"_id": 1}, {"$inc": {"n": 1}})).n == 0
        assert (await other.set({}, {"$inc": {"n": 1}}, multi=True)).n == 0
        assert (await other.set({"_id": 1}, {"$inc": {"n": 1}}, upsert=True)).n == 1
        await one.environment.catalog.reload()
        assert await one.all() == [{"_id": 1, "n": 1}]
