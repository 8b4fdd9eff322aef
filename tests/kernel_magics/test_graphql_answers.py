"""What answers and errors of GraphQL look like, and what ``--variables`` takes. No server needed."""

from __future__ import annotations

import datetime

import pytest

from dbaas.errors import GraphQLError, UsageError, from_graphql, from_response
from dbaas.graphql import Answer, read_variables, shown
from dbaas.results import Result


def test_one_root_list_is_a_table() -> None:
    rows = [
        {"id": 1, "big": "9007199254740993", "maker": {"name": "x"}, "ok": None},
        {"id": 2, "big": None, "ok": True},
    ]
    result = shown({"find_items": rows})
    assert isinstance(result, Result)
    assert result.columns == ["id", "big", "maker", "ok"] and len(result) == 2
    assert result.types == ["bigint", "text", "jsonb", "boolean"]
    frame = result.to_pandas()
    assert list(frame["id"]) == [1, 2] and frame["maker"][0] == '{"name": "x"}'
    assert "2 rows" in repr(result)


@pytest.mark.parametrize(
    "data", [{"a": [], "b": []}, {"one": {"id": 1}}, {"one": None}, {"numbers": [1, 2]}, {}], ids=str
)
def test_anything_else_is_indented_json(data: dict[str, object]) -> None:
    answer = shown(data)
    assert isinstance(answer, Answer) and answer == data


def test_an_empty_list_says_so() -> None:
    assert "no rows" in repr(shown({"find_items": []}))


def test_what_is_stored_does_not_act_when_displayed() -> None:
    answer = shown({"one": {"<b>": "<script>alert(1)</script>\x1b[31m\u202e"}})
    assert isinstance(answer, Answer)
    html, text = answer._repr_html_(), repr(answer)
    assert "<script" not in html and "<b>" not in html
    assert not {"\x1b", "\u202e"} & set(html + text)


def test_a_large_answer_is_shown_in_part() -> None:
    answer = shown({"numbers": list(range(10_000))})
    assert len(repr(answer).split("\n")) < 500 and "more lines" in repr(answer)


def test_variables_are_a_name_or_json() -> None:
    day = datetime.date(2020, 1, 2)
    assert read_variables("given", {"given": {"day": day, "n": 1}}) == {"day": "2020-01-02", "n": 1}
    assert read_variables('{"a": [1, null]}', {}) == {"a": [1, None]}
    for wrong, sentence in (
        ("givn", "Did you mean given"), ("{a: 1}", "not JSON"), ("[1]", "has to be an object"), ("null", "object"),
        ("five", "has to be an object"),
    ):  # fmt: skip
        with pytest.raises(UsageError, match=sentence):
            read_variables(wrong, {"given": {}, "five": 5})


def test_an_error_names_its_place_its_path_and_how_many_there_are() -> None:
    error = from_graphql(
        [
            {"message": "No field\n'x'.", "locations": [{"line": 2, "column": 5}], "path": ["a", 0],
             "extensions": {"code": "unknown_field", "hint": "Did you mean y?"}},
            {"message": "other"},
        ],
        first_line=2,
    )  # fmt: skip
    assert error._render_traceback_() == [
        "No field 'x'. (line 3, column 5, in a.0, and 1 more) → Did you mean y?  [unknown_field]"
    ]


@pytest.mark.parametrize("errors", [None, [], ["x"], [{}], [{"message": None, "locations": [1], "extensions": 3}]])
def test_errors_of_any_shape_are_readable(errors: object) -> None:
    assert isinstance(from_graphql(errors), GraphQLError)
    assert from_response(400, {"errors": errors}).status == 400
