"""Which tables the API roles reach."""

from __future__ import annotations

import psycopg
import pytest

from dbaas_provisioning.nouns import Login
from dbaas_provisioning.platform import Access, Platform

pytestmark = pytest.mark.every_build


async def reachable(connection, table: str = "t", role: str = "anon") -> bool:
    cursor = await connection.execute("select has_table_privilege(%s, %s, 'select')", [role, table])
    return (await cursor.fetchone())[0]


@pytest.fixture
async def owner(database: Access, connect):
    return await connect(database)


async def test_a_table_is_reachable_while_it_has_row_security_and_a_policy(owner) -> None:
    await owner.execute("create table t (id int)")
    assert not await reachable(owner)
    await owner.execute("create policy p on t for select using (true)")
    assert not await reachable(owner), "a policy alone protects nothing"
    await owner.execute("alter table t enable row level security")
    assert await reachable(owner)
    assert await reachable(owner, role="authenticated")
    await owner.execute("alter table t disable row level security")
    assert not await reachable(owner)
    await owner.execute("alter table t enable row level security; drop policy p on t")
    assert not await reachable(owner)


async def test_a_policy_that_goes_with_something_else_closes_the_table(owner) -> None:
    await owner.execute(
        "create table t (id int); alter table t enable row level security;"
        "create function ok() returns bool language sql return true;"
        "create policy p on t using (ok())"
    )
    assert await reachable(owner)
    await owner.execute("drop function ok() cascade")
    assert not await reachable(owner)


async def test_an_explicit_grant_stays_what_it_is(owner) -> None:
    await owner.execute("create table t (id int); grant select on t to anon")
    assert await reachable(owner)
    await owner.execute(
        "alter table t enable row level security; create policy p on t using (true); drop policy p on t"
    )
    assert await reachable(owner)
    assert not await reachable(owner, role="authenticated")
    await owner.execute("revoke select on t from anon")
    assert not await reachable(owner)


async def test_sequences_of_exposed_tables_can_be_used(database, owner, connect) -> None:
    await owner.execute(
        "create table t (id serial primary key); alter table t enable row level security;"
        "create policy p on t using (true); alter table t add column n serial"
    )
    api = await connect(database, Login.api)
    await api.execute("set role anon")
    await api.execute("insert into t default values")
    await owner.execute("alter table t disable row level security")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        await api.execute("select nextval('t_n_seq')")


async def test_everything_in_one_command_is_seen(owner) -> None:
    await owner.execute("create schema s create table t (id int)")
    await owner.execute("alter table s.t enable row level security; create policy p on s.t using (true)")
    assert await reachable(owner, "s.t")
    await owner.execute("alter schema s owner to authenticated")
    assert not await reachable(owner, "s.t"), "the schema is not the tenant's owner's any more"


async def test_the_secret_key_reaches_everything(database, owner, connect) -> None:
    await owner.execute(
        "create table t (id serial); create schema s; create table s.t (id int);alter table t enable row level security"
    )
    service = await connect(database, Login.service)
    await service.execute("set role service_role")
    await service.execute("insert into t default values; insert into s.t values (1)")
    assert (await (await service.execute("select count(*) from t")).fetchone()) == (1,)


async def test_a_new_schema_public_serves_like_the_old_one(owner) -> None:
    await owner.execute("drop schema public cascade; create schema public; create table t (id int)")
    await owner.execute("alter table t enable row level security; create policy p on t using (true)")
    assert await reachable(owner)
    cursor = await owner.execute("select has_schema_privilege('anon', 'public', 'usage')")
    assert await cursor.fetchone() == (True,)


async def test_the_tenant_can_neither_drop_nor_disable_nor_fool_the_trigger(owner) -> None:
    for statement in (
        "drop event trigger dbaas_expose",
        "alter event trigger dbaas_expose disable",
        "drop function extensions.dbaas_expose() cascade",
        "create or replace function extensions.dbaas_expose() returns event_trigger language plpgsql as 'begin end'",
        "set session_replication_role = replica",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            await owner.execute(statement)
    # Objects of the tenant's own in front of the system's, in every way a session has.
    await owner.execute(
        """
        create function public.pg_notify(text, text) returns void language sql as 'select 1/0';
        create function public.format(text, text) returns text language sql as $$ select 'alter role anon superuser' $$;
        create table public.pg_class (oid oid);
        create function public.ne(bool, bool) returns bool language sql as 'select true';
        create operator public.<> (leftarg = bool, rightarg = bool, function = public.ne);
        set search_path = public, pg_catalog;
        create temporary table pg_policy (oid oid, polrelid oid);
        """
    )
    await owner.execute("create table t (id int); alter table t enable row level security")
    assert not await reachable(owner)
    await owner.execute("create policy p on t using (true)")
    assert await reachable(owner)


async def test_awkward_names_are_exposed_and_nothing_else(owner) -> None:
    name = '"t to api_exposed; grant pg_read_server_files to api_exposed; --"'
    await owner.execute(f"create table {name} (id int)")
    await owner.execute(f"alter table {name} enable row level security; create policy p on {name} using (true)")
    assert await reachable(owner, name)
    cursor = await owner.execute("select pg_has_role('api_exposed', 'pg_read_server_files', 'member')")
    assert await cursor.fetchone() == (False,)


async def test_expose_all_means_everything_in_public(platform: Platform, database: Access, connect) -> None:
    tenant = database.tenant.subdomain
    await platform.create_database(tenant, "postgres", "open", options={"expose": "all"}, actor="test")
    try:
        access = await platform.access(tenant, "open")
        assert access.database.exposure == "all"
        owner = await connect(access)
        await owner.execute("create table t (id serial); create schema s; create table s.t (id int)")
        for role in ("anon", "authenticated", "service_role"):
            assert await reachable(owner, role=role)
        assert not await reachable(owner, "s.t")
    finally:
        await platform.drop_database(tenant, "open", actor="test")
