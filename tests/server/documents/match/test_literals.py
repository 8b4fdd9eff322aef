"""The hint for a scan: what a matching document's bytes contain."""

from __future__ import annotations

import bson
import pytest
from bson import DatetimeMS, Decimal128, Int64, ObjectId
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from dbaas_server.documents.codec import encode
from dbaas_server.documents.match import compile_filter, parse_filter, required_literals
from dbaas_server.documents.scope import Scope
from dbaas_server.documents.values import SIMPLE, Collation

SCALARS = st.one_of(
    st.integers(-2, 2),
    st.integers(-2, 2).map(Int64),
    st.sampled_from([0.0, -0.0, 1.0, 1.5, float("nan"), 2.0**60, 2.0**70]),
    st.sampled_from(["0", "-0", "1.0", "1.5", "10E-1", "NaN"]).map(Decimal128),
    st.sampled_from([2**60, 2**53 + 1]).map(Int64),
    st.booleans(),
    st.none(),
    st.sampled_from(["", "x", "ab"]),
    st.sampled_from([DatetimeMS(0), DatetimeMS(1)]),
    st.just(ObjectId("5" * 24)),
)
NAMES = st.sampled_from(["a", "b", "0", "1"])
VALUES = st.recursive(
    SCALARS, lambda part: st.lists(part, max_size=2) | st.dictionaries(NAMES, part, max_size=2), max_leaves=4
)
PATHS = st.sampled_from(["a", "b", "a.b", "a.0", "a.b.a", "a.0.b"])
CONDITIONS = st.recursive(
    st.one_of(
        st.dictionaries(PATHS, VALUES, min_size=1, max_size=2),
        st.builds(lambda path, values: {path: {"$in": values}}, PATHS, st.lists(VALUES, max_size=3)),
        st.builds(lambda path, value: {path: {"$elemMatch": {"$eq": value}}}, PATHS, VALUES),
        st.builds(lambda path, name, value: {path: {"$elemMatch": {name: value}}}, PATHS, NAMES, VALUES),
        st.builds(lambda path, value: {path: {"$ne": value}}, PATHS, SCALARS),
    ),
    lambda part: st.builds(
        lambda name, parts: {name: parts},
        st.sampled_from(["$and", "$or", "$nor"]),
        st.lists(part, min_size=1, max_size=2),
    ),
    max_leaves=3,
)


def contains(raw, groups):
    return all(any(literal in raw for literal in group) for group in groups)


@settings(max_examples=300, deadline=None)
@given(CONDITIONS, st.dictionaries(NAMES, VALUES, max_size=3))
def test_a_matching_document_contains_one_of_each_group(spec, document):
    scope = Scope()
    node = parse_filter(spec, scope)
    if compile_filter(node, scope)(document):
        assert contains(encode(document), required_literals(node, SIMPLE))


@settings(max_examples=300, deadline=None)
@given(VALUES, st.booleans())
def test_what_is_equal_is_found_in_a_field_or_an_array(value, in_array):
    document = {"a": [value] if in_array else value}
    scope = Scope()
    node = parse_filter({"a": {"$eq": value}}, scope)
    assume(compile_filter(node, scope)(document))
    assert contains(encode(document), required_literals(node, SIMPLE))


@pytest.mark.parametrize(
    ("spec", "absent"),
    [
        ({"a": "xyz"}, {"a": "xy"}),
        ({"a": 5}, {"a": 6, "b": 5}),
        ({"a": True}, {"a": False, "b": True}),
        ({"a": ObjectId("5" * 24)}, {"a": ObjectId("6" * 24)}),
        ({"a": {"$in": ["x", 5]}}, {"a": "y", "b": 5}),
        ({"$or": [{"a": "x"}, {"b": "y", "c": {"$gt": 5}}]}, {"a": "y1", "b": "x1"}),
        ({"a": {"$elemMatch": {"b": "x", "c": 1}}}, {"a": [{"b": "y", "c": 1}]}),
    ],
)
def test_other_documents_are_mostly_told_apart(spec, absent):
    groups = required_literals(parse_filter(spec, Scope()), SIMPLE)
    assert groups
    assert not contains(bson.encode(absent), groups)


@pytest.mark.parametrize(
    "spec",
    [
        {},
        {"a": None},
        {"a": float("nan")},
        {"a": [1]},
        {"a": {"b": 1}},
        {"a": {"$in": ["x", None]}},
        {"a": {"$regex": "x"}},
        {"a": {"$ne": "x"}},
        {"a": {"$gt": "x"}},
        {"a": Decimal128("1")},
        {"$nor": [{"a": "x"}]},
        {"$or": [{"a": "x"}, {"b": None}]},
        {"a": {"$in": [str(number) for number in range(100)]}},
        {"a.0": 5},
    ],
)
def test_nothing_is_asked_for_that_is_not_sure(spec):
    assert required_literals(parse_filter(spec, Scope()), SIMPLE) == ()


def test_under_a_collation_strings_tell_nothing():
    collation = Collation("en", strength=1)
    node = parse_filter({"a": "x", "b": 5}, Scope(collation=collation))
    ((first, *_),) = required_literals(node, collation)
    assert first.startswith(b"\x10b")
