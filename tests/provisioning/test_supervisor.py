"""Engines that die, daemons that die, ports that are taken."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import psycopg
import pytest

from dbaas_provisioning.errors import Unavailable
from dbaas_provisioning.meta.bootstrap import META_CLUSTER, Bootstrap
from dbaas_provisioning.nouns import ClusterState, Home
from dbaas_provisioning.platform import Platform
from dbaas_provisioning.runtimes.local import choose_port
from dbaas_provisioning.secrets import Vault
from dbaas_provisioning.supervisor import Supervisor
from waiting import kill, pid_in, replaced, until

BUILDS = ("wheel", "system")


class Running:
    """A supervisor and a platform in this test's loop, with a tenant ``acme`` that has a database ``shop``."""

    def __init__(self, home: Home) -> None:
        self.home = home

    async def open(self) -> None:
        self.supervisor = await Supervisor.open(self.home)
        self.platform = await Platform.open(self.home, self.supervisor)

    async def close(self, *, stop_engines: bool) -> None:
        await self.platform.close()
        await self.supervisor.close(stop_engines=stop_engines)

    async def create(self) -> None:
        await self.platform.create_tenant("acme", actor="test")
        await self.platform.create_database("acme", "postgres", "shop", options={}, actor="test")

    async def connect(self) -> psycopg.AsyncConnection:
        url = await self.platform.connection_string("acme", "shop")
        return await psycopg.AsyncConnection.connect(url, autocommit=True)

    async def cluster(self):
        return await self.platform.cluster((await self.platform.database("acme")).cluster_id)

    async def postmaster(self) -> int:
        return pid_in((await self.cluster()).data_dir)


async def another_server(data_dir: Path, before: int) -> None:
    """Return when another server than ``before`` is at work in a data folder."""

    async def look() -> bool:
        return replaced(data_dir, before)

    await until(look)


@pytest.fixture(scope="module")
def homes(new_home: Callable[[], Home]) -> dict[str, Home]:
    """A data folder per build for this module: making clusters takes longer than starting them."""
    return {build: new_home() for build in BUILDS}


@pytest.fixture
async def running(homes: dict[str, Home], build: str) -> AsyncIterator[Running]:
    running = Running(homes[build])
    await running.open()
    if not await running.platform.tenants():
        await running.create()
    await running.platform.access("acme")
    yield running
    await running.close(stop_engines=True)


@pytest.mark.every_build
async def test_a_killed_engine_is_started_again_by_itself_with_its_data(running: Running) -> None:
    async with await running.connect() as connection:
        await connection.execute("drop table if exists t; create table t (id int); insert into t values (7)")
    endpoint = (await running.cluster()).endpoint
    for _ in range(3):
        before = await running.postmaster()
        kill(before)
        await another_server((await running.cluster()).data_dir, before)
        access = await running.platform.access("acme")
        assert access.endpoint == endpoint
        async with await running.connect() as connection:
            assert await (await connection.execute("select * from t")).fetchall() == [(7,)]


@pytest.mark.every_build
async def test_a_busy_child_of_a_killed_engine_does_not_keep_it_from_starting(running: Running) -> None:
    """It holds the shared memory, and looks for its parent only when it waits for something."""
    connection = await running.connect()
    busy = asyncio.create_task(
        connection.execute("set statement_timeout = 0; select count(*) from generate_series(1, 1e15)")
    )
    administrator = await running.platform.connection_string("acme", "shop", admin=True)

    async def at_work() -> bool:
        async with await psycopg.AsyncConnection.connect(administrator) as other:
            found = await other.execute(
                "select from pg_stat_activity where state = 'active' and query like '%%1e15%%'"
                " and pid <> pg_backend_pid()"
            )
            return found.rowcount > 0

    await until(at_work)
    kill(await running.postmaster())
    access = await running.platform.access("acme")
    async with await running.connect() as again:
        assert await (await again.execute("select 1")).fetchone() == (1,)
    assert access.endpoint == (await running.cluster()).endpoint
    with pytest.raises(psycopg.OperationalError):
        await busy
    await connection.close()


