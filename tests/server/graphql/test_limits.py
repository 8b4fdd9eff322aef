"""Hostile documents cost little, whatever they are."""

from __future__ import annotations

import pytest
from graphql import GraphQLSchema
from hypothesis import given
from hypothesis import strategies as st

from cpu_time import costs_less_than
from dbaas_server.graphql.documents import prepare
from dbaas_server.graphql.errors import Refused
from dbaas_server.graphql.limits import Limits, scan
from dbaas_server.graphql.schema import Source, build_schema
from graphql_catalogs import catalog

LIMITS = Limits()
CPU_SECONDS = 0.1

SMALL = build_schema([Source("db", "", catalog(3))], "anon")


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    return build_schema([Source("db", "", catalog(300))], "anon")


def doubling(levels: int) -> str:
    fragments = " ".join(f"fragment f{n} on Query {{ ...f{n + 1} ...f{n + 1} }}" for n in range(levels))
    return f"{{ ...f0 }} {fragments} fragment f{levels} on Query {{ __typename }}"


HOSTILE: dict[str, tuple[str, str]] = {
    "10,000 aliases": ("{" + " ".join(f"a{n}: find_t1 {{ id }}" for n in range(10_000)) + "}", "document_too_large"),
    "700 aliases": ("{" + " ".join(f"a{n}: find_t1 {{ id }}" for n in range(300)) + "}", "too_many_aliases"),
    "aliases of nothing": ("{" + " ".join(f"a{n}: nope{n}" for n in range(190)) + "}", "invalid_document"),
    "200 levels": ("{ find_t1 " + "{ t1 " * 200 + "{ id }" + "}" * 200 + "}", "too_deep"),
    "20 levels": ("{ find_t1 " + "{ parent " * 20 + "{ id }" + "}" * 20 + "}", "too_deep"),
    "brackets": ("{" * 60_000, "too_deep"),
    "5 MB": ("{" + "a " * 2_500_000 + "}", "document_too_large"),
    "a long string": ('{ find_t1(after: "' + "x" * 5_000_000 + '") { id } }', "document_too_large"),
    "many fields": ("{ find_t1 {" + "id " * 2_900 + "} }", "too_many_fields"),
    "quotes": ('"' * 60_000, "too_many_tokens"),
    "comments": ("#" * 60_000, "syntax_error"),
    "lines of comments": ("#\n" * 30_000 + "{ __typename }", "syntax_error"),
    "backslashes": ('"' + "\\" * 60_000, "syntax_error"),
    "a block without an end": ('"""' + '""\\' * 15_000, "syntax_error"),
    "fragments that double": (doubling(60), "too_many_fields"),
    "a fragment in itself": ("{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }", "fragment_cycle"),
    "unused fragments": (" ".join(f"fragment f{n} on t1 {{ id }}" for n in range(300)), "too_many_definitions"),
    "operations": (
        " ".join(f"query q{n} {{ ...f }}" for n in range(90)) + " fragment f on Query {" + "__typename " * 1_000 + "}",
        "too_many_fields",
    ),
    "unknown conditions": ("{ find_t1(where: {" + "x: 1 " * 950 + "}) { id } }", "invalid_document"),
    "a list of wrong values": ("{ find_t1(where: {id: {_in: [" + "x " * 2_900 + "]}}) { id } }", "invalid_document"),
    "unused variables": ("query(" + " ".join(f"$v{n}: Int" for n in range(550)) + ") { a }", "invalid_document"),
    "unknown types": ("query(" + " ".join(f"$v{n}: T{n}" for n in range(550)) + ") { a }", "invalid_document"),
    "directives": ("{ find_t1 " + "@skip(if: true) " * 400 + "{ id } }", "invalid_document"),
    "introspection in circles": (
        "{ __schema { types " + "{ fields { type " * 4 + "{ name }" + "}}" * 4 + "} }", "invalid_document",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_document_is_refused_for_little(schema: GraphQLSchema, name: str) -> None:
    text, code = HOSTILE[name]

    def attempt() -> None:
        with pytest.raises(Refused) as caught:
            prepare(schema, text, LIMITS)
        assert caught.value.errors[0]["extensions"]["code"] == code

    assert costs_less_than(CPU_SECONDS, attempt)


def test_what_people_send_is_within_the_limits(schema: GraphQLSchema) -> None:
    nested = "{ find_t1 { id t3 { id t10 { id t30 { id t90 { id c0 c1 c2 } } } } parent_of: __typename } }"
    for text in ("{ __typename }", nested, "{" + " ".join(f"a{n}: find_t{n} {{ id c0 c1 }}" for n in range(190)) + "}"):
        prepare(schema, text, LIMITS)


def test_brackets_in_strings_and_comments_do_not_count() -> None:
    scan('{ a(x: "' + "{" * 500 + '", y: """' + "[" * 500 + '""") } # ' + "(" * 500, LIMITS)


def test_nested_lists_cost_their_product(door) -> None:
    text = """query($n: Int) { find_authors(limit: $n) {
      books_by_author_id(limit: 900) { author { books_by_author_id(limit: 900) { id } } } } }"""
    assert door.data(text, {"n": 0})
    assert door.refused(text, {"n": 500}) == "too_costly"


def test_a_page_is_capped_whatever_is_asked(door) -> None:
    assert len(door.data("{ series(n: 5000) { place } }")["series"]) == 1000
    assert len(door.data("{ series(n: 5000, limit: 4000) { place } }")["series"]) == 1000


@given(st.text(alphabet='{}()[]"\\#:$!@.,|&=_ab1\n\ud7ff', max_size=300))
def test_whatever_is_sent_is_refused_or_understood(text: str) -> None:
    try:
        prepare(SMALL, text, LIMITS)
    except Refused as refused:
        assert refused.errors[0]["extensions"]["code"]


def test_a_thousand_tables_make_a_schema_in_a_thread() -> None:
    """It takes one or two seconds, in which the old schema serves; the margin is for slow machines."""
    source = Source("db", "", catalog(1_000))
    assert costs_less_than(10, lambda: build_schema([source], "anon"))
