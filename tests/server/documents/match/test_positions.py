"""Where in an array a filter held."""

from __future__ import annotations

import pytest

from dbaas_server.documents.match import compile_filter, first_match_position, parse_filter
from dbaas_server.documents.scope import Scope


@pytest.mark.parametrize(
    ("spec", "document", "place"),
    [
        ({"a": 2}, {"a": [1, 2, 2]}, 1),
        ({"a": {"$gt": 1}}, {"a": [1, 5]}, 1),
        ({"a.b": 2}, {"a": [{"b": 1}, {"b": [3, 2]}]}, 1),
        ({"a.b": 2}, {"a": {"b": [1, 2]}}, 1),
        ({"a": {"$elemMatch": {"b": 2}}}, {"a": [{"b": 1}, {"b": 2}]}, 1),
        ({"a.b": {"$elemMatch": {"$eq": 2}}}, {"a": [{"b": []}, {"b": [1, 1, 2]}]}, 1),
        ({"a.1": 2}, {"a": [1, 2]}, 1),
        ({"x": 1, "a": 2, "b": 1}, {"x": 1, "a": [1, 2], "b": 1}, 1),
        ({"a": 1, "b": 2}, {"a": [1], "b": [0, 2]}, 1),
        ({"a": 2}, {"a": 2}, None),
        ({"a": [1, 2]}, {"a": [1, 2]}, None),
        ({"a": {"$size": 2}}, {"a": [1, 2]}, None),
        ({"$or": [{"a": 2}, {"b": 1}]}, {"a": [1, 2]}, None),
        ({"$or": [{"a": 2}]}, {"a": [1, 2]}, 1),
        ({"a": {"$ne": 5}}, {"a": [1, 2]}, None),
        ({}, {"a": [1]}, None),
    ],
)
def test_the_place_is_the_first_that_matches(spec, document, place):
    scope = Scope()
    node = parse_filter(spec, scope)
    assert compile_filter(node, scope)(document)
    assert first_match_position(node, document) == place
