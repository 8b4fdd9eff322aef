"""Rows, relations, filters, orders, aggregates."""

from __future__ import annotations

from typing import Any

import pytest


def test_rows_come_with_fields_in_the_selections_order(door) -> None:
    answer = door.post("{ find_authors(order_by: {id: asc}) { name id __typename born } }")
    first = '{"data":{"find_authors":[{"name":"Ada","id":1,"__typename":"authors","born":"1815-12-10"}'
    assert answer.text.startswith(first)


def test_one_row_by_its_key_or_null(door) -> None:
    text = "query($id: BigInt!) { book: get_books_by_id(id: $id) { title } }"
    assert door.data(text, {"id": "2"}) == {"book": {"title": "Ficciones"}}
    assert door.data(text, {"id": 2}) == {"book": {"title": "Ficciones"}}
    assert door.data(text, {"id": "999"}) == {"book": None}


def test_a_key_of_several_columns_is_several_arguments(door) -> None:
    text = 'query($city: String!) { get_places_by_id(country: "FR", city: $city) { people } }'
    assert door.data(text, {"city": "Lyon, or so"}) == {"get_places_by_id": {"people": 1}}


def test_relations_lead_both_ways(door) -> None:
    data = door.data(
        """{ find_authors(order_by: {id: asc}) {
               books_by_author_id(order_by: {title: asc}) { title author { name } editor { name } covers { colour } }
               books_by_editor { title } } }"""
    )
    ada, borges, colette = data["find_authors"]
    assert ada["books_by_author_id"] == [
        {"title": "Notes", "author": {"name": "Ada"}, "editor": {"name": "Borges"}, "covers": {"colour": "red"}}
    ]
    assert [book["title"] for book in borges["books_by_author_id"]] == ["El Aleph", "Ficciones"]
    assert ada["books_by_editor"] == [{"title": "El Aleph"}]
    assert colette["books_by_editor"] == []


def test_a_table_that_points_at_itself_has_both_ends(door) -> None:
    data = door.data("{ find_people(order_by: {id: asc}) { name people_of_boss { name } people_by_boss { name } } }")
    assert data["find_people"][1] == {
        "name": "left", "people_of_boss": {"name": "root"}, "people_by_boss": [{"name": "leaf"}]
    }  # fmt: skip


@pytest.mark.parametrize(
    ("where", "titles"),
    [
        ('{title: {_eq: "Notes"}}', ["Notes"]),
        ('{title: {_neq: "Notes"}}', ["Ficciones", "El Aleph", "Cheri"]),
        ("{price: {_gt: 12.5}}", ["Ficciones", "El Aleph"]),
        ('{price: {_gte: "12.5", _lt: 20}}', ["Notes", "El Aleph"]),
        ("{id: {_in: [1, 3]}}", ["Notes", "El Aleph"]),
        ("{id: {_in: []}}", []),
        ("{id: {_nin: [1, 3]}}", ["Ficciones", "Cheri"]),
        ("{rating: {_is_null: true}}", ["El Aleph"]),
        ("{rating: {_is_null: false}, price: {_is_null: true}}", ["Cheri"]),
        ('{title: {_like: "%s"}}', ["Notes", "Ficciones"]),
        ('{title: {_nilike: "%S"}}', ["El Aleph", "Cheri"]),
        ('{title: {_regex: "^[A-F]"}}', ["Ficciones", "El Aleph", "Cheri"]),
        ('{title: {_iregex: "^f", _niregex: "z"}}', ["Ficciones"]),
        ('{tags: {_contains: ["maze"]}}', ["Ficciones", "El Aleph"]),
        ('{tags: {_contained_in: ["maze", "x"]}}', ["Ficciones", "Cheri"]),
        ('{tags: {_overlaps: ["math", "x"]}}', ["Notes"]),
        ("{tags: {_eq: []}}", ["Cheri"]),
        ('{extra: {_contains: {lang: "es"}}}', ["Ficciones"]),
        ('{extra: {_has_key: "lang"}}', ["Ficciones", "Cheri"]),
        ('{extra: {_has_keys_all: ["lang", "pages"]}}', ["Ficciones"]),
        ('{extra: {_has_keys_any: ["pages"]}}', ["Notes", "Ficciones"]),
        ('{author: {name: {_eq: "Borges"}}}', ["Ficciones", "El Aleph"]),
        ('{author: {books_by_author_id: {title: {_eq: "El Aleph"}}}, price: {_gt: 16}}', ["Ficciones"]),
        ("{editor: {}}", ["Notes", "El Aleph"]),
        ("{_not: {editor: {}}}", ["Ficciones", "Cheri"]),
        ('{_or: [{title: {_eq: "Notes"}}, {author: {name: {_eq: "Colette"}}}]}', ["Notes", "Cheri"]),
        ("{_or: []}", []),
        ("{_and: []}", ["Notes", "Ficciones", "El Aleph", "Cheri"]),
        ('{_and: [{_not: {title: {_eq: "Notes"}}}, {sold: {_gt: "50"}}]}', ["Ficciones"]),
        ("{}", ["Notes", "Ficciones", "El Aleph", "Cheri"]),
    ],
)
def test_conditions(door, where: str, titles: list[str]) -> None:
    data = door.data(f"{{ find_books(where: {where}, order_by: {{id: asc}}) {{ title }} }}")
    assert [row["title"] for row in data["find_books"]] == titles


