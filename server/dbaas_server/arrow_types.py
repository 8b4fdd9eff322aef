"""The engines' types as Arrow's, in one place for every door. Importing this imports pyarrow.

- Whole numbers, floats, truth values, dates, times and bytes are what they are. Moments with a time zone are UTC.
- ``numeric(p, s)`` is a decimal of that precision. Without a precision no width would be enough for every value to
  come, so where the schema stands before the first row it is text, which is exact.
- An array is a list of its elements. Everything else, JSON among it, is text as the engine writes it.
"""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from .nouns import QueryColumn

__all__ = ["ARROW_TYPES", "ByteChunks", "arrow_type"]

ARROW_TYPES: dict[str, pa.DataType] = {
    "boolean": pa.bool_(),
    "smallint": pa.int16(),
    "integer": pa.int32(),
    "bigint": pa.int64(),
    "oid": pa.int64(),
    "real": pa.float32(),
    "double precision": pa.float64(),
    "date": pa.date32(),
    "time without time zone": pa.time64("us"),
    "timestamp without time zone": pa.timestamp("us"),
    "timestamp with time zone": pa.timestamp("us", tz="UTC"),
    "bytea": pa.binary(),
}
_WIDEST_SHORT, _WIDEST = 38, 76


def arrow_type(column: QueryColumn) -> pa.DataType:
    """A column's type, from what is known before its first value."""
    if column.type.endswith("[]"):
        return pa.list_(ARROW_TYPES.get(column.type[:-2], pa.string()))
    precision, scale = column.precision, column.scale
    if precision is not None and scale is not None and 0 <= scale <= precision <= _WIDEST:
        return pa.decimal128(precision, scale) if precision <= _WIDEST_SHORT else pa.decimal256(precision, scale)
    return ARROW_TYPES.get(column.type, pa.string())


class ByteChunks:
    """A file-like sink that gives back what was written since the last look."""

    closed = False

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._size = 0

    def write(self, data: Any) -> int:
        """Keep some bytes."""
        part = bytes(data)
        self._parts.append(part)
        self._size += len(part)
        return len(part)

    def tell(self) -> int:
        """Bytes written in all."""
        return self._size

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        """Nothing is held open."""

    def writable(self) -> bool:
        """Bytes go in."""
        return True

    def readable(self) -> bool:
        """They are taken, not read."""
        return False

    def seekable(self) -> bool:
        """What was taken is gone."""
        return False

    def take(self) -> bytes:
        """What was written since the last time."""
        taken = b"".join(self._parts)
        self._parts.clear()
        return taken
