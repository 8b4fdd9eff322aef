"""Inserting, merging, changing and deleting, all of it undone."""

from __future__ import annotations

import json

import pytest

from dbaas_provisioning.errors import Invalid, Unsupported
from dbaas_server.engine import QueryError
from dbaas_server.nouns import Aggregate, Arg, Order, Path, Resolution, TableRef, Write, WriteKind
from shapes import cmp, col, embed, rows, table


async def write(session, caller, kind, name, body=None, *args, undo=True, **more):
    """One write, undone unless said otherwise."""
    if body is not None:
        more.setdefault(
            "columns", tuple(dict.fromkeys(key for row in (body if isinstance(body, list) else [body]) for key in row))
        )
    shape = Write(WriteKind(kind), TableRef(name), None if body is None else Arg(0), rollback=undo, **more)
    values = args if body is None else (json.dumps(body), *args)
    (answer,) = await session.write([(shape, values)], caller)
    return answer


async def test_insert_returns_what_is_asked(session, service):
    answer = await write(
        session,
        service,
        "insert",
        "books",
        [{"title": "T", "author_id": 1, "price": 1.5}],
        returning=table("books", "title", "price", embed("author_id", "name")),
        locate=True,
    )
    assert rows(answer) == [{"title": "T", "price": 1.5, "author_id": {"name": "Ada"}}]
    assert answer.returned == 1
    assert answer.location[0][0] == "id"


async def test_one_object_is_an_array_of_one(session, service):
    answer = await write(
        session, service, "insert", "books", {"title": "T", "author_id": 1}, returning=table("books", "kind")
    )
    assert rows(answer) == [{"kind": "novel"}]


async def test_columns_not_named_keep_their_default_and_named_ones_do_not(session, service):
    body = [{"title": "A", "author_id": 1, "kind": "poem"}, {"title": "B", "author_id": 1}]
    with pytest.raises(QueryError) as caught:
        await write(session, service, "insert", "books", body)
    assert caught.value.code == "23502"
    answer = await write(
        session, service, "insert", "books", body, missing_default=True, returning=table("books", "kind")
    )
    assert rows(answer) == [{"kind": "poem"}, {"kind": "novel"}]


async def test_rows_of_defaults_only(own_session, owner):
    await own_session.run(
        "create table t (id int primary key generated always as identity, at date default current_date)", (), owner
    )
    answer = await write(own_session, owner, "insert", "t", [{}, {}], undo=False, returning=table("t", "id"))
    assert rows(answer) == [{"id": 1}, {"id": 2}]
    assert (await write(own_session, owner, "insert", "t", [], undo=False)).returned == 0


async def test_every_type_of_column_is_written_from_json(own_session, owner):
    await own_session.run(
        "create type mood as enum ('good'); create domain short as varchar(3); create type point2 as (x int, y int);"
        "create table t (i int, n numeric(8,2), t text, b bool, j jsonb, a int[], aa text[], d date, ts"
        " timestamptz, m mood,"
        " s short, p point2, u uuid, r int4range, v interval)",
        (),
        owner,
    )
    body = {
        "i": 1,
        "n": 1.25,
        "t": "it's",
        "b": True,
        "j": {"k": [None, "é"]},
        "a": [1, 2],
        "aa": ["x,y", 'q"'],
        "d": "2024-02-29",
        "ts": "2024-01-01T00:00:00+00:00",
        "m": "good",
        "s": "abc",
        "p": {"x": 1, "y": 2},
        "u": "00000000-0000-0000-0000-000000000001",
        "r": "[1,3)",
        "v": "01:00:00",
    }
    answer = await write(own_session, owner, "insert", "t", body, undo=False, returning=table("t", single=True))
    assert rows(answer) == body


async def test_merge_tells_new_rows_from_known_ones(session, service):
    body = [{"id": 1, "name": "older"}, {"id": 77, "name": "new"}]
    answer = await write(session, service, "upsert", "labels", body, returning=table("labels"))
    assert rows(answer) == body
    assert (answer.returned, answer.inserted) == (2, 1)
    ignored = await write(
        session, service, "upsert", "labels", body, resolution=Resolution.ignore, returning=table("labels")
    )
    assert rows(ignored) == [{"id": 77, "name": "new"}]
    by_name = await write(
        session,
        service,
        "upsert",
        "authors",
        [{"name": "Ada", "born": "1800-01-01"}],
        conflict_on=("name",),
        returning=table("authors", "id", "born"),
    )
    assert rows(by_name) == [{"id": 1, "born": "1800-01-01"}]


async def test_replace_makes_the_row_exactly_this(own_session, owner):
    await own_session.run("create table t (id int primary key, a text default 'd', b text)", (), owner)
    put = {"undo": False, "where": (cmp("id", "eq", 1),), "returning": table("t", single=True)}
    first = await write(own_session, owner, "replace", "t", {"id": 1, "a": "x", "b": "y"}, "1", **put)
    assert (rows(first), first.inserted) == ({"id": 1, "a": "x", "b": "y"}, 1)
    second = await write(own_session, owner, "replace", "t", {"id": 1, "b": "z"}, "1", **put)
    assert (rows(second), second.inserted) == ({"id": 1, "a": "d", "b": "z"}, 0)
    with pytest.raises(Invalid) as caught:
        await write(own_session, owner, "replace", "t", {"id": 2, "b": "z"}, "1", **put)
    assert caught.value.code == "key_mismatch"


