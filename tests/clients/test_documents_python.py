"""pymongo, unmodified, at the document door: what applications do with a database all day."""

from __future__ import annotations

import asyncio
import datetime
import hashlib
import io
import os
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import bson
import gridfs
import pymongo
import pytest
from bson import SON, Decimal128, Int64, ObjectId, Regex
from pymongo import (
    ASCENDING,
    DESCENDING,
    DeleteMany,
    DeleteOne,
    IndexModel,
    InsertOne,
    ReplaceOne,
    UpdateMany,
    UpdateOne,
)
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import BulkWriteError, DuplicateKeyError, ExecutionTimeout, OperationFailure, WriteError
from pymongo.write_concern import WriteConcern

from live_documents import LiveDocuments, listener
from lost_answers import LossyWay
from waiting import eventually

Document = dict[str, Any]


@pytest.fixture(scope="module")
def db(documents: LiveDocuments) -> Iterator[Database[Document]]:
    with documents.client() as client:
        yield client["app"]


@pytest.fixture
def items(db: Database[Document]) -> Iterator[Collection[Document]]:
    collection = db[f"c{uuid4().hex[:10]}"]
    yield collection
    collection.drop()


def refused(code: int, name: str | None = None) -> Any:
    """What is raised has this code, and its name."""

    class Refused:
        def __enter__(self) -> None: ...

        def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
            assert isinstance(error, OperationFailure), error
            assert error.code == code, error
            assert name is None or (error.details or {}).get("codeName") == name, error.details
            return True

    return Refused()


# --- documents ----------------------------------------------------------------------------------------------------


def test_values_come_back_as_they_went(items: Collection[Document]) -> None:
    made = {
        "_id": {"year": 2026, "n": 1}, "text": "\0 ünïcödé 🦆", "none": None, "yes": True, "int": 7,
        "long": Int64(2**40), "real": -0.0, "decimal": Decimal128("1E-6000"), "bytes": b"\0\xff", "id": ObjectId(),
        "list": [[], {}, [None]], "when": datetime.datetime(2026, 2, 28, 23, 59, 59, 999000),
        "pattern": Regex("^a.b$", "im"), "lowest": bson.MinKey(), "highest": bson.MaxKey(), "code": bson.Code("x"),
        "time": bson.Timestamp(1, 2),
    }  # fmt: skip
    items.insert_one(made)
    found = items.find_one({"_id": SON([("year", 2026), ("n", 1)])})
    assert found == made
    assert list(found) == list(made)
    assert bson.encode(found) == bson.encode(made)


def test_a_hundred_thousand_documents_in_bulk(items: Collection[Document]) -> None:
    items.create_index("group")
    many = [{"_id": n, "group": n % 100, "text": f"document {n}", "tags": [n % 3, n % 5]} for n in range(90_000)]
    assert len(items.insert_many(many[:60_000]).inserted_ids) == 60_000
    assert len(items.insert_many(many[60_000:], ordered=False).inserted_ids) == 30_000
    steps: list[Any] = [InsertOne({"_id": n, "group": n % 100}) for n in range(90_000, 100_000)]
    steps += [UpdateMany({"group": 7}, {"$set": {"seen": True}}), DeleteMany({"group": 8})]
    steps += [UpdateOne({"_id": n}, {"$inc": {"n": 1}}) for n in range(0, 20_000, 100)]
    steps += [ReplaceOne({"_id": -1}, {"group": 1}, upsert=True), DeleteOne({"_id": 1})]
    done = items.bulk_write(steps)
    assert (done.inserted_count, done.deleted_count, done.upserted_count) == (10_000, 1_001, 1)
    assert (done.matched_count, done.modified_count) == (1_200, 1_200)
    assert items.count_documents({}) == items.estimated_document_count() == 99_000
    assert items.count_documents({"group": 7, "seen": True}) == 1_000
    assert sum(1 for _ in items.find({}, {"_id": 1}, batch_size=20_000)) == 99_000
    (total,) = items.aggregate([{"$group": {"_id": None, "n": {"$sum": 1}, "sum": {"$sum": "$n"}}}])
    assert total == {"_id": None, "n": 99_000, "sum": 200}


