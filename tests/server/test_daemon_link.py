"""Starting the daemon from processes that find it gone."""

from __future__ import annotations

import asyncio

import pytest

from dbaas_provisioning.nouns import Home
from dbaas_server import daemon_link
from live_platform import LivePlatform
from victims import daemon
from waiting import kill_patiently


async def test_of_all_who_find_the_daemon_gone_one_starts_it(
    own_live: LivePlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    spawned = []

    def spawn(home, log, spawn=daemon_link._spawn):
        spawned.append(spawn(home, log))
        return spawned[-1]

    monkeypatch.setattr(daemon_link, "_spawn", spawn)
    home = Home(own_live.home)
    for times in (1, 2):
        found = await asyncio.gather(*(daemon_link.start_daemon(home) for _ in range(20)))
        assert len(spawned) == times
        assert {one.pid for one in found} == {spawned[-1].pid} == {own_live.run_file["pid"]}
        await kill_patiently(daemon(own_live))
    # Who gives up while it starts one leaves that to the others.
    gives_up = asyncio.create_task(daemon_link.start_daemon(home))
    while len(spawned) < 3:
        await asyncio.sleep(0.01)
    gives_up.cancel()
    await asyncio.gather(gives_up, return_exceptions=True)
    found = await asyncio.gather(*(daemon_link.start_daemon(home) for _ in range(5)))
    assert {one.pid for one in found} == {own_live.run_file["pid"]}
