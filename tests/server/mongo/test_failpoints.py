"""Failing on purpose, as drivers' own test suites want it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from pymongo import AsyncMongoClient
from pymongo.errors import AutoReconnect, OperationFailure, WriteConcernError

from dbaas_server.mongo.settings import Settings
from mongo_door import PASSWORD, Served, serve
from mongo_frames import Wire

Client = AsyncMongoClient[dict[str, Any]]


@pytest.fixture
async def testing() -> AsyncIterator[Served]:
    async with serve(Settings(test_commands=True, drain_seconds=0.2)) as door:
        yield door


@pytest.fixture
async def driver(testing: Served) -> AsyncIterator[Client]:
    async with AsyncMongoClient(testing.uri(appname="suite")) as client:
        yield client


def fail(mode: Any = "alwaysOn", **data: Any) -> dict[str, Any]:
    return {"configureFailPoint": "failCommand", "mode": mode, "data": {"failCommands": ["insert", "find"], **data}}


async def test_there_are_none_unless_the_settings_say_so(client: Client) -> None:
    with pytest.raises(OperationFailure) as caught:
        await client.admin.command(fail(errorCode=91))
    assert caught.value.code == 59


async def test_an_error_so_many_times(testing: Served, driver: Client) -> None:
    await driver.admin.command(fail({"times": 2}, errorCode=12345))
    for _ in range(2):
        with pytest.raises(OperationFailure) as caught:
            await driver.app.things.insert_one({})
        assert caught.value.code == 12345
    await driver.app.things.insert_one({})


async def test_an_error_until_it_is_turned_off(driver: Client) -> None:
    await driver.admin.command(fail(errorCode=12345))
    for _ in range(3):
        with pytest.raises(OperationFailure):
            await driver.app.things.find_one()
    await driver.admin.command("configureFailPoint", "failCommand", mode="off")
    await driver.app.things.find_one()


@pytest.mark.parametrize("data", [{"closeConnection": True}, {"errorCode": 91}, {"errorCode": 11600}, {"errorCode": 6}])
async def test_a_driver_tries_a_write_again_that_is_done_once(driver: Client, data: dict[str, Any]) -> None:
    await driver.admin.command(fail({"times": 1}, **data))
    await driver.app.things.insert_one({"_id": 1})
    assert await driver.app.things.count_documents({}) == 1


async def test_labels_as_they_are_asked_for(driver: Client) -> None:
    await driver.admin.command(fail({"times": 1}, errorCode=91, errorLabels=[]))
    with pytest.raises(AutoReconnect) as caught:
        await driver.app.things.insert_one({})
    assert not caught.value.has_error_label("RetryableWriteError")
    await driver.admin.command(fail({"times": 1}, errorCode=5, errorLabels=["RetryableWriteError"]))
    await driver.app.things.insert_one({"_id": 1})
    assert await driver.app.things.find_one() == {"_id": 1}


async def test_a_write_concern_that_fails_after_the_write(driver: Client) -> None:
    await driver.admin.command(fail({"times": 1}, writeConcernError={"code": 64, "errmsg": "waiting"}))
    with pytest.raises(WriteConcernError) as caught:
        await driver.app.things.insert_one({"_id": 1})
    assert caught.value.code == 64
    assert await driver.app.things.find_one() == {"_id": 1}


async def test_a_command_that_takes_its_time(driver: Client) -> None:
    await driver.admin.command(fail({"times": 1}, blockConnection=True, blockTimeMS=300))
    began = asyncio.get_running_loop().time()
    await driver.app.things.find_one()
    assert asyncio.get_running_loop().time() - began >= 0.3


async def test_only_of_one_application(testing: Served, driver: Client) -> None:
    await driver.admin.command(fail(errorCode=12345, appName="other"))
    await driver.app.things.find_one()
    async with AsyncMongoClient(testing.uri(appname="other")) as other:
        with pytest.raises(OperationFailure):
            await other.app.things.find_one()


async def test_only_after_some_have_passed(testing: Served) -> None:
    wire = await Wire.open(testing.port)
    await wire.log_in("acme", PASSWORD)
    await wire.ask({**fail({"skip": 2}, errorCode=12345), "$db": "admin"})
    codes = [(await wire.ask({"find": "things", "$db": "app"})).get("code") for _ in range(4)]
    assert codes == [None, None, 12345, 12345]
    await wire.close()


@pytest.mark.parametrize("mode", ["sometimes", {}, {"times": "x"}, None])
async def test_a_mode_that_there_is_not(driver: Client, mode: Any) -> None:
    with pytest.raises(OperationFailure) as caught:
        await driver.admin.command(fail(mode, errorCode=1))
    assert caught.value.code == 2
