"""Connections that serve one task at a time, bounded in number over all logins."""

from __future__ import annotations

import asyncio
from bisect import insort
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from types import TracebackType

from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGconn, PGresult

from dbaas_provisioning.errors import DbaasError, Unavailable
from dbaas_provisioning.nouns import Credential

from ...engine import OutcomeUnknown, QueryError, Target, TooBusy
from .connection import Connector
from .errors import ConnectionLost, error_of, sqlstate_of
from .multiplexer import LONGEST_PREPARED, Statement
from .wire import Wire

__all__ = ["Pool", "Verdict", "transact"]

IDLE_SECONDS = 60.0
PREPARED = 128
GRACE_SECONDS = 1.0  # beyond the statement timeout, which the server itself watches for each statement
AGAIN_SECONDS = 1.0

_INVALID_STATEMENT = "26000"
_CANCELED = "57014"

Verdict = Callable[[list[PGresult]], DbaasError | None]
"""Looks at a transaction's results before its commit; an error undoes it."""


class _Waiter(asyncio.Future["Wire | None"]):
    """A task's turn: with a connection, or with the chance to make one."""

    role: str
    until: float


class Pool:
    """Opens connections when they are needed and closes them when they were idle for a while.

    Args:
        size: connections at most, whoever they are logged in as.
        queue: tasks waiting for one at most.
        patience: seconds that a task waits.
        options: libpq's, of each connection.
        binary: parameters and results of :func:`transact` travel in PostgreSQL's binary format.

    Attributes:
        generation: changes with the catalog; statements prepared under an older one are not used again.
    """

    def __init__(
        self,
        connector: Connector,
        *,
        size: int,
        queue: int,
        patience: float,
        options: str = "-c jit=off",
        binary: bool = False,
    ) -> None:
        self.generation = 0
        self._options = options
        self._binary = int(binary)
        self._connector = connector
        self._size = size
        self._queue = queue
        self._patience = patience
        self._idle: list[tuple[str, Wire, float]] = []  # (login, wire, since), oldest first
        self._count = 0
        self._waiters: list[_Waiter] = []  # who came first is the first to be served, and to lose patience
        self._impatience: asyncio.TimerHandle | None = None
        self._closed = False
        self._ending: set[asyncio.Task[None]] = set()
        self._busy: set[Wire] = set()
        self._reaper: asyncio.TimerHandle | None = None

    def wire(self, role: str, login: Callable[[Target], Credential]) -> Lease:
        """A connection for the duration of an ``async with`` block.

        A block that leaves something running there has it cancelled in the server; that connection is not used again.

        Args:
            role: names the login; connections of one name are interchangeable.

        Raises:
            TooBusy: none became free in time.
            Unavailable: none could be made.
        """
        return Lease(self, role, login)

    async def close(self) -> None:
        """Close every connection; tasks that hold one get ``Unavailable``."""
        self._closed = True
        for timer in (self._reaper, self._impatience):
            if timer is not None:
                timer.cancel()
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)
        for _, wire, _ in self._idle:
            wire.close()
        self._idle.clear()
        for wire in list(self._busy):
            wire.abandon()
        if self._ending:
            await asyncio.wait(self._ending)

    async def acquire(self, role: str, login: Callable[[Target], Credential]) -> Wire:
        """A connection that nobody else uses until :meth:`release`. Raises as :meth:`wire`."""
        wire = await self._find(role, login)
        self._busy.add(wire)
        if wire.generation != self.generation:
            wire.generation = self.generation
            wire.outdated = bool(wire.prepared)
        return wire

    async def _find(self, role: str, login: Callable[[Target], Credential]) -> Wire:
        until: float | None = None
        while True:
            if self._closed:
                raise Unavailable("database_unavailable", "The database is being closed.")
            for place in range(len(self._idle) - 1, -1, -1):
                if self._idle[place][0] == role:
                    wire = self._idle.pop(place)[1]
                    if wire.probe():
                        return wire
                    wire.close()
                    self._count -= 1
            if self._count < self._size:
                break
            if self._idle:  # somebody else's
                self._idle.pop(0)[1].close()
                self._count -= 1
                break
            if until is None:
                if len(self._waiters) >= self._queue:
                    raise _too_busy()
                until = asyncio.get_running_loop().time() + self._patience
            handed = await self._turn(role, until)
            if handed is not None:
                if handed.probe() and not self._closed:
                    return handed
                handed.close()
                self._count -= 1
        self._count += 1
        try:
            wire = Wire(await self._connector.connect(login, options=self._options))
            wire.binary = self._binary
            return wire
        except ConnectionLost:  # gone as soon as it was there
            self._freed()
            raise _unavailable() from None
        except BaseException:
            self._freed()
            raise

    async def _turn(self, role: str, until: float) -> Wire | None:
        """Wait in line, for a connection of this role or for room to make one.

        Who comes back, because somebody else was quicker, has the place again that his patience gives him.
        """
        loop = asyncio.get_running_loop()
        waiter = _Waiter(loop=loop)
        waiter.role, waiter.until = role, until
        insort(self._waiters, waiter, key=lambda other: other.until)
        self._watch_patience()
        try:
            return await waiter
        except asyncio.CancelledError:
            if waiter.cancelled():
                with suppress(ValueError):  # it was passed over already
                    self._waiters.remove(waiter)
            elif waiter.exception() is None:
                handed = waiter.result()
                if handed is not None:
                    self._put_back(role, handed)
                else:
                    self._wake()  # the turn goes to the next
            raise

    def _watch_patience(self) -> None:
        """Have a timer for the first in line."""
        first = self._waiters[0].until
        if self._impatience is None or self._impatience.when() > first:
            if self._impatience is not None:
                self._impatience.cancel()
            self._impatience = asyncio.get_running_loop().call_at(first, self._lose_patience)

    def _lose_patience(self) -> None:
        self._impatience = None
        now = asyncio.get_running_loop().time()
        while self._waiters and self._waiters[0].until <= now:
            waiter = self._waiters.pop(0)
            if not waiter.done():
                waiter.set_exception(_too_busy())
        if self._waiters:
            self._watch_patience()

    def release(self, role: str, wire: Wire) -> None:
        """Give a connection back; one that is still at work has that cancelled, and is not used again."""
        self._busy.discard(wire)
        if wire.usable and wire.idle and not wire.stopped:
            self._put_back(role, wire)
        elif wire.working and not wire.closed:
            task = asyncio.get_running_loop().create_task(self._end(wire))
            self._ending.add(task)
            task.add_done_callback(self._ending.discard)
        else:
            wire.close()
            self._freed()

    def _put_back(self, role: str, wire: Wire) -> None:
        """Hand a connection to the first in line if it is of the right login, else keep it and tell him."""
        if self._closed:
            wire.close()
            self._freed()
            return
        while self._waiters and self._waiters[0].done():
            self._waiters.pop(0)
        if self._waiters and self._waiters[0].role == role:
            self._waiters.pop(0).set_result(wire)
            return
        loop = asyncio.get_running_loop()
        self._idle.append((role, wire, loop.time()))
        if self._reaper is None:
            self._reaper = loop.call_later(IDLE_SECONDS, self._reap)
        self._wake()

    async def _end(self, wire: Wire) -> None:
        try:
            await wire.stop()
        finally:
            wire.close()
            self._freed()

    def _freed(self) -> None:
        self._count -= 1
        self._wake()

    def _wake(self) -> None:
        while self._waiters:
            waiter = self._waiters.pop(0)
            if not waiter.done():
                waiter.set_result(None)
                return

    def _reap(self) -> None:
        self._reaper = None
        loop = asyncio.get_running_loop()
        while self._idle and loop.time() - self._idle[0][2] >= IDLE_SECONDS - 1:
            self._idle.pop(0)[1].close()
            self._count -= 1
        if self._idle:
            self._reaper = loop.call_later(IDLE_SECONDS, self._reap)