@pytest.mark.parametrize(
    ("order", "titles"),
    [
        ("{title: asc}", ["Cheri", "El Aleph", "Ficciones", "Notes"]),
        ("{rating: desc}", ["El Aleph", "Ficciones", "Notes", "Cheri"]),
        ("{rating: desc_nulls_last}", ["Ficciones", "Notes", "Cheri", "El Aleph"]),
        ("{rating: asc_nulls_first}", ["El Aleph", "Cheri", "Notes", "Ficciones"]),
        ("[{author: {name: desc}}, {price: asc}]", ["Cheri", "El Aleph", "Ficciones", "Notes"]),
    ],
)
def test_orders(door, order: str, titles: list[str]) -> None:
    assert [
        row["title"] for row in door.data(f"{{ find_books(order_by: {order}) {{ title }} }}")["find_books"]
    ] == titles


def test_pages_by_limit_and_offset_at_every_level(door) -> None:
    data = door.data(
        """{ find_authors(order_by: {id: asc}, limit: 1, offset: 1) {
               name books_by_author_id(order_by: {title: asc}, limit: 1, offset: 1) { title } } }"""
    )
    assert data == {"find_authors": [{"name": "Borges", "books_by_author_id": [{"title": "Ficciones"}]}]}


def test_aggregates_of_a_table_and_of_related_rows(door) -> None:
    data = door.data(
        """{ find_books_aggregate(where: {sold: {_lt: "1000"}}) {
               count sum { sold price } avg { rating } max { title } }
             find_authors(order_by: {id: asc}) { books_by_author_id_aggregate(where: {price: {_gt: 13}}) {
               __typename count min { price published } sum { __typename sold } } } }"""
    )
    assert data["find_books_aggregate"] == {
        "count": 3, "sum": {"sold": "157", "price": "35.25"}, "avg": {"rating": 4.2}, "max": {"title": "Ficciones"},
    }  # fmt: skip
    assert [row["books_by_author_id_aggregate"] for row in data["find_authors"]][:2] == [
        {"__typename": "books_aggregate", "count": 0, "min": {"price": None, "published": None},
         "sum": {"__typename": "books_sum", "sold": None}},
        {"__typename": "books_aggregate", "count": 2,
         "min": {"price": "15.25", "published": "1944-01-01T00:00:00+00:00"},
         "sum": {"__typename": "books_sum", "sold": "150"}},
    ]  # fmt: skip


