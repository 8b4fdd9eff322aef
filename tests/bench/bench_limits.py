"""Many tenants of one database each, most of them asleep: memory, lists, the first answer; what counting costs, and
whether one tenant's heavy query slows another's requests. ``LIMITS_TENANTS`` is how many tenants there are.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import httpx
import psycopg
from figures import Bench, figure, timed

from dbaas_provisioning.nouns import Home, Plan
from dbaas_server.turnstile import Turnstile

TENANTS = int(os.environ.get("LIMITS_TENANTS", "100"))
ROUNDS = 200
COUNTED = 100_000
HEAVY = "select count(*) from generate_series(1, 40000000) n where md5(n::text) = 'x'"
PATIENCE_SECONDS = 120.0


def _sleepers(bench: Bench) -> Sequence[str]:
    """The tenants, each with a database ``db`` that sleeps; made by the first figure that needs them."""
    names = [f"sleeper-{number}" for number in range(TENANTS)]
    there = {tenant["subdomain"] for tenant in bench.ask("GET", "/v1/tenants")}
    if not there.intersection(names):
        bench.ask("POST", "/v1/plans", name="sleepy", idle_stop_seconds=1)
    for name in [name for name in names if name not in there]:
        bench.ask("POST", "/v1/tenants", name=name, plan="sleepy")
        bench.ask("POST", f"/v1/{name}/databases", name="db", expose="all")
    for name in names:
        _until_asleep(bench, name)
    return names


def _until_asleep(bench: Bench, tenant: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while bench.ask("GET", f"/v1/{tenant}/databases/db")["state"] != "sleeping":
        if time.monotonic() > deadline:
            raise RuntimeError(f"{tenant} does not fall asleep")
        time.sleep(0.1)


@figure(f"memory of a platform, {TENANTS} tenants asleep", unit="MB", target="≤ 500")
def memory(bench: Bench) -> list[float]:
    _sleepers(bench)
    processes = _of(bench)
    bench.note(f"{len(processes)} processes of the platform with {TENANTS} tenants asleep; memory is their PSS.")
    return [sum(processes.values()) / 1e6]


def _of(bench: Bench) -> dict[int, int]:
    """The platform's processes and the bytes of each, shared ones in parts."""
    found = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdecimal():
            continue
        try:
            words = (entry / "cmdline").read_bytes().decode(errors="replace")
            folder = str((entry / "cwd").readlink())
            rollup = (entry / "smaps_rollup").read_text()
        except OSError:
            continue
        if str(bench.home) in words or folder.startswith(str(bench.home)):
            found[int(entry.name)] = next(
                int(line.split()[1]) * 1024 for line in rollup.splitlines() if line.startswith("Pss:")
            )
    return found


@figure(f"list of {TENANTS} tenants", unit="ms", target="≤ 100")
def listing(bench: Bench) -> list[float]:
    _sleepers(bench)
    samples: list[float] = []
    for _ in range(10):
        with timed(samples, scale=1000):
            bench.ask("GET", "/v1/tenants")
    return samples


@figure("first answer of a database asleep", unit="s", target="≤ 1")
def first_answer(bench: Bench) -> list[float]:
    samples: list[float] = []
    for name in _sleepers(bench)[:5]:
        key = bench.ask("POST", f"/v1/{name}/keys", role="service_role")["key"]
        _until_asleep(bench, name)
        url = f"{bench.run_file['url']}/p/{name}/db/rest/v1/"
        with httpx.Client(headers={"apikey": key}, timeout=60) as client, timed(samples):
            client.get(url).raise_for_status()
    return samples


@figure("counting a request", unit="µs", target="≤ 10")
def counting(bench: Bench) -> list[float]:
    plan = Plan("p", 1, 1, 1, 1, None, 10**9, 10**6, 1, 1, 1, 1, 1024)
    samples: list[float] = []  # of the processor's time: a busy machine is not what is measured
    with tempfile.TemporaryDirectory() as folder:
        processes = [Turnstile(Home(Path(folder))) for _ in range(4)]
        for _ in range(5):
            began = time.process_time()
            for _ in range(COUNTED):
                processes[0].leave(processes[0].enter("acme", plan))
            samples.append((time.process_time() - began) * 1e6 / COUNTED)
        for one in processes:
            one.close()
    return samples


@figure("by-id GET while another tenant runs a heavy query / without", unit="×", target="≤ 2")
def neighbours(bench: Bench) -> list[float]:
    """One query on one of the machine's processors, in a cluster of its own; rounds with and without it in turns."""
    for name in ("quiet", "heavy"):
        bench.ask("POST", "/v1/tenants", name=name)
        made = bench.ask("POST", f"/v1/{name}/databases", name="db", expose="all")["connection_string"]
        with psycopg.connect(made, autocommit=True) as owner:
            owner.execute("create table t (id int primary key)")
            owner.execute("insert into t values (1)")
    key = bench.ask("POST", "/v1/quiet/keys", role="service_role")["key"]
    url = f"{bench.run_file['url']}/v1/quiet/data/t/1"
    ratios = []
    with httpx.Client(headers={"apikey": key}) as client:
        for _ in range(5):
            alone = _median(client, url)
            ended = threading.Event()
            with psycopg.connect(made, autocommit=True) as heavy:
                heavy.execute("set statement_timeout = 0")
                thread = threading.Thread(target=_run, args=(heavy, ended))
                thread.start()
                beside = _median(client, url)
                over = ended.is_set()
                heavy.cancel()
                thread.join()
            if over:
                raise RuntimeError("the heavy query ended before it was measured beside")
            ratios.append(beside / alone)
    return ratios


def _run(connection: psycopg.Connection, ended: threading.Event) -> None:
    try:
        connection.execute(HEAVY)
    except psycopg.errors.QueryCanceled:
        return
    ended.set()


def _median(client: httpx.Client, url: str) -> float:
    samples: list[float] = []
    for _ in range(ROUNDS):
        with timed(samples):
            client.get(url).raise_for_status()
    return statistics.median(samples)
