"""Stores and engines for tests of administration."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from dbaas_provisioning.platform import Access
from dbaas_server.documents.store import Store
from document_engines import FarMemory, Orders, opened
from document_stores import emptied


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
    async with emptied(module_database) as made:
        yield made
