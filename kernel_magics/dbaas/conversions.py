"""Arrow tables into others: joined, as pandas, as polars."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pyarrow as pa

from .errors import DbaasError

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl

__all__ = ["arrow_to_pandas", "arrow_to_polars", "joined", "truncated"]


def truncated(table: pa.Table) -> bool:
    """Whether the row cap cut the table off; the server says so in the schema's metadata."""
    return bool((table.schema.metadata or {}).get(b"truncated") == b"true")


def joined(parts: Sequence[pa.Table]) -> pa.Table:
    """One table. Parts may differ in a column's type where one holds a value that its own type cannot."""
    names = parts[0].column_names
    alike = []
    for index in range(len(names)):
        kinds = {part.schema.field(index).type for part in parts if part.num_rows}
        alike.append(kinds.pop() if len(kinds) == 1 else _common(kinds) if kinds else parts[0].schema.field(index).type)
    schema = pa.schema(list(zip(names, alike, strict=True)))
    return pa.concat_tables([part.rename_columns(names).cast(schema) for part in parts if part.num_rows])


def _common(kinds: set[pa.DataType]) -> pa.DataType:
    if all(pa.types.is_decimal(kind) or pa.types.is_null(kind) for kind in kinds):
        numbers = [kind for kind in kinds if pa.types.is_decimal(kind)]
        scale = max(kind.scale for kind in numbers)
        whole = max(kind.precision - kind.scale for kind in numbers)
        if whole + scale <= 38:
            return pa.decimal128(whole + scale, scale)
    return pa.string()


def arrow_to_pandas(table: pa.Table) -> pd.DataFrame:
    """Integers with nulls stay integers; text, numbers and times get pandas' own types."""
    import pandas as pd

    nullable = {
        pa.int16(): pd.Int16Dtype(),
        pa.int32(): pd.Int32Dtype(),
        pa.int64(): pd.Int64Dtype(),
        pa.bool_(): pd.BooleanDtype(),
    }
    frame: pd.DataFrame = table.to_pandas()
    for field, column in zip(table.schema, table.columns, strict=True):
        if column.null_count and field.type in nullable:
            frame[field.name] = column.to_pandas(types_mapper=nullable.get)
    return frame


def arrow_to_polars(table: pa.Table) -> pl.DataFrame:
    """As polars has it. Raises ``DbaasError`` where polars is not installed."""
    try:
        import polars as pl
    except ImportError:
        raise DbaasError(
            "polars is not installed in this environment.", code="not_installed", hint="%pip install polars"
        ) from None
    frame = pl.from_arrow(table)
    assert isinstance(frame, pl.DataFrame)
    return frame
