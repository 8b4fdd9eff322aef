"""Rows of the engine's CSV as texts, read in C; a null is None and no empty text."""

from __future__ import annotations

import pyarrow as pa
from pyarrow import csv

__all__ = ["read_rows", "text_rows"]

_PARSE = csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False)


def read_rows(chunk: bytes, types: dict[str, pa.DataType], only: list[str] | None = None) -> pa.Table:
    """Rows as a table.

    Args:
        types: of all columns, whose names stand for themselves.
        only: columns that are wanted.

    Raises:
        pyarrow.ArrowInvalid: a value is none of its type.
    """
    return csv.read_csv(
        pa.BufferReader(chunk),
        read_options=csv.ReadOptions(block_size=len(chunk) + 1, column_names=list(types)),
        parse_options=_PARSE,
        convert_options=csv.ConvertOptions(
            column_types=types,
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
            true_values=["t"],
            false_values=["f"],
            include_columns=only,
        ),
    )


def text_rows(chunk: bytes, width: int) -> list[tuple[str | None, ...]]:
    """Rows of texts."""
    table = read_rows(chunk, {str(place): pa.string() for place in range(width)})
    return list(zip(*(column.to_pylist() for column in table.columns), strict=True))
