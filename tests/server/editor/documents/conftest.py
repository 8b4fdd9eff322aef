"""A document database behind a running platform, and its editor's doors."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
import pytest
from pymongo.collection import Collection

from live_documents import LiveDocuments, new_documents
from live_platform import LivePlatform


@dataclass(frozen=True)
class Editor:
    """The doors of one document database, for one person."""

    http: httpx.Client
    documents: LiveDocuments

    @property
    def path(self) -> str:
        return f"/v1/{self.documents.tenant}/databases/app"

    def post(self, door: str, text: str, **fields: Any) -> httpx.Response:
        return self.http.post(f"{self.path}/editor/{door}", json={"text": text, **fields})

    def ask(self, door: str, text: str, **fields: Any) -> Any:
        answer = self.post(door, text, **fields)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def refused(self, door: str, text: str, **fields: Any) -> dict[str, Any]:
        answer = self.post(door, text, **fields)
        assert answer.status_code >= 400, answer.text
        return answer.json()

    def run(self, text: str, **fields: Any) -> Any:
        return self.ask("run", text, **fields)


@pytest.fixture(scope="session")
def shop(live: LivePlatform) -> Iterator[Editor]:
    """One database for the tests of a session, whose collections are each test's own."""
    documents = new_documents(live)
    with live.operator() as http:
        yield Editor(http, documents)


@pytest.fixture
def collection(shop: Editor) -> Iterator[Collection[dict[str, Any]]]:
    """A collection of a name of its own, through MongoDB's door."""
    with shop.documents.client() as client:
        found = client["app"][f"c{uuid4().hex[:8]}"]
        yield found
        found.drop()
