"""Answers: documents and errors as the bytes that go to a client."""

from __future__ import annotations

import logging
import secrets
import struct
from collections.abc import Sequence
from itertools import chain
from typing import Final

import bson

from dbaas_provisioning.errors import DbaasError, Forbidden, Invalid, NotFound, Unauthorized, Unavailable, Unsupported

from ..documents.codec import CODEC, MAX_DOCUMENT_BYTES, Document, Raw
from ..documents.errors import Code, DocumentError

__all__ = [
    "MAX_REPLY_BYTES",
    "RETRYABLE_CODES",
    "RETRYABLE_WRITE",
    "as_document_error",
    "cursor_answer",
    "error_answer",
    "success",
]

log = logging.getLogger("dbaas.mongo")

MAX_REPLY_BYTES: Final = 16 * 1024 * 1024
"""Of documents in one answer of a cursor; one document always has room."""

RETRYABLE_WRITE: Final = "RetryableWriteError"

RETRYABLE_CODES: Final = frozenset(
    {
        Code.HostUnreachable,
        Code.ShutdownInProgress,
        Code.ExceededTimeLimit,
        Code.InterruptedAtShutdown,
        *(7, 89, 189, 9001, 10107, 11602, 13435, 13436),
    }
)
"""What drivers' specification "Retryable Writes" lists."""

_MOST_BYTES: Final = MAX_DOCUMENT_BYTES + 16 * 1024
_OK: Final = b"\x01ok\x00" + struct.pack("<d", 1.0) + b"\x00"
_INT: Final = struct.Struct("<i")
_PLACES: Final = [b"\x03%d\x00" % place for place in range(10_000)]

_CODES: Final[tuple[tuple[type[DbaasError], Code], ...]] = (
    (Unavailable, Code.HostUnreachable),
    (Unauthorized, Code.Unauthorized),
    (Forbidden, Code.Unauthorized),
    (NotFound, Code.NamespaceNotFound),
    (Unsupported, Code.CommandNotSupported),
    (Invalid, Code.BadValue),
)


def success(document: Document) -> Raw:
    """A command's answer; ``ok`` comes last."""
    document["ok"] = 1.0
    return encode_answer(document)


def encode_answer(document: Document) -> Raw:
    """An answer's bytes; one that is larger than a document with something around it is an error of its own."""
    raw = bson.encode(document, codec_options=CODEC)
    if len(raw) <= _MOST_BYTES:
        return raw
    error = DocumentError(Code.BSONObjectTooLarge, f"The answer has {len(raw)} bytes; the most is {_MOST_BYTES}.")
    return bson.encode(_described(error))


def cursor_answer(batch: Sequence[Raw], cursor: int, namespace: str, *, first: bool) -> Raw:
    """``{cursor: {firstBatch | nextBatch, id, ns}, ok}``, joined of documents that stay bytes."""
    names = _PLACES if len(batch) <= len(_PLACES) else [b"\x03%d\x00" % place for place in range(len(batch))]
    documents = b"".join(chain.from_iterable(zip(names, batch, strict=False)))
    name = namespace.encode()
    head = b"\x04firstBatch\x00" if first else b"\x04nextBatch\x00"
    inner = b"".join(
        (
            head,
            _INT.pack(len(documents) + 5),
            documents,
            b"\x00\x12id\x00",
            cursor.to_bytes(8, "little"),
            b"\x02ns\x00",
            _INT.pack(len(name) + 1),
            name,
            b"\x00\x00",
        )
    )
    size = 4 + 8 + 4 + len(inner) + len(_OK)
    return b"".join((_INT.pack(size), b"\x03cursor\x00", _INT.pack(len(inner) + 4), inner, _OK))


def error_answer(error: Exception, *, retryable_write: bool = False) -> Raw:
    """What a failed command is answered with.

    Args:
        retryable_write: the command has a transaction number: sent again, it is done once.
    """
    known = as_document_error(error)
    answer = _described(known)
    if retryable_write and known.number in RETRYABLE_CODES and RETRYABLE_WRITE not in known.labels:
        answer["errorLabels"] = [*answer.get("errorLabels", ()), RETRYABLE_WRITE]
    return encode_answer(answer)


def as_document_error(error: Exception) -> DocumentError:
    """Any error as one of MongoDB's; what nobody expected is logged, and told with no more than a reference."""
    if isinstance(error, DocumentError):
        return error
    if isinstance(error, DbaasError):
        code = next((code for kind, code in _CODES if isinstance(error, kind)), Code.OperationFailed)
        return DocumentError(code, error.message, hint=error.hint)
    if isinstance(error, RecursionError):
        return DocumentError(Code.Overflow, "The command exceeds the depth limit.")
    reference = secrets.token_hex(6)
    log.error("unexpected error %s", reference, exc_info=error)
    return DocumentError(Code.InternalError, f"Something went wrong inside the server. Reference: {reference}")


def _described(error: DocumentError) -> Document:
    message = error.message if error.hint is None else f"{error.message} {error.hint}"
    answer: Document = {"ok": 0.0, "errmsg": message, "code": error.number, "codeName": error.code, **error.info}
    if error.labels:
        answer["errorLabels"] = list(error.labels)
    return answer
