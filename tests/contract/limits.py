"""Limits that hold, whatever the engine runs on: exceeding each from a tenant's own logins, and lifting it first.

A placement joins by subclassing :class:`LimitsHold` in a test module and giving it the fixture ``place``: it makes a
tenant of the test's own, with a database, as :class:`~dbaas_provisioning.platform.Access`. The platform's jobs are run
by the tests, look by look.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import psycopg
import pytest

from dbaas_provisioning.nouns import Login
from dbaas_provisioning.platform import Access, Platform
from dbaas_server.engine import StorageFull
from dbaas_server.nouns import Arg, Caller, TableRef, Write, WriteKind
from dbaas_server.sessions import Sessions
from dbaas_server.upkeep.storage import Storage
from dbaas_server.upkeep.watchdog import Watchdog
from waiting import until

Place = Callable[[], Awaitable[Access]]
Session = psycopg.AsyncConnection[tuple[Any, ...]]

# What runs for ever, after whatever may lift the limit on statements.
ENDLESS = {
    "set": ("set statement_timeout = 0", "select pg_sleep(600)"),
    "set local": ("begin", "set local statement_timeout = 0", "select pg_sleep(600)"),
    "set_config": ("select set_config('statement_timeout', '0', false)", "select pg_sleep(600)"),
    "a function with a setting": (
        "create function f() returns void set statement_timeout = 0 language plpgsql as"
        " $$ begin perform set_config('statement_timeout', '0', false); end $$",
        "select f()",
        "set statement_timeout = 0",
        "do $$ begin loop perform 1; end loop; end $$",
    ),
    "prepared": ("set statement_timeout = 0", "prepare p as select pg_sleep(600)", "execute p"),
    "copy": ("set statement_timeout = 0", "copy (select pg_sleep(600)) to stdout"),
    "a cursor": ("set statement_timeout = 0", "begin", "declare c cursor for select pg_sleep(600)", "fetch c"),
    "caught": (
        "set statement_timeout = 0",
        "do $$ begin loop begin perform pg_sleep(600); exception when query_canceled then null; end; end loop; end $$",
    ),
}

FILLED = """
create table big (id int, body text);
insert into big select n, repeat(md5(n::text), 60) from generate_series(1, 20000) n;
create table spare (id int);
create table many as select n from generate_series(1, 400000) n;
create function put() returns void language sql security definer as 'insert into public.big values (-1)';
create function fire() returns trigger language plpgsql security definer as
  $$ begin insert into public.big values (-2); return old; end $$;
create trigger fire before delete on spare for each row execute function fire();
insert into spare values (1);
create materialized view growing as select n, md5(n::text) || md5((-n)::text) from generate_series(1,
  case when coalesce(current_setting('a.b', true), '') = '' then 1 else 400000 end) n;
