"""Cursors: batch by batch, from any connection of the user who opened them, and of nobody else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import bson
import pytest
from bson import Int64
from pymongo import AsyncMongoClient

from dbaas_server.mongo.settings import Settings
from mongo_door import PASSWORD, Served, serve
from mongo_frames import Wire, message
from waiting import until_true

Client = AsyncMongoClient[dict[str, Any]]


@pytest.fixture(autouse=True)
async def things(client: Client) -> None:
    await client.app.things.insert_many([{"_id": place} for place in range(300)])


async def find(wire: Wire, **more: Any) -> tuple[int, list[dict[str, Any]]]:
    found = await wire.ask({"find": "things", "$db": "app", **more})
    assert found["ok"] == 1.0, found
    return found["cursor"]["id"], found["cursor"]["firstBatch"]


def more(cursor: int, **others: Any) -> dict[str, Any]:
    return {"getMore": Int64(cursor), "collection": "things", "$db": "app", **others}


async def test_the_first_batch_has_101_documents_and_the_next_the_rest(wire: Wire) -> None:
    cursor, batch = await find(wire)
    assert [one["_id"] for one in batch] == list(range(101))
    assert cursor > 0
    found = await wire.ask(more(cursor))
    assert [one["_id"] for one in found["cursor"]["nextBatch"]] == list(range(101, 300))
    assert found["cursor"]["id"] == 0
    assert found["cursor"]["ns"] == "app.things"
    assert (await wire.ask(more(cursor)))["code"] == 43


@pytest.mark.parametrize(
    ("options", "sizes"),
    [
        ({"batchSize": 0}, [0, 300]),
        ({"batchSize": 0, "limit": 2}, [0, 2]),
        ({"batchSize": 400}, [300]),
        ({"limit": 5}, [5]),
        ({"limit": 250}, [101, 149]),
        ({"limit": 250, "batchSize": 250}, [250]),
        ({"batchSize": 5, "singleBatch": True}, [5]),
        ({"limit": 5, "batchSize": 2}, [2, 3]),
        ({"skip": 295}, [5]),
        ({"skip": 400}, [0]),
        ({"filter": {"_id": 7}}, [1]),
        ({"sort": {"_id": -1}, "batchSize": 299}, [299, 1]),
    ],
)
async def test_batches_are_as_large_as_wanted(wire: Wire, options: dict[str, Any], sizes: list[int]) -> None:
    cursor, batch = await find(wire, **options)
    seen = [len(batch)]
    while cursor:
        found = (await wire.ask(more(cursor)))["cursor"]
        seen.append(len(found["nextBatch"]))
        cursor = found["id"]
    assert seen == sizes


async def test_a_batch_that_ends_with_the_last_document_may_be_followed_by_an_empty_one(wire: Wire) -> None:
    cursor, batch = await find(wire, batchSize=300)
    assert len(batch) == 300
    if cursor:
        assert (await wire.ask(more(cursor)))["cursor"] == {"nextBatch": [], "id": 0, "ns": "app.things"}


async def test_a_cursor_is_found_from_another_connection(door: Served, wire: Wire) -> None:
    cursor, _ = await find(wire, batchSize=2)
    other = await Wire.open(door.port)
    await other.log_in("acme", PASSWORD)
    found = await other.ask(more(cursor, batchSize=3))
    assert [one["_id"] for one in found["cursor"]["nextBatch"]] == [2, 3, 4]
    await other.close()


@pytest.mark.parametrize("user", ["globex", "acme.app"])
async def test_another_user_finds_none(door: Served, wire: Wire, user: str) -> None:
    cursor, _ = await find(wire, batchSize=2)
    other = await Wire.open(door.port)
    await other.log_in(user, PASSWORD)
    assert (await other.ask(more(cursor)))["code"] == 43
    killed = await other.ask({"killCursors": "things", "cursors": [Int64(cursor)], "$db": "app"})
    assert killed["cursorsNotFound"] == [cursor]
    await other.close()
    assert (await wire.ask(more(cursor)))["ok"] == 1.0


async def test_a_cursor_is_of_one_collection(wire: Wire) -> None:
    cursor, _ = await find(wire, batchSize=2)
    found = await wire.ask({"getMore": Int64(cursor), "collection": "others", "$db": "app"})
    assert found["code"] == 13
    assert (await wire.ask(more(cursor)))["ok"] == 1.0


async def test_a_killed_cursor_is_gone(wire: Wire, door: Served) -> None:
    cursor, _ = await find(wire, batchSize=2)
    found = await wire.ask({"killCursors": "things", "cursors": [Int64(cursor), Int64(4)], "$db": "app"})
    assert (found["cursorsKilled"], found["cursorsNotFound"]) == ([cursor], [4])
    assert (await wire.ask(more(cursor)))["code"] == 43
    assert len(door.server.cursors) == 0


async def test_drivers_close_what_they_leave(client: Client, door: Served) -> None:
    async with client.app.things.find().batch_size(2) as cursor:
        assert (await anext(cursor))["_id"] == 0
        assert len(door.server.cursors) == 1
    await until_true(lambda: not len(door.server.cursors), lambda: len(door.server.cursors))


async def test_cursors_end_with_their_session(client: Client, door: Served, wire: Wire) -> None:
    for command in ("endSessions", "killSessions"):
        lsid = {"id": bson.Binary(b"0123456789abcdef", 4)}
        cursor, _ = await find(wire, batchSize=2, lsid=lsid)
        kept, _ = await find(wire, batchSize=2)
        assert (await wire.ask({command: [lsid], "$db": "admin"}))["ok"] == 1.0
        assert (await wire.ask(more(cursor)))["code"] == 43
        assert (await wire.ask(more(kept)))["ok"] == 1.0


async def test_cursors_end_with_their_database(client: Client, wire: Wire) -> None:
    cursor, _ = await find(wire, batchSize=2)
    await client.drop_database("app")
    assert (await wire.ask(more(cursor)))["code"] == 43


async def test_a_cursor_that_rests_too_long_is_gone_but_for_one_that_may_rest() -> None:
    async with serve(Settings(cursor_seconds=0.2, drain_seconds=0.2)) as door:
        wire = await Wire.open(door.port)
        await wire.log_in("acme", PASSWORD)
        await wire.ask({"insert": "things", "documents": [{"_id": place} for place in range(9)], "$db": "app"})
        resting, _ = await find(wire, batchSize=2)
        staying, _ = await find(wire, batchSize=2, noCursorTimeout=True)
        await until_true(lambda: len(door.server.cursors) == 1, lambda: len(door.server.cursors))
        assert (await wire.ask(more(resting)))["code"] == 43
        assert (await wire.ask(more(staying)))["ok"] == 1.0
        await wire.close()


async def test_the_cursor_that_rested_longest_makes_room() -> None:
    async with serve(Settings(tenant_cursors=3, drain_seconds=0.2)) as door:
        wire = await Wire.open(door.port)
        await wire.log_in("acme", PASSWORD)
        await wire.ask({"insert": "things", "documents": [{"_id": place} for place in range(9)], "$db": "app"})
        first, second, third = [(await find(wire, batchSize=2))[0] for _ in range(3)]
        assert (await wire.ask(more(first, batchSize=1)))["ok"] == 1.0
        fourth, _ = await find(wire, batchSize=2)
        codes = [(await wire.ask(more(cursor))).get("code") for cursor in (first, second, third, fourth)]
        assert codes == [None, 43, None, None]
        await wire.close()


class Held:
    """Documents that wait to be let go, and whether they were closed."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.go = asyncio.Event()
        self.closed = asyncio.Event()

    async def batches(self, *_: Any) -> AsyncIterator[list[bytes]]:
        try:
            yield [bson.encode({"_id": 0})]
            self.asked.set()
            await self.go.wait()
            yield [bson.encode({"_id": 1})]
        finally:
            self.closed.set()


