"""``$jsonSchema``: what a schema lets through, what it says of the rest, and what is no schema."""

from __future__ import annotations

import pytest
from bson import Decimal128, Int64, ObjectId

from dbaas_server.documents.errors import DocumentError
from dbaas_server.documents.match import compile_filter, explain_failure, parse_filter
from dbaas_server.documents.match.jsonschema import compile_schema
from dbaas_server.documents.scope import Scope


def holds(schema, document):
    scope = Scope()
    return compile_filter(parse_filter({"$jsonSchema": schema}, scope), scope)(document)


def of_a(schema):
    return {"properties": {"a": schema}}


@pytest.mark.parametrize(
    ("schema", "yes", "no"),
    [
        ({}, [{}, {"a": 1}], []),
        ({"required": ["a", "b"]}, [{"a": 1, "b": None}], [{"a": 1}]),
        (of_a({"bsonType": "int"}), [{"a": 1}, {}], [{"a": Int64(1)}, {"a": "1"}]),
        (of_a({"bsonType": ["string", "null"]}), [{"a": "x"}, {"a": None}], [{"a": 1}]),
        (of_a({"bsonType": "number"}), [{"a": 1.5}, {"a": Decimal128("1")}], [{"a": True}]),
        (of_a({"type": "boolean"}), [{"a": True}], [{"a": 1}]),
        (of_a({"enum": ["x", 1, {"b": 2}, None]}), [{"a": 1.0}, {"a": {"b": 2}}, {"a": None}, {}], [{"a": "y"}]),
        (of_a({"minimum": 5}), [{"a": 5}, {"a": "x"}], [{"a": 4.9}, {"a": float("nan")}]),
        (of_a({"minimum": 5, "exclusiveMinimum": True}), [{"a": 6}], [{"a": 5}]),
        (of_a({"maximum": 5, "exclusiveMaximum": False}), [{"a": 5}], [{"a": 6}]),
        (of_a({"multipleOf": 0.01}), [{"a": 1.23}, {"a": 5}, {"a": "x"}], [{"a": 1.234}, {"a": float("inf")}]),
        (of_a({"minLength": 2, "maxLength": 3}), [{"a": "éé"}, {"a": 5}], [{"a": "é"}, {"a": "abcd"}]),
        (of_a({"pattern": "^x+$"}), [{"a": "xx"}, {"a": 1}], [{"a": "y"}]),
        ({"patternProperties": {"^n_": {"bsonType": "int"}}}, [{"n_a": 1, "b": "x"}], [{"n_a": "x"}]),
        ({"properties": {"a": {}}, "additionalProperties": False}, [{"a": 1}], [{"a": 1, "b": 2}]),
        (
            {"patternProperties": {"^x": {}}, "additionalProperties": {"bsonType": "int"}},
            [{"x": "y", "b": 2}],
            [{"b": "x"}],
        ),
        ({"minProperties": 1, "maxProperties": 2}, [{"a": 1}], [{}, {"a": 1, "b": 2, "c": 3}]),
        ({"dependencies": {"a": ["b"]}}, [{"a": 1, "b": 2}, {"b": 1}], [{"a": 1}]),
        ({"dependencies": {"a": {"required": ["b"]}}}, [{"a": 1, "b": 2}, {}], [{"a": 1}]),
        (of_a({"items": {"bsonType": "int"}}), [{"a": [1, 2]}, {"a": []}, {"a": "x"}], [{"a": [1, "x"]}]),
        (
            of_a({"items": [{"bsonType": "int"}, {}], "additionalItems": False}),
            [{"a": [1]}, {"a": [1, "x"]}],
            [{"a": ["x"]}, {"a": [1, 2, 3]}],
        ),
        (of_a({"items": [{}], "additionalItems": {"bsonType": "int"}}), [{"a": ["x", 1]}], [{"a": ["x", "y"]}]),
        (of_a({"minItems": 1, "maxItems": 2}), [{"a": [1]}], [{"a": []}, {"a": [1, 2, 3]}]),
        (of_a({"uniqueItems": True}), [{"a": [1, "1", True]}], [{"a": [1, 1.0]}]),
        (of_a({"allOf": [{"minimum": 1}, {"maximum": 2}]}), [{"a": 1}], [{"a": 3}]),
        (of_a({"anyOf": [{"bsonType": "int"}, {"bsonType": "string"}]}), [{"a": 1}, {"a": "x"}], [{"a": None}]),
        (of_a({"oneOf": [{"minimum": 1}, {"maximum": 5}]}), [{"a": 0}, {"a": 9}], [{"a": 3}]),
        (of_a({"not": {"bsonType": "int"}}), [{"a": "x"}, {}], [{"a": 1}]),
        ({"bsonType": "object", "title": "x", "description": "y"}, [{}], []),
    ],
)
def test_what_a_schema_lets_through(schema, yes, no):
    for document in yes:
        assert holds(schema, document), document
    for document in no:
        assert not holds(schema, document), document


