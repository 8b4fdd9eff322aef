"""What the document engine asks of a store: ordered spaces of keys, and compare-and-set.

1. A *space* is a set of entries, key → value, in the order of the keys' bytes. A collection's documents are one space
   (key: the encoded ``_id``; value: BSON bytes); each of its indexes is another (key: the encoded values, then the
   encoded ``_id``, or the values alone where the index is unique; value: the encoded ``_id``).
2. Every entry has a version, which changes with each write and never comes back for the same key. A write may demand
   that the entry is as it was read.
3. A batch is written whole where the store ``is_atomic``. Where it is not, it is written in the order given, one entry
   at a time, and stops at the first that does not hold; the engine orders its batches so that a reader who verifies is
   right at every moment in between.
4. Metadata (collections, indexes, options) has a version per collection. A write names the one it was planned under and
   is refused when it is no longer so: nobody writes past an index that another process has begun to build.
5. A scan is resumable at any key and holds nothing open between two batches: no transaction, no cursor, no lock.
6. Plain CQL can do all of it with a partition per space and bucket, clustering by key, and lightweight transactions.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol, TypeAlias
from uuid import UUID

from ..codec import Raw

__all__ = ["Batch", "CollectionRecord", "Delete", "Entry", "Put", "Refused", "Span", "Stale", "Store"]

Space: TypeAlias = str
"""The name of a space, made by the engine from ids, never from what a person sent."""


class Entry(NamedTuple):
    """One entry as it was read; a tuple, because so many are made."""

    key: bytes
    value: bytes
    version: int


@dataclass(frozen=True, slots=True)
class Span:
    """Keys from ``low`` (included) to ``high`` (excluded); None is without a bound."""

    low: bytes | None = None
    high: bytes | None = None


@dataclass(frozen=True, slots=True)
class Put:
    """Write an entry.

    Attributes:
        version: it must be the one read; 0: there must be none; None: whatever is there.
    """

    space: Space
    key: bytes
    value: bytes
    version: int | None


@dataclass(frozen=True, slots=True)
class Delete:
    """Remove an entry; ``version`` as with :class:`Put` (never 0). Removing what is not there holds with None only.

    Attributes:
        holding: with a version of None: an entry with another value stays, and that is no refusal.
    """

    space: Space
    key: bytes
    version: int | None
    holding: bytes | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """Writes that belong together.

    Attributes:
        collection: whose metadata they were planned under, at ``metadata_version``.
    """

    collection: UUID
    metadata_version: int
    writes: Sequence[Put | Delete]


class Refused(Exception):
    """A write's demand did not hold; of an atomic store nothing of the batch was written.

    Attributes:
        place: which of the batch's writes.
        found: the entry that is there, if there is one.
    """

    def __init__(self, place: int, found: Entry | None) -> None:
        super().__init__(f"write {place} does not hold")
        self.place = place
        self.found = found


class Stale(Exception):
    """The collection's metadata is not what the batch was planned under; read it anew and plan again."""


@dataclass(frozen=True, slots=True)
class CollectionRecord:
    """A collection's metadata, as the engine wrote it.

    Attributes:
        database: the MongoDB database's name.
        body: the engine's own BSON (options, validator, indexes with their states).
    """

    id: UUID
    database: str
    name: str
    version: int
    body: Raw


class Store(Protocol):
    """The documents of one tenant's database. Called by many tasks at once.

    Every method may raise ``Unavailable`` (nothing was done) and, when writing, ``OutcomeUnknown``. Reading a space
    that was dropped raises :class:`Stale`.
    """

    is_atomic: bool
    """A batch is written whole or not at all, and seen so."""

    # --- metadata -----------------------------------------------------------------------------------------------

    async def collections(self) -> Sequence[CollectionRecord]:
        """All collections."""
        ...

    async def create_collection(self, record: CollectionRecord, spaces: Sequence[Space]) -> bool:
        """Make a collection (version 1) and its spaces; False when one of that name is there."""
        ...

    async def change_collection(
        self, record: CollectionRecord, *, make: Sequence[Space] = (), drop: Sequence[Space] = ()
    ) -> bool:
        """Replace a collection's metadata if its version is still ``record.version - 1`` and no other has its name;
        spaces come and go with it.

        Returns once no batch planned under an older version can be written any more.
        """
        ...

    async def drop_collection(self, id: UUID, spaces: Sequence[Space]) -> bool:
        """Remove a collection with its spaces; False when it is not there."""
        ...

    async def watch_metadata(self) -> AsyncIterator[None]:
        """Yields whenever metadata may have changed, this process's own changes included."""
        ...
        yield

    # --- entries ------------------------------------------------------------------------------------------------

    async def get(self, space: Space, keys: Sequence[bytes]) -> Mapping[bytes, Entry]:
        """Those of the entries that are there: all of them at once, so not for many values that may be large."""
        ...

    def fetch(self, space: Space, keys: Sequence[bytes]) -> AsyncIterator[Sequence[Entry]]:
        """The same in the order of the keys, in batches that are never empty, smaller ones where values are large."""
        ...

    def scan(
        self,
        space: Space,
        span: Span,
        *,
        reverse: bool = False,
        limit: int | None = None,
        containing: Sequence[Sequence[bytes]] = (),
        batch: int = 1_000,
    ) -> AsyncIterator[Sequence[Entry]]:
        """Entries in the order of keys, in batches that are never empty.

        Args:
            limit: at most so many, all together.
            containing: a hint that a store may ignore: only values wanted that contain, of each group, at least one of
                its byte strings.
            batch: entries of one batch at most; a store makes smaller ones where values are large.
        """
        ...

    async def count(self, space: Space, span: Span, *, most: int | None = None) -> int:
        """How many entries, counted up to ``most``."""
        ...

    async def write(self, batch: Batch) -> Sequence[int]:
        """Carry out a batch; the new version of each put, 0 for each delete. Acknowledged means durable.

        Raises:
            Refused: a demand did not hold.
            Stale: the metadata changed.
        """
        ...

    async def size(self, spaces: Sequence[Space]) -> int:
        """Bytes that the spaces take, about."""
        ...

    async def close(self) -> None:
        """Let go of every connection."""
        ...
