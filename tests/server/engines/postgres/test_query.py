"""Arbitrary SQL: values, pages, limits, cancellation, and a clean connection afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import orjson
import psycopg
import pytest

from conninfo import conninfo
from dbaas_provisioning.errors import Forbidden, Invalid, Unsupported
from dbaas_server.engine import QueryError
from dbaas_server.engines.postgres.query import only_reads
from waiting import until


def test_any_number_of_comments_is_passed_at_once() -> None:
    assert only_reads("/**/" * 10_000 + "select 1")
    assert not only_reads("/**/" * 10_000 + "x")
    assert not only_reads("/* ( " * 10_000)


def rendered(rows: Sequence[Any]) -> Any:
    """Rows as a client reads them: JSON among them is passed on without a look at it."""
    return orjson.loads(orjson.dumps(rows))


async def test_values_are_json_able_by_type(session, owner):
    result = await session.run(
        "select 1::int2 a, 2::int8 b, 1.5::float8 c, 'NaN'::float8 d, 1.10::numeric e, 12345678901234567890::numeric f,"
        " 0.1234567890123456789::numeric g, true h, null i, '{\"k\": [1, null]}'::json j, '\\x01ff'::bytea k,"
        " '2024-02-29 12:00:00.5+02'::timestamptz l, '2024-02-29 12:00'::timestamp m, '2024-02-29'::date"
        " n, '{{1,null},{3,4}}'::int[] o,"
        " array['a,b', 'c\"d', 'NULL', ''] p, interval '1 day' q, '[1,3)'::int4range r,"
        " 'infinity'::timestamptz s, array[1.5, 2]::numeric[] t",
        (),
        owner,
    )
    assert rendered(result.rows) == [
        [
            1,
            2,
            1.5,
            "NaN",
            1.1,
            "12345678901234567890",
            "0.1234567890123456789",
            True,
            None,
            {"k": [1, None]},
            "\\x01ff",
            "2024-02-29T10:00:00.5+00:00",
            "2024-02-29T12:00:00",
            "2024-02-29",
            [[1, None], [3, 4]],
            ["a,b", 'c"d', "NULL", ""],
            "1 day",
            "[1,3)",
            "infinity",
            [1.5, 2],
        ]
    ]
    names = {column.name: column.type for column in result.columns}
    assert (names["a"], names["b"], names["l"], names["o"]) == (
        "smallint",
        "bigint",
        "timestamp with time zone",
        "integer[]",
    )
    assert (result.row_count, result.command, result.truncated) == (1, "SELECT 1", False)


async def test_types_of_the_tenants_own_have_names(session, owner):
    result = await session.run("select 'novel'::genre g, array['novel']::genre[] gs", (), owner)
    assert [column.type for column in result.columns] == ["genre", "genre[]"]
    assert result.rows == [("novel", ["novel"])]


async def test_arguments(session, owner):
    result = await session.run(
        "select $1::int + 1, $2::text, $3::int[], $4::jsonb, $5::jsonb, $6::text[], $7::bool, $8::text",
        (1, "it's", [1, 2], [1, {"a": None}], {"k": 1}, ['q"', "b\\", None], True, None),
        owner,
    )
    expected = [[2, "it's", [1, 2], [1, {"a": None}], {"k": 1}, ['q"', "b\\", None], True, None]]
    assert rendered(result.rows) == expected


async def test_several_statements_give_the_last_result(session, owner):
    result = await session.run(
        "create temp table tt (i int); insert into tt values (1), (2); select * from tt; drop table tt;", (), owner
    )
    assert (result.rows, result.command) == ([], "DROP TABLE")
    result = await session.run("select 1; select g from generate_series(1, 3) g", (), owner)
    assert result.rows == [(1,), (2,), (3,)]
    assert (await session.run("", (), owner)).rows == []


async def test_too_many_rows_are_cut_and_said_to_be(session, owner):
    result = await session.run("select g from generate_series(1, 3000000) g", (), owner, max_rows=1200)
    assert len(result.rows) == 1200
    assert (result.truncated, result.row_count, result.command) == (True, 1200, "SELECT 1200")
    exact = await session.run("select g from generate_series(1, 3) g", (), owner, max_rows=3)
    assert (exact.truncated, len(exact.rows)) == (False, 3)


async def test_a_cut_result_does_not_undo_what_the_statement_wrote(own_session, owner):
    await own_session.run("create table t (i int)", (), owner)
    result = await own_session.run("insert into t select generate_series(1, 5000) returning i", (), owner, max_rows=10)
    assert (result.truncated, len(result.rows)) == (True, 10)
    await own_session.run(
        "create function put(i int) returns int language plpgsql as $$ begin insert into t values (i);"
        " return i; end $$",
        (),
        owner,
    )
    await own_session.run("select put(g) from generate_series(1, 5000) g", (), owner, max_rows=10)
    assert (await own_session.run("select count(*) from t", (), owner)).rows == [(10000,)]


async def test_pages(session, owner):
    result = await session.run(
        "select g from generate_series(1, 10) g order by 1 desc -- down", (), owner, max_rows=3, offset=4
    )
    assert (result.rows, result.truncated) == ([(6,), (5,), (4,)], True)
    with pytest.raises(Invalid):
        await session.run("delete from canary", (), owner, offset=1)


async def test_errors_say_where(session, owner):
    with pytest.raises(QueryError) as caught:
        await session.run("select nope from books", (), owner)
    assert caught.value.code == "42703"
    assert "character 8" in (caught.value.details or "")
    with pytest.raises(Unsupported):
        await session.run("copy books to stdout", (), owner)
    assert (await session.run("select 1", (), owner)).rows == [(1,)]


async def test_only_the_owner_and_the_secret_key_run_sql(session, anon, user, service):
    for caller in (anon, user):
        with pytest.raises(Forbidden):
            await session.run("select 1", (), caller)
    assert (await session.run("select current_user::text", (), service)).rows == [("service_role",)]


async def test_nothing_is_left_behind_for_the_next_query(library, opener, owner, service):
    session = await opener(library, query_connections=1)
    await session.run(
        "set statement_timeout = 0; create temp table left_over (i int); select pg_advisory_lock(7)", (), owner
    )
    with pytest.raises(Invalid) as caught:
        await session.run("begin; select 1", (), owner)
    assert caught.value.code == "transaction_left_open"
    result = await session.run(
        "select to_regclass('left_over') is null, (select count(*) from pg_locks where locktype ="
        " 'advisory'), current_setting('statement_timeout')",
        (),
        owner,
    )
    assert result.rows == [(True, 0, "30s")]


async def test_notices_are_passed_on(session, owner):
    result = await session.run("do $$ begin raise notice 'hello'; end $$", (), owner)
    assert "hello" in result.notices[0]


async def test_time_is_limited(library, opener, owner):
    session = await opener(library, statement_timeout_ms=200)
    with pytest.raises(QueryError) as caught:
        await session.run("select pg_sleep(60)", (), owner)
    assert caught.value.code == "57014"
    assert caught.value.hint


async def test_a_cancelled_task_cancels_its_statement_in_the_server(library, session, owner):
    task = asyncio.create_task(session.run("select pg_sleep(77)", (), owner))
    async with await psycopg.AsyncConnection.connect(conninfo(library), autocommit=True) as other:

        async def running() -> int:
            cursor = await other.execute(
                "select count(*) from pg_stat_activity where query like '%pg_sleep(77)%' and state = 'active' and"
                " pid <> pg_backend_pid()"
            )
            row = await cursor.fetchone()
            return row[0] if row else 0

        await until(running, lambda count: count == 1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await until(running, lambda count: count == 0)
    assert (await session.run("select 1", (), owner)).rows == [(1,)]
