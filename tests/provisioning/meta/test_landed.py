"""Data folders of earlier versions go on with this one; migrations that landed stay as they are."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from importlib import resources
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from dbaas_provisioning import meta
from dbaas_provisioning.errors import Unavailable
from dbaas_provisioning.meta.bootstrap import META_DATABASE, Bootstrap
from dbaas_provisioning.meta.migrate import migrate, migrations
from dbaas_provisioning.nouns import DatabaseState, Home, KeyRole, Login
from dbaas_provisioning.platform import Platform
from dbaas_provisioning.secrets import Vault
from dbaas_provisioning.supervisor import Supervisor
from live_platform import LivePlatform

LANDED = Path(__file__).parent / "landed"
LAST = 8  # what the data in that folder were made with

FROZEN = {
    "0001_initial.sql": "f94814dd2b569445085b5cdcbded8fa5619174c0415336b1901d96d2bc103a1f",
    "0002_cors_origins.sql": "3ac0adacc57350e9f2e192538a90601276a7bec2904dd3115fa0094e31cf40e9",
    "0003_graphql.sql": "a9a20af4edd044fad792b0d1bd6e07980837df17e2fc893e7d0c29b4b5b003a6",
    "0004_feeds.sql": "237f362846c92bbc0a3a18aa011713130a787bb3c84d405ca0dd07ba824ae0fe",
    "0005_realtime_limits.sql": "2371cc5be97b9a1973e7bbdceae6585d49768840ceb7e8d23c993d721d876d44",
    "0006_feed_logs.sql": "9f7398fc6628d2c43190b7eb2cdb56341ee84686bb3c3b7b35794dc882b85d7e",
    "0007_mongo_logins.sql": "4fabc3bc5add2ab6eab0e690f531c81cd009b9d3a5f0fc0c5a265ead318d3370",
    "0008_query_history.sql": "905a75d76dc281a9de00a490487517217523f5baa558284820a1e626a3c62902",
}

MOVED = {"tenants": {"max_connections", "max_storage_gb"}}
"""Columns that mean something else since: a tenant's limits are its plan's unless it has its own."""

Content = dict[str, list[str]]
"""Table → its rows as JSON, sorted."""

Connection = psycopg.AsyncConnection[tuple[Any, ...]]


@pytest.fixture
def home(new_home: Callable[[], Home]) -> Home:
    return new_home()


@asynccontextmanager
async def opened(home: Home) -> AsyncIterator[Platform]:
    """The platform as it is today, on this folder."""
    supervisor = await Supervisor.open(home)
    try:
        platform = await Platform.open(home, supervisor)
        try:
            await platform.recover()
            yield platform
        finally:
            await platform.close()
    finally:
        await supervisor.close(stop_engines=True)


@asynccontextmanager
async def own_server(home: Home, database: str = META_DATABASE) -> AsyncIterator[Connection]:
    """The platform's own server, which runs, as its administrator."""
    bootstrap = Bootstrap.load(home, Vault.open(home))
    assert bootstrap is not None
    where = {"host": bootstrap.cluster.endpoint.host, "port": bootstrap.cluster.endpoint.port}
    login = {"user": bootstrap.superuser.username, "password": bootstrap.superuser.secret}
    async with await psycopg.AsyncConnection.connect(**where, **login, dbname=database, autocommit=True) as connection:  # type: ignore[arg-type]
        yield connection


@asynccontextmanager
async def emptied(home: Home) -> AsyncIterator[Connection]:
    """An empty ``platform_meta`` instead of the one that is there; today's platform is not at work on it."""
    supervisor = await Supervisor.open(home)
    try:
        await supervisor._store.close()
        async with own_server(home, "postgres") as connection:
            await connection.execute(f"drop database {META_DATABASE} with (force)")
            await connection.execute(f"create database {META_DATABASE}")
        async with own_server(home) as connection:
            yield connection
    finally:
        await supervisor.close(stop_engines=False)  # the next one adopts the server, and looks at nothing in it before


async def content(connection: Connection, columns: dict[str, list[str]]) -> Content:
    """What tables hold in these columns."""
    found: Content = {}
    for table, names in columns.items():
        listed = sql.SQL(", ").join(map(sql.Identifier, names))
        select = sql.SQL("select to_jsonb(r)::text from (select {} from platform_meta.{}) r order by 1")
        rows = await connection.execute(select.format(listed, sql.Identifier(table)))
        found[table] = [row[0] for row in await rows.fetchall()]
    return found


