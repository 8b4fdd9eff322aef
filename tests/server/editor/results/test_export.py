"""Files of a result, read back with their own formats' readers."""

from __future__ import annotations

import csv
import datetime
import io
import json
import random
from decimal import Decimal

import httpx
import openpyxl
import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

FORMATS = ("csv", "json", "ndjson", "parquet", "arrow", "xlsx", "markdown", "inserts")
HOSTILE = "<img onerror=alert(1)>\"; drop\u202e'|`\\"
CELLS = [
    "", "plain", "=1+1", "+1", "@x", '"', "a,b", "a\nb\r\nc", "\x01\x02\x1f", "_x0041_", "\ufffe\uffff", "<r>x</r>",
    "<r><t>x</t></r>", "it's", "back\\slash", "\\.", "é\U0001f600", "\u202eabc", "<img onerror=x>", "x" * 40_000, None,
]  # fmt: skip


def exported(editor, text: str, format: str, **fields) -> bytes:
    answer = editor.post("export", text, format=format, **fields)
    assert answer.status_code == 200, answer.text
    return answer.content


@pytest.fixture(scope="module")
def texts(editor) -> str:
    """A table of every kind of text; the statement that reads it."""
    with editor.connect() as connection:
        connection.execute("create table export_texts (id int primary key, v text)")
        with connection.cursor() as cursor:
            cursor.executemany("insert into export_texts values (%s, %s)", list(enumerate(CELLS)))
    return "select id, v from export_texts order by id"


def test_csv_is_what_a_reader_reads_back(editor, texts) -> None:
    rows = list(csv.reader(io.StringIO(exported(editor, texts, "csv").decode(), newline="")))
    assert rows[0] == ["id", "v"]
    assert [row[1] for row in rows[1:]] == [value or "" for value in CELLS]


@pytest.mark.parametrize("params", [None, ["2"]])
def test_json_has_objects_whatever_stands_in_them(editor, texts, params) -> None:
    text = f"select * from ({texts}) t, lateral (select '{{\"a\":\n\n1}}'::json as j) x"
    if params:
        text += " where id < $1"
    wanted = [{"id": place, "v": value, "j": {"a": 1}} for place, value in enumerate(CELLS) if not params or place < 2]
    assert json.loads(exported(editor, text, "json", params=params)) == wanted
    lines = exported(editor, text, "ndjson", params=params).decode().split("\n")
    assert lines.pop() == ""
    assert [json.loads(line) for line in lines] == wanted


@pytest.mark.parametrize("format", ["parquet", "arrow"])
def test_columns_keep_texts_and_nulls_apart(editor, texts, format: str) -> None:
    table = read(exported(editor, texts, format), format)
    assert table.schema.names == ["id", "v"]
    assert table.column("v").to_pylist() == CELLS
    assert table.column("id").to_pylist() == list(range(len(CELLS)))


def read(content: bytes, format: str) -> pa.Table:
    source = pa.BufferReader(content)
    return pq.read_table(source) if format == "parquet" else pa.ipc.open_stream(source).read_all()


TYPED = """
    select 1::int2 as i2, -2147483648 as i4, 9223372036854775807 as i8, 1.5::float4 as f4, 'NaN'::float8 as nan,
     '-Infinity'::float8 as inf, 12.50::numeric(10, 2) as dec, 0.1::numeric(60, 30) as wide, 1.5::numeric as n,
     true as t, date '2020-02-29' as d, time '23:59:59.999999' as c, timestamp '2020-01-02 03:04:05.000006' as ts,
     timestamptz '2020-01-02 03:04:05+05:30' as tz, '\\x00ff'::bytea as b, '{"a": 1}'::jsonb as j,
     array[1, null, 3] as li, array['a,b', null, '"'] as lt, array[1.10]::numeric[] as ln,
     array[timestamptz '2020-01-01 00:00:00+00'] as lz, array[]::bool[] as lb, array['\\xff'::bytea] as lx,
     '00000000-0000-0000-0000-000000000001'::uuid as u, interval '1 day' as iv, point(1, 2) as p
"""


