"""The history's door."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from uuid import uuid4

import httpx
import pytest

from dbaas_provisioning.nouns import Home
from dbaas_provisioning.platform import Platform
from dbaas_server.daemon_link import SocketSupervision
from dbaas_server.editor.history import person_of, remember
from dbaas_server.nouns import Caller
from dbaas_server.services import Services
from live_platform import LivePlatform

NOW = datetime(2030, 1, 2, tzinfo=UTC)


@pytest.fixture(scope="module")
def tenant(live: LivePlatform) -> str:
    tenant = live.new_tenant()
    with live.operator() as http:
        for name in ("shop", "other"):
            assert http.post(f"/v1/{tenant}/databases", json={"name": name}).status_code == 201
    return tenant


def keep(live: LivePlatform, tenant: str, database: str, person: str, *texts: str) -> None:
    """Remember statements as a door of another process would."""

    async def work() -> None:
        services = Services.over(await Platform.open(Home(live.home), SocketSupervision(Home(live.home))))
        for text in texts:
            await remember(
                services, tenant=tenant, database=database, person=person, text=text, started=NOW, duration_ms=2.5,
                rows=1, error=None,
            )  # fmt: skip
        await services.close()

    asyncio.run(work())


def secret_key(live: LivePlatform, tenant: str) -> tuple[str, str]:
    with live.operator() as http:
        made = http.post(f"/v1/{tenant}/keys", json={"role": "service_role"}).json()
    return made["id"], made["key"]


def with_key(live: LivePlatform, key: str) -> httpx.Client:
    return httpx.Client(base_url=live.url, headers={"apikey": key})


def operator_name(live: LivePlatform) -> str:
    with live.operator() as http:
        return http.get("/v1/platform").json()["person"]


def test_a_person_pages_searches_and_clears_what_they_ran(live: LivePlatform, tenant: str) -> None:
    me = person_of(Caller(uuid4(), "owner", actor=operator_name(live)))
    keep(live, tenant, "shop", me, *(f"select {n}" for n in range(5)), "select 'Ann'")
    keep(live, tenant, "other", me, "select 'elsewhere'")
    url = f"/v1/{tenant}/databases/shop/editor/history"
    with live.operator() as http:
        newest = http.get(url, params={"limit": 2}).json()
        assert [each["text"] for each in newest["entries"]] == ["select 'Ann'", "select 4"] and newest["more"]
        assert set(newest["entries"][0]) == {"id", "text", "at", "duration_ms", "rows", "error"}
        assert newest["entries"][0]["at"].startswith("2030-01-02T00:00:00")
        older = http.get(url, params={"before": newest["entries"][-1]["id"]}).json()
        assert [each["text"] for each in older["entries"]] == [f"select {n}" for n in (3, 2, 1, 0)]
        assert not older["more"]
        found = http.get(url, params={"search": "aNN"}).json()["entries"]
        assert [each["text"] for each in found] == ["select 'Ann'"]
        assert http.delete(f"{url}/{found[0]['id']}").status_code == 204
        assert http.delete(f"{url}/{found[0]['id']}").json()["code"] == "entry_not_found"
        assert len(http.get(url).json()["entries"]) == 5
        assert http.delete(url).status_code == 204
        assert http.get(url).json() == {"entries": [], "more": False}
        elsewhere = http.get(f"/v1/{tenant}/databases/other/editor/history").json()["entries"]
        assert [each["text"] for each in elsewhere] == ["select 'elsewhere'"]


def test_a_key_has_a_history_of_its_own(live: LivePlatform, tenant: str) -> None:
    (first_id, first), (_, second) = secret_key(live, tenant), secret_key(live, tenant)
    prefix = first[:12]
    keep(live, tenant, "shop", f"key {first_id}", "select 'key'")
    keep(live, tenant, "shop", person_of(Caller(uuid4(), "owner", actor=prefix)), "select 'a person called like it'")
    url = f"/v1/{tenant}/databases/shop/editor/history"
    with with_key(live, first) as one, with_key(live, second) as two, live.operator() as http:
        [mine] = one.get(url).json()["entries"]
        assert mine["text"] == "select 'key'"
        assert two.get(url).json()["entries"] == []
        assert "select 'key'" not in str(http.get(url).json())
        for client in (two, http):
            assert client.delete(f"{url}/{mine['id']}").status_code == 404
            assert client.delete(url).status_code == 204
        assert one.delete(f"/v1/{tenant}/databases/other/editor/history/{mine['id']}").status_code == 404
        assert [each["id"] for each in one.get(url).json()["entries"]] == [mine["id"]]


def test_other_tenants_keys_and_publishable_ones_open_no_history(live: LivePlatform, tenant: str) -> None:
    stranger = live.new_tenant()
    _, theirs = secret_key(live, stranger)
    with live.operator() as http:
        anon = http.post(f"/v1/{tenant}/keys", json={"role": "anon"}).json()["key"]
        token = http.post(f"/v1/{tenant}/jwt", json={"role": "authenticated", "sub": "ann"}).json()["token"]
    url = f"/v1/{tenant}/databases/shop/editor/history"
    for key, statuses in ((theirs, {401}), (anon, {403}), (token, {403}), ("dbk_s_none", {401})):
        with with_key(live, key) as client:
            for method, path in (("GET", url), ("DELETE", url), ("DELETE", f"{url}/{uuid4()}")):
                assert client.request(method, path).status_code in statuses, (key[:6], method, path)
    assert httpx.get(f"{live.url}{url}").status_code == 401
    with with_key(live, theirs) as client:
        assert client.get(f"/v1/{stranger}/databases/shop/editor/history").status_code == 404


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("limit=0", "invalid_field"),
        ("limit=201", "invalid_field"),
        ("limit=x", "invalid_field"),
        ("before=x", "invalid_field"),
        ("serach=x", "unknown_field"),
        ("search=" + "x" * 1001, "invalid_field"),
    ],
)
def test_bad_questions_are_told_apart(live: LivePlatform, tenant: str, query: str, code: str) -> None:
    with live.operator() as http:
        answer = http.get(f"/v1/{tenant}/databases/shop/editor/history?{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, code)


def test_a_history_of_nothing_is_not_found(live: LivePlatform, tenant: str) -> None:
    with live.operator() as http:
        assert http.get(f"/v1/{tenant}/databases/none/editor/history").json()["code"] == "database_not_found"
        assert http.get("/v1/nobody/databases/none/editor/history").json()["code"] == "tenant_not_found"
        answer = http.delete(f"/v1/{tenant}/databases/shop/editor/history/none")
    assert (answer.status_code, answer.json()["code"]) == (404, "entry_not_found")
