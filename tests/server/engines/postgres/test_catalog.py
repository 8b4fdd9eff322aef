"""The catalog: what it says, and how it stays current."""

from __future__ import annotations

import asyncio
import time

import psycopg
import pytest

from conninfo import conninfo
from dbaas_server.engine import QueryError
from dbaas_server.nouns import TableRef
from shapes import cmp, col, rows, table
from waiting import until


def named(name):
    return TableRef(name, "public")


async def test_tables_columns_keys_and_relations(session):
    catalog = await session.catalog()
    assert catalog.schemas == ("public",)
    books = catalog.tables[named("books")]
    assert (books.kind, books.primary_key) == ("table", ("id",))
    assert books.columns["price"].type == "numeric(10,2)"
    assert books.columns["words"].generated
    assert not books.columns["title"].nullable
    assert books.columns["kind"].enum == ("novel", "essay", "poem")
    assert books.columns["id"].default is not None
    assert catalog.tables[named("publishers")].primary_key == ("code", "country")
    relation = next(found for found in catalog.relations if found.name == "books_editor_fkey")
    assert (relation.columns, relation.target, relation.target_columns) == (("editor_id",), named("authors"), ("id",))


async def test_policies_grants_and_views_that_bypass_them(session):
    tables = (await session.catalog()).tables
    notes = tables[named("notes")]
    assert (notes.row_security, notes.policies) == (True, ("own",))
    assert "select" in notes.grants["anon"]  # exposed: it has row security and a policy
    assert not tables[named("unexposed")].grants["anon"]
    assert tables[named("book_titles")].bypasses_policies
    assert not tables[named("novels")].bypasses_policies
    assert tables[named("prices")].bypasses_policies
    assert not tables[named("prices")].insertable
    assert tables[named("novels")].updatable


async def test_functions(session):
    functions = (await session.catalog()).functions
    (add,) = functions[named("add")]
    assert [(parameter.name, parameter.type, parameter.required) for parameter in add.parameters] == [
        ("a", "integer", True),
        ("b", "integer", False),
    ]
    assert (add.returns, add.volatility, add.returns_set) == ("integer", "immutable", False)
    (books_of,) = functions[named("books_of")]
    assert (books_of.returns_table, books_of.returns_set) == (named("books"), True)
    assert len(functions[named("overloaded")]) == 2
    (series,) = functions[named("series")]
    assert list(series.columns) == ["i", "square"]
    assert functions[named("total")][0].parameters[0].variadic


async def test_what_was_just_made_can_be_read_at_once(own_session, owner):
    before = (await own_session.catalog()).version
    await own_session.run("create table fresh (id int primary key); insert into fresh values (1)", (), owner)
    assert rows(await own_session.read(table("fresh"), (), owner)) == [{"id": 1}]
    assert (await own_session.catalog()).version > before
    await own_session.run("alter table fresh add column more text default 'x'", (), owner)
    assert rows(await own_session.read(table("fresh", "more"), (), owner)) == [{"more": "x"}]
    assert rows(await own_session.read(table("fresh"), (), owner)) == [{"id": 1, "more": "x"}]


async def test_definitions_made_in_quick_succession_are_all_seen(own_session, owner):
    for number in range(5):
        await own_session.run(f"create table quick_{number} (id int)", (), owner)
        assert rows(await own_session.read(table(f"quick_{number}"), (), owner)) == []
    await own_session.run("create table renamed (a int); insert into renamed values (1)", (), owner)
    assert rows(await own_session.read(table("renamed", "a"), (), owner)) == [{"a": 1}]
    await own_session.run("alter table renamed rename a to b", (), owner)
    assert rows(await own_session.read(table("renamed", "b"), (), owner)) == [{"b": 1}]


async def test_ddl_from_elsewhere_is_heard_of(database, own_session):
    with psycopg.connect(conninfo(database), autocommit=True) as other:
        other.execute("create table elsewhere (id int)")

        async def tables():
            return set((await own_session.catalog()).tables)

        await until(tables, lambda found: named("elsewhere") in found)
        other.execute("drop table elsewhere")
        await until(tables, lambda found: named("elsewhere") not in found)


async def test_a_look_that_finds_nothing_new_keeps_the_version(own_session, owner):
    await own_session.run("create table t (id int)", (), owner)
    first = await own_session.catalog(fresh=True)
    await own_session.run("create temp table nobody_elses (id int)", (), owner)
    again = await own_session.catalog(fresh=True)
    assert again.version == first.version
    await own_session.run("insert into t select generate_series(1, 1000); analyze t", (), owner)
    counted = await own_session.catalog(fresh=True)
    assert (counted.version, counted.tables[named("t")].estimated_rows) == (first.version, 1000)


@pytest.mark.parametrize(
    ("before", "after", "value"),
    [
        ("int", "text", "abc"),
        ("int", "bigint", "3000000000"),
        ("timestamptz", "text", "tomorrow or so"),
        ("date", "text", "2020-13-45"),
        ("bool", "text", "perhaps"),
    ],
)
async def test_a_value_that_fits_a_columns_new_type_is_found_at_once(
    database, own_session, owner, before, after, value
):
    """The change comes from elsewhere, so that the session knows of it only when it looks."""
    with psycopg.connect(conninfo(database), autocommit=True) as other:
        other.execute(f"create table changing (id int primary key, v {before})")
        await own_session.catalog(fresh=True)
        read = table("changing", "id", where=(cmp("v", "eq", 0),))
        with pytest.raises(QueryError) as refused:
            await own_session.read(read, (value,), owner)
        assert refused.value.code[:2] == "22"
        other.execute(f"alter table changing alter v type {after} using null")
        other.execute("insert into changing values (1, %s)", [value])
        assert rows(await own_session.read(read, (value,), owner)) == [{"id": 1}]


async def test_a_dropped_and_recreated_table_is_followed(own_session, owner):
    await own_session.run("create table t (id int primary key, a text); insert into t values (1, 'old')", (), owner)
    read = table("t", where=(cmp("id", "eq", 0),))
    for _ in range(3):
        assert rows(await own_session.read(read, ("1",), owner)) == [{"id": 1, "a": "old"}]
    await own_session.run(
        "drop table t; create table t (id text primary key, b int); insert into t values ('1', 2)", (), owner
    )
    await own_session.catalog(fresh=True)
    assert rows(await own_session.read(read, ("1",), owner)) == [{"id": "1", "b": 2}]


async def test_five_thousand_tables_reload_without_holding_requests_up(database, own_session, owner):
    with psycopg.connect(conninfo(database), autocommit=True) as other:
        for first in range(0, 5000, 500):
            other.execute(
                "".join(
                    f"create table many_{number} (id int primary key, a text, b int);"
                    for number in range(first, first + 500)
                )
            )
    catalog = await own_session.catalog(fresh=True)
    assert len(catalog.tables) == 5000
    read = table("many_1", col("id"), where=(cmp("id", "eq", 0),))
    waits: list[float] = []
    await own_session.run("create table one_more (id int)", (), owner)
    reload = asyncio.create_task(own_session.catalog(fresh=True))
    while not reload.done():
        began = time.monotonic()
        await own_session.read(read, ("1",), owner)
        waits.append(time.monotonic() - began)
    total = sum(waits)
    assert len((await reload).tables) == 5001
    # Requests went on all the while, none of them waiting for the whole reload.
    assert len(waits) > 5
    assert max(waits) < total / 2
