"""What expressions give: MongoDB's manual, "Aggregation Pipeline Operators", example by example and edge by edge."""

from __future__ import annotations

import math
from typing import Any

import pytest
from bson import DatetimeMS, Decimal128, Int64, ObjectId, Regex, Timestamp

from dbaas_server.documents.codec import MISSING
from dbaas_server.documents.errors import DocumentError
from dbaas_server.documents.expressions import Compiler, Frame, compile_expression
from dbaas_server.documents.expressions.frame import Cell
from dbaas_server.documents.scope import Scope
from dbaas_server.documents.values import parse_collation

NOW = DatetimeMS(1_600_000_000_123)  # 2020-09-13T12:26:40.123Z, a Sunday
DOCUMENT = {
    "i": 7, "l": Int64(7), "d": 2.5, "m": Decimal128("1.10"), "s": "abc", "n": None, "t": True, "at": NOW,
    "o": {"a": 1, "b": {"c": 2}}, "a": [3, 1, 2], "os": [{"x": 1, "y": [1, 2]}, {"x": 2}, 5, [{"x": 9}]], "e": [],
}  # fmt: skip


def evaluate(spec: Any, document: Any = None, **variables: Any) -> Any:
    return compile_expression(spec, Scope(variables=variables, now=NOW))(Frame(document or DOCUMENT))


def same(found: Any, expected: Any) -> bool:
    if type(expected) is float and math.isnan(expected):
        return type(found) is float and math.isnan(found)
    if isinstance(expected, list) and isinstance(found, list):
        return len(found) == len(expected) and all(map(same, found, expected))
    if isinstance(expected, dict) and isinstance(found, dict):
        return list(found) == list(expected) and all(same(found[name], expected[name]) for name in expected)
    return type(found) is type(expected) and found == expected


