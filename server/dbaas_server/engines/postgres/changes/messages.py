"""pgoutput's messages, from bytes. Pure.

Source: PostgreSQL's documentation, "Logical Replication Message Formats" (protocol versions 1 and 2). Integers are big
endian, texts end with a zero byte, times are microseconds since 2000.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeAlias

from ....changes import UNCHANGED, Value, Values

__all__ = [
    "Begin", "Commit", "Delete", "Insert", "LogicalMessage", "Malformed", "Message", "Origin", "Relation",
    "RelationColumn", "StreamAbort", "StreamCommit", "StreamStart", "StreamStop", "Truncate", "TypeName", "Update",
    "parse", "without_xid",
]  # fmt: skip

_EPOCH_2000 = 946_684_800_000_000  # in microseconds since 1970


class Malformed(ValueError):
    """These bytes are no message of pgoutput's."""


class Begin(NamedTuple):
    """A transaction's rows follow. ``commit`` is the place of its commit record; microseconds since 1970."""

    commit: int
    committed_at: int
    xid: int


class Commit(NamedTuple):
    """The transaction is complete; the log goes on at ``end``."""

    commit: int
    end: int
    committed_at: int


class Origin(NamedTuple):
    """The transaction came from another server."""

    commit: int
    name: str


class RelationColumn(NamedTuple):
    """``type_oid`` and ``type_modifier`` as in ``pg_attribute``."""

    name: str
    key: bool
    type_oid: int
    type_modifier: int


class Relation(NamedTuple):
    """What the rows that follow look like. ``identity``: d(efault), n(othing), f(ull), i(ndex)."""

    oid: int
    schema: str
    name: str
    identity: str
    columns: tuple[RelationColumn, ...]


class TypeName(NamedTuple):
    """A type that is not built in."""

    oid: int
    schema: str
    name: str


class Insert(NamedTuple):
    """A new row."""

    relation: int
    record: Values


class Update(NamedTuple):
    """A changed row. What the log left out of it was taken from the old row, where that has it."""

    relation: int
    record: Values
    old: Values | None
    old_is_key: bool


class Delete(NamedTuple):
    """A row that is gone."""

    relation: int
    old: Values
    old_is_key: bool


class Truncate(NamedTuple):
    """Tables that were emptied. ``options``: 1 CASCADE, 2 RESTART IDENTITY."""

    relations: tuple[int, ...]
    options: int


class LogicalMessage(NamedTuple):
    """What somebody wrote into the log with ``pg_logical_emit_message``."""

    transactional: bool
    place: int
    prefix: str
    content: bytes


class StreamStart(NamedTuple):
    """A part of a transaction that is not committed yet follows."""

    xid: int
    first: bool


class StreamStop(NamedTuple):
    """The end of the part."""


class StreamCommit(NamedTuple):
    """A transaction that came in parts is committed."""

    xid: int
    commit: int
    end: int
    committed_at: int


class StreamAbort(NamedTuple):
    """What came of ``subxid`` is undone; of everything, when that is the transaction itself."""

    xid: int
    subxid: int


Message: TypeAlias = (
    Begin | Commit | Origin | Relation | TypeName | Insert | Update | Delete | Truncate | LogicalMessage
    | StreamStart | StreamStop | StreamCommit | StreamAbort
)  # fmt: skip

_INT16, _INT32, _INT64 = struct.Struct("!H"), struct.Struct("!I"), struct.Struct("!Q")
_BEGIN = struct.Struct("!QqI")
_COMMIT = struct.Struct("!BQQq")
_STREAM_COMMIT = struct.Struct("!IBQQq")
_TWO_INT32 = struct.Struct("!II")
_COLUMN = struct.Struct("!Ii")
_MESSAGE = struct.Struct("!BQ")
_ROWS = frozenset(b"RYIUDTM")

_NULL, _UNCHANGED, _TEXT = b"nut"
_NEW, _KEY, _OLD = b"NKO"


def without_xid(data: bytes) -> tuple[int, bytes]:
    """A message between stream start and stop names the (sub)transaction it belongs to: that, and the plain message.

    Raises :class:`Malformed`.
    """
    if len(data) < 5 or data[0] not in _ROWS:
        raise Malformed(f"no message of a stream: {data[:1]!r}, {len(data)} bytes")
    return _INT32.unpack_from(data, 1)[0], data[:1] + data[5:]


def parse(data: bytes) -> Message:
    """One message, outside of a stream or made plain by :func:`without_xid`. Raises :class:`Malformed`."""
    try:
        message, end = _PARSERS[data[0]](data)
    except (struct.error, IndexError, KeyError, ValueError) as error:
        raise Malformed(f"{data[:1]!r}, {len(data)} bytes: {error}") from None
    if end != len(data):
        raise Malformed(f"{data[:1]!r}, {len(data)} bytes, of which {end} mean something")
    return message


def _begin(data: bytes) -> tuple[Begin, int]:
    commit, at, xid = _BEGIN.unpack_from(data, 1)
    return Begin(commit, at + _EPOCH_2000, xid), 21


def _commit(data: bytes) -> tuple[Commit, int]:
    _flags, commit, end, at = _COMMIT.unpack_from(data, 1)
    return Commit(commit, end, at + _EPOCH_2000), 26


