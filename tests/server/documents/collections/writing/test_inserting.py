"""Documents that are inserted."""

from __future__ import annotations

import asyncio
from typing import Any

import bson
import pytest
from bson import DatetimeMS, ObjectId, Regex, Timestamp

from dbaas_server.documents.codec import encode
from dbaas_server.documents.collections.inserting import insert
from dbaas_server.documents.collections.namespace import Namespace
from dbaas_server.documents.errors import DocumentError
from dbaas_server.documents.requests import WriteContext
from dbaas_server.documents.store import Store
from written_documents import Documents, errors, opened, values


async def test_documents_are_there_with_their_entries(store: Store) -> None:
    async with opened(store) as orders:
        await orders.index({"n": 1})
        await orders.index({"tags": 1, "n": -1}, unique=True)
        done = await orders.insert(*({"_id": n, "n": n % 3, "tags": [n, str(n)]} for n in range(20)))
        assert (done.n, done.errors) == (20, [])
        assert values(await orders.all(), "_id") == list(range(20))
        await orders.check()


async def test_the_first_insert_makes_the_collection(orders: Documents) -> None:
    assert orders.environment.catalog.get(orders.name) is None
    await asyncio.gather(*(orders.insert({"_id": n}) for n in range(10)))
    assert len(await orders.all()) == 10
    assert len(orders.environment.catalog.all()) == 1


async def test_an_id_is_made_and_comes_first(orders: Documents) -> None:
    await orders.insert({"a": 1, "b": [{"c": None}]}, {"a": 2, "_id": "mine", "b": 3})
    first, second = await orders.all()
    if first["_id"] == "mine":
        first, second = second, first
    assert isinstance(second["_id"], ObjectId) or isinstance(first["_id"], ObjectId)
    made, given = (first, second) if isinstance(first["_id"], ObjectId) else (second, first)
    assert list(made) == ["_id", "a", "b"]
    assert (made["a"], made["b"]) == (1, [{"c": None}])
    assert list(given.items()) == [("_id", "mine"), ("a", 2), ("b", 3)]


async def test_ids_of_one_value_are_one(orders: Documents) -> None:
    done = await orders.insert(
        {"_id": 1}, {"_id": 1.0}, {"_id": bson.Int64(1)}, {"_id": True}, {"_id": "1"}, ordered=False
    )
    assert errors(done) == [(1, "DuplicateKey"), (2, "DuplicateKey")]
    assert done.n == 3


@pytest.mark.parametrize(
    ("document", "error"),
    [
        ({"_id": [1]}, "InvalidIdField"),
        ({"_id": Regex("a")}, "InvalidIdField"),
        ({"_id": {"a": [{"$b": 1}]}}, "DollarPrefixedFieldName"),
    ],
)
async def test_what_cannot_be_an_id_is_refused(orders: Documents, document: Any, error: str) -> None:
    assert errors(await orders.insert(document)) == [(0, error)]


async def test_names_with_dollars_and_dots_may_be_inserted(orders: Documents) -> None:
    document = {"_id": {"a": None}, "$price": 1, "location": {"$inc": True, "a.b": 2}}
    assert (await orders.insert(document)).n == 1
    assert await orders.all() == [document]


async def test_what_is_no_document_is_refused_alone(orders: Documents) -> None:
    good = encode({"_id": 1})
    raws = [good, good[:-1], b"\x10\0\0\0\x02a\0\xff\0\0\0b\0\0", bytes(good[:4]) + b"\x77" + good[5:]]
    done = await insert(orders.environment, orders.name, raws, ordered=False, context=WriteContext())
    assert errors(done) == [(1, "InvalidBSON"), (2, "InvalidBSON"), (3, "InvalidBSON")]
    assert done.n == 1


async def test_a_document_that_is_too_large_or_too_deep_is_refused(orders: Documents) -> None:
    large = bson.encode({"_id": 1, "a": b"x" * 16 * 1024 * 1024})
    deep: Any = 1
    for _ in range(190):
        deep = {"a": deep}
    raws = [large, bson.encode({"_id": 2, "a": deep}), bson.encode({"_id": 3, "a": b"x" * (16 * 1024 * 1024 - 100)})]
    done = await insert(orders.environment, orders.name, raws, ordered=False, context=WriteContext())
    assert errors(done) == [(0, "BSONObjectTooLarge"), (1, "Overflow")]
    assert done.n == 1


