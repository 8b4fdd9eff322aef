"""Functions as roots."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{ f: add(a: 1) }", 11),
        ("{ f: add(a: 1, b: 2) }", 3),
        ('{ f: books_of(author: "Borges", order_by: {title: asc}, limit: 1) { title author { name } } }',
         [{"title": "El Aleph", "author": {"name": "Borges"}}]),
        ('{ f: books_of(author: "Borges", where: {price: {_gt: 16}}) { title } }', [{"title": "Ficciones"}]),
        ("{ f: oldest { name books_by_author_id { title } } }",
         {"name": "Ada", "books_by_author_id": [{"title": "Notes"}]}),
        ("{ f: nobody { name } }", None),
        ("{ f: pair { b a __typename } }", {"b": "9007199254740993", "a": 1, "__typename": "pair_result"}),
        ("{ f: series(n: 3, offset: 1) { square } }", [{"square": "4"}, {"square": "9"}]),
        ("{ f: letters }", ["a", "b"]),
        ("{ f: total(numbers: [1, 2, 3]) }", 6),
        ("{ f: shared_name(a: 1) }", "int"),
        ('{ f: shared_name_2(b: "x") }', "text"),
    ],
)  # fmt: skip
def test_functions_that_only_read_are_queries(door, text: str, value: object) -> None:
    assert door.data(text) == {"f": value}


def test_arguments_may_be_variables(door) -> None:
    text = "query($n: [Int!]!, $a: Int!) { total(numbers: $n) add(a: $a, b: $a) }"
    assert door.data(text, {"n": [4, 5], "a": 2}) == {"total": 9, "add": 4}
    assert door.data(text, {"n": [], "a": 3}) == {"total": 0, "add": 6}


def test_functions_that_may_write_are_mutations(door) -> None:
    assert door.refused('{ sign_book(id: 4, name: "C") { title } }') == "invalid_document"
    text = """mutation {
      sign_book(id: 4, name: "C") { title author { name } }
      quiet
      update_books(where: {title: {_eq: "Cheri signed by C"}}, _set: {title: "Cheri"}) { affected_rows }
    }"""
    assert door.data(text) == {
        "sign_book": {"title": "Cheri signed by C", "author": {"name": "Colette"}},
        "quiet": None,
        "update_books": {"affected_rows": 1},
    }


def test_a_function_that_fails_says_so_at_its_place(door) -> None:
    body = door.post("mutation { a: quiet b: fail c: quiet }").json()
    assert body["data"] == {"a": None, "b": None, "c": None}
    assert body["errors"] == [
        {"message": "no luck", "locations": [{"line": 1, "column": 21}], "path": ["b"], "extensions": {"code": "P0001"}}
    ]


def test_a_function_over_a_row_is_no_root(door) -> None:
    assert door.refused("{ shout }") == "invalid_document"
