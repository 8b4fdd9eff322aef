"""Bringing a schema up to date."""

from __future__ import annotations

import asyncio

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


def test_the_packages_migrations_count_from_one_without_gaps() -> None:
    assert [one.version for one in migrations()] == list(range(1, len(migrations()) + 1))


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
