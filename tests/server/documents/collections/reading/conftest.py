"""Collections in the memory's store and in PostgreSQL's."""

from __future__ import annotations

from collections.abc import AsyncIterator

import psycopg
import pytest

from conninfo import conninfo
from dbaas_provisioning.platform import Access
from dbaas_server.documents.collections.environment import Environment
from dbaas_server.documents.store.memory import MemoryStore
from dbaas_server.engine import Limits
from dbaas_server.engines.document import open_store
from opened_session import target_of
from stocked import environment_of


@pytest.fixture
def memory() -> Environment:
    return environment_of(MemoryStore())


@pytest.fixture(params=["memory", "postgres"])
async def environment(request: pytest.FixtureRequest, module_database: Access) -> AsyncIterator[Environment]:
    if request.param == "memory":
        yield environment_of(MemoryStore())
        return
    with psycopg.connect(conninfo(module_database), autocommit=True) as connection:
        connection.execute("drop schema if exists documents cascade")
    store = await open_store(target_of(module_database), Limits())
    yield environment_of(store)
    await store.close()
