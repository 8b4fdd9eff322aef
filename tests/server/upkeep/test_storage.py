"""A tenant who has no room left: what adds is refused, whatever the session sets; what reads and removes goes on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from dbaas_provisioning.errors import DbaasError
from dbaas_provisioning.nouns import Login, Tenant
from dbaas_provisioning.platform import Access, Platform
from dbaas_server.engine import StorageFull
from dbaas_server.nouns import Arg, Caller, TableRef, Write, WriteKind
from dbaas_server.sessions import Sessions
from dbaas_server.upkeep.storage import Storage

SCHEMA = """
create table big (id int primary key, body text);
create table notes (id int primary key, owner text, body text);
alter table notes enable row level security;
create policy open on notes using (true);
grant insert (id) on big to anon;
grant update on big to authenticated with grant option;
create schema side;
create table side.more (id int);
create function public.put() returns void language sql security definer as 'insert into public.big values (-1)';
insert into notes values (1, 'ann', 'here');
"""
FILL = "insert into big select n, repeat(md5(n::text), 60) from generate_series(1, 20000) n"
GRANTS = """
select c.oid::regclass::text, case g.grantee when 0 then 'public' else g.grantee::regrole::text end, g.privilege_type,
  g.is_grantable
from pg_class c, aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) g where c.relkind = 'r' and c.oid >= 16384
  and c.relname <> 'dbaas_withheld'
