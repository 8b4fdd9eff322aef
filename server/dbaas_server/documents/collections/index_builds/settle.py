"""Settling: entries that are too many go, and those of a unique index get the keys of one.

Why what is taken back is not missed: it has the version that it had before its document was looked at. Whoever gave the
document that entry since has put it again, at another version; then it is looked at anew.

Why no two documents keep the same values in a unique index: each has its entry under ``values`` in the end, of which
there is one. Why that is always its own: entries with the longer keys belong to one document each and go with what they
stand for; moving one and removing it both begin with that entry, so that one of the two sees what the other did.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Final

from ...codec import decode
from ...store import Batch, Delete, Entry, Put, Refused, Span
from ..duplicates import duplicate_key
from ..entries import NO_KEYS, IndexKeys, keys_of
from ..environment import Environment
from ..metadata import Collection, Index
from .fill import Flags, decoded

__all__ = ["settle"]

_ENTRIES: Final = 500


async def settle(environment: Environment, collection: Collection, index: Index, flags: Flags) -> None:
    """Make an index's entries those of its documents.

    Args:
        index: settling.
        flags: of what documents have in it.

    Raises:
        Stale: the metadata changed.
        DocumentError: ``DuplicateKey``.
    """
    settling = _Settling(environment, collection, index, flags)
    async for batch in environment.store.scan(index.space(collection.id), Span(), batch=_ENTRIES):
        await settling.see_to({entry.key: entry for entry in batch})


class _Settling:
    def __init__(self, environment: Environment, collection: Collection, index: Index, flags: Flags) -> None:
        self._store = environment.store
        self._collection, self._index, self._flags = collection, index, flags
        self._space = index.space(collection.id)

    async def see_to(self, batch: Mapping[bytes, Entry]) -> None:
        """Write what entries need, all at once; where somebody was faster, look again and write each half."""
        documents = await self._documents(batch)
        writes = [write for entry in batch.values() for write in self._needs(entry, documents)]
        if not writes:
            return
        if len({write.key for write in writes}) == len(writes):  # no two want the same place
            with suppress(Refused):
                await self._write(writes)
                return
        keys = list(batch)
        if len(keys) == 1:
            await self._see_to_one(keys[0])
            return
        for half in (keys[: len(keys) // 2], keys[len(keys) // 2 :]):
            await self.see_to(await self._store.get(self._space, half))

    async def _see_to_one(self, key: bytes) -> None:
        """Write what an entry needs, looking at it again each time that somebody else is faster."""
        while (entry := (await self._store.get(self._space, [key])).get(key)) is not None:
            writes = self._needs(entry, await self._documents({key: entry}))
            try:
                if writes:
                    await self._write(writes)
                return
            except Refused:
                if len(writes) == 2:
                    await self._look_at_other(entry, writes[1])
            await asyncio.sleep(0)

    async def _look_at_other(self, entry: Entry, wanted: Put | Delete) -> None:
        """See whether an entry cannot move because another document has its place.

        The other's entry is as it was before and after this document was found to have the same values: both had them
        at that moment.
        """
        other = (await self._store.get(self._space, [wanted.key])).get(wanted.key)
        if other is None:
            return
        if other.value == entry.value:  # its writer was faster; the longer one is left over
            await self._drop(entry)
            return
        (document,) = (await self._store.get(self._collection.documents, [entry.value])).values() or (None,)
        again = (await self._store.get(self._space, [wanted.key])).get(wanted.key)
        if document is None or again is None or again.version != other.version:
            return
        values = decode(document.value)
        if wanted.key in keys_of(self._index, values, entry.value).keys:
            raise duplicate_key(self._collection, self._index, values, wanted.key)

    async def _drop(self, entry: Entry) -> None:
        try:
            await self._write([Delete(self._space, entry.key, entry.version)])
        except Refused:
            return

    def _needs(self, entry: Entry, documents: Mapping[bytes, IndexKeys]) -> list[Put | Delete]:
        """What has to be written for an entry to be as its document has it."""
        keys = documents[entry.value].keys
        if entry.key in keys:
            return []
        gone = Delete(self._space, entry.key, entry.version)
        values = entry.key[: -len(entry.value)]
        if self._index.refuses and entry.key == values + entry.value and values in keys:
            return [gone, Put(self._space, values, entry.value, 0)]
        return [gone]

    async def _documents(self, batch: Mapping[bytes, Entry]) -> dict[bytes, IndexKeys]:
        """What the documents of some entries have in the index."""
        wanted = {entry.value for entry in batch.values()}
        found = dict.fromkeys(wanted, NO_KEYS)
        async for there in self._store.fetch(self._collection.documents, list(wanted)):
            async for entry, document in decoded(there):
                found[entry.key] = keys_of(self._index, document, entry.key)
                self._flags.see(found[entry.key])
        return found

    async def _write(self, writes: list[Put | Delete]) -> None:
        await self._store.write(Batch(self._collection.id, self._collection.version, writes))
