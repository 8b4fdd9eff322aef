"""A way to the server that can be cut, for tests of what clients do then."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

__all__ = ["Proxy"]


class Proxy:
    """A way to the server that can be cut."""

    def __init__(self, url: str) -> None:
        self._to = urlsplit(url)
        self._open: list[asyncio.StreamWriter] = []
        self.connections = 0
        self.refuse = False

    async def __aenter__(self) -> Proxy:
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        self.cut()

    def cut(self) -> None:
        for writer in self._open:
            writer.transport.abort()
        self._open.clear()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.refuse:
            writer.transport.abort()
            return
        self.connections += 1
        there, back = await asyncio.open_connection(self._to.hostname, self._to.port)
        self._open += [writer, back]

        async def pump(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
            try:
                while data := await source.read(65536):
                    target.write(data)
                    await target.drain()
            except ConnectionError:
                pass
            target.close()

        await asyncio.gather(pump(reader, back), pump(there, writer))
