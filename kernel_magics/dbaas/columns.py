"""Arrow types as PostgreSQL column types, and Arrow columns as text that PostgreSQL's COPY reads."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from .params import to_json

__all__ = ["as_csv_column", "is_text", "sql_type"]

_TEXT_TYPES = ("text", "character", "varchar", "bpchar", "citext", "name", '"char"')


def is_text(type_name: str) -> bool:
    """Whether an empty string is a value of this column type."""
    return type_name.startswith(_TEXT_TYPES)


def sql_type(kind: pa.DataType) -> str:
    """The column type that holds every value of an Arrow type without loss."""
    if isinstance(kind, pa.BaseExtensionType):
        return {"arrow.uuid": "uuid", "arrow.json": "jsonb"}.get(kind.extension_name) or sql_type(kind.storage_type)
    if pa.types.is_dictionary(kind):
        return sql_type(kind.value_type)
    if kind == pa.decimal256(76, 0):
        return "numeric"
    if pa.types.is_decimal(kind):
        # PostgreSQL has no scale beyond its precision or below zero before 15.
        return f"numeric({kind.precision},{kind.scale})" if 0 <= kind.scale <= kind.precision else "numeric"
    if pa.types.is_timestamp(kind):
        return "timestamp with time zone" if kind.tz else "timestamp"
    if _is_list(kind):
        inner = sql_type(kind.value_type)
        return "jsonb" if inner in ("jsonb", "bytea") or inner.endswith("[]") else f"{inner}[]"
    return next((name for holds, name in _NAMES if holds(kind)), "text")


def _is_list(kind: pa.DataType) -> bool:
    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind))


_NAMES: tuple[tuple[Callable[[pa.DataType], bool], str], ...] = (
    (pa.types.is_boolean, "boolean"),
    (pa.types.is_uint64, "numeric(20)"),
    (pa.types.is_integer, "bigint"),
    (pa.types.is_floating, "double precision"),
    (pa.types.is_date, "date"),
    (pa.types.is_time, "time"),
    (pa.types.is_duration, "interval"),
    (pa.types.is_binary, "bytea"),
    (pa.types.is_large_binary, "bytea"),
    (pa.types.is_fixed_size_binary, "bytea"),
    (lambda kind: kind == pa.binary_view(), "bytea"),
    (pa.types.is_struct, "jsonb"),
    (pa.types.is_map, "jsonb"),
)


def as_csv_column(column: pa.Array) -> pa.Array:
    """The column as a type that Arrow writes to CSV the way PostgreSQL reads it."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        return as_csv_column(column.dictionary_decode())
    if isinstance(kind, pa.BaseExtensionType):
        if kind.extension_name == "arrow.uuid":
            return _texts(column.storage, lambda value: str(uuid.UUID(bytes=value)))
        return as_csv_column(column.storage)
    if pa.types.is_date64(kind):
        return column.cast(pa.date32())
    if pa.types.is_float16(kind):
        return column.cast(pa.float32())
    if pa.types.is_timestamp(kind) and kind.unit == "ns":
        return column.cast(pa.timestamp("us", kind.tz), safe=False)
    if pa.types.is_time64(kind) and kind.unit == "ns":
        return column.cast(pa.time64("us"), safe=False)
    if pa.types.is_duration(kind):
        return _texts(column.cast(pa.duration("us"), safe=False), _interval)
    name = sql_type(kind)
    if name == "bytea":
        return _texts(column, lambda value: "\\x" + value.hex())
    if name == "jsonb":
        return _texts(column, lambda value: json.dumps(to_json(_plain(value)), ensure_ascii=False))
    if _is_list(kind):
        return _texts(column, _array_literal)
    if kind == pa.string_view():
        return column.cast(pa.large_string())
    return pc.cast(column, kind)


def _texts(column: pa.Array, write: Callable[[Any], str]) -> pa.Array:
    return pa.array([None if value is None else write(value) for value in column.to_pylist()], pa.large_string())


def _interval(value: timedelta) -> str:
    return f"{(value.days * 86_400 + value.seconds) * 1_000_000 + value.microseconds} microseconds"


def _plain(value: Any) -> Any:
    """A struct's and a map's value; Arrow gives a map as pairs."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        if value and all(isinstance(item, tuple) and len(item) == 2 for item in value):
            return {str(key): _plain(item) for key, item in value}
        return [_plain(item) for item in value]
    return value


def _array_literal(values: list[Any]) -> str:
    """A PostgreSQL array: every element quoted, so that none is taken for NULL or for syntax."""
    written = []
    for value in values:
        plain = to_json(value)
        if plain is None:
            written.append("NULL")
        else:
            text = "true" if plain is True else "false" if plain is False else str(plain)
            written.append('"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"')
    return "{" + ",".join(written) + "}"
