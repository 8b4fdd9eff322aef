"""What one client may take: bytes, time, connections."""

from __future__ import annotations

import asyncio
import struct
from typing import Any

import bson
import pytest

from dbaas_server.mongo.settings import Settings
from dbaas_server.mongo.wire import MAX_MESSAGE_BYTES
from mongo_door import PASSWORD, Served, serve
from mongo_frames import Wire, compressed, message
from waiting import until_true

MIB = 1024 * 1024
PING = {"ping": 1, "$db": "admin"}


def quick(**more: Any) -> Settings:
    return Settings(drain_seconds=0.2, **more)


async def logged_in(door: Served, user: str = "acme") -> Wire:
    wire = await Wire.open(door.port)
    assert (await wire.log_in(user, PASSWORD))["done"]
    return wire


@pytest.mark.parametrize("length", [-5, 0, 15, MAX_MESSAGE_BYTES + 1, 2**31 - 1])
async def test_a_length_that_cannot_be_ends_the_connection(wire: Wire, length: int) -> None:
    wire.send(struct.pack("<iiii", length, 1, 0, 2013))
    assert await wire.ends()


async def test_a_stranger_sends_small_messages_only(stranger: Wire) -> None:
    assert (await stranger.ask({**PING, "comment": "x" * 60_000}))["ok"] == 1.0
    stranger.send(struct.pack("<iiii", 100_000, 1, 0, 2013))
    assert await stranger.ends()


async def test_a_stranger_has_no_large_message_unpacked(stranger: Wire) -> None:
    await stranger.ask({"hello": 1, "compression": ["zlib"], "$db": "admin"})
    stranger.send(compressed(message({**PING, "comment": "x" * 1_000_000}), 2))
    assert await stranger.ends()


async def test_the_largest_message_is_taken_and_one_byte_more_is_not(wire: Wire) -> None:
    one = bson.encode({"a": bytes(15 * MIB)})
    head = {"insert": "things", "$db": "app"}
    room = MAX_MESSAGE_BYTES - len(message(head, {"documents": [one, one]}))
    last = bson.encode({"a": bytes(room - len(bson.encode({"a": b""})))})
    largest = message(head, {"documents": [one, one, last]})
    assert len(largest) == MAX_MESSAGE_BYTES
    wire.send(largest)
    assert await wire.receive() == {"n": 3, "ok": 1.0}


async def test_many_commands_sent_at_once_are_answered_in_their_order(wire: Wire) -> None:
    wire.send(b"".join(message(PING, id=number) for number in range(5_000)))
    for number in range(5_000):
        assert struct.unpack_from("<i", await wire.frame(), 8)[0] == number


async def test_a_message_may_come_byte_by_byte(wire: Wire) -> None:
    for byte in message({**PING, "comment": "slow"}):
        wire.send(bytes([byte]))
        await wire.writer.drain()
    assert (await wire.receive())["ok"] == 1.0


async def test_a_message_that_stands_still_ends_its_connection() -> None:
    async with serve(quick(stalled_seconds=0.3)) as door:
        resting = await logged_in(door)
        wire = await logged_in(door)
        wire.send(message(PING)[:20])
        assert await wire.ends()
        assert (await resting.ask(PING))["ok"] == 1.0, "resting between two commands is no standing still"
        await resting.close()


async def test_who_says_nothing_for_long_is_let_go() -> None:
    async with serve(quick(stranger_seconds=0.2, stalled_seconds=0.4)) as door:
        resting = await logged_in(door)
        wire = await Wire.open(door.port)
        assert await wire.ends()
        assert (await resting.ask(PING))["ok"] == 1.0
        await resting.close()


async def test_who_does_not_take_answers_is_let_go_and_holds_little_until_then() -> None:
    async with serve(quick(stalled_seconds=1.0)) as door:
        wire = await logged_in(door)
        await wire.ask({"insert": "things", "documents": [{"a": bytes(1 * MIB)} for _ in range(10)], "$db": "app"})
        budget = door.server._budgets["acme"]
        wire.reader._transport.pause_reading()  # type: ignore[attr-defined]
        wire.send(message({"find": "things", "$db": "app"}) * 20)
        await until_true(lambda: budget.taken > 4 * MIB, lambda: budget.taken)
        assert budget.taken < 17 * MIB, "one answer, not twenty"
        await until_true(lambda: not door.server.connections("acme"), lambda: door.server.connections("acme"))
        assert budget.taken == 0
        await wire.close()


