"""Plans of a test's own, with limits so low that they are reached."""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from dbaas_provisioning.platform import Platform

__all__ = ["plan_of"]


@pytest.fixture
async def plan_of(platform: Platform) -> AsyncIterator[object]:
    """``await plan_of(tenant, max_storage_gb=0.02)``: puts a tenant on a plan of its own."""
    made: list[str] = []

    async def give(subdomain: str, **limits: float) -> str:
        name = f"p{uuid4().hex[:10]}"
        await platform.plans.create(name, limits, actor="test")
        made.append(name)
        await platform.update_tenant(subdomain, plan=name, actor="test")
        return name

    yield give
    for tenant in await platform.tenants():
        if tenant.plan_type in made:
            await platform.update_tenant(tenant.subdomain, plan="free", actor="test")
    for name in made:
        await platform.plans.remove(name, actor="test")
