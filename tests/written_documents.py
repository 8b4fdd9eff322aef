"""Collections on a store, without a door before them: what tests of writing share."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

from dbaas_server.documents.checker import check
from dbaas_server.documents.codec import Document, decode, encode
from dbaas_server.documents.collections.catalog import Catalog
from dbaas_server.documents.collections.deleting import delete
from dbaas_server.documents.collections.environment import EngineLimits, Environment
from dbaas_server.documents.collections.inserting import insert
from dbaas_server.documents.collections.metadata import Collection, Index
from dbaas_server.documents.collections.modifying import find_and_modify
from dbaas_server.documents.collections.namespace import Namespace
from dbaas_server.documents.collections.updating import update
from dbaas_server.documents.requests import (
    DeleteSpec,
    FindAndModify,
    Modified,
    Updated,
    UpdateSpec,
    WriteContext,
    Written,
)
from dbaas_server.documents.store import Span, Store

__all__ = ["Documents", "opened"]

NAME = Namespace("app", "orders")
_PLAIN = WriteContext()


@dataclass(frozen=True)
class Documents:
    """One collection as a client sees it, but with values instead of bytes."""

    environment: Environment
    name: Namespace = NAME

    async def insert(self, *documents: Document, ordered: bool = True, context: WriteContext = _PLAIN) -> Written:
        raws = list(map(encode, documents))
        return await insert(self.environment, self.name, raws, ordered=ordered, context=context)

    async def update(self, *updates: UpdateSpec, ordered: bool = True, context: WriteContext = _PLAIN) -> Updated:
        return await update(self.environment, self.name, updates, ordered=ordered, context=context)

    async def set(self, q: Document, u: Any, **how: Any) -> Updated:
        """One update; its error is raised."""
        done = await self.update(UpdateSpec(q, u, **how))
        for _, error in done.errors:
            raise error
        return done

    async def delete(self, *deletes: DeleteSpec, ordered: bool = True, context: WriteContext = _PLAIN) -> Written:
        return await delete(self.environment, self.name, deletes, ordered=ordered, context=context)

    async def modify(self, context: WriteContext = _PLAIN, **request: Any) -> Modified:
        return await find_and_modify(self.environment, self.name, FindAndModify(**request), context=context)

    @property
    def collection(self) -> Collection:
        found = self.environment.catalog.get(self.name)
        assert found is not None
        return found

    async def all(self) -> list[Document]:
        """Every document, in the order of ``_id``."""
        scan = self.environment.store.scan(self.collection.documents, Span())
        return [decode(entry.value) async for batch in scan for entry in batch]

    async def options(self, **options: Any) -> None:
        """Give the collection options."""
        collection = await self.environment.catalog.ensure(self.name)
        await self.environment.catalog.change(replace(collection, options=options))

    async def index(self, key: Document, **spec: Any) -> Index:
        """Give an empty collection an index."""
        collection = await self.environment.catalog.ensure(self.name)
        name = "_".join(f"{field}_{direction}" for field, direction in key.items())
        index = Index(collection.next_index, {"v": 2, "key": key, "name": name, **spec})
        changed = replace(collection.with_index(index), next_index=index.id + 1)
        await self.environment.catalog.change(changed, make=[index.space(collection.id)])
        return index

    async def check(self) -> None:
        """Every index holds what its documents have in it, and nothing else."""
        assert await check(self.environment, self.collection) == []


@asynccontextmanager
async def opened(store: Store, *, hears: bool = True, **limits: Any) -> AsyncIterator[Documents]:
    """What a process that has opened a store works with; the store stays open.

    Args:
        hears: it is told when metadata changes; otherwise it finds out by being refused.
    """
    catalog = Catalog(store)
    await (catalog.start() if hears else catalog.reload())
    try:
        yield Documents(Environment(store, catalog, limits=EngineLimits(**limits)))
    finally:
        await catalog.close()


def errors(done: Written | Updated) -> list[tuple[int, str]]:
    """Which statements failed, and the names of their errors."""
    return [(place, error.code) for place, error in done.errors]


def values(documents: Sequence[Document], *fields: str) -> list[Any]:
    """One field's values, or tuples of several."""
    return [tuple(one.get(field) for field in fields) if fields[1:] else one.get(fields[0]) for one in documents]
