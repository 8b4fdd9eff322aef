"""A bare client of ``graphql-transport-ws``, for tests that look at single messages."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import websockets

__all__ = ["PROTOCOL", "GraphqlSocket", "connected", "socket_url"]

PROTOCOL = "graphql-transport-ws"


class GraphqlSocket:
    """One connection. Messages are kept until somebody waits for them."""

    def __init__(self, socket: websockets.ClientConnection) -> None:
        self.socket = socket
        self.messages: list[dict[str, Any]] = []
        self._ids = map(str, itertools.count(1))

    async def send(self, **message: Any) -> None:
        await self.socket.send(json.dumps(message))

    async def receive(self, seconds: float = 30.0, **wanted: Any) -> dict[str, Any]:
        """The first message that has these values, taken out of those that came."""
        async with asyncio.timeout(seconds):
            while True:
                for place, message in enumerate(self.messages):
                    if wanted.items() <= message.items():
                        return self.messages.pop(place)
                self.messages.append(json.loads(await self.socket.recv()))

    async def init(self, **payload: Any) -> None:
        await self.send(type="connection_init", payload=payload)
        await self.receive(type="connection_ack")

    async def ask(self, query: str, variables: Any = None, **more: Any) -> str:
        """Begin an operation; returns its id."""
        identity = next(self._ids)
        payload = {"query": query, "variables": variables, **more}
        await self.send(id=identity, type="subscribe", payload=payload)
        return identity

    async def live(self) -> None:
        """Everything that was asked for is live: pings are answered only then."""
        await self.send(type="ping", payload={"n": (number := next(self._ids))})
        assert (await self.receive(type="pong", payload={"n": number}))["payload"] == {"n": number}

    async def stream(self, query: str, variables: Any = None) -> str:
        """Subscribe, and wait until it is live."""
        identity = await self.ask(query, variables)
        await self.live()
        assert not [one for one in self.messages if one["type"] == "error"], self.messages
        return identity

    async def next(self, identity: str) -> dict[str, Any]:
        """The payload of the next result."""
        return (await self.receive(type="next", id=identity))["payload"]

    async def change(self, identity: str) -> dict[str, Any]:
        """The next change: the value of the one root field."""
        payload = await self.next(identity)
        assert "errors" not in payload, payload
        (change,) = payload["data"].values()
        return change

    async def error(self, identity: str) -> dict[str, Any]:
        """The one error that ends an operation."""
        (error,) = (await self.receive(type="error", id=identity))["payload"]
        return error

    async def data(self, query: str, variables: Any = None, **more: Any) -> Any:
        """``data`` of a query or a mutation."""
        identity = await self.ask(query, variables, **more)
        payload = await self.next(identity)
        await self.receive(type="complete", id=identity)
        assert "errors" not in payload, payload
        return payload["data"]

    async def refused(self, query: str, variables: Any = None, **more: Any) -> str:
        """The code of the error that an operation ends with."""
        return (await self.error(await self.ask(query, variables, **more)))["extensions"]["code"]

    async def closed(self) -> tuple[int, str]:
        """How the server closes the connection."""
        async with asyncio.timeout(30):
            with_all = None
            while with_all is None:
                try:
                    self.messages.append(json.loads(await self.socket.recv()))
                except websockets.ConnectionClosed as closed:
                    with_all = closed
        assert with_all.rcvd is not None
        return with_all.rcvd.code, with_all.rcvd.reason


def socket_url(url: str) -> str:
    return url.replace("http", "ws", 1)


@asynccontextmanager
async def connected(
    url: str, key: str | None = None, token: str | None = None, **more: Any
) -> AsyncIterator[GraphqlSocket]:
    """Connect to a GraphQL address; with a key or a token, also introduce oneself."""
    async with websockets.connect(
        socket_url(url), subprotocols=[websockets.Subprotocol(PROTOCOL)], max_size=None, **more
    ) as socket:
        client = GraphqlSocket(socket)
        payload = {"apikey": key} if key else {}
        if token:
            payload["Authorization"] = f"Bearer {token}"
        if payload:
            await client.init(**payload)
        yield client
