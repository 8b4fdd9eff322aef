"""Sorting any number of documents in bounded memory, without holding the event loop for long.

Documents are sorted in runs of a few thousand, column by column. Runs are merged while they are read; those that memory
has no room for are merged into a file first. The order of equal documents is that in which they came.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from typing import Any, Final

from bson import DatetimeMS, Int64, ObjectId

from ..codec import Document
from ..expressions.ordering import SortOrder
from ..values import Collation, sorter
from .run import Batch, Batches, Run, weight
from .spill import SpillFile

__all__ = ["Sorter", "sort_run"]

RUN: Final = 8_192
OUT: Final = 1_000

_WHOLE: Final = frozenset({int, Int64})
_NUMBERS: Final = frozenset({int, Int64, float})
_STRINGS: Final = frozenset({str})
_DATES: Final = frozenset({DatetimeMS})
_IDS: Final = frozenset({ObjectId})


async def sort_run(documents: Batch, order: SortOrder, context: Run) -> Batch:
    """Documents in order; equal ones as they came."""
    columns = order.columns(documents)
    if columns is None:
        columns = list(map(list, zip(*await context.of_each(documents, order.values), strict=True)))
    places: Iterable[int] = range(len(documents))
    for column, down in reversed(list(zip(columns, order.down, strict=True))):
        keys = await _keys(column, order.collation, context)
        places = sorted(places, key=keys.__getitem__, reverse=down)
    return [documents[place] for place in places]


async def _keys(column: list[Any], collation: Collation, context: Run) -> list[Any]:
    """What Python sorts the values by: themselves where it sorts them as MongoDB does."""
    kinds = set(map(type, column))
    if kinds <= _WHOLE or (kinds <= _STRINGS and collation.is_simple):
        return column
    if kinds <= _NUMBERS and all([value == value for value in column]):  # noqa: C419  # a list is twice as fast
        return column
    if kinds <= _DATES:
        return list(map(int, column))
    if kinds <= _IDS:
        return [value.binary for value in column]
    return await context.of_each(column, sorter(collation))


class Sorter:
    """Documents in, documents in order out.

    Args:
        limit: only the first so many are wanted.
        name: the stage's, for errors.
    """

    def __init__(self, order: SortOrder, context: Run, limit: int | None = None, name: str = "Sort") -> None:
        self._order = order
        self._context = context
        self._limit = limit
        self._name = name
        self._pending: Batch = []
        self._runs: list[Batch] = []
        self._files: list[SpillFile] = []
        self._weight = 0

    async def add(self, batch: Batch) -> None:
        """Take documents.

        Raises:
            DocumentError: they are too many, and may not go to disk.
        """
        if self._limit == 0:
            return
        self._pending += batch
        self._weight += weight(batch)
        if len(self._pending) >= RUN:
            await self._close_run()
            await self._context.breathe()
        if self._weight > self._context.bound:
            await self._close_run()
            if self._weight > self._context.bound:
                await self._spill()

    async def _close_run(self) -> None:
        if not self._pending:
            return
        run = await sort_run(self._pending, self._order, self._context)
        self._pending = []
        limit = self._limit
        if limit is None:
            self._runs.append(run)
            return
        run = run[:limit]
        if self._runs and len(self._runs[-1]) + len(run) <= 4 * RUN:
            run = (await sort_run(self._runs.pop() + run, self._order, self._context))[:limit]
        self._runs.append(run)
        self._weight = sum(map(weight, self._runs))

    async def _spill(self) -> None:
        self._context.may_spill(self._name)
        file = SpillFile(self._context.folder)
        self._files.append(file)
        for count, document in enumerate(self._merged(self._runs)):
            if count == self._limit:
                break
            file.write(document)
            if self._context.is_out_of_breath():
                await self._context.breathe()
        self._runs = []
        self._weight = 0

    def _merged(self, runs: list[Any]) -> Iterator[Document]:
        if len(runs) == 1:
            return iter(runs[0])
        return heapq.merge(*runs, key=self._order.key)

    async def drain(self) -> Batches:
        """All of them, in order."""
        await self._close_run()
        left = self._limit
        out: Batch = []
        for document in (
            self._merged([*(file.read() for file in self._files), *self._runs]) if (self._files or self._runs) else ()
        ):
            if left is not None:
                if not left:
                    break
                left -= 1
            out.append(document)
            if len(out) == OUT:
                yield out
                out = []
            if self._context.is_out_of_breath():
                await self._context.breathe()
        if out:
            yield out

    def close(self) -> None:
        """Let go of its files; they are gone then."""
        for file in self._files:
            file.close()
        self._files = []
        self._runs = []
        self._pending = []