CASES: list[tuple[Any, Any]] = [
    # paths and variables
    ("$o.b.c", 2),
    ("$os.x", [1, 2]),
    ("$os.y", [[1, 2]]),
    ("$a.0", []),
    ("$missing", MISSING),
    ("$s.x", MISSING),
    ("$$ROOT.i", 7),
    ("$$CURRENT.o.a", 1),
    ("$$NOW", NOW),
    ("$$REMOVE", MISSING),
    ({"x": "$missing", "y": "$n"}, {"y": None}),
    (["$missing", 1], [None, 1]),
    ({"$literal": {"$add": [1, 2]}}, {"$add": [1, 2]}),
    ({"$let": {"vars": {"x": 2, "y": "$i"}, "in": {"$multiply": ["$$x", "$$y"]}}}, 14),
    ({"$let": {"vars": {"CURRENT": "$o"}, "in": "$b.c"}}, 2),
    # arithmetic: types of results
    ({"$add": ["$i", 1]}, 8),
    ({"$add": ["$i", "$l"]}, Int64(14)),
    ({"$add": ["$i", 0.5]}, 7.5),
    ({"$add": ["$m", 1]}, Decimal128("2.10")),
    ({"$add": [2**31 - 1, 1]}, Int64(2**31)),
    ({"$add": [Int64(2**63 - 1), 1]}, float(2**63)),
    ({"$add": ["$i", "$missing"]}, None),
    ({"$add": []}, 0),
    ({"$add": ["$at", 1.5]}, DatetimeMS(int(NOW) + 2)),
    ({"$subtract": ["$at", "$at"]}, Int64(0)),
    ({"$subtract": ["$at", 123]}, DatetimeMS(int(NOW) - 123)),
    ({"$subtract": [5, 7.5]}, -2.5),
    ({"$multiply": [3, "$l"]}, Int64(21)),
    ({"$multiply": []}, 1),
    ({"$divide": [7, 2]}, 3.5),
    ({"$divide": [6, 2]}, 3.0),
    ({"$divide": ["$n", 0]}, None),
    ({"$mod": [-7, 3]}, -1),
    ({"$mod": [7.5, 2]}, 1.5),
    ({"$mod": [Int64(7), 4]}, Int64(3)),
    ({"$pow": [2, 10]}, 1024),
    ({"$pow": [2, 62]}, Int64(2**62)),
    ({"$pow": [2, -1]}, 0.5),
    ({"$pow": [2, 100]}, 2.0**100),
    ({"$pow": [-8, 1 / 3]}, math.nan),
    ({"$sqrt": 16}, 4.0),
    ({"$abs": -(2**31)}, Int64(2**31)),
    ({"$ceil": 2.1}, 3.0),
    ({"$ceil": "$i"}, 7),
    ({"$floor": -2.1}, -3.0),
    ({"$exp": 0}, 1.0),
    ({"$ln": 1}, 0.0),
    ({"$log": [100, 10]}, 2.0),
    ({"$log10": 1000}, math.log10(1000)),
    ({"$round": [2.5]}, 2.0),
    ({"$round": [3.5, 0]}, 4.0),
    ({"$round": [19.25, 1]}, 19.2),
    ({"$round": [25, -1]}, 20),
    ({"$round": [Int64(35), -1]}, Int64(40)),
    ({"$trunc": [-7.85, 1]}, -7.8),
    ({"$trunc": 123.9}, 123.0),
    ({"$round": math.nan}, math.nan),
    ({"$bitAnd": [12, 10]}, 8),
    ({"$bitOr": [12, Int64(3)]}, Int64(15)),
    ({"$bitNot": 5}, -6),
    # totals over arrays
    ({"$sum": "$a"}, 6),
    ({"$sum": ["$i", "$a", "x"]}, 7),
    ({"$avg": "$a"}, 2.0),
    ({"$avg": "$e"}, None),
    ({"$min": "$a"}, 1),
    ({"$max": ["$i", None, "$d"]}, 7),
    ({"$stdDevPop": [[2, 4, 4, 4, 5, 5, 7, 9]]}, 2.0),
    # comparison: across types, missing before null
    ({"$eq": ["$i", 7.0]}, True),
    ({"$eq": ["$missing", None]}, False),
    ({"$lt": ["$missing", None]}, True),
    ({"$gt": ["a", 10**9]}, True),
    ({"$cmp": [[1], {"a": 1}]}, 1),
    ({"$eq": [math.nan, math.nan]}, True),
    ({"$ne": [True, 1]}, True),
    # conditions
    ({"$and": []}, True),
    ({"$or": []}, False),
    ({"$and": [1, "x", []]}, True),
    ({"$or": [0, None, "$missing", False]}, False),
    ({"$not": [0.0]}, True),
    ({"$cond": ["$t", "yes", "no"]}, "yes"),
    ({"$cond": {"if": 0, "then": 1, "else": "$i"}}, 7),
    ({"$cond": ["$t", 1, {"$divide": [1, "$zero"]}]}, 1),
    ({"$ifNull": ["$missing", "$n", "x"]}, "x"),
    ({"$switch": {"branches": [{"case": {"$gt": ["$i", 9]}, "then": 1}], "default": 2}}, 2),
    # strings
    ({"$concat": ["$s", "-", "$s"]}, "abc-abc"),
    ({"$concat": ["$s", None]}, None),
    ({"$toUpper": "aé"}, "Aé"),
    ({"$toLower": "$missing"}, ""),
    ({"$split": ["June-15-2013", "-"]}, ["June", "15", "2013"]),
    ({"$substrCP": ["jalapeño", 5, 3]}, "eño"),
    ({"$substrBytes": ["éclair", 0, 3]}, "éc"),
    ({"$substr": [12345, 1, -1]}, "2345"),
    ({"$strLenCP": "éa"}, 2),
    ({"$strLenBytes": "éa"}, 3),
    ({"$indexOfCP": ["cafeteria", "e"]}, 3),
    ({"$indexOfBytes": ["cafétéria", "é"]}, 3),
    ({"$indexOfCP": ["vanilla", "ll", 0, 2]}, -1),
    ({"$indexOfCP": ["vanilla", "ll", 12]}, -1),
    ({"$trim": {"input": " \n good  bye \t"}}, "good  bye"),
    ({"$ltrim": {"input": "ggggoodbyeeee", "chars": "gd"}}, "oodbyeeee"),
    ({"$strcasecmp": ["A", "b"]}, -1),
    ({"$replaceOne": {"input": "aaa", "find": "a", "replacement": "b"}}, "baa"),
    ({"$replaceAll": {"input": "aaa", "find": "a", "replacement": "b"}}, "bbb"),
    ({"$regexMatch": {"input": "Hello", "regex": "^h", "options": "i"}}, True),
    ({"$regexFind": {"input": "éab", "regex": Regex("(a)(x)?")}}, {"match": "a", "idx": 1, "captures": ["a", None]}),
    (
        {"$regexFindAll": {"input": "a1b2", "regex": "[0-9]"}},
        [{"match": "1", "idx": 1, "captures": []}, {"match": "2", "idx": 3, "captures": []}],
    ),
    ({"$regexFind": {"input": None, "regex": "a"}}, None),
    # arrays
    ({"$arrayElemAt": ["$a", -1]}, 2),
    ({"$arrayElemAt": ["$a", 9]}, MISSING),
    ({"$first": "$a"}, 3),
    ({"$last": "$e"}, MISSING),
    ({"$firstN": {"n": 2, "input": "$a"}}, [3, 1]),
    ({"$maxN": {"n": 2, "input": "$a"}}, [3, 2]),
    ({"$filter": {"input": "$a", "as": "x", "cond": {"$gte": ["$$x", 2]}}}, [3, 2]),
    ({"$filter": {"input": "$a", "cond": True, "limit": 1}}, [3]),
    ({"$map": {"input": "$a", "as": "x", "in": {"$add": ["$$x", "$i"]}}}, [10, 8, 9]),
    ({"$map": {"input": "$a", "in": {"$map": {"input": "$a", "in": "$$this"}}}}, [[3, 1, 2]] * 3),
    ({"$reduce": {"input": "$a", "initialValue": 0, "in": {"$add": ["$$value", "$$this"]}}}, 6),
    ({"$zip": {"inputs": [[1, 2], ["a"]]}}, [[1, "a"]]),
    ({"$zip": {"inputs": [[1, 2], ["a"]], "useLongestLength": True, "defaults": [0, "z"]}}, [[1, "a"], [2, "z"]]),
    ({"$range": [10, 0, -4]}, [10, 6, 2]),
    ({"$reverseArray": "$a"}, [2, 1, 3]),
    ({"$slice": ["$a", -2]}, [1, 2]),
    ({"$slice": ["$a", 1, 1]}, [1]),
    ({"$slice": ["$a", -5, 2]}, [3, 1]),
    ({"$sortArray": {"input": "$a", "sortBy": -1}}, [3, 2, 1]),
    (
        {"$sortArray": {"input": [{"a": 1, "b": 2}, {"a": 1, "b": 1}, 5], "sortBy": {"a": 1, "b": 1}}},
        [5, {"a": 1, "b": 1}, {"a": 1, "b": 2}],
    ),
    ({"$concatArrays": ["$a", [4]]}, [3, 1, 2, 4]),
    ({"$in": [1.0, "$a"]}, True),
    ({"$indexOfArray": ["$a", 2]}, 2),
    ({"$isArray": ["$a"]}, True),
    ({"$size": "$e"}, 0),
    ({"$arrayToObject": [[["a", 1], ["b", 2]]]}, {"a": 1, "b": 2}),
    ({"$arrayToObject": {"$literal": [{"k": "a", "v": 1}]}}, {"a": 1}),
    ({"$objectToArray": "$o"}, [{"k": "a", "v": 1}, {"k": "b", "v": {"c": 2}}]),
    ({"$setUnion": [[1, 2, 1.0], [3]]}, [1, 2, 3]),
    ({"$setIntersection": [[1, 2, 3], [3, 2]]}, [2, 3]),
    ({"$setDifference": [[1, 2, 1], [2]]}, [1]),
    ({"$setEquals": [[1, 2], [2, 1, 1]]}, True),
    ({"$setIsSubset": [[1], [1, 2]]}, True),
    ({"$allElementsTrue": [[True, 1, "x"]]}, True),
    ({"$anyElementTrue": [[0, None]]}, False),
    # objects
    ({"$mergeObjects": ["$o", {"a": 5}, None]}, {"a": 5, "b": {"c": 2}}),
    ({"$getField": {"field": {"$literal": "$x.y"}, "input": {"$literal": {"$x.y": 1}}}}, 1),
    ({"$getField": "i"}, 7),
    ({"$setField": {"field": "a.b", "input": {"c": 1}, "value": 2}}, {"c": 1, "a.b": 2}),
    ({"$unsetField": {"field": "a", "input": "$o"}}, {"b": {"c": 2}}),
    # dates
    ({"$year": "$at"}, 2020),
    ({"$month": {"date": "$at"}}, 9),
    ({"$dayOfMonth": ["$at"]}, 13),
    ({"$hour": {"date": "$at", "timezone": "America/New_York"}}, 8),
    ({"$dayOfWeek": "$at"}, 1),
    ({"$isoDayOfWeek": "$at"}, 7),
    ({"$week": "$at"}, 37),
    ({"$isoWeek": "$at"}, 37),
    ({"$isoWeekYear": DatetimeMS(1_609_459_200_000)}, Int64(2020)),
    ({"$dayOfYear": "$at"}, 257),
    ({"$millisecond": "$at"}, 123),
    ({"$year": ObjectId("5f5e0c000000000000000000")}, 2020),
    ({"$year": DatetimeMS(-(10**15))}, -29719),
    ({"$dateToString": {"date": "$at"}}, "2020-09-13T12:26:40.123Z"),
    ({"$dateToString": {"date": "$at", "format": "%d/%m/%Y %j %u %V%%", "timezone": "+05:30"}}, "13/09/2020 257 7 37%"),
    ({"$dateToString": {"date": None, "onNull": "-"}}, "-"),
    ({"$dateFromString": {"dateString": "2017-02-08T12:10:40.787"}}, DatetimeMS(1_486_555_840_787)),
    ({"$dateFromString": {"dateString": "2017-02-08", "timezone": "America/New_York"}}, DatetimeMS(1_486_530_000_000)),
    ({"$dateFromString": {"dateString": "06-15-2018", "format": "%m-%d-%Y"}}, DatetimeMS(1_529_020_800_000)),
    ({"$dateFromString": {"dateString": "nope", "onError": "bad"}}, "bad"),
    ({"$dateFromParts": {"year": 2017, "month": 14, "day": 1}}, DatetimeMS(1_517_443_200_000)),
    ({"$dateFromParts": {"isoWeekYear": 2017, "isoWeek": 6, "isoDayOfWeek": 3}}, DatetimeMS(1_486_512_000_000)),
    (
        {"$dateToParts": {"date": "$at", "timezone": "Asia/Tokyo"}},
        {"year": 2020, "month": 9, "day": 13, "hour": 21, "minute": 26, "second": 40, "millisecond": 123},
    ),
    ({"$dateAdd": {"startDate": DatetimeMS(1_612_051_200_000), "unit": "month", "amount": 1}},
     DatetimeMS(1_614_470_400_000)),
    ({"$dateSubtract": {"startDate": "$at", "unit": "hour", "amount": 2}}, DatetimeMS(int(NOW) - 7_200_000)),
    (
        # clocks go forward on 2021-03-28: a day later is 23 hours later
        {"$dateAdd": {"startDate": DatetimeMS(1_616_846_400_000), "unit": "day", "amount": 1,
         "timezone": "Europe/Berlin"}},
        DatetimeMS(1_616_846_400_000 + 23 * 3_600_000),
    ),
    ({"$dateDiff": {"startDate": DatetimeMS(0), "endDate": "$at", "unit": "year"}}, Int64(50)),
    ({"$dateDiff": {"startDate": DatetimeMS(86_399_999), "endDate": DatetimeMS(86_400_000), "unit": "day"}}, Int64(1)),
    ({"$dateDiff": {"startDate": "$at", "endDate": DatetimeMS(int(NOW) + 3_599_999), "unit": "hour"}}, Int64(1)),
    ({"$dateTrunc": {"date": "$at", "unit": "day"}}, DatetimeMS(1_599_955_200_000)),
    ({"$dateTrunc": {"date": "$at", "unit": "week", "startOfWeek": "monday"}}, DatetimeMS(1_599_436_800_000)),
    ({"$dateTrunc": {"date": "$at", "unit": "quarter"}}, DatetimeMS(1_593_561_600_000)),
    ({"$dateTrunc": {"date": "$at", "unit": "hour", "binSize": 5}}, DatetimeMS(1_599_994_800_000)),
    # conversion
    ({"$toInt": "42"}, 42),
    ({"$toInt": 3.99}, 3),
    ({"$toLong": "$at"}, Int64(int(NOW))),
    ({"$toDouble": "2.5"}, 2.5),
    ({"$toDecimal": "1.10"}, Decimal128("1.10")),
    ({"$toString": 1.0}, "1"),
    ({"$toString": "$at"}, "2020-09-13T12:26:40.123Z"),
    ({"$toString": True}, "true"),
    ({"$toBool": "false"}, True),
    ({"$toBool": 0}, False),
    ({"$toDate": Int64(5)}, DatetimeMS(5)),
    ({"$toDate": Timestamp(3, 1)}, DatetimeMS(3_000)),
    ({"$toObjectId": "5f5e0c000000000000000000"}, ObjectId("5f5e0c000000000000000000")),
    ({"$convert": {"input": "x", "to": "int", "onError": "bad", "onNull": 0}}, "bad"),
    ({"$convert": {"input": "$missing", "to": 16, "onNull": 0}}, 0),
    ({"$type": "$missing"}, "missing"),
    ({"$type": [[]]}, "array"),
    ({"$isNumber": "$m"}, True),
]  # fmt: skip


