"""Calling functions."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from dbaas_provisioning.errors import Invalid, NotFound
from dbaas_server.engine import QueryError
from dbaas_server.nouns import Arg, Count, Format, Order, Path
from shapes import call, cmp, embed, rows


async def get(session, caller, read, *args):
    return await session.read(read, args, caller)


async def post(session, caller, name, body, **more):
    names = tuple(sorted(body)) if isinstance(body, dict) else ()
    read = call(name, body=0, names=names, read_only=False, **more)
    return await session.call(read, (json.dumps(body),), caller)


async def test_scalars_by_url_and_by_body(session, anon):
    assert rows(await get(session, anon, call("add", arguments=[("a", 0)]), "1")) == 11
    assert rows(await get(session, anon, call("add", arguments=[("a", 0), ("b", 1)]), "1", "2")) == 3
    assert rows(await post(session, anon, "add", {"a": 1})) == 11
    assert rows(await post(session, anon, "add", {"b": 5, "a": 1})) == 6


async def test_void_gives_nothing(session, anon):
    answer = await post(session, anon, "nothing", {})
    assert answer.body == b""


async def test_rows_of_a_table_are_filtered_ordered_paged_and_embed(session, user):
    read = call(
        "books_of",
        "title",
        embed("covers", "colour"),
        arguments=[("author", 0)],
        where=(cmp("price", "gt", 1),),
        order=(Order(Path("price")),),
        limit=Arg(2),
        count=Count.exact,
    )
    answer = await get(session, user, read, "Borges", "1", "1")
    assert rows(answer) == [{"title": "El Aleph", "covers": None}]
    assert answer.total == 2
    posted = call("books_of", "title", body=0, names=("author",), order=(Order(Path("title")),))
    assert rows(await session.call(posted, ('{"author": "Borges"}',), user)) == [
        {"title": "El Aleph"},
        {"title": "Ficciones"},
    ]


async def test_shapes_of_results(session, user):
    assert rows(await get(session, user, call("one_author", "id", "shout", arguments=[("which", 0)]), "1")) == {
        "id": 1,
        "shout": "ADA!",
    }
    assert rows(await get(session, user, call("pair"))) == {"x": 1, "y": "one"}
    assert rows(
        await get(session, user, call("series", "square", arguments=[("n", 0)], where=(cmp("i", "gt", 1),)), "3", "2")
    ) == [{"square": 9}]
    assert rows(await get(session, user, call("single_column", arguments=[("n", 0)]), "2")) == [{"i": 1}, {"i": 2}]
    assert rows(await get(session, user, call("letters"))) == ["a", "b"]
    assert rows(await get(session, user, call("big"))) == 9007199254740993
    assert rows(await get(session, user, call("big", numbers_as_text=True))) == "9007199254740993"
    assert (
        await get(session, user, call("series", arguments=[("n", 0)], format=Format.csv), "2")
    ).body == b"i,square\n1,1\n2,4"


async def test_exactly_one_row_of_a_function(session, user):
    one = call("series", arguments=[("n", 0)], single=True)
    assert rows(await get(session, user, one, "1")) == {"i": 1, "square": 1}
    with pytest.raises(Invalid) as caught:
        await session.call(call("series", body=0, names=("n",), single=True), ('{"n": 2}',), user)
    assert caught.value.code == "not_single"


async def test_variadic(session, user):
    assert rows(await get(session, user, call("total", arguments=[("v", 0), ("v", 1)]), "1", "2")) == 3
    assert rows(await post(session, user, "total", {"v": [1, 2, 3]})) == 6


async def test_overloads_are_told_apart_by_names(session, user):
    assert rows(await post(session, user, "overloaded", {"a": 1})) == "int"
    assert rows(await post(session, user, "overloaded", {"a": 1, "b": 2})) == "two"
    with pytest.raises(Invalid) as caught:
        await post(session, user, "clash", {"a": 1})
    assert caught.value.code == "ambiguous_function"
    assert "public.clash(a => integer)" in caught.value.message


async def test_a_single_unnamed_parameter_takes_the_whole_body(session, user):
    assert rows(await post(session, user, "echo", {"any": ["thing"]})) == {"any": ["thing"]}
    assert rows(await session.call(call("echo_text", body=0, unnamed=True), (b"plain text",), user)) == "plain text"


async def test_unknown_functions_are_named(session, user):
    for body, name, hint in (
        ({"a": 1}, "ad", "public.add(a => integer, b => integer)"),
        ({"x": 1}, "add", "public.add("),
    ):
        with pytest.raises(NotFound) as caught:
            await post(session, user, name, body)
        assert caught.value.code == "unknown_function"
        assert hint in (caught.value.hint or "")


async def test_a_function_that_writes_needs_the_writing_way(session, service):
    body = {"which": 1, "new_name": "Ada"}
    with pytest.raises(QueryError) as caught:
        await get(session, service, call("rename", arguments=[("which", 0), ("new_name", 1)]), "1", "X")
    assert caught.value.code == "25006"
    read = call("rename", "name", body=0, names=("new_name", "which"), read_only=False)
    undone = replace(read, source=replace(read.source, rollback=True))
    assert rows(await session.call(undone, (json.dumps({**body, "new_name": "Gone"}),), service)) == {"name": "Gone"}
    assert rows(await session.call(read, (json.dumps(body),), service)) == {"name": "Ada"}


async def test_max_affected_bounds_the_rows_of_a_call(session, user):
    read = call("series", body=0, names=("n",))
    read = replace(read, source=replace(read.source, max_affected=2))
    assert len(rows(await session.call(read, ('{"n": 2}',), user))) == 2
    with pytest.raises(Invalid) as caught:
        await session.call(read, ('{"n": 3}',), user)
    assert caught.value.code == "too_many_affected"


async def test_a_function_sets_status_and_headers(session, user):
    answer = await post(session, user, "answer_with", {})
    assert (answer.status, answer.headers) == (418, (("X-One", "1"), ("X-Two", "2")))


async def test_a_function_sees_who_calls(session, user):
    caller = replace(user, tenant_claim="t-1")
    seen = rows(await get(session, caller, call("whoami", time_zone="Asia/Tokyo")))
    assert seen == {
        "role": "authenticated",
        "claims": user.claims,
        "tenant": "t-1",
        "path": "public, extensions",
        "zone": "Asia/Tokyo",
        "read_only": "on",
    }


async def test_the_login_of_the_api_cannot_become_service_role(session, anon, user):
    for caller in (anon, user):
        with pytest.raises(QueryError) as caught:
            await post(session, caller, "become_service", {})
        assert caught.value.code == "42501"


async def test_what_a_function_leaves_behind_reaches_no_other_request(library, opener, anon, user):
    session = await opener(library, write_connections=1, query_connections=1, read_connections=1)
    for _ in range(2):
        await post(session, user, "pollute", {})
        seen = rows(await post(session, anon, "whoami", {}))
        assert (seen["role"], seen["claims"], seen["path"]) == ("anon", "{}", "public, extensions")
