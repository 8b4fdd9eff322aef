"""Many reads on few connections.

Each request is a pipeline of its own inside the stream of pipelines: an opening, a query, a sync. The server answers in
order, so answers meet their requests in FIFO order, and a failed statement fails its own pipeline only.

Only what is known to be quick belongs here. When the oldest request of a lane still waits after a moment, what is
queued behind it is asked again on another lane: reads may run twice, and the first answer counts.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable, Sequence

from psycopg import OperationalError
from psycopg.pq import ConnStatus, ExecStatus
from psycopg.pq.abc import PGconn, PGresult

from dbaas_provisioning.errors import DbaasError, Unavailable

from ...engine import TooBusy
from .connection import socket_of
from .errors import error_of, sqlstate_of

__all__ = ["Meter", "Multiplexer", "Statement"]

log = logging.getLogger(__name__)

STALL_SECONDS = 0.01  # a head older than this no longer keeps those behind it waiting
QUICK_SECONDS = 0.02
SLOW_SECONDS = 0.25
TICK_SECONDS = 0.005
SPREAD = 4  # requests in a lane before another one is opened
PREPARED = 256  # statements kept per connection
LONGEST_PREPARED = 16 * 1024
"""Bytes of a statement. Longer ones come once, and what is prepared of them would fill the server's memory."""
WAIT_SECONDS = 8.0  # for a connection to come (back)
GRACE_SECONDS = 5.0  # beyond the statement timeout, after which a silent connection counts as dead

_INVALID_STATEMENT = "26000"

Statement = tuple[bytes, Sequence[bytes | None]]


class Meter:
    """How long a shape takes, learned from running it. ``seconds`` is None before the first time."""

    __slots__ = ("seconds",)

    def __init__(self) -> None:
        self.seconds: float | None = None

    def add(self, seconds: float) -> None:
        """One more run. A quick one counts more: what was slow because the machine was busy is soon forgiven."""
        self.seconds = seconds if self.seconds is None else min(seconds, (self.seconds + seconds) / 2)

    @property
    def quick(self) -> bool:
        """Known to be quick enough for a lane."""
        return self.seconds is not None and self.seconds < QUICK_SECONDS

    @property
    def slow(self) -> bool:
        """Known to be slow, whatever it looks like."""
        return self.seconds is not None and self.seconds > SLOW_SECONDS


class _Request:
    """One request: its statements, and where its answer goes."""

    __slots__ = ("again", "created", "future", "hedged", "meter", "opening", "role", "statements")

    def __init__(
        self,
        opening: Statement,
        statements: Sequence[Statement],
        role: bytes,
        meter: Meter,
        future: asyncio.Future[list[PGresult]],
        now: float,
    ) -> None:
        self.meter = meter
        self.opening = opening
        self.statements = statements
        self.role = role
        self.future = future
        self.created = now
        self.again = False
        self.hedged = False


class _Flight:
    """A request on a lane: which of its results are answers (True), and names prepared on the way."""

    __slots__ = ("prepared", "request", "results", "sent", "wanted")

    def __init__(self, request: _Request, now: float) -> None:
        self.request = request
        self.wanted: list[bool] = []
        self.results: list[PGresult] = []
        self.sent = now
        self.prepared: list[tuple[int, tuple[bytes, bytes]]] = []  # (place among the results, key)


