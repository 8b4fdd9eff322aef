"""Messages: bytes to requests, replies to bytes. Pure.

OP_MSG (2013) is what everybody speaks; OP_QUERY (2004) only opens a connection, with a legacy hello; OP_COMPRESSED
(2012) wraps one of them. Source: MongoDB's manual, "Wire Protocol"; the specifications "OP_MSG" and "OP_COMPRESSED".
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from itertools import count
from typing import Final

import google_crc32c

from ..documents.codec import MAX_DOCUMENT_BYTES, Document, Raw, decode
from ..documents.errors import Code, DocumentError
from .compression import COMPRESSORS, compress, decompress
from .lifting import INSERT, lift

__all__ = [
    "HEADER",
    "HEAD_BYTES",
    "MAX_MESSAGE_BYTES",
    "Malformed",
    "Request",
    "Uninterpretable",
    "length_of",
    "parse",
    "reply",
    "weight_of",
]

MAX_MESSAGE_BYTES: Final = 48_000_000
"""What ``hello`` announces, and no message may exceed."""

_MOST_COMMAND_BYTES: Final = MAX_DOCUMENT_BYTES + 16 * 1024  # of a command, without the documents beside it

HEADER: Final = struct.Struct("<iiii")  # length, request id, id of the request that is answered, operation
_LENGTH: Final = struct.Struct("<i")
_FLAGS: Final = struct.Struct("<I")
_REPLY: Final = struct.Struct("<iqii")  # flags, cursor, from, number of documents
_COMPRESSED: Final = struct.Struct("<iiB")  # operation, length before compression, compressor

HEAD_BYTES: Final = HEADER.size + _COMPRESSED.size
"""From so many bytes on it is known how much memory a message takes."""

_ids = count(1)


class Operation(IntEnum):
    """What a message is."""

    reply = 1
    query = 2004
    compressed = 2012
    message = 2013


# Flags of OP_MSG. The lower 16 bits have to be understood, the others may be ignored; of those, ``exhaustAllowed`` is a
# permission to send more answers than one, which is never made use of.
_CHECKSUM: Final = 1 << 0
_MORE_TO_COME: Final = 1 << 1
_REQUIRED: Final = 0xFFFF


class Malformed(Exception):
    """What arrived is no message; the connection has no way to go on.

    Args:
        reason: for the log.
    """


@dataclass(frozen=True, slots=True)
class Request:
    """One message of a client.

    Attributes:
        id: that the reply names.
        body: the command.
        sequences: documents that travel beside the command, by the name of the argument that they are.
        wants_reply: False after ``moreToCome``.
        is_legacy: it came as OP_QUERY, and so goes its reply.
        compressor: with which it came compressed, and so goes its reply.
    """

    id: int
    body: Document
    sequences: Mapping[str, Sequence[Raw]] = field(default_factory=dict)
    wants_reply: bool = True
    is_legacy: bool = False
    compressor: int | None = None


def length_of(header: bytes | bytearray) -> int:
    """How many bytes a message has, its header's 16 included.

    Raises:
        Malformed: that cannot be.
    """
    length: int = HEADER.unpack_from(header)[0]
    if not HEADER.size < length <= MAX_MESSAGE_BYTES:
        raise Malformed(f"a message of {length} bytes")
    return length


def weight_of(head: bytes | bytearray) -> int:
    """How many bytes a message takes, unpacked.

    Args:
        head: its first :data:`HEAD_BYTES`, or all of it where it is shorter.

    Raises:
        Malformed: that cannot be.
    """
    length, _, _, operation = HEADER.unpack_from(head)
    if operation != Operation.compressed or len(head) < HEAD_BYTES:
        return int(length)
    _, size, _ = _COMPRESSED.unpack_from(head, HEADER.size)
    if not 0 <= size <= MAX_MESSAGE_BYTES:
        raise Malformed(f"{size} bytes after decompression")
    return int(length) + int(size)


def parse(message: bytes, *, compressors: frozenset[int]) -> Request:
    """Take a message apart.

    Args:
        message: all of it, as long as :func:`length_of` says.
        compressors: which were agreed on.

    Raises:
        Malformed: it is none.
        DocumentError: it is one, whose command cannot be understood. Answer, and go on.
    """
    length, id, _, operation = HEADER.unpack_from(message)
    if length != len(message):
        raise Malformed("another length than it says")
    compressor: int | None = None
    start = HEADER.size
    try:
        if operation == Operation.compressed:
            operation, size, compressor = _COMPRESSED.unpack_from(message, start)
            if compressor not in compressors:
                raise Malformed(f"compressor {compressor} was not agreed on")
            if not 0 <= size <= MAX_MESSAGE_BYTES:
                raise Malformed(f"{size} bytes after decompression")
            message = message[: HEADER.size] + decompress(compressor, message[start + _COMPRESSED.size :], size)
        if operation == Operation.message:
            return _message(message, id, compressor)
        if operation == Operation.query:
            return _query(message, id, compressor)
    except (struct.error, ValueError, IndexError) as error:
        raise Malformed(str(error)) from None
    raise Malformed(f"operation {operation}")


def reply(request: Request, document: Raw) -> bytes:
    """The bytes that answer a request."""
    id = next(_ids) & 0x7FFFFFFF
    if request.is_legacy:
        operation, body = int(Operation.reply), _REPLY.pack(8, 0, 0, 1) + document  # 8: AwaitCapable, always set
    else:
        operation, body = int(Operation.message), b"\0\0\0\0\0" + document
    if request.compressor is not None and request.compressor in COMPRESSORS:
        packed = compress(request.compressor, body)
        body = _COMPRESSED.pack(operation, len(body), request.compressor) + packed
        operation = int(Operation.compressed)
    return HEADER.pack(HEADER.size + len(body), id, request.id, operation) + body


def _message(message: bytes, id: int, compressor: int | None) -> Request:
    (bits,) = _FLAGS.unpack_from(message, HEADER.size)
    if bits & _REQUIRED & ~(_CHECKSUM | _MORE_TO_COME):
        raise Malformed(f"flags {bits:#x}")
    end = len(message)
    if bits & _CHECKSUM:
        end -= 4
        if compressor is None and _FLAGS.unpack_from(message, end)[0] != google_crc32c.value(message[:end]):
            raise Malformed("a checksum that does not fit")
    body: Raw | None = None
    sequences: dict[str, list[Raw]] = {}
    place = HEADER.size + _FLAGS.size
    while place < end:
        kind = message[place]
        place += 1
        size = _size(message, place, end)
        if kind == 0:
            if body is not None:
                raise Malformed("two bodies")
            body = message[place : place + size]
        elif kind == 1:
            name, documents = _sequence(message, place + _LENGTH.size, place + size)
            if name in sequences:
                raise Malformed(f"two sequences “{name}”")
            sequences[name] = documents
        else:
            raise Malformed(f"a section of kind {kind}")
        place += size
    if body is None:
        raise Malformed("no body")
    return _request(id, body, sequences, bool(bits & _MORE_TO_COME), compressor)


def _request(
    id: int, body: Raw, sequences: dict[str, list[Raw]], more_to_come: bool, compressor: int | None
) -> Request:
    if not sequences and body.startswith(INSERT, _LENGTH.size) and (lifted := lift(body)) is not None:
        body, sequences = lifted[0], {"documents": lifted[1]}
    try:
        if len(body) > _MOST_COMMAND_BYTES:
            raise DocumentError(Code.BSONObjectTooLarge, f"A command of {len(body)} bytes is too large.")
        document = decode(body)
    except DocumentError as error:
        request = Request(id, {}, {}, not more_to_come, compressor=compressor)
        raise Uninterpretable(request, Code(error.number), error.message) from None
    for name in sequences:
        if name in document:
            raise Malformed(f"“{name}” twice")
    return Request(id, document, sequences, not more_to_come, compressor=compressor)


class Uninterpretable(DocumentError):
    """There is no telling what is wanted, but something is.

    Attributes:
        request: to be answered.
    """

    def __init__(self, request: Request, number: Code, message: str) -> None:
        super().__init__(number, message)
        self.request = request


def _sequence(message: bytes, place: int, end: int) -> tuple[str, list[Raw]]:
    stop = message.index(b"\0", place, end)
    name = message[place:stop].decode()
    place = stop + 1
    documents = []
    while place < end:
        size = _size(message, place, end)
        documents.append(message[place : place + size])
        place += size
    return name, documents


def _query(message: bytes, id: int, compressor: int | None) -> Request:
    """A command in OP_QUERY: on ``<database>.$cmd``, one document wanted."""
    place = HEADER.size + _FLAGS.size
    stop = message.index(b"\0", place)
    collection = message[place:stop].decode()
    place = stop + 1 + 2 * _LENGTH.size
    size = _size(message, place, len(message))
    raw = message[place : place + size]
    try:
        body = decode(raw)
    except DocumentError as error:
        request = Request(id, {}, is_legacy=True, compressor=compressor)
        raise Uninterpretable(request, Code(error.number), error.message) from None
    if not collection.endswith(".$cmd"):
        raise Malformed("OP_QUERY on a collection")
    command = body.get("$query", body)
    if not isinstance(command, dict):
        raise Malformed("no command")
    return Request(id, {**command, "$db": collection[:-5]}, is_legacy=True, compressor=compressor)


def _size(message: bytes, place: int, end: int) -> int:
    """The length that a section or document says to have; it must fit."""
    size: int = _LENGTH.unpack_from(message, place)[0]
    if size < 5 or place + size > end:
        raise Malformed(f"a length of {size}")
    return size
