"""kill -9 of PostgreSQL and of the daemon while four writers commit: a follower is told everything once, in order.

Each transaction takes its number under a lock that it holds until its commit, so that the numbers are the commit order.
"""

from __future__ import annotations

import asyncio
import os
import select
import signal
import threading
import time
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from dbaas_provisioning.nouns import Home
from dbaas_server.feeds.remote import SocketFeeds
from followers import Follower
from live_platform import LivePlatform

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]

WRITERS = 4
PER_SECOND = 500
KILLS = 4

WRITE = "with next as (update counter set n = n + 1 returning n) insert into t (n, writer) select n, %s from next"


class Writing(threading.Thread):
    """Commits row by row at a steady rate, and connects again when the server is gone."""

    def __init__(self, url: str, number: int, stop: threading.Event) -> None:
        super().__init__()
        self.url, self.number, self.stop = url, number, stop
        self.committed = 0

    def run(self) -> None:
        while not self.stop.is_set():
            try:
                with psycopg.connect(self.url, autocommit=True, connect_timeout=5) as connection:
                    due = time.monotonic()
                    while not self.stop.is_set():
                        connection.execute(WRITE, [self.number])
                        self.committed += 1
                        due = max(due + WRITERS / PER_SECOND, time.monotonic() - 1)
                        time.sleep(max(0.0, due - time.monotonic()))
            except psycopg.OperationalError:
                time.sleep(0.05)


@pytest.mark.parametrize("whom", ["postgres", "daemon", "both"])
async def test_a_resuming_follower_is_told_every_commit_once_and_in_order(own_live: LivePlatform, whom: str) -> None:
    assert own_live.cli("up").returncode == 0
    with own_live.operator() as http:
        tenant = http.post("/v1/tenants", json={"name": f"t{uuid4().hex[:10]}"}).json()["subdomain"]
        made = http.post(f"/v1/{tenant}/databases", json={"engine": "postgres", "name": "shop"}).json()
    url = made["connection_string"]
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "create table counter (n int); insert into counter values (0);"
            "create table t (n int primary key, writer int)"
        )
    feeds = SocketFeeds(Home(own_live.home))
    following = Follower(feeds.of(tenant, "shop"), await feeds.of(tenant, "shop").live())
    stop = threading.Event()
    writers = [Writing(url, number, stop) for number in range(WRITERS)]
    for writer in writers:
        writer.start()
    try:
        for _ in range(KILLS):
            await more_rows(following, 500)
            if whom != "daemon":
                kill(postmaster(own_live.home))
            if whom != "postgres":
                kill(own_live.run_file["pid"])
        await more_rows(following, 500)
    finally:
        stop.set()
        for writer in writers:
            await asyncio.to_thread(writer.join)
    with psycopg.connect(url) as connection:
        stored = [n for (n,) in connection.execute("select n from t order by n")]
    told = rows_of(await following.until(lambda _: len(rows_of(following.changes)) >= len(stored), 120))
    assert told == stored
    positions = [change.position for change in following.changes]
    assert positions == sorted(set(positions))
    middle = len(following.changes) // 2
    rest = Follower(feeds.of(tenant, "shop"), positions[middle])
    assert await rest.until(len(positions) - middle - 1, 60) == following.changes[middle + 1 :]
    await rest.close()
    await following.close()


def rows_of(changes) -> list[int]:
    return [int(change.record[0]) for change in changes if change.table.ref.name == "t"]


async def more_rows(following: Follower, more: int) -> None:
    wanted = len(following.changes) + 2 * more  # each transaction changes the counter too
    await following.until(wanted, 120)


def postmaster(home: Path) -> int:
    """The process of the only tenant's server, once it runs."""
    deadline = time.monotonic() + 60
    while True:
        for path in (home / "clusters").glob("*/postmaster.pid"):
            if path.parent.name != "platform":
                try:
                    return int(path.read_text().split()[0])
                except (OSError, IndexError):
                    pass
        assert time.monotonic() < deadline, "the server does not come back"
        time.sleep(0.05)


def kill(process: int) -> None:
    """Return when it is gone."""
    try:
        descriptor = os.pidfd_open(process)
    except ProcessLookupError:
        return
    os.kill(process, signal.SIGKILL)
    select.select([descriptor], [], [], 30)
    os.close(descriptor)
