"""Updates and pipelines as mongomock, an independent implementation, carries them out, where it is right.

It is asked about whole numbers, strings, arrays of numbers and documents within documents, and about operators that it
has. Settled in favour of MongoDB's manual: ``$mul`` (it has none), ``$count`` of nothing (it gives 0, MongoDB none),
conflicts between operators (it sees none), the order of new fields (it has the update's, MongoDB that of their names).

The examples are the same each time: a new disagreement is to be found by who looks for one (``--hypothesis-seed`` with
``derandomize`` taken out), not by whoever changes something else.
"""

from __future__ import annotations

from typing import Any

import mongomock
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dbaas_server.documents.errors import DocumentError
from dbaas_server.documents.match import parse_filter
from dbaas_server.documents.scope import Scope
from dbaas_server.documents.update import compile_update, upsert_document
from document_pipelines import aggregate

small = st.integers(-3, 9)
lists = st.lists(small, max_size=4)
documents = st.fixed_dictionaries(
    {
        "n": small,
        "s": st.sampled_from(["x", "y", "zz"]),
        "l": lists,
        "o": st.fixed_dictionaries({"p": small, "q": lists}),
    },
    optional={"m": small, "e": st.lists(st.fixed_dictionaries({"k": small, "v": small}), max_size=3)},
)
actions: dict[str, Any] = {
    "$set": st.dictionaries(st.sampled_from(["n", "new", "o.r", "o.t.u", "s"]), small | lists, min_size=1, max_size=3),
    "$inc": st.dictionaries(st.sampled_from(["n", "m", "o.p", "o.w"]), small, min_size=1, max_size=2),
    "$min": st.dictionaries(st.sampled_from(["n", "m", "o.p"]), small, min_size=1, max_size=2),
    "$max": st.dictionaries(st.sampled_from(["n", "m", "o.p"]), small, min_size=1, max_size=2),
    "$unset": st.dictionaries(st.sampled_from(["n", "o.p", "nothing"]), st.just(""), min_size=1, max_size=2),
    "$rename": st.just({"s": "renamed"}),
    "$push": st.dictionaries(
        st.sampled_from(["l", "o.q", "new"]),
        small
        | st.fixed_dictionaries(
            {"$each": lists},
            optional={"$slice": small, "$sort": st.sampled_from([1, -1]), "$position": st.integers(0, 5)},
        ),
        min_size=1,
        max_size=2,
    ),
    "$addToSet": st.dictionaries(
        st.sampled_from(["l", "o.q", "new"]), small | lists.map(lambda items: {"$each": items}), min_size=1, max_size=2
    ),
    "$pop": st.dictionaries(st.sampled_from(["l", "o.q"]), st.sampled_from([1, -1]), min_size=1, max_size=2),
    "$pull": st.dictionaries(
        st.sampled_from(["l", "o.q"]),
        small | small.map(lambda number: {"$gte": number}) | lists.map(lambda items: {"$in": items}),
        min_size=1,
        max_size=2,
    ),
    "$pullAll": st.dictionaries(st.sampled_from(["l", "o.q"]), lists, min_size=1, max_size=2),
}
updates = st.fixed_dictionaries({}, optional=actions).filter(lambda update: 0 < len(update) < 4)


def plain(value: Any) -> Any:
    """A value without what mongomock does not know: the order of fields, the types of numbers."""
    if isinstance(value, dict):
        return {name: plain(part) for name, part in sorted(value.items())}
    if isinstance(value, list):
        return [plain(part) for part in value]
    return round(float(value), 6) if isinstance(value, int | float) and not isinstance(value, bool) else value


def collection(*inserted: dict[str, Any]) -> Any:
    found: Any = mongomock.MongoClient().db.c
    if inserted:
        found.insert_many([dict(document) for document in inserted])
    return found


