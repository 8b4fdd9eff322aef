"""From messages to the rows of committed transactions."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

from ....changelog import Piece, Reached, Row
from ....changes import ChangedTable, ChangeKind
from .messages import (
    Begin,
    Commit,
    Delete,
    Insert,
    Malformed,
    Message,
    Relation,
    StreamAbort,
    StreamCommit,
    StreamStart,
    Truncate,
    TypeName,
    Update,
    parse,
    without_xid,
)
from .spill import Spill
from .types import Types

__all__ = ["Transactions"]

PIECE_ROWS = 500
PIECE_BYTES = 64 * 1024


class Transactions:
    """Takes messages one by one.

    Args:
        scratch: a folder for what waits for its commit.

    Attributes:
        ready: what is complete; whoever takes it empties the list.
        xids: of the transactions that it is of; whoever looked at them empties the set.
    """

    def __init__(self, types: Types, scratch: Path) -> None:
        self.ready: list[Piece | Reached] = []
        self.xids: set[int] = set()
        self._types = types
        self._scratch = scratch
        self._tables: dict[int, ChangedTable] = {}
        self._begun: Begin | None = None
        self._first = 1
        self._rows: list[Row] = []
        self._bytes = 0
        self._waiting: dict[int, Spill] = {}  # by transaction
        self._part: Spill | None = None  # what the messages that come now belong to

    @property
    def between(self) -> bool:
        """No transaction is being told."""
        return self._begun is None and self._part is None

    def close(self) -> None:
        """Give back the space of what was never committed."""
        for spill in self._waiting.values():
            spill.close()
        self._waiting.clear()

    def commits_stream(self, data: bytes) -> bool:
        """Whether this is the commit of a transaction that came in parts, for :meth:`replay`."""
        return self._part is None and data[:1] == b"c"

    async def take(self, data: bytes) -> None:
        """One message. Raises :class:`~.messages.Malformed`."""
        if self._part is None:
            await self._plain(parse(data), len(data))
        elif data[:1] == b"E":
            self._part = None
        else:
            self._part.add(*without_xid(data))

    async def replay(self, data: bytes) -> AsyncIterator[Piece | Reached]:
        """The rows of a transaction that came in parts, now that it is committed."""
        message = parse(data)
        assert isinstance(message, StreamCommit)
        spill = self._waiting.pop(message.xid, None)
        if spill is None:
            raise Malformed(f"the commit of transaction {message.xid}, of which nothing came")
        try:
            self._begin(Begin(message.commit, message.committed_at, message.xid))
            for one in spill.messages():
                await self._plain(parse(one), len(one))
                if self.ready:
                    yield self.ready.pop()
            self._end(message.end)
            yield self.ready.pop()
        finally:
            spill.close()

    async def _plain(self, message: Message, size: int) -> None:
        if isinstance(message, Insert):
            self._add(Row(ChangeKind.insert, self._table(message.relation), message.record), size)
        elif isinstance(message, Update):
            table = self._table(message.relation)
            self._add(Row(ChangeKind.update, table, message.record, message.old, message.old_is_key), size)
        elif isinstance(message, Delete):
            table = self._table(message.relation)
            self._add(Row(ChangeKind.delete, table, None, message.old, message.old_is_key), size)
        elif isinstance(message, Truncate):
            for relation in message.relations:
                self._add(Row(ChangeKind.truncate, self._table(relation)), size)
        elif isinstance(message, Begin):
            self._begin(message)
        elif isinstance(message, Commit):
            self._end(message.end)
        elif isinstance(message, Relation):
            self._tables[message.oid] = await self._types.table(message)
        elif isinstance(message, TypeName):
            self._types.tell(message)
        elif isinstance(message, StreamStart):
            self._part = self._waiting.get(message.xid)
            if self._part is None:
                self._part = self._waiting[message.xid] = Spill(self._scratch)
        elif isinstance(message, StreamAbort):
            self._abort(message)

    def _table(self, relation: int) -> ChangedTable:
        try:
            return self._tables[relation]
        except KeyError:
            raise Malformed(f"a row of relation {relation}, which was not described") from None

    def _begin(self, message: Begin) -> None:
        self._begun = message
        self._first = 1
        self.xids.add(message.xid)

    def _add(self, row: Row, size: int) -> None:
        self._rows.append(row)
        self._bytes += size
        if self._bytes >= PIECE_BYTES or len(self._rows) >= PIECE_ROWS:
            self._emit(None)

    def _emit(self, end: int | None) -> None:
        if self._begun is None:
            raise Malformed("a row outside of a transaction")
        rows, self._rows, self._bytes = self._rows, [], 0
        self.ready.append(Piece(self._begun.commit, self._begun.committed_at, self._first, rows, end))
        self._first += len(rows)

    def _end(self, end: int) -> None:
        if self._rows:
            self._emit(end)
        else:
            self.ready.append(Reached(end, urgent=False))
        self._begun = None

    def _abort(self, message: StreamAbort) -> None:
        spill = self._waiting.get(message.xid)
        if spill is not None and message.subxid != message.xid:
            spill.undo(message.subxid)
        elif spill is not None:
            self._waiting.pop(message.xid).close()
