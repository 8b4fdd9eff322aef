"""The stand-alone server's HTTP/1.1, byte by byte, over real sockets."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from itertools import pairwise
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dbaas_provisioning.errors import Unauthorized
from dbaas_server.engine import QueryError
from dbaas_server.http import Request, Response
from dbaas_server.routing import Guard, Route, Router
from dbaas_server.services import Services
from dbaas_server.standalone import Listener, loopback_sockets

CHUNK = b"x" * 65536


class Server:
    """A listener with routes of this test's own, and what its handlers saw."""

    def __init__(self) -> None:
        self.cancelled = asyncio.Event()
        self.begun = asyncio.Event()
        self.produced = 0

    async def echo(self, request: Request, services: Services) -> Response:
        return Response(200, await request.body(), [("Content-Type", "text/plain"), ("X-Query", request.query)])

    async def counted(self, request: Request, services: Services) -> Response:
        return Response(200, b"%d" % sum([len(chunk) async for chunk in request.stream()]))

    async def early(self, request: Request, services: Services) -> Response:
        raise Unauthorized("unauthorized", "Not you.")

    async def endless(self, request: Request, services: Services) -> Response:
        async def body() -> AsyncGenerator[bytes]:
            try:
                while True:
                    self.produced += 1
                    yield CHUNK
            finally:
                self.cancelled.set()

        return Response(200, body())

    async def long(self, request: Request, services: Services) -> Response:
        return Response(200, bytes(50_000_000))

    async def parts(self, request: Request, services: Services) -> Response:
        async def body() -> AsyncGenerator[bytes]:
            for part in (b"one", b"", b"two"):
                yield part

        return Response(200, body())

    async def waiting(self, request: Request, services: Services) -> Response:
        self.begun.set()
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            self.cancelled.set()
        raise AssertionError

    async def broken(self, request: Request, services: Services) -> Response:
        return Response(200, b"", [("X-Split", "a\r\nSet-Cookie: b")])

    async def cut(self, request: Request, services: Services) -> Response:
        async def body() -> AsyncGenerator[bytes]:
            yield b"one"
            raise QueryError("22012", "division of the value of a person by zero")

        return Response(200, body())

    def routes(self) -> tuple[Route, ...]:
        def route(name: str, handler: Callable[[Request, Services], Awaitable[Response]], **more: Any) -> Route:
            return Route(f"/{name}", Guard.public, dict.fromkeys(("GET", "HEAD", "POST"), handler), **more)

        names = ("echo", "early", "endless", "long", "parts", "waiting", "broken", "cut")
        return (*(route(name, getattr(self, name)) for name in names), route("counted", self.counted, max_body=0))


@pytest.fixture
async def served() -> AsyncIterator[tuple[Server, Listener, int]]:
    server = Server()
    listener = Listener(Router(server.routes()), cast(Services, None))
    sockets = loopback_sockets(0)
    port = sockets[0].getsockname()[1]
    listener.listen(sockets)
    yield server, listener, port
    await listener.drain()


