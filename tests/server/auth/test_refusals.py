"""What somebody tried without the right to is in the audit log, for those who may read it."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest
import websockets

from dbaas_server.actions import action_of
from dbaas_server.routes import ROUTES
from live_platform import LivePlatform
from waiting import eventually


def somebody() -> str:
    return f"hub:h:{secrets.token_hex(6)}"


SignIn = Callable[..., httpx.Client]


@pytest.fixture(scope="module")
def tenant(live: LivePlatform) -> str:
    name = live.new_tenant()
    live.json("create", "postgres", "shop", "--tenant", name)
    return name


@pytest.fixture
def sign_in(live: LivePlatform) -> Iterator[SignIn]:
    with ExitStack() as stack:

        def client(person: str, tenant: str | None = None, right: str = "") -> httpx.Client:
            if tenant is not None:
                live.json("members", "set", tenant, person, right)
            token = live.json("tokens", "create", person)["token"]
            headers = {"Authorization": f"Bearer {token}"}
            http = stack.enter_context(httpx.Client(base_url=live.url, headers=headers, timeout=60))
            if tenant is not None:
                eventually(lambda: http.get(f"/v1/tenants/{tenant}").status_code == 200)
            return http

        yield client


def refused(live: LivePlatform, person: str, *words: str) -> list[dict[str, Any]]:
    """What an operator reads of a person's attempts, the oldest first."""
    return live.json("audit", *words, "--actor", person, "--outcome", "refused")[::-1]


def test_an_owner_sees_what_a_viewer_and_a_stranger_tried(live: LivePlatform, tenant: str, sign_in: SignIn) -> None:
    ann, bob, eve = somebody(), somebody(), somebody()
    owner, viewer, stranger = sign_in(ann, tenant, "own"), sign_in(bob, tenant, "view"), sign_in(eve)
    shop = f"/v1/{tenant}/databases/shop"
    assert viewer.delete(shop).status_code == 403
    assert viewer.post(f"/v1/{tenant}/query", json={"query": "select 'hunter2'"}).status_code == 403
    assert viewer.post(f"/v1/{tenant}/data/t", json={"a": "hunter2"}).status_code == 403
    assert viewer.get(f"/v1/{tenant}/audit").status_code == 403
    assert stranger.get(f"{shop}/connection-string").status_code == 404
    assert stranger.post(f"/v1/{tenant}/graphql", json={"query": "{ a }"}).status_code == 404
    assert stranger.get(f"/v1/{tenant}/nothing-there").status_code == 404

    def told() -> list[tuple[str, ...]]:
        found = owner.get(f"/v1/{tenant}/audit", params={"outcome": "refused", "limit": 1000}).json()
        return [
            (one["actor"], one["action"], one["target"], one["details"]["code"])
            for one in found[::-1]
            if one["actor"] in (bob, eve)
        ]

    expected = {
        (bob, "drop_database", "shop", "right_needed"),
        (bob, "query", None, "right_needed"),
        (bob, "insert", None, "right_needed"),
        (bob, "audit.of_tenant", None, "right_needed"),
        (eve, "reveal", "shop", "tenant_not_found"),
        (eve, "graphql", None, "tenant_not_found"),
    }
    eventually(lambda: set(told()) == expected)
    assert "hunter2" not in owner.get(f"/v1/{tenant}/audit").text
    for http in (viewer, stranger):
        assert eve not in http.get(f"/v1/{tenant}/audit").text


def test_a_flood_is_one_entry_with_a_count(live: LivePlatform, tenant: str, sign_in: SignIn) -> None:
    eve = somebody()
    stranger = sign_in(eve)
    for _ in range(50):
        assert stranger.get(f"/v1/{tenant}/keys").status_code == 404
    eventually(lambda: sum(int(one["details"]["times"]) for one in refused(live, eve)) == 50)
    assert len(refused(live, eve)) <= 2, "of two minutes at most"


def test_of_tenants_that_do_not_exist_the_operator_alone_reads(live: LivePlatform, sign_in: SignIn) -> None:
    eve, name = somebody(), f"t{secrets.token_hex(5)}"
    assert sign_in(eve).get(f"/v1/{name}/keys").status_code == 404
    eventually(lambda: [one["details"]["tenant"] for one in refused(live, eve)] == [name])
    live.json("tenant", "create", name)
    owner = sign_in(somebody(), name, "own")
    assert eve not in owner.get(f"/v1/{name}/audit").text


def test_what_is_an_operators_is_told_too(live: LivePlatform, tenant: str, sign_in: SignIn) -> None:
    ann = somebody()
    http = sign_in(ann, tenant, "administer")
    assert http.post("/v1/tenants", json={"name": "Acme"}).status_code == 403
    assert http.patch(f"/v1/tenants/{tenant}", json={"max_connections": 5000}).status_code == 403
    assert http.get("/v1/clusters").status_code == 403
    eventually(
        lambda: (
            {(one["action"], one["tenant"]) for one in refused(live, ann)}
            == {("create_tenant", None), ("update_tenant", tenant), ("clusters.list_all", None)}
        )
    )


async def test_sockets_that_do_not_open_are_told_of(live: LivePlatform, tenant: str, sign_in: SignIn) -> None:
    eve = somebody()
    token = sign_in(eve).headers["Authorization"].removeprefix("Bearer ")
    url = live.url.replace("http", "ws", 1)
    with pytest.raises(websockets.InvalidStatus):
        await websockets.connect(f"{url}/p/{tenant}/shop/realtime/v1/websocket?apikey={token}")
    eventually(lambda: [(one["action"], one["tenant"]) for one in refused(live, eve)] == [("realtime", tenant)])


def test_who_is_not_known_leaves_nothing(live: LivePlatform, tenant: str) -> None:
    before = live.json("audit", tenant, "--outcome", "refused")
    for credential in ("", "dbk_" + "a" * 43, "dbt_a.b.c"):
        headers = {"Authorization": f"Bearer {credential}"} if credential else {}
        assert httpx.get(f"{live.url}/v1/{tenant}/keys", headers=headers).status_code == 401
    key = live.json("keys", "create", "--tenant", tenant, "--role", "anon")["key"]
    headers = {"Authorization": f"Bearer {key}"}
    assert httpx.get(f"{live.url}/v1/{tenant}/keys", headers=headers).status_code == 403
    assert live.json("audit", tenant, "--outcome", "refused") == before


def test_every_request_has_a_name() -> None:
    for route in ROUTES:
        for method, handler in route.methods.items():
            name = action_of(handler, method)
            assert name and name == name.lower() and " " not in name, route.pattern
