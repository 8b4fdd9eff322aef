"""Whose pages may read a tenant's data in a browser: a setting of the tenant, obeyed by every process."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from live_platform import LivePlatform
from waiting import until

MINE, OTHER = "https://app.test", "https://other.test"


@pytest.fixture(scope="module")
def tenant(live: LivePlatform) -> str:
    tenant = live.new_tenant()
    live.json("create", "postgres", "db", "--tenant", tenant)
    return tenant


@pytest.fixture(scope="module")
def data(live: LivePlatform, tenant: str) -> Iterator[httpx.Client]:
    key = live.json("keys", "create", "--tenant", tenant, "--role", "service_role")["key"]
    with httpx.Client(base_url=f"{live.url}/v1/{tenant}", headers={"apikey": key}, timeout=60) as client:
        assert client.get("/openapi.json").status_code == 200
        yield client


def allowed(data: httpx.Client, origin: str) -> dict[str, str | None]:
    """What each kind of answer says of an origin: a success, a refusal, a browser's question before a request."""
    asked = {"Origin": origin, "Access-Control-Request-Method": "GET"}
    answers = {
        "success": data.get("/openapi.json", headers={"Origin": origin}),
        "refusal": data.get("/data/nothing", headers={"Origin": origin}),
        "preflight": data.options("/data/nothing", headers=asked),
    }
    return {kind: answer.headers.get("access-control-allow-origin") for kind, answer in answers.items()}


def everywhere(value: str | None) -> dict[str, str | None]:
    return dict.fromkeys(("success", "refusal", "preflight"), value)


async def test_a_change_made_by_another_process_is_obeyed_at_once(
    live: LivePlatform, tenant: str, data: httpx.Client
) -> None:
    async def seen() -> tuple[dict[str, str | None], dict[str, str | None]]:
        return allowed(data, MINE), allowed(data, OTHER)

    assert await seen() == (everywhere("*"), everywhere("*"))
    live.json("tenant", "update", tenant, "--cors-origins", MINE)
    await until(seen, lambda told: told == (everywhere(MINE), everywhere(None)))
    live.json("tenant", "update", tenant, "--cors-origins", "")
    await until(seen, lambda told: told == (everywhere(None), everywhere(None)))
    live.json("tenant", "update", tenant, "--cors-origins", "*")
    await until(seen, lambda told: told == (everywhere("*"), everywhere("*")))


async def test_the_setting_is_part_of_the_tenant_and_of_its_audit_log(live: LivePlatform) -> None:
    name = live.new_tenant()
    with live.operator() as http:
        assert http.get(f"/v1/tenants/{name}").json()["cors_origins"] == ["*"]
        changed = http.patch(f"/v1/tenants/{name}", json={"cors_origins": ["https://APP.test:443", OTHER]})
        assert changed.json()["cors_origins"] == [MINE, OTHER]
        assert http.patch(f"/v1/tenants/{name}", json={"plan": "team"}).json()["cors_origins"] == [MINE, OTHER]
        assert http.patch(f"/v1/tenants/{name}", json={"cors_origins": [f"{MINE}/"]}).json()["code"] == "invalid_origin"
        entries = http.get(f"/v1/{name}/audit").json()
    assert [(entry["outcome"], entry["details"].get("cors_origins")) for entry in entries[:3]] == [
        ("invalid_origin", f"{MINE}/"),
        ("ok", None),
        ("ok", f"https://APP.test:443 {OTHER}"),
    ]


def test_a_tenant_that_does_not_exist_answers_as_a_new_one_would(live: LivePlatform) -> None:
    asked = {"Origin": MINE, "Access-Control-Request-Method": "GET"}
    answer = httpx.options(f"{live.url}/v1/nobody/data/nothing", headers=asked)
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (204, "*")
    refused = httpx.get(f"{live.url}/v1/nobody/data/nothing", headers={"Origin": MINE})
    assert (refused.status_code, refused.headers["access-control-allow-origin"]) == (404, "*")
