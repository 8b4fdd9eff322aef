"""What may stand at the cursor of a GraphQL document."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dbaas.graphql import Schema, complete
from dbaas.graphql.introspection import Field, Type


def owned(**fields: Field) -> Type:
    return Type("OBJECT", fields, {}, ())


def taken(**inputs: str) -> Type:
    return Type("INPUT_OBJECT", {}, inputs, ())


def plain(kind: str, *values: str) -> Type:
    return Type(kind, {}, {}, values)


SHOP = Schema(
    {
        "Query": owned(
            find_items=Field("items", {"where": "items_bool_exp", "order_by": "items_order_by"}),
            items_by_id=Field("items", {"id": "Int"}),
        ),
        "Mutation": owned(insert_items=Field("items", {"objects": "items_insert_input"})),
        "items": owned(
            id=Field("Int", {}), name=Field("String", {}), maker=Field("makers", {"where": "makers_bool_exp"})
        ),
        "makers": owned(title=Field("String", {})),
        "items_bool_exp": taken(_and="items_bool_exp", name="text_cmp", sold="Boolean"),
        "makers_bool_exp": taken(title="text_cmp"),
        "text_cmp": taken(_eq="String", _in="String"),
        "items_order_by": taken(name="direction"),
        "items_insert_input": taken(name="String"),
        "direction": plain("ENUM", "asc", "desc"),
        "String": plain("SCALAR"),
        "Int": plain("SCALAR"),
        "__Type": owned(),
    },
    {"query": "Query", "mutation": "Mutation"},
)

FIND = "{ find_items(where: {"


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ("", {"query", "mutation", "subscription", "fragment"}),
        ("{ ", {"find_items", "items_by_id", "__typename"}),
        ("query q($n: Int) @live { ", {"find_items", "items_by_id", "__typename"}),
        ("mutation { ", {"insert_items", "__typename"}),
        ("{ find_items(", {"where", "order_by"}),
        (FIND, {"_and", "name", "sold"}),
        (FIND + "name: {", {"_eq", "_in"}),
        (FIND + '_and: [{name: {_eq: "}])"}}, {', {"_and", "name", "sold"}),
        (FIND + "sold: ", {"true", "false"}),
        ("{ find_items(order_by: {name: ", {"asc", "desc"}),
        ("{ find_items(order_by: [{name: asc}], ", {"where", "order_by"}),
        ("{ find_items { ", {"id", "name", "maker", "__typename"}),
        ("{ find_items(where: {name: {_eq: $n}}) { id a: ", {"id", "name", "maker", "__typename"}),
        ("{ a: find_items { b: maker(", {"where"}),
        ("{ find_items { maker(where: {title: {_eq: 1}}) { ", {"title", "__typename"}),
        ("{ find_items { maker { title } ", {"id", "name", "maker", "__typename"}),
        ("{ find_items @include(", {"if"}),
        ("{ find_items @", {"include", "skip"}),
        ("{ find_items @include(if: true) { ", {"id", "name", "maker", "__typename"}),
        ("{ find_items { ... on ", {"Query", "Mutation", "items", "makers"}),
        ("{ find_items { ... on items { ", {"id", "name", "maker", "__typename"}),
        ("{ find_items { ... @include(if: true) { ", {"id", "name", "maker", "__typename"}),
        ("query q($w: ", {"String", "Int", "direction", "items_bool_exp", "makers_bool_exp", "text_cmp",
                          "items_order_by", "items_insert_input"}),
        ("query q($a: [Int!]! = [1], $w: i", {"String", "Int", "direction", "items_bool_exp", "makers_bool_exp",
                                             "text_cmp", "items_order_by", "items_insert_input"}),
        ("fragment f on ", {"Query", "Mutation", "items", "makers"}),
        ("fragment f on makers { ", {"title", "__typename"}),
        ("{ find_items { id } }\nmutation { ", {"insert_items", "__typename"}),
        ("{ nothing { ", set()),
        ("# a comment ", set()),
        ('{ find_items(where: {name: {_eq: "a { ', set()),
        ('{ find_items(where: {name: {_eq: """a "" { ', set()),
    ],
)  # fmt: skip
def test_what_may_stand_here(before: str, expected: set[str]) -> None:
    assert {word for word, _ in complete(SHOP, before, before)[1]} == expected


def test_fragments_and_variables_of_the_whole_document_are_offered() -> None:
    before = "query q($limit: Int, $w: items_bool_exp) { find_items(where: $"
    after = ") { ...all } }\nfragment all on items { id }"
    assert complete(SHOP, before + after, before) == ("$", [("$limit", "variable"), ("$w", "variable")])
    before = "{ find_items { ..."
    words = dict(complete(SHOP, before + after, before)[1])
    assert set(words) == {"all", "on"}


def test_the_word_being_written_is_what_is_replaced() -> None:
    assert complete(SHOP, "{ find_it", "{ find_it")[0] == "find_it"
    assert complete(SHOP, "{ 1", "{ 1")[0] == ""


PIECES = st.lists(
    st.sampled_from(
        ["{", "}", "(", ")", "[", "]", ":", "$", "@", "...", "on", "!", "=", '"', '"""', "#", "\n", " ", "query",
         "fragment", "find_items", "maker", "where", "name", "_and", "items", "asc", "1", "ü", "\\", "\x00"]
    ),
    max_size=40,
).map("".join)  # fmt: skip


@given(PIECES)
def test_whatever_is_written_is_read_without_failing(text: str) -> None:
    known = {"include", "skip", "if", "on", "true", "false", "query", "mutation", "subscription", "fragment"}
    known |= set(SHOP.types)
    for each in SHOP.types.values():
        known |= {*each.fields, *each.inputs, *each.values, "__typename"}
        known |= {arg for found in each.fields.values() for arg in found.args}
    known |= set(re.findall(r"[A-Za-z_]\w*", text, re.ASCII))  # fragments and variables are of the document
    word, words = complete(SHOP, text, text)
    assert text.endswith(word)
    assert {each.lstrip("$") for each, _ in words} <= known
