"""A connection that serves one task at a time: send, wait, receive, cancel.

The socket stays registered with the loop, so a connection that dies while idle is noticed at once, and waiting for an
answer costs no system call to register it.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Sequence
from contextlib import suppress

from psycopg import OperationalError
from psycopg.pq import ConnStatus, ExecStatus, PollingStatus, TransactionStatus
from psycopg.pq.abc import PGcancelConn, PGconn, PGresult

from .connection import readiness, socket_of
from .errors import ConnectionLost, error_of, sqlstate_of

__all__ = ["Wire"]

CANCEL_SECONDS = 5.0

Parameters = Sequence[bytes | None] | None
_NO_SQLSTATE = "XX000"
_FAILED = (ExecStatus.FATAL_ERROR, ExecStatus.BAD_RESPONSE)


class Wire:
    """One nonblocking connection, registered with the running loop until :meth:`close`.

    Raises:
        ConnectionLost: it is gone already.

    Attributes:
        prepared: SQL text (and what else makes a plan differ) → statement name, for the pool that owns this wire.
        generation: of the catalog under which ``prepared`` was prepared.
        outdated: what is prepared has to be dropped first.
        preparing: what the pipeline under way prepares: (its place among the steps, key).
        notices: texts of notices, collected since somebody emptied it.
        stopped: a cancellation was asked for, which may arrive late.
        binary: 1 where transactions' parameters and results travel in PostgreSQL's binary format.
        on_notify: called when a NOTIFY arrived.
    """

    def __init__(self, pgconn: PGconn, *, on_notify: Callable[[], None] | None = None) -> None:
        self.pgconn = pgconn
        self.prepared: dict[tuple[bytes, bytes], bytes] = {}
        self.generation = 0
        self.outdated = False
        self.preparing: list[tuple[int, tuple[bytes, bytes]]] = []
        self.notices: list[str] = []
        self._on_notify = on_notify
        self._loop = asyncio.get_running_loop()
        try:
            self._fd = socket_of(pgconn)
        except OperationalError as error:
            raise ConnectionLost(str(error)) from None
        self._waiter: asyncio.Future[None] | None = None
        self._working = False
        self._reading = True
        self._closed = False
        self.stopped = False
        self.binary = 0
        self._names = 0
        pgconn.notice_handler = self._notice
        self._loop.add_reader(self._fd, self._readable)

    @property
    def usable(self) -> bool:
        """Connected, with nothing under way."""
        return not self._closed and self.pgconn.status == ConnStatus.OK and not self._working

    @property
    def closed(self) -> bool:
        """Closed from this side, or seen to be closed from the other."""
        return self._closed

    @property
    def working(self) -> bool:
        """Something was sent whose answer was not read to the end."""
        return self._working

    @property
    def idle(self) -> bool:
        """Not inside a transaction."""
        return self.pgconn.transaction_status == TransactionStatus.IDLE

    def probe(self) -> bool:
        """Whether the connection is still there, as far as can be told without asking the server."""
        if self.usable:
            self._idle_input()
        return self.usable

    def close(self) -> None:
        """Close the connection. Safe to repeat."""
        if not self._closed:
            self._closed = True
            self._loop.remove_reader(self._fd)
            self._loop.remove_writer(self._fd)
            self.pgconn.finish()
            os.close(self._fd)

    # --- sending ------------------------------------------------------------------------------------------------

    async def execute(self, text: bytes, parameters: Parameters = None) -> list[PGresult]:
        """Run one statement with parameters, or several without, and return their results. Raises what failed."""
        await self.ask(text, parameters)
        results = []
        while (result := await self.result()) is not None:
            results.append(result)
        self.end()
        for result in results:
            if result.status in _FAILED:
                raise error_of(result)
        return results

    async def ask(self, text: bytes, parameters: Parameters = None, *, chunk_rows: int = 0) -> None:
        """Send a statement, whose results are then read one by one until there are no more and :meth:`end` is called.

        Args:
            chunk_rows: rows that arrive together as one result; 0 for all.

        Raises:
            ConnectionLost: it could not be sent.
        """
        self.begin()
        try:
            if parameters is None:
                self.pgconn.send_query(text)
            else:
                self.pgconn.send_query_params(text, parameters)
            if chunk_rows:
                self.pgconn.set_chunked_rows_mode(chunk_rows)
        except OperationalError as error:
            raise ConnectionLost(str(error)) from None
        await self.flush()

    async def pipeline(self, steps: Sequence[Callable[[PGconn], None]]) -> tuple[list[PGresult], bool]:
        """Send steps as one pipeline with one sync, which makes them one transaction unless they begin their own.

        Returns:
            One result per step, one more where the sync itself failed (a deferred constraint), and whether all is well.

        Raises:
            ConnectionLost: before any answer told that the transaction failed, so its outcome is not known.
        """
        self.begin()
        pgconn = self.pgconn
        results: list[PGresult] = []
        try:
            pgconn.enter_pipeline_mode()
            for step in steps:
                step(pgconn)
            pgconn.pipeline_sync()
        except OperationalError as error:
            raise ConnectionLost(str(error)) from None
        await self.flush()
        good = True
        while True:
            try:
                result = self._result_now() if not pgconn.is_busy() else await self.result()
            except ConnectionLost:
                if not good and not _ambiguous(results, len(steps)):
                    return results, False
                raise
            if result is None:
                continue
            status = result.status
            if status == ExecStatus.PIPELINE_SYNC:
                break
            results.append(result)
            if status in _FAILED or status == ExecStatus.PIPELINE_ABORTED:
                good = False
        try:
            pgconn.exit_pipeline_mode()
        except OperationalError:  # the server's farewell came right behind its answer, which counts
            self.close()
        self.end()
        return results, good

    def begin(self) -> None:
        """Something is about to be sent."""
        if self._closed or self.pgconn.status != ConnStatus.OK:
            raise ConnectionLost("the connection is closed", sent=False)
        self._working = True

    def end(self) -> None:
        """Every answer was read; the connection may serve another task."""
        self._working = False
        if not self._reading and not self._closed:
            self._reading = True
            self._loop.add_reader(self._fd, self._readable)

    async def flush(self) -> None:
        """Hand everything to the socket. Raises ``ConnectionLost``."""
        try:
            while self.pgconn.flush():
                self._loop.add_writer(self._fd, self._wake)
                try:
                    await self._wait()
                finally:
                    if not self._closed:
                        self._loop.remove_writer(self._fd)
                self.pgconn.consume_input()
        except OperationalError as error:
            raise ConnectionLost(str(error)) from None

    # --- receiving ----------------------------------------------------------------------------------------------

    async def result(self) -> PGresult | None:
        """The next result, or None between two statements. Raises ``ConnectionLost``."""
        pgconn = self.pgconn
        try:
            while pgconn.is_busy():
                await self._wait()
                pgconn.consume_input()
        except OperationalError as error:
            raise ConnectionLost(str(error)) from None
        return self._result_now()

    def _result_now(self) -> PGresult | None:
        pgconn = self.pgconn
        try:
            result = pgconn.get_result()
        except OperationalError as error:
            raise ConnectionLost(str(error)) from None
        if result is not None and result.status == ExecStatus.FATAL_ERROR and pgconn.status != ConnStatus.OK:
            if sqlstate_of(result) == _NO_SQLSTATE:  # libpq's own words: the server said nothing
                raise ConnectionLost(pgconn.get_error_message())
        elif result is None and pgconn.status != ConnStatus.OK:
            raise ConnectionLost(pgconn.get_error_message())
        return result

    async def copied(self) -> bytes:
        """The next message of a COPY TO, which is one row; empty at the end. Raises ``ConnectionLost``."""
        try:
            while (message := self.copied_now()) is None:
                await self._wait()
                self.pgconn.consume_input()
        except OperationalError as error:
            raise ConnectionLost(str(error)) from None
        return message

    def copied_now(self) -> bytes | None:
        """The same for what has arrived already; None when there is nothing more just now."""
        size, data = self.pgconn.get_copy_data(1)
        if size > 0:
            return bytes(data)
        return b"" if size < 0 else None

    async def stop(self) -> None:
        """Have the server cancel what runs here, for a connection that will not be used again.

        The request travels on a connection of its own, as the protocol wants.
        """
        self.stopped = True
        with suppress(OperationalError, TimeoutError):
            async with asyncio.timeout(CANCEL_SECONDS):
                await _send_cancel(self.pgconn)

    def abandon(self) -> None:
        """Close from outside while a task waits here; it gets ``ConnectionLost``."""
        waiter = self._waiter
        self.close()
        if waiter is not None and not waiter.done():
            waiter.set_exception(ConnectionLost("the database is being closed"))

    def forget_unprepared(self, results: Sequence[PGresult]) -> None:
        """After a failed pipeline: what it meant to prepare and did not is not known here."""
        for place, key in self.preparing:
            if place >= len(results) or results[place].status != ExecStatus.COMMAND_OK:
                self.prepared.pop(key, None)

    def new_name(self) -> bytes:
        """A name for one more prepared statement."""
        self._names += 1
        return b"p%d" % self._names

    # --- the socket ---------------------------------------------------------------------------------------------

    async def _wait(self) -> None:
        if not self._reading:
            self._reading = True
            self._loop.add_reader(self._fd, self._readable)
        waiter = self._waiter = self._loop.create_future()
        try:
            await waiter
        finally:
            self._waiter = None

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _readable(self) -> None:
        if self._waiter is not None:
            self._wake()
        elif self._working:
            # Nobody takes what arrives (a slow client of an export): let TCP hold the server back.
            self._loop.remove_reader(self._fd)
            self._reading = False
        else:
            self._idle_input()

    def _idle_input(self) -> None:
        """Input without a question: a notification, a changed setting, or the end of the connection."""
        try:
            self.pgconn.consume_input()
            # libpq takes in an asynchronous message only when asked for a result's state, and notices the end of the
            # connection only behind the server's farewell.
            self.pgconn.is_busy()
            self.pgconn.consume_input()
        except OperationalError:
            self.close()
        if self._on_notify is not None and (self._closed or self._notified()):
            self._on_notify()

    def _notified(self) -> bool:
        told = False
        while self.pgconn.notifies() is not None:
            told = True
        return told

    def take_notifications(self) -> bool:
        """Whether a NOTIFY arrived while something else was read."""
        return not self._closed and self._notified()

    def _notice(self, result: PGresult) -> None:
        if len(self.notices) < 100:
            self.notices.append(bytes(result.error_message).decode("utf-8", "replace").strip())


def _ambiguous(results: Sequence[PGresult], steps: int) -> bool:
    """Whether the server said farewell after every step was done, when it may have committed already."""
    failed = next(place for place, result in enumerate(results) if result.status in _FAILED)
    return failed >= steps and sqlstate_of(results[failed]).startswith("57P")


async def _send_cancel(pgconn: PGconn) -> None:
    cancel: PGcancelConn = pgconn.cancel_conn()
    try:
        cancel.start()
        while True:
            status = cancel.poll()
            if status == PollingStatus.OK:
                return
            if status == PollingStatus.FAILED:
                raise OperationalError(cancel.get_error_message())
            await readiness(cancel.socket, write=status == PollingStatus.WRITING)
    finally:
        with suppress(OperationalError):
            cancel.finish()