def test_a_bulk_write_says_what_failed(items: Collection[Document]) -> None:
    items.insert_one({"_id": 3})
    steps = [InsertOne({"_id": n}) for n in range(6)] + [UpdateOne({"_id": 0}, {"$set": {"x": 1}})]
    with pytest.raises(BulkWriteError) as stopped:
        items.bulk_write(steps)
    assert stopped.value.details["nInserted"] == 3
    assert [one["index"] for one in stopped.value.details["writeErrors"]] == [3]
    with pytest.raises(BulkWriteError) as rest:
        items.bulk_write(steps, ordered=False)
    assert rest.value.details["nInserted"] == 2
    assert rest.value.details["nModified"] == 1
    assert [one["index"] for one in rest.value.details["writeErrors"]] == [0, 1, 2, 3]
    assert {one["code"] for one in rest.value.details["writeErrors"]} == {11000}


def test_aggregation_joins_groups_and_spreads(items: Collection[Document], db: Database[Document]) -> None:
    items.insert_many(
        {"_id": n, "shop": n % 3, "lines": [{"sku": f"s{n % 4}", "qty": n}, {"sku": "s9", "qty": 1}]} for n in range(60)
    )
    shops = db[f"{items.name}_shops"]
    shops.insert_many({"_id": n, "city": city} for n, city in enumerate(["Oslo", "Rome", "Lima"]))
    found = list(
        items.aggregate(
            [
                {"$match": {"_id": {"$lt": 30}}},
                {"$unwind": "$lines"},
                {"$group": {"_id": {"shop": "$shop", "sku": "$lines.sku"}, "qty": {"$sum": "$lines.qty"}}},
                {"$lookup": {"from": shops.name, "localField": "_id.shop", "foreignField": "_id", "as": "shop"}},
                {"$set": {"city": {"$first": "$shop.city"}}},
                {"$match": {"_id.sku": "s9"}},
                {"$project": {"_id": 0, "city": 1, "qty": 1, "loud": {"$toUpper": "$city"}}},
                {"$sort": {"city": 1}},
            ],
            allowDiskUse=True,
            batchSize=2,
        )
    )
    assert found == [{"qty": 10, "city": city, "loud": city.upper()} for city in ("Lima", "Oslo", "Rome")]
    assert sum(one["count"] for one in items.aggregate([{"$unwind": "$lines"}, {"$sortByCount": "$lines.sku"}])) == 120
    assert len(list(items.aggregate([{"$sample": {"size": 5}}]))) == 5
    shops.drop()


def test_cursors_give_batches_and_are_closed(items: Collection[Document], documents: LiveDocuments) -> None:
    items.insert_many({"_id": n, "fill": "x" * 1000} for n in range(2_000))
    cursor = items.find(batch_size=100).sort("_id", DESCENDING)
    assert [next(cursor)["_id"] for _ in range(250)] == list(range(1_999, 1_749, -1))
    number = cursor.cursor_id
    with documents.client() as other:  # another connection may go on
        more = other["app"].command("getMore", Int64(number), collection=items.name, batchSize=3)["cursor"]["nextBatch"]
        assert [one["_id"] for one in more] == [1_699, 1_698, 1_697]
    cursor.close()
    with refused(43, "CursorNotFound"):
        items.database.command("getMore", Int64(number), collection=items.name)
    assert len(list(items.find().skip(10).limit(-7))) == 7
    assert list(items.find({"_id": {"$lt": 2}}, {"fill": 0}).batch_size(1)) == [{"_id": 0}, {"_id": 1}]


# --- indexes ------------------------------------------------------------------------------------------------------


def stages(plan: Document) -> list[str]:
    inner = plan.get("inputStage")
    return [plan["stage"], *(stages(inner) if inner else [])]