@pytest.mark.parametrize("format", ["parquet", "arrow"])
@pytest.mark.parametrize("params", [None, [5]])
def test_types_are_fixed_and_values_exact(editor, format: str, params) -> None:
    text = f"select x.* from (values (1), (2)) v (n) left join ({TYPED}) x on v.n = 1"
    if params:
        text += " where $1::int = 5"
    text += " order by v.n"
    table = read(exported(editor, text, format, params=params), format)
    kinds = dict(zip(table.schema.names, table.schema.types, strict=True))
    assert kinds["i2"] == pa.int16() and kinds["i8"] == pa.int64() and kinds["f4"] == pa.float32()
    assert kinds["dec"] == pa.decimal128(10, 2) and kinds["n"] == pa.string()
    assert kinds["wide"] == pa.decimal256(60, 30)
    assert kinds["tz"] == pa.timestamp("us", tz="UTC") and kinds["li"].value_type == pa.int32()
    row, nothing = ({name: table.column(name)[place].as_py() for name in table.schema.names} for place in range(2))
    assert set(nothing.values()) == {None}
    assert row.pop("nan") != row.pop("inf")
    utc = datetime.UTC
    assert row == {
        "i2": 1, "i4": -2147483648, "i8": 9223372036854775807, "f4": 1.5, "dec": Decimal("12.50"),
        "wide": Decimal("0.1"), "n": "1.5", "t": True, "d": datetime.date(2020, 2, 29),
        "c": datetime.time(23, 59, 59, 999999), "ts": datetime.datetime(2020, 1, 2, 3, 4, 5, 6),
        "tz": datetime.datetime(2020, 1, 1, 21, 34, 5, tzinfo=utc), "b": b"\x00\xff", "j": '{"a": 1}',
        "li": [1, None, 3], "lt": ["a,b", None, '"'], "ln": ["1.10"],
        "lz": [datetime.datetime(2020, 1, 1, tzinfo=utc)], "lb": [], "lx": [b"\xff"],
        "u": "00000000-0000-0000-0000-000000000001", "iv": "1 day", "p": "(1,2)",
    }  # fmt: skip


@pytest.mark.parametrize("format", ["parquet", "arrow"])
def test_moments_that_no_calendar_module_knows(editor, format: str) -> None:
    text = (
        "select * from (values ('infinity'::timestamptz, 'infinity'::date), ('-infinity', '-infinity'),"
        " ('0044-03-15 12:00:00+00 BC', '0044-03-15 BC'), ('20000-02-29 00:00:00+00', '20000-02-29'),"
        " ('1890-01-01 00:00:00+00', '2020-01-01'), ('1500-02-28 23:59:59.5+00', '0001-01-01')) v (m, d)"
    )
    with editor.connect() as connection:
        moments = connection.execute(
            f"select case when isfinite(m) then (extract(epoch from m) * 1000000)::int8 end,"
            f" case when isfinite(d) then d - date '1970-01-01' end from ({text}) t"
        ).fetchall()
        user = connection.execute("select current_user").fetchone()[0]
        connection.execute(f'alter role "{user}" set timezone = "Europe/Amsterdam"')  # 1890: an offset with seconds
    try:
        table = read(exported(editor, text, format), format)
    finally:
        with editor.connect() as connection:
            connection.execute(f'alter role "{user}" reset timezone')
    found = list(
        zip(table.column("m").cast(pa.int64()).to_pylist(), table.column("d").cast(pa.int32()).to_pylist(), strict=True)
    )
    assert found[:2] == [(2**63 - 1, 2**31 - 1), (1 - 2**63, 1 - 2**31)]
    assert found[2:] == moments[2:]


@pytest.mark.parametrize(
    "expression", ["'NaN'::numeric(5, 2)", "time '24:00:00'", "array[array[1, 2], array[3, 4]]", "'{{a,b}}'::text[]"]
)
def test_what_a_type_of_the_file_cannot_hold_is_said(editor, expression: str) -> None:
    refusal = editor.refused("export", f"select {expression} as odd", format="parquet")
    assert refusal["code"] == "value_unfit" and "odd" in refusal["message"]
    assert read(exported(editor, f"select ({expression})::text as odd", "parquet"), "parquet").num_rows == 1


