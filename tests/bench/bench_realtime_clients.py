"""From a commit to WebSocket clients: latency under load, one change to many, memory, and what row policies cost.

Clients are a process of their own (:mod:`swarm`) and count frames without looking into them. Beside ours runs the
floor: LISTEN/NOTIFY written to the sockets of a bare tornado server (:mod:`notify_peer`).
"""

from __future__ import annotations

import json
import os
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import jwt
import psycopg
from figures import Bench, figure

here = Path(__file__).resolve().parent

TOPIC = "realtime:bench"
ROUNDS = 3


@dataclass
class Stand:
    """A project on the largest plan behind a server of one process."""

    base: str
    worker: int
    key: str
    signing: dict[str, str]
    connection_string: str

    @property
    def url(self) -> str:
        base = self.base.replace("http", "ws", 1)
        return f"{base}/realtime/v1/websocket?apikey={self.key}&vsn=2.0.0"

    def join(self, table: str, token: str | None = None) -> str:
        wanted = {"config": {"postgres_changes": [{"event": "INSERT", "schema": "public", "table": table}]}}
        return json.dumps(["1", "1", TOPIC, "phx_join", {**wanted, **({"access_token": token} if token else {})}])

    def token(self, sub: str) -> str:
        claims = {"role": "authenticated", "sub": sub, "exp": int(time.time()) + 3600}
        return jwt.encode(claims, self.signing["secret"], algorithm="HS256", headers={"kid": self.signing["kid"]})

    def cpu_ms(self) -> float:
        """Processor time that the server has used."""
        fields = Path(f"/proc/{self.worker}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")

    def memory_kib(self) -> int:
        status = Path(f"/proc/{self.worker}/status").read_text()
        return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1])


@contextmanager
def stand(bench: Bench) -> Iterator[Stand]:
    """A server of its own for each figure, so that nothing of another is in its memory."""
    bench.run_file  # noqa: B018  starts the daemon
    tenant = bench.ask("POST", "/v1/tenants", name=f"realtime-{uuid4().hex[:8]}")["subdomain"]
    bench.ask("PATCH", f"/v1/tenants/{tenant}", plan="pro")
    made = bench.ask("POST", f"/v1/{tenant}/databases", engine="postgres", name="app", expose="policies")
    key = bench.ask("POST", f"/v1/{tenant}/keys", role="service_role")["key"]
    signing = bench.ask("GET", f"/v1/{tenant}/jwt-secret")
    with psycopg.connect(made["connection_string"], autocommit=True) as connection:
        connection.execute(
            """create table events (id bigint generated always as identity primary key, owner text, what text);
            create table guarded (id bigint generated always as identity primary key, owner text, what text);
            alter table guarded enable row level security;
            create policy mine on guarded using (owner in (auth.sub(), 'all'));
            create function tell() returns trigger language plpgsql as
              $$ begin perform pg_notify('floor', row_to_json(new)::text); return null; end $$;
            create table told (id bigint generated always as identity primary key, owner text, what text);
            create trigger tell after insert on told for each row execute function tell();"""
        )
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    words = [sys.executable, "-m", "dbaas_server.cli", "serve", "--port", str(port), "--workers", "1"]
    server = subprocess.Popen(
        [*words, "--home", str(bench.home)], env=bench.env, stdout=subprocess.DEVNULL, start_new_session=True
    )
    try:
        base = f"http://127.0.0.1:{port}"
        deadline = time.monotonic() + 60
        while True:
            try:
                httpx.get(f"{base}/healthz")
                break
            except httpx.TransportError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)
        children = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()
        yield Stand(f"{base}/p/{tenant}/app", int(children[0]), key, signing, made["connection_string"])
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


