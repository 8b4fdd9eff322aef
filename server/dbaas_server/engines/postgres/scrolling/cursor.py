"""A result that stays open: a scrolling cursor, and what each page of it costs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from functools import partial
from typing import TypeVar

from psycopg.pq import ExecStatus, TransactionStatus
from psycopg.pq.abc import PGresult

from dbaas_provisioning.errors import DbaasError, Invalid, NotFound, Unavailable

from ....engine import Limits, QueryError
from ....nouns import Cell, QueryColumn, ScrollPage
from ..errors import ConnectionLost, error_of
from ..parameters import encoded
from ..query import GRACE_SECONDS
from ..wire import Wire
from .cells import GIVE_WAY_CELLS, SHORT, Cells
from .described import Described, leave, refused
from .wrapping import WHOLE, explained, wrap

__all__ = ["Cursor", "guarded"]

CHUNK_ROWS = 50  # arrive together where none can be long; else one by one
CLOSE_SECONDS = 5.0

_TUPLES = (ExecStatus.TUPLES_OK, ExecStatus.SINGLE_TUPLE, ExecStatus.TUPLES_CHUNK)
_T = TypeVar("_T")


async def guarded(described: Described | None, timeout_ms: int, work: Awaitable[_T]) -> _T:
    """What some work on a connection gives, within its time, or what a person is told instead.

    Raises:
        QueryError, Invalid: from the engine's words.
        Unavailable: the connection is lost; nothing was changed.
    """
    try:
        async with asyncio.timeout(timeout_ms / 1000 + GRACE_SECONDS):
            return await work
    except TimeoutError:
        raise QueryError("57014", "The statement took too long and was cancelled.") from None
    except ConnectionLost:
        raise Unavailable(
            "database_unavailable", "The connection to the database was lost.", hint="Try again."
        ) from None
    except DbaasError as error:
        if described is None:
            raise
        raise explained(error, described.wrapped.arrangement, described.columns) from None


class Cursor:
    """:class:`~dbaas_server.engine.Scroll` on PostgreSQL.

    Args:
        ended: called once, with this, when it is closed.

    Attributes:
        busy: something is read just now.
        backend: the process id of the engine's side.
        held: gives the connection back.
    """

    def __init__(self, wire: Wire, described: Described, limits: Limits, ended: Callable[[Cursor], None]) -> None:
        self.columns: tuple[QueryColumn, ...] = described.columns
        self.notices: tuple[str, ...] = ()
        self.acts = described.acts
        self.busy = False
        self.backend = wire.pgconn.backend_pid
        self.held = AsyncExitStack()
        self._wire = wire
        self._described = described
        self._limits = limits
        self._ended = ended
        self._closed = False
        self._at = 0  # rows before the cursor
        self._lengths: dict[int, int] = {}
        self._chunk_rows = 1

    @property
    def closed(self) -> bool:
        """Whether it has to be opened again."""
        return self._closed or self._wire.closed

    async def declare(self) -> None:
        """Have the engine plan it; nothing runs yet. Raises ``Invalid`` (``not_pageable``), ``QueryError``."""
        items, self._lengths = wrap(self._described.kinds)
        if all(place in self._lengths or kind in SHORT for place, kind in enumerate(self._described.kinds)):
            self._chunk_rows = CHUNK_ROWS
        try:
            await self._declare("dbaas_page", items)
        except QueryError as error:
            if refused(error) and not self._described.wrapped.arrangement:
                raise Invalid(
                    "not_pageable", "This statement cannot be read in pages.", details=error.message
                ) from None
            raise

    async def fetch(self, offset: int, count: int) -> ScrollPage:
        """Some rows; one more is looked for, to tell whether they are the last."""
        return await self._guarded(partial(self._fetch, offset, count))

    async def value(self, row: int, column: int) -> tuple[str | None, int]:
        """A whole value as text, and its length in characters."""
        if not 0 <= column < len(self.columns):
            raise NotFound("no_column", f"The result has no column {column}.")
        return await self._guarded(partial(self._value, row, column))

    async def close(self) -> None:
        """Let it go; what it does just now is cancelled."""
        if self._closed:
            return
        self._closed = True
        self._ended(self)
        wire = self._wire
        try:
            if wire.working:
                await wire.stop()
                wire.abandon()
            elif wire.usable:
                async with asyncio.timeout(CLOSE_SECONDS):
                    await leave(wire)
        except (DbaasError, ConnectionLost, TimeoutError):
            wire.close()
        finally:
            await self.held.aclose()

    # --- at work ------------------------------------------------------------------------------------------------

    async def _guarded(self, work: Callable[[], Awaitable[_T]]) -> _T:
        if self.closed:
            await self.close()
            raise _not_open()
        self.busy = True
        try:
            return await guarded(self._described, self._limits.statement_timeout_ms, work())
        except DbaasError:
            if self._closed:  # by somebody else meanwhile
                raise _not_open() from None
            raise
        finally:
            self.busy = False
            self.notices = tuple(self._wire.notices)
            if not self._good and not self._closed:
                # A transaction that failed reads no more, and a cancelled task left an answer unread, which the pool
                # has cancelled.
                self._closed = True
                self._ended(self)
                if not self._wire.working:
                    self._wire.close()
                await self.held.aclose()

    @property
    def _good(self) -> bool:
        return self._wire.usable and self._wire.pgconn.transaction_status == TransactionStatus.INTRANS

    async def _fetch(self, offset: int, count: int) -> ScrollPage:
        cells = Cells(self._described.kinds, self._lengths)
        rows: list[tuple[Cell, ...]] = []
        seen = made = 0
        await self._move(offset)
        async for result in self._asked(b"fetch forward %d from dbaas_page" % (count + 1)):
            for row in range(min(result.ntuples, count - len(rows))):
                rows.append(cells.row([result.get_value(row, place) for place in range(result.nfields)]))
            seen += result.ntuples
            made += result.ntuples * result.nfields
            if made >= GIVE_WAY_CELLS:
                made = 0
                await asyncio.sleep(0)
        self._at += seen
        return ScrollPage(rows, seen <= count)

    async def _move(self, offset: int) -> None:
        if self._at != offset:
            await self._wire.execute(b"move absolute %d in dbaas_page" % offset)
            self._at = offset

    async def _value(self, row: int, column: int) -> tuple[str | None, int]:
        # The row that the page has, and no other: of this cursor, with this one column whole.
        if column in self._lengths:
            await self._leave_whole(str(column))
        self._at = -1
        values = await self._row(b"dbaas_page", row)
        if column in self._lengths:
            await self._leave_whole("")
        if values is None:
            raise NotFound("no_row", f"The result has no row {row}.")
        self._at = row + 1
        if column in self._lengths and values[self._lengths[column]] is not None:
            values = await self._again(row, column)
        value = values[column]
        if value is not None and len(value) > self._limits.max_result_bytes:
            raise Invalid("cell_too_large", f"This value has {len(value):,} bytes.", hint="Export the result.")
        text = None if value is None else value.decode("utf-8", "replace")
        return text, len(text or "")

    async def _again(self, row: int, column: int) -> Sequence[bytes | None]:
        """A row of which the engine keeps the page's items, to be able to go back: of the same snapshot, along the
        same way, with one column whole.
        """
        items, _ = wrap(self._described.kinds, whole=column)
        await self._declare("dbaas_cell", items)
        values = await self._row(b"dbaas_cell", row)
        await self._wire.execute(b"close dbaas_cell")
        assert values is not None, "the page has it"
        return values

    async def _row(self, cursor: bytes, row: int) -> Sequence[bytes | None] | None:
        values: Sequence[bytes | None] | None = None
        async for result in self._asked(b"fetch absolute %d from %s" % (row + 1, cursor)):
            if result.ntuples:
                values = [result.get_value(0, place) for place in range(result.nfields)]
        return values

    async def _leave_whole(self, column: str) -> None:
        await self._wire.execute(b"select set_config($1, $2, true)", encoded([WHOLE, column]))

    async def _declare(self, name: str, items: str) -> None:
        text = self._described.wrapped.select(items, above=True)
        statement = f"declare {name} scroll cursor for {text}".encode()
        await self._wire.execute(statement, self._described.parameters())

    async def _asked(self, statement: bytes) -> AsyncIterator[PGresult]:
        await self._wire.ask(statement, None, chunk_rows=self._chunk_rows)
        failed: PGresult | None = None
        while (result := await self._wire.result()) is not None:
            if result.status in _TUPLES:
                yield result
            elif result.status == ExecStatus.FATAL_ERROR:
                failed = result
        self._wire.end()
        if failed is not None:
            raise error_of(failed)


def _not_open() -> Unavailable:
    return Unavailable("result_closed", "This result is not open any more.", hint="Run the statement again.")
