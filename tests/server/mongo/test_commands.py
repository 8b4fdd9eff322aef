"""Commands as a driver sends them: what they answer, and what they refuse."""

from __future__ import annotations

from typing import Any

import bson
import pytest
from bson import Int64
from pymongo import AsyncMongoClient, DeleteOne, InsertOne, ReturnDocument, UpdateOne, WriteConcern
from pymongo.errors import BulkWriteError, OperationFailure, WriteConcernError
from pymongo.read_concern import ReadConcern

from mongo_door import Served
from mongo_frames import Wire, message

Client = AsyncMongoClient[dict[str, Any]]


async def test_documents_come_back_as_they_went(client: Client) -> None:
    things = client.app.things
    one = {"_id": 1, "a": [1, {"b": None}], "long": Int64(5), "text": "ü"}
    assert (await things.insert_one(one)).inserted_id == 1
    assert await things.find_one({"_id": 1}) == one
    assert type((await things.find_one({"_id": 1}) or {})["long"]) is Int64


async def test_a_working_day(client: Client) -> None:
    things = client.app.things
    await things.insert_many([{"_id": place, "kind": place % 3} for place in range(30)])
    updated = await things.update_many({"kind": 1}, {"$set": {"seen": True}})
    assert (updated.matched_count, updated.modified_count) == (10, 10)
    upserted = await things.update_one({"_id": "new"}, {"$set": {"kind": 9}}, upsert=True)
    assert upserted.upserted_id == "new"
    assert (await things.delete_many({"kind": 2})).deleted_count == 10
    assert await things.count_documents({}) == 21
    assert await things.estimated_document_count() == 21
    assert sorted(await things.distinct("kind")) == [0, 1, 9]
    after = await things.find_one_and_update({"_id": 0}, {"$inc": {"n": 2}}, return_document=ReturnDocument.AFTER)
    assert after == {"_id": 0, "kind": 0, "n": 2}
    assert await things.find_one_and_delete({"_id": 0}) == after
    assert await things.find_one_and_delete({"_id": 0}) is None
    groups = await (await things.aggregate([{"$group": {"_id": "$kind", "n": {"$sum": 1}}}])).to_list()
    assert {one["_id"]: one["n"] for one in groups} == {0: 9, 1: 10, 9: 1}


async def test_many_writes_at_once(client: Client) -> None:
    result = await client.app.things.bulk_write(
        [InsertOne({"_id": 1}), InsertOne({"_id": 2}), UpdateOne({"_id": 1}, {"$set": {"a": 1}}), DeleteOne({"_id": 2})]
    )
    assert (result.inserted_count, result.modified_count, result.deleted_count) == (2, 1, 1)


async def test_what_cannot_be_written_is_told_by_its_place(client: Client) -> None:
    things = client.app.things
    await things.insert_one({"_id": 1})
    with pytest.raises(BulkWriteError) as caught:
        await things.insert_many([{"_id": 0}, {"_id": 1}, {"_id": 2}], ordered=False)
    (error,) = caught.value.details["writeErrors"]
    assert (error["index"], error["code"]) == (1, 11000)
    assert error["keyPattern"] == {"_id": 1}
    assert error["keyValue"] == {"_id": 1}
    assert caught.value.details["nInserted"] == 2


async def test_collections_and_indexes_come_and_go(client: Client) -> None:
    database = client.app
    await database.create_collection("things")
    with pytest.raises(OperationFailure) as caught:
        await database.command("create", "things", validator={"a": 1})
    assert caught.value.code == 48
    assert await database.things.create_index([("a", 1)], unique=True) == "a_1"
    assert set(await database.things.index_information()) == {"_id_", "a_1"}
    await database.things.drop_index("a_1")
    with pytest.raises(OperationFailure) as caught:
        await database.things.drop_index("a_1")
    assert caught.value.code == 27
    await database.things.rename("others")
    assert await database.list_collection_names() == ["others"]
    assert await database.list_collection_names(filter={"name": "things"}) == []
    await database.others.drop()
    await database.others.drop()
    assert await database.list_collection_names() == []


