"""Writes that are sent twice are done once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import pytest

from dbaas_server.documents.codec import decode
from dbaas_server.documents.errors import DocumentError
from dbaas_server.documents.requests import DeleteSpec, Retry, UpdateSpec, WriteContext
from dbaas_server.documents.store import Batch, Entry, Put, Space, Span, Store
from dbaas_server.documents.store.memory import MemoryStore
from written_documents import Documents, errors, opened, values


def again(transaction: int, first: int = 0, session: bytes = b"session") -> WriteContext:
    return WriteContext(retry=Retry(session, transaction, first))


async def test_each_kind_of_write_is_done_once_and_answers_the_same(store: Store) -> None:
    async with opened(store) as here, opened(store, hears=False) as elsewhere:
        await here.index({"n": 1})
        await elsewhere.environment.catalog.reload()
        for number, orders in enumerate((here, elsewhere, here)):
            inserted = await orders.insert({"_id": 1, "n": 1}, {"_id": 2, "n": 2}, context=again(1))
            assert (inserted.n, inserted.errors) == (2, [])
            assert inserted.retried == ([0, 1] if number else [])
        for orders in (here, elsewhere):
            updated = await orders.update(
                UpdateSpec({"_id": 1}, {"$inc": {"n": 10}}),
                UpdateSpec({"_id": 9}, {"$set": {"n": 9}}, upsert=True),
                context=again(2),
            )
            assert (updated.n, updated.modified, updated.upserted) == (2, 1, [(1, 9)])
        for orders in (elsewhere, here):
            deleted = await orders.delete(
                DeleteSpec({"n": {"$gt": 0}}, 1), DeleteSpec({"_id": 77}, 1), context=again(3)
            )
            assert deleted.n == 1
        for orders in (here, elsewhere):
            changed = await orders.modify(
                sort={"_id": 1}, update={"$inc": {"n": 1}}, new=True, fields={"n": 1}, context=again(4)
            )
            assert changed.value is not None
            first = decode(changed.value)
            assert first == {"_id": first["_id"], "n": {1: 12, 2: 3, 9: 10}[first["_id"]]}
            assert changed.updated_existing
        for orders in (here, elsewhere):
            removed = await orders.modify(query={"n": first["n"]}, context=again(5))
            assert removed.value is not None
            assert decode(removed.value)["_id"] == first["_id"]
        assert len(await here.all()) == 1
        await here.check()


async def test_what_was_interrupted_half_way_goes_on_where_it_was(orders: Documents) -> None:
    """A retry of a command that failed after some of its statements; as when its process was killed."""
    documents = [{"_id": n} for n in range(5)]
    await orders.insert(*documents[:3], context=again(1))
    done = await orders.insert(*documents, context=again(1))
    assert (done.n, done.retried) == (5, [0, 1, 2])
    increments = [UpdateSpec({"_id": n}, {"$inc": {"n": 1}}) for n in range(5)]
    await orders.update(*increments[1:3], context=again(2, first=1))
    updated = await orders.update(*increments, context=again(2))
    assert (updated.n, updated.modified, updated.retried) == (5, 5, [1, 2])
    assert values(await orders.all(), "n") == [1] * 5


async def test_statements_that_failed_are_tried_again(orders: Documents) -> None:
    await orders.insert({"_id": 1})
    three = [{"_id": 0}, {"_id": 1}, {"_id": 2}]
    assert errors(await orders.insert(*three, ordered=False, context=again(1))) == [(1, "DuplicateKey")]
    await orders.delete(DeleteSpec({"_id": 1}, 1))
    done = await orders.insert(*three, ordered=False, context=again(1))
    assert (done.n, done.errors, done.retried) == (3, [], [0, 2])


async def test_an_older_command_comes_too_late(store: Store) -> None:
    async with opened(store) as one, opened(store) as other:
        await one.insert({"_id": 1}, context=again(5))
        await other.insert({"_id": 2}, context=again(6))
        async with opened(store) as third:
            for orders in (other, third):
                with pytest.raises(DocumentError) as raised:
                    await orders.insert({"_id": 3}, context=again(5))
                assert raised.value.number == 225
        await one.insert({"_id": 3}, context=again(1, session=b"another"))
        assert values(await one.all(), "_id") == [1, 2, 3]


async def test_of_two_who_carry_out_the_same_command_one_does(store: Store) -> None:
    async with opened(store) as one, opened(store) as other:
        await one.insert({"_id": 1, "n": 0}, context=again(0))
        await other.environment.catalog.reload()
        for number in range(1, 6):
            tasks = [
                asyncio.ensure_future(orders.update(UpdateSpec({"_id": 1}, {"$inc": {"n": 1}}), context=again(number)))
                for orders in (one, other, one, other)
            ]
            assert {(done.n, done.modified) for done in await asyncio.gather(*tasks)} == {(1, 1)}
        assert values(await one.all(), "n") == [5]
        many = [{"_id": n, "n": 5} for n in range(10, 20)]
        done = await asyncio.gather(*(orders.insert(*many, context=again(9)) for orders in (one, other)))
        assert [(each.n, each.errors) for each in done] == [(10, [])] * 2
        gone = await asyncio.gather(*(orders.modify(query={"n": 5}, context=again(10)) for orders in (one, other)))
        assert gone[0].value == gone[1].value
        assert len(await one.all()) == 10


@pytest.mark.parametrize("write", ["update", "delete"])
async def test_a_write_of_many_documents_cannot_be_retried(orders: Documents, write: str) -> None:
    await orders.insert({"_id": 1})
    done: Any
    if write == "update":
        done = await orders.update(UpdateSpec({}, {"$set": {"a": 1}}, multi=True), context=again(1))
    else:
        done = await orders.delete(DeleteSpec({}, 0), context=again(1))
    assert errors(done) == [(0, "InvalidOptions")]


async def test_records_are_nobodys_business_and_go_after_a_while(store: Store) -> None:
    async with opened(store) as orders:
        await orders.insert({"_id": 1}, context=again(1))
        await orders.environment.catalog.reload()
        assert [str(one.namespace) for one in orders.environment.catalog.all()] == ["app.orders"]
        sessions = orders.environment.sessions
        assert await sessions.sweep(orders.environment) == 0
    async with opened(store, sessions_kept_seconds=-1.0) as orders:
        assert await orders.environment.sessions.sweep(orders.environment) == 1
        assert (await orders.insert({"_id": 2}, context=again(1))).retried == []


class Counted(MemoryStore):
    """Counts the bytes that are written."""

    written = 0

    async def write(self, batch: Batch) -> Sequence[int]:
        self.written += sum(len(write.value) for write in batch.writes if isinstance(write, Put))
        return await super().write(batch)


class Between(MemoryStore):
    """Somebody else does something right after records of sessions were read, once."""

    then: Callable[[], Awaitable[Any]] | None = None
    wanted = 1

    async def get(self, space: Space, keys: Sequence[bytes]) -> Mapping[bytes, Entry]:
        found = await super().get(space, keys)
        if space.startswith("s_") and self.then is not None and len(keys) >= self.wanted:
            then, self.then = self.then, None
            await then()
        return found


def upserts(first: int, last: int, size: int = 1) -> list[UpdateSpec]:
    """Each has an answer of its own."""
    return [UpdateSpec({"_id": f"{n:0{size}}"}, {"$set": {"a": 1}}, upsert=True) for n in range(first, last)]


async def records(store: Store) -> int:
    """How many entries the records of sessions are."""
    found = next(one for one in await store.collections() if one.name == "sessions")
    return await store.count(f"s_{found.id.hex}", Span())


async def test_what_a_command_writes_grows_with_its_statements_and_no_faster() -> None:
    written = []
    for many in (500, 2_000):
        store = Counted()
        async with opened(store) as orders:
            await orders.update(*upserts(0, many), context=again(1))
        written.append(store.written)
    assert written[1] < 4.5 * written[0]
    assert written[1] < 2_000 * 2_000


@pytest.mark.parametrize("size", [1, 5_000])
async def test_many_statements_are_each_done_once_wherever_they_are_sent_again(store: Store, size: int) -> None:
    many = upserts(0, 120, size)
    async with opened(store) as here, opened(store, hears=False) as elsewhere:
        first = await here.update(*many[:75], context=again(1))
        second = await elsewhere.update(*many, context=again(1))
        third = await here.update(*many, context=again(1))
        assert first.upserted == second.upserted[:75]
        assert second.upserted == third.upserted
        assert second.retried == list(range(75))
        assert third.retried == list(range(120))
        assert await records(store) > 1
        with pytest.raises(DocumentError, match="newer retryable write"):
            await elsewhere.update(*many, context=again(0))
        assert (await elsewhere.delete(DeleteSpec({"_id": many[0].q["_id"]}, 1), context=again(2))).n == 1
        assert await records(store) == 1
        with pytest.raises(DocumentError, match="newer retryable write"):
            await here.update(*many, context=again(1))
        assert len(await here.all()) == 119


async def test_a_record_goes_with_its_pages(store: Store) -> None:
    async with opened(store, sessions_kept_seconds=-1.0) as orders:
        await orders.update(*upserts(0, 120), context=again(1))
        await orders.insert({"_id": 1}, context=again(1, session=b"another"))
        assert await orders.environment.sessions.sweep(orders.environment) == 2
        assert await records(store) == 0
        assert (await orders.update(*upserts(0, 120), context=again(1))).retried == []


async def test_who_reads_while_a_later_command_takes_pages_away_comes_too_late() -> None:
    store = Between()
    async with opened(store) as one, opened(store) as other:
        await one.update(*upserts(0, 2_000), context=again(1))
        store.wanted, store.then = 2, lambda: one.insert({"_id": "later"}, context=again(2))
        with pytest.raises(DocumentError, match="newer retryable write"):
            await other.update(*upserts(0, 2_000), context=again(1))


async def test_who_sends_a_write_again_while_it_is_done_is_told_what_it_did() -> None:
    """The record is read; then the first of the two is done; then the second finds nothing to do, or a key taken."""
    store = Between()
    async with opened(store) as one, opened(store) as other:
        await one.insert({"_id": 0}, context=again(0, session=b"0"))
        await one.index({"q": 1}, unique=True)
        await one.insert(*({"_id": n, "q": n} for n in range(1, 5)))
        await other.environment.catalog.reload()

        async def twice(session: bytes, write: Callable[[Documents, WriteContext], Awaitable[Any]]) -> Any:
            done: list[Any] = []

            async def first() -> None:
                done.append(await write(one, again(1, session=session)))

            store.then = first
            second = await write(other, again(1, session=session))
            return done[0], second

        removed = await twice(b"1", lambda who, how: who.delete(DeleteSpec({"q": 1}, 1), context=how))
        assert [done.n for done in removed] == [1, 1]
        updated = await twice(b"2", lambda who, how: who.update(UpdateSpec({"q": 2}, {"$set": {"q": 9}}), context=how))
        assert [(done.n, done.modified) for done in updated] == [(1, 1)] * 2
        popped = await twice(b"3", lambda who, how: who.modify(query={"q": 3}, context=how))
        assert popped[0].value is not None
        assert popped[0].value == popped[1].value
        upsert = UpdateSpec({"a": 1}, {"$set": {"q": 7}}, upsert=True)
        upserted = await twice(b"4", lambda who, how: who.update(upsert, context=how))
        assert errors(upserted[1]) == []
        assert upserted[0].upserted == upserted[1].upserted
        inserted = await twice(b"5", lambda who, how: who.insert({"_id": 6, "q": 6}, context=how))
        assert [(done.n, done.errors) for done in inserted] == [(1, [])] * 2


async def test_large_answers_are_not_kept_in_memory(orders: Documents) -> None:
    for n in range(5):
        await orders.insert({"_id": n, "a": "x" * 100_000})
        found = await orders.modify(query={"_id": n}, context=again(1, session=b"%d" % n))
        again_found = await orders.modify(query={"_id": n}, context=again(1, session=b"%d" % n))
        assert found.value == again_found.value
    assert len(repr(vars(orders.environment.sessions))) < 10_000
    await orders.insert({"_id": 9, "a": "x"}, context=again(2, session=b"0"))


async def test_a_document_of_any_size_is_given_back_again(orders: Documents) -> None:
    await orders.insert({"_id": 1, "a": b"x" * (16 * 1024 * 1024 - 100)})
    first = await orders.modify(query={"_id": 1}, context=again(1))
    second = await orders.modify(query={"_id": 1}, context=again(1))
    assert first.value is not None
    assert first.value == second.value
