"""DataFrames and Arrow data as a stream of record batches, their types found or repaired."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from .columns import as_csv_column
from .csv_source import csv_line
from .errors import DbaasError
from .params import to_json

__all__ = ["as_table", "batches_to_csv", "is_frame"]

BATCH_ROWS = 64 * 1024
_EXACT = 2**53  # whole numbers up to here survive a double


def is_frame(value: Any) -> bool:
    """Whether this is a DataFrame or Arrow data that can be loaded."""
    return hasattr(value, "__arrow_c_stream__") or hasattr(value, "to_arrow") or hasattr(value, "collect")


def as_table(value: Any) -> pa.Table:
    """A pandas or polars DataFrame, a result, or Arrow data as an Arrow table.

    A pandas column of floats that is whole wherever it is not missing was one of integers: pandas turns those into
    floats to mark what is missing. It becomes integers again.

    Raises:
        DbaasError: a column of mixed types, or something that is no frame.
    """
    if isinstance(value, pa.Table):
        return value
    if type(value).__module__.split(".")[0] == "pandas":
        return _from_pandas(value)
    if hasattr(value, "collect"):  # a lazy frame
        value = value.collect()
    if hasattr(value, "to_arrow"):
        return value.to_arrow()
    return pa.table(value)


def batches_to_csv(names: list[str], batches: Iterator[pa.RecordBatch]) -> Iterator[bytes]:
    """CSV for COPY, with a header line: nulls unquoted, text quoted."""
    yield csv_line(names)
    for batch in batches:
        ready = pa.RecordBatch.from_arrays([as_csv_column(column) for column in batch.columns], names=names)
        sink = pa.BufferOutputStream()
        pacsv.write_csv(ready, sink, pacsv.WriteOptions(include_header=False))
        yield bytes(sink.getvalue())


def _from_pandas(frame: Any) -> pa.Table:
    if any(name is not None for name in frame.index.names):
        frame = frame.reset_index()
    arrays = []
    for position, name in enumerate(frame.columns):
        series = frame.iloc[:, position]
        try:
            column = _object_column(series) if series.dtype == object else pa.array(series, from_pandas=True)
        except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError) as error:
            raise DbaasError(
                f"The column {name!r} has values of several types.",
                code="mixed_column",
                details=str(error),
                hint="Make it one, for example with .astype(str).",
            ) from None
        if isinstance(column, pa.ChunkedArray):
            column = column.combine_chunks()
        arrays.append(_whole_again(column) if _marks_missing(series) else column)
    return pa.Table.from_arrays(arrays, names=[str(name) for name in frame.columns])


def _object_column(series: Any) -> pa.Array:
    """A column of Python objects. JSON-like values become JSON: a struct would invent keys."""
    first = next((item for item in series if item is not None and item == item), None)
    nested = isinstance(first, dict) or (
        isinstance(first, list | tuple) and any(isinstance(item, dict | list | tuple) for item in first)
    )
    if nested:
        texts = [None if item is None else json.dumps(to_json(item), ensure_ascii=False) for item in series]
        return pa.ExtensionArray.from_storage(pa.json_(), pa.array(texts, pa.string()))
    if isinstance(first, uuid.UUID):
        octets = [None if item is None else uuid.UUID(str(item)).bytes for item in series]
        return pa.ExtensionArray.from_storage(pa.uuid(), pa.array(octets, pa.binary(16)))
    return pa.array(series, from_pandas=True)


def _whole_again(column: pa.Array) -> pa.Array:
    if not pa.types.is_float64(column.type) or column.null_count in (0, len(column)):
        return column
    whole = pc.and_(pc.equal(pc.floor(column), column), pc.less_equal(pc.abs(column), _EXACT))
    return column.cast(pa.int64()) if pc.all(whole).as_py() else column


def _marks_missing(series: Any) -> bool:
    """A numpy float column: it has no way to say "missing" but NaN. pandas' own and Arrow's types do."""
    return type(series.dtype).__module__.split(".")[0] == "numpy" and series.dtype.kind == "f"
