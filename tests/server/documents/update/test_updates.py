"""What updates do: MongoDB's manual, "Update Operators"."""

from __future__ import annotations

from typing import Any

import pytest
from bson import DatetimeMS, Decimal128, Int64, ObjectId, Regex, Timestamp
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bson_values import documents, names, values
from dbaas_server.documents.codec import encode
from dbaas_server.documents.errors import DocumentError
from dbaas_server.documents.match import compile_filter, parse_filter
from dbaas_server.documents.scope import Scope
from dbaas_server.documents.update import compile_update, upsert_document
from dbaas_server.documents.update.change import OPERATORS, identical

NOW = DatetimeMS(1_600_000_000_123)
SCOPE = Scope(now=NOW)


def apply(document: dict[str, Any], update: Any, query: Any = None, filters: Any = (), **options: Any) -> Any:
    node = None if query is None else parse_filter(query, SCOPE)
    before = encode(document)
    result = compile_update(update, SCOPE, filters).apply(document, node, **options)
    assert encode(document) == before, "the document that came in was changed"
    return result


CASES: list[tuple[dict[str, Any], Any, Any]] = [
    ({"_id": 1}, {"$set": {"b": 1, "a": 2}}, {"_id": 1, "a": 2, "b": 1}),
    ({"_id": 1}, {"$set": {"x.10": 1, "x.9": 2}}, {"_id": 1, "x": {"9": 2, "10": 1}}),
    ({"_id": 1, "a": 1}, {"$set": {"a": 1}}, None),
    ({"_id": 1, "a": 1}, {"$set": {"a": 1.0}}, {"_id": 1, "a": 1.0}),
    ({"_id": 1, "a": [1]}, {"$set": {"a.3": 2}}, {"_id": 1, "a": [1, None, None, 2]}),
    ({"_id": 1, "a": [{"b": 1}]}, {"$set": {"a.0.c": 2}}, {"_id": 1, "a": [{"b": 1, "c": 2}]}),
    ({"_id": 1, "a": {"b": 1}}, {"$set": {}}, None),
    ({"_id": 1, "a": 1, "b": 2}, {"$unset": {"a": "", "x.y": 1}}, {"_id": 1, "b": 2}),
    ({"_id": 1, "a": [1, 2]}, {"$unset": {"a.0": 1}}, {"_id": 1, "a": [None, 2]}),
    ({"_id": 1, "a": 5}, {"$unset": {"a.b": 1}}, None),
    ({"_id": 1, "a": 1}, {"$inc": {"a": 2, "b": 5}}, {"_id": 1, "a": 3, "b": 5}),
    ({"_id": 1, "a": 2**31 - 1}, {"$inc": {"a": 1}}, {"_id": 1, "a": Int64(2**31)}),
    ({"_id": 1, "a": Int64(1)}, {"$inc": {"a": 1}}, {"_id": 1, "a": Int64(2)}),
    ({"_id": 1, "a": 1}, {"$inc": {"a": Decimal128("0.5")}}, {"_id": 1, "a": Decimal128("1.5")}),
    ({"_id": 1, "a": 3}, {"$mul": {"a": 2, "b": Int64(4)}}, {"_id": 1, "a": 6, "b": Int64(0)}),
    ({"_id": 1, "a": 3}, {"$min": {"a": 1}, "$max": {"b": 9}}, {"_id": 1, "a": 1, "b": 9}),
    ({"_id": 1, "a": 3}, {"$max": {"a": 2}}, None),
    ({"_id": 1, "a": 3}, {"$max": {"a": "x"}}, {"_id": 1, "a": "x"}),
    ({"_id": 1}, {"$currentDate": {"a": True}}, {"_id": 1, "a": NOW}),
    ({"_id": 1}, {"$currentDate": {"a": {"$type": "timestamp"}}}, {"_id": 1, "a": Timestamp(1_600_000_000, 1)}),
    ({"_id": 1, "a": 1, "b": {"c": 2}}, {"$rename": {"b.c": "d"}}, {"_id": 1, "a": 1, "b": {}, "d": 2}),
    ({"_id": 1, "a": 1}, {"$rename": {"x": "y"}}, None),
    ({"_id": 1, "a": 1}, {"$setOnInsert": {"b": 1}}, None),
    ({"_id": 1}, {"$push": {"a": 1}}, {"_id": 1, "a": [1]}),
    ({"_id": 1, "a": [3, 1]}, {"$push": {"a": {"$each": [2], "$sort": 1}}}, {"_id": 1, "a": [1, 2, 3]}),
    ({"_id": 1, "a": [1, 2]}, {"$push": {"a": {"$each": [3], "$slice": -2}}}, {"_id": 1, "a": [2, 3]}),
    ({"_id": 1, "a": [1, 2]}, {"$push": {"a": {"$each": [0], "$position": 0}}}, {"_id": 1, "a": [0, 1, 2]}),
    ({"_id": 1, "a": [1, 2]}, {"$push": {"a": {"$each": [0], "$position": -1}}}, {"_id": 1, "a": [1, 0, 2]}),
    (
        {"_id": 1, "a": [{"s": 2}, {"s": 5}]},
        {"$push": {"a": {"$each": [{"s": 3}], "$sort": {"s": -1}, "$slice": 2}}},
        {"_id": 1, "a": [{"s": 5}, {"s": 3}]},
    ),
    ({"_id": 1, "a": [1]}, {"$push": {"a": {"$each": []}}}, None),
    ({"_id": 1, "a": [1]}, {"$addToSet": {"a": 1.0}}, None),
    ({"_id": 1, "a": [1]}, {"$addToSet": {"a": {"$each": [2, 1, 2]}}}, {"_id": 1, "a": [1, 2]}),
    ({"_id": 1, "a": [1, 2, 3]}, {"$pop": {"a": 1}}, {"_id": 1, "a": [1, 2]}),
    ({"_id": 1, "a": [1, 2, 3]}, {"$pop": {"a": -1, "b": 1}}, {"_id": 1, "a": [2, 3]}),
    ({"_id": 1, "a": [1, 2, 3, [2]]}, {"$pull": {"a": {"$gte": 2}}}, {"_id": 1, "a": [1]}),
    ({"_id": 1, "a": [{"b": 1, "c": 2}, {"b": 2}]}, {"$pull": {"a": {"b": 1}}}, {"_id": 1, "a": [{"b": 2}]}),
    ({"_id": 1, "a": ["ab", "cd"]}, {"$pull": {"a": Regex("^a")}}, {"_id": 1, "a": ["cd"]}),
    ({"_id": 1, "a": [1, 1.0, 2]}, {"$pull": {"a": 1}}, {"_id": 1, "a": [2]}),
    ({"_id": 1, "a": [1, 2, 3, 1]}, {"$pullAll": {"a": [1, 3]}}, {"_id": 1, "a": [2]}),
    ({"_id": 1, "a": 13}, {"$bit": {"a": {"and": 10}}}, {"_id": 1, "a": 8}),
    ({"_id": 1, "a": [1, 2]}, {"$inc": {"a.$[]": 10}}, {"_id": 1, "a": [11, 12]}),
    ({"_id": 1, "a": 1, "b": 2}, {"b": 3}, {"_id": 1, "b": 3}),
    ({"_id": 1, "b": 3}, {"b": 3}, None),
    ({"_id": 1, "a": 2}, [{"$set": {"b": {"$add": ["$a", 1]}}}, {"$unset": "a"}], {"_id": 1, "b": 3}),
    ({"_id": 1, "a": {"x": 1}}, [{"$replaceWith": "$a"}], {"_id": 1, "x": 1}),
    ({"_id": 1, "a": 1}, [{"$project": {"a": 1}}], None),
]


