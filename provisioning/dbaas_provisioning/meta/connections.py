"""Connections to ``platform_meta`` that survive its server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeAlias, TypeVar

import psycopg
from psycopg import sql
from psycopg.rows import DictRow, dict_row

from ..errors import Unavailable
from .bootstrap import META_DATABASE, Bootstrap

__all__ = ["LOCK_SECONDS", "Connection", "Connections"]

Connection: TypeAlias = psycopg.AsyncConnection[DictRow]
Answer = TypeVar("Answer")
Statement: TypeAlias = str | sql.SQL | sql.Composed

SIZE = 4
LISTEN_PAUSE_SECONDS = 0.25
PATIENCE_SECONDS, PAUSE_SECONDS = 15.0, 0.02  # with a server that is being started again
LOCK_SECONDS = 120
LOST = (psycopg.OperationalError, psycopg.InterfaceError)
OPTIONS = (
    "-c search_path=platform_meta,pg_catalog -c statement_timeout=30s -c log_min_error_statement=panic -c timezone=UTC"
)


class Connections:
    """A small pool for one event loop.

    Args:
        where: reads the bootstrap file; asked before every connection, because a restart may move the port.
        ensure: has the cluster started when it does not answer.
    """

    def __init__(self, where: Callable[[], Bootstrap], ensure: Callable[[], Awaitable[object]]) -> None:
        self._where = where
        self._ensure = ensure
        self._slots = asyncio.Semaphore(SIZE)
        self._idle: list[Connection] = []
        self._closed = False

    async def close(self) -> None:
        """Close every idle connection; those in use are closed when they are given back."""
        self._closed = True
        await self._close_idle()

    async def transaction(self, work: Callable[[Connection], Awaitable[Answer]], *, reads: bool = False) -> Answer:
        """Run ``work`` in a transaction and commit it; ``reads`` says that it changes nothing.

        While the server is gone, it is started and ``work`` runs again, unless the commit was on its way already.
        Raises ``Unavailable``: ``meta_unreachable``, or ``outcome_unknown`` when the commit's answer was lost;
        errors of statements pass as psycopg raises them.
        """
        async with self._slots:
            return await self._persistently(lambda: self._attempt(work, reads))

    async def rows(
        self, statement: Statement, args: Sequence[Any] | Mapping[str, Any] = (), *, reads: bool = True
    ) -> list[DictRow]:
        """What one statement gives, in a transaction of its own; ``reads`` and errors as of :meth:`transaction`."""

        async def work(connection: Any) -> list[DictRow]:
            found: list[DictRow] = await (await connection.execute(statement, args)).fetchall()
            return found

        return await self.transaction(work, reads=reads)

    async def do(self, statement: Statement, args: Sequence[Any] | Mapping[str, Any]) -> None:
        """Run one statement that changes something, in a transaction of its own. Raises as :meth:`transaction`."""

        async def work(connection: Any) -> None:
            await connection.execute(statement, args)

        await self.transaction(work)

    async def _persistently(self, attempt: Callable[[], Awaitable[Answer]]) -> Answer:
        """Once more after the server was started; for a while, since it may be killed again."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + PATIENCE_SECONDS
        while True:
            try:
                return await attempt()
            except LOST as error:
                if not _is_lost(error):
                    raise
                if loop.time() > deadline:
                    raise unreachable(error) from None
            await self._close_idle()
            await self._ensure()
            await asyncio.sleep(PAUSE_SECONDS)

    async def _attempt(self, work: Callable[[Connection], Awaitable[Answer]], reads: bool) -> Answer:
        connection = self._idle.pop() if self._idle else await self._connect()
        try:
            answer = await work(connection)
        except BaseException:
            # Not worth telling a clean failure from a half-read one: a new connection costs milliseconds.
            await connection.close()
            raise
        try:
            await connection.commit()
        except BaseException as error:
            await connection.close()
            if isinstance(error, LOST) and _is_lost(error):
                if reads:
                    return answer
                raise Unavailable(
                    "outcome_unknown", "The platform's database went away while it was storing the change.",
                    hint="Look whether it was made before trying again.",
                ) from None  # fmt: skip
            raise
        if self._closed:
            await connection.close()
        else:
            self._idle.append(connection)
        return answer

    @asynccontextmanager
    async def lock(self, key: str, seconds: float) -> AsyncIterator[None]:
        """Hold a platform-wide lock of this name, on a connection of its own.

        Raises ``Unavailable`` (``busy``) when another one holds it for longer.
        """

        async def take() -> Connection:
            connection = await self._connect(autocommit=True)
            try:
                await connection.execute(f"set statement_timeout = {round(seconds * 1000)}".encode())
                await connection.execute("select pg_advisory_lock(hashtextextended(%s, 0))", [key])
            except BaseException:
                await connection.close()
                raise
            return connection

        try:
            connection = await self._persistently(take)
        except psycopg.errors.QueryCanceled:
            raise Unavailable(
                "busy", "Another change is being made here and takes long.", hint="Try again later."
            ) from None
        try:
            yield
        finally:
            await connection.close()

    async def listen(self, heard: Callable[[str, str], None]) -> None:
        """Call ``heard(kind, id)`` for every change anybody makes, until cancelled.

        After a break, which may have hidden changes, ``heard("key", "")`` comes first. The server is waited for and not
        started: a platform that was stopped stays stopped until somebody needs it.
        """
        while True:
            try:
                async with await self._connect(autocommit=True) as connection:
                    await connection.execute("listen platform_meta")
                    heard("key", "")
                    async for notice in connection.notifies():
                        kind, _, identity = notice.payload.partition(":")
                        heard(kind, identity)
            except (psycopg.Error, Unavailable):
                await asyncio.sleep(LISTEN_PAUSE_SECONDS)

    async def _connect(self, *, autocommit: bool = False) -> Connection:
        bootstrap = self._where()
        endpoint = bootstrap.cluster.endpoint
        return await psycopg.AsyncConnection.connect(
            host=endpoint.host, port=endpoint.port, dbname=META_DATABASE, user=bootstrap.superuser.username,
            password=bootstrap.superuser.secret, options=OPTIONS, application_name="dbaas", connect_timeout=10,
            require_auth="scram-sha-256",
            autocommit=autocommit, row_factory=dict_row,
        )  # fmt: skip

    async def _close_idle(self) -> None:
        while self._idle:
            await self._idle.pop().close()


def unreachable(error: psycopg.Error) -> Unavailable:
    """What is told when the platform's database cannot be reached."""
    return Unavailable(
        "meta_unreachable", "The platform's own database cannot be reached.",
        hint="See `dbaas status`; `dbaas up` starts it.", details=error.sqlstate,
    )  # fmt: skip


def _is_lost(error: Any) -> bool:
    """A broken or refused connection, and not a statement that the server would not do."""
    return error.sqlstate is None or (error.sqlstate[:2] in ("08", "57") and error.sqlstate != "57014")
