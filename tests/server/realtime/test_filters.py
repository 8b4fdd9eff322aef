"""Filters of subscriptions: the grammar that clients write."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dbaas_provisioning.errors import Invalid
from dbaas_server.nouns import Arg, Compare, Path
from dbaas_server.realtime.filters import MOST_VALUES, parse_filter


def read(text: str) -> list[tuple]:
    compares, args = parse_filter(text)

    def operand(value: object) -> object:
        if isinstance(value, Arg):
            return args[value.index]
        return [args[arg.index] for arg in value] if isinstance(value, tuple) else value

    return [(one.path.column, ("not." if one.negated else "") + one.operator, operand(one.operand)) for one in compares]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("id=eq.5", [("id", "eq", "5")]),
        ("id=eq.", [("id", "eq", "")]),
        ("body=eq.a=b.c", [("body", "eq", "a=b.c")]),
        ("body=eq.a, b", [("body", "eq", "a, b")]),
        ('body=eq."a,id=eq.5"', [("body", "eq", "a,id=eq.5")]),
        ('body=eq."say \\"hi\\""', [("body", "eq", 'say "hi"')]),
        ('body=eq."half', [("body", "eq", '"half')]),
        ('"odd, name"=neq.x', [("odd, name", "neq", "x")]),
        ("a b=lt.1", [("a b", "lt", "1")]),
        ("amount=gt.100,status=in.(open,pending)", [("amount", "gt", "100"), ("status", "in", ["open", "pending"])]),
        ("s=not.in.(draft,archived),id=lte.3", [("s", "not.in", ["draft", "archived"]), ("id", "lte", "3")]),
        ('s=in.("a,b","c)",d e,)', [("s", "in", ["a,b", "c)", "d e", ""])]),
        ("s=in.()", [("s", "in", [])]),
        ("d=is.null,e=not.is.NULL,f=is.true", [("d", "is", "null"), ("e", "not.is", "null"), ("f", "is", "true")]),
        ("t=like.%a_,u=ilike.*B*", [("t", "like", "%a_"), ("u", "ilike", "*B*")]),
        ("t=match.^a(b|c),u=imatch.x$,v=isdistinct.y", [("t", "match", "^a(b|c)"), ("u", "imatch", "x$"),
                                                         ("v", "isdistinct", "y")]),
    ],
)  # fmt: skip
def test_what_clients_write_is_read(text, found):
    assert read(text) == found


@pytest.mark.parametrize(
    "text",
    ["id", "id=5", "id=is.5", "=eq.5", "id=fts.cat", "id=in.5", "id=in.(1", "id=in.(1)x", "id=eq",
     "id=gt.5,", "a=in.(1),", "not.id=eq.5"],
)  # fmt: skip
def test_what_is_no_filter_is_refused_or_a_value(text):
    try:
        found = read(text)
    except Invalid as error:
        assert error.code == "invalid_filter"
    else:
        assert found == [("id", "gt", "5,")] or found[0][0] == "not.id"


def test_lists_and_filters_are_bounded():
    assert len(read(f"id=in.({','.join('1' * MOST_VALUES)})")[0][2]) == MOST_VALUES
    with pytest.raises(Invalid):
        parse_filter(f"id=in.({','.join('1' * (MOST_VALUES + 1))})")
    with pytest.raises(Invalid):
        parse_filter(",".join(f"c{number}=eq.1" for number in range(30)))


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text):
    try:
        compares = parse_filter(text)[0]
    except Invalid as error:
        assert error.code == "invalid_filter"
    else:
        assert compares
        assert all(isinstance(one, Compare) for one in compares)


@given(st.text(max_size=30))
def test_any_value_can_be_sent_in_quotes(value):
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    assert read(f'a=eq."{escaped}"') == [("a", "eq", value)]
    assert read(f'a=in.("{escaped}",x),b=eq.1') == [("a", "in", [value, "x"]), ("b", "eq", "1")]
    assert parse_filter("a=eq.x")[0] == (Compare(Path("a"), "eq", Arg(0)),)