@pytest.mark.parametrize(("spec", "expected"), CASES, ids=lambda value: str(value)[:70])
def test_value(spec: Any, expected: Any) -> None:
    found = evaluate(spec)
    assert same(found, expected), f"{found!r} is not {expected!r}"


def test_hours_are_counted_by_the_boundaries_between_two_moments() -> None:
    spec = {"$dateDiff": {"startDate": DatetimeMS(0), "endDate": DatetimeMS(3_599_999), "unit": "hour"}}
    assert evaluate(spec) == 0


REFUSED: list[tuple[Any, int]] = [
    ({"$foo": 1}, 168),
    ({"$subtract": [1]}, 16020),
    ({"$substrCP": ["a", 1]}, 16020),
    ({"$slice": [[1]]}, 28667),
    ({"$add": ["x", 1]}, 14),
    ({"$add": ["$at", "$at"]}, 16612),
    ({"$divide": [1, 0]}, 2),
    ({"$mod": [1, 0]}, 16610),
    ({"$sqrt": -1}, 28714),
    ({"$ln": 0}, 28766),
    ({"$pow": [0, -1]}, 28764),
    ({"$abs": "x"}, 28765),
    ({"$round": [1, 101]}, 51083),
    ("$$nope", 17276),
    ("$", 16872),
    ("$a.", 40353),
    ("$a..b", 15998),
    ({"a": 1, "$add": []}, 16410),
    ({"$add": [], "a": 1}, 15983),
    ({"a.b": 1}, 16412),
    ({"$let": {"vars": {"X": 1}, "in": 1}}, 9),
    ({"$cond": {"if": 1, "then": 1}}, 17082),
    ({"$cond": {"if": 1, "then": 1, "else": 1, "x": 1}}, 17083),
    ({"$switch": {"branches": []}}, 40068),
    ({"$switch": {"branches": [{"case": False, "then": 1}]}}, 40066),
    ({"$concat": ["a", 1]}, 16702),
    ({"$split": ["a", ""]}, 40087),
    ({"$size": "$missing"}, 17124),
    ({"$arrayElemAt": ["$i", 1]}, 28689),
    ({"$filter": {"input": 1, "cond": True}}, 28651),
    ({"$map": {"input": 1, "in": 1}}, 16883),
    ({"$in": [1, "$i"]}, 40081),
    ({"$range": [0, 10, 0]}, 34449),
    ({"$range": [0, 2**31 - 1]}, 146),
    ({"$mergeObjects": [1]}, 40400),
    ({"$year": "x"}, 16006),
    ({"$year": {"date": "$at", "timezone": "Mars/Base"}}, 40485),
    ({"$dateToString": {"date": "$at", "format": "%q"}}, 18536),
    ({"$dateFromString": {"dateString": "nope"}}, 241),
    ({"$toInt": "x"}, 241),
    ({"$toInt": 2**40}, 241),
    ({"$toDate": 5}, 241),
    ({"$convert": {"input": 1}}, 9),
    ({"$regexMatch": {"input": "a", "regex": "("}}, 51111),
    ({"$firstN": {"n": 0, "input": [1]}}, 5787908),
    ({"$zip": {"inputs": [[1]], "defaults": [1]}}, 34466),
]  # fmt: skip


