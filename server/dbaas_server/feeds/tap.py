"""Reading one database's log into its history, as long as anybody wants it. The daemon's.

Without followers the engine is only made to keep its log from a recent place on, so that the first follower waits for
nothing. With the first follower the reading begins; it goes on for as long as the history would have been kept.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import shutil
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path
from time import monotonic

from dbaas_provisioning.errors import DbaasError, Unavailable
from dbaas_provisioning.nouns import Database, DatabaseState
from dbaas_provisioning.replication import LogAccess, Replication

from ..changelog import ChangeLog, ConnectionBroken, LogLost, LogState, OpenLog, Reached
from ..changes import format_position
from ..nouns import Position
from . import resync
from .figures import FeedState, Figures, Watch
from .history import KEPT_SECONDS, History
from .pause import happens
from .records import order_of

__all__ = ["Tap"]

log = logging.getLogger("dbaas.feeds")

LIVE_SECONDS = 30.0
LOOK_SECONDS = 10.0  # at what the engine keeps, while it is read
FRESH_SECONDS = 2.0  # figures are that old at most
REST_SECONDS = 0.002
"""Between two readings while changes come thick and fast, so that several are written and handed on together."""

BUSY_SECONDS = 0.005
SYNC_SECONDS = 1.0
_PAUSES = (0.05, 0.1, 0.2, 0.5, 1.0)
_ASLEEP_SECONDS = 5.0
_LOST = "the database's log was lost"
_NOBODY = "nobody followed for a while"


class Tap:
    """One database's.

    Args:
        folder: of its history.
    """

    def __init__(self, database: Database, replication: Replication, open_log: OpenLog, folder: Path) -> None:
        self.database = database
        self._replication = replication
        self._open_log = open_log
        self._folder = folder
        self._history: History | None = None
        self._followers = 0
        self._wanted_until = 0.0
        self._running: asyncio.Task[None] | None = None
        self._prepared = False
        self._live: asyncio.Event = asyncio.Event()
        self._floor = 0
        self._failure = "the database's server is not reached"
        self._hurry = asyncio.Event()  # the engine waits for a confirmation
        self._nudge = asyncio.Event()  # somebody came to follow
        self._tending = asyncio.Lock()
        self._watch = Watch(database)
        self._looking = asyncio.Lock()

    @property
    def reading(self) -> bool:
        """Whether the log is being read, or would be if the server ran."""
        return self._running is not None and not self._running.done()

    # --- for followers ----------------------------------------------------------------------------------------------

    async def live(self) -> Position:
        """Every change committed from now on has a later position, and is being read. Raises ``Unavailable``."""
        with self._wanted():
            await self._until_live()
            history = self._history
            if history is None or not self._live.is_set():
                raise Unavailable(
                    "feed_not_ready",
                    "The database's changes cannot be followed just now.",
                    hint="Try again in a moment.",
                    details=self._failure,
                )
            return self._now(history)

    def _now(self, history: History) -> Position:
        return Position(history.epoch, max(history.last, order_of(history.end, 0), self._floor))

    async def _until_live(self) -> None:
        """Or until there is no hope, or for a while."""
        assert self._running is not None
        until = monotonic() + LIVE_SECONDS
        while not self._live.is_set() and not self._running.done() and monotonic() < until:
            waiting = asyncio.get_running_loop().create_task(self._live.wait())
            try:
                await asyncio.wait(
                    {waiting, self._running}, timeout=until - monotonic(), return_when=asyncio.FIRST_COMPLETED
                )
            finally:
                waiting.cancel()

    async def records(self, after: Position) -> AsyncGenerator[bytes, None]:
        """The history's records behind a position, and those to come. Raises ``Resync``, ``Unavailable``."""
        with self._wanted():
            now = await self.live()
            history = self._history
            if history is None or after.epoch != history.epoch or after > now:
                raise resync("the position belongs to another log of changes")
            async with contextlib.aclosing(history.read(after.order, now.order)) as records:
                async for data in records:
                    yield data

    @contextlib.contextmanager
    def _wanted(self) -> Iterator[None]:
        self._followers += 1
        self.start()
        self._nudge.set()
        try:
            yield
        finally:
            self._followers -= 1
            self._wanted_until = monotonic() + KEPT_SECONDS

    # --- for those who look after it ------------------------------------------------------------------------------

    async def figures(self) -> Figures:
        """How the feed is doing. Starts nothing; asks the engine when what is known is not of now."""
        access = await self._replication.access(self.database, wake=False)
        awake = access is not None
        if access is not None:
            with contextlib.suppress(ConnectionBroken):
                async with self._looking:  # those who ask together are told together
                    for _ in range(2):  # the reading may have begun while the engine was asked
                        if self._outdated:
                            await self._look(access)
        watch, history = self._watch, self._history
        kept = watch.kept
        if self.reading and history is not None and self._live.is_set():
            lag_bytes: int | None = watch.lag_bytes
            lag_seconds: float | None = round(watch.lag_seconds, 3)
        else:
            lag_bytes = kept.now - kept.confirmed if kept and kept.confirmed is not None else None
            lag_seconds = None
        return Figures(
            self._state(awake),
            kept.name if kept else None,
            kept.status if kept else None,
            kept.bytes if kept else None,
            kept.left if kept else None,
            lag_bytes,
            lag_seconds,
            format_position(self._now(history)) if history else None,
            format_position(Position(history.epoch, history.begin)) if history else None,
            history.size if history else 0,
            self._followers,
            watch.error[0] if watch.error else None,
            watch.error[1].isoformat() if watch.error else None,
            watch.looked_at.isoformat() if watch.looked_at else None,
        )

    @property
    def _outdated(self) -> bool:
        """The engine was asked a while ago, or before it kept what is being read."""
        kept = self._watch.kept
        before = self._live.is_set() and (kept is None or kept.status is None)
        return before or self._watch.age > FRESH_SECONDS

    def _state(self, awake: bool) -> FeedState:
        kept = self._watch.kept
        if not awake:
            return FeedState.asleep
        if self._live.is_set():
            return FeedState.catching_up if self._watch.behind else FeedState.live
        if kept is not None and kept.status == "lost":
            return FeedState.lost
        if self._watch.failing:
            return FeedState.unreachable
        return FeedState.ready if not self.reading and kept and kept.status else FeedState.starting

    async def _look(self, access: LogAccess) -> None:
        """Ask the engine what it keeps. Raises ``ConnectionBroken``."""
        self._watch.looked(await self._open_log(access, self._folder.parent).kept())

    # --- the engine's side ------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Read from now on, unless it does."""
        if not self.reading:
            self._wanted_until = max(self._wanted_until, monotonic() + KEPT_SECONDS)
            self._running = asyncio.get_running_loop().create_task(self._run())
            self._running.add_done_callback(self._ended)

    def _ended(self, running: asyncio.Task[None]) -> None:
        if not running.cancelled() and (failure := running.exception()) is not None:
            log.error("the log of database %s is not read any more", self.database.id, exc_info=failure)

    async def tend(self) -> None:
        """Have the database prepared. While nobody follows, have its log kept, and from a recent place on.

        Starts nothing that sleeps. Raises ``Unavailable``.
        """
        async with self._tending:
            access = await self._replication.access(self.database, wake=False)
            if access is None:
                return
            await self._replication.prepare(self.database)
            if self.reading:
                return  # and looks at what is kept by itself
            engine_log = self._open_log(access, self._folder.parent)
            try:
                state = await engine_log.state()
                if state.kept_from is None:
                    await self._keep(engine_log, state)
                elif state.kept_from < state.now:
                    await engine_log.skip(state.now)
                await self._look(access)
                self._watch.works()
            except (ConnectionBroken, LogLost) as error:
                raise Unavailable("feed_not_ready", "The database's log cannot be kept.", details=str(error)) from None
            finally:
                engine_log.close()

    async def close(self, *, remove: bool = False) -> None:
        """Stop. With ``remove`` the database is gone, and so is its history."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)
        self._drop_history(None, remove=remove)

    async def _run(self) -> None:
        """Read, whatever happens to the server, until nobody wants it any more."""
        failures = 0
        while self._followers or monotonic() < self._wanted_until:
            began = monotonic()
            access: LogAccess | None = None
            try:
                async with self._tending:
                    if not await self._ready():
                        return
                    access = await self._replication.access(self.database, wake=self._followers > 0)
                    if access is not None and not self._prepared:
                        await self._replication.prepare(self.database)
                        self._prepared = True
                if access is not None:
                    await self._read(access)
            except (ConnectionBroken, LogLost, DbaasError) as error:
                self._failure = str(error)
                self._watch.failed(self._failure)
                log.info("reading the log of database %s: %s", self.database.id, error)
            except OSError as error:
                self._failure = "the history cannot be written"
                self._watch.failed(self._failure)
                log.error("the history of database %s cannot be written: %s", self.database.id, error)
                self._drop_history(None, remove=False)  # what is on the disk is read again
            finally:
                self._live.clear()
                self._watch.read(None)
            failures = 0 if monotonic() - began > _PAUSES[-1] else failures + 1
            self._nudge.clear()
            pause = _PAUSES[min(failures, len(_PAUSES) - 1)]
            await happens(self._nudge, pause if access or self._followers else _ASLEEP_SECONDS)
        self._drop_history(_NOBODY, remove=True)

    async def _ready(self) -> bool:
        """Whether the database is still there and not being dropped: its slot must not be made again then."""
        database = await self._replication.database(self.database.id)
        if database is not None and database.state is DatabaseState.ready:
            return True
        self._failure = "the database is being dropped"
        return False

    async def _read(self, access: LogAccess) -> None:
        engine_log = self._open_log(access, self._folder.parent)
        syncing: asyncio.Task[None] | None = None
        watching = asyncio.get_running_loop().create_task(self._look_on(access))
        try:
            state = await engine_log.state()
            history = await self._continued(access, engine_log, state)
            wrote_at = 0.0
            async with contextlib.aclosing(engine_log.read(history.end)) as batches:
                async for batch in batches:
                    if syncing is None:
                        syncing = asyncio.get_running_loop().create_task(self._sync(history, engine_log))
                        self._floor = order_of(state.now, 0)
                        self._watch.works()
                        self._watch.read(history.end)
                        self._watch.ends(state.now)
                        self._live.set()
                    elif syncing.done():
                        syncing.result()
                    if batch:
                        history.append(batch)
                        self._watch.read(history.end)
                        if any(isinstance(item, Reached) and item.urgent for item in batch):
                            self._hurry.set()
                        # Others on this loop have their turn, too.
                        await asyncio.sleep(REST_SECONDS if monotonic() - wrote_at < BUSY_SECONDS else 0)
                        wrote_at = monotonic()
                        await history.pace()
                    if not self._followers and monotonic() > self._wanted_until:
                        return
        except LogLost:
            self._drop_history(_LOST, remove=True)
            self._prepared = False  # what was prepared may be lost with it
            raise
        finally:
            watching.cancel()
            if syncing is not None:
                syncing.cancel()
            engine_log.close()

    async def _look_on(self, access: LogAccess) -> None:
        """Now and then, as long as the log is read."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            with contextlib.suppress(ConnectionBroken):  # the reader hears of it as well, and says so
                await self._look(access)

    async def _continued(self, access: LogAccess, engine_log: ChangeLog, state: LogState) -> History:
        """The history that goes on where the engine's log does; an empty one where there is a gap between them."""
        history = self._history
        if history is None and state.kept_from is not None:
            history = await asyncio.to_thread(History.open, self._folder / str(access.epoch), access.epoch)
        another = not access.epoch or access.log != state.identity
        if state.kept_from is None or another or (history is not None and history.end > state.now):
            # The slot is gone, the database was made anew, or the server went back to an earlier state: the same
            # numbers would mean other changes.
            self._drop_history(_LOST, remove=True)
            epoch, start = await self._keep(engine_log, state)
            history = History.create(self._folder / str(epoch), epoch, start)
        elif history is None or history.epoch != access.epoch or history.end < state.kept_from:
            # Nothing tells that what is there now follows on what was told once: no position of before holds.
            self._drop_history(_LOST, remove=True)
            epoch = await self._replication.new_epoch(self.database, state.identity)
            history = History.create(self._folder / str(epoch), epoch, state.kept_from)
        self._history = history
        return history

    async def _keep(self, engine_log: ChangeLog, state: LogState) -> tuple[int, int]:
        """Begin a new log; returns its epoch and its first place."""
        epoch = await self._replication.new_epoch(self.database, state.identity)
        self._failure = "transactions that are open now have to end first"
        return epoch, await engine_log.keep()

    async def _sync(self, history: History, engine_log: ChangeLog) -> None:
        """Now and then put the history on the disk, then let the engine forget."""
        while True:
            await happens(self._hurry, SYNC_SECONDS)
            self._hurry.clear()
            engine_log.confirm(await history.sync())

    def _drop_history(self, lost: str | None, *, remove: bool) -> None:
        """Who follows hears what was lost; with None it comes back by itself."""
        if self._history is not None:
            self._history.close(lost)
            self._history = None
        if remove:
            shutil.rmtree(self._folder, ignore_errors=True)
