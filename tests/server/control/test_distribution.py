"""Distributed tables over HTTP, by the command, and in the catalog."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import psycopg
import pytest

from citus_stand_in import STAND_IN
from live_platform import LivePlatform


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


def tables(http: httpx.Client, shop: str) -> dict[str, dict]:
    schema = http.get(f"{url_of(shop)}/schema").json()
    return {table["name"]: table for each in schema["schemas"] for table in each["tables"]}
