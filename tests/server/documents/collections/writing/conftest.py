"""Stores for tests of writing."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from dbaas_provisioning.platform import Access
from dbaas_server.documents.store import Store
from dbaas_server.documents.store.memory import MemoryStore
from document_stores import emptied
from reused_database import lasting_database
from written_documents import Documents, opened


@pytest.fixture
async def orders() -> AsyncIterator[Documents]:
    """A collection in memory."""
    async with opened(MemoryStore()) as documents:
        yield documents


@pytest.fixture(scope="session")
def written_database(supervision, request: pytest.FixtureRequest) -> Iterator[Access]:
    """One for all of these tests."""
    with lasting_database(supervision, request) as access:
        yield access


@pytest.fixture(params=["memory", "postgres"])
async def store(request: pytest.FixtureRequest, written_database: Access) -> AsyncIterator[Store]:
    """An empty store of each kind."""
    if request.param == "memory":
        yield MemoryStore()
        return
    async with emptied(written_database) as made:
        yield made
