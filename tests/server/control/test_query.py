"""Arbitrary SQL over HTTP: types, caps, paging, cancellation, Arrow."""

from __future__ import annotations

import socket
from decimal import Decimal
from urllib.parse import urlsplit

import httpx
import psycopg
import pyarrow as pa
import pytest

from live_platform import LivePlatform
from waiting import eventually


@pytest.fixture(scope="module")
def base(live: LivePlatform) -> tuple[httpx.Client, str, str]:
    tenant = live.new_tenant()
    http = live.operator()
    made = http.post(f"/v1/{tenant}/databases", json={"name": "q"}).json()
    return http, tenant, made["connection_string"]


def ask(base: tuple[httpx.Client, str, str], query: str, **fields: object) -> httpx.Response:
    http, tenant, _ = base
    return http.post(f"/v1/{tenant}/query", json={"query": query, **fields})


def test_values_arrive_with_their_types(base: tuple) -> None:
    answer = ask(
        base,
        "select 1::int as i, 9007199254740993::int8 as big, 1.50::numeric as n, true as b, null::text as nothing,"
        " array[1,2] as list, '{\"a\":1}'::jsonb as doc, '\\x00ff'::bytea as bytes, date '2020-02-29' as day,"
        " timestamptz '2020-01-01 00:00+00' as moment",
    ).json()
    row = answer["data"][0]
    assert row["i"] == 1
    assert row["big"] == 9007199254740993
    assert Decimal(str(row["n"])) == Decimal("1.50")
    assert row["b"] is True
    assert row["nothing"] is None
    assert row["list"] == [1, 2]
    assert row["doc"] == {"a": 1}
    assert row["bytes"] == "\\x00ff"
    assert row["day"] == "2020-02-29"
    assert row["moment"].startswith("2020-01-01T00:00:00")
    assert [column["type"] for column in answer["columns"]][:4] == ["integer", "bigint", "numeric", "boolean"]


def test_parameters_are_values_and_never_sql(base: tuple) -> None:
    hostile = "'; drop table x; --"
    answer = ask(base, "select $1::text as t, $2::int + 1 as n, $3::int[] as l", params=[hostile, 41, [1, 2]]).json()
    assert answer["data"] == [{"t": hostile, "n": 42, "l": [1, 2]}]


def test_the_row_cap_says_so(base: tuple) -> None:
    answer = ask(base, "select * from generate_series(1, 100) as n", max_rows=10).json()
    assert len(answer["data"]) == 10
    assert answer["truncated"] is True


def test_paging_and_counting_happen_in_the_engine(base: tuple) -> None:
    answer = ask(
        base, "select n from generate_series(1, 300000) as n order by n -- all", offset=299_990, max_rows=5, count=True
    )
    assert answer.status_code == 200, answer.text
    assert [row["n"] for row in answer.json()["data"]] == [299991, 299992, 299993, 299994, 299995]
    assert answer.json()["total"] == 300_000


def test_two_columns_of_one_name_both_arrive(base: tuple) -> None:
    assert ask(base, "select 1 as a, 2 as a").json()["data"] == [{"a": 1, "a_2": 2}]
    assert ask(base, "select 1 as a, 2 as a", rows="arrays").json()["data"] == [[1, 2]]


def test_statements_without_rows_tell_what_they_did(base: tuple) -> None:
    answer = ask(base, "create table made (id int); insert into made values (1), (2)").json()
    assert answer["command"] == "INSERT 0 2"
    assert answer["rowCount"] == 2


def test_an_error_in_sql_carries_its_sqlstate_and_place(base: tuple) -> None:
    answer = ask(base, "select * from nowhere")
    assert answer.status_code in (400, 404)
    assert answer.json()["code"] == "42P01"
    assert "nowhere" in answer.json()["message"]


def test_a_failed_statement_leaves_nothing_of_its_query(base: tuple) -> None:
    assert ask(base, "create table half (id int); select 1/0").json()["code"] == "22012"
    assert ask(base, "select to_regclass('half') as found").json()["data"] == [{"found": None}]


def test_settings_do_not_leak_into_the_next_query(base: tuple) -> None:
    ask(base, "set search_path = pg_catalog; set statement_timeout = '1ms'")
    shown = ask(base, "select current_setting('search_path') as path, current_setting('statement_timeout') as t").json()
    assert "pg_catalog" not in shown["data"][0]["path"]
    assert shown["data"][0]["t"] != "1ms"


def test_arrow_has_typed_columns(base: tuple) -> None:
    http, tenant, _ = base
    answer = http.post(
        f"/v1/{tenant}/query",
        json={
            "query": "select n, n::text as t, n / 2.0 as half, now() as at, null::int as none"
            " from generate_series(1, 3) as n"
        },
        headers={"Accept": "application/vnd.apache.arrow.stream"},
    )
    table = pa.ipc.open_stream(answer.content).read_all()
    assert table.schema.field("n").type == pa.int32()
    assert pa.types.is_decimal(table.schema.field("half").type)
    assert pa.types.is_timestamp(table.schema.field("at").type)
    assert table.column("none").null_count == 3
    assert table.num_rows == 3


AWKWARD = {
    "numeric": ["Infinity", "-Infinity", "NaN", "1.5"],
    "jsonb": ['{"a": 12345678901234567890.10}', "[1e400]", "[" * 1500 + "]" * 1500],
    "json": [r'"\ud800"', '{"a":1, "a":2}'],
}


