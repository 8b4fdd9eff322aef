"""A room of two processes, and the relay between them."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import orjson
import pytest

from dbaas_server.rooms import Broadcast, Diff, Room
from dbaas_server.rooms import room as module
from dbaas_server.rooms.relay import HEAD, LOSSY, NAME, SURE, Relay, frame


class Listener:
    """A member that remembers."""

    def __init__(self) -> None:
        self.heard: list[Broadcast] = []
        self.noticed: list[dict[str, Any]] = []

    def hear(self, broadcast: Broadcast, shared: Any) -> None:
        self.heard.append(broadcast)

    def notice(self, diff: Diff, shared: Any) -> None:
        self.noticed.append(diff.as_json())


def test_a_full_room_is_told_in_pieces_and_noticed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PIECE_BYTES", 1_000)
    said: list[list[Any]] = []
    here, there = (
        Room("here", lambda message, *, lossy=False: said.append(message)),
        Room("there", lambda *_, **__: None),
    )
    for number in range(50):
        member = Listener()
        here.join(member)
        here.track(member, f"k{number}", {"text": "x" * 100})
    said.clear()
    here.tell_state()
    assert len(said) > 3
    assert all(len(orjson.dumps(message)) < 2_500 for message in said)
    listener = Listener()
    there.join(listener)
    for _ in range(2):  # told again, there is nothing new in it
        for message in said:
            there.heard("here", orjson.loads(orjson.dumps(message)))
    assert there.presences.state() == here.presences.state()
    assert [len(diff["joins"]) for diff in listener.noticed] == [50]


class Node:
    """A process at the relay."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    @classmethod
    async def connect(cls, path: Path, name: str) -> Node:
        reader, writer = await asyncio.open_unix_connection(str(path))
        writer.write(name.encode() + b"\n")
        node = cls(reader, writer)
        while name not in orjson.loads(await node.next()):
            pass
        return node

    async def next(self) -> bytes:
        async with asyncio.timeout(60):
            (size,) = HEAD.unpack(await self.reader.readexactly(HEAD.size))
            return (await self.reader.readexactly(size))[NAME:]

    async def message(self) -> bytes:
        """The next that another process sent."""
        while (data := await self.next())[:1] not in (LOSSY, SURE):
            pass
        return data


async def test_who_takes_nothing_loses_what_may_get_lost_and_nothing_else(tmp_path: Path) -> None:
    relay = Relay()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await relay.serve((await reader.readline()).decode().strip(), reader, writer)
        writer.close()

    path = tmp_path / "relay"
    server = await asyncio.start_unix_server(serve, path)
    one, slow = await Node.connect(path, "1" * NAME), await Node.connect(path, "2" * NAME)
    quick = await Node.connect(path, "3" * NAME)
    flood = LOSSY + b"x" * 1_000_000
    for number in range(40):
        one.writer.write(frame(flood))
        one.writer.write(frame(SURE + b"%d" % number))
        await one.writer.drain()
        assert await quick.message() == flood
        assert await quick.message() == SURE + b"%d" % number
    heard = []
    while SURE + b"39" not in heard:
        heard.append(await slow.message())
    assert [data for data in heard if data[:1] == SURE] == [SURE + b"%d" % number for number in range(40)]
    assert sum(data == flood for data in heard) < 40
    for node in (one, slow, quick):
        node.writer.close()
    server.close()
