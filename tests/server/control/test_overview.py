"""What a database's overview tells, and to whom."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import psycopg
import pytest

from dbaas_provisioning.nouns import Home
from dbaas_provisioning.platform import Platform
from dbaas_server.daemon_link import SocketSupervision
from live_platform import LivePlatform

FIGURES = ("size_bytes", "connections", "transactions", "requests_per_second", "cache_hit_ratio", "tables")


@pytest.fixture(scope="module")
def http(live: LivePlatform) -> Iterator[httpx.Client]:
    with live.operator() as http:
        yield http


@pytest.fixture(scope="module")
def tenant(live: LivePlatform, http: httpx.Client) -> str:
    tenant = live.new_tenant()
    assert http.post(f"/v1/{tenant}/databases", json={"name": "shop"}).status_code == 201
    return tenant


def overview(http: httpx.Client, tenant: str, database: str = "shop") -> dict:
    answer = http.get(f"/v1/{tenant}/databases/{database}/overview")
    assert answer.status_code == 200, answer.text
    return answer.json()


def run(http: httpx.Client, tenant: str, query: str) -> None:
    answer = http.post(f"/v1/{tenant}/query", json={"query": query, "database": "shop"})
    assert answer.status_code == 200, answer.text


def test_figures_are_those_of_the_server(live: LivePlatform, http: httpx.Client, tenant: str) -> None:
    run(
        http,
        tenant,
        "create table big (id int primary key, t text);"
        " insert into big select n, repeat('x', 90) from generate_series(1, 2000) n",
    )
    told = overview(http, tenant)
    listed = http.get(f"/v1/{tenant}/databases/shop").json()
    assert told["database"]["id"] == listed["id"] and told["database"]["state"] == "ready"
    assert told["engine"]["name"] == "postgres" and told["engine"]["version"].startswith(listed["version"])
    assert told["engine"]["started_at"] < told["sampled_at"]
    assert told["size_bytes"] > 5_000_000
    assert 0 < told["connections"]["used"] < told["connections"]["max"] == 100
    assert told["transactions"]["committed"] > 0
    assert 0.5 < told["cache_hit_ratio"] <= 1
    assert told["tables"]["largest"][0]["name"] == "big" and told["tables"]["count"] >= 1
    assert told["tables"]["largest"][0]["size_bytes"] > 200_000


def test_requests_are_counted_from_the_second_look_on(http: httpx.Client, tenant: str) -> None:
    first = overview(http, tenant)["requests_per_second"]
    assert first is None or first >= 0
    deadline = time.monotonic() + 60
    while True:
        run(http, tenant, "select 1")
        rate = overview(http, tenant)["requests_per_second"]
        if rate:
            break
        assert time.monotonic() < deadline


def test_endpoints_and_keys_are_told_without_their_secrets(live: LivePlatform, http: httpx.Client, tenant: str) -> None:
    key = http.post(f"/v1/{tenant}/keys", json={"role": "service_role"}).json()["key"]
    answer = http.get(f"/v1/{tenant}/databases/shop/overview")
    secret = http.get(f"/v1/{tenant}/databases/shop/connection-string").json()["connection_string"]
    assert key not in answer.text and urlsplit(secret).password not in answer.text
    told = answer.json()
    endpoints = {each["name"]: each for each in told["endpoints"]}
    assert set(endpoints) == {"PostgreSQL", "REST", "GraphQL", "Realtime"}
    assert endpoints["PostgreSQL"]["secret"] and not endpoints["REST"]["secret"]
    password = urlsplit(secret).password
    with psycopg.connect(endpoints["PostgreSQL"]["url"], password=password) as connection:
        assert connection.execute("select current_database()").fetchone() == ("shop",)
    assert endpoints["REST"]["url"] == f"{live.url}/p/{tenant}/shop/rest/v1"
    assert told["keys"] == http.get(f"/v1/{tenant}/keys").json()


REMEDIED = {
    "exposed_without_row_security": "create table open_ (id int primary key); grant select on open_ to anon",
    "policies_without_row_security": "create table idle (id int primary key); create policy p on idle using (true)",
    "view_bypasses_policies": (
        'create table "we""ird" (id int primary key); create view "v""iew" as select * from "we""ird";'
        ' grant select on "v""iew" to anon'
    ),
    "no_primary_key": "create table keyless (id int, n int)",
    "duplicate_index": (
        "create table twice (id int primary key, n int); create index one on twice (n); create index two on twice (n)"
    ),
}


@pytest.mark.parametrize("code", REMEDIED)
def test_a_remedy_remedies(http: httpx.Client, tenant: str, code: str) -> None:
    run(http, tenant, REMEDIED[code])
    found = [each for each in overview(http, tenant)["warnings"] if each["code"] == code]
    assert len(found) == 1, found
    assert set(found[0]) == {"code", "schema", "table", "message", "hint", "remedy"}
    assert found[0]["schema"] == "public" and found[0]["table"] in found[0]["message"]
    run(http, tenant, found[0]["remedy"])
    assert code not in {each["code"] for each in overview(http, tenant)["warnings"]}


def test_a_large_table_without_statistics_is_told(http: httpx.Client, tenant: str) -> None:
    run(
        http,
        tenant,
        "create table new (id int primary key) with (autovacuum_enabled = false);"
        " insert into new select generate_series(1, 20000)",
    )
    deadline = time.monotonic() + 60  # the server tells its counters when it has time
    while not (found := [each for each in overview(http, tenant)["warnings"] if each["code"] == "never_analysed"]):
        assert time.monotonic() < deadline
    assert "20,000 rows" in found[0]["message"]
    run(http, tenant, found[0]["remedy"])
    assert "never_analysed" not in {each["code"] for each in overview(http, tenant)["warnings"]}


def test_indexes_that_only_look_alike_are_left_alone(http: httpx.Client, tenant: str) -> None:
    run(
        http,
        tenant,
        "create table alike (id int primary key, n int unique, t text);"
        " create index on alike (t); create index on alike (t desc); create index on alike (t text_pattern_ops);"
        " create index on alike (t) where n > 1; create index on alike (lower(t)); create index on alike (upper(t));"
        " create index on alike (t) include (n); create index on alike using hash (t);"
        ' create index on alike (t collate "C"); create index on alike (n, t)',
    )
    assert [each for each in overview(http, tenant)["warnings"] if each["table"] == "alike" and each["remedy"]] == []
    run(http, tenant, "create index needless on alike (n)")
    found = [each for each in overview(http, tenant)["warnings"] if each["code"] == "duplicate_index"]
    assert [each["remedy"] for each in found] == ['drop index "public"."needless";'], "the one of the constraint stays"


def test_the_schema_warns_of_the_same(http: httpx.Client, tenant: str) -> None:
    run(http, tenant, "create table same (id int primary key); grant select on same to anon")
    [warning] = [each for each in overview(http, tenant)["warnings"] if each["table"] == "same"]
    schema = http.get(f"/v1/{tenant}/databases/shop/schema").json()
    [table] = [each for one in schema["schemas"] for each in one["tables"] if each["name"] == "same"]
    assert table["warning"] == f"{warning['message']} {warning['remedy']}"


def test_limits_that_are_near_are_told(http: httpx.Client, live: LivePlatform) -> None:
    tenant = live.new_tenant()
    url = http.post(f"/v1/{tenant}/databases", json={"name": "shop"}).json()["connection_string"]
    opened = [psycopg.connect(url) for _ in range(80)]
    try:
        warnings = overview(http, tenant)["warnings"]
    finally:
        for each in opened:
            each.close()
    [near] = [each for each in warnings if each["code"] == "connections_near_limit"]
    assert "of 100 connections" in near["message"] and near["table"] is None


async def _sleep(home: Home, tenant: str) -> None:
    supervision = SocketSupervision(home)
    platform = await Platform.open(home, supervision)
    for cluster in await platform.clusters(tenant):
        await supervision.stop(cluster.id)
    await platform.close()


@pytest.mark.parametrize("engine", ["postgres", "document"])
def test_a_sleeping_database_is_told_of_and_not_woken(live: LivePlatform, http: httpx.Client, engine: str) -> None:
    tenant = live.new_tenant()
    assert http.post(f"/v1/{tenant}/databases", json={"name": "shop", "engine": engine}).status_code == 201
    assert overview(http, tenant)["size_bytes"] > 0
    asyncio.run(_sleep(Home(live.home), tenant))
    told = overview(http, tenant)
    assert told["database"]["state"] == "sleeping"
    assert all(told[name] is None for name in FIGURES)
    assert told["engine"]["started_at"] is None and told["engine"]["version"]
    assert told["endpoints"] and told["warnings"] == []
    assert http.get(f"/v1/{tenant}/databases/shop").json()["state"] == "sleeping"


def test_a_document_database_tells_its_collections(live: LivePlatform, http: httpx.Client) -> None:
    from pymongo import MongoClient

    tenant = live.new_tenant()
    made = http.post(f"/v1/{tenant}/databases", json={"name": "shop", "engine": "document"}).json()
    with MongoClient(made["connection_string"]) as client:
        client["shop"]["orders"].insert_many([{"n": n} for n in range(50)])
    told = overview(http, tenant)
    assert told["tables"]["count"] == 1
    assert told["tables"]["largest"][0]["name"] == "orders" and told["tables"]["largest"][0]["estimated_rows"] == 50
    assert told["tables"]["largest"][0]["schema"] is None
    [endpoint] = told["endpoints"]
    assert endpoint["name"] == "MongoDB" and endpoint["secret"]
    assert urlsplit(made["connection_string"]).password not in str(told)
    assert told["size_bytes"] > 0 and told["connections"]["max"] == 100


def test_an_overview_is_for_the_tenants_own(live: LivePlatform, http: httpx.Client, tenant: str) -> None:
    mine = http.post(f"/v1/{tenant}/keys", json={"role": "service_role"}).json()["key"]
    anon = http.post(f"/v1/{tenant}/keys", json={"role": "anon"}).json()["key"]
    stranger = live.new_tenant()
    theirs = http.post(f"/v1/{stranger}/keys", json={"role": "service_role"}).json()["key"]
    url = f"{live.url}/v1/{tenant}/databases/shop/overview"
    assert httpx.get(url).status_code == 401
    assert httpx.get(url, headers={"apikey": theirs}).status_code == 401
    assert httpx.get(url, headers={"apikey": anon}).status_code == 403
    told = httpx.get(url, headers={"apikey": mine})
    assert told.status_code == 200 and told.json()["keys"] is None, "who comes with a key is not told of others"
    assert http.get(f"/v1/{stranger}/databases/shop/overview").status_code == 404
