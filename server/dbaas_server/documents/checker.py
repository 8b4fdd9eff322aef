"""Whether indexes agree with documents."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from .codec import Document, decode
from .collections.duplicates import shown
from .collections.entries import IndexKeys, id_key, keys_of
from .collections.environment import Environment
from .collections.metadata import Collection, Index
from .errors import DocumentError
from .store import Entry, Span

__all__ = ["MOST", "check"]

MOST: Final = 1_000
"""So many sentences at most; one more says that there is more."""

_BATCH: Final = 500
_LOOKS: Final = 20


async def check(environment: Environment, collection: Collection) -> list[str]:
    """Look at every document and at every entry of every index that is ready. Others may write meanwhile.

    Every document has all its entries, each of which names it (so no two have one key of a unique index); every entry
    has its document, which has that key; what the metadata says of arrays and long keys is so.

    Returns:
        What is wrong, a sentence each.

    Raises:
        Stale: the collection, or an index, was dropped meanwhile.
    """
    checking = _Checking(environment, collection)
    await checking.documents()
    for index in checking.indexes:
        await checking.entries(index)
    await checking.flags()
    return checking.wrong


@dataclass(slots=True)
class _Seen:
    multikey: set[str] = field(default_factory=set)
    cut: bool = False


class _Checking:
    def __init__(self, environment: Environment, collection: Collection) -> None:
        self._environment = environment
        self._store = environment.store
        self._collection = collection
        self.indexes = [index for index in collection.indexes if index.state == "ready"]
        self._seen = {index.id: _Seen() for index in self.indexes}
        self.wrong: list[str] = []

    async def documents(self) -> None:
        """Every document has its entries."""
        async for batch in self._store.scan(self._collection.documents, Span(), batch=_BATCH):
            documents = {entry.key: decode(entry.value) for entry in batch}
            for key, document in documents.items():
                if id_key(document["_id"]) != key:
                    self._say(f"The document {shown(document['_id'])} is not where its _id says.")
            for index in self.indexes:
                wanted = [(key, id) for id, document in documents.items() for key in self._keys(index, document, id)]
                await self._look_for(index, wanted)
            await asyncio.sleep(0)

    async def entries(self, index: Index) -> None:
        """Every entry has its document."""
        async for batch in self._store.scan(index.space(self._collection.id), Span(), batch=_BATCH):
            ids = list({entry.value for entry in batch})
            have = {
                entry.key: self._keys(index, decode(entry.value), entry.key)
                async for there in self._store.fetch(self._collection.documents, ids)
                for entry in there
            }
            for entry in batch:
                if entry.key not in have.get(entry.value, ()):
                    await self._look_again(index, entry.key, entry.value)
            await asyncio.sleep(0)

    async def flags(self) -> None:
        """The metadata says of each index what was seen in it."""
        await self._environment.catalog.reload()
        latest = next((one for one in self._environment.catalog.all() if one.id == self._collection.id), None)
        for index in latest.indexes if latest is not None else ():
            seen = self._seen.get(index.id, _Seen())
            if not seen.multikey <= index.multikey:
                self._say(f"The index {index.name} goes through arrays, and is not said to.")
            if seen.cut and not index.cut:
                self._say(f"The index {index.name} has keys that are cut, and is not said to.")

    async def _look_for(self, index: Index, wanted: Sequence[tuple[bytes, bytes]]) -> None:
        found: dict[bytes, Entry] = {}
        for start in range(0, len(wanted), _BATCH):
            some = [key for key, _ in wanted[start : start + _BATCH]]
            found |= await self._store.get(index.space(self._collection.id), some)
        for key, id in wanted:
            entry = found.get(key)
            if entry is None or entry.value != id:
                await self._look_again(index, key, id)

    async def _look_again(self, index: Index, key: bytes, id: bytes) -> None:
        """Look at a document and its entry until nobody changes the one while the other is read."""
        for _ in range(_LOOKS):
            before = await self._document(id)
            entry = (await self._store.get(index.space(self._collection.id), [key])).get(key)
            after = await self._document(id)
            if (before.version if before else 0) == (after.version if after else 0):
                break
        else:
            return
        document = decode(after.value) if after is not None else None
        has = document is not None and key in self._keys(index, document, id)
        named = shown(document["_id"]) if document is not None else "that is not there"
        if has and entry is None:
            self._say(f"The document {named} lacks an entry in the index {index.name}.")
        elif has and entry is not None and entry.value != id:
            self._say(f"The document {named} shares its entry in the index {index.name} with another.")
        elif not has and entry is not None and entry.value == id:
            self._say(f"The index {index.name} has an entry too many, of the document {named}.")

    async def _document(self, id: bytes) -> Entry | None:
        return (await self._store.get(self._collection.documents, [id])).get(id)

    def _keys(self, index: Index, document: Document, id: bytes) -> Iterable[bytes]:
        try:
            keys = keys_of(index, document, id)
        except DocumentError:
            self._say(f"The document {shown(document['_id'])} cannot be in the index {index.name}.")
            return ()
        self._see(index, keys)
        return keys.keys

    def _see(self, index: Index, keys: IndexKeys) -> None:
        seen = self._seen[index.id]
        seen.multikey |= keys.multikey
        seen.cut = seen.cut or keys.cut

    def _say(self, sentence: str) -> None:
        if len(self.wrong) < MOST:
            self.wrong.append(sentence)
        elif len(self.wrong) == MOST:
            self.wrong.append("There is more.")
