"""Databases and their clusters: made, reached, limited, removed."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

from .. import engines as engine_folder
from ..engine import Engine, Grant
from ..errors import DbaasError, Unavailable
from ..meta.lifecycle import Piece
from ..meta.store import Store
from ..nouns import Cluster, ClusterState, Credential, Database, DatabaseState, Plan, Tenant, Usage, Vitals
from .progress import Steps, Tell
from .supervision import Supervision

__all__ = ["Databases", "Filling"]

log = logging.getLogger(__name__)

BASE32 = "abcdefghijklmnopqrstuvwxyz234567"


@dataclass(frozen=True, slots=True)
class Filling:
    """What a new database gets before anybody sees it.

    Attributes:
        sentences: its steps.
        check: called with the running cluster, before the database is made.
        fill: called with the new database, its cluster, administrator and logins; begins its steps.
    """

    sentences: Sequence[str]
    check: Callable[[Cluster, Credential], Awaitable[None]]
    fill: Callable[[Database, Cluster, Credential, Grant, Steps], Awaitable[None]]


class Databases:
    """What the platform does with databases, once it is known who may and while nobody else is at it.

    Whoever makes, changes or removes something holds the tenant's lock.

    Args:
        packages: the folder of engines' binaries.
    """

    def __init__(self, store: Store, supervision: Supervision, packages: Path) -> None:
        self._store = store
        self._supervision = supervision
        self._packages = packages

    async def create(
        self,
        tenant: Tenant,
        plan: Plan,
        engine: Engine,
        name: str,
        options: Mapping[str, str],
        progress: Tell | None = None,
        server: Cluster | None = None,
        *,
        filling: Filling | None = None,
        database_id: UUID | None = None,
    ) -> Database:
        """A new database, ready for use, and the cluster for it where it is the first. A failure leaves nothing.

        Args:
            server: an external one to place it on, where names of databases tell nothing of their tenants.
            database_id: its id, when it had one before.
        """
        async with AsyncExitStack() as undo:
            own = (one for one in await self._store.clusters(tenant.id) if one.engine == engine.name)
            cluster = server or next(own, None)
            before = _before(engine, tenant, cluster)
            more = filling.sentences if filling else ()
            steps = Steps([*before, *engine.offer.steps, *more, "Storing its passwords"], progress)
            if cluster is None:
                steps.begin()
                binaries = await asyncio.to_thread(engine.find_binaries, self._packages)
                superuser = Credential("dbaas", secrets.token_urlsafe(24))
                cluster = await self._store.insert_cluster(
                    tenant, engine.name, binaries.major, binaries.origin, superuser
                )
                undo.push_async_callback(self._undo_cluster, cluster)
            physical = opaque_name() if cluster.external else name
            exposure = options.get("expose", "policies")
            database = await self._store.insert_database(
                tenant, cluster, name, exposure, physical, database_id=database_id
            )
            undo.push_async_callback(self._undo_database, database)
            if before:
                steps.begin()
            _, cluster, superuser = await self.reach(database)
            if filling:
                await filling.check(cluster, superuser)
            grant = await engine.create_database(cluster, superuser, tenant, plan, physical, options, steps.begin)
            if filling:
                await filling.fill(database, cluster, superuser, grant, steps)
            steps.begin()
            await self._store.store_logins(database, grant.logins)
            undo.pop_all()
        return await self._store.database(tenant.id, name)

    async def _undo_cluster(self, cluster: Cluster) -> None:
        with _undoing(f"cluster {cluster.data_dir.name}"):
            await self._supervision.remove(cluster.id)
            await self._store.delete_cluster(cluster.id)

    async def _undo_database(self, database: Database) -> None:
        """Also when the engine cleaned up: it may have been unreachable. What cannot be undone now is done later."""
        with _undoing(f"database {database.id}"):
            await self._store.mark_database(database.id, DatabaseState.dropping)
            await self.drop(database)

    async def drop(self, database: Database) -> None:
        """Remove a database from its engine, then from the platform."""
        engine, cluster, superuser = await self.reach(database)
        await engine.drop_database(cluster, superuser, database)
        await self._store.delete_database(database)

    async def remove_unfinished(self, tenant: Tenant, name: str) -> None:
        """Under the tenant's lock nobody else is at work: what is unfinished was left by somebody killed."""
        for database in await self._store.databases(tenant.id):
            if database.name == name and database.state is not DatabaseState.ready:
                await self.drop(database)

    async def rotate(self, tenant: Tenant, name: str) -> Database:
        """New secrets for all logins; the old ones and their sessions end.

        They are recorded before the engine gets them: whoever finds the record gives them to it once more.
        """
        database = await self.ready(tenant, name)
        renewed = engine_folder.engine(database.engine).renewed(await self._store.logins(database))
        piece = Piece(uuid4(), tenant.id, database.cluster_id, database.id, "rotate")
        await self.reach(database)
        await self._store.lifecycle.put_secrets(piece, renewed)
        await self.finish_rotation(piece)
        return await self._store.database(tenant.id, name)

    async def finish_rotation(self, piece: Piece) -> None:
        """Give recorded secrets to the engine, and have them hold. Safe to repeat."""
        database = await self._store.database_by_id(piece.database_id)
        if database is not None and database.state is DatabaseState.ready:
            engine, cluster, superuser = await self.reach(database)
            await engine.rotate(cluster, superuser, database, await self._store.lifecycle.secrets(piece))
        await self._store.lifecycle.secrets_hold(piece)

    async def apply_limits(self, tenant: Tenant, *, restart: bool = False) -> bool:
        """Have a tenant's running clusters keep to what it may use now; a sleeping one does when it wakes.

        Args:
            restart: those clusters that cannot take as many connections, ending their sessions.

        Returns:
            Whether one of them still has room for fewer connections than it may have, until it is restarted.
        """
        plan = tenant.limited(await self._store.plans.one(tenant.plan_type))
        short = False
        for cluster in await self._store.clusters(tenant.id):
            if cluster.state is ClusterState.running:
                short |= await self._limit(cluster, plan, restart=restart)
        for database in await self._store.databases(tenant.id):
            cluster = await self._store.cluster(database.cluster_id)
            if cluster.external and database.state is DatabaseState.ready:
                with contextlib.suppress(Unavailable):  # it gets them when the server is back
                    await self._limit_one(cluster, database, plan)
        return short

    async def limit_on(self, cluster: Cluster) -> None:
        """Apply the limits of all tenants who have databases on a shared server."""
        tenants = {tenant.id: tenant for tenant in await self._store.tenants()}
        for database in await self._store.databases_in(cluster.id):
            tenant = tenants.get(database.tenant_id)
            if tenant is not None and database.state is DatabaseState.ready:
                plan = tenant.limited(await self._store.plans.one(tenant.plan_type))
                await self._limit_one(cluster, database, plan)

    async def _limit_one(self, cluster: Cluster, database: Database, plan: Plan) -> None:
        superuser = await self._store.superuser(cluster.id)
        await engine_folder.engine(database.engine).limit(cluster, superuser, database, plan)

    async def _limit(self, cluster: Cluster, plan: Plan, *, restart: bool) -> bool:
        """Apply a plan to a running cluster; whether it has room for fewer connections."""
        engine = engine_folder.engine(cluster.engine)
        superuser = await self._store.superuser(cluster.id)
        try:
            room = await engine.room(cluster, superuser)
            if room < plan.max_connections and restart:
                await self._supervision.stop(cluster.id)
                return False  # it starts with enough, and with these limits
            await limit_logins(self._store, engine, cluster, superuser, plan)
        except Unavailable:
            return False  # it is just being stopped, or dying: it gets them when it starts
        return room < plan.max_connections

    async def usage(self, owner: Tenant, name: str) -> Usage:
        """What a database takes up now. Does not wake a sleeping cluster: its size is unknown then."""
        database = await self._store.database(owner.id, name)
        cluster = await self._store.cluster(database.cluster_id)
        size, connections = None, 0
        if cluster.state is ClusterState.running and database.state is DatabaseState.ready:
            with contextlib.suppress(Unavailable):
                superuser = await self._store.superuser(cluster.id)
                used = await engine_folder.engine(database.engine).usage(cluster, superuser, database)
                size, connections = used.size_bytes, used.connections
        return Usage(size, connections, owner.max_connections, owner.max_storage_gb)

    async def vitals(self, database: Database) -> Vitals | None:
        """How a database is doing; None while its cluster does not run, or does not answer."""
        cluster = await self._store.cluster(database.cluster_id)
        if cluster.state is ClusterState.running and database.state is DatabaseState.ready:
            with contextlib.suppress(Unavailable):
                superuser = await self._store.superuser(cluster.id)
                return await engine_folder.engine(database.engine).vitals(cluster, superuser, database)
        return None

    async def ready(self, tenant: Tenant, name: str | None) -> Database:
        """One database; the default one without a name. Raises ``Unavailable`` (``database_not_ready``)."""
        database = await self._store.database(tenant.id, name)
        if database.state is not DatabaseState.ready:
            raise Unavailable(
                "database_not_ready",
                f"The database {database.name!r} is {database.state}.",
                hint="Try again in a moment.",
            )
        return database

    async def running(self, cluster_id: UUID) -> None:
        """The cluster runs when this returns."""
        await self._supervision.ensure(cluster_id)

    async def reach(self, database: Database) -> tuple[Engine, Cluster, Credential]:
        """The engine, and the running cluster with its administrator."""
        await self._supervision.ensure(database.cluster_id)
        cluster = await self._store.cluster(database.cluster_id)
        return engine_folder.engine(database.engine), cluster, await self._store.superuser(cluster.id)