async def columns_of(connection: Connection) -> dict[str, list[str]]:
    """The columns that somebody wrote, of every table; when a row was changed last is the migrations' to say."""
    rows = await connection.execute(
        "select table_name::text, array_agg(column_name::text order by ordinal_position)"
        " from information_schema.columns where table_schema = 'platform_meta'"
        " and is_generated = 'NEVER' and column_name <> 'updated_at' group by 1"
    )
    return dict(await rows.fetchall())


def test_migrations_that_landed_are_never_edited() -> None:
    folder = resources.files(meta).joinpath("migrations")
    found = {name: hashlib.sha256(folder.joinpath(name).read_bytes()).hexdigest() for name in FROZEN}
    assert found == FROZEN, "data folders have it as it was: write another migration"


async def test_what_the_earlier_version_kept_is_here_and_works(home: Home) -> None:
    facts = json.loads((LANDED / "platform_8.json").read_text())
    home.path.mkdir(parents=True)
    (home.path / "master.key").write_text(facts["master_key"])
    (home.path / "master.key").chmod(0o600)
    async with emptied(home) as connection:
        await connection.execute((LANDED / "platform_8.sql").read_text())
        await connection.execute("reset search_path")
        columns = {
            table: [name for name in names if name not in MOVED.get(table, ())]
            for table, names in (await columns_of(connection)).items()
        }
        before = await content(connection, columns)
        assert len(before) == 11 and all(before.values()), "the fixture has rows of every table"
    async with opened(home) as platform:
        async with own_server(home) as connection:
            after = await content(connection, columns)
            applied = await (await connection.execute("select version from public.schema_migrations")).fetchall()
        assert {row[0] for row in applied} == {one.version for one in migrations()}
        for table, rows in before.items():
            assert set(rows) <= set(after[table]), table
        await works(platform, facts)


async def works(platform: Platform, facts: dict[str, Any]) -> None:
    assert [tenant.subdomain for tenant in await platform.tenants()] == ["acme", "zoo"]
    acme, zoo = await platform.tenant("acme"), await platform.tenant("zoo")
    assert (acme.name, acme.plan_type, acme.default_database, acme.cors_origins, acme.graphql_introspection) == (
        "Acme Trading", "free", "shop", ("https://app.example",), False,
    )  # fmt: skip
    assert (zoo.name, zoo.plan_type, zoo.max_connections) == ("Zoo & Söhne", "team", 200)
    assert (await platform.plan("free")).idle_stop_seconds == 900
    databases = await platform.databases("acme")
    assert [(one.name, one.engine, one.exposure, one.state) for one in databases] == [
        ("shop", "postgres", "policies", DatabaseState.ready),
        ('Büro "2"', "postgres", "all", DatabaseState.ready),
        ("notes", "document", "policies", DatabaseState.ready),
    ]
    for path, secret in facts["owners"].items():
        tenant, _, name = path.partition("/")
        logins = await platform._store.logins(await platform.database(tenant, name))
        assert logins[Login.owner].secret == secret
    assert {name: (await platform.jwt_secret(name)).secret for name in facts["jwt"]} == facts["jwt"]
    assert (await platform.mongo_login("acme")).secret == facts["mongo"]
    roles = {"anon": KeyRole.anon, "service_role": KeyRole.service_role, "admin": KeyRole.admin}
    for name, role in roles.items():
        key = await platform.find_key(facts["keys"][name])
        assert key is not None and key.role is role
    assert await platform.find_key(facts["keys"]["documents_only"]) is None, "it was revoked"
    assert len(await platform.keys("acme")) == 3 and len(await platform.documents("acme")) == 1
    assert (await platform.replication.access(databases[0], wake=False)) is None, "it sleeps"
    assert (await platform._store.epoch(databases[0].id))[1] == "7351/16400/dbaas"
    entries, more = await platform.history.entries(databases[0].id, "local:1000", limit=10)
    assert ([entry.text for entry in entries], more) == (
        ["select 1/0", "select * from item where name = 'it''s'"], False,
    )  # fmt: skip
    audit = await platform.audit(tenant="acme")
    assert {"create_tenant", "create_database", "rotate"} <= {entry.action for entry in audit}
    # And what is new is written.
    await platform.create_tenant("New", actor="test")
    await platform.drop_tenant("new", actor="test")