@pytest.mark.parametrize(("document", "update", "expected"), CASES, ids=lambda value: str(value)[:60])
def test_update(document: dict[str, Any], update: Any, expected: Any) -> None:
    found = apply(document, update)
    assert identical(found, expected), found


def test_the_positional_operator_means_the_element_that_matched() -> None:
    document = {"_id": 1, "g": [80, 85, 90], "os": [{"k": 1, "v": 0}, {"k": 2, "v": 0}]}
    assert apply(document, {"$set": {"g.$": 0}}, {"g": {"$gt": 82}})["g"] == [80, 0, 90]
    assert apply(document, {"$set": {"os.$.v": 9}}, {"os.k": 2})["os"][1] == {"k": 2, "v": 9}
    with pytest.raises(DocumentError) as caught:
        apply(document, {"$set": {"g.$": 0}}, {"_id": 1})
    assert caught.value.number == 2


def test_array_filters_choose_elements() -> None:
    document = {"_id": 1, "g": [{"n": 80, "m": [1, 5]}, {"n": 90, "m": [7]}]}
    found = apply(document, {"$set": {"g.$[e].m.$[x]": 0}}, filters=[{"e.n": {"$gte": 80}}, {"x": {"$gt": 4}}])
    assert found["g"] == [{"n": 80, "m": [1, 0]}, {"n": 90, "m": [0]}]
    assert apply({"_id": 1, "a": [1, 9]}, {"$inc": {"a.$[x]": 1}}, filters=[{"$or": [{"x": 1}, {"x": 2}]}]) == {
        "_id": 1,
        "a": [2, 9],
    }


