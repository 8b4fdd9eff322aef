"""Collections in the memory's store and in PostgreSQL's."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from dbaas_provisioning.platform import Access
from dbaas_server.documents.collections.environment import Environment
from dbaas_server.documents.store.memory import MemoryStore
from document_stores import emptied
from stocked import environment_of


@pytest.fixture
def memory() -> Environment:
    return environment_of(MemoryStore())


@pytest.fixture(params=["memory", "postgres"])
async def environment(request: pytest.FixtureRequest, module_database: Access) -> AsyncIterator[Environment]:
    if request.param == "memory":
        yield environment_of(MemoryStore())
        return
    async with emptied(module_database) as store:
        yield environment_of(store)
