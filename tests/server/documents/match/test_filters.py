"""Filters: what matches, operator by operator, as MongoDB's manual has it."""

# ruff: noqa: E501 - a table reads by its rows

from __future__ import annotations

import pytest
from bson import Binary, Code, DatetimeMS, Decimal128, Int64, MaxKey, MinKey, ObjectId, Regex, Timestamp

from dbaas_server.documents.match import compile_filter, parse_filter
from dbaas_server.documents.scope import Scope
from dbaas_server.documents.values import Collation

NAN = float("nan")
ID = ObjectId("5" * 24)


def matches(spec, document, scope=None):
    scope = scope or Scope()
    return compile_filter(parse_filter(spec, scope), scope)(document)


@pytest.mark.parametrize(
    ("spec", "yes", "no"),
    [
        # equality
        ({"a": 5}, [{"a": 5}, {"a": 5.0}, {"a": Int64(5)}, {"a": Decimal128("5.0")}, {"a": [1, 5]}], [{"a": True}, {}, {"a": "5"}, {"a": [[5]]}]),
        ({"a": True}, [{"a": True}, {"a": [True]}], [{"a": 1}, {"a": False}]),
        ({"a": 1}, [{"a": 1}], [{"a": True}, {"a": DatetimeMS(1)}, {"a": Timestamp(0, 1)}]),
        ({"a": "x"}, [{"a": "x"}, {"a": ["y", "x"]}], [{"a": "X"}, {"a": Code("x")}, {"a": None}]),
        ({"a": NAN}, [{"a": NAN}, {"a": Decimal128("NaN")}, {"a": [NAN]}], [{"a": 0}, {}]),
        ({"a": Decimal128("0.5")}, [{"a": 0.5}], [{"a": Decimal128("0.51")}]),
        ({"a": ID}, [{"a": ID}], [{"a": str(ID)}]),
        ({"a": DatetimeMS(5)}, [{"a": DatetimeMS(5)}], [{"a": 5}, {"a": DatetimeMS(6)}]),
        ({"a": [1, 2]}, [{"a": [1, 2]}, {"a": [[1, 2], 3]}], [{"a": [2, 1]}, {"a": [1, 2, 3]}, {"a": 1}]),
        ({"a": []}, [{"a": []}, {"a": [[]]}], [{"a": None}, {}]),
        ({"a": {"b": 1}}, [{"a": {"b": 1.0}}, {"a": [{"b": 1}]}], [{"a": {"b": 1, "c": 2}}, {"a": {}}]),
        ({"a": {"b": 1, "c": 2}}, [{"a": {"b": 1, "c": 2}}], [{"a": {"c": 2, "b": 1}}]),
        ({"a": {"b": 1, "$c": 2}}, [{"a": {"b": 1, "$c": 2}}], [{"a": {"b": 1}}]),
        ({"a": {"$ref": "x", "$id": 1}}, [{"a": {"$ref": "x", "$id": 1}}], [{"a": 1}]),
        ({"a": {"$eq": 5}}, [{"a": 5}], [{"a": 6}]),
        ({"a": {"$eq": Regex("x")}}, [{"a": Regex("x")}], [{"a": "x"}]),
        ({"a": Binary(b"x", 0)}, [{"a": b"x"}], [{"a": Binary(b"x", 4)}]),
        ({"": 5}, [{"": 5}], [{"a": 5}]),
        ({}, [{}, {"a": 1}], []),
        # null and missing
        ({"a": None}, [{"a": None}, {}, {"a": [1, None]}], [{"a": 0}, {"a": []}, {"a": [1]}]),
        ({"a.b": None}, [{"a": {}}, {"a": 5}, {}, {"a": [{"b": None}]}, {"a": [{"c": 1}, {"b": 1}]}], [{"a": []}, {"a": [1, 2]}, {"a": {"b": 1}}]),
        ({"a": {"$ne": None}}, [{"a": 1}, {"a": []}, {"a": [1]}], [{}, {"a": None}, {"a": [None]}]),
        ({"a": {"$in": [None, 3]}}, [{}, {"a": None}, {"a": 3}], [{"a": 4}, {"a": []}]),
        ({"a": {"$gte": None}}, [{}, {"a": None}], [{"a": 1}]),
        ({"a": {"$gt": None}}, [], [{}, {"a": None}, {"a": 1}]),
        # negation looks at the whole array
        ({"a": {"$ne": 5}}, [{"a": 4}, {}, {"a": [1, 2]}], [{"a": 5}, {"a": [5, 6]}]),
        ({"a": {"$nin": [1, 2]}}, [{"a": 3}, {}], [{"a": 1}, {"a": [3, 2]}]),
        ({"a": {"$not": {"$gt": 5}}}, [{"a": 5}, {}, {"a": "x"}, {"a": [1]}], [{"a": 6}, {"a": [1, 6]}]),
        ({"a": {"$not": Regex("^x")}}, [{"a": "y"}, {"a": 5}, {}], [{"a": "xy"}]),
        ({"a": {"$not": {"$gt": 1, "$lt": 3}}}, [{"a": 1}, {"a": 5}], [{"a": 2}, {"a": [0, 9]}]),
        # comparison, within a type
        ({"a": {"$lte": Decimal128("5")}}, [{"a": 5}, {"a": 4.5}], [{"a": NAN}, {"a": Decimal128("NaN")}, {"a": 6.0}]),
        ({"a": {"$gte": [1]}}, [{"a": [1]}, {"a": [1, NAN]}], [{"a": [NAN]}, {"a": [0, 9]}]),
        ({"a": {"$lte": [1]}}, [{"a": [1]}, {"a": [NAN]}], [{"a": [1, NAN]}]),
        ({"a": {"$gt": 5}}, [{"a": 6}, {"a": 5.5}, {"a": Int64(9)}, {"a": Decimal128("5.1")}, {"a": [1, 9]}], [{"a": 5}, {"a": "9"}, {"a": DatetimeMS(9)}, {"a": NAN}, {}]),
        ({"a": {"$lte": 5}}, [{"a": 5}, {"a": float("-inf")}], [{"a": 6}, {"a": NAN}, {"a": None}, {"a": False}]),
        ({"a": {"$gte": NAN}}, [{"a": NAN}], [{"a": 5}]),
        ({"a": {"$lt": NAN}}, [], [{"a": NAN}, {"a": 5}]),
        ({"a": {"$lt": "b"}}, [{"a": "a"}, {"a": "B"}, {"a": ""}], [{"a": "b"}, {"a": 1}]),
        ({"a": {"$gt": DatetimeMS(5)}}, [{"a": DatetimeMS(6)}], [{"a": 6}, {"a": Timestamp(9, 9)}]),
        ({"a": {"$gt": {"b": 1}}}, [{"a": {"b": 2}}, {"a": {"b": "x"}}, {"a": {"c": 0}}], [{"a": {"b": 1}}, {"a": 5}]),
        ({"a": {"$gt": [1, 2]}}, [{"a": [1, 3]}, {"a": [2]}], [{"a": [1, 2]}, {"a": 5}]),
        ({"a": {"$gt": False}}, [{"a": True}], [{"a": 1}, {"a": False}]),
        ({"a": {"$gt": MinKey()}}, [{"a": 1}, {"a": "x"}, {}, {"a": MaxKey()}], [{"a": MinKey()}]),
        ({"a": {"$lte": MaxKey()}}, [{"a": 1}, {}, {"a": MaxKey()}], []),
        ({"a": {"$lt": MinKey()}}, [], [{"a": 1}, {"a": MinKey()}]),
        ({"a": {"$gte": MaxKey()}}, [{"a": MaxKey()}], [{"a": 1}]),
        ({"a": {"$gt": 1, "$lt": 5}}, [{"a": 3}, {"a": [0, 9]}], [{"a": 5}, {"a": [0]}]),
        ({"a": {"$gt": Int64(2**53)}}, [{"a": Int64(2**53 + 1)}], [{"a": 2.0**53}]),
        # membership
        ({"a": {"$in": [1, "x", [2]]}}, [{"a": 1.0}, {"a": "x"}, {"a": [2]}, {"a": [5, "x"]}], [{"a": 2}, {"a": True}, {}]),
        ({"a": {"$in": []}}, [], [{"a": 1}, {}]),
        ({"a": {"$in": [Regex("^a"), 5]}}, [{"a": "abc"}, {"a": 5}, {"a": Regex("^a")}], [{"a": "b"}]),
        # logic
        ({"$and": [{"a": 1}, {"b": 2}]}, [{"a": 1, "b": 2}], [{"a": 1}]),
        ({"$or": [{"a": 1}, {"b": 2}]}, [{"a": 1}, {"b": 2}], [{"a": 2}]),
        ({"$nor": [{"a": 1}, {"b": 2}]}, [{"a": 2}, {}], [{"a": 1}, {"b": 2}]),
        ({"$or": [{}]}, [{}], []),
        ({"$alwaysTrue": 1}, [{}], []),
        ({"$alwaysFalse": 1}, [], [{}]),
        ({"$comment": "why", "a": {"$eq": 1, "$comment": "too"}}, [{"a": 1}], [{}]),
        # element
        ({"a": {"$exists": True}}, [{"a": None}, {"a": []}], [{}]),
        ({"a": {"$exists": 0}}, [{}, {"b": 1}], [{"a": None}]),
        ({"a.b": {"$exists": False}}, [{"a": [1]}, {"a": [{"c": 1}]}], [{"a": [{"b": 1}]}]),
        ({"a": {"$type": "number"}}, [{"a": 1}, {"a": 1.5}, {"a": Int64(1)}, {"a": ["x", 1]}], [{"a": "1"}, {"a": True}, {}]),
        ({"a": {"$type": ["string", 8]}}, [{"a": "x"}, {"a": True}], [{"a": 1}]),
        ({"a": {"$type": "array"}}, [{"a": []}, {"a": [1]}], [{"a": 1}]),
        ({"a": {"$type": 16.0}}, [{"a": 1}], [{"a": Int64(1)}]),
        ({"a": {"$type": -1}}, [{"a": MinKey()}], [{"a": None}]),
        # evaluation
        ({"a": {"$mod": [3, 1]}}, [{"a": 4}, {"a": 4.9}, {"a": [2, 7]}, {"a": Decimal128("4.2")}], [{"a": -4}, {"a": "4"}, {"a": NAN}, {}]),
        ({"a": {"$mod": [-3, -1]}}, [{"a": -4}], [{"a": 4}]),
        ({"a": {"$mod": [4.7, 0.2]}}, [{"a": 8}], [{"a": 9}]),
        ({"a": {"$mod": [Int64(2**62), 1]}}, [{"a": Int64(2**62 + 1)}], [{"a": Int64(2**62 + 2)}]),
        ({"a": Regex("b+", "i")}, [{"a": "aBBc"}, {"a": ["x", "b"]}, {"a": Regex("b+", "i")}], [{"a": "ac"}, {"a": 5}, {"a": Regex("b+")}]),
        ({"a": {"$regex": "^b", "$options": "m"}}, [{"a": "a\nb"}], [{"a": "ab"}]),
        ({"a": {"$options": "i", "$regex": "^B"}}, [{"a": "b"}], [{"a": "a"}]),
        ({"a": {"$regex": "^b", "$ne": "bad"}}, [{"a": "bat"}], [{"a": "bad"}]),
        ({"$expr": {"$gt": ["$a", "$b"]}}, [{"a": 2, "b": 1}], [{"a": 1, "b": 2}]),
        ({"$sampleRate": 1}, [{}], []),
        # arrays
        ({"a": {"$all": [1, 2]}}, [{"a": [2, 1, 3]}], [{"a": [1]}, {"a": 1}]),
        ({"a": {"$all": [1]}}, [{"a": 1}, {"a": [1]}], [{}]),
        ({"a": {"$all": []}}, [], [{"a": []}, {}]),
        ({"a": {"$all": [[1, 2]]}}, [{"a": [1, 2]}, {"a": [[1, 2]]}], [{"a": [1, 3]}]),
        ({"a": {"$all": [Regex("^x"), "y"]}}, [{"a": ["xx", "y"]}], [{"a": ["y"]}]),
        ({"a": {"$all": [{"$elemMatch": {"x": 1}}, {"$elemMatch": {"x": 2}}]}}, [{"a": [{"x": 1}, {"x": 2}]}], [{"a": [{"x": 1}]}]),
        ({"a": {"$elemMatch": {"x": 1, "y": 2}}}, [{"a": [{"x": 1, "y": 2}]}, {"a": [5, {"x": [1], "y": 2}]}], [{"a": [{"x": 1}, {"y": 2}]}, {"a": {"x": 1, "y": 2}}]),
        ({"a": {"$elemMatch": {"$gt": 1, "$lt": 5}}}, [{"a": [0, 3]}], [{"a": [0, 9]}, {"a": 3}, {"a": [[3]]}]),
        ({"a": {"$elemMatch": {"$not": {"$gt": 1}}}}, [{"a": [0, 3]}], [{"a": [2, 3]}]),
        ({"a": {"$elemMatch": {"$elemMatch": {"$eq": 1}}}}, [{"a": [[1]]}], [{"a": [1]}]),
        ({"a": {"$elemMatch": {"0": 1}}}, [{"a": [[1, 2]]}], [{"a": [[2, 1]]}]),
        ({"a": {"$elemMatch": {"$or": [{"x": 1}, {"y": 1}]}}}, [{"a": [{"y": 1}]}], [{"a": [{"z": 1}]}]),
        ({"a": {"$size": 2}}, [{"a": [1, 2]}], [{"a": [1]}, {"a": {"0": 1, "1": 2}}, {}, {"a": [[1, 2]]}]),
        ({"a.b": {"$size": 1}}, [{"a": [{"b": [1]}]}], [{"a": [{"b": 1}]}]),
        # bits
        ({"a": {"$bitsAllSet": 0b101}}, [{"a": 7}, {"a": 5.0}, {"a": -1}, {"a": b"\x05"}], [{"a": 4}, {"a": 5.5}, {"a": "5"}]),
        ({"a": {"$bitsAnySet": [0, 2]}}, [{"a": 4}, {"a": 1}], [{"a": 2}]),
        ({"a": {"$bitsAllClear": b"\x02\x01"}}, [{"a": 1}, {"a": b"\x01"}], [{"a": 2}, {"a": 256}]),
        ({"a": {"$bitsAnyClear": [200]}}, [{"a": 1}, {"a": b""}], [{"a": -1}]),
        # paths
        ({"a.b": 1}, [{"a": {"b": 1}}, {"a": [{"b": 1}]}, {"a": [{"b": [1]}]}], [{"a": [[{"b": 1}]]}, {"a": 1}]),
        ({"a.0": 1}, [{"a": [1]}, {"a": {"0": 1}}, {"a": [{"0": 1}]}], [{"a": [2, 1]}, {"a": [[1]]}]),
        ({"a.1.b": 1}, [{"a": [0, {"b": 1}]}], [{"a": [{"b": 1}]}]),
    ],
)  # fmt: skip
def test_what_matches(spec, yes, no):
    for document in yes:
        assert matches(spec, document), document
    for document in no:
        assert not matches(spec, document), document


def test_a_collation_tells_strings_alike():
    scope = Scope(collation=Collation("en", strength=2))
    assert matches({"a": "ABC"}, {"a": "abc"}, scope)
    assert matches({"a": {"$in": ["X", "ABC"]}}, {"a": ["abc"]}, scope)
    assert matches({"a": {"b": "X"}}, {"a": {"b": "x"}}, scope)
    assert matches({"a": {"$gte": "B"}}, {"a": "b"}, scope)
    assert not matches({"a": {"$gt": "A"}}, {"a": "a"}, scope)
    assert matches({"a": {"$all": ["A", "B"]}}, {"a": ["b", "a"]}, scope)
    assert not matches({"a": {"$regex": "ABC"}}, {"a": "abc"}, scope)  # patterns know no collation


def test_variables_of_the_command_reach_expressions():
    scope = Scope(variables={"least": 5})
    assert matches({"$expr": {"$gte": ["$a", "$$least"]}}, {"a": 5}, scope)
    assert not matches({"$expr": {"$gte": ["$a", "$$least"]}}, {"a": 4}, scope)
