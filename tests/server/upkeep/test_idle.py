"""Servers that nobody uses are stopped, and come back for whoever asks."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import httpx
import psycopg
import pytest

from dbaas_provisioning.engine import Sitting
from dbaas_server.upkeep.idle import unused_for
from live_platform import LivePlatform
from live_project import LiveProject, new_project
from waiting import eventually

POOLED = Sitting(1, "shop", "a_aaaaaaaaaaaa", "idle", False, "jupyter-dbaas", 100.0, 0.0, 30.0, 50.0, True, 0)


def test_connections_that_wait_for_requests_are_no_use() -> None:
    catalog = replace(POOLED, application="jupyter-dbaas catalog", state="active", unchanged=0.0)
    assert unused_for([]) == unused_for([catalog]) == float("inf")
    assert unused_for([POOLED, catalog, replace(POOLED, unchanged=20.0)]) == 20.0


@pytest.mark.parametrize(
    "used",
    [
        replace(POOLED, state="active"),
        replace(POOLED, state="idle in transaction"),
        replace(POOLED, follows=True),
        replace(POOLED, application="psql"),
        replace(POOLED, username="w_aaaaaaaaaaaa"),
        replace(POOLED, username="w_aaaaaaaaaaaa", application="pg_restore"),
    ],
)
def test_everything_else_is(used: Sitting) -> None:
    assert unused_for([POOLED, used]) == 0.0


@pytest.fixture(scope="module")
def sleeper(live: LivePlatform) -> Iterator[LiveProject]:
    """A project whose server is stopped after a second without use."""
    project = new_project(live)
    plan = f"p{project.tenant}"
    live.json("plans", "create", plan, "--idle-stop-seconds", "1")
    live.json("tenant", "update", project.tenant, "--plan", plan)
    yield project
    live.json("tenant", "drop", project.tenant, "--yes")
    live.json("plans", "remove", plan)


def state(project: LiveProject) -> str:
    with project.live.operator() as operator:
        return operator.get(f"/v1/{project.tenant}/databases/app").json()["state"]


def test_a_server_that_nobody_uses_sleeps_and_wakes_for_a_request(sleeper: LiveProject) -> None:
    url, key = f"{sleeper.base}/rest/v1/orders", {"apikey": sleeper.secret}
    with httpx.Client(headers=key) as client:
        for number in range(3):
            assert client.post(url, json={"id": number}).status_code == 201
            assert eventually(lambda: state(sleeper), lambda seen: seen == "sleeping")
        assert len(client.get(url).json()) == 3


def test_a_client_of_the_tenants_own_wakes_it_and_keeps_it_awake(sleeper: LiveProject) -> None:
    assert eventually(lambda: state(sleeper), lambda seen: seen == "sleeping")
    with psycopg.connect(sleeper.connection_string) as connection:
        other = new_project(sleeper.live)  # another one falls asleep meanwhile
        sleeper.live.json("tenant", "update", other.tenant, "--plan", f"p{sleeper.tenant}")
        eventually(lambda: state(other), lambda seen: seen == "sleeping")
        assert connection.execute("select 1").fetchone() == (1,)
    sleeper.live.json("tenant", "drop", other.tenant, "--yes")
    eventually(lambda: state(sleeper), lambda seen: seen == "sleeping")


def test_no_request_is_lost_whenever_it_comes(sleeper: LiveProject) -> None:
    """Requests at such distances that some come just when the server is being stopped."""
    pace = threading.Event()

    def post(client: httpx.Client, number: int) -> int:
        return client.post(f"{sleeper.base}/rest/v1/orders", json={"id": 1000 + number}).status_code

    def series(first: int) -> list[int]:
        with httpx.Client(headers={"apikey": sleeper.secret}) as client:
            answers = []
            for number in range(6):
                answers.append(post(client, first + number))
                pace.wait(1.0 + (first % 7 + number) * 0.05)
            return answers

    with ThreadPoolExecutor(1) as threads:
        assert list(threads.map(series, [0])) == [[201] * 6]
