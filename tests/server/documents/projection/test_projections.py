"""What projections show: MongoDB's manual, "Project Fields to Return", "$project", "$addFields"."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bson_values import documents, values
from dbaas_server.documents.codec import encode
from dbaas_server.documents.errors import DocumentError
from dbaas_server.documents.match import parse_filter
from dbaas_server.documents.projection import (
    compile_addition,
    compile_exclusion,
    compile_project,
    compile_projection,
    compile_replacement,
)
from dbaas_server.documents.scope import Scope
from dbaas_server.documents.update.change import identical

SCOPE = Scope()
DOCUMENT = {"_id": 1, "a": 5, "b": {"c": 1, "d": 2}, "e": [{"f": 1, "g": 2}, {"f": 3}, 7], "h": [1, 2, 3, 4, 5]}


def find(spec: Any, query: Any = None, document: Any = None) -> Any:
    node = None if query is None else parse_filter(query, SCOPE)
    return compile_projection(spec, SCOPE, node)(document or DOCUMENT)


FIND: list[tuple[Any, Any]] = [
    ({}, DOCUMENT),
    ({"a": 1}, {"_id": 1, "a": 5}),
    ({"a": True, "_id": 0}, {"a": 5}),
    ({"_id": 1}, {"_id": 1}),
    ({"_id": 0, "e": 0, "h": 0}, {"a": 5, "b": {"c": 1, "d": 2}}),
    ({"h": 0, "e": 0, "_id": 1}, {"_id": 1, "a": 5, "b": {"c": 1, "d": 2}}),
    ({"b.c": 1}, {"_id": 1, "b": {"c": 1}}),
    ({"b": {"c": 1}}, {"_id": 1, "b": {"c": 1}}),
    ({"b.c": 0, "e": 0, "h": 0}, {"_id": 1, "a": 5, "b": {"d": 2}}),
    ({"e.f": 1}, {"_id": 1, "e": [{"f": 1}, {"f": 3}]}),
    ({"e.f": 0, "h": 0, "a": 0, "b": 0}, {"_id": 1, "e": [{"g": 2}, {}, 7]}),
    ({"a.x": 1}, {"_id": 1}),
    ({"h": {"$slice": 2}, "e": 0}, {"_id": 1, "a": 5, "b": {"c": 1, "d": 2}, "h": [1, 2]}),
    ({"h": {"$slice": -2}, "_id": 0, "a": 1}, {"a": 5, "h": [4, 5]}),
    ({"h": {"$slice": [1, 2]}, "a": 1}, {"_id": 1, "a": 5, "h": [2, 3]}),
    ({"h": {"$slice": [-3, 2]}, "a": 1}, {"_id": 1, "a": 5, "h": [3, 4]}),
    ({"h": {"$slice": ["$h", 1]}}, {"_id": 1, "h": [1]}),
    ({"h": {"$elemMatch": {"$gt": 2}}}, {"_id": 1, "h": [3]}),
    ({"e": {"$elemMatch": {"f": 3}}, "h": 1}, {"_id": 1, "h": [1, 2, 3, 4, 5], "e": [{"f": 3}]}),
    ({"x": {"$add": ["$a", 1]}, "a": 1}, {"_id": 1, "a": 5, "x": 6}),
    ({"x": "$b.d"}, {"_id": 1, "x": 2}),
    ({"x": {"$literal": 1}, "_id": 0}, {"x": 1}),
]


@pytest.mark.parametrize(("spec", "expected"), FIND, ids=str)
def test_find(spec: Any, expected: Any) -> None:
    found = find(spec)
    assert identical(found, expected), found


def test_the_positional_element() -> None:
    assert find({"h.$": 1}, {"h": {"$gt": 3}}) == {"_id": 1, "h": [4]}
    assert find({"e.$": 1, "_id": 0}, {"e.f": 3}) == {"e": [{"f": 3}]}


REFUSED: list[tuple[Any, int]] = [
    ({"a": 1, "b": 0}, 31254),
    ({"a": 0, "b": 1}, 31253),
    ({"a": 0, "x": "$b"}, 31252),
    ({"a": 1, "a.b": 1}, 31249),
    ({"b": {"c": 1}, "b.c": 1}, 31250),
    ({"a": {}}, 51270),
    ({"": 1}, 15998),
    ({"a..b": 1}, 15998),
    ({"a.": 1}, 40353),
    ({"$a": 1}, 16410),
    ({"a.$": 1, "h.$": 1}, 31276),
    ({"a.$": 0}, 31395),
    ({"a.$.b": 1}, 31394),
    ({"b.c": {"$elemMatch": {"x": 1}}}, 31255),
    ({"h.$": 1, "e": {"$elemMatch": {"f": 1}}}, 31256),
    ({"h": {"$slice": "x"}}, 28667),
    ({"h": {"$slice": [1, 0]}}, 28729),
    ({"h": {"$foo": 1}}, 168),
    ({"h": {"$meta": "textScore"}}, 40218),
    ({"h": {"$meta": "nope"}}, 17308),
]


@pytest.mark.parametrize(("spec", "number"), REFUSED, ids=str)
def test_refused(spec: Any, number: int) -> None:
    with pytest.raises(DocumentError) as caught:
        find(spec, {"h": 1})
    assert caught.value.number == number


def test_a_position_that_the_filter_does_not_give_is_refused() -> None:
    with pytest.raises(DocumentError) as caught:
        find({"h.$": 1}, {"_id": 1})
    assert caught.value.number == 51246


STAGES: list[tuple[Any, Any]] = [
    (compile_project({"b": {"c": 1, "z": "$a"}}, SCOPE), {"_id": 1, "b": {"c": 1, "z": 5}}),
    (compile_project({"_id": "$a"}, SCOPE), {"_id": 5}),
    (compile_project({"_id": 0, "x": ["$a", "$none"]}, SCOPE), {"x": [5, None]}),
    (compile_project({"x": "$none", "a": 1}, SCOPE), {"_id": 1, "a": 5}),
    (compile_project({"e.n": "$a"}, SCOPE), {"_id": 1, "e": [{"n": 5}, {"n": 5}]}),
    (compile_project({"b": 0, "e": 0, "h": 0}, SCOPE), {"_id": 1, "a": 5}),
    (compile_exclusion(["b.c", "e", "h"]), {"_id": 1, "a": 5, "b": {"d": 2}}),
    (compile_replacement("$b", SCOPE, "$replaceWith"), {"c": 1, "d": 2}),
    (compile_replacement({"$mergeObjects": ["$b", {"c": 9}]}, SCOPE, "$replaceRoot"), {"c": 9, "d": 2}),
]


@pytest.mark.parametrize(("stage", "expected"), STAGES)
def test_stages(stage: Any, expected: Any) -> None:
    assert identical(stage(DOCUMENT), expected), stage(DOCUMENT)


def test_added_fields() -> None:
    found = compile_addition({"a": "$b.c", "b.n": 1, "e.x": 2, "n": {"m": {"$add": [1, 1]}}, "h": "$$REMOVE"}, SCOPE)(
        DOCUMENT
    )
    expected = {
        "_id": 1, "a": 1, "b": {"c": 1, "d": 2, "n": 1}, "e": [{"f": 1, "g": 2, "x": 2}, {"f": 3, "x": 2}, {"x": 2}],
        "n": {"m": 2},
    }  # fmt: skip
    assert identical(found, expected), found


@pytest.mark.parametrize(
    ("make", "number"),
    [
        (lambda: compile_project({}, SCOPE), 51272),
        (lambda: compile_project(5, SCOPE), 15969),
        (lambda: compile_project({"a.$": 1}, SCOPE), 31324),
        (lambda: compile_project({"a": {"$elemMatch": {}}}, SCOPE), 168),
        (lambda: compile_addition([], SCOPE), 40272),
        (lambda: compile_exclusion([]), 31119),
        (lambda: compile_exclusion([1]), 31120),
        (lambda: compile_replacement("$a", SCOPE, "$replaceWith")(DOCUMENT), 40228),
    ],
)
def test_refused_stages(make: Any, number: int) -> None:
    with pytest.raises(DocumentError) as caught:
        make()
    assert caught.value.number == number


def test_what_is_read_is_known() -> None:
    assert compile_projection({"a": 1, "x": "$b.c"}, SCOPE).needs == {"_id", "a", "b", "x"}
    assert compile_projection({"a": 0}, SCOPE).needs is None
    assert compile_projection({"x": "$$ROOT"}, SCOPE).needs is None


specs = st.dictionaries(
    st.sampled_from(["a", "b", "c", "a.b", "b.c", "_id", "a.$", "", "a.", "$a", "0"]),
    st.sampled_from([0, 1, True, False, "$a", "$b.c", {"$slice": 1}, {"$slice": [0, 1]}, {"$elemMatch": {"a": 1}}])
    | values,
    max_size=3,
)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(specs, documents)
def test_any_projection_gives_a_document_or_a_document_error(spec: Any, document: Any) -> None:
    makers: list[Any] = [
        lambda: compile_projection(spec, SCOPE, parse_filter({"a": 1}, SCOPE)),
        lambda: compile_project(spec, SCOPE),
        lambda: compile_addition(spec, SCOPE),
    ]
    before = encode(document)
    for make in makers:
        with suppress(DocumentError):
            encode(make()(document))
        assert encode(document) == before
