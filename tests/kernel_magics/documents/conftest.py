"""A document database for notebooks."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest

from dbaas.client import Client


@pytest.fixture(scope="session")
def place(client: Client) -> Iterator[str]:
    """``tenant/app``, a document database that these tests share; each uses a collection of its own."""
    tenant = client.create_tenant(f"m{uuid4().hex[:10]}")
    tenant.create_database("app", engine="document")
    yield f"{tenant.name}/app"
    tenant.drop()