class Lease:
    """An ``async with`` block's hold of a pool's connection."""

    __slots__ = ("_login", "_pool", "_role", "_wire")

    def __init__(self, pool: Pool, role: str, login: Callable[[Target], Credential]) -> None:
        self._pool = pool
        self._role = role
        self._login = login
        self._wire: Wire | None = None

    async def __aenter__(self) -> Wire:
        self._wire = await self._pool.acquire(self._role, self._login)
        return self._wire

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._wire is not None
        self._pool.release(self._role, self._wire)


async def transact(
    wire: Wire,
    opening: Statement,
    statements: Sequence[Statement],
    *,
    timeout_ms: int,
    verdict: Verdict | None = None,
    rollback: bool = False,
) -> list[PGresult]:
    """Run statements as one transaction and return their results once it is committed.

    Without a verdict or rollback, that is one round trip.

    Args:
        timeout_ms: of all statements together.

    Raises:
        QueryError, or what the verdict says: nothing was kept. ``57014`` when time ran out.
        Unavailable: nothing was sent, or the server said that it did not finish.
        OutcomeUnknown: the connection was lost before the server told.
    """
    explicit = verdict is not None or rollback
    steps, answers = _steps(wire, opening, statements, begin=explicit)
    try:
        with _time_limit(wire, timeout_ms / 1000 + GRACE_SECONDS):
            results, good = await wire.pipeline(steps)
            if not good and _statement_gone(wire, results):
                # A function of the tenant's dropped what was prepared. Nothing was done yet, so all is done anew.
                if explicit and not wire.idle:
                    await wire.execute(b"rollback")
                wire.prepared.clear()
                steps, answers = _steps(wire, opening, statements, begin=explicit)
                results, good = await wire.pipeline(steps)
    except ConnectionLost as lost:
        raise (_unavailable() if explicit or not lost.sent else _unknown()) from None
    if not good:
        wire.forget_unprepared(results)
        if explicit and wire.usable and not wire.stopped:
            await wire.execute(b"rollback")
        failed = next(place for place, result in enumerate(results) if _failed(result))
        refused = error_of(results[failed])
        if isinstance(refused, QueryError):
            if wire.stopped and refused.code == _CANCELED:
                refused.message = "canceling the transaction due to its time limit"
            refused.place = next((number for number, place in enumerate(answers[1:]) if place >= failed), None)
        raise refused
    wanted = [results[place] for place in answers[1:]]
    if explicit:
        error = verdict(wanted) if verdict is not None else None
        try:
            await wire.execute(b"rollback" if rollback or error is not None else b"commit")
        except ConnectionLost:
            if error is None and not rollback:
                raise _unknown() from None
        if error is not None:
            raise error
    return wanted


