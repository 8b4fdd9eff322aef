"""Malicious dumps on one cluster per tenant, the local placement."""

from __future__ import annotations

import pytest

from contract.malicious_dumps import MaliciousDumps
from dbaas_provisioning.errors import NotFound
from dbaas_provisioning.platform import Access, Platform


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
