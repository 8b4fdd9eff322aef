"""200 clients for a minute while PostgreSQL is restarted once and one worker is killed: nothing wrong, nothing hung."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import httpx
import psycopg
import pytest

from live_platform import LivePlatform, free_port, without_platform
from mixed_load import children
from waiting import eventually, kill_patiently, pid_in

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]

CLIENTS, SECONDS, ROWS = 200, 60.0, 5_000
RESTART_AT, KILL_AT = 15.0, 40.0
RECOVERY_SECONDS, HUNG_SECONDS = 2.0, 20.0


@dataclass
class Seen:
    """What clients were told: (when, what)."""

    answered: int = 0
    wrong: list[str] = field(default_factory=list)
    refused: list[tuple[float, str]] = field(default_factory=list)
    broken: list[tuple[float, str]] = field(default_factory=list)


@pytest.fixture
def served(own_live: LivePlatform) -> Iterator[tuple[str, str, int]]:
    """The address of two workers, the database's connection string, and the parent's process id."""
    tenant = own_live.new_tenant()
    dsn = own_live.json("create", "postgres", "db", "--tenant", tenant)["connection_string"]
    with psycopg.connect(dsn) as owner:
        owner.execute("create table items (id int primary key, name text not null)")
        owner.execute("insert into items select n, 'item ' || n from generate_series(1, %s) as n", [ROWS])
        owner.execute("alter table items enable row level security")
        owner.execute("create policy everyone on items using (true)")
    key = own_live.json("keys", "create", "--tenant", tenant, "--role", "anon")["key"]
    port = free_port()
    words = [sys.executable, "-m", "dbaas_server.cli", "serve", "--port", str(port), "--workers", "2"]
    process = subprocess.Popen([*words, "--home", str(own_live.home)], env=without_platform(os.environ))
    url = f"http://127.0.0.1:{port}/p/{tenant}/db/rest/v1/items"
    try:

        def answers() -> bool:
            assert process.poll() is None
            try:
                return httpx.get(url, headers={"apikey": key, "Range": "0-0"}, timeout=60).status_code == 200
            except httpx.TransportError:
                return False

        eventually(answers)
        yield f"{url} {key}", dsn, process.pid
    finally:
        process.terminate()
        process.wait(60)


async def ask_forever(number: int, where: str, seen: Seen, end: asyncio.Event) -> None:
    """One client with one connection, asking for row after row and comparing what comes."""
    url, key = where.split()
    # Reading the certificates of the world, which nobody needs here, would take 200 clients longer than the test has.
    async with httpx.AsyncClient(headers={"apikey": key}, timeout=HUNG_SECONDS, verify=False) as http:
        row = number
        while not end.is_set():
            row = row * 7919 % ROWS + 1
            try:
                answer = await http.get(f"{url}?id=eq.{row}")
            except httpx.TransportError as error:
                seen.broken.append((time.monotonic(), repr(error)))
                continue
            seen.answered += 1
            if answer.status_code == 503:
                seen.refused.append((time.monotonic(), answer.text))
                await asyncio.sleep(0.05)  # as Retry-After asks, only sooner
            elif answer.status_code != 200 or answer.json() != [{"id": row, "name": f"item {row}"}]:
                seen.wrong.append(f"{answer.status_code} {answer.text[:200]}")


async def restart(dsn: str, home: object) -> tuple[float, float]:
    """Have PostgreSQL end (fast shutdown) and wait until it takes connections again: when it went and came."""
    (pid_file,) = [p for p in home.glob("clusters/*/**/postmaster.pid") if "platform" not in str(p)]  # type: ignore[attr-defined]
    went = time.monotonic()
    await kill_patiently(pid_in(pid_file.parent), signal.SIGINT)
    while True:
        try:
            await (await psycopg.AsyncConnection.connect(dsn, connect_timeout=5)).close()
            return went, time.monotonic()
        except psycopg.OperationalError:
            assert time.monotonic() < went + 60, "PostgreSQL did not come back"
            await asyncio.sleep(0.05)


async def test_a_restart_and_a_killed_worker_give_503_and_resets_and_nothing_else(
    own_live: LivePlatform, served: tuple[str, str, int]
) -> None:
    where, dsn, parent = served
    seen = Seen()
    began = time.monotonic()
    end = asyncio.Event()
    clients = [asyncio.create_task(ask_forever(n, where, seen, end)) for n in range(CLIENTS)]
    await asyncio.sleep(RESTART_AT)
    went, came = await restart(dsn, own_live.home)
    await asyncio.sleep(max(0.0, began + KILL_AT - time.monotonic()))
    victim = children(parent)[0]
    killed = time.monotonic()
    await kill_patiently(victim)
    await asyncio.sleep(max(RECOVERY_SECONDS, began + SECONDS - killed))
    end.set()
    await asyncio.gather(*clients)

    assert not seen.wrong, seen.wrong[:3]
    assert not [error for _, error in seen.broken if "Timeout" in error], "a request hung"
    outside = [(at - began, text) for at, text in seen.refused if not went <= at <= came + RECOVERY_SECONDS]
    assert not outside, f"503 outside the restart ({went - began:.1f}–{came - began:.1f} s): {outside[:3]}"
    early = [(at - began, error) for at, error in seen.broken if at < killed]
    assert not early, f"resets before the kill at {killed - began:.1f} s: {early[:3]}"
    assert len(seen.broken) <= CLIENTS, "more resets than clients with a connection to the killed worker"
    assert seen.answered > CLIENTS  # how fast is no matter here
    assert len(children(parent)) == 2, "the killed worker was replaced"


async def test_a_rolling_restart_of_the_workers_fails_no_request(
    own_live: LivePlatform, served: tuple[str, str, int]
) -> None:
    where, _, parent = served
    seen = Seen()
    before = set(children(parent))
    end = asyncio.Event()
    clients = [asyncio.create_task(ask_forever(n, where, seen, end)) for n in range(50)]
    while seen.answered < 500:
        await asyncio.sleep(0.01)
    os.kill(parent, signal.SIGHUP)
    deadline = time.monotonic() + 90
    while set(children(parent)) & before or len(children(parent)) < 2:
        assert time.monotonic() < deadline, "a worker was not replaced"
        await asyncio.sleep(0.05)
    before_last = seen.answered
    while seen.answered < before_last + 500:
        await asyncio.sleep(0.01)
    end.set()
    await asyncio.gather(*clients)
    assert not seen.wrong
    assert not seen.refused
    assert not seen.broken, seen.broken[:3]
