"""kill -9 of PostgreSQL, of the daemon and of a worker, and a cut network, while four writers commit.

Who resumes is told every commit once and in order. Who does not resume, as clients that know nothing of positions, is
told from where on it is complete; where its connection survives, it misses nothing either.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import select
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, replace
from uuid import uuid4

import httpx
import pytest
import websockets

import dbaas
from cut_connections import Network
from dbaas.changes import read_events
from dbaas_server.changes import format_position, parse_position
from dbaas_server.nouns import Position
from live_platform import LivePlatform, free_port, temporary_home, without_platform
from live_project import LiveProject, new_project
from realtime_client import Phoenix, phoenix
from steady_writers import make_table, numbers, writing
from victims import daemon, postgres, worker
from waiting import kill_patiently, until_true

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]

TIMES = 2
ROWS = 500  # between two faults
HEALING_SECONDS = 180.0


@dataclass(frozen=True)
class Served:
    """A project behind two workers of ``dbaas serve``."""

    live: LivePlatform
    project: LiveProject
    parent: int
    port: int


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    live = LivePlatform(temporary_home())
    port = free_port()
    try:
        project = new_project(started(live), "")
        process = subprocess.Popen(
            [sys.executable, "-m", "dbaas_server.cli", "serve", "--port", str(port), "--workers", "2",
             "--home", str(live.home)],
            stdout=subprocess.PIPE, text=True, env=without_platform(os.environ),
        )  # fmt: skip
        try:
            assert process.stdout is not None
            ready, _, _ = select.select([process.stdout], [], [], 120)
            assert ready and re.match("dbaas serves http://", process.stdout.readline())
            here = {
                name: getattr(project, name).replace(live.url, f"http://127.0.0.1:{port}") for name in ("base", "url")
            }
            yield Served(live, replace(project, **here), process.pid, port)
        finally:
            process.terminate()
            process.wait(60)
    finally:
        live.cli("down")
        shutil.rmtree(live.home, ignore_errors=True)


def started(live: LivePlatform) -> LivePlatform:
    up = live.cli("up")
    assert up.returncode == 0, up.stderr
    return live


class Client:
    """Listens to a table over the WebSocket, and connects again whenever its connection is lost.

    Attributes:
        told: numbers of rows, as they came.
        at: the position of each.
        gaps: what it was told that it may have missed: what lies behind the first position, up to the second.
        resyncs: how often it was told to read its table again.
        port: of its end of the connection it has now.
    """

    def __init__(self, base: str, key: str, table: str, *, resumes: bool, patience: float) -> None:
        self.base, self.key, self.table, self.resumes, self.patience = base, key, table, resumes, patience
        self.told: list[int] = []
        self.at: list[Position] = []
        self.gaps: list[tuple[Position, Position]] = []
        self.resyncs = self.connections = self.port = 0
        self.last: Position | None = None

    async def run(self) -> None:
        while True:
            with contextlib.suppress(OSError, TimeoutError, websockets.WebSocketException):
                async with phoenix(self.base, self.key, close_timeout=0.5, ping_interval=None) as socket:
                    if await self.join(socket):
                        await self.listen(socket)
            await asyncio.sleep(0.1)

    async def join(self, socket: Phoenix) -> bool:
        wanted = {"event": "INSERT", "schema": "public", "table": self.table}
        resumed = self.resumes and self.last is not None
        since = {"since": format_position(self.last)} if resumed else {}
        answer = await socket.join(self.table, wanted, **since)
        if answer["status"] != "ok":
            return False
        if not resumed:
            complete = parse_position(answer["response"]["position"])
            if self.last is not None:
                self.gaps.append((self.last, complete))
            self.last = complete
        self.connections += 1
        self.port = socket.socket.local_address[1]
        return True

    async def listen(self, socket: Phoenix) -> None:
        beating = asyncio.create_task(beat(socket))
        try:
            while True:
                message = await socket.wait(lambda _: True, self.patience)
                payload = message["payload"]
                if message["event"] == "postgres_changes":
                    self.last = parse_position(payload["data"]["position"])
                    self.told.append(payload["data"]["record"]["n"])
                    self.at.append(self.last)
                elif payload.get("code") == "resync":
                    self.resyncs += 1
        finally:
            beating.cancel()
            await asyncio.gather(beating, return_exceptions=True)


async def beat(socket: Phoenix) -> None:
    """Something to hear on every connection that is alive."""
    while True:
        await socket.send("phoenix", "heartbeat", {})
        await asyncio.sleep(1.0)


class Events:
    """Listens to server-sent events as a browser does: with the last event's id, when its connection was lost."""

    def __init__(self, url: str, key: str, table: str, since: str) -> None:
        self.url, self.key, self.table, self.last = url, key, table, since
        self.told: list[int] = []
        self.resyncs = 0

    async def run(self) -> None:
        query = {"table": self.table, "event": "INSERT"}
        async with httpx.AsyncClient(timeout=httpx.Timeout(60, read=5)) as http:
            while True:
                headers = {"apikey": self.key, "Last-Event-ID": self.last}
                with contextlib.suppress(httpx.TransportError):
                    async with http.stream("GET", f"{self.url}/changes", params=query, headers=headers) as response:
                        if response.status_code == 200:
                            await self.listen(response)
                await asyncio.sleep(0.1)

    async def listen(self, response: httpx.Response) -> None:
        async for name, identity, data in read_events(response.aiter_lines()):
            self.last = identity or self.last
            if name == "INSERT":
                self.told.append(data["record"]["n"])
            self.resyncs += name == "resync"