def opaque_name() -> str:
    """For a database on a shared server, where everybody sees the names of all."""
    return f"d_{''.join(secrets.choice(BASE32) for _ in range(12))}"


async def limit_logins(store: Store, engine: Engine, cluster: Cluster, superuser: Credential, plan: Plan) -> None:
    """Set a plan's limits on the logins of a running cluster's databases, and note that they have them."""
    for database in await store.databases_in(cluster.id):
        if database.state is DatabaseState.ready:
            await engine.limit(cluster, superuser, database, plan)
    await store.plans.set_limits(cluster.id, limits_text(plan))


def limits_text(plan: Plan) -> str:
    """What tells the limits of logins from others."""
    return f"{plan.max_connections} {plan.statement_timeout_ms} {plan.max_storage_gb}"


def _before(engine: Engine, tenant: Tenant, cluster: Cluster | None) -> Sequence[str]:
    """What has to be done before the engine can make a database."""
    server = engine.offer.server
    if cluster is None:
        return [f"Looking for the programs of a {server}", f"Making and starting a {server} for {tenant.subdomain}"]
    if cluster.external:
        return [f"Reaching the server {cluster.name}"]
    return [] if cluster.state is ClusterState.running else [f"Waking {tenant.subdomain}'s {server}"]


@contextlib.contextmanager
def _undoing(what: str) -> Iterator[None]:
    """A failed undo must not hide why there was one; the next try or the daemon's next start removes what is left."""
    try:
        yield
    except DbaasError as error:
        log.warning("Could not remove %s yet: %s", what, error.message)
