"""A tenant's database with ``schema.sql`` in it, behind the stand-alone server."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import psycopg
import pytest

from live_documents import LiveDocuments, new_documents
from live_platform import LivePlatform
from node_suites import installed_node

here = Path(__file__).resolve().parent

SUBJECT = "11111111-1111-1111-1111-111111111111"


@dataclass(frozen=True)
class Project:
    """A database and what opens it.

    Attributes:
        base: what ``createClient`` is given.
        data: the tenant's own URL, below which ``data/{table}`` and ``rpc/{function}`` are.
        token: of a signed-in person, whose id is ``SUBJECT``.
    """

    base: str
    data: str
    anon: str
    secret: str
    token: str
    connection_string: str

    def client(self, key: str | None = None, **headers: str) -> httpx.Client:
        """An HTTP client of the tenant's own URL, as ``anon`` unless a key is given."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return httpx.Client(base_url=self.data, headers={"apikey": key or self.anon, **named}, timeout=60)

    def run(self, script: str) -> None:
        """Run SQL as the owner."""
        with psycopg.connect(self.connection_string, autocommit=True) as connection:
            connection.execute(script)


@pytest.fixture(scope="session")
def project(live: LivePlatform) -> Iterator[Project]:
    tenant = live.new_tenant()
    with live.operator() as operator:
        made = operator.post(
            f"/v1/{tenant}/databases", json={"engine": "postgres", "name": "app", "expose": "policies"}
        )
        assert made.status_code == 201, made.text
        keys = {
            role: operator.post(f"/v1/{tenant}/keys", json={"role": role}).json()["key"]
            for role in ("anon", "service_role")
        }
        token = operator.post(f"/v1/{tenant}/jwt", json={"role": "authenticated", "sub": SUBJECT}).json()["token"]
    found = Project(
        base=f"{live.url}/p/{tenant}/app",
        data=f"{live.url}/v1/{tenant}",
        anon=keys["anon"],
        secret=keys["service_role"],
        token=token,
        connection_string=made.json()["connection_string"],
    )
    found.run((here / "schema.sql").read_text())
    yield found


@pytest.fixture(scope="session")
def documents(live: LivePlatform) -> LiveDocuments:
    """A document database that all of a session's clients use, each with collections of its own."""
    return new_documents(live)


@pytest.fixture
def http(project: Project) -> Iterator[httpx.Client]:
    """As ``anon``."""
    with project.client() as client:
        yield client


@pytest.fixture
def secret(project: Project) -> Iterator[httpx.Client]:
    """As ``service_role``."""
    with project.client(project.secret) as client:
        yield client


@pytest.fixture(scope="session")
def node() -> str:
    """Node, with the clients of the lock file installed."""
    return installed_node()
