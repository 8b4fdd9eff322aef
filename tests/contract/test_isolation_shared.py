"""The isolation suite on servers that tenants share, registered by a superuser and without one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from contract.shared_isolation import SharedServerIsolation
from dbaas_provisioning.errors import NotFound
from dbaas_provisioning.nouns import Cluster
from dbaas_provisioning.platform import Access, Platform
from elsewhere import Elsewhere, elsewhere


@pytest.fixture(scope="class", params=["wheel", "system"])
def server(request: pytest.FixtureRequest) -> Iterator[Elsewhere]:
    """A server of each build, given to the platform as the class says; the machine's own speaks TLS."""
    with elsewhere(request.param, tls=request.param == "system") as server:
        yield server if request.cls.attributes is None else server.new_login(request.cls.attributes)


class _OneServer(SharedServerIsolation):
    """Two tenants on one server. A subclass says who registers it."""

    attributes: str | None = None

    @pytest.fixture
    async def cluster(self, platform: Platform, server: Elsewhere) -> Cluster:
        name = f"on-{server.port}"
        try:
            return await platform.placement.named(name)
        except NotFound:
            return await platform.placement.add(name, server.dsn(), authority=server.authority, actor="test")

    @pytest.fixture
    async def attacker(self, platform: Platform, cluster: Cluster) -> Access:
        return await self._access(platform, cluster, "attacker")

    @pytest.fixture
    async def victim(self, platform: Platform, cluster: Cluster) -> Access:
        return await self._access(platform, cluster, "victim")

    async def _access(self, platform: Platform, cluster: Cluster, name: str) -> Access:
        ref = f"{name}-{cluster.name}"
        try:
            return await platform.access(ref)
        except NotFound:
            await platform.create_tenant(name, subdomain=ref, actor="test")
            await platform.create_database(ref, "postgres", "shop", options={}, cluster=cluster.name, actor="test")
            return await platform.access(ref)


class TestRegisteredByItsSuperuser(_OneServer):
    """Shared placement."""


class TestRegisteredWithoutSuperuser(_OneServer):
    """External placement, with the least that will do."""

    attributes = "createdb createrole"


class TestRegisteredWithReplication(_OneServer):
    """With what a feed of changes needs besides."""

    attributes = "createdb createrole replication"