async def talk(port: int, *parts: bytes, until: int = 1) -> list[tuple[int, dict[str, str], bytes]]:
    """Send bytes as they are; read ``until`` responses, or all until the server ends the connection (0)."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        with contextlib.suppress(ConnectionError):  # cut off before it was all sent
            for part in parts:
                writer.write(part)
                await writer.drain()
        answers = []
        while until == 0 or len(answers) < until:
            answer = await read_answer(reader)
            if answer is None:
                break
            answers.append(answer)
        return answers
    finally:
        writer.close()


async def read_answer(reader: asyncio.StreamReader, *, head: bool = False) -> tuple[int, dict[str, str], bytes] | None:
    try:
        raw = await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, ConnectionResetError):
        return None
    first, *lines = raw.decode("latin-1").strip().split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    status = int(first.split()[1])
    if head or status in (100, 204, 304):
        return status, headers, b""
    if headers.get("transfer-encoding") == "chunked":
        body = b""
        while size := int(await reader.readline(), 16):
            body += await reader.readexactly(size)
            await reader.readline()
        await reader.readline()
        return status, headers, body
    if "content-length" in headers:
        return status, headers, await reader.readexactly(int(headers["content-length"]))
    return status, headers, await reader.read()


def post(path: str, body: bytes, *headers: str) -> bytes:
    lines = "".join(f"{header}\r\n" for header in headers)
    return f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n{lines}\r\n".encode() + body


GET = "GET {} HTTP/1.1\r\nHost: x\r\n{}\r\n"


def get(path: str, *headers: str) -> bytes:
    return GET.format(path, "".join(f"{header}\r\n" for header in headers)).encode()


Served = tuple[Server, Listener, int]


async def test_requests_sent_at_once_are_answered_in_order(served: Served) -> None:
    sent = b"".join(post(f"/echo?{number}", b"body %d" % number) for number in range(50))
    answers = await talk(served[2], sent, until=50)
    assert [(status, body) for status, _, body in answers] == [(200, b"body %d" % number) for number in range(50)]
    assert [headers["x-query"] for _, headers, _ in answers] == [str(number) for number in range(50)]


REQUESTS = (
    post("/echo?a", b"first")
    + b"POST /echo?b HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nsome\r\n5\r\n more\r\n0\r\n\r\n"
    + get("/parts")
    + get("/nowhere")
    + get("/echo?c")
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(1, len(REQUESTS) - 1), max_size=12))
async def test_where_packets_end_makes_no_difference(served: Served, cuts: list[int]) -> None:
    places = [0, *sorted(set(cuts)), len(REQUESTS)]
    parts = [REQUESTS[start:end] for start, end in pairwise(places)]
    answers = await talk(served[2], *parts, until=5)
    assert [status for status, _, _ in answers] == [200, 200, 200, 404, 200]
    assert [body for _, _, body in answers[:3]] == [b"first", b"some more", b"onetwo"]


async def test_what_cuts_an_answer_off_is_told_without_values(served: Served, caplog: pytest.LogCaptureFixture) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", served[2])
    writer.write(get("/cut"))
    with contextlib.suppress(ConnectionResetError):
        assert not (await reader.read()).endswith(b"0\r\n\r\n")
    writer.close()
    [told] = [record for record in caplog.records if "cut off" in record.getMessage()]
    assert "22012" in told.getMessage() and told.exc_info is None
    assert "person" not in caplog.text


async def test_a_head_request_gets_no_body(served: Served) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", served[2])
    for _ in range(3):
        writer.write(get("/parts").replace(b"GET", b"HEAD"))
        answer = await read_answer(reader, head=True)
        assert answer is not None and answer[0] == 200
    writer.write(get("/echo"))
    answer = await read_answer(reader)
    assert answer is not None and (answer[0], answer[2]) == (200, b"")
    writer.close()


async def test_who_expects_to_be_asked_for_the_body_is_asked(served: Served) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", served[2])
    writer.write(b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n")
    assert (await read_answer(reader))[0] == 100  # type: ignore[index]
    writer.write(b"body")
    assert (await read_answer(reader))[2] == b"body"  # type: ignore[index]
    writer.close()
    (refused,) = await talk(
        served[2], b"POST /early HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n"
    )
    assert (refused[0], refused[1]["connection"]) == (401, "close")


async def test_an_old_client_is_served(served: Served) -> None:
    (answer,) = await talk(served[2], b"GET /echo HTTP/1.0\r\n\r\n", until=0)
    assert (answer[0], answer[1]["connection"]) == (200, "close")
    (answer,) = await talk(served[2], b"GET /parts HTTP/1.0\r\n\r\n", until=0)
    assert answer[2] == b"onetwo"
    answers = await talk(served[2], b"GET /echo HTTP/1.0\r\nConnection: keep-alive\r\n\r\n" * 2, until=2)
    assert [headers["connection"] for _, headers, _ in answers] == ["keep-alive"] * 2


@pytest.mark.parametrize(
    "sent",
    [
        b"nonsense\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost : x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n folded\r\n\r\n",
        b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc",
    ],
)
async def test_what_is_no_request_is_refused_and_nothing_after_it_is_read(served: Served, sent: bytes) -> None:
    answers = await talk(served[2], sent + get("/echo"), until=0)
    assert [(status, headers["connection"]) for status, headers, _ in answers] == [(400, "close")]


@pytest.mark.parametrize(
    "body", ["Transfer-Encoding: gzip\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n-4\r\nbody\r\n0\r\n\r\n"]
)
async def test_a_body_without_a_clear_end_ends_the_connection(served: Served, body: str) -> None:
    sent = f"POST /echo HTTP/1.1\r\nHost: x\r\n{body}".encode()
    assert await talk(served[2], sent + get("/echo"), until=0) == []


async def test_what_was_asked_before_nonsense_is_answered(served: Served) -> None:
    answers = await talk(served[2], get("/echo") + b"nonsense\r\n\r\n", until=0)
    assert [(status, headers["connection"]) for status, headers, _ in answers] == [(200, "close")]


@pytest.mark.parametrize("begun", ["GET /", "GET /echo HTTP/1.1\r\nHost: x\r\nA: "])
async def test_a_head_without_end_is_refused(served: Served, begun: str) -> None:
    answers = await talk(served[2], begun.encode(), *[b"x" * 20_000] * 40, until=0)
    assert [status for status, _, _ in answers] == [431]


async def test_an_answer_that_would_forge_headers_is_not_sent(served: Served) -> None:
    assert await talk(served[2], get("/broken"), until=0) == []


async def test_a_refusal_is_read_by_who_still_sends(served: Served) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", served[2])
    writer.write(b"POST /early HTTP/1.1\r\nHost: x\r\nContent-Length: 50000000\r\n\r\n")
    for _ in range(20):
        writer.write(CHUNK)
        await writer.drain()
    answer = await read_answer(reader)
    assert answer is not None and (answer[0], answer[1]["connection"]) == (401, "close")
    writer.close()


async def test_a_long_body_arrives_whole(served: Served) -> None:
    (answer,) = await talk(served[2], post("/counted", CHUNK * 100))
    assert answer[2] == b"6553600"


async def test_a_client_that_leaves_ends_its_handler(served: Served) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", served[2])
    writer.write(get("/waiting"))
    await served[0].begun.wait()
    writer.close()
    await asyncio.wait_for(served[0].cancelled.wait(), 20)


async def test_a_client_that_takes_nothing_holds_its_producer_back(served: Served) -> None:
    server, listener, port = served
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.sendall(get("/endless"))
        before = -1
        while server.produced != before or not server.produced:  # until it stands still
            before = server.produced
            await asyncio.sleep(0.1)
        assert server.produced < 400  # 25 MB: buffers of the kernel, and little more
        (connection,) = listener._connections
        now = asyncio.get_running_loop().time()
        connection.check(now)
        assert not server.cancelled.is_set()
        connection.check(now + 61)
        await asyncio.wait_for(server.cancelled.wait(), 20)


async def test_a_connection_nobody_uses_is_closed(served: Served) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", served[2])
    writer.write(get("/echo"))
    assert await read_answer(reader) is not None
    (connection,) = served[1]._connections
    now = asyncio.get_running_loop().time()
    connection.check(now + 200)
    writer.write(get("/echo"))
    assert await read_answer(reader) is not None
    connection.check(now + 1000)
    assert await asyncio.wait_for(reader.read(), 20) == b""
    writer.close()


async def test_a_wish_for_http_2_is_answered_in_http_1(served: Served) -> None:
    asked = ("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__")
    sent = post("/echo?a", b"first", *asked) + get("/echo?b", *asked) + post("/echo?c", b"third")
    for parts in ([sent], [sent[:30], sent[30:-3], sent[-3:]]):
        answers = await talk(served[2], *parts, until=3)
        assert [(status, body) for status, _, body in answers] == [(200, b"first"), (200, b""), (200, b"third")]


async def test_what_trails_a_body_is_no_header_and_has_an_end(served: Served) -> None:
    chunked = b"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n"
    (answer,) = await talk(served[2], chunked + b"Apikey: z\r\nX: y\r\n\r\n")
    assert (answer[0], answer[2]) == (200, b"body")
    for field in (b"a: b\r\n" * 5_000, b"a: " + b"x" * 30_000):
        assert await talk(served[2], chunked, *[field] * 20, until=0) == []


async def test_a_body_wrapped_in_much_else_is_not_read_to_its_end(served: Served) -> None:
    head = b"POST /counted HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    padded = b"1;" + b"e" * 1000 + b"\r\nx\r\n"
    assert await talk(served[2], head, *[padded * 50] * 20, until=0) == []
    (answer,) = await talk(served[2], head + b"1\r\nx\r\n" * 5_000 + b"0\r\n\r\n")
    assert answer[2] == b"5000"


@pytest.mark.parametrize("lines", ["", "Host: x\r\nHost: y\r\n"])
async def test_a_request_has_one_host(served: Served, lines: str) -> None:
    (answer,) = await talk(served[2], f"GET /echo HTTP/1.1\r\n{lines}\r\n".encode(), until=0)
    assert (answer[0], answer[1]["connection"]) == (400, "close")


async def test_who_sends_byte_by_byte_is_given_up(served: Served) -> None:
    for begun in (b"GET /echo", b"POST /counted HTTP/1.1\r\nHost: x\r\nContent-Length: 900000\r\n\r\n"):
        reader, writer = await asyncio.open_connection("127.0.0.1", served[2])
        writer.write(begun)
        while not served[1]._connections:
            await asyncio.sleep(0)
        (connection,) = served[1]._connections
        await asyncio.sleep(0.05)
        connection.check(asyncio.get_running_loop().time() + 61)
        assert await asyncio.wait_for(reader.read(), 20) == b""
        writer.close()


async def test_an_answer_on_its_way_arrives_when_the_server_ends(served: Served) -> None:
    with socket.create_connection(("127.0.0.1", served[2])) as client:
        client.sendall(get("/long"))
        client.setblocking(False)
        loop = asyncio.get_running_loop()
        got = len(await loop.sock_recv(client, 1024))
        draining = asyncio.create_task(served[1].drain())
        await asyncio.sleep(5.5)  # longer than silent connections are left
        while data := await loop.sock_recv(client, 1 << 20):
            got += len(data)
        await draining
    assert got > 50_000_000


async def test_what_is_under_way_finishes_when_the_server_ends(served: Served) -> None:
    _, listener, port = served
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbo")
    while not listener._connections:
        await asyncio.sleep(0)
    draining = asyncio.create_task(listener.drain())
    await asyncio.sleep(0)
    writer.write(b"dy")
    answer = await read_answer(reader)
    assert answer is not None and (answer[2], answer[1]["connection"]) == (b"body", "close")
    await draining
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", port)
