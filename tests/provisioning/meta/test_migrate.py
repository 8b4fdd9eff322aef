"""Bringing a schema up to date."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import psycopg
import pytest

from dbaas_provisioning.errors import Unavailable
from dbaas_provisioning.meta.migrate import Migration, migrate, migrations
from dbaas_provisioning.platform import Access, Platform

FIRST = Migration(1, "first", "create table a (id int)")
SECOND = Migration(2, "second", "alter table a add column n int; create table b (id int)")


@pytest.fixture
async def url(platform: Platform, database: Access) -> str:
    """The administrator's connection string of an empty database."""
    return await platform.connection_string(database.tenant.subdomain, database.database.name, admin=True)


@pytest.fixture
async def connection(url: str):
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        yield connection


def test_each_of_the_packages_migrations_has_a_version_of_its_own() -> None:
    versions = [one.version for one in migrations()]
    assert versions[0] == 1
    assert versions == sorted(set(versions))


async def test_what_is_missing_is_applied_once_and_in_order(connection) -> None:
    assert await migrate(connection, [FIRST]) == [1]
    assert await migrate(connection, [FIRST, SECOND]) == [2]
    assert await migrate(connection, [FIRST, SECOND]) == []
    await connection.execute("select n from a")


async def test_several_at_once_do_it_once(url: str) -> None:
    async def one() -> list[int]:
        async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
            return list(await migrate(connection, [FIRST, SECOND]))

    applied = await asyncio.gather(*(one() for _ in range(4)))
    assert sorted(applied, key=len) == [[], [], [], [1, 2]]


async def test_a_newer_schema_is_refused_and_untouched(connection) -> None:
    await migrate(connection, [FIRST, SECOND])
    with pytest.raises(Unavailable) as refused:
        await migrate(connection, [FIRST])
    assert refused.value.code == "schema_newer"
    assert "version 2" in refused.value.message
    assert await migrate(connection, [FIRST, SECOND]) == [], "and the lock was given back"


async def test_a_migration_that_is_refused_leaves_nothing_of_itself(connection) -> None:
    broken = Migration(2, "broken", "create table b (id int); select 1/0")
    with pytest.raises(Unavailable) as refused:
        await migrate(connection, [FIRST, broken])
    assert refused.value.code == "migration_failed"
    assert (await (await connection.execute("select to_regclass('b')")).fetchone()) == (None,)
    assert await migrate(connection, [FIRST, SECOND]) == [2]


async def test_what_an_earlier_version_kept_is_there_after_history_came(connection) -> None:
    known = migrations()
    await migrate(connection, known[:7])
    tenant, cluster, database = uuid4(), uuid4(), uuid4()
    await connection.execute("set search_path to platform_meta")
    await connection.execute("insert into tenants (id, name, subdomain) values (%s, 'Acme', 'acme')", [tenant])
    await connection.execute(
        "insert into clusters (id, tenant_id, engine, version, data_dir, superuser, superuser_secret)"
        " values (%s, %s, 'postgres', '18', 'x', 'dbaas', 'x')",
        [cluster, tenant],
    )
    await connection.execute(
        "insert into tenant_databases (id, tenant_id, database_name, physical_name, engine, cluster)"
        " values (%s, %s, 'shop', 'shop', 'postgres', %s)",
        [database, tenant, cluster],
    )
    assert 8 in await migrate(connection, known)
    assert await (await connection.execute("select subdomain from tenants")).fetchall() == [("acme",)]
    await connection.execute(
        "insert into query_history (person, id, database_id, text, at, duration_ms)"
        " values ('x', gen_random_uuid(), %s, 'select 1', now(), 1)",
        [database],
    )
    await connection.execute("delete from tenants")
    assert await (await connection.execute("select count(*) from query_history")).fetchone() == (0,)
