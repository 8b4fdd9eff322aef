"""What is no filter: MongoDB's number and message, and never another exception."""

from __future__ import annotations

import time

import pytest
from bson import Regex
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import bson_values
from dbaas_server.documents.errors import DocumentError
from dbaas_server.documents.match import compile_filter, explain_failure, parse_filter
from dbaas_server.documents.scope import Scope


def nested(depth):
    spec = {"a": 1}
    for _ in range(depth):
        spec = {"$and": [spec]}
    return spec


@pytest.mark.parametrize(
    ("spec", "number", "message"),
    [
        ({"a": {"$foo": 1}}, 2, "unknown operator: $foo"),
        ({"a": {"$gt": 1, "b": 2}}, 2, "unknown operator: b"),
        ({"$foo": 1}, 2, "unknown top level operator: $foo. If you have a field name that starts with a '$' symbol"),
        ({"a": {"$in": 5}}, 2, "$in needs an array"),
        ({"a": {"$nin": {}}}, 2, "$nin needs an array"),
        ({"a": {"$in": [{"$gt": 1}]}}, 2, "cannot nest $ under $in"),
        ({"$and": {}}, 2, "$and must be an array"),
        ({"$or": []}, 2, "$and/$or/$nor must be a nonempty array"),
        ({"$nor": [5]}, 2, "$or/$and/$nor entries need to be full objects"),
        ({"a": {"$not": 5}}, 2, "$not needs a regex or a document"),
        ({"a": {"$not": {}}}, 2, "$not cannot be empty"),
        ({"a": {"$ne": Regex("x")}}, 2, "Can't have regex as arg to $ne."),
        ({"a": {"$gt": Regex("x")}}, 2, "Can't have RegEx as arg to predicate over field 'a'."),
        ({"a": {"$mod": 5}}, 2, "malformed mod, needs to be an array"),
        ({"a": {"$mod": [5]}}, 2, "malformed mod, not enough elements"),
        ({"a": {"$mod": [5, 1, 2]}}, 2, "malformed mod, too many elements"),
        ({"a": {"$mod": [0, 1]}}, 2, "divisor cannot be 0"),
        ({"a": {"$mod": ["5", 1]}}, 2, "malformed mod, divisor not a number"),
        ({"a": {"$mod": [5, float("inf")]}}, 2, "malformed mod, remainder value is invalid"),
        ({"a": {"$size": "2"}}, 2, "Failed to parse $size. Expected a number in: $size: \"2\""),
        ({"a": {"$size": 1.5}}, 2, "Failed to parse $size. Expected an integer: $size: 1.5"),
        ({"a": {"$size": -1}}, 2, "Failed to parse $size. Expected a non-negative number in: $size: -1"),
        ({"a": {"$all": 5}}, 2, "$all needs an array"),
        ({"a": {"$all": [{"$gt": 5}]}}, 2, "no $ expressions in $all"),
        ({"a": {"$all": [{"$elemMatch": {}}, 5]}}, 2, "$all/$elemMatch has to be consistent"),
        ({"a": {"$elemMatch": 5}}, 2, "$elemMatch needs an Object"),
        ({"a": {"$elemMatch": {"$expr": True}}}, 2, "$expr can only be applied to the top-level document"),
        ({"a": {"$type": "text"}}, 2, "Unknown type name alias: text"),
        ({"a": {"$type": 99}}, 2, "Invalid numerical type code: 99"),
        ({"a": {"$type": 1.5}}, 2, "Invalid numerical type code: 1.5"),
        ({"a": {"$type": {}}}, 14, "type must be represented as a number or a string"),
        ({"a": {"$type": []}}, 9, "a must match at least one type"),
        ({"a": {"$bitsAllSet": "x"}}, 2, "a takes an Array, a number, or a BinData but received: $bitsAllSet: \"x\""),
        ({"a": {"$bitsAllSet": -1.0}}, 9, "Expected a non-negative number in: $bitsAllSet: -1.0"),
        ({"a": {"$bitsAllSet": 1.2}}, 9, "Expected an integer: $bitsAllSet: 1.2"),
        ({"a": {"$bitsAllSet": [-1]}}, 2, "Failed to parse bit position. Expected a non-negative number in: 0: -1"),
        ({"a": {"$bitsAllSet": ["1"]}}, 2, "Failed to parse bit position. Expected a number in: 0: \"1\""),
        ({"a": {"$regex": 5}}, 2, "$regex has to be a string"),
        ({"a": {"$regex": "x", "$options": 5}}, 2, "$options has to be a string"),
        ({"a": {"$options": "i"}}, 2, "$options needs a $regex"),
        ({"a": {"$regex": Regex("x", "i"), "$options": "m"}}, 51075, "options set in both $regex and $options"),
        ({"a": {"$regex": "x", "$options": "g"}}, 51108, "invalid flag in regex options: g"),
        ({"a": {"$regex": "("}}, 51091, "Regular expression is invalid: "),
        ({"a": {"$regex": "a\0"}}, 2, "Regular expression cannot contain an embedded null byte"),
        ({"a": {"$in": [Regex("[")]}}, 51091, "Regular expression is invalid: "),
        ({"$where": "true"}, 2, "no globalScriptEngine in $where parsing"),
        ({"$text": {"$search": "x"}}, 27, "text index required for $text query"),
        ({"a": {"$near": [0, 0]}}, 291, "error processing query: planner returned error"),
        ({"a": {"$geoWithin": {}}}, 238, "Geospatial queries are not supported."),
        ({"$alwaysTrue": 2}, 9, "$alwaysTrue must be an integer value of 1"),
        ({"$sampleRate": 2}, 2, "numeric argument to $sampleRate must be in [0, 1]"),
        ({"$jsonSchema": 5}, 14, "$jsonSchema must be an object"),
        (nested(101), 2, "exceeded maximum query tree depth of 100"),
        (5, 14, "Expected the filter to be an object"),
    ],
)  # fmt: skip
def test_what_is_no_filter_is_refused(spec, number, message):
    with pytest.raises(DocumentError) as caught:
        parse_filter(spec, Scope())
    assert caught.value.number == number
    assert caught.value.message.startswith(message)


