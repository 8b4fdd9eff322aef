"""Collections come, change and go."""

from __future__ import annotations

from typing import Any

import pytest

from dbaas_server.documents.collections.namespace import Namespace
from dbaas_server.documents.errors import Code, DocumentError
from dbaas_server.documents.store import Store
from document_engines import NAME, Orders, opened

OTHER = Namespace("app", "other")


async def number(awaitable: Any) -> int:
    """Of the error that something ends with."""
    with pytest.raises(DocumentError) as refused:
        await awaitable
    return refused.value.number


async def test_a_collection_is_described_as_it_was_made(store: Store) -> None:
    async with opened(store) as orders:
        await orders.engine.create_collection(
            NAME, {"validator": {"n": {"$gt": 0}}, "collation": {"locale": "en", "strength": 2}, "comment": "ours"}
        )
        await orders.engine.create_collection(OTHER, {"capped": False})
        described, plain = orders.engine.collections("app")
        assert (described["name"], described["type"], described["info"]["readOnly"]) == ("orders", "collection", False)
        assert described["info"]["uuid"].as_uuid() == orders.collection.id
        assert described["options"]["validator"] == {"n": {"$gt": 0}}
        assert described["options"]["validationLevel"] == "strict"
        assert described["options"]["validationAction"] == "error"
        assert described["idIndex"]["collation"]["strength"] == 2
        assert plain["options"] == {}
        assert plain["idIndex"] == {"v": 2, "key": {"_id": 1}, "name": "_id_"}
        assert orders.engine.databases() == ["app"]


async def test_making_it_again_is_fine_with_the_same_options_only(orders: Orders) -> None:
    await orders.engine.create_collection(NAME, {"validator": {"n": 1}})
    await orders.engine.create_collection(NAME, {"validator": {"n": 1}, "validationLevel": "strict"})
    for other in ({}, {"validator": {"n": 2}}, {"validator": {"n": 1}, "collation": {"locale": "de"}}):
        assert await number(orders.engine.create_collection(NAME, other)) == Code.NamespaceExists


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"validator": 5}, Code.TypeMismatch),
        ({"validator": {"$nothing": 1}}, Code.BadValue),
        ({"validationLevel": "lax"}, Code.BadValue),
        ({"validationLevel": 3}, Code.TypeMismatch),
        ({"validationAction": "cry"}, Code.BadValue),
        ({"collation": {"strength": 1}}, 40414),
        ({"collation": "en"}, Code.TypeMismatch),
        ({"capped": True, "size": 4_096}, Code.NotImplemented),
        ({"size": 4_096}, Code.InvalidOptions),
        ({"viewOn": "other", "pipeline": []}, Code.NotImplemented),
        ({"timeseries": {"timeField": "t"}}, 40415),
        ({"clusteredIndex": {"key": {"_id": 1}, "unique": True}}, 40415),
        ({"encryptedFields": {}}, 40415),
        ({"changeStreamPreAndPostImages": {"enabled": True}}, 40415),
        ({"nonsense": 1}, 40415),
    ],
)
async def test_options_that_are_wrong_or_not_here_are_refused(orders: Orders, options: Any, expected: int) -> None:
    assert await number(orders.engine.create_collection(NAME, options)) == expected
    assert orders.engine.collections("app") == []


async def test_names_of_the_server_are_refused(orders: Orders) -> None:
    assert await number(orders.engine.create_collection(Namespace("app", "system.users"), {})) == Code.InvalidNamespace


async def test_a_dropped_collection_is_gone_with_its_spaces(store: Store) -> None:
    async with opened(store) as orders:
        await orders.insert({"_id": 1, "n": 1})
        await orders.index({"n": 1})
        spaces = orders.collection.spaces
        assert await orders.engine.drop_collection(NAME) == 2
        assert await orders.engine.drop_collection(NAME) is None
        assert await orders.find() == []
        await orders.insert({"_id": 1})
        assert set(spaces).isdisjoint(orders.collection.spaces)
        await orders.engine.drop_database("app")
        assert orders.engine.databases() == []


async def test_a_collection_keeps_documents_and_indexes_under_its_new_name(store: Store) -> None:
    async with opened(store) as orders, opened(store) as beside:
        await orders.insert({"_id": 1, "n": 1})
        await orders.index({"n": 1}, unique=True)
        await orders.engine.rename_collection(NAME, OTHER)
        renamed = Orders(orders.engine, OTHER)
        assert await renamed.find() == [{"_id": 1, "n": 1}]
        assert [error.number for _, error in (await renamed.insert({"n": 1})).errors] == [Code.DuplicateKey]
        assert await orders.find() == []
        await beside.insert({"_id": 2})
        assert await number(orders.engine.rename_collection(OTHER, NAME)) == Code.NamespaceExists
        await orders.engine.rename_collection(OTHER, NAME, drop_target=True)
        assert await orders.find() == [{"_id": 1, "n": 1}]
        assert await renamed.find() == []


