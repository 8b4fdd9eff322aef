"""PostgreSQL's store of documents, for tests."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psycopg

from conninfo import conninfo
from dbaas_provisioning.platform import Access
from dbaas_server.engine import Limits
from dbaas_server.engines.document import PostgresStore, open_store
from opened_session import target_of

__all__ = ["emptied"]


@asynccontextmanager
async def emptied(access: Access) -> AsyncIterator[PostgresStore]:
    """A store on a database, without anything that was in it."""
    with psycopg.connect(conninfo(access), autocommit=True) as connection:
        connection.execute("drop schema if exists documents cascade")
    store = await open_store(target_of(access), Limits())
    try:
        yield store
    finally:
        await store.close()
