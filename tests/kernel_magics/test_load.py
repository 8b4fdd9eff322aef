"""Loading: every value arrives, types are right, and a failure changes nothing."""

from __future__ import annotations

import datetime
import gzip
import zipfile
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dbaas.client import DatabaseClient
from dbaas.errors import DbaasError, UsageError
from dbaas.load import Options


def types(shop: DatabaseClient, table: str) -> dict[str, str]:
    found = shop.schema().table(table)
    assert found is not None
    return {column.name: column.type for column in found.columns}


def rows(shop: DatabaseClient, table: str) -> list[tuple[Any, ...]]:
    return list(shop.query(f'select * from "{table}" order by 1'))


def tables(shop: DatabaseClient) -> set[str]:
    return {table.name for table in shop.schema().tables}


def test_a_csv_file_makes_its_table(shop: DatabaseClient, new_table: str, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text('id,Name,"a ""quoted"" one",zip,day\n1,,2.5,01234,2013-01-01\n2,"",NA,5,\n3,"x,\ny",1,6,\n')
    loaded = shop.load(path, new_table, options=Options(primary_key=["id"]))
    assert (loaded.rows, loaded.created) == (3, True) and "--null NA" in repr(loaded)
    assert types(shop, new_table) == {
        "id": "bigint", "Name": "text", 'a "quoted" one': "double precision", "zip": "text", "day": "date",
    }  # fmt: skip
    assert rows(shop, new_table) == [
        (1, None, 2.5, "01234", "2013-01-01"), (2, "", None, "5", None), (3, "x,\ny", 1.0, "6", None),
    ]  # fmt: skip
    table = shop.schema().table(new_table)
    assert table is not None and table.primary_key == ("id",)


@pytest.mark.parametrize("kind", ["csv.gz", "csv.zip", "file", "latin"])
def test_a_file_may_be_packed_open_or_in_another_encoding(
    shop: DatabaseClient, new_table: str, tmp_path: Path, kind: str
) -> None:
    data, source, options = "id;v\n1;é\n".encode(), tmp_path / f"x.{kind}", Options()
    if kind == "csv.gz":
        source.write_bytes(gzip.compress(data))
    elif kind == "csv.zip":
        with zipfile.ZipFile(source, "w") as archive:
            archive.writestr("x.csv", data)
    else:
        source.write_bytes("id;v\n1;é\n".encode("latin-1") if kind == "latin" else data)
        options = Options(encoding="latin-1") if kind == "latin" else options
    if kind == "file":
        with source.open("rb") as stream:
            shop.load(stream, new_table, options=options)
    else:
        shop.load(source, new_table, options=options)
    assert rows(shop, new_table) == [(1, "é")]


def test_a_frame_keeps_its_types_and_its_nulls(shop: DatabaseClient, new_table: str) -> None:
    frame = pd.DataFrame(
        {
            "id": [1.0, 2.0, None],
            "text": ["", None, "null"],
            "at": pd.to_datetime(["2013-01-01 05:00", None, None], utc=True),
            "doc": [{"a": 1}, None, {"b": "\\\n"}],
            "list": [["x", None, "NULL"], [], None],
            "raw": [b"\x00\\", None, b""],
            "flag": [True, None, False],
            "span": pd.to_timedelta([1, None, 2], unit="h"),
        }
    )
    shop.load(frame, new_table)
    assert types(shop, new_table) == {
        "id": "bigint", "text": "text", "at": "timestamp with time zone", "doc": "jsonb", "list": "text[]",
        "raw": "bytea", "flag": "boolean", "span": "interval",
    }  # fmt: skip
    assert rows(shop, new_table) == [
        (1, "", "2013-01-01T05:00:00+00:00", {"a": 1}, ["x", None, "NULL"], "\\x005c", True, "01:00:00"),
        (2, None, None, None, [], None, None, None),
        (None, "null", None, {"b": "\\\n"}, None, "\\x", False, "02:00:00"),
    ]


def test_polars_arrow_and_parquet(shop: DatabaseClient, new_table: str, tmp_path: Path) -> None:
    frame = pl.DataFrame({"id": [1, 2], "s": ["a", None], "d": [datetime.date(2013, 1, 1), None]})
    shop.load(frame, new_table)
    shop.load(frame.to_arrow(), new_table, options=Options(existing="append"))
    pq.write_table(pa.table(frame.to_arrow()), tmp_path / "x.parquet")
    shop.load(tmp_path / "x.parquet", new_table, options=Options(existing="append"))
    assert len(rows(shop, new_table)) == 6 and types(shop, new_table)["d"] == "date"


def test_a_result_can_be_loaded_again(shop: DatabaseClient, new_table: str) -> None:
    shop.load(shop.query("select g as id, 'x' as v from generate_series(1, 250) g"), new_table)
    assert shop.query(f'select count(*) from "{new_table}"').scalar() == 250


def test_a_table_with_rows_is_not_touched_unasked(shop: DatabaseClient, new_table: str) -> None:
    frame = pd.DataFrame({"id": [1], "v": ["old"]})
    shop.load(frame, new_table, options=Options(primary_key=["id"]))
    with pytest.raises(DbaasError, match=r"has rows already.*--append.*--replace"):
        shop.load(frame, new_table)
    assert "left as it is" in repr(shop.load(frame, new_table, options=Options(existing="keep")))
    with pytest.raises(DbaasError, match="duplicate key"):
        shop.load(frame, new_table, options=Options(existing="append"))
    shop.load(pd.DataFrame({"id": [2]}), new_table, options=Options(existing="append"))
    assert rows(shop, new_table) == [(1, "old"), (2, None)]


def test_an_empty_table_is_filled(shop: DatabaseClient, new_table: str) -> None:
    shop.query(f'create table "{new_table}" (id int, v jsonb, w text default $$d$$)')
    shop.load(pd.DataFrame({"v": ['{"a": 1}'], "id": [1]}), new_table)
    assert rows(shop, new_table) == [(1, {"a": 1}, "d")]


def test_replacing_keeps_the_definition_where_it_fits(shop: DatabaseClient, new_table: str) -> None:
    shop.query(f'create table "{new_table}" (id int primary key, v text)')
    shop.query(f'alter table "{new_table}" enable row level security')
    shop.query(f'insert into "{new_table}" values (9, $$old$$)')
    shop.load(pd.DataFrame({"id": [1, 2]}), new_table, options=Options(existing="replace"))
    assert rows(shop, new_table) == [(1, None), (2, None)]
    table = shop.schema().table(new_table)
    assert table is not None and table.row_security and table.primary_key == ("id",)


def test_replacing_with_other_columns_makes_the_table_anew(shop: DatabaseClient, new_table: str) -> None:
    shop.load(pd.DataFrame({"id": [1]}), new_table)
    shop.load(pd.DataFrame({"key": ["a"]}), new_table, options=Options(existing="replace", primary_key=["key"]))
    assert rows(shop, new_table) == [("a",)]


@pytest.mark.parametrize("primary_key", [[], ["id"]])
def test_a_failed_replacement_leaves_the_old_rows(shop: DatabaseClient, new_table: str, primary_key: list[str]) -> None:
    shop.query(f'create table "{new_table}" (id int primary key)')
    shop.query(f'insert into "{new_table}" values (7)')
    before = tables(shop)
    with pytest.raises(DbaasError):
        shop.load(pd.DataFrame({"id": [1, 1]}), new_table, options=Options(existing="replace", primary_key=primary_key))
    assert rows(shop, new_table) == [(7,)] and tables(shop) == before


@pytest.mark.parametrize(
    ("text", "key", "said"),
    [
        ("id\n1\n1\n", ["id"], "duplicate|could not create unique"),
        ("id,v\n1,a\n2\n", [], "well-formed"),
        ("id\n1\n", ["ids"], "Did you mean id"),
        ("id\na\x00b\n", [], "0x00"),
        ("x" * 64 + "\n1\n", [], "longer than 63"),
    ],
)
def test_a_failed_load_leaves_no_table(
    shop: DatabaseClient, new_table: str, tmp_path: Path, text: str, key: list[str], said: str
) -> None:
    (tmp_path / "x.csv").write_text(text)
    with pytest.raises(DbaasError, match=said):
        shop.load(tmp_path / "x.csv", new_table, options=Options(primary_key=key))
    assert new_table not in tables(shop)


def test_columns_that_the_table_has_not_are_refused_at_once(shop: DatabaseClient, new_table: str) -> None:
    shop.query(f'create table "{new_table}" (identity int)')
    with pytest.raises(DbaasError, match=r"no column 'identiti'.*Did you mean identity"):
        shop.load(pd.DataFrame({"identiti": [1]}), new_table)


def test_what_cannot_be_loaded_is_named(shop: DatabaseClient, tmp_path: Path) -> None:
    (tmp_path / "flights.csv").write_text("a\n1\n")
    with pytest.raises(DbaasError, match=r"no file.*Did you mean flights\.csv"):
        shop.load(tmp_path / "flihgts.csv", "t")
    with pytest.raises(UsageError, match="A int cannot be loaded"):
        shop.load(5, "t")


def test_a_schema_of_ones_own(shop: DatabaseClient) -> None:
    shop.query("create schema if not exists sales")
    shop.load(
        pd.DataFrame({"id": [1]}), "orders", options=Options(schema="sales", existing="replace", primary_key=["id"])
    )
    shop.load(
        pd.DataFrame({"id": [2]}), "orders", options=Options(schema="sales", existing="replace", primary_key=["id"])
    )
    assert shop.query("select id from sales.orders").scalar() == 2
    shop.query("drop schema sales cascade")
