"""Feeds while servers sleep, wake, are restored and go."""

from __future__ import annotations

import asyncio
import shutil
import subprocess

import psycopg
import pytest

from dbaas_provisioning.errors import Unavailable
from dbaas_provisioning.nouns import ClusterState, Login
from dbaas_provisioning.platform import Access, Platform
from dbaas_server.feeds import Feed, Resync, tap
from dbaas_server.feeds.keeper import DaemonFeeds
from dumps import dump, restore
from followers import Follower
from waiting import until


@pytest.fixture
async def shop(platform: Platform, tenant) -> Access:
    """A database with a cluster of its own, and a table."""
    await platform.create_database(tenant.subdomain, "postgres", "shop", options={}, actor="test")
    return await platform.access(tenant.subdomain, "shop")


@pytest.fixture
async def owner(shop: Access, connect):
    """One statement, on a connection of its own: the server comes and goes."""

    async def execute(statement: str) -> None:
        connection = await connect(shop)
        await connection.execute(statement)
        await connection.close()

    await execute("create table t (id int primary key)")
    return execute


@pytest.fixture
def feed(feeds: DaemonFeeds, shop: Access) -> Feed:
    return feeds.of(shop.tenant.subdomain, "shop")


async def test_a_server_that_is_read_stops_at_once_and_sleeps_until_somebody_follows(
    platform: Platform, supervision, feed, feeds, shop, owner, follower
) -> None:
    following = follower(await feed.live())
    await owner("insert into t values (1)")
    [first] = await following.until(1)
    await following.close()
    async with asyncio.timeout(25):  # the server would wait for a reader that does not confirm for 30
        await supervision.stop(shop.database.cluster_id)
    tap = await feeds.tap(shop.tenant.subdomain, "shop")
    assert tap.reading
    await tap.tend()
    assert (await platform.cluster(shop.database.cluster_id)).state is ClusterState.sleeping
    again = follower(first.position)

    async def state() -> ClusterState:
        return (await platform.cluster(shop.database.cluster_id)).state

    await until(state, lambda seen: seen is ClusterState.running)
    await owner("insert into t values (2)")
    assert [change.record for change in await again.until(1)] == [("2",)]


async def test_who_follows_keeps_the_server_awake(supervision, feed, shop, owner, follower) -> None:
    following = follower(await feed.live())
    await owner("insert into t values (1)")
    await following.until(1)
    await supervision.stop(shop.database.cluster_id)
    await feed.live()
    await owner("insert into t values (2)")
    assert [change.record for change in await following.until(2)] == [("1",), ("2",)]


async def test_an_open_transaction_holds_up_the_first_follower_and_nobody_else(
    platform: Platform, shop, owner, connect, monkeypatch
) -> None:
    open_one = await connect(shop)
    await open_one.execute("begin; insert into t values (1)")
    monkeypatch.setattr(tap, "LIVE_SECONDS", 1.0)
    feeds = DaemonFeeds(platform)
    try:
        feed = feeds.of(shop.tenant.subdomain, "shop")
        with pytest.raises(Unavailable) as raised:
            await feed.live()
        assert raised.value.code == "feed_not_ready" and "open" in (raised.value.details or "")
        async with asyncio.timeout(20):
            await owner("create table other (id int); insert into other values (1)")
        await open_one.execute("commit")
        monkeypatch.undo()
        following = Follower(feed, await feed.live())
        await owner("insert into t values (2)")
        assert [change.record for change in await following.until(1)] == [("2",)]
        await following.close()
    finally:
        await feeds.close()


async def test_a_cluster_that_went_back_to_an_earlier_state_means_a_resync(
    platform: Platform, supervision, feeds, feed, shop, owner, follower, tmp_path
) -> None:
    start = await feed.live()
    await owner("insert into t values (1)")
    following = follower(start)
    await following.until(1)
    await following.close()
    folder = (await platform.cluster(shop.database.cluster_id)).data_dir
    await supervision.stop(shop.database.cluster_id)
    subprocess.run(["cp", "-a", folder, tmp_path / "copy"], check=True)
    await supervision.ensure(shop.database.cluster_id)
    following = follower(start)
    await owner("insert into t select generate_series(2, 1000)")
    last = (await following.until(1000))[-1]
    await following.close()
    await supervision.stop(shop.database.cluster_id)
    shutil.rmtree(folder)
    subprocess.run(["cp", "-a", tmp_path / "copy", folder], check=True)
    await supervision.ensure(shop.database.cluster_id)
    for position in (last.position, start):
        error = await follower(position).ended()
        assert isinstance(error, Resync), error
    now = await feed.live()
    assert now.epoch > start.epoch
    following = follower(now)
    await owner("insert into t values (2)")
    assert [change.record for change in await following.until(1)] == [("2",)]


