"""Limits that a session sets away for itself, kept from outside."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from dbaas_provisioning.nouns import Credential, Tenant
from dbaas_provisioning.platform import Access, Platform
from dbaas_server.upkeep.watchdog import Watchdog
from waiting import until


@pytest.fixture
async def access(platform: Platform, tenant: Tenant) -> Access:
    await platform.create_database(tenant.subdomain, "postgres", "shop", options={}, actor="test")
    return await platform.access(tenant.subdomain)


@pytest.fixture
async def watchdog(platform: Platform) -> Watchdog:
    return Watchdog(platform.observation)


async def ended(watchdog: Watchdog, work: asyncio.Future[Any] | asyncio.Task[Any]) -> BaseException | None:
    """Look until something has come to its end; how."""

    async def look() -> bool:
        await watchdog.run()
        return work.done()

    await until(look)
    return work.exception()


async def test_a_statement_without_a_time_of_its_own_is_cancelled(
    access: Access, plan_of: Callable[..., Any], watchdog: Watchdog, connect
) -> None:
    await plan_of(access.tenant.subdomain, statement_timeout_ms=200)
    owner = await connect(access)
    await owner.execute("set statement_timeout = 0")
    slow = asyncio.ensure_future(owner.execute("select pg_sleep(600)"))
    assert isinstance(await ended(watchdog, slow), psycopg.errors.QueryCanceled)
    assert await (await owner.execute("select 1")).fetchone() == (1,), "the session goes on"


async def test_who_catches_the_cancellation_loses_the_session(
    access: Access, plan_of: Callable[..., Any], watchdog: Watchdog, connect
) -> None:
    await plan_of(access.tenant.subdomain, statement_timeout_ms=200)
    owner = await connect(access)
    await owner.execute("set statement_timeout = 0")
    stubborn = """do $$ begin loop begin perform pg_sleep(600); exception when query_canceled then null; end; end loop;
      end $$"""
    assert isinstance(await ended(watchdog, asyncio.ensure_future(owner.execute(stubborn))), psycopg.OperationalError)


async def test_a_transaction_left_open_is_ended_and_its_locks_with_it(
    access: Access, plan_of: Callable[..., Any], watchdog: Watchdog, connect
) -> None:
    await plan_of(access.tenant.subdomain, idle_transaction_seconds=1)
    owner, other = await connect(access), await connect(access)
    await owner.execute("create table t (id int)")
    await owner.execute("set idle_in_transaction_session_timeout = 0")
    await owner.execute("begin")
    await owner.execute("lock table t")
    waiting = asyncio.ensure_future(other.execute("select from t"))
    assert await ended(watchdog, waiting) is None
    with pytest.raises(psycopg.OperationalError):
        await owner.execute("select 1")


async def test_connections_that_were_there_before_the_limit_are_ended(
    access: Access, plan_of: Callable[..., Any], watchdog: Watchdog, connect
) -> None:
    sessions = [await connect(access) for _ in range(4)]
    await plan_of(access.tenant.subdomain, max_connections=2)
    await watchdog.run()

    async def alive() -> list[bool]:
        answers = await asyncio.gather(*(one.execute("select 1") for one in sessions), return_exceptions=True)
        return [not isinstance(answer, BaseException) for answer in answers]

    assert await until(alive, lambda seen: sum(seen) == 2) == [True, True, False, False], "the oldest stay"


async def test_working_logins_are_left_alone(
    platform: Platform, access: Access, plan_of: Callable[..., Any], watchdog: Watchdog, connect
) -> None:
    await plan_of(access.tenant.subdomain, statement_timeout_ms=100, idle_transaction_seconds=1)
    url = await platform.connection_string(access.tenant.subdomain, "shop", admin=True)
    parts = psycopg.conninfo.conninfo_to_dict(url)
    administrator = await connect(access, Credential(str(parts["user"]), str(parts["password"])))
    await administrator.execute("create role w_aaaaaaaaaaaa login password 'x'")
    await administrator.execute("grant connect on database shop to w_aaaaaaaaaaaa")
    worker = await connect(access, Credential("w_aaaaaaaaaaaa", "x"))
    owner = await connect(access)
    await owner.execute("set statement_timeout = 0")
    work = asyncio.ensure_future(worker.execute("select pg_sleep(600)"))
    hit = asyncio.ensure_future(owner.execute("select pg_sleep(600)"))
    assert isinstance(await ended(watchdog, hit), psycopg.errors.QueryCanceled)
    assert not work.done()
    await administrator.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'w_aaaaaaaaaaaa'"
    )
    with pytest.raises(psycopg.OperationalError):
        await work
    await worker.close()
    await administrator.execute("revoke connect on database shop from w_aaaaaaaaaaaa")
    await administrator.execute("drop role w_aaaaaaaaaaaa")


async def test_looking_at_a_server_that_went_away_harms_nobody(
    platform: Platform, access: Access, watchdog: Watchdog, supervision, connect
) -> None:
    await watchdog.run()
    await supervision.stop(access.database.cluster_id)
    await watchdog.run()
    assert await connect(await platform.access(access.tenant.subdomain))
    await watchdog.run()
