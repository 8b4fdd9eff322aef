"""The process for MongoDB's clients under a daemon: who gets in, what they reach, what becomes of them."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pymongo
import pytest
from pymongo import MongoClient
from pymongo.errors import ConnectionFailure, OperationFailure, PyMongoError

from dbaas_provisioning.errors import Invalid
from dbaas_provisioning.nouns import Home
from dbaas_provisioning.platform import Platform
from dbaas_server.daemon_link import SocketSupervision, ask
from dbaas_server.mongo_process import MongoSettings
from live_platform import LivePlatform, without_platform
from mixed_load import children
from victims import daemon
from waiting import eventually, kill

Open = Callable[[str], MongoClient[dict[str, Any]]]
AUTHENTICATION_FAILED, UNAUTHORIZED = 18, 13


@pytest.fixture
def opened() -> Iterator[Open]:
    """Opens clients; they are closed in the end."""
    clients: list[MongoClient[dict[str, Any]]] = []

    def open(url: str) -> MongoClient[dict[str, Any]]:
        clients.append(MongoClient(url, serverSelectionTimeoutMS=60_000))
        return clients[-1]

    yield open
    for client in clients:
        client.close()


@pytest.fixture(scope="module")
def tenant(live: LivePlatform) -> Iterator[str]:
    """A tenant with the document database ``app``."""
    name = live.new_tenant()
    live.json("create", "document", "app", "--tenant", name)
    yield name
    live.json("tenant", "drop", name, "--yes")


def url_of(live: LivePlatform, place: str) -> str:
    return str(live.json("connection-string", place)["connection_string"])


def serving(live: LivePlatform) -> int | None:
    """The process's id."""
    for pid in children(int(live.run_file["pid"])):
        with suppress(OSError):
            if b"dbaas_server.mongo" in Path(f"/proc/{pid}/cmdline").read_bytes():
                return pid
    return None


def refused(client: MongoClient[dict[str, Any]]) -> int | None:
    """With which number a login is refused; None when it is not."""
    try:
        client.admin.command("ping")
        client.app.command("listCollections")
    except OperationFailure as error:
        return error.code
    return None


def shut_out(client: MongoClient[dict[str, Any]]) -> bool:
    """Whether who was logged in is refused by now; before that its connections end."""
    try:
        return refused(client) == AUTHENTICATION_FAILED
    except ConnectionFailure:
        return False


def test_it_is_told_where_and_who(live: LivePlatform, tenant: str) -> None:
    shown = live.json("info", f"{tenant}/app")
    url = urlsplit(url_of(live, f"{tenant}/app"))
    assert shown["mongodb_url"] == f"mongodb://127.0.0.1:{url.port}/app?authSource=admin"
    assert (shown["rest_url"], shown["exposure"], shown["feed"]) == (None, None, None)
    assert (url.username, url.path) == (f"{tenant}.app", "/app")
    with live.operator() as http:
        assert http.get(f"/v1/{tenant}/databases/app").json()["mongodb_url"] == shown["mongodb_url"]
        of_all = http.get(f"/v1/{tenant}/documents/connection-string").json()["connection_string"]
    assert of_all == url_of(live, tenant) and f"mongodb://{tenant}:" in of_all
    assert live.cli("connection-string", tenant, "--admin").returncode == 1
    assert live.cli("create", "document", "open", "--tenant", tenant, "--expose", "all").returncode == 1
    assert live.cli("create", "document", "a.b", "--tenant", tenant).returncode == 1


def test_a_user_of_one_database_sees_that_one(live: LivePlatform, tenant: str, opened: Open) -> None:
    live.json("create", "document", "other", "--tenant", tenant)
    client = opened(url_of(live, f"{tenant}/app"))
    client.app.seen.insert_one({"_id": 1})
    assert client.list_database_names() == ["app"]
    for work in (client.other.seen.find_one, lambda: client.new.seen.insert_one({})):
        with pytest.raises(OperationFailure) as no:
            work()
        assert no.value.code == UNAUTHORIZED
    client.drop_database("app")
    assert client.app.list_collection_names() == []
    client.app.again.insert_one({})
    assert live.json("info", f"{tenant}/app")["state"] == "ready", "its login stays with the database"


def test_a_user_of_all_makes_a_database_by_writing_to_it(live: LivePlatform, tenant: str, opened: Open) -> None:
    client = opened(url_of(live, tenant))
    assert client.made.things.find_one() is None
    assert "made" not in client.list_database_names(), "reading makes nothing"
    client.made.things.insert_one({"_id": 1})
    assert {"app", "made"} <= set(client.list_database_names())
    assert live.json("info", f"{tenant}/made")["engine"] == "document"
    assert opened(url_of(live, f"{tenant}/made")).made.things.count_documents({}) == 1
    client.drop_database("made")
    assert live.cli("info", f"{tenant}/made").returncode == 1
    client.made.things.insert_one({"_id": 2})
    assert [one["_id"] for one in client.made.things.find()] == [2]
    live.json("create", "postgres", "sql", "--tenant", tenant)
    with pytest.raises(OperationFailure, match="postgres"):
        client.sql.things.insert_one({})
    client.drop_database("sql")
    assert live.json("info", f"{tenant}/sql")["engine"] == "postgres", "no database of another engine goes that way"


