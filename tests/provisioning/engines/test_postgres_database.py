"""What a new database is like, and what becomes of it."""

from __future__ import annotations

import asyncio
import json

import psycopg
import pytest
from psycopg import sql

from dbaas_provisioning.errors import Conflict, Invalid, NotFound
from dbaas_provisioning.nouns import Login, Tenant
from dbaas_provisioning.platform import Access, Platform

pytestmark = pytest.mark.every_build

AWKWARD = 'a"; drop role x; --'


async def value(connection, text, *args):
    row = await (await connection.execute(text, args)).fetchone()
    return row[0] if row and len(row) == 1 else row


async def test_it_is_utf8_with_a_locale_and_row_security(database: Access, connect) -> None:
    owner = await connect(database)
    assert await value(owner, "show server_encoding") == "UTF8"
    assert await value(owner, "show row_security") == "on"
    assert await value(owner, "show search_path") == '"$user", public, extensions'
    assert await value(owner, "select upper('äöü')") == "ÄÖÜ"


async def test_the_tenant_owns_public_and_the_platform_the_rest(database: Access, connect) -> None:
    owner = await connect(database)
    owners = dict(
        await (
            await owner.execute(
                "select nspname, pg_get_userbyid(nspowner) from pg_namespace "
                "where nspname in ('public', 'auth', 'extensions')"
            )
        ).fetchall()
    )
    me = database.logins[Login.owner].username
    assert owners == {"public": me, "auth": "dbaas", "extensions": "dbaas"}
    await owner.execute("create table t (id int primary key); create schema more; create table more.t (id int)")
    for statement in (
        "create table auth.t ()",
        "create table extensions.t ()",
        "drop schema auth",
        "drop publication dbaas",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            await owner.execute(statement)


async def test_the_publication_is_there_and_empty(database: Access, connect) -> None:
    owner = await connect(database)
    assert await value(owner, "select count(*) from pg_publication where pubname = 'dbaas'") == 1
    assert await value(owner, "select count(*) from pg_publication_tables where pubname = 'dbaas'") == 0


async def test_what_the_build_has_of_extensions_is_in_extensions(database: Access, connect, platform, build) -> None:
    owner = await connect(database)
    wanted = {"uuid-ossp", "pgcrypto", "pg_stat_statements"}
    [binaries] = [binaries for engine, binaries in platform.engines() if engine.name == "postgres"]
    rows = await (
        await owner.execute(
            "select extname from pg_extension e join pg_namespace n on n.oid = extnamespace"
            " where nspname = 'extensions'"
        )
    ).fetchall()
    assert {row[0] for row in rows} == wanted & binaries.extensions
    assert await value(owner, "select gen_random_uuid()")


async def claims(connection, **claims):
    await connection.execute("select set_config('request.jwt.claims', %s, false)", [json.dumps(claims)])


async def test_helpers_read_the_claims(database: Access, connect) -> None:
    api = await connect(database, Login.api)
    await api.execute("set role authenticated")
    uid = "8f8f7a3e-0000-4000-8000-000000000001"
    await claims(api, sub=uid, role="authenticated", more={"a": 1})
    assert str(await value(api, "select auth.uid()")) == uid
    assert await value(api, "select auth.sub()") == uid
    assert await value(api, "select auth.role()") == "authenticated"
    assert await value(api, "select auth.jwt() -> 'more' ->> 'a'") == "1"


@pytest.mark.parametrize("sub", [None, "auth0|77", "", "8f8f7a3e-0000-4000-8000-00000000000g", 7, {"a": 1}])
async def test_a_subject_that_is_no_uuid_is_null_and_no_error(database: Access, connect, sub) -> None:
    api = await connect(database, Login.api)
    await api.execute("set role anon")
    await claims(api, sub=sub)
    assert await value(api, "select auth.uid()") is None


async def test_without_claims_everything_is_null(database: Access, connect) -> None:
    api = await connect(database, Login.api)
    await api.execute("set role anon")
    row = "select auth.uid(), auth.sub(), auth.jwt()"
    assert await value(api, row) == (None, None, None)
    async with api.transaction():  # claims set for a transaction read '' after it
        await api.execute("select set_config('request.jwt.claims', '{}', true)")
    assert await value(api, row) == (None, None, None)


async def test_a_name_like_an_attack_is_a_name(platform: Platform, database: Access, connect) -> None:
    tenant = database.tenant.subdomain
    created = await platform.create_database(tenant, "postgres", AWKWARD, options={}, actor="test")
    assert created.name == AWKWARD
    try:
        access = await platform.access(tenant, AWKWARD)
        owner = await connect(access)
        assert await value(owner, "select current_database()") == AWKWARD
        url = await platform.connection_string(tenant, AWKWARD)
        async with await psycopg.AsyncConnection.connect(url) as through_url:
            assert await value(through_url, "select current_database()") == AWKWARD
        assert (await platform.usage(tenant, AWKWARD)).size_bytes > 0
        await platform.rotate(tenant, AWKWARD, actor="test")
    finally:
        await platform.drop_database(tenant, AWKWARD, actor="test")
    with pytest.raises(NotFound):
        await platform.database(tenant, AWKWARD)


async def test_a_name_can_be_used_once_and_again_after_a_drop(platform: Platform, database: Access) -> None:
    tenant, name = database.tenant.subdomain, database.database.name
    with pytest.raises(Conflict) as refused:
        await platform.create_database(tenant, "postgres", name, options={}, actor="test")
    assert refused.value.code == "database_exists"
    await platform.drop_database(tenant, name, actor="test")
    with pytest.raises(NotFound):
        await platform.drop_database(tenant, name, actor="test")
    await platform.create_database(tenant, "postgres", name, options={}, actor="test")


@pytest.mark.parametrize("options", [{"expose": "some"}, {"colour": "red"}])
async def test_options_that_mean_nothing_are_refused(platform: Platform, database: Access, options) -> None:
    with pytest.raises(Invalid):
        await platform.create_database(database.tenant.subdomain, "postgres", "x", options=options, actor="test")
    with pytest.raises(NotFound):
        await platform.database(database.tenant.subdomain, "x")


async def test_rotating_ends_old_passwords_and_old_sessions(platform: Platform, database: Access, connect) -> None:
    sessions = {login: await connect(database, login) for login in Login}
    await platform.rotate(database.tenant.subdomain, database.database.name, actor="test")
    for session in sessions.values():
        with pytest.raises(psycopg.OperationalError):
            await session.execute("select 1")
    for login in Login:
        with pytest.raises(psycopg.OperationalError):
            await connect(database, login)
    new = await platform.access(database.tenant.subdomain, database.database.name)
    for login in Login:
        assert new.logins[login].username == database.logins[login].username
        assert await value(await connect(new, login), "select 1") == 1


async def test_dropping_ends_sessions_and_replication_and_leaves_no_role(
    platform: Platform, database: Access, connect
) -> None:
    session = await connect(database)
    administrator = await psycopg.AsyncConnection.connect(
        await platform.connection_string(database.tenant.subdomain, database.database.name, admin=True), autocommit=True
    )
    await administrator.execute("select pg_create_logical_replication_slot('feed', 'pgoutput')")
    await platform.drop_database(database.tenant.subdomain, database.database.name, actor="test")
    with pytest.raises(psycopg.OperationalError):
        await session.execute("select 1")
    await administrator.close()
    keeper = await platform.connection_string(database.tenant.subdomain, "keeper", admin=True)
    async with await psycopg.AsyncConnection.connect(keeper) as administrator:
        names = [credential.username for credential in database.logins.values()]
        assert await value(administrator, "select count(*) from pg_roles where rolname = any (%s)", names) == 0
        assert await value(administrator, "select count(*) from pg_replication_slots where slot_name = 'feed'") == 0
        name = database.database.physical_name
        assert await value(administrator, "select count(*) from pg_database where datname = %s", name) == 0


async def test_the_tenants_ddl_is_announced_and_its_temporary_tables_are_not(database: Access, connect) -> None:
    listener, owner = await connect(database, Login.api), await connect(database)
    await listener.execute("listen dbaas_ddl")
    heard = []

    async def listen() -> None:
        async for notice in listener.notifies():
            heard.append(notice)
            if notice.payload == "last":
                return

    listening = asyncio.create_task(listen())
    await owner.execute("create temporary table x (id int)")
    await owner.execute("notify dbaas_ddl, 'between'")
    await owner.execute("create table t (id int)")
    await owner.execute("drop table t")
    await owner.execute("notify dbaas_ddl, 'last'")
    await asyncio.wait_for(listening, 30)
    assert [notice.payload for notice in heard] == ["between", "", "", "last"]


async def test_no_password_is_known_to_the_server(database: Access, connect, supervision) -> None:
    secrets = [credential.secret for credential in database.logins.values()]
    for log in supervision.home.logs.iterdir():
        text = log.read_text(errors="replace")
        assert not any(secret in text for secret in secrets)


async def test_shared_tables_get_their_tenant_from_the_request(database: Access, connect) -> None:
    """The example policy of the documentation: one table, many tenants, none sees or makes another's rows."""
    owner = await connect(database)
    await owner.execute(
        """
        create table notes (id int generated always as identity primary key, tenant_id text not null, note text);
        create trigger notes_tenant before insert or update on notes
          for each row execute function extensions.set_tenant_id();
        alter table notes enable row level security;
        create policy own on notes to authenticated
          using (tenant_id = current_setting('app.current_tenant', true));
        """
    )
    api = await connect(database, Login.api)
    for tenant in ("red", "blue"):
        async with api.transaction():
            await api.execute("set local role authenticated")
            await api.execute("select set_config('app.current_tenant', %s, true)", [tenant])
            await api.execute("insert into notes (note) values ('mine')")
            await api.execute("insert into notes (note, tenant_id) values ('forged', 'green')")
            rows = await (await api.execute("select distinct tenant_id from notes")).fetchall()
            assert rows == [(tenant,)]
    with pytest.raises(psycopg.errors.DatabaseError):
        async with api.transaction():
            await api.execute("set local role authenticated")
            await api.execute("insert into notes (note, tenant_id) values ('nobody', 'red')")
    assert await value(owner, "select count(*) from notes where tenant_id = 'green'") == 0


async def test_a_set_tenant_works_for_any_type_of_column(database: Access, connect) -> None:
    owner = await connect(database)
    for kind, tenant in (("uuid", "8f8f7a3e-0000-4000-8000-000000000001"), ("bigint", "77")):
        table = sql.Identifier(f"t_{kind}")
        await owner.execute(sql.SQL("create table {} (tenant_id {})").format(table, sql.SQL(kind)))
        await owner.execute(
            sql.SQL(
                "create trigger x before insert on {} for each row execute function extensions.set_tenant_id()"
            ).format(table)
        )
        await owner.execute("select set_config('app.current_tenant', %s, false)", [tenant])
        await owner.execute(sql.SQL("insert into {} default values").format(table))
        assert str(await value(owner, sql.SQL("select tenant_id from {}").format(table))) == tenant


async def test_the_first_database_is_the_default_and_the_oldest_follows_it(platform: Platform, tenant: Tenant) -> None:
    ref = tenant.subdomain
    with pytest.raises(NotFound) as none:
        await platform.database(ref)
    assert none.value.code == "no_default_database"
    for name in ("one", "two", "three"):
        await platform.create_database(ref, "postgres", name, options={}, actor="test")
    assert (await platform.database(ref)).name == "one"
    await platform.update_tenant(ref, default_database="three", actor="test")
    assert (await platform.tenant(ref)).default_database == "three"
    await platform.drop_database(ref, "three", actor="test")
    assert (await platform.tenant(ref)).default_database == "one"
