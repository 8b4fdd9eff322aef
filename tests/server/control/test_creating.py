"""Making databases while being told how far they are, and going away meanwhile."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import httpx
import psycopg
import pytest

from dbaas_provisioning import engines
from live_platform import LivePlatform
from waiting import eventually

NDJSON = {"Accept": "application/x-ndjson"}


@pytest.fixture(scope="module")
def http(live: LivePlatform) -> Iterator[httpx.Client]:
    with live.operator() as http:
        yield http


def lines(http: httpx.Client, tenant: str, **fields: str) -> list[dict]:
    answer = http.post(f"/v1/{tenant}/databases", json=fields, headers=NDJSON)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/x-ndjson"
    assert answer.headers["cache-control"] == "no-store"
    return [json.loads(line) for line in answer.text.splitlines()]


@pytest.mark.parametrize("engine", engines.names())
def test_every_step_is_told_and_then_the_database(live: LivePlatform, http: httpx.Client, engine: str) -> None:
    tenant = live.new_tenant()
    first = lines(http, tenant, name="one", engine=engine)
    second = lines(http, tenant, name="two", engine=engine)
    for told in (first, second):
        *steps, last = told
        assert [each["step"] for each in steps] == list(range(1, len(steps) + 1))
        assert {each["of"] for each in steps} == {len(steps)}
        assert all(set(each) == {"step", "of", "doing"} for each in steps)
        assert last["database"]["state"] == "ready" and last["database"]["connection_string"]
    assert any(f"server for {tenant}" in each.get("doing", "") for each in first)
    assert len(second) < len(first), "the server is there already"


def test_a_refusal_is_the_last_line(live: LivePlatform, http: httpx.Client) -> None:
    tenant = live.new_tenant()
    lines(http, tenant, name="shop")
    [error] = lines(http, tenant, name="shop")[-1:]
    assert error["error"]["code"] == "database_exists" and error["error"]["hint"]
    assert lines(http, tenant, name="")[-1]["error"]["code"] == "invalid_name"
    assert lines(http, tenant, name="x", engine="document", expose="all")[-1]["error"]["code"] == "unknown_option"


def test_who_may_not_and_what_is_no_request_is_refused_before(live: LivePlatform, http: httpx.Client) -> None:
    tenant = live.new_tenant()
    key = http.post(f"/v1/{tenant}/keys", json={"role": "service_role"}).json()["key"]
    url = f"{live.url}/v1/{tenant}/databases"
    assert httpx.post(url, json={"name": "shop"}, headers=NDJSON).status_code == 401
    assert httpx.post(url, json={"name": "shop"}, headers=NDJSON | {"apikey": key}).status_code == 403
    assert http.post(url, json={"nmae": "shop"}, headers=NDJSON).json()["code"] == "unknown_field"


@contextmanager
def held_up(live: LivePlatform, tenant: str, database: str, name: str) -> Iterator[psycopg.Connection]:
    """While inside, making a database of this name waits for us, in the engine and for ten seconds at most."""
    done = live.cli("connection-string", f"{tenant}/{database}", "--admin")
    assert done.returncode == 0, done.stderr
    url = urlsplit(done.stdout.strip())._replace(path="/postgres", query="").geturl()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("select pg_advisory_lock(hashtextextended(%s, 0))", [name])
        yield connection


@pytest.mark.parametrize("accept", ["application/x-ndjson", "application/json"])
def test_who_goes_away_meanwhile_leaves_nothing(live: LivePlatform, http: httpx.Client, accept: str) -> None:
    tenant = live.new_tenant()
    lines(http, tenant, name="first")
    waiting = "select count(*) from pg_locks where locktype = 'advisory' and not granted"
    with held_up(live, tenant, "first", "shop") as holder:
        asked = http.build_request("POST", f"/v1/{tenant}/databases", json={"name": "shop"}, headers={"Accept": accept})
        sent = f"POST {asked.url.raw_path.decode()} HTTP/1.1\r\n".encode()
        sent += b"".join(name + b": " + value + b"\r\n" for name, value in asked.headers.raw)
        with socket.create_connection((asked.url.host, asked.url.port)) as leaving:
            leaving.sendall(sent + b"\r\n" + asked.read())
            eventually(lambda: holder.execute(waiting).fetchone() == (1,))
        eventually(lambda: holder.execute(waiting).fetchone() == (0,))
    entries = eventually(lambda: [e for e in http.get(f"/v1/{tenant}/audit").json() if e["target"] == "shop"])
    assert [(each["action"], each["outcome"]) for each in entries] == [("create_database", "cancelled")]
    assert [each["name"] for each in http.get(f"/v1/{tenant}/databases").json()] == ["first"]
    assert lines(http, tenant, name="shop")[-1]["database"]["name"] == "shop"
