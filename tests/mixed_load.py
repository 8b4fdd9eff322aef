"""Mixed load on a serving process, while its memory is watched."""

from __future__ import annotations

import asyncio
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psycopg

__all__ = ["Load", "children", "make_tables", "mixed_load", "one_worker", "resident_bytes"]

ROWS = 1_000
EXPORTED_ROWS, FILLER = 100_000, 240
EXPORT_BYTES = EXPORTED_ROWS * (FILLER + 6)  # at least, of one export
SAMPLE_SECONDS = 0.5


@dataclass
class Load:
    """What was done, and how much memory the process had along the way: (seconds since the beginning, bytes)."""

    seconds: float
    answers: dict[str, int] = field(default_factory=dict)
    exported: int = 0
    wrong: list[str] = field(default_factory=list)
    samples: list[tuple[float, int]] = field(default_factory=list)

    def median(self, begin: float, end: float) -> float:
        """Of the memory within a part of the run, in fractions of it."""
        return statistics.median(size for at, size in self.samples if begin <= at / self.seconds < end)

    @property
    def before(self) -> float:
        """Bytes in the first quarter, once caches and pools are filled."""
        return self.median(0.1, 0.25)

    @property
    def after(self) -> float:
        """Bytes in the second half."""
        return self.median(0.5, 1.0)

    @property
    def flat(self) -> bool:
        """Whether it did not grow by more than a tenth, or by 20 MB."""
        return self.after <= max(self.before * 1.1, self.before + 20e6)


def children(parent: int) -> list[int]:
    """The processes that a process started."""
    text = subprocess.run(["ps", "-o", "pid=", "--ppid", str(parent)], capture_output=True, text=True).stdout
    return [int(pid) for pid in text.split()]


def resident_bytes(pid: int) -> int:
    """Memory that a process occupies."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS:")).split()[1]) * 1024


def make_tables(dsn: str) -> None:
    """Rows to read one by one and in lists, a table to write to, and one that is large to export."""
    with psycopg.connect(dsn, autocommit=True) as owner:
        owner.execute("create table items (id int primary key, name text not null, price numeric)")
        owner.execute("insert into items select n, 'item ' || n, n / 7.0 from generate_series(1, %s) n", [ROWS])
        owner.execute("create table added (id bigint generated always as identity primary key, name text)")
        owner.execute("create table large as select n, repeat('x', %s) from generate_series(1, %s) n",
                      [FILLER, EXPORTED_ROWS])  # fmt: skip


@contextmanager
def one_worker(home: Path, port: int, env: dict[str, str]) -> Iterator[int]:
    """``dbaas serve`` with one worker; the worker's process id."""
    words = [sys.executable, "-m", "dbaas_server.cli", "serve", "--port", str(port), "--workers", "1"]
    process = subprocess.Popen([*words, "--home", str(home)], env=env)
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                httpx.get(f"http://127.0.0.1:{port}/healthz").raise_for_status()
                break
            except httpx.HTTPError:
                assert time.monotonic() < deadline and process.poll() is None, "the server does not answer"
                time.sleep(0.05)
        (worker,) = children(process.pid)
        yield worker
    finally:
        process.terminate()
        process.wait(60)


async def mixed_load(url: str, key: str, pid: int, seconds: float, exports: int) -> Load:
    """Rows by id, lists, inserts and refusals all the time, and so many exports spread evenly over it.

    Args:
        url: below which ``items``, ``added`` and ``large`` are (see :func:`make_tables`).
        pid: of the process whose memory is sampled.
    """
    load = Load(seconds)
    began = time.monotonic()

    def left() -> float:
        return began + seconds - time.monotonic()

    async def repeat(kind: str, ask: Callable[[httpx.AsyncClient, int], Coroutine[Any, Any, bool]]) -> None:
        async with httpx.AsyncClient(headers={"apikey": key}, timeout=60) as http:
            number = 0
            while left() > 0:
                number += 1
                if await ask(http, number):
                    load.answers[kind] = load.answers.get(kind, 0) + 1
                else:
                    load.wrong.append(f"{kind} {number}")

    async def by_id(http: httpx.AsyncClient, number: int) -> bool:
        row = number * 7919 % ROWS + 1
        answer = await http.get(f"{url}/items?id=eq.{row}&select=id,name")
        return answer.status_code == 200 and answer.json() == [{"id": row, "name": f"item {row}"}]

    async def listed(http: httpx.AsyncClient, number: int) -> bool:
        first = number * 31 % (ROWS - 200) + 1
        answer = await http.get(f"{url}/items?id=gte.{first}&order=price.desc,id&limit=100&offset={number % 7}")
        return answer.status_code == 200 and len(answer.json()) == 100

    async def insert(http: httpx.AsyncClient, number: int) -> bool:
        rows = [{"name": f"{number} {place}"} for place in range(number % 20 + 1)]
        answer = await http.post(f"{url}/added", json=rows, headers={"Prefer": "return=representation"})
        return answer.status_code == 201 and len(answer.json()) == len(rows)

    async def refusal(http: httpx.AsyncClient, number: int) -> bool:
        await asyncio.sleep(0.1)
        return (await http.get(f"{url}/items?no_column_{number}=eq.1")).status_code == 400

    async def export() -> None:
        async with httpx.AsyncClient(headers={"apikey": key, "Accept": "text/csv"}, timeout=120) as http:
            for number in range(exports):
                size = 0
                async with http.stream("GET", f"{url}/large") as answer:
                    async for chunk in answer.aiter_raw():
                        size += len(chunk)
                if answer.status_code != 200 or size < EXPORT_BYTES:
                    load.wrong.append(f"export {number}: {answer.status_code}, {size:,} bytes")
                load.exported += size
                # The next one when its time has come, at once when this one was late.
                await asyncio.sleep(max(0.0, began + seconds * (number + 1) / exports - time.monotonic()))

    async def watch() -> None:
        while left() > 0:
            load.samples.append((time.monotonic() - began, resident_bytes(pid)))
            await asyncio.sleep(SAMPLE_SECONDS)

    work = [("by id", by_id), ("by id", by_id), ("list", listed), ("insert", insert), ("refusal", refusal)]
    await asyncio.gather(watch(), export(), *(repeat(kind, ask) for kind, ask in work))
    return load
