"""Which tables are published, and that publishing never gets in the tenant's way."""

from __future__ import annotations

import asyncio

import psycopg
import pytest

from dbaas_provisioning.platform import Access, Platform

pytestmark = pytest.mark.every_build


@pytest.fixture
async def owner(database: Access, connect):
    return await connect(database)


@pytest.fixture
async def superuser(platform: Platform, database: Access, connect):
    access = await platform.replication.access(database.database, wake=False)
    assert access is not None
    return await connect(database, access.administrator)


async def published(connection) -> list[str]:
    cursor = await connection.execute(
        "select schemaname || '.' || tablename from pg_publication_tables where pubname = 'dbaas' order by 1"
    )
    return [name async for (name,) in cursor]


async def identity(connection, table: str) -> str:
    cursor = await connection.execute("select relreplident from pg_class where oid = %s::regclass", [table])
    return (await cursor.fetchone())[0]


async def test_every_table_of_the_tenants_schemas_is_published_and_no_other(owner) -> None:
    await owner.execute(
        "create table a (id int primary key); create table b as select 1 as id; select 1 as id into c;"
        'create schema "Own"; create table "Own"."T" (id int);'
        "create schema s create table d (id int);"
        "create temporary table t (id int); create unlogged table u (id int);"
        "create view v as select * from a; create materialized view m as select * from a"
    )
    assert await published(owner) == ["Own.T", "public.a", "public.b", "public.c", "s.d"]
    await owner.execute('drop schema "Own" cascade; drop schema public cascade; create schema public')
    await owner.execute("create table again (id int)")
    assert await published(owner) == ["public.again", "s.d"]


async def test_a_table_without_a_key_can_be_changed(owner) -> None:
    await owner.execute("create table t (id int); insert into t values (1); update t set id = 2; delete from t")
    assert await identity(owner, "t") == "f"


async def test_the_identity_follows_the_key(owner) -> None:
    await owner.execute("create table t (id int primary key, n int)")
    assert await identity(owner, "t") == "d"
    await owner.execute("alter table t drop constraint t_pkey; insert into t values (1, 1); update t set n = 2")
    assert await identity(owner, "t") == "f"
    await owner.execute("create table e (id int primary key deferrable, n int); insert into e values (1, 1)")
    await owner.execute("update e set n = 2")
    assert await identity(owner, "e") == "f", "a deferrable key identifies nothing"


async def test_a_key_that_goes_with_its_type_leaves_a_table_that_can_be_changed(owner) -> None:
    await owner.execute("create domain num as int; create table t (id num primary key, n int)")
    assert await identity(owner, "t") == "d"
    await owner.execute("drop domain num cascade; insert into t values (1); update t set n = 2")
    assert await identity(owner, "t") == "f"


async def test_a_key_that_goes_with_its_index_leaves_a_table_that_can_be_changed(owner) -> None:
    await owner.execute(
        "create table t (id int not null, n int); create unique index i on t (id);"
        "alter table t replica identity using index i; insert into t values (1)"
    )
    assert await identity(owner, "t") == "i"
    await owner.execute("drop index i; update t set n = 2")
    assert await identity(owner, "t") == "f"


async def test_looking_at_every_table_waits_for_none(owner, superuser, database: Access, connect) -> None:
    await owner.execute("create table t (id int primary key); create table u (id int primary key)")
    for table in ("t", "u"):  # as a version before left them
        await superuser.execute(f"set session_replication_role = replica; alter table {table} replica identity nothing")
    reader = await connect(database)
    await reader.execute("begin; select from t")
    await superuser.execute("reset session_replication_role; select extensions.dbaas_identify(null)")
    assert [await identity(owner, name) for name in ("t", "u")] == ["n", "d"], "what is free is put right"
    await reader.execute("commit")
    await superuser.execute("select extensions.dbaas_identify(null)")
    assert await identity(owner, "t") == "d"


async def test_policies_need_the_whole_old_row_and_it_stays_when_they_go(owner) -> None:
    await owner.execute("create table t (id int primary key, who text)")
    assert await identity(owner, "t") == "d"
    await owner.execute("create policy p on t using (who = 'me')")
    assert await identity(owner, "t") == "f"
    await owner.execute("drop policy p on t")
    assert await identity(owner, "t") == "f", "the tenant may have wanted it"
    await owner.execute("alter table t replica identity default")
    assert await identity(owner, "t") == "d"
    await owner.execute("alter table t enable row level security")
    assert await identity(owner, "t") == "f"
    await owner.execute("alter table t replica identity default")
    assert await identity(owner, "t") == "f"


