"""kill -9 of PostgreSQL and of the daemon while four writers commit: a follower is told everything once, in order."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import pytest

from dbaas_provisioning.nouns import Home
from dbaas_server.feeds.remote import SocketFeeds
from followers import Follower
from live_platform import LivePlatform
from steady_writers import make_table, numbers, writing
from victims import daemon, postgres
from waiting import kill_patiently

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]

KILLS = 4


@pytest.mark.parametrize("whom", ["postgres", "daemon", "both"])
async def test_a_resuming_follower_is_told_every_commit_once_and_in_order(own_live: LivePlatform, whom: str) -> None:
    assert own_live.cli("up").returncode == 0
    with own_live.operator() as http:
        tenant = http.post("/v1/tenants", json={"name": f"t{uuid4().hex[:10]}"}).json()["subdomain"]
        made = http.post(f"/v1/{tenant}/databases", json={"engine": "postgres", "name": "shop"}).json()
    url = made["connection_string"]
    make_table(url, "t")
    feeds = SocketFeeds(Home(own_live.home))
    following = Follower(feeds.of(tenant, "shop"), await feeds.of(tenant, "shop").live())
    async with writing(url, "t"):
        for _ in range(KILLS):
            await more_rows(following, 500)
            if whom != "daemon":
                await kill_patiently(await asyncio.to_thread(postgres, own_live))
            if whom != "postgres":
                await kill_patiently(await asyncio.to_thread(daemon, own_live))
        await more_rows(following, 500)
    stored = numbers(url, "t")
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
