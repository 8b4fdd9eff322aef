"""What a connection does by the clock, and when its tenant has as many as it may, without a platform."""

from __future__ import annotations

import asyncio
import json
import time
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

import pytest

from dbaas_provisioning.nouns import Plan
from dbaas_provisioning.platform import Platform
from dbaas_server.attendance import Attendance
from dbaas_server.graphql.sockets import connection
from dbaas_server.graphql.sockets.connection import Connection, Credentials
from dbaas_server.nouns import Caller
from dbaas_server.services import Services


class Wire:
    """A WebSocket that keeps what it is sent."""

    def __init__(self, *messages: dict[str, Any]) -> None:
        self.told: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.closed: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self.buffered = 0
        self._said: asyncio.Queue[str | None] = asyncio.Queue()
        for message in messages:
            self._said.put_nowait(json.dumps(message))

    def send(self, frames: bytes) -> None:
        self.told.put_nowait(json.loads(frames[frames.index(b"{") :]))

    async def receive(self) -> str | None:
        return await self._said.get()

    def close(self, code: int = 1000, reason: str = "") -> None:
        if not self.closed.done():
            self.closed.set_result(code)
        self._said.put_nowait(None)


async def attend(key: str, authorization: str, tenant: str) -> tuple[Caller, float]:
    return Caller(UUID(int=0), "anon"), time.time() + 3600


def served(wire: Wire, attendance: Attendance | None = None) -> asyncio.Task[None]:
    platform = cast(Platform, SimpleNamespace(on_change=lambda listener: None))
    services = SimpleNamespace(auth=SimpleNamespace(attend=attend), attendance=attendance or Attendance(platform))
    limits = {"joins_per_second": 9, "messages_per_second": 9, "connections": 1, "channels": 9, "payload_bytes": 9999}
    plan = SimpleNamespace(name="small", **{f"realtime_{name}": value for name, value in limits.items()})
    served_by = Connection(
        wire, cast(Services, services), tenant="t", database=None, credentials=Credentials("k"), plan=cast(Plan, plan)
    )
    return asyncio.get_running_loop().create_task(served_by.serve())


async def test_who_does_not_introduce_itself_is_sent_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "INIT_SECONDS", 0.02)
    wire = Wire({"type": "ping"})
    await asyncio.wait_for(served(wire), 30)
    assert wire.closed.result() == 4408
    assert wire.told.get_nowait() == {"type": "pong"}


async def test_a_silent_client_is_pinged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "BEAT_SECONDS", 0.02)
    wire = Wire({"type": "connection_init"})
    task = served(wire)
    told = [await asyncio.wait_for(wire.told.get(), 30) for _ in range(3)]
    assert told == [{"type": "connection_ack"}, {"type": "ping"}, {"type": "ping"}]
    wire.close()
    await asyncio.wait_for(task, 30)


async def test_one_connection_too_many_is_asked_to_come_back() -> None:
    attendance = Attendance(cast(Platform, SimpleNamespace(on_change=lambda listener: None)))
    first, second = Wire({"type": "connection_init"}), Wire({"type": "connection_init"})
    task = served(first, attendance)
    assert (await asyncio.wait_for(first.told.get(), 30))["type"] == "connection_ack"
    await asyncio.wait_for(served(second, attendance), 30)
    assert second.closed.result() == 1013
    assert second.told.empty()
    first.close()
    await asyncio.wait_for(task, 30)


async def test_who_takes_nothing_is_not_heard_and_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "PATIENCE_SECONDS", 0.02)
    wire = Wire({"type": "connection_init"})
    wire.buffered = connection.UNTAKEN_BYTES + 1
    await asyncio.wait_for(served(wire), 30)
    assert wire.closed.result() == 1013
