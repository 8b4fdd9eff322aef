"""Keyset cursors: where a page ended, as an opaque text that fits one question only.

A cursor holds the last row's order keys, so that the next page starts after them whatever was inserted meanwhile. It
gives no rights: its values become arguments of a filter beside the row policies. The fingerprint catches a cursor that
was cut, edited, or taken from another table or order.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Sequence

import orjson

from dbaas_provisioning.errors import Invalid

from ..nouns import Order, TableRef

__all__ = ["decode_cursor", "encode_cursor"]


def encode_cursor(table: TableRef, order: Sequence[Order], position: str) -> str:
    """The text for a client.

    Args:
        position: JSON text of an array, a string or null per key of ``order``, as ``Rows.cursor`` has it.
    """
    values = orjson.loads(position)
    token = orjson.dumps([_fingerprint(table, order, values), *values])
    return base64.urlsafe_b64encode(token).rstrip(b"=").decode()


def decode_cursor(table: TableRef, order: Sequence[Order], text: str) -> list[str | None]:
    """The values of the order keys. Raises ``Invalid`` (``bad_cursor``)."""
    try:
        token = orjson.loads(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
    except (ValueError, binascii.Error):
        raise _bad() from None
    if not isinstance(token, list) or len(token) != len(order) + 1:
        raise _bad()
    fingerprint, *values = token
    if not all(value is None or (isinstance(value, str) and "\0" not in value) for value in values):
        raise _bad()
    if fingerprint != _fingerprint(table, order, values):
        raise _bad()
    return values


def _fingerprint(table: TableRef, order: Sequence[Order], values: Sequence[str | None]) -> str:
    text = repr((table, tuple(order), tuple(values))).encode()
    return hashlib.blake2b(text, digest_size=6).hexdigest()


def _bad() -> Invalid:
    return Invalid(
        "bad_cursor",
        "The cursor does not belong to this request.",
        hint="Send the X-Next-Cursor of the page before, with the same table and order; `cursor=` starts anew.",
    )