async def test_the_platforms_own_cluster_may_be_killed_too(running: Running) -> None:
    data_dir = running.home.clusters / "platform"
    for _ in range(3):
        before = pid_in(data_dir)
        kill(before)
        assert (await running.platform.tenant("acme")).subdomain == "acme"
        await another_server(
            data_dir, before
        )  # the answer may have come from a child that outlived its server a moment
    await running.platform.update_tenant("acme", default_database="shop", actor="test")


async def test_changes_are_heard_again_after_the_platforms_cluster_was_killed(running: Running) -> None:
    heard: list[tuple[str, str]] = []
    running.platform.on_change(lambda kind, identity: heard.append((kind, identity)))

    async def hears() -> bool:
        tenant = await running.platform.update_tenant("acme", default_database="shop", actor="test")
        await asyncio.sleep(0.02)
        return ("tenant", str(tenant.id)) in heard

    await until(hears)
    heard.clear()
    kill(pid_in(running.home.clusters / "platform"))
    await until(hears)
    assert ("key", "") in heard, "what was missed is told as: forget everything"


@pytest.mark.every_build
async def test_engines_outlive_their_supervisor_and_the_next_one_adopts_them(running: Running) -> None:
    session = await running.connect()
    before = await running.postmaster()
    await running.close(stop_engines=False)
    assert await (await session.execute("select 1")).fetchone() == (1,)
    await running.open()
    await running.platform.access("acme")
    assert await running.postmaster() == before
    assert await (await session.execute("select 1")).fetchone() == (1,)
    kill(before)
    await running.platform.access("acme")  # the adopted one is watched like one's own
    assert await running.postmaster() != before
    await session.close()


async def test_an_engine_that_died_without_a_supervisor_is_asleep_and_wakes_up(running: Running) -> None:
    before = await running.postmaster()
    await running.close(stop_engines=False)
    kill(before)
    await running.open()
    assert (await running.cluster()).state is ClusterState.sleeping
    assert (await running.platform.usage("acme", "shop")).size_bytes is None
    assert (await running.cluster()).state is ClusterState.sleeping, "looking at it does not wake it"
    async with await running.connect() as connection:
        assert await (await connection.execute("select 1")).fetchone() == (1,)
    assert (await running.cluster()).state is ClusterState.running


