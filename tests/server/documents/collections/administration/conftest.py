"""Stores and engines for tests of administration."""

from __future__ import annotations

from collections.abc import AsyncIterator

import psycopg
import pytest

from conninfo import conninfo
from dbaas_provisioning.platform import Access
from dbaas_server.documents.store import Store
from dbaas_server.engine import Limits
from dbaas_server.engines.document import open_store
from document_engines import FarMemory, Orders, opened
from opened_session import target_of


@pytest.fixture
async def orders() -> AsyncIterator[Orders]:
    """A collection in memory that is not there yet."""
    async with opened(FarMemory()) as orders:
        yield orders


@pytest.fixture(params=["memory", "postgres"])
async def store(request: pytest.FixtureRequest, module_database: Access) -> AsyncIterator[Store]:
    """An empty store of each kind."""
    if request.param == "memory":
        yield FarMemory()
        return
    with psycopg.connect(conninfo(module_database), autocommit=True) as connection:
        connection.execute("drop schema if exists documents cascade")
    made = await open_store(target_of(module_database), Limits())
    yield made
    await made.close()
