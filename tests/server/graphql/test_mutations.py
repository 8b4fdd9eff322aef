"""Changes: what they touch, what they give back, and that several are one transaction."""

from __future__ import annotations

from collections.abc import Iterator

import pytest


@pytest.fixture
def books(door) -> Iterator[None]:
    """Books and authors past the given ones are taken away again."""
    yield
    door.sql(
        "delete from covers where book_id > 4 or colour = 'made'; delete from books where id > 4;"
        "delete from authors where id > 3;"
    )


def test_insert_returns_rows_with_their_relations(door, books) -> None:
    data = door.data(
        """mutation { insert_books(objects: [{title: "One", author_id: 1, tags: ["x"]},
                                             {title: "Two", author_id: 2, price: 1.5}]) {
             n: affected_rows __typename returning { title price tags sold author { name } } } }"""
    )
    assert data["insert_books"] == {
        "n": 2,
        "__typename": "books_mutation_response",
        "returning": [
            {"title": "One", "price": None, "tags": ["x"], "sold": "0", "author": {"name": "Ada"}},
            {"title": "Two", "price": "1.50", "tags": [], "sold": "0", "author": {"name": "Borges"}},
        ],
    }


def test_insert_takes_variables_at_every_level(door, books) -> None:
    text = """mutation($title: String!, $extra: JSON, $rows: [authors_insert_input!]!) {
      insert_books(objects: [{title: $title, author_id: 1, extra: $extra}]) { returning { title extra } }
      insert_authors(objects: $rows) { returning { name born } } }"""
    for title, extra in (("A", {"x": [1, "é"]}), ('"B"\\', [])):
        rows = [{"name": f"new {title}"}, {"name": f"other {title}", "born": "2000-01-01"}]
        data = door.data(text, {"title": title, "extra": extra, "rows": rows})
        assert data == {
            "insert_books": {"returning": [{"title": title, "extra": extra}]},
            "insert_authors": {"returning": [{"name": rows[0]["name"], "born": None}, rows[1]]},
        }


def test_insert_of_nothing(door) -> None:
    data = door.data("mutation { insert_books(objects: []) { affected_rows returning { id } } }")
    assert data == {"insert_books": {"affected_rows": 0, "returning": []}}


def test_on_conflict_ignores_or_changes_what_is_named(door, books) -> None:
    text = """mutation($columns: [covers_update_column!]) {
      insert_covers(objects: [{book_id: 1, colour: "made"}, {book_id: 3, colour: "made"}],
                    on_conflict: {constraint: covers_pkey, update_columns: $columns}) { affected_rows } }"""
    assert door.data(text, {"columns": []})["insert_covers"]["affected_rows"] == 1
    assert door.data("{ get_covers_by_id(book_id: 1) { colour } }") == {"get_covers_by_id": {"colour": "red"}}
    assert door.data(text, {"columns": ["colour"]})["insert_covers"]["affected_rows"] == 2
    assert door.data("{ get_covers_by_id(book_id: 1) { colour } }") == {"get_covers_by_id": {"colour": "made"}}
    door.data('mutation { insert_covers(objects: {book_id: 1, colour: "red"}, on_conflict: {constraint: covers_pkey, '
              "update_columns: [colour]}) { affected_rows } }")  # fmt: skip
    assert door.refused("mutation { insert_covers(objects: {book_id: 1}) { affected_rows } }") == "23505"


def test_update_and_delete_by_conditions_on_relations(door, books) -> None:
    door.data(
        'mutation { insert_books(objects: [{title: "X", author_id: 3}, {title: "Y", author_id: 3}]) { affected_rows } }'
    )
    data = door.data(
        """mutation { update_books(where: {author: {name: {_eq: "Colette"}}, id: {_gt: 4}},
                                   _set: {price: "9.99", rating: null}) {
             affected_rows returning { price author { name } } } }"""
    )
    assert data["update_books"] == {
        "affected_rows": 2, "returning": [{"price": "9.99", "author": {"name": "Colette"}}] * 2
    }  # fmt: skip
    text = "mutation($w: books_bool_exp!) { delete_books(where: $w) { affected_rows } }"
    assert door.data(text, {"w": {"author": {"name": {"_eq": "Colette"}}, "id": {"_gt": 4}}}) == {
        "delete_books": {"affected_rows": 2}
    }


def test_an_update_of_nothing_touches_nothing(door) -> None:
    data = door.data("mutation { update_books(where: {}, _set: {}) { affected_rows returning { id } } }")
    assert data["update_books"] == {"affected_rows": 0, "returning": []}


def test_changes_need_a_condition(door) -> None:
    assert door.refused("mutation { delete_books { affected_rows } }") == "invalid_document"
    assert door.refused("mutation { delete_books(where: null) { affected_rows } }") == "invalid_document"
    assert door.refused("mutation { delete_books(where: {id: {_eq: null}}) { affected_rows } }") == "null_comparison"


def test_several_are_one_transaction_in_which_later_ones_see_earlier_ones(door, books) -> None:
    data = door.data(
        """mutation {
             a: insert_authors(objects: {id: 90, name: "Nine"}) { affected_rows }
             b: insert_books(objects: {id: 90, title: "Ninety", author_id: 90}) { returning { author { name } } }
             __typename
             c: update_authors(where: {books_by_author_id: {title: {_eq: "Ninety"}}}, _set: {name: "Ten"}) {
               returning { name } } }"""
    )
    assert data == {
        "a": {"affected_rows": 1}, "b": {"returning": [{"author": {"name": "Nine"}}]}, "__typename": "Mutation",
        "c": {"returning": [{"name": "Ten"}]},
    }  # fmt: skip


def test_one_that_fails_undoes_all(door) -> None:
    body = door.post(
        """mutation { a: insert_authors(objects: {id: 91, name: "Gone"}) { affected_rows }
             b: insert_authors(objects: {id: 91, name: "Again"}) { affected_rows } }"""
    ).json()
    assert body["data"] is None
    assert (body["errors"][0]["path"], body["errors"][0]["extensions"]["code"]) == (["b"], "23505")
    assert door.data("{ get_authors_by_id(id: 91) { id } }") == {"get_authors_by_id": None}


def test_one_mutation_is_about_one_database(door) -> None:
    text = """mutation { insert_authors(objects: {id: 92, name: "Gone"}) { affected_rows }
                         stats_insert_events(objects: {id: 2}) { affected_rows } }"""
    assert door.refused(text) == "mutation_spans_databases"
    assert door.data("{ get_authors_by_id(id: 92) { id } stats_find_events { id } }") == {
        "get_authors_by_id": None, "stats_find_events": [{"id": 1}]
    }  # fmt: skip


def test_returning_twice_is_refused(door) -> None:
    text = """mutation { update_books(where: {id: {_eq: 0}}, _set: {price: 1}) {
      a: returning { id } b: returning { title } } }"""
    assert door.refused(text) == "returning_twice"


def test_long_aliases_in_what_is_returned(door) -> None:
    name = "a" * 70
    text = f"""mutation {{ update_covers(where: {{book_id: {{_eq: 2}}}}, _set: {{colour: "blue"}}) {{
      returning {{ {name}: colour }} }} }}"""
    assert door.data(text)["update_covers"]["returning"] == [{name: "blue"}]
