"""Dumps and restores, over HTTP and by the command."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import httpx
import psycopg
import pytest

from live_platform import LivePlatform

NDJSON = {"Accept": "application/x-ndjson"}


@pytest.fixture(scope="module")
def http(live: LivePlatform) -> Iterator[httpx.Client]:
    with live.operator() as http:
        yield http


@pytest.fixture(scope="module")
def shop(live: LivePlatform, http: httpx.Client) -> tuple[str, str]:
    """A tenant with a database ``shop`` of one table with three rows: the database's URL, and its connection string."""
    tenant = live.new_tenant()
    made = http.post(f"/v1/{tenant}/databases", json={"name": "shop"}).json()
    with psycopg.connect(made["connection_string"]) as owner:
        owner.execute("create table t (id int primary key)")
        owner.execute("insert into t select generate_series(1, 3)")
    return f"/v1/{tenant}/databases/shop", made["connection_string"]


def rows(dsn: str) -> list[int]:
    with psycopg.connect(dsn) as owner:
        return [row[0] for row in owner.execute("select id from t order by 1")]


def lines(answer: httpx.Response) -> list[dict]:
    assert answer.status_code == 200, answer.text
    return [json.loads(line) for line in answer.text.splitlines()]


def test_a_dump_is_told_kept_handed_out_taken_in_and_restored(http: httpx.Client, shop: tuple[str, str]) -> None:
    url, dsn = shop
    assert http.get(f"{url}/dumps").json() == []
    *steps, last = lines(http.post(f"{url}/dump", headers=NDJSON))
    assert {each["step"] for each in steps} == {1, 2, 3}
    assert [(each["tables"], each["of_tables"]) for each in steps if "tables" in each][-1] == (1, 1)
    dump = last["dump"]
    assert dump["database"] == "shop" and dump["size_bytes"] > 0 and not dump["is_last"]
    assert [each["id"] for each in http.get(f"{url}/dumps").json()] == [dump["id"]]
    file = http.get(f"{url}/dumps/{dump['id']}")
    assert file.headers["content-type"] == "application/x-tar"
    with tarfile.open(fileobj=io.BytesIO(file.content)) as packed:
        assert packed.getnames() == ["manifest.json", "archive"]
    with psycopg.connect(dsn) as owner:
        owner.execute("delete from t")
    taken = http.post(f"{url}/dumps", content=file.content, headers={"Content-Type": "application/x-tar"})
    assert taken.status_code == 201, taken.text
    assert http.delete(f"{url}/dumps/{dump['id']}").status_code == 204
    assert http.get(f"{url}/dumps/{dump['id']}").status_code == 404
    *_, last = lines(http.post(f"{url}/restore", json={"dump": taken.json()["id"]}, headers=NDJSON))
    assert last["database"]["connection_string"] == dsn
    assert rows(dsn) == [1, 2, 3]
    made = http.post(f"{url}/restore", json={"dump": taken.json()["id"], "as": "shop 2"}).json()
    assert rows(made["connection_string"]) == [1, 2, 3]
    assert http.get(f"{url.replace('shop', 'shop%202')}/dumps/{taken.json()['id']}").status_code == 404


def packed(**files: bytes) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return out.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PGDMP",
        packed(**{"../../manifest.json": b"{}"}),
        packed(**{"/etc/cron.d/x": b"* * * * *"}),
        packed(**{"manifest.json": b"{}", "archive": b"", "more": b""}),
        packed(**{"manifest.json": b"[" * 100_000, "archive": b""}),
        packed(**{"manifest.json": b'{"format": "jupyter-dbaas dump 1"}', "archive": b""}),
    ],
)
def test_what_is_no_dump_is_not_kept(live: LivePlatform, http: httpx.Client, shop: tuple[str, str], content) -> None:
    url, _ = shop
    before = set((live.home / "dumps").rglob("*"))
    answer = http.post(f"{url}/dumps", content=content, headers={"Content-Type": "application/x-tar"})
    assert (answer.status_code, answer.json()["code"]) == (400, "dump_unknown")
    assert set((live.home / "dumps").rglob("*")) == before


def test_links_in_a_file_lead_nowhere(http: httpx.Client, shop: tuple[str, str]) -> None:
    url, _ = shop
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name in ("manifest.json", "archive"):
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = tarfile.SYMTYPE, "/etc/passwd"
            tar.addfile(entry)
    answer = http.post(f"{url}/dumps", content=out.getvalue(), headers={"Content-Type": "application/x-tar"})
    assert answer.json()["code"] == "dump_unknown"


