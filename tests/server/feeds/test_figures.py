"""What a feed tells of itself, and when its operator is warned."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from dbaas_provisioning.nouns import Database, DatabaseState
from dbaas_provisioning.platform import Access, Platform
from dbaas_server.changelog import LogKept
from dbaas_server.changes import format_position, parse_position
from dbaas_server.feeds import Feed, FeedState, Figures, tap
from dbaas_server.feeds.figures import LAG_BYTES, Watch
from dbaas_server.feeds.keeper import DaemonFeeds
from followers import Follower
from waiting import until


@pytest.fixture
async def feeds(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[DaemonFeeds]:
    monkeypatch.setattr(tap, "FRESH_SECONDS", 0.0)
    feeds = DaemonFeeds(platform)
    yield feeds
    await feeds.close()


@pytest.fixture
async def follower() -> AsyncIterator[Callable[..., Follower]]:
    made: list[Follower] = []

    def make(*args) -> Follower:
        made.append(Follower(*args))
        return made[-1]

    yield make
    for one in made:
        await one.close()


@pytest.fixture
async def feed(feeds: DaemonFeeds, database: Access, connect) -> Feed:
    owner = await connect(database)
    await owner.execute("create table t (id int primary key, note text)")
    return feeds.of(database.tenant.subdomain, database.database.name)


async def settled(feed: Feed, state: FeedState) -> Figures:
    return await until(feed.figures, lambda seen: seen.state is state)


async def test_a_feed_is_ready_before_anybody_follows_and_live_with_somebody(
    feed: Feed, database: Access, connect, follower
) -> None:
    ready = await settled(feed, FeedState.ready)
    assert ready.slot == f"dbaas_{database.database.id.hex}"
    assert ready.wal_status == "reserved"
    assert (ready.followers, ready.position, ready.history_bytes) == (0, None, 0)
    start = await feed.live()
    following = follower(feed, start)
    owner = await connect(database)
    await owner.execute("insert into t select n, repeat('x', 100) from generate_series(1, 500) n")
    changes = await following.until(500)
    live = await until(feed.figures, lambda seen: seen.state is FeedState.live and seen.lag_bytes == 0)
    assert live.followers == 1
    assert live.lag_seconds == 0
    assert live.history_bytes > 500 * 100
    assert live.retained_bytes is not None and live.retained_bytes >= 0
    assert live.left_bytes is not None and live.left_bytes > 100_000_000
    assert live.position is not None and parse_position(live.position) >= changes[-1].position
    assert live.oldest_position is not None and parse_position(live.oldest_position) <= start
    assert live.last_error is None


async def test_what_the_engine_told_before_it_kept_the_log_is_not_told_once_it_does(
    feed: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tap, "FRESH_SECONDS", 3600.0)
    await feed.figures()
    await feed.live()
    live = await until(feed.figures, lambda seen: seen.state is FeedState.live and seen.wal_status is not None)
    assert live.wal_status == "reserved"


async def test_the_oldest_position_is_one_that_a_client_may_come_back_with(
    feed: Feed, database: Access, connect, follower
) -> None:
    await feed.live()
    owner = await connect(database)
    await owner.execute("insert into t values (1)")
    oldest = (await settled(feed, FeedState.live)).oldest_position
    assert oldest is not None
    [change] = await follower(feed, parse_position(oldest)).until(1)
    assert change.record == ("1", None)
    assert format_position(change.position) > oldest


async def test_a_log_that_nobody_keeps_is_told_and_kept_anew(
    feed: Feed, feeds: DaemonFeeds, database: Access, platform: Platform, connect
) -> None:
    await settled(feed, FeedState.ready)
    found = await feeds.tap(database.tenant.subdomain, database.database.name)
    access = await platform.replication.access(database.database, wake=False)
    assert access is not None
    administrator = await connect(database, access.administrator)
    await administrator.execute("select pg_drop_replication_slot(%s)", [f"dbaas_{database.database.id.hex}"])
    gone = await feed.figures()
    assert (gone.state, gone.wal_status, gone.retained_bytes) == (FeedState.starting, None, None)
    await found.tend()
    assert (await feed.figures()).wal_status == "reserved"


async def test_what_goes_wrong_with_the_reading_is_kept(
    feed: Feed, database: Access, platform: Platform, connect, follower
) -> None:
    following = follower(feed, await feed.live())
    owner = await connect(database)
    access = await platform.replication.access(database.database, wake=False)
    assert access is not None
    administrator = await connect(database, access.administrator)
    cursor = await administrator.execute(
        "select pg_terminate_backend(active_pid) from pg_replication_slots where slot_name = %s",
        [f"dbaas_{database.database.id.hex}"],
    )
    assert await cursor.fetchall() == [(True,)]
    await owner.execute("insert into t values (1)")
    await following.until(1)
    told = await settled(feed, FeedState.live)
    assert told.last_error and told.last_error_at is not None
    assert datetime.fromisoformat(told.last_error_at) <= datetime.now(UTC)
    assert access.administrator.secret not in told.last_error


async def test_those_who_ask_together_are_told_together(feed: Feed, monkeypatch: pytest.MonkeyPatch) -> None:
    await settled(feed, FeedState.ready)
    monkeypatch.setattr(tap, "FRESH_SECONDS", 60.0)
    told = await asyncio.gather(*(feed.figures() for _ in range(50)))
    assert len({one.looked_at for one in told}) == 1


# --- the watch ------------------------------------------------------------------------------------------------------


def database_named(name: str) -> Database:
    return Database(
        **{
            **dict.fromkeys(Database.__dataclass_fields__),
            "id": uuid4(),
            "name": name,
            "state": DatabaseState.ready,
        }
    )


def kept(status: str | None, now: int = 0) -> LogKept:
    return LogKept("slot", status, 0, None, 0, now)


def test_a_log_in_danger_is_warned_of_once_with_the_remedy(caplog: pytest.LogCaptureFixture) -> None:
    watch = Watch(database_named("sho\np"))
    with caplog.at_level(logging.WARNING, "dbaas.feeds"):
        for _ in range(3):
            watch.looked(kept("extended"))
        assert not caplog.messages
        for _ in range(3):
            watch.looked(kept("unreserved"))
        [said] = caplog.messages
        assert "unreserved" in said and "transactions that are open" in said and "\n" not in said
        watch.looked(kept("lost"))
        watch.looked(kept("lost"))
        assert len(caplog.messages) == 2 and "resync" in caplog.messages[1]
        watch.looked(kept("reserved"))
        watch.looked(kept("unreserved"))
        assert len(caplog.messages) == 3


def test_a_lag_past_its_bound_is_warned_of_once(caplog: pytest.LogCaptureFixture) -> None:
    watch = Watch(database_named("shop"))
    watch.read(0)
    with caplog.at_level(logging.WARNING, "dbaas.feeds"):
        for more in range(3):
            watch.looked(kept("reserved", LAG_BYTES + 1 + more))
        assert len(caplog.messages) == 1 and "not read yet" in caplog.messages[0]
        watch.read(LAG_BYTES + 3)
        watch.looked(kept("reserved", LAG_BYTES + 3))
        assert len(caplog.messages) == 1


def test_lag_in_time_counts_from_what_was_known_to_be_unread() -> None:
    now = [100.0]
    watch = Watch(database_named("shop"), lambda: now[0])
    watch.read(10)
    watch.looked(kept("reserved", 10))
    now[0] += 3600  # nothing was written for an hour, then a little
    watch.looked(kept("reserved", 20))
    assert (watch.lag_seconds, watch.lag_bytes, watch.behind) == (0.0, 10, False)
    now[0] += 5
    watch.looked(kept("reserved", 30))
    assert (watch.lag_seconds, watch.behind) == (5.0, True)
    watch.read(30)
    assert (watch.lag_seconds, watch.lag_bytes, watch.behind) == (0.0, 0, False)
