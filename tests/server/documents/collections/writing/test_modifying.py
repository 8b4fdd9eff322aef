"""``findAndModify``."""

from __future__ import annotations

from typing import Any

import pytest

from dbaas_server.documents.codec import decode
from dbaas_server.documents.errors import DocumentError
from dbaas_server.documents.requests import Modified
from dbaas_server.documents.store import Store
from written_documents import Documents, opened, values


def value(done: Modified) -> Any:
    return None if done.value is None else decode(done.value)


async def test_the_document_is_given_back_as_it_was_or_as_it_is(store: Store) -> None:
    async with opened(store) as orders:
        await orders.index({"n": 1})
        await orders.insert({"_id": 1, "n": 1})
        before = await orders.modify(query={"_id": 1}, update={"$inc": {"n": 1}})
        assert (value(before), before.n, before.updated_existing) == ({"_id": 1, "n": 1}, 1, True)
        after = await orders.modify(query={"_id": 1}, update={"$inc": {"n": 1}}, new=True)
        assert value(after) == {"_id": 1, "n": 3}
        same = await orders.modify(query={"_id": 1}, update={"$set": {"n": 3}}, new=True)
        assert (value(same), same.n, same.updated_existing) == ({"_id": 1, "n": 3}, 1, True)
        gone = await orders.modify(query={"n": 3})
        assert (value(gone), gone.n, gone.updated_existing) == ({"_id": 1, "n": 3}, 1, False)
        await orders.check()
        nothing = await orders.modify(query={"n": 3})
        assert (nothing.value, nothing.n, nothing.is_upsert) == (None, 0, False)


async def test_the_first_in_order_is_taken(orders: Documents) -> None:
    await orders.insert(*({"_id": n, "rank": n * 7 % 10} for n in range(10)))
    taken = [value(await orders.modify(sort={"rank": -1}))["rank"] for _ in range(4)]
    assert taken == [9, 8, 7, 6]
    marked = await orders.modify(sort={"rank": 1}, update={"$set": {"seen": True}}, new=True)
    assert value(marked)["rank"] == 0


async def test_what_is_shown_is_projected(orders: Documents) -> None:
    await orders.insert({"_id": 1, "a": 1, "l": [{"k": 1}, {"k": 2}, {"k": 3}]})
    assert value(await orders.modify(query={"_id": 1}, update={"$inc": {"a": 1}}, fields={"a": 1, "_id": 0})) == {
        "a": 1
    }
    second = await orders.modify(query={"l.k": 2}, update={"$inc": {"a": 1}}, new=True, fields={"l.$": 1})
    assert value(second) == {"_id": 1, "l": [{"k": 2}]}
    assert value(await orders.modify(query={"_id": 1}, fields={"a": 1})) == {"_id": 1, "a": 3}


async def test_what_is_not_there_is_inserted(orders: Documents) -> None:
    await orders.index({"sku": 1}, unique=True)
    first = await orders.modify(query={"sku": "a"}, update={"$inc": {"n": 1}}, upsert=True)
    assert (first.value, first.n, first.is_upsert, first.updated_existing) == (None, 1, True, False)
    second = await orders.modify(query={"sku": "b"}, update={"_id": 7, "sku": "b"}, upsert=True, new=True)
    assert (value(second), second.upserted) == ({"_id": 7, "sku": "b"}, 7)
    third = await orders.modify(query={"sku": "a"}, update={"$inc": {"n": 1}}, upsert=True, new=True)
    assert (value(third)["n"], third.is_upsert, third.updated_existing) == (2, False, True)
    assert sorted(values(await orders.all(), "sku")) == ["a", "b"]


async def test_positions_filters_of_arrays_and_pipelines_work_here_too(orders: Documents) -> None:
    await orders.insert({"_id": 1, "l": [1, 5, 9]})
    done = await orders.modify(
        query={"_id": 1}, update={"$set": {"l.$[e]": 0}}, array_filters=[{"e": {"$gt": 4}}], new=True
    )
    assert value(done)["l"] == [1, 0, 0]
    done = await orders.modify(query={"l": 1}, update=[{"$set": {"size": {"$size": "$l"}}}], new=True)
    assert value(done)["size"] == 3


@pytest.mark.parametrize(
    ("request_", "error"),
    [
        ({"upsert": True}, "FailedToParse"),
        ({"new": True}, "FailedToParse"),
        ({"update": {"$nope": {"a": 1}}}, "FailedToParse"),
        ({"update": {"$set": {"u": 1}}, "query": {"_id": 2}}, "DuplicateKey"),
        ({"query": {"$nope": 1}}, "BadValue"),
    ],
)
async def test_what_cannot_be_done_is_told(orders: Documents, request_: Any, error: str) -> None:
    await orders.index({"u": 1}, unique=True)
    await orders.insert({"_id": 1, "u": 1}, {"_id": 2, "u": 2})
    with pytest.raises(DocumentError) as raised:
        await orders.modify(**request_)
    assert raised.value.code == error
    assert values(await orders.all(), "u") == [1, 2]
