"""Dump, restore, branch, undrop and rotate on servers that tenants share, registered by a superuser and without one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from uuid import uuid4

import psycopg
import pytest

from dbaas_provisioning.errors import DbaasError
from dbaas_provisioning.nouns import Login, Tenant
from dbaas_provisioning.platform import Access, Platform
from elsewhere import Elsewhere, elsewhere

SHOP = """
create schema "Odd ""schema";
create table public.items (id int generated always as identity primary key, name text unique, tags text[]);
insert into public.items (name, tags) select 'item ' || n, array['a', 'b;c'] from generate_series(1, 1000) n;
create table "Odd ""schema".t (id int references public.items, doc jsonb);
insert into "Odd ""schema".t select id, '{"a": 1}' from public.items limit 10;
create table public.notes (id int primary key, body text);
insert into public.notes values (1, 'x'), (2, 'y');
alter table public.notes enable row level security;
create policy readable on public.notes for select to anon using (id = 1);
create materialized view public.kept as select count(*) as n from public.items;
create function public.double(n int) returns int language sql immutable return n * 2;
grant select on public.items to anon;
select lo_from_bytea(0, 'a large object');
"""
STATE = """
select (select count(*) from public.items), (select count(*) from "Odd ""schema".t), (select n from public.kept),
  public.double(21), (select count(*) from pg_largeobject_metadata),
  has_table_privilege('anon', 'public.items', 'select'), has_table_privilege('anon', 'public.items', 'insert'),
  has_table_privilege('anon', 'public.notes', 'select'), has_table_privilege('service_role', 'public.items', 'delete'),
  (select array_agg(distinct pg_get_userbyid(relowner) = current_user) from pg_class
   where relnamespace = 'public'::regnamespace)
"""


@pytest.fixture(scope="module", params=["wheel", "system"])
def running(request: pytest.FixtureRequest) -> Iterator[Elsewhere]:
    with elsewhere(request.param) as server:
        yield server


@pytest.fixture(params=[None, "createdb createrole", "createdb createrole replication bypassrls"])
async def cluster(platform: Platform, running: Elsewhere, request: pytest.FixtureRequest) -> AsyncIterator[str]:
    """The server as it was registered."""
    running.forget_api_roles()
    server, name = running if request.param is None else running.new_login(request.param), f"on-{uuid4().hex[:8]}"
    await platform.placement.add(name, server.dsn(), actor="test")
    yield name
    await platform.placement.remove(name, actor="test")


@pytest.fixture
async def shop(platform: Platform, cluster: str, tenant: Tenant, connect) -> AsyncIterator[Access]:
    """A database of some contents; a neighbour on the server has the same."""
    neighbour = await platform.create_tenant("neighbour", subdomain=f"n{uuid4().hex[:8]}", actor="test")
    for ref in (tenant.subdomain, neighbour.subdomain):
        await platform.create_database(ref, "postgres", "shop", options={}, cluster=cluster, actor="test")
        owner = await connect(await platform.access(ref, "shop"))
        await owner.execute(SHOP.encode())
    await platform.placement.look_after()
    yield await platform.access(tenant.subdomain, "shop")
    access = await platform.access(neighbour.subdomain, "shop")
    assert (await state(platform, connect, access))[:2] == (1000, 10), "nobody else's is touched"
    await platform.drop_tenant(neighbour.subdomain, actor="test")
    await platform.drop_tenant(tenant.subdomain, actor="test")


async def state(platform: Platform, connect, access: Access) -> tuple[object, ...]:
    """What the owner, the service login and anon find in it."""
    await platform.placement.look_after()
    seen = await (await (await connect(access)).execute(STATE)).fetchone()
    service = await connect(access, Login.service)
    await service.execute("set role service_role")
    anon = await connect(access, Login.api)
    await anon.execute("set role anon")
    counts = [(await (await one.execute("select count(*) from public.notes")).fetchone())[0] for one in (service, anon)]
    return (*seen, *counts)


async def test_all_that_becomes_of_databases_works_there(
    platform: Platform, running: Elsewhere, cluster: str, shop: Access, connect
) -> None:
    ref, before = shop.tenant.subdomain, await state(platform, connect, shop)
    assert before[-2:] == (2, 1)

    dump = await platform.lifecycle.dump(ref, "shop", actor="test")
    owner = await connect(shop)
    await owner.execute("drop table public.items cascade")
    await platform.lifecycle.restore(ref, "shop", dump.id, actor="test")
    again = await platform.access(ref, "shop")
    assert again.logins == shop.logins and await state(platform, connect, again) == before
    with pytest.raises(psycopg.OperationalError):
        await owner.execute("select 1")

    await platform.lifecycle.restore(ref, "shop", dump.id, as_new="copy", actor="test")
    await platform.lifecycle.branch(ref, "shop", "branch", actor="test")
    for name in ("copy", "branch"):
        access = await platform.access(ref, name)
        assert not set(access.logins.values()) & set(shop.logins.values())
        assert await state(platform, connect, access) == before
    assert (await platform.access(ref, "branch")).database.cluster_id == shop.database.cluster_id

    await platform.drop_database(ref, "shop", actor="test")
    with pytest.raises(psycopg.OperationalError):
        await connect(again)
    back = await platform.lifecycle.undrop(ref, "shop", actor="test")
    assert back.id == shop.database.id and back.cluster_id == shop.database.cluster_id
    undropped = await platform.access(ref, "shop")
    assert await state(platform, connect, undropped) == before

    session = await connect(undropped)
    await platform.rotate(ref, "shop", actor="test")
    rotated = await platform.access(ref, "shop")
    for login in Login:
        with pytest.raises(psycopg.OperationalError):
            await connect(undropped, login)
    with pytest.raises(psycopg.OperationalError):
        await session.execute("select 1")
    assert await state(platform, connect, rotated) == before

    with running.connect() as landlord:
        left = landlord.execute(
            "select datname from pg_database where datname like 'dbaas\\_%' union all"
            " select rolname from pg_roles where rolname like 'w\\_%'"
        ).fetchall()
    assert left == []


async def test_rows_that_forced_policies_hide_are_dumped_or_the_dump_is_refused(
    platform: Platform, cluster: str, shop: Access, connect
) -> None:
    owner = await connect(shop)
    await owner.execute("alter table public.notes force row level security")
    ref = shop.tenant.subdomain
    if (await platform.placement.named(cluster)).powers.superuser:
        dump = await platform.lifecycle.dump(ref, "shop", actor="test")
        await platform.lifecycle.restore(ref, "shop", dump.id, actor="test")
        assert (await state(platform, connect, await platform.access(ref, "shop")))[-2:] == (2, 1)
    else:
        with pytest.raises(DbaasError):
            await platform.lifecycle.dump(ref, "shop", actor="test")
        await owner.execute("alter table public.notes no force row level security")
        await platform.lifecycle.dump(ref, "shop", actor="test")