union
select a.attrelid::regclass || '.' || a.attname, g.grantee::regrole::text, g.privilege_type, g.is_grantable
from pg_attribute a, aclexplode(a.attacl) g where a.attrelid >= 16384
order by 1, 2, 3
"""
# What would add to the database, each tried by the owner with whatever may be set before it.
ADDING = [
    "insert into big values (0, 'x')",
    "update big set body = body || 'x' where id = 1",
    "insert into side.more values (1)",
    "copy big (id) from stdin",
    "merge into big using (values (0)) v (id) on big.id = v.id when not matched then insert values (v.id, 'x')",
    "create table another (id int)",
    "create temporary table another (id int)",
    "create table another as select * from big",
    "select * into another from big",
    "create materialized view another as select * from big",
    "create index on big (body)",
    "create schema another",
    "create function f() returns int language sql as 'select 1'",
    "comment on table big is 'long'",
    "alter table big add column more text default 'x'",
    "grant insert on big to current_user",
    "grant all on all tables in schema public to anon",
    "alter default privileges grant insert on tables to anon",
    "select public.put()",
    "select lo_from_bytea(0, 'x')",
    "select lo_create(0)",
    "select lo_creat(-1)",
]  # fmt: skip
LIFTING = [
    "set default_transaction_read_only = off",
    "set transaction_read_only = off",
    "set role anon",
    "set role authenticated",
    "set session authorization default",
    "set event_triggers = off",
    "set session_replication_role = replica",
    "drop event trigger dbaas_storage",
    "alter event trigger dbaas_storage disable",
    "drop function extensions.dbaas_storage() cascade",
    "delete from extensions.dbaas_withheld",
    'alter database shop reset "dbaas.storage_full"',
    "set dbaas.storage_full = 'off'",
]


@pytest.fixture
async def access(platform: Platform, tenant: Tenant, plan_of: Callable[..., Any], connect) -> Access:
    """A database in which there is more than its tenant may have, as soon as somebody looks."""
    await platform.create_database(tenant.subdomain, "postgres", "shop", options={}, actor="test")
    access = await platform.access(tenant.subdomain)
    owner = await connect(access)
    await owner.execute(SCHEMA)
    await owner.execute(FILL)
    await plan_of(tenant.subdomain, max_storage_gb=0.02)
    return access


@pytest.fixture
async def storage(platform: Platform) -> Storage:
    return Storage(platform.observation)


async def test_what_adds_is_refused_and_what_removes_heals(
    platform: Platform, access: Access, storage: Storage, connect
) -> None:
    ref = access.tenant.subdomain
    owner = await connect(access)
    before = await (await owner.execute(GRANTS)).fetchall()
    await storage.run()
    assert (await platform.tenant(ref)).storage_full
    for lifting in ["select 1", *LIFTING]:
        session = await connect(access)
        try:
            await session.execute(lifting)
        except psycopg.errors.DatabaseError:
            continue
        for adding in ADDING if lifting == "select 1" else ADDING[:3]:
            with pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.DiskFull)):
                await session.execute(adding)
    assert (await (await owner.execute("select count(*) from big")).fetchone()) == (20000,), "reading goes on"
    await storage.run()
    assert (await platform.tenant(ref)).storage_full, "and it stays so"
    await owner.execute("delete from big where id > 10")
    await owner.execute("vacuum (full) big")
    await owner.execute("drop table side.more")
    await storage.run()
    assert not (await platform.tenant(ref)).storage_full
    after = await (await owner.execute(GRANTS)).fetchall()
    assert after == [grant for grant in before if not grant[0].startswith("side.")]
    await owner.execute("insert into big values (-2, 'x')")
    await owner.execute("create table another (id int)")
    await owner.execute("select public.put(), lo_from_bytea(0, 'x')")


async def test_who_was_writing_when_it_became_full_is_ended_and_truncating_heals(
    platform: Platform, access: Access, storage: Storage, connect
) -> None:
    writing, owner = await connect(access), await connect(access)
    await writing.execute("begin")
    await writing.execute("create table hidden (id int)")
    await storage.run()
    with pytest.raises(psycopg.OperationalError):
        await writing.execute("insert into hidden values (1)")
    await owner.execute("truncate big")
    await storage.run()
    await owner.execute("insert into big values (1, 'x')")


async def test_sessions_refuse_what_adds_and_take_deletes(platform: Platform, access: Access, storage: Storage) -> None:
    ref = access.tenant.subdomain
    await storage.run()
    sessions = Sessions(platform)
    try:
        session = await sessions.session(ref, "shop")
        caller = Caller(access.tenant.id, "service_role", '{"role": "service_role"}', "test")
        table = TableRef("big", "public")
        for kind in set(WriteKind) - {WriteKind.delete}:
            with pytest.raises(StorageFull):
                await session.write([(Write(kind, table, body=Arg(0), columns=("id",)), ['{"id": 0}'])], caller)

        async def rows():
            yield b"id\n0\n"

        with pytest.raises(StorageFull):
            await session.load(table, [], rows(), caller)
        owner = Caller(access.tenant.id, "owner", "{}", "test")
        for text in ("insert into big values (0)", "create table another (id int)", "select lo_create(0)"):
            with pytest.raises(StorageFull):
                await session.run(text, [], owner)
        assert (await session.run("select count(*) from big", [], owner)).rows[0][0] == 20000
        await session.write([(Write(WriteKind.delete, table), [])], caller)
        assert (await session.run("select count(*) from big", [], owner)).rows[0][0] == 0
    finally:
        await sessions.close()


async def test_no_database_is_made_where_there_is_no_room(platform: Platform, access: Access, storage: Storage) -> None:
    await storage.run()
    for engine in ("postgres", "document"):
        with pytest.raises(DbaasError) as refused:
            await platform.create_database(access.tenant.subdomain, engine, "more", options={}, actor="test")
        assert refused.value.code == "storage_full"


async def test_a_higher_plan_opens_it_and_policies_that_went_do_not_come_back(
    platform: Platform, access: Access, storage: Storage, connect, plan_of: Callable[..., Any]
) -> None:
    owner = await connect(access)
    await storage.run()
    await owner.execute("drop policy open on notes")
    await plan_of(access.tenant.subdomain, max_storage_gb=1)
    await storage.run()
    assert not (await platform.tenant(access.tenant.subdomain)).storage_full
    api = await connect(access, Login.api)
    await api.execute("set role anon")
    for statement in ("insert into notes values (2)", "select * from notes"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            await api.execute(statement)
    await owner.execute("insert into notes values (2)")


async def test_a_cluster_that_slept_meanwhile_is_opened_when_it_runs_again(
    platform: Platform, access: Access, storage: Storage, connect, supervision, plan_of: Callable[..., Any]
) -> None:
    await storage.run()
    await supervision.stop(access.database.cluster_id)
    await plan_of(access.tenant.subdomain, max_storage_gb=1)
    await storage.run()
    owner = await connect(await platform.access(access.tenant.subdomain))
    await storage.run()
    await owner.execute("insert into big values (0, 'x')")