class _Lane:
    """One connection and what is under way on it."""

    def __init__(self, owner: Multiplexer) -> None:
        self._owner = owner
        self.pgconn: PGconn | None = None
        self.flights: deque[_Flight] = deque()
        self._names: OrderedDict[tuple[bytes, bytes], bytes] = OrderedDict()
        self._generation = owner.generation
        self._counter = 0
        self._writing = False
        self._fd = -1

    def attach(self, pgconn: PGconn) -> None:
        """Serve on a new connection."""
        pgconn.enter_pipeline_mode()
        self.pgconn = pgconn
        self._fd = socket_of(pgconn)
        self._names.clear()
        self._owner.loop.add_reader(self._fd, self._readable)

    def detach(self) -> list[_Flight]:
        """Close the connection; what was under way is handed back."""
        pgconn, self.pgconn = self.pgconn, None
        if pgconn is not None:
            self._owner.loop.remove_reader(self._fd)
            if self._writing:
                self._owner.loop.remove_writer(self._fd)
                self._writing = False
            pgconn.finish()
            os.close(self._fd)
        flights, self.flights = list(self.flights), deque()
        return flights

    def send(self, request: _Request, now: float) -> None:
        """Put a request on the connection. Raises ``OperationalError`` when it is gone."""
        pgconn = self.pgconn
        assert pgconn is not None
        flight = _Flight(request, now)
        self.flights.append(flight)
        if self._generation != self._owner.generation:
            self._generation = self._owner.generation
            self._names.clear()
            pgconn.send_query_params(b"deallocate all", None)
            flight.wanted.append(False)
        self._statement(pgconn, flight, request.opening, b"", False)
        for statement in request.statements:
            self._statement(pgconn, flight, statement, request.role, True)
        pgconn.pipeline_sync()
        if pgconn.flush() and not self._writing:
            self._writing = True
            self._owner.loop.add_writer(self._fd, self._writable)

    def _statement(self, pgconn: PGconn, flight: _Flight, statement: Statement, role: bytes, wanted: bool) -> None:
        text, parameters = statement
        if len(text) > LONGEST_PREPARED:
            pgconn.send_query_params(text, parameters, None, self._formats(parameters), self._owner.binary)
            flight.wanted.append(wanted)
            return
        # A plan under row security belongs to one role: sharing it would plan anew at each change.
        key = (text, role)
        names = self._names
        name = names.get(key)
        if name is None:
            self._counter += 1
            name = names[key] = b"m%d" % self._counter
            if len(names) > PREPARED:
                _, oldest = names.popitem(last=False)
                pgconn.send_close_prepared(oldest)
                flight.wanted.append(False)
            pgconn.send_prepare(name, text)
            flight.prepared.append((len(flight.wanted), key))
            flight.wanted.append(False)
        else:
            names.move_to_end(key)
        pgconn.send_query_prepared(name, parameters, self._formats(parameters), self._owner.binary)
        flight.wanted.append(wanted)

    def _formats(self, parameters: Sequence[bytes | None]) -> Sequence[int] | None:
        return (1,) * len(parameters) if self._owner.binary else None

    def _writable(self) -> None:
        try:
            if self.pgconn is not None and not self.pgconn.flush():
                self._writing = False
                self._owner.loop.remove_writer(self._fd)
        except OperationalError as error:
            self._owner.lost(self, str(error))

    def _readable(self) -> None:
        pgconn = self.pgconn
        assert pgconn is not None
        try:
            pgconn.consume_input()
            while self.flights and not pgconn.is_busy():
                result = pgconn.get_result()
                if result is None:
                    continue
                status = result.status
                if status == ExecStatus.PIPELINE_SYNC:
                    self._answered(self.flights.popleft())
                elif status == ExecStatus.FATAL_ERROR and pgconn.status != ConnStatus.OK:
                    raise OperationalError(pgconn.get_error_message())
                else:
                    self.flights[0].results.append(result)
            if not self.flights:
                pgconn.is_busy()  # takes in a message that nobody asked for, such as the server's farewell
                if pgconn.status != ConnStatus.OK:
                    raise OperationalError("closed while idle")
        except OperationalError as error:
            self._owner.lost(self, str(error))

    def _answered(self, flight: _Flight) -> None:
        now = self._owner.loop.time()
        if self.flights:
            self.flights[0].sent = now  # from here on it is the head
        if now - flight.sent > STALL_SECONDS:
            flight.request.meter.add(now - flight.sent)
        results = flight.results
        for result in results:
            if result.status == ExecStatus.FATAL_ERROR:
                self._failed(flight, result)
                return
        future = flight.request.future
        if not future.done():
            wanted = flight.wanted
            if len(wanted) == 2:
                future.set_result(results[1:])
            else:
                future.set_result([result for result, want in zip(results, wanted, strict=True) if want])
        self._owner.done()

    def _failed(self, flight: _Flight, result: PGresult) -> None:
        for place, key in flight.prepared:
            if flight.results[place].status != ExecStatus.COMMAND_OK:
                self._names.pop(key, None)  # the next one prepares it again, under a new name
        request = flight.request
        if sqlstate_of(result) == _INVALID_STATEMENT and not request.again:
            # Prepared in a pipeline that failed, or dropped by a function's DEALLOCATE.
            self._names.clear()
            request.again = True
            self._owner.submit(request)
            return
        if not request.future.done():
            request.future.set_exception(error_of(result))
        self._owner.done()