@contextmanager
def _time_limit(wire: Wire, seconds: float) -> Iterator[None]:
    """Have the server cancel what runs in the block for longer; its answer then says so."""
    loop = asyncio.get_running_loop()
    stopping: list[asyncio.Task[None]] = []

    async def stop() -> None:
        while True:  # between two statements there is nothing that would be cancelled
            await wire.stop()
            await asyncio.sleep(AGAIN_SECONDS)

    timer = loop.call_later(seconds, lambda: stopping.append(loop.create_task(stop())))
    try:
        yield
    finally:
        timer.cancel()
        for task in stopping:
            task.cancel()


def _steps(
    wire: Wire, opening: Statement, statements: Sequence[Statement], *, begin: bool
) -> tuple[list[Callable[[PGconn], None]], list[int]]:
    """A pipeline's steps, preparing what this connection does not know yet, and the places of the answers."""
    steps: list[Callable[[PGconn], None]] = []
    answers: list[int] = []
    wire.preparing.clear()
    if wire.outdated:
        wire.outdated = False
        wire.prepared.clear()
        steps.append(lambda pgconn: pgconn.send_query_params(b"deallocate all", None))
    if begin:
        steps.append(lambda pgconn: pgconn.send_query_params(b"begin", None))
    for text, parameters in (opening, *statements):
        if len(text) > LONGEST_PREPARED:
            answers.append(len(steps))
            steps.append(partial(_run_once, text=text, parameters=parameters, binary=wire.binary))
            continue
        key = (text, opening[1][0] or b"")  # a plan under row security belongs to one role
        name = wire.prepared.get(key)
        if name is None:
            if len(wire.prepared) >= PREPARED:
                oldest = next(iter(wire.prepared))
                steps.append(partial(_close_prepared, name=wire.prepared.pop(oldest)))
            name = wire.prepared[key] = wire.new_name()
            wire.preparing.append((len(steps), key))
            steps.append(partial(_prepare, name=name, text=text))
        answers.append(len(steps))
        steps.append(partial(_run_prepared, name=name, parameters=parameters, binary=wire.binary))
    return steps, answers


def _statement_gone(wire: Wire, results: Sequence[PGresult]) -> bool:
    return wire.usable and any(_failed(result) and sqlstate_of(result) == _INVALID_STATEMENT for result in results)


def _prepare(pgconn: PGconn, *, name: bytes, text: bytes) -> None:
    pgconn.send_prepare(name, text)


def _run_once(pgconn: PGconn, *, text: bytes, parameters: Sequence[bytes | None], binary: int) -> None:
    pgconn.send_query_params(text, parameters, None, (binary,) * len(parameters), binary)


def _close_prepared(pgconn: PGconn, *, name: bytes) -> None:
    pgconn.send_close_prepared(name)


def _run_prepared(pgconn: PGconn, *, name: bytes, parameters: Sequence[bytes | None], binary: int) -> None:
    pgconn.send_query_prepared(name, parameters, (binary,) * len(parameters), binary)


def _failed(result: PGresult) -> bool:
    return result.status == ExecStatus.FATAL_ERROR


def _too_busy() -> TooBusy:
    return TooBusy("too_busy", "The database has too many requests waiting.", hint="Try again in a moment.")


def _unavailable() -> Unavailable:
    return Unavailable(
        "database_unavailable",
        "The database is not reachable just now. Nothing was written.",
        hint="Try again in a moment.",
    )


def _unknown() -> OutcomeUnknown:
    return OutcomeUnknown(
        "outcome_unknown",
        "The connection to the database was lost before it said whether this was committed.",
        hint="Look before you try again.",
    )
