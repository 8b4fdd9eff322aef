"""Bulk in and out."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import tracemalloc
from contextlib import suppress

import pytest

from dbaas_provisioning.errors import Invalid, NotFound
from dbaas_server.engine import QueryError, TooBusy
from dbaas_server.nouns import Aggregate, Arg, Field, Format, Order, Path, TableRef, Write, WriteKind
from shapes import cmp, embed, rows, table


async def chunks(*parts):
    for part in parts:
        await asyncio.sleep(0)
        yield part


async def collect(stream):
    return b"".join([chunk async for chunk in stream])


@pytest.fixture
async def target(own_session, owner):
    await own_session.run("create table t (id int primary key, name text, n numeric)", (), owner)
    return TableRef("t")


async def count(session, owner):
    return (await session.run("select count(*) from t", (), owner)).rows[0][0]


async def test_csv_is_loaded_by_its_header(own_session, owner, target):
    data = '\ufeffname,id\n"a, ""b""",1\n,2\n"",3\n'.encode()
    parts = [data[at : at + 5] for at in range(0, len(data), 5)]
    assert await own_session.load(target, (), chunks(*parts), owner) == 3
    found = await own_session.run("select id, name from t order by id", (), owner)
    assert found.rows == [(1, 'a, "b"'), (2, None), (3, "")]


async def test_given_columns_name_the_files_columns_in_order(own_session, owner, target):
    assert await own_session.load(target, ("id", "name"), chunks(b"whatever,header\n7,x\n"), owner) == 1
    assert (await own_session.run("select id, name from t", (), owner)).rows == [(7, "x")]


async def test_one_bad_line_keeps_everything_out_and_is_named(own_session, owner, target):
    lines = [
        b"id,name\n",
        *(b"%d,x\n" % number for number in range(50_000)),
        b"oops,x\n",
        *(b"%d,y\n" % number for number in range(60_000, 90_000)),
    ]
    with pytest.raises(QueryError) as caught:
        await own_session.load(
            target, (), chunks(*[b"".join(lines[at : at + 5000]) for at in range(0, len(lines), 5000)]), owner
        )
    assert caught.value.code == "22P02"
    assert "line 50002" in (caught.value.details or "")
    assert await count(own_session, owner) == 0
    assert await own_session.load(target, (), chunks(b"id\n1\n"), owner) == 1


@pytest.mark.parametrize(
    ("ref", "data", "error", "code"),
    [
        ("nosuch", b"id\n1\n", NotFound, "unknown_table"),
        ("t", b"idd\n1\n", Invalid, "unknown_column"),
        ("t", b"", Invalid, "no_header"),
        ("t", b"\xff\xfe\n1\n", Invalid, "no_header"),
    ],
)
async def test_what_cannot_be_loaded_is_said(own_session, owner, target, ref, data, error, code):
    with pytest.raises(error) as caught:
        await own_session.load(TableRef(ref), (), chunks(data), owner)
    assert caught.value.code == code


async def test_a_sender_that_breaks_off_leaves_nothing(own_session, owner, target):
    async def broken():
        yield b"id,name\n1,a\n"
        raise RuntimeError("the client went away")

    with pytest.raises(RuntimeError):
        await own_session.load(target, (), broken(), owner)
    assert await count(own_session, owner) == 0


async def test_a_load_obeys_policies_and_privileges(session, user, anon):
    with pytest.raises(QueryError) as caught:
        await session.load(TableRef("books"), (), chunks(b"title,author_id\nx,1\n"), anon)
    assert caught.value.code == "42501"


async def test_export_gives_what_a_read_gives_without_its_cap(library, opener, user):
    session = await opener(library, max_rows=2)
    read = table(
        "authors",
        "id",
        "name",
        "raw",
        embed("books", "title", hint="author_id"),
        where=(cmp("name", "neq", 0),),
        order=(Order(Path("id")),),
    )
    exported = json.loads(await collect(session.export(read, ("it's \\ odd",), user, Format.json)))
    whole = await (await opener(library)).read(read, ("it's \\ odd",), user)
    assert exported == rows(whole)
    text = (await collect(session.export(read, ("x",), user, Format.csv))).decode()
    found = list(csv.reader(io.StringIO(text)))
    assert found[0] == ["id", "name", "raw", "books"]
    assert found[4][1] == 'Quote "q", comma'
    assert await collect(session.export(table("authors", "id", limit=Arg(0)), ("0",), user, Format.json)) == b"[]"
    assert await collect(session.export(table("authors", "id", limit=Arg(0)), ("0",), user, Format.csv)) == b"id\n"


