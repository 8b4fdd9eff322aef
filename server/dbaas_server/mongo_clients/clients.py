"""Clients of document databases: one each, opened when needed, closed when idle."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from dbaas_provisioning.nouns import Database
from dbaas_provisioning.platform import Platform

from ..engine import TooBusy
from .remembered import Remembered

if TYPE_CHECKING:
    from pymongo import AsyncMongoClient
    from pymongo.asynchronous.database import AsyncDatabase

__all__ = ["MongoClients", "Opened"]

_IDLE_SECONDS = 300.0
_MOST = 64
_REMEMBERED = 1_000
_CONNECTIONS = 8  # of one client
_PATIENCE_MS = 30_000  # for the door, which may have to start its process and wake a cluster

Documents: TypeAlias = "AsyncDatabase[dict[str, Any]]"


@dataclass(slots=True, eq=False)
class Opened:
    """A client, and what it was opened on.

    Attributes:
        documents: the database through it.
        timeout_ms: that the tenant's plan gives to a statement.
    """

    database: Database
    documents: Documents
    timeout_ms: int
    client: AsyncMongoClient[dict[str, Any]]
    users: int = 0
    is_stale: bool = False
    used: float = field(default_factory=time.monotonic)


class MongoClients:
    """Belongs to one event loop.

    Args:
        most: clients at the same time.
        idle_seconds: after which one that nobody used is closed.

    Attributes:
        remembered: what was found out lately about what documents look like.
    """

    def __init__(self, platform: Platform, *, most: int = _MOST, idle_seconds: float = _IDLE_SECONDS) -> None:
        self.remembered = Remembered(_REMEMBERED)
        self._platform = platform
        self._most = most
        self._idle_seconds = idle_seconds
        self._opened: dict[tuple[str, str], Opened] = {}
        self._opening: dict[tuple[str, str], asyncio.Task[Opened]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._idling: asyncio.Task[None] | None = None
        platform.on_change(self._heard)

    @asynccontextmanager
    async def opened(self, tenant: str, name: str) -> AsyncIterator[Opened]:
        """A tenant's document database, for as long as this is held. It answers; a password changed meanwhile is known.

        Raises:
            NotFound: there is no such database.
            Unsupported: ``wrong_engine``: it has no documents.
            Unavailable: it cannot be reached now; ``TooBusy``: too many are open.
        """
        opened = await self._open(tenant, name)
        opened.users += 1
        try:
            yield opened
        finally:
            opened.users -= 1
            opened.used = time.monotonic()
            if opened.is_stale and not opened.users:
                self._begin_closing(opened)

    async def close(self) -> None:
        """Close every client."""
        if self._idling is not None:
            self._idling.cancel()
        for opened in list(self._opened.values()):
            self._begin_closing(opened)
        self._opened.clear()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _open(self, tenant: str, name: str) -> Opened:
        key = (tenant, name)
        opened = self._opened.get(key)
        if opened is not None:
            if await _answers(opened):
                return opened
            if self._opened.get(key) is opened:
                self._forget(key)
        task = self._opening.get(key)
        if task is None:
            task = self._opening[key] = asyncio.get_running_loop().create_task(self._open_now(key))
            task.add_done_callback(lambda done: done.cancelled() or done.exception())  # told to who waits
        return await asyncio.shield(task)

    async def _open_now(self, key: tuple[str, str]) -> Opened:
        from .failures import told_plainly

        try:
            opened = await self._connect(*key)
            try:
                with told_plainly():
                    await opened.client.admin.command("ping")
                self._make_room()
            except BaseException:
                self._begin_closing(opened)
                raise
            self._opened[key] = opened
            return opened
        finally:
            del self._opening[key]

    async def _connect(self, tenant: str, name: str) -> Opened:
        from pymongo import AsyncMongoClient

        login = await self._platform.mongo_login(tenant, name)
        database = await self._platform.database(tenant, name)
        plan = await self._platform.plan((await self._platform.tenant(tenant)).plan_type)
        door = await self._platform.mongo_door()
        client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(
            door.host, door.port, username=login.username, password=login.secret, authSource="admin", tls=door.tls,
            appname="dbaas editor", directConnection=True, maxPoolSize=_CONNECTIONS, maxIdleTimeMS=60_000,
            serverSelectionTimeoutMS=_PATIENCE_MS, connectTimeoutMS=_PATIENCE_MS, tz_aware=True,
            datetime_conversion="DATETIME_AUTO", unicode_decode_error_handler="replace",
        )  # fmt: skip
        if self._idling is None:
            self._idling = asyncio.get_running_loop().create_task(self._close_idle())
        return Opened(database, client[database.name], plan.statement_timeout_ms, client)

    # --- closing ------------------------------------------------------------------------------------------------------

    def _make_room(self) -> None:
        """Let go of whom nobody used for longest, where there are too many."""
        if len(self._opened) < self._most:
            return
        idle = [(opened.used, key) for key, opened in self._opened.items() if not opened.users]
        if not idle:
            raise TooBusy("too_busy", "Too many document databases are in use at once.", hint="Try again shortly.")
        self._forget(min(idle)[1])

    def _forget(self, key: tuple[str, str]) -> None:
        """Nobody is given this client any more; it is closed once those who have it are done."""
        opened = self._opened.pop(key, None)
        if opened is not None:
            opened.is_stale = True
            if not opened.users:
                self._begin_closing(opened)

    def _begin_closing(self, opened: Opened) -> None:
        task = asyncio.get_running_loop().create_task(opened.client.close())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _close_idle(self) -> None:
        while True:
            await asyncio.sleep(self._idle_seconds / 5)
            now = time.monotonic()
            for key, opened in list(self._opened.items()):
                if not opened.users and now - opened.used > self._idle_seconds:
                    self._forget(key)

    def _heard(self, kind: str, identity: str) -> None:
        """Open anew what may have been dropped or have another password. No identity: anything may have."""
        if kind != "member" and (kind in ("database", "tenant") or not identity):
            for key, opened in list(self._opened.items()):
                if identity in ("", str(opened.database.id), str(opened.database.tenant_id)):
                    self._forget(key)


async def _answers(opened: Opened) -> bool:
    """Whether it is still let in, and there is still somebody there."""
    from pymongo.errors import PyMongoError

    try:
        await opened.client.admin.command("ping")
    except PyMongoError:
        return False
    return True
