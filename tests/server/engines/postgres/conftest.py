"""A database with every kind of thing in it, and sessions on it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from conninfo import conninfo
from dbaas_provisioning.platform import Access
from dbaas_server.engine import Limits
from dbaas_server.engines.postgres import open_session
from dbaas_server.engines.postgres.session import PostgresSession
from dbaas_server.nouns import Caller
from opened_session import target_of
from reused_database import lasting_database

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
    with lasting_database(supervision, request) as access:
        with psycopg.connect(conninfo(access), autocommit=True) as connection:
            connection.execute((Path(__file__).parent / "library.sql").read_text())
        yield access


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