@pytest.mark.parametrize("format", ["parquet", "arrow"])
def test_elements_of_arrays_are_the_engines_texts(editor, format: str) -> None:
    with editor.connect() as connection:
        connection.execute("create type export_pair as (a int, b text)")
    text = (
        """select array['{"a":1.50,"b":2}'::jsonb, '"x"', 'null', '12', null] as j, array['[1.0,  2]'::json] as k,"""
        " array[row(1, 'x, y')::export_pair] as p, array[1.10, null]::numeric[] as n, array['{1}']::text[] as t,"
        " array['00000000-0000-0000-0000-000000000001']::uuid[] as u, null::jsonb[] as z, '{}'::jsonb[] as e"
    )
    try:
        table = read(exported(editor, text, format), format)
    finally:
        with editor.connect() as connection:
            connection.execute("drop type export_pair")
    assert {name: table.column(name)[0].as_py() for name in table.schema.names} == {
        "j": ['{"a": 1.50, "b": 2}', '"x"', "null", "12", None], "k": ["[1.0,  2]"], "p": ['(1,"x, y")'],
        "n": ["1.10", None], "t": ["{1}"], "u": ["00000000-0000-0000-0000-000000000001"], "z": None, "e": [],
    }  # fmt: skip


def test_excel_has_numbers_as_numbers_and_never_a_formula(editor, texts) -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(exported(editor, texts, "xlsx"))).active
    rows = list(sheet.iter_rows())
    assert [cell.value for cell in rows[0]] == ["id", "v"]
    for place, (value, (number, cell)) in enumerate(zip(CELLS, rows[1:], strict=True)):
        assert number.value == place and number.data_type == "n"
        if value is not None and len(value) > 32_767:
            assert len(cell.value) == 32_767 and cell.value.endswith(" …")
        else:
            assert cell.data_type in ("s", "inlineStr", "n") and unescaped(cell.value) == value, value
    text = (
        "select 1.25::numeric as a, 12345678901234567 as b, true as c, date '2020-02-29' as d,"
        " timestamp '2020-02-29 12:00' as e, 'NaN'::float8 as f, date '1800-01-01' as g, '{1,2}'::int[] as h"
    )
    row = list(openpyxl.load_workbook(io.BytesIO(exported(editor, text, "xlsx"))).active.iter_rows(values_only=True))[1]
    assert row == (
        1.25, "12345678901234567", True, datetime.datetime(2020, 2, 29), datetime.datetime(2020, 2, 29, 12), "NaN",
        "1800-01-01", "{1,2}",
    )  # fmt: skip


def test_excel_keeps_numbers_beyond_a_double_and_markup_in_names_as_texts(editor) -> None:
    text = 'select 10::numeric ^ 400 as "<r>x</r>", 1e-400::numeric as b, 0.00::numeric as c'
    rows = list(openpyxl.load_workbook(io.BytesIO(exported(editor, text, "xlsx"))).active.iter_rows(values_only=True))
    assert rows[0] == ("<r>x</r>", "b", "c")
    (large, small, zero) = rows[1]
    assert (len(large.split(".")[0]), len(small), zero) == (401, 402, 0)


def test_excel_tells_when_there_are_too_many_bytes(monkeypatch) -> None:
    from dbaas_provisioning.errors import Invalid
    from dbaas_server.editor.results.formats import Sheet, workbook
    from dbaas_server.nouns import QueryColumn

    monkeypatch.setattr(workbook, "MOST_BYTES", 300_000)
    encoder = workbook.Workbook(Sheet((QueryColumn("a", "text"),), ("a",)))
    try:
        encoder.rows(b"x\n" * 1000)
        with pytest.raises(Invalid) as refused:
            for _ in range(100):
                encoder.rows((b"x" * 1000 + b"\n") * 100)
        assert refused.value.code == "too_many_bytes"
        folder = encoder._folder
    finally:
        encoder.close()
    assert not folder.exists()


