"""Writes that are sent twice are done once."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from dbaas_server.documents.codec import decode
from dbaas_server.documents.errors import DocumentError
from dbaas_server.documents.requests import DeleteSpec, Retry, UpdateSpec, WriteContext
from dbaas_server.documents.store import Store
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


async def test_a_document_of_any_size_is_given_back_again(orders: Documents) -> None:
    await orders.insert({"_id": 1, "a": b"x" * (16 * 1024 * 1024 - 100)})
    first = await orders.modify(query={"_id": 1}, context=again(1))
    second = await orders.modify(query={"_id": 1}, context=again(1))
    assert first.value is not None
    assert first.value == second.value
