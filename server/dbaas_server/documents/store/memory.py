"""A store in this process's memory, for tests and as the shortest description of what a store does."""

from __future__ import annotations

import asyncio
from bisect import bisect_left
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from uuid import UUID

from . import Batch, CollectionRecord, Delete, Entry, Put, Refused, Space, Span, Stale

__all__ = ["MemoryStore"]


@dataclass(slots=True)
class _Entries:
    """One space; ``order`` holds the keys of ``entries``, sorted."""

    entries: dict[bytes, Entry] = field(default_factory=dict)
    order: list[bytes] = field(default_factory=list)

    def put(self, entry: Entry) -> None:
        if entry.key not in self.entries:
            self.order.insert(bisect_left(self.order, entry.key), entry.key)
        self.entries[entry.key] = entry

    def remove(self, key: bytes) -> None:
        if self.entries.pop(key, None) is not None:
            del self.order[bisect_left(self.order, key)]

    def between(self, span: Span) -> tuple[int, int]:
        low = 0 if span.low is None else bisect_left(self.order, span.low)
        high = len(self.order) if span.high is None else bisect_left(self.order, span.high)
        return low, max(low, high)


class MemoryStore:
    """Implements :class:`~dbaas_server.documents.store.Store`."""

    is_atomic = True

    def __init__(self) -> None:
        self._collections: dict[UUID, CollectionRecord] = {}
        self._spaces: dict[Space, _Entries] = {}
        self._versions = count(1)
        self._changed = asyncio.Event()

    async def collections(self) -> Sequence[CollectionRecord]:
        """All collections."""
        return list(self._collections.values())

    async def create_collection(self, record: CollectionRecord, spaces: Sequence[Space]) -> bool:
        """Make a collection; False when one of that name is there."""
        if self._has_namesake(record):
            return False
        self._collections[record.id] = replace(record, version=1)
        for space in spaces:
            self._spaces[space] = _Entries()
        self._tell()
        return True

    async def change_collection(
        self, record: CollectionRecord, *, make: Sequence[Space] = (), drop: Sequence[Space] = ()
    ) -> bool:
        """Replace a collection's metadata if it is still the one before."""
        known = self._collections.get(record.id)
        if known is None or known.version != record.version - 1 or self._has_namesake(record):
            return False
        self._collections[record.id] = record
        for space in make:
            self._spaces[space] = _Entries()
        for space in drop:
            self._spaces.pop(space, None)
        self._tell()
        return True

    async def drop_collection(self, id: UUID, spaces: Sequence[Space]) -> bool:
        """Remove a collection with its spaces."""
        if self._collections.pop(id, None) is None:
            return False
        for space in spaces:
            self._spaces.pop(space, None)
        self._tell()
        return True

    def _has_namesake(self, record: CollectionRecord) -> bool:
        others = (other for other in self._collections.values() if other.id != record.id)
        return any((other.database, other.name) == (record.database, record.name) for other in others)

    async def watch_metadata(self) -> AsyncIterator[None]:
        """Yields whenever metadata changed."""
        while True:
            changed = self._changed
            await changed.wait()
            yield

    def _tell(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    async def get(self, space: Space, keys: Sequence[bytes]) -> Mapping[bytes, Entry]:
        """Those of the entries that are there."""
        entries = self._entries(space).entries
        return {key: entries[key] for key in keys if key in entries}

    async def fetch(self, space: Space, keys: Sequence[bytes]) -> AsyncIterator[Sequence[Entry]]:
        """The same in the order of the keys, in one batch: they are in memory anyway."""
        found = await self.get(space, keys)
        if found:
            yield [found[key] for key in keys if key in found]

    async def scan(
        self,
        space: Space,
        span: Span,
        *,
        reverse: bool = False,
        limit: int | None = None,
        containing: Sequence[Sequence[bytes]] = (),
        batch: int = 1_000,
    ) -> AsyncIterator[Sequence[Entry]]:
        """Entries in the order of keys; the hint is ignored."""
        left = limit
        while left is None or left > 0:
            known = self._entries(space)
            low, high = known.between(span)
            size = batch if left is None else min(batch, left)
            keys = known.order[max(low, high - size) : high] if reverse else known.order[low : min(high, low + size)]
            if not keys:
                return
            if reverse:
                keys.reverse()
            yield [known.entries[key] for key in keys]
            span = replace(span, high=keys[-1]) if reverse else replace(span, low=keys[-1] + b"\0")
            left = None if left is None else left - len(keys)

    async def count(self, space: Space, span: Span, *, most: int | None = None) -> int:
        """How many entries, counted up to ``most``."""
        low, high = self._entries(space).between(span)
        return high - low if most is None else min(high - low, most)

    async def write(self, batch: Batch) -> Sequence[int]:
        """Carry out a batch, whole or not at all."""
        record = self._collections.get(batch.collection)
        if record is None or record.version != batch.metadata_version:
            raise Stale
        for place, write in enumerate(batch.writes):
            found = self._entries(write.space).entries.get(write.key)
            if write.version is not None and write.version != (found.version if found is not None else 0):
                raise Refused(place, found)
        return [self._carry_out(write) for write in batch.writes]

    def _carry_out(self, write: Put | Delete) -> int:
        entries = self._entries(write.space)
        if isinstance(write, Delete):
            found = entries.entries.get(write.key)
            if found is not None and write.holding in (None, found.value):
                entries.remove(write.key)
            return 0
        version = next(self._versions)
        entries.put(Entry(write.key, write.value, version))
        return version

    async def size(self, spaces: Sequence[Space]) -> int:
        """Bytes of keys and values."""
        return sum(
            len(entry.key) + len(entry.value) for space in spaces for entry in self._entries(space).entries.values()
        )

    async def close(self) -> None:
        """Nothing is open."""

    def _entries(self, space: Space) -> _Entries:
        """A space; one that was dropped meanwhile means that the metadata is not what the caller planned under."""
        try:
            return self._spaces[space]
        except KeyError:
            raise Stale from None
