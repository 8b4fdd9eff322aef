"""A database behind a running platform, and its editor's doors."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import psycopg
import pytest

from live_platform import LivePlatform


@dataclass(frozen=True)
class Editor:
    """The doors of one database, for one person."""

    http: httpx.Client
    tenant: str
    database: str
    connection_string: str

    @property
    def path(self) -> str:
        return f"/v1/{self.tenant}/databases/{self.database}/editor"

    def post(self, door: str, text: str, **fields: Any) -> httpx.Response:
        return self.http.post(f"{self.path}/{door}", json={"text": text, **fields})

    def ask(self, door: str, text: str, **fields: Any) -> Any:
        answer = self.post(door, text, **fields)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def refused(self, door: str, text: str, **fields: Any) -> dict[str, Any]:
        answer = self.post(door, text, **fields)
        assert answer.status_code >= 400, answer.text
        return answer.json()

    def connect(self) -> psycopg.Connection:
        return psycopg.connect(self.connection_string, autocommit=True)


@pytest.fixture(scope="session")
def editor(live: LivePlatform) -> Iterator[Editor]:
    """One database for the tests of a session, whose names are each test's own."""
    tenant = live.new_tenant()
    with live.operator() as http:
        made = http.post(f"/v1/{tenant}/databases", json={"name": "app"})
        assert made.status_code == 201, made.text
        yield Editor(http, tenant, "app", made.json()["connection_string"])
