"""A database like the one that the half-typed statements are about, and its catalog."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import psycopg
import pytest

from conninfo import conninfo
from dbaas_provisioning.platform import Access
from dbaas_server.editor.sql.schema import Schema, arranged
from dbaas_server.nouns import Catalog
from half_typed import SCHEMA
from opened_session import opened_session
from reused_database import lasting_database


@pytest.fixture(scope="package")
def shop(supervision, request: pytest.FixtureRequest) -> Iterator[Access]:
    with lasting_database(supervision, request) as access:
        with psycopg.connect(conninfo(access), autocommit=True) as connection:
            connection.execute(SCHEMA)
        yield access


@pytest.fixture(scope="package")
def catalog(shop: Access) -> Catalog:
    async def read() -> Catalog:
        async with opened_session(shop) as session:
            return await session.catalog()

    return asyncio.run(read())


@pytest.fixture(scope="package")
def schema(catalog: Catalog) -> Schema:
    return arranged(catalog)