async def test_an_aggregate_over_too_many_rows_is_not_exported_either(library, opener, user):
    session = await opener(library, aggregate_scan_rows=2)
    counted = table("books", Field(None, aggregate=Aggregate.count))
    with pytest.raises(Invalid) as caught:
        await collect(session.export(counted, (), user, Format.csv))
    assert caught.value.code == "aggregate_too_large"
    assert await collect(session.export(table("labels", "id", limit=Arg(0)), ("0",), user, Format.csv)) == b"id\n"


async def test_an_export_runs_under_the_callers_policies(session, user, anon):
    assert await collect(session.export(table("notes", "owner"), (), user, Format.csv)) == b"owner\nann\n"
    with pytest.raises(QueryError) as caught:
        await collect(session.export(table("unexposed"), (), anon, Format.csv))
    assert caught.value.code == "42501"


async def test_an_export_that_nobody_takes_holds_no_memory_and_ends_when_dropped(own_session, owner, target):
    await own_session.run("insert into t select g, repeat('x', 1000) from generate_series(1, 100000) g", (), owner)
    stream = own_session.export(table("t"), (), owner, Format.csv)
    first = await anext(stream)
    assert 100_000 < len(first) < 2_000_000
    tracemalloc.start()
    await asyncio.sleep(0.3)  # time for data to pile up, if it did
    assert tracemalloc.get_traced_memory()[0] < 4_000_000
    tracemalloc.stop()
    await stream.aclose()
    assert await count(own_session, owner) == 100_000


async def test_a_failing_row_fails_the_export(own_session, owner, target):
    await own_session.run("insert into t select g, g::text from generate_series(1, 100) g", (), owner)
    await own_session.run("create view failing as select 1 / (id - 50) as x from t", (), owner)
    await own_session.catalog(fresh=True)
    with pytest.raises(QueryError) as caught:
        await collect(own_session.export(table("failing"), (), owner, Format.csv))
    assert caught.value.code == "22012"


async def test_exports_that_nobody_takes_hold_up_neither_queries_nor_reads_nor_writes(database, opener, owner):
    session = await opener(database, bulk_connections=3, bulk_patience_ms=50, query_connections=1)
    await session.run("create table t (id int primary key, filler text)", (), owner)
    await session.run("insert into t select g, repeat('x', 1000) from generate_series(1, 30000) g", (), owner)
    streams = [session.export(table("t"), (), owner, Format.csv) for _ in range(3)]
    for stream in streams:
        assert (await anext(stream)).startswith(b"id,filler")
    for _ in range(5):
        assert (await session.run("select count(*) from t", (), owner)).rows == [(30_000,)]
        assert rows(await session.read(table("t", "id", where=(cmp("id", "eq", 0),)), ("7",), owner)) == [{"id": 7}]
        await session.write([(Write(WriteKind.insert, TableRef("t"), Arg(0), ("id",)), ('{"id": 0}',))], owner)
        await session.run("delete from t where id = 0", (), owner)
    for late in (session.export(table("t"), (), owner, Format.csv), None):
        with pytest.raises(TooBusy) as caught:
            if late is not None:
                await anext(late)
            else:
                await session.load(TableRef("t"), (), chunks(b"id\n0\n"), owner)
        assert caught.value.code == "too_busy"
        assert "3 exports" in caught.value.message and caught.value.hint is not None
    await streams[0].aclose()
    # Its place is free once the server has let go of the statement.
    async with asyncio.timeout(60):
        while True:
            with suppress(TooBusy):
                assert await session.load(TableRef("t"), (), chunks(b"id\n0\n"), owner) == 1
                break
    assert len(await collect(streams[1])) > 30_000_000 - 1_000_000
    await streams[2].aclose()
