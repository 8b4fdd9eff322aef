"""Results that stay open and stand in nobody's way.

A cursor holds a lock on every table it reads, which a change of a table's definition has to wait for. Whoever reads on
can open the result again; whoever waits can only wait. A file on its way out does the same, at the pace of whoever
takes it, and cannot be begun again: it is stopped once somebody has waited for a while.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager

from dbaas_provisioning.errors import DbaasError, Unavailable

from ..errors import ConnectionLost
from ..wire import Wire
from .cursor import Cursor

__all__ = ["Standing"]

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.5
PATIENCE_SECONDS = 10
"""That somebody waits for a file on its way out."""

Connect = Callable[[], Awaitable[Wire]]


class Standing:
    """The open cursors and files of one database. While there are any, it looks whether somebody waits for one.

    Args:
        connect: makes a connection of its own: on any other it might stand in line behind those who wait.
    """

    def __init__(self, connect: Connect) -> None:
        self._connect = connect
        self._cursors: set[Cursor] = set()
        self._files: dict[int, Wire] = {}
        self._stopped: set[Wire] = set()
        self._task: asyncio.Task[None] | None = None

    def add(self, cursor: Cursor) -> None:
        """One more is open."""
        self._cursors.add(cursor)
        self._begin()

    @asynccontextmanager
    async def beside(self, wire: Wire) -> AsyncGenerator[None]:
        """A file is on its way out on a connection. Raises ``Unavailable`` (``export_stopped``)."""
        backend = wire.pgconn.backend_pid
        self._files[backend] = wire
        self._begin()
        try:
            yield
        except DbaasError:
            if wire in self._stopped:
                raise Unavailable(
                    "export_stopped", "The export was stopped: somebody waited for what it reads.", hint="Try again."
                ) from None
            raise
        finally:
            self._files.pop(backend, None)
            self._stopped.discard(wire)

    def ended(self, cursor: Cursor) -> None:
        """One is closed."""
        self._cursors.discard(cursor)

    async def close(self) -> None:
        """Close all of them."""
        if self._task is not None:
            self._task.cancel()
        await asyncio.gather(*(cursor.close() for cursor in list(self._cursors)), return_exceptions=True)

    def _begin(self) -> None:
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._watch())

    async def _watch(self) -> None:
        while self._cursors or self._files:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                wire = await self._connect()
            except (DbaasError, ConnectionLost) as error:  # the engine is away, and so are its locks
                log.info("could not look for who waits: %s", error)
                continue
            try:
                while self._cursors or self._files:
                    await self._look(wire)
                    await asyncio.sleep(LOOK_SECONDS)
            except (DbaasError, ConnectionLost) as error:
                log.info("could not look for who waits: %s", error)
            finally:
                wire.close()

    async def _look(self, wire: Wire) -> None:
        idle = {cursor.backend: cursor for cursor in self._cursors if not cursor.busy}
        if not idle and not self._files:
            return
        (result,) = await wire.execute(_waited_for([*idle, *self._files]))
        for row in range(result.ntuples):
            backend = int(result.get_value(row, 0) or 0)
            cursor, file = idle.get(backend), self._files.get(backend)
            if cursor is not None and not cursor.busy:
                await cursor.close()
            elif file is not None and result.get_value(row, 1) == b"t":
                # The engine hears no cancellation while it waits for its client to read.
                self._stopped.add(file)
                file.abandon()


def _waited_for(backends: list[int]) -> bytes:
    """Which of these backends hold a table, or a lock of somebody's own making, that somebody else cannot have
    meanwhile; and whether he has waited for long.
    """
    listed = ", ".join(map(str, backends))
    return (
        f"select held.pid, min(waiting.waitstart) < clock_timestamp() - interval '{PATIENCE_SECONDS} seconds'"
        " from pg_locks held join pg_locks waiting on waiting.locktype = held.locktype"
        " and waiting.database = held.database and waiting.pid <> held.pid"
        " and (waiting.relation = held.relation or held.locktype = 'advisory' and (waiting.classid, waiting.objid,"
        " waiting.objsubid) = (held.classid, held.objid, held.objsubid))"
        " where held.granted and not waiting.granted and held.locktype in ('relation', 'advisory')"
        f" and held.pid in ({listed}) group by held.pid"
    ).encode()