async def test_update_and_delete_choose_rows(session, service):
    answer = await write(
        session,
        service,
        "update",
        "books",
        {"price": 1},
        "2",
        where=(cmp("author_id", "eq", 1),),
        returning=table("books", "id", order=(Order(Path("id")),)),
    )
    assert rows(answer) == [{"id": 2}, {"id": 3}]
    limited = await write(
        session,
        service,
        "update",
        "books",
        {"price": 1},
        "1",
        where=(cmp("author_id", "gte", 1),),
        order=(Order(Path("id"), True),),
        limit=Arg(1),
        returning=table("books", "id"),
    )
    assert rows(limited) == [{"id": 4}]
    gone = await write(
        session,
        service,
        "delete",
        "book_labels",
        None,
        "1",
        where=(cmp("book_id", "eq", 0),),
        returning=table("book_labels", col("label_id", aggregate=Aggregate.sum)),
    )
    assert (rows(gone), gone.returned) == ([{"sum": 3}], 2)
    nothing = await write(
        session, service, "update", "books", {}, "1", where=(cmp("id", "eq", 1),), returning=table("books")
    )
    assert (rows(nothing), nothing.returned) == ([], 0)


async def test_computed_columns_and_relations_of_written_rows(session, service):
    answer = await write(
        session,
        service,
        "update",
        "authors",
        {"name": "Ada L."},
        "1",
        where=(cmp("id", "eq", 1),),
        returning=table("authors", "shout", embed("cheap_books", "title")),
    )
    assert rows(answer) == [{"shout": "ADA L.!", "cheap_books": [{"title": "Notes on the Engine"}]}]


async def test_more_rows_than_allowed_change_nothing(session, service):
    with pytest.raises(Invalid) as caught:
        await write(session, service, "delete", "book_labels", undo=False, max_affected=2)
    assert caught.value.code == "too_many_affected"
    with pytest.raises(Invalid) as caught:
        await write(session, service, "delete", "book_labels", undo=False, returning=table("book_labels", single=True))
    assert caught.value.code == "not_single"
    assert len(rows(await session.read(table("book_labels"), (), service))) == 3


async def test_writes_are_one_transaction(session, service):
    good = Write(WriteKind.insert, TableRef("labels"), Arg(0), ("id", "name"))
    with pytest.raises(QueryError) as caught:
        await session.write([(good, ('[{"id": 50, "name": "x"}]',)), (good, ('[{"id": 1, "name": "dup"}]',))], service)
    assert caught.value.code == "23505"
    assert rows(await session.read(table("labels", where=(cmp("id", "eq", 0),)), ("50",), service)) == []


async def test_a_deferred_constraint_fails_the_write_it_belongs_to(own_session, owner):
    await own_session.run(
        "create table p (id int primary key); create table c (p int references p deferrable initially deferred)",
        (),
        owner,
    )
    with pytest.raises(QueryError) as caught:
        await write(own_session, owner, "insert", "c", {"p": 1}, undo=False, returning=table("c"))
    assert caught.value.code == "23503"
    assert rows(await own_session.read(table("c"), (), owner)) == []
    with pytest.raises(QueryError):
        await write(own_session, owner, "insert", "c", {"p": 1}, undo=False, max_affected=5)


async def test_policies_hold_for_writes(session, user):
    mine = await write(session, user, "insert", "notes", {"owner": "ann", "text": "new"})
    assert mine.returned == 1
    with pytest.raises(QueryError) as caught:
        await write(session, user, "insert", "notes", {"owner": "bob", "text": "new"})
    assert caught.value.code == "42501"
    assert (await write(session, user, "update", "notes", {"text": "x"})).returned == 1


async def test_nothing_needs_to_be_readable_to_be_written(own_session, owner, anon):
    await own_session.run(
        "create table drop_box (id int primary key, text text); grant insert on drop_box to anon", (), owner
    )
    answer = await write(own_session, anon, "insert", "drop_box", {"id": 1, "text": "hi"}, undo=False)
    assert answer.returned == 1
    with pytest.raises(QueryError):
        await write(own_session, anon, "insert", "drop_box", {"id": 2}, undo=False, returning=table("drop_box"))


@pytest.mark.parametrize(
    ("kind", "name", "body", "error", "code"),
    [
        ("insert", "books", {"titel": 1}, Invalid, "unknown_column"),
        ("insert", "books", {"title": "x", "author_id": "abc"}, QueryError, "22P02"),
        ("insert", "books", {"title": "x", "author_id": 99}, QueryError, "23503"),
        ("insert", "prices", {"total": 1}, Unsupported, "read_only_table"),
    ],
)
async def test_what_is_wrong_is_named(session, service, kind, name, body, error, code):
    with pytest.raises(error) as caught:
        await write(session, service, kind, name, body)
    assert caught.value.code == code


async def test_a_view_takes_writes_for_its_table(session, service):
    answer = await write(
        session,
        service,
        "insert",
        "book_titles",
        {"title": "V", "author_id": 1},
        returning=table("book_titles", "title"),
    )
    assert rows(answer) == [{"title": "V"}]


async def test_triggers_set_headers(own_session, owner):
    await own_session.run(
        "create table t (id int); create function h() returns trigger language plpgsql as $$ begin perform"
        """ set_config('response.headers', '[{"X-T": "1"}]', true); return new; end $$;"""
        "create trigger h before insert on t for each row execute function h()",
        (),
        owner,
    )
    answer = await write(own_session, owner, "insert", "t", {"id": 1}, undo=False)
    assert answer.headers == (("X-T", "1"),)
