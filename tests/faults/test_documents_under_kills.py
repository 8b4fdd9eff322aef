"""kill -9 of the listener and of PostgreSQL while four clients write: what was acknowledged is there, once and whole.

The clients are pymongo's with ``retryWrites``, on which an application that has seen no error relies.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pymongo
import pytest
from pymongo import DeleteOne, InsertOne, UpdateOne
from pymongo.collection import Collection
from pymongo.errors import AutoReconnect, BulkWriteError, DuplicateKeyError, OperationFailure, PyMongoError

from live_documents import LiveDocuments, listener, new_documents
from live_platform import LivePlatform
from victims import postgres
from waiting import eventually, kill

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]

Document = dict[str, Any]

WRITERS, KILLS, STEPS = 4, 4, 60
PATIENT = {"retryWrites": "true", "serverSelectionTimeoutMS": "120000", "connectTimeoutMS": "60000"}


def patient(url: str) -> str:
    return url + "".join(f"&{name}={value}" for name, value in PATIENT.items())


class Writer(threading.Thread):
    """Writes documents of its own in every way, and remembers what it was told of each.

    Attributes:
        counts: by a document's id, how often it was told that the document was counted up; and how often it tried
            without being told.
    """

    def __init__(self, number: int, url: str, stop: threading.Event) -> None:
        super().__init__()
        self.number, self.url, self.stop = number, url, stop
        self.inserted: set[str] = set()
        self.maybe_inserted: set[str] = set()
        self.deleted: set[str] = set()
        self.maybe_deleted: set[str] = set()
        self.counts: dict[str, int] = {}
        self.maybe_counts: dict[str, int] = {}
        self.steps = 0
        self.surprises: list[str] = []

    def run(self) -> None:
        with pymongo.MongoClient[Document](patient(self.url)) as client:
            items = client["app"].items
            while not self.stop.is_set():
                try:
                    self.step(items, self.steps)
                except AssertionError as wrong:
                    self.surprises.append(str(wrong))
                self.steps += 1

    def step(self, items: Collection[Document], step: int) -> None:
        key = f"{self.number}-{step}"
        kind = step % 5
        if kind == 0:
            self.insert(items, key)
        elif kind == 1:
            self.count(items, f"{self.number}-{step - 1}")
        elif kind == 2:
            self.insert_many(items, [f"{key}-{n}" for n in range(30)])
        elif kind == 3:
            self.mixed(items, key, f"{self.number}-{step - 1}-7")
        else:
            self.delete(items, f"{self.number}-{step - 2}-3")

    def document(self, key: str) -> Document:
        return {"_id": key, "key": key, "writer": self.number, "n": 0, "tags": [self.number, len(key), "all"]}

    def insert(self, items: Collection[Document], key: str) -> None:
        told = self.told(lambda: items.insert_one(self.document(key)))
        (self.inserted if told else self.maybe_inserted).add(key)

    def insert_many(self, items: Collection[Document], keys: list[str]) -> None:
        told = self.told(lambda: items.insert_many([self.document(key) for key in keys]))
        (self.inserted if told else self.maybe_inserted).update(keys)

    def count(self, items: Collection[Document], key: str) -> None:
        told = self.told(lambda: items.find_one_and_update({"_id": key}, {"$inc": {"n": 1}, "$push": {"tags": "more"}}))
        counts = self.counts if told else self.maybe_counts
        counts[key] = counts.get(key, 0) + 1

    def mixed(self, items: Collection[Document], key: str, other: str) -> None:
        more = f"{key}-more"
        steps = [InsertOne(self.document(more)), UpdateOne({"_id": more}, {"$inc": {"n": 1}}),
                 UpdateOne({"_id": other}, {"$inc": {"n": 1}})]  # fmt: skip
        told = self.told(lambda: items.bulk_write(steps))
        (self.inserted if told else self.maybe_inserted).add(more)
        for one in (more, other):
            counts = self.counts if told else self.maybe_counts
            counts[one] = counts.get(one, 0) + 1

    def delete(self, items: Collection[Document], key: str) -> None:
        told = self.told(lambda: items.bulk_write([DeleteOne({"_id": key})]))
        (self.deleted if told else self.maybe_deleted).add(key)

    def told(self, write: Callable[[], object]) -> bool:
        """Whether a write was acknowledged. What else it may end with says that nobody knows."""
        try:
            write()
        except (DuplicateKeyError, BulkWriteError) as error:
            raise AssertionError(f"not done once: {error}") from error
        except AutoReconnect:
            return False
        except OperationFailure as error:
            assert error.has_error_label("RetryableWriteError") or error.code in (91, 11600, 189), repr(error)
            return False
        except PyMongoError as error:
            raise AssertionError(repr(error)) from error
        return True


@contextlib.contextmanager
def load(documents: LiveDocuments) -> Iterator[list[Writer]]:
    stop = threading.Event()
    writers = [Writer(number, documents.url, stop) for number in range(WRITERS)]
    for writer in writers:
        writer.start()
    try:
        yield writers
    finally:
        stop.set()
        for writer in writers:
            writer.join()


def more(writers: list[Writer], steps: int) -> None:
    """Wait until each has done so many steps more."""
    wanted = [writer.steps + steps for writer in writers]

    def done() -> bool:
        surprises = [one for writer in writers for one in writer.surprises]
        assert not surprises, surprises[:3]
        return all(writer.steps >= steps for writer, steps in zip(writers, wanted, strict=True))

    eventually(done, seconds=240)


def check(documents: LiveDocuments, writers: list[Writer]) -> None:
    """What is stored is what the writers were told."""
    assert not [one for writer in writers for one in writer.surprises]
    with documents.client(patient(documents.url)) as client:
        items = client["app"].items
        stored = {one["_id"]: one for one in items.find()}
        for writer in writers:
            gone = writer.deleted | writer.maybe_deleted
            assert not [key for key in writer.inserted - gone if key not in stored], "an acknowledged insert is lost"
            assert not [key for key in writer.deleted if key in stored], "an acknowledged delete is lost"
            mine = {key for key, one in stored.items() if one["writer"] == writer.number}
            assert mine <= writer.inserted | writer.maybe_inserted
            for key in mine:
                least = writer.counts.get(key, 0)
                assert least <= stored[key]["n"] <= least + writer.maybe_counts.get(key, 0), (key, stored[key], least)
        acknowledged = sum(len(writer.inserted) for writer in writers)
        assert acknowledged > 100
        told = client["app"].command("validate", "items", full=True)
        assert told["valid"], told
        for index, many in (("writer_1", len(stored)), ("key_1", len(stored))):
            assert sum(1 for _ in items.find({}, {"_id": 1}).hint(index)) == many
        assert items.count_documents({"tags": "all"}, hint="tags_1") == len(stored)


@pytest.fixture
def documents(own_live: LivePlatform) -> LiveDocuments:
    assert own_live.cli("up").returncode == 0
    made = new_documents(own_live)
    with made.client() as client:
        items = client["app"].items
        items.create_index("key", unique=True)
        items.create_index("writer")
        items.create_index("tags")
    return made


@pytest.mark.parametrize("whom", ["listener", "postgres", "both"])
def test_no_acknowledged_write_is_lost_and_none_is_done_twice(documents: LiveDocuments, whom: str) -> None:
    with load(documents) as writers:
        for _ in range(KILLS):
            more(writers, STEPS)
            if whom != "listener":
                kill(postgres(documents.live))
            if whom != "postgres":
                kill(listener(documents.live))
        more(writers, STEPS)
    check(documents, writers)


@pytest.mark.parametrize("whom", ["listener", "postgres"])
def test_an_index_whose_build_was_cut_short_is_built_all_the_same(documents: LiveDocuments, whom: str) -> None:
    many = 60_000
    with documents.client(patient(documents.url)) as client:
        large = client["app"].large
        large.insert_many({"_id": n, "a": n % 1_000, "tags": [n % 7, n % 11]} for n in range(many))

        def build() -> None:
            with contextlib.suppress(PyMongoError):  # nobody was there to answer
                large.create_index([("a", 1), ("tags", 1)], name="late")

        building = threading.Thread(target=build)
        building.start()
        eventually(lambda: [one for one in operations(client) if "index" in str(one.get("msg", "")).lower()])
        kill(listener(documents.live) if whom == "listener" else postgres(documents.live))
        building.join()

        def is_built() -> bool:
            try:
                plan = large.find({"a": 5}).hint("late").explain()["queryPlanner"]["winningPlan"]
            except PyMongoError:
                return False
            return "IXSCAN" in str(plan)

        eventually(is_built, seconds=240)
        assert "late" in large.index_information()
        assert sum(1 for _ in large.find({"a": 5}, {"_id": 1}).hint("late")) == many // 1_000
        assert client["app"].command("validate", "large", full=True)["valid"]


def operations(client: pymongo.MongoClient[Document]) -> list[Document]:
    """What is under way."""
    try:
        found: list[Document] = client.admin.command("currentOp")["inprog"]
    except PyMongoError:
        return []
    return found