async def test_a_timestamp_of_nothing_is_the_time_of_insertion(orders: Documents) -> None:
    await orders.insert({"_id": 1, "at": Timestamp(0, 0), "inner": {"at": Timestamp(0, 0)}, "given": Timestamp(5, 0)})
    (one,) = await orders.all()
    assert one["at"].time > 1_000_000_000
    assert (one["inner"]["at"], one["given"]) == (Timestamp(0, 0), Timestamp(5, 0))


async def test_ordered_documents_stop_at_the_first_that_fails(store: Store) -> None:
    async with opened(store) as orders:
        await orders.insert({"_id": 3})
        done = await orders.insert(*({"_id": n} for n in (1, 2, 3, 4, 1)))
        assert (done.n, errors(done)) == (2, [(2, "DuplicateKey")])
        assert values(await orders.all(), "_id") == [1, 2, 3]


async def test_documents_without_order_go_on(store: Store) -> None:
    async with opened(store) as orders:
        await orders.index({"a": 1}, unique=True)
        await orders.insert({"_id": 3, "a": 30})
        documents = [(1, 10), (2, 10), (3, 31), (4, 30), (5, 50), (5, 51), (6, 60)]
        done = await orders.insert(*({"_id": id, "a": a} for id, a in documents), ordered=False)
        assert errors(done) == [(place, "DuplicateKey") for place in (1, 2, 3, 5)]
        assert done.n == 3
        assert values(await orders.all(), "_id", "a") == [(1, 10), (3, 30), (5, 50), (6, 60)]
        await orders.check()


async def test_a_document_fails_for_one_that_is_inserted_and_not_for_one_that_failed_itself(orders: Documents) -> None:
    await orders.index({"a": 1}, unique=True)
    await orders.index({"b": 1}, unique=True)
    await orders.insert({"_id": 0, "a": 0, "b": 0})
    done = await orders.insert({"_id": 1, "a": 0, "b": 1}, {"_id": 2, "a": 2, "b": 1}, ordered=False)
    assert errors(done) == [(0, "DuplicateKey")]
    assert values(await orders.all(), "_id") == [0, 2]


async def test_thousands_of_documents_of_which_many_are_there_already(orders: Documents) -> None:
    await orders.insert(*({"_id": n} for n in range(0, 3_000, 2)))
    done = await orders.insert(*({"_id": n} for n in range(3_000)), ordered=False)
    assert done.n == 1_500
    assert [place for place, _ in done.errors] == list(range(0, 3_000, 2))
    same = await orders.insert(*({"_id": "one"} for _ in range(2_000)), ordered=False)
    assert (same.n, len(same.errors)) == (1, 1_999)


async def test_a_duplicate_is_told_as_mongodb_tells_it(orders: Documents) -> None:
    await orders.index({"a.b": 1, "c": -1}, unique=True)
    document = {"a": [{"b": "x"}, {"b": "y"}], "c": DatetimeMS(5)}
    await orders.insert({"_id": 1, "a": {"b": "y"}, "c": DatetimeMS(5)}, {"_id": 2})
    done = await orders.insert({"_id": 3, **document}, {"_id": 4, "c": None}, {"_id": 1, "c": 1}, ordered=False)
    found = [(str(error.message), error.info) for _, error in done.errors]
    start = "E11000 duplicate key error collection: app.orders index: "
    assert found == [
        (
            start + 'a.b_1_c_-1 dup key: { a.b: "y", c: new Date(5) }',
            {"keyPattern": {"a.b": 1, "c": -1}, "keyValue": {"a.b": "y", "c": DatetimeMS(5)}},
        ),
        (
            start + "a.b_1_c_-1 dup key: { a.b: null, c: null }",
            {"keyPattern": {"a.b": 1, "c": -1}, "keyValue": {"a.b": None, "c": None}},
        ),
        (start + "_id_ dup key: { _id: 1 }", {"keyPattern": {"_id": 1}, "keyValue": {"_id": 1}}),
    ]


async def test_sparse_and_partial_unique_indexes_refuse_only_what_they_hold(orders: Documents) -> None:
    await orders.index({"a": 1}, unique=True, sparse=True)
    await orders.index({"b": 1}, unique=True, partialFilterExpression={"live": True})
    done = await orders.insert(
        {"_id": 1}, {"_id": 2}, {"_id": 3, "a": 1, "b": 5}, {"_id": 4, "a": 1},
        {"_id": 5, "a": 2, "b": 5, "live": True}, {"_id": 6, "b": 5, "live": True}, ordered=False,
    )  # fmt: skip
    assert errors(done) == [(3, "DuplicateKey"), (5, "DuplicateKey")]
    await orders.check()