@settings(max_examples=120, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
@given(documents, updates)
def test_an_update_does_what_mongomock_does(document: dict[str, Any], update: dict[str, Any]) -> None:
    document = {"_id": 1, **document}
    try:
        found = compile_update(update, Scope()).apply(document, parse_filter({"_id": 1}, Scope()))
    except DocumentError as error:
        assert error.number == 40  # conflicts, which mongomock does not see
        return
    other = collection(document)
    other.update_one({"_id": 1}, update)
    assert plain(document if found is None else found) == plain(other.find_one())


@settings(max_examples=60, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.dictionaries(st.sampled_from(["a", "b", "c.d"]), small, max_size=2), updates)
def test_an_upsert_does_what_mongomock_does(query: dict[str, Any], update: dict[str, Any]) -> None:
    update = {name: part for name, part in update.items() if name in ("$set", "$inc", "$min", "$max", "$push")}
    if not update:
        return
    query = {"_id": 1, **query}
    try:
        found = upsert_document(parse_filter(query, Scope()), compile_update(update, Scope()))
    except DocumentError as error:
        assert error.number == 40
        return
    other = collection()
    other.update_one(query, update, upsert=True)
    assert plain(found) == plain(other.find_one())


numbers = st.sampled_from(["$n", "$o.p", "$m"]) | small
stages = st.one_of(
    st.builds(lambda name, number: {"$match": {name: {"$gte": number}}}, st.sampled_from(["n", "o.p"]), small),
    st.builds(
        lambda one, two: {"$sort": {"n": one, "o.p": two, "_id": 1}}, st.sampled_from([1, -1]), st.sampled_from([1, -1])
    ),
    st.builds(lambda number: {"$skip": number}, st.integers(0, 3)),
    st.builds(lambda number: {"$limit": number}, st.integers(1, 5)),
    st.builds(lambda value: {"$addFields": {"z": {"$add": ["$n", value]}}}, small),
    st.builds(lambda value: {"$project": {"n": 1, "s": 1, "o": 1, "x": {"$ifNull": [value, 0]}}}, numbers),
    st.builds(lambda keep: {"$unwind": {"path": "$l", "preserveNullAndEmptyArrays": keep}}, st.booleans()),
    st.just({"$replaceRoot": {"newRoot": {"_id": "$_id", "n": "$n", "o": {"p": "$o.p"}, "l": "$l", "s": "$s"}}}),
)
last = st.sampled_from(
    [
        {"$count": "n"},
        {"$group": {"_id": "$s", "c": {"$sum": 1}, "t": {"$sum": "$n"}, "a": {"$avg": "$o.p"}, "p": {"$push": "$_id"}}},
        {
            "$group": {
                "_id": {"k": "$s"},
                "lo": {"$min": "$n"},
                "hi": {"$max": "$n"},
                "f": {"$first": "$_id"},
                "l": {"$last": "$_id"},
            }
        },
        {"$lookup": {"from": "d", "localField": "n", "foreignField": "k", "as": "found"}},
    ]
)


@settings(max_examples=80, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(documents, min_size=1, max_size=8), st.lists(stages, max_size=3), last)
async def test_a_pipeline_does_what_mongomock_does(inserted: Any, pipeline: Any, end: Any) -> None:
    inserted = [{"_id": place, **document} for place, document in enumerate(inserted)]
    foreign = [{"_id": place, "k": place % 4} for place in range(6)]
    other = collection(*inserted)
    other.database.d.insert_many([dict(document) for document in foreign])
    found = await aggregate([*pipeline, end], inserted, {"d": foreign})
    expected = list(other.aggregate([*pipeline, end]))
    if "$count" in end:
        expected = [one for one in expected if one["n"]]
    if "$group" in end:
        found, expected = (sorted(part, key=lambda one: str(one["_id"])) for part in (found, expected))
    assert plain(found) == plain(expected)


def test_where_mongomock_is_wrong() -> None:
    document = {"_id": 1, "a": 1}
    assert compile_update({"$set": {"c": 1, "b": 1}}, Scope()).apply(document) == {"_id": 1, "a": 1, "b": 1, "c": 1}
    with pytest.raises(DocumentError):
        compile_update({"$set": {"a": 1}, "$inc": {"a": 1}}, Scope())