async def test_what_the_tenant_chose_is_kept_where_it_works(owner) -> None:
    await owner.execute(
        "create table t (id int not null, n int primary key); create unique index i on t (id);"
        "alter table t replica identity using index i"
    )
    assert await identity(owner, "t") == "i"
    await owner.execute("alter table t replica identity full")
    await owner.execute("alter table t rename to u; alter table u rename column n to m")
    assert await identity(owner, "u") == "f"
    await owner.execute("alter table u replica identity nothing")
    assert await identity(owner, "u") == "d", "nothing would refuse the tenant's own updates"


async def test_the_members_of_a_partition_tree_agree(owner) -> None:
    await owner.execute(
        "create table t (id int primary key, n int) partition by range (id);"
        "create table low partition of t for values from (0) to (10);"
        "create table high partition of t for values from (10) to (20)"
    )
    assert [await identity(owner, name) for name in ("t", "low", "high")] == ["d", "d", "d"]
    await owner.execute("create policy p on high using (true)")
    assert [await identity(owner, name) for name in ("t", "low", "high")] == ["f", "f", "f"]
    await owner.execute("create table next partition of t for values from (20) to (30)")
    assert await identity(owner, "next") == "f"
    await owner.execute("create table keyless (id int, n int) partition by list (n)")
    await owner.execute("create table one partition of keyless for values in (1); insert into keyless values (1, 1)")
    await owner.execute("update keyless set id = 2; delete from keyless")
    await owner.execute("alter table keyless detach partition one; insert into one values (1, 1); update one set n = 1")
    assert "public.one" in await published(owner)


async def test_an_unlogged_table_is_told_of_once_it_is_logged_and_the_other_way_round(owner) -> None:
    await owner.execute("create unlogged table t (id int); insert into t values (1); update t set id = 2")
    assert await published(owner) == []
    await owner.execute("alter table t set logged; update t set id = 3")
    assert await published(owner) == ["public.t"]
    await owner.execute("alter table t set unlogged; update t set id = 4")
    assert await published(owner) == []


async def test_an_open_transaction_that_made_a_table_holds_nobody_up(database: Access, connect) -> None:
    first, second = await connect(database), await connect(database)
    await first.execute("begin; create table a (id int); create policy p on a using (true)")
    async with asyncio.timeout(20):
        await second.execute(
            "create table b (id int); create table c (id int primary key); create policy p on c using (true)"
        )
    await first.execute("commit")
    assert await published(second) == ["public.a", "public.b", "public.c"]


async def test_a_policy_can_be_made_where_the_table_is_in_use(owner, database, platform) -> None:
    await owner.execute(
        "create table p (id int primary key); insert into p values (1);"
        "create table t (id int primary key, p int references p deferrable initially deferred)"
    )
    await owner.execute("begin; insert into t values (1, 1); create policy q on t using (true); commit")
    assert await identity(owner, "t") == "d"
    await platform.replication.prepare(database.database)
    assert await identity(owner, "t") == "f", "the platform came by again"


async def test_a_database_of_an_earlier_version_gets_it_and_preparing_is_safe_to_repeat(
    owner, superuser, database: Access, platform: Platform
) -> None:
    await superuser.execute(
        "drop event trigger dbaas_publish; drop event trigger dbaas_publish_drop; drop publication dbaas;"
        "drop function extensions.dbaas_publish; drop function extensions.dbaas_identify;"
        "drop function extensions.dbaas_publish_schemas;"
        "create publication dbaas with (publish_via_partition_root = true)"
    )
    await owner.execute("create table t (id int); create table k (id int primary key); create schema s")
    assert await published(owner) == []
    for _ in range(2):
        await platform.replication.prepare(database.database)
        assert await published(owner) == ["public.k", "public.t"]
        assert [await identity(owner, name) for name in "tk"] == ["f", "d"]
    await owner.execute("create table s.later (id int); insert into s.later values (1); update s.later set id = 2")
    assert "s.later" in await published(owner)


async def test_preparing_what_is_prepared_writes_nothing(superuser, database: Access, platform: Platform) -> None:
    async def version() -> object:
        cursor = await superuser.execute(
            "select array_agg(xmin::text order by oid) from pg_proc where proname like 'dbaas\\_%'"
        )
        return await cursor.fetchone()

    await platform.replication.prepare(database.database)
    before = await version()
    await platform.replication.prepare(database.database)
    assert await version() == before


async def test_a_tenant_cannot_change_what_is_published(owner) -> None:
    await owner.execute("create table t (id int)")
    for statement in (
        "alter publication dbaas set (publish = '')", "alter publication dbaas drop tables in schema public",
        "select extensions.dbaas_identify(null)", "select extensions.dbaas_publish_schemas()",
        "create or replace function extensions.dbaas_identify(oid[]) returns void language sql return null",
        "drop event trigger dbaas_publish", "alter event trigger dbaas_publish disable",
    ):  # fmt: skip
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            await owner.execute(statement)
