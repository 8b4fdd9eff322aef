"""Text output to Python values."""

from __future__ import annotations

import contextlib
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg.postgres import types

from dbaas_server.engines.postgres.decode import decoder, parse_array
from dbaas_server.engines.postgres.query import _array_literal

items = st.recursive(
    st.one_of(st.none(), st.text(st.characters(exclude_characters="\0"))),
    lambda inner: st.lists(inner, min_size=1),
    max_leaves=8,
)


@given(st.lists(items))
def test_array_literals_read_back(value):
    assert parse_array(_array_literal(value), str) == value


@given(st.text())
def test_any_other_text_is_refused_or_read_and_never_loops(text):
    with contextlib.suppress(ValueError):
        parse_array(text, str)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{}", []),
        ("[0:1]={1,2}", ["1", "2"]),
        ('{NULL,"NULL",null}', [None, "NULL", "null"]),
        ('{"a\\"b","c\\\\d",""}', ['a"b', "c\\d", ""]),
    ],
)
def test_array_literals_of_the_server(text, value):
    assert parse_array(text, str) == value


@pytest.mark.parametrize("text", ["", "{", "{1", "{1,", '{"a}', "{1}x", "[1:2]", "1"])
def test_broken_array_literals(text):
    with pytest.raises(ValueError):
        parse_array(text, str)


@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_a_number_is_a_number_only_if_nothing_is_lost(number):
    text = format(number, "f")
    value = decoder(types["numeric"].oid)(text.encode())
    assert Decimal(str(value)) == number
