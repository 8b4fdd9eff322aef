"""Messages as the server would write them."""

from __future__ import annotations

import struct

from dbaas_server.changes import UNCHANGED
from dbaas_server.engines.postgres.changes import messages as m

__all__ = ["encode", "streamed"]

_EPOCH_2000 = 946_684_800_000_000


def encode(message: m.Message) -> bytes:
    """The bytes of a message, written from the documentation and not from the decoder."""
    match message:
        case m.Begin(commit, at, xid):
            return b"B" + struct.pack("!QqI", commit, at - _EPOCH_2000, xid)
        case m.Commit(commit, end, at):
            return b"C" + struct.pack("!BQQq", 0, commit, end, at - _EPOCH_2000)
        case m.Origin(commit, name):
            return b"O" + struct.pack("!Q", commit) + text(name)
        case m.Relation(oid, schema, name, identity, columns):
            head = b"R" + struct.pack("!I", oid) + text("" if schema == "pg_catalog" else schema) + text(name)
            return (
                head
                + identity.encode()
                + struct.pack("!H", len(columns))
                + b"".join(
                    bytes([column.key]) + text(column.name) + struct.pack("!Ii", column.type_oid, column.type_modifier)
                    for column in columns
                )
            )
        case m.TypeName(oid, schema, name):
            return b"Y" + struct.pack("!I", oid) + text("" if schema == "pg_catalog" else schema) + text(name)
        case m.Insert(relation, record):
            return b"I" + struct.pack("!I", relation) + b"N" + row(record)
        case m.Update(relation, record, old, old_is_key):
            before = b"" if old is None else (b"K" if old_is_key else b"O") + row(old)
            return b"U" + struct.pack("!I", relation) + before + b"N" + row(record)
        case m.Delete(relation, old, old_is_key):
            return b"D" + struct.pack("!I", relation) + (b"K" if old_is_key else b"O") + row(old)
        case m.Truncate(relations, options):
            return b"T" + struct.pack(f"!IB{len(relations)}I", len(relations), options, *relations)
        case m.LogicalMessage(transactional, place, prefix, content):
            head = b"M" + struct.pack("!BQ", transactional, place) + text(prefix)
            return head + struct.pack("!I", len(content)) + content
        case m.StreamStart(xid, first):
            return b"S" + struct.pack("!IB", xid, first)
        case m.StreamStop():
            return b"E"
        case m.StreamCommit(xid, commit, end, at):
            return b"c" + struct.pack("!IBQQq", xid, 0, commit, end, at - _EPOCH_2000)
        case m.StreamAbort(xid, subxid):
            return b"A" + struct.pack("!II", xid, subxid)
    raise AssertionError(message)


def streamed(xid: int, message: m.Message) -> bytes:
    """The same inside of a stream, where most messages name their (sub)transaction."""
    plain = encode(message)
    return plain[:1] + struct.pack("!I", xid) + plain[1:]


def text(value: str) -> bytes:
    return value.encode() + b"\0"


def row(values) -> bytes:
    parts = [struct.pack("!H", len(values))]
    for value in values:
        if value is None:
            parts.append(b"n")
        elif value is UNCHANGED:
            parts.append(b"u")
        else:
            raw = value.encode()
            parts.append(b"t" + struct.pack("!I", len(raw)) + raw)
    return b"".join(parts)
