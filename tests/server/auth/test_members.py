"""Members at the doors: over HTTP, from the command, and everywhere at once when a right ends."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any
from urllib.parse import quote

import httpx
import pytest
import websockets

from dbaas_provisioning.persons import local_person
from live_platform import LivePlatform
from waiting import eventually

Door = Any


def somebody() -> str:
    return f"hub:h:{secrets.token_hex(5)} o'neil/é"


@pytest.fixture(scope="module")
def tenant(live: LivePlatform) -> str:
    name = live.new_tenant()
    live.json("create", "postgres", "shop", "--tenant", name, "--expose", "all")
    with live.operator() as http:
        made = http.post(f"/v1/{name}/query", json={"query": "create table t (id int primary key)"})
        assert made.status_code == 200, made.text
    return name


@pytest.fixture
def sign_in(live: LivePlatform) -> Iterator[Door]:
    """``sign_in(person)``: an HTTP client with a token of theirs."""
    with ExitStack() as stack:

        def client(person: str, *more: str) -> httpx.Client:
            token = live.json("tokens", "create", person, *more)["token"]
            headers = {"Authorization": f"Bearer {token}"}
            return stack.enter_context(httpx.Client(base_url=live.url, headers=headers, timeout=60))

        yield client


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code", "") if answer.content else ""


def test_a_person_sees_their_own_tenants_only(live: LivePlatform, tenant: str, sign_in: Door) -> None:
    ann, other = somebody(), live.new_tenant()
    http = sign_in(ann)
    assert http.get("/v1/tenants").json() == []
    hidden = http.get(f"/v1/tenants/{other}")
    nowhere = http.get(f"/v1/tenants/{other[:-1]}")
    assert code(hidden) == code(nowhere) == (404, "tenant_not_found")
    assert hidden.json()["message"].replace(other, "") == nowhere.json()["message"].replace(other[:-1], "")
    live.json("members", "invite", tenant, ann, "view")
    eventually(
        lambda: [(one["subdomain"], one["right"]) for one in http.get("/v1/tenants").json()] == [(tenant, "view")]
    )
    about = http.get("/v1/platform").json()
    assert (about["person"], about["operator"], about["home"]) == (ann, False, None)


def test_who_administers_a_tenant_says_who_may_what(live: LivePlatform, tenant: str, sign_in: Door) -> None:
    ann, bob = somebody(), somebody()
    live.json("members", "set", tenant, ann, "administer")
    http, door = sign_in(ann), f"/v1/{tenant}/members/{quote(bob, safe='')}"
    made = http.put(door, json={"right": "view"})
    assert (made.status_code, made.json()["person"], made.json()["added_by"]) == (200, bob, ann)
    assert code(sign_in(bob).put(door, json={"right": "administer"})) == (403, "right_needed")
    assert code(http.put(door, json={"right": "everything"})) == (400, "invalid_field")
    assert code(http.put(f"/v1/{tenant}/members/bob", json={"right": "view"})) == (400, "invalid_person")
    assert code(http.put(f"/v1/{tenant}/members/local%3A0", json={"right": "view"})) == (400, "invalid_person")
    assert bob in [one["person"] for one in http.get(f"/v1/{tenant}/members").json()]
    assert sign_in(bob).delete(door).status_code == 204, "anybody may leave"
    assert code(http.delete(door)) == (404, "member_not_found")
    assert code(http.delete(f"/v1/{tenant}/members/{quote(ann, safe='')}")) == (409, "last_administrator")
    said = http.get(f"/v1/{tenant}/audit", params={"actor": ann}).json()
    assert [(one["action"], one["target"], one["outcome"]) for one in said][-1] == ("set_member", bob, "ok")
    assert "last_administrator" in [one["outcome"] for one in said]
    assert live.json("audit", tenant, "--actor", ann, "--limit", "1")[0]["id"] == said[0]["id"]


def test_limits_are_not_a_members_to_change(live: LivePlatform, sign_in: Door) -> None:
    ann = somebody()
    name = live.json("tenant", "create", f"m{secrets.token_hex(5)}", "--administrator", ann)["subdomain"]
    http = sign_in(ann)
    for wish in ({"plan": "pro"}, {"max_connections": 5000}):
        assert code(http.patch(f"/v1/tenants/{name}", json=wish)) == (403, "not_an_operator")
    assert http.patch(f"/v1/tenants/{name}", json={"cors_origins": ["*"]}).status_code == 200
    assert http.delete(f"/v1/tenants/{name}").status_code == 204


def test_an_invitation_makes_who_signs_in_a_member(live: LivePlatform, tenant: str, sign_in: Door) -> None:
    made = live.json("members", "invite", tenant, "ann@example.org", "own")
    http = sign_in(somebody())
    token = {"token": made["token"]}
    assert made["token"] not in live.cli("members", "list", tenant).stdout
    joined = http.post("/v1/invitations/redeem", json=token)
    assert (joined.status_code, joined.json()["tenant"], joined.json()["right"]) == (200, tenant, "own")
    assert code(http.post("/v1/invitations/redeem", json=token)) == (404, "invitation_not_found")
    eventually(lambda: http.get(f"/v1/{tenant}/keys").status_code == 200)
    assert made["token"] not in str(live.json("audit", tenant))


def test_owners_run_statements_and_viewers_do_not(live: LivePlatform, tenant: str, sign_in: Door) -> None:
    ann, statement = somebody(), {"query": "select current_user"}
    live.json("members", "set", tenant, ann, "own")
    http = sign_in(ann)
    assert http.post(f"/v1/{tenant}/query", json=statement).status_code == 200
    assert http.get(f"/v1/{tenant}/data/t").status_code == 200
    live.json("members", "set", tenant, ann, "view")
    eventually(lambda: code(http.post(f"/v1/{tenant}/query", json=statement)) == (403, "right_needed"))
    eventually(lambda: code(http.get(f"/v1/{tenant}/data/t")) == (403, "right_needed"))
    overview = http.get(f"/v1/{tenant}/databases/shop/overview").json()
    assert (overview["keys"], overview["database"]["name"]) == (None, "shop")
    assert http.get(f"/v1/{tenant}/databases/shop/schema").status_code == 200


def test_a_token_for_one_tenant_opens_no_other(live: LivePlatform, tenant: str, sign_in: Door) -> None:
    ann, other = somebody(), live.new_tenant()
    for name in (tenant, other):
        live.json("members", "set", name, ann, "own")
    http = sign_in(ann, "--tenant", tenant)
    assert [one["subdomain"] for one in http.get("/v1/tenants").json()] == [tenant]
    assert code(http.get(f"/v1/{other}/keys")) == (404, "tenant_not_found")
    assert code(http.get(f"/v1/{other}/data/t")) == (404, "tenant_not_found")
    operators = sign_in(local_person(), "--tenant", tenant)
    assert operators.get(f"/v1/tenants/{tenant}").json()["right"] == "administer"
    assert code(operators.get("/v1/audit")) == (403, "not_an_operator")


async def test_a_right_that_ends_is_forgotten_everywhere_at_once(
    live: LivePlatform, tenant: str, sign_in: Door
) -> None:
    ann = somebody()
    live.json("members", "set", tenant, ann, "own")
    http = sign_in(ann)
    token = http.headers["Authorization"].removeprefix("Bearer ")
    url = f"{live.url.replace('http', 'ws', 1)}/p/{tenant}/shop/realtime/v1/websocket?apikey={token}"
    async with websockets.connect(url) as socket:
        assert http.get(f"/v1/{tenant}/data/t").status_code == 200
        live.json("members", "remove", tenant, ann)
        with pytest.raises(websockets.ConnectionClosedError):
            await asyncio.wait_for(socket.recv(), 60)
    eventually(lambda: code(http.get(f"/v1/{tenant}/data/t")) == (404, "tenant_not_found"))
    eventually(lambda: code(http.get(f"/v1/{tenant}/keys")) == (404, "tenant_not_found"))


def test_tokens_that_were_ended_open_nothing(live: LivePlatform, tenant: str, sign_in: Door) -> None:
    ann = somebody()
    live.json("members", "set", tenant, ann, "own")
    http = sign_in(ann)
    assert http.get(f"/v1/{tenant}/data/t").status_code == 200
    live.json("tokens", "revoke", ann)
    eventually(lambda: code(http.get(f"/v1/{tenant}/data/t")) == (401, "token_invalid"))
    eventually(lambda: code(http.get("/v1/tenants")) == (401, "token_invalid"))
    again = sign_in(ann)
    assert again.get(f"/v1/{tenant}/data/t").status_code == 200
    assert again.delete("/v1/token").status_code == 204
    eventually(lambda: code(again.get("/v1/tenants")) == (401, "token_invalid"))


def test_what_was_shown_of_secrets_is_in_the_audit(live: LivePlatform, tenant: str, sign_in: Door) -> None:
    ann = somebody()
    live.json("members", "set", tenant, ann, "own")
    http = sign_in(ann)
    text = http.get(f"/v1/{tenant}/databases/shop/connection-string").json()["connection_string"]
    secret = http.get(f"/v1/{tenant}/jwt-secret").json()["secret"]
    signed = http.post(f"/v1/{tenant}/jwt", json={}).json()["token"]
    said = http.get(f"/v1/{tenant}/audit", params={"actor": ann, "action": "reveal"})
    assert [(one["target"], one["details"]["secret"]) for one in said.json()] == [
        (None, "jwt"), (None, "jwt_secret"), ("shop", "connection_string"),
    ]  # fmt: skip
    assert not [one for one in (text, secret, signed) if one in said.text]


def test_the_end_of_everybodys_tokens_does_not_lock_the_operator_out(own_live: LivePlatform) -> None:
    own_live.json("up")
    before = own_live.run_file["token"]
    own_live.json("tokens", "revoke", "--everybody")

    def asks(token: str) -> int:
        return httpx.get(f"{own_live.url}/v1/tenants", headers={"Authorization": f"Bearer {token}"}).status_code

    eventually(lambda: asks(before) == 401)
    eventually(lambda: asks(own_live.run_file["token"]) == 200)


def test_an_operator_is_named_and_unnamed(live: LivePlatform, sign_in: Door) -> None:
    ann = somebody()
    http = sign_in(ann)
    assert code(http.get("/v1/audit")) == (403, "not_an_operator")
    live.json("operators", "add", ann)
    eventually(lambda: http.get("/v1/audit", params={"limit": 1}).status_code == 200)
    assert ann in [one["person"] for one in live.json("operators", "list")]
    live.json("operators", "remove", ann)
    eventually(lambda: code(http.get("/v1/audit")) == (403, "not_an_operator"))


def test_people_make_as_many_tenants_as_they_may(own_live: LivePlatform) -> None:
    own_live.json("up")
    ann, bob = somebody(), somebody()

    def client(person: str) -> httpx.Client:
        token = own_live.json("tokens", "create", person)["token"]
        return httpx.Client(base_url=own_live.url, headers={"Authorization": f"Bearer {token}"}, timeout=60)

    with client(ann) as http, client(bob) as others:
        assert code(http.post("/v1/tenants", json={"name": "Acme"})) == (403, "not_an_operator")
        own_live.json("self-service", "1")
        assert code(http.post("/v1/tenants", json={"name": "Acme", "plan": "pro"})) == (403, "not_an_operator")
        assert http.post("/v1/tenants", json={"name": "Acme"}).status_code == 201
        assert code(http.post("/v1/tenants", json={"name": "Globex"})) == (403, "not_an_operator")
        eventually(lambda: [one["right"] for one in http.get("/v1/tenants").json()] == ["administer"])
        assert others.get("/v1/tenants").json() == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("members", "list", "nowhere"), "[tenant_not_found]"),
        (("members", "remove", "nowhere", "ann"), "[member_not_found]"),
        (("operators", "add", "ann"), "[invalid_person]"),
        (("tokens", "create", "ann"), "[invalid_person]"),
        (("tokens", "create", "jupyter:ann", "--expires-in", "0"), "[invalid_field]"),
        (("tokens", "revoke"), "[missing_field]"),
        (("self-service", "10001"), "[invalid_field]"),
        (("audit", "--since", "yesterday"), "[invalid_field]"),
        (("audit", "--limit", "0"), "[invalid_field]"),
    ],
)
def test_the_command_says_what_is_wrong(live: LivePlatform, words: tuple[str, ...], said: str) -> None:
    answer = live.cli(*words)
    assert answer.returncode == 1
    assert said in answer.stderr


def test_what_the_command_shows_of_secrets_is_in_the_audit(live: LivePlatform, tenant: str) -> None:
    shown = [
        live.json("connection-string", f"{tenant}/shop")["connection_string"],
        live.json("connection-string", f"{tenant}/shop", "--admin")["connection_string"],
        live.json("jwt-secret", "--tenant", tenant)["secret"],
        live.json("jwt", "--tenant", tenant, "--role", "anon")["token"],
        live.cli("connection-string", f"{tenant}/shop").stdout.strip(),
    ]
    said = [one for one in live.json("audit", tenant, "--action", "reveal") if one["actor"].startswith("cli:")][:5]
    assert [(one["target"], one["details"]["secret"]) for one in said] == [
        ("shop", "connection_string"), (None, "jwt"), (None, "jwt_secret"), ("shop", "admin_connection_string"),
        ("shop", "connection_string"),
    ]  # fmt: skip
    assert not [secret for secret in shown if secret in str(said)]
