"""Reading the log: a replication connection on the running loop."""

from __future__ import annotations

import asyncio
import logging
import struct
import time
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from itertools import chain, repeat
from pathlib import Path

from psycopg import OperationalError
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGresult

from dbaas_provisioning.errors import Unavailable
from dbaas_provisioning.replication import LogAccess

from ....changelog import ConnectionBroken, LogKept, LogLost, LogState, Piece, Reached
from ....engine import QueryError
from ..connection import connect
from ..errors import ConnectionLost, error_of
from ..wire import Wire
from . import slot
from . import snapshot as snapshots
from .messages import Malformed
from .transactions import Transactions
from .types import Found, TypeKey, Types

__all__ = ["PostgresLog", "open_log"]

log = logging.getLogger(__name__)

# What keeps a tenant's settings from changing what is read, and a dead connection from holding the slot.
_OPTIONS = (
    "-c search_path=pg_catalog -c timezone=UTC -c statement_timeout=0 -c lock_timeout=0 -c wal_sender_timeout=30s"
    " -c idle_session_timeout=0"
)
_UNLOGGED = (  # a superuser's to say
    " -c log_statement=none -c log_min_error_statement=panic -c log_min_duration_statement=-1"
    " -c log_replication_commands=off"
)
_BATCH, _BATCH_BYTES = 1_000, 1024 * 1024  # messages, until others on the loop have their turn
_FEEDBACK_SECONDS = 5.0
_PAUSES = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02)  # of who waits for a transaction to become visible
_FEEDBACK = struct.Struct("!cQQQqB")
_KEEPALIVE = struct.Struct("!cQqB")
_DATA, _ALIVE = ord("w"), ord("k")
_HEADER = 25  # of a message with data: kind, start, end, time
_EPOCH_2000 = 946_684_800
_GONE = frozenset({"42704", "55000", "58P01"})  # no such slot; invalidated; a segment was removed
_TYPES = b"select format_type(o, m) from unnest($1::oid[], $2::int[]) with ordinality u(o, m, n) order by n"
_NO_TYPE = "???"
_COLUMNS = (
    b"select attnum, attname, atttypid from pg_attribute where attrelid = $1::oid and attnum > 0 and not attisdropped"
    b" and attgenerated = '' order by attnum"
)


def open_log(access: LogAccess, scratch: Path) -> PostgresLog:
    """The log of a database; connects at the first use.

    Args:
        scratch: a folder for transactions that wait for their commit.
    """
    return PostgresLog(access, scratch)


