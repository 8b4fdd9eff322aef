"""One database for all tests of a module, each of which finds it empty: quicker than a database for each."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import psycopg
import pytest

from conninfo import conninfo
from dbaas_provisioning.platform import Access, Platform

_EMPTY = """
drop schema if exists hidden cascade; drop schema public cascade; create schema public;
"""


@contextmanager
def lasting_database(supervision, request: pytest.FixtureRequest) -> Iterator[Access]:
    """A database that several tests share, with a tenant of its own; on the build that tests run on first."""
    before = os.environ.get("DBAAS_POSTGRES_BIN")
    chosen = request.config.getoption("--postgres")
    os.environ["DBAAS_POSTGRES_BIN"] = chosen if chosen in ("wheel", "system") else "wheel"

    async def make() -> Access:
        platform = await Platform.open(supervision.home, supervision)
        try:
            tenant = await platform.create_tenant("Lasting", subdomain=f"l{uuid4().hex[:12]}", actor="test")
            await platform.create_database(tenant.subdomain, "postgres", "lasting", options={}, actor="test")
            return await platform.access(tenant.subdomain, "lasting")
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
        yield access
        asyncio.run(drop(access))
    finally:
        if before is None:
            del os.environ["DBAAS_POSTGRES_BIN"]
        else:
            os.environ["DBAAS_POSTGRES_BIN"] = before


@pytest.fixture(scope="module")
def module_database(supervision, request: pytest.FixtureRequest) -> Iterator[Access]:
    with lasting_database(supervision, request) as access:
        yield access


@pytest.fixture
def reused(module_database: Access) -> Access:
    """The module's database, empty."""
    with psycopg.connect(conninfo(module_database), autocommit=True) as connection:
        connection.execute(_EMPTY)
    return module_database
