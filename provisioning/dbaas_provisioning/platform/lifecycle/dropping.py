"""Databases that go, and come back for a week; dumps whose time is over."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from ... import engines as engine_folder
from ...errors import DbaasError, NotFound, Unavailable
from ...nouns import Database, DatabaseState, Dump, Tenant
from .dumping import Dumps
from .work import Work

__all__ = ["Drops"]

KEPT = timedelta(days=7)


class Drops:
    """Who changes something holds the tenant's lock."""

    def __init__(self, work: Work, dumps: Dumps) -> None:
        self._work = work
        self._dumps = dumps

    async def drop(self, database: Database, *, keep_dump: bool) -> None:
        """Remove a database; a last dump of it stays for a week, and so do those that were kept.

        Raises ``Unavailable`` (``last_dump_failed``): nothing was dropped.
        """
        store, now = self._work.store, datetime.now(UTC)
        if keep_dump and database.state is DatabaseState.ready and engine_folder.engine(database.engine).copies:
            try:
                await self._dumps.make(database, None, is_last=True, expires_at=now + KEPT)
            except DbaasError as error:
                raise Unavailable(
                    "last_dump_failed",
                    "The database was not dropped, since no last dump of it could be made.",
                    hint="`--no-dump` (`keep_dump=false`) drops it for ever.",
                    details=f"{error.message} {error.details or ''}".strip(),
                ) from None
        await store.lifecycle.part_with(database.id, now + KEPT if keep_dump else now)
        await self._work.databases.drop(database)

    async def droppings(self, tenant: Tenant) -> Sequence[Dump]:
        """The last dumps of databases that can come back, newest first."""
        return await self._work.store.lifecycle.undroppable(tenant.id)

    async def last(self, tenant: Tenant, name: str) -> tuple[Dump, Path]:
        """The last dump of the database that was dropped under this name last. Raises ``NotFound``."""
        for dump in await self.droppings(tenant):
            if dump.database_name == name:
                return dump, self._work.folder(dump.tenant_id, dump.database_id, dump.id)
        raise NotFound(
            "nothing_to_undrop", f"There is no last dump of a database {name!r}.",
            hint="They are kept for a week; `dbaas undrop` lists them.",
        )  # fmt: skip

    async def forget_tenant(self, tenant_id: UUID) -> None:
        """The files of a tenant that is gone."""
        await asyncio.to_thread(shutil.rmtree, self._work.home.dumps / str(tenant_id), ignore_errors=True)

    async def expire(self) -> None:
        """Remove the dumps whose time is over, and files that belong to none."""
        for dump in await self._work.store.lifecycle.forget_expired(datetime.now(UTC)):
            await self._dumps.remove_files(dump)
        for folder in await asyncio.to_thread(list, self._work.home.dumps.glob("*/*/*")):
            try:
                identity = UUID(folder.name.removeprefix(".making-"))
            except ValueError:
                continue
            if not await self._work.store.lifecycle.known(identity):
                await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
