"""A server that tenants share, as it looks to each of them: their own sessions and databases, nobody else's."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from typing import Generic, TypeVar

from ..engine import Sitting, Size, Watch

__all__ = ["Share", "SharedWatch"]

T = TypeVar("T")


class _Once(Generic[T]):
    """One question to a server for all who ask it at the same moment."""

    def __init__(self, ask: Callable[[], Awaitable[T]]) -> None:
        self._ask = ask
        self._asking: asyncio.Task[T] | None = None

    async def answer(self) -> T:
        if self._asking is None or self._asking.done():
            self._asking = asyncio.ensure_future(self._asked())
        return await asyncio.shield(self._asking)  # one who gives up takes it from nobody

    async def _asked(self) -> T:
        return await self._ask()


class SharedWatch:
    """The one watch on a server that tenants share.

    Attributes:
        databases: everybody's there, by the server's names. Whatever else it has is nobody's business here.
    """

    def __init__(self, watch: Watch) -> None:
        self.watch = watch
        self.databases: frozenset[str] = frozenset()
        self._sessions = _Once(watch.sessions)
        self._sizes = _Once(lambda: watch.sizes(self.databases))

    async def sessions(self) -> tuple[Sitting, ...]:
        """Everybody who is connected."""
        return await self._sessions.answer()

    async def sizes(self) -> tuple[Size, ...]:
        """What the tenants' databases take."""
        return await self._sizes.answer()


class Share:
    """What one tenant has of it. Implements :class:`~dbaas_provisioning.engine.Watch`.

    Whose a session is, is told by its login, which was made for one database: it may have entered another one, where
    the server's operator leaves that open.
    """

    def __init__(self, server: SharedWatch, databases: frozenset[str]) -> None:
        self._server = server
        self._databases = databases

    async def sessions(self) -> tuple[Sitting, ...]:
        """Those of the tenant's logins."""
        return tuple(one for one in await self._server.sessions() if one.home in self._databases)

    async def sizes(self, databases: Collection[str] | None = None) -> tuple[Size, ...]:
        """What the tenant's databases take."""
        wanted = self._databases if databases is None else self._databases.intersection(databases)
        return tuple(one for one in await self._server.sizes() if one.database in wanted)

    async def end_idle(self, seconds: float) -> None:
        """Nothing: the server is not stopped."""

    async def cancel(self, pid: int) -> None:
        """End what a session is at."""
        await self._server.watch.cancel(pid)

    async def terminate(self, pid: int) -> None:
        """End a session."""
        await self._server.watch.terminate(pid)

    async def close(self) -> None:
        """Nothing: the watch is everybody's."""