def test_an_aggregate_of_which_only_its_type_is_asked(door) -> None:
    data = door.data(
        """{ find_books_aggregate { __typename sum { __typename } }
             find_authors(limit: 1) { books_by_author_id_aggregate { a: __typename } } }"""
    )
    assert data == {
        "find_books_aggregate": {"__typename": "books_aggregate", "sum": {"__typename": "books_sum"}},
        "find_authors": [{"books_by_author_id_aggregate": {"a": "books_aggregate"}}],
    }


def test_a_pipeline(door) -> None:
    stages: list[Any] = [
        {"$match": {"sold": {"$lt": 1000}}},
        {"$group": {"_id": "$author_id", "sold": {"$sum": "$sold"}}},
        {"$sort": {"_id": 1}},
    ]
    text = "query($stages: JSON!) { aggregate_books(pipeline: $stages) }"
    assert door.data(text, {"stages": stages}) == {
        "aggregate_books": [{"_id": 2, "sold": "150"}, {"_id": 3, "sold": "7"}]
    }
    stages[0] = {"$match": {"sold": {"$lt": 60}}}
    assert len(door.data(text, {"stages": stages})["aggregate_books"]) == 2
    assert door.refused(text, {"stages": [{"$out": "x"}]}) == "invalid_pipeline"
    assert door.refused(text, {"stages": {}}) == "invalid_pipeline"


def test_aliases_and_fragments_and_directives(door) -> None:
    text = """
      query Both($more: Boolean!, $less: Boolean = true) {
        a: get_authors_by_id(id: 1) { ...Name ... on authors { id } }
        b: get_authors_by_id(id: 2) { ...Name born @include(if: $more) id @skip(if: $less) }
        ... @include(if: $more) { c: get_authors_by_id(id: 3) { name } }
      }
      fragment Name on authors { called: name ...Again }
      fragment Again on authors { called: name }
    """
    assert door.data(text, {"more": False}) == {"a": {"called": "Ada", "id": 1}, "b": {"called": "Borges"}}
    assert door.data(text, {"more": True, "less": False}) == {
        "a": {"called": "Ada", "id": 1}, "b": {"called": "Borges", "born": "1899-08-24", "id": 2},
        "c": {"name": "Colette"},
    }  # fmt: skip


def test_fields_of_one_key_are_merged(door) -> None:
    text = "{ find_authors(limit: 1, order_by: {id: asc}) { id } find_authors(limit: 1, order_by: {id: asc}) { name } }"
    assert door.data(text) == {"find_authors": [{"id": 1, "name": "Ada"}]}
    conflicts = [
        "{ a: find_authors { id } a: find_books { id } }",
        "{ find_authors(limit: 1) { id } find_authors(limit: 2) { id } }",
        "{ find_authors { a: id ...F } } fragment F on authors { a: name }",
        "{ find_books { author { a: id } ...F } } fragment F on books { author { a: name } }",
    ]
    for conflict in conflicts:
        assert door.refused(conflict) == "invalid_document"


def test_everything_may_be_left_out_by_directives(door) -> None:
    data = door.data(
        "{ find_authors(limit: 1) { id @skip(if: true) } get_books_by_id(id: 1) { author { id @skip(if: true) } } }"
    )
    assert data == {"find_authors": [{}], "get_books_by_id": {"author": {}}}


def test_variables_of_every_kind(door) -> None:
    text = """
      query($where: books_bool_exp, $order: [books_order_by!], $limit: Int, $ids: [BigInt!], $direction: order_by) {
        a: find_books(where: $where, order_by: $order, limit: $limit) { id }
        b: find_books(where: {id: {_in: $ids}}, order_by: {id: $direction}) { id }
      }
    """
    first = {"where": {"author": {"id": {"_eq": 2}}}, "order": [{"id": "desc"}], "limit": 1, "ids": ["1", 2],
             "direction": "desc"}  # fmt: skip
    assert door.data(text, first) == {"a": [{"id": "3"}], "b": [{"id": "2"}, {"id": "1"}]}
    assert door.data(text, {**first, "ids": [4], "limit": 5, "direction": "asc"}) == {
        "a": [{"id": "3"}, {"id": "2"}], "b": [{"id": "4"}]
    }  # fmt: skip
    assert len(door.data(text, {"direction": "asc"})["a"]) == 4
    assert (
        door.data(text, {"direction": "asc", "limit": None, "where": None})["b"]
        == door.data(text, {"direction": "asc"})["b"]
    )


