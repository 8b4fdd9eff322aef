"""The feeds of the daemon: a tap for each database, made ahead of its first follower."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import logging
import shutil
from typing import cast
from uuid import UUID

from dbaas_provisioning.errors import DbaasError, Unavailable, Unsupported
from dbaas_provisioning.nouns import Database, DatabaseState
from dbaas_provisioning.platform import Platform

from ..changelog import OpenLog
from . import Feed
from .local import LocalFeed
from .pause import happens
from .tap import Tap

__all__ = ["DaemonFeeds"]

log = logging.getLogger("dbaas.feeds")

TEND_SECONDS = 60.0
_PATIENCE_SECONDS = 2.0  # with one database, until the next has its turn


class DaemonFeeds:
    """Implements :class:`dbaas_server.feeds.Feeds` for the process that reads the logs."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._folder = platform.home.feeds
        self._taps: dict[UUID, Tap] = {}
        self._tending: dict[UUID, asyncio.Task[None]] = {}
        self._changed = asyncio.Event()
        self._keeping = asyncio.get_running_loop().create_task(self._keep())
        platform.on_change(self._heard)

    def of(self, tenant: str, database: str | None = None) -> Feed:
        """See :meth:`dbaas_server.feeds.Feeds.of`."""
        return LocalFeed(lambda: self.tap(tenant, database))

    async def tap(self, tenant: str, database: str | None) -> Tap:
        """A database's tap. Raises ``NotFound``, ``Unavailable``; ``Unsupported`` (``no_change_feed``)."""
        found = await self._platform.database(tenant, database)
        if found.state is not DatabaseState.ready:
            raise Unavailable("database_not_ready", f"The database {found.name!r} is {found.state}.")
        await self._platform.replication.check(found)
        return self._tap(found)

    def _tap(self, database: Database) -> Tap:
        tap = self._taps.get(database.id)
        if tap is None:
            engine = importlib.import_module(f"dbaas_server.engines.{database.engine}")
            open_log = cast("OpenLog | None", getattr(engine, "open_log", None))
            if open_log is None:
                raise Unsupported("no_change_feed", f"{database.engine} databases have no feed of changes.")
            folder = self._folder / database.id.hex
            tap = self._taps[database.id] = Tap(database, self._platform.replication, open_log, folder)
        return tap

    async def close(self) -> None:
        """Stop reading. What was kept is on the disk."""
        self._keeping.cancel()
        for task in self._tending.values():
            task.cancel()
        await asyncio.gather(self._keeping, *self._tending.values(), return_exceptions=True)
        await asyncio.gather(*(tap.close() for tap in self._taps.values()))
        self._taps.clear()

    # --- looking after every database -------------------------------------------------------------------------------

    def _heard(self, kind: str, identity: str) -> None:
        if kind in ("database", "tenant") or not identity:
            self._changed.set()

    async def _keep(self) -> None:
        """Now and then, and whenever databases come and go."""
        await self._resume()
        while True:
            self._changed.clear()
            try:
                await self._drop_gone()
                for database in await self._platform.replication.running():
                    await self._tend(database)
            except DbaasError as error:
                log.info("the feeds cannot be tended: %s", error.message)
            await happens(self._changed, TEND_SECONDS)

    async def _resume(self) -> None:
        """Go on with what a predecessor read: who followed it comes back soon, and wants to miss nothing."""
        for folder in self._folder.iterdir():
            database: Database | None = None
            with contextlib.suppress(ValueError, DbaasError):
                database = await self._platform.replication.database(UUID(hex=folder.name))
                if database is not None:
                    self._tap(database).start()
            if database is None:
                shutil.rmtree(folder, ignore_errors=True)

    async def _drop_gone(self) -> None:
        for identity, tap in list(self._taps.items()):
            database = await self._platform.replication.database(identity)
            if database is None or database.state is DatabaseState.dropping:
                del self._taps[identity]
                await tap.close(remove=True)

    async def _tend(self, database: Database) -> None:
        task = self._tending.get(database.id)
        if task is None or task.done():
            task = self._tending[database.id] = asyncio.get_running_loop().create_task(self._tend_one(database))
        # Making a slot waits for every transaction that is open in the cluster: the others need not wait for that.
        await asyncio.wait({task}, timeout=_PATIENCE_SECONDS)

    async def _tend_one(self, database: Database) -> None:
        try:
            await self._tap(database).tend()
        except DbaasError as error:
            log.info("the log of database %s is not kept yet: %s %s", database.id, error.message, error.details or "")
