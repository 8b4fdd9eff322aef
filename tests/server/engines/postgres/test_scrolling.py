"""Cursors of people's own statements, without a server before them: texts, connections, plans, bounds."""

from __future__ import annotations

import asyncio
import time
import tracemalloc
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dbaas_provisioning.errors import Invalid, Unavailable
from dbaas_server.engine import QueryError, TooBusy
from dbaas_server.engines.postgres.scrolling.texts import called, single
from dbaas_server.nouns import Arrangement, Condition, ExtractForm, Sort
from dbaas_server.open_results import OpenResults, Question, Reader
from waiting import until, until_true

THOUSAND = "select generate_series(1, 1000) as g"


@pytest.mark.parametrize(
    ("text", "statement"),
    [
        ("select 1", "select 1"),
        ("select 1;", "select 1"),
        ("select 1 ; -- x\n ; /* ; */", "select 1 "),
        ("select ';'", "select ';'"),
        ("select ''';';", "select ''';'"),
        (r"select e'\';';", r"select e'\';'"),
        (r"select '\';", r"select '\'"),
        ("select $$;$$;", "select $$;$$"),
        ("select $a$;$b$;$$;$a$;", "select $a$;$b$;$$;$a$"),
        ('select ";"";";', 'select ";"";"'),
        ("select a$b$;", "select a$b$"),
        ("select 1 -- ;", "select 1 -- ;"),
        ("select /* /* ; */ ; */ 1;", "select /* /* ; */ ; */ 1"),
        ("select 1; select 2", None),
        ("select 1;;2", None),
        ("select $1;", "select $1"),
        ("", ""),
        ("select '", "select '"),
        ("select /*;", "select /*;"),
    ],
)
def test_where_a_statement_ends(text: str, statement: str | None) -> None:
    assert single(text) == statement


@given(st.text(st.sampled_from(" ;'\"$a1e\\-/*\n(é"), max_size=40))
def test_any_text_has_an_end(text: str) -> None:
    found = single(text)
    assert found is None or text.startswith(found)
    called(text)


def test_names_before_brackets() -> None:
    text = 'select Random(), "Odd""Name" (1), \'no()\', x /* c */ (2), $$no()$$ -- no()\n, n(*) from t tablesample b(1)'
    assert called(text) == {"random", 'Odd"Name', "x", "n", "tablesample", "b"}


async def test_a_text_that_breaks_out_of_its_brackets_is_no_statement(database, opener, owner) -> None:
    session = await opener(database)
    for text in (
        "select 1) as q; drop table if exists x; select * from (select 1",
        "select 1) as q(c0) cross join (select 2",
        "select 1)) to stdout; --",
    ):
        for ask in (session.scroll, session.count, session.extract):
            with pytest.raises((QueryError, Invalid)) as refused:
                await ask(text, (), owner)
            assert refused.value.code in ("42601", "not_pageable")


async def test_only_the_owner_and_a_secret_key_may(library, opener, owner, service, user, anon) -> None:
    session = await opener(library)
    for caller in (user, anon):
        for ask in (session.scroll, session.count, session.extract):
            with pytest.raises(Exception) as refused:
                await ask("select 1", (), caller)
            assert refused.value.code == "sql_not_allowed"
    assert await session.count("select current_user", (), service) == 1


async def test_a_falling_order_uses_the_index_of_a_column_without_nulls(database, opener, owner) -> None:
    session = await opener(database)
    await session.run(
        "create table big (id bigint primary key, n int, v text); create index on big (n);"
        "insert into big select g, nullif(g % 1000, 0), md5(g::text) from generate_series(1, 50000) g; analyze big",
        (), owner,
    )  # fmt: skip
    for column, sorts in ((0, False), (1, True)):
        scroll = await session.scroll(
            "select * from big", (), owner, arrangement=Arrangement(order=(Sort(column, True),))
        )
        plan = await session.run("select count(*) from big", (), owner)  # the session goes on beside an open cursor
        assert plan.rows == [(50000,)]
        page = await scroll.fetch(0, 3)
        assert [row[column] for row in page.rows] == ([50000, 49999, 49998] if not sorts else [999, 999, 999])
        last = await scroll.fetch(49_999, 3)
        assert last.complete and last.rows[0][column] == (1 if not sorts else None)
        await scroll.close()


