"""DataFrames keep their types: integers with nulls are integers, JSON is JSON, empty text is no null."""

from __future__ import annotations

import datetime
import decimal
import uuid
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from dbaas.columns import as_csv_column, sql_type
from dbaas.errors import DbaasError
from dbaas.frames import as_table, batches_to_csv


def types(value: Any) -> dict[str, str]:
    table = as_table(value)
    return {field.name: sql_type(field.type) for field in table.schema}


def lines(value: Any) -> list[str]:
    table = as_table(value)
    return b"".join(batches_to_csv(table.column_names, iter(table.to_batches()))).decode().splitlines()[1:]


def test_pandas_types() -> None:
    frame = pd.DataFrame(
        {
            "whole": [1.0, None, 3.0],
            "half": [1.5, None, 3.0],
            "float": [1.0, 2.0, 3.0],
            "own": pd.array([1, None, 3], "Int64"),
            "own_float": pd.array([1.0, None, 3.0], "Float64"),
            "text": ["", None, "x"],
            "flag": [True, None, False],
            "day": [datetime.date(2013, 1, 1), None, None],
            "moment": pd.to_datetime(["2013-01-01", None, "2013-01-02"]),
            "zoned": pd.to_datetime(["2013-01-01", None, "2013-01-02"], utc=True),
            "price": [decimal.Decimal("1.10"), None, decimal.Decimal("22.5")],
            "json": [{"a": 1}, None, {"b": [1, 2]}],
            "list": [[1, 2], None, []],
            "kind": pd.Categorical(["a", None, "b"]),
            "id": [uuid.UUID(int=1), None, uuid.UUID(int=2)],
            "bytes": [b"\x00", None, b""],
            "span": pd.to_timedelta([1, None, 2], unit="s"),
        }
    )
    assert types(frame) == {
        "whole": "bigint",
        "half": "double precision",
        "float": "double precision",
        "own": "bigint",
        "own_float": "double precision",
        "text": "text",
        "flag": "boolean",
        "day": "date",
        "moment": "timestamp",
        "zoned": "timestamp with time zone",
        "price": "numeric(4,2)",
        "json": "jsonb",
        "list": "bigint[]",
        "kind": "text",
        "id": "uuid",
        "bytes": "bytea",
        "span": "interval",
    }
    first, second, third = lines(frame)
    assert second == ",,2" + "," * 14
    assert first.startswith('1,1.5,1,1,1,"",true,2013-01-01,2013-01-01 00:00:00.000000,')
    assert (
        '"{""a"": 1}","{""1"",""2""}","a","00000000-0000-0000-0000-000000000001","\\x00","1000000 microseconds"'
        in first
    )
    assert '"{}"' in third and '"\\x"' in third


def test_a_named_index_is_columns_and_a_nameless_one_is_not() -> None:
    frame = pd.DataFrame({"v": [1]}, index=pd.Index(["k"], name="key"))
    assert list(types(frame)) == ["key", "v"]
    assert list(types(pd.DataFrame({"v": [1]}))) == ["v"]


def test_a_column_of_several_types_is_named() -> None:
    with pytest.raises(DbaasError, match=r"'odd' has values of several types.*astype"):
        as_table(pd.DataFrame({"odd": [1, "x", None]}))


def test_polars_and_arrow() -> None:
    frame = pl.DataFrame(
        {"n": [1, None], "s": ["", None], "u": pl.Series([1, 2], dtype=pl.UInt64), "l": [["a", None], []]}
    )
    assert types(frame) == {"n": "bigint", "s": "text", "u": "numeric(20)", "l": "text[]"}
    assert lines(frame.lazy()) == ['1,"",1,"{""a"",NULL}"', ',,2,"{}"']


@pytest.mark.parametrize(
    ("array", "kind", "text"),
    [
        (pa.array([{"a": 1}]), "jsonb", '{"a": 1}'),
        (pa.array([[("k", 1)]], pa.map_(pa.string(), pa.int64())), "jsonb", '{"k": 1}'),
        (pa.array([[[1], [2]]]), "jsonb", "[[1], [2]]"),
        (pa.array(["x"], pa.string_view()), "text", "x"),
        (pa.array([2**64 - 1], pa.uint64()), "numeric(20)", 2**64 - 1),
        (pa.array([np.float16(1.5)]), "double precision", 1.5),
        (pa.array([1], pa.timestamp("ns")), "timestamp", datetime.datetime(1970, 1, 1)),
        (pa.array([['say "hi"\\', "NULL"]]), "text[]", '{"say \\"hi\\"\\\\","NULL"}'),
        (pa.nulls(1), "text", None),
    ],
)
def test_arrow_types_become_text_that_copy_reads(array: pa.Array, kind: str, text: Any) -> None:
    assert sql_type(array.type) == kind
    assert as_csv_column(array).to_pylist() == [text]
