"""Names, constants and types as SQL text."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dbaas_provisioning.errors import Invalid
from dbaas_server.engines.postgres.compile.names import ident, literal, type_name

texts = st.text(st.characters(exclude_characters="\0"), min_size=1)


@given(texts)
def test_an_identifier_reads_back(name):
    quoted = ident(name)
    assert re.fullmatch(r'"(?:[^"]|"")*"', quoted, re.DOTALL)
    assert quoted[1:-1].replace('""', '"') == name


@given(texts)
def test_a_constant_reads_back_whatever_the_escape_rules(text):
    quoted = literal(text)
    assert re.fullmatch(r"E?'(?:[^'\\]|''|\\\\)*'", quoted, re.DOTALL)
    assert quoted.startswith("E") == ("\\" in text)
    assert quoted.removeprefix("E")[1:-1].replace("''", "'").replace("\\\\", "\\") == text


@given(st.text())
def test_a_type_is_quoted_known_or_refused(text):
    try:
        made = type_name(text)
    except Invalid:
        return
    assert re.fullmatch(r'(?:[a-z ]+|"[^"]+"(?:\."[^"]+")?)(?:\([\d,\s-]+\))?(?:\[\])*', made)


@pytest.mark.parametrize(
    ("given_name", "made"),
    [
        ("int4", '"int4"'),
        ("text[]", '"text"[]'),
        ("numeric(10,2)", "numeric(10,2)"),
        ("DOUBLE PRECISION", "double precision"),
        ("public.genre", '"public"."genre"'),
        ('"Odd"', '"Odd"'),
        ("timestamp with time zone", "timestamp with time zone"),
        ("Integer", "integer"),
    ],
)
def test_types_people_write(given_name, made):
    assert type_name(given_name) == made


@pytest.mark.parametrize("bad", ["", "int4; drop", "int4)", "a.b.c", "x'y", 'a"b', "int4 -- x", "[]"])
def test_what_is_no_type_is_refused(bad):
    with pytest.raises(Invalid):
        type_name(bad)


def test_names_that_cannot_be():
    for bad in ("", "a\0b"):
        with pytest.raises(Invalid):
            ident(bad)
    with pytest.raises(Invalid):
        literal("a\0b")