class PostgresLog:
    """See :class:`dbaas_server.changelog.ChangeLog`. Places are LSNs."""

    def __init__(self, access: LogAccess, scratch: Path) -> None:
        self._access = access
        self._scratch = scratch
        self._name = slot.slot_name(access.database.id)
        self._wire: Wire | None = None
        self._asking: Wire | None = None
        self._received = 0
        self._confirmed = 0

    async def state(self) -> LogState:
        """What is there. Ends another reader, which can only be one that hangs."""
        async with self._connected() as wire:
            return await slot.state(wire, self._name)

    async def kept(self) -> LogKept:
        """How the server looks after the slot, on a connection of its own."""
        wire: Wire | None = None
        try:
            wire = await self._connect(replication=False)
            return await slot.kept(wire, self._name)
        except (ConnectionLost, OperationalError, Unavailable, QueryError) as error:
            raise ConnectionBroken(str(error)) from None
        finally:
            if wire is not None:
                wire.close()

    async def keep(self) -> int:
        """Make the slot anew; returns where it begins. Waits for transactions that are open now."""
        async with self._connected() as wire:
            return await slot.keep(wire, self._name)

    async def skip(self, place: int) -> None:
        """Everything before ``place`` is not wanted."""
        async with self._connected() as wire:
            await slot.skip(wire, self._name, place)

    async def read(self, after: int) -> AsyncGenerator[Sequence[Piece | Reached], None]:
        """See :meth:`dbaas_server.changelog.ChangeLog.read`. Begins with an empty batch, once the server streams."""
        async with self._connected() as wire:
            await wire.ask(slot.start_command(self._name, after))
            result = await wire.result()
            if result is None or result.status != ExecStatus.COPY_BOTH:
                raise ConnectionLost("no stream") if result is None else error_of(result)
            self._received = self._confirmed = after
            transactions = Transactions(Types(self._look_up), self._scratch)
            beat = asyncio.get_running_loop().create_task(self._beat(wire))
            try:
                yield ()
                while True:
                    for data in await _batch(wire):
                        if data[0] == _ALIVE:
                            self._keepalive(data, transactions)
                        elif transactions.commits_stream(message := data[_HEADER:]):
                            async for item in transactions.replay(message):
                                await self._until_visible(transactions.xids)
                                yield (item,)
                        else:
                            await transactions.take(message)
                    if transactions.ready:
                        await self._until_visible(transactions.xids)
                        ready, transactions.ready = transactions.ready, []
                        yield ready
            finally:
                beat.cancel()
                transactions.close()
                self.close()

    def confirm(self, place: int) -> None:
        """The server may forget what is before ``place``."""
        self._confirmed = max(self._confirmed, place)
        if self._wire is not None and not self._wire.closed:
            self._feedback(self._wire)

    def close(self) -> None:
        """Close the connections; the slot stays."""
        self._close_asking()
        if self._wire is not None:
            self._wire.close()
            self._wire = None

    # --- the connection ---------------------------------------------------------------------------------------------

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[Wire]:
        """The connection, opened when there is none. What goes wrong inside is told in the feeds' terms."""
        try:
            if self._wire is None or not self._wire.usable:
                self.close()
                self._wire = await self._connect(replication=True)
            yield self._wire
        except (ConnectionLost, OperationalError, Unavailable) as error:
            self.close()
            raise ConnectionBroken(str(error)) from None
        except QueryError as error:
            self.close()
            if error.code in _GONE:
                raise LogLost(f"{error.code} {error.message}") from None
            raise ConnectionBroken(f"{error.code} {error.message}") from None
        except Malformed as error:
            self.close()
            log.error("the log of database %s cannot be read on: %s", self._access.database.id, error)
            raise LogLost(str(error)) from None
        except BaseException:
            self.close()
            raise

    async def _connect(self, *, replication: bool) -> Wire:
        access = self._access
        pgconn = await connect(
            access.endpoint,
            access.database.physical_name,
            access.administrator,
            options=_OPTIONS + (_UNLOGGED if access.superuser else ""),
            replication=replication,
        )
        return Wire(pgconn)

    async def _until_visible(self, xids: set[int]) -> None:
        """Until whoever is told of these transactions finds what they did; empties the set."""
        pauses = chain(_PAUSES, repeat(_PAUSES[-1]))
        while xids:
            snapshot = await self._ask(snapshots.CURRENT)
            xids &= snapshots.hidden(_text(snapshot, 0, 0), xids)
            if xids:
                await asyncio.sleep(next(pauses))

    async def _look_up(self, table: int, keys: Sequence[TypeKey]) -> Found:
        oids, modifiers = ("{" + ",".join(str(key[place]) for key in keys) + "}" for place in (0, 1))
        types = await self._ask(_TYPES, [oids.encode(), modifiers.encode()])
        columns = await self._ask(_COLUMNS, [str(table).encode()])
        names = [_text(types, row, 0) for row in range(types.ntuples)]
        return Found(
            [None if name.startswith(_NO_TYPE) else name for name in names],
            [
                (int(_text(columns, row, 0)), _text(columns, row, 1), int(_text(columns, row, 2)))
                for row in range(columns.ntuples)
            ],
        )

    async def _ask(self, text: bytes, parameters: Sequence[bytes] = ()) -> PGresult:
        """On a connection of its own, kept while the other one streams: who reads should not lag behind."""
        if self._asking is None or not self._asking.usable:
            self._close_asking()
            self._asking = await self._connect(replication=False)
        try:
            [result] = await self._asking.execute(text, parameters)
        except BaseException:
            self._close_asking()  # a result may be half read
            raise
        return result

    def _close_asking(self) -> None:
        if self._asking is not None:
            self._asking.close()
            self._asking = None

    # --- telling the server -----------------------------------------------------------------------------------------

    def _keepalive(self, data: bytes, transactions: Transactions) -> None:
        """Everything that was committed before this place was sent."""
        _, end, _, urgent = _KEEPALIVE.unpack(data)
        self._received = max(self._received, end)
        if transactions.between:
            transactions.ready.append(Reached(end, bool(urgent)))

    async def _beat(self, wire: Wire) -> None:
        while True:
            await asyncio.sleep(_FEEDBACK_SECONDS)
            self._feedback(wire)

    def _feedback(self, wire: Wire) -> None:
        """Standby status update. What does not fit the socket's buffer now goes with the next one."""
        now = int((time.time() - _EPOCH_2000) * 1_000_000)
        received = max(self._received, self._confirmed)
        with suppress(OperationalError):  # a broken connection is noticed by who reads
            wire.pgconn.put_copy_data(_FEEDBACK.pack(b"r", received, self._confirmed, self._confirmed, now, 0))
            wire.pgconn.flush()


def _text(result: PGresult, row: int, column: int) -> str:
    return bytes(result.get_value(row, column) or b"").decode()


async def _batch(wire: Wire) -> list[bytes]:
    """Messages that are here, after waiting for the first one. Raises what ended the stream."""
    message: bytes | None = await wire.copied()
    batch: list[bytes] = []
    size = 0
    while message is not None:
        batch.append(message)
        size += len(message)
        if not message or len(batch) >= _BATCH or size >= _BATCH_BYTES:
            break
        message = wire.copied_now()
    if not batch[-1]:
        batch.pop()
        if not batch:
            result = await wire.result()
            raise ConnectionLost("the stream ended") if result is None else error_of(result)
    return batch
