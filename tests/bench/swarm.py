"""Many WebSocket clients in one process, which count frames and look into none.

``python swarm.py URL CLIENTS`` reads one JSON line with the join of each client (or null for servers that need none),
prints ``ready``, then for each line with a number waits until every client got so many frames, and prints, as JSON,
when each frame reached its last client and (``first``) the first client (``time.monotonic``, which all processes of a
machine share).
"""

from __future__ import annotations

import base64
import json
import os
import resource
import select
import selectors
import socket
import struct
import sys
import time
from urllib.parse import urlsplit

PONG = b"\x8a\x80\0\0\0\0"
HEARTBEAT = json.dumps([None, "0", "phoenix", "heartbeat", {}])


class Client:
    """One connection."""

    __slots__ = ("count", "data", "sock", "times")

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.data = b""
        self.count = 0
        self.times: list[float] = []

    def take(self, now: float) -> None:
        """Read what there is and count the frames that end in it."""
        try:
            data = self.sock.recv(1 << 18)
        except BlockingIOError:
            return
        if not data:
            raise ConnectionError("the server closed a connection")
        if self.data:
            data, self.data = self.data + data, b""
        at, size = 0, len(data)
        while at < size:
            if size - at < 2:
                break
            length, head = data[at + 1] & 0x7F, 2
            if length == 126:
                if size - at < 4:
                    break
                (length,), head = struct.unpack_from("!H", data, at + 2), 4
            elif length == 127:
                if size - at < 10:
                    break
                (length,), head = struct.unpack_from("!Q", data, at + 2), 10
            if at + head + length > size:
                break
            at += head + length
            if data[at - head - length] & 0x0F == 9:
                self.sock.sendall(PONG)
                continue
            self.count += 1
            self.times.append(now)
        self.data = data[at:]


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
    client = Client(sock)
    client.data = head.partition(b"\r\n\r\n")[2]
    return client


def waited(selector: selectors.EpollSelector, talking: list[Client]) -> str:
    """The next line; meanwhile the clients show that they live."""
    beat = time.monotonic()
    while not select.select([sys.stdin], [], [], 1)[0]:
        if time.monotonic() - beat > 15:
            beat = time.monotonic()
            for client in talking:
                client.sock.sendall(frame(HEARTBEAT))
        for key, _ in selector.select(0):
            key.data.take(time.monotonic())
    return sys.stdin.readline()


def main() -> None:
    url, number = sys.argv[1], int(sys.argv[2])
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    joins = json.loads(sys.stdin.readline())
    selector = selectors.EpollSelector()
    clients: list[Client] = []

    def pump(frames: int, among: list[Client], seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while any(client.count < frames for client in among):
            for key, _ in selector.select(0.1):
                key.data.take(time.monotonic())
            if time.monotonic() > deadline:
                raise TimeoutError(f"{sum(client.count >= frames for client in among)} of {len(among)} are there")

    for start in range(0, number, 200):  # a plan allows so many joins per second
        began = time.monotonic()
        fresh = [connect(url) for _ in range(min(200, number - start))]
        for client in fresh:
            selector.register(client.sock, selectors.EVENT_READ, client)
        clients += fresh
        if joins is not None:
            for place, client in enumerate(fresh, start):
                client.sock.sendall(frame(joins[place % len(joins)]))
            pump(2, fresh, 120)  # the reply and the system message
        time.sleep(max(0.0, 0.1 - (time.monotonic() - began)))
    print("ready", flush=True)
    while line := waited(selector, clients if joins is not None else []):
        for client in clients:
            client.count, client.times = 0, []
        print("counting", flush=True)
        frames = int(line)
        pump(frames, clients, 300)
        last = [max(client.times[place] for client in clients) for place in range(frames)]
        first = clients[0].times[:frames]
        print(json.dumps({"last": last, "first": first}), flush=True)


if __name__ == "__main__":
    main()
