"""The PostgreSQL engine by itself, without HTTP, beside what PostgreSQL's own client does."""

from __future__ import annotations

import asyncio
import shutil
import statistics
import subprocess
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from urllib.parse import unquote, urlsplit
from uuid import uuid4

from bench_foundation import COLUMNS
from figures import Bench, figure, in_turns
from psycopg import pq

from dbaas_provisioning.nouns import Credential, Endpoint
from dbaas_server.engine import Limits, Target
from dbaas_server.engines.postgres import open_session
from dbaas_server.engines.postgres.session import PostgresSession
from dbaas_server.nouns import Arg, Caller, Compare, Format, Read, TableRef
from dbaas_server.nouns import Path as Column

OWNER = Caller(uuid4(), "owner")
FLIGHTS = TableRef("flights")
BY_ID = Read(TableRef("hot"), where=(Compare(Column("id"), "eq", Arg(0)),))
CHUNK = 256 * 1024


def database(bench: Bench) -> str:
    """The connection string of a database with the flights and one hot row under a row policy; made once."""
    found = bench.__dict__.get("engine_database")
    if found is None:
        tenant = bench.ask("POST", "/v1/tenants", name=f"engine-{uuid4().hex[:8]}")["subdomain"]
        made = bench.ask("POST", f"/v1/{tenant}/databases", engine="postgres", name="engine", expose="policies")
        found = bench.__dict__["engine_database"] = made["connection_string"]
        psql(found, f"create table flights ({COLUMNS})")
        psql(found, f"\\copy flights from '{bench.flights}' csv header")
        psql(found, "create table hot (id int primary key, name text, at timestamptz default now())")
        psql(found, "insert into hot select g, 'row ' || g from generate_series(1, 1000) g; analyze hot")
    return str(found)


def psql(connection: str, *commands: str) -> None:
    arguments = [word for command in commands for word in ("-c", command)]
    program = shutil.which("psql") or "psql"
    subprocess.run([program, "-q", "-X", connection, *arguments], check=True, stdout=subprocess.DEVNULL)


def target(connection: str) -> Target:
    parts = urlsplit(connection)
    login = Credential(unquote(parts.username or ""), unquote(parts.password or ""))

    async def wake() -> Target:
        return made

    made = Target(
        Endpoint(parts.hostname or "", parts.port or 5432),
        unquote(parts.path[1:]),
        login,
        login,
        login,
        "policies",
        wake,
    )
    return made


def with_session(bench: Bench, work: Callable[[PostgresSession], Awaitable[None]]) -> None:
    async def run() -> None:
        session = await open_session(target(database(bench)), Limits(statement_timeout_ms=600_000))
        try:
            await work(session)
        finally:
            await session.close()

    asyncio.run(run())


@figure("engine: by-id read, added to a raw prepared query", unit="ms", target="≤ 0.5 at the median, one client")
def added_latency(bench: Bench) -> list[float]:
    added: list[float] = []

    async def work(session: PostgresSession) -> None:
        raw = pq.PGconn.connect(database(bench).encode())
        raw.prepare(b"one", b"select json_agg(h) from (select * from hot where id = $1) h")
        for _ in range(5):
            ours: list[float] = []
            theirs: list[float] = []
            for _ in range(400):
                began = time.perf_counter()
                await session.read(BY_ID, ("7",), OWNER)
                ours.append(time.perf_counter() - began)
                began = time.perf_counter()
                raw.exec_prepared(b"one", [b"7"])
                theirs.append(time.perf_counter() - began)
            added.append((statistics.median(ours) - statistics.median(theirs)) * 1000)
        raw.finish()

    with_session(bench, work)
    return added


@figure("engine: by-id reads per second, 32 at once", unit="/s", target="≥ 6,000 in one process")
def throughput(bench: Bench) -> list[float]:
    rates: list[float] = []

    async def work(session: PostgresSession) -> None:
        async def client() -> None:
            for number in range(250):
                await session.read(BY_ID, (str(number + 1),), OWNER)

        for _ in range(5):
            began = time.perf_counter()
            await asyncio.gather(*(client() for _ in range(32)))
            rates.append(32 * 250 / (time.perf_counter() - began))

    with_session(bench, work)
    return rates


@figure("engine: CSV export of 336,776 flights vs psql \\copy", unit="x", target="≥ 0.75")
def export(bench: Bench) -> list[float]:
    connection = database(bench)
    file = bench.folder / "exported.csv"

    async def work(session: PostgresSession) -> None:
        with file.open("wb") as out:
            async for chunk in session.export(Read(FLIGHTS), (), OWNER, Format.csv):
                out.write(chunk)

    return in_turns(
        lambda: with_session(bench, work), lambda: psql(connection, f"\\copy flights to '{file}' csv header"), rounds=5
    )


@figure("engine: CSV load of 336,776 flights vs psql \\copy", unit="x", target="≥ 0.7")
def load(bench: Bench) -> list[float]:
    connection = database(bench)

    async def chunks(path: Path) -> AsyncIterator[bytes]:
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                yield chunk

    async def work(session: PostgresSession) -> None:
        assert await session.load(FLIGHTS, (), chunks(bench.flights), OWNER) == 336_776

    return in_turns(
        lambda: with_session(bench, work),
        lambda: psql(connection, f"\\copy flights from '{bench.flights}' csv header"),
        before=lambda: psql(connection, "truncate flights"),
        rounds=5,
    )
