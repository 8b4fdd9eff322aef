"""Bulk load: COPY FROM STDIN, all or nothing."""

from __future__ import annotations

import asyncio
import csv
from collections.abc import AsyncIterator, Sequence

from psycopg import OperationalError
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGresult

from dbaas_provisioning.errors import Invalid, NotFound, Unavailable

from ...engine import OutcomeUnknown
from ...nouns import Caller, Chunks, Table, TableRef
from .compile.names import ident, qualified
from .compile.scope import did_you_mean
from .errors import ConnectionLost, error_of
from .transaction import opening
from .wire import Wire

__all__ = ["load"]

HEADER_BYTES = 1024 * 1024
SILENCE_SECONDS = 120.0  # a sender that says nothing for so long has gone

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


async def load(
    wire: Wire, table: Table | None, ref: TableRef, columns: Sequence[str], stream: Chunks, caller: Caller
) -> int:
    """Copy CSV into a table as one transaction.

    Args:
        table: what the catalog knows of ``ref``.
        columns: of the file, in its order; empty to take them from its header line.

    Raises:
        NotFound: ``unknown_table``.
        Invalid: no header line, or one that names columns the table has not.
        QueryError: a row was refused; the details name its line. Nothing was kept.
        OutcomeUnknown: the connection was lost during the commit.
    """
    if table is None:
        raise NotFound("unknown_table", f"There is no table '{ref.name}' to load.", hint="Create it first.")
    head, rest = await _header(stream)
    names = list(columns) or _names(head)
    for name in names:
        if name not in table.columns:
            raise Invalid(
                "unknown_column",
                f"'{table.ref.name}' has no column '{name}'.",
                hint=did_you_mean(name, table.reached(caller.role), "the column"),
            )
    copy = f"copy {qualified(table.ref)} ({', '.join(map(ident, names))}) from stdin (format csv, header true)"
    committing = False
    try:
        await wire.execute(b"begin")
        # Time is bounded by the sender's silence: how long a COPY takes is the file's size.
        await wire.execute(*opening(caller, table.ref.schema or "public", 0, read_only=False))
        result = await _copy(wire, copy.encode(), head, rest)
        if result.status != ExecStatus.COMMAND_OK:
            await wire.execute(b"rollback")
            raise error_of(result, context=True)
        committing = True
        await wire.execute(b"commit")
    except ConnectionLost:
        if committing:
            raise OutcomeUnknown(
                "outcome_unknown", "The connection was lost while the load was committed.", hint="Count the rows."
            ) from None
        raise Unavailable(
            "database_unavailable", "The connection to the database was lost. Nothing was loaded.", hint="Try again."
        ) from None
    return int(result.command_tuples or 0)


async def _copy(wire: Wire, statement: bytes, head: bytes, rest: AsyncIterator[bytes]) -> PGresult:
    """Send everything; returns COMMAND_OK's result, or the error's."""
    pgconn = wire.pgconn
    await wire.ask(statement)
    result = await wire.result()
    assert result is not None
    if result.status != ExecStatus.COPY_IN:
        await _finish(wire)
        return result
    try:
        await _put(wire, head)
        async for chunk in _audible(rest):
            await _put(wire, chunk)
        while pgconn.put_copy_end() == 0:
            await wire.flush()
    except OperationalError:
        pass  # the server gave up on a row already; its reason is the next result
    await wire.flush()
    result = await wire.result()
    assert result is not None
    await _finish(wire)
    return result


async def _put(wire: Wire, chunk: bytes) -> None:
    while wire.pgconn.put_copy_data(chunk) == 0:
        await wire.flush()
    await wire.flush()


async def _finish(wire: Wire) -> None:
    while await wire.result() is not None:
        pass
    wire.end()


async def _audible(stream: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    while True:
        try:
            async with asyncio.timeout(SILENCE_SECONDS):
                chunk = await anext(stream, None)
        except TimeoutError:
            raise Invalid(
                "body_incomplete", f"Nothing was sent for {SILENCE_SECONDS:.0f} seconds. Nothing was loaded."
            ) from None
        if chunk is None:
            return
        if chunk:
            yield chunk


async def _header(stream: Chunks) -> tuple[bytes, AsyncIterator[bytes]]:
    """The stream's beginning, up to at least the end of its first line, and the rest."""
    rest = aiter(stream)
    head = b""
    async for chunk in _audible(rest):
        head += chunk
        if b"\n" in head:
            break
        if len(head) > HEADER_BYTES:
            raise Invalid("no_header", "The first line is too long to be a header.")
    head = head.removeprefix(_BYTE_ORDER_MARK)
    if not head.strip():
        raise Invalid(
            "no_header", "There is nothing to load.", hint="Send CSV with a header line that names the columns."
        )
    return head, rest


def _names(head: bytes) -> list[str]:
    try:
        line = head.split(b"\n", 1)[0].decode()
        (names,) = csv.reader([line.rstrip("\r")], strict=True)
    except (UnicodeDecodeError, csv.Error, ValueError) as error:
        raise Invalid("no_header", "The first line is no CSV header in UTF-8.", details=str(error)) from None
    return [name.strip() for name in names]
