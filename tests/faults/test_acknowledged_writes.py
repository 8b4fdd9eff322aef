"""kill -9 of PostgreSQL and of the daemon under load: what was acknowledged is there, what failed is not."""

from __future__ import annotations

import threading
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from live_platform import LivePlatform
from waiting import eventually, kill, pid_in, replaced

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]

CLIENTS = 8
KILLS = 5


def data_dir(home: Path) -> Path:
    """Of the only tenant's server."""
    (pid_file,) = [p for p in (home / "clusters").glob("*/**/postmaster.pid") if "platform" not in str(p)]
    return pid_file.parent


class Inserting(threading.Thread):
    """Inserts rows one by one and remembers what it was told of each."""

    def __init__(self, url: str, key: str, stop: threading.Event) -> None:
        super().__init__()
        self.url, self.key, self.stop = url, key, stop
        self.acknowledged: list[str] = []
        self.refused: list[str] = []
        self.unknown: list[str] = []
        self.surprises: list[str] = []

    def run(self) -> None:
        with httpx.Client(headers={"apikey": self.key}, timeout=60) as http:
            while not self.stop.is_set():
                row = uuid4().hex
                answer = http.post(self.url, json={"id": row})
                if answer.status_code == 201:
                    self.acknowledged.append(row)
                elif answer.status_code == 503 and answer.json()["code"] == "outcome_unknown":
                    self.unknown.append(row)
                elif answer.status_code == 503:
                    self.refused.append(row)
                else:
                    self.surprises.append(f"{answer.status_code} {answer.text}")


def start_load(live: LivePlatform) -> tuple[str, list[Inserting], threading.Event]:
    tenant = live.new_tenant()
    live.json("create", "postgres", "shop", "--tenant", tenant)
    key = live.json("keys", "create", "--tenant", tenant, "--role", "service_role")["key"]
    with live.operator() as http:
        assert (
            http.post(f"/v1/{tenant}/query", json={"query": "create table t (id text primary key)"}).status_code == 200
        )
    stop = threading.Event()
    clients = [Inserting(f"{live.url}/v1/{tenant}/data/t", key, stop) for _ in range(CLIENTS)]
    for client in clients:
        client.start()
    return tenant, clients, stop


def acknowledged(clients: list[Inserting]) -> int:
    return sum(len(client.acknowledged) for client in clients)


def wait_for_more(clients: list[Inserting], more: int) -> None:
    target = acknowledged(clients) + more
    eventually(lambda: acknowledged(clients), lambda done: done >= target)


def check(live: LivePlatform, tenant: str, clients: list[Inserting]) -> None:
    with live.operator() as http:
        answer = http.post(
            f"/v1/{tenant}/query", json={"query": "select id from t", "max_rows": 1_000_000, "rows": "arrays"}
        )
    assert answer.status_code == 200, answer.text
    stored = {row[0] for row in answer.json()["data"]}
    told = {
        kind: {row for client in clients for row in getattr(client, kind)}
        for kind in ("acknowledged", "refused", "unknown")
    }
    log = (live.home / "logs" / "daemon.log").read_text()
    faults = [line for line in log.splitlines() if '"exception"' in line]
    assert not [surprise for client in clients for surprise in client.surprises], faults[:3]
    assert told["acknowledged"] <= stored, "an acknowledged write is lost"
    assert not told["refused"] & stored, "a refused write is there"
    assert stored <= told["acknowledged"] | told["unknown"]


def test_no_acknowledged_insert_is_lost_when_postgres_is_killed_five_times(own_live: LivePlatform) -> None:
    assert own_live.cli("up").returncode == 0
    tenant, clients, stop = start_load(own_live)
    folder = data_dir(own_live.home)
    try:
        for _ in range(KILLS):
            wait_for_more(clients, 100)
            before = pid_in(folder)
            kill(before)
            eventually(lambda before=before: replaced(folder, before))
        wait_for_more(clients, 100)
    finally:
        stop.set()
        for client in clients:
            client.join()
    check(own_live, tenant, clients)


def test_a_killed_daemon_is_replaced_at_the_next_use_and_finds_the_engines_running(own_live: LivePlatform) -> None:
    assert own_live.cli("up").returncode == 0
    tenant = own_live.new_tenant()
    own_live.json("create", "postgres", "shop", "--tenant", tenant)
    before = pid_in(data_dir(own_live.home))
    kill(own_live.run_file["pid"])
    listed = own_live.json("list", "--tenant", tenant)
    assert [each["state"] for each in listed] == ["ready"]
    assert pid_in(data_dir(own_live.home)) == before
    with own_live.operator() as http:
        assert http.post(f"/v1/{tenant}/query", json={"query": "select 1 as one"}).json()["data"] == [{"one": 1}]


def test_everything_killed_at_once_comes_back_with_its_data(own_live: LivePlatform) -> None:
    assert own_live.cli("up").returncode == 0
    tenant = own_live.new_tenant()
    own_live.json("create", "postgres", "shop", "--tenant", tenant)
    with own_live.operator() as http:
        http.post(f"/v1/{tenant}/query", json={"query": "create table t as select 1 as one"})
    pids = [int(p.read_text().split()[0]) for p in (own_live.home / "clusters").glob("*/**/postmaster.pid")]
    assert len(pids) == 2
    for pid in [own_live.run_file["pid"], *pids]:
        kill(pid)
    assert own_live.cli("up").returncode == 0
    with own_live.operator() as http:
        assert http.post(f"/v1/{tenant}/query", json={"query": "table t"}).json()["data"] == [{"one": 1}]
