"""Requests of tenants, counted over all processes of a platform."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from dbaas_provisioning.errors import Unavailable
from dbaas_provisioning.nouns import Home, Plan
from dbaas_server.turnstile import Turnstile
from live_platform import LivePlatform
from live_project import LiveProject, new_project
from waiting import eventually, kill

PLAN = Plan("p", 3, 1, 2_000, 10, None, 1_000_000, 5, 1, 1, 1, 1, 1024)
IN_ANOTHER = """
import sys
from pathlib import Path
from dbaas_provisioning.nouns import Home, Plan
from dbaas_server.turnstile import Turnstile
turnstile = Turnstile(Home(Path(sys.argv[1])))
plan = Plan("p", 3, 1, 2_000, 10, None, 1_000_000, 1_000_000, 1, 1, 1, 1, 1024)
for _ in range(int(sys.argv[3])):
    turnstile.enter(sys.argv[2], plan)
print("entered", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


@pytest.fixture
def turnstile(home: Home) -> Iterator[Turnstile]:
    made = Turnstile(home)
    yield made
    made.close()


def another(home: Path, tenant: str, many: int) -> subprocess.Popen[str]:
    """Another process in which so many requests are under way."""
    words = [sys.executable, "-c", IN_ANOTHER, str(home), tenant, str(many)]
    process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stdout.readline() == "entered\n"
    return process


def refusal(turnstile: Turnstile, tenant: str, plan: Plan = PLAN) -> str:
    with pytest.raises(Unavailable) as refused:
        for _ in range(1_000):
            turnstile.enter(tenant, plan)
    return refused.value.code


def test_so_many_at_once_and_no_more(turnstile: Turnstile) -> None:
    entered = [turnstile.enter("acme", PLAN) for _ in range(5)]
    assert refusal(turnstile, "acme") == "too_many_requests"
    turnstile.leave(entered[0])
    assert turnstile.enter("acme", PLAN) == entered[0]
    assert turnstile.busy("acme") == 5 and turnstile.busy("globex") == 0
    turnstile.enter("globex", PLAN)
    assert turnstile.totals("acme") == (6, 1)
    assert turnstile.totals("globex") == (1, 0)


def test_so_many_in_a_second_and_then_again(turnstile: Turnstile) -> None:
    slow = replace(PLAN, api_requests_per_second=3, api_concurrent_requests=1_000)
    assert refusal(turnstile, "acme", slow) == "rate_limited"

    def again() -> bool:
        try:
            turnstile.leave(turnstile.enter("acme", slow))
        except Unavailable:
            return False
        return True

    eventually(again)


def test_several_in_one_process_have_places_of_their_own(home: Home, turnstile: Turnstile) -> None:
    other = Turnstile(home)
    for one in (turnstile, other, turnstile, other, other):
        one.enter("acme", PLAN)
    assert refusal(turnstile, "acme") == refusal(other, "acme") == "too_many_requests"
    other.close()
    assert turnstile.busy("acme") == 2, "who closed has nothing under way"
    other.close()


def test_other_processes_count_until_they_are_killed(home: Home, turnstile: Turnstile) -> None:
    process = another(home.path, "acme", 5)
    try:
        assert turnstile.busy("acme") == 5
        assert refusal(turnstile, "acme") == "too_many_requests"
        kill(process.pid)
        entered = turnstile.totals("acme")[0]

        def again() -> bool:
            try:
                turnstile.enter("acme", PLAN)
            except Unavailable:
                return False
            return True

        eventually(again)
        assert turnstile.busy("acme") == 1
        assert turnstile.totals("acme")[0] == entered + 1, "what it did stays counted"
    finally:
        process.kill()
        process.communicate()


def test_names_of_any_kind_are_told_apart(turnstile: Turnstile) -> None:
    names = [f"t{number}" for number in range(300)] + ["ünï", 'a"b', "x" * 63]
    places = {turnstile.enter(name, PLAN) for name in names}
    assert len(places) == len(names)
    assert all(turnstile.totals(name) == (1, 0) for name in names)


@pytest.fixture(scope="module")
def project(live: LivePlatform) -> LiveProject:
    return new_project(live)


def test_the_api_refuses_what_is_beyond_the_plan(live: LivePlatform, project: LiveProject) -> None:
    plan = f"p{project.tenant}"
    live.json("plans", "create", plan, "--api-requests-per-second", "4", "--api-concurrent-requests", "2")
    live.json("tenant", "update", project.tenant, "--plan", plan)
    headers = {"apikey": project.secret, "Origin": "https://app.example"}
    with httpx.Client(headers=headers) as client, live.operator() as operator:
        refused = eventually(lambda: client.get(f"{project.base}/rest/v1/orders"), lambda seen: seen.status_code == 429)
        assert refused.json()["code"] == "rate_limited" and refused.headers["retry-after"] == "1"
        assert refused.headers["access-control-allow-origin"] == "*"
        assert operator.get(f"/v1/{project.tenant}/databases").status_code == 200, "who operates it is not counted"
        process = another(live.home, project.tenant, 2)
        try:
            for path in ("rest/v1/orders", "graphql/v1?query={__typename}"):
                busy = eventually(
                    lambda url=f"{project.base}/{path}": client.get(url),
                    lambda seen: seen.json().get("code") == "too_many_requests",
                )
                assert (busy.status_code, busy.headers["retry-after"]) == (429, "1")
            kill(process.pid)
            eventually(lambda: client.get(f"{project.base}/rest/v1/orders").status_code, lambda status: status == 200)
        finally:
            process.kill()
            process.communicate()
    live.json("tenant", "update", project.tenant, "--plan", "free")
    live.json("plans", "remove", plan)
