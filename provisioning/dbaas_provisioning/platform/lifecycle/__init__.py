"""What becomes of databases: dumped, restored, dropped and brought back, taken over, branched.

1. One verb, one module. All of them work under the tenant's lock; what is on its way is recorded (``work``).
2. A dump is there as a whole or not at all; a database has what it had or what it gets.
3. What goes wrong takes the same way out as what ends well, and as what was killed: ``Work.settle``.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID, uuid4

from ... import engines as engine_folder
from ...errors import Conflict, DbaasError, NotFound
from ...meta.store import Store
from ...naming import check_database_name
from ...nouns import Database, Dump, Home, Tenant
from ..audit import audited
from ..databases import Databases, Filling
from ..progress import Tell
from .dropping import Drops
from .dumping import Dumps
from .importing import Imports
from .restoring import Restores, Source
from .work import Work, about

__all__ = ["Lifecycle"]

GIGABYTE = 1024**3


class Lifecycle:
    """The part of the platform that copies databases.

    Every method that changes something takes ``actor`` and leaves an audit entry. Errors raised everywhere:
    ``Unavailable`` (``busy`` while another change of the tenant takes long), ``NotFound`` for what is named and does
    not exist.
    """

    def __init__(self, home: Home, store: Store, databases: Databases) -> None:
        self._store = store
        self._databases = databases
        self._work = Work(home, store, databases)
        self._dumps = Dumps(self._work)
        self._restores = Restores(self._work, self._dumps)
        self._drops = Drops(self._work, self._dumps)
        self._imports = Imports(self._work)

    @asynccontextmanager
    async def turn(self, tenant: Tenant) -> AsyncIterator[None]:
        """The tenant's lock, with everything brought to an end that somebody killed had begun."""
        async with self._store.lock(tenant.id):
            await self._work.recover(tenant)
            yield

    async def settled(self, tenant: Tenant) -> None:
        """No secret of the tenant's is on its way to an engine any more when this returns."""
        if any(piece.kind == "rotate" for piece in await self._store.lifecycle.pieces(tenant.id)):
            async with self.turn(tenant):
                return

    async def unfinished(self) -> set[UUID]:
        """The ids of tenants with work that is under way, or was when somebody was killed."""
        pieces, databases = await self._store.lifecycle.pieces(), await self._store.unfinished()
        return {piece.tenant_id for piece in pieces} | {database.tenant_id for database in databases}

    async def recover(self, tenant: Tenant) -> None:
        """Bring everything to an end that somebody killed had begun, databases too that were being made or dropped.

        Who calls holds the tenant's lock.
        """
        await self._work.remove_unfinished(tenant)
        await self._work.recover(tenant)

    # --- dumps ------------------------------------------------------------------------------------------------------

    async def dump(self, tenant: str, name: str, *, actor: str, progress: Tell | None = None) -> Dump:
        """Dump a database; the platform keeps the dump.

        Raises ``Invalid`` (``row_security_forced``), ``Unavailable`` (``dump_failed``, ``tools_missing``).
        """
        async with audited(self._store, "dump", actor, tenant, name):
            owner = await self._store.tenant(tenant)
            async with self.turn(owner):
                return await self._dumps.make(await self._databases.ready(owner, name), progress)

    async def dump_at(
        self, tenant: str, name: str, path: Path, *, packed: bool, actor: str, progress: Tell | None = None
    ) -> int:
        """Dump a database to a path of this machine, as one file or as a folder; returns the size in bytes.

        Raises as :meth:`dump` does, and ``Conflict`` (``path_exists``), ``Invalid`` (``path_unwritable``).
        """
        async with audited(self._store, "dump", actor, tenant, name):
            owner = await self._store.tenant(tenant)
            async with self.turn(owner):
                database = await self._databases.ready(owner, name)
                return await self._dumps.make_at(database, path, packed=packed, tell=progress)

    async def dumps(self, tenant: str, name: str) -> Sequence[Dump]:
        """The dumps that are kept of a database, newest first."""
        owner = await self._store.tenant(tenant)
        return await self._store.lifecycle.dumps(owner.id, (await self._store.database(owner.id, name)).id)

    async def read_dump(self, tenant: str, name: str, dump_id: UUID) -> tuple[Dump, int, AsyncIterator[bytes]]:
        """A kept dump as one file: its size in bytes, and the bytes. Raises ``NotFound`` (``dump_not_found``)."""
        owner = await self._store.tenant(tenant)
        await self._of(owner, name, dump_id)
        return await self._dumps.hand_out(owner, dump_id)

    async def take_in_dump(self, tenant: str, name: str, chunks: AsyncIterator[bytes], *, actor: str) -> Dump:
        """Keep a dump that somebody brings as one file.

        Raises ``Invalid``: ``dump_unknown``, ``dump_damaged``, ``dump_of_another_engine``, ``body_too_large`` past what
        the tenant may store.
        """
        async with audited(self._store, "take_in_dump", actor, tenant, name):
            owner = await self._store.tenant(tenant)
            async with self.turn(owner):
                database = await self._databases.ready(owner, name)
                return await self._dumps.take_in(database, chunks, int(owner.max_storage_gb * GIGABYTE))

    async def delete_dump(self, tenant: str, name: str, dump_id: UUID, *, actor: str) -> None:
        """The dump is gone. Raises ``NotFound`` (``dump_not_found``)."""
        async with audited(self._store, "delete_dump", actor, tenant, name):
            owner = await self._store.tenant(tenant)
            async with self.turn(owner):
                await self._dumps.remove(await self._of(owner, name, dump_id))

    async def _of(self, owner: Tenant, name: str, dump_id: UUID) -> Dump:
        database = await self._store.database(owner.id, name)
        dump, _ = await self._dumps.find(owner, dump_id)
        if dump.database_id != database.id:
            raise NotFound("dump_not_found", "There is no such dump of this database.")
        return dump

    # --- restoring --------------------------------------------------------------------------------------------------

    async def restore(
        self,
        tenant: str,
        name: str,
        source: UUID | Path,
        *,
        as_new: str | None = None,
        actor: str,
        progress: Tell | None = None,
    ) -> Database:
        """Bring a dump back: into the database, all of it or nothing, or into a new one.

        Logins, keys and the connection string of the database stay; its sessions end, and positions in its changes.

        Args:
            source: a kept dump of the tenant's, or a file or folder of this machine.
            as_new: the name of the new database.

        Raises ``Invalid`` (``dump_unknown``, ``dump_damaged``, ``dump_of_another_engine``, ``restore_refused``),
        ``Unsupported`` (``extension_missing``), ``Conflict`` (``database_exists``), ``Unavailable``
        (``database_busy``, ``tools_missing``).
        """
        details = {"dump": str(source)} | ({} if as_new is None else {"as": as_new})
        async with audited(self._store, "restore", actor, tenant, name, details):
            owner = await self._store.tenant(tenant)
            async with self.turn(owner):
                place, server = source, None
                if isinstance(place, UUID):
                    dump_of, place = await self._dumps.find(owner, place)
                    server = dump_of.server
                if as_new is None:
                    database = await self._databases.ready(owner, name)
                    await self._restores.in_place(database, place, progress)
                    return await self._store.database(owner.id, name)
                async with self._restores.opened(place, owner.id) as dump:
                    filling = self._restores.filling(dump)
                    return await self._new(
                        owner, as_new, dump, filling, progress, cluster_id=await self._beside(owner, name, server)
                    )

    async def _beside(self, owner: Tenant, name: str, otherwise: UUID | None) -> UUID | None:
        """The cluster of a database, if it is there."""
        found = (each.cluster_id for each in await self._store.databases(owner.id) if each.name == name)
        return next(found, otherwise)

    async def _new(
        self,
        owner: Tenant,
        name: str,
        dump: Source,
        filling: Filling,
        progress: Tell | None,
        *,
        cluster_id: UUID | None = None,
        database_id: UUID | None = None,
    ) -> Database:
        """A new database with what a dump has.

        Args:
            cluster_id: where it goes if that is a server that tenants share; else the tenant has a cluster of its own.
            database_id: its id, when it had one before.
        """
        if owner.storage_full:
            raise Conflict("storage_full", "The storage of this tenant is full.", hint="Drop what is not needed.")
        engine = engine_folder.engine(dump.manifest.engine)
        check_database_name(name)
        engine.check_name(name)
        await self._databases.remove_unfinished(owner, name)
        plan = owner.limited(await self._store.plans.one(owner.plan_type))
        options = {"expose": dump.manifest.exposure} if engine.offer.options else {}
        cluster = None if cluster_id is None else await self._store.cluster(cluster_id)
        server = cluster if cluster is not None and cluster.external and cluster.engine == engine.name else None
        try:
            return await self._databases.create(
                owner, plan, engine, name, engine.check_options(options), progress, server, filling=filling,
                database_id=database_id,
            )  # fmt: skip
        except DbaasError:
            await self._work.recover(owner)
            raise

    # --- dropping and bringing back ---------------------------------------------------------------------------------

    async def drop(self, owner: Tenant, name: str, *, keep_dump: bool) -> Database:
        """Under the tenant's lock: remove a database, and keep a last dump of it for a week.

        Args:
            keep_dump: without it the database's dumps go, too.

        Raises ``Unavailable`` (``last_dump_failed``): nothing was dropped.
        """
        database = await self._store.database(owner.id, name)
        await self._drops.drop(database, keep_dump=keep_dump)
        return database

    async def undroppable(self, tenant: str) -> Sequence[Dump]:
        """The last dumps of databases that were dropped, newest first: one for each."""
        return await self._drops.droppings(await self._store.tenant(tenant))

    async def undrop(
        self, tenant: str, name: str, *, as_new: str | None = None, actor: str, progress: Tell | None = None
    ) -> Database:
        """Bring a dropped database back, with new logins.

        Raises ``NotFound`` (``nothing_to_undrop``), ``Conflict`` (``database_exists``).
        """
        async with audited(self._store, "undrop", actor, tenant, name, {} if as_new is None else {"as": as_new}):
            owner = await self._store.tenant(tenant)
            async with self.turn(owner):
                last, folder = await self._drops.last(owner, name)
                async with self._restores.opened(folder, owner.id) as dump:
                    filling = self._restores.filling(dump)
                    return await self._new(
                        owner, as_new or name, dump, filling, progress,
                        cluster_id=last.server, database_id=last.database_id,
                    )  # fmt: skip

    async def forget_tenant(self, tenant_id: UUID) -> None:
        """The dumps of a tenant that is gone."""
        await self._drops.forget_tenant(tenant_id)

    async def expire(self) -> None:
        """Remove the dumps whose time is over, and files that belong to none."""
        await self._drops.expire()

    # --- copies -----------------------------------------------------------------------------------------------------

    async def branch(
        self,
        tenant: str,
        name: str,
        new: str,
        *,
        schema_only: bool = False,
        actor: str,
        progress: Tell | None = None,
    ) -> Database:
        """A copy with logins of its own. Nobody who uses the database is disturbed.

        Args:
            schema_only: without rows.
            progress: told the steps of dumping, then those of creating.

        Raises as :meth:`dump` and :meth:`restore` do.
        """
        details = {"as": new, "schema_only": str(schema_only).lower()}
        async with audited(self._store, "branch", actor, tenant, name, details):
            owner = await self._store.tenant(tenant)
            async with self.turn(owner):
                database = await self._databases.ready(owner, name)
                await self._check_free(owner, new)
                async with self._work.of("dump", *about(database)) as piece:
                    folder = await asyncio.to_thread(self._work.make_folder, piece)
                    await self._dumps.write(database, piece, folder, progress, schema_only=schema_only)
                    async with self._restores.opened(folder, owner.id) as dump:
                        filling = self._restores.filling(dump)
                        return await self._new(owner, new, dump, filling, progress, cluster_id=database.cluster_id)

    async def take_over(
        self,
        tenant: str,
        name: str,
        dsn: str,
        *,
        exposure: str = "policies",
        foreign: bool,
        actor: str,
        progress: Tell | None = None,
    ) -> Database:
        """A new database with what a database elsewhere has. Of roles and rights there, nothing comes along.

        Args:
            dsn: where, as whom; it is neither kept nor logged.
            foreign: see :meth:`dbaas_provisioning.copies.Copies.source_contents`.
            progress: told the steps of dumping, then those of creating.

        Raises as :meth:`restore` and :meth:`dbaas_provisioning.copies.Copies.source_contents` do.
        """
        async with audited(self._store, "import", actor, tenant, name, {"expose": exposure}):
            owner = await self._store.tenant(tenant)
            engine = engine_folder.engine("postgres")
            engine.check_options({"expose": exposure})
            async with self.turn(owner):
                await self._check_free(owner, name)
                async with self._work.of("dump", owner.id, uuid4(), None) as piece:
                    folder = await asyncio.to_thread(self._work.make_folder, piece)
                    await self._imports.write(dsn, name, exposure, folder, progress, foreign=foreign)
                    async with self._restores.opened(folder, owner.id) as dump:
                        filling = self._restores.filling(dump, grants=False)
                        return await self._new(owner, name, dump, filling, progress)

    async def _check_free(self, owner: Tenant, name: str) -> None:
        """Before long work begins. Raises ``Conflict`` (``database_exists``), ``Invalid``."""
        check_database_name(name)
        await self._databases.remove_unfinished(owner, name)
        if any(each.name == name for each in await self._store.databases(owner.id)):
            raise Conflict(
                "database_exists", f"There is a database called {name!r} already.", hint="Choose another name."
            )
