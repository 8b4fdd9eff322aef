"""Processes of one platform hear each other: the daemon's own door and a worker of ``dbaas serve``."""

from __future__ import annotations

import os
import re
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace

import pytest

from live_platform import LivePlatform, free_port, without_platform
from live_project import LiveProject
from realtime_client import phoenix


@pytest.fixture
def worker(live: LivePlatform, realtime: LiveProject) -> Iterator[tuple[LiveProject, subprocess.Popen[str]]]:
    """The same project at another process's address."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "dbaas_server.cli", "serve", "--port", str(port), "--workers", "1",
         "--home", str(live.home)],
        stdout=subprocess.PIPE, text=True, env=without_platform(os.environ), start_new_session=True,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        ready, _, _ = select.select([process.stdout], [], [], 60)
        assert ready, "it says where it serves"
        assert re.match("dbaas serves http://", process.stdout.readline())
        yield replace(realtime, base=realtime.base.replace(live.url, f"http://127.0.0.1:{port}")), process
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


async def test_broadcast_presence_and_changes_cross_processes(realtime: LiveProject, worker):
    elsewhere, process = worker
    here = {"presence": {"key": "here", "enabled": True}}
    there = {"presence": {"key": "there", "enabled": True}}
    orders = {"event": "INSERT", "schema": "public", "table": "orders", "filter": "id=eq.3000"}
    async with phoenix(realtime.base, realtime.anon) as one:
        await one.join("far", orders, **here)
        await one.ask("realtime:far", "presence", {"event": "track", "payload": {"n": 1}})
        async with phoenix(elsewhere.base, realtime.anon) as two:
            await two.join("far", orders, **there)
            # Whoever is in another process comes a moment behind one's own.
            state = await two.event("presence_state")
            if "here" not in state:
                assert "here" in (await two.event("presence_diff"))["joins"]
            await two.ask("realtime:far", "presence", {"event": "track", "payload": {"n": 2}})
            diff = await one.wait(lambda m: m["event"] == "presence_diff" and "there" in m["payload"]["joins"])
            assert diff["payload"]["joins"]["there"]["metas"][0]["n"] == 2
            await two.send("realtime:far", "broadcast", {"event": "e", "payload": {"text": "é"}})
            assert (await one.event("broadcast"))["payload"] == {"text": "é"}
            await one.send("realtime:far", "broadcast", {"event": "f", "payload": {}})
            assert (await two.event("broadcast"))["event"] == "f"
            realtime.run("insert into orders values (3000, 'x', 1, '')")
            assert (await one.change())["position"] == (await two.change())["position"]
            os.killpg(process.pid, signal.SIGKILL)
            left = await one.wait(lambda m: m["event"] == "presence_diff" and "there" in m["payload"]["leaves"])
            assert left["payload"]["joins"] == {}
