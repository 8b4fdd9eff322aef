"""Parquet and Arrow: columns of fixed types, a batch of rows at a time."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator

import pyarrow as pa
from pyarrow import parquet

from ....arrow_types import ByteChunks, arrow_type
from ....nouns import ExtractForm
from .encoder import Encoder, Sheet
from .texts import read_rows
from .values import column_array

__all__ = ["ArrowStream", "Parquet"]

GROUP_BYTES = 32 * 1024 * 1024
"""Of Arrow's memory, written together as a row group."""

_COMPRESSION = "zstd" if pa.Codec.is_available("zstd") else "snappy"


class _Columnar(Encoder):
    form = ExtractForm.typed
    together = 4 * 1024 * 1024

    def __init__(self, sheet: Sheet) -> None:
        super().__init__(sheet)
        self.schema = pa.schema(
            [(name, arrow_type(column)) for name, column in zip(sheet.names, sheet.columns, strict=True)]
        )
        self._sink = ByteChunks()
        # What CSV cannot say directly arrives as text first.
        self._read = {
            str(place): pa.string() if _indirect(field.type) else field.type for place, field in enumerate(self.schema)
        }

    def rows(self, chunk: bytes) -> bytes:
        self._write(self._table(chunk))
        return self._sink.take()

    def end(self) -> Iterator[bytes]:
        self._finish()
        yield self._sink.take()

    def _table(self, chunk: bytes) -> pa.Table:
        try:
            read = read_rows(chunk, self._read)
        except pa.ArrowInvalid:
            slow = [self._slowly(chunk, place) for place in range(len(self.schema))]
            return pa.Table.from_arrays(slow, schema=self.schema)
        arrays = [
            column_array(column, self.schema.field(place)) if _indirect(self.schema.field(place).type) else column
            for place, column in enumerate(read.columns)
        ]
        return pa.Table.from_arrays(arrays, schema=self.schema)

    def _slowly(self, chunk: bytes, place: int) -> pa.Array:
        """One column of rows among which some column has a value that CSV's reader does not know."""
        name, field = str(place), self.schema.field(place)
        if not _indirect(field.type):
            try:
                return read_rows(chunk, self._read, [name]).column(0)
            except pa.ArrowInvalid:
                pass
        texts = read_rows(chunk, {**self._read, **dict.fromkeys(self._read, pa.string())}, [name])
        return column_array(texts.column(0), field)

    @abstractmethod
    def _write(self, table: pa.Table) -> None: ...

    @abstractmethod
    def _finish(self) -> None: ...


class Parquet(_Columnar):
    """Row groups of bounded size, compressed."""

    content_type = "application/vnd.apache.parquet"
    suffix = "parquet"

    def __init__(self, sheet: Sheet) -> None:
        super().__init__(sheet)
        self._writer = parquet.ParquetWriter(self._sink, self.schema, compression=_COMPRESSION)
        self._group: list[pa.Table] = []
        self._group_bytes = 0

    def _write(self, table: pa.Table) -> None:
        self._group.append(table)
        self._group_bytes += table.nbytes
        if self._group_bytes >= GROUP_BYTES:
            self._write_group()

    def _write_group(self) -> None:
        if self._group:
            table = pa.concat_tables(self._group)
            self._writer.write_table(table, row_group_size=max(table.num_rows, 1))
            self._group, self._group_bytes = [], 0

    def _finish(self) -> None:
        self._write_group()
        self._writer.close()


class ArrowStream(_Columnar):
    """Arrow's IPC stream."""

    content_type = "application/vnd.apache.arrow.stream"
    suffix = "arrows"

    def __init__(self, sheet: Sheet) -> None:
        super().__init__(sheet)
        self._writer = pa.ipc.new_stream(self._sink, self.schema)

    def _write(self, table: pa.Table) -> None:
        self._writer.write_table(table)

    def _finish(self) -> None:
        self._writer.close()


def _indirect(kind: pa.DataType) -> bool:
    return bool(pa.types.is_binary(kind) or pa.types.is_list(kind) or pa.types.is_decimal256(kind))