async def test_sizes_and_soundness_are_told(client: Client) -> None:
    things = client.app.things
    await things.insert_many([{"_id": place} for place in range(5)])
    assert (await client.app.command("collStats", "things", scale=1024))["count"] == 5
    assert (await client.app.command("dbStats"))["objects"] == 5
    assert (await client.app.validate_collection("things"))["valid"] is True
    (found,) = await (await things.aggregate([{"$collStats": {"count": {}}}, {"$project": {"count": 1}}])).to_list()
    assert found == {"count": 5}
    names = await (await things.aggregate([{"$indexStats": {}}, {"$project": {"name": 1}}])).to_list()
    assert names == [{"name": "_id_"}]


async def test_a_plan_is_told(client: Client) -> None:
    things = client.app.things
    await things.insert_many([{"_id": place} for place in range(5)])
    found = await things.find({"_id": 3}).explain()
    assert found["queryPlanner"]["namespace"] == "app.things"
    assert found["serverInfo"]["version"].startswith("7.0")
    for command in (
        {"aggregate": "things", "pipeline": [{"$match": {"a": 1}}], "cursor": {}},
        {"count": "things", "query": {"a": 1}},
        {"distinct": "things", "key": "a"},
        {"update": "things", "updates": [{"q": {"a": 1}, "u": {"$set": {"b": 1}}}]},
        {"delete": "things", "deletes": [{"q": {"a": 1}, "limit": 0}]},
        {"findAndModify": "things", "query": {"a": 1}, "remove": True},
    ):
        assert (await client.app.command("explain", command, verbosity="queryPlanner"))["ok"] == 1.0
    assert await things.count_documents({}) == 5


async def test_a_database_comes_with_its_first_write_and_goes_when_dropped(client: Client) -> None:
    assert await client.list_database_names() == ["app"]
    assert await client.fresh.things.find_one() is None
    assert (await client.fresh.things.delete_many({})).deleted_count == 0
    assert (await client.fresh.things.update_one({}, {"$set": {"a": 1}})).matched_count == 0
    assert await client.list_database_names() == ["app"], "reading, and writing nothing, makes none"
    await client.fresh.things.insert_one({})
    assert await client.list_database_names() == ["app", "fresh"]
    sized = {one["name"]: one async for one in await client.list_databases()}
    assert sized["fresh"]["sizeOnDisk"] > 0
    await client.drop_database("fresh")
    assert await client.list_database_names() == ["app"]


async def test_an_unacknowledged_write_is_done_even_if_its_client_leaves_at_once(door: Served, client: Client) -> None:
    from mongo_door import PASSWORD
    from waiting import until

    wire = await Wire.open(door.port)
    await wire.log_in("acme", PASSWORD)
    for place in range(50):
        body = {"insert": "things", "$db": "app", "writeConcern": {"w": 0}}
        wire.send(message(body, {"documents": [bson.encode({"_id": place})]}, flags=2))
    await wire.writer.drain()
    await wire.close()
    await until(lambda: client.app.things.count_documents({}), lambda count: count == 50)


async def test_unacknowledged_writes_have_no_answer(wire: Wire) -> None:
    wire.send(message({"insert": "things", "documents": [{"_id": 1}], "$db": "app"}, flags=2))
    wire.send(message({"frobnicate": 1, "$db": "app"}, flags=2))
    found = await wire.ask({"count": "things", "$db": "app"})
    assert found == {"n": 1, "ok": 1.0}


@pytest.mark.parametrize("concern", [{"w": 1}, {"w": "majority", "j": True, "wtimeout": 100}, {"w": 0}, {}])
async def test_write_concerns_are_held_by_every_write(wire: Wire, concern: dict[str, Any]) -> None:
    found = await wire.ask({"insert": "things", "documents": [{}], "writeConcern": concern, "$db": "app"})
    assert found == {"n": 1, "ok": 1.0}


async def test_more_copies_than_there_are_cannot_be_written(client: Client) -> None:
    things = client.app.things
    with pytest.raises(WriteConcernError) as caught:
        await things.with_options(write_concern=WriteConcern(w=3)).insert_one({"_id": 1})
    assert caught.value.code == 100
    assert await things.find_one() == {"_id": 1}, "it is written all the same"
    with pytest.raises(WriteConcernError) as caught:
        await things.with_options(write_concern=WriteConcern(w="elsewhere")).insert_one({"_id": 2})
    assert caught.value.code == 79


