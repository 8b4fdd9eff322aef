"""What a client sees of the large and the odd: each has its defined outcome."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest
import websockets

from dbaas_provisioning.nouns import Home
from dbaas_provisioning.platform import Platform
from dbaas_server.daemon_link import SocketSupervision
from dbaas_server.engines.postgres.changes.slot import slot_name
from dumps import dump, restore
from live_platform import LivePlatform
from live_project import LiveProject, new_project
from mixed_load import resident_bytes
from realtime_client import Phoenix, phoenix
from waiting import until

ROWS = 100_000
MOST_MEMORY = 200 * 1024 * 1024
Connect = Callable[[], Awaitable[psycopg.AsyncConnection]]


@pytest.fixture(scope="module")
def project(live: LivePlatform) -> LiveProject:
    """A database that may be broken."""
    return new_project(live)


def table(name: str) -> dict[str, str]:
    return {"event": "*", "schema": "public", "table": name}


async def resynced(client: Phoenix, topic: str) -> dict:
    message = await client.wait(
        lambda one: one["event"] == "system" and one["payload"].get("code") == "resync" and one["topic"].endswith(topic)
    )
    return message["payload"]


async def run(project: LiveProject, script: str, *params: object) -> None:
    await asyncio.to_thread(project.run, script, *params)


async def test_a_transaction_of_100_000_rows_comes_whole_and_in_order(live: LivePlatform, project: LiveProject):
    project.run("create table many (id int primary key, filling text)")
    insert = "insert into many select n, 'row ' || n from generate_series(1, %s) n"
    before = resident_bytes(live.run_file["pid"])
    found: list[dict[str, Any]] = []
    since: dict[str, str] = {}
    writing: asyncio.Task[None] | None = None
    while len(found) < ROWS:
        try:
            async with phoenix(project.base, project.secret, ping_interval=None) as client:
                joined = await client.join("a", table("many"), **since)
                since = since or {"since": joined["response"]["position"]}
                writing = writing or asyncio.create_task(run(project, insert, ROWS))
                while len(found) < ROWS:
                    found.append(await client.change())
        except websockets.ConnectionClosed as closed:
            # On a busy machine the client may not keep up: it is told, and resumes.
            assert closed.rcvd is not None and closed.rcvd.code == 1013, closed
            since = {"since": found[-1]["position"]} if found else since
    assert writing is not None
    await writing
    assert [one["record"]["id"] for one in found] == list(range(1, ROWS + 1))
    assert found[-1]["record"]["filling"] == f"row {ROWS}"
    assert len({one["commit_timestamp"] for one in found}) == 1
    assert len({one["position"] for one in found}) == ROWS
    assert resident_bytes(live.run_file["pid"]) - before < MOST_MEMORY
    async with phoenix(project.base, project.secret) as client:
        middle = ROWS // 2
        await client.join("b", table("many"), since=found[middle - 1]["position"])
        assert [(await client.change())["record"]["id"] for _ in range(3)] == [middle + n for n in (1, 2, 3)]


async def test_a_slot_removed_by_hand_is_told_and_changes_go_on(live: LivePlatform, project: LiveProject):
    project.run("create table kept (id int primary key)")
    async with phoenix(project.base, project.secret) as client:
        joined = await client.join("a", table("kept"))
        project.run("insert into kept values (1)")
        assert (await client.change())["record"] == {"id": 1}
        async with superuser(live, project) as (connect, name):
            await until(lambda: dropped(connect, name))
        told = await resynced(client, "a")
        assert (told["status"], told["details"]) == ("error", "the database's log was lost")
        project.run("insert into kept values (2)")
        change = await client.change()
        assert change["record"] == {"id": 2}
        # Positions of before are of another log; the one that came with the word of the gap is not.
        await client.join("b", table("kept"), since=joined["response"]["position"])
        assert (await resynced(client, "b"))["position"] >= change["position"]
        await client.join("c", table("kept"), since=told["position"])
        assert (await client.change("c"))["position"] == change["position"]


async def test_a_change_is_told_when_whoever_is_told_can_find_it(live: LivePlatform):
    """A commit that waits for a standby is in the log, and nobody can see it yet: its table is not even there."""
    project = new_project(live)
    async with superuser(live, project) as (connect, name), phoenix(project.base, project.anon) as client:
        await client.join("a", {"event": "*", "schema": "public", "table": "*"})
        async with await connect() as server:
            await standby(server, "nobody")
            waiting = asyncio.create_task(
                run(project, "create table young (id int primary key); grant select on young to anon;"
                    " insert into young values (1)")
            )  # fmt: skip
            await until(lambda: sent(server, name))
            await client.quiet()
            assert not [one for one in client.messages if one["event"] == "postgres_changes"]
            await standby(server, "")
        await waiting
        assert (await client.change())["record"] == {"id": 1}


async def standby(server: psycopg.AsyncConnection, name: str) -> None:
    """Have commits wait for a standby of this name; "" for none."""
    await server.execute(f"alter system set synchronous_standby_names = '{name}'")
    await server.execute("select pg_reload_conf()")
    await until(lambda: holds(server, "select current_setting('synchronous_standby_names') = %s", name))


async def sent(server: psycopg.AsyncConnection, slot: str) -> bool:
    """Whether a commit waits for a standby, and was sent to who reads the slot."""
    query = (
        "select exists (select from pg_stat_activity where wait_event = 'SyncRep') and exists (select from"
        " pg_replication_slots s join pg_stat_replication r on r.pid = s.active_pid"
        " where s.slot_name = %s and r.sent_lsn >= pg_current_wal_flush_lsn())"
    )
    return await holds(server, query, slot)


async def holds(server: psycopg.AsyncConnection, query: str, *params: str) -> bool:
    row = await (await server.execute(query, params)).fetchone()
    return row is not None and bool(row[0])


async def dropped(connect: Connect, name: str) -> bool:
    """Whether the slot is gone. The feed wants it back at once, and ends whoever holds it: us too, while we drop it."""
    try:
        async with await connect() as connection:
            await connection.execute(
                "select pg_terminate_backend(active_pid, 5000) from pg_replication_slots where slot_name = %s", [name]
            )
            await connection.execute("select pg_drop_replication_slot(%s)", [name])
    except (psycopg.errors.ObjectInUse, psycopg.errors.AdminShutdown):
        return False
    except psycopg.errors.UndefinedObject:
        pass
    return True


@asynccontextmanager
async def superuser(live: LivePlatform, project: LiveProject) -> AsyncIterator[tuple[Connect, str]]:
    """How to connect to the project's database as the platform does, and the name of its slot."""
    home = Home(live.home)
    platform = await Platform.open(home, SocketSupervision(home))
    try:
        database = await platform.database(project.tenant, "app")
        found = await platform.replication.access(database, wake=False)
        assert found is not None
        connect = partial(
            psycopg.AsyncConnection.connect,
            host=found.endpoint.host, port=found.endpoint.port, dbname=database.physical_name, autocommit=True,
            user=found.administrator.username, password=found.administrator.secret,
        )  # fmt: skip
        yield connect, slot_name(database.id)
    finally:
        await platform.close()


