"""Servers that run elsewhere, from the command line and over HTTP, and the doors of a database on one."""

from __future__ import annotations

import json
from collections.abc import Iterator

import httpx
import pytest

from dbaas_provisioning.nouns import Home, Right
from dbaas_provisioning.platform import Platform
from dbaas_server.daemon_link import SocketSupervision
from elsewhere import Elsewhere, elsewhere
from live_platform import LivePlatform
from waiting import eventually


@pytest.fixture(scope="module")
def server() -> Iterator[Elsewhere]:
    with elsewhere("wheel") as server:
        yield server


@pytest.fixture
def http(live: LivePlatform) -> Iterator[httpx.Client]:
    with live.operator() as client:
        yield client


def test_the_command_registers_tells_and_forgets(live: LivePlatform, server: Elsewhere) -> None:
    given = server.new_login("createdb createrole")
    done = live.cli("clusters", "add", "depot", "--dsn", "-", stdin=given.dsn() + "\n")
    assert done.returncode == 0, done.stderr
    assert given.login.secret not in done.stdout + done.stderr
    assert "realtime" in done.stdout and "refused" in done.stdout
    [listed] = live.json("clusters", "list")
    assert (listed["name"], listed["state"], listed["databases"]) == ("depot", "running", 0)
    again = live.cli("clusters", "add", "again", "--dsn", given.dsn())
    assert again.returncode == 1 and "server_registered" in again.stderr
    assert live.json("clusters", "update", "depot")["version"] == listed["version"]
    assert live.json("clusters", "remove", "depot") == {"removed": "depot"}
    missing = live.cli("clusters", "show", "depot")
    assert missing.returncode == 1 and "cluster_not_found" in missing.stderr
    unread = live.cli("clusters", "add", "depot", "--dsn", given.dsn(), "--ca", "/nowhere/ca.pem")
    assert unread.returncode == 1 and "file_unreadable" in unread.stderr


async def test_where_a_database_is_placed_is_the_operators_to_say(live: LivePlatform) -> None:
    tenant, home = live.new_tenant(), Home(live.home)
    platform = await Platform.open(home, SocketSupervision(home))
    try:
        await platform.members.put(tenant, "jupyter:ann", Right.administer, actor="test", as_operator=True)
        token = await platform.members.token("jupyter:ann", ttl_seconds=600)
    finally:
        await platform.close()
    answer = httpx.post(
        f"{live.url}/v1/{tenant}/databases",
        json={"name": "shop", "cluster": "anywhere"},
        headers={"Authorization": f"Bearer {token}"},
    )
    assert (answer.status_code, answer.json()["code"]) == (403, "not_an_operator")


def test_changes_are_refused_where_the_log_may_not_be_read(
    live: LivePlatform, http: httpx.Client, server: Elsewhere
) -> None:
    tenant, key = placed(live, http, server.new_login("createdb createrole"), "silent")
    answer = httpx.get(f"{live.url}/v1/{tenant}/changes", params={"table": "t"}, headers={"apikey": key}, timeout=60)
    assert answer.status_code >= 400
    assert answer.json()["code"] == "no_change_feed", answer.text
    assert live.json("info", f"{tenant}/shop")["feed"] is None
    taken_away(http, tenant, "silent")


def test_changes_are_told_where_it_may(live: LivePlatform, http: httpx.Client, server: Elsewhere) -> None:
    tenant, key = placed(live, http, server.new_login("createdb createrole replication"), "telling")
    until_published(http, tenant)
    headers, told = {"apikey": key}, []
    with (
        httpx.Client(timeout=60) as client,
        client.stream("GET", f"{live.url}/v1/{tenant}/changes", params={"table": "t"}, headers=headers) as stream,
    ):
        assert stream.status_code == 200, stream.read()
        for line in stream.iter_lines():
            if line == "event: live":
                for number in range(2):
                    assert http.post(f"/v1/{tenant}/data/t", json={"id": number}, headers=headers).status_code == 201
            if line.startswith("data: ") and "record" in line:
                told.append(json.loads(line.removeprefix("data: "))["record"]["id"])
                if len(told) == 2:
                    break
    assert told == [0, 1]
    taken_away(http, tenant, "telling")


def placed(live: LivePlatform, http: httpx.Client, given: Elsewhere, name: str) -> tuple[str, str]:
    """A tenant with a database on a server, and its secret key."""
    given.forget_api_roles()
    made = http.post("/v1/clusters", json={"name": name, "dsn": given.dsn()})
    assert made.status_code == 201, made.text
    tenant = live.new_tenant()
    assert http.post(f"/v1/{tenant}/databases", json={"name": "shop", "cluster": name}).status_code == 201
    script = "create table t (id int primary key)"
    assert http.post(f"/v1/{tenant}/query", json={"query": script}).status_code == 200
    return tenant, http.post(f"/v1/{tenant}/keys", json={"role": "service_role"}).json()["key"]


def until_published(http: httpx.Client, tenant: str) -> None:
    """The platform comes by in a while."""
    query = "select count(*)::int as n from pg_publication_tables where pubname = 'dbaas' and tablename = 't'"
    eventually(
        lambda: http.post(f"/v1/{tenant}/query", json={"query": query}).json()["data"], lambda seen: seen == [{"n": 1}]
    )


def taken_away(http: httpx.Client, tenant: str, name: str) -> None:
    assert http.delete(f"/v1/tenants/{tenant}").status_code == 204
    assert http.delete(f"/v1/clusters/{name}").status_code == 204
