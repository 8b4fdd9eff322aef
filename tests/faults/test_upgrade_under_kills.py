"""kill -9 of the daemon in the middle of an upgrade: its next start shows the old server or the new one, whole."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest

from dbaas_provisioning.meta.upgrades import Stage
from dbaas_provisioning.nouns import Cluster, Home
from dbaas_provisioning.platform import Platform
from dbaas_provisioning.runtimes.processes import processes_in
from dbaas_server.daemon_link import SocketSupervision
from live_platform import LivePlatform, without_platform
from upgrades import CONTENT, FILL, OLD, made_by
from waiting import eventually, kill, until

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]

TENANT = "acme"


@asynccontextmanager
async def opened(live: LivePlatform) -> AsyncIterator[Platform]:
    platform = await Platform.open(Home(live.home), SocketSupervision(Home(live.home)))
    yield platform
    await platform.close()


async def the_cluster(platform: Platform) -> Cluster:
    [cluster] = await platform.clusters(TENANT)
    return cluster


async def content(platform: Platform) -> dict[str, Any]:
    url = await platform.connection_string(TENANT, "shop")
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        return {name: await (await connection.execute(text)).fetchall() for name, text in CONTENT.items()}


def at_work(live: LivePlatform, program: str) -> list[int]:
    """Processes of this folder's engines that run a program, in whatever folder."""
    found = []
    for entry in Path("/proc").iterdir():
        with suppress(OSError):
            words = (entry / "cmdline").read_bytes().split(b"\0") if entry.name.isdecimal() else []
            if words and words[0].decode().endswith(f"/{program}") and str(live.home).encode() in b" ".join(words):
                found.append(int(entry.name))
    return found


def making(live: LivePlatform) -> bool:
    return bool(at_work(live, "initdb"))


def checking(live: LivePlatform) -> bool:
    return bool(at_work(live, "pg_upgrade"))


def moving(live: LivePlatform) -> bool:
    """The second run, in the middle of its work: it restores schemas into the new server."""
    return bool(at_work(live, "pg_restore"))


async def upgraded_until(live: LivePlatform, reached: Callable[[LivePlatform], bool]) -> None:
    """Ask for an upgrade, and kill the daemon as soon as it is there."""
    daemon = live.run_file["pid"]
    asking = subprocess.Popen(
        [sys.executable, "-m", "dbaas_server.cli", "upgrade", TENANT, "--to", "18", "--home", str(live.home)],
        env=without_platform(os.environ), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        await asyncio.to_thread(eventually, lambda: reached(live) or asking.poll() is not None)
        assert asking.poll() is None, asking.stderr.read()  # type: ignore[union-attr]
        kill(daemon)
        _, said = await asyncio.to_thread(asking.communicate, timeout=120)
        assert asking.returncode == 1 and b"daemon_unreachable" in said, said
    finally:
        asking.kill()
        asking.wait()


async def whole(live: LivePlatform, before: dict[str, Any], version: str) -> None:
    """After the next start it is of this version with everything in it, and nothing else is there or at work."""
    assert live.cli("up").returncode == 0
    async with opened(live) as platform:
        cluster = await the_cluster(platform)
        assert cluster.version == version
        assert await content(platform) == before
        clusters = Home(live.home).clusters

        async def folders() -> set[str]:
            return {path.name for path in clusters.iterdir()}

        await until(folders, lambda found: found == {"platform", cluster.data_dir.name})
        assert not at_work(live, "pg_upgrade") and not at_work(live, "initdb")
        [postmaster] = [pid for pid in processes_in(cluster.data_dir) if pid in at_work(live, "postgres")]
        assert postmaster
        assert await platform._store.upgrades.of(cluster.id) is None or version == "18"  # statistics are being made


async def stocked(live: LivePlatform) -> dict[str, Any]:
    async with opened(live) as platform:
        await platform.create_tenant(TENANT, actor="test")
        with made_by(OLD):
            await platform.create_database(TENANT, "postgres", "shop", options={}, actor="test")
        url = await platform.connection_string(TENANT, "shop")
        async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
            await connection.execute(FILL)
        return await content(platform)


@pytest.mark.parametrize("moment", [making, checking, moving])
async def test_before_the_exchange_it_is_the_old_server(own_live: LivePlatform, moment: Any) -> None:
    assert own_live.cli("up").returncode == 0
    before = await stocked(own_live)
    await upgraded_until(own_live, moment)
    await whole(own_live, before, OLD)
    async with opened(own_live) as platform:  # and nothing keeps it from being upgraded after all
        await platform.upgrades.upgrade(TENANT, "postgres", "18", actor="test")
    await whole(own_live, before, "18")


@pytest.fixture
def killing(own_live: LivePlatform, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Makes the daemon kill itself right before or after a statement in ``platform_meta``."""
    assert own_live.home.exists()
    folder = own_live.home / "sitecustomize"

    def arm(when: str) -> None:
        folder.mkdir(exist_ok=True)
        (folder / "sitecustomize.py").write_text(KILLS.format(when=when))

    monkeypatch.setenv("PYTHONPATH", str(folder))
    yield arm


KILLS = """
import os, signal, sys

if "dbaas_server.daemon" in " ".join(sys.orig_argv):
    from dbaas_provisioning.meta import upgrades

    exchange = upgrades.UpgradeStore.exchange

    async def killed(self, *args):
        if {when!r} == "after":
            await exchange(self, *args)
        os.kill(os.getpid(), signal.SIGKILL)

    upgrades.UpgradeStore.exchange = killed
"""


@pytest.mark.parametrize(("when", "version"), [("before", OLD), ("after", "18")])
async def test_right_before_and_right_after_the_exchange(
    own_live: LivePlatform, killing: Callable[[str], None], when: str, version: str
) -> None:
    killing(when)
    assert own_live.cli("up").returncode == 0
    before = await stocked(own_live)
    asked = await asyncio.to_thread(own_live.cli, "upgrade", TENANT, "--to", "18")
    assert asked.returncode == 1 and "daemon_unreachable" in asked.stderr
    async with opened(own_live) as platform:
        # Not started again yet? The question for the tenant's clusters needs only the platform's own server.
        assert (await the_cluster(platform)).version == version
    await whole(own_live, before, version)


async def test_killed_while_the_old_folder_goes_it_goes_at_the_next_start(own_live: LivePlatform) -> None:
    """The exchange is stored, the new server was never started: as if killed right behind it."""
    assert own_live.cli("up").returncode == 0
    before = await stocked(own_live)
    async with opened(own_live) as platform:
        await platform.upgrades.upgrade(TENANT, "postgres", "18", actor="test")
        cluster = await the_cluster(platform)

        async def ended() -> bool:
            return await platform._store.upgrades.of(cluster.id) is None

        await until(ended)
        left = Home(own_live.home).clusters / "left-over"
        left.mkdir()
        (left / "PG_VERSION").write_text(OLD)
        await platform._store.upgrades._connections.do(
            "update clusters set upgrade_stage = %s, upgrade_other = %s where id = %s",
            [Stage.finishing.value, left.name, cluster.id],
        )
    assert own_live.cli("down").returncode == 0
    await whole(own_live, before, "18")
