"""A way to a MongoDB server on which answers get lost: the request arrives, is carried out, and the connection ends."""

from __future__ import annotations

import asyncio
import contextlib

__all__ = ["LossyWay"]


class LossyWay:
    """Carries connections on loopback to a server.

    Attributes:
        port: where to reach it through here.
        lose: of how many requests that are told by :attr:`marker` the answer is still to be lost.
        marker: what such a request contains, such as ``b"insert\\\\0"``.
        lost: how many answers were.
    """

    def __init__(self, host: str, port: int) -> None:
        self._to = (host, port)
        self._writers: set[asyncio.StreamWriter] = set()
        self.marker, self.lose, self.lost = b"", 0, 0

    async def __aenter__(self) -> LossyWay:
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", 0)
        self.port = int(self._server.sockets[0].getsockname()[1])
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for writer in self._writers:
            writer.transport.abort()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(*self._to)
        self._writers |= {writer, back}
        doomed = False

        async def ask() -> None:
            nonlocal doomed
            while data := await reader.read(1 << 20):
                if self.lose and self.marker and self.marker in data:
                    self.lose -= 1
                    doomed = True
                back.write(data)
                await back.drain()
            back.close()

        async def answer() -> None:
            while data := await there.read(1 << 20):
                if doomed:
                    self.lost += 1
                    writer.transport.abort()
                    back.transport.abort()
                    return
                writer.write(data)
                await writer.drain()
            writer.close()

        with contextlib.suppress(ConnectionError):
            await asyncio.gather(ask(), answer(), return_exceptions=True)
        self._writers -= {writer, back}