def test_indexes_of_every_kind_are_used_and_obeyed(items: Collection[Document]) -> None:
    items.insert_many(
        {"_id": n, "a": n // 10, "b": -n, "tags": [n, n + 1], **({"rare": n} if n % 50 == 0 else {}), "on": n % 2 == 0}
        for n in range(1_000)
    )
    items.create_indexes(
        [
            IndexModel([("a", ASCENDING), ("b", DESCENDING)], name="compound"),
            IndexModel("tags"),
            IndexModel("rare", unique=True, sparse=True),
            IndexModel("b", name="partial", partialFilterExpression={"on": True}),
        ]
    )
    assert set(items.index_information()) == {"_id_", "compound", "tags_1", "rare_1", "partial"}

    def look(cursor: Any) -> tuple[list[str], int, int]:
        told = cursor.explain()
        return (
            stages(told["queryPlanner"]["winningPlan"]),
            told["executionStats"]["nReturned"],
            told["executionStats"]["totalDocsExamined"],
        )

    used, returned, examined = look(items.find({"a": 5, "b": {"$lt": -53}}))
    assert "IXSCAN" in used
    assert (returned, examined) == (6, 6)
    used, returned, examined = look(items.find({"tags": 7}))
    assert "IXSCAN" in used
    assert (returned, examined) == (2, 2)
    used, returned, _ = look(items.find({"b": {"$gt": -10}, "on": True}))
    assert "IXSCAN" in used
    assert returned == 5
    used, returned, _ = look(items.find({"b": {"$gt": -10}}))
    assert "IXSCAN" not in used, "the partial index does not have them all"
    assert returned == 10
    used, returned, _ = look(items.find({"a": {"$lt": 3}}).hint([("$natural", 1)]))
    assert "COLLSCAN" in used
    assert returned == 30
    assert "IXSCAN" in look(items.find({"a": {"$gte": 0}}).hint("compound"))[0]
    assert "SORT" not in look(items.find({"a": 4}).sort("b", DESCENDING))[0]
    assert stages(items.find({"_id": 1}).explain()["queryPlanner"]["winningPlan"])[0] in ("IDHACK", "EXPRESS_IXSCAN")
    items.insert_many([{"n": 1}, {"n": 2}])  # without the sparse field, hence not twice
    with pytest.raises(DuplicateKeyError) as taken:
        items.insert_one({"rare": 50})
    assert taken.value.details["keyValue"] == {"rare": 50}
    with refused(2, "BadValue"):
        items.find_one({}, hint="nobody made it")
    items.drop_index("compound")
    assert "compound" not in items.index_information()


def test_what_has_expired_is_removed(items: Collection[Document]) -> None:
    now = datetime.datetime.now(datetime.UTC)
    items.create_index("until", expireAfterSeconds=0)
    items.create_index("made", expireAfterSeconds=3_600)
    items.insert_many(
        [
            {"_id": "old", "until": now - datetime.timedelta(seconds=5)}, {"_id": "no date", "until": "yesterday"},
            {"_id": "new", "made": now, "until": now + datetime.timedelta(hours=1)},
            {"_id": "stale", "made": now - datetime.timedelta(hours=2)},
        ]
    )  # fmt: skip
    eventually(lambda: sorted(items.distinct("_id")), lambda left: left == ["new", "no date"])


# --- files --------------------------------------------------------------------------------------------------------


def test_a_file_in_gridfs_is_read_in_parts(db: Database[Document]) -> None:
    files = gridfs.GridFSBucket(db, f"fs{uuid4().hex[:6]}")
    content = os.urandom(3_000_001)
    key = files.upload_from_stream("noise", content, metadata={"kind": "noise"})
    with files.open_download_stream(key) as file:
        assert (file.length, file.metadata) == (len(content), {"kind": "noise"})
        file.seek(1_000_000)
        assert file.read(1_000) == content[1_000_000:1_001_000]
    newer = files.upload_from_stream("noise", b"short")
    assert files.open_download_stream_by_name("noise").read() == b"short"
    assert files.open_download_stream_by_name("noise", revision=0).read() == content
    files.rename(newer, "other")
    assert sorted(one.filename for one in files.find()) == ["noise", "other"]
    files.delete(key)
    with pytest.raises(gridfs.NoFile):
        files.open_download_stream(key)


class Noise(io.RawIOBase):
    """A file of pseudo-random bytes that takes no memory, with a digest of what was read of it."""

    def __init__(self, size: int) -> None:
        self.left, self.digest, self.part = size, hashlib.sha256(), os.urandom(1 << 20)

    def read(self, size: int = -1) -> bytes:
        size = min(len(self.part), self.left, size if size >= 0 else self.left)
        self.part = self.part[1:] + self.part[:1]
        data = self.part[:size]
        self.left -= size
        self.digest.update(data)
        return data


def test_a_file_of_200_mb_goes_through_without_the_listener_growing(documents: LiveDocuments) -> None:
    def megabytes() -> float:
        status = Path(f"/proc/{listener(documents.live)}/status")
        return int(re.search(r"VmHWM:\s+(\d+)", status.read_text())[1]) / 1024

    def round_trip(client: pymongo.MongoClient[Document], size: int) -> None:
        files = gridfs.GridFSBucket(client["app"], "large", chunk_size_bytes=1 << 20)
        noise = Noise(size)
        key = files.upload_from_stream("noise", noise)
        digest, read = hashlib.sha256(), 0
        with files.open_download_stream(key) as file:
            while data := file.read(1 << 20):
                digest.update(data)
                read += len(data)
        assert (read, digest.digest()) == (size, noise.digest.digest())

    with documents.client() as client:
        round_trip(client, 100 << 20)  # some of the largest messages that there can be
        before = megabytes()
        round_trip(client, 200 << 20)
        assert megabytes() < before + 50, "it grows with the file"
        client["app"].drop_collection("large.chunks")
        client["app"].drop_collection("large.files")


# --- sessions -----------------------------------------------------------------------------------------------------


def test_sessions_go_along_and_transactions_are_refused(db: Database[Document], items: Collection[Document]) -> None:
    with db.client.start_session(causal_consistency=True) as session:
        items.insert_one({"_id": 1}, session=session)
        assert items.count_documents({}, session=session) == 1
        with pytest.raises(OperationFailure) as no, session.start_transaction():
            items.insert_one({"_id": 2}, session=session)
        assert no.value.code == 20
    assert items.distinct("_id") == [1]
    with refused(20):
        db.client.admin.command(
            "commitTransaction", txnNumber=Int64(1), autocommit=False, lsid={"id": bson.Binary(b"0" * 16, 4)}
        )


async def test_a_write_whose_answer_was_lost_is_done_once(documents: LiveDocuments) -> None:
    host, port = documents.address
    async with LossyWay(host, port) as way:
        url = documents.through(way.port)
        async with pymongo.AsyncMongoClient[Document](url, retryWrites=True) as client:
            items = client["app"][f"once{uuid4().hex[:8]}"]
            await items.insert_one({"_id": 0, "n": 0})

            async def lossy(marker: bytes, write: Any) -> Any:
                way.marker, way.lose, before = marker, 1, way.lost
                told = await write
                assert way.lost == before + 1, "no answer was lost"
                return told

            assert (await lossy(b"insert\0", items.insert_one({"_id": 1, "n": 0}))).acknowledged
            assert (await lossy(b"update\0", items.update_one({"_id": 1}, {"$inc": {"n": 1}}))).modified_count == 1
            before = await lossy(b"findAndModify\0", items.find_one_and_update({"_id": 1}, {"$inc": {"n": 1}}))
            assert before == {"_id": 1, "n": 1}
            upserted = await lossy(b"update\0", items.update_one({"_id": 9}, {"$inc": {"n": 5}}, upsert=True))
            assert upserted.upserted_id == 9
            many = [{"_id": n} for n in range(100, 2_600)]
            assert len((await lossy(b"insert\0", items.insert_many(many))).inserted_ids) == 2_500
            done = await lossy(
                b"update\0",
                items.bulk_write([UpdateOne({"_id": n}, {"$push": {"seen": 1}}) for n in range(100, 120)]),
            )
            assert done.modified_count == 20
            assert (await lossy(b"delete\0", items.delete_one({"_id": {"$gte": 100}}))).deleted_count == 1
            assert await items.find_one({"_id": 1}) == {"_id": 1, "n": 2}
            assert await items.find_one({"_id": 9}) == {"_id": 9, "n": 5}
            assert await items.count_documents({}) == 3 + 2_500 - 1
            assert await items.count_documents({"seen": [1]}) in (19, 20)
            assert await items.count_documents({"seen.1": {"$exists": True}}) == 0
            await items.drop()


# --- the door -----------------------------------------------------------------------------------------------------


async def test_the_asynchronous_client_does_many_things_at_once(documents: LiveDocuments) -> None:
    async with pymongo.AsyncMongoClient(documents.url, maxPoolSize=20) as client:
        items = client["app"][f"async{uuid4().hex[:8]}"]
        await items.insert_many([{"_id": n, "n": 0} for n in range(10)])
        await asyncio.gather(*(items.update_one({"_id": n % 10}, {"$inc": {"n": 1}}) for n in range(200)))
        assert [one["n"] async for one in items.find().sort("_id")] == [20] * 10
        cursor = await items.aggregate([{"$group": {"_id": None, "n": {"$sum": "$n"}}}])
        assert await cursor.to_list() == [{"_id": None, "n": 200}]
        bucket = gridfs.AsyncGridFSBucket(client["app"], "asyncfs")
        key = await bucket.upload_from_stream("x", b"y" * 600_000)
        assert len(await (await bucket.open_download_stream(key)).read()) == 600_000
        await asyncio.gather(items.drop(), bucket.delete(key))


def test_threads_share_a_client(db: Database[Document], items: Collection[Document]) -> None:
    def work(who: int) -> None:
        for n in range(20):
            items.insert_one({"who": who, "n": n})
            assert items.count_documents({"who": who}) == n + 1

    threads = [threading.Thread(target=work, args=[who]) for who in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert items.count_documents({}) == 160


@pytest.mark.parametrize("compressor", ["zlib", "snappy", "zstd"])
def test_messages_may_be_compressed(documents: LiveDocuments, compressor: str) -> None:
    with documents.client(compressors=compressor) as client:
        items = client["app"][f"packed_{compressor}"]
        items.insert_many({"_id": n, "text": "again and again " * 100} for n in range(500))
        assert len(list(items.find())) == 500
        items.drop()


def test_a_rotated_password_holds_for_new_logins_at_once(documents: LiveDocuments) -> None:
    name = f"r{uuid4().hex[:8]}"
    with documents.live.operator() as operator:
        made = operator.post(f"/v1/{documents.tenant}/databases", json={"engine": "document", "name": name}).json()
        old = made["connection_string"]
        with documents.client(old) as before:
            before[name].items.insert_one({"_id": 1})
            rotated = operator.post(f"/v1/{documents.tenant}/databases/{name}/rotate")
            assert rotated.status_code == 200, rotated.text
            new = operator.get(f"/v1/{documents.tenant}/databases/{name}/connection-string").json()["connection_string"]
            with documents.client(new) as after:
                assert after[name].items.find_one() == {"_id": 1}
            with documents.client(old) as stale, refused(18, "AuthenticationFailed"):
                stale[name].items.find_one()
        operator.delete(f"/v1/{documents.tenant}/databases/{name}")


def test_a_database_is_made_by_the_first_write_of_the_tenants_user(documents: LiveDocuments) -> None:
    name = f"made_{uuid4().hex[:6]}"
    with documents.client(documents.tenant_url) as client:
        assert client[name].items.find_one() is None
        assert name not in client.list_database_names()
        client[name].items.insert_one({"_id": 1})
        assert {"app", name} <= set(client.list_database_names())
        client.drop_database(name)
        assert name not in client.list_database_names()


# --- errors that applications catch --------------------------------------------------------------------------------


def test_errors_have_mongodbs_codes_and_names(documents: LiveDocuments, items: Collection[Document]) -> None:
    db = items.database
    items.insert_many({"_id": n, "n": n, "text": "a" * 30, "list": [1]} for n in range(2_000))
    with pytest.raises(DuplicateKeyError) as duplicate:
        items.insert_one({"_id": 1})
    assert duplicate.value.code == 11000
    assert duplicate.value.details["keyPattern"] == {"_id": 1}
    with refused(59, "CommandNotFound"):
        db.command("nonsense")
    with refused(2, "BadValue"):
        items.find_one({"n": {"$nonsense": 1}})
    with refused(2, "BadValue"):
        items.find_one({"$and": {}})
    with refused(40324):
        list(items.aggregate([{"$nonsense": {}}]))
    with refused(13, "Unauthorized"):
        db.client["elsewhere"].items.find_one()
    with refused(26, "NamespaceNotFound"):
        db.command("listIndexes", "nobody_made_it")
    with refused(48, "NamespaceExists"):
        db.command("create", items.name, capped=False, validator={"x": 1})
    with refused(73, "InvalidNamespace"):
        db.command("insert", "a\0b", documents=[{}])
    with pytest.raises(WriteError) as kinds:
        items.update_one({"_id": 1}, {"$inc": {"text": 1}})
    assert kinds.value.code == 14
    with pytest.raises(WriteError) as immutable:
        items.update_one({"_id": 1}, {"$set": {"_id": 2}})
    assert immutable.value.code == 66
    with pytest.raises(WriteError) as conflicting:
        items.update_one({"_id": 1}, {"$set": {"a": 1}, "$inc": {"a": 1}})
    assert conflicting.value.code == 40
    with pytest.raises(ExecutionTimeout) as slow:
        long = {"$match": {"$expr": {"$gt": [{"$strLenCP": {"$concat": ["$text"] * 50}}, 9_999]}}}
        list(items.aggregate([long] * 30, maxTimeMS=1))
    assert slow.value.code == 50
    with pytest.raises(pymongo.errors.DocumentTooLarge):
        items.insert_one({"text": "x" * (17 * 1024 * 1024)})
    wrong = documents.as_user(f"{documents.tenant}.app", "wrong")
    with documents.client(wrong) as stranger, refused(18, "AuthenticationFailed"):
        stranger["app"].items.find_one()


def test_a_validator_refuses_what_does_not_fit(db: Database[Document]) -> None:
    checked = db.create_collection(f"v{uuid4().hex[:8]}", validator={"$jsonSchema": {"required": ["name"]}})
    checked.insert_one({"_id": 1, "name": "x"})
    with pytest.raises(WriteError) as unfit:
        checked.insert_one({"_id": 2})
    assert unfit.value.code == 121
    assert unfit.value.details["errInfo"]["failingDocumentId"] == 2
    checked.insert_one({"_id": 3}, bypass_document_validation=True)
    db.command("collMod", checked.name, validationLevel="moderate")
    checked.update_one({"_id": 3}, {"$set": {"x": 1}})
    with pytest.raises(WriteError):
        checked.update_one({"_id": 1}, {"$unset": {"name": 1}})
    checked.drop()


def test_a_write_that_nobody_waits_for_is_done(items: Collection[Document]) -> None:
    items.with_options(write_concern=WriteConcern(w=0)).insert_many({"_id": n} for n in range(500))
    eventually(items.estimated_document_count, lambda count: count == 500)


def test_what_tools_ask_is_answered(db: Database[Document], items: Collection[Document]) -> None:
    items.insert_one({})
    assert db.client.server_info()["versionArray"][0] >= 7
    assert db.command("dbStats")["collections"] >= 1
    assert db.command("collStats", items.name)["count"] == 1
    assert db.validate_collection(items)["valid"]
    assert items.name in db.list_collection_names(filter={"name": items.name})
    assert items.options() == {}
    assert db.client.admin.command("connectionStatus")["authInfo"]["authenticatedUsers"]
    assert "uptime" in db.client.admin.command("serverStatus")
    assert db.client.admin.command("currentOp")["inprog"]
    items.rename(f"{items.name}_renamed")
    assert db[f"{items.name}_renamed"].count_documents({}) == 1
    db.drop_collection(f"{items.name}_renamed")
