"""Documents that are updated."""

from __future__ import annotations

from typing import Any

import pytest
from bson import ObjectId

from dbaas_server.documents.errors import DocumentError
from dbaas_server.documents.requests import UpdateSpec, WriteContext
from dbaas_server.documents.store import Store
from written_documents import Documents, errors, opened, values


async def test_one_document_and_its_entries_change(store: Store) -> None:
    async with opened(store) as orders:
        await orders.index({"a": 1})
        await orders.index({"a": -1, "b": 1}, unique=True)
        await orders.insert(*({"_id": n, "a": n, "b": [n]} for n in range(5)))
        done = await orders.update(
            UpdateSpec({"_id": 2}, {"$set": {"a": 20}, "$push": {"b": 21}}),
            UpdateSpec({"a": {"$gte": 3}}, {"$inc": {"a": 100}}),
            UpdateSpec({"_id": 0}, {"c": "all else is gone"}),
            UpdateSpec({"_id": 1}, [{"$set": {"sum": {"$add": ["$a", 1]}}}]),
        )
        assert (done.n, done.modified, done.errors) == (4, 4, [])
        await orders.check()
        found = {one["_id"]: one for one in await orders.all()}
        assert found[0] == {"_id": 0, "c": "all else is gone"}
        assert found[1]["sum"] == 2
        assert found[2] == {"_id": 2, "a": 20, "b": [2, 21]}
        assert sum(one.get("a", 0) >= 100 for one in found.values()) == 1


async def test_all_that_match_change_each_once(store: Store) -> None:
    """Those that are moved in the very index that they are found by, too."""
    async with opened(store) as orders:
        await orders.index({"a": 1})
        await orders.insert(*({"_id": n, "a": n} for n in range(1_200)))
        done = await orders.set({"a": {"$gte": 100}}, {"$inc": {"a": 500}}, multi=True)
        assert (done.n, done.modified) == (1_100, 1_100)
        assert sorted(values(await orders.all(), "a")) == [*range(100), *range(600, 1_700)]
        await orders.check()
        done = await orders.set({}, {"$max": {"a": 700}}, multi=True)
        assert (done.n, done.modified) == (1_200, 200)


async def test_what_changes_nothing_is_not_written(orders: Documents) -> None:
    await orders.insert({"_id": 1, "a": 1}, {"_id": 2, "a": 1})
    space = orders.collection.documents
    before = {key: entry.version for key, entry in orders.environment.store._spaces[space].entries.items()}
    for multi in (False, True):
        done = await orders.set({"a": 1}, {"$set": {"a": 1}}, multi=multi)
        assert (done.n, done.modified) == (1 + multi, 0)
    assert before == {key: entry.version for key, entry in orders.environment.store._spaces[space].entries.items()}


async def test_nothing_matches_in_a_collection_that_is_not_there(orders: Documents) -> None:
    done = await orders.set({"a": 1}, {"$set": {"b": 1}}, multi=True)
    assert (done.n, done.modified, done.upserted) == (0, 0, [])
    with pytest.raises(DocumentError, match="Unknown modifier"):
        await orders.set({"a": 1}, {"$sett": {"b": 1}})
    assert orders.environment.catalog.get(orders.name) is None


async def test_the_positional_operators_reach_the_elements_that_they_name(orders: Documents) -> None:
    await orders.insert({"_id": 1, "l": [{"k": 1, "v": 1}, {"k": 2, "v": 2}, {"k": 3, "v": 3}]})
    await orders.set({"l.k": 2}, {"$set": {"l.$.v": "second"}})
    await orders.set({"_id": 1}, {"$inc": {"l.$[high].k": 10}}, array_filters=[{"high.k": {"$gte": 3}}])
    await orders.set({"_id": 1}, {"$set": {"l.$[].seen": True}})
    (one,) = await orders.all()
    assert one["l"] == [
        {"k": 1, "v": 1, "seen": True},
        {"k": 2, "v": "second", "seen": True},
        {"k": 13, "v": 3, "seen": True},
    ]


