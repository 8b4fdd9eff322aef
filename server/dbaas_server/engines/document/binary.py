"""Parameters in PostgreSQL's binary format (``src/backend/utils/adt/arrayfuncs.c``: ``array_recv``)."""

from __future__ import annotations

import struct
from collections.abc import Sequence

__all__ = ["byte_strings", "integer", "integers", "number_of"]

_BYTEA, _INT8 = 17, 20
_HEADER = struct.Struct("!iiIii")  # dimensions, has nulls, element type, length, lower bound
_LENGTH = struct.Struct("!i")
_INTEGER = struct.Struct("!q")


def integer(value: int) -> bytes:
    """An ``int8``."""
    return _INTEGER.pack(value)


def number_of(value: bytes) -> int:
    """The number that an ``int8`` result holds."""
    found: int = _INTEGER.unpack(value)[0]
    return found


def byte_strings(values: Sequence[bytes]) -> bytes:
    """A ``bytea[]``."""
    pack = _LENGTH.pack
    parts = [_HEADER.pack(1, 0, _BYTEA, len(values), 1)]
    for value in values:
        parts.append(pack(len(value)))
        parts.append(value)
    return b"".join(parts)


def integers(values: Sequence[int]) -> bytes:
    """An ``int8[]``."""
    pack = struct.Struct("!iq").pack
    return _HEADER.pack(1, 0, _INT8, len(values), 1) + b"".join([pack(8, value) for value in values])
