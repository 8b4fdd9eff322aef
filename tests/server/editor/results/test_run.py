"""``/editor/run``: what a person typed, run once, with everything an editor shows of it."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

import orjson
import pytest

from live_platform import LivePlatform
from waiting import eventually


def test_cells_are_numbers_where_those_are_safe_and_else_what_the_engine_writes(editor) -> None:
    answer = editor.ask(
        "run",
        "select 1::int2 as a, -9007199254740992 as b, 9007199254740993 as c, 1.50::numeric as d, 0.1::float8 as e,"
        " 'NaN'::float8 as f, true as g, null::int as h, '{\"a\": [1]}'::json as i, '\\x00ff'::bytea as j,"
        " timestamptz '2020-01-02 03:04:05+00' at time zone 'UTC' as k, array[1, null] as l, 'É\U0001f600' as m",
    )
    assert answer["rows"] == [
        [1, -9007199254740992, "9007199254740993", "1.50", 0.1, "NaN", True, None, '{"a": [1]}', "\\x00ff",
         "2020-01-02 03:04:05", "{1,NULL}", "É\U0001f600"]
    ]  # fmt: skip
    assert [column["type"] for column in answer["columns"]][:6] == [
        "smallint", "bigint", "bigint", "numeric", "double precision", "double precision"
    ]  # fmt: skip
    assert answer["kind"] == "rows" and answer["complete"] and answer["total"] == 1 and answer["result"] is None
    assert answer["pageable"] and answer["duration_ms"] > 0


def test_a_long_result_stays_open_and_a_short_one_does_not(editor) -> None:
    long = editor.ask("run", "select generate_series(1, 300)", limit=100)
    assert len(long["rows"]) == 100 and not long["complete"] and long["result"] and long["total"] is None
    short = editor.ask("run", "select generate_series(1, 100)", limit=100)
    assert len(short["rows"]) == 100 and short["complete"] and short["result"] is None and short["total"] == 100


@pytest.mark.parametrize(
    "text",
    [
        "select 1 as a, 2 as a -- and that is it",
        "select 1 as a, 2 as a; -- ; and that is it",
        "select 1 as a, 2 as a /* ; /* nested */ ; */;;",
        "\n\n(select 1 as a, 2 as a)",
        "values (1, 2)",
        "with x as (select 1 as a, 2 as a) select * from x;",
        "select 1, 2 where ';' = $$;$$",
    ],
)
def test_a_statement_that_reads_may_end_and_look_as_it_likes(editor, text: str) -> None:
    answer = editor.ask("run", text)
    assert answer["rows"] == [[1, 2]] and answer["pageable"]


def test_names_that_are_there_twice_or_hostile_stay_as_they_are(editor) -> None:
    hostile = '<img onerror=alert(1)> "; drop table x; --\u202e'
    quoted = hostile.replace('"', '""')
    answer = editor.ask("run", f'select 1 as a, 2 as a, 3 as "{quoted}", 4 as q, 5 as c0')
    assert [column["name"] for column in answer["columns"]] == ["a", "a", hostile, "q", "c0"]


def test_a_result_without_rows_and_one_without_columns(editor) -> None:
    empty = editor.ask("run", "select 1 as a where false")
    assert empty["kind"] == "rows" and empty["rows"] == [] and empty["complete"] and len(empty["columns"]) == 1
    bare = editor.ask("run", "select from generate_series(1, 3)")
    assert bare["rows"] == [[], [], []] and bare["columns"] == []


def test_what_does_more_than_read_runs_once(editor) -> None:
    made = editor.ask("run", "create table run_once (id serial primary key, v int)")
    assert made["kind"] == "command" and made["command"] == "CREATE TABLE" and made["columns"] == []
    several = editor.ask("run", "insert into run_once (v) values (1), (2); select v from run_once order by v")
    assert several["rows"] == [[1], [2]] and not several["pageable"]
    returning = editor.ask("run", "insert into run_once (v) select generate_series(3, 9) returning v", limit=2)
    assert returning["rows"] == [[3], [4]] and not returning["complete"] and returning["result"] is None
    assert editor.ask("count", "select * from run_once")["total"] == 9


@pytest.mark.parametrize(
    "text",
    [
        "select nextval('written_by_select_id_seq')",
        "select write_it()",
        "with w as (insert into written_by_select (v) values (1) returning v) select v from w",
        "select 1 as v into copy_of_it",
        "select v from written_by_select where id = 1 for update",
    ],
)
def test_a_select_that_writes_runs_once(editor, text: str) -> None:
    editor.ask(
        "run",
        "drop table if exists written_by_select cascade; drop table if exists copy_of_it;"
        "create table written_by_select (id serial primary key, v int); insert into written_by_select (v) values (1);"
        "create or replace function write_it() returns int language plpgsql as"
        " $$ begin insert into written_by_select (v) values (7); return 1; end $$",
    )
    answer = editor.ask("run", text)
    assert not answer["pageable"] and answer["result"] is None
    written = {"select write_it()": 2, "with w": 2}
    expected = next((rows for begin, rows in written.items() if text.startswith(begin)), 1)
    assert editor.ask("count", "select * from written_by_select")["total"] == expected
    if "into copy_of_it" in text:
        assert editor.ask("run", "select v from copy_of_it")["rows"] == [[1]]


def test_a_function_of_somebodys_own_that_writes_late_is_done_to_its_end(editor) -> None:
    with editor.connect() as connection:
        connection.execute("create table written_late (i int); create sequence written_late_numbers")
        connection.execute(
            "create function writes_late(i int) returns int language plpgsql as"
            " $$ begin if i > 300 then insert into written_late values (i); end if; return i; end $$"
        )
    answer = editor.ask("run", "select writes_late(i) from generate_series(1, 1000) i", limit=200)
    assert len(answer["rows"]) == 200 and not answer["complete"] and not answer["pageable"]
    late = "select case when i > 300 then nextval('written_late_numbers') end from generate_series(1, 1000) i"
    assert not editor.ask("run", late, limit=200)["pageable"]
    with editor.connect() as connection:
        assert connection.execute("select count(*) from written_late").fetchone() == (700,)
        assert connection.execute("select last_value from written_late_numbers").fetchone() == (700,)
    assert editor.ask("run", "select random() from generate_series(1, 300)", limit=200)["pageable"]


@pytest.mark.parametrize("opening", ["[", '{"a":'])
def test_a_value_nested_too_deeply_is_refused(editor, opening: str) -> None:
    closing = "]" if opening == "[" else "}"
    deep = f"{opening * 1000}1{closing * 1000}"
    for text in ("select $1::jsonb", "select $1::text[]"):
        answer = editor.http.post(f"{editor.path}/run", content=f'{{"text": "{text}", "params": [{deep}]}}')
        assert (answer.status_code, answer.json()["code"]) == (400, "too_deep")
    assert editor.ask("run", "select $1::jsonb", params=[[[[{"a": [1]}]]]])["rows"] == [['[[[{"a": [1]}]]]']]


def test_values_of_parameters_are_sent_beside_the_text(editor) -> None:
    hostile = "'; drop table x; --"
    named = editor.ask(
        "run", "select :t::text, :n + 1, ':t' from generate_series(1, :n) g where g = any(:l)",
        params={"t": hostile, "n": 3, "l": [2]},
    )  # fmt: skip
    assert named["rows"] == [[hostile, 4, ":t"]]
    assert editor.ask("run", "select $1::int", params=[5])["rows"] == [[5]]
    assert editor.refused("run", "select :x")["code"] == "missing_parameter"
    assert editor.refused("run", "select $1::int", params=[1, 2])["code"] == "wrong_parameters"


def test_an_error_tells_where_in_utf16_units(editor) -> None:
    text = "select '\U0001f600\U0001f600', nowhere from pg_class"
    refusal = editor.refused("run", text)
    assert refusal["code"] == "42703"
    assert refusal["position"] == len(text[: text.index("nowhere")].encode("utf-16-le")) // 2
    named = "select :first, :second, :first, nowhere"
    refusal = editor.refused("run", named, params={"first": 1, "second": 2})
    assert refusal["position"] == named.index("nowhere")
    several = "select 1; select nowhere"
    assert editor.refused("run", several)["position"] == several.index("nowhere")
    assert editor.refused("run", "select 1/0")["position"] is None


@pytest.mark.parametrize("door", ["run", "rows", "count", "cell", "export"])
def test_a_text_has_a_greatest_length(editor, door: str) -> None:
    fields = {"cell": {"row": 0, "column": 0}, "export": {"format": "csv"}}.get(door, {})
    text = "select 1 as a" + " " * 1_000_000
    assert editor.refused(door, text, **fields)["code"] == "text_too_long"
    assert editor.post(door, text[:1_000_000], **fields).status_code == 200


def test_notices_arrive(editor) -> None:
    answer = editor.ask("run", "do $$ begin raise notice 'by the way'; end $$")
    assert any("by the way" in notice for notice in answer["notices"])


def test_settings_of_a_statement_do_not_leak_into_the_next(editor) -> None:
    editor.ask("run", "select set_config('application_name', 'leaked', false), generate_series(1, 3)", limit=1)
    shown = {editor.ask("run", "select current_setting('application_name')")["rows"][0][0] for _ in range(8)}
    assert shown == {"jupyter-dbaas"}


@pytest.mark.parametrize("door", ["run", "rows", "count", "export"])
def test_a_client_that_goes_away_cancels_its_statement(live: LivePlatform, editor, door: str) -> None:
    fields = ', "format": "csv"' if door == "export" else ""
    body = f'{{"text": "select pg_sleep(100)"{fields}}}'.encode()
    where = urlsplit(live.url)
    head = (
        f"POST {editor.path}/{door} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {live.run_file['token']}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    running = (
        "select count(*) from pg_stat_activity"
        " where datname = current_database() and state = 'active' and wait_event = 'PgSleep'"
    )
    with editor.connect() as watcher:
        with socket.create_connection((where.hostname, where.port)) as client:
            client.sendall(head.encode() + body)
            eventually(lambda: watcher.execute(running).fetchone() == (1,))
        eventually(lambda: watcher.execute(running).fetchone() == (0,))


def test_a_statement_that_catches_its_cancellation_ends_as_well(live: LivePlatform, editor) -> None:
    text = (
        "do $$ begin loop begin perform pg_sleep(1000); exception when query_canceled then null; end; end loop; end $$"
    )
    body = orjson.dumps({"text": text})
    where = urlsplit(live.url)
    head = (
        f"POST {editor.path}/run HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {live.run_file['token']}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    running = (
        "select count(*) from pg_stat_activity where datname = current_database() and query like 'do $$ begin loop%'"
    )
    with editor.connect() as watcher:
        with socket.create_connection((where.hostname, where.port)) as client:
            client.sendall(head.encode() + body)
            eventually(lambda: watcher.execute(running).fetchone() == (1,))
        eventually(lambda: watcher.execute(running).fetchone() == (0,))


def test_rows_are_counted_where_the_engine_counts_none(editor) -> None:
    for text in ("show search_path", "explain select 1"):
        answer = editor.ask("run", text)
        assert answer["row_count"] == len(answer["rows"]) == 1
    assert editor.ask("run", "set search_path to public")["row_count"] == 0


def test_what_ran_is_in_the_history_of_who_ran_it(editor) -> None:
    text = "select 'remembered by its text', :secret"
    editor.ask("run", text, params={"secret": "not kept"})
    editor.refused("run", "select remembered_failure")
    editor.ask("run", "select 'not remembered'", record=False)
    entries = eventually(
        lambda: editor.http.get(f"{editor.path}/history", params={"limit": 200}).json()["entries"],
        lambda found: any(entry["text"] == "select remembered_failure" for entry in found),
    )
    (kept,) = [entry for entry in entries if entry["text"] == text]
    assert (kept["rows"], kept["error"]) == (1, None)
    (failed,) = [entry for entry in entries if entry["text"] == "select remembered_failure"]
    assert failed["error"] == "42703"
    assert not any("not remembered" in entry["text"] or "not kept" in str(entry) for entry in entries)
