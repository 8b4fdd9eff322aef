"""Distributed tables over HTTP, by the command, and in the catalog."""

from __future__ import annotations

import os
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from citus_stand_in import STAND_IN
from live_platform import LivePlatform

REAL = os.environ.get("DBAAS_TEST_CITUS_DSN", "")
WORKERS = os.environ.get("DBAAS_TEST_CITUS_WORKERS", "").split()


@pytest.fixture(scope="module")
def http(live: LivePlatform) -> Iterator[httpx.Client]:
    with live.operator() as http:
        yield http


@pytest.fixture
def shop(live: LivePlatform, http: httpx.Client) -> str:
    """``TENANT/shop`` with a table that has a quote in its name, and one without a key."""
    tenant = live.new_tenant()
    made = http.post(f"/v1/{tenant}/databases", json={"name": "shop"}).json()
    with psycopg.connect(made["connection_string"]) as owner:
        owner.execute('create table "o\'r""ders" (shop int, id int, primary key (shop, id))')
        owner.execute("create table log (line text)")
        owner.execute("insert into log values ('a')")
    return f"{tenant}/shop"


def url_of(shop: str) -> str:
    return f"/v1/{shop.replace('/', '/databases/')}"


def superuser(live: LivePlatform, shop: str) -> psycopg.Connection:
    dsn = live.json("connection-string", shop, "--admin")["connection_string"]
    return psycopg.connect(dsn, autocommit=True)


def test_without_citus_every_door_and_command_says_so(live: LivePlatform, http: httpx.Client, shop: str) -> None:
    url = f"{url_of(shop)}/distribution"
    answers = [http.get(url), http.post(f"{url}/rebalance")]
    for action, more in (("distribute", {"by": "line"}), ("reference", {}), ("undistribute", {"cascade": True})):
        answers.append(http.post(f"{url}/{action}", json={"table": "log", **more}))
    for answer in answers:
        assert (answer.status_code, answer.json()["code"]) == (501, "no_citus"), answer.text
        assert answer.json()["hint"]
    for words in (
        ("distribution", shop), ("distribute", shop, "log", "--by", "line"), ("reference", shop, "log"),
        ("undistribute", shop, "log"), ("rebalance", shop),
    ):  # fmt: skip
        done = live.cli(*words)
        assert done.returncode == 1 and "no_citus" in done.stderr, done.stderr
    assert http.post(f"{url}/distribute", json={"table": "log"}).json()["code"] == "missing_field"
    assert all(table["distribution"] is None for table in tables(http, shop).values())


def test_what_is_distributed_is_told_everywhere(live: LivePlatform, http: httpx.Client, shop: str) -> None:
    """Of what stands in for the extension; that rows move is not its to show."""
    url, odd = url_of(shop), "o'r\"ders"
    assert tables(http, shop)[odd]["distribution"] is None
    with superuser(live, shop) as connection:
        connection.execute(STAND_IN)
    done = http.post(f"{url}/distribution/distribute", json={"table": odd, "by": "shop"})
    assert done.status_code == 200, done.text
    [told] = done.json()["tables"]
    assert told == {"schema": "public", "table": odd, "kind": "distributed", "column": "shop", "colocation": 1}
    assert done.json()["workers"] == [{"host": "worker-1", "port": 5433}, {"host": "worker-2", "port": 5432}]
    assert live.json("reference", shop, "log")["tables"][0]["kind"] == "reference"
    listed = live.cli("distribution", shop)
    assert "worker-1:5433, worker-2:5432" in listed.stdout and odd in listed.stdout
    assert http.post(f"{url}/distribution/rebalance").json()["rebalance"]["state"] == "running"
    shown = tables(http, shop)
    assert shown[odd]["distribution"] == {"kind": "distributed", "column": "shop"}
    assert (shown[odd]["size_bytes"], shown[odd]["estimated_rows"]) == (None, -1), "what is here says nothing"
    assert shown["log"]["distribution"] == {"kind": "reference", "column": None}
    writes_know_it(http, shop)
    for words in (("undistribute", shop, odd), ("undistribute", shop, "log", "--cascade")):
        assert live.cli(*words).returncode == 0
    assert {table["distribution"] for table in tables(http, shop).values()} == {None}
    again = http.post(f"{url}/distribution/distribute", json={"table": "log", "by": "nothing"})
    assert (again.status_code, again.json()["code"]) == (400, "column_not_found")
    assert http.post(f"{url}/distribution/reference", json={"table": "x\0"}).json()["code"] == "table_not_found"


