"""Paths through documents and arrays: an aggregation's, a filter's, an index's."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

import bson_values
from dbaas_server.documents import paths
from dbaas_server.documents.codec import MISSING
from dbaas_server.documents.errors import DocumentError

M = MISSING


@pytest.mark.parametrize(
    ("document", "path", "value"),
    [
        ({"a": {"b": 1}}, "a.b", 1),
        ({"a": 1}, "a.b", M),
        ({}, "a", M),
        ({"a": None}, "a.b", M),
        ({"a": [{"b": 1}, {"c": 2}, 3, {"b": [4]}]}, "a.b", [1, [4]]),
        ({"a": [[{"b": 1}], {"b": 2}]}, "a.b", [2]),  # an array in an array is not gone into
        ({"a": []}, "a.b", []),
        ({"a": [1, 2]}, "a.0", []),  # a number names a field
        ({"a": {"0": 1}}, "a.0", 1),
        ({"a": [{"b": [{"c": 1}, {"c": 2}]}, {"b": {"c": 3}}]}, "a.b.c", [[1, 2], 3]),
    ],
)
def test_an_aggregation_maps_over_arrays(document, path, value):
    assert paths.get(document, paths.split(path)) == value


@pytest.mark.parametrize(
    ("document", "path", "values"),
    [
        ({"a": 1}, "a", [1]),
        ({}, "a", [M]),
        ({"a": {}}, "a.b", [M]),
        ({"a": 5}, "a.b", [M]),
        ({"a": [5]}, "a.b", []),
        ({"a": []}, "a", [[]]),
        ({"a": []}, "a.b", []),
        ({"a": [1, [2]]}, "a", [1, [2], [1, [2]]]),
        ({"a": [{"b": 1}, {"c": 2}, 3]}, "a.b", [1, M]),
        ({"a": [[{"b": 1}]]}, "a.b", []),
        ({"a": [[{"b": 1}]]}, "a.0.b", [1]),
        ({"a": [5, [2, 4]]}, "a.1", [[2, 4]]),
        ({"a": [5, {"1": 4}]}, "a.1", [4, {"1": 4}]),
        ({"a": [5, {"b": 4}]}, "a.1.b", [M, 4]),
        ({"a": [{"b": [1, 2]}]}, "a.b", [1, 2, [1, 2]]),
        ({"a": [[1, 2], 3]}, "a.0.1", [2]),
        ({"a": [1]}, "a.00", []),
    ],
)
def test_a_filter_looks_at_every_candidate(document, path, values):
    assert list(paths.candidates(document, paths.split(path))) == values


def test_a_filter_can_look_at_arrays_alone():
    assert list(paths.candidates({"a": [1, 2]}, ("a",), leaves=False)) == [[1, 2]]
    assert list(paths.candidates({"a": [{"b": [1]}, {"b": 2}]}, ("a", "b"), leaves=False)) == [[1], 2]


def test_a_place_is_that_of_the_first_array():
    found = list(paths.places({"a": [{"b": 0}, {"b": [7, 8]}]}, ("a", "b")))
    assert found == [(0, 0), (7, 1), (8, 1), ([7, 8], 1)]
    assert list(paths.places({"a": 1}, ("a",))) == [(1, -1)]


@pytest.mark.parametrize(
    ("document", "spec", "keys", "through"),
    [
        ({"a": 1}, ["a", "b"], [(1, None)], set()),
        ({"a": [1, 2], "b": 3}, ["a", "b"], [(1, 3), (2, 3)], {0}),
        ({"a": []}, ["a"], [(M,)], {0}),
        ({"a": []}, ["a.b"], [(None,)], {0}),
        ({"a": [[], [1, 2]]}, ["a"], [([],), ([1, 2],)], {0}),
        ({"a": [{"b": 1, "c": 2}, {"b": 3}, 4]}, ["a.b", "a.c"], [(1, 2), (3, None), (None, None)], {0, 1}),
        ({"a": [{"b": [1, 2]}, {"b": 3}]}, ["a.b"], [(1,), (2,), (3,)], {0}),
        ({"a": [{"b": 1}, {"b": 2}]}, ["a.1.b"], [(2,)], set()),
        ({"a": [[1, 2]]}, ["a.0"], [(1,), (2,)], {0}),
        ({"a": [{"b": 1}]}, ["a", "a.b"], [({"b": 1}, 1)], {0, 1}),
        ({"a": 5}, ["a.b"], [(None,)], set()),
    ],
)
def test_an_index_has_a_key_for_every_element(document, spec, keys, through):
    assert paths.index_keys(document, [paths.split(path) for path in spec]) == (keys, frozenset(through))


def test_arrays_beside_each_other_are_refused():
    with pytest.raises(DocumentError, match=r"parallel arrays \[a\] \[b\]") as caught:
        paths.index_keys({"a": [1], "b": [2]}, [("a",), ("b",)])
    assert caught.value.number == 171
    with pytest.raises(DocumentError) as caught:
        paths.index_keys({"a": [{"0": 1}]}, [("a", "0")])
    assert caught.value.number == 16746


@settings(deadline=None)
@given(bson_values.documents)
def test_an_index_leads_to_every_candidate_of_a_filter(document):
    for path in [("a",), ("a", "b"), ("b", "c")]:
        found = list(paths.candidates(document, path))
        keys, _ = paths.index_keys(document, [path])
        wanted = [value for value in found if not isinstance(value, list)]
        values = [key for (key,) in keys]
        for value in wanted:
            assert any(kept is value or (value is MISSING and kept is None) or kept == value for kept in values)