def test_nobody_gets_in_with_what_is_anothers(live: LivePlatform, tenant: str, opened: Open) -> None:
    stranger = live.new_tenant()
    live.json("create", "document", "app", "--tenant", stranger)
    mine, theirs = (urlsplit(url_of(live, f"{one}/app")) for one in (tenant, stranger))
    for user, secret in (
        (f"{tenant}.app", theirs.password), (tenant, mine.password), (f"{tenant}.nothing", mine.password),
        ("nobody", mine.password), (f"{tenant}.app", "wrong"), (f"{stranger}.app", mine.password),
    ):  # fmt: skip
        url = f"mongodb://{user}:{secret}@127.0.0.1:{mine.port}/app?authSource=admin"
        assert refused(opened(url)) == AUTHENTICATION_FAILED, user
    client = opened(url_of(live, stranger))
    assert client.list_database_names() == ["app"]
    live.json("tenant", "drop", stranger, "--yes")
    eventually(lambda: refused(opened(theirs.geturl())) == AUTHENTICATION_FAILED)


def test_a_rotated_password_is_the_only_one(live: LivePlatform, tenant: str, opened: Open) -> None:
    for place in (f"{tenant}/app", tenant):
        before = url_of(live, place)
        client = opened(before)
        client.app.kept.find_one()
        after = str(live.json("rotate", place)["connection_string"])
        assert before != after == url_of(live, place)
        assert refused(opened(before)) == AUTHENTICATION_FAILED
        assert refused(opened(after)) is None
        eventually(partial(shut_out, client))


def test_who_was_logged_in_to_a_tenant_is_not_in_the_next_one_of_its_name(live: LivePlatform, opened: Open) -> None:
    name = live.new_tenant()
    live.json("create", "document", "app", "--tenant", name)
    of_all, of_one = opened(url_of(live, name)), opened(url_of(live, f"{name}/app"))
    of_all.app.kept.insert_one({"_id": 1})
    of_one.app.kept.find_one()
    live.json("tenant", "drop", name, "--yes")
    live.json("tenant", "create", name)
    live.json("create", "document", "app", "--tenant", name)
    opened(url_of(live, name)).app.kept.insert_one({"_id": "another's"})
    for client in (of_all, of_one):
        with pytest.raises(OperationFailure) as no:
            client.app.kept.find_one()
        assert no.value.code == AUTHENTICATION_FAILED
    live.json("drop", f"{name}/app", "--yes")
    live.json("tenant", "drop", name, "--yes")


def test_a_dropped_database_is_gone_at_once(live: LivePlatform, tenant: str, opened: Open) -> None:
    live.json("create", "document", "short", "--tenant", tenant)
    mine, everybody = opened(url_of(live, f"{tenant}/short")), opened(url_of(live, tenant))
    mine.short.things.insert_one({"_id": 1})
    live.json("drop", f"{tenant}/short", "--yes")
    eventually(lambda: "short" not in everybody.list_database_names())
    eventually(lambda: everybody.short.things.find_one() is None)
    live.json("create", "document", "short", "--tenant", tenant)
    eventually(lambda: everybody.short.things.count_documents({}) == 0)
    everybody.short.things.insert_one({"_id": 1})  # it is another one: nothing is there


def test_a_sleeping_cluster_wakes(live: LivePlatform, tenant: str, opened: Open) -> None:
    client = opened(url_of(live, f"{tenant}/app"))
    client.app.naps.insert_one({"_id": 1})
    asyncio.run(stop_clusters(live))
    assert eventually(lambda: count(client.app.naps)) == 1
    assert live.json("info", f"{tenant}/app")["state"] == "ready"


async def stop_clusters(live: LivePlatform) -> None:
    """Put every document cluster to sleep."""
    home = Home(live.home)
    platform = await Platform.open(home, SocketSupervision(home))
    try:
        for tenant in await platform.tenants():
            for database in await platform.databases(tenant.subdomain):
                if database.engine == "document":
                    await ask(home, {"do": "stop", "cluster": str(database.cluster_id)})
    finally:
        await platform.close()


def count(collection: pymongo.collection.Collection[dict[str, Any]]) -> int | None:
    with suppress(PyMongoError):
        return collection.count_documents({})
    return None


def test_killed_it_comes_back_on_the_same_port(live: LivePlatform, tenant: str, opened: Open) -> None:
    url = url_of(live, f"{tenant}/app")
    client = opened(url)
    client.app.kills.insert_one({"_id": 1})
    before = serving(live)
    assert before is not None
    kill(before)
    assert client.app.kills.find_one() == {"_id": 1}, "a driver tries again, and nobody is refused"
    assert serving(live) not in (None, before)
    assert url_of(live, f"{tenant}/app") == url
    client.app.kills.insert_one({"_id": 2})


