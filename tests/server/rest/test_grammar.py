"""What the grammar makes of valid requests, and that it says where an invalid one goes wrong."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dbaas_provisioning.errors import Invalid
from dbaas_server.nouns import Arg, Compare, Embed, EmbedExists, Field, Logic, Path, Star
from dbaas_server.rest.grammar.order import order
from dbaas_server.rest.grammar.select import MAX_EMBED_DEPTH, select
from dbaas_server.rest.grammar.values import names as parse_names
from dbaas_server.rest.parameters import parse_parameters
from dbaas_server.rest.query import pairs

from .strategies import compares, encode, fields, odd_names, orders, quoted, trees
from .strategies import names as plain_names


def parse(query: str, *, function: bool = False):
    return parse_parameters(pairs(query), function=function)


@given(st.data())
def test_a_filter_becomes_its_noun_and_its_values_become_arguments(data):
    values: list[str | None] = []
    path, operation, noun = data.draw(compares(values))
    found = parse(encode([(path, operation)]))
    assert found.root.where == [noun]
    assert found.args.values == values


@given(st.data())
def test_a_logic_tree_becomes_its_noun(data):
    values: list[str | None] = []
    text, noun = data.draw(trees(values))
    name, _, rest = text.partition("(")
    found = parse(encode([(name, "(" + rest)]))
    assert found.root.where == [noun]
    assert found.args.values == values


@given(orders())
def test_an_order_becomes_its_keys(case):
    text, keys = case
    assert order(text) == keys


@given(st.lists(fields(), min_size=1, max_size=5))
def test_a_select_becomes_its_fields(cases):
    assert select(",".join(text for text, _ in cases)).frozen_items() == tuple(noun for _, noun in cases)


@given(plain_names, st.none() | plain_names, st.none() | plain_names, st.sampled_from([None, "inner", "left"]))
def test_an_embed_keeps_its_alias_hint_and_join(target, alias, hint, join):
    if hint in ("inner", "left"):
        hint = None
    text = (f"{alias}:" if alias else "") + target + "".join(f"!{word}" for word in (hint, join) if word) + "(a,b)"
    (embed,) = select(text).frozen_items()
    assert isinstance(embed, Embed)
    assert (embed.target, embed.alias, embed.hint, embed.inner) == (target, alias, hint, join == "inner")
    assert embed.read.items == (Field(Path("a")), Field(Path("b")))


@given(st.lists(odd_names, min_size=1, max_size=5, unique=True))
def test_quoted_names_round_trip(names):
    assert parse_names(",".join(map(quoted, names)), "columns") == tuple(names)


def test_modifiers_reach_the_embed_that_they_name():
    found = parse(
        "select=id,c:cities!inner(name,...state(code))&c.name=like.B*&c.order=name.desc&c.limit=3&c.offset=1"
        "&c.or=(a.eq.1,b.eq.2)&c.state.code=eq.7&c.not.and=(x.is.null,y.is.true)"
    )
    _, cities = found.root.frozen_items()
    assert isinstance(cities, Embed)
    assert cities.inner
    assert cities.name == "c"
    assert [type(item) for item in cities.read.where] == [Compare, Logic, Logic]
    assert cities.read.order == order("name.desc")
    assert found.args.values == ["B%", "3", "1", "1", "2", "7"]
    assert (cities.read.limit, cities.read.offset) == (Arg(1), Arg(2))
    state = cities.read.items[1]
    assert isinstance(state, Embed)
    assert state.spread
    assert state.read.where == (Compare(Path("code"), "eq", Arg(5)),)


@pytest.mark.parametrize(
    ("text", "negated"), [("is.null", True), ("not.is.null", False), ("is.not_null", False), ("not.is.not_null", True)]
)
def test_null_tests_of_an_embed_ask_whether_it_has_rows(text, negated):
    assert parse(f"select=id,rel()&rel={text}").root.where == [EmbedExists("rel", negated)]
    tree = parse(f"select=id,rel()&or=(rel.{text},id.eq.1)").root.where[0]
    assert isinstance(tree, Logic)
    assert tree.items[0] == EmbedExists("rel", negated)


def test_without_select_every_column_is_read_and_an_empty_one_reads_none():
    assert parse("").root.frozen_items() == (Star(),)
    assert parse("select=").root.frozen_items() == ()


def test_plain_values_are_arguments_of_a_function_and_operators_filters_of_its_rows():
    found = parse("a=1&b=two.words&n=eq.5&a=2&limit=3&or=(x.eq.1)", function=True)
    assert found.arguments == [("a", Arg(0)), ("b", Arg(1)), ("a", Arg(3))]
    assert len(found.root.where) == 2


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("id=5", "PGRST100"),
        ("id", "PGRST100"),
        ("=eq.1", "PGRST100"),
        ("id=eq", "PGRST100"),
        ("id=not.not.eq.1", "PGRST100"),
        ("id=drop.1", "PGRST100"),
        ("id=eq(some).{1}", "PGRST100"),
        ("id=neq(any).{1}", "PGRST100"),
        ("id=eq(any).1", "PGRST100"),
        ("id=eq(any).{1", "PGRST100"),
        ("id=eq(any).{{1}}", "PGRST100"),
        ("id=in.1,2", "PGRST100"),
        ("id=in.(1,2", "PGRST100"),
        ("id=in.(1,2)x", "PGRST100"),
        ("id=is.maybe", "PGRST100"),
        ("id=is.nullx", "PGRST100"),
        ("id=fts().x", "PGRST100"),
        ("or=a.eq.1", "PGRST100"),
        ("or=()", "PGRST100"),
        ("or=(a.eq.1", "PGRST100"),
        ("or=(a.eq.1)x", "PGRST100"),
        ("or=(a)", "PGRST100"),
        ("select=a,", "PGRST100"),
        ("select=,a", "PGRST100"),
        ("select=a(", "PGRST100"),
        ("select=a(b", "PGRST100"),
        ("select=a)b", "PGRST100"),
        ("select=a::", "PGRST100"),
        ("select=a::int;drop", "PGRST100"),
        ("select=a.total()", "PGRST100"),
        ("select=a.sum", "PGRST100"),
        ("select=a->", "PGRST100"),
        ("select=a->99999999999999", "PGRST100"),
        ("select=...a", "PGRST100"),
        ("select=a!b!c!d(e)", "PGRST100"),
        ("select=%22", "PGRST100"),
        ("order=a.up", "PGRST100"),
        ("order=a.desc.asc", "PGRST100"),
        ("order=,", "PGRST100"),
        ("order=rel(a", "PGRST100"),
        ("columns=a,,b", "PGRST100"),
        ("limit=ten", "PGRST100"),
        ("limit=9999999999999999999999", "PGRST100"),
        ("limit=%D9%A3", "PGRST100"),
        ("limit=-1", "PGRST103"),
        ("offset=-1", "PGRST103"),
        ("rel.id=eq.1", "PGRST108"),
        ("a=eq.%ff", "PGRST100"),
        ("a=eq.%00", "PGRST100"),
        ("or=" + "(and" * 1000, "PGRST100"),
        ("select=" + "a(" * (MAX_EMBED_DEPTH + 1), "embed_too_deep"),
        ("select=a" + "->b" * 1000, "PGRST100"),
        ("a=eq." + "x" * 20_000, "uri_too_long"),
        ("a=eq.1&" * 300, "uri_too_long"),
    ],
)
def test_malformed_queries_are_refused_with_their_code(query, code):
    with pytest.raises(Invalid) as refused:
        parse(query)
    assert refused.value.code == code


def test_a_quote_that_ends_nothing_is_part_of_its_value():
    found = parse('a=in.("say "hi" now, ok","b\\"c",d)')
    assert found.args.values == ['say "hi" now, ok', 'b"c', "d"]


def test_an_error_says_where_it_is():
    with pytest.raises(Invalid) as refused:
        parse("select=id,name::,x")
    assert "column 10" in refused.value.message
    assert refused.value.details == 'unexpected "," expecting the name of a type'