async def test_stopping_everything_includes_what_a_predecessor_started(running: Running) -> None:
    before = await running.postmaster()
    await running.close(stop_engines=False)
    supervisor = await Supervisor.open(running.home)
    await supervisor.close(stop_engines=True)
    assert not (running.home.clusters / "platform" / "postmaster.pid").exists()

    async def gone() -> bool:
        try:
            return Path(f"/proc/{before}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
        except FileNotFoundError:
            return True

    await until(gone)
    await running.open()


async def test_a_taken_port_is_replaced_and_the_new_one_kept(running: Running) -> None:
    cluster = await running.cluster()
    await running.close(stop_engines=True)  # while it only sleeps, its port is kept for it
    with socket.socket() as thief:
        thief.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        thief.bind((cluster.endpoint.host, cluster.endpoint.port))
        thief.listen()
        await running.open()
        moved = await running.supervisor.ensure(cluster.id)
        assert moved.port != cluster.endpoint.port
        assert (await running.cluster()).endpoint == moved
        async with await running.connect() as connection:
            assert connection.info.port == moved.port
    await running.supervisor.stop(cluster.id)
    assert await running.supervisor.ensure(cluster.id) == moved


async def test_many_who_want_a_cluster_start_it_once(running: Running) -> None:
    cluster = await running.cluster()
    await running.supervisor.stop(cluster.id)
    endpoints = await asyncio.gather(*(running.supervisor.ensure(cluster.id) for _ in range(10)))
    assert set(endpoints) == {cluster.endpoint}


async def test_data_that_is_missing_is_told_and_not_replaced_by_nothing(running: Running) -> None:
    cluster = await running.cluster()
    await running.supervisor.stop(cluster.id)
    elsewhere = cluster.data_dir.with_name("elsewhere")
    cluster.data_dir.rename(elsewhere)
    with pytest.raises(Unavailable) as refused:
        await running.platform.access("acme")
    assert refused.value.code == "data_missing"
    assert not cluster.data_dir.exists()
    elsewhere.rename(cluster.data_dir)
    assert (await running.platform.access("acme")).endpoint == cluster.endpoint


async def test_a_cluster_that_was_never_finished_is_made_anew(running: Running) -> None:
    tenant = await running.platform.create_tenant("half", actor="test")
    data_dir = running.home.clusters / f"{tenant.id}-postgres"
    data_dir.mkdir()
    (data_dir / "PG_VERSION").write_text("?")
    data_dir.with_name(f".{data_dir.name}.unfinished").touch()
    await running.platform.create_database("half", "postgres", "d", options={}, actor="test")
    assert (await running.platform.access("half")).database.name == "d"
    await running.platform.drop_tenant("half", actor="test")


async def test_two_data_folders_are_two_platforms(running: Running, new_home: Callable[[], Home]) -> None:
    other = Running(new_home())
    await other.open()
    try:
        assert await other.platform.tenants() == []
        await other.create()
        assert (await other.cluster()).endpoint != (await running.cluster()).endpoint
        async with await other.connect() as there, await running.connect() as here:
            await there.execute("create table only_there ()")
            cursor = await here.execute("select to_regclass('only_there')")
            assert await cursor.fetchone() == (None,)
    finally:
        await other.close(stop_engines=True)
    assert (await running.platform.access("acme")).database.name == "shop"


async def test_a_dropped_tenant_leaves_neither_process_nor_data(running: Running) -> None:
    data_dir = (await running.cluster()).data_dir
    postmaster = await running.postmaster()
    await running.platform.drop_tenant("acme", actor="test")
    assert not Path(f"/proc/{postmaster}").exists()
    assert not data_dir.exists()
    assert [path for path in running.home.clusters.iterdir() if path.name != "platform"] == []
    assert [path for path in running.home.logs.iterdir() if data_dir.name in path.name] == []
    assert await running.platform.tenants() == []


async def test_a_lost_master_key_is_one_clear_error(running: Running) -> None:
    key = running.home.path / "master.key"
    text = key.read_bytes()
    await running.close(stop_engines=True)
    key.unlink()
    try:
        with pytest.raises(Unavailable) as refused:
            await Supervisor.open(running.home)
        assert refused.value.code == "master_key_missing"
        assert not key.exists(), "a new one would open nothing"
        Vault.open(running.home, create=True)
        with pytest.raises(Unavailable) as refused:
            await Supervisor.open(running.home)
        assert refused.value.code == "master_key_wrong"
    finally:
        key.write_bytes(text)
    await running.open()


async def test_what_describes_the_platform_is_private(running: Running) -> None:
    vault = Vault.open(running.home)
    bootstrap = Bootstrap.load(running.home, vault)
    assert bootstrap is not None
    assert bootstrap.cluster.id == META_CLUSTER
    assert running.home.bootstrap_file.stat().st_mode & 0o777 == 0o600
    assert bootstrap.superuser.secret not in running.home.bootstrap_file.read_text()
    for folder in (running.home.run, running.home.logs, running.home.clusters / "platform"):
        assert folder.stat().st_mode & 0o077 == 0


def test_a_cluster_finds_the_same_free_port_again_and_clusters_seldom_the_same() -> None:
    assert choose_port("127.0.0.1", 0, "a") == choose_port("127.0.0.1", 0, "a")
    assert len({choose_port("127.0.0.1", 0, str(seed)) for seed in range(20)}) > 15
