"""The document engine: one per open store, called by whatever door documents come through."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

from .codec import Document, Raw
from .collections import administration, explain, index_builds, statistics
from .collections.catalog import Catalog
from .collections.deleting import delete
from .collections.environment import EngineLimits, Environment
from .collections.index_builds import Builds
from .collections.inserting import insert
from .collections.modifying import find_and_modify
from .collections.namespace import Namespace
from .collections.reading import aggregate, count, distinct, find
from .collections.ttl import Reaper
from .collections.updating import update
from .requests import (
    Aggregate,
    Count,
    CreatedIndexes,
    DeleteSpec,
    Distinct,
    Find,
    FindAndModify,
    Modified,
    Updated,
    UpdateSpec,
    WriteContext,
    Written,
)
from .store import Store

__all__ = ["Engine"]

_PLAIN = WriteContext()


class Engine:
    """Reads and writes documents. Called by many tasks at once.

    Every method may raise :class:`~.errors.DocumentError`, ``Unavailable`` (nothing was done) and, when writing,
    ``OutcomeUnknown``. Iterators are closed by whoever stops before their end.

    Args:
        store: closed with the engine.
        folder: where files go that are too large for memory; None: the system's.

    Attributes:
        storage_full: doors refuse what adds to it.
    """

    def __init__(self, store: Store, *, folder: Path | None = None, limits: EngineLimits | None = None) -> None:
        self.storage_full = False
        self._store = store
        self._catalog = Catalog(store)
        self._environment = Environment(store, self._catalog, folder, limits or EngineLimits())
        self._builds = Builds(self._environment)
        self._reaper = Reaper(self._environment)

    async def start(self) -> None:
        """Read what is there; go on with index builds that were cut short, and with removing what has expired."""
        await self._catalog.start()
        self._builds.start()
        self._reaper.start()

    async def close(self) -> None:
        """Stop, and close the store."""
        await self._reaper.close()
        await self._builds.close()
        await self._catalog.close()
        await self._store.close()

    # --- collections and indexes ----------------------------------------------------------------------------------

    async def create_collection(self, namespace: Namespace, options: Document) -> None:
        """``create``; ``options`` are the command's fields but its name."""
        await administration.create(self._environment, namespace, options)

    async def drop_collection(self, namespace: Namespace) -> int | None:
        """``drop``: how many indexes went with it; None where there was no such collection."""
        return await administration.drop(self._environment, namespace)

    async def drop_database(self, database: str) -> None:
        """``dropDatabase``: every collection."""
        await administration.drop_database(self._environment, database)

    async def rename_collection(self, namespace: Namespace, to: Namespace, *, drop_target: bool = False) -> None:
        """``renameCollection``."""
        await administration.rename(self._environment, namespace, to, drop_target=drop_target)

    async def change_collection(self, namespace: Namespace, options: Document) -> Document:
        """``collMod``: its answer's fields."""
        return await administration.change(self._environment, namespace, options)

    def collections(self, database: str) -> list[Document]:
        """``listCollections``' documents: ``name type options info idIndex``."""
        return administration.describe(self._environment, database)

    def databases(self) -> list[str]:
        """Names of databases with a collection."""
        return sorted({one.namespace.database for one in self._catalog.all()})

    async def create_indexes(self, namespace: Namespace, specs: Sequence[Document]) -> CreatedIndexes:
        """``createIndexes``: returns once they are built."""
        return await index_builds.create(self._environment, self._builds, namespace, specs)

    async def drop_indexes(self, namespace: Namespace, which: Any) -> int:
        """``dropIndexes``: a name, a pattern, a list of names or ``*``; how many there were."""
        return await index_builds.drop(self._environment, self._builds, namespace, which)

    def indexes(self, namespace: Namespace) -> list[Document]:
        """``listIndexes``' documents. Raises ``NamespaceNotFound``."""
        return administration.indexes(self._environment, namespace)

    def builds(self) -> list[Document]:
        """Index builds under way, as ``currentOp`` shows them (``ns``, ``msg``, ``progress: {done, total}``)."""
        return self._builds.progress()

    # --- reading --------------------------------------------------------------------------------------------------

    def find(self, namespace: Namespace, request: Find) -> AsyncIterator[list[Raw]]:
        """``find``'s documents, in batches that are never empty; everything is checked before the first is read."""
        return find(self._environment, namespace, request)

    def aggregate(self, namespace: Namespace | None, request: Aggregate) -> AsyncIterator[list[Raw]]:
        """``aggregate``'s documents; without a namespace, of a pipeline that needs no collection."""
        return aggregate(self._environment, namespace, request)

    async def count(self, namespace: Namespace, request: Count) -> int:
        """``count``."""
        return await count(self._environment, namespace, request)

    async def distinct(self, namespace: Namespace, request: Distinct) -> list[Any]:
        """``distinct``'s values."""
        return await distinct(self._environment, namespace, request)

    async def explain(
        self,
        namespace: Namespace,
        request: Find | Aggregate | Count | Distinct | UpdateSpec | DeleteSpec,
        verbosity: str,
    ) -> Document:
        """``explain``'s answer but for ``serverInfo`` and ``ok``; an update or delete is planned, not done."""
        return await explain.explain(self._environment, namespace, request, verbosity)

    async def collection_stats(self, namespace: Namespace) -> Document:
        """``collStats``: ``count size avgObjSize storageSize nindexes indexSizes totalIndexSize totalSize``."""
        return await statistics.of_collection(self._environment, namespace)

    async def database_stats(self, database: str) -> Document:
        """``dbStats``."""
        return await statistics.of_database(self._environment, database)

    async def validate(self, namespace: Namespace) -> Document:
        """``validate``: whether indexes agree with documents."""
        return await statistics.validate(self._environment, namespace)

    # --- writing: what is answered is durable -----------------------------------------------------------------------

    async def insert(
        self, namespace: Namespace, documents: Sequence[Raw], *, ordered: bool = True, context: WriteContext = _PLAIN
    ) -> Written:
        """``insert``."""
        return await insert(self._environment, namespace, documents, ordered=ordered, context=context)

    async def update(
        self,
        namespace: Namespace,
        updates: Sequence[UpdateSpec],
        *,
        ordered: bool = True,
        context: WriteContext = _PLAIN,
    ) -> Updated:
        """``update``."""
        return await update(self._environment, namespace, updates, ordered=ordered, context=context)

    async def delete(
        self,
        namespace: Namespace,
        deletes: Sequence[DeleteSpec],
        *,
        ordered: bool = True,
        context: WriteContext = _PLAIN,
    ) -> Written:
        """``delete``."""
        return await delete(self._environment, namespace, deletes, ordered=ordered, context=context)

    async def find_and_modify(
        self, namespace: Namespace, request: FindAndModify, *, context: WriteContext = _PLAIN
    ) -> Modified:
        """``findAndModify``."""
        return await find_and_modify(self._environment, namespace, request, context=context)