async def test_large_messages_of_a_tenant_wait_for_each_other_and_for_nobody_else() -> None:
    async with serve(quick(tenant_bytes=8 * MIB)) as door:
        first, second = await logged_in(door), await logged_in(door)
        stranger, other = await logged_in(door, "globex"), await logged_in(door)
        insert = {"insert": "things", "$db": "app"}
        large = message(insert, {"documents": [bson.encode({"a": bytes(6 * MIB)})]})
        first.send(large[: 3 * MIB])
        budget = door.server._budgets["acme"]
        await until_true(lambda: budget.taken == len(large), lambda: budget.taken)
        second.send(large)
        stranger.send(large)
        assert (await stranger.receive())["n"] == 1
        assert (await other.ask(PING))["ok"] == 1.0
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.shield(answer := asyncio.ensure_future(second.receive())), 0.2)
        first.send(large[3 * MIB :])
        assert (await first.receive())["n"] == 1
        assert (await answer)["n"] == 1
        assert budget.taken == 0
        for wire in (first, second, stranger, other):
            await wire.close()


async def test_what_is_unpacked_counts() -> None:
    async with serve(quick(tenant_bytes=8 * MIB)) as door:
        wire = await logged_in(door)
        await wire.ask({"hello": 1, "compression": ["zlib"], "$db": "admin"})
        large = compressed(
            message({"insert": "things", "$db": "app"}, {"documents": [bson.encode({"a": bytes(6 * MIB)})]}), 2
        )
        assert len(large) < 100_000
        wire.send(large[:50])
        await until_true(lambda: door.server._budgets["acme"].taken > 6 * MIB, lambda: None)
        wire.send(large[50:])
        await wire.frame()
        await until_true(lambda: door.server._budgets["acme"].taken == 0, lambda: None)
        await wire.close()


async def test_so_many_connections_and_no_more() -> None:
    async with serve(quick(connections=3, tenant_connections=2)) as door:
        first, second = await logged_in(door), await logged_in(door)
        third = await Wire.open(door.port)
        refused = await third.log_in("acme", PASSWORD)
        assert refused["code"] == 96
        assert (await third.log_in("globex", PASSWORD))["done"], "another tenant has its own"
        fourth = await Wire.open(door.port)
        assert await fourth.ends()
        await first.close()
        await until_true(lambda: door.server.connections("acme") == 1, lambda: door.server.connections("acme"))
        fifth = await logged_in(door)
        for wire in (second, third, fifth):
            await wire.close()


async def test_closing_lets_a_command_end_and_tells_one_that_does_not_to_come_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begun, go = asyncio.Event(), asyncio.Event()

    async def slow(*_: Any, **__: Any) -> int:
        begun.set()
        await go.wait()
        return 1

    async with serve(quick()) as door:
        wire = await logged_in(door)
        await wire.ask({"insert": "things", "documents": [{}], "$db": "app"})
        monkeypatch.setattr(door.accounts.opened["acme", "app"], "count", slow)
        wire.send(message({"count": "things", "$db": "app"}))
        await begun.wait()
        closing = asyncio.ensure_future(door.server.close())
        assert (await wire.receive())["code"] == 11600
        await closing
        assert await wire.ends()


async def test_a_client_may_leave_at_any_moment(door: Served) -> None:
    whole = message({"insert": "things", "documents": [{}], "$db": "app"})
    for cut in range(0, len(whole) + 1, 7):
        wire = await logged_in(door)
        wire.send(whole[:cut])
        await wire.writer.drain()
        wire.writer.transport.abort()
    await until_true(lambda: not door.server.connections("acme"), lambda: door.server.connections("acme"))
    wire = await logged_in(door)
    assert (await wire.ask(PING))["ok"] == 1.0
    await wire.close()
