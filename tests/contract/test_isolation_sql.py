"""The isolation suite on one cluster per tenant, the local placement."""

from __future__ import annotations

from uuid import uuid4

import pytest

from contract.isolation import SqlIsolation
from dbaas_provisioning.errors import NotFound
from dbaas_provisioning.platform import Access, Platform


@pytest.mark.every_build
class TestOneClusterPerTenant(SqlIsolation):
    """Two tenants, hence two clusters."""

    @pytest.fixture
    async def attacker(self, platform: Platform, shared: str) -> Access:
        try:
            return await platform.access(shared, "attacker")
        except NotFound:
            await platform.create_database(shared, "postgres", "attacker", options={}, actor="test")
            return await platform.access(shared, "attacker")

    @pytest.fixture
    async def victim(self, platform: Platform, build: str) -> Access:
        ref = f"victim-{build}"
        try:
            return await platform.access(ref)
        except NotFound:
            await platform.create_tenant("Victim", subdomain=ref, actor="test")
            await platform.create_database(ref, "postgres", f"v{uuid4().hex[:8]}", options={}, actor="test")
            return await platform.access(ref)
