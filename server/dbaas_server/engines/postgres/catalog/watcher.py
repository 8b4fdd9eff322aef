"""Keeps the snapshot current: LISTEN where the platform's event trigger tells of DDL, a fingerprint everywhere."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress

import orjson

from dbaas_provisioning.errors import DbaasError, Unavailable

from ..connection import APPLICATION, Connector
from ..errors import ConnectionLost
from ..wire import Wire
from . import sql
from .snapshot import Snapshot, build, with_statistics

__all__ = ["Watcher"]

log = logging.getLogger(__name__)

QUIET_SECONDS = 0.03  # a burst of DDL is one reload, once it was quiet for this long
POLL_SECONDS = 15.0
CITUS = "citus"
FRESH_SECONDS = 0.05  # requests that miss something share a look, which happens no more often than this


class Watcher:
    """One connection of the owner's that reads the catalog and hears of changes.

    Args:
        on_version: called with the version of each new snapshot, before it is given out.
    """

    def __init__(self, connector: Connector, on_version: Callable[[int], None]) -> None:
        self._on_version = on_version
        self._connector = connector
        self._wire: Wire | None = None
        self._answers: list[bytes] = []
        self._fingerprint = b""
        self._loading = asyncio.Lock()
        self._looked_at = 0.0
        self._task: asyncio.Task[None] | None = None
        self._told = asyncio.Event()
        self.snapshot: Snapshot | None = None
        connector.on_connected = self._others_connected

    async def start(self) -> Snapshot:
        """Load the first snapshot and keep it current from here on. Raises ``Unavailable``."""
        snapshot = await self.look(force=True)
        self._task = asyncio.get_running_loop().create_task(self._follow())
        return snapshot

    async def close(self) -> None:
        """Stop following and close the connection."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        self._disconnect()

    async def look(self, *, force: bool = False, statistics: bool = False) -> Snapshot:
        """The snapshot as of now: reloads when a definition changed since the last look.

        Args:
            force: look at once, even if it was done a moment ago.
            statistics: refresh row estimates and sizes as well.

        Raises:
            Unavailable: the database cannot be asked.
        """
        loop = asyncio.get_running_loop()
        asked_at = loop.time()
        async with self._loading:
            if self.snapshot is not None and self._looked_at > asked_at:
                return self.snapshot
            if self.snapshot is not None and not force and not statistics:
                # What is missing may have been made since: wait and look, never answer from before the question.
                await asyncio.sleep(self._looked_at + FRESH_SECONDS - loop.time())
            started = loop.time()
            try:
                snapshot = await self._load(statistics)
            except ConnectionLost as lost:
                self._disconnect()
                raise _unreachable() from lost
            except BaseException:
                self._disconnect()  # a result may be half read
                raise
            self._looked_at = started
            if self._wire is not None and self._wire.take_notifications():
                self._told.set()
            return snapshot

    def doubt(self) -> None:
        """A definition may be changing: the next look is not put off."""
        self._looked_at = float("-inf")

    async def ask(self, statement: str) -> list[tuple[bytes | None, ...]]:
        """Rows of one small statement, as the owner. Raises ``Unavailable``."""
        async with self._loading:
            try:
                (result,) = await (await self._connected()).execute(statement.encode())
            except ConnectionLost as lost:
                self._disconnect()
                raise _unreachable() from lost
            except BaseException:
                self._disconnect()  # a result may be half read
                raise
        return [
            tuple(result.get_value(row, column) for column in range(result.nfields)) for row in range(result.ntuples)
        ]

    async def _load(self, statistics: bool) -> Snapshot:
        wire = await self._connected()
        fingerprint = await self._value(wire, sql.FINGERPRINT)
        snapshot = self.snapshot
        if snapshot is None or fingerprint != self._fingerprint or await self._distributed_anew(wire, snapshot):
            answers = [await self._value(wire, section) for section in sql.SECTIONS]
            distributes = CITUS in orjson.loads(answers[-1])
            answers.append(await self._value(wire, sql.DISTRIBUTION) if distributes else b"[]")
            if snapshot is None or answers != self._answers:
                version = snapshot.catalog.version + 1 if snapshot is not None else 1
                snapshot = await asyncio.to_thread(build, version, answers)
                statistics = True
                self._answers = answers
                self._on_version(version)
        if statistics:
            snapshot = await asyncio.to_thread(with_statistics, snapshot, await self._value(wire, sql.STATISTICS))
        self._fingerprint = fingerprint
        self.snapshot = snapshot
        return snapshot

    async def _distributed_anew(self, wire: Wire, snapshot: Snapshot) -> bool:
        """Whether tables were distributed otherwise, which no fingerprint tells.

        It is for when the fingerprint is the same: had the extension gone, it would not be.
        """
        return CITUS in snapshot.extensions and await self._value(wire, sql.DISTRIBUTION) != self._answers[-1]

    async def _value(self, wire: Wire, statement: str) -> bytes:
        (result,) = await wire.execute(statement.encode())
        return result.get_value(0, 0) or b""

    async def _connected(self) -> Wire:
        if self._wire is None or not self._wire.usable:
            self._disconnect()
            pgconn = await self._connector.connect(
                lambda target: target.owner,
                options="-c search_path=pg_catalog -c jit=off -c statement_timeout=60000",
                name=f"{APPLICATION} catalog",  # which is nobody's use of the database
            )
            self._wire = Wire(pgconn, on_notify=self._heard)
            await self._wire.execute(b"listen dbaas_ddl")
        return self._wire

    def _disconnect(self) -> None:
        if self._wire is not None:
            self._wire.close()
            self._wire = None

    def _heard(self) -> None:
        if self._wire is not None and self._wire.usable:
            self._told.set()

    def _others_connected(self) -> None:
        """Another connection was made: the server is back, and may have changed while nobody listened."""
        if self._wire is None or not self._wire.usable:
            self._told.set()

    async def _follow(self) -> None:
        while True:
            await self._notified()
            try:
                await self.look(force=True)
            except DbaasError as error:
                log.info("the catalog could not be read: %s", error.message)
            except Exception:  # following goes on: whoever stopped here would answer from an old catalog for ever
                log.exception("the catalog could not be read")

    async def _notified(self) -> None:
        """Return when a definition may have changed: told so, or after the polling interval.

        A connection that was lost is not made again for its own sake, which would wake a database put to sleep.
        """
        while not self._told.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(POLL_SECONDS):
                    await self._told.wait()
            if self._wire is not None and self._wire.usable:
                break
        # Told: wait for quiet, so that a migration of hundreds of statements is one reload.
        for _ in range(20):
            if not self._told.is_set():
                break
            self._told.clear()
            await asyncio.sleep(QUIET_SECONDS)


def _unreachable() -> Unavailable:
    return Unavailable("database_unavailable", "The database is not reachable just now.", hint="Try again in a moment.")
