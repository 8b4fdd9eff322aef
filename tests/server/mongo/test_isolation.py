"""What nobody gets at: other tenants, other databases of one's own, anything before a login."""

from __future__ import annotations

from typing import Any

import pytest
from pymongo import AsyncMongoClient
from pymongo.errors import OperationFailure

from dbaas_server.mongo.registry import COMMANDS, Needs
from mongo_door import PASSWORD, Served
from mongo_frames import Wire

OPEN = {name for name, one in COMMANDS.items() if one.needs is Needs.nothing}


@pytest.mark.parametrize("name", sorted(COMMANDS))
async def test_before_a_login_there_is_nothing_but_getting_to_know_each_other(stranger: Wire, name: str) -> None:
    found = await stranger.ask({name: 1, "$db": "admin"})
    if name in OPEN:
        assert found.get("code") != 13
    else:
        assert found["code"] == 13
        assert found["errmsg"] == f"Command {name} requires authentication"


def test_little_is_open_to_strangers() -> None:
    assert {
        "hello",
        "isMaster",
        "ismaster",
        "ping",
        "buildInfo",
        "buildinfo",
        "whatsmyuri",
        "connectionStatus",
        "saslStart",
        "saslContinue",
        "logout",
    } == OPEN


async def test_tenants_do_not_meet_although_their_databases_have_one_name(door: Served) -> None:
    async with AsyncMongoClient(door.uri("acme")) as acme, AsyncMongoClient(door.uri("globex")) as globex:
        await acme.app.things.insert_one({"_id": "acme's"})
        await acme.mine.things.insert_one({"_id": "acme's"})
        assert await globex.app.things.find().to_list() == []
        assert await globex.mine.things.find().to_list() == []
        assert await globex.list_database_names() == ["app"]
        assert await globex.app.list_collection_names() == []
        await globex.drop_database("app")
        await globex.drop_database("mine")
        assert await acme.app.things.count_documents({}) == 1
        assert await acme.mine.things.count_documents({}) == 1


REACHING: list[dict[str, Any]] = [
    {"find": "things"},
    {"insert": "things", "documents": [{}]},
    {"update": "things", "updates": [{"q": {}, "u": {"$set": {"a": 1}}, "upsert": True}]},
    {"delete": "things", "deletes": [{"q": {}, "limit": 0}]},
    {"findAndModify": "things", "remove": True},
    {"aggregate": "things", "pipeline": [], "cursor": {}},
    {"aggregate": 1, "pipeline": [], "cursor": {}},
    {"aggregate": "things", "pipeline": [{"$collStats": {"count": {}}}], "cursor": {}},
    {"aggregate": "things", "pipeline": [{"$indexStats": {}}], "cursor": {}},
    {"count": "things"},
    {"distinct": "things", "key": "a"},
    {"explain": {"find": "things"}},
    {"create": "things"},
    {"drop": "things"},
    {"dropDatabase": 1},
    {"collMod": "things"},
    {"createIndexes": "things", "indexes": [{"key": {"a": 1}, "name": "a"}]},
    {"dropIndexes": "things", "index": "*"},
    {"listIndexes": "things"},
    {"listCollections": 1},
    {"collStats": "things"},
    {"dbStats": 1},
    {"validate": "things"},
]


@pytest.mark.parametrize("body", REACHING, ids=lambda body: next(iter(body)))
@pytest.mark.parametrize(
    ("user", "database"),
    [
        ("acme.app", "other"),
        ("acme.app", "App"),
        ("acme.app", "admin"),
        ("acme", "admin"),
        ("acme", "local"),
        ("acme", "config"),
    ],
)
async def test_a_database_out_of_reach(door: Served, user: str, database: str, body: dict[str, Any]) -> None:
    wire = await Wire.open(door.port)
    await wire.log_in(user, PASSWORD)
    found = await wire.ask({**body, "$db": database})
    assert found["code"] == 13, found
    assert {name for _, name in door.accounts.opened} <= {"app"}
    await wire.close()


@pytest.mark.parametrize(
    "database", ["globex.app", "globex/app", "../globex", "app\\x", 'a"b', "a b", "$external", "x" * 64, "app\0x"]
)
async def test_injected_names_of_databases_are_none(wire: Wire, door: Served, database: str) -> None:
    found = await wire.ask({"find": "things", "$db": database})
    assert found["code"] == 73
    assert not door.accounts.opened


async def test_renaming_does_not_leave_a_database(door: Served) -> None:
    async with AsyncMongoClient(door.uri("acme")) as client:
        await client.app.things.insert_one({})
        for source, target, code in (
            ("app.things", "other.things", 115),
            ("admin.things", "admin.others", 13),
            ("app.things", "things", 73),
        ):
            with pytest.raises(OperationFailure) as caught:
                await client.admin.command("renameCollection", source, to=target)
            assert caught.value.code == code
    async with AsyncMongoClient(door.uri("acme.app")) as client:
        with pytest.raises(OperationFailure) as caught:
            await client.admin.command("renameCollection", "other.things", to="other.others")
        assert caught.value.code == 13


async def test_a_user_of_one_database_sees_that_one(door: Served) -> None:
    async with AsyncMongoClient(door.uri("acme")) as client:
        await client.other.things.insert_one({})
    async with AsyncMongoClient(door.uri("acme.app")) as client:
        assert await client.list_database_names() == ["app"]
        await client.app.things.insert_one({})
        await client.drop_database("app")
        assert await client.app.things.find_one() is None
        assert await client.list_database_names() == ["app"], "its collections went; the platform's database did not"


async def test_operations_of_others_are_neither_seen_nor_ended(door: Served) -> None:
    async with AsyncMongoClient(door.uri("acme")) as acme, AsyncMongoClient(door.uri("globex")) as globex:
        seen = (await acme.admin.command("currentOp"))["inprog"]
        assert {user["user"] for one in seen for user in one["effectiveUsers"]} == {"acme"}
        piped = await (await globex.admin.aggregate([{"$currentOp": {}}])).to_list()
        assert {user["user"] for one in piped for user in one["effectiveUsers"]} == {"globex"}
        users = await acme.admin.command("usersInfo", "globex")
        assert users["users"] == []
