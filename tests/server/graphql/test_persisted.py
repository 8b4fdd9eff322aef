"""Asking for documents that are not there does not load the platform."""

from __future__ import annotations

import asyncio
import hashlib
from typing import Any, cast

import pytest

from dbaas_provisioning.platform import Platform
from dbaas_server.graphql.errors import Refused
from dbaas_server.graphql.persisted import Persisted
from dbaas_server.graphql.requests import Asked


class Counting:
    """Where documents are stored: none. Counts how often it is asked."""

    def __init__(self) -> None:
        self.asked = 0
        self.changed: Any = None

    def on_change(self, listener: Any) -> None:
        self.changed = listener

    async def document(self, tenant: str, sha256: str) -> None:
        self.asked += 1


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def test_an_unknown_hash_is_looked_up_once_until_something_changes() -> None:
    store = Counting()
    persisted = Persisted(cast(Platform, store))

    async def ask() -> None:
        with pytest.raises(Refused):
            await persisted.text("t", Asked(None, sha256=digest("x")), stored_only=False)

    async def run() -> None:
        await ask()
        await ask()
        assert store.asked == 1
        store.changed("document", "t")
        await ask()
        assert store.asked == 2

    asyncio.run(run())


def test_a_tenant_that_persists_very_much_drops_only_its_own() -> None:
    persisted = Persisted(cast(Platform, Counting()))

    async def run() -> None:
        await persisted.text("quiet", Asked("{ a }", sha256=digest("{ a }")), stored_only=False)
        for number in range(400):
            text = "{ a }" + "#" * 60_000 + str(number)
            await persisted.text("loud", Asked(text, sha256=digest(text)), stored_only=False)
        assert await persisted.text("quiet", Asked(None, sha256=digest("{ a }")), stored_only=False) == "{ a }"
        with pytest.raises(Refused):
            await persisted.text("loud", Asked(None, sha256=digest("{ a }" + "#" * 60_000 + "0")), stored_only=False)

    asyncio.run(run())
