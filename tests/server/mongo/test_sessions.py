"""Sessions, and writes that are sent again."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from bson import Binary, Int64
from pymongo import AsyncMongoClient
from pymongo.errors import OperationFailure

from mongo_door import PASSWORD, Served
from mongo_frames import Wire

Client = AsyncMongoClient[dict[str, Any]]


def numbered(number: int = 1, session: Binary | None = None) -> dict[str, Any]:
    id = session if session is not None else Binary(b"0123456789abcdef", 4)
    return {"lsid": {"id": id}, "txnNumber": Int64(number), "$db": "app"}


WRITES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "insert": ({"insert": "c", "documents": [{"_id": 1}, {"_id": 2}]}, {"n": 2}),
    "update": ({"update": "c", "updates": [{"q": {"_id": 0}, "u": {"$inc": {"n": 1}}}]}, {"n": 1, "nModified": 1}),
    "delete": ({"delete": "c", "deletes": [{"q": {}, "limit": 1}]}, {"n": 1}),
}


@pytest.mark.parametrize("name", WRITES)
async def test_a_write_that_comes_again_is_done_once(door: Served, wire: Wire, name: str) -> None:
    body, told = WRITES[name]
    await wire.ask({"insert": "c", "documents": [{"_id": 0, "n": 0}], "$db": "app"})
    other = await Wire.open(door.port)
    await other.log_in("acme", PASSWORD)
    first = await wire.ask({**body, **numbered()})
    after = await wire.ask({"find": "c", "$db": "app"})
    again = await other.ask({**body, **numbered()})
    assert {field: first[field] for field in told} == told
    assert {field: again[field] for field in told} == told
    assert again["retriedStmtIds"] == list(range(len(body.get("documents", [0]))))
    assert await wire.ask({"find": "c", "$db": "app"}) == after
    third = await wire.ask({**body, **numbered(2)})
    assert "retriedStmtIds" not in third
    await other.close()


async def test_find_and_modify_that_comes_again_gives_the_same(wire: Wire) -> None:
    await wire.ask({"insert": "c", "documents": [{"_id": 0, "n": 0}], "$db": "app"})
    body = {"findAndModify": "c", "query": {"_id": 0}, "update": {"$inc": {"n": 1}}, "new": True, **numbered()}
    first = await wire.ask(body)
    assert first["value"] == {"_id": 0, "n": 1}
    again = await wire.ask(body)
    assert (again["value"], again["lastErrorObject"]) == (first["value"], first["lastErrorObject"])


async def test_the_same_numbers_of_another_user_are_another_write(door: Served, wire: Wire) -> None:
    other = await Wire.open(door.port)
    await other.log_in("acme.app", PASSWORD)
    body = {"update": "c", "updates": [{"q": {"_id": 0}, "u": {"$inc": {"n": 1}}}], **numbered()}
    await wire.ask({"insert": "c", "documents": [{"_id": 0, "n": 0}], "$db": "app"})
    await wire.ask(body)
    assert "retriedStmtIds" not in await other.ask(body)
    found = await wire.ask({"find": "c", "$db": "app"})
    assert found["cursor"]["firstBatch"] == [{"_id": 0, "n": 2}]
    await other.close()


async def test_an_older_number_is_too_old(wire: Wire) -> None:
    body = {"insert": "c", "documents": [{}]}
    assert (await wire.ask({**body, **numbered(5)}))["ok"] == 1.0
    assert (await wire.ask({**body, **numbered(4)}))["code"] == 225


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"update": "c", "updates": [{"q": {}, "u": {"$set": {"a": 1}}, "multi": True}]}, 72),
        ({"delete": "c", "deletes": [{"q": {}, "limit": 0}]}, 72),
        ({"find": "c"}, 50768),
        ({"insert": "c", "documents": [{}], "lsid": None}, 72),
        ({"insert": "c", "documents": [{}], "txnNumber": Int64(-1)}, 72),
        ({"insert": "c", "documents": [{}], "txnNumber": "1"}, 14),
    ],
)
async def test_what_cannot_be_sent_again_has_no_number(wire: Wire, body: dict[str, Any], code: int) -> None:
    found = await wire.ask(body | {name: value for name, value in numbered().items() if name not in body})
    assert found["code"] == code


async def test_transactions_are_refused_in_words_that_are_not_about_retries(client: Client) -> None:
    async with client.start_session() as session:
        with pytest.raises(OperationFailure) as caught:
            async with await session.start_transaction():
                await client.app.things.insert_one({}, session=session)
    assert caught.value.code == 20
    assert "transaction" in str(caught.value)
    assert "retryWrites" not in str(caught.value)
    assert await client.app.things.find_one() is None


async def test_drivers_use_sessions_without_being_asked(client: Client) -> None:
    async with client.start_session(causal_consistency=True) as session:
        await client.app.things.insert_one({"_id": 1}, session=session)
        assert await client.app.things.find_one({"_id": 1}, session=session) == {"_id": 1}
        assert await client.app.things.find({}, session=session).to_list() == [{"_id": 1}]


async def test_a_session_may_be_asked_for(client: Client) -> None:
    found = await client.admin.command("startSession")
    assert found["timeoutMinutes"] == 30
    id = found["id"]["id"]
    assert (uuid.UUID(bytes=bytes(id)).version, id.subtype) == (4, 4)
    for command in ("refreshSessions", "endSessions", "killSessions"):
        assert (await client.admin.command(command, [{"id": id}]))["ok"] == 1.0
    assert (await client.admin.command("killAllSessions", []))["ok"] == 1.0
    assert (await client.admin.command("killAllSessionsByPattern", [{"lsid": {"id": id}}]))["ok"] == 1.0
    with pytest.raises(OperationFailure) as caught:
        await client.admin.command("endSessions", 1)
    assert caught.value.code == 14
