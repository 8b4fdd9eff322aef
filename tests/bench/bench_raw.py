"""REST beside PostgreSQL itself: what the API adds to one query, and an export beside ``psql \\copy``."""

from __future__ import annotations

import json
import re
import shutil
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from bench_foundation import COLUMNS, psql
from bench_postgrest import facts, free_port, prepare, serving
from figures import Bench, figure, in_turns
from psycopg import pq

ROUNDS, REQUESTS, WARM = 3, 1_000, 200
COPIES = 4  # of the flights: an export long enough that starting a client does not count


@contextmanager
def one_process(bench: Bench) -> Iterator[int]:
    """Our server on one process; its port."""
    prepare(bench)
    port = free_port()
    words = [sys.executable, "-m", "dbaas_server.cli", "serve", "--port", str(port), "--workers", "1"]
    with serving(words, f"http://127.0.0.1:{port}/healthz", bench.env):
        yield port


class Connection:
    """HTTP/1.1 on one connection that is kept, with next to no time of its own."""

    def __init__(self, port: int, token: str) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._headers = f"Host: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n\r\n"

    def get(self, path: str) -> bytes:
        """The body of a successful answer."""
        self._socket.sendall(f"GET {path} HTTP/1.1\r\n{self._headers}".encode())
        answer = b""
        while (end := answer.find(b"\r\n\r\n")) < 0:
            answer += self._more()
        found = re.search(rb"(?i)content-length: *(\d+)", answer[:end])
        if not answer.startswith(b"HTTP/1.1 200") or found is None:
            raise RuntimeError(answer.decode())
        while len(answer) < end + 4 + int(found[1]):
            answer += self._more()
        return answer[end + 4 :]

    def _more(self) -> bytes:
        received = self._socket.recv(65536)
        if not received:
            raise RuntimeError("the server closed the connection")
        return received

    def close(self) -> None:
        self._socket.close()


def prepared() -> pq.PGconn:
    """A raw connection under the same role, claims and policy, with the query prepared."""
    raw = pq.PGconn.connect(facts["dsn"].encode())
    for statement in (
        b"set role authenticated",
        b"""set request.jwt.claims = '{"role": "authenticated", "sub": "ann"}'""",
    ):
        raw.exec_(statement)
    raw.prepare(b"one", b"select coalesce(json_agg(r), '[]') from (select * from items where id = $1 limit 1000) r")
    return raw


@figure("REST by id, added to the same query on a raw connection", unit="ms", target="≤ 0.5 at the median, one client")
def added_latency(bench: Bench) -> list[float]:
    added: list[float] = []
    with one_process(bench) as port:
        raw, http = prepared(), Connection(port, facts["token"])
        for _ in range(ROUNDS):
            ours: list[float] = []
            theirs: list[float] = []
            for number in range(WARM + REQUESTS):
                row = number * 7919 % 100_000 + 1
                began = time.perf_counter()
                body = http.get(f"/p/benched/db/rest/v1/items?id=eq.{row}")
                between = time.perf_counter()
                result = raw.exec_prepared(b"one", [b"%d" % row])
                ended = time.perf_counter()
                if number == 0 and json.loads(body) != json.loads(result.get_value(0, 0) or b""):
                    raise RuntimeError(f"different answers: {body!r} {result.get_value(0, 0)!r}")
                if number >= WARM:
                    ours.append(between - began)
                    theirs.append(ended - between)
            added.append((statistics.median(ours) - statistics.median(theirs)) * 1000)
        raw.finish()
        http.close()
    return added


@figure("CSV export through REST / psql \\copy", unit="×", target="≥ 0.75")
def export(bench: Bench) -> list[float]:
    with one_process(bench) as port:
        with psycopg.connect(facts["owner"], autocommit=True) as owner:
            owner.execute(f"create table if not exists flights ({COLUMNS})")
            if owner.execute("select from flights limit 1").rowcount == 0:
                with owner.cursor().copy("copy flights from stdin (format csv, header)") as copy:
                    text = bench.flights.read_bytes()
                    copy.write(text)
                for _ in range(COPIES.bit_length() - 1):
                    owner.execute("insert into flights table flights")
            owner.execute("vacuum analyze flights")
        key = bench.dbaas("keys", "create", "--tenant", "benched", "--role", "service_role")["key"]
        ours, theirs = bench.folder / "ours.csv", bench.folder / "theirs.csv"
        curl = shutil.which("curl") or "curl"

        def through_rest() -> None:
            words = [curl, "-sSf", "-H", f"apikey: {key}", "-H", "Accept: text/csv", "-o", str(ours)]
            subprocess.run([*words, f"http://127.0.0.1:{port}/p/benched/db/rest/v1/flights"], check=True)

        def through_psql() -> None:
            copy = f"\\copy flights to '{theirs}' with (format csv, header)"
            subprocess.run(
                [psql(), "-X", "-q", facts["owner"], "-c", copy],
                check=True,
                stdin=subprocess.DEVNULL,
                capture_output=True,
            )

        through_rest()
        through_psql()
        if ours.stat().st_size != theirs.stat().st_size:
            raise RuntimeError(f"different exports: {ours.stat().st_size} and {theirs.stat().st_size} bytes")
        return in_turns(through_rest, through_psql, rounds=ROUNDS)
