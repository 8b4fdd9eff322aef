"""Rows that came as JSON, as a typed Arrow table: the same types that the server gives when asked for Arrow."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import pyarrow as pa

__all__ = ["distinct", "from_rows"]

Convert = Callable[[Any], Any]


def _moment(value: str) -> datetime:
    moment = datetime.fromisoformat(value)
    return moment.astimezone(UTC) if moment.tzinfo is not None else moment


def _decimal(value: Any) -> Decimal:
    return Decimal(str(value))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _json(value: Any) -> str:
    """As the engine writes it."""
    return json.dumps(value, ensure_ascii=False)


_TYPES: dict[str, tuple[pa.DataType, Convert | None]] = {
    "boolean": (pa.bool_(), None),
    "smallint": (pa.int16(), None),
    "integer": (pa.int32(), None),
    "bigint": (pa.int64(), None),
    "oid": (pa.int64(), None),
    "real": (pa.float32(), float),
    "double precision": (pa.float64(), float),
    "date": (pa.date32(), date.fromisoformat),
    "time without time zone": (pa.time64("us"), time.fromisoformat),
    "timestamp without time zone": (pa.timestamp("us"), _moment),
    "timestamp with time zone": (pa.timestamp("us", tz="UTC"), _moment),
    "bytea": (pa.binary(), lambda value: bytes.fromhex(value[2:])),
    "json": (pa.string(), _json),
    "jsonb": (pa.string(), _json),
}


def from_rows(columns: Sequence[str], types: Sequence[str], rows: Sequence[Sequence[Any]]) -> pa.Table:
    """A table of rows.

    Args:
        columns: names; later twins are numbered.
        types: the engine's type names.
        rows: values as the server's JSON has them.
    """
    values = list(zip(*rows, strict=True)) if rows else [()] * len(columns)
    arrays = [_array(kind, column) for kind, column in zip(types, values, strict=True)]
    return pa.Table.from_arrays(arrays, names=distinct(columns))


def distinct(names: Sequence[str]) -> list[str]:
    """The names, later twins numbered: a frame wants each once."""
    taken: dict[str, None] = {}
    for name in names:
        unique, number = name, 2
        while unique in taken or (unique != name and unique in names):
            unique, number = f"{name}_{number}", number + 1
        taken[unique] = None
    return list(taken)


def _array(kind: str, values: Sequence[Any]) -> pa.Array:
    """One column. A value that Arrow's type cannot hold (``infinity``, the year 20000) makes it text."""
    target: pa.DataType | None
    convert: Convert | None
    if kind.startswith("numeric"):
        target, convert = None, _decimal
    else:
        target, convert = _TYPES.get(kind, (pa.string(), _text))
    try:
        converted = [None if each is None else convert(each) if convert else each for each in values]
        return pa.array(converted, type=target)
    except (ValueError, OverflowError, TypeError, ArithmeticError, pa.ArrowInvalid):
        return pa.array([None if each is None else _text(each) for each in values], type=pa.string())