@pytest.mark.parametrize(
    ("level", "code"),
    [("local", None), ("majority", None), ("available", None), ("snapshot", 72), ("linearizable", 123), ("odd", 2)],
)
async def test_read_concerns(client: Client, level: str, code: int | None) -> None:
    things = client.app.get_collection("things", read_concern=ReadConcern(level))
    try:
        await things.find_one()
        assert code is None
    except OperationFailure as error:
        assert error.code == code


REFUSED = {
    "an unknown command": ({"frobnicate": 1}, 59, "no such command: 'frobnicate'"),
    "an unknown field": ({"find": "x", "foo": 1}, 40415, "BSON field 'find.foo' is an unknown field."),
    "an unknown field of a statement": (
        {"update": "x", "updates": [{"q": {}, "u": {}, "foo": 1}]},
        40415,
        "BSON field 'update.updates.foo' is an unknown field.",
    ),
    "a filter of a wrong type": ({"find": "x", "filter": 1}, 14, "filter"),
    "a limit of a wrong type": ({"find": "x", "limit": "1"}, 14, "limit"),
    "a negative skip": ({"find": "x", "skip": -1}, 51024, "skip"),
    "a collection's name of a wrong type": ({"find": 1}, 73, "invalid type int"),
    "no collection's name": ({"find": ""}, 73, "Invalid namespace"),
    "a collection's name with a dollar": ({"find": "a$b"}, 73, "Invalid namespace"),
    "an aggregate without a cursor": ({"aggregate": "x", "pipeline": []}, 9, "cursor"),
    "an aggregate without a pipeline": ({"aggregate": "x", "cursor": {}}, 40414, "pipeline"),
    "an unknown stage": ({"aggregate": "x", "pipeline": [{"$nope": 1}], "cursor": {}}, 40324, "$nope"),
    "an unknown operator": ({"find": "x", "filter": {"a": {"$nope": 1}}}, 2, "$nope"),
    "an unknown operator, wanted later": ({"find": "x", "filter": {"a": {"$nope": 1}}, "batchSize": 0}, 2, "$nope"),
    "an insert of nothing": ({"insert": "x", "documents": []}, 16, "batch sizes"),
    "an insert without documents": ({"insert": "x"}, 40414, "documents"),
    "an insert of numbers": ({"insert": "x", "documents": [1]}, 14, "documents.0"),
    "an update without a change": ({"update": "x", "updates": [{"q": {}}]}, 40414, "u"),
    "an update with a number": ({"update": "x", "updates": [{"q": {}, "u": 1}]}, 9, "object or an array"),
    "a delete without a limit": ({"delete": "x", "deletes": [{"q": {}}]}, 40414, "limit"),
    "a delete with a limit of 2": ({"delete": "x", "deletes": [{"q": {}, "limit": 2}]}, 9, "0 or 1"),
    "findAndModify without a change": ({"findAndModify": "x"}, 9, "update or remove"),
    "findAndModify with both": ({"findAndModify": "x", "remove": True, "update": {}}, 9, "both"),
    "a tailable cursor": ({"find": "x", "tailable": True}, 2, "tailable"),
    "waiting without tailing": ({"find": "x", "awaitData": True}, 9, "tailable"),
    "a time limit of a wrong type": ({"find": "x", "maxTimeMS": "1"}, 14, "maxTimeMS"),
    "a negative time limit": ({"find": "x", "maxTimeMS": -1}, 2, "maxTimeMS"),
    "a session without an id": ({"find": "x", "lsid": {}}, 40414, "lsid.id"),
    "a session's id that is none": ({"find": "x", "lsid": {"id": 1}}, 14, "lsid.id"),
    "a version that there is not": ({"find": "x", "apiVersion": "2"}, 322, "API"),
    "what is not in the stable API": (
        {"collStats": "x", "apiVersion": "1", "apiStrict": True},
        323,
        "collStats",
    ),
    "a profiler": ({"profile": 2}, 115, "profiler"),
    "an explained ping": ({"explain": {"ping": 1}}, 59, "ping"),
    "indexes of what is not there": ({"listIndexes": "missing"}, 26, "missing"),
    "an admin's command elsewhere": ({"listDatabases": 1}, 13, "admin database"),
    "a write concern that is none": ({"insert": "x", "documents": [{}], "writeConcern": {"w": -1}}, 9, "w has to be"),
}


