"""Distributed tables: against what stands in for Citus' interface, and against a real one where there is one."""

from __future__ import annotations

import os

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.sql import SQL, Identifier

from citus_stand_in import STAND_IN
from conninfo import conninfo
from dbaas_provisioning.distribution import TableName, Worker
from dbaas_provisioning.errors import Conflict, Invalid, NotFound, Unavailable, Unsupported
from dbaas_provisioning.nouns import Tenant
from dbaas_provisioning.platform import Access, Platform

REAL = os.environ.get("DBAAS_TEST_CITUS_DSN")

names = st.one_of(
    st.sampled_from(["default", "none", "pg_class", 'a"b', "a'b", "a.b", "Ä", "%s", "%I", "--", "A", '"', "\\", " "]),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=12),
)


@pytest.fixture
async def citus(platform: Platform, database: Access) -> Access:
    """A database with the stand-in."""
    url = await platform.connection_string(database.tenant.subdomain, database.database.name, admin=True)
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as superuser:
        await superuser.execute(STAND_IN)
    return database


def where(access: Access) -> tuple[str, str]:
    return access.tenant.subdomain, access.database.name


async def test_without_citus_everything_is_refused_in_one_way(platform: Platform, database: Access) -> None:
    work, here, table = platform.distribution, where(database), TableName("public", "t")
    for asked in (
        work.read(*here),
        work.distribute(*here, table, "id", actor="test"),
        work.make_reference(*here, table, actor="test"),
        work.undistribute(*here, table, actor="test"),
        work.rebalance(*here, actor="test"),
    ):
        with pytest.raises(Unsupported) as refused:
            await asked
        assert refused.value.code == "no_citus" and refused.value.hint


async def test_documents_are_not_distributed(platform: Platform, tenant: Tenant) -> None:
    await platform.create_database(tenant.subdomain, "document", "papers", options={}, actor="test")
    with pytest.raises(Unsupported, match="no PostgreSQL database"):
        await platform.distribution.read(tenant.subdomain, "papers")


async def test_tables_are_distributed_listed_and_brought_back(platform: Platform, citus: Access) -> None:
    work, here = platform.distribution, where(citus)
    async with await psycopg.AsyncConnection.connect(conninfo(citus), autocommit=True) as owner:
        for name in ("orders", "items", "lands"):
            await owner.execute(SQL("create table {} (shop int)").format(Identifier(name)))
    orders, items, lands = (TableName("public", name) for name in ("orders", "items", "lands"))
    found = await work.read(*here)
    assert (found.workers, found.tables, found.rebalance) == (
        (Worker("worker-1", 5433), Worker("worker-2", 5432)), (), None,
    )  # fmt: skip
    await work.distribute(*here, orders, "shop", actor="test")
    await work.distribute(*here, items, "shop", beside=orders, actor="test")
    await work.make_reference(*here, lands, actor="test")
    await work.rebalance(*here, actor="test")
    found = await work.read(*here)
    assert [(each.table.name, each.kind, each.column, each.colocation) for each in found.tables] == [
        ("items", "distributed", "shop", 1), ("lands", "reference", None, 2), ("orders", "distributed", "shop", 1),
    ]  # fmt: skip
    assert found.rebalance is not None and found.rebalance.state == "running" and found.rebalance.started_at
    with pytest.raises(Conflict) as again:
        await work.distribute(*here, orders, "shop", actor="test")
    assert (again.value.code, again.value.hint) == ("citus_refused", "Undistribute it.")
    await work.undistribute(*here, orders, cascade=True, actor="test")
    assert [each.table for each in (await work.read(*here)).tables] == [items, lands]
    for table, by, beside, kind in (
        (TableName("public", "x\0"), "shop", None, NotFound),
        (TableName("none", "orders"), "shop", None, NotFound),
        (orders, "shop", TableName("public", "none"), NotFound),
        (orders, "x; drop table orders", None, Invalid),
    ):
        with pytest.raises(kind):
            await work.distribute(*here, table, by, beside=beside, actor="test")
    audit = await platform.audit(tenant=citus.tenant.subdomain)
    mine = [each for each in audit if each.target == citus.database.name]
    assert ("distribute", "ok", {"table": "public.orders", "by": "shop"}) in [
        (each.action, each.outcome, dict(each.details)) for each in mine
    ]


