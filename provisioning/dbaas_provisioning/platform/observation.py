"""What runs, watched from outside: for whoever keeps tenants to what they may use."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from uuid import UUID

from .. import engines
from ..engine import Engine, Watch
from ..meta.store import Store
from ..nouns import Cluster, ClusterState, Database, Plan, Tenant

__all__ = ["Observation", "Watched"]


@dataclass(frozen=True, slots=True)
class Watched:
    """A cluster that runs, whose it is, and what that tenant may use."""

    cluster: Cluster
    tenant: Tenant
    plan: Plan
    engine: Engine
    watch: Watch


class Observation:
    """Watches of the clusters that run. Belongs to one event loop; only the daemon looks."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._watches: dict[tuple[UUID, int], Watch] = {}

    async def close(self) -> None:
        """End every watch."""
        while self._watches:
            await self._watches.popitem()[1].close()

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

    async def clusters(self) -> frozenset[UUID]:
        """Every cluster that there is, asleep or not."""
        return frozenset(cluster.id for cluster in await self._store.clusters())

    async def databases(self, cluster: Cluster) -> Sequence[Database]:
        """The databases of a cluster, oldest first."""
        return await self._store.databases_in(cluster.id)

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