@pytest.mark.parametrize(("spec", "number"), REFUSED, ids=lambda value: str(value)[:70])
def test_refusal(spec: Any, number: int) -> None:
    with pytest.raises(DocumentError) as caught:
        evaluate(spec)
    assert caught.value.number == number


def test_nesting_has_an_end() -> None:
    spec: Any = 1
    for _ in range(200):
        spec = {"$abs": spec}
    with pytest.raises(DocumentError) as caught:
        evaluate(spec)
    assert caught.value.number == 15


def test_a_value_that_doubles_is_refused_before_anybody_walks_it() -> None:
    doubled: Any = ["$s", "$s"]
    for place in range(40):
        doubled = {"$let": {"vars": {f"x{place}": doubled}, "in": [f"$$x{place}", f"$$x{place}"]}}
    reduced = {"$reduce": {"input": {"$range": [0, 100]}, "initialValue": "$s", "in": ["$$value", "$$value"]}}
    for spec in (doubled, reduced):
        with pytest.raises(DocumentError) as caught:
            evaluate(spec)
        assert caught.value.number == 10334


def test_loops_in_loops_come_to_an_end() -> None:
    spec: Any = "$$this"
    for _ in range(40):
        spec = {"$map": {"input": "$a", "in": {"$sum": [spec, 1]}}}
    with pytest.raises(DocumentError) as caught:
        evaluate(spec)
    assert caught.value.number == 96


