"""``/editor/export`` on a document database: every format, read back."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime

import pyarrow as pa
import pytest
from bson import Decimal128, Int64, ObjectId
from pyarrow import parquet

KEY = ObjectId("65a1b2c3d4e5f60718293a4b")
AT = datetime(2024, 1, 2, 3, 4, 5, 678000, tzinfo=UTC)


@pytest.fixture
def filled(collection):
    """Three hundred and one documents; the last one has a field of its own."""
    rows = [
        {"_id": n, "big": Int64(n), "real": n / 2, "ok": n % 2 == 0, "at": AT, "s": f'"q", {n}'} for n in range(300)
    ]
    collection.insert_many([*rows, {"_id": 300, "late": {"key": KEY, "d": Decimal128("1.50")}, "s": ""}])
    return collection


def exported(shop, collection, format: str, text: str = "find().sort({_id: 1})", **asked) -> bytes:
    answer = shop.post("export", f"db.{collection.name}.{text}", format=format, **asked)
    assert answer.status_code == 200, answer.text
    return answer.content


def test_csv_has_the_fields_of_all_documents(shop, filled) -> None:
    rows = list(csv.reader(io.StringIO(exported(shop, filled, "csv").decode())))
    assert rows[0] == ["_id", "big", "real", "ok", "at", "s", "late"]
    assert rows[2] == ["1", "1", "0.5", "f", "2024-01-02T03:04:05.678Z", '"q", 1', ""]
    assert len(rows) == 302 and json.loads(rows[301][6])["d"] == {"$numberDecimal": "1.50"}


def test_json_has_whole_documents(shop, filled) -> None:
    documents = json.loads(exported(shop, filled, "json"))
    assert len(documents) == 301 and documents[300]["late"]["key"] == {"$oid": str(KEY)}
    lines = exported(shop, filled, "ndjson").decode().splitlines()
    assert [json.loads(line) for line in lines] == documents


def test_parquet_and_arrow_have_types(shop, filled) -> None:
    table = parquet.read_table(io.BytesIO(exported(shop, filled, "parquet")))
    assert table.num_rows == 301
    assert table.column("_id").to_pylist() == list(range(301)) and table.schema.field("big").type == pa.int64()
    assert table.column("real")[1].as_py() == 0.5 and table.column("ok")[0].as_py() is True
    assert table.column("at")[0].as_py() == AT and table.column("at")[300].as_py() is None
    assert pa.ipc.open_stream(exported(shop, filled, "arrow")).read_all().num_rows == 301


@pytest.mark.parametrize("format", ["xlsx", "markdown", "inserts"])
def test_other_formats_are_made_of_the_same_rows(shop, filled, format: str) -> None:
    assert len(exported(shop, filled, format, name="orders")) > 1_000


def test_an_export_is_arranged_as_the_grid_is(shop, filled) -> None:
    asked = {
        "order": [{"column": 0, "descending": True}],
        "where": [{"column": 0, "op": "lt", "value": "5"}, {"column": 3, "op": "eq", "value": "true"}],
    }
    lines = exported(shop, filled, "ndjson", **asked).decode().splitlines()
    assert [json.loads(line)["_id"] for line in lines] == [4, 2, 0]


def test_what_is_not_read_again_is_not_exported(shop, filled) -> None:
    for text in ("insertOne({})", "countDocuments()"):
        told = shop.refused("export", f"db.{filled.name}.{text}", format="csv")
        assert told["code"] == "not_pageable"
    assert filled.count_documents({}) == 301