@pytest.fixture
def held(door: Served, monkeypatch: pytest.MonkeyPatch) -> Held:
    held = Held()
    monkeypatch.setattr(door.accounts.opened["acme", "app"], "find", held.batches)
    return held


async def test_two_cannot_work_with_one_cursor(door: Served, wire: Wire, held: Held) -> None:
    cursor, _ = await find(wire, batchSize=1)
    wire.send(message(more(cursor)))
    await held.asked.wait()
    other = await Wire.open(door.port)
    await other.log_in("acme", PASSWORD)
    assert (await other.ask(more(cursor)))["code"] == 12051
    held.go.set()
    assert [one["_id"] for one in (await wire.receive())["cursor"]["nextBatch"]] == [1]
    await other.close()


async def test_killing_a_cursor_ends_the_command_that_works_with_it(door: Served, wire: Wire, held: Held) -> None:
    cursor, _ = await find(wire, batchSize=1)
    wire.send(message(more(cursor)))
    await held.asked.wait()
    other = await Wire.open(door.port)
    await other.log_in("acme", PASSWORD)
    killed = await other.ask({"killCursors": "things", "cursors": [Int64(cursor)], "$db": "app"})
    assert killed["cursorsKilled"] == [cursor]
    assert (await wire.receive())["code"] == 11601
    await held.closed.wait()
    assert (await wire.ask({"ping": 1, "$db": "admin"}))["ok"] == 1.0
    await other.close()


async def test_a_client_that_leaves_ends_what_is_read_for_it(door: Served, wire: Wire, held: Held) -> None:
    cursor, _ = await find(wire, batchSize=1)
    wire.send(message(more(cursor)))
    await held.asked.wait()
    await wire.close()
    await held.closed.wait()
    await until_true(lambda: not len(door.server.cursors), lambda: len(door.server.cursors))


async def test_the_time_that_was_given_with_the_question_holds_for_all_of_it(wire: Wire, held: Held) -> None:
    cursor, _ = await find(wire, batchSize=1, maxTimeMS=200)
    assert (await wire.ask(more(cursor)))["code"] == 50
    await held.closed.wait()
    assert (await wire.ask(more(cursor)))["code"] == 43


async def test_a_question_that_takes_too_long_is_ended(wire: Wire, held: Held) -> None:
    found = await wire.ask({"find": "things", "maxTimeMS": 100, "$db": "app"})
    assert (found["code"], found["codeName"]) == (50, "MaxTimeMSExpired")
    await held.closed.wait()


async def test_a_time_limit_is_given_with_the_question_only(wire: Wire) -> None:
    cursor, _ = await find(wire, batchSize=1)
    assert (await wire.ask(more(cursor, maxTimeMS=5)))["code"] == 2
