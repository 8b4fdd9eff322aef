"""Connections for one task at a time: who waits, for how long, and how long a transaction may take."""

from __future__ import annotations

import asyncio

import pytest

from dbaas_provisioning.errors import Invalid
from dbaas_server.engine import QueryError, TooBusy
from dbaas_server.engines.postgres import pool as pools
from dbaas_server.engines.postgres.connection import Connector
from dbaas_server.engines.postgres.pool import Pool
from dbaas_server.engines.postgres.transaction import credential_of
from dbaas_server.nouns import Arg, TableRef, Write, WriteKind
from shapes import call, rows, table

from .conftest import target_of

ADD = Write(WriteKind.insert, TableRef("t"), Arg(0), ("id",))


@pytest.fixture
async def pool(library):
    """``pool(queue=1)``: a pool of one connection."""
    made = []

    def make(queue: int = 10, patience: float = 60.0) -> Pool:
        made.append(Pool(Connector(target_of(library)), size=1, queue=queue, patience=patience))
        return made[-1]

    yield make
    for each in made:
        await each.close()


def acquire(pool: Pool, role: str) -> asyncio.Task:
    return asyncio.create_task(pool.acquire(role, lambda target: credential_of(target, role)))


async def waits(task: asyncio.Task) -> bool:
    """Whether a task waits in line, after it had its turn on the loop."""
    await asyncio.sleep(0)
    return not task.done()


async def test_who_gave_up_leaves_the_line(pool):
    line = pool(queue=2)
    wire = await acquire(line, "owner")
    gone, stays = acquire(line, "owner"), acquire(line, "owner")
    assert await waits(gone) and await waits(stays)
    with pytest.raises(TooBusy):
        await acquire(line, "owner")
    gone.cancel()
    await asyncio.wait([gone])
    following = acquire(line, "owner")
    assert await waits(following)
    line.release("owner", wire)
    assert await stays is wire
    line.release("owner", wire)
    assert await following is wire
    line.release("owner", wire)


async def test_who_was_passed_over_keeps_place_and_patience(pool):
    line = pool(queue=2)
    wire = await acquire(line, "owner")
    first = acquire(line, "service_role")
    assert await waits(first)
    second = acquire(line, "service_role")
    assert await waits(second)
    line.release("owner", wire)  # wakes the first, and another owner is quicker
    taken = await line.acquire("owner", lambda target: credential_of(target, "owner"))
    assert await waits(first) and await waits(second)
    line.release("owner", taken)
    other = await first
    assert not second.done()
    line.release("service_role", other)
    assert await second is other
    line.release("service_role", other)


async def test_patience_is_not_renewed(pool):
    line = pool(patience=1.0)
    wire = await acquire(line, "owner")
    waiter = acquire(line, "service_role")
    while not waiter.done():
        line.release("owner", wire)
        wire = await line.acquire("owner", lambda target: credential_of(target, "owner"))
        await asyncio.sleep(0.01)
    with pytest.raises(TooBusy):
        await waiter
    line.release("owner", wire)


async def test_all_writes_of_a_transaction_have_the_time_of_one(database, opener, owner, monkeypatch):
    session = await opener(database, statement_timeout_ms=4000, write_connections=1)
    monkeypatch.setattr(pools, "GRACE_SECONDS", -2.0)  # long before any statement's own time is up
    await session.run(
        "create table t (id int primary key); create function nap() returns void language sql volatile as"
        " 'select pg_sleep(0.2)'",
        (),
        owner,
    )
    nap = call("nap", read_only=False)
    with pytest.raises(QueryError) as caught:
        await session.write([(ADD, ('[{"id": 1}]',)), *[(nap, ())] * 60], owner)
    assert caught.value.code == "57014"
    assert "time limit" in caught.value.message
    assert caught.value.hint
    assert rows(await session.read(table("t"), (), owner)) == []
    await session.write([(ADD, ('[{"id": 2}]',))], owner)  # the connection's place is free again
    assert rows(await session.read(table("t"), (), owner)) == [{"id": 2}]


async def test_a_transaction_has_so_many_writes_at_most(database, opener, owner):
    session = await opener(database, max_writes=3)
    await session.run("create table t (id int primary key)", (), owner)
    writes = [(ADD, (f'[{{"id": {number}}}]',)) for number in range(4)]
    with pytest.raises(Invalid) as caught:
        await session.write(writes, owner)
    assert caught.value.code == "too_many_writes"
    assert caught.value.hint
    assert rows(await session.read(table("t"), (), owner)) == []
    assert len(await session.write(writes[:3], owner)) == 3