class Multiplexer:
    """A few lanes with one login.

    Args:
        connect: makes a connection; raises ``DbaasError`` when that fails for good.
        lanes: connections at most.
        queue: requests under way and waiting at most; past it, ``TooBusy``.
        timeout_ms: the statement timeout that every opening sets.
        binary: parameters and results travel in PostgreSQL's binary format.

    Attributes:
        generation: changes with the catalog. A prepared statement keeps the parameter types it was prepared with, so
            those of an older generation are dropped.
    """

    def __init__(
        self,
        connect: Callable[[], Awaitable[PGconn]],
        *,
        lanes: int,
        queue: int,
        timeout_ms: int,
        binary: bool = False,
    ) -> None:
        self.loop = asyncio.get_running_loop()
        self.generation = 0
        self.binary = int(binary)
        self._connect = connect
        self._lanes: list[_Lane] = []
        self._most = lanes
        self._queue = queue
        self._dead_after = timeout_ms / 1000 + GRACE_SECONDS
        self._waiting: deque[_Request] = deque()
        self._connecting: set[asyncio.Task[None]] = set()
        self._ticking: asyncio.TimerHandle | None = None
        self._closed = False
        self._open_requests = 0

    def ask(
        self, opening: Statement, statements: Sequence[Statement], role: bytes, meter: Meter
    ) -> asyncio.Future[list[PGresult]]:
        """Send a read; the future holds one result per statement. ``meter`` learns when it turns out slow.

        The future raises ``QueryError`` when a statement fails and ``Unavailable`` when no connection comes. Cancelling
        it forgets the answer; the server finishes within the statement timeout.

        Raises:
            TooBusy: the queue is full; nothing was sent.
        """
        if self._open_requests >= self._queue:
            raise TooBusy("too_busy", "The database has too many requests waiting.", hint="Try again in a moment.")
        if self._closed:
            raise Unavailable("database_unavailable", "The database is being closed.")
        future: asyncio.Future[list[PGresult]] = self.loop.create_future()
        self._open_requests += 1
        self.submit(_Request(opening, statements, role, meter, future, self.loop.time()))
        return future

    def done(self) -> None:
        """A request was answered."""
        self._open_requests -= 1

    def submit(self, request: _Request) -> None:
        """Send a request on the best lane, or let it wait for one."""
        now = self.loop.time()
        lane = self._best(now)
        if lane is None:
            self._waiting.append(request)
            self._grow()
        else:
            self._send(lane, request, now)
        if self._ticking is None:
            self._ticking = self.loop.call_later(TICK_SECONDS, self._tick)

    async def close(self) -> None:
        """Close every lane; what is under way fails with ``Unavailable``."""
        self._closed = True
        if self._ticking is not None:
            self._ticking.cancel()
        for task in self._connecting:
            task.cancel()
        error = Unavailable("database_unavailable", "The database is being closed.")
        for lane in self._lanes:
            for flight in lane.detach():
                self._fail(flight.request, error)
        self._fail_waiting(error)

    def lost(self, lane: _Lane, reason: str) -> None:
        """A lane's connection broke: what was under way there is asked once more elsewhere."""
        log.info("a reading connection was lost: %s", reason.strip())
        if lane in self._lanes:
            self._lanes.remove(lane)
        error = Unavailable(
            "database_unavailable", "The database is not reachable just now.", hint="Try again in a moment."
        )
        for flight in lane.detach():
            request = flight.request
            if request.future.done():
                self.done()
            elif request.again or self._closed:
                self._fail(request, error)
            else:
                request.again = True
                self.submit(request)

    def _best(self, now: float) -> _Lane | None:
        best: _Lane | None = None
        fewest = 0
        for lane in self._lanes:
            flights = lane.flights
            count = len(flights)
            if count and now - flights[0].sent > STALL_SECONDS:
                count += 1000
            if best is None or count < fewest:
                best, fewest = lane, count
        if fewest >= SPREAD:
            self._grow()
        return best

    def _send(self, lane: _Lane, request: _Request, now: float) -> None:
        try:
            lane.send(request, now)
        except OperationalError as error:
            self.lost(lane, str(error))

    def _grow(self) -> None:
        if len(self._lanes) + len(self._connecting) < self._most and not self._closed:
            task = self.loop.create_task(self._open())
            self._connecting.add(task)
            task.add_done_callback(self._connecting.discard)

    async def _open(self) -> None:
        try:
            pgconn = await self._connect()
        except DbaasError as error:
            if not self._lanes:
                self._fail_waiting(error)
            return
        lane = _Lane(self)
        try:
            lane.attach(pgconn)
        except OperationalError:  # gone as soon as it was there; those who wait have it tried again
            pgconn.finish()
            self.loop.call_later(TICK_SECONDS, self._grow_for_waiting)
            return
        self._lanes.append(lane)
        waiting, self._waiting = self._waiting, deque()
        now = self.loop.time()
        for request in waiting:
            if request.future.done():
                self.done()
            elif lane.pgconn is None:
                self.submit(request)
            else:
                self._send(lane, request, now)

    def _grow_for_waiting(self) -> None:
        if self._waiting and not self._lanes:
            self._grow()

    def _fail(self, request: _Request, error: DbaasError) -> None:
        if not request.future.done():
            request.future.set_exception(error)
        self.done()

    def _fail_waiting(self, error: DbaasError) -> None:
        waiting, self._waiting = self._waiting, deque()
        for request in waiting:
            self._fail(request, error)

    def _tick(self) -> None:
        """While requests are under way: move those behind a stalled head, give up on dead connections."""
        self._ticking = None
        now = self.loop.time()
        busy = bool(self._waiting)
        for lane in list(self._lanes):
            flights = lane.flights
            if not flights:
                continue
            busy = True
            age = now - flights[0].sent
            if age > self._dead_after:
                self.lost(lane, "no answer within the statement timeout")
            elif age > STALL_SECONDS and len(flights) > 1:
                self._hedge(lane, now)
        while self._waiting and now - self._waiting[0].created > WAIT_SECONDS:
            error = Unavailable(
                "database_unavailable", "The database is not reachable just now.", hint="Try again in a moment."
            )
            self._fail(self._waiting.popleft(), error)
        if busy and self._ticking is None and not self._closed:
            self._ticking = self.loop.call_later(TICK_SECONDS, self._tick)

    def _hedge(self, stalled: _Lane, now: float) -> None:
        others = [
            lane for lane in self._lanes
            if lane is not stalled and not (lane.flights and now - lane.flights[0].sent > STALL_SECONDS)
        ]  # fmt: skip
        if not others:
            self._grow()
            return
        for flight in list(stalled.flights)[1:]:
            request = flight.request
            if request.hedged or request.future.done():
                continue
            request.hedged = True
            self._open_requests += 1  # it is answered twice
            lane = min(others, key=lambda lane: len(lane.flights))
            if lane.pgconn is None:
                return
            self._send(lane, request, now)
