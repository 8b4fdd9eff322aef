"""Tables spread over workers, where a tenant's database is on a server with Citus."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from .. import engines as engine_folder
from ..distribution import Distributes, Distribution, Place, TableName
from ..errors import Unsupported
from ..meta.store import Store
from ..nouns import Login
from .audit import audited
from .databases import Databases
from .lifecycle import Lifecycle

__all__ = ["Distributions"]


class Distributions:
    """The part of the platform that distributes tables. What changes something holds the tenant's lock.

    Methods raise ``Unsupported`` (``no_citus``) where a database cannot, ``Conflict`` (``citus_refused``) with what
    Citus says, ``NotFound`` for what is not there, ``Unavailable``. They wake a sleeping database.
    """

    def __init__(self, store: Store, databases: Databases, lifecycle: Lifecycle) -> None:
        self._store = store
        self._databases = databases
        self._lifecycle = lifecycle

    async def read(self, tenant: str, name: str) -> Distribution:
        """Workers, distributed tables, and how the last rebalancing went."""
        owner = await self._store.tenant(tenant)
        await self._lifecycle.settled(owner)
        distributes, place = await self._reach(tenant, name)
        return await distributes.read(place)

    async def distribute(
        self, tenant: str, name: str, table: TableName, by: str, *, beside: TableName | None = None, actor: str
    ) -> None:
        """Spread a table's rows over the workers by the values of a column. Takes as long as copying them does.

        Args:
            beside: rows go where that table's rows with the same value are.

        Raises ``NotFound`` (``table_not_found``), ``Invalid`` (``column_not_found``).
        """
        async with self._changing("distribute", tenant, name, actor, table, {"by": by}) as (distributes, place):
            await distributes.distribute(place, table, by, beside)

    async def make_reference(self, tenant: str, name: str, table: TableName, *, actor: str) -> None:
        """Have a whole copy of a table on every worker. Raises ``NotFound`` (``table_not_found``)."""
        async with self._changing("reference", tenant, name, actor, table) as (distributes, place):
            await distributes.make_reference(place, table)

    async def undistribute(
        self, tenant: str, name: str, table: TableName, *, cascade: bool = False, actor: str
    ) -> None:
        """Make a table one of the database's own server again. Raises ``NotFound`` (``table_not_found``).

        Args:
            cascade: and every table that foreign keys relate it to.
        """
        async with self._changing("undistribute", tenant, name, actor, table) as (distributes, place):
            await distributes.undistribute(place, table, cascade=cascade)

    async def rebalance(self, tenant: str, name: str, *, actor: str) -> None:
        """Begin to move rows until workers hold the same; :meth:`read` tells how it goes."""
        async with self._changing("rebalance", tenant, name, actor) as (distributes, place):
            await distributes.rebalance(place)

    @asynccontextmanager
    async def _changing(
        self, action: str, tenant: str, name: str, actor: str, table: TableName | None = None,
        details: Mapping[str, str] | None = None,
    ) -> AsyncIterator[tuple[Distributes, Place]]:  # fmt: skip
        told = {} if table is None else {"table": f"{table.schema}.{table.name}"}
        async with audited(self._store, action, actor, tenant, name[:100], {**told, **(details or {})}):
            owner = await self._store.tenant(tenant)
            async with self._lifecycle.turn(owner):
                yield await self._reach(tenant, name)

    async def _reach(self, tenant: str, name: str) -> tuple[Distributes, Place]:
        database = await self._databases.ready(await self._store.tenant(tenant), name)
        distributes = engine_folder.engine(database.engine).distributes
        if distributes is None:
            raise Unsupported("no_citus", "This is no PostgreSQL database: nothing of it can be distributed.")
        _, cluster, _ = await self._databases.reach(database)
        logins = await self._store.logins(database)
        return distributes, Place(cluster, logins[Login.owner], database.physical_name)