@pytest.mark.parametrize("kind", AWKWARD)
def test_values_that_python_has_no_number_or_text_for_arrive_whole(base: tuple, kind: str) -> None:
    http, tenant, _ = base
    query = f"select v, array[v] as l from unnest($1::text[]::{kind}[]) with ordinality as u(v, n) order by n"
    fields = {"query": query, "params": [AWKWARD[kind]]}
    arrow = {"Accept": "application/vnd.apache.arrow.stream"}
    table = pa.ipc.open_stream(http.post(f"/v1/{tenant}/query", json=fields, headers=arrow).content).read_all()
    shown = [str(value) for value in table.column("v").to_pylist()]
    # jsonb keeps a number's digits, and writes 1e400 without an exponent.
    expected = [text.replace("1e400", "1" + "0" * 400) if kind == "jsonb" else text for text in AWKWARD[kind]]
    assert shown == expected
    assert table.column("l").null_count == 0
    answer = http.post(f"/v1/{tenant}/query", json=fields)
    assert answer.status_code == 200, answer.text
    assert all(text in answer.text for text in expected)


def test_a_client_that_goes_away_cancels_its_statement(live: LivePlatform, base: tuple) -> None:
    _, tenant, dsn = base
    where = urlsplit(live.url)
    body = b'{"query": "select pg_sleep(100)"}'
    head = (
        f"POST /v1/{tenant}/query HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {live.run_file['token']}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    running = "select count(*) from pg_stat_activity where query like 'select pg_sleep(100)%' and state = 'active'"
    with psycopg.connect(dsn, autocommit=True) as watcher:
        with socket.create_connection((where.hostname, where.port)) as client:
            client.sendall(head.encode() + body)
            eventually(lambda: watcher.execute(running).fetchone() == (1,))
        eventually(lambda: watcher.execute(running).fetchone() == (0,))


def test_a_load_is_all_or_nothing(base: tuple) -> None:
    http, tenant, _ = base
    ask(base, "create table loaded (id int primary key, name text)")
    good = http.post(
        f"/v1/{tenant}/load/loaded", content=b'id,name\n1,one\n2,\n3,""\n', headers={"Content-Type": "text/csv"}
    )
    assert good.json() == {"rows": 3}
    bad = http.post(
        f"/v1/{tenant}/load/loaded", content=b"id,name\n4,four\nfive,5\n", headers={"Content-Type": "text/csv"}
    )
    assert bad.status_code == 400, bad.text
    assert bad.json()["code"] == "22P02"
    rows = ask(base, "select id, name from loaded order by id").json()["data"]
    assert rows == [{"id": 1, "name": "one"}, {"id": 2, "name": None}, {"id": 3, "name": ""}]


def test_a_load_into_nothing_says_which_table(base: tuple) -> None:
    http, tenant, _ = base
    answer = http.post(f"/v1/{tenant}/load/nowhere", content=b"a\n1\n", headers={"Content-Type": "text/csv"})
    assert answer.status_code == 404, answer.text
    assert "nowhere" in answer.json()["message"]


@pytest.mark.parametrize("how", [{"offset": 0}, {"count": True}, {"offset": 0, "count": True}])
def test_a_page_or_a_count_never_writes(base: tuple, how: dict) -> None:
    ask(base, "create table if not exists untouched (id int)")
    answer = ask(base, "insert into untouched values (1) returning id", **how)
    assert answer.status_code == 400, answer.text
    writing = ask(base, "with w as (insert into untouched values (1) returning id) select * from w", **how)
    assert writing.status_code == 400, writing.text
    assert ask(base, "select count(*) as n from untouched").json()["data"] == [{"n": 0}]


def test_a_writing_cte_behind_the_row_cap_is_not_lost(base: tuple) -> None:
    ask(base, "create table if not exists trail (id int)")
    query = "with w as (insert into trail values (1)) select n from generate_series(1, 50000) as n"
    answer = ask(base, query, max_rows=10)
    assert answer.json()["truncated"] is True
    assert ask(base, "select count(*) as n from trail").json()["data"] == [{"n": 1}]


def test_a_transaction_left_open_is_an_error_and_not_a_success(base: tuple) -> None:
    answer = ask(base, "create table never (id int); commit; begin; insert into never values (1)")
    assert (answer.status_code, answer.json()["code"]) == (400, "transaction_left_open")
    assert ask(base, "select count(*) as n from never").json()["data"] == [{"n": 0}]


def test_nothing_of_a_failed_query_reaches_the_next_one(base: tuple) -> None:
    ask(base, "begin; create temp table shadow as select 1; commit; select pg_advisory_lock(42); select 1/0")
    for _ in range(6):  # as many as there may be connections, and more
        left = ask(
            base,
            "select to_regclass('shadow') as shadow,"
            " (select count(*) from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()) as locks",
        )
        assert left.json()["data"] == [{"shadow": None, "locks": 0}]
    # The failed one's connection ends with it, and the server lets go of its locks then.
    held = "select count(*) as n from pg_locks where locktype = 'advisory'"
    eventually(lambda: ask(base, held).json()["data"], lambda found: found == [{"n": 0}])