def unescaped(value: str | None) -> str | None:
    """What Excel shows: the reader leaves the escapes of control characters as they are."""
    from openpyxl.utils.escape import unescape

    return value if value is None else unescape(value).replace("_xFFFE_", "\ufffe").replace("_xFFFF_", "\uffff")


def test_excel_tells_when_there_are_too_many_rows(monkeypatch) -> None:
    from dbaas_provisioning.errors import Invalid
    from dbaas_server.editor.results.formats import Sheet, workbook
    from dbaas_server.nouns import QueryColumn

    monkeypatch.setattr(workbook, "MOST_ROWS", 3)
    encoder = workbook.Workbook(Sheet((QueryColumn("a", "integer"),), ("a",)))
    try:
        encoder.rows(b"1\n2\n")
        with pytest.raises(Invalid) as refused:
            encoder.rows(b"3\n")
        assert refused.value.code == "too_many_rows"
    finally:
        encoder.close()


def test_inserts_put_back_what_was_there(editor, texts) -> None:
    script = exported(editor, texts, "inserts", table='public."export_Copy"').decode()
    with editor.connect() as connection:
        connection.execute('create table "export_Copy" (like export_texts)')
        connection.execute(script)
        assert connection.execute('select v from "export_Copy" order by id').fetchall() == [(each,) for each in CELLS]
    typed = (
        "select 1 as i, 1.5 as n, 'NaN'::float8 as f, true as b, '{1,2}'::int[] as l, '\\x00'::bytea as x, null as z"
    )
    assert exported(editor, typed, "inserts", table="t; drop").decode() == (
        'insert into "t; drop" ("i", "n", "f", "b", "l", "x", "z") values\n'
        "(1, 1.5, 'NaN', true, '{1,2}', E'\\\\x00', null);\n"
    )


def test_markdown_is_a_table_whatever_stands_in_it(editor, texts) -> None:
    lines = exported(editor, texts, "markdown").decode().split("\n")
    assert lines[:2] == ["| id | v |", "| ---: | --- |"] and len(lines) == len(CELLS) + 3
    assert not any("<img" in line or "\u202e" in line for line in lines)


@pytest.mark.parametrize("format", FORMATS)
def test_no_rows_make_a_whole_file(editor, format: str) -> None:
    content = exported(editor, "select 1 as a, 'x'::text as b where false", format)
    if format in ("parquet", "arrow"):
        assert read(content, format).schema == pa.schema([("a", pa.int32()), ("b", pa.string())])
    elif format == "xlsx":
        rows = list(openpyxl.load_workbook(io.BytesIO(content)).active.iter_rows(values_only=True))
        assert rows == [("a", "b")]
    else:
        head = {"csv": "a,b\n", "json": "[]\n", "markdown": "| a | b |\n| ---: | --- |\n"}
        assert content.decode() == head.get(format, "")


@pytest.mark.parametrize("format", FORMATS)
def test_hostile_and_double_names(editor, format: str) -> None:
    quoted = HOSTILE.replace('"', '""')
    text = f'select 1 as a, 2 as a, 3 as "{quoted}", 4 as q, 5 as a_2, 6 as "{quoted}"'
    content = exported(editor, text, format)
    names = ["a", "a_3", HOSTILE, "q", "a_2", HOSTILE + "_2"]
    values = [1, 2, 3, 4, 5, 6]
    if format in ("parquet", "arrow"):
        table = read(content, format)
        assert table.schema.names == names and [each[0].as_py() for each in table.columns] == values
    elif format in ("json", "ndjson"):
        found = json.loads(content)
        assert (found[0] if format == "json" else found) == dict(zip(names, values, strict=True))
    elif format == "csv":
        rows = list(csv.reader(io.StringIO(content.decode(), newline="")))
        assert rows == [["a", "a", HOSTILE, "q", "a_2", HOSTILE], [str(value) for value in values]]
    elif format == "xlsx":
        rows = list(openpyxl.load_workbook(io.BytesIO(content)).active.iter_rows(values_only=True))
        assert rows == [("a", "a", HOSTILE, "q", "a_2", HOSTILE), tuple(values)]


