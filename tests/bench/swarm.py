"""Many WebSocket clients in one process, which count frames and look into none.

``python swarm.py URL CLIENTS`` reads one JSON line with the join of each client (or null for servers that need none),
prints ``ready``, then for each line with a number waits until every client got so many frames, and prints, as JSON,
when each frame reached its last client and (``first``) the first client (``time.monotonic``, which all processes of a
machine share).

The clients share a machine with what they measure, so they are as cheap as they can be: one buffer for all, one
``epoll``, no object per frame.
"""

from __future__ import annotations

import base64
import json
import os
import resource
import select
import socket
import struct
import sys
import time
from urllib.parse import urlsplit

PONG = b"\x8a\x80\0\0\0\0"
HEARTBEAT = json.dumps([None, "0", "phoenix", "heartbeat", {}])
READ_BYTES = 1 << 16
LONGEST_HEAD = 10
TOGETHER = 512  # clients read from between two looks at the kernel
PING = 9


class Client:
    """One connection.

    Attributes:
        count: frames that came since the last :meth:`Swarm.expect`.
        ahead: bytes of a frame that are still to come; it began before.
        head: the beginning of a frame of which not even its size is known.
    """

    __slots__ = ("ahead", "count", "head", "sock")

    def __init__(self, sock: socket.socket, head: bytes) -> None:
        self.sock = sock
        self.count = 0
        self.ahead = 0
        self.head = head


class Swarm:
    """All of them."""

    def __init__(self) -> None:
        self.clients: list[Client] = []
        self.last: list[float] = []
        self.first: list[float] = []
        self._by_descriptor: dict[int, Client] = {}
        self._poll = select.epoll()
        self._buffer = bytearray(READ_BYTES)
        self._wanted = 0
        self._missing = 0

    def add(self, client: Client) -> None:
        """One more."""
        self.clients.append(client)
        self._by_descriptor[client.sock.fileno()] = client
        self._poll.register(client.sock.fileno(), select.EPOLLIN)

    def expect(self, frames: int, among: list[Client]) -> None:
        """Count from now on, until each of these got so many."""
        self._wanted, self._missing = frames, len(among)
        self.last, self.first = [0.0] * frames, [0.0] * frames
        for client in self.clients:
            client.count = frames  # nobody waits for it
        for client in among:
            client.count = 0

    def pump(self, seconds: float) -> None:
        """Read until everything that is expected came."""
        deadline = time.monotonic() + seconds
        while self._missing:
            self.read(0.1)
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self._missing} clients did not get {self._wanted} frames")

    def read(self, seconds: float) -> None:
        """Read what there is, or what comes first."""
        for descriptor, _ in self._poll.poll(seconds, TOGETHER):
            client = self._by_descriptor[descriptor]
            try:
                size = client.sock.recv_into(self._buffer)
            except BlockingIOError:
                continue
            if not size:
                raise ConnectionError("the server closed a connection")
            if found := self._frames(client, size):
                self._note(client, found)

    def _frames(self, client: Client, size: int) -> int:
        """How many frames end in what was read."""
        at = client.ahead
        if at > size:
            client.ahead = at - size
            return 0
        found = 1 if at else 0
        data: bytes | bytearray = self._buffer
        if client.head:
            data, client.head = client.head + data[:size], b""
            size = len(data)
        while at < size:
            length = data[at + 1] & 0x7F if at + 1 < size else 0
            start = at + (2 if length < 126 else 4 if length == 126 else LONGEST_HEAD)
            if at + 1 >= size or start > size:
                client.head = bytes(data[at:size])
                break
            if length == 126:
                length = data[at + 2] << 8 | data[at + 3]
            elif length == 127:
                (length,) = struct.unpack_from("!Q", data, at + 2)
            if data[at] & 0x0F == PING:
                client.sock.sendall(PONG)
                found -= 1
            at = start + length
            found += 1
        if at > size:
            client.ahead = at - size
            return found - 1
        client.ahead = 0
        return found

    def _note(self, client: Client, found: int) -> None:
        now = time.monotonic()
        before = client.count
        if before >= self._wanted:
            return
        after = client.count = before + found
        for place in range(before, min(after, self._wanted)):
            self.last[place] = now  # the clock does not go back
        if client is self.clients[0]:
            for place in range(before, min(after, self._wanted)):
                self.first[place] = now
        if after >= self._wanted:
            self._missing -= 1


def frame(text: str) -> bytes:
    data = text.encode()
    head = struct.pack("!BB", 0x81, 0x80 | len(data)) if len(data) < 126 else struct.pack("!BBH", 0x81, 0xFE, len(data))
    return head + b"\0\0\0\0" + data


def connect(url: str) -> Client:
    parts = urlsplit(url)
    sock = socket.create_connection((parts.hostname or "", parts.port or 80), timeout=60)
    path = f"{parts.path}?{parts.query}" if parts.query else parts.path
    key = base64.b64encode(os.urandom(16)).decode()
    sock.sendall(
        f"GET {path} HTTP/1.1\r\nHost: {parts.netloc}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
    )
    head = b""
    while b"\r\n\r\n" not in head:
        head += sock.recv(4096)
    if b" 101 " not in head.partition(b"\r\n")[0]:
        raise ConnectionError(head.decode())
    sock.setblocking(False)
    return Client(sock, head.partition(b"\r\n\r\n")[2])


def waited(swarm: Swarm, *, talking: bool) -> str:
    """The next line; meanwhile the clients show that they live."""
    beat = time.monotonic()
    while not select.select([sys.stdin], [], [], 1)[0]:
        if talking and time.monotonic() - beat > 15:
            beat = time.monotonic()
            swarm.expect(1, swarm.clients)
            for client in swarm.clients:
                client.sock.sendall(frame(HEARTBEAT))
            swarm.pump(60)  # so that no answer is taken for a change
        swarm.read(0)
    return sys.stdin.readline()


def main() -> None:
    url, number = sys.argv[1], int(sys.argv[2])
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    joins = json.loads(sys.stdin.readline())
    swarm = Swarm()
    for start in range(0, number, 200):  # a plan allows so many joins per second
        began = time.monotonic()
        fresh = [connect(url) for _ in range(min(200, number - start))]
        for client in fresh:
            swarm.add(client)
        if joins is not None:
            swarm.expect(2, fresh)  # the reply and the system message
            for place, client in enumerate(fresh, start):
                client.sock.sendall(frame(joins[place % len(joins)]))
            swarm.pump(120)
        time.sleep(max(0.0, 0.1 - (time.monotonic() - began)))
    print("ready", flush=True)
    while line := waited(swarm, talking=joins is not None):
        swarm.expect(int(line), swarm.clients)
        print("counting", flush=True)
        swarm.pump(300)
        print(json.dumps({"last": swarm.last, "first": swarm.first}), flush=True)


if __name__ == "__main__":
    main()
