"""Servers go to a newer PostgreSQL with everything in them, or stay what they were."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from unittest.mock import patch

import psycopg
import pytest

from dbaas_provisioning.errors import Conflict, DbaasError, Invalid, NotFound, Unavailable, Unsupported
from dbaas_provisioning.meta.bootstrap import META_CLUSTER
from dbaas_provisioning.nouns import Cluster, Home
from dbaas_provisioning.platform import Step
from dbaas_provisioning.runtimes import moving
from upgrades import OLD, Upgradable
from waiting import until


@pytest.fixture(scope="module")
def shared_home(new_home: Callable[[], Home]) -> Home:
    return new_home()


@pytest.fixture
async def at(shared_home: Home) -> AsyncIterator[Upgradable]:
    """A platform, stocked, with a tenant whose server is of the old version."""
    async with Upgradable.opened(shared_home) as at:
        yield at


async def test_everything_is_there_afterwards(at: Upgradable) -> None:
    before = await at.fill()
    old, told = await at.cluster(), list[Step]()
    cluster = await at.upgrade("18", told.append)
    assert (old.version, cluster.version, cluster.endpoint) == (OLD, "18", old.endpoint)
    assert [(step.number, step.of) for step in told] == [(number, 7) for number in range(1, 8)]
    assert told[4].doing == "Moving the data"
    async with await at.connect() as connection:
        assert connection.info.server_version // 10_000 == 18
    assert await at.content() == before
    await at.nothing_is_left()
    audit = (await at.platform.audit(tenant=at.tenant))[0]
    assert (audit.action, audit.target, audit.outcome, audit.details) == (
        "upgrade_cluster", "postgres", "ok", {"to": "18"},
    )  # fmt: skip
    # From now on it is a server like any other.
    await at.reopen()
    assert await at.content() == before
    await at.platform.create_database(at.tenant, "postgres", "more", options={}, actor="test")
    await at.platform.rotate(at.tenant, "shop", actor="test")
    assert (await at.content())["rows"] == before["rows"]
    with pytest.raises(Conflict, match="has version 18"):
        await at.upgrade("18")
    await at.platform.drop_tenant(at.tenant, actor="test")
    assert not cluster.data_dir.exists()


async def test_statistics_are_made_and_nothing_else_is_left_to_do(at: Upgradable) -> None:
    await at.fill()
    await at.upgrade("18")
    async with await at.connect(admin=True) as connection:

        async def analyzed() -> bool:
            found = await connection.execute("select last_analyze is not null from pg_stat_user_tables")
            return all(row[0] for row in await found.fetchall())

        await until(analyzed)

    async def ended() -> bool:
        return await at.supervisor._store.upgrades.of((await at.cluster()).id) is None

    await until(ended)


async def test_a_document_server_is_upgraded_the_same_way(shared_home: Home) -> None:
    async with Upgradable.opened(shared_home, "document") as at:
        async with await at.connect(admin=True) as connection:
            await connection.execute("create table kept as select 42 as answer")
        cluster = await at.upgrade("18")
        assert (cluster.engine, cluster.version) == ("document", "18")
        async with await at.connect(admin=True) as connection:
            assert connection.info.server_version // 10_000 == 18
            assert await (await connection.execute("select * from kept")).fetchall() == [(42,)]
        with pytest.raises(NotFound, match="no postgres database"):
            await at.platform.upgrades.upgrade(at.tenant, "postgres", "18", actor="test")


@pytest.mark.parametrize(
    ("to", "kind", "code"),
    [
        (OLD, Conflict, "not_newer"),
        ("15", Conflict, "not_newer"),
        ("99", Unsupported, "version_missing"),
        ("18.1", Invalid, "invalid_version"),
        ("' --to", Invalid, "invalid_version"),
    ],
)
async def test_what_cannot_be_asked_for_is_refused_by_name(
    at: Upgradable, to: str, kind: type[DbaasError], code: str
) -> None:
    with pytest.raises(kind) as refused:
        await at.upgrade(to)
    assert refused.value.code == code
    assert (await at.cluster()).version == OLD and await at.answers()
    assert (await at.platform.audit(tenant=at.tenant))[0].outcome == code


async def test_the_platforms_own_server_keeps_its_version(at: Upgradable) -> None:
    with pytest.raises(Unsupported, match="keeps the version that made it"):
        await at.supervisor.upgrade(META_CLUSTER, "18")
    with pytest.raises(Invalid):
        await at.platform.upgrades.upgrade(at.tenant, "nosql", "18", actor="test")


async def test_what_pg_upgrade_refuses_is_told_and_the_old_server_goes_on(at: Upgradable) -> None:
    await at.fill()
    async with await at.connect() as connection:
        await connection.execute("create table calls (id int, what regprocedure)")
    before = await at.content()
    with pytest.raises(Conflict) as refused:
        await at.upgrade("18")
    assert refused.value.code == "upgrade_refused"
    assert "public.calls.what" in (refused.value.details or "")
    superuser = await at.supervisor._store.superuser((await at.cluster()).id)
    assert superuser.secret not in str(refused.value.as_dict())
    assert (await at.cluster()).version == OLD
    await at.nothing_is_left()
    assert await at.content() == before
    async with await at.connect() as connection:
        await connection.execute("drop table calls")
    assert (await at.upgrade("18")).version == "18"
    assert (await at.content())["rows"] == before["rows"]


async def test_without_room_nothing_is_stopped(at: Upgradable) -> None:
    async with await at.connect() as connection:
        with patch.object(moving, "ROOM_BYTES", 1 << 60), pytest.raises(Unavailable) as refused:
            await at.upgrade("18")
        assert refused.value.code == "not_enough_disk"
        await connection.execute("select 1")  # the same session goes on


async def test_who_asks_meanwhile_is_told_to_come_back(at: Upgradable) -> None:
    asked: list[asyncio.Task[object]] = []

    def ask(step: Step) -> None:
        if step.number in (3, 5):
            asked.append(asyncio.ensure_future(at.platform.access(at.tenant)))

    await at.upgrade("18", ask)
    outcomes = await asyncio.gather(*asked, return_exceptions=True)
    assert [getattr(outcome, "code", outcome) for outcome in outcomes] == ["cluster_upgrading"] * 2
    assert await at.answers()


@pytest.mark.parametrize("number", [3, 4, 5])
async def test_who_goes_away_before_the_data_are_moved_leaves_the_old_server(at: Upgradable, number: int) -> None:
    before = await at.fill()
    asking = asyncio.ensure_future(
        at.upgrade(
            "18", lambda step: asyncio.get_running_loop().call_soon(asking.cancel) if step.number == number else None
        )
    )
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert (await at.cluster()).version == OLD
    await at.nothing_is_left()
    assert await at.content() == before
    assert (await at.platform.audit(tenant=at.tenant))[0].outcome == "cancelled"


async def test_being_stopped_on_the_way_leaves_the_old_server(at: Upgradable) -> None:
    before = await at.fill()
    closing: list[asyncio.Task[None]] = []

    def stop(step: Step) -> None:
        if step.number == 5:
            closing.append(asyncio.ensure_future(at.supervisor.close(stop_engines=True)))

    with pytest.raises(DbaasError):
        await at.upgrade("18", stop)
    await closing[0]
    await at.platform.close()
    await at.open()
    assert (await at.cluster()).version == OLD
    await at.nothing_is_left()
    assert await at.content() == before


async def test_slots_that_pg_upgrade_would_take_along_are_dropped(at: Upgradable) -> None:
    await at.upgrade("18")
    cluster = await at.cluster()
    superuser = await at.supervisor._store.superuser(cluster.id)
    async with await at.connect(admin=True) as connection:
        await connection.execute("select pg_create_logical_replication_slot('mine', 'pgoutput')")
        await at.engine("postgres").drop_slots(cluster, superuser)
        assert (await connection.execute("select from pg_replication_slots")).rowcount == 0


@pytest.mark.parametrize("lacking", ["extensions", "locales"])
async def test_what_the_new_build_lacks_is_named(shared_home: Home, lacking: str) -> None:
    """The machine's 15 has extensions and ICU, which the wheel's 18 has not."""
    async with Upgradable.opened(shared_home, build="system") as at:
        cluster = await at.cluster()
        assert cluster.version == "15"
        async with await at.connect(admin=True) as connection:
            if lacking == "extensions":
                await connection.execute("create extension hstore schema extensions")
            else:
                found = await connection.execute("select extname from pg_extension where extname <> 'plpgsql'")
                for (name,) in await found.fetchall():
                    await connection.execute(psycopg.sql.SQL("drop extension {}").format(psycopg.sql.Identifier(name)))
                await connection.execute('create table said (word text collate "de-x-icu")')
        with pytest.raises(Unsupported) as refused:
            await at.upgrade("18")
        assert refused.value.code == f"{lacking}_missing"
        assert ("hstore (shop)" if lacking == "extensions" else "shop") in refused.value.message
        assert (await at.cluster()).version == "15" and await at.answers()


async def test_one_upgrade_after_the_other(shared_home: Home) -> None:
    """15 to 16 is left to machines that have both with the same extensions; here 16 to 18 begins twice at once."""
    async with Upgradable.opened(shared_home) as at:
        outcomes = await asyncio.gather(at.upgrade("18"), at.upgrade("18"), return_exceptions=True)
        versions = [outcome.version for outcome in outcomes if isinstance(outcome, Cluster)]
        refusals = [outcome.code for outcome in outcomes if isinstance(outcome, DbaasError)]
        assert (versions, refusals) == (["18"], ["not_newer"])
