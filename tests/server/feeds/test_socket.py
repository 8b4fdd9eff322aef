"""Following from another process than the daemon's."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from uuid import uuid4

import psycopg
import pytest

from dbaas_provisioning.errors import NotFound
from dbaas_provisioning.nouns import Home
from dbaas_server.feeds import Resync
from dbaas_server.feeds.remote import SocketFeeds
from dbaas_server.nouns import Position
from followers import Follower
from live_platform import LivePlatform
from waiting import kill_patiently, pid_in, until


class Shop:
    """A database of a live platform, with a table."""

    def __init__(self, live: LivePlatform) -> None:
        with live.operator() as http:
            self.tenant = http.post("/v1/tenants", json={"name": f"t{uuid4().hex[:10]}"}).json()["subdomain"]
            made = http.post(f"/v1/{self.tenant}/databases", json={"engine": "postgres", "name": "shop"})
        self.url = made.json()["connection_string"]
        self.feeds = SocketFeeds(Home(live.home))
        self.feed = self.feeds.of(self.tenant, "shop")

    async def connect(self) -> psycopg.AsyncConnection:
        return await psycopg.AsyncConnection.connect(self.url, autocommit=True)

    async def connected(self) -> psycopg.AsyncConnection | None:
        """A connection once the server accepts one: what brings it back after its end is the daemon."""
        try:
            return await self.connect()
        except psycopg.OperationalError:
            return None


@pytest.fixture
async def follow() -> AsyncIterator[Callable[..., Follower]]:
    made: list[Follower] = []

    def make(feed, *args) -> Follower:
        made.append(Follower(feed, *args))
        return made[-1]

    yield make
    for one in made:
        await one.close()


async def test_every_process_follows_the_daemon(live: LivePlatform, follow) -> None:
    shop = Shop(live)
    async with await shop.connect() as owner:
        await owner.execute("create table t (id int primary key)")
        start = await shop.feed.live()
        followers = [follow(shop.feed, start) for _ in range(3)]
        default = follow(shop.feeds.of(shop.tenant), start)
        await owner.execute("insert into t select generate_series(1, 20000)")
        for one in (*followers, default):
            changes = await one.until(20_000)
            assert [change.record for change in changes] == [(str(n),) for n in range(1, 20_001)]
        middle = followers[0].changes[9_999].position
        assert (await follow(shop.feed, middle).until(10_000))[0].record == ("10001",)


async def test_what_cannot_be_followed_says_why(live: LivePlatform, follow) -> None:
    shop = Shop(live)
    start = await shop.feed.live()
    error = await follow(shop.feed, Position(start.epoch - 1, 5)).ended()
    assert isinstance(error, Resync) and error.code == "resync" and error.hint
    assert isinstance(await follow(shop.feeds.of(shop.tenant, "nothing")).ended(), NotFound)
    with pytest.raises(NotFound):
        await shop.feeds.of("nobody", "shop").live()


async def test_a_killed_daemon_and_a_killed_server_are_waited_out(own_live: LivePlatform, follow) -> None:
    assert own_live.cli("up").returncode == 0
    shop = Shop(own_live)
    async with await shop.connect() as owner:
        await owner.execute("create table t (id int primary key)")
        following = follow(shop.feed, await shop.feed.live())
        await owner.execute("insert into t select generate_series(1, 1000)")
        await following.until(1_000)
        await kill_patiently(own_live.run_file["pid"])
        await owner.execute("insert into t select generate_series(1001, 2000)")
        await following.until(2_000, 60)
        await owner.execute("insert into t select generate_series(2001, 3000)")
        await following.until(3_000)
    [data] = [path.parent for path in own_live.home.glob("clusters/*/postmaster.pid") if "platform" not in str(path)]
    await kill_patiently(pid_in(data))
    async with await until(shop.connected) as owner:
        await owner.execute("insert into t select generate_series(3001, 4000)")
    changes = await following.until(4_000, 60)
    assert [change.record for change in changes] == [(str(n),) for n in range(1, 4_001)]
