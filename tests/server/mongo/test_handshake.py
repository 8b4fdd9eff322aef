"""How a client and the door get to know each other."""

from __future__ import annotations

from typing import Any

import bson
import pytest
from pymongo import AsyncMongoClient, MongoClient
from pymongo.errors import OperationFailure

from mongo_door import PASSWORD, Served
from mongo_frames import Wire, compressed, message, query

HELLO = {"hello": 1, "$db": "admin"}


async def test_hello_says_what_drivers_need(stranger: Wire) -> None:
    found = await stranger.ask(HELLO)
    assert found["isWritablePrimary"] is True
    assert found["msg"] == "isdbgrid"
    assert (found["minWireVersion"], found["maxWireVersion"]) == (0, 21)
    assert found["maxBsonObjectSize"] == 16_777_216
    assert found["maxMessageSizeBytes"] == 48_000_000
    assert found["maxWriteBatchSize"] == 100_000
    assert found["logicalSessionTimeoutMinutes"] == 30
    assert found["ok"] == 1.0
    assert "topologyVersion" not in found, "drivers would ask for a stream of answers"


async def test_a_stream_of_answers_is_declined_by_answering_once(stranger: Wire) -> None:
    stranger.send(message({**HELLO, "maxAwaitTimeMS": 10_000, "topologyVersion": {}}, flags=1 << 16))
    whole = await stranger.frame()
    assert whole[16:20] == b"\0\0\0\0", "no moreToCome"
    assert (await stranger.ask({"ping": 1, "$db": "admin"}))["ok"] == 1.0


async def test_the_hello_of_before_is_answered_as_it_came(stranger: Wire) -> None:
    stranger.send(query({"ismaster": 1, "helloOk": True, "client": {"driver": {"name": "x", "version": "1"}}}))
    whole = await stranger.frame()
    assert int.from_bytes(whole[12:16], "little") == 1
    found = bson.decode(whole[36:])
    assert found["ismaster"] is True
    assert found["helloOk"] is True


async def test_another_command_of_before_is_told_to_come_as_a_message(stranger: Wire) -> None:
    stranger.send(query({"find": "things"}, "app.$cmd"))
    assert (await stranger.receive())["code"] == 352
    stranger.send(query({"ismaster": 1}))
    assert (await stranger.receive())["ok"] == 1.0


async def test_mechanisms_are_the_same_for_whoever_is_asked_for(stranger: Wire) -> None:
    for user in ("admin.acme", "admin.nobody"):
        found = await stranger.ask({**HELLO, "saslSupportedMechs": user})
        assert found["saslSupportedMechs"] == ["SCRAM-SHA-256"]


@pytest.mark.parametrize("compressor", ["zlib", "snappy", "zstd"])
async def test_pymongo_agrees_on_a_compressor_and_uses_it(door: Served, compressor: str) -> None:
    async with AsyncMongoClient(door.uri(compressors=compressor)) as client:
        things = client.app.things
        documents = [{"_id": place, "text": "x" * 2_000} for place in range(2_000)]
        await things.insert_many(documents)
        assert await things.find().to_list() == documents
    agreed = await Wire.open(door.port)
    assert (await agreed.ask({**HELLO, "compression": ["lz4", compressor]}))["compression"] == [compressor]
    await agreed.close()


async def test_answers_are_compressed_as_the_question_was(stranger: Wire) -> None:
    await stranger.ask({**HELLO, "compression": ["zlib", "snappy"]})
    stranger.send(compressed(message({"ping": 1, "$db": "admin"}), 1))
    whole = await stranger.frame()
    assert int.from_bytes(whole[12:16], "little") == 2012
    assert whole[24] == 1
    assert (await stranger.ask({"ping": 1, "$db": "admin"}))["ok"] == 1.0


async def test_a_compressor_that_was_not_agreed_on_ends_the_connection(stranger: Wire) -> None:
    stranger.send(compressed(message({"ping": 1, "$db": "admin"}), 2))
    assert await stranger.ends()


async def test_a_checksum_is_looked_at(stranger: Wire) -> None:
    good = message({"ping": 1, "$db": "admin"}, flags=1)
    stranger.send(good)
    assert (await stranger.receive())["ok"] == 1.0
    stranger.send(good[:-1] + bytes([good[-1] ^ 1]))
    assert await stranger.ends()


