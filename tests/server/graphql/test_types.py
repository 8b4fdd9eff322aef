"""Values of every type, both ways, without loss; names that GraphQL cannot spell; comments."""

from __future__ import annotations

import json

ALL = """
  id big exact many bigs amount real8 at plain_at day clock zoned_clock span key doc raw bytes feeling feelings odd net
  range place yes grid small tiny code short x
"""

VALUES = {
    "id": 1, "big": "9223372036854775807", "exact": "123456789012345678901234567890.123456789",
    "many": ["1.10", None, "3"], "bigs": ["9007199254740993"], "amount": "12.345", "real8": 0.1,
    "at": "2026-01-02T03:04:05.678+00:00", "plain_at": "2026-01-02T03:04:05", "day": "2026-01-02", "clock": "03:04:05",
    "zoned_clock": "03:04:05+02", "span": "1 day 02:03:04", "key": "6f1c2e9e-51b5-4a0c-8d1b-0c4a4f6f3b1a",
    "doc": {"a": [1, None]}, "raw": {"b": 1}, "bytes": "\\x00ff", "feeling": "angry", "feelings": ["calm", "angry"],
    "odd": "so so", "net": "10.0.0.1/8", "range": "[1,5)", "place": "(1,2)", "yes": True, "grid": [[1, 2], [3, 4]],
    "small": 3, "tiny": 1.5, "code": "abc", "short": "xy", "x": "<a/>",
}  # fmt: skip


def test_every_value_comes_as_it_is(door) -> None:
    assert door.data(f"{{ get_kinds_by_id(id: 1) {{ {ALL} }} }}")["get_kinds_by_id"] == VALUES


def test_every_value_goes_back_as_it_came(door) -> None:
    row = {**VALUES, "id": 2}
    del row["grid"]  # GraphQL has no list of any depth
    text = f"""mutation($row: kinds_insert_input!) {{
      insert_kinds(objects: [$row]) {{ returning {{ {ALL.replace("grid", "")} }} }}
      delete_kinds(where: {{id: {{_eq: 2}}}}) {{ affected_rows }} }}"""
    data = door.data(text, {"row": row})
    assert data["insert_kinds"]["returning"] == [row]
    assert data["delete_kinds"] == {"affected_rows": 1}


def test_every_value_can_be_compared_with(door) -> None:
    for name, value in VALUES.items():
        if name in ("raw", "grid", "place", "x"):
            continue
        kind = door.data(
            "query($n: String!) { __type(name: $n) { inputFields { name type { name } } } }", {"n": "kinds_bool_exp"}
        )["__type"]
        comparison = next(field["type"]["name"] for field in kind["inputFields"] if field["name"] == name)
        text = f"query($c: {comparison}) {{ find_kinds(where: {{{name}: $c}}) {{ id }} }}"
        assert door.data(text, {"c": {"_eq": value}}) == {"find_kinds": [{"id": 1}]}, name


def test_literals_of_big_numbers_keep_their_digits(door) -> None:
    text = """{ find_kinds(where: {big: {_eq: 9223372036854775807},
                                   exact: {_gt: 123456789012345678901234567890.12345678}}) { id } }"""
    assert door.data(text)["find_kinds"] == [{"id": 1}]
    assert door.refused("{ find_kinds(where: {big: {_eq: 9223372036854775808}}) { id } }") == "invalid_document"
    assert door.refused('{ find_kinds(where: {exact: {_eq: "1e"}}) { id } }') == "invalid_document"


def test_labels_of_enums_are_enums_where_they_can_be(door) -> None:
    data = door.data('{ a: __type(name: "mood") { kind enumValues { name } } b: __type(name: "odd_mood") { kind } }')
    assert data == {"a": {"kind": "ENUM", "enumValues": [{"name": "calm"}, {"name": "angry"}]}, "b": None}
    assert door.data("{ find_kinds(where: {feeling: {_in: [angry]}}) { id } }")["find_kinds"] == [{"id": 1}]
    assert door.refused("{ find_kinds(where: {feeling: {_eq: happy}}) { id } }") == "invalid_document"


def test_names_that_graphql_cannot_spell_are_mapped(door) -> None:
    fields = door.data('{ __type(name: "odd__names______") { fields { name description } } }')["__type"]["fields"]
    named = {field["name"]: field["description"] for field in fields}
    assert {"id", "a_b", "a_b_2", "_x", "gr__e", "_and_2", "_cursor"} == set(named)
    assert named["gr__e"] == "The column “größe”."
    row = door.data(
        '{ find_odd__names______(where: {a_b: {_eq: "dot"}}, order_by: {_and_2: asc}) { a_b a_b_2 _x gr__e _and_2 } }'
    )
    assert row["find_odd__names______"] == [
        {"a_b": "dot", "a_b_2": "dash", "_x": "reserved", "gr__e": 5, "_and_2": "and"}
    ]


def test_a_table_may_be_called_what_is_taken(door) -> None:
    data = door.data("{ find_Query { id __typename } find__1st { id } __typename }")
    assert data == {"find_Query": [{"id": 1, "__typename": "Query_2"}], "find__1st": [{"id": 1}], "__typename": "Query"}


def test_comments_are_descriptions(door) -> None:
    data = door.data('{ __type(name: "authors") { description fields { name description } } }')["__type"]
    assert data["description"] == "Who wrote."
    assert {"name": "name", "description": "As on the cover."} in data["fields"]


def test_the_answer_is_the_engines_own_json(door) -> None:
    answer = door.post("{ get_kinds_by_id(id: 1) { raw } }")
    assert json.loads(answer.content)["data"] == {"get_kinds_by_id": {"raw": {"b": 1}}}
    assert '{"b":  1}' in answer.text  # json keeps its spaces
