"""The Python `realtime` client, unmodified."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
from realtime import AsyncRealtimeChannel, AsyncRealtimeClient, RealtimeSubscribeStates

from live_project import LiveProject
from waiting import until_true


class Heard(list[Any]):
    """A callback that keeps what it is called with."""

    def __call__(self, payload: Any) -> None:
        self.append(payload)

    async def count(self, number: int) -> None:
        await until_true(lambda: len(self) >= number, lambda: list(self))


Connect = Callable[..., AsyncRealtimeClient]


@pytest.fixture
async def connect(realtime: LiveProject) -> AsyncIterator[Connect]:
    opened: list[AsyncRealtimeClient] = []

    def connect(key: str | None = None) -> AsyncRealtimeClient:
        client = AsyncRealtimeClient(f"{realtime.base}/realtime/v1", key or realtime.secret)
        opened.append(client)
        return client

    yield connect
    for client in opened:
        await client.remove_all_channels()


async def subscribed(channel: AsyncRealtimeChannel) -> list[RealtimeSubscribeStates]:
    states: list[RealtimeSubscribeStates] = []
    await channel.subscribe(lambda state, error: states.append(state))
    assert states == [RealtimeSubscribeStates.SUBSCRIBED]
    return states


async def test_changes_of_every_kind(realtime: LiveProject, connect: Connect):
    heard, deletes, system = Heard(), Heard(), Heard()
    channel = connect().channel("room")
    channel.on_postgres_changes("*", table="orders", schema="public", filter="customer=eq.py", callback=heard)
    channel.on_postgres_changes("DELETE", table="orders", schema="public", select=["id"], callback=deletes)
    channel.on_system(system)
    await subscribed(channel)
    realtime.run("insert into orders values (101, 'py', 12.50, 'a'), (102, 'js', 1, 'b')")
    realtime.run("update orders set amount = 2 where id in (101, 102)")
    realtime.run("delete from orders where id in (101, 102)")
    await heard.count(3)
    await deletes.count(2)
    assert [payload["data"]["type"] for payload in heard] == ["INSERT", "UPDATE", "DELETE"]
    first = heard[0]["data"]
    assert first["record"] == {"id": 101, "customer": "py", "amount": 12.5, "note": "a"}
    assert first["columns"][2] == {"name": "amount", "type": "numeric"}
    assert (first["schema"], first["table"], first["errors"]) == ("public", "orders", None)
    assert "old_record" not in first
    assert "record" not in heard[2]["data"]
    assert {payload["data"]["old_record"]["id"] for payload in deletes} == {101, 102}
    assert [(one.status, one.message) for one in system] == [("ok", "Subscribed to PostgreSQL")]


async def test_row_policies_hold_and_a_fresh_token_counts(realtime: LiveProject, connect: Connect):
    client, heard = connect(realtime.anon), Heard()
    await client.set_auth(realtime.token("ann"))
    channel = client.channel("mine").on_postgres_changes("*", table="notes", callback=heard)
    await subscribed(channel)
    realtime.run("insert into notes values (101, 'ann', ''), (102, 'bob', ''), (103, 'all', '')")
    await heard.count(2)
    await client.set_auth(realtime.token("bob"))
    await asyncio.sleep(0.3)  # nothing answers a token
    realtime.run("delete from notes where id in (101, 102, 103)")
    await heard.count(4)
    found = [(one["data"]["type"], (one["data"].get("record") or one["data"]["old_record"])["id"]) for one in heard]
    assert found == [("INSERT", 101), ("INSERT", 103), ("DELETE", 102), ("DELETE", 103)]


async def test_broadcasts(realtime: LiveProject, connect: Connect):
    here, there, own = Heard(), Heard(), Heard()
    one = connect().channel("talk").on_broadcast("shout", here)
    two = connect().channel("talk").on_broadcast("*", there)
    three = connect().channel("talk", {"config": {"broadcast": {"self": True, "ack": True}}}).on_broadcast("shout", own)
    for channel in (one, two, three):
        await subscribed(channel)
    await one.send_broadcast("shout", {"n": 1})
    await there.count(1)
    await three.send_broadcast("shout", {"n": 2})
    await own.count(2)
    await two.http_send("shout", {"n": 3})
    for heard in (here, there, own):
        await until_true(lambda heard=heard: heard and heard[-1]["payload"] == {"n": 3}, lambda heard=heard: heard)
    assert [payload["payload"]["n"] for payload in here] == [2, 3]
    assert [payload["payload"]["n"] for payload in there] == [1, 2, 3]
    assert [payload["payload"]["n"] for payload in own] == [1, 2, 3]


async def test_presence(connect: Connect):
    one, two = connect().channel("desk", {"config": {"presence": {"key": "ann", "enabled": True}}}), None
    joins, leaves = [], []
    one.on_presence_join(lambda key, current, new: joins.append((key, [meta["status"] for meta in new])))
    one.on_presence_leave(lambda key, current, left: leaves.append((key, [meta["status"] for meta in left])))
    await subscribed(one)
    await one.track({"status": "in"})
    two = connect().channel("desk", {"config": {"presence": {"key": "bob", "enabled": True}}})
    two.on_presence_sync(lambda: None)
    await subscribed(two)
    await until_true(lambda: "ann" in two.presence_state(), two.presence_state)
    await two.track({"status": "here"})
    await two.track({"status": "away"})
    await until_true(lambda: ("bob", ["away"]) in joins, lambda: joins)
    await two.untrack()
    await until_true(lambda: ("bob", ["away"]) in leaves, lambda: leaves)
    assert list(one.presence_state()) == ["ann"]
    await one.unsubscribe()
    await until_true(lambda: two.presence_state() == {}, two.presence_state)


async def test_a_connection_that_breaks_is_made_anew(realtime: LiveProject, connect: Connect):
    client, heard = connect(), Heard()
    channel = client.channel("again").on_postgres_changes("INSERT", table="orders", callback=heard)
    states = await subscribed(channel)
    client._ws_connection.transport.abort()
    await until_true(lambda: states.count(RealtimeSubscribeStates.SUBSCRIBED) == 2, lambda: states)
    realtime.run("insert into orders values (110, 'py', 1, '')")
    await heard.count(1)
    assert heard[0]["data"]["record"]["id"] == 110


async def test_a_private_channel_is_refused_with_the_reason(connect: Connect):
    channel = connect().channel("secret", {"config": {"private": True}})
    errors: list[Any] = []
    await channel.subscribe(lambda state, error: errors.append((state, str(error))))
    assert errors[0][0] == RealtimeSubscribeStates.CHANNEL_ERROR
    assert "Unauthorized: Private channels" in errors[0][1]
    await channel.unsubscribe()


async def test_a_wrong_key_is_refused_by_http(realtime: LiveProject):
    answer = httpx.get(f"{realtime.base}/realtime/v1/websocket?apikey=dbk_a_wrong&vsn=1.0.0")
    assert answer.status_code == 401
    assert answer.json()["error"]