async def test_a_worker_out_of_reach_is_not_taken_for_the_server(platform: Platform, citus: Access) -> None:
    here = where(citus)
    url = await platform.connection_string(*here, admin=True)
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as superuser:
        await superuser.execute(
            "create or replace function pg_catalog.create_reference_table(table_name regclass) returns void"
            " language plpgsql as $$begin raise 'connection to the remote node failed' using errcode = '08006'; end$$"
        )
    async with await psycopg.AsyncConnection.connect(conninfo(citus), autocommit=True) as owner:
        await owner.execute("create table lands (code text)")
    with pytest.raises(Unavailable) as refused:
        await platform.distribution.make_reference(*here, TableName("public", "lands"), actor="test")
    assert (refused.value.code, refused.value.details) == ("worker_unreachable", "connection to the remote node failed")


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(schema=names, name=names, column=names, other=names)
async def test_any_name_means_what_it_says(
    platform: Platform, citus: Access, schema: str, name: str, column: str, other: str
) -> None:
    schema, beside = f"s {schema}", TableName(f"s {schema}", f"o {other}")
    table, here = TableName(schema, name), where(citus)
    async with await psycopg.AsyncConnection.connect(conninfo(citus), autocommit=True) as owner:
        await owner.execute(SQL("create schema {}").format(Identifier(schema)))
        for made in (table, beside):
            await owner.execute(
                SQL("create table {} ({} int)").format(Identifier(made.schema, made.name), Identifier(column))
            )
        await platform.distribution.distribute(*here, beside, column, actor="test")
        await platform.distribution.distribute(*here, table, column, beside=beside, actor="test")
        found = (await platform.distribution.read(*here)).tables
        assert {(each.table, each.column) for each in found} == {(table, column), (beside, column)}
        for each in (table, beside):
            await platform.distribution.undistribute(*here, each, actor="test")
        await owner.execute(SQL("drop schema {} cascade").format(Identifier(schema)))


@pytest.mark.skipif(REAL is None, reason="needs Citus: DBAAS_TEST_CITUS_DSN names a coordinator's superuser")
async def test_a_real_citus(platform: Platform, tenant: Tenant) -> None:
    """On the coordinator alone, as a cluster of one: it holds the shards itself, and lets its own logins in locally."""
    ref = tenant.subdomain
    cluster = await platform.placement.add("real-citus", str(REAL), actor="test")
    assert cluster.powers.citus is not None
    try:
        await platform.create_database(ref, "postgres", "shop", options={}, cluster="real-citus", actor="test")
        url = await platform.connection_string(ref, "shop", admin=True)
        async with await psycopg.AsyncConnection.connect(url, autocommit=True) as superuser:
            await superuser.execute("create extension citus")
            await superuser.execute("select citus_set_coordinator_host('localhost')")
            await superuser.execute(
                "select citus_set_node_property(nodename, nodeport, 'shouldhaveshards', true) from pg_dist_node"
            )
        async with await psycopg.AsyncConnection.connect(conninfo(await platform.access(ref, "shop"))) as owner:
            await owner.execute("create table orders (shop int, id int, primary key (shop, id))")
            await owner.execute("create table lands (code text primary key)")
            await owner.execute("insert into orders select n % 7, n from generate_series(1, 100) n")
        orders, lands = TableName("public", "orders"), TableName("public", "lands")
        work = platform.distribution
        await work.distribute(ref, "shop", orders, "shop", actor="test")
        await work.make_reference(ref, "shop", lands, actor="test")
        await work.rebalance(ref, "shop", actor="test")
        found = await work.read(ref, "shop")
        assert [(each.table, each.kind, each.column) for each in found.tables] == [
            (lands, "reference", None), (orders, "distributed", "shop"),
        ]  # fmt: skip
        async with await psycopg.AsyncConnection.connect(conninfo(await platform.access(ref, "shop"))) as owner:
            assert await (await owner.execute("select count(*) from orders")).fetchone() == (100,)
        await work.undistribute(ref, "shop", orders, actor="test")
        await work.undistribute(ref, "shop", lands, actor="test")
        assert (await work.read(ref, "shop")).tables == ()
    finally:
        await platform.drop_tenant(ref, actor="test")
        await platform.placement.remove("real-citus", actor="test")