@pytest.mark.parametrize(
    ("variables", "code"),
    [
        ({"where": {"nope": 1}}, "invalid_variables"),
        ({"where": {"id": {"_eq": {}}}}, "invalid_variables"),
        ({"limit": "1"}, "invalid_variables"),
        ({"where": {"id": {"_eq": None}}}, "null_comparison"),
        ({"limit": -1}, "invalid_limit"),
        ({"where": {"published": {"_gt": "yesterday-ish"}}}, "22007"),
    ],
)
def test_variables_that_do_not_fit(door, variables: dict[str, Any], code: str) -> None:
    text = "query($where: books_bool_exp, $limit: Int) { find_books(where: $where, limit: $limit) { id } }"
    assert door.refused(text, variables) == code


def test_a_condition_on_null_is_refused_and_not_taken_for_every_row(door) -> None:
    assert door.refused("{ find_books(where: {id: {_eq: null}}) { id } }") == "null_comparison"


def test_long_aliases_are_not_cut(door) -> None:
    names = ["a" * 80 + "1", "a" * 80 + "2"]
    data = door.data(
        f"{{ {names[0]}: find_authors(limit: 1, order_by: {{id: asc}}) {{ {names[0]}: id {names[1]}: name }}"
        f" {names[1]}: get_books_by_id(id: 1) {{ author {{ {names[0]}: id {names[1]}: name }}"
        f" covers {{ book {{ {names[0]}: title }} }} }} }}"
    )
    assert data[names[0]] == [{names[0]: 1, names[1]: "Ada"}]
    assert data[names[1]] == {"author": {names[0]: 1, names[1]: "Ada"}, "covers": {"book": {names[0]: "Notes"}}}


def test_many_fields_of_one_object(door) -> None:
    many = " ".join(f"f{number}: sold" for number in range(120))
    assert len(door.data(f"{{ find_books_aggregate {{ sum {{ {many} }} }} }}")["find_books_aggregate"]["sum"]) == 120


def test_all_roots_of_a_query_see_one_snapshot(door) -> None:
    many = " ".join(f"r{number}: find_books_aggregate {{ count }}" for number in range(60))
    data = door.data(f"{{ {many} }}")
    assert list(data) == [f"r{number}" for number in range(60)]
    assert {row["count"] for row in data.values()} == {4}


def test_a_root_that_is_refused_is_named(door) -> None:
    text = '{ fine: find_authors { id } bad: find_books(where: {published: {_gt: "never"}}) { id } __typename }'
    body = door.post(text).json()
    assert body["data"] is None
    assert body["errors"][0]["path"] == ["bad"]
    assert body["errors"][0]["extensions"]["code"] == "22007"
    assert body["errors"][0]["locations"] == [{"line": 1, "column": 29}]


def test_a_root_that_may_be_null_is_null_where_it_fails(door) -> None:
    text = "query($id: BigInt!) { fine: add(a: 1) bad: get_books_by_id(id: $id) { id } }"
    body = door.post("{ add(a: 2147483647, b: 1) __typename }").json()
    assert body["data"] == {"add": None, "__typename": "Query"}
    assert body["errors"][0]["extensions"]["code"] == "22003"
    assert body["errors"][0]["path"] == ["add"]
    assert door.data(text, {"id": 1}) == {"fine": 11, "bad": {"id": "1"}}