REFUSED: list[tuple[dict[str, Any], Any, int]] = [
    ({"_id": 1}, {"$foo": {"a": 1}}, 9),
    ({"_id": 1}, {"$set": 1}, 9),
    ({"_id": 1}, {"$set": {"a": 1}, "b": 2}, 9),
    ({"_id": 1}, {"a": 1, "$set": {"b": 2}}, 52),
    ({"_id": 1}, 5, 9),
    ({"_id": 1}, {"$set": {"a": 1}, "$inc": {"a": 1}}, 40),
    ({"_id": 1}, {"$set": {"a": 1, "a.b": 1}}, 40),
    ({"_id": 1}, {"$rename": {"a": "b"}, "$set": {"b.c": 1}}, 40),
    ({"_id": 1, "a": [1, 2]}, {"$set": {"a.$[]": 1, "a.0": 2}}, 40),
    ({"_id": 1}, {"$set": {"": 1}}, 56),
    ({"_id": 1}, {"$set": {"a..b": 1}}, 56),
    ({"_id": 1}, {"$set": {"a.$b": 1}}, 52),
    ({"_id": 1}, {"$set": {"_id": 2}}, 66),
    ({"_id": 1}, {"$unset": {"_id": 1}}, 66),
    ({"_id": 1}, {"_id": 2, "a": 1}, 66),
    ({"_id": 1}, [{"$set": {"_id": 2}}], 66),
    ({"_id": 1, "a": 5}, {"$set": {"a.b": 1}}, 28),
    ({"_id": 1, "a": [1]}, {"$set": {"a.b": 1}}, 28),
    ({"_id": 1, "a": []}, {"$set": {"a.1600000": 1}}, 2),
    ({"_id": 1, "a": "x"}, {"$inc": {"a": 1}}, 14),
    ({"_id": 1}, {"$inc": {"a": "x"}}, 14),
    ({"_id": 1, "a": Int64(2**63 - 1)}, {"$inc": {"a": 1}}, 2),
    ({"_id": 1, "a": 1}, {"$push": {"a": 1}}, 2),
    ({"_id": 1}, {"$push": {"a": {"$each": 1}}}, 2),
    ({"_id": 1}, {"$push": {"a": {"$each": [], "$foo": 1}}}, 2),
    ({"_id": 1}, {"$push": {"a": {"$each": [], "$sort": 2}}}, 2),
    ({"_id": 1, "a": 1}, {"$addToSet": {"a": 1}}, 2),
    ({"_id": 1}, {"$addToSet": {"a": {"$each": 1}}}, 14),
    ({"_id": 1}, {"$pop": {"a": 2}}, 9),
    ({"_id": 1, "a": 1}, {"$pop": {"a": 1}}, 14),
    ({"_id": 1, "a": 1}, {"$pull": {"a": 1}}, 2),
    ({"_id": 1}, {"$pullAll": {"a": 1}}, 2),
    ({"_id": 1}, {"$bit": {"a": {"nand": 1}}}, 2),
    ({"_id": 1, "a": 1.5}, {"$bit": {"a": {"and": 1}}}, 2),
    ({"_id": 1}, {"$currentDate": {"a": "x"}}, 2),
    ({"_id": 1}, {"$rename": {"a": 1}}, 2),
    ({"_id": 1}, {"$rename": {"a": "a"}}, 2),
    ({"_id": 1, "a": [{"b": 1}]}, {"$rename": {"a.0.b": "c"}}, 2),
    ({"_id": 1}, {"$set": {"a.$[]": 1}}, 2),
    ({"_id": 1}, {"$set": {"a.$[x]": 1}}, 2),
    ({"_id": 1}, {"$set": {"$[]": 1}}, 2),
    ({"_id": 1}, [{"$match": {}}], 72),
    ({"_id": 1}, [{"$set": {"a": 1}, "$unset": "b"}], 40323),
]


@pytest.mark.parametrize(("document", "update", "number"), REFUSED, ids=lambda value: str(value)[:60])
def test_refusal(document: dict[str, Any], update: Any, number: int) -> None:
    with pytest.raises(DocumentError) as caught:
        apply(document, update)
    assert caught.value.number == number


