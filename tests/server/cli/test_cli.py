"""The ``dbaas`` command, as a terminal and a script use it."""

from __future__ import annotations

import json

import httpx
import psycopg
import pytest

from live_platform import LivePlatform


def test_up_again_is_the_same_platform(live: LivePlatform) -> None:
    assert live.json("up")["pid"] == live.json("up")["pid"] == live.json("status")["pid"]


def test_create_prints_every_way_in(live: LivePlatform) -> None:
    tenant = live.new_tenant()
    made = live.json("create", "postgres", "shop", "--tenant", tenant, "--expose", "all")
    assert {"database", "engine", "connection_string", "rest_url", "realtime_url", "graphql_url"} <= set(made)
    assert live.cli("connection-string", f"{tenant}/shop").stdout.strip() == made["connection_string"]
    with psycopg.connect(made["connection_string"]) as owner:
        owner.execute("create table seen (id int primary key)")
        owner.execute("insert into seen values (7)")
    key = live.json("keys", "create", "--tenant", tenant, "--role", "anon")["key"]
    assert httpx.get(f"{made['rest_url']}/seen", headers={"apikey": key}).json() == [{"id": 7}]


def test_the_operator_may_reach_the_administrator(live: LivePlatform) -> None:
    tenant = live.new_tenant()
    live.json("create", "postgres", "shop", "--tenant", tenant)
    dsn = live.cli("connection-string", f"{tenant}/shop", "--admin").stdout.strip()
    with psycopg.connect(dsn) as administrator:
        row = administrator.execute("select rolsuper from pg_roles where rolname = current_user").fetchone()
    assert row == (True,)


def test_a_token_from_the_command_opens_the_data_door(live: LivePlatform) -> None:
    tenant = live.new_tenant()
    live.json("create", "postgres", "shop", "--tenant", tenant)
    token = live.cli(
        "jwt", "--tenant", tenant, "--role", "authenticated", "--sub", "ann", "--expires-in", "60"
    ).stdout.strip()
    url = f"{live.url}/v1/{tenant}/data/nothing"
    assert httpx.get(url, headers={"Authorization": f"Bearer {token}"}).status_code == 404
    expired = live.cli("jwt", "--tenant", tenant, "--sub", "ann", "--expires-in", "-60").stdout.strip()
    assert httpx.get(url, headers={"Authorization": f"Bearer {expired}"}).json()["code"] == "PGRST303"
    assert live.json("jwt-secret", "--tenant", tenant)["algorithm"] == "HS256"


def test_a_tenant_is_changed_by_what_is_given(live: LivePlatform) -> None:
    tenant = live.new_tenant()
    changed = live.json("tenant", "update", tenant, "--cors-origins", "https://App.Example:443,http://localhost:3000")
    assert changed["cors_origins"] == ["https://app.example", "http://localhost:3000"]
    assert live.json("tenant", "update", tenant, "--plan", "team")["cors_origins"] == changed["cors_origins"]
    assert live.json("tenant", "update", tenant, "--cors-origins", "")["cors_origins"] == []
    refused = live.cli("tenant", "update", tenant, "--cors-origins", "https://app.example/path")
    assert refused.returncode == 1
    assert "[invalid_origin]" in refused.stderr and "scheme://host" in refused.stderr
    assert live.cli("tenant", "update", tenant).returncode == 1


def test_loading_reads_a_file_and_standard_input(live: LivePlatform, tmp_path) -> None:
    tenant = live.new_tenant()
    dsn = live.json("create", "postgres", "shop", "--tenant", tenant)["connection_string"]
    with psycopg.connect(dsn) as owner:
        owner.execute("create table t (id int, name text)")
    csv = tmp_path / "rows.csv"
    csv.write_text("id,name\n1,one\n")
    assert live.json("load", f"{tenant}/shop", str(csv), "t")["rows"] == 1
    done = live.cli("load", f"{tenant}/shop", "-", "t", "--json", stdin="name,id\ntwo,2\n")
    assert json.loads(done.stdout)["rows"] == 1, done.stderr
    schema = live.json("schema", f"{tenant}/shop", "t")
    assert [column["name"] for column in schema["columns"]] == ["id", "name"]
    assert "t" in live.cli("schema", f"{tenant}/shop").stdout


def test_dropping_asks_first(live: LivePlatform) -> None:
    tenant = live.new_tenant()
    live.json("create", "postgres", "shop", "--tenant", tenant)
    refused = live.cli("drop", f"{tenant}/shop", stdin="")
    assert refused.returncode == 1
    assert "--yes" in refused.stderr
    assert live.json("drop", f"{tenant}/shop", "--yes") == {"dropped": f"{tenant}/shop"}
    assert live.json("list", "--tenant", tenant) == []
    assert "dbaas create" in live.cli("list", "--tenant", tenant).stdout


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (["create"], 2),
        (["nonsense"], 2),
        (["connection-string"], 2),
        (["connection-string", "nobody"], 1),
        (["serve", "--port", "none"], 2),
        (["connection-string", "nobody/shop"], 1),
        (["keys", "create", "--role", "anon"], 1),
        (["keys", "revoke", "none"], 1),
        (["serve", "--host", "0.0.0.0"], 1),
        (["load", "nobody/shop", "no-such-file.csv", "t"], 1),
    ],
)
def test_what_cannot_be_done_is_one_line_and_a_status(live: LivePlatform, words: list[str], status: int) -> None:
    done = live.cli(*words)
    assert done.returncode == status, done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    if status == 1:
        assert len(done.stderr.strip().splitlines()) == 1
        error = json.loads(live.cli(*words, "--json").stderr)
        assert set(error) == {"code", "message", "details", "hint"}


def test_down_stops_everything_and_up_brings_the_data_back(own_live: LivePlatform) -> None:
    assert own_live.cli("status").returncode == 1
    assert own_live.json("down")["was_up"] is False
    tenant = own_live.new_tenant()
    dsn = own_live.json("create", "postgres", "shop", "--tenant", tenant)["connection_string"]
    with psycopg.connect(dsn) as owner:
        owner.execute("create table t as select 7 as seven")
    assert own_live.json("down")["was_up"] is True
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(dsn)
    own_live.json("up")
    with own_live.operator() as http:
        assert http.post(f"/v1/{tenant}/query", json={"query": "table t"}).json()["data"] == [{"seven": 7}]
    assert own_live.json("connection-string", f"{tenant}/shop")["connection_string"] == dsn
    psycopg.connect(dsn).close()


def test_two_platforms_side_by_side_know_nothing_of_each_other(live: LivePlatform, own_live: LivePlatform) -> None:
    tenant = live.new_tenant()
    own_live.json("up")
    assert tenant not in own_live.cli("tenant", "list").stdout
    assert own_live.url != live.url
