"""The server goes away and comes back under load."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import pytest

from dbaas_provisioning.errors import Unavailable
from dbaas_provisioning.nouns import Login
from dbaas_server.engine import Limits, OutcomeUnknown, Target
from dbaas_server.engines.postgres import open_session
from dbaas_server.nouns import Arg, TableRef, Write, WriteKind
from shapes import cmp, rows, table

BY_ID = table("t", "id", where=(cmp("id", "eq", 0),))
INSERT = Write(WriteKind.insert, TableRef("t"), Arg(0), ("id",))


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
async def test_no_wrong_answer_no_lost_write_and_a_quick_recovery(platform, tenant, supervision, owner, how):
    await platform.create_database(tenant.subdomain, "postgres", "shop", options={}, actor="test")
    access = await platform.access(tenant.subdomain, "shop")

    async def wake() -> Target:
        return target_of(await platform.access(tenant.subdomain, "shop"))

    def target_of(found) -> Target:
        logins = found.logins
        return Target(
            found.endpoint,
            found.database.physical_name,
            logins[Login.owner],
            logins[Login.api],
            logins[Login.service],
            "policies",
            wake,
        )

    session = await open_session(target_of(access), Limits())
    await session.run("create table t (id text primary key); insert into t values ('here')", (), owner)
    stop = asyncio.Event()
    acknowledged: list[str] = []
    refused: list[str] = []
    answered_at: list[float] = []

    async def reader() -> None:
        while not stop.is_set():
            with suppress(Unavailable):
                assert rows(await session.read(BY_ID, ("here",), owner)) == [{"id": "here"}]
                answered_at.append(time.monotonic())
            await asyncio.sleep(0)

    async def writer() -> None:
        while not stop.is_set():
            key = uuid4().hex
            try:
                await session.write([(INSERT, (f'{{"id": "{key}"}}',))], owner)
                acknowledged.append(key)
            except OutcomeUnknown:
                pass
            except Unavailable:
                refused.append(key)
                await asyncio.sleep(0.01)

    tasks = [asyncio.create_task(work()) for work in (reader, reader, reader, writer, writer)]
    while len(acknowledged) < 20:
        await asyncio.sleep(0.01)
    cluster = await platform.cluster(access.database.cluster_id)
    os.kill(int((Path(cluster.data_dir) / "postmaster.pid").read_text().split()[0]), how)
    await asyncio.sleep(0.2)
    await supervision.ensure(access.database.cluster_id)
    back = time.monotonic()
    before = len(acknowledged)
    while len(acknowledged) < before + 20:
        await asyncio.sleep(0.01)
        for task in tasks:
            if task.done():
                task.result()  # raises what ended it
        assert time.monotonic() - back < 30
    stop.set()
    await asyncio.gather(*tasks)
    assert any(moment > back for moment in answered_at)
    kept = {row[0] for row in (await session.run("select id from t", (), owner)).rows}
    assert kept >= set(acknowledged)
    assert not kept & set(refused)
    await session.close()
