"""Related rows: every kind of link, what narrows them, and aggregates."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from dbaas_provisioning.errors import Invalid
from dbaas_server.nouns import Aggregate, Arg, Compare, Count, Embed, EmbedExists, Field, Format, Logic, Order, Path
from dbaas_server.stages import Limit
from shapes import cmp, col, embed, path, rows, table

BY_ID = (Order(Path("id")),)


async def ask(session, caller, read, *args):
    return rows(await session.read(read, args, caller))


async def test_a_foreign_key_is_followed_in_both_directions(session, user):
    read = table("books", "title", embed("publishers", "name"), embed("author_id", "name", alias="author"), order=BY_ID)
    found = await ask(session, user, read)
    assert found[0] == {"title": "Notes on the Engine", "publishers": {"name": "Press One"}, "author": {"name": "Ada"}}
    assert found[2]["publishers"] is None
    back = table(
        "authors", "name", embed("books", "title", hint="author_id", order=(Order(Path("title"), True),)), order=BY_ID
    )
    found = await ask(session, user, back)
    assert [len(row["books"]) for row in found] == [1, 2, 1, 0]
    assert found[1]["books"] == [{"title": "Ficciones"}, {"title": "El Aleph"}]


async def test_two_foreign_keys_to_one_table_need_a_hint(session, user):
    with pytest.raises(Invalid) as caught:
        await ask(session, user, table("authors", embed("books", "title")))
    assert caught.value.code == "ambiguous_relationship"
    assert "books!books_editor_fkey" in (caught.value.hint or "")
    assert "one-to-many with books_editor_fkey" in (caught.value.details or "")
    for hint in ("books_editor_fkey", "editor_id"):
        found = await ask(session, user, table("authors", embed("books", "title", hint=hint), order=BY_ID))
        assert [len(row["books"]) for row in found] == [1, 1, 0, 0]


async def test_one_to_one_gives_an_object(session, user):
    found = await ask(session, user, table("books", "id", embed("covers", "colour"), order=BY_ID))
    assert found[0]["covers"] == {"colour": "red"}
    assert found[3]["covers"] is None


async def test_many_to_many_goes_through_the_junction(session, user):
    found = await ask(session, user, table("books", "id", embed("labels", "name", order=BY_ID), order=BY_ID))
    assert [[label["name"] for label in row["labels"]] for row in found] == [["old", "rare"], ["rare"], [], []]
    back = await ask(session, user, table("labels", embed("books", "id", hint="book_labels", order=BY_ID), order=BY_ID))
    assert [[book["id"] for book in row["books"]] for row in back] == [[1], [1, 2]]


async def test_a_table_related_to_itself(session, user):
    read = table(
        "people", "name", embed("people", "name", alias="staff", order=BY_ID), embed("boss", "name"), order=BY_ID
    )
    found = await ask(session, user, read)
    assert found[0] == {"name": "root", "staff": [{"name": "left"}, {"name": "right"}], "boss": None}
    assert found[3] == {"name": "leaf", "staff": [], "boss": {"name": "left"}}


async def test_computed_relations(session, user):
    read = table("authors", "id", embed("bestseller", "title"), embed("cheap_books", "title"), order=BY_ID)
    found = await ask(session, user, read)
    assert found[1] == {"id": 2, "bestseller": {"title": "Ficciones"}, "cheap_books": [{"title": "El Aleph"}]}
    assert found[3] == {"id": 4, "bestseller": None, "cheap_books": []}
    deeper = table("authors", "id", embed("bestseller", "title", embed("covers", "colour")), order=BY_ID)
    assert (await ask(session, user, deeper))[0]["bestseller"]["covers"] == {"colour": "red"}


async def test_views_have_the_relations_of_their_tables(session, user):
    found = await ask(session, user, table("book_titles", "title", embed("authors", "name"), order=BY_ID))
    assert found[0] == {"title": "Notes on the Engine", "authors": {"name": "Ada"}}
    found = await ask(
        session, user, table("authors", "id", embed("novels", "title", hint="books_author_id_fkey"), order=BY_ID)
    )
    assert [len(row["novels"]) for row in found] == [0, 2, 1, 0]
    found = await ask(
        session, user, table("prices", "total", embed("authors", "name"), order=(Order(Path("author_id")),))
    )
    assert found[0] == {"total": 12.5, "authors": {"name": "Ada"}}


async def test_filters_orders_and_limits_inside(session, user):
    read = table(
        "authors",
        "id",
        embed(
            "books",
            "id",
            hint="author_id",
            where=(cmp("price", "gt", 0),),
            order=(Order(Path("id"), True),),
            limit=Arg(1),
        ),
        order=BY_ID,
    )
    found = await ask(session, user, read, "13", "1")
    assert [row["books"] for row in found] == [[], [{"id": 3}], [], []]


async def test_inner_drops_rows_without_a_match_and_counts_accordingly(session, user):
    read = table(
        "authors",
        "id",
        embed("books", "id", hint="author_id", where=(cmp("price", "gt", 0),), inner=True),
        order=BY_ID,
        count=Count.exact,
        limit=Arg(1),
    )
    answer = await session.read(read, ("13", "1"), user)
    assert (rows(answer), answer.total) == ([{"id": 2, "books": [{"id": 2}, {"id": 3}]}], 1)
    nested = table(
        "authors",
        "id",
        embed("books", "id", embed("covers", "colour", inner=True), hint="author_id", inner=True),
        order=BY_ID,
    )
    assert [row["id"] for row in await ask(session, user, nested)] == [1, 2]


async def test_rows_are_filtered_by_whether_an_embed_has_any(session, user):
    books = embed("books", hint="author_id", alias="written")
    shown = (col("id"), embed("books", "id", hint="author_id", alias="written"))
    assert [
        row["id"]
        for row in await ask(session, user, table("authors", *shown, where=(EmbedExists("written"),), order=BY_ID))
    ] == [1, 2, 3]
    assert [
        row["id"] for row in await ask(session, user, table("authors", *shown, where=(EmbedExists("written", True),)))
    ] == [4]
    either = Logic("or", (EmbedExists("written", True), cmp("name", "eq", 0)))
    assert [
        row["id"] for row in await ask(session, user, table("authors", *shown, where=(either,), order=BY_ID), "Ada")
    ] == [1, 4]
    with pytest.raises(Invalid) as caught:
        await ask(session, user, table("authors", "id", books, where=(EmbedExists("nothing"),)))
    assert caught.value.code == "not_embedded"


async def test_an_embed_without_columns_filters_and_shows_nothing(session, user):
    from dataclasses import replace

    hidden = embed("books", hint="author_id", inner=True)
    hidden = replace(hidden, read=replace(hidden.read, items=()))
    assert await ask(session, user, table("authors", "id", hidden, order=BY_ID)) == [{"id": 1}, {"id": 2}, {"id": 3}]


async def test_spreads(session, user):
    read = table("books", "id", embed("publishers", "name", col("country", "land"), spread=True), order=BY_ID)
    found = await ask(session, user, read)
    assert found[0] == {"id": 1, "name": "Press One", "land": "UK"}
    assert found[2] == {"id": 3, "name": None, "land": None}
    nested = table(
        "covers",
        "colour",
        embed("books", embed("author_id", "name", spread=True), spread=True),
        order=(Order(Path("colour")),),
    )
    assert await ask(session, user, nested) == [{"colour": "blue", "name": "Borges"}, {"colour": "red", "name": "Ada"}]
    many = table(
        "authors", "id", embed("books", col("id", "ids"), hint="author_id", spread=True, order=BY_ID), order=BY_ID
    )
    assert await ask(session, user, many) == [
        {"id": 1, "ids": [1]},
        {"id": 2, "ids": [2, 3]},
        {"id": 3, "ids": [4]},
        {"id": 4, "ids": []},
    ]
    everything = table("covers", embed("books", "*", spread=True), where=(cmp("colour", "eq", 0),))
    assert (await ask(session, user, everything, "red"))[0]["title"] == "Notes on the Engine"


async def test_order_by_a_column_of_a_to_one_embed(session, user):
    read = table(
        "books",
        "id",
        embed("author_id", "name", alias="author"),
        order=(Order(Path("name"), True, embed="author"), Order(Path("id"))),
    )
    assert [row["id"] for row in await ask(session, user, read)] == [4, 2, 3, 1]
    with pytest.raises(Invalid) as caught:
        await ask(
            session,
            user,
            table("authors", "id", embed("books", hint="author_id"), order=(Order(Path("id"), embed="books"),)),
        )
    assert caught.value.code == "embed_not_to_one"


async def test_unknown_relations_are_named(session, user):
    with pytest.raises(Invalid) as caught:
        await ask(session, user, table("books", embed("autors", "name")))
    assert caught.value.code == "unknown_relationship"
    assert "authors" in (caught.value.hint or "")


async def test_depth_is_limited(library, opener, user):
    session = await opener(library, max_embed_depth=2)
    two = table("people", "id", embed("boss", "id", embed("boss", "id")))
    assert await ask(session, user, two)
    three = table("people", "id", embed("boss", "id", embed("boss", "id", embed("boss", "id"))))
    with pytest.raises(Invalid) as caught:
        await ask(session, user, three)
    assert caught.value.code == "embed_too_deep"


async def test_embeds_obey_column_privileges_and_number_texts(session, anon, user):
    read = table("books", "id", embed("author_id", alias="author"), where=(cmp("id", "eq", 0),))
    assert "secret" not in (await ask(session, anon, read, "1"))[0]["author"]
    lossless = table(
        "authors",
        "id",
        embed("books", "id", "sold", hint="author_id"),
        where=(cmp("id", "eq", 0),),
        numbers_as_text=True,
    )
    assert (await ask(session, user, lossless, "1"))[0]["books"] == [{"id": "1", "sold": "9007199254740993"}]


async def test_csv_with_an_embed(session, user):
    read = table("books", "id", embed("publishers", "name"), order=BY_ID, limit=Arg(0), format=Format.csv)
    answer = await session.read(read, ("1",), user)
    assert answer.body == b'id,publishers\n1,"{""name"":""Press One""}"'


# --- aggregates -------------------------------------------------------------------------------------------------


async def test_aggregates_group_by_the_other_columns(session, user):
    read = table(
        "books",
        "author_id",
        col("price", aggregate=Aggregate.sum),
        Field(None, aggregate=Aggregate.count),
        order=(Order(Path("author_id")),),
    )
    assert await ask(session, user, read) == [
        {"author_id": 1, "sum": 12.5, "count": 1},
        {"author_id": 2, "sum": 35.25, "count": 2},
        {"author_id": 3, "sum": None, "count": 1},
    ]
    every = table("books", *(col("price", f"p{kind}", aggregate=kind) for kind in Aggregate))
    assert await ask(session, user, every) == [
        {"pavg": 15.9166666666666667, "pcount": 3, "pmax": 20.0, "pmin": 12.5, "psum": 47.75}
    ]
    cast = table("books", col("price", "n", cast="int", aggregate=Aggregate.sum, aggregate_cast="text"))
    assert await ask(session, user, cast) == [{"n": "48"}]


async def test_aggregates_are_ordered_and_counted(session, user):
    read = table(
        "books",
        "author_id",
        col("id", "n", aggregate=Aggregate.count),
        order=(Order(Path("n"), True),),
        limit=Arg(0),
        count=Count.exact,
    )
    answer = await session.read(read, ("1",), user)
    assert (rows(answer), answer.total) == ([{"author_id": 2, "n": 2}], 3)


@pytest.mark.parametrize("spread", [False, True])
async def test_groups_are_ordered_by_what_is_selected_of_a_related_row(session, user, spread):
    read = table(
        "books",
        Field(None, aggregate=Aggregate.count),
        embed("author_id", "name", "active", alias="author", spread=spread),
        order=(Order(Path("name"), True, embed="author"), Order(Path("active"), embed="author")),
    )
    answer = await ask(session, user, read)
    named = [(row if spread else row["author"])["name"] for row in answer]
    assert list(zip(named, [row["count"] for row in answer], strict=True)) == [
        ("Colette", 1),
        ("Borges", 2),
        ("Ada", 1),
    ]
    every = replace(read, items=(read.items[0], embed("author_id", "*", alias="author")))
    assert [row["author"]["name"] for row in await ask(session, user, every)] == named


@pytest.mark.parametrize("shown", ["born", col("name", cast="varchar(1)"), col("name", aggregate=Aggregate.max)])
async def test_groups_with_no_single_value_to_order_by_are_refused_with_the_remedy(session, user, shown):
    read = table(
        "books",
        Field(None, aggregate=Aggregate.count),
        embed("author_id", shown, alias="author"),
        order=(Order(Path("name"), embed="author"),),
    )
    with pytest.raises(Invalid) as caught:
        await ask(session, user, read)
    assert (caught.value.code, "author(name)" in (caught.value.hint or "")) == ("order_not_grouped", True)


async def test_aggregates_inside_and_through_embeds(session, user):
    inside = table(
        "authors", "id", embed("books", col("price", aggregate=Aggregate.sum), hint="author_id"), order=BY_ID
    )
    assert (await ask(session, user, inside))[1] == {"id": 2, "books": [{"sum": 35.25}]}
    grouped = table(
        "books", Field(None, aggregate=Aggregate.count), embed("author_id", "name", alias="author"), order=()
    )
    assert {row["author"]["name"]: row["count"] for row in await ask(session, user, grouped)} == {
        "Ada": 1,
        "Borges": 2,
        "Colette": 1,
    }
    spread = table(
        "books",
        "kind",
        embed("author_id", col("born", aggregate=Aggregate.max), spread=True),
        order=(Order(Path("kind")),),
    )
    assert await ask(session, user, spread) == [
        {"kind": "novel", "max": "1899-08-24"},
        {"kind": "essay", "max": "1815-12-10"},
    ]


async def test_sums_as_text_when_numbers_must_not_be_rounded(session, user):
    read = table("books", col("sold", aggregate=Aggregate.sum), numbers_as_text=True)
    assert await ask(session, user, read) == [{"sum": "9007199254741150"}]


async def test_an_aggregate_over_too_many_rows_is_refused(library, opener, user):
    session = await opener(library, aggregate_scan_rows=2)
    with pytest.raises(Invalid) as caught:
        await ask(session, user, table("books", Field(None, aggregate=Aggregate.count)))
    assert caught.value.code == "aggregate_too_large"
    narrow = table("books", Field(None, aggregate=Aggregate.count), where=(Compare(Path("id"), "eq", Arg(0)),))
    assert await ask(session, user, narrow, "1") == [{"count": 1}]


async def test_related_rows_are_computed_after_the_limit(session, user):
    read = table("books", "id", embed("author_id", "name"), order=BY_ID, limit=Arg(0))
    plan = json.loads(await session.explain(read, ("1",), user, analyze=True))
    loops: list[int] = []

    def visit(node):
        if node.get("Parent Relationship") == "SubPlan":
            loops.append(node["Actual Loops"])
        for child in node.get("Plans", ()):
            visit(child)

    visit(plan[0]["Plan"])
    assert max(loops, default=1) == 1
    assert path("a->>b").steps[0].as_text


async def test_a_pipeline_over_related_rows_is_refused(session, user):
    below = replace(embed("books", "title").read, stages=(Limit(1),))
    with pytest.raises(Invalid) as caught:
        await ask(session, user, table("authors", "name", Embed("books", below)))
    assert caught.value.code == "invalid_pipeline"