async def test_a_recovery_that_begins_a_new_timeline_means_a_resync(
    platform: Platform, supervision, feed, shop, owner, follower
) -> None:
    start = await feed.live()
    following = follower(start)
    await owner("insert into t values (1)")
    last = (await following.until(1))[-1]
    folder = (await platform.cluster(shop.database.cluster_id)).data_dir
    await supervision.stop(shop.database.cluster_id)
    with (folder / "postgresql.auto.conf").open("a") as settings:
        settings.write("restore_command = 'false'\nhot_standby = off\n")
    (folder / "recovery.signal").touch()
    await supervision.ensure(shop.database.cluster_id)
    assert isinstance(await following.ended(60), Resync)
    for position in (start, last.position):
        assert isinstance(await follower(position).ended(), Resync)
    again = follower(await feed.live())
    await owner("insert into t values (2)")
    assert [change.record for change in await again.until(1)] == [("2",)]


async def test_a_database_that_was_made_anew_from_a_dump_means_a_resync(
    platform: Platform, feed, shop, owner, connect, follower, tmp_path
) -> None:
    start = await feed.live()
    following = follower(start)
    await owner("insert into t values (1)")
    last = (await following.until(1))[-1]
    found = await platform.replication.access(shop.database, wake=False)
    assert found is not None
    administrator, endpoint, name = found.administrator, found.endpoint, shop.database.physical_name
    url = f"postgresql://{administrator.username}:{administrator.secret}@{endpoint.host}:{endpoint.port}/{name}"
    await asyncio.to_thread(dump, platform.home, url, tmp_path / "dump")
    superuser = await connect(shop, administrator, dbname="postgres")

    async def dropped() -> bool:
        try:
            await superuser.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", [name])
            await superuser.execute(
                "select pg_drop_replication_slot(slot_name) from pg_replication_slots where database = %s", [name]
            )
            await superuser.execute(f'drop database "{name}" with (force)')
        except (psycopg.errors.ObjectInUse, psycopg.errors.UndefinedObject):
            return False
        return True

    await until(dropped)
    login = shop.logins[Login.owner].username
    await superuser.execute(f'create database "{name}" template template0 owner "{login}"')
    await asyncio.to_thread(restore, platform.home, url, tmp_path / "dump")
    assert isinstance(await following.ended(60), Resync)
    for position in (start, last.position):
        assert isinstance(await follower(position).ended(60), Resync)
    again = follower(await feed.live())
    await owner("insert into t values (2)")
    assert [change.record for change in await again.until(1)] == [("2",)]


async def test_a_table_that_was_restored_from_a_dump_is_another_table_whose_rows_are_told(
    feed, owner, follower
) -> None:
    following = follower(await feed.live())
    await owner("insert into t values (1), (2)")
    await owner("begin; drop table t; create table t (id int primary key); insert into t values (1), (2); commit")
    changes = await following.until(4)
    assert [change.record for change in changes] == [("1",), ("2",), ("1",), ("2",)]
    assert changes[1].table.identity != changes[2].table.identity
    assert changes[1].table.ref == changes[2].table.ref


async def test_a_new_database_under_an_old_name_does_not_take_the_old_ones_positions(
    platform: Platform, feeds, feed, shop, owner, follower
) -> None:
    before = await feed.live()
    await owner("insert into t values (1)")
    position = (await follower(before).until(1))[-1].position
    await platform.create_database(shop.tenant.subdomain, "postgres", "other", options={}, actor="test")
    await platform.drop_database(shop.tenant.subdomain, "shop", actor="test")
    await platform.create_database(shop.tenant.subdomain, "postgres", "shop", options={}, actor="test")
    for old in (before, position):
        assert isinstance(await follower(old).ended(), Resync)
    assert await feed.live() > position


async def test_without_its_history_a_log_is_another_one(platform: Platform, feeds, feed, shop, owner, follower) -> None:
    start = await feed.live()
    await owner("insert into t values (1)")
    last = (await follower(start).until(1))[-1]
    await feeds.close()
    shutil.rmtree(platform.home.feeds / shop.database.id.hex)
    successor = DaemonFeeds(platform)
    try:
        again = successor.of(shop.tenant.subdomain, "shop")
        for position in (start, last.position):
            following = Follower(again, position)
            assert isinstance(await following.ended(), Resync)
        for number in range(2, 10):
            following = Follower(again, await again.live())
            await owner(f"insert into t values ({number})")
            try:
                told = await following.until(1)
                break
            except Resync:  # its position was of the log before, a moment before that was known to be gone
                continue
        assert [change.record for change in told] == [(str(number),)]
        await following.close()
    finally:
        await successor.close()


async def test_another_daemon_goes_on_with_what_its_predecessor_kept(
    platform: Platform, feeds, feed, shop, owner, follower
) -> None:
    start = await feed.live()
    following = follower(start)
    await owner("insert into t select generate_series(1, 500)")
    await following.until(500)
    await following.close()
    await feeds.close()
    await owner("insert into t select generate_series(501, 1000)")
    successor = DaemonFeeds(platform)
    try:
        again = Follower(successor.of(shop.tenant.subdomain, "shop"), start)
        changes = await again.until(1_000)
        assert [change.record for change in changes] == [(str(n),) for n in range(1, 1_001)]
        assert [change.position for change in changes[:500]] == [change.position for change in following.changes]
        await again.close()
    finally:
        await successor.close()
