"""Tenants, databases, keys and the audit log, through the object that the doors call."""

from __future__ import annotations

from dbaas_provisioning.nouns import DatabaseState, Tenant
from dbaas_provisioning.platform import Access, Platform


async def test_a_new_database_is_ready_and_the_default_one(platform: Platform, tenant: Tenant) -> None:
    database = await platform.create_database(tenant.subdomain, "postgres", "shop", options={}, actor="ann")
    assert database.state is DatabaseState.ready
    assert (await platform.tenant(tenant.subdomain)).default_database == "shop"
    assert (await platform.database(tenant.subdomain)).id == database.id


async def test_shared(database: Access, connect) -> None:
    c = await connect(database)
    assert (await (await c.execute("select 1")).fetchone()) == (1,)
