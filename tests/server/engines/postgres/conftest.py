"""A database with every kind of thing in it, and sessions on it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from conninfo import conninfo
from dbaas_provisioning.platform import Access, Platform
from dbaas_server.engine import Limits
from dbaas_server.engines.postgres import open_session
from dbaas_server.engines.postgres.session import PostgresSession
from dbaas_server.nouns import Caller
from opened_session import target_of

TENANT = uuid4()


@pytest.fixture
def anon() -> Caller:
    return Caller(TENANT, "anon")


@pytest.fixture
def user() -> Caller:
    return Caller(TENANT, "authenticated", '{"sub": "ann", "role": "authenticated"}')


@pytest.fixture
def service() -> Caller:
    return Caller(TENANT, "service_role")


@pytest.fixture
def owner() -> Caller:
    return Caller(TENANT, "owner")


@pytest.fixture(scope="session")
def library(supervision, request) -> Iterator[Access]:
    """A database that tests share. What a test writes there, it rolls back or takes back."""
    name = f"d{uuid4().hex[:12]}"
    before = os.environ.get("DBAAS_POSTGRES_BIN")
    chosen = request.config.getoption("--postgres")
    os.environ["DBAAS_POSTGRES_BIN"] = chosen if chosen in ("wheel", "system") else "wheel"

    async def make() -> Access:
        platform = await Platform.open(supervision.home, supervision)
        try:
            tenant = await platform.create_tenant("Library", subdomain=f"l{uuid4().hex[:12]}", actor="test")
            await platform.create_database(tenant.subdomain, "postgres", name, options={}, actor="test")
            return await platform.access(tenant.subdomain, name)
        finally:
            await platform.close()

    async def drop(access: Access) -> None:
        platform = await Platform.open(supervision.home, supervision)
        try:
            await platform.drop_tenant(access.tenant.subdomain, actor="test")
        finally:
            await platform.close()

    try:
        access = asyncio.run(make())
        with psycopg.connect(conninfo(access), autocommit=True) as connection:
            connection.execute((Path(__file__).parent / "library.sql").read_text())
        yield access
        asyncio.run(drop(access))
    finally:
        if before is None:
            del os.environ["DBAAS_POSTGRES_BIN"]
        else:
            os.environ["DBAAS_POSTGRES_BIN"] = before


@pytest.fixture
async def opener() -> AsyncIterator[Callable[..., Awaitable[PostgresSession]]]:
    """``await opener(access, max_rows=3)``: a session with limits of the test's own, closed after it."""
    opened: list[PostgresSession] = []

    async def open_on(access: Access, **limits: int) -> PostgresSession:
        opened.append(await open_session(target_of(access), Limits(**limits)))
        return opened[-1]

    yield open_on
    for session in opened:
        await session.close()


@pytest.fixture
async def session(library: Access, opener) -> PostgresSession:
    """A session on the shared database."""
    return await opener(library)


@pytest.fixture
async def own_session(database: Access, opener) -> PostgresSession:
    """A session on an empty database of the test's own."""
    return await opener(database)
