"""The session contract: every engine through every capability it declares.

An engine joins by being a package of ``dbaas_server.engines``. Shapes are engine-neutral; the one thing each engine
says in its own language here is how a table is made.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import pkgutil
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

import dbaas_server.engines
from dbaas_provisioning.errors import Conflict, DbaasError, NotFound, Unavailable
from dbaas_provisioning.nouns import Login
from dbaas_server.engine import Limits, QueryError, Session, Target
from dbaas_server.nouns import (
    Arg,
    Arrangement,
    Caller,
    Condition,
    Count,
    ExtractForm,
    Format,
    Order,
    Path,
    ScrollPage,
    Sort,
    TableRef,
    Write,
    WriteKind,
)
from shapes import cmp, col, rows, table

ENGINES = [  # that have sessions; an engine of documents has a store, which has a contract of its own
    found.name
    for found in pkgutil.iter_modules(dbaas_server.engines.__path__)
    if found.ispkg and hasattr(importlib.import_module(f"dbaas_server.engines.{found.name}"), "open_session")
]
CREATE = {"postgres": "create table things (id int primary key, name text not null, size int)"}
THINGS = TableRef("things")
OWNER = Caller(uuid4(), "owner")


@pytest.fixture(params=ENGINES)
async def session(request, platform) -> AsyncIterator[Session]:
    """A session on a new database that holds the empty table ``things``."""
    with contextlib.suppress(Conflict):
        await platform.create_tenant("Contract", subdomain="contract", actor="test")
    name = f"d{uuid4().hex[:12]}"
    await platform.create_database("contract", request.param, name, options={}, actor="test")
    access = await platform.access("contract", name)

    async def wake() -> Target:
        return target

    target = Target(
        access.endpoint, access.database.physical_name, access.logins[Login.owner], access.logins[Login.api],
        access.logins[Login.service], access.database.exposure, wake,
    )  # fmt: skip
    engine = importlib.import_module(f"dbaas_server.engines.{request.param}")
    session = await engine.open_session(target, Limits())
    await session.run(CREATE[request.param], (), OWNER)
    yield session
    await session.close()
    with contextlib.suppress(NotFound):
        await platform.drop_database("contract", name, actor="test")


def insert(*columns):
    return Write(
        WriteKind.insert,
        THINGS,
        Arg(0),
        columns or ("id", "name", "size"),
        returning=table("things", order=(Order(Path("id")),)),
    )


BODY = json.dumps([{"id": 1, "name": "one", "size": 10}, {"id": 2, "name": "two", "size": None}])


async def chunks(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


async def test_the_life_of_rows(session):
    (made,) = await session.write([(insert(), (BODY,))], OWNER)
    assert (rows(made), made.returned) == (json.loads(BODY), 2)
    read = table("things", "name", where=(cmp("id", "eq", 0),))
    assert rows(await session.read(read, ("2",), OWNER)) == [{"name": "two"}]
    update = Write(WriteKind.update, THINGS, Arg(0), ("size",), where=(cmp("id", "eq", 1),))
    (changed,) = await session.write([(update, ('{"size": 5}', "2"))], OWNER)
    assert changed.returned == 1
    counted = table("things", "size", order=(Order(Path("size")),), limit=Arg(0), count=Count.exact)
    answer = await session.read(counted, ("1",), OWNER)
    assert (rows(answer), answer.total) == ([{"size": 5}], 2)
    delete = Write(WriteKind.delete, THINGS, where=(cmp("id", "eq", 0),))
    (gone,) = await session.write([(delete, ("1",))], OWNER)
    assert gone.returned == 1
    assert rows(await session.read(table("things", "id"), (), OWNER)) == [{"id": 2}]


async def test_writes_of_one_call_are_kept_or_lost_together(session):
    if not session.can.transactions:
        pytest.skip("the engine declares no transactions")
    with pytest.raises(QueryError):
        await session.write([(insert(), (BODY,)), (insert(), (BODY,))], OWNER)
    assert rows(await session.read(table("things"), (), OWNER)) == []
    undone = Write(WriteKind.insert, THINGS, Arg(0), ("id", "name"), rollback=True)
    await session.write([(undone, (BODY,))], OWNER)
    assert rows(await session.read(table("things"), (), OWNER)) == []


async def test_the_catalog_follows_what_is_made(session):
    found = {ref.name: made for ref, made in (await session.catalog(fresh=True)).tables.items()}["things"]
    assert found.primary_key == ("id",)
    assert list(found.columns) == ["id", "name", "size"]
    assert (found.columns["name"].nullable, found.columns["size"].nullable) == (False, True)


async def test_bulk_in_and_out(session):
    if not session.can.bulk_load:
        pytest.skip("the engine declares no bulk load")
    assert await session.load(THINGS, (), chunks(b"id,name,size\n", b"1,one,\n2,two,2\n"), OWNER) == 2
    with pytest.raises(DbaasError):
        await session.load(THINGS, (), chunks(b"id,name\n3,three\n1,again\n"), OWNER)
    everything = table("things", order=(Order(Path("id")),))
    text = b"".join([chunk async for chunk in session.export(everything, (), OWNER, Format.csv)])
    assert text == b"id,name,size\n1,one,\n2,two,2\n"
    parsed = json.loads(b"".join([chunk async for chunk in session.export(everything, (), OWNER, Format.json)]))
    assert parsed == [{"id": 1, "name": "one", "size": None}, {"id": 2, "name": "two", "size": 2}]


async def test_the_engines_own_language(session):
    if not session.can.sql:
        pytest.skip("the engine declares no SQL")
    await session.write([(insert(), (BODY,))], OWNER)
    result = await session.run("select id, name from things order by id", (), OWNER, max_rows=1)
    assert (result.rows, result.truncated) == ([(1, "one")], True)
    assert [column.name for column in result.columns] == ["id", "name"]


async def test_a_statements_result_is_read_in_any_place_and_order(session):
    if not session.can.sql:
        pytest.skip("the engine declares no SQL")
    await session.write([(insert(), (BODY,))], OWNER)
    text = "select id, name, size from things -- all of them"
    scroll = await session.scroll(text, (), OWNER, arrangement=Arrangement(order=(Sort(0, True),)))
    assert [column.name for column in scroll.columns] == ["id", "name", "size"]
    assert await scroll.fetch(1, 5) == ScrollPage([(1, "one", 10)], True)
    assert await scroll.fetch(0, 1) == ScrollPage([(2, "two", None)], False)
    assert await scroll.value(1, 1) == ("one", 3)
    await scroll.close()
    await scroll.close()
    assert scroll.closed
    sized = Arrangement(where=(Condition(2, "ge", "10"),))
    assert await session.count(text, (), OWNER, arrangement=sized) == 1
    extract = await session.extract(text, (), OWNER, arrangement=sized)
    assert (extract.names, [chunk async for chunk in extract.chunks]) == (("id", "name", "size"), [b"1,one,10\n"])
    extract = await session.extract(text, (), OWNER, arrangement=sized, form=ExtractForm.json)
    assert json.loads(b"".join([chunk async for chunk in extract.chunks])) == {"id": 1, "name": "one", "size": 10}


@pytest.mark.parametrize(
    ("text", "code"), [("delete from things", "not_pageable"), ("select 1; select 2", "not_pageable")]
)
async def test_only_one_statement_that_reads_is_read_in_pages(session, text, code):
    if not session.can.sql:
        pytest.skip("the engine declares no SQL")
    for ask in (session.scroll, session.count, session.extract):
        with pytest.raises(DbaasError) as caught:
            await ask(text, (), OWNER)
        assert caught.value.code == code


async def test_plans_and_vital_signs(session):
    assert json.loads(await session.explain(table("things"), (), OWNER, analyze=False))
    stats = await session.stats()
    assert stats.size_bytes > 0
    assert stats.connections > 0


@pytest.mark.parametrize(
    ("read", "code"),
    [
        (table("nothing"), "unknown_table"),
        (table("things", "nothing"), "unknown_column"),
        (table("things", col("id"), where=(cmp("id", "eq", 0),), single=True), "not_single"),
    ],
)
async def test_errors_have_the_seams_codes(session, read, code):
    with pytest.raises(DbaasError) as caught:
        await session.read(read, ("1",), OWNER)
    assert caught.value.code == code


async def test_a_closed_session_is_unavailable(session):
    await session.close()
    with pytest.raises(Unavailable):
        await session.read(table("things", where=(cmp("id", "eq", 0),)), ("1",), OWNER)
    with pytest.raises(Unavailable):
        await session.write([(insert(), (BODY,))], OWNER)
