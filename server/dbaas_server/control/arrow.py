"""A query's result as an Arrow IPC stream: typed columns for DataFrames."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import orjson
import pyarrow as pa

from ..arrow_types import ARROW_TYPES, ByteChunks
from ..nouns import QueryColumn, QueryResult

__all__ = ["arrow_stream"]

_BATCH_ROWS = 50_000


def _timestamp(value: str) -> datetime:
    moment = datetime.fromisoformat(value)
    return moment.astimezone(UTC) if moment.tzinfo is not None else moment


def _text(value: Any) -> str:
    return value if isinstance(value, str) else orjson.dumps(value, default=str).decode()


_Convert = Callable[[Any], Any]
_CONVERT: dict[str, _Convert] = {
    "real": float,
    "double precision": float,
    "date": date.fromisoformat,
    "time without time zone": time.fromisoformat,
    "timestamp without time zone": _timestamp,
    "timestamp with time zone": _timestamp,
    "bytea": lambda value: bytes.fromhex(value[2:]),
}


async def arrow_stream(result: QueryResult) -> AsyncGenerator[bytes]:
    """The stream's bytes, a batch at a time. The schema's metadata says whether the row cap cut it off."""
    columns = list(zip(*result.rows, strict=True)) if result.rows else [()] * len(result.columns)
    arrays = [_array(column, values) for column, values in zip(result.columns, columns, strict=True)]
    schema = pa.schema(
        [(column.name, array.type) for column, array in zip(result.columns, arrays, strict=True)],
        metadata={"truncated": "true" if result.truncated else "false", "command": result.command},
    )
    table = pa.Table.from_arrays(arrays, schema=schema)
    sink = ByteChunks()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        yield sink.take()
        for batch in table.to_batches(max_chunksize=_BATCH_ROWS):
            writer.write_batch(batch)
            yield sink.take()
    yield sink.take()


def _array(column: QueryColumn, values: tuple[Any, ...]) -> pa.Array:
    """One column. A value Arrow's type cannot hold (``infinity``, year 20000) turns the column into text."""
    if column.type.startswith("numeric"):
        return _numeric(values)
    kind = ARROW_TYPES.get(column.type, pa.string())
    convert = _CONVERT.get(column.type) if column.type in ARROW_TYPES else _text
    try:
        converted = values if convert is None else [None if each is None else convert(each) for each in values]
        return pa.array(converted, type=kind)
    except (ValueError, OverflowError, TypeError, pa.ArrowInvalid):
        return pa.array([None if each is None else _text(each) for each in values], type=pa.string())


def _numeric(values: tuple[Any, ...]) -> pa.Array:
    """Numbers of any precision: as decimals where they fit 38 digits, as text where they do not."""
    try:
        return pa.array([None if each is None else Decimal(str(each)) for each in values])
    except (ValueError, TypeError, ArithmeticError, pa.ArrowInvalid):  # TypeError is what Arrow makes of infinity
        return pa.array([None if each is None else str(each) for each in values], type=pa.string())
