"""A network between a client and a server that a test can cut."""

from __future__ import annotations

import asyncio
import contextlib
from urllib.parse import urlsplit, urlunsplit

__all__ = ["Network"]


class Network:
    """Carries connections on loopback to a server.

    Args:
        to: the server's URL.

    Attributes:
        url: where to reach the server through this network.
        connections: how many there were.
    """

    def __init__(self, to: str) -> None:
        self._to = urlsplit(to)
        self._pumps: dict[asyncio.Task[None], tuple[asyncio.StreamWriter, asyncio.StreamWriter]] = {}
        self.connections = 0

    async def __aenter__(self) -> Network:
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        self.url = urlunsplit(self._to._replace(netloc=f"127.0.0.1:{port}"))
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        self.cut()
        await asyncio.gather(*self._pumps, return_exceptions=True)

    def cut(self) -> None:
        """Reset every connection."""
        for writers in self._pumps.values():
            for writer in writers:
                writer.transport.abort()

    def freeze(self) -> None:
        """Carry nothing more over the connections there are, and tell neither side."""
        for task in self._pumps:
            task.cancel()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        there, back = await asyncio.open_connection(self._to.hostname, self._to.port)
        for source, target in ((reader, back), (there, writer)):
            task = asyncio.get_running_loop().create_task(_pump(source, target))
            self._pumps[task] = (writer, back)


async def _pump(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await source.read(65536):
            target.write(data)
            await target.drain()
    target.close()
