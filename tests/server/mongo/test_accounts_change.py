"""Accounts that change while clients are logged in, and databases that are not there."""

from __future__ import annotations

from typing import Any

import pytest
from pymongo import AsyncMongoClient
from pymongo.errors import OperationFailure

from dbaas_provisioning.errors import Unavailable
from dbaas_server.documents.codec import encode
from dbaas_server.documents.collections.namespace import Namespace
from dbaas_server.documents.engine import Engine
from dbaas_server.mongo.nowhere import Nowhere
from dbaas_server.mongo.scram import verifier_of
from dbaas_server.mongo.settings import Settings
from mongo_door import PASSWORD, Served, serve
from mongo_frames import Wire
from waiting import until


async def test_who_is_logged_in_with_an_old_password_is_sent_away(door: Served) -> None:
    mine, theirs = await Wire.open(door.port), await Wire.open(door.port)
    assert (await mine.log_in("acme", PASSWORD))["done"]
    assert (await theirs.log_in("globex", PASSWORD))["done"]
    begun = await Wire.open(door.port)
    await begun.ask({"hello": 1, "$db": "admin"})
    door.accounts.change(acme=verifier_of("another", iterations=4_096))
    assert await mine.ends()
    assert (await theirs.ask({"ping": 1, "$db": "admin"}))["ok"] == 1
    assert not (await begun.log_in("acme", PASSWORD)).get("done")
    assert (await begun.log_in("acme", "another"))["done"]
    for wire in (mine, theirs, begun):
        await wire.close()


async def test_where_no_database_is_reads_find_nothing_and_changes_change_nothing(door: Served) -> None:
    async with AsyncMongoClient(door.uri()) as client:
        things = client.nowhere.things
        assert await things.find().to_list() == []
        assert (await things.update_one({}, {"$set": {"a": 1}})).matched_count == 0
        assert (await things.update_many({}, {"$set": {"a": 1}})).matched_count == 0
        assert (await things.delete_one({})).deleted_count == 0
        assert await things.find_one_and_delete({}) is None
        assert await things.aggregate([{"$count": "n"}]) is not None
        assert await client.list_database_names() == ["app"]
        await things.update_one({"_id": 1}, {"$set": {"a": 1}}, upsert=True)
        assert await things.find_one() == {"_id": 1, "a": 1}


async def test_nothing_is_written_to_a_database_that_is_not_there() -> None:
    engine = Engine(Nowhere())
    await engine.start()
    namespace = Namespace("app", "things")
    for write in (engine.insert(namespace, [encode({"_id": 1})]), engine.create_collection(namespace, {})):
        with pytest.raises(Unavailable):
            await write
    assert engine.databases() == []
    await engine.close()


async def test_strangers_do_not_keep_customers_out() -> None:
    async with serve(Settings(strangers=8, drain_seconds=0.2)) as door:
        customer = await Wire.open(door.port)
        assert (await customer.log_in("acme", PASSWORD))["done"]
        strangers = [await Wire.open(door.port) for _ in range(30)]
        found: dict[str, Any] = await customer.ask({"ping": 1, "$db": "admin"})
        assert found["ok"] == 1, "who is logged in stays"
        late = await Wire.open(door.port)
        assert (await late.log_in("acme", PASSWORD))["done"], "who can log in gets in"
        await until(lambda: _few(door))
        for wire in (customer, late, *strangers):
            await wire.close()


async def _few(door: Served) -> bool:
    return len(door.server._strangers) <= 8


async def test_a_wrong_password_after_a_change_is_told_as_any(door: Served) -> None:
    async with AsyncMongoClient(door.uri()) as client:
        await client.app.things.insert_one({"_id": 1})
        door.accounts.change(acme=verifier_of("another", iterations=4_096))
        with pytest.raises(OperationFailure) as no:
            for _ in range(100):
                await client.app.things.find_one()
        assert no.value.code == 18