def test_depth_within_the_bound_is_taken():
    assert compile_filter(parse_filter(nested(100), Scope()), Scope())({"a": 1})


OPERATORS = [
    "$and", "$or", "$nor", "$not", "$eq", "$ne", "$gt", "$gte", "$lt", "$lte", "$in", "$nin", "$exists", "$type",
    "$mod", "$regex", "$options", "$all", "$elemMatch", "$size", "$bitsAllSet", "$bitsAnyClear", "$expr", "$jsonSchema",
    "$comment", "$sampleRate", "$text", "$where", "$near", "$geoWithin", "$alwaysTrue", "$ref", "$id", "$foo",
    "properties", "required", "bsonType", "items", "enum", "minimum", "pattern", "allOf", "dependencies", "multipleOf",
]  # fmt: skip
WORDS = st.sampled_from([*OPERATORS, "a", "b", "a.b", "a.0", "", ".", "a..b"])
FILTERS = st.dictionaries(
    WORDS,
    st.recursive(
        bson_values.scalars,
        lambda part: st.lists(part, max_size=3) | st.dictionaries(WORDS, part, max_size=3),
        max_leaves=8,
    ),
    max_size=3,
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(FILTERS, bson_values.documents)
def test_any_document_is_a_filter_or_refused(spec, document):
    scope = Scope()
    started = time.process_time()
    try:
        node = parse_filter(spec, scope)
        matches = compile_filter(node, scope)(document)
        assert type(matches) is bool
        if not matches:
            assert "operatorName" in explain_failure(node, document, scope)
    except DocumentError as error:
        assert error.number > 0
    assert time.process_time() - started < 5