def test_order_and_conditions_hold_in_a_file(editor) -> None:
    content = exported(
        editor, "select g from generate_series(1, 100) g", "csv",
        order=[{"column": 0, "descending": True}], where=[{"column": 0, "op": "le", "value": 3}],
    )  # fmt: skip
    assert content == b"g\n3\n2\n1\n"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("select nowhere", "42703"),
        ("select 1/(3 - g) as a from generate_series(1, 5) g", "22012"),
        ("insert into export_texts values (99, 'x') returning id", "not_pageable"),
        ("with w as (delete from export_texts returning id) select * from w", "not_pageable"),
        ("select 1; select 2", "not_pageable"),
        ("select from export_texts", "no_columns"),
        ("select set_config('a.b', 'c', false), nextval('export_sequence')", "25006"),
    ],
)
def test_a_refusal_has_a_status_of_its_own(editor, texts, text: str, code: str) -> None:
    with editor.connect() as connection:
        connection.execute("create sequence if not exists export_sequence")
    for format in ("csv", "parquet", "xlsx"):  # rows as they are, encoded, written down first
        answer = editor.post("export", text, format=format)
        assert (answer.status_code, answer.json()["code"]) == (400, code)
        assert "content-disposition" not in answer.headers


@pytest.mark.parametrize("format", ["csv", "json", "ndjson", "parquet", "arrow", "markdown", "inserts"])
def test_a_failure_in_the_middle_does_not_look_like_a_whole_file(editor, format: str) -> None:
    text = "select g as a, repeat(md5(g::text), 10) as b, 1 / (120000 - g) as c from generate_series(1, 150000) g"
    with (
        pytest.raises(httpx.RemoteProtocolError),
        editor.http.stream("POST", f"{editor.path}/export", json={"text": text, "format": format}) as answer,
    ):
        assert answer.status_code == 200
        for _ in answer.iter_raw():
            pass


def test_a_slow_reader_and_one_that_goes_away_leave_no_connection_behind(editor) -> None:
    text = "select g, repeat(md5(g::text), 10) from generate_series(1, 300000) g"
    with editor.http.stream("POST", f"{editor.path}/export", json={"text": text, "format": "parquet"}) as answer:
        next(answer.iter_raw())
    # More than there are connections: each has to come back.
    for _ in range(6):
        with editor.http.stream("POST", f"{editor.path}/export", json={"text": text, "format": "csv"}) as answer:
            next(answer.iter_raw())


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("flights", "attachment; filename=\"flights.csv\"; filename*=UTF-8''flights.csv"),
        ("../../etc/pass\r\nwd", "attachment; filename=\"_.._etc_pass_wd.csv\"; filename*=UTF-8''_.._etc_pass_wd.csv"),
        ("é\u202e", "attachment; filename=\"__.csv\"; filename*=UTF-8''%C3%A9_.csv"),
        (" . ", "attachment; filename=\"result.csv\"; filename*=UTF-8''result.csv"),
    ],
)
def test_a_file_has_a_safe_name(editor, name: str, header: str) -> None:
    answer = editor.post("export", "select 1 as a", format="csv", name=name)
    assert answer.headers["content-disposition"] == header
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_format_that_is_not_there_is_named(editor) -> None:
    assert editor.refused("export", "select 1", format="docx")["code"] == "unknown_format"
    assert editor.refused("export", "select 1")["code"] == "missing_field"


def test_a_large_parquet_file_reads_back_as_the_engine_says(editor) -> None:
    columns = "g as id, md5(g::text) as v, (g * 7919) % 1000 as k, g / 3.0::float8 as f"
    text = f"select {columns} from generate_series(1, 100000) g"
    table = read(exported(editor, text, "parquet"), "parquet")
    assert table.num_rows == 100_000
    with editor.connect() as connection, connection.cursor(row_factory=psycopg.rows.tuple_row) as cursor:
        for place in random.Random(7).sample(range(100_000), 5):
            cursor.execute(f"select * from ({text}) t where id = {place + 1}")
            assert cursor.fetchone() == tuple(column[place].as_py() for column in table.columns)
