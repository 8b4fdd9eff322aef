"""Keyset pages."""

from __future__ import annotations

import pytest

TEXT = """query($after: String, $order: [books_order_by!]) {
  find_books(order_by: $order, after: $after, limit: 1) { id _cursor } }"""


@pytest.mark.parametrize(
    "order", [[], [{"title": "asc"}], [{"rating": "desc"}, {"price": "asc_nulls_first"}], [{"author_id": "desc"}]]
)
def test_pages_together_are_all_rows_in_order(door, order) -> None:
    whole = door.data(
        "query($order: [books_order_by!]) { find_books(order_by: $order) { id _cursor } }", {"order": order}
    )
    found, after = [], None
    while page := door.data(TEXT, {"after": after, "order": order})["find_books"]:
        found += page
        after = page[-1]["_cursor"]
    assert found == whole["find_books"]
    assert len(found) == 4


def test_a_cursor_goes_with_its_order_and_table(door) -> None:
    cursor = door.data(TEXT)["find_books"][0]["_cursor"]
    assert door.refused(TEXT, {"after": cursor, "order": [{"title": "asc"}]}) == "bad_cursor"
    assert (
        door.refused("query($after: String) { find_authors(after: $after) { id } }", {"after": cursor}) == "bad_cursor"
    )
    for broken in ("", "x", cursor[:-3], cursor + "A", "bnVsbA", "W10"):
        assert door.refused(TEXT, {"after": broken}) == "bad_cursor"


def test_a_cursor_needs_a_place_that_can_be_named(door) -> None:
    assert door.refused("{ find_books(order_by: {author: {name: asc}}) { _cursor } }") == "cursor_not_possible"
    cursor = door.data(TEXT)["find_books"][0]["_cursor"]
    assert door.refused(
        "query($after: String) { find_books(after: $after, offset: 1) { id } }", {"after": cursor}
    ) == "cursor_not_possible"  # fmt: skip


def test_rows_of_relations_and_changes_have_cursors_too(door) -> None:
    data = door.data("{ find_authors(limit: 1) { _cursor books_by_author_id { _cursor author { _cursor } } } }")
    assert data["find_authors"][0]["_cursor"]
