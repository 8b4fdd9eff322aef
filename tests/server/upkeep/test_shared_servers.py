"""Limits on a server that runs elsewhere: each tenant's own, whoever else is there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from dbaas_provisioning.nouns import Cluster, ClusterState, Home
from dbaas_provisioning.platform import Access, Platform
from dbaas_server.turnstile import Turnstile
from dbaas_server.upkeep.usage import UsageSamples
from dbaas_server.upkeep.watchdog import Watchdog
from elsewhere import Elsewhere, elsewhere
from waiting import until

Place = Callable[[str], Awaitable[Access]]


@pytest.fixture(scope="module")
def running() -> Iterator[Elsewhere]:
    with elsewhere("wheel") as server:
        yield server


@pytest.fixture(scope="module", params=["superuser", "createdb createrole"])
def server(running: Elsewhere, request: pytest.FixtureRequest) -> Iterator[Elsewhere]:
    """Registered by its superuser, and with the least that will do."""
    running.forget_api_roles()
    yield running if request.param == "superuser" else running.new_login(request.param)


@pytest.fixture
async def cluster(platform: Platform, server: Elsewhere) -> AsyncIterator[Cluster]:
    cluster = await platform.placement.add(f"on-{uuid4().hex[:8]}", server.dsn(), actor="test")
    yield cluster
    for tenant in await platform.tenants():
        if tenant.subdomain.startswith(str(cluster.name)):
            await platform.drop_tenant(tenant.subdomain, actor="test")
    await platform.placement.remove(str(cluster.name), actor="test")


@pytest.fixture
async def place(platform: Platform, cluster: Cluster) -> Place:
    """Makes a tenant who has a database there."""

    async def make(name: str) -> Access:
        ref = f"{cluster.name}-{name}"
        await platform.create_tenant(name, subdomain=ref, actor="test")
        await platform.create_database(ref, "postgres", "shop", options={}, cluster=cluster.name, actor="test")
        return await platform.access(ref)

    return make


@pytest.fixture
async def watchdog(platform: Platform) -> Watchdog:
    return Watchdog(platform.observation)


async def ended(watchdog: Watchdog, work: asyncio.Future[Any]) -> BaseException | None:
    """Look until something has come to its end; how."""

    async def look() -> bool:
        await watchdog.run()
        return work.done()

    await until(look)
    return work.exception()


async def test_statements_are_ended_by_their_own_tenants_time_and_nobody_elses(
    server: Elsewhere, place: Place, plan_of: Callable[..., Any], watchdog: Watchdog, connect
) -> None:
    hasty, patient = await place("hasty"), await place("patient")
    await plan_of(hasty.tenant.subdomain, statement_timeout_ms=200)
    mine, theirs = await connect(hasty), await connect(patient)
    # A login of somebody else's on that server, called as ours are.
    with server.connect() as landlord:
        landlord.execute("create role o_aaaaaaaaaaaa login password 'x'; grant connect on database postgres to public")
    stranger = await psycopg.AsyncConnection.connect(
        host="127.0.0.1", port=server.port, dbname="postgres", user="o_aaaaaaaaaaaa", password="x", autocommit=True
    )
    try:
        for session in (mine, theirs):
            await session.execute("set statement_timeout = 0")
        others = [asyncio.ensure_future(one.execute("select pg_sleep(600)")) for one in (theirs, stranger)]
        slow = asyncio.ensure_future(mine.execute("select pg_sleep(600)"))
        assert isinstance(await ended(watchdog, slow), psycopg.errors.QueryCanceled)
        # Where the operator lets everybody in, a tenant's login is still the tenant's.
        outside = await connect(hasty, dbname="postgres")
        await outside.execute("set statement_timeout = 0")
        slow = asyncio.ensure_future(outside.execute("select pg_sleep(600)"))
        assert isinstance(await ended(watchdog, slow), psycopg.errors.QueryCanceled)
        assert not any(one.done() for one in others)
    finally:
        with server.connect() as landlord:
            landlord.execute("revoke connect on database postgres from public")
            landlord.execute(
                "select pg_terminate_backend(pid, 5000) from pg_stat_activity where usename = 'o_aaaaaaaaaaaa'"
            )
            landlord.execute("drop role o_aaaaaaaaaaaa")
    with pytest.raises(psycopg.OperationalError):
        await others[1]
    others[0].cancel()
    await stranger.close()


async def test_transactions_left_open_and_connections_beyond_the_plan_are_ended(
    platform: Platform, cluster: Cluster, place: Place, plan_of: Callable[..., Any], watchdog: Watchdog, connect
) -> None:
    mine, theirs = await place("mine"), await place("theirs")
    ref = mine.tenant.subdomain
    await platform.create_database(ref, "postgres", "more", options={}, cluster=cluster.name, actor="test")
    sessions = [await connect(mine), await connect(await platform.access(ref, "more")), await connect(mine)]
    neighbours = [await connect(theirs) for _ in range(3)]
    await neighbours[0].execute("begin")
    await plan_of(ref, max_connections=2, idle_transaction_seconds=1)

    async def alive() -> list[bool]:
        await watchdog.run()
        answers = await asyncio.gather(*(one.execute("select 1") for one in sessions), return_exceptions=True)
        return [not isinstance(answer, BaseException) for answer in answers]

    assert await until(alive, lambda seen: sum(seen) == 2) == [True, True, False], "of all databases together"
    await sessions[0].execute("set idle_in_transaction_session_timeout = 0")
    await sessions[0].execute("begin")

    async def open_for_good() -> bool:
        await watchdog.run()
        found = await sessions[1].execute("select from pg_stat_activity where pid = %s", [sessions[0].info.backend_pid])
        return found.rowcount > 0

    await until(open_for_good, lambda seen: not seen)
    assert [(await (await one.execute("select 1")).fetchone()) for one in neighbours] == [(1,)] * 3


async def test_what_tenants_use_there_is_sampled_for_each(
    platform: Platform, place: Place, home: Home, connect
) -> None:
    one, other = await place("one"), await place("other")
    sessions = [await connect(one), await connect(one), await connect(other)]
    await sessions[0].execute("create table big as select repeat('x', 100) from generate_series(1, 50000)")
    turnstile = Turnstile(home)
    try:
        await UsageSamples(platform, turnstile).run()
    finally:
        turnstile.close()
    found = {}
    for access in (one, other):
        (found[access.tenant.subdomain],) = await platform.consumption.of(access.tenant.subdomain)
    big, small = found[one.tenant.subdomain], found[other.tenant.subdomain]
    assert (big.connections, small.connections) == (2, 1)
    assert big.storage_bytes > small.storage_bytes + 5_000_000 > 10_000_000
    assert big.awake_seconds == 0, "the server is not ours to put to sleep"


async def test_a_server_that_goes_away_stalls_nobody(
    platform: Platform, tenant, plan_of: Callable[..., Any], watchdog: Watchdog, connect
) -> None:
    with elsewhere("wheel") as server:
        cluster = await platform.placement.add(f"on-{uuid4().hex[:8]}", server.dsn(), actor="test")
        ref = tenant.subdomain
        await platform.create_database(ref, "postgres", "away", options={}, cluster=cluster.name, actor="test")
        await watchdog.run()
    await platform.create_database(ref, "postgres", "here", options={}, actor="test")
    await plan_of(ref, statement_timeout_ms=200)
    owner = await connect(await platform.access(ref, "here"))
    await owner.execute("set statement_timeout = 0")
    slow = asyncio.ensure_future(owner.execute("select pg_sleep(600)"))
    assert isinstance(await ended(watchdog, slow), psycopg.errors.QueryCanceled)
    await platform.placement.look_after()
    await platform._store.delete_database(await platform.database(ref, "away"))  # nobody can drop it any more
    assert (await platform.placement.named(str(cluster.name))).state is ClusterState.failed
    assert cluster.id not in [one.cluster.id for one in await platform.observation.everywhere()]
    await platform.placement.remove(str(cluster.name), actor="test")