class Swarm:
    """Clients that are ready."""

    def __init__(self, url: str, clients: int, joins: Sequence[str] | None) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(here / "swarm.py"), url, str(clients)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        self._say(json.dumps(joins))
        self._hear("ready")

    def _say(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def _hear(self, wanted: str | None = None) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline().strip()
        if not line or wanted not in (None, line):
            raise RuntimeError(f"the clients failed: {line}")
        return line

    def expect(self, frames: int) -> None:
        """Count from now on."""
        self._say(str(frames))
        self._hear("counting")

    def arrivals(self) -> dict[str, list[float]]:
        """When each frame had reached the first client, and the last."""
        found: dict[str, list[float]] = json.loads(self._hear())
        return found

    def __enter__(self) -> Swarm:
        return self

    def __exit__(self, *_: Any) -> None:
        self._process.kill()
        self._process.wait()


def write(connection_string: str, table: str, rows: int, per_second: float) -> list[float]:
    """Insert row by row at a rate, and when each commit was over."""
    committed = []
    with psycopg.connect(connection_string, autocommit=True) as connection:
        statement = f"insert into {table} (owner, what) values ('all', %s)"
        began = time.monotonic()
        for row in range(rows):
            wait = began + row / per_second - time.monotonic()
            if wait > 0:
                time.sleep(wait)
            connection.execute(statement, [f"something happened to {row:0200}"])
            committed.append(time.monotonic())
    return committed


def latencies(swarm: Swarm, connection_string: str, table: str, rows: int, per_second: float) -> list[float]:
    """Milliseconds from each commit to the last client, sorted."""
    swarm.expect(rows)
    committed = write(connection_string, table, rows, per_second)
    arrived = swarm.arrivals()["last"]
    return sorted((at - began) * 1000 for at, began in zip(arrived, committed, strict=True))


def percentile(found: list[float], share: float) -> float:
    return found[min(len(found) - 1, int(len(found) * share))]


@figure("realtime: commit to the last of 100 clients at 1,000 changes/s, p99", unit="ms", target="≤ 20")
def under_load(bench: Bench) -> list[float]:
    ours, floor = [], []
    with stand(bench) as ready, Swarm(ready.url, 100, [ready.join("events")]) as swarm:
        peer = subprocess.Popen(
            [sys.executable, str(here / "notify_peer.py"), ready.connection_string], stdout=subprocess.PIPE, text=True
        )
        assert peer.stdout is not None
        try:
            with Swarm(f"ws://127.0.0.1:{peer.stdout.readline().strip()}/", 100, None) as beside:
                for _ in range(ROUNDS):
                    ours.append(latencies(swarm, ready.connection_string, "events", 5_000, 1_000))
                    floor.append(latencies(beside, ready.connection_string, "told", 5_000, 1_000))
        finally:
            peer.kill()
            peer.wait()
    for name, found in (("ours", ours), ("LISTEN/NOTIFY and bare tornado", floor)):
        p50, p99 = ([round(percentile(one, share), 1) for one in found] for share in (0.5, 0.99))
        bench.note(f"realtime, 100 clients, 1,000 changes/s, to the last client: {name} p50 {p50} ms, p99 {p99} ms")
    return [percentile(one, 0.99) for one in ours]


@figure("realtime: commit to one client, 100 changes/s, p50", unit="ms")
def alone(bench: Bench) -> list[float]:
    with stand(bench) as ready, Swarm(ready.url, 1, [ready.join("events")]) as swarm:
        slow = latencies(swarm, ready.connection_string, "events", 10, 1)
        bench.note(f"realtime, one client, one change a second: p50 {percentile(slow, 0.5):.2f} ms")
        found = [latencies(swarm, ready.connection_string, "events", 300, 100) for _ in range(ROUNDS)]
        return [percentile(one, 0.5) for one in found]


@figure("realtime: single-row commits told to one client", unit="/s", target="≥ 5,000")
def sustained(bench: Bench) -> list[float]:
    """Until the last change arrived, so that falling behind shows; commits do not wait for the disk."""
    rows = 20_000
    rates, committing = [], []
    with (
        stand(bench) as ready,
        Swarm(ready.url, 1, [ready.join("events")]) as swarm,
        psycopg.connect(ready.connection_string, autocommit=True) as connection,
    ):
        connection.execute("set synchronous_commit = off")
        connection.execute(
            "create procedure pg_temp.fill(n int) language plpgsql as $$ begin"
            " for i in 1..n loop insert into events (owner, what) values ('all', 'something happened'); commit;"
            " end loop; end $$"
        )
        for _ in range(ROUNDS):
            swarm.expect(rows)
            cpu, began = ready.cpu_ms(), time.monotonic()
            connection.execute(f"call pg_temp.fill({rows})")
            committing.append(round(rows / (time.monotonic() - began)))
            rates.append(rows / (swarm.arrivals()["last"][-1] - began))
            used = (ready.cpu_ms() - cpu) * 1000 / rows
            bench.note(f"realtime, one client, as fast as it goes: {used:.0f} µs of the server's processor a change")
    bench.note(f"realtime, one client, as fast as it goes: committed {committing} /s")
    return rates


def to_many(bench: Bench, clients: int) -> tuple[list[float], float, float]:
    """Milliseconds to the last client, KiB of the server's memory per client, milliseconds of its processor."""
    with stand(bench) as ready:
        with Swarm(ready.url, 1, [ready.join("events")]) as swarm:
            latencies(swarm, ready.connection_string, "events", 20, 100)  # warm
        before = ready.memory_kib()
        with Swarm(ready.url, clients, [ready.join("events")]) as swarm:
            memory = (ready.memory_kib() - before) / clients
            found, cpu = [], []
            for _ in range(15):
                began = ready.cpu_ms()
                swarm.expect(1)
                (committed,) = write(ready.connection_string, "events", 1, 1)
                found.append((swarm.arrivals()["last"][0] - committed) * 1000)
                cpu.append(ready.cpu_ms() - began)
            return found, memory, sorted(cpu)[len(cpu) // 2]


@figure("realtime: one change to 1,000 clients, the last one", unit="ms")
def to_a_thousand(bench: Bench) -> list[float]:
    return to_many(bench, 1_000)[0]


@figure("realtime: one change to 10,000 clients, the last one", unit="ms", target="≤ 150")
def to_ten_thousand(bench: Bench) -> list[float]:
    found, memory, cpu = to_many(bench, 10_000)
    bench.note(f"realtime: {memory:.1f} KiB of the server's memory per connected client (target: at most 40)")
    bench.note(f"realtime: one change to 10,000 clients takes {cpu:.0f} ms of the server's processor")
    return found


@figure("realtime: one change to 1,000 clients with claims of their own under a row policy, the last one", unit="ms")
def under_a_policy(bench: Bench) -> list[float]:
    with stand(bench) as ready:
        joins = [ready.join("guarded", ready.token(f"person{number}")) for number in range(1_000)]
        with Swarm(ready.url, 1_000, joins) as swarm:
            found = []
            for _ in range(5):
                found += latencies(swarm, ready.connection_string, "guarded", 1, 1)
            return found