def test_a_pattern_that_takes_too_long_is_refused() -> None:
    with pytest.raises(DocumentError) as caught:
        evaluate({"$regexMatch": {"input": "a" * 40 + "!", "regex": "^(a|a|aa)+(?<!b)$"}})
    assert caught.value.number == 51156


def test_constants_are_worked_out_once() -> None:
    compiler = Compiler(Scope(variables={"x": 2}))
    node = compiler.compile({"$add": [1, {"$multiply": ["$$x", 3]}]})
    assert node.is_constant
    assert node.value == 7
    assert compiler.compile({"$add": ["$a", 1]}).is_constant is False


def test_a_cell_is_read_anew_each_time() -> None:
    cell = Cell(1)
    run = compile_expression({"$add": ["$$x", 1]}, Scope(variables={"x": cell}))
    assert run(Frame({})) == 2
    cell.value = 5
    assert run(Frame({})) == 6


def test_the_fields_that_are_needed_are_known() -> None:
    compiler = Compiler(Scope())
    compiler.compile({"$add": ["$a.b", {"$let": {"vars": {"x": "$c"}, "in": "$$x.d"}}]})
    assert compiler.needs == {"a", "c"}
    compiler.compile("$$ROOT")
    assert compiler.needs is None


def test_strings_are_compared_by_the_collation() -> None:
    scope = Scope(collation=parse_collation({"locale": "en", "strength": 1}))
    assert compile_expression({"$eq": ["$s", "ABC"]}, scope)(Frame(DOCUMENT)) is True
    assert compile_expression({"$in": ["ABC", ["$s"]]}, scope)(Frame(DOCUMENT)) is True
    assert compile_expression({"$setUnion": [["a"], ["A"]]}, scope)(Frame(DOCUMENT)) == ["a"]