def test_other_doors_refuse_documents(live: LivePlatform, tenant: str) -> None:
    key = live.json("keys", "create", "--tenant", tenant, "--role", "service_role")["key"]
    headers = {"apikey": key}
    project = f"{live.url}/p/{tenant}/app"
    for answer in (
        httpx.get(f"{project}/rest/v1/orders", headers=headers, timeout=60),
        httpx.get(f"{project}/rest/v1", headers=headers, timeout=60),
        httpx.post(f"{project}/graphql/v1", headers=headers, json={"query": "{__typename}"}, timeout=60),
    ):
        told = answer.json()
        told = told["errors"][0]["extensions"] if "errors" in told else told
        assert told["code"] == "wrong_engine" and f"connection-string {tenant}/app" in told["hint"], answer.text
    with live.operator() as http:
        for answer in (
            http.post(f"/v1/{tenant}/query", json={"query": "select 1", "database": "app"}),
            http.get(f"/v1/{tenant}/databases/app/schema"),
            http.post(f"/v1/{tenant}/load/orders?database=app", content="a\n1\n", headers={"Content-Type": "text/csv"}),
        ):
            assert answer.json()["code"] == "wrong_engine", answer.text
        assert http.get(f"/v1/{tenant}/databases/app/feed").json()["code"] == "no_change_feed"
        assert http.patch(f"/v1/tenants/{tenant}", json={"default_database": "app"}).json()["code"] == "wrong_engine"
    headers["Accept"] = "text/event-stream"
    answer = httpx.get(f"{live.url}/v1/{tenant}/changes?table=app.orders", headers=headers, timeout=60)
    assert answer.status_code >= 400 and answer.json()["code"] in ("wrong_engine", "no_change_feed"), answer.text


def test_a_daemon_that_is_killed_comes_back_with_it(own_live: LivePlatform, opened: Open) -> None:
    own_live.json("tenant", "create", "acme")
    url = str(own_live.json("create", "document", "app", "--tenant", "acme")["connection_string"])
    assert serving(own_live) is None, "nobody came yet, and nothing is spent"
    client = opened(url)
    client.app.kept.insert_one({"_id": 1})
    process = serving(own_live)
    assert process is not None
    kill(daemon(own_live))
    assert eventually(lambda: count(client.app.kept)) == 1
    assert url_of(own_live, "acme/app") == url
    assert serving(own_live) not in (None, process)
    last = serving(own_live)
    own_live.json("down")
    eventually(lambda: not Path(f"/proc/{last}").exists())
    own_live.json("up")
    assert url_of(own_live, "acme/app") == url, "the port stays"
    assert client.app.kept.count_documents({}) == 1


def test_with_a_certificate_clients_come_with_tls(own_live: LivePlatform, certificate: Path) -> None:
    environment = {**without_platform(os.environ), "DBAAS_MONGO_TLS_CERT": str(certificate)}
    subprocess.run(
        [sys.executable, "-m", "dbaas_server.cli", "up", "--home", str(own_live.home)],
        env=environment, check=True, capture_output=True,
    )  # fmt: skip
    own_live.json("tenant", "create", "acme")
    url = str(own_live.json("create", "document", "app", "--tenant", "acme")["connection_string"])
    assert url.endswith("&tls=true")
    with MongoClient[dict[str, Any]](url, tlsCAFile=str(certificate), serverSelectionTimeoutMS=60_000) as client:
        assert client.app.things.insert_one({"_id": 1}).inserted_id == 1
    with (
        MongoClient[dict[str, Any]](url.replace("&tls=true", ""), serverSelectionTimeoutMS=1_000) as client,
        pytest.raises(ConnectionFailure),
    ):
        client.app.things.find_one()


@pytest.mark.parametrize(
    ("environment", "code"),
    [
        ({"DBAAS_MONGO_PORT": "nonsense"}, "invalid_setting"),
        ({"DBAAS_MONGO_PORT": "70000"}, "invalid_setting"),
        ({"DBAAS_MONGO_HOST": "0.0.0.0"}, "tls_needed"),
    ],
)
def test_settings_that_make_no_sense_are_refused(environment: dict[str, str], code: str) -> None:
    with pytest.raises(Invalid) as no:
        MongoSettings.read(environment)
    assert no.value.code == code


def test_settings_say_what_clients_are_told() -> None:
    assert MongoSettings.read({}).door(5) == MongoSettings.read({"DBAAS_MONGO_HOST": ""}).door(5)
    settings = MongoSettings.read({"DBAAS_MONGO_HOST": "10.0.0.1", "DBAAS_MONGO_TLS_CERT": "/c.pem"})
    assert (settings.door(5).host, settings.door(5).tls) == ("10.0.0.1", True)
