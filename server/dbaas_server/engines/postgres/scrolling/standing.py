"""Results that stay open and stand in nobody's way.

A cursor holds a lock on every table it reads, which a change of a table's definition has to wait for. Whoever reads on
can open the result again; whoever waits can only wait.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from dbaas_provisioning.errors import DbaasError

from ..errors import ConnectionLost
from ..wire import Wire
from .cursor import Cursor

__all__ = ["Standing"]

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.5

Connect = Callable[[], Awaitable[Wire]]


class Standing:
    """The open cursors of one database. While there are any, it looks whether somebody waits for one of them.

    Args:
        connect: makes a connection of its own: on any other it might stand in line behind those who wait.
    """

    def __init__(self, connect: Connect) -> None:
        self._connect = connect
        self._cursors: set[Cursor] = set()
        self._task: asyncio.Task[None] | None = None

    def add(self, cursor: Cursor) -> None:
        """One more is open."""
        self._cursors.add(cursor)
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._watch())

    def ended(self, cursor: Cursor) -> None:
        """One is closed."""
        self._cursors.discard(cursor)

    async def close(self) -> None:
        """Close all of them."""
        if self._task is not None:
            self._task.cancel()
        await asyncio.gather(*(cursor.close() for cursor in list(self._cursors)), return_exceptions=True)

    async def _watch(self) -> None:
        while self._cursors:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                wire = await self._connect()
            except (DbaasError, ConnectionLost) as error:  # the engine is away, and so are its locks
                log.info("could not look for who waits: %s", error)
                continue
            try:
                while self._cursors:
                    await self._look(wire)
                    await asyncio.sleep(LOOK_SECONDS)
            except (DbaasError, ConnectionLost) as error:
                log.info("could not look for who waits: %s", error)
            finally:
                wire.close()

    async def _look(self, wire: Wire) -> None:
        idle = {cursor.backend: cursor for cursor in self._cursors if not cursor.busy}
        if not idle:
            return
        (result,) = await wire.execute(_waited_for(list(idle)))
        for row in range(result.ntuples):
            cursor = idle[int(result.get_value(row, 0) or 0)]
            if not cursor.busy:
                await cursor.close()


def _waited_for(backends: list[int]) -> bytes:
    """Which of these backends hold a table that somebody else cannot have meanwhile."""
    listed = ", ".join(map(str, backends))
    return (
        "select distinct held.pid from pg_locks held join pg_locks waiting"
        " on waiting.relation = held.relation and waiting.database = held.database and waiting.pid <> held.pid"
        f" where held.granted and not waiting.granted and held.locktype = 'relation' and held.pid in ({listed})"
    ).encode()
