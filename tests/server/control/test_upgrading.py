"""Moving servers to a newer version over HTTP and with the command, with everything that depends on them at work."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pymongo
import pytest

import dbaas
from dbaas_provisioning.nouns import Home
from dbaas_provisioning.platform import Platform
from dbaas_server.daemon_link import SocketSupervision
from live_platform import LivePlatform
from upgrades import OLD, made_by

NDJSON = {"Accept": "application/x-ndjson"}


@asynccontextmanager
async def opened(live: LivePlatform) -> AsyncIterator[Platform]:
    platform = await Platform.open(Home(live.home), SocketSupervision(Home(live.home)))
    yield platform
    await platform.close()


def old_database(live: LivePlatform, tenant: str, engine: str = "postgres") -> None:
    """A database on a server of the old version."""

    async def make() -> None:
        async with opened(live) as platform:
            with made_by(OLD):
                await platform.create_database(tenant, engine, "shop", options={}, actor="test")

    asyncio.run(make())


@pytest.fixture
def http(live: LivePlatform) -> Iterator[httpx.Client]:
    with live.operator() as http:
        yield http


def lines(http: httpx.Client, tenant: str, engine: str, to: object) -> list[dict[str, Any]]:
    answer = http.post(f"/v1/{tenant}/clusters/{engine}/upgrade", json={"to": to}, headers=NDJSON, timeout=300)
    assert answer.status_code == 200, answer.text
    return [json.loads(line) for line in answer.text.splitlines()]


def test_applications_go_on_after_an_upgrade(live: LivePlatform, http: httpx.Client) -> None:
    tenant = live.new_tenant()
    old_database(live, tenant)
    shop = dbaas.connect(live.url, live.run_file["token"]).tenant(tenant).database("shop")
    shop.query("create table item (id int primary key, shown bool); alter table item enable row level security")
    shop.query("create policy seen on item for select using (shown)")
    shop.query("insert into item values (1, true), (2, false)")
    key = live.json("keys", "create", "--tenant", tenant, "--role", "anon")["key"]
    public = shop.data("item", key=key)
    assert public.select() == [{"id": 1, "shown": True}]

    async def change(number: int, since: str | None = None) -> str:
        async with shop.changes("item", key=key, since=since) as changes:
            await asyncio.to_thread(shop.query, f"insert into item values ({number}, true)")
            seen = await anext(changes)
            assert seen.record == {"id": number, "shown": True}
            return seen.position

    position = asyncio.run(change(3))
    [*steps, last] = lines(http, tenant, "postgres", "18")
    assert last == {"cluster": {"engine": "postgres", "version": "18", "state": "running"}}
    assert [each["step"] for each in steps] == list(range(1, steps[0]["of"] + 1))
    assert http.get(f"/v1/{tenant}/databases").json()[0]["version"] == "18"
    assert public.select(order="id") == [{"id": 1, "shown": True}, {"id": 3, "shown": True}]
    assert shop.query("show server_version_num").scalar()[:2] == "18"
    with pytest.raises(dbaas.ChangesLost):  # another log: who followed is told to read again
        asyncio.run(change(4, position))
    assert asyncio.run(change(5)).split("-")[0] != position.split("-")[0]
    assert lines(http, tenant, "postgres", "18")[-1]["error"]["code"] == "not_newer"


def test_documents_go_on_after_an_upgrade_by_the_command(live: LivePlatform) -> None:
    tenant = live.new_tenant()
    old_database(live, tenant, "document")
    url = live.cli("connection-string", f"{tenant}/shop").stdout.strip()
    with pymongo.MongoClient(url) as client:
        client["shop"].item.insert_many([{"_id": n, "n": n % 7} for n in range(500)])
        client["shop"].item.create_index("n")
    done = live.cli("upgrade", tenant, "--to", "18", "--engine", "document")
    assert done.returncode == 0, done.stderr
    assert done.stderr.splitlines()[4] == "5/7 Moving the data"
    assert [line.split() for line in done.stdout.splitlines()] == [
        ["tenant", tenant], ["engine", "document"], ["version", "18"], ["state", "running"],
    ]  # fmt: skip
    with pymongo.MongoClient(url) as client:
        items = client["shop"].item
        assert items.count_documents({"n": 3}) == len(range(3, 500, 7))
        assert items.insert_one({"_id": "new"}).inserted_id == "new"
        assert set(items.index_information()) == {"_id_", "n_1"}
    again = live.cli("upgrade", tenant, "--to", "18", "--engine", "document")
    assert again.returncode == 1 and again.stderr.endswith("[not_newer]\n")


@pytest.mark.parametrize(
    ("engine", "body", "status", "code"),
    [
        ("postgres", {"to": "18"}, 404, "cluster_not_found"),
        ("nosql", {"to": "18"}, 400, "unknown_engine"),
        ("postgres", {}, 400, "missing_field"),
        ("postgres", {"to": 18}, 400, "invalid_field"),
        ("postgres", {"to": "newest"}, 400, "invalid_version"),
    ],
)
def test_what_makes_no_sense_is_refused(
    live: LivePlatform, http: httpx.Client, engine: str, body: dict[str, object], status: int, code: str
) -> None:
    tenant = live.new_tenant()
    answer = http.post(f"/v1/{tenant}/clusters/{engine}/upgrade", json=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert http.post("/v1/nobody-here/clusters/postgres/upgrade", json={"to": "18"}).status_code == 404
