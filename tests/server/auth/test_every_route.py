"""Every route, asked by everybody: who is let in, and what the others are told.

The tenant has no database, so that whoever is let in is told of something else that is wrong, and nothing is woken.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from dbaas_provisioning.nouns import Home, KeyRole, Right
from dbaas_provisioning.platform import Platform
from dbaas_server.daemon_link import SocketSupervision
from dbaas_server.routes import ROUTES
from dbaas_server.routing import Guard
from live_platform import LivePlatform
from server.auth.expected import ASKERS, EXPECTED, Refusal

PARAMETERS = {
    "database": "shop", "table": "t", "record": "1", "function": "f", "topic": "room", "event": "hello",
    "key": "00000000-0000-7000-8000-000000000000", "entry": "00000000-0000-7000-8000-000000000000", "result": "none",
    "plan": "none", "person": "hub:h:nobody", "invitation": "00000000-0000-7000-8000-000000000000",
    "sha256": "0" * 64, "asset": "none.js", "cluster": "none", "engine": "postgres",
    "dump": "00000000-0000-4000-8000-000000000000",
}  # fmt: skip

SPELLED = {"POST /v1/{tenant}/data/{table}/{record}": {"record": "aggregate"}}
"""Where a part has to be another one for the route to know what is meant."""

ASKED = {"query": "{ __typename }"}
BODIES = {"POST /v1/{tenant}/graphql": ASKED, "POST /p/{tenant}/{database}/graphql/v1": ASKED}
"""Of doors that read what is asked before they look who asks."""


CONSUMING = {"DELETE /v1/tenants/{tenant}", "DELETE /v1/token", "DELETE /v1/token/this"}
"""Of which nothing is left for the next asker."""


@dataclass(frozen=True)
class House:
    """A tenant, and what each asker sends."""

    tenant: str
    headers: dict[str, dict[str, str]]

    def ask(self, http: httpx.Client, operation: str, asker: str) -> httpx.Response:
        method, _, path = operation.partition(" ")
        for name, value in ({"tenant": self.tenant} | PARAMETERS | SPELLED.get(operation, {})).items():
            path = path.replace(f"{{{name}}}", value)
        assert "{" not in path, f"{operation}: say in PARAMETERS what stands for its parts"
        return http.request(method, path, headers=self.headers[asker], json=BODIES.get(operation))


def furnish(live: LivePlatform) -> House:
    home = Home(live.home)

    async def opened() -> House:
        platform = await Platform.open(home, SocketSupervision(home))
        try:
            return await furnished(platform)
        finally:
            await platform.close()

    return asyncio.run(opened())


@pytest.fixture(scope="module")
def house(live: LivePlatform) -> House:
    return furnish(live)


@pytest.fixture(scope="module")
def http(live: LivePlatform) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=live.url, timeout=60) as client:
        yield client


async def furnished(platform: Platform) -> House:
    async def key(tenant: str | None, role: KeyRole) -> dict[str, str]:
        _, plain = await platform.create_key(tenant, role, actor="test")
        return {"apikey": plain}

    async def token(person: str, **more: Any) -> dict[str, str]:
        return {"Authorization": f"Bearer {await platform.members.token(person, **({'ttl_seconds': 600} | more))}"}

    rights = {"viewer": Right.view, "owner": Right.own, "administrator": Right.administer, "ended": Right.own}
    people = {name: f"hub:h:{name}-{secrets.token_hex(4)}" for name in ("stranger", "operator", *rights)}
    tenant = (await platform.create_tenant(f"r{secrets.token_hex(6)}", actor="test")).subdomain
    other = (await platform.create_tenant(f"o{secrets.token_hex(6)}", actor="test")).subdomain
    for name, right in rights.items():
        await platform.members.put(tenant, people[name], right, actor="test", as_operator=True)
    await platform.members.add_operator(people["operator"], actor="test")
    headers = {name: await token(person) for name, person in people.items()}
    await platform.members.end_tokens(people["ended"], actor="test")
    return House(
        tenant,
        headers
        | {
            "nobody": {},
            "expired": await token(people["owner"], ttl_seconds=-60),
            "elsewhere": await token(people["owner"], tenant=other),
            "admin_key": await key(None, KeyRole.admin),
            "foreign_key": await key(other, KeyRole.service_role),
            "anon_key": await key(tenant, KeyRole.anon),
            "secret_key": await key(tenant, KeyRole.service_role),
        },
    )


def operations() -> list[str]:
    """Every operation that has a line of its own in the table."""
    found = []
    for route in ROUTES:
        for method in route.methods:
            if method == "HEAD" or (method == "OPTIONS" and route.guard is Guard.caller):
                continue
            found.append(f"{method} {route.pattern}")
    return found


def test_every_route_says_who_may_ask() -> None:
    assert set(operations()) == set(EXPECTED), "a route has no line in expected.py, or a line no route"


@pytest.mark.parametrize("operation", operations())
def test_a_route_lets_in_whom_it_should(live: LivePlatform, house: House, http: httpx.Client, operation: str) -> None:
    answers = {
        asker: (furnish(live) if operation in CONSUMING else house).ask(http, operation, asker) for asker in ASKERS
    }
    assert {asker: refusal(answer) for asker, answer in answers.items()} == EXPECTED[operation]


def refusal(answer: httpx.Response) -> Refusal:
    """How somebody was refused; None where it is something else that was wrong, or nothing."""
    assert answer.status_code < 500 or answer.json().get("code") != "internal_error", answer.text
    code = said(answer)
    return (answer.status_code, code) if answer.status_code in (401, 403) or code == "tenant_not_found" else None


def said(answer: httpx.Response) -> str:
    """The code in an error, in the words of whichever door."""
    try:
        body = answer.json()
    except ValueError:
        return ""
    if not isinstance(body, dict):
        return ""
    if errors := body.get("errors"):
        return str(errors[0].get("extensions", {}).get("code", ""))
    return str(body.get("code", body.get("error", "")))