def writes_know_it(http: httpx.Client, shop: str) -> None:
    """A distributed table's system columns are not asked for."""
    tenant = shop.split("/")[0]
    key = http.post(f"/v1/{tenant}/keys", json={"role": "service_role"}).json()["key"]
    rest = {"base_url": f"{str(http.base_url).rstrip('/')}/p/{shop}/rest/v1", "headers": {"apikey": key}}
    with httpx.Client(**rest) as client:
        put = client.post(
            "/o'r\"ders", json={"shop": 1, "id": 1},
            headers={"Prefer": "resolution=merge-duplicates, return=representation"},
        )  # fmt: skip
        assert put.status_code in (200, 201) and put.json() == [{"shop": 1, "id": 1}], put.text
        capped = client.delete("/log", params={"limit": 1, "order": "line"})
        assert capped.status_code >= 400 and "Without a key" in capped.json()["message"], capped.text


def test_the_catalog_goes_on_when_the_extension_goes(live: LivePlatform, http: httpx.Client, shop: str) -> None:
    with superuser(live, shop) as connection:
        connection.execute(STAND_IN)
        assert live.cli("reference", shop, "log").returncode == 0
        assert tables(http, shop)["log"]["distribution"]
        connection.execute(
            "set allow_system_table_mods = on; drop table pg_catalog.pg_dist_partition;"
            " delete from pg_extension where extname = 'citus'"
        )
        assert tables(http, shop)["log"]["distribution"] is None


@pytest.mark.skipif(not WORKERS, reason="needs Citus: DBAAS_TEST_CITUS_WORKERS names superusers' DSNs of its workers")
def test_rows_on_real_workers_are_served_as_any_others(live: LivePlatform, http: httpx.Client) -> None:
    """The nodes let each other in without a password, as `citus.node_conninfo` and their `pg_hba.conf` say."""
    tenant = live.new_tenant()
    url, server = f"/v1/{tenant}/databases/shop", f"citus-{tenant}"
    assert http.post("/v1/clusters", json={"name": server, "dsn": REAL}).status_code == 201
    made = http.post(f"/v1/{tenant}/databases", json={"name": "shop", "cluster": server, "expose": "all"}).json()
    database = _physical(live, f"{tenant}/shop")
    try:
        _make_citus(live, f"{tenant}/shop")
        _join(live, f"{tenant}/shop", WORKERS[0])
        with psycopg.connect(made["connection_string"]) as owner:
            owner.execute("create table lands (code text primary key)")
            owner.execute("create table orders (shop int, id int, land text references lands, primary key (shop, id))")
            owner.execute("insert into lands values ('ch'), ('fr')")
            owner.execute("insert into orders select n % 50, n, 'ch' from generate_series(1, 1000) n")
        done = http.post(f"{url}/distribution/reference", json={"table": "lands"})
        assert done.status_code == 200, done.text
        done = http.post(f"{url}/distribution/distribute", json={"table": "orders", "by": "shop"})
        assert done.status_code == 200 and len(done.json()["workers"]) == 1, done.text
        assert _rows_on_workers(f"{tenant}/shop", live) == {"orders": 1000, "lands": 2}
        _serves_rows(http, tenant)
        for more in WORKERS[1:]:
            _join(live, f"{tenant}/shop", more)
        assert http.post(f"{url}/distribution/rebalance").status_code == 200
        with psycopg.connect(made["connection_string"], autocommit=True) as owner:
            owner.execute("set statement_timeout = 0")
            owner.execute("select citus_rebalance_wait()")
        now = http.get(f"{url}/distribution").json()
        assert now["rebalance"]["state"] == "finished" and len(now["workers"]) == len(WORKERS)
        _serves_rows(http, tenant)
        undone = http.post(f"{url}/distribution/undistribute", json={"table": "orders", "cascade": True})
        assert undone.status_code == 200 and undone.json()["tables"] == []
        with psycopg.connect(made["connection_string"]) as owner:
            assert owner.execute("select count(*) from orders").fetchone() == (1000,)
    finally:
        for node in WORKERS:
            with psycopg.connect(node, autocommit=True) as worker:
                worker.execute(SQL("drop database if exists {} with (force)").format(Identifier(database)))
        http.delete(f"/v1/tenants/{tenant}")
        http.delete(f"/v1/clusters/{server}")


