"""What a tenant's logins must never manage, whatever the engine runs on.

A placement joins by subclassing :class:`SqlIsolation` in a test module and giving it the fixtures ``attacker`` and
``victim``: two databases of two tenants, as :class:`~dbaas_provisioning.platform.Access`. They may be shared by all
tests. The attacks are PostgreSQL's; an engine with another language brings its own list, in the same shape.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import psycopg
import pytest

from dbaas_provisioning.nouns import Credential, Login
from dbaas_provisioning.platform import Access, Platform


@dataclass(frozen=True)
class Attack:
    """Statements of which the last one has to be refused; those before it are allowed and prepare it."""

    name: str
    login: Login
    statements: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.login.value}: {self.name}"


def _attacks() -> list[Attack]:
    everybody = {
        "become superuser": ("alter role current_user superuser",),
        "become the administrator": ("set role {administrator}",),
        "bypass row security": ("alter role current_user bypassrls",),
        "take more temporary files": ("set temp_file_limit = -1",),
        "take more temporary files for good": ("alter role current_user set temp_file_limit = -1",),
        "make a role": ("create role accomplice login",),
        "make a database": ("create database accomplice",),
        "take part in replication": ("select pg_create_logical_replication_slot('x', 'pgoutput')",),
        "read a server file": ("select pg_read_file('PG_VERSION')",),
        "list the data directory": ("select pg_ls_dir('.')",),
        "look at a file's age": ("select pg_stat_file('PG_VERSION')",),
        "import a file": ("select lo_import('/etc/passwd')",),
        "export a file": ("select lo_export(1, '/tmp/x')",),
        "read stored passwords": ("select rolpassword from pg_authid",),
        "read settings of the files": ("select * from pg_hba_file_rules",),
        "end the administrator's sessions": (
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where usename = '{administrator}' or usename is null",
        ),
        "change the server": ("alter system set fsync = off",),
        "load a library": ("load '/tmp/evil.so'",),
        "silence the triggers": ("set session_replication_role = replica",),
        "reload the server": ("select pg_reload_conf()",),
    }
    owner = {
        "become service_role": ("set role service_role",),
        "become service_role in a function": (
            "create or replace function f() returns text language sql as"
            " $$ select set_config('role', 'service_role', true) $$",
            "select f()",
        ),
        "join service_role": ("grant service_role to current_user",),
        "copy from a file": ("create table if not exists c (t text)", "copy c from '/etc/passwd'"),
        "copy from a program": ("create table if not exists c (t text)", "copy c from program 'id'"),
        "copy to a program": ("copy (select 1) to program 'cat'",),
        "write a function in C": ("create function e() returns int language c as 'libc.so.6', 'getpid'",),
        "use an untrusted language": ("create extension plpython3u",),
        "reach other servers": ("create extension dblink",),
        "own the platform's schema": ("alter schema auth owner to current_user",),
        "replace a helper": (
            "create or replace function auth.uid() returns uuid language sql as 'select gen_random_uuid()'",
        ),
        "let itself have more connections": ("alter role current_user connection limit -1",),
        "give the database away": ("alter database {database} owner to current_user",),
        "drop the publication": ("drop publication dbaas",),
        "subscribe to another server": (
            "create subscription s connection 'host=127.0.0.1 dbname=postgres' publication dbaas",
        ),
    }
    api = {
        "become service_role": ("set role service_role",),
        "become service_role as anon": ("set role anon", "set role service_role"),
        "become service_role by setting": ("select set_config('role', 'service_role', true)",),
        "become the owner": ("set role {owner}",),
        "make a table": ("set role authenticated", "create table public.x ()"),
        "make a temporary table": ("create temporary table x ()",),
        "make a schema": ("create schema x",),
        "read an unexposed table": ("set role anon", "select * from public.hidden"),
        "write an unexposed table": ("set role authenticated", "insert into public.hidden values (1)"),
    }
    service = {
        "become the owner": ("set role {owner}",),
        "copy from a program": ("set role service_role", "copy public.hidden from program 'id'"),
        "make a table": ("set role service_role", "create table public.x ()"),
    }
    found = [Attack(name, login, text) for login in Login for name, text in everybody.items()]
    for login, more in ((Login.owner, owner), (Login.api, api), (Login.service, service)):
        found += [Attack(name, login, text) for name, text in more.items()]
    return found


class SqlIsolation:
    """The suite. Fixtures of the subclass: ``attacker`` and ``victim``."""

    @pytest.mark.parametrize("attack", _attacks(), ids=str)
    async def test_refused(self, platform: Platform, attacker: Access, connect, attack: Attack) -> None:
        owner = await connect(attacker)
        administrator = await _administrator(platform, attacker)
        await owner.execute("create table if not exists public.hidden (id int)")
        session = await connect(attacker, attack.login)
        kept = [await connect(attacker, administrator)]  # somebody is there whose sessions could be ended
        names = {
            "administrator": administrator.username,
            "owner": attacker.logins[Login.owner].username,
            "database": psycopg.sql.Identifier(attacker.database.physical_name).as_string(),
        }
        *allowed, refused = (text.format_map(names) if "{" in text else text for text in attack.statements)
        for statement in allowed:
            await session.execute(statement)
        with pytest.raises(psycopg.errors.DatabaseError) as error:
            await session.execute(refused)
        assert not kept[0].closed
        assert error.value.sqlstate in ("42501", "22023", "42704", "0A000", "58P01", "28000"), error.value
        powers = (await platform.cluster(attacker.database.cluster_id)).powers
        missing = attack.name == "drop the publication" and not powers.replication
        assert error.value.sqlstate == "42501" or missing or attack.name in TOLD_OTHERWISE, error.value

    @pytest.mark.parametrize("login", list(Login))
    async def test_another_tenants_database_cannot_be_entered(
        self, attacker: Access, victim: Access, connect, login: Login
    ) -> None:
        """Not on the victim's cluster, and not by name on the attacker's own."""
        for endpoint in {attacker.endpoint, victim.endpoint}:
            with pytest.raises(psycopg.OperationalError):
                await psycopg.AsyncConnection.connect(
                    **endpoint.parameters, dbname=victim.database.physical_name,
                    user=attacker.logins[login].username, password=attacker.logins[login].secret,
                )  # fmt: skip

    @pytest.mark.parametrize("dbname", ["postgres", "template1", "template0", "platform_meta"])
    @pytest.mark.parametrize("login", list(Login))
    async def test_the_servers_own_databases_cannot_be_entered(
        self, platform: Platform, attacker: Access, connect, login: Login, dbname: str
    ) -> None:
        """But for those that are somebody else's to close, which the platform names."""
        if dbname in (await platform.cluster(attacker.database.cluster_id)).powers.open_databases:
            return
        with pytest.raises(psycopg.OperationalError):
            await connect(attacker, login, dbname=dbname)

    async def test_a_database_of_the_same_tenant_has_logins_of_its_own(
        self, platform: Platform, attacker: Access, connect
    ) -> None:
        tenant = attacker.tenant.subdomain
        placed = (await platform.cluster(attacker.database.cluster_id)).name
        sibling = await platform.create_database(
            tenant, "postgres", "sibling", options={}, cluster=placed, actor="test"
        )
        try:
            for login in Login:
                with pytest.raises(psycopg.OperationalError):
                    await connect(attacker, login, dbname=sibling.physical_name)
        finally:
            await platform.drop_database(tenant, "sibling", actor="test")

    async def test_the_platforms_own_cluster_cannot_be_entered(self, platform: Platform, attacker: Access) -> None:
        import json

        meta = json.loads(platform.home.bootstrap_file.read_text())
        for login in Login:
            for dbname in ("platform_meta", "postgres"):
                with pytest.raises(psycopg.OperationalError):
                    await psycopg.AsyncConnection.connect(
                        host=meta["host"], port=meta["port"], dbname=dbname,
                        user=attacker.logins[login].username, password=attacker.logins[login].secret,
                    )  # fmt: skip

    async def test_nobody_enters_without_a_password(self, platform: Platform, attacker: Access, connect) -> None:
        administrator = (await _administrator(platform, attacker)).username
        owner = attacker.logins[Login.owner].username
        for username in (administrator, "postgres", "nobody", "anon", "service_role", owner):
            for secret in ("", username):
                with pytest.raises(psycopg.OperationalError):
                    await connect(attacker, Credential(username, secret))

    async def test_connections_end_at_the_limit(self, platform: Platform, attacker: Access, connect) -> None:
        administrator = await connect(
            attacker, await _administrator(platform, attacker), dbname=attacker.database.physical_name
        )
        owner = attacker.logins[Login.owner].username
        cursor = await administrator.execute("select rolconnlimit from pg_roles where rolname = %s", [owner])
        (limit,) = await cursor.fetchone()
        assert limit == attacker.plan.max_connections
        # The plan's hundred would be slow to open; the server enforces any number the same way.
        await administrator.execute(
            psycopg.sql.SQL("alter role {} connection limit 3").format(psycopg.sql.Identifier(owner))
        )
        try:
            opened = await asyncio.gather(*(connect(attacker) for _ in range(6)), return_exceptions=True)
            assert sum(isinstance(one, psycopg.OperationalError) for one in opened) == 3
            assert await connect(attacker, Login.api), "the platform's own logins are not the owner's to use up"
        finally:
            await administrator.execute(
                psycopg.sql.SQL("alter role {} connection limit {}").format(psycopg.sql.Identifier(owner), limit)
            )

    async def test_a_function_of_the_owners_runs_with_no_more_rights_than_the_owner(
        self, attacker: Access, connect
    ) -> None:
        """Called over the API's login, by ``anon``, as SECURITY DEFINER: still not service_role, still no superuser."""
        owner = await connect(attacker)
        await owner.execute(
            """
            create table if not exists public.hidden (id int);
            alter table public.hidden enable row level security;
            alter table public.hidden force row level security;
            create or replace function public.escalate() returns text language plpgsql security definer as $$
            begin
              perform set_config('role', 'service_role', true);
              return current_user;
            end $$;
            create or replace function public.escalate_plain() returns text language plpgsql as $$
            begin
              perform set_config('role', 'service_role', true);
              return current_user;
            end $$;
            """
        )
        api = await connect(attacker, Login.api)
        for call in ("select public.escalate()", "select public.escalate_plain()"):
            async with api.transaction(force_rollback=True):
                await api.execute("set local role anon")
                with pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.InvalidParameterValue)):
                    async with api.transaction():
                        await api.execute(call)

    async def test_the_platforms_superuser_work_runs_nothing_of_the_tenants(
        self, platform: Platform, attacker: Access, connect
    ) -> None:
        """What the owner puts in front of the system's names is not picked up by usage, limits or rotation."""
        owner = await connect(attacker)
        await owner.execute(
            """
            create table if not exists public.caught (who text);
            create or replace function public.pg_database_size(oid) returns bigint language plpgsql as $$
            begin insert into public.caught values (current_user); return 0; end $$;
            alter role current_user set search_path = public, pg_catalog;
            """
        )
        tenant, name = attacker.tenant.subdomain, attacker.database.name
        await platform.usage(tenant, name)
        await platform.update_tenant(tenant, plan=attacker.tenant.plan_type, actor="test")
        again = await connect(await platform.access(tenant, name))
        await again.execute("alter role current_user reset search_path")
        me = attacker.logins[Login.owner].username
        cursor = await again.execute("select who from public.caught where who <> %s", [me])
        assert await cursor.fetchall() == []

    async def test_what_shadows_the_systems_own_is_never_run_by_the_administrator(
        self, platform: Platform, attacker: Access, connect
    ) -> None:
        """Operators, casts, functions, types, checks and triggers of the tenant's, in its first schema.

        The platform makes, looks at and changes things in this database afterwards, by event triggers or by looking
        again and again; whoever runs one of the traps is written down.
        """
        owner = await connect(attacker)
        me, tenant, name = attacker.logins[Login.owner].username, attacker.tenant.subdomain, attacker.database.name
        await owner.execute("drop schema if exists traps cascade; create schema traps")
        await owner.execute(TRAPS)
        for function, arguments, result in SHADOWED:
            await owner.execute(
                f"create function traps.{function}({arguments}) returns {result} language plpgsql as"
                " $$ begin perform traps.caught(); return null; end $$"
            )
        for symbol, left, right in SHADOWED_OPERATORS:
            await owner.execute(
                f"create or replace function traps.op({left}, {right}) returns boolean language plpgsql as"
                " $$ begin perform traps.caught(); return true; end $$;"
                f" create operator traps.{symbol} (leftarg = {left}, rightarg = {right}, function = traps.op);"
                f" create operator public.{symbol} (leftarg = {left}, rightarg = {right}, function = traps.op)"
            )
        path = "traps, public, pg_catalog"
        await owner.execute(f"alter role current_user set search_path = {path}")
        trapped = await connect(attacker)
        try:
            await _stir(trapped)  # event triggers, where there are any
            await platform.usage(tenant, name)
            await platform.vitals(tenant, name)
            await platform.update_tenant(tenant, plan=attacker.tenant.plan_type, actor="test")
            await platform.replication.prepare(attacker.database)
            await platform.placement.look_after()
            await _stir(trapped)
            await platform.placement.look_after()
            await platform.rotate(tenant, name, actor="test")
        finally:
            again = await connect(await platform.access(tenant, name))
            await again.execute("set search_path = pg_catalog; alter role current_user reset search_path")
        cursor = await again.execute(
            "select distinct who from traps.catches where who operator(pg_catalog.<>) %s", [me]
        )
        assert await cursor.fetchall() == []
        cursor = await again.execute("select count(*) from traps.catches")
        assert (await cursor.fetchone())[0] > 0, "the traps work: their owner ran into them"
        await again.execute("drop schema traps cascade; drop table if exists public.stirred cascade")