async def test_who_subscribed_to_a_table_is_told_that_it_has_another_name(project: LiveProject):
    project.run("create table early (id int primary key); grant select on early to anon; insert into early values (0)")
    async with phoenix(project.base, project.anon) as client:
        await client.join("old", table("early"))
        await client.join("new", table("late"))
        project.run("insert into early values (1)")
        while (first := await client.change("old"))["record"] != {"id": 1}:
            pass  # a feed that is just being read may tell what was committed a moment before
        project.run("alter table early rename to late; insert into late values (2)")
        change = await client.change("new")
        assert (change["table"], change["record"]) == ("late", {"id": 2})
        told = await resynced(client, "old")
        assert told["message"] == "public.early is called public.late now."
        assert told["details"] == "the table was renamed"
        # Who was away meanwhile is told the same, at the same place.
        await client.join("away", table("early"), since=first["position"].partition("-")[0] + "-0")
        assert (await resynced(client, "away"))["details"]
        await client.join("back", table("early"), table("late"), since=told["position"])
        assert (await client.change("back"))["record"] == {"id": 2}
        project.run(
            "create table early (id int primary key); grant select on early to anon; insert into early values (3)"
        )
        assert (await client.change("old"))["record"] == {"id": 3}, "it waits for another table of that name"
        await client.quiet()
        assert not [one for one in client.messages if one["event"] == "postgres_changes" and one["topic"][9:] == "new"]


async def test_a_dump_restored_over_a_database_is_another_table_whose_rows_are_told(
    live: LivePlatform, project: LiveProject, tmp_path: Path
):
    home, url = Home(live.home), project.connection_string
    project.run("create table shelf (id int primary key, what text); grant select on shelf to anon")
    project.run("insert into shelf select n, 'dumped' from generate_series(1, 10) n")
    await asyncio.to_thread(dump, home, url, tmp_path / "dump")
    async with phoenix(project.base, project.secret) as client, phoenix(project.base, project.anon) as visitor:
        for one in (client, visitor):
            await one.join("a", table("shelf"))
        project.run("insert into shelf values (11, 'later')")
        later = await client.change()
        assert (await visitor.change()) == later
        await asyncio.to_thread(restore, home, url, tmp_path / "dump", "--clean", "--if-exists")
        told = await resynced(client, "a")
        assert told["details"] == "the table was made anew"
        assert "public.shelf is another table now" in told["message"]
        restored = [await client.change() for _ in range(10)]
        assert [(one["type"], one["record"]) for one in restored] == [
            ("INSERT", {"id": n, "what": "dumped"}) for n in range(1, 11)
        ]
        project.run("insert into shelf values (12, 'new')")
        assert (await client.change())["record"]["id"] == 12
        # A visitor has no right to a table that is being restored before its grants are.
        assert (await resynced(visitor, "a"))["details"] == "the table was made anew"
        while (change := await visitor.change())["record"]["id"] != 12:
            assert change in restored
        await client.join("b", table("shelf"), since=told["position"])
        assert [(await client.change("b"))["record"]["id"] for _ in range(11)] == [*range(1, 11), 12]
