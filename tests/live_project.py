"""A database behind a running platform, for tests of the realtime doors."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import jwt
import psycopg
import pytest

from live_platform import LivePlatform

__all__ = ["LiveProject", "new_project"]

SCHEMA = """
create table orders (id int primary key, customer text, amount numeric, note text);
alter table orders replica identity full;
create table notes (id int primary key, owner text, body text);
alter table notes enable row level security;
create policy mine on notes using (owner = auth.sub());
create policy open on notes using (owner = 'all');
grant select on orders to anon, authenticated;
"""


@dataclass(frozen=True)
class LiveProject:
    """A database and what opens it.

    Attributes:
        base: what ``createClient`` is given.
        url: the tenant's own URL.
    """

    live: LivePlatform
    tenant: str
    base: str
    url: str
    anon: str
    secret: str
    connection_string: str
    signing: dict[str, str]

    def run(self, script: str, *params: Any) -> None:
        """Run SQL as the owner, committed at once."""
        with psycopg.connect(self.connection_string, autocommit=True) as connection:
            connection.execute(script, params or None)

    def connect(self) -> psycopg.Connection:
        return psycopg.connect(self.connection_string, autocommit=True)

    def token(self, sub: str, *, seconds: float = 600.0, **claims: Any) -> str:
        """A signed-in person's token. Its end is whole seconds, and the server allows five more."""
        payload = {"role": "authenticated", "sub": sub, "exp": int(time.time() + seconds), **claims}
        return jwt.encode(payload, self.signing["secret"], algorithm="HS256", headers={"kid": self.signing["kid"]})


def new_project(live: LivePlatform, script: str = SCHEMA, *, plan: str | None = None) -> LiveProject:
    """A tenant of its own with one database, ``app``."""
    tenant = live.new_tenant()
    with live.operator() as operator:
        if plan is not None:
            assert operator.patch(f"/v1/tenants/{tenant}", json={"plan": plan}).status_code == 200
        made = operator.post(f"/v1/{tenant}/databases", json={"name": "app", "expose": "policies"})
        assert made.status_code == 201, made.text
        keys = [
            operator.post(f"/v1/{tenant}/keys", json={"role": role}).json()["key"] for role in ("anon", "service_role")
        ]
        signing = operator.get(f"/v1/{tenant}/jwt-secret").json()
    project = LiveProject(
        live, tenant, f"{live.url}/p/{tenant}/app", f"{live.url}/v1/{tenant}", *keys,
        made.json()["connection_string"], signing,
    )  # fmt: skip
    project.run(script)
    return project


@pytest.fixture(scope="session")
def realtime(live: LivePlatform) -> Iterator[LiveProject]:
    """One project for the tests of a session; rows have ids of the test's own."""
    yield new_project(live)
