"""The server goes away and comes back under load."""

from __future__ import annotations

import asyncio
import signal
from contextlib import suppress
from uuid import uuid4

import pytest

from dbaas_provisioning.errors import Unavailable
from dbaas_provisioning.nouns import Login
from dbaas_server.engine import Limits, OutcomeUnknown, Target
from dbaas_server.engines.postgres import open_session
from dbaas_server.nouns import Arg, TableRef, Write, WriteKind
from shapes import cmp, rows, table
from waiting import kill_patiently, pid_in, replaced, until

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
    answered: list[None] = []

    async def reader() -> None:
        while not stop.is_set():
            with suppress(Unavailable):
                assert rows(await session.read(BY_ID, ("here",), owner)) == [{"id": "here"}]
                answered.append(None)
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

    async def goes_on() -> None:
        """Twenty more writes and a read."""
        writes, reads = len(acknowledged) + 20, len(answered)

        async def look() -> tuple[int, int]:
            for task in tasks:
                if task.done():
                    task.result()  # raises what ended it
            return len(acknowledged), len(answered)

        await until(look, lambda seen: seen[0] >= writes and seen[1] > reads)

    await goes_on()
    cluster = await platform.cluster(access.database.cluster_id)
    before = pid_in(cluster.data_dir)
    await kill_patiently(before, how)
    await supervision.ensure(access.database.cluster_id)
    assert replaced(cluster.data_dir, before)
    await goes_on()
    stop.set()
    await asyncio.gather(*tasks)
    kept = {row[0] for row in (await session.run("select id from t", (), owner)).rows}
    assert kept >= set(acknowledged)
    assert not kept & set(refused)
    await session.close()
