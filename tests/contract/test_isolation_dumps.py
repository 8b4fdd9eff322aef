"""Malicious dumps on one cluster per tenant, and on shared servers, registered by a superuser and without one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from contract.malicious_dumps import MaliciousDumps
from dbaas_provisioning.errors import NotFound
from dbaas_provisioning.platform import Access, Platform
from elsewhere import Elsewhere, elsewhere


class TestOneClusterPerTenant(MaliciousDumps):
    """The attacker's database has a sibling in its cluster."""

    @pytest.fixture
    async def attacker(self, platform: Platform, build: str) -> Access:
        ref = f"dumping-{build}"
        try:
            return await platform.access(ref, "attacker")
        except NotFound:
            await platform.create_tenant("Dumping", subdomain=ref, actor="test")
            await platform.create_database(ref, "postgres", "attacker", options={}, actor="test")
            return await platform.access(ref, "attacker")


@pytest.fixture(scope="class")
def server(request: pytest.FixtureRequest) -> Iterator[Elsewhere]:
    """A server, given to the platform as the class says."""
    with elsewhere("wheel") as server:
        yield server if request.cls.attributes is None else server.new_login(request.cls.attributes)


class _OneServer(MaliciousDumps):
    """A subclass says who registers it."""

    attributes: str | None = None

    @pytest.fixture
    async def attacker(self, platform: Platform, server: Elsewhere) -> Access:
        name = f"on-{server.port}"
        ref = f"dumping-{name}"
        try:
            return await platform.access(ref, "attacker")
        except NotFound:
            await platform.placement.add(name, server.dsn(), actor="test")
            await platform.create_tenant("Dumping", subdomain=ref, actor="test")
            await platform.create_database(ref, "postgres", "attacker", options={}, cluster=name, actor="test")
            return await platform.access(ref, "attacker")


class TestRegisteredByItsSuperuser(_OneServer):
    """Shared placement."""


class TestRegisteredWithoutSuperuser(_OneServer):
    """External placement, with the least that will do."""

    attributes = "createdb createrole"