def _origin(data: bytes) -> tuple[Origin, int]:
    name, at = _text(data, 9)
    return Origin(_INT64.unpack_from(data, 1)[0], name), at


def _relation(data: bytes) -> tuple[Relation, int]:
    (oid,) = _INT32.unpack_from(data, 1)
    schema, at = _text(data, 5)
    name, at = _text(data, at)
    identity = chr(data[at])
    (count,) = _INT16.unpack_from(data, at + 1)
    at += 3
    columns = []
    for _ in range(count):
        key = bool(data[at] & 1)
        column, at = _text(data, at + 1)
        type_oid, modifier = _COLUMN.unpack_from(data, at)
        at += 8
        columns.append(RelationColumn(column, key, type_oid, modifier))
    return Relation(oid, schema or "pg_catalog", name, identity, tuple(columns)), at


def _type(data: bytes) -> tuple[TypeName, int]:
    schema, at = _text(data, 5)
    name, at = _text(data, at)
    return TypeName(_INT32.unpack_from(data, 1)[0], schema or "pg_catalog", name), at


def _insert(data: bytes) -> tuple[Insert, int]:
    if data[5] != _NEW:
        raise ValueError("no new row")
    record, at = _row(data, 6)
    return Insert(_INT32.unpack_from(data, 1)[0], record), at


def _update(data: bytes) -> tuple[Update, int]:
    (relation,) = _INT32.unpack_from(data, 1)
    part, at = data[5], 6
    old: Values | None = None
    old_is_key = part == _KEY
    if part != _NEW:
        old, at = _old(data, part)
        if data[at] != _NEW:
            raise ValueError("no new row")
        at += 1
    record, at = _row(data, at)
    if old is not None and not old_is_key and UNCHANGED in record:
        if len(old) != len(record):
            raise ValueError("old and new row differ in length")
        record = tuple(before if value is UNCHANGED else value for value, before in zip(record, old, strict=True))
    return Update(relation, record, old, old_is_key), at


def _delete(data: bytes) -> tuple[Delete, int]:
    old, at = _old(data, data[5])
    return Delete(_INT32.unpack_from(data, 1)[0], old, data[5] == _KEY), at


def _old(data: bytes, part: int) -> tuple[Values, int]:
    if part not in (_KEY, _OLD):
        raise ValueError("no old row")
    return _row(data, 6)


def _truncate(data: bytes) -> tuple[Truncate, int]:
    (count,) = _INT32.unpack_from(data, 1)
    end = 6 + 4 * count
    if end > len(data):
        raise ValueError("more tables than bytes")
    return Truncate(tuple(oid for (oid,) in _INT32.iter_unpack(data[6:end])), data[5]), end


def _message(data: bytes) -> tuple[LogicalMessage, int]:
    flags, place = _MESSAGE.unpack_from(data, 1)
    prefix, at = _text(data, 10)
    (size,) = _INT32.unpack_from(data, at)
    at += 4
    return LogicalMessage(bool(flags & 1), place, prefix, data[at : at + size]), at + size


def _stream_start(data: bytes) -> tuple[StreamStart, int]:
    return StreamStart(_INT32.unpack_from(data, 1)[0], data[5] == 1), 6


def _stream_stop(data: bytes) -> tuple[StreamStop, int]:
    return StreamStop(), 1


def _stream_commit(data: bytes) -> tuple[StreamCommit, int]:
    xid, _flags, commit, end, at = _STREAM_COMMIT.unpack_from(data, 1)
    return StreamCommit(xid, commit, end, at + _EPOCH_2000), 30


def _stream_abort(data: bytes) -> tuple[StreamAbort, int]:
    return StreamAbort(*_TWO_INT32.unpack_from(data, 1)), 9


def _text(data: bytes, at: int) -> tuple[str, int]:
    end = data.index(0, at)
    return str(data[at:end], "utf-8", "replace"), end + 1


def _row(data: bytes, at: int) -> tuple[Values, int]:
    """TupleData: values as text, nulls, and large values that the change did not touch."""
    (count,) = _INT16.unpack_from(data, at)
    at += 2
    size_of = _INT32.unpack_from
    values: list[Value] = []
    add = values.append
    for _ in range(count):
        kind = data[at]
        if kind == _TEXT:
            start = at + 5
            at = start + size_of(data, at + 1)[0]
            # A database in SQL_ASCII may hold any bytes.
            add(str(data[start:at], "utf-8", "replace"))
        elif kind == _NULL:
            at += 1
            add(None)
        elif kind == _UNCHANGED:
            at += 1
            add(UNCHANGED)
        else:
            raise ValueError(f"a value of kind {kind}")
    if at > len(data):
        raise ValueError("a row longer than its message")
    return tuple(values), at


_BY_LETTER: Mapping[str, Callable[[bytes], tuple[Message, int]]] = {
    "B": _begin, "C": _commit, "O": _origin, "R": _relation, "Y": _type, "I": _insert, "U": _update, "D": _delete,
    "T": _truncate, "M": _message, "S": _stream_start, "E": _stream_stop, "c": _stream_commit, "A": _stream_abort,
}  # fmt: skip
_PARSERS = {ord(letter): parser for letter, parser in _BY_LETTER.items()}
