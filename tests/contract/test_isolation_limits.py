"""The limits on one cluster per tenant, and on shared servers, registered by a superuser and without one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from contract.limits import LimitsHold, Place
from dbaas_provisioning.engines.postgres import standing
from dbaas_provisioning.nouns import Login, Tenant
from dbaas_provisioning.platform import Access, Platform
from dbaas_server.upkeep.storage import Storage
from elsewhere import Elsewhere, elsewhere
from waiting import until


class TestOneClusterPerTenant(LimitsHold):
    """The local placement."""

    @pytest.fixture
    async def place(self, platform: Platform, tenant: Tenant) -> Place:
        async def make() -> Access:
            await platform.create_database(tenant.subdomain, "postgres", "shop", options={}, actor="test")
            return await platform.access(tenant.subdomain)

        return make


@pytest.fixture(scope="class")
def server(request: pytest.FixtureRequest) -> Iterator[Elsewhere]:
    """A server, given to the platform as the class says."""
    with elsewhere("wheel") as server:
        yield server if request.cls.attributes is None else server.new_login(request.cls.attributes)


class _OneServer(LimitsHold):
    """A subclass says who registers it."""

    attributes: str | None = None

    @pytest.fixture
    async def place(self, platform: Platform, tenant: Tenant, server: Elsewhere) -> AsyncIterator[Place]:
        name = f"on-{uuid4().hex[:8]}"
        await platform.placement.add(name, server.dsn(), actor="test")

        async def make() -> Access:
            await platform.create_database(tenant.subdomain, "postgres", "shop", options={}, cluster=name, actor="test")
            return await platform.access(tenant.subdomain)

        yield make
        for database in await platform.databases(tenant.subdomain):
            await platform.drop_database(tenant.subdomain, database.name, keep_dump=False, actor="test")
        await platform.placement.remove(name, actor="test")


class TestRegisteredByItsSuperuser(_OneServer):
    """Shared placement."""


class TestRegisteredWithoutSuperuser(_OneServer):
    """External placement, with the least that will do."""

    attributes = "createdb createrole"

    async def test_an_interrupted_look_locks_nobody_out(
        self, platform: Platform, full: Access, connect, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def interrupted(*_: Any) -> None:
            raise asyncio.CancelledError

        owner = await connect(full)
        await owner.execute("grant insert on big to current_user")
        cluster = await platform.cluster(full.database.cluster_id)
        looked = cluster, await platform._store.superuser(cluster.id), full.database.physical_name
        with monkeypatch.context() as patched, pytest.raises(asyncio.CancelledError):
            patched.setattr(standing, "_end_sessions", interrupted)
            await standing.withhold(*looked)
        with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
            await connect(full)
        await owner.execute("revoke insert on big from current_user")  # as its rollback would

        async def look() -> bool:
            await standing.withhold(*looked)
            try:
                return bool(await connect(full))
            except psycopg.OperationalError:
                return False

        await until(look)

    async def test_a_policy_made_meanwhile_lifts_nothing_and_counts_afterwards(
        self, platform: Platform, full: Access, storage: Storage, plan_of: Callable[..., Any], connect
    ) -> None:
        """It has the platform itself grant something, which is not held against the owner."""
        owner = await connect(full)
        await owner.execute("alter table spare enable row level security; create policy p on spare using (true)")
        await platform.placement.look_after()
        await storage.run()
        api = await connect(full, Login.api)
        await api.execute("set role anon")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            await api.execute("insert into public.spare values (2)")
        await owner.execute("select 1")
        await plan_of(full.tenant.subdomain, max_storage_gb=1)
        await storage.run()
        await api.execute("insert into public.spare values (2)")
