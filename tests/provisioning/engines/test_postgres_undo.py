"""A database that could not be created leaves nothing: each step is made to fail by something real."""

from __future__ import annotations

import asyncio

import psycopg
import pytest

from dbaas_provisioning.errors import DbaasError, NotFound
from dbaas_provisioning.platform import Access, Platform

pytestmark = pytest.mark.every_build

NAME = "never"


@pytest.fixture
async def administrator(platform: Platform, database: Access):
    """The cluster's administrator, in a database that is not the one being created."""
    url = await platform.connection_string(database.tenant.subdomain, "keeper", admin=True)
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        yield connection


async def state(administrator) -> dict[str, list]:
    """Everything in a cluster that creating a database could leave."""
    found = {}
    for name, query in {
        "databases": "select datname from pg_database order by 1",
        "roles": "select rolname from pg_roles order by 1",
        "memberships": "select roleid::regrole::text, member::regrole::text from pg_auth_members order by 1, 2",
        "settings": "select setdatabase, setrole, setconfig from pg_db_role_setting order by 1, 2",
        "comments": "select objoid from pg_shdescription order by 1",
    }.items():
        found[name] = await (await administrator.execute(query)).fetchall()
    return found


async def fails_and_leaves_nothing(platform: Platform, tenant: str, administrator) -> DbaasError:
    before = await state(administrator)
    with pytest.raises(DbaasError) as failure:
        await platform.create_database(tenant, "postgres", NAME, options={}, actor="test")
    assert await state(administrator) == before
    with pytest.raises(NotFound):
        await platform.database(tenant, NAME)
    [entry] = await platform.audit(tenant=tenant, limit=1)
    assert (entry.action, entry.target, entry.outcome) == ("create_database", NAME, failure.value.code)
    return failure.value


async def test_logins_that_cannot_be_made(platform: Platform, database: Access, administrator) -> None:
    await administrator.execute("alter role service_role rename to service_role_gone")
    try:
        failure = await fails_and_leaves_nothing(platform, database.tenant.subdomain, administrator)
    finally:
        await administrator.execute("alter role service_role_gone rename to service_role")
    assert failure.code == "42704"


async def test_a_database_that_somebody_else_made_is_left_alone(
    platform: Platform, database: Access, administrator
) -> None:
    await administrator.execute(f"create database {NAME}")
    try:
        failure = await fails_and_leaves_nothing(platform, database.tenant.subdomain, administrator)
    finally:
        await administrator.execute(f"drop database {NAME}")
    assert failure.code == "database_exists"


async def test_a_database_that_cannot_be_copied(platform: Platform, database: Access, administrator) -> None:
    """Connections to the template make CREATE DATABASE fail, after the logins were made."""
    await administrator.execute("alter database template0 allow_connections true")
    url = await platform.connection_string(database.tenant.subdomain, "keeper", admin=True)
    try:
        async with await psycopg.AsyncConnection.connect(url, dbname="template0"):
            failure = await fails_and_leaves_nothing(platform, database.tenant.subdomain, administrator)
    finally:
        await administrator.execute("alter database template0 allow_connections false")
    assert failure.code == "55006"


@pytest.mark.parametrize(
    "until",
    [
        "select from pg_roles where shobj_description(oid, 'pg_authid') = 'dbaas database: never'",
        "select from pg_database where datname = 'never'",
        "select from pg_stat_activity where datname = 'never'",
    ],
    ids=["with the logins made", "with the database made", "while it is filled"],
)
async def test_connections_that_are_cut(platform: Platform, database: Access, administrator, until: str) -> None:
    before = await state(administrator)
    tenant = database.tenant.subdomain
    creating = asyncio.create_task(platform.create_database(tenant, "postgres", NAME, options={}, actor="test"))
    while not creating.done():
        if (await administrator.execute(until)).rowcount:
            await administrator.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where application_name = 'dbaas control' and pid <> pg_backend_pid()"
            )
            break
        await asyncio.sleep(0)
    try:
        await creating
    except DbaasError:
        assert await state(administrator) == before
        with pytest.raises(NotFound):
            await platform.database(tenant, NAME)
    else:  # it was quicker than the cut, and is complete
        await platform.drop_database(tenant, NAME, actor="test")
        assert await state(administrator) == before


async def test_a_caller_who_goes_away(platform: Platform, database: Access, administrator) -> None:
    before = await state(administrator)
    tenant = database.tenant.subdomain
    while True:
        creating = asyncio.create_task(platform.create_database(tenant, "postgres", NAME, options={}, actor="test"))
        while not (await administrator.execute("select from pg_database where datname = 'never'")).rowcount:
            await asyncio.sleep(0)
        if creating.cancel():
            break
        await creating  # it was complete before we saw that it had begun: once more
        await platform.drop_database(tenant, NAME, actor="test")
    with pytest.raises(asyncio.CancelledError):
        await creating
    assert await state(administrator) == before
    with pytest.raises(NotFound):
        await platform.database(tenant, NAME)
    assert (await platform.audit(tenant=tenant, limit=1))[0].outcome == "cancelled"


async def test_what_a_killed_creator_left_is_removed_by_the_next_one(
    platform: Platform, database: Access, administrator
) -> None:
    tenant = database.tenant
    await platform.create_database(tenant.subdomain, "postgres", NAME, options={}, actor="test")
    half_made = await platform.database(tenant.subdomain, NAME)
    await platform._store._connections.do(
        "update tenant_databases set status = 'creating' where id = %s", [half_made.id]
    )
    made = await platform.create_database(tenant.subdomain, "postgres", NAME, options={}, actor="test")
    assert made.id != half_made.id
    await platform._store._connections.do("update tenant_databases set status = 'dropping' where id = %s", [made.id])
    await platform.recover()
    with pytest.raises(NotFound):
        await platform.database(tenant.subdomain, NAME)
    assert not (await administrator.execute("select from pg_database where datname = 'never'")).rowcount
