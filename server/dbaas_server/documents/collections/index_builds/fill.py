"""Building: every document's entries are put, whatever writers do meanwhile.

Why none is missing: a document that was there when the build began is read, and what it has then is put; whatever it
gets later its writer puts, and nobody takes away an entry but the writer of a document that does not have it any more.
Why one may be too many: its document may be changed between being read and its entries being put.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from ...codec import Document, decode
from ...store import Batch, Entry, Put, Span
from ..duplicates import duplicate_key
from ..entries import IndexKeys, keys_of
from ..environment import Environment
from ..metadata import Collection, Index

__all__ = ["Flags", "Progress", "fill", "look_for_duplicates"]

_DOCUMENTS: Final = 500
_ENTRIES: Final = 2_000
_BREATH: Final = 0.005


@dataclass(slots=True)
class Flags:
    """What a build saw that its index's metadata has to tell."""

    multikey: set[str] = field(default_factory=set)
    cut: bool = False

    def see(self, keys: IndexKeys) -> None:
        """Take note of a document's."""
        self.multikey |= keys.multikey
        self.cut = self.cut or keys.cut


@dataclass(slots=True)
class Progress:
    """How far a scan of documents has come.

    Attributes:
        position: the key that it goes on from; None: the start.
    """

    done: int = 0
    total: int = 0
    position: bytes | None = None


async def fill(
    environment: Environment, collection: Collection, indexes: Sequence[Index], flags: dict[int, Flags], at: Progress
) -> None:
    """Put the entries of several indexes, in one scan of the documents.

    Args:
        indexes: all of them building.
        flags: by an index's number.
        at: kept current; a build that was interrupted goes on from there.

    Raises:
        Stale: the metadata changed.
        DocumentError: a document cannot be in one of the indexes.
    """
    store = environment.store
    at.total = await store.count(collection.documents, Span())
    async for batch in store.scan(collection.documents, Span(at.position), batch=_DOCUMENTS):
        writes: list[Put] = []
        async for entry, document in decoded(batch):
            for index in indexes:
                keys = keys_of(index, document, entry.key)
                flags[index.id].see(keys)
                space = index.space(collection.id)
                writes += [Put(space, key, entry.key, None) for key in keys.keys]
        for some in _parts(writes):
            await store.write(Batch(collection.id, collection.version, some))
        at.done += len(batch)
        at.position = batch[-1].key + b"\0"
    at.total = at.done


async def look_for_duplicates(environment: Environment, collection: Collection, index: Index) -> None:
    """Find documents with the same values before any writer is refused for the sake of the index.

    It sees most, but not what is written behind it, and what it sees may be an entry too many: so it looks at the
    documents again. Settling finds all.

    Args:
        index: unique and building.

    Raises:
        DocumentError: ``DuplicateKey``.
    """
    store, space = environment.store, index.space(collection.id)
    values, before = b"", b""
    async for batch in store.scan(space, Span()):
        for entry in batch:
            mine = entry.key[: -len(entry.value)]
            if mine == values and entry.value != before:
                both = await store.get(collection.documents, [before, entry.value])
                if len(both) == 2 and all(_has(index, one, values) for one in both.values()):
                    raise duplicate_key(collection, index, decode(both[entry.value].value), values)
            values, before = mine, entry.value
        await asyncio.sleep(0)


async def decoded(batch: Sequence[Entry]) -> AsyncIterator[tuple[Entry, Document]]:
    """Documents of a batch, with a breath for others every now and then."""
    last = time.monotonic()
    for entry in batch:
        if time.monotonic() - last > _BREATH:
            await asyncio.sleep(0)
            last = time.monotonic()
        yield entry, decode(entry.value)
    await asyncio.sleep(0)


def _has(index: Index, entry: Entry, values: bytes) -> bool:
    return values + entry.key in keys_of(index, decode(entry.value), entry.key).keys


def _parts(writes: Sequence[Put]) -> Iterator[Sequence[Put]]:
    for start in range(0, len(writes), _ENTRIES):
        yield writes[start : start + _ENTRIES]
