"""Whoever connects to a sleeping server has it started, and never notices."""

from __future__ import annotations

import asyncio
import shutil
import socket

import psycopg
import pytest

from conninfo import conninfo
from dbaas_provisioning.nouns import ClusterState, Tenant
from dbaas_provisioning.platform import Access, Platform, Supervision


async def asleep(platform: Platform, access: Access, supervision: Supervision) -> str:
    """A connection string of the owner's, to a server that sleeps."""
    await supervision.stop(access.database.cluster_id)
    assert await state(platform, access) is ClusterState.sleeping
    return conninfo(access)


async def state(platform: Platform, access: Access) -> ClusterState:
    return (await platform._store.cluster(access.database.cluster_id)).state


async def test_many_who_come_at_once_are_all_served(
    platform: Platform, database: Access, supervision: Supervision
) -> None:
    url = await asleep(platform, database, supervision)

    async def come(number: int) -> int:
        async with await psycopg.AsyncConnection.connect(url, sslmode="prefer") as connection:
            [row] = await (await connection.execute("select %s::int", [number])).fetchall()
            return int(row[0])

    first = await come(0)
    assert first == 0 and await state(platform, database) is ClusterState.running
    await asleep(platform, database, supervision)
    assert await asyncio.gather(*(come(number) for number in range(8))) == list(range(8))


async def test_a_relayed_connection_does_all_that_others_do(
    platform: Platform, database: Access, supervision: Supervision
) -> None:
    url = await asleep(platform, database, supervision)
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        [(text,)] = await (await connection.execute("select repeat('x', 20000000)")).fetchall()
        assert len(text) == 20_000_000
        async with connection.cursor() as cursor:
            await cursor.execute("create temp table t (n text)")
            async with cursor.copy("copy t from stdin") as copy:
                for _ in range(100):
                    await copy.write(("y" * 999 + "\n") * 100)
            assert await (await cursor.execute("select count(*) from t")).fetchone() == (10_000,)
        endless = asyncio.create_task(connection.execute("select pg_sleep(60)"))
        while connection.pgconn.transaction_status != psycopg.pq.TransactionStatus.ACTIVE:
            await asyncio.sleep(0)
        while not endless.done():  # a cancellation that comes before the statement has no effect
            await connection.cancel_safe()
            await asyncio.wait([endless], timeout=0.1)
        with pytest.raises(psycopg.errors.QueryCanceled):
            await endless


async def test_only_the_right_password_lets_in(platform: Platform, database: Access, supervision: Supervision) -> None:
    url = await asleep(platform, database, supervision)
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        await psycopg.AsyncConnection.connect(url, password="wrong")


async def test_the_platforms_own_connections_wake_nobody(
    platform: Platform, database: Access, supervision: Supervision
) -> None:
    url = await asleep(platform, database, supervision)
    with pytest.raises(psycopg.OperationalError):
        await psycopg.AsyncConnection.connect(url, application_name="jupyter-dbaas")
    with socket.create_connection((database.endpoint.host, database.endpoint.port)) as stranger:
        stranger.sendall(b"GET / HTTP/1.1\r\n\r\n")
        stranger.settimeout(20)
        assert stranger.recv(1) == b""
    assert await state(platform, database) is ClusterState.sleeping


async def test_who_cannot_be_served_is_told_why(platform: Platform, tenant: Tenant, supervision: Supervision) -> None:
    await platform.create_database(tenant.subdomain, "postgres", "shop", options={}, actor="test")
    access = await platform.access(tenant.subdomain, "shop")
    url = await asleep(platform, access, supervision)
    folder = (await platform._store.cluster(access.database.cluster_id)).data_dir
    shutil.move(folder, aside := folder.with_name("aside"))
    with pytest.raises(psycopg.OperationalError, match="cannot be started now"):
        await psycopg.AsyncConnection.connect(url)
    shutil.move(aside, folder)
    async with await psycopg.AsyncConnection.connect(url) as connection:
        assert await (await connection.execute("select 1")).fetchone() == (1,)