async def test_a_collation_decides_what_matches(orders: Documents) -> None:
    await orders.insert({"_id": 1, "name": "ADA"})
    nobody = await orders.set({"name": "ada"}, {"$set": {"seen": 1}})
    somebody = await orders.set({"name": "ada"}, {"$set": {"seen": 1}}, collation={"locale": "en", "strength": 2})
    assert (nobody.n, somebody.n) == (0, 1)
    await orders.options(collation={"locale": "en", "strength": 2})
    assert (await orders.set({"name": "aDa"}, {"$set": {"seen": 2}})).n == 1


async def test_variables_and_constants_are_known_to_pipelines(orders: Documents) -> None:
    await orders.insert({"_id": 1, "a": 5})
    q = {"$expr": {"$eq": ["$a", "$$wanted"]}}
    done = await orders.set(q, [{"$set": {"b": "$$given"}}], let={"wanted": 5}, c={"given": "x"})
    assert done.modified == 1
    assert values(await orders.all(), "b") == ["x"]


async def test_a_sort_says_which_of_several_is_updated(orders: Documents) -> None:
    await orders.insert(*({"_id": n, "rank": n * 7 % 5} for n in range(5)))
    await orders.set({}, {"$set": {"best": True}}, sort={"rank": -1})
    assert [one["rank"] for one in await orders.all() if "best" in one] == [4]


@pytest.mark.parametrize(
    ("spec", "error"),
    [
        (UpdateSpec({}, {"a": 1}, multi=True), "FailedToParse"),
        (UpdateSpec({}, {"$set": {"a": 1}}, multi=True, sort={"a": 1}), "FailedToParse"),
        (UpdateSpec({"$nope": 1}, {"$set": {"a": 1}}), "BadValue"),
        (UpdateSpec({}, {"$set": {"a": 1, "a.b": 2}}), "ConflictingUpdateOperators"),
        (UpdateSpec({}, {"$set": {"_id": 2}}), "ImmutableField"),
        (UpdateSpec({}, {"$inc": {"s": 1}}), "TypeMismatch"),
        (UpdateSpec({}, {"$set": {"a": "x" * 16 * 1024 * 1024}}), "BSONObjectTooLarge"),
        (UpdateSpec({}, {"$set": {"u": 1}}), "DuplicateKey"),
        (UpdateSpec({}, {"$set": {"l": [1], "m": [2]}}), "CannotIndexParallelArrays"),
        (UpdateSpec({}, {"$set": {"a": 1}}, hint="nope"), "BadValue"),
    ],
)
async def test_what_cannot_be_done_is_told_and_nothing_changes(orders: Documents, spec: UpdateSpec, error: str) -> None:
    await orders.index({"u": 1}, unique=True, sparse=True)
    await orders.index({"l": 1, "m": 1})
    await orders.insert({"_id": 1, "s": "x"}, {"_id": 2, "s": "y", "u": 1})
    before = await orders.all()
    assert errors(await orders.update(spec)) == [(0, error)]
    assert await orders.all() == before
    await orders.check()


async def test_statements_stop_at_the_first_that_fails_or_go_on(orders: Documents) -> None:
    await orders.insert({"_id": 1, "a": 0})
    good, bad = UpdateSpec({}, {"$inc": {"a": 1}}), UpdateSpec({}, {"$inc": 1})
    done = await orders.update(good, bad, good)
    assert (done.n, errors(done)) == (1, [(1, "FailedToParse")])
    done = await orders.update(good, bad, good, ordered=False)
    assert (done.n, errors(done)) == (2, [(1, "FailedToParse")])
    assert values(await orders.all(), "a") == [3]


async def test_an_error_among_many_leaves_those_before_changed(store: Store) -> None:
    async with opened(store) as orders:
        await orders.insert(*({"_id": n, "a": n if n != 7 else "seven"} for n in range(10)))
        with pytest.raises(DocumentError, match="non-numeric"):
            await orders.set({}, {"$inc": {"a": 100}}, multi=True)
        assert values(await orders.all(), "a") == [*range(100, 107), "seven", 8, 9]


