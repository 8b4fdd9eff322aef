"""A tenant with two databases, and how tests ask it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest

from live_platform import LivePlatform


@dataclass(frozen=True)
class Door:
    """The GraphQL endpoint of a tenant."""

    http: httpx.Client
    operator: httpx.Client
    tenant: str
    anon: str
    secret: str
    signing: dict[str, str]
    database: str = "shop"

    @property
    def path(self) -> str:
        return f"/v1/{self.tenant}/graphql"

    def post(self, text: str, variables: Any = None, *, key: str | None = None, path: str | None = None,
             operation: str | None = None, **headers: str) -> httpx.Response:  # fmt: skip
        body = {"query": text, "variables": variables, "operationName": operation}
        return self.http.post(path or self.path, json=body, headers={"apikey": key or self.secret, **headers})

    def data(self, text: str, variables: Any = None, **more: Any) -> Any:
        """``data`` of an answer without errors."""
        answer = self.post(text, variables, **more)
        assert answer.status_code == 200, answer.text
        body = answer.json()
        assert "errors" not in body, body["errors"]
        return body["data"]

    def refused(self, text: str, variables: Any = None, **more: Any) -> str:
        """The code of an answer's first error."""
        body = self.post(text, variables, **more).json()
        assert "errors" in body, body
        return body["errors"][0]["extensions"]["code"]

    def token(self, **claims: Any) -> str:
        payload = {"role": "authenticated", "sub": "ann", "exp": int(time.time()) + 600, **claims}
        return jwt.encode(payload, self.signing["secret"], algorithm="HS256", headers={"kid": self.signing["kid"]})

    def sql(self, text: str, database: str | None = None) -> list[dict[str, Any]]:
        """Rows of a statement, as the owner."""
        answer = self.operator.post(
            f"/v1/{self.tenant}/query", json={"query": text, "database": database or self.database}
        )
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]


def make_door(live: LivePlatform, operator: httpx.Client, http: httpx.Client, script: str) -> Door:
    tenant = live.new_tenant()
    for name in ("shop", "stats"):
        assert operator.post(f"/v1/{tenant}/databases", json={"name": name}).status_code == 201
    anon, secret = (
        operator.post(f"/v1/{tenant}/keys", json={"role": role}).json()["key"] for role in ("anon", "service_role")
    )
    door = Door(http, operator, tenant, anon, secret, operator.get(f"/v1/{tenant}/jwt-secret").json())
    door.sql(script)
    door.sql("create table events (id int primary key, what text); insert into events values (1, 'begin');", "stats")
    return door


@pytest.fixture(scope="module")
def own(live: LivePlatform, graphql_operator: httpx.Client, door: Door) -> Door:
    """A tenant of a module's own, with one table."""
    return make_door(live, graphql_operator, door.http, "create table first (id int primary key)")


@pytest.fixture(scope="session")
def graphql_operator(live: LivePlatform) -> Iterator[httpx.Client]:
    with live.operator() as client:
        yield client


@pytest.fixture(scope="session")
def door(live: LivePlatform, graphql_operator: httpx.Client) -> Iterator[Door]:
    """One tenant for the whole session. What a test writes, it takes back."""
    with httpx.Client(base_url=live.url, timeout=60) as http:
        yield make_door(live, graphql_operator, http, (Path(__file__).parent / "library.sql").read_text())
