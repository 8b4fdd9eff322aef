"""Databases on servers without event triggers: what is looked at again and again, and then right."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from uuid import uuid4

import psycopg
import pytest

from conninfo import conninfo
from dbaas_provisioning.nouns import Login, Tenant
from dbaas_provisioning.platform import Access, Platform
from elsewhere import Elsewhere, elsewhere


@pytest.fixture(scope="module", params=["wheel", "system"])
def server(request: pytest.FixtureRequest) -> Iterator[Elsewhere]:
    with elsewhere(request.param) as server:
        yield server.new_login("createdb createrole replication")


@pytest.fixture
async def cluster(platform: Platform, server: Elsewhere) -> str:
    name = f"on-{server.port}"
    if name not in [one.name for one in await platform.placement.all()]:
        await platform.placement.add(name, server.dsn(), actor="test")
    return name


@pytest.fixture
async def placed(platform: Platform, cluster: str, tenant: Tenant) -> Access:
    name = f"d{uuid4().hex[:8]}"
    await platform.create_database(tenant.subdomain, "postgres", name, options={}, cluster=cluster, actor="test")
    return await platform.access(tenant.subdomain, name)


@pytest.fixture
async def owner(placed: Access) -> AsyncIterator[psycopg.AsyncConnection]:
    async with await psycopg.AsyncConnection.connect(conninfo(placed), autocommit=True) as connection:
        yield connection


async def one(owner: psycopg.AsyncConnection, query: str) -> object:
    return (await (await owner.execute(query)).fetchone())[0]


READABLE = "select has_table_privilege('anon', 'public.t', 'select')"


async def test_a_table_is_reachable_while_it_has_row_security_and_a_policy(platform: Platform, owner) -> None:
    look = platform.placement.look_after
    await owner.execute("create table t (id bigint generated always as identity)")
    await look()
    assert not await one(owner, READABLE)
    await owner.execute("create policy p on t for select using (true)")
    await look()
    assert not await one(owner, READABLE), "a policy alone protects nothing"
    await owner.execute("alter table t enable row level security")
    await look()
    assert await one(owner, READABLE)
    assert await one(owner, "select has_sequence_privilege('authenticated', 't_id_seq', 'usage')")
    await owner.execute("drop policy p on t")
    await look()
    assert not await one(owner, READABLE), "the platform's own policy for service_role is none of the tenant's"
    assert not await one(owner, "select has_sequence_privilege('authenticated', 't_id_seq', 'usage')")


async def test_explicit_grants_stay_the_tenants_own(platform: Platform, owner) -> None:
    await owner.execute("create table t (id int); grant select on t to anon")
    await platform.placement.look_after()
    assert await one(owner, READABLE)
    await owner.execute("revoke select on t from anon")
    await platform.placement.look_after()
    assert not await one(owner, READABLE)


async def test_service_role_sees_rows_that_policies_hide(platform: Platform, placed: Access, owner) -> None:
    await owner.execute("create table t (id int); insert into t values (1); alter table t enable row level security")
    await platform.placement.look_after()
    service = conninfo(placed, Login.service)
    async with await psycopg.AsyncConnection.connect(service, autocommit=True) as connection:
        await connection.execute("set role service_role")
        assert await one(connection, "select count(*) from public.t") == 1
        await connection.execute("insert into public.t values (2)")
        await connection.execute("delete from public.t")


async def test_new_tables_are_published_and_stay_writable(platform: Platform, owner) -> None:
    await owner.execute(
        "create table t (id int primary key, v int); create table k (v int);"
        "create table p (id int) partition by range (id); create table p1 partition of p for values from (0) to (9);"
        'create table "it\'s ""odd""" (v int); create temporary table x (v int); create unlogged table u (v int)'
    )
    await platform.placement.look_after()
    found = await (
        await owner.execute("select tablename from pg_publication_tables where pubname = 'dbaas' order by 1")
    ).fetchall()
    assert [row[0] for row in found] == ['it\'s "odd"', "k", "p", "t"]
    await owner.execute("alter table t drop constraint t_pkey")
    for table in ("t", "k", "p"):
        name = "v" if table != "p" else "id"
        await owner.execute(
            f"insert into {table} ({name}) values (1)" if table != "t" else "insert into t values (1, 1)"
        )
        await owner.execute(f"update {table} set {name} = 2")
        await owner.execute(f"delete from {table}")


async def test_a_schema_made_anew_serves_the_api(platform: Platform, owner) -> None:
    await owner.execute("drop schema public cascade; create schema public")
    await platform.placement.look_after()
    assert await one(owner, "select has_schema_privilege('anon', 'public', 'usage')")
    await owner.execute("revoke usage on schema public from anon")
    await platform.placement.look_after()
    assert not await one(owner, "select has_schema_privilege('anon', 'public', 'usage')"), "the tenant's own wish"


async def test_looking_twice_changes_nothing(platform: Platform, server: Elsewhere, owner) -> None:
    await owner.execute(
        "create table t (id int); alter table t enable row level security; create policy p on t using (true)"
    )
    await platform.placement.look_after()
    query = "select array_agg(c.xmin::text order by c.oid) from pg_class c where c.oid >= 16384"
    before = await one(owner, query)
    await platform.placement.look_after()
    assert await one(owner, query) == before


async def test_what_is_locked_is_waited_for_by_nobody(platform: Platform, placed: Access, owner) -> None:
    await owner.execute(
        "create table t (id int); alter table t enable row level security; create policy p on t using (true)"
    )
    await owner.execute(
        "create table free (id int); alter table free enable row level security; create policy p on free using (true)"
    )
    async with await psycopg.AsyncConnection.connect(conninfo(placed)) as holder:
        await holder.execute("lock table t in access exclusive mode")
        await platform.placement.look_after()
        assert await one(owner, "select has_table_privilege('anon', 'public.free', 'select')")
        await holder.rollback()
    await platform.placement.look_after()
    assert await one(owner, READABLE)
