"""``:name`` parameters become ``$n``, and nothing else changes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dbaas_provisioning.errors import Invalid
from dbaas_server.editor.sql.parameters import numbered


@pytest.mark.parametrize(
    ("text", "params", "expected", "values"),
    [
        ("select :a", {"a": 1}, "select $1", [1]),
        ("select :a, :b, :a", {"b": 2, "a": 1}, "select $1, $2, $1", [1, 2]),
        ("select :a::int, x::text", {"a": 1}, "select $1::int, x::text", [1]),
        ("select ':a', $$ :a $$, \":a\", E'\\':a' -- :a", {}, "select ':a', $$ :a $$, \":a\", E'\\':a' -- :a", []),
        ("/* :a /* :b */ :c */ select :d", {"d": None}, "/* :a /* :b */ :c */ select $1", [None]),
        ("select l[1:n], l[:n], l[(:n)]", {"n": 3}, "select l[1:n], l[:n], l[($1)]", [3]),
        ("select json_object('a':b)", {}, "select json_object('a':b)", []),
        ("select array[:a, :b]", {"a": 1, "b": 2}, "select array[$1, $2]", [1, 2]),
        ("select x>=:a", {"a": 1}, "select x>=$1", [1]),
        ("f(a := :a, b => :b)", {"a": 1, "b": 2}, "f(a := $1, b => $2)", [1, 2]),
        ("select $1", [7], "select $1", [7]),
        ("select 1", None, "select 1", []),
    ],
)
def test_names_become_numbers(text: str, params: object, expected: str, values: list[object]) -> None:
    assert numbered(text, params) == (expected, values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "params", "code"),
    [
        ("select :a", {"b": 1}, "missing_parameter"),
        ("select :a", None, "missing_parameter"),
        ("select :a", [1], "missing_parameter"),
        ("select 1", {"b": 1}, "unknown_parameter"),
        ("select :a, $1", {"a": 1}, "mixed_parameters"),
    ],
)
def test_what_does_not_fit_is_refused(text: str, params: object, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        numbered(text, params)  # type: ignore[arg-type]
    assert refused.value.code == code
    assert refused.value.hint


def test_a_misspelt_name_is_told() -> None:
    with pytest.raises(Invalid) as refused:
        numbered("select :customer", {"custmer": 1})
    assert "Did you mean :customer?" in (refused.value.hint or "")


@given(st.text(alphabet="a:$1'\"[]()-/*\\eE \n;é𝄞", max_size=40))
def test_any_text_without_values_stays_or_is_refused(text: str) -> None:
    try:
        assert numbered(text, {}) == (text, [])
    except Invalid as refused:
        assert refused.code == "missing_parameter"
