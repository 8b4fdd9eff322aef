"""Logical sessions: whose they are, and the numbers by which a write that is sent again is known.

A session needs no record here: its cursors carry its key, and what its retryable writes did is kept by the engine,
beside the documents they wrote. Source: MongoDB's specifications "Driver Sessions" and "Retryable Writes".
"""

from __future__ import annotations

from typing import Any, Final

from bson import Binary, Int64

from ..documents.codec import Document
from ..documents.errors import Code, DocumentError
from ..documents.requests import Retry
from .arguments import integer, wrong_type
from .client import Client

__all__ = ["refuse_transaction", "retry_of", "session_id", "session_key"]

_UUID: Final = 4
_UUID_BYTES: Final = 16


def session_id(value: Any) -> bytes:
    """The 16 bytes of a session's id.

    Args:
        value: ``{id: <UUID>}``, as ``lsid`` has it.

    Raises:
        DocumentError: it is none.
    """
    if type(value) is not dict:
        raise wrong_type("lsid", value, "object")
    id = value.get("id")
    if isinstance(id, Binary) and id.subtype == _UUID:
        if len(id) != _UUID_BYTES:
            raise DocumentError(Code.InvalidLength, "uuid must be a 16-byte binary field with UUID (4) subtype")
        return bytes(id)
    if id is None:
        raise DocumentError(40414, "BSON field 'lsid.id' is missing but a required field")
    raise wrong_type("lsid.id", id, "binData")


def session_key(client: Client, value: Any) -> bytes:
    """What tells a session from everybody else's, whatever ids others have chosen."""
    return session_id(value) + client.owner


def refuse_transaction(body: Document) -> None:
    """Refuse what belongs to a transaction of several statements.

    Raises:
        DocumentError: ``IllegalOperation``, as of a server that has none.
    """
    if "startTransaction" in body or body.get("autocommit") is False:
        raise DocumentError(Code.IllegalOperation, "This server has no transactions of several statements.")


def retry_of(body: Document, session: bytes | None) -> Retry | None:
    """By which numbers a write is known when it comes again; None for one that does not.

    Args:
        session: the key of ``lsid``.

    Raises:
        DocumentError: the numbers cannot be.
    """
    number = body.get("txnNumber")
    if number is None:
        return None
    if type(number) is not Int64 and type(number) is not int:
        raise wrong_type("txnNumber", number, "long")
    if session is None:
        raise DocumentError(Code.InvalidOptions, "Transaction number requires a session ID to also be specified")
    if number < 0:
        raise DocumentError(Code.InvalidOptions, "Transaction number cannot be negative")
    return Retry(session, int(number), _first_statement(body))


def _first_statement(body: Document) -> int:
    numbers = body.get("stmtIds")
    number = numbers[0] if isinstance(numbers, list) and numbers else body.get("stmtId", 0)
    first = integer(number)
    if first is None:
        raise wrong_type("stmtId", number, "int")
    return max(first, 0)
