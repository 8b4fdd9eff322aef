"""Indexes are built while everybody writes."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import pytest

from dbaas_server.documents.collections.index_builds import fill, settle
from dbaas_server.documents.errors import Code, DocumentError
from dbaas_server.documents.store import Batch, Entry, Space, Span, Store
from document_engines import FarMemory, Orders, opened
from waiting import until_true

COUNT = 1_200


def document(number: int, chosen: random.Random) -> dict[str, Any]:
    tags: Any = [chosen.randrange(20) for _ in range(chosen.randrange(4))] if chosen.random() < 0.3 else number % 20
    return {"_id": number, "n": chosen.randrange(100), "tags": tags, "own": f"{number}-{chosen.random()}"}


async def filled(orders: Orders, count: int = COUNT) -> None:
    chosen = random.Random(1)
    await orders.insert(*(document(number, chosen) for number in range(count)))


class Busy:
    """Tasks that write until they are told to stop."""

    def __init__(self, orders: Orders, *, values: int | None = None) -> None:
        self._orders, self._values = orders, values
        self._over = asyncio.Event()
        self.writes = 0
        self._tasks = [asyncio.ensure_future(self._write(number)) for number in range(4)]

    async def stop(self) -> None:
        self._over.set()
        await asyncio.gather(*self._tasks)

    def _own(self, chosen: random.Random) -> Any:
        return chosen.randrange(self._values) if self._values is not None else f"new {chosen.random()}"

    async def _write(self, task: int) -> None:
        orders, chosen = self._orders, random.Random(task)
        while not self._over.is_set():
            id = chosen.randrange(COUNT + 500)
            match chosen.randrange(5):
                case 0:
                    await orders.insert({**document(id, chosen), "own": self._own(chosen)})
                case 1:
                    await orders.delete({"_id": id})
                case 2:
                    await orders.update({"_id": id}, {"$set": {"own": self._own(chosen)}})
                case 3:  # there and back
                    await orders.update({"_id": id}, {"$set": {"n": 1, "tags": [1, 2]}})
                    await orders.update({"_id": id}, {"$set": {"n": 2, "tags": 3}})
                case 4:
                    await orders.update({"_id": {"$gte": id, "$lt": id + 5}}, {"$inc": {"n": 1}}, multi=True)
            self.writes += 1
            await asyncio.sleep(0)


async def test_indexes_are_right_although_four_tasks_write_all_the_time(store: Store) -> None:
    async with opened(store) as orders:
        await filled(orders)
        busy = Busy(orders)
        await orders.engine.create_indexes(
            orders.name,
            [
                {"key": {"n": 1}},
                {"key": {"tags": -1, "n": 1}},
                {"key": {"own": 1}, "unique": True},
                {"key": {"n": -1}, "name": "some", "partialFilterExpression": {"n": {"$gt": 50}}},
            ],
        )
        assert await orders.wrong() == []
        await busy.stop()
        assert busy.writes
        assert await orders.wrong() == []
        assert {index.state for index in orders.collection.indexes} == {"ready"}
        assert orders.collection.index("tags_-1_n_1").multikey == {"tags"}


async def test_duplicates_in_the_collection_end_a_unique_build_and_nothing_is_left(store: Store) -> None:
    async with opened(store) as orders:
        await filled(orders)
        await orders.update({"_id": {"$in": [7, 1_107]}}, {"$set": {"own": "both"}}, multi=True)
        with pytest.raises(DocumentError) as refused:
            await orders.engine.create_indexes(orders.name, [{"key": {"own": 1}, "unique": True}, {"key": {"n": 1}}])
        assert refused.value.number == Code.DuplicateKey
        assert refused.value.info == {"keyPattern": {"own": 1}, "keyValue": {"own": "both"}}
        assert 'index: own_1 dup key: { own: "both" }' in refused.value.message
        assert orders.names() == ["_id_"]
        assert orders.collection.spaces == [orders.collection.documents]
        await orders.update({"_id": 7}, {"$set": {"own": "mine"}})
        await orders.index({"own": 1}, unique=True)
        assert await orders.wrong() == []


async def test_duplicates_that_come_during_a_unique_build_end_it_or_are_refused(store: Store) -> None:
    """Whatever happens, no index is left that two documents share a key of."""
    async with opened(store) as orders:
        await filled(orders)
        busy = Busy(orders, values=200)
        try:
            await orders.index({"own": 1}, unique=True)
        except DocumentError as error:
            assert error.number == Code.DuplicateKey
            assert orders.names() == ["_id_"]
        await busy.stop()
        assert await orders.wrong() == []
        if orders.names() == ["_id_", "own_1"]:
            owners = await orders.aggregate({"$sortByCount": "$own"}, {"$match": {"count": {"$gt": 1}}})
            assert owners == []


async def test_no_write_is_refused_while_a_unique_index_is_filled(orders: Orders) -> None:
    await filled(orders)
    building = asyncio.ensure_future(orders.index({"own": 1}, unique=True))
    await until_true(lambda: bool(orders.engine.builds()), orders.engine.builds)
    assert orders.collection.index("own_1").state == "building"
    done = await orders.insert({"_id": "a", "own": "same"}, {"_id": "b", "own": "same"})
    assert (done.n, done.errors) == (2, [])
    with pytest.raises(DocumentError) as refused:
        await building
    assert refused.value.number == Code.DuplicateKey
    assert orders.names() == ["_id_"]


class HeldMemory(FarMemory):
    """Memory where who reads through all of a space waits before each batch until he may go on."""

    def __init__(self) -> None:
        super().__init__()
        self.go_on = asyncio.Event()

    async def scan(self, space: Space, span: Span, **how: Any) -> AsyncIterator[Sequence[Entry]]:
        if span == Span():
            await self.go_on.wait()
        async for batch in super().scan(space, span, **how):
            yield batch


async def test_a_duplicate_that_is_gone_in_time_is_none() -> None:
    async with opened(store := HeldMemory()) as orders:
        await filled(orders)
        building = asyncio.ensure_future(orders.index({"own": 1}, unique=True))
        await until_true(lambda: bool(orders.engine.builds()), orders.engine.builds)
        await orders.insert({"_id": "a", "own": "same"}, {"_id": "b", "own": "same"})
        await orders.delete({"_id": "a"})
        assert orders.collection.index("own_1").state == "building"
        store.go_on.set()
        await building
        assert await orders.wrong() == []
        done = await orders.insert({"_id": "c", "own": "same"})
        assert [error.number for _, error in done.errors] == [Code.DuplicateKey]


@pytest.mark.parametrize("unique", [False, True])
async def test_a_build_that_was_cut_short_is_finished_by_the_next_engine(store: Store, unique: bool) -> None:
    cut_short = 0
    for steps in (0, 4, 10, 16):
        async with opened(store) as orders:
            await filled(orders)
            building = asyncio.ensure_future(orders.index({"own": 1}, unique=unique))
            await until_true(lambda: bool(orders.engine.builds()), orders.engine.builds)
            for _ in range(steps):
                await asyncio.sleep(0)
        try:
            await building
        except DocumentError as error:
            assert error.number == Code.InterruptedAtShutdown
            cut_short += 1
        async with opened(store) as orders:
            busy = Busy(orders)
            await until_true(lambda: orders.collection.index("own_1").state == "ready", orders.engine.builds)
            await busy.stop()
            assert await orders.wrong() == []
            await orders.engine.drop_collection(orders.name)
    assert cut_short


async def test_two_engines_may_build_the_same_index(store: Store) -> None:
    async with opened(store) as one:
        await filled(one)
        asked = asyncio.ensure_future(one.engine.create_indexes(one.name, [{"key": {"own": 1}, "unique": True}]))
        await until_true(lambda: bool(one.engine.builds()), one.engine.builds)
        async with opened(store) as other:
            assert other.engine.builds()
            busy, beside = Busy(one), Busy(other)
            await other.index({"own": 1}, unique=True)
            await asked
            await busy.stop()
            await beside.stop()
            assert await one.wrong() == await other.wrong() == []


class Wavering(FarMemory):
    """Memory that now answers at once and now lets others come first."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.chosen = random.Random(seed)

    async def get(self, space: Space, keys: Sequence[bytes]) -> Mapping[bytes, Entry]:
        await self._waver()
        found = await super().get(space, keys)
        await self._waver()
        return found

    async def write(self, batch: Batch) -> Sequence[int]:
        await self._waver()
        return await super().write(batch)

    async def _waver(self) -> None:
        for _ in range(self.chosen.randrange(4)):
            await asyncio.sleep(0)