async def test_renaming_what_cannot_be_renamed_is_refused(orders: Orders) -> None:
    await orders.insert({"_id": 1})
    rename = orders.engine.rename_collection
    assert await number(rename(OTHER, Namespace("app", "x"))) == Code.NamespaceNotFound
    assert await number(rename(NAME, NAME)) == Code.IllegalOperation
    assert await number(rename(NAME, Namespace("web", "orders"))) == Code.IllegalOperation
    assert await number(rename(NAME, Namespace("app", "system.x"))) == Code.InvalidNamespace


async def test_a_validator_comes_and_goes(orders: Orders) -> None:
    await orders.insert({"_id": 1, "n": 0})
    assert await orders.engine.change_collection(NAME, {"validator": {"n": {"$gt": 0}}}) == {}
    done = await orders.insert({"_id": 2, "n": 0}, {"_id": 3, "n": 1}, ordered=False)
    assert [error.number for _, error in done.errors] == [Code.DocumentValidationFailure]
    await orders.engine.change_collection(NAME, {"validationAction": "warn"})
    assert (await orders.insert({"_id": 2, "n": 0})).n == 1
    assert orders.collection.options["validator"] == {"n": {"$gt": 0}}
    await orders.engine.change_collection(NAME, {"validator": {}, "validationAction": "error"})
    assert (await orders.insert({"_id": 4, "n": 0})).n == 1


async def test_an_index_is_hidden_and_told_to_expire(orders: Orders) -> None:
    await orders.index({"at": 1})
    change = orders.engine.change_collection
    assert await change(NAME, {"index": {"name": "at_1", "hidden": True}}) == {"hidden_old": False, "hidden_new": True}
    assert await change(NAME, {"index": {"name": "at_1", "hidden": True}}) == {}
    assert orders.collection.readable == ()
    answer = await change(NAME, {"index": {"keyPattern": {"at": 1}, "expireAfterSeconds": 60}})
    assert answer == {"expireAfterSeconds_new": 60}
    answer = await change(NAME, {"index": {"name": "at_1", "expireAfterSeconds": 90.0, "hidden": False}})
    assert answer == {
        "expireAfterSeconds_old": 60, "expireAfterSeconds_new": 90, "hidden_old": True, "hidden_new": False,
    }  # fmt: skip
    assert orders.engine.indexes(NAME)[1] == {"v": 2, "key": {"at": 1}, "name": "at_1", "expireAfterSeconds": 90}


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"index": {"name": "no", "hidden": True}}, Code.IndexNotFound),
        ({"index": {"keyPattern": {"no": 1}, "hidden": True}}, Code.IndexNotFound),
        ({"index": {"hidden": True}}, Code.InvalidOptions),
        ({"index": {"name": "n_1", "keyPattern": {"n": 1}, "hidden": True}}, Code.InvalidOptions),
        ({"index": {"name": "n_1"}}, Code.InvalidOptions),
        ({"index": {"name": "_id_", "hidden": True}}, Code.BadValue),
        ({"index": {"name": "_id_", "expireAfterSeconds": 1}}, Code.InvalidOptions),
        ({"index": {"name": "n_1", "expireAfterSeconds": -1}}, Code.CannotCreateIndex),
        ({"index": {"name": "n_1_m_1", "expireAfterSeconds": 1}}, Code.CannotCreateIndex),
        ({"index": {"name": "n_1", "hidden": "yes"}}, Code.TypeMismatch),
        ({"index": {"name": "n_1", "unique": True}}, 40415),
        ({"index": 5}, Code.TypeMismatch),
        ({"validator": 5}, Code.TypeMismatch),
        ({"cappedSize": 5}, 40415),
    ],
)
async def test_changes_that_are_wrong_are_refused(orders: Orders, options: Any, expected: int) -> None:
    await orders.engine.create_indexes(NAME, [{"key": {"n": 1}}, {"key": {"n": 1, "m": 1}}])
    assert await number(orders.engine.change_collection(NAME, options)) == expected


async def test_changing_what_is_not_there_is_refused(orders: Orders) -> None:
    assert await number(orders.engine.change_collection(NAME, {})) == Code.NamespaceNotFound
    with pytest.raises(DocumentError) as refused:
        orders.engine.indexes(NAME)
    assert refused.value.number == Code.NamespaceNotFound
    assert await number(orders.engine.validate(NAME)) == Code.NamespaceNotFound


async def test_what_a_collection_takes_is_told(store: Store) -> None:
    async with opened(store) as orders:
        await orders.insert(*({"_id": id, "n": id, "text": "x" * 200} for id in range(50)))
        await orders.index({"n": 1})
        told = await orders.engine.collection_stats(NAME)
        assert (told["ns"], told["count"], told["nindexes"]) == ("app.orders", 50, 2)
        assert told["size"] > 0
        assert told["avgObjSize"] > 0
        assert set(told["indexSizes"]) == {"_id_", "n_1"}
        assert told["totalSize"] == told["storageSize"] + told["totalIndexSize"]
        database = await orders.engine.database_stats("app")
        assert (database["db"], database["collections"], database["objects"], database["indexes"]) == ("app", 1, 50, 2)
        assert database["totalSize"] == told["totalSize"]
        assert (await orders.engine.collection_stats(OTHER))["count"] == 0
        valid = await orders.engine.validate(NAME)
        assert (valid["valid"], valid["nrecords"], valid["keysPerIndex"]) == (True, 50, {"_id_": 50, "n_1": 50})
