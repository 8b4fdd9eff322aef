"""Carrying out a plan's scans: batches of the documents' entries."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass
from typing import Final, TypeAlias

from ...aggregate import Run
from ...store import Entry, Space, Span
from ...values import KeyRange
from ..environment import Environment
from ..metadata import Collection
from .deadlines import in_time, next_of
from .plan import Nothing, Scan, Source, Union

__all__ = ["Examined", "Reader"]

Batches: TypeAlias = AsyncGenerator[Sequence[Entry], None]

_MOST: Final = 1_000
"""Entries of one batch."""

_FASTER: Final = 4
"""By how much each batch may be larger than the one before."""

_AT_ONCE: Final = 16
"""Ranges that are begun together."""


@dataclass(slots=True)
class Examined:
    """What was looked at, for ``explain``.

    Attributes:
        keys: of an index.
        matched: documents that match, before any is counted off.
    """

    keys: int = 0
    documents: int = 0
    matched: int = 0


class Reader:
    """Reads a collection's documents.

    Args:
        context: the run that it belongs to, whose deadline holds for what is asked of the store, too.
        first: how many entries are read at first.
        containing: as :meth:`~.....store.Store.scan` has it; used where documents are scanned.
        once: every document is given once, also if it moves within an index meanwhile.
        examined: where it is counted what was looked at.
    """

    def __init__(
        self,
        environment: Environment,
        collection: Collection,
        context: Run,
        *,
        first: int = _MOST,
        containing: Sequence[Sequence[bytes]] = (),
        once: bool = False,
        examined: Examined | None = None,
    ) -> None:
        self._store = environment.store
        self._collection = collection
        self._context = context
        self._first = max(1, min(first, _MOST))
        self._containing = containing
        self._once = once
        self._examined = Examined() if examined is None else examined

    async def read(self, source: Source) -> Batches:
        """The documents of a plan's source, in its order; batches are never empty."""
        match source:
            case Nothing():
                return
            case Union(branches):
                batches = _each_once(self._union(branches))
            case Scan(index=None):
                batches = self._documents(source)
            case _:
                batches = self._through(source)
                if source.repeats or self._once:
                    batches = _each_once(batches)
        async with aclosing(_ahead(batches)) as ahead:
            async for batch in ahead:
                yield batch

    async def _union(self, branches: Sequence[Scan]) -> Batches:
        for branch in branches:
            batches = self._documents(branch) if branch.index is None else self._through(branch)
            async for batch in batches:
                yield batch

    # --- documents ----------------------------------------------------------------------------------------------

    async def _documents(self, scan: Scan) -> Batches:
        """By their own key."""
        space = self._collection.documents
        batches = self._by_keys(space, scan) if scan.keys is not None else self._entries(space, scan, self._containing)
        async for batch in batches:
            self._examined.documents += len(batch)
            if scan.by_id:
                self._examined.keys += len(batch)
            yield batch

    async def _through(self, scan: Scan) -> Batches:
        """Through an index. An entry whose document is gone by now is passed over."""
        assert scan.index is not None
        space = scan.index.space(self._collection.id)
        batches = self._by_keys(space, scan) if scan.keys is not None else self._entries(space, scan, ())
        async for entries in batches:
            self._examined.keys += len(entries)
            keys = list(dict.fromkeys([entry.value for entry in entries]))
            async for documents in self._fetched(self._collection.documents, keys):
                self._examined.documents += len(documents)
                yield documents

    # --- entries ------------------------------------------------------------------------------------------------

    async def _by_keys(self, space: Space, scan: Scan) -> Batches:
        assert scan.keys is not None
        keys = list(reversed(scan.keys)) if scan.reverse else scan.keys
        for start in range(0, len(keys), _MOST):
            async for batch in self._fetched(space, keys[start : start + _MOST]):
                yield batch

    async def _entries(self, space: Space, scan: Scan, containing: Sequence[Sequence[bytes]]) -> Batches:
        ranges = list(reversed(scan.ranges)) if scan.reverse else scan.ranges
        if len(ranges) == 1:
            async for batch in self._range(space, ranges[0], scan.reverse, containing, self._first):
                yield batch
            return
        for start in range(0, len(ranges), _AT_ONCE):
            these = ranges[start : start + _AT_ONCE]
            begun = [self._some(space, one, scan.reverse, containing, self._first) for one in these]
            beginnings = await asyncio.gather(*map(next_of, begun))
            for range_, batches, beginning in zip(these, begun, beginnings, strict=True):
                count = 0
                async for batch in _whole(beginning, batches):
                    count, last = count + len(batch), batch[-1].key
                    yield batch
                if count >= self._first:
                    rest = _behind(range_, last, scan.reverse)
                    async for batch in self._range(space, rest, scan.reverse, containing, _MOST):
                        yield batch

    async def _range(
        self, space: Space, range_: KeyRange, reverse: bool, containing: Sequence[Sequence[bytes]], size: int
    ) -> Batches:
        """A range's entries, few at first and then more at a time."""
        while True:
            count = 0
            async for batch in self._some(space, range_, reverse, containing, size):
                count += len(batch)
                last = batch[-1].key
                yield batch
            if count < size:
                return
            range_ = _behind(range_, last, reverse)
            size = min(size * _FASTER, _MOST)

    async def _some(
        self, space: Space, range_: KeyRange, reverse: bool, containing: Sequence[Sequence[bytes]], size: int
    ) -> Batches:
        span = Span(range_.low, range_.high)
        batches = self._store.scan(space, span, reverse=reverse, limit=size, containing=containing, batch=size)
        while (batch := await in_time(self._context.scope, next_of(batches))) is not None:
            yield batch

    async def _fetched(self, space: Space, keys: Sequence[bytes]) -> Batches:
        batches = self._store.fetch(space, keys)
        while (batch := await in_time(self._context.scope, next_of(batches))) is not None:
            yield batch


def _behind(range_: KeyRange, key: bytes, reverse: bool) -> KeyRange:
    """What is left of a range when it was read up to a key."""
    return KeyRange(range_.low, key) if reverse else KeyRange(key + b"\0", range_.high)


async def _whole(first: Sequence[Entry] | None, rest: Batches) -> Batches:
    """Batches of which the first was taken already."""
    if first is not None:
        yield first
        async for batch in rest:
            yield batch


async def _each_once(batches: Batches) -> Batches:
    seen: set[bytes] = set()
    async for batch in batches:
        fresh = []
        for entry in batch:
            if entry.key not in seen:
                seen.add(entry.key)
                fresh.append(entry)
        if fresh:
            yield fresh


async def _ahead(batches: Batches) -> Batches:
    """The same; from the second batch on, the next is asked for while one is worked on."""
    asked: asyncio.Task[Sequence[Entry] | None] | None = None
    is_first = True
    try:
        while (batch := await (asked or next_of(batches))) is not None:
            asked = None
            if not is_first:
                asked = asyncio.create_task(next_of(batches))
                await asyncio.sleep(0)
            is_first = False
            yield batch
    finally:
        if asked is not None:
            asked.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await asked
        await batches.aclose()