async def test_more_than_may_be_open_are_refused_and_a_closed_one_makes_room(database, opener, owner) -> None:
    session = await opener(database, scroll_connections=2, bulk_patience_ms=100)
    first, second = [await session.scroll(THOUSAND, (), owner) for _ in range(2)]
    with pytest.raises(TooBusy):
        await session.scroll(THOUSAND, (), owner)
    await first.close()
    third = await session.scroll(THOUSAND, (), owner)
    assert (await third.fetch(998, 5)).rows == [(999,), (1000,)]
    assert first.closed and not second.closed
    with pytest.raises(Unavailable):
        await first.fetch(0, 1)


async def test_a_cancelled_page_is_cancelled_in_the_engine_and_frees_its_connection(database, opener, owner) -> None:
    session = await opener(database, scroll_connections=1)
    running = "select count(*) from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'"

    async def sleeping() -> int:
        return (await session.run(running, (), owner)).rows[0][0]

    for _ in range(3):
        scroll = await session.scroll("select pg_sleep(100)", (), owner)
        task = asyncio.create_task(scroll.fetch(0, 1))
        await until(sleeping)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        assert scroll.closed
        await until(sleeping, lambda count: count == 0)
    scroll = await session.scroll("select pg_sleep(100)", (), owner)
    task = asyncio.create_task(scroll.fetch(0, 1))
    await until(sleeping)
    await scroll.close()  # by somebody else
    with pytest.raises(Unavailable):
        await task
    await until(sleeping, lambda count: count == 0)


async def test_each_page_has_the_time_of_a_statement(database, opener, owner) -> None:
    session = await opener(database, statement_timeout_ms=400)
    scroll = await session.scroll("select g, pg_sleep(0.03) from generate_series(1, 100) g", (), owner)
    await scroll.fetch(0, 5)
    await scroll.fetch(6, 5)  # together they take longer than one may
    with pytest.raises(QueryError) as refused:
        await scroll.fetch(90, 5)
    assert refused.value.code == "57014" and scroll.closed
    with pytest.raises(QueryError):
        await session.count("select pg_sleep(10)", (), owner)


async def test_a_closed_session_ends_its_results(database, opener, owner) -> None:
    session = await opener(database)
    scroll = await session.scroll(THOUSAND, (), owner)
    extract = await session.extract("select generate_series(1, 1000000)", (), owner)
    await session.close()
    assert scroll.closed
    with pytest.raises(Unavailable):
        await scroll.fetch(0, 1)
    with pytest.raises(Unavailable):
        async for _ in extract.chunks:
            pass


@pytest.mark.parametrize("args", [(), (1,)])
@pytest.mark.parametrize("form", list(ExtractForm))
async def test_an_extract_that_nobody_takes_holds_no_memory_and_ends_when_dropped(
    database, opener, owner, args, form
) -> None:
    session = await opener(database, bulk_connections=1, bulk_patience_ms=20_000)
    text = "select g, repeat('x', 200) as v, array[g] as a from generate_series(1, 1000000) g" + (
        " where g >= $1" if args else ""
    )
    tracemalloc.start()
    try:
        extract = await session.extract(text, args, owner, form=form)
        for _ in range(3):
            await anext(extract.chunks)
        assert tracemalloc.get_traced_memory()[1] < 8_000_000
    finally:
        tracemalloc.stop()
    await extract.chunks.aclose()
    again = await session.extract("select 1 as a", (), owner)
    assert [chunk async for chunk in again.chunks] == [b"1\n"]


@pytest.mark.parametrize("form", list(ExtractForm))
async def test_rows_are_the_same_with_and_without_parameters(library, opener, owner, form) -> None:
    session = await opener(library)
    text = (
        "select * from (values (1, 'a', null), (2, '', ''), (3, E'x,\\n\"y\"\\r', '\\.'), (null, '\\N', E'\\x01\\x02'))"
        " v (i, t, u), lateral (select array[i, null] as a, case t when '' then '[1,\n\r2]' else '{}' end::json as j) w"
    )
    arranged = Arrangement(order=(Sort(0),), where=(Condition(1, "not_null"),))
    parts = []
    for sent, args in ((text, ()), (f"{text} where $1 = 1", (1,))):
        extract = await session.extract(sent, args, owner, arrangement=arranged, form=form)
        assert extract.names == ("i", "t", "u", "a", "j")
        parts.append(b"".join([chunk async for chunk in extract.chunks]))
    assert parts[0].replace(b'"\\."', b"\\.").replace(b'"\\N"', b"\\N") == parts[1].replace(b'"\\."', b"\\.")


