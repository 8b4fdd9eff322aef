"""A WebSocket's sending: at once while the client takes it, kept in order while it does not."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator

import pytest

from dbaas_server.http1.socket import Socket
from waiting import until_true

PIECE = b"0123456789abcdef" * 4096


class Protocol(asyncio.Protocol):
    """Tells the socket what a connection tells it."""

    socket: Socket

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.socket = Socket(transport, 1000)

    def connection_lost(self, error: Exception | None) -> None:
        self.socket.lost()


@pytest.fixture
async def ends() -> AsyncIterator[tuple[Socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    transport, protocol = await asyncio.get_running_loop().connect_accepted_socket(Protocol, ours)
    with theirs:
        yield protocol.socket, theirs
    transport.abort()


async def test_bytes_keep_their_order_whether_they_wait_or_not(ends: tuple[Socket, socket.socket]) -> None:
    sender, client = ends
    sent, heard, went = [], bytearray(), []
    loop = asyncio.get_running_loop()
    client.setblocking(False)
    for turn in range(3):
        while not sender.buffered:  # until the client's and the system's buffers are full
            sent.append(b"%d:%d" % (turn, len(sent)) + PIECE)
            went.append(sender.send(sent[-1]))
        assert went[-1] is False
        sent.append(b"behind")
        assert not sender.send(sent[-1])
        while len(heard) < sum(map(len, sent)):
            heard += await loop.sock_recv(client, 1 << 20)
        await until_true(lambda: not sender.buffered, lambda: "something waits")
        sent += [b"again", b"and again"]
        went += [sender.send(data) for data in sent[-2:]]
        assert went[-2:] == [True, True]
    while len(heard) < sum(map(len, sent)):
        heard += await loop.sock_recv(client, 1 << 20)
    assert bytes(heard) == b"".join(sent)
    assert sender.sent == len(heard)


async def test_nothing_is_sent_on_a_connection_that_is_gone(ends: tuple[Socket, socket.socket]) -> None:
    sender, client = ends
    assert sender.send(b"hello")
    client.close()
    async with asyncio.timeout(20):
        while sender.send(b"who is there?"):
            await asyncio.sleep(0)
        assert await sender.receive() is None
    sent = sender.sent
    assert not sender.send(b"nobody")
    assert sender.sent == sent


async def test_a_socket_that_was_closed_takes_nothing_more(ends: tuple[Socket, socket.socket]) -> None:
    sender, client = ends
    sender.send(b"hello")
    sender.close(1000, "bye")
    assert not sender.send(b"nobody")
    loop = asyncio.get_running_loop()
    client.setblocking(False)
    heard = b""
    while data := await loop.sock_recv(client, 1000):
        heard += data
    assert heard == b"hello\x88\x05" + (1000).to_bytes(2) + b"bye"


async def test_a_client_that_is_still_sending_reads_why_it_was_closed(ends: tuple[Socket, socket.socket]) -> None:
    sender, client = ends
    loop = asyncio.get_running_loop()
    client.setblocking(False)
    heard = bytearray()
    frame = b"\x81\xfe\x03\xe8" + bytes(4) + b"x" * 1_000  # as large as a message may be
    sender.feed(b"\x81\xfe\x03\xe9" + bytes(4) + b"x" * 1_001)
    with contextlib.suppress(OSError):  # it stops when the other end does
        for _ in range(1_000):
            await loop.sock_sendall(client, frame)
    while data := await loop.sock_recv(client, 1 << 16):
        heard += data
    assert heard[:1] == b"\x88"
    assert int.from_bytes(heard[2:4]) == 1009


async def test_many_pings_of_a_client_that_reads_nothing_fill_no_memory(ends: tuple[Socket, socket.socket]) -> None:
    sender, _ = ends
    while not sender.buffered:
        sender.send(PIECE)
    sender.send(PIECE)
    before = sender.buffered
    for _ in range(100):
        sender.feed(b"\x89\x80" + bytes(4))
    assert 0 < sender.buffered - before < 100, "some are answered: it may be there, only slow"


async def test_under_tls_bytes_go_through_the_transport() -> None:
    class Encrypted(asyncio.Transport):
        """Takes bytes as asyncio's TLS transport does."""

        def __init__(self, plain: socket.socket) -> None:
            super().__init__({"socket": plain, "sslcontext": ssl.create_default_context()})
            self.taken = b""

        def write(self, data: bytes | bytearray | memoryview) -> None:
            self.taken += bytes(data)

        def get_write_buffer_size(self) -> int:
            return 0

        def is_closing(self) -> bool:
            return False

    ours, theirs = socket.socketpair()
    with ours, theirs:
        transport = Encrypted(ours)
        sender = Socket(transport, 1000)
        for data in (b"one", b"two"):
            sender.send(data)
        assert transport.taken == b"onetwo"
        theirs.setblocking(False)
        with pytest.raises(BlockingIOError):
            theirs.recv(10)
