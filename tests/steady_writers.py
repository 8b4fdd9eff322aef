"""Writers that commit together at a steady rate, whatever happens to their server.

Each transaction takes its number under a lock that it holds until its commit, so that the numbers are the commit order.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psycopg

__all__ = ["make_table", "numbers", "writing"]

WRITERS = 4
PER_SECOND = 500  # all together, or as many as the machine manages

TABLES = """
create table {0}_counter (n int); insert into {0}_counter values (0);
create table {0} (n int primary key, writer int); grant select on {0} to anon;
"""
WRITE = "with next as (update {0}_counter set n = n + 1 returning n) insert into {0} (n, writer) select n, %s from next"


class _Writer(threading.Thread):
    """Commits row by row, and connects again when the server is gone."""

    def __init__(self, url: str, table: str, number: int, stop: threading.Event) -> None:
        super().__init__()
        self.url, self.statement, self.number, self.stop = url, WRITE.format(table), number, stop

    def run(self) -> None:
        while not self.stop.is_set():
            try:
                with psycopg.connect(self.url, autocommit=True, connect_timeout=5) as connection:
                    due = time.monotonic()
                    while not self.stop.is_set():
                        connection.execute(self.statement, [self.number])
                        due = max(due + WRITERS / PER_SECOND, time.monotonic() - 1)
                        time.sleep(max(0.0, due - time.monotonic()))
            except psycopg.OperationalError:
                time.sleep(0.05)


@asynccontextmanager
async def writing(url: str, table: str) -> AsyncIterator[None]:
    """While this lasts, rows with ``n`` = 1, 2, … are committed into a table that was made by :func:`make_table`."""
    stop = threading.Event()
    writers = [_Writer(url, table, number, stop) for number in range(WRITERS)]
    for writer in writers:
        writer.start()
    try:
        yield
    finally:
        stop.set()
        for writer in writers:
            await asyncio.to_thread(writer.join)


def make_table(url: str, table: str) -> None:
    """The table, and the one that its numbers are taken from."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(TABLES.format(table))


def numbers(url: str, table: str) -> list[int]:
    """What was committed, in order."""
    with psycopg.connect(url) as connection:
        return [n for (n,) in connection.execute(f"select n from {table} order by n")]
