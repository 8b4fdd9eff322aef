"""The collections of a store, as this process knows them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from uuid import uuid4

from ..codec import Document
from ..errors import Code, DocumentError
from ..store import CollectionRecord, Space, Stale, Store
from .metadata import Collection
from .namespace import INTERNAL, Namespace

__all__ = ["Catalog"]

log = logging.getLogger(__name__)

_RETRY_SECONDS = 1.0


class Catalog:
    """Kept current by the store's word that something changed; a plan that is older all the same is refused by it.

    Args:
        store: whose collections.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[Namespace, Collection] = {}
        self._reading = asyncio.Lock()
        self._own_changes = 0
        self._watching: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Read what is there, and go on to."""
        await self.reload()
        self._watching = asyncio.create_task(self._watch())

    async def close(self) -> None:
        """Stop."""
        if self._watching is not None:
            self._watching.cancel()
            with suppress(asyncio.CancelledError):
                await self._watching

    def get(self, namespace: Namespace) -> Collection | None:
        """A collection; None where there is none."""
        return self._known.get(namespace)

    def all(self, database: str | None = None) -> Sequence[Collection]:
        """Every collection, or those of one database, by name."""
        found = [one for one in self._known.values() if database in (None, one.namespace.database)]
        return sorted(found, key=lambda one: str(one.namespace))

    async def reload(self) -> None:
        """Read again, as after :class:`~..store.Stale`."""
        async with self._reading:
            known = {}
            for record in await self._read():
                if record.database == INTERNAL:
                    continue
                one = Collection.of(record)
                before = self._known.get(one.namespace)
                same = before is not None and (before.id, before.version) == (one.id, one.version)
                known[one.namespace] = before if same and before is not None else one
            self._known = known

    async def _read(self) -> Sequence[CollectionRecord]:
        """What is there, no older than what was changed here meanwhile."""
        while True:
            before = self._own_changes
            records = await self._store.collections()
            if before == self._own_changes:
                return records

    async def ensure(self, namespace: Namespace) -> Collection:
        """The collection, made if it is not there."""
        while (found := self.get(namespace)) is None:
            with suppress(DocumentError):
                return await self.create(namespace, {})
        return found

    async def create(self, namespace: Namespace, options: Document) -> Collection:
        """Make a collection.

        Args:
            options: checked before.

        Raises:
            DocumentError: ``NamespaceExists``.
        """
        made = Collection(uuid4(), namespace, options=options)
        done = await self._store.create_collection(made.record(), made.spaces)
        if not done:
            await self.reload()
            raise DocumentError(Code.NamespaceExists, f"Collection {namespace} already exists.")
        self._known[namespace] = made
        self._own_changes += 1
        return made

    async def change(
        self, changed: Collection, *, make: Sequence[Space] = (), drop: Sequence[Space] = ()
    ) -> Collection:
        """Replace what is known of a collection; spaces come and go with it.

        Args:
            changed: with the version that it was read at.

        Returns:
            The collection with its new version; no write planned under an older one can come any more.

        Raises:
            Stale: somebody else changed it first; what they made of it is known by now.
        """
        after = replace(changed, version=changed.version + 1)
        if not await self._store.change_collection(after.record(), make=make, drop=drop):
            await self.reload()
            raise Stale
        before = next((name for name, one in self._known.items() if one.id == after.id), None)
        if before is not None and before != after.namespace:
            del self._known[before]
        self._known[after.namespace] = after
        self._own_changes += 1
        return after

    async def drop(self, collection: Collection) -> bool:
        """Remove a collection and all that it holds; False when somebody else did."""
        done = await self._store.drop_collection(collection.id, collection.spaces)
        known = self._known.get(collection.namespace)
        if known is not None and known.id == collection.id:
            del self._known[collection.namespace]
        self._own_changes += 1
        return done

    async def _watch(self) -> None:
        while True:
            try:
                async for _ in self._store.watch_metadata():
                    await self.reload()
            except Exception:
                log.warning("what is known of the collections could not be read again", exc_info=True)
            await asyncio.sleep(_RETRY_SECONDS)