@pytest.mark.parametrize("seed", range(24))
async def test_a_few_documents_that_many_fight_for_are_indexed_right(
    monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """Two engines build one unique index in small steps, while values come, go, come back and are given twice."""
    monkeypatch.setattr(fill, "_DOCUMENTS", 7)
    monkeypatch.setattr(settle, "_ENTRIES", 9)
    store = Wavering(seed)
    count, values = store.chosen.randrange(10, 60), store.chosen.choice([40, 300, 3_000])
    over = asyncio.Event()

    async def fight(orders: Orders) -> None:
        while not over.is_set():
            id, own = store.chosen.randrange(count), store.chosen.randrange(values)
            match store.chosen.randrange(4):
                case 0:
                    await orders.insert({"_id": id, "own": own})
                case 1:
                    await orders.delete({"_id": id})
                case 2:
                    for value in (own, own + 1, own):
                        await orders.update({"_id": id}, {"$set": {"own": value}})
                case 3:
                    await orders.update({"_id": id}, {"$set": {"own": [own, own + 1]}})
            await asyncio.sleep(0)

    async with opened(store) as one, opened(store) as other:
        await one.insert(*({"_id": id, "own": 10_000 + id} for id in range(0, count, 2)))
        fighting = [asyncio.ensure_future(fight(orders)) for orders in (one, one, other, other)]
        builds = await asyncio.gather(
            *(orders.index({"own": 1}, unique=True) for orders in (one, other)), return_exceptions=True
        )
        over.set()
        await asyncio.gather(*fighting)
        for error in builds:
            if error is not None:
                assert isinstance(error, DocumentError)
                assert error.number in {Code.DuplicateKey, Code.IndexBuildAborted}
        assert await one.wrong() == []
        assert {index.state for index in one.collection.indexes} <= {"ready"}
        assert {space for space in store._spaces if space.startswith("i_")} == set(one.collection.spaces[1:])


async def test_whoever_asks_for_an_index_that_is_being_built_waits_for_it(orders: Orders) -> None:
    await filled(orders)
    first, second = await asyncio.gather(
        *(orders.engine.create_indexes(orders.name, [{"key": {"n": 1}}]) for _ in range(2))
    )
    assert (first.before, first.after, second.before, second.after) == (1, 2, 2, 2)
    assert orders.collection.index("n_1").state == "ready"


@pytest.mark.parametrize("how", ["index", "all", "collection"])
async def test_a_build_ends_when_its_index_is_dropped(store: Store, how: str) -> None:
    async with opened(store) as orders:
        await filled(orders)
        building = asyncio.ensure_future(
            orders.engine.create_indexes(orders.name, [{"key": {"n": 1}}, {"key": {"own": 1}}])
        )
        await until_true(lambda: bool(orders.engine.builds()), orders.engine.builds)
        if how == "collection":
            assert await orders.engine.drop_collection(orders.name) == 3
        else:
            assert await orders.engine.drop_indexes(orders.name, "*" if how == "all" else "n_1") == 3
        with pytest.raises(DocumentError) as refused:
            await building
        assert refused.value.number == Code.IndexBuildAborted
        assert orders.engine.builds() == []
        if how != "collection":
            assert orders.names() == ["_id_"]


async def test_a_document_that_cannot_be_in_an_index_ends_its_build(orders: Orders) -> None:
    await orders.insert({"_id": 1, "a": [1, 2], "b": [3, 4]})
    with pytest.raises(DocumentError) as refused:
        await orders.index({"a": 1, "b": 1})
    assert refused.value.number == Code.CannotIndexParallelArrays
    assert orders.names() == ["_id_"]


async def test_progress_is_told(orders: Orders) -> None:
    await filled(orders)
    seen: list[dict[str, Any]] = []
    building = asyncio.ensure_future(orders.index({"n": 1}))
    while not building.done():
        seen += [one["progress"] for one in orders.engine.builds()]
        await asyncio.sleep(0)
    await building
    assert {"done": 1_000, "total": COUNT} in seen
    assert orders.engine.builds() == []


async def test_a_long_key_and_an_array_are_remembered(orders: Orders) -> None:
    await orders.insert({"_id": 1, "a": "x" * 5_000}, {"_id": 2, "b": [1, 2]})
    await orders.engine.create_indexes(orders.name, [{"key": {"a": 1}}, {"key": {"b": 1}}])
    a, b = orders.collection.indexes
    assert (a.cut, a.multikey, b.cut, b.multikey) == (True, frozenset(), False, {"b"})
    assert await orders.wrong() == []


async def test_the_checker_tells_what_is_wrong() -> None:
    store = FarMemory()
    async with opened(store) as orders:
        await orders.insert({"_id": 1, "a": 1}, {"_id": 2, "a": 2})
        await orders.index({"a": 1}, unique=True)
        (index,) = orders.collection.indexes
        entries = store._spaces[index.space(orders.collection.id)]
        first, second = list(entries.order)
        entries.put(type(entries.entries[first])(first, entries.entries[second].value, 7))
        entries.remove(second)
        entries.put(type(entries.entries[first])(b"\x99", b"nobody", 8))
        assert sorted(await orders.wrong()) == [
            "The document 1 shares its entry in the index a_1 with another.",
            "The document 2 lacks an entry in the index a_1.",
            "The index a_1 has an entry too many, of the document 2.",
            "The index a_1 has an entry too many, of the document that is not there.",
        ]
        answer = await orders.engine.validate(orders.name)
        assert (answer["valid"], answer["nrecords"], len(answer["errors"])) == (False, 2, 4)
