"""The daemon's part: what one process sends, all the others get.

A frame is a length (four bytes, big-endian) and that many bytes. From a process they are anything; to it, the sender's
name of 16 characters comes first. A frame without a sender is a JSON array of the names of those who are connected. The
first byte of what a process sends says whether it may get lost (``LOSSY``) where another takes too little.
"""

from __future__ import annotations

import asyncio
import struct

import orjson

__all__ = ["HEAD", "LARGEST", "LOSSY", "LOSSY_BACKLOG_BYTES", "NAME", "SURE", "Relay", "frame"]

HEAD = struct.Struct("!I")
NAME = 16
LARGEST = 16 * 1024 * 1024
LOSSY, SURE = b"?", b"!"
LOSSY_BACKLOG_BYTES = 8 * 1024 * 1024
"""With so much underway to a process, what may get lost does: one tenant's flood cuts nobody's link."""

_NOBODY = b" " * NAME
_BACKLOG_BYTES = 32 * 1024 * 1024


def frame(data: bytes) -> bytes:
    """Bytes with their length before them."""
    return HEAD.pack(len(data)) + data


class Relay:
    """Everyone connected."""

    def __init__(self) -> None:
        self._nodes: dict[str, asyncio.StreamWriter] = {}

    async def serve(self, node: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One process, until it goes."""
        if len(node) != NAME or not node.isascii():
            return
        self._nodes[node] = writer
        self._tell_who()
        sender = node.encode()
        try:
            while True:
                (size,) = HEAD.unpack(await reader.readexactly(HEAD.size))
                if size > LARGEST:
                    return
                data = await reader.readexactly(size)
                self._hand_on(node, frame(sender + data), lossy=data[:1] == LOSSY)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            if self._nodes.get(node) is writer:
                del self._nodes[node]
                self._tell_who()

    def _tell_who(self) -> None:
        data = frame(_NOBODY + orjson.dumps(list(self._nodes)))
        for writer in self._nodes.values():
            writer.write(data)

    def _hand_on(self, node: str, data: bytes, *, lossy: bool) -> None:
        for other, writer in list(self._nodes.items()):
            if other == node:
                continue
            waiting = writer.transport.get_write_buffer_size()
            if lossy and waiting > LOSSY_BACKLOG_BYTES:
                continue
            if waiting > _BACKLOG_BYTES:
                writer.transport.abort()  # it does not read; connected anew, it asks for what it needs
            else:
                writer.write(data)