async def test_unique_keys_that_many_take_and_give_up(orders: Documents) -> None:
    await orders.index({"a": 1}, unique=True)
    await orders.insert(*({"_id": n, "a": n} for n in range(10)))
    with pytest.raises(DocumentError, match="E11000"):
        await orders.set({}, {"$set": {"a": 50}}, multi=True)
    assert values(await orders.all(), "a") == [50, *range(1, 10)]
    with pytest.raises(DocumentError, match="E11000"):
        await orders.set({"_id": {"$gte": 5}}, {"$inc": {"a": 1}}, multi=True)
    await orders.set({"_id": {"$gte": 5}}, {"$inc": {"a": -10}}, multi=True)
    assert values(await orders.all(), "a") == [50, 1, 2, 3, 4, -5, -4, -3, -2, -1]
    await orders.check()


async def test_documents_have_to_stay_valid(orders: Documents) -> None:
    await orders.insert({"_id": 1, "n": 1}, {"_id": 2, "n": -1})
    await orders.options(validator={"n": {"$gt": 0}})
    one, two = UpdateSpec({"_id": 1}, {"$set": {"n": 0}}), UpdateSpec({"_id": 2}, {"$set": {"n": -2}})
    assert errors(await orders.update(one, two, ordered=False)) == [
        (0, "DocumentValidationFailure"),
        (1, "DocumentValidationFailure"),
    ]
    await orders.options(validator={"n": {"$gt": 0}}, validationLevel="moderate")
    assert errors(await orders.update(one, two, ordered=False)) == [(0, "DocumentValidationFailure")]
    assert (await orders.update(one, context=WriteContext(bypass_validation=True))).n == 1
    assert values(await orders.all(), "n") == [0, -2]


# --- upserts ----------------------------------------------------------------------------------------------------------


async def test_what_does_not_match_is_inserted(store: Store) -> None:
    async with opened(store) as orders:
        await orders.index({"sku": 1})
        done = await orders.update(
            UpdateSpec({"sku": "a"}, {"$inc": {"n": 1}, "$setOnInsert": {"new": True}}, upsert=True),
            UpdateSpec({"sku": "a"}, {"$inc": {"n": 1}, "$setOnInsert": {"new": 2}}, upsert=True),
            UpdateSpec({"_id": 5}, {"sku": "b"}, upsert=True),
            UpdateSpec({"sku": "c"}, [{"$set": {"n": 3}}], upsert=True, multi=True),
        )
        assert (done.n, done.modified) == (4, 1)
        assert [place for place, _ in done.upserted] == [0, 2, 3]
        assert isinstance(done.upserted[0][1], ObjectId)
        assert done.upserted[1][1] == 5
        found = {one["sku"]: one for one in await orders.all()}
        assert {name: one.get("n") for name, one in found.items()} == {"a": 2, "b": None, "c": 3}
        assert found["a"]["new"] is True
        await orders.check()


@pytest.mark.parametrize(
    ("q", "u", "error"),
    [
        ({"_id": [1]}, {"$set": {"a": 1}}, "InvalidIdField"),
        ({"a": 5}, {"$set": {"_id": 1}}, "DuplicateKey"),
        ({"_id": 1, "a": 2}, {"$set": {"b": 1}}, "DuplicateKey"),
        ({"a": {"$gt": 5}}, {"$set": {"a": 1}}, "DuplicateKey"),
        ({"$and": [{"a": 5}, {"a": 6}]}, {"$set": {"b": 1}}, "NotSingleValueField"),
        ({"a": 5}, {"$set": {"bad": True}}, "DocumentValidationFailure"),
    ],
)
async def test_what_cannot_be_inserted_instead_is_told(orders: Documents, q: Any, u: Any, error: str) -> None:
    await orders.index({"a": 1}, unique=True)
    await orders.insert({"_id": 1, "a": 1})
    await orders.options(validator={"bad": {"$exists": False}})
    with pytest.raises(DocumentError) as raised:
        await orders.set(q, u, upsert=True)
    assert raised.value.code == error
    assert await orders.all() == [{"_id": 1, "a": 1}]
