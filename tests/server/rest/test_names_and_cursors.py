"""Table and row names in paths; keyset cursors."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dbaas_provisioning.errors import Invalid
from dbaas_server.nouns import Order, Path, TableRef
from dbaas_server.rest.cursors import decode_cursor, encode_cursor
from dbaas_server.rest.names import path_segment, record_id_text, split_database, split_record_id

from .strategies import quoted, texts

TABLE = TableRef("t", "public")
ORDER = (Order(Path("a"), descending=True), Order(Path("id")))


@pytest.mark.parametrize(
    ("segment", "expected"),
    [
        ("flights", (None, "flights")),
        ("shop.flights", ("shop", "flights")),
        ("shop.a.b", ("shop", "a.b")),
        ('"a.b"', (None, "a.b")),
        ('shop."a.b"', ("shop", "a.b")),
        ('"a\\"b"', (None, 'a"b')),
    ],
)
def test_the_first_dot_splits_and_a_quoted_name_does_not(segment, expected):
    assert split_database(segment) == expected


@pytest.mark.parametrize("segment", ["", ".", "a.", ".a", '"', '""', '"a', 'a."', "a\0b"])
def test_a_segment_without_a_table_is_refused(segment):
    with pytest.raises(Invalid) as refused:
        split_database(segment)
    assert refused.value.code == "invalid_name"


@given(st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), min_size=1))
def test_any_table_name_can_be_quoted(name):
    assert split_database(quoted(name)) == (None, name)


@given(st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), min_size=1))
def test_the_segment_of_a_name_is_read_as_that_name(name):
    assert split_database(path_segment(name)) == (None, name)


@given(st.lists(texts, min_size=1, max_size=4))
def test_composite_ids_round_trip(parts):
    assert split_record_id(record_id_text(tuple(parts))) == tuple(parts)


def test_composite_ids_are_joined_by_commas_in_key_order():
    assert split_record_id('AA,2013,"Oslo, Norway"') == ("AA", "2013", "Oslo, Norway")


@given(st.tuples(st.none() | texts, st.none() | texts))
def test_a_cursor_round_trips(values):
    import orjson

    token = encode_cursor(TABLE, ORDER, orjson.dumps(values).decode())
    assert token.isascii()
    assert decode_cursor(TABLE, ORDER, token) == list(values)


def test_a_cursor_fits_one_table_and_one_order():
    token = encode_cursor(TABLE, ORDER, '["1","2"]')
    for table, order in ((TableRef("u", "public"), ORDER), (TABLE, ORDER[::-1]), (TABLE, ORDER[:1])):
        with pytest.raises(Invalid) as refused:
            decode_cursor(table, order, token)
        assert refused.value.code == "bad_cursor"


@given(st.integers(0, 40), st.characters(max_codepoint=127))
def test_a_changed_cursor_is_refused(place, character):
    token = encode_cursor(TABLE, ORDER, '["alpha","22"]')
    changed = token[:place] + character + token[place + 1 :]
    try:
        values = decode_cursor(TABLE, ORDER, changed)
    except Invalid as refused:
        assert refused.code == "bad_cursor"
    else:
        assert values == ["alpha", "22"]
