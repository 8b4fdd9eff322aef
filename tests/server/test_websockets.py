"""WebSockets on both servers that carry them: our own, and tornado's inside Jupyter, which may lead to the first."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import pytest
import websockets
from tornado.httpserver import HTTPServer
from tornado.routing import Rule
from tornado.web import Application
from websockets.asyncio.client import connect

from dbaas_provisioning.errors import Unauthorized
from dbaas_server.control.about import VERSION
from dbaas_server.dispatch import dispatch
from dbaas_server.elsewhere import Elsewhere, Logins
from dbaas_server.frames import binary_frame, text_frame
from dbaas_server.http import Request, Response, Upgrade, WebSocket, json_response
from dbaas_server.jupyter_sockets import PlatformSocket, Upgrading
from dbaas_server.routing import Guard, Route, Router
from dbaas_server.services import Services
from dbaas_server.standalone import Listener, loopback_sockets

HANDSHAKE = "Host: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"


@dataclass
class Served:
    """A route that echoes, on one of the two servers."""

    ended: asyncio.Event = field(default_factory=asyncio.Event)
    open: list[WebSocket] = field(default_factory=list)
    url: str = ""
    port: int = 0
    listener: Listener | None = None

    async def echo(self, request: Request, services: Services) -> Response:
        if request.query == "no":
            raise Unauthorized("unauthorized", "Not you.")
        offered = request.header("sec-websocket-protocol")
        return Upgrade(serve=self.serve, subprotocol=offered.split(",")[0] if offered else None, max_message=100_000)

    async def serve(self, socket: WebSocket) -> None:
        self.open.append(socket)
        try:
            while (message := await socket.receive()) is not None:
                if message == "fail":
                    raise RuntimeError("a secret")
                if message == "bye":
                    socket.close(4001, "é" * 200)
                elif isinstance(message, bytes):
                    socket.send(binary_frame(message))
                else:
                    socket.send(text_frame(message.encode()) * 2)
        finally:
            self.ended.set()

    async def health(self, request: Request, services: Services) -> Response:
        return json_response({"status": "ok", "version": VERSION})

    async def plain(self, request: Request, services: Services) -> Response:
        return Response(200, b"plain")


@pytest.fixture(params=["alone", "jupyter", "elsewhere"])
async def served(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Served]:
    served = Served()
    router = Router(
        (
            Route("/socket", Guard.public, {"GET": served.echo}),
            Route("/plain", Guard.public, {"GET": served.plain}),
            Route("/healthz", Guard.public, {"GET": served.health}),
        )
    )
    sockets = loopback_sockets(0)
    served.port = sockets[0].getsockname()[1]
    if request.param == "alone":
        served.listener = Listener(router, cast(Services, None))
        served.listener.listen(sockets)
        served.url = f"ws://127.0.0.1:{served.port}"
        yield served
        await served.listener.drain()
        return

    async def here(route: Route, request: Request) -> Response:
        return await dispatch(route, request, cast(Services, None))

    answer = here
    if request.param == "elsewhere":
        behind = loopback_sockets(0)
        served.listener = Listener(router, cast(Services, None))
        served.listener.listen(behind)
        there = f"http://127.0.0.1:{behind[0].getsockname()[1]}"
        answer = Elsewhere(there, None, Logins(tmp_path / "logins"), VERSION).answer
    rule = Rule(Upgrading("/base/"), PlatformSocket, {"prefix": "/base", "router": router, "answer": answer})
    server = HTTPServer(Application([rule]))
    server.add_sockets(sockets)
    served.url = f"ws://127.0.0.1:{served.port}/base"
    yield served
    server.stop()
    await server.close_all_connections()
    if served.listener is not None:
        await served.listener.drain()


async def test_messages_go_both_ways(served: Served) -> None:
    async with connect(f"{served.url}/socket", subprotocols=["a", "b"]) as client:  # type: ignore[list-item]
        assert client.subprotocol == "a"
        await client.send("héllo")
        assert [await client.recv(), await client.recv()] == ["héllo", "héllo"]
        for size in (0, 125, 126, 65535, 65536, 99_000):
            await client.send(b"x" * size)
            assert await client.recv() == b"x" * size
        await client.send(["in ", "two ", "frames"])
        assert [await client.recv(), await client.recv()] == ["in two frames"] * 2
        await (await client.ping())
    await asyncio.wait_for(served.ended.wait(), 20)


async def test_what_a_client_does_not_take_is_counted_and_dropped_with_it(served: Served) -> None:
    async with connect(f"{served.url}/socket", max_queue=1) as client:
        await client.send("here")
        await client.recv()
        (socket,) = served.open
        while socket.buffered < 2_000_000:
            socket.send(binary_frame(b"x" * 100_000))
        client.transport.abort()
    await asyncio.wait_for(served.ended.wait(), 20)
    socket.send(b"nobody gets this")


async def test_more_messages_than_are_taken_wait_at_their_sender(served: Served) -> None:
    async with connect(f"{served.url}/socket") as client:
        for number in range(500):
            await client.send(b"%d" % number)
        assert [await client.recv() for _ in range(500)] == [b"%d" % number for number in range(500)]


@pytest.mark.parametrize(("path", "status", "words"), [("/socket?no", 401, b"Not you."), ("/nowhere", 404, b"")])
async def test_a_handshake_is_refused_as_any_request_is(served: Served, path: str, status: int, words: bytes) -> None:
    with pytest.raises(websockets.InvalidStatus) as refused:
        await connect(served.url + path)
    assert refused.value.response.status_code == status
    assert words in refused.value.response.body


async def closing(served: Served, message: str | bytes) -> tuple[int | None, str | None]:
    async with connect(f"{served.url}/socket") as client:
        await client.send(message)
        with pytest.raises(websockets.ConnectionClosed):
            while True:
                await client.recv()
        return client.close_code, client.close_reason


async def test_each_end_has_its_code(served: Served) -> None:
    assert await closing(served, "bye") == (4001, "é" * 61)
    assert (await closing(served, "x" * 100_001))[0] in (1009, 1006)  # tornado cuts the connection there
    code, reason = await closing(served, "fail")
    assert code == 1011
    assert reason is not None and "secret" not in reason


# --- our own server -------------------------------------------------------------------------------------------------

alone = pytest.mark.parametrize("served", ["alone"], indirect=True)


@alone
async def test_what_follows_the_handshake_at_once_is_heard(served: Served) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    head = f"GET /socket HTTP/1.1\r\n{HANDSHAKE}Sec-WebSocket-Version: 13\r\n\r\n"
    writer.write(head.encode() + b"\x81\x82\0\0\0\0hi")
    answer = (await reader.readuntil(b"\r\n\r\n")).decode()
    assert answer.startswith("HTTP/1.1 101")
    assert "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in answer  # the example of RFC 6455 section 1.3
    assert await reader.readexactly(8) == text_frame(b"hi") * 2
    writer.write(b"\x81\x02hi")  # not masked, which a client must
    assert (await reader.read())[:1] == b"\x88"
    writer.close()


@alone
async def test_who_does_not_ask_for_a_websocket_is_told_to(served: Served) -> None:
    for lines in ("Host: x\r\n", f"{HANDSHAKE}Sec-WebSocket-Version: 8\r\n"):
        reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
        writer.write(f"GET /socket HTTP/1.1\r\n{lines}\r\n".encode())
        answer = (await reader.readuntil(b"\r\n\r\n")).decode()
        assert answer.startswith("HTTP/1.1 426")
        assert "Upgrade: websocket" in answer and "Sec-WebSocket-Version: 13" in answer
        writer.close()


@alone
async def test_clients_are_told_that_the_server_restarts(served: Served) -> None:
    assert served.listener is not None
    async with connect(f"{served.url}/socket") as client:
        await client.send("here")
        await client.recv()
        await served.listener.drain()
        with pytest.raises(websockets.ConnectionClosed):
            while True:
                await client.recv()
        assert client.close_code == 1012


@alone
async def test_a_silent_client_is_asked_and_then_given_up(served: Served) -> None:
    assert served.listener is not None
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    writer.write(f"GET /socket HTTP/1.1\r\n{HANDSHAKE}Sec-WebSocket-Version: 13\r\n\r\n".encode())
    await reader.readuntil(b"\r\n\r\n")
    (connection,) = served.listener._connections
    now = asyncio.get_running_loop().time()
    connection.check(now + 50)
    assert await reader.readexactly(2) == b"\x89\x00"
    connection.check(now + 100)
    await asyncio.wait_for(served.ended.wait(), 20)
    writer.close()
