"""Commands under way: seen, and ended."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from mongo_door import PASSWORD, Served
from mongo_frames import Wire, message


class Slow:
    """A count that does not end by itself."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.cancelled = asyncio.Event()

    async def count(self, *_: Any, **__: Any) -> int:
        self.begun.set()
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            self.cancelled.set()
        raise AssertionError


@pytest.fixture
async def slow(door: Served, wire: Wire, monkeypatch: pytest.MonkeyPatch) -> Slow:
    await wire.ask({"insert": "things", "documents": [{}], "$db": "app"})
    slow = Slow()
    monkeypatch.setattr(door.accounts.opened["acme", "app"], "count", slow.count)
    wire.send(message({"count": "things", "query": {"a": 1}, "$db": "app", "comment": "mine"}))
    await slow.begun.wait()
    return slow


async def other(door: Served, user: str = "acme") -> Wire:
    wire = await Wire.open(door.port)
    await wire.log_in(user, PASSWORD)
    return wire


async def counts(wire: Wire) -> list[dict[str, Any]]:
    found = await wire.ask({"currentOp": 1, "ns": "app.things", "$db": "admin"})
    return list(found["inprog"])


async def test_a_command_is_seen_and_ended(door: Served, wire: Wire, slow: Slow) -> None:
    watcher = await other(door)
    (seen,) = await counts(watcher)
    assert seen["command"]["query"] == {"a": 1}
    assert seen["op"] == "command"
    assert seen["active"] is True
    assert (await watcher.ask({"killOp": 1, "op": seen["opid"], "$db": "admin"}))["ok"] == 1.0
    found = await wire.receive()
    assert (found["code"], found["codeName"]) == (11601, "Interrupted")
    assert slow.cancelled.is_set()
    assert await counts(watcher) == []
    assert (await wire.ask({"ping": 1, "$db": "admin"}))["ok"] == 1.0
    await watcher.close()


@pytest.mark.parametrize("user", ["globex", "acme.app"])
async def test_nobody_ends_what_is_not_theirs(door: Served, wire: Wire, slow: Slow, user: str) -> None:
    watcher = await other(door)
    (seen,) = await counts(watcher)
    intruder = await other(door, user)
    assert await counts(intruder) == []
    await intruder.ask({"killOp": 1, "op": seen["opid"], "$db": "admin"})
    assert len(await counts(watcher)) == 1
    await watcher.close()
    await intruder.close()


async def test_a_read_ends_with_its_client(wire: Wire, slow: Slow) -> None:
    await wire.close()
    await slow.cancelled.wait()


async def test_killing_sessions_ends_what_is_at_work_in_them(door: Served, wire: Wire, slow: Slow) -> None:
    watcher = await other(door)
    assert (await watcher.ask({"killAllSessions": [], "$db": "admin"}))["ok"] == 1.0
    assert len(await counts(watcher)) == 1, "it belongs to no session"
    (seen,) = await counts(watcher)
    await watcher.ask({"killOp": 1, "op": seen["opid"], "$db": "admin"})
    assert (await wire.receive())["code"] == 11601
    await watcher.close()


async def test_a_command_cannot_end_itself(wire: Wire) -> None:
    found = await wire.ask({"currentOp": 1, "$db": "admin"})
    (own,) = found["inprog"]
    for number in range(own["opid"], own["opid"] + 5):
        assert (await wire.ask({"killOp": 1, "op": number, "$db": "admin"}))["ok"] == 1.0
    assert (await wire.ask({"killOp": 1, "op": "x", "$db": "admin"}))["code"] == 14
    assert (await wire.ask({"ping": 1, "$db": "admin"}))["ok"] == 1.0