class Notebook:
    """What a notebook writes: ``async for change in database.changes(…)``."""

    def __init__(self, url: str, key: str, project: LiveProject, table: str, since: str) -> None:
        self.database = dbaas.connect(url, key).tenant(project.tenant).database("app")
        self.table, self.key, self.since = table, key, since
        self.told: list[int] = []

    async def run(self) -> None:
        changes = self.database.changes(self.table, event="INSERT", key=self.key, since=self.since)
        async with contextlib.aclosing(changes):
            async for change in changes:
                assert change.record is not None
                self.told.append(change.record["n"])


class Everybody:
    """All kinds of clients, and how to reach them."""

    def __init__(self, served: Served, url: str, table: str, patience: float) -> None:
        project = served.project
        base = project.base.replace(origin(project.base), url)
        self.served, self.url, self.table = served, url, table
        self.resuming = Client(base, project.anon, table, resumes=True, patience=patience)
        self.plain = Client(base, project.anon, table, resumes=False, patience=patience)

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(one.run()) for one in (self.resuming, self.plain)]
        try:
            await self.until(lambda: self.resuming.connections and self.plain.connections, tasks)
            assert self.resuming.last is not None
            project, since = self.served.project, format_position(self.resuming.last)
            self.events = Events(f"{self.url}/v1/{project.tenant}", project.anon, self.table, since)
            self.notebook = Notebook(self.url, project.anon, project, self.table, since)
            tasks += [asyncio.create_task(one.run()) for one in (self.events, self.notebook)]
            self.tasks = tasks
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def more_rows(self, more: int) -> None:
        """Wait until everybody was told so many more."""
        wanted = [(one, len(one.told) + more) for one in (self.resuming, self.plain, self.events, self.notebook)]
        await self.until(lambda: all(len(one.told) >= count for one, count in wanted), self.tasks)

    async def all_told(self, last: int) -> None:
        """Wait until everybody was told the last row."""
        everybody = (self.resuming, self.plain, self.events, self.notebook)
        await self.until(lambda: all(one.told[-1] == last for one in everybody), self.tasks)

    async def until(self, good: Callable[[], object], tasks: list[asyncio.Task[None]]) -> None:
        def holds() -> bool:
            for task in tasks:
                if task.done():
                    task.result()
            return bool(good())

        await until_true(holds, self.seen, HEALING_SECONDS)

    def seen(self) -> dict[str, object]:
        """For whoever reads why it failed."""
        return {name: len(one.told) for name, one in vars(self).items() if hasattr(one, "told")}


def origin(url: str) -> str:
    return url[: url.index("/", len("http://"))]


async def kill_postgres(everybody: Everybody, network: Network, turn: int) -> None:
    await kill_patiently(await asyncio.to_thread(postgres, everybody.served.live))


async def kill_daemon(everybody: Everybody, network: Network, turn: int) -> None:
    await kill_patiently(await asyncio.to_thread(daemon, everybody.served.live))


async def kill_worker(everybody: Everybody, network: Network, turn: int) -> None:
    whose = (everybody.plain, everybody.resuming)[turn % 2]
    served = everybody.served
    await kill_patiently(await asyncio.to_thread(worker, served.parent, served.port, whose.port))


async def cut(everybody: Everybody, network: Network, turn: int) -> None:
    network.cut()


async def freeze(everybody: Everybody, network: Network, turn: int) -> None:
    network.freeze()


@pytest.mark.parametrize("fault", [kill_postgres, kill_daemon, kill_worker, cut, freeze])
async def test_nobody_misses_a_commit_without_being_told(
    served: Served, fault: Callable[..., Awaitable[None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dbaas.changes, "_SILENCE_SECONDS", 5.0)
    url, table = served.project.connection_string, f"t{uuid4().hex[:8]}"
    make_table(url, table)
    own = origin(served.project.base)
    async with Network(own) as network:
        on_the_way = fault in (cut, freeze)
        everybody = Everybody(served, network.url if on_the_way else own, table, 5.0 if on_the_way else 60.0)
        async with everybody.listening():
            async with writing(url, table):
                for turn in range(TIMES):
                    await everybody.more_rows(ROWS)
                    await fault(everybody, network, turn)
                await everybody.more_rows(ROWS)
            stored = numbers(url, table)
            await everybody.all_told(stored[-1])

    assert everybody.resuming.told == stored
    assert everybody.events.told == stored
    assert everybody.notebook.told == stored
    assert everybody.resuming.resyncs + everybody.plain.resyncs + everybody.events.resyncs == 0

    at = dict(zip(stored, everybody.resuming.at, strict=True))
    assert everybody.resuming.at == sorted(set(everybody.resuming.at))
    plain = everybody.plain
    assert plain.told == sorted(set(plain.told)), "in order, and once"
    assert plain.at == [at[n] for n in plain.told]
    missed = [at[n] for n in stored if n not in set(plain.told)]
    assert all(any(last < one <= complete for last, complete in plain.gaps) for one in missed)
    assert len(plain.gaps) == plain.connections - 1
    if fault in (kill_postgres, kill_daemon):
        assert plain.connections == everybody.resuming.connections == 1, "the connection survives"
        assert plain.told == stored
    else:
        assert plain.gaps, "it was connected again"
