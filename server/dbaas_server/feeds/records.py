"""Changes as bytes: one form for the replay log's files and for the socket to other processes. Pure.

A record is a head of fixed size and a payload. A change is encoded once, in the daemon, whoever follows.

- ``table``: what rows refer to by number. It precedes them in each file, and in what each follower is sent.
- ``rows``: some of one transaction's; a JSON array, since that is what Python reads fastest.
- ``mark``: everything before ``end`` was handed on; nothing to tell.
- ``level``: what was there when the stream began was told; once in a stream, and never in a file.
- ``ended``: the last one of a stream, and never in a file. The payload is the error that says why there is no more.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from typing import Any, NamedTuple

import orjson

from dbaas_provisioning.errors import DbaasError

from ..changelog import Piece, Row
from ..changes import UNCHANGED, Change, ChangedColumn, ChangedTable, ChangeKind, Values
from ..nouns import Position, TableRef

__all__ = ["HEAD_SIZE", "Damaged", "Decoder", "Head", "Kind", "encode_ended", "encode_level", "encode_mark",
           "encode_rows", "encode_table", "order_of", "read_head"]  # fmt: skip

_HEAD = struct.Struct("!IIBBQQIIq")
HEAD_SIZE = _HEAD.size
_CHECKED_FROM = 8  # size and checksum themselves are not under the checksum
_LAYOUT = 1
_LARGEST = 1 << 31

_KINDS = tuple(ChangeKind)
_NUMBERS = {kind: number for number, kind in enumerate(_KINDS)}
_OLD_IS_KEY, _HAS_UNCHANGED = 4, 8
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Damaged(Exception):
    """These bytes are no records, or not the ones that were written."""


class Kind(IntEnum):
    """What a record is."""

    table = 1
    rows = 2
    mark = 3
    ended = 4
    level = 5


class Head(NamedTuple):
    """A record's head.

    Attributes:
        size: of the payload, in bytes.
        commit: the transaction's number in the engine's log; 0 but for rows.
        end: where the engine's log goes on behind it; 0 when more of the transaction follows, and for a table.
        first: the first row's number in its transaction; for a table, its own number.
        rows: how many.
        committed_at: microseconds since 1970.
    """

    size: int
    checksum: int
    layout: int
    kind: int
    commit: int
    end: int
    first: int
    rows: int
    committed_at: int


def order_of(commit: int, row: int) -> int:
    """A row's place among all changes of a database."""
    return commit << 32 | row


def encode_rows(piece: Piece, number_of: Callable[[ChangedTable], int]) -> bytes:
    """Rows of one transaction; their tables' numbers are known."""
    payload = orjson.dumps([_row(row, number_of(row.table)) for row in piece.rows], default=_stand_in)
    return _record(Kind.rows, payload, piece.commit, piece.end or 0, piece.first, len(piece.rows), piece.committed_at)


def encode_table(table: ChangedTable, number: int) -> bytes:
    """What rows mean that name this number."""
    columns = [[column.name, column.type, column.key, column.number] for column in table.columns]
    payload = orjson.dumps([table.identity, table.ref.schema, table.ref.name, columns])
    return _record(Kind.table, payload, first=number)


def encode_mark(end: int) -> bytes:
    """Nothing to tell up to there."""
    return _record(Kind.mark, b"", end=end)


def encode_level() -> bytes:
    """What was there at the beginning was told."""
    return _record(Kind.level, b"")


def encode_ended(error: DbaasError) -> bytes:
    """Why the stream ends here."""
    return _record(Kind.ended, orjson.dumps({"kind": type(error).__name__, **error.as_dict()}))


def read_head(data: bytes | bytearray | memoryview, at: int = 0) -> Head:
    """The head that begins at ``at``; there are enough bytes for it. Raises :class:`Damaged`."""
    head = Head._make(_HEAD.unpack_from(data, at))
    if head.layout != _LAYOUT or head.size > _LARGEST or not 1 <= head.kind <= len(Kind):
        raise Damaged("no head of a record")
    return head