def test_the_synchronous_driver_logs_in_as_well(door_in_thread: Served) -> None:
    with MongoClient(door_in_thread.uri()) as client:
        assert client.admin.command("ping")["ok"] == 1.0
        client.app.things.insert_one({"_id": 1})
        assert client.app.things.find_one() == {"_id": 1}


@pytest.mark.parametrize("skip_empty", [True, False])
async def test_a_login_ends_with_or_without_an_empty_exchange(stranger: Wire, skip_empty: bool) -> None:
    last = await stranger.log_in("acme", PASSWORD, skip_empty=skip_empty)
    assert last["done"] is skip_empty
    if not skip_empty:
        assert (await stranger.ask({"find": "x", "$db": "app"}))["code"] == 13
        more = {"saslContinue": 1, "conversationId": 1, "payload": b"", "$db": "admin"}
        assert (await stranger.ask(more))["done"] is True
    assert (await stranger.ask({"find": "x", "$db": "app"}))["ok"] == 1.0


async def test_a_login_in_hello_saves_a_turn(stranger: Wire) -> None:
    speculation = {
        "saslStart": 1,
        "mechanism": "SCRAM-SHA-256",
        "payload": b"n,,n=acme,r=abc",
        "db": "admin",
        "options": {"skipEmptyExchange": True},
    }
    found = (await stranger.ask({**HELLO, "speculativeAuthenticate": speculation}))["speculativeAuthenticate"]
    assert found["payload"].startswith(b"r=abc")
    broken = await stranger.ask({**HELLO, "speculativeAuthenticate": {**speculation, "mechanism": "PLAIN"}})
    assert broken["ok"] == 1.0
    assert "speculativeAuthenticate" not in broken


async def test_an_unknown_user_and_a_wrong_password_are_told_the_same(door: Served) -> None:
    told = []
    for user, password in (("acme", "wrong"), ("nobody", PASSWORD), ("acme.nothing", PASSWORD), ("globex.app", "x")):
        wire = await Wire.open(door.port)
        last = await wire.log_in(user, password)
        told.append({name: value for name, value in last.items() if name != "$clusterTime"})
        assert (await wire.ask({"find": "x", "$db": "app"}))["code"] == 13
        await wire.close()
    assert all(one == told[0] for one in told)
    assert told[0]["code"] == 18
    assert told[0]["codeName"] == "AuthenticationFailed"


async def test_other_mechanisms_are_not_to_be_had(door: Served) -> None:
    async with AsyncMongoClient(door.uri(authMechanism="SCRAM-SHA-1")) as client:
        with pytest.raises(OperationFailure) as caught:
            await client.app.things.find_one()
    assert caught.value.code == 334


async def test_after_logging_out_a_connection_is_nobodys(wire: Wire) -> None:
    assert (await wire.ask({"find": "x", "$db": "app"}))["ok"] == 1.0
    assert (await wire.ask({"saslStart": 1, "mechanism": "SCRAM-SHA-256", "payload": b"", "$db": "admin"}))["ok"] == 0
    assert (await wire.ask({"logout": 1, "$db": "admin"}))["ok"] == 1.0
    assert (await wire.ask({"find": "x", "$db": "app"}))["code"] == 13


async def test_a_new_password_holds_at_the_next_login(door: Served) -> None:
    from dbaas_server.mongo.scram import verifier_of

    before = await Wire.open(door.port)
    assert (await before.log_in("acme", PASSWORD))["done"]
    door.accounts.verifiers["acme"] = verifier_of("new", iterations=4_096)
    for password, code in ((PASSWORD, 18), ("new", None)):
        wire = await Wire.open(door.port)
        assert (await wire.log_in("acme", password)).get("code") == code
        await wire.close()
    await before.close()


async def test_who_is_connected_is_told(client: AsyncMongoClient[dict[str, Any]]) -> None:
    found = await client.admin.command("connectionStatus", showPrivileges=True)
    assert found["authInfo"]["authenticatedUsers"] == [{"user": "acme", "db": "admin"}]
    assert (await client.admin.command("buildInfo"))["version"].startswith("7.0.")
