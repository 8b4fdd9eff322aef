"""Documents whose time is over go."""

from __future__ import annotations

import time

from bson import DatetimeMS

from dbaas_server.documents.store import Store
from document_engines import opened
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