def test_these_doors_are_closed_to_everybody_else(
    live: LivePlatform, http: httpx.Client, shop: tuple[str, str]
) -> None:
    url, _ = shop
    tenant = url.split("/")[2]
    dump = http.post(f"{url}/dump").json()["id"]
    other = live.new_tenant()
    http.post(f"/v1/{other}/databases", json={"name": "shop"})
    theirs = http.post(f"/v1/{other}/keys", json={"role": "service_role"}).json()["key"]
    own = http.post(f"/v1/{tenant}/keys", json={"role": "service_role"}).json()["key"]
    doors = [
        ("POST", f"{url}/dump"), ("GET", f"{url}/dumps"), ("POST", f"{url}/dumps"), ("GET", f"{url}/dumps/{dump}"),
        ("DELETE", f"{url}/dumps/{dump}"), ("POST", f"{url}/restore"),
    ]  # fmt: skip
    for method, door in doors:
        for headers in ({}, {"Authorization": "Bearer dbt_e30.e30.x"}, {"apikey": theirs}, {"apikey": own}):
            refused = httpx.request(method, live.url + door, headers=headers)
            assert refused.status_code in (401, 403), (method, door, headers)
    # Another tenant's dumps are none of theirs, and names are names.
    elsewhere = f"/v1/{other}/databases/shop"
    assert http.get(f"{elsewhere}/dumps/{dump}").json()["code"] == "dump_not_found"
    assert http.post(f"{elsewhere}/restore", json={"dump": dump}).json()["code"] == "dump_not_found"
    for odd in ("..%2F..%2Fmaster.key", "%2Fetc%2Fpasswd", "'; drop table dumps --", str(uuid4())):
        assert http.get(f"{url}/dumps/{odd}").status_code in (400, 404)
        assert http.post(f"{url}/restore", json={"dump": odd}).json()["code"] == "dump_not_found"
    assert http.post(f"{url}/restore", json={"dump": dump, "as": "../x"}).json()["code"] == "invalid_name"
    assert http.post(f"{url}/restore", json={"dump": dump, "path": "/x"}).json()["code"] == "unknown_field"
    assert rows(shop[1]) == [1, 2, 3]


def test_the_command_dumps_to_paths_and_restores_from_them(live: LivePlatform, tmp_path: Path) -> None:
    tenant = live.new_tenant()
    dsn = live.json("create", "postgres", "shop", "--tenant", tenant)["connection_string"]
    with psycopg.connect(dsn) as owner:
        owner.execute("create table t (id int primary key)")
        owner.execute("insert into t values (7)")
    kept = live.json("dump", f"{tenant}/shop")
    assert [each["id"] for each in live.json("dumps", f"{tenant}/shop")] == [kept["id"]]
    file, folder = tmp_path / "shop.dump", tmp_path / "shop"
    assert live.json("dump", f"{tenant}/shop", str(file))["size_bytes"] == file.stat().st_size
    live.json("dump", f"{tenant}/shop", str(folder), "--folder")
    for source in (kept["id"], str(file), str(folder)):
        with psycopg.connect(dsn) as owner:
            owner.execute("delete from t")
        assert live.json("restore", f"{tenant}/shop", source)["connection_string"] == dsn
        assert rows(dsn) == [7]
    made = live.json("restore", f"{tenant}/shop", str(file), "--as", "again")
    assert rows(made["connection_string"]) == [7]
    assert live.json("dumps", f"{tenant}/shop", "--remove", kept["id"])["removed"] == kept["id"]
    empty = live.cli("dumps", f"{tenant}/shop")
    assert "No dump yet" in empty.stdout
    refused = live.cli("restore", f"{tenant}/shop", str(tmp_path / "none"))
    assert refused.returncode == 1 and "[file_not_found]" in refused.stderr


def test_a_database_is_dropped_and_comes_back_branches_and_is_taken_over(
    live: LivePlatform, http: httpx.Client
) -> None:
    tenant = live.new_tenant()
    made = http.post(f"/v1/{tenant}/databases", json={"name": "shop"}).json()
    with psycopg.connect(made["connection_string"]) as owner:
        owner.execute("create table t (id int primary key)")
        owner.execute("insert into t values (7)")
    url = f"/v1/{tenant}/databases/shop"
    branch = lines(http.post(f"{url}/branch", json={"name": "test", "schema_only": True}, headers=NDJSON))[-1]
    assert rows(branch["database"]["connection_string"]) == []
    taken = http.post(f"/v1/{tenant}/import", json={"name": "taken", "dsn": made["connection_string"]})
    assert taken.status_code == 201 and rows(taken.json()["connection_string"]) == [7], taken.text
    for dsn in ("host=/var/run/postgresql user=postgres dbname=postgres", "service=x", "postgresql://u@127.0.0.1/d"):
        refused = http.post(f"/v1/{tenant}/import", json={"name": "x", "dsn": dsn})
        assert (refused.status_code, refused.json()["code"]) == (400, "invalid_dsn")
    assert http.delete(f"{url}?keep_dump=perhaps").json()["code"] == "invalid_field"
    assert http.delete(url).status_code == 204
    assert http.delete(f"/v1/{tenant}/databases/test?keep_dump=false").status_code == 204
    assert [each["database"] for each in http.get(f"/v1/{tenant}/undrop").json()] == ["shop"]
    back = http.post(f"/v1/{tenant}/undrop", json={"database": "shop"}).json()
    assert rows(back["connection_string"]) == [7] and back["connection_string"] != made["connection_string"]
    assert http.post(f"/v1/{tenant}/undrop", json={"database": "test"}).json()["code"] == "nothing_to_undrop"
    other = live.new_tenant()
    assert http.get(f"/v1/{other}/undrop").json() == []
    assert http.post(f"/v1/{other}/undrop", json={"database": "shop"}).json()["code"] == "nothing_to_undrop"