def test_a_failure_is_told_as_mongodb_tells_it():
    schema = {
        "bsonType": "object",
        "title": "Student Object Validation",
        "required": ["name", "year"],
        "properties": {
            "year": {"bsonType": "int", "minimum": 2017, "maximum": 3017, "description": "'year' must be an integer"},
            "gpa": {"bsonType": ["double"], "description": "'gpa' must be a double if the field exists"},
        },
    }
    scope = Scope()
    document = {"_id": ObjectId(), "year": 2016, "gpa": 3}
    assert explain_failure(parse_filter({"$jsonSchema": schema}, scope), document, scope) == {
        "operatorName": "$jsonSchema",
        "title": "Student Object Validation",
        "schemaRulesNotSatisfied": [
            {
                "operatorName": "required",
                "specifiedAs": {"required": ["name", "year"]},
                "missingProperties": ["name"],
            },
            {
                "operatorName": "properties",
                "propertiesNotSatisfied": [
                    {
                        "propertyName": "year",
                        "description": "'year' must be an integer",
                        "details": [
                            {
                                "operatorName": "minimum",
                                "specifiedAs": {"minimum": 2017},
                                "reason": "comparison failed",
                                "consideredValue": 2016,
                            }
                        ],
                    },
                    {
                        "propertyName": "gpa",
                        "description": "'gpa' must be a double if the field exists",
                        "details": [
                            {
                                "operatorName": "bsonType",
                                "specifiedAs": {"bsonType": ["double"]},
                                "reason": "type did not match",
                                "consideredValue": 3,
                                "consideredType": "int",
                            }
                        ],
                    },
                ],
            },
        ],
    }


@pytest.mark.parametrize(
    ("schema", "value", "expected"),
    [
        ({"enum": [1]}, 2, {"reason": "value was not found in enum", "consideredValue": 2}),
        ({"uniqueItems": True}, [1, 1], {"reason": "found a duplicate item", "duplicatedValue": 1}),
        (
            {"items": {"minimum": 5}},
            [6, 4],
            {"reason": "At least one item did not match the sub-schema", "itemIndex": 1},
        ),
        ({"items": [], "additionalItems": False}, [4], {"reason": "found additional items", "additionalItems": [4]}),
        ({"oneOf": [{}, {}]}, 5, {"reason": "more than one subschema matched", "matchingSchemaIndexes": [0, 1]}),
        ({"not": {}}, 5, {"reason": "child expression matched"}),
        ({"additionalProperties": False}, {"b": 1}, {"additionalProperties": ["b"]}),
        ({"minProperties": 1}, {}, {"numberOfProperties": 0}),
        (
            {"dependencies": {"a": ["b"]}},
            {"a": 1},
            {"failingDependencies": [{"conditionalProperty": "a", "missingProperties": ["b"]}]},
        ),
    ],
)
def test_each_keyword_has_its_own_words(schema, value, expected):
    (failure,) = compile_schema(schema, Scope()).failures(value)
    assert expected.items() <= failure.items()


