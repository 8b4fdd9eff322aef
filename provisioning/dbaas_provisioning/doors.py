"""The ports of servers that sleep: whoever connects has the server started, and is led to it.

A sleeping server's port is listened on here, so that nothing else takes it and nobody is refused. Who came that way is
relayed for as long as the connection lasts, from before the engine asks for a password: it lets in whom it lets in.
Once the server runs it has its port itself, and this process nothing to do with who comes then.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import Awaitable, Callable
from uuid import UUID

from . import engines
from .engine import Engine
from .errors import DbaasError
from .nouns import Cluster, Endpoint

__all__ = ["Doors"]

log = logging.getLogger(__name__)

GREETING_SECONDS = 10.0
CONNECT_SECONDS = 10.0
MOST_WAITING = 200  # at one door: as many as come before a server runs
CHUNK_BYTES = 256 * 1024


class Doors:
    """Those of one supervisor.

    Args:
        wake: has a cluster started and says where it listens then.
    """

    def __init__(self, wake: Callable[[UUID], Awaitable[Endpoint]]) -> None:
        self._wake = wake
        self._listening: dict[UUID, asyncio.Server] = {}
        self._serving: set[asyncio.Task[None]] = set()
        self._waiting: Counter[UUID] = Counter()

    async def open(self, cluster: Cluster) -> None:
        """Listen where a sleeping server did. Safe to repeat; a port that somebody else has is left alone."""
        if cluster.id in self._listening or cluster.endpoint.port == 0:
            return
        engine = engines.engine(cluster.engine)
        try:
            self._listening[cluster.id] = await asyncio.start_server(
                lambda reader, writer: self._come(engine, cluster.id, reader, writer),
                cluster.endpoint.host, cluster.endpoint.port, limit=CHUNK_BYTES, reuse_address=True,
            )  # fmt: skip
        except OSError as error:
            log.warning("The sleeping cluster %s hears of nobody: %s", cluster.data_dir.name, error)

    def shut(self, cluster_id: UUID) -> None:
        """Leave the port to the server that is being started. Who came already goes on waiting."""
        if (listening := self._listening.pop(cluster_id, None)) is not None:
            listening.close()

    async def close(self) -> None:
        """Shut every door and let everybody go."""
        for cluster_id in list(self._listening):
            self.shut(cluster_id)
        for task in self._serving:
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)

    def _come(
        self, engine: Engine, cluster_id: UUID, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        if self._waiting[cluster_id] >= MOST_WAITING:
            writer.close()
            return
        task = asyncio.get_running_loop().create_task(self._serve(engine, cluster_id, reader, writer))
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)

    async def _serve(
        self, engine: Engine, cluster_id: UUID, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, TimeoutError), contextlib.closing(writer):
            self._waiting[cluster_id] += 1
            try:
                way = await self._lead(engine, cluster_id, reader, writer)
            finally:
                self._waiting[cluster_id] -= 1
            if way is not None:
                there, server = way
                with contextlib.closing(server):
                    await _relay((reader, server), (there, writer))

    async def _lead(
        self, engine: Engine, cluster_id: UUID, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        """The way to the server that was started; None for who came for nothing, or could not be served."""
        async with asyncio.timeout(GREETING_SECONDS):
            greeting = await engine.greet(reader, writer)
        if greeting is None:
            return None
        try:
            endpoint = await self._wake(cluster_id)
        except DbaasError as error:
            log.info("Who came to the sleeping cluster %s was turned away: %s", cluster_id, error.message)
            writer.write(engine.turn_away())
            await writer.drain()
            return None
        async with asyncio.timeout(CONNECT_SECONDS):
            there, server = await asyncio.open_connection(endpoint.host, endpoint.port, limit=CHUNK_BYTES)
        server.write(greeting)
        return there, server


async def _relay(*ways: tuple[asyncio.StreamReader, asyncio.StreamWriter]) -> None:
    """Both ways, until either side has gone."""
    tasks = [asyncio.ensure_future(_pass_on(*way)) for way in ways]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(CHUNK_BYTES):
        writer.write(data)
        await writer.drain()