def _record(
    kind: Kind, payload: bytes, commit: int = 0, end: int = 0, first: int = 0, count: int = 0, at: int = 0
) -> bytes:
    bare = _HEAD.pack(len(payload), 0, _LAYOUT, kind, commit, end, first, count, at)
    checksum = zlib.crc32(payload, zlib.crc32(bare[_CHECKED_FROM:]))
    return _HEAD.pack(len(payload), checksum, _LAYOUT, kind, commit, end, first, count, at) + payload


def _row(row: Row, number: int) -> tuple[Any, ...]:
    flags = _NUMBERS[row.kind]
    record, old = row.record, row.old
    if row.old_is_key:
        flags |= _OLD_IS_KEY
    if (record is not None and UNCHANGED in record) or (old is not None and UNCHANGED in old):
        flags |= _HAS_UNCHANGED
    if old is not None:
        return (flags, number, record, old)
    return (flags, number) if record is None else (flags, number, record)


def _stand_in(value: object) -> bool:
    """A value is a text or null; ``true`` is none of them."""
    if value is not UNCHANGED:
        raise TypeError(type(value).__name__)
    return True


class Decoder:
    """From bytes, however they are cut, to changes.

    Args:
        epoch: of the log that the bytes are of.
        after: what was told already; rows up to there are passed over.

    Attributes:
        after: the order of the last row that was told.
        level: what was there when the stream began was told.
        ended: why the stream is over, once it is: an error's kind, code, message, details and hint.
    """

    def __init__(self, epoch: int, after: int) -> None:
        self.after = after
        self.level = False
        self.ended: dict[str, str | None] | None = None
        self._epoch = epoch
        self._tables: dict[int, ChangedTable] = {}
        self._rest = bytearray()

    def feed(self, data: bytes) -> list[Change]:
        """The changes that became complete. Raises :class:`Damaged`."""
        self._rest += data
        changes: list[Change] = []
        at = 0
        with memoryview(self._rest) as view:
            while len(view) - at >= HEAD_SIZE:
                head = read_head(view, at)
                end = at + HEAD_SIZE + head.size
                if end > len(view):
                    break
                if zlib.crc32(view[at + _CHECKED_FROM : end]) != head.checksum:
                    raise Damaged("a record's checksum is wrong")
                payload = bytes(view[at + HEAD_SIZE : end])
                at = end
                if head.kind == Kind.rows:
                    changes += self._rows(head, payload)
                elif head.kind == Kind.table:
                    self._tables[head.first] = _table(payload)
                elif head.kind == Kind.level:
                    self.level = True
                elif head.kind == Kind.ended:
                    self.ended = orjson.loads(payload)
        del self._rest[:at]
        return changes

    def _rows(self, head: Head, payload: bytes) -> Iterator[Change]:
        order = order_of(head.commit, head.first)
        if order + head.rows - 1 <= self.after:
            return
        at = _EPOCH + timedelta(microseconds=head.committed_at)
        tables, epoch = self._tables, self._epoch
        try:
            for flags, number, *values in orjson.loads(payload):
                if order > self.after:
                    record, old = _values(values, unchanged=bool(flags & _HAS_UNCHANGED))
                    yield Change(
                        Position(epoch, order), _KINDS[flags & 3], tables[number], at, record, old,
                        bool(flags & _OLD_IS_KEY),
                    )  # fmt: skip
                order += 1
        except (KeyError, ValueError) as error:
            raise Damaged(f"rows that cannot be read: {error!r}") from None
        self.after = order - 1


def _values(found: Sequence[Any], *, unchanged: bool) -> tuple[Values | None, Values | None]:
    rows = [
        None
        if values is None
        else tuple(UNCHANGED if value is True else value for value in values)
        if unchanged
        else tuple(values)
        for values in found
    ]
    return rows[0] if rows else None, rows[1] if len(rows) > 1 else None


def _table(payload: bytes) -> ChangedTable:
    identity, schema, name, columns = orjson.loads(payload)
    return ChangedTable(identity, TableRef(name, schema), tuple(ChangedColumn(*column) for column in columns))