async def test_a_document_that_an_index_cannot_hold_is_refused_alone(orders: Documents) -> None:
    await orders.index({"a": 1, "b": 1})
    documents = [{"_id": 1, "a": 1}, {"_id": 2, "a": [1], "b": [2]}, {"_id": 3, "a": [3]}]
    assert errors(await orders.insert(*documents)) == [(1, "CannotIndexParallelArrays")]
    assert errors(await orders.insert(*documents[1:], ordered=False)) == [(0, "CannotIndexParallelArrays")]
    assert values(await orders.all(), "_id") == [1, 3]
    await orders.check()


async def test_what_indexes_hold_is_known_before_it_is_there(orders: Documents) -> None:
    await orders.index({"a.b": 1, "c": 1})
    await orders.insert({"_id": 1, "a": {"b": 1}})
    assert orders.collection.indexes[0].multikey == frozenset()
    await orders.insert({"_id": 2, "a": [{"b": 1}, {"b": 2}]})
    assert orders.collection.indexes[0].multikey == {"a.b"}
    assert not orders.collection.indexes[0].cut
    await orders.insert({"_id": 3, "c": "x" * 5_000})
    assert orders.collection.indexes[0].cut
    assert not orders.collection.long_ids
    await orders.insert({"_id": "x" * 5_000})
    assert orders.collection.long_ids
    await orders.check()


async def test_two_long_values_that_start_alike_are_two(store: Store) -> None:
    async with opened(store) as orders:
        await orders.index({"a": 1}, unique=True)
        done = await orders.insert(
            *({"_id": "i" * 5_000 + str(n), "a": "x" * 5_000 + str(n)} for n in (1, 2, 1)), ordered=False
        )
        assert errors(done) == [(2, "DuplicateKey")]
        await orders.check()


async def test_documents_have_to_pass_the_validator(orders: Documents) -> None:
    await orders.options(validator={"n": {"$gt": 0}})
    done = await orders.insert({"_id": 1, "n": 1}, {"_id": 2, "n": 0}, {"_id": 3})
    ((place, error),) = done.errors
    assert (done.n, place, error.number, str(error.message)) == (1, 1, 121, "Document failed validation")
    assert error.info["errInfo"]["failingDocumentId"] == 2
    assert error.info["errInfo"]["details"]["operatorName"] == "$gt"
    assert (await orders.insert({"_id": 4}, context=WriteContext(bypass_validation=True))).n == 1


@pytest.mark.parametrize("options", [{"validationLevel": "off"}, {"validationAction": "warn"}])
async def test_a_validator_may_let_everything_through(orders: Documents, options: Any) -> None:
    await orders.options(validator={"n": 1}, **options)
    assert (await orders.insert({"_id": 1})).n == 1


async def test_nobody_writes_to_what_is_the_servers(orders: Documents) -> None:
    with pytest.raises(DocumentError, match="cannot write to"):
        await Documents(orders.environment, Namespace("app", "system.views")).insert({"_id": 1})


async def test_a_command_ends_at_its_deadline(orders: Documents) -> None:
    with pytest.raises(DocumentError) as raised:
        await orders.insert({"_id": 1}, context=WriteContext(deadline=0.0))
    assert raised.value.code == "MaxTimeMSExpired"


async def test_a_writer_that_knows_less_than_the_store_looks_again(store: Store) -> None:
    """Of two processes one makes an index, drops the collection and makes it again; the other goes on inserting."""
    async with opened(store) as one, opened(store, hears=False) as other:
        await one.insert({"_id": 0, "a": 0})
        await other.environment.catalog.reload()
        await one.index({"b": 1}, unique=True)
        # the document from before has no entry: the index was not built here
        assert (await other.insert({"_id": 1, "b": 1})).n == 1
        assert errors(await one.insert({"_id": 2, "b": 1})) == [(0, "DuplicateKey")]
        assert await one.environment.catalog.drop(one.collection)
        assert (await other.insert({"_id": 1, "b": 1}, {"_id": 2, "b": 1})).n == 2
        await one.environment.catalog.reload()
        assert values(await one.all(), "_id") == [1, 2]
        assert values(await other.all(), "_id") == [1, 2]
