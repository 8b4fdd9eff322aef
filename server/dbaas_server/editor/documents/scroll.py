"""A document result that stays open: pages by where they are, each a question of its own unless it is the next one."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import bson

from dbaas_provisioning.errors import Invalid, NotFound, Unavailable

from ...mongo_clients.failures import told_plainly
from ...nouns import Cell, QueryColumn, ScrollPage
from .arranging import page
from .cells import MOST_COLUMNS, Rows, text_of

if TYPE_CHECKING:
    from ...mongo_clients.clients import MongoClients, Opened

__all__ = ["DocumentScroll", "bounded", "documents_of", "some"]

_FEWER = f"Only the first {MOST_COLUMNS:,} fields are shown."
_CELL_BYTES = 32 * 1024 * 1024
_TOGETHER = 100  # documents that become rows at a time, in a thread: one of them may be large
_TOGETHER_BYTES = 4 * 1024 * 1024


class DocumentScroll:
    """Implements :class:`~dbaas_server.engine.Scroll`. Holds no connection between two pages.

    Args:
        body: a command that reads by a cursor.
        columns: what rows are made of.
        first: its first documents, where they were read already.
    """

    acts = False

    def __init__(
        self,
        clients: MongoClients,
        place: tuple[str, str],
        body: Mapping[str, Any],
        columns: Sequence[QueryColumn],
        first: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        self.columns = tuple(columns)
        self.notices: tuple[str, ...] = (_FEWER,) if len(columns) == MOST_COLUMNS else ()
        self._clients = clients
        self._place = place
        self._body = body
        self._names = [column.name for column in columns]
        self._first = first
        self._closed = False

    @property
    def closed(self) -> bool:
        """See :class:`Scroll`."""
        return self._closed

    async def fetch(self, offset: int, count: int) -> ScrollPage:
        """See :class:`Scroll`."""
        self._check_open()
        makes = Rows(self._names)
        first, self._first = self._first, ()
        if not offset and len(first) > count:
            return ScrollPage(await asyncio.to_thread(makes.rows, first[:count]), False)
        body = page(self._body, offset, count + 1)
        rows: list[tuple[Cell, ...]] = []
        if body is None:
            return ScrollPage(rows, True)
        async with self._clients.opened(*self._place) as opened:
            with told_plainly():
                async with await documents_of(opened, body) as cursor:
                    while found := await some(cursor, _TOGETHER, _TOGETHER_BYTES):
                        rows += await asyncio.to_thread(makes.rows, found)
        return ScrollPage(rows[:count], len(rows) <= count)

    async def value(self, row: int, column: int) -> tuple[str | None, int]:
        """See :class:`Scroll`."""
        self._check_open()
        if not 0 <= column < len(self._names):
            raise Invalid("unknown_column", f"There is no column {column}.")
        body = page(self._body, row, 1)
        async with self._clients.opened(*self._place) as opened:
            with told_plainly():
                found = [] if body is None else await (await documents_of(opened, body)).to_list(1)
        if not found:
            raise NotFound("no_row", f"There is no row {row}.")
        value = found[0].get(self._names[column])
        if value is None:
            return None, 0
        text = await asyncio.to_thread(text_of, value)
        if len(text) > _CELL_BYTES:
            raise Invalid("cell_too_large", f"The value has {len(text):,} characters.")
        return text, len(text)

    async def close(self) -> None:
        """See :class:`Scroll`."""
        self._closed = True

    def _check_open(self) -> None:
        if self._closed:
            raise Unavailable("result_closed", "That result is closed.", hint="Open it again.")


async def documents_of(opened: Opened, body: Mapping[str, Any], timeout_ms: int | None = None) -> Any:
    """The cursor of a command that reads; it ends with so much time, else the plan's for a statement."""
    documents = opened.documents
    limited = bounded(body, timeout_ms or opened.timeout_ms)
    return await documents.cursor_command(limited, codec_options=documents.codec_options)


async def some(cursor: Any, most: int, most_bytes: int) -> list[Mapping[str, Any]]:
    """The next documents of a cursor, so many, or as many as come to so many bytes; none at its end."""
    found: list[Mapping[str, Any]] = []
    size = 0
    async for document in cursor:
        found.append(document)
        size += len(bson.encode(document))
        if len(found) == most or size > most_bytes:
            break
    return found


def bounded(body: Mapping[str, Any], timeout_ms: int) -> dict[str, Any]:
    """The command with a time limit, its own if that is shorter."""
    own = body.get("maxTimeMS")
    least = min(own, timeout_ms) if isinstance(own, int) and own > 0 else timeout_ms
    return {**body, "maxTimeMS": least}
