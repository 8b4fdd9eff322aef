"""The rows of a statement, fetched from the engine as far as they are looked at.

The first rows come with the statement. Further pages are cut by the engine, which runs the statement again for them;
the server accepts that only of a statement that reads, so nothing is ever written twice.
"""

from __future__ import annotations

import warnings
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any, Protocol

import pyarrow as pa

from .arrow import from_rows
from .bundle import Origin
from .conversions import arrow_to_pandas, arrow_to_polars, joined, truncated
from .fetched import CHUNK_ROWS, FIRST_ROWS, PAGE_ROWS, Fetched, RowCapWarning, first_rows
from .operations import Page

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl

__all__ = ["AsyncRows", "AsyncStatement", "fetch_arrow"]

ARROW_ROWS = 500_000  # a part of a table: few enough for memory, many enough to ask seldom


class AsyncStatement(Protocol):
    """A statement with its values, on its database: what a result asks for more."""

    async def page(self, *, max_rows: int | None = None, offset: int | None = None, count: bool = False) -> Page:
        """Rows from ``offset``; see :func:`dbaas.operations.query`."""
        ...

    async def arrow(self, *, max_rows: int | None = None, offset: int | None = None) -> pa.Table:
        """Rows as a typed table."""
        ...


class AsyncRows(Fetched):
    """Rows of one statement. Iterating and the conversions see all of them, not only those shown.

    Args:
        statement: where more comes from.
        first: what came with the statement.
        origin: what a front end with a grid of its own is told to ask for; None where it cannot ask.
    """

    def __init__(self, statement: AsyncStatement, first: Page, origin: Origin | None = None) -> None:
        super().__init__(first, origin)
        self._statement = statement

    async def page(self, offset: int, size: int = PAGE_ROWS) -> list[tuple[Any, ...]]:
        """``size`` rows from ``offset``, fetched when they are not here yet; fewer at the end.

        Raises:
            DbaasError: the engine refuses to run this statement again.
        """
        while not self.complete and len(self.rows) < offset + size:
            await self._fetch(max(FIRST_ROWS, offset + size - len(self.rows)))
        return self.rows[offset : offset + size]

    async def __aiter__(self) -> AsyncIterator[tuple[Any, ...]]:
        at = 0
        while True:
            while at < len(self.rows):
                yield self.rows[at]
                at += 1
            if self.complete:
                return
            await self._fetch(CHUNK_ROWS)

    async def count(self) -> int:
        """How many rows there are in all; the engine counts those that are not here."""
        if self.complete:
            return len(self.rows)
        if self._total is None:
            # From an offset the server runs only what reads; the count itself is of every row.
            self._total = (await self._statement.page(max_rows=1, offset=1, count=True)).total
        return self._total or 0

    async def dicts(self) -> list[dict[str, Any]]:
        """Every row as a dict."""
        return [dict(zip(self.columns, row, strict=True)) async for row in self]

    async def to_arrow(self) -> pa.Table:
        """A typed Arrow table of every row.

        What is here is converted as it is; the rest comes from the engine as Arrow, part by part.
        """
        here = from_rows(self.columns, self.types, self.rows)
        if self.complete:
            return here
        return await _with_the_rest(self._statement, here, len(self.rows))

    async def to_pandas(self) -> pd.DataFrame:
        """A DataFrame of every row, on Arrow-backed types where numpy's would lose something."""
        return arrow_to_pandas(await self.to_arrow())

    async def to_polars(self) -> pl.DataFrame:
        """A polars DataFrame of every row."""
        return arrow_to_polars(await self.to_arrow())

    async def _fetch(self, count: int) -> None:
        at = len(self.rows)
        page = await self._statement.page(max_rows=min(count, CHUNK_ROWS), offset=at)
        self.rows[at:] = [tuple(row) for row in page.rows]  # another task may have fetched them meanwhile
        self.complete = not page.truncated or not page.rows


async def fetch_arrow(statement: AsyncStatement, text: str) -> pa.Table:
    """Every row of a statement as Arrow, without asking for JSON first.

    A statement that may write runs once; what the server's row cap leaves of it is announced by a
    :class:`RowCapWarning`.
    """
    part = await statement.arrow()
    if not truncated(part):
        return part
    if first_rows(text) is None:
        warnings.warn(f"Only the first {part.num_rows:,} rows are here.", RowCapWarning, stacklevel=2)
        return part
    return await _with_the_rest(statement, part, part.num_rows)


async def _with_the_rest(statement: AsyncStatement, here: pa.Table, offset: int) -> pa.Table:
    """The rows from ``offset`` on, fetched part by part, behind those that are here."""
    parts, more = [here], True
    while more:
        part = await statement.arrow(offset=offset, max_rows=ARROW_ROWS)
        parts.append(part)
        offset += part.num_rows
        more = truncated(part) and part.num_rows > 0
    return joined(parts)