"""

# Refused at once, everywhere: privileges, which no setting of a session's lifts.
ADDING = [
    "insert into big values (0)",
    "update big set body = body || 'x'",
    "copy big (id) from stdin",
    "merge into big using (values (0)) v (id) on false when not matched then insert values (v.id)",
    "select put()",
    "delete from spare",
    "create table another as select * from big",
    "select * into another from big",
    "create materialized view another as select * from big",
    "create temporary table another as select * from big",
    "create index on big (body)",
    "create schema another",
    "create function f() returns int language sql as 'select 1'",
]
LIFTING = [
    "set default_transaction_read_only = off",
    "set session_replication_role = replica",
    "set event_triggers = off",
    "set role anon",
    "set role authenticated",
    "delete from extensions.dbaas_withheld",
    "drop table extensions.dbaas_withheld",
    "grant create, temporary on database {database} to current_user",
    "comment on database {database} is ''",
    'alter database {database} reset "dbaas.storage_full"',
    "drop event trigger dbaas_storage",
    "alter default privileges grant all on tables to anon",
]
BYTES = "convert_to((select string_agg(md5(n::text), '') from generate_series(1, 1000000) n), 'utf8')"
# Refused at once where the platform has event triggers, and else undone by the next look.
REGAINING = {
    "a table granted again": ("grant insert, update on big to current_user", "insert into big values (0)"),
    "a column granted again": ("grant insert (id) on big to anon", "set role anon", "insert into big (id) values (0)"),
    "a schema granted again": ("grant create on schema public to current_user", "create table another as select 1"),
    "in a transaction left open": ("begin", "grant insert on big to current_user", "insert into big values (0)"),
    "a large object": (f"select lo_from_bytea(0, {BYTES})",),
    "a column added": ("alter table many add column more text default md5(random()::text) || md5(random()::text)",),
    "a view refreshed": ("set a.b = 'more'", "refresh materialized view growing"),
}
REFUSED = (psycopg.errors.InsufficientPrivilege, psycopg.errors.DiskFull)


class LimitsHold:
    """The suite. Fixture of the subclass: ``place``."""

    @pytest.fixture
    async def access(self, place: Place) -> Access:
        return await place()

    @pytest.fixture
    async def watchdog(self, platform: Platform) -> Watchdog:
        return Watchdog(platform.observation)

    @pytest.fixture
    async def storage(self, platform: Platform) -> Storage:
        return Storage(platform.observation)

    @pytest.fixture
    async def full(
        self, access: Access, storage: Storage, plan_of: Callable[..., Any], connect: Callable[..., Awaitable[Session]]
    ) -> Access:
        """A tenant with more than the plan allows, which was seen."""
        await (await connect(access)).execute(FILLED)
        await plan_of(access.tenant.subdomain, max_storage_gb=0.02)
        await storage.run()
        return access

    async def test_a_dump_of_a_full_database_comes_back_as_open_as_it_was_before(
        self, platform: Platform, access: Access, storage: Storage, plan_of: Callable[..., Any], connect
    ) -> None:
        ref, name = access.tenant.subdomain, access.database.name
        owner = await connect(access)
        await owner.execute(FILLED)
        await owner.execute("create table notes (id int, body text)")
        await owner.execute("grant select, insert on notes to anon; grant update (body) on notes to authenticated")
        await plan_of(ref, max_storage_gb=0.02)
        await storage.run()
        await platform.drop_database(ref, name, actor="test")
        await plan_of(ref, max_storage_gb=2)
        await storage.run()
        await platform.lifecycle.undrop(ref, name, actor="test")
        again = await connect(await platform.access(ref, name))
        await again.execute(
            "insert into notes values (1, 'a'); update big set id = id where false; create table more ()"
        )
        rights = (
            "select has_table_privilege({0}, 'notes', 'insert'), has_column_privilege({0}, 'notes', 'body', 'update')"
        )
        assert await (await again.execute(rights.format("'anon'"))).fetchone() == (True, False)
        assert await (await again.execute(rights.format("'authenticated'"))).fetchone() == (False, True)

    async def test_a_statement_ends_whatever_was_set_before(
        self, access: Access, watchdog: Watchdog, plan_of: Callable[..., Any], connect
    ) -> None:
        await plan_of(access.tenant.subdomain, statement_timeout_ms=100)
        sessions = [await connect(access) for _ in ENDLESS]
        running = []
        for session, (*before, endless) in zip(sessions, ENDLESS.values(), strict=True):
            for statement in before:
                await session.execute(statement)
            running.append(asyncio.ensure_future(_run(session, endless)))

        async def look() -> list[str]:
            await watchdog.run()
            return [name for name, work in zip(ENDLESS, running, strict=True) if not work.done()]

        await until(look, lambda left: not left)
        assert all(isinstance(work.exception(), psycopg.OperationalError) for work in running)

    async def test_a_transaction_does_not_stand_idle_whatever_was_set_before(
        self, access: Access, watchdog: Watchdog, plan_of: Callable[..., Any], connect
    ) -> None:
        await plan_of(access.tenant.subdomain, idle_transaction_seconds=1)
        owner = await connect(access)
        await owner.execute("create table held (id int)")
        idle = [await connect(access) for _ in range(3)]
        for session, setting in zip(idle, ("set", "set local", "alter role current_user set"), strict=True):
            await session.execute("begin")
            await session.execute(f"{setting} idle_in_transaction_session_timeout = 0")
            await session.execute("lock table held in access share mode")
        waiting = asyncio.ensure_future(owner.execute("drop table held"))

        async def look() -> bool:
            await watchdog.run()
            return waiting.done()

        await until(look)
        assert waiting.exception() is None, "their locks went with them"

    async def test_connections_beyond_the_plan_end_though_they_were_there_before(
        self, access: Access, watchdog: Watchdog, plan_of: Callable[..., Any], connect
    ) -> None:
        sessions = [await connect(access) for _ in range(4)]
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            await sessions[0].execute("alter role current_user connection limit -1")
        await plan_of(access.tenant.subdomain, max_connections=2)

        async def alive() -> list[bool]:
            await watchdog.run()
            answers = await asyncio.gather(*(one.execute("select 1") for one in sessions), return_exceptions=True)
            return [not isinstance(answer, BaseException) for answer in answers]

        assert await until(alive, lambda seen: sum(seen) == 2) == [True, True, False, False], "the oldest stay"
        with pytest.raises(psycopg.OperationalError):
            await connect(access)

    async def test_temporary_files_are_limited_where_that_may_be(
        self, platform: Platform, access: Access, plan_of: Callable[..., Any], connect
    ) -> None:
        await plan_of(access.tenant.subdomain, max_storage_gb=0.001)
        owner = await connect(access)
        await owner.execute("set work_mem = '64kB'")
        spilling = "select count(*) from (select n from generate_series(1, 500000) n order by md5(n::text)) s"
        cluster = await platform.cluster(access.database.cluster_id)
        if not cluster.powers.superuser:
            (told,) = [one for one in platform.placement.abilities(cluster) if one.name == "temporary_files"]
            assert told.state == "refused"
        else:
            with pytest.raises(psycopg.errors.ConfigurationLimitExceeded):
                await owner.execute(spilling)
        for lifting in ("set temp_file_limit = -1", "alter role current_user set temp_file_limit = -1"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                await owner.execute(lifting)

    async def test_a_full_database_takes_nothing_whatever_was_set_before(
        self, platform: Platform, full: Access, connect
    ) -> None:
        assert (await platform.tenant(full.tenant.subdomain)).storage_full
        database = full.database.physical_name
        for lifting in ["select 1", *LIFTING]:
            session = await connect(full)
            try:
                await session.execute(lifting.format(database=database))
            except psycopg.DatabaseError:
                assert lifting != "select 1"
            for adding in ADDING if lifting == "select 1" else ADDING[:5]:
                with pytest.raises(REFUSED):
                    await session.execute(adding)
            await session.close()

    async def test_a_full_database_is_read_and_made_smaller_and_heals(
        self, platform: Platform, full: Access, storage: Storage, connect
    ) -> None:
        owner = await connect(full)
        assert await (await owner.execute("select count(*) from big")).fetchone() == (20000,)
        await owner.execute("delete from big where id < 10")
        await owner.execute("vacuum big")
        await owner.execute("truncate big, many")
        await owner.execute("drop table spare")
        await storage.run()
        assert not (await platform.tenant(full.tenant.subdomain)).storage_full
        await owner.execute("insert into big values (0)")
        await owner.execute("select put(), lo_create(0)")
        await owner.execute("create table another (id int); create temporary table shortlived (id int)")
        await owner.execute("create schema more create table t (id int)")

    async def test_the_doors_refuse_what_adds_and_take_what_removes(self, platform: Platform, full: Access) -> None:
        sessions = Sessions(platform)
        try:
            session = await sessions.session(full.tenant.subdomain, "shop")
            secret = Caller(full.tenant.id, "service_role", '{"role": "service_role"}', "test")
            owner = Caller(full.tenant.id, "owner", "{}", "test")
            table = TableRef("big", "public")
            for kind in set(WriteKind) - {WriteKind.delete}:
                with pytest.raises(StorageFull):
                    await session.write([(Write(kind, table, body=Arg(0), columns=("id",)), ['{"id": 0}'])], secret)
            for text in ADDING:
                if not text.startswith("copy"):
                    with pytest.raises(StorageFull):
                        await session.run(text, [], owner)
            await session.write([(Write(WriteKind.delete, table), [])], secret)
            assert (await session.run("select count(*) from big", [], owner)).rows[0][0] == 0
        finally:
            await sessions.close()

    @pytest.mark.parametrize("way", REGAINING)
    async def test_who_lifts_the_limit_gains_nothing(
        self, platform: Platform, full: Access, storage: Storage, plan_of: Callable[..., Any], connect, way: str
    ) -> None:
        owner = await connect(full)
        cluster = await platform.cluster(full.database.cluster_id)
        if cluster.powers.superuser:
            with pytest.raises(REFUSED):
                for statement in REGAINING[way]:
                    await owner.execute(statement)
            return
        for statement in REGAINING[way]:
            await owner.execute(statement)
        await storage.run()
        if way == "in a transaction left open":
            await owner.execute("commit")
            await storage.run()
        with pytest.raises(psycopg.OperationalError):
            await owner.execute("select 1")
        again = await connect(full)
        with pytest.raises(REFUSED):
            await again.execute("insert into big values (0)")
        await again.execute("grant insert on big to current_user")
        await storage.run()
        for login in Login:
            with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
                await connect(full, login)
        await plan_of(full.tenant.subdomain, max_storage_gb=1)
        await storage.run()
        for login in Login:
            assert await connect(full, login)
        await (await connect(full)).execute("insert into big values (0); create table later (id int)")

    async def test_tables_that_belong_to_what_an_owner_may_become_are_no_way_round(
        self, access: Access, storage: Storage, plan_of: Callable[..., Any], connect
    ) -> None:
        owner = await connect(access)
        await owner.execute(FILLED)
        await owner.execute("grant create on schema public to anon; alter table spare owner to anon")
        await plan_of(access.tenant.subdomain, max_storage_gb=0.02)
        await storage.run()
        again = await connect(access)
        await again.execute("set role anon")
        with pytest.raises(REFUSED):
            await again.execute("insert into spare values (2)")


async def _run(session: Session, statement: str) -> None:
    if not statement.startswith("copy"):
        await session.execute(statement)
        return
    async with session.cursor() as cursor, cursor.copy(statement) as copy:
        async for _ in copy:
            pass