def test_a_filter_tells_why_too():
    scope = Scope()
    spec = {"a": {"$gt": 5}, "b": {"$exists": True}, "$or": [{"c": 1}, {"c": {"$type": "string"}}], "$nor": [{"d": 1}]}
    assert explain_failure(parse_filter(spec, scope), {"a": 3, "c": 2, "d": 1}, scope) == {
        "operatorName": "$and",
        "clausesNotSatisfied": [
            {
                "index": 0,
                "details": {
                    "operatorName": "$gt",
                    "specifiedAs": {"a": {"$gt": 5}},
                    "reason": "comparison failed",
                    "consideredValue": 3,
                },
            },
            {
                "index": 1,
                "details": {
                    "operatorName": "$exists",
                    "specifiedAs": {"b": {"$exists": True}},
                    "reason": "path does not exist",
                },
            },
            {
                "index": 2,
                "details": {
                    "operatorName": "$or",
                    "clausesNotSatisfied": [
                        {
                            "index": 0,
                            "details": {
                                "operatorName": "$eq",
                                "specifiedAs": {"c": {"$eq": 1}},
                                "reason": "comparison failed",
                                "consideredValue": 2,
                            },
                        },
                        {
                            "index": 1,
                            "details": {
                                "operatorName": "$type",
                                "specifiedAs": {"c": {"$type": ["string"]}},
                                "reason": "type did not match",
                                "consideredValue": 2,
                                "consideredType": "int",
                            },
                        },
                    ],
                },
            },
            {
                "index": 3,
                "details": {
                    "operatorName": "$nor",
                    "clausesSatisfied": [
                        {
                            "index": 0,
                            "details": {
                                "operatorName": "$eq",
                                "specifiedAs": {"d": {"$eq": 1}},
                                "reason": "comparison succeeded",
                                "consideredValue": 1,
                            },
                        }
                    ],
                },
            },
        ],
    }


@pytest.mark.parametrize(
    ("schema", "number"),
    [
        ({"foo": 1}, 9),
        ({"$ref": "x"}, 9),
        ({"format": "date"}, 9),
        ({"title": 5}, 14),
        ({"required": []}, 9),
        ({"required": "a"}, 14),
        ({"required": [5]}, 14),
        ({"required": ["a", "a"]}, 9),
        ({"properties": 5}, 14),
        ({"properties": {"a": 5}}, 14),
        ({"bsonType": 5}, 14),
        ({"bsonType": "text"}, 2),
        ({"type": "integer"}, 9),
        ({"type": "objectId"}, 2),
        ({"type": "string", "bsonType": "string"}, 9),
        ({"enum": []}, 9),
        ({"enum": [1, 1.0]}, 9),
        ({"minimum": "5"}, 14),
        ({"exclusiveMinimum": True}, 9),
        ({"minimum": 5, "exclusiveMinimum": 5}, 14),
        ({"minLength": -1}, 9),
        ({"minLength": 1.5}, 9),
        ({"multipleOf": 0}, 9),
        ({"pattern": "("}, 51091),
        ({"pattern": 5}, 14),
        ({"patternProperties": {"(": {}}}, 51091),
        ({"additionalProperties": 5}, 14),
        ({"additionalItems": 5}, 14),
        ({"uniqueItems": 1}, 14),
        ({"allOf": []}, 9),
        ({"allOf": [5]}, 14),
        ({"dependencies": {"a": []}}, 9),
    ],
)
def test_what_is_no_schema_is_refused(schema, number):
    with pytest.raises(DocumentError) as caught:
        parse_filter({"$jsonSchema": schema}, Scope())
    assert caught.value.number == number


def test_schemas_have_a_depth():
    schema = {}
    for _ in range(150):
        schema = {"not": schema}
    with pytest.raises(DocumentError, match="nested more than 100"):
        parse_filter({"$jsonSchema": schema}, Scope())
