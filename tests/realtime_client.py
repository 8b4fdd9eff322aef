"""A bare client of the realtime protocol, for tests that look at single messages."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlencode

import websockets

__all__ = ["Phoenix", "phoenix"]


class Phoenix:
    """One connection. Messages are kept until somebody waits for them."""

    def __init__(self, socket: websockets.ClientConnection, version: str) -> None:
        self.socket = socket
        self.version = version
        self.messages: list[dict[str, Any] | bytes] = []
        self._refs = map(str, itertools.count(1))

    async def send(self, topic: str, event: str, payload: Any, join_ref: str | None = None) -> str:
        ref = next(self._refs)
        if self.version == "2.0.0":
            await self.socket.send(json.dumps([join_ref, ref, topic, event, payload]))
        else:
            message = {"topic": topic, "event": event, "payload": payload, "ref": ref, "join_ref": join_ref}
            await self.socket.send(json.dumps(message))
        return ref

    async def wait(self, good: Callable[[Any], bool], seconds: float = 30.0) -> Any:
        """The first message that is good, taken out of those that came."""
        async with asyncio.timeout(seconds):
            while True:
                for place, message in enumerate(self.messages):
                    if good(message):
                        return self.messages.pop(place)
                self.messages.append(self._read(await self.socket.recv()))

    def _read(self, data: str | bytes) -> dict[str, Any] | bytes:
        if isinstance(data, bytes):
            return data
        value = json.loads(data)
        if self.version == "2.0.0":
            return dict(zip(("join_ref", "ref", "topic", "event", "payload"), value, strict=True))
        return value

    async def reply(self, ref: str) -> dict[str, Any]:
        message = await self.wait(
            lambda one: isinstance(one, dict) and one["event"] == "phx_reply" and one["ref"] == ref
        )
        return message["payload"]

    async def ask(self, topic: str, event: str, payload: Any, join_ref: str | None = None) -> dict[str, Any]:
        return await self.reply(await self.send(topic, event, payload, join_ref))

    async def join(
        self, topic: str, *changes: dict[str, Any], token: str | None = None, **config: Any
    ) -> dict[str, Any]:
        payload: dict[str, Any] = {"config": {"postgres_changes": list(changes), **config}}
        if token is not None:
            payload["access_token"] = token
        return await self.ask(f"realtime:{topic}", "phx_join", payload)

    async def event(self, event: str, topic: str | None = None) -> Any:
        """The payload of the next such message."""
        message = await self.wait(
            lambda one: (
                isinstance(one, dict)
                and one["event"] == event
                and topic in (None, one["topic"].removeprefix("realtime:"))
            )
        )
        return message["payload"]

    async def change(self, topic: str | None = None) -> dict[str, Any]:
        return (await self.event("postgres_changes", topic))["data"]

    async def quiet(self) -> None:
        """Everything that was on its way is here: nothing overtakes the answer to a heartbeat."""
        assert (await self.ask("phoenix", "heartbeat", {}))["status"] == "ok"


@asynccontextmanager
async def phoenix(base: str, key: str, version: str = "2.0.0", **more: Any) -> AsyncIterator[Phoenix]:
    """Connect to a project base, such as ``createClient`` takes."""
    url = base.replace("http", "ws", 1) + "/realtime/v1/websocket?" + urlencode({"apikey": key, "vsn": version})
    async with websockets.connect(url, max_size=None, **more) as socket:
        yield Phoenix(socket, version)