async def _stir(session: psycopg.AsyncConnection) -> None:
    """Everything that event triggers and polling look at."""
    for statement in (
        "drop table if exists public.stirred",
        "create table public.stirred (id bigint generated always as identity primary key, t traps.checked)",
        "alter table public.stirred enable row level security",
        "create policy p on public.stirred using (traps.seen(t))",
        "create index on public.stirred (traps.indexed(t))",
        "create or replace trigger trap before insert or update on public.stirred execute function traps.fire()",
        "insert into public.stirred (t) values ('a')",
        "drop policy p on public.stirred",
        "alter table public.stirred drop constraint stirred_pkey",
        "drop table public.stirred",
        "create schema stirred create table t (id int)",
        "drop schema stirred cascade",
        "create table public.stirred (t traps.checked)",
        "alter table public.stirred enable row level security",
        "create policy p on public.stirred using (traps.seen(t))",
    ):
        await session.execute(statement)


# Each writes down who runs it.
TRAPS = """
create table traps.catches (who text);
grant all on traps.catches to public;
grant usage on schema traps to public;
create function traps.caught() returns void language plpgsql as
  $$ begin insert into traps.catches values (current_user::pg_catalog.text); end $$;
create function traps.seen(text) returns boolean language plpgsql as
  $$ begin perform traps.caught(); return true; end $$;
create function traps.indexed(text) returns text language plpgsql immutable as
  $$ begin perform traps.caught(); return $1; end $$;
create function traps.fire() returns trigger language plpgsql as
  $$ begin perform traps.caught(); return new; end $$;
create domain traps.checked as pg_catalog.text check (traps.seen(value));
create type traps.kind as (a int);
create function traps.to_text(traps.kind) returns text language plpgsql as
  $$ begin perform traps.caught(); return 'x'; end $$;
create cast (traps.kind as text) with function traps.to_text(traps.kind) as implicit;
create function traps.from_text(text) returns traps.kind language plpgsql as
  $$ begin perform traps.caught(); return row(1)::traps.kind; end $$;
create cast (text as traps.kind) with function traps.from_text(text) as implicit;
create view traps.pg_class as select oid, relname, traps.seen('x') from pg_catalog.pg_class;
create view traps.pg_policy as select oid, polrelid, polname, traps.seen('x') from pg_catalog.pg_policy;
create view traps.pg_namespace as select oid, nspname, nspowner, traps.seen('x') from pg_catalog.pg_namespace;
"""
SHADOWED = (
    ("pg_database_size", "oid", "bigint"), ("pg_has_role", "oid, text", "boolean"), ("to_regrole", "text", "regrole"),
    ("format", "text, variadic text[]", "text"), ("format", "text, regclass", "text"),
    ("starts_with", "text, text", "boolean"), ("starts_with", "name, text", "boolean"),
    ("aclexplode", "aclitem[]", "record"), ("pg_notify", "text, text", "text"), ("current_setting", "text", "text"),
    ("shobj_description", "oid, name", "text"), ("pg_terminate_backend", "int, bigint", "boolean"),
    ("has_database_privilege", "text, oid, text", "boolean"), ("array_remove", "text[], text", "text[]"),
    ("pg_partition_root", "regclass", "regclass"), ("bool_or", "boolean", "boolean"),
)  # fmt: skip
SHADOWED_OPERATORS = (
    ("=", "oid", "oid"), ("=", "name", "name"), ("=", "name", "text"), ("=", "text", "text"), ("=", '"char"', '"char"'),
    ("<>", '"char"', '"char"'), ("<>", "name", "name"), ("<>", "boolean", "boolean"), ("=", "boolean", "boolean"),
    (">=", "oid", "oid"), ("=", "oid", "regclass"), ("=", "oid", "regrole"), ("~", "text", "text"), ("=", "int", "int"),
)  # fmt: skip


# Where the server says no in other words than "insufficient privilege".
TOLD_OTHERWISE = frozenset(
    {
        "become service_role in a function",
        "become service_role by setting",
        "use an untrusted language",  # 42704 / 58P01 / 0A000: this build does not even have it
        "reach other servers",
        "load a library",
    }
)


async def _administrator(platform: Platform, access: Access) -> Credential:
    url = await platform.connection_string(access.tenant.subdomain, access.database.name, admin=True)
    parts = psycopg.conninfo.conninfo_to_dict(url)
    return Credential(str(parts["user"]), str(parts["password"]))