async def test_a_whole_folder_of_the_earlier_version_is_used_by_this_one(home: Home) -> None:
    """Its engines, its data, and ``platform_meta`` with what the first migrations know of it."""
    async with opened(home) as platform:
        await platform.create_tenant("acme", actor="test")
        for engine, name in (("postgres", "shop"), ("document", "notes")):
            await platform.create_database("acme", engine, name, options={}, actor="test")
        _, key = await platform.create_key("acme", KeyRole.service_role, actor="test")
        url = await platform.connection_string("acme", "shop")
        async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
            await connection.execute("create table item as select generate_series(1, 100) as id")
        password = (await platform._store.logins(await platform.database("acme", "shop")))[Login.owner].secret
        async with own_server(home) as connection:
            kept = {table: await rows_of(connection, table) for table in await columns_of(connection)}
    async with emptied(home) as connection:
        await migrate(connection, migrations()[:LAST])
        await connection.execute("set session_replication_role = replica")  # in whatever order, and told to nobody
        for table, names in (await columns_of(connection)).items():
            await connection.execute(sql.SQL("delete from platform_meta.{}").format(sql.Identifier(table)))
            given = set(names) - ({"id"} if table == "audit_log" else set())  # which numbers its entries itself
            for row in kept[table]:
                await put(connection, table, {name: row[name] for name in given if row[name] is not None})
    async with opened(home) as platform:
        assert [one.name for one in await platform.databases("acme")] == ["shop", "notes"]
        assert (await platform.find_key(key)) is not None
        assert await platform.connection_string("acme", "shop") == url and password in url
        async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
            assert await (await connection.execute("select count(*) from item")).fetchone() == (100,)
        for database in await platform.databases("acme"):
            await platform.replication.prepare(database)
        await platform.create_database("acme", "postgres", "more", options={}, actor="test")
        await platform.rotate("acme", "shop", actor="test")
        assert await platform.connection_string("acme", "shop") != url
        assert (await platform.access("acme", "notes")).database.engine == "document"
        await platform.drop_database("acme", "more", actor="test")


async def rows_of(connection: Connection, table: str) -> list[dict[str, Any]]:
    query = sql.SQL("select to_jsonb(t) from platform_meta.{} t").format(sql.Identifier(table))
    return [row[0] for row in await (await connection.execute(query)).fetchall()]


async def put(connection: Connection, table: str, row: dict[str, Any]) -> None:
    names = sql.SQL(", ").join(map(sql.Identifier, row))
    insert = sql.SQL(
        "insert into platform_meta.{table} ({names})"
        " select {names} from jsonb_populate_record(null::platform_meta.{table}, {row})"
    )
    values = {"table": sql.Identifier(table), "names": names, "row": sql.Literal(json.dumps(row))}
    await connection.execute(insert.format(**values))


async def test_the_folder_of_a_later_version_is_refused(home: Home) -> None:
    async with opened(home), own_server(home) as connection:
        await connection.execute("insert into public.schema_migrations (version, name) values (9001, 'later')")
    with pytest.raises(Unavailable) as refused:
        await Supervisor.open(home)
    assert refused.value.code == "schema_newer" and "version 9001" in refused.value.message


async def test_up_says_in_a_sentence_that_a_later_version_was_here(own_live: LivePlatform) -> None:
    assert own_live.cli("up").returncode == 0
    home = Home(own_live.home)
    async with own_server(home) as connection:
        await connection.execute("insert into public.schema_migrations (version, name) values (9001, 'later')")
    assert own_live.cli("down").returncode == 0
    for command in (["up"], ["list"]):
        refused = own_live.cli(*command)
        assert (refused.returncode, refused.stdout) == (1, "")
        assert refused.stderr == (
            "This data folder was used by a newer jupyter-dbaas: its schema has version 9001, unknown to this one."
            " Upgrade jupyter-dbaas, or use another data folder. [schema_newer]\n"
        )
