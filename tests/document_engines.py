"""Engines for documents without a door before them: what tests of them share."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from dbaas_server.documents.checker import check
from dbaas_server.documents.codec import Document, decode, encode
from dbaas_server.documents.collections.environment import EngineLimits, Environment
from dbaas_server.documents.collections.metadata import Collection
from dbaas_server.documents.collections.namespace import Namespace
from dbaas_server.documents.engine import Engine
from dbaas_server.documents.requests import Aggregate, DeleteSpec, Find, Updated, UpdateSpec, Written
from dbaas_server.documents.store import Batch, Entry, Space, Span, Store
from dbaas_server.documents.store.memory import MemoryStore

__all__ = ["FarMemory", "Orders", "StoreOfOthers", "opened"]

NAME = Namespace("app", "orders")


class FarMemory(MemoryStore):
    """Memory that takes a while to answer, as if there were a wire between: others come in between any two steps."""

    async def get(self, space: Space, keys: Sequence[bytes]) -> Mapping[bytes, Entry]:
        await asyncio.sleep(0)
        return await super().get(space, keys)

    async def scan(self, space: Space, span: Span, **how: Any) -> AsyncIterator[Sequence[Entry]]:
        async for batch in super().scan(space, span, **how):
            yield batch
            await asyncio.sleep(0)

    async def write(self, batch: Batch) -> Sequence[int]:
        await asyncio.sleep(0)
        return await super().write(batch)


class StoreOfOthers:
    """A store that stays open when an engine on it is closed."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def close(self) -> None:
        """Leave it open."""


@dataclass(frozen=True)
class Orders:
    """A collection as a client sees it, with values instead of bytes."""

    engine: Engine
    name: Namespace = NAME

    async def insert(self, *documents: Document, ordered: bool = True) -> Written:
        return await self.engine.insert(self.name, list(map(encode, documents)), ordered=ordered)

    async def update(self, q: Document, u: Any, **how: Any) -> Updated:
        return await self.engine.update(self.name, [UpdateSpec(q, u, **how)])

    async def delete(self, q: Document, limit: int = 0, **how: Any) -> Written:
        return await self.engine.delete(self.name, [DeleteSpec(q, limit, **how)])

    async def find(self, filter: Document | None = None, **how: Any) -> list[Document]:
        found = self.engine.find(self.name, Find(filter or {}, **how))
        return [decode(raw) async for batch in found for raw in batch]

    async def aggregate(self, *stages: Document) -> list[Document]:
        found = self.engine.aggregate(self.name, Aggregate(list(stages)))
        return [decode(raw) async for batch in found for raw in batch]

    async def index(self, key: Document, **spec: Any) -> None:
        await self.engine.create_indexes(self.name, [{"key": key, **spec}])

    def names(self) -> list[str]:
        """Of its indexes."""
        return [str(spec["name"]) for spec in self.engine.indexes(self.name)]

    @property
    def environment(self) -> Environment:
        return self.engine._environment

    @property
    def collection(self) -> Collection:
        found = self.environment.catalog.get(self.name)
        assert found is not None
        return found

    async def wrong(self) -> list[str]:
        """What the checker finds."""
        await self.environment.catalog.reload()
        return await check(self.environment, self.collection)


@asynccontextmanager
async def opened(store: Store, **limits: Any) -> AsyncIterator[Orders]:
    """An engine that is started, and closed at the end; the store stays open."""
    engine = Engine(StoreOfOthers(store), limits=EngineLimits(**limits))
    await engine.start()
    try:
        yield Orders(engine)
    finally:
        await engine.close()
