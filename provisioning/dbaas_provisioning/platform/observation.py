"""What runs, watched from outside: for whoever keeps tenants to what they may use."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from uuid import UUID

from .. import engines
from ..engine import Engine, Watch
from ..meta.store import Store
from ..nouns import Cluster, ClusterState, Credential, Database, Endpoint, Plan, Tenant
from .shares import Share, SharedWatch

__all__ = ["Observation", "Watched"]


@dataclass(frozen=True, slots=True)
class Watched:
    """A tenant's cluster that runs, or what a tenant has of one that tenants share; and what that tenant may use."""

    cluster: Cluster
    tenant: Tenant
    plan: Plan
    engine: Engine
    watch: Watch

    @property
    def key(self) -> tuple[UUID, UUID]:
        """The cluster and the tenant."""
        return self.cluster.id, self.tenant.id


class Observation:
    """Watches of the clusters that run. Belongs to one event loop; only the daemon looks."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._watches: dict[tuple[UUID, int], Watch] = {}
        self._shared: dict[tuple[UUID, Endpoint, Credential], SharedWatch] = {}
        self._looking = asyncio.Lock()  # jobs come at once, and one must not close what another has just begun

    async def close(self) -> None:
        """End every watch."""
        while self._watches:
            await self._watches.popitem()[1].close()
        while self._shared:
            await self._shared.popitem()[1].watch.close()

    async def everywhere(self) -> Sequence[Watched]:
        """What runs for tenants: their own clusters, and what each has of the servers that run elsewhere."""
        async with self._looking:
            return [*await self.running(), *await self._elsewhere()]

    async def _elsewhere(self) -> Sequence[Watched]:
        """Of servers that tenants share. One that does not answer is none of them, until it does again."""
        plans = {plan.name: plan for plan in await self._store.plans.all()}
        tenants = {tenant.id: tenant for tenant in await self._store.tenants()}
        found, seen = [], set()
        for cluster in await self._store.servers.all():
            if cluster.state is not ClusterState.running:
                continue
            login, engine = await self._store.superuser(cluster.id), engines.engine(cluster.engine)
            key = (cluster.id, cluster.endpoint, login)
            if key not in self._shared:
                self._shared[key] = SharedWatch(engine.watch(cluster, login))
            server, placed = self._shared[key], defaultdict(set)
            seen.add(key)
            for database in await self._store.databases_in(cluster.id):
                placed[database.tenant_id].add(database.physical_name)
            server.databases = frozenset().union(*placed.values())
            for tenant_id, names in placed.items():
                tenant = tenants.get(tenant_id)
                if tenant is not None and tenant.plan_type in plans:
                    limits = tenant.limited(plans[tenant.plan_type])
                    found.append(Watched(cluster, tenant, limits, engine, Share(server, frozenset(names))))
        for gone in self._shared.keys() - seen:
            await self._shared.pop(gone).watch.close()
        return found

    async def running(self) -> Sequence[Watched]:
        """The tenants' clusters that run now. A watch goes on from one call to the next, and ends with its cluster."""
        plans = {plan.name: plan for plan in await self._store.plans.all()}
        tenants = {tenant.id: tenant for tenant in await self._store.tenants()}
        found = []
        for cluster in await self._store.clusters():
            tenant = None if cluster.tenant_id is None else tenants.get(cluster.tenant_id)
            if cluster.state is ClusterState.running and tenant is not None and tenant.plan_type in plans:
                engine = engines.engine(cluster.engine)
                watch = await self._watch(engine, cluster)
                found.append(Watched(cluster, tenant, tenant.limited(plans[tenant.plan_type]), engine, watch))
        running = {(one.cluster.id, one.cluster.endpoint.port) for one in found}
        for key in self._watches.keys() - running:
            await self._watches.pop(key).close()
        return found

    async def _watch(self, engine: Engine, cluster: Cluster) -> Watch:
        key = (cluster.id, cluster.endpoint.port)
        found = self._watches.get(key)
        if found is None:
            superuser = await self._store.superuser(cluster.id)
            found = self._watches.setdefault(key, engine.watch(cluster, superuser))  # another job may have been quicker
        return found

    async def databases(self, watched: Watched) -> Sequence[Database]:
        """The databases of the tenant's there, oldest first."""
        found = await self._store.databases_in(watched.cluster.id)
        return [database for database in found if database.tenant_id == watched.tenant.id]

    async def holdings(self) -> frozenset[tuple[UUID, UUID]]:
        """Which clusters, asleep or not, have databases of which tenants."""
        return await self._store.holdings()

    async def full(self) -> Sequence[Tenant]:
        """Who had no room when somebody last looked."""
        return [tenant for tenant in await self._store.tenants() if tenant.storage_full]

    async def set_storage_full(self, tenant: Tenant, full: bool) -> None:
        """Have every door of the platform know whether a tenant has room."""
        if tenant.storage_full != full:
            await self._store.plans.set_storage_full(tenant.id, full)

    async def withhold(self, watched: Watched, database: Database, *, full: bool) -> None:
        """Close a database to what adds to it, or open it again. Raises ``Unavailable``."""
        superuser = await self._store.superuser(watched.cluster.id)
        act = watched.engine.withhold if full else watched.engine.give_back
        await act(watched.cluster, superuser, database)

    def lock(self, tenant: Tenant) -> AbstractAsyncContextManager[None]:
        """While it is held, nobody changes anything of a tenant's. Raises ``Unavailable`` (``busy``)."""
        return self._store.lock(tenant.id)

    async def short(self, watched: Watched) -> bool:
        """Whether the server has room for fewer connections than allowed, until it is started again."""
        superuser = await self._store.superuser(watched.cluster.id)
        return await watched.engine.room(watched.cluster, superuser) < watched.plan.max_connections

    async def leave(self, watched: Watched) -> None:
        """Give a watch's connection back before its cluster is stopped."""
        watch = self._watches.pop((watched.cluster.id, watched.cluster.endpoint.port), None)
        if watch is not None:
            await watch.close()