@pytest.mark.parametrize(
    ("filters", "number"),
    [
        ([], 2),
        ([{"x": 1}, {"x": 2}], 9),
        ([{"x": 1}, {"y": 2}], 9),
        ([{}], 9),
        ([{"x": 1, "y": 1}], 9),
        ([1], 14),
        ([{"X": 1}], 2),
    ],
)
def test_array_filters_that_do_not_fit_are_refused(filters: Any, number: int) -> None:
    with pytest.raises(DocumentError) as caught:
        compile_update({"$set": {"a.$[x]": 1}}, SCOPE, filters)
    assert caught.value.number == number


def test_nesting_has_an_end() -> None:
    deep: Any = 1
    for _ in range(178):
        deep = {"a": deep}
    assert apply({"_id": 1}, {"$set": {"x": deep}}) is not None
    updates: list[Any] = [
        {"$set": {"x.y.z": deep}},
        {"$push": {"x.y": deep}},
        {"x": {"y": {"z": deep}}},
        [{"$set": {"x.y.z": deep}}],
    ]
    for update in updates:
        with pytest.raises(DocumentError) as caught:
            apply({"_id": 1}, update)
        assert caught.value.number == 15


def upsert(query: Any, update: Any) -> Any:
    return upsert_document(parse_filter(query, SCOPE), compile_update(update, SCOPE))


def test_an_upsert_begins_with_what_the_filter_says() -> None:
    found = upsert({"a": 1, "b.c": 2, "d": {"$gt": 1}, "$and": [{"e": {"$eq": 3}}], "_id": 7}, {"$set": {"f": 1}})
    assert found == {"_id": 7, "a": 1, "b": {"c": 2}, "e": 3, "f": 1}
    assert next(iter(found)) == "_id"
    assert upsert({"_id": 7, "a": 1}, {"b": 1}) == {"_id": 7, "b": 1}
    assert upsert({"_id": 7}, {"$setOnInsert": {"a": 1}, "$inc": {"n": 1}}) == {"_id": 7, "a": 1, "n": 1}
    assert upsert({"a": 1}, {"$set": {"_id": 9}}) == {"_id": 9, "a": 1}
    assert upsert({"_id": 1, "a": 2}, [{"$set": {"b": "$a"}}]) == {"_id": 1, "a": 2, "b": 2}
    assert isinstance(upsert({"a": 1}, {"$set": {"b": 1}})["_id"], ObjectId)


@pytest.mark.parametrize(
    ("query", "update", "number"),
    [
        ({"a": 1, "$and": [{"a": 2}]}, {"$set": {"b": 1}}, 54),
        ({"a": 1, "a.b": 2}, {"$set": {"c": 1}}, 54),
        ({"_id": 1}, {"$set": {"_id": 2}}, 66),
        ({}, {"$set": {"_id": [1]}}, 53),
    ],
)
def test_an_upsert_is_refused(query: Any, update: Any, number: int) -> None:
    with pytest.raises(DocumentError) as caught:
        upsert(query, update)
    assert caught.value.number == number


# --- anything at all --------------------------------------------------------------------------------------------

paths = st.lists(names | st.sampled_from(["a", "b", "0", "1", "$", "$[]", "$[x]"]), min_size=1, max_size=3).map(
    ".".join
)
operands = values | st.sampled_from([1, -1, "b", True]) | st.dictionaries(
    st.sampled_from(["$each", "$slice", "$sort", "$position", "$type", "and", "or", "$gt", "$in", "a"]),
    values | st.lists(values, max_size=2) | st.integers(-2, 2), max_size=3,
)  # fmt: skip
updates = st.dictionaries(
    st.sampled_from(sorted(OPERATORS)), st.dictionaries(paths, operands, max_size=3), min_size=1, max_size=3
)


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    documents,
    updates | values,
    st.lists(st.dictionaries(st.sampled_from(["x", "x.a"]), values, max_size=2), max_size=1),
)
def test_any_update_gives_a_document_or_a_document_error(document: dict[str, Any], update: Any, filters: Any) -> None:
    try:
        found = apply(document, update, {}, filters)
    except DocumentError:
        return
    if found is not None:
        encode(found)
        assert identical(found.get("_id"), document.get("_id"))
        assert not identical(found, document)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(documents, st.sampled_from(["a", "b", "c"]), values)
def test_what_was_set_is_read(document: dict[str, Any], name: str, value: Any) -> None:
    found = apply(document, {"$set": {name: value}})
    result = document if found is None else found
    assert identical(result[name], value)
    assert compile_filter(parse_filter({name: {"$eq": value}}, SCOPE), SCOPE)(result)
    assert apply(result, {"$set": {name: value}}) is None
    cleared = apply(result, {"$unset": {name: ""}})
    assert cleared is not None
    assert name not in cleared
