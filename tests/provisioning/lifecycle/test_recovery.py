"""What a killed process leaves, put there by hand: taken away, or brought to its end, by whoever comes next."""

from __future__ import annotations

import asyncio
import os
import sys
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from dbaas_provisioning.copies import new_working_login
from dbaas_provisioning.engines.postgres.administrator import administrator
from dbaas_provisioning.engines.postgres.create import make_database
from dbaas_provisioning.engines.postgres.drop import drop_database
from dbaas_provisioning.engines.postgres.holding import hold, take_over
from dbaas_provisioning.errors import DbaasError, NotFound, Unavailable
from dbaas_provisioning.meta.lifecycle import Piece
from dbaas_provisioning.nouns import DatabaseState
from dbaas_provisioning.platform import Access, Platform
from waiting import kill_patiently, until


async def reach(platform: Platform, access: Access):
    return (await platform._databases.reach(access.database))[1:]


async def test_a_name_is_taken_from_whoever_holds_it_or_waits_for_it(platform: Platform, database: Access) -> None:
    where = await reach(platform, database)
    name = f"n{uuid4().hex}"

    async def holder() -> None:
        async with administrator(*where) as connection:
            await hold(connection, name)
            await connection.execute("select pg_sleep(60)")

    holders = [asyncio.create_task(holder()) for _ in range(2)]
    async with administrator(*where) as connection, administrator(*where) as another:
        await hold(another, f"{name}, another")

        async def both() -> int:
            held = "select from pg_locks l join pg_stat_activity a using (pid) where locktype = 'advisory'"
            ours = f"{held} and (a.query like '%%pg_sleep(60)%%' or not l.granted)"
            return (await connection.execute(ours.encode())).rowcount

        await until(both, lambda seen: seen >= 2)
        await take_over(connection, name)
        for each in await asyncio.gather(*holders, return_exceptions=True):
            assert isinstance(each, Unavailable)
        await another.execute("select 1")  # who holds another name goes on


async def test_a_database_that_the_server_still_makes_goes_as_well(platform: Platform, database: Access) -> None:
    """CREATE DATABASE goes on in the server when its client was killed; here it waits until it was looked for."""
    where, name = await reach(platform, database), f"d{uuid4().hex}"

    async def nothing(_: object) -> None: ...

    async with administrator(*where) as holder, administrator(*where) as looking:
        async with holder.transaction(force_rollback=True):
            await holder.execute("comment on database template0 is 'held'")
            making = asyncio.create_task(make_database(*where, name, lambda _: (), nothing, lambda: None))

            async def waits() -> int:
                found = "select from pg_stat_activity where query like 'create database%%' and wait_event_type = 'Lock'"
                return (await looking.execute(found)).rowcount

            await until(waits)
            await drop_database(*where, name)
            with pytest.raises(DbaasError):
                await making
        assert not (await looking.execute("select from pg_database where datname = %s", [name])).rowcount


async def test_a_login_that_owns_something_in_an_unfinished_database_goes_with_it(
    platform: Platform, database: Access
) -> None:
    tenant, name, working = database.tenant, f"half{uuid4().hex[:8]}", new_working_login()
    half = await platform.create_database(tenant.subdomain, "postgres", name, options={}, actor="ann")
    store, where = platform._store, await reach(platform, database)
    async with administrator(*where, name) as inside:
        await inside.execute(
            f"create role {working} login; create table public.t (); alter table public.t owner to {working}".encode()
        )
    await store.mark_database(half.id, DatabaseState.creating)
    await store.lifecycle.begin(Piece(uuid4(), tenant.id, half.cluster_id, half.id, "fill", working))
    await platform.lifecycle.dump(tenant.subdomain, database.database.name, actor="ann")
    assert tenant.id not in await platform.lifecycle.unfinished()
    with pytest.raises(NotFound):
        await platform.database(tenant.subdomain, name)
    async with administrator(*where) as connection:
        assert not (await connection.execute("select from pg_roles where rolname = %s", [working])).rowcount


async def test_what_cannot_be_taken_away_now_hinders_no_other_work(platform: Platform, database: Access) -> None:
    tenant, store, working = database.tenant, platform._store, new_working_login()
    piece = Piece(uuid4(), tenant.id, database.database.cluster_id, database.database.id, "dump", working)
    await store.lifecycle.begin(piece)
    where = await reach(platform, database)
    async with administrator(*where, database.database.physical_name) as inside:
        await inside.execute(f"create role {working}; create schema s authorization {working}".encode())
        await platform.lifecycle.dump(tenant.subdomain, database.database.name, actor="ann")
        assert piece in await store.lifecycle.pieces(tenant.id)
        await inside.execute(b"drop schema s")
    await platform.recover()
    assert not await store.lifecycle.pieces(tenant.id)


async def test_the_daemon_does_not_wait_for_who_is_at_work(platform: Platform, database: Access) -> None:
    """They may be waiting for it: for the server that it is to start."""
    tenant, store = database.tenant, platform._store
    piece = Piece(uuid4(), tenant.id, None, uuid4(), "dump")
    async with store.lock(tenant.id):
        await store.lifecycle.begin(piece)
        await platform.recover()
        assert piece in await store.lifecycle.pieces(tenant.id)
    await platform.recover()
    assert piece not in await store.lifecycle.pieces(tenant.id)


async def test_dumps_expire_with_their_database_or_not_at_all(platform: Platform, database: Access) -> None:
    tenant, name, store = database.tenant, database.database.name, platform._store
    kept = await platform.lifecycle.dump(tenant.subdomain, name, actor="ann")
    await store.lifecycle.part_with(database.database.id, datetime.now(UTC))
    found = await platform.database(tenant.subdomain, name)
    assert found.state is DatabaseState.dropping
    [dump] = await platform.lifecycle.dumps(tenant.subdomain, name)
    assert dump.id == kept.id and dump.expires_at is not None
    await store.mark_database(database.database.id, DatabaseState.ready)


async def test_a_program_ends_with_the_process_that_started_it() -> None:
    """Also when that is killed while the program has nothing to say, and reads and writes nothing."""
    script = (
        "import asyncio, pathlib\n"
        "from dbaas_provisioning.engines.postgres.copies.tools import run_tool\n"
        "asyncio.run(run_tool(pathlib.Path('/bin/sleep'), ['600']))\n"
    )
    starter = await asyncio.create_subprocess_exec(sys.executable, "-c", script)

    async def program() -> str:
        listed = await asyncio.create_subprocess_exec(
            "ps", "-o", "pid=,comm=", "--ppid", str(starter.pid), stdout=asyncio.subprocess.PIPE
        )
        words = (await listed.communicate())[0].decode().split()
        return words[0] if words[1:] == ["sleep"] else ""

    watched = os.pidfd_open(int(await until(program)))
    try:
        await kill_patiently(starter.pid)
        ended = asyncio.Event()
        asyncio.get_running_loop().add_reader(watched, ended.set)
        await asyncio.wait_for(ended.wait(), 60)
    finally:
        asyncio.get_running_loop().remove_reader(watched)
        os.close(watched)
        await starter.wait()