@pytest.mark.parametrize("why", REFUSED)
async def test_what_is_refused(wire: Wire, why: str) -> None:
    body, code, words = REFUSED[why]
    found = await wire.ask({**body, "$db": "app"})
    assert (found["ok"], found["code"]) == (0.0, code), found
    assert words in found["errmsg"]
    assert found["codeName"]
    assert (await wire.ask({"ping": 1, "$db": "admin"}))["ok"] == 1.0


async def test_a_command_without_a_database_is_refused(wire: Wire) -> None:
    assert (await wire.ask({"find": "x"}))["code"] == 40571
    assert (await wire.ask({"find": "x", "$db": 1}))["code"] == 14
    assert (await wire.ask({"find": "x", "$db": ""}))["code"] == 73
    assert (await wire.ask({}))["code"] == 59


async def test_what_shells_and_compass_ask_is_answered(client: Client) -> None:
    admin = client.admin
    for command in (
        "serverStatus",
        "hostInfo",
        "getCmdLineOpts",
        "top",
        "connPoolStats",
        "usersInfo",
        "rolesInfo",
        "features",
        "whatsmyuri",
        "listCommands",
        "getFreeMonitoringStatus",
        "currentOp",
        "fsync",
    ):
        assert (await admin.command(command))["ok"] == 1.0
    assert (await admin.command("getLog", "startupWarnings"))["log"] == []
    assert (await admin.command("getLog", "*"))["names"]
    found = await admin.command({"getParameter": 1, "featureCompatibilityVersion": 1})
    assert found["featureCompatibilityVersion"] == {"version": "7.0"}
    assert (await client.app.command("profile", -1))["was"] == 0
    for command, code in (("atlasVersion", 59), ("replSetGetStatus", 59), ("getParameter", 72)):
        with pytest.raises(OperationFailure) as caught:
            await admin.command(command)
        assert caught.value.code == code


async def test_what_nobody_expected_is_told_with_a_reference_and_no_more(
    door: Served, client: Client, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*arguments: Any, **more: Any) -> None:
        raise ZeroDivisionError("the inside of things")

    monkeypatch.setattr(door.accounts, "engine", broken)
    with pytest.raises(OperationFailure) as caught:
        await client.app.things.find_one()
    assert caught.value.code == 1
    assert "inside of things" not in str(caught.value)
    reference = str(caught.value.details["errmsg"]).rsplit(" ", 1)[-1]  # type: ignore[index]
    assert any(reference in record.message for record in caplog.records)


async def test_an_answer_of_many_batches_stays_within_what_a_message_may_be(client: Client) -> None:
    things = client.app.things
    large = "x" * 3_000_000
    await things.insert_many([{"_id": place, "large": large} for place in range(12)])
    found = [one["_id"] async for one in things.find().batch_size(1_000)]
    assert found == list(range(12))


async def test_a_command_is_no_larger_than_a_document(wire: Wire) -> None:
    found = await wire.ask({"find": "things", "filter": {"a": bytes(17 * 1024 * 1024)}, "$db": "app"})
    assert found["code"] == 10334
    assert (await wire.ask({"ping": 1, "$db": "admin"}))["ok"] == 1.0


async def test_nesting_too_deep_is_told(wire: Wire) -> None:
    for depth in (170, 400, 900):
        nested: dict[str, Any] = {}
        for _ in range(depth):
            nested = {"a": nested}
        for body in ({"find": "x", "filter": {"a": nested}}, {"insert": "x", "documents": [nested]}):
            found = await wire.ask({**body, "$db": "app"})
            assert found.get("code") != 1, found
    assert (await wire.ask({"ping": 1, "$db": "admin"}))["ok"] == 1.0


async def test_the_largest_document_comes_and_goes(client: Client) -> None:
    things = client.app.things
    most = 16 * 1024 * 1024 - len(bson.encode({"_id": 1, "large": b""}))
    await things.insert_one({"_id": 1, "large": bytes(most)})
    assert len((await things.find_one({"_id": 1}) or {})["large"]) == most
    found = await things.find_one_and_update({"_id": 1}, {"$set": {"large": b""}})
    assert found is None or len(found["large"]) == most
