"""The change feeds by themselves: from a commit to a process that follows, without WebSockets."""

from __future__ import annotations

import asyncio
import contextlib
import statistics
import time
from dataclasses import dataclass
from uuid import uuid4

import psycopg
from figures import Bench, figure

from dbaas_provisioning.nouns import Home
from dbaas_server.feeds import Feed
from dbaas_server.feeds.remote import SocketFeeds

WRITERS = 4


@dataclass(frozen=True)
class Followed:
    """A database with a table, and its feed as another process than the daemon's sees it."""

    url: str
    feed: Feed


def followed(bench: Bench) -> Followed:
    """Made once."""
    found = bench.__dict__.get("followed")
    if found is None:
        bench.run_file  # noqa: B018  starts the daemon
        tenant = bench.ask("POST", "/v1/tenants", name=f"feeds-{uuid4().hex[:8]}")["subdomain"]
        made = bench.ask("POST", f"/v1/{tenant}/databases", engine="postgres", name="feeds", expose="policies")
        with psycopg.connect(made["connection_string"], autocommit=True) as connection:
            connection.execute("create table events (id bigint generated always as identity primary key,"
                               " who int, what text, at timestamptz default clock_timestamp())")  # fmt: skip
        feed = SocketFeeds(Home(bench.home)).of(tenant, "feeds")
        found = bench.__dict__["followed"] = Followed(made["connection_string"], feed)
    return found


async def count(feed: Feed, wanted: int, started: asyncio.Event | None = None) -> None:
    """Follow until so many changes came."""
    seen = 0
    after = await feed.live()
    if started is not None:
        started.set()
    async with contextlib.aclosing(feed.follow(after)) as batches:
        async for batch in batches:
            seen += len(batch)
            if seen >= wanted:
                return


@figure("feed: single-row commits told to one follower", unit="/s", target="≥ 5,000")
def sustained(bench: Bench) -> list[float]:
    """Writers in another process commit row by row without waiting for the disk; the follower has to keep up."""
    shop = followed(bench)
    rates = []

    async def run() -> None:
        started = asyncio.Event()
        rows = 20_000
        following = asyncio.create_task(count(shop.feed, rows, started))
        await started.wait()
        began = time.perf_counter()
        writing = [asyncio.create_task(pipelined(shop.url, rows // WRITERS)) for _ in range(WRITERS)]
        await asyncio.gather(*writing)
        await following
        rates.append(rows / (time.perf_counter() - began))

    for _ in range(3):
        asyncio.run(run())
    return rates


async def pipelined(url: str, rows: int) -> None:
    """Commit so many rows one by one, as fast as the server takes them: the loop runs inside of it."""
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        await connection.execute("set synchronous_commit = off")
        await connection.execute(
            "create or replace procedure pg_temp.fill(n int) language plpgsql as $$ begin"
            " for i in 1..n loop insert into events (who, what) values (i, 'something happened'); commit; end loop;"
            " end $$"
        )
        await connection.execute(f"call pg_temp.fill({rows})")


@figure("feed: rows of one large transaction told to one follower", unit="/s")
def catching_up(bench: Bench) -> list[float]:
    shop = followed(bench)
    rates = []

    async def run() -> None:
        started = asyncio.Event()
        rows = 200_000
        following = asyncio.create_task(count(shop.feed, rows, started))
        await started.wait()
        async with await psycopg.AsyncConnection.connect(shop.url) as connection:
            await connection.execute(
                f"insert into events (who, what) select n, 'something happened' from generate_series(1, {rows}) n"
            )
            began = time.perf_counter()
        await following
        rates.append(rows / (time.perf_counter() - began))

    for _ in range(3):
        asyncio.run(run())
    return rates


@figure("feed: kept changes told again after a break", unit="/s")
def again(bench: Bench) -> list[float]:
    shop = followed(bench)
    rates = []

    async def run() -> None:
        rows = 100_000
        before = await shop.feed.live()
        following = asyncio.create_task(count(shop.feed, rows))
        async with await psycopg.AsyncConnection.connect(shop.url) as connection:
            await connection.execute(
                f"insert into events (who, what) select n, 'something happened' from generate_series(1, {rows}) n"
            )
        await following
        for _ in range(3):
            began = time.perf_counter()
            seen = 0
            async with contextlib.aclosing(shop.feed.follow(before)) as batches:
                async for batch in batches:
                    seen += len(batch)
                    if seen >= rows:
                        break
            rates.append(rows / (time.perf_counter() - began))

    asyncio.run(run())
    return rates


def latencies(bench: Bench, per_second: int, seconds: float) -> list[float]:
    """Milliseconds from the end of a durable commit, as its writer sees it, to the follower; sorted."""
    shop = followed(bench)
    found: list[float] = []

    async def run() -> None:
        wanted = int(per_second * seconds)
        committed: dict[str, float] = {}
        arrived: dict[str, float] = {}
        complete = asyncio.Event()

        async def follow() -> None:
            async with contextlib.aclosing(shop.feed.follow(start)) as batches:
                async for batch in batches:
                    now = time.perf_counter()
                    for change in batch:
                        assert change.record is not None
                        arrived[str(change.record[1])] = now
                    if len(arrived) >= wanted:
                        complete.set()

        async def write(first: int) -> None:
            async with await psycopg.AsyncConnection.connect(shop.url, autocommit=True, prepare_threshold=1) as writer:
                due = time.perf_counter()
                for number in range(first, wanted, WRITERS):
                    due += WRITERS / per_second
                    await asyncio.sleep(due - time.perf_counter())
                    await writer.execute("insert into events (who) values (%s)", [number])
                    committed[str(number)] = time.perf_counter()

        start = await shop.feed.live()
        following = asyncio.create_task(follow())
        await asyncio.gather(*(write(first) for first in range(WRITERS)))
        async with asyncio.timeout(30):
            await complete.wait()
        following.cancel()
        found.extend(sorted(max(0.0, arrived[key] - at) * 1000 for key, at in committed.items()))

    asyncio.run(run())
    return found


def register(per_second: int, seconds: float) -> None:
    """Two figures for one rate."""

    @figure(f"feed: commit to follower at {per_second:,}/s, median", unit="ms")
    def median(bench: Bench) -> list[float]:
        return [statistics.median(latencies(bench, per_second, seconds)) for _ in range(3)]

    @figure(f"feed: commit to follower at {per_second:,}/s, 99th of 100", unit="ms")
    def p99(bench: Bench) -> list[float]:
        samples = [latencies(bench, per_second, seconds) for _ in range(3)]
        return [sorted_[int(len(sorted_) * 0.99)] for sorted_ in samples]


for rate, duration in ((1, 10.0), (100, 5.0), (1_000, 5.0)):
    register(rate, duration)