def _physical(live: LivePlatform, shop: str) -> str:
    return urlsplit(live.json("connection-string", shop, "--admin")["connection_string"]).path[1:]


def _make_citus(live: LivePlatform, shop: str) -> None:
    """What is the operator's to do, as ARCHITECTURE.md says; so is :func:`_join`."""
    with superuser(live, shop) as coordinator:
        coordinator.execute("create extension citus")
        for role in ("anon", "authenticated", "service_role"):
            coordinator.execute(SQL("alter role {} login").format(Identifier(role)))


def _join(live: LivePlatform, shop: str, node: str) -> None:
    database = _physical(live, shop)
    with superuser(live, shop) as coordinator, psycopg.connect(node, autocommit=True) as server:
        [(owner,)] = coordinator.execute("select nspowner::regrole::text from pg_namespace where nspname = 'public'")
        server.execute(SQL("create database {}").format(Identifier(database)))
        with psycopg.connect(node, dbname=database, autocommit=True) as worker:
            worker.execute("create extension citus")
            coordinator.execute("select citus_add_node('localhost', %s)", [urlsplit(node).port])
            worker.execute("set citus.enable_ddl_propagation = off")
            worker.execute(SQL("alter schema public owner to {}").format(Identifier(owner)))
            worker.execute("grant usage on schema public to anon, authenticated, service_role")


def _rows_on_workers(shop: str, live: LivePlatform) -> dict[str, int]:
    with superuser(live, shop) as coordinator:
        found = coordinator.execute(
            "select s.logicalrelid::text, sum(r.result::int) from pg_dist_shard s,"
            " run_command_on_shards(s.logicalrelid, 'select count(*) from %s') r where r.shardid = s.shardid group by 1"
        )
        return {name: int(count) for name, count in found}


def _serves_rows(http: httpx.Client, tenant: str) -> None:
    key = http.post(f"/v1/{tenant}/keys", json={"role": "service_role"}).json()["key"]
    rest = {"base_url": f"{str(http.base_url).rstrip('/')}/p/{tenant}/shop/rest/v1", "headers": {"apikey": key}}
    keep = {"Prefer": "return=representation"}
    with httpx.Client(**rest) as client:
        counted = client.get("/orders", params={"limit": 1}, headers={"Prefer": "count=exact"})
        assert counted.headers["content-range"].endswith("/1000")
        row = {"shop": 7, "id": 2000, "land": "fr"}
        assert client.post("/orders", json=row, headers=keep).json() == [row]
        one = client.get("/orders", params={"shop": "eq.7", "id": "eq.2000", "select": "id,lands(code)"})
        assert one.json() == [{"id": 2000, "lands": {"code": "fr"}}]
        put = client.post(
            "/orders", json=[{**row, "land": "ch"}, {**row, "id": 2001}],
            headers={"Prefer": "resolution=merge-duplicates, return=representation"},
        )  # fmt: skip
        assert put.status_code in (200, 201) and len(put.json()) == 2, put.text
        changed = client.patch("/orders", params={"id": "gte.2000"}, json={"land": "fr"}, headers=keep)
        assert {each["land"] for each in changed.json()} == {"fr"} and len(changed.json()) == 2
        gone = client.delete("/orders", params={"id": "gte.2000"}, headers=keep)
        assert len(gone.json()) == 2, gone.text
    asked = {"query": "{ find_orders(where: {shop: {_eq: 7}}, limit: 2, order_by: {id: asc}) { id lands { code } } }"}
    found = http.post(f"/p/{tenant}/shop/graphql/v1", json=asked, headers={"apikey": key}).json()
    assert found == {"data": {"find_orders": [{"id": id, "lands": {"code": "ch"}} for id in (7, 57)]}}


def tables(http: httpx.Client, shop: str) -> dict[str, dict]:
    schema = http.get(f"{url_of(shop)}/schema").json()
    return {table["name"]: table for each in schema["schemas"] for table in each["tables"]}
