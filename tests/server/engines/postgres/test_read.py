"""Reading tables: columns, filters, order, pages, formats."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace

import pytest

from dbaas_provisioning.errors import DbaasError, Invalid, NotFound
from dbaas_server.engine import QueryError
from dbaas_server.nouns import Arg, Compare, Count, Field, Format, Logic, Order, Path
from shapes import cmp, col, path, rows, table


async def test_a_row_by_key_has_every_column(session, user):
    answer = await session.read(table("publishers", where=(cmp("country", "eq", 0),)), ("FR",), user)
    assert rows(answer) == [{"code": "p1", "country": "FR", "name": "Presse Un"}]
    assert answer.returned == 1
    assert answer.total is None


async def test_star_means_the_columns_a_role_may_read(session, anon, user):
    read = table("authors", where=(cmp("id", "eq", 0),))
    assert set(rows(await session.read(read, ("1",), anon))[0]) == {"id", "name", "born", "profile", "aliases"}
    assert "secret" in rows(await session.read(read, ("1",), user))[0]


async def test_aliases_casts_and_paths(session, user):
    read = table(
        "authors",
        col("name", "n"),
        col("id", cast="text"),
        "profile->city",
        "profile->>city",
        "profile->langs->>1",
        col("profile->deep->x", "x", cast="int4"),
        "aliases->0",
        "raw->a",
        where=(cmp("id", "eq", 0),),
    )
    answer = await session.read(read, ("1",), user)
    assert answer.body.startswith(b'[{"n":"Ada","id":"1","city":"London","city":"London","langs":"fr","x":1,')
    assert rows(answer)[0]["aliases"] == "A"
    assert rows(answer)[0]["a"] == 1


async def test_computed_columns_are_selected_filtered_and_ordered(session, user):
    read = table("authors", "shout", where=(cmp("shout", "like", 0),), order=(Order(Path("shout"), True),))
    assert [row["shout"] for row in rows(await session.read(read, ("%A%",), user))] == ['QUOTE "Q", COMMA!', "ADA!"]


FILTERS = [
    ("id", "eq", "2", [2]),
    ("id", "neq", "2", [1, 3, 4]),
    ("id", "gt", "2", [3, 4]),
    ("id", "gte", "2", [2, 3, 4]),
    ("id", "lt", "2", [1]),
    ("id", "lte", "2", [1, 2]),
    ("name", "like", "B%", [2]),
    ("name", "ilike", "b%", [2]),
    ("name", "match", "^(A|B)", [1, 2]),
    ("name", "imatch", "^a", [1]),
    ("born", "isdistinct", "1899-08-24", [1, 3, 4]),
    ("aliases", "cs", "{A}", [1]),
    ("aliases", "cd", "{A,Countess,Georgie}", [1, 2, 3]),
    ("aliases", "ov", "{A,Georgie}", [1, 2]),
    ("profile", "cs", '{"city": "London"}', [1]),
    ("active", "sl", "[1900-01-01,1901-01-01)", [1]),
    ("active", "sr", "[1800-01-01,1801-01-01)", [1]),
    ("active", "nxr", "[1800-01-01,1901-01-01)", [1]),
    ("active", "nxl", "[1800-01-01,1901-01-01)", [1]),
    ("active", "adj", "[1852-01-01,1901-01-01)", [1]),
    ("name", "plfts", "borges", [2]),
    ("name", "fts", "borges | ada", [1, 2]),
    ("name", "wfts", "ada or borges", [1, 2]),
    ("name", "phfts", "quote q", [4]),
    ("profile->>city", "eq", "London", [1]),
    ("profile->deep->x", "eq", "1", [1]),
    ("profile", "plfts", "london", [1]),
]


@pytest.mark.parametrize(("left", "operator", "value", "expected"), FILTERS)
async def test_operators(session, user, left, operator, value, expected):
    read = table("authors", "id", where=(cmp(left, operator, 0),), order=(Order(Path("id")),))
    assert [row["id"] for row in rows(await session.read(read, (value,), user))] == expected


async def test_full_text_with_a_language_uses_the_column_that_is_a_vector_already(session, user):
    read = table("books", "id", where=(cmp("words", "plfts", 0, language="english"),))
    assert rows(await session.read(read, ("engines",), user)) == [{"id": 1}]


@pytest.mark.parametrize(("word", "expected"), [("null", [3]), ("not_null", [1, 2, 4])])
async def test_is(session, user, word, expected):
    read = table("authors", "id", where=(cmp("born", "is", word),), order=(Order(Path("id")),))
    assert [row["id"] for row in rows(await session.read(read, (), user))] == expected


async def test_in_any_all_and_trees(session, user):
    async def ids(*where, args=()):
        read = table("authors", "id", where=where, order=(Order(Path("id")),))
        return [row["id"] for row in rows(await session.read(read, args, user))]

    two = (Arg(0), Arg(1))
    assert await ids(Compare(Path("id"), "in", two), args=("1", "3")) == [1, 3]
    assert await ids(Compare(Path("id"), "in", two, negated=True), args=("1", "3")) == [2, 4]
    assert await ids(Compare(Path("id"), "in", ())) == []
    assert await ids(Compare(Path("id"), "eq", two, quantifier="any"), args=("1", "3")) == [1, 3]
    assert await ids(Compare(Path("name"), "like", two, quantifier="all"), args=("%o%", "%B%")) == [2]
    assert await ids(Compare(Path("id"), "gt", Arg(0), quantifier="all"), args=("{1,2}",)) == [3, 4]
    tree = Logic(
        "or", (cmp("id", "eq", 0), Logic("and", (cmp("id", "gt", 1), cmp("born", "is", "null")), negated=False))
    )
    assert await ids(tree, args=("1", "2")) == [1, 3]
    assert await ids(replace(tree, negated=True), args=("1", "2")) == [2, 4]


async def test_order_with_nulls(session, user):
    async def names(*order):
        return [row["id"] for row in rows(await session.read(table("authors", "id", order=order), (), user))]

    assert await names(Order(Path("born"))) == [1, 2, 4, 3]
    assert await names(Order(Path("born"), nulls_first=True)) == [3, 1, 2, 4]
    assert await names(Order(Path("born"), True)) == [3, 4, 2, 1]
    assert await names(Order(Path("born"), True, nulls_first=False)) == [4, 2, 1, 3]
    assert await names(Order(path("profile->>city")), Order(Path("id"), True)) == [2, 1, 4, 3]


async def test_order_is_by_the_column_not_by_an_output_of_its_name(session, user):
    read = table("books", col("price", "id"), order=(Order(Path("id"), True),))
    assert [row["id"] for row in rows(await session.read(read, (), user))] == [None, 15.25, 20.00, 12.50]


async def test_pages_share_a_shape(session, user):
    read = table("authors", "id", order=(Order(Path("id")),), limit=Arg(0), offset=Arg(1))
    assert rows(await session.read(read, ("2", "1"), user)) == [{"id": 2}, {"id": 3}]
    assert rows(await session.read(read, ("1", "3"), user)) == [{"id": 4}]


@pytest.mark.parametrize(("limit", "expected"), [(None, 3), ("2", 2), ("100", 3)])
async def test_no_page_is_larger_than_the_cap(library, opener, user, limit, expected):
    session = await opener(library, max_rows=3)
    read = table("authors", "id", limit=None if limit is None else Arg(0), count=Count.exact)
    answer = await session.read(read, () if limit is None else (limit,), user)
    assert (answer.returned, answer.total) == (expected, 4)
    estimated = await session.read(table("authors", "id", limit=Arg(0), count=Count.estimated), ("1",), user)
    assert estimated.total == 4  # past the cap the planner is asked


async def test_counts(session, user):
    for kind in Count:
        answer = await session.read(table("books", "id", limit=Arg(0), count=kind), ("1",), user)
        assert (answer.returned, answer.total) == (1, 4)
    filtered = table("books", "id", where=(cmp("kind", "eq", 0),), count=Count.exact, limit=Arg(1))
    assert (await session.read(filtered, ("novel", "1"), user)).total == 3


async def test_exactly_one_row_or_an_error(session, user):
    read = table("authors", "id", where=(cmp("id", "gte", 0),), single=True)
    assert rows(await session.read(read, ("4",), user)) == {"id": 4}
    for value, found in (("5", 0), ("3", 2)):
        with pytest.raises(Invalid) as caught:
            await session.read(read, (value,), user)
        assert caught.value.code == "not_single"
        assert f"{found} rows" in (caught.value.details or "")


async def test_large_numbers_as_text(session, user):
    read = table("books", "id", "sold", "price", where=(cmp("id", "eq", 0),), numbers_as_text=True)
    assert rows(await session.read(read, ("1",), user)) == [{"id": "1", "sold": "9007199254740993", "price": "12.50"}]
    everything = rows(await session.read(table("books", numbers_as_text=True, limit=Arg(0)), ("1",), user))[0]
    assert (everything["sold"], everything["author_id"]) == ("9007199254740993", 1)


async def test_nulls_can_be_left_out(session, user):
    read = table("books", "id", "price", where=(cmp("id", "eq", 0),), format=Format.json_stripped)
    assert rows(await session.read(read, ("4",), user)) == [{"id": 4}]
    assert rows(await session.read(replace(read, single=True), ("4",), user)) == {"id": 4}


async def test_csv_is_what_a_csv_reader_reads_back(session, user):
    read = table("authors", "id", "name", "born", "secret", "profile", order=(Order(Path("id")),), format=Format.csv)
    answer = await session.read(read, (), user)
    found = list(csv.reader(io.StringIO(answer.body.decode())))
    assert found[0] == ["id", "name", "born", "secret", "profile"]
    assert found[4][1] == 'Quote "q", comma'
    assert json.loads(found[1][4])["city"] == "London"
    assert answer.body.splitlines()[3].startswith(b"3,Colette,,,")  # null is nothing
    assert b',"",' in answer.body.splitlines()[4]  # an empty text is quoted


async def test_keyset_pages_visit_every_row_once(session, user):
    order = (Order(Path("born"), True), Order(path("profile->>city")), Order(Path("id")))
    read = table("authors", "id", order=order, limit=Arg(0), keyset=True)
    seen: list[int] = []
    answer = await session.read(read, ("1",), user)
    following = replace(read, after=(Arg(1), Arg(2), Arg(3)))
    while True:
        seen += [row["id"] for row in rows(answer)]
        if answer.cursor is None:
            break
        answer = await session.read(following, ("1", *json.loads(answer.cursor)), user)
    assert seen == [3, 4, 2, 1]


async def test_no_answer_is_larger_than_what_is_held_in_memory(library, opener, user):
    session = await opener(library, max_result_bytes=100)
    keyset = table("authors", "id", "name", "profile", order=(Order(Path("id")),), keyset=True)
    for read in (table("authors"), table("authors", format=Format.csv), table("authors", count=Count.exact), keyset):
        with pytest.raises(Invalid) as caught:
            await session.read(read, (), user)
        assert caught.value.code == "result_too_large"
        assert caught.value.hint
    assert len(rows(await session.read(table("authors", "id"), (), user))) == 4
    by_id = table("authors", where=(cmp("id", "eq", 0),))
    assert len(rows(await session.read(by_id, ("1",), user))) == 1


async def test_plans_are_explained(session, user):
    read = table("authors", "id", where=(cmp("id", "eq", 0),))
    plan = json.loads(await session.explain(read, ("1",), user, analyze=False))
    assert "Plan" in plan[0]
    assert b"actual" in await session.explain(read, ("1",), user, analyze=True, text=True)


@pytest.mark.parametrize(
    ("read", "kind", "code", "hint"),
    [
        (table("bookz"), NotFound, "unknown_table", "public.books"),
        (table("books", "titel"), Invalid, "unknown_column", "title"),
        (table("books", where=(cmp("pryce", "eq", 0),)), Invalid, "unknown_column", "price"),
        (table("books", order=(Order(Path("nope")),)), Invalid, "unknown_column", None),
        (table("books", where=(cmp("id", "frob", 0),)), Invalid, "unknown_operator", "eq"),
        (table("books", where=(cmp("id", "is", "maybe"),)), Invalid, "invalid_operand", "null"),
        (table("books", Field(Path("id"), cast="int); drop table canary; --")), Invalid, "22023", "int4"),
    ],
)
async def test_what_a_shape_gets_wrong_is_named(session, user, read, kind, code, hint):
    with pytest.raises(kind) as caught:
        await session.read(read, ("1",), user)
    assert caught.value.code == code
    assert hint is None or hint in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("read", "args", "code"),
    [
        (table("books", where=(cmp("id", "eq", 0),)), ("abc",), "22P02"),
        (table("books", where=(cmp("id", "like", 0),)), ("abc",), "42883"),
        (table("books", limit=Arg(0)), ("-1",), "2201W"),
        (table("books", Field(Path("id"), cast="nosuchtype")), (), "42704"),
        (table("books", where=(cmp("title", "eq", 0),)), ("a\0b",), "22021"),
        (table("books", where=(cmp("title", "eq", 0),)), ("\ud800",), "22021"),
        (table("books", where=(cmp("title", "match", 0),)), ("(",), "2201B"),
    ],
)
async def test_what_the_server_refuses_keeps_its_code(session, user, read, args, code):
    with pytest.raises(QueryError) as caught:
        await session.read(read, args, user)
    assert caught.value.code == code


async def test_an_unexposed_table_is_refused_with_the_remedy(session, anon):
    with pytest.raises(DbaasError) as caught:
        await session.read(table("unexposed"), (), anon)
    assert caught.value.code == "42501"
    assert "ENABLE ROW LEVEL SECURITY" in (caught.value.hint or "")


async def test_policies_see_the_claims_of_each_request(session, anon, user, service):
    read = table("notes", "owner")
    assert rows(await session.read(read, (), user)) == [{"owner": "ann"}]
    assert rows(await session.read(read, (), replace(user, claims='{"sub": "bob"}'))) == [{"owner": "bob"}]
    assert rows(await session.read(read, (), anon)) == []
    assert len(rows(await session.read(read, (), service))) == 2


async def test_odd_names_are_names(session, user):
    read = table('odd "names" ; --', "a.b", "select", "x,y(z)", where=(cmp("a.b", "eq", 0),))
    assert rows(await session.read(read, ("dot",), user)) == [{"a.b": "dot", "select": "keyword", "x,y(z)": "marks"}]
