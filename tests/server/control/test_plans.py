"""Plans over HTTP and with the ``dbaas`` command: the operator's to change, in force in every process at once."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import httpx
import pytest

from live_platform import LivePlatform


@pytest.fixture
def plan(live: LivePlatform) -> Iterator[str]:
    """The name of a plan that is not there yet; it is removed afterwards."""
    name = f"p{uuid4().hex[:10]}"
    yield name
    with live.operator() as operator:
        for tenant in operator.get("/v1/tenants").json():
            if tenant["plan_type"] == name:
                assert operator.delete(f"/v1/tenants/{tenant['subdomain']}").status_code == 204
        operator.delete(f"/v1/plans/{name}")


def test_a_plan_is_made_changed_and_removed(live: LivePlatform, plan: str) -> None:
    with live.operator() as operator:
        made = operator.post("/v1/plans", json={"name": plan, "like": "team", "max_storage_gb": 1.5})
        assert made.status_code == 201 and made.headers["location"].endswith(f"/v1/plans/{plan}")
        assert (made.json()["max_connections"], made.json()["max_storage_gb"]) == (200, 1.5)
        changed = operator.patch(f"/v1/plans/{plan}", json={"idle_stop_seconds": 60, "max_storage_gb": 2})
        assert changed.json() == operator.get(f"/v1/plans/{plan}").json()
        assert (changed.json()["idle_stop_seconds"], changed.json()["max_storage_gb"]) == (60, 2)
        assert changed.json() in operator.get("/v1/plans").json()
        assert operator.patch(f"/v1/plans/{plan}", json={"max_connections": True}).json()["code"] == "invalid_field"
        assert operator.patch(f"/v1/plans/{plan}", json={"max_connections": 0}).json()["code"] == "invalid_limit"
        assert operator.delete(f"/v1/plans/{plan}").status_code == 204
        assert operator.get(f"/v1/plans/{plan}").status_code == 404


def test_a_tenant_tells_what_it_may_use(live: LivePlatform, plan: str) -> None:
    name = live.new_tenant()
    with live.operator() as operator:
        made = operator.post("/v1/plans", json={"name": plan, "like": "team", "max_storage_gb": 1.5}).json()
        assert operator.patch(f"/v1/tenants/{name}", json={"plan": plan}).status_code == 200
        assert operator.get(f"/v1/tenants/{name}").json()["limits"] == made
        assert operator.patch(f"/v1/tenants/{name}", json={"max_connections": 7}).status_code == 200
        assert operator.get(f"/v1/tenants/{name}").json()["limits"] == {**made, "max_connections": 7}
        assert "limits" not in operator.get("/v1/tenants").json()[0]


def test_the_command_does_the_same(live: LivePlatform, plan: str) -> None:
    made = live.json("plans", "create", plan, "--max-connections", "12", "--max-storage-gb", "0.5")
    assert (made["max_connections"], made["max_storage_gb"]) == (12, 0.5)
    assert live.json("plans", "update", plan, "--statement-timeout-ms", "0")["statement_timeout_ms"] == 0
    assert live.json("plans", "show", plan) in live.json("plans", "list")
    tenant = live.new_tenant()
    shown = live.json("tenant", "update", tenant, "--plan", plan, "--max-connections", "5")
    assert (shown["max_connections"], shown["max_storage_gb"], shown["restart_needed"]) == (5, 0.5, False)
    refused = live.cli("plans", "remove", plan)
    assert refused.returncode == 1 and "[plan_in_use]" in refused.stderr
    assert live.cli("plans", "update", plan).returncode == 1
    live.json("tenant", "update", tenant, "--plan", "free")
    assert live.json("plans", "remove", plan) == {"removed": plan}


def test_a_tenants_key_opens_no_plan(live: LivePlatform) -> None:
    tenant = live.new_tenant()
    key = live.json("keys", "create", "--tenant", tenant, "--role", "service_role")["key"]
    calls = [("GET", "/v1/plans"), ("GET", "/v1/plans/free"), ("PATCH", "/v1/plans/free"), ("DELETE", "/v1/plans/free")]
    for method, path in (*calls, ("POST", "/v1/plans"), ("PATCH", f"/v1/tenants/{tenant}")):
        answer = httpx.request(method, f"{live.url}{path}", headers={"apikey": key})
        assert (answer.status_code, answer.json()["code"]) == (403, "not_an_operator"), (method, path)


def test_a_lower_statement_time_holds_for_the_next_request(live: LivePlatform, plan: str) -> None:
    tenant = live.new_tenant()
    with live.operator() as operator:
        operator.post("/v1/plans", json={"name": plan})
        operator.patch(f"/v1/tenants/{tenant}", json={"plan": plan})
        operator.post(f"/v1/{tenant}/databases", json={"name": "shop"})
        slow = {"query": "select pg_sleep(0.4)"}
        assert operator.post(f"/v1/{tenant}/query", json=slow).status_code == 200
        operator.patch(f"/v1/plans/{plan}", json={"statement_timeout_ms": 100})
        for _ in range(100):  # until the process has heard of it
            answer = operator.post(f"/v1/{tenant}/query", json=slow)
            if answer.status_code != 200:
                break
        assert answer.json()["code"] == "57014"