async def test_idle_results_are_closed_and_read_ones_are_not(database, opener, owner, platform, monkeypatch) -> None:
    monkeypatch.setattr("dbaas_server.open_results.IDLE_SECONDS", 0.6)
    monkeypatch.setattr("dbaas_server.open_results.LOOK_SECONDS", 0.05)
    session = await opener(database)
    results = OpenResults(platform)
    reader = Reader(owner.tenant, database.database.id, "ann")
    idle, read = [
        results.keep(reader, Question(THOUSAND, (), Arrangement()), await session.scroll(THOUSAND, (), owner))
        for _ in range(2)
    ]
    deadline = time.monotonic() + 60
    while not idle.scroll.closed:
        assert time.monotonic() < deadline
        await read.read(lambda: read.scroll.fetch(5, 1))
        await asyncio.sleep(0.02)
    assert results.find(idle.identity, reader, idle.question) is None
    await until_true(lambda: len(results) == 0, lambda: len(results))
    await results.close()


async def test_a_result_is_its_readers_alone(database, opener, owner, platform) -> None:
    session = await opener(database)
    results = OpenResults(platform)
    reader, question = Reader(owner.tenant, database.database.id, "ann"), Question(THOUSAND, (), Arrangement())
    kept = results.keep(reader, question, await session.scroll(THOUSAND, (), owner))
    assert results.find(kept.identity, reader, question) is kept
    bob = Reader(owner.tenant, database.database.id, "bob")
    elsewhere = Reader(owner.tenant, owner.tenant, "ann")
    other = Question(THOUSAND, (1,), Arrangement())
    for who, what in ((bob, question), (elsewhere, question), (reader, other)):
        assert results.find(kept.identity, who, what) is None
    await results.discard(kept.identity, bob)
    assert not kept.scroll.closed
    await results.close()
    assert kept.scroll.closed


async def test_who_leaves_a_page_behind_keeps_the_result_if_it_comes_soon(database, opener, owner, platform) -> None:
    session = await opener(database)
    results = OpenResults(platform)
    reader, question = Reader(owner.tenant, database.database.id, "ann"), Question("", (), Arrangement())
    scroll = await session.scroll("select g, pg_sleep(0.01) from generate_series(1, 200) g", (), owner)
    kept = results.keep(reader, question, scroll)
    task = asyncio.create_task(kept.read(lambda: scroll.fetch(20, 5)))
    await until_true(lambda: kept.busy, lambda: kept.busy)
    await asyncio.sleep(0)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    assert (await kept.read(lambda: scroll.fetch(25, 1))).rows[0][0] == 26
    assert not scroll.closed
    await results.close()


async def test_a_result_has_a_greatest_age(database, opener, owner, platform, monkeypatch) -> None:
    monkeypatch.setattr("dbaas_server.open_results.MOST_SECONDS", 0.6)
    monkeypatch.setattr("dbaas_server.open_results.LOOK_SECONDS", 0.05)
    session = await opener(database)
    results = OpenResults(platform)
    reader, question = Reader(owner.tenant, database.database.id, "ann"), Question(THOUSAND, (), Arrangement())
    kept = results.keep(reader, question, await session.scroll(THOUSAND, (), owner))
    deadline = time.monotonic() + 60
    while not kept.scroll.closed:
        assert time.monotonic() < deadline
        with suppress(Unavailable):
            await kept.read(lambda: kept.scroll.fetch(5, 1))
        await asyncio.sleep(0.02)
    assert results.find(kept.identity, reader, question) is None
    await results.close()


@pytest.mark.parametrize("args", [(), (1,)])
async def test_a_file_that_nobody_takes_gives_way_to_who_waits(database, opener, owner, monkeypatch, args) -> None:
    monkeypatch.setattr("dbaas_server.engines.postgres.scrolling.standing.PATIENCE_SECONDS", 0)
    session = await opener(database)
    await session.run(
        "create table stood_on as select repeat('x', 1000) as v, g from generate_series(1, 50000) g", (), owner
    )
    text = "select v from stood_on" + (" where g >= $1" if args else "")
    extract = await session.extract(text, args, owner)
    await anext(extract.chunks)
    await session.run("alter table stood_on add column more int", (), owner)  # has the time of a statement
    with pytest.raises(Unavailable) as stopped:
        async for _ in extract.chunks:
            pass
    assert stopped.value.code == "export_stopped"
    whole = await session.extract(text, args, owner)
    assert sum([len(chunk) async for chunk in whole.chunks]) == 50_000 * 1001


async def test_a_lock_of_ones_own_making_is_let_go_when_somebody_waits(database, opener, owner) -> None:
    session = await opener(database)
    scroll = await session.scroll("select pg_advisory_lock(7), g from generate_series(1, 100) g", (), owner)
    await scroll.fetch(0, 10)
    await session.run("select pg_advisory_lock(7)", (), owner)  # has the time of a statement
    assert scroll.closed
