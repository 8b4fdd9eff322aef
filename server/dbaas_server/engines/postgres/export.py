"""Export: COPY TO STDOUT in large chunks, at the pace of whoever takes them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from psycopg import OperationalError
from psycopg.pq import ExecStatus

from dbaas_provisioning.errors import Unavailable

from ...engine import QueryError
from ...nouns import Format
from .errors import ConnectionLost, error_of
from .multiplexer import Statement
from .wire import Wire

__all__ = ["export"]

CHUNK_BYTES = 256 * 1024

_CSV = b" to stdout (format csv, header true)"
# One JSON value a line, unescaped: as CSV with a quote and a delimiter that JSON cannot hold. A json column may hold
# line breaks, and its line is then in quotes.
_JSON = b" to stdout (format csv, quote e'\\x01', delimiter e'\\x02')"
_QUOTE = b"\x01"


async def export(wire: Wire, opening: Statement, query: bytes, format: Format, timeout_ms: int) -> AsyncIterator[bytes]:
    """Run a COPY in a read-only transaction and yield what it gives.

    The server may take ``timeout_ms`` until it has something to send, each time; the receiver as long as it likes.

    Raises:
        QueryError: the query failed or gave nothing in time.
        Unavailable: the connection was lost.
    """
    as_json = format in (Format.json, Format.json_stripped)
    try:
        await wire.execute(b"begin")
        await wire.execute(*opening)
        await wire.ask(b"copy (" + query + b")" + (_JSON if as_json else _CSV))
        async with asyncio.timeout(timeout_ms / 1000):
            result = await wire.result()
        if result is not None and result.status == ExecStatus.COPY_OUT:
            async for chunk in _chunks(wire, as_json, timeout_ms):
                yield chunk
            result = await wire.result()
        while await wire.result() is not None:
            pass
        wire.end()
        if result is None or result.status != ExecStatus.COMMAND_OK:
            await wire.execute(b"rollback")
            assert result is not None
            raise error_of(result)
        await wire.execute(b"commit")
    except TimeoutError:
        raise QueryError("57014", "The export took too long to give the next rows and was cancelled.") from None
    except (ConnectionLost, OperationalError):
        raise Unavailable(
            "database_unavailable", "The connection to the database was lost.", hint="Try again."
        ) from None


async def _chunks(wire: Wire, as_json: bool, timeout_ms: int) -> AsyncIterator[bytes]:
    parts: list[bytes] = [b"["] if as_json else []
    size = 0
    first = True
    while True:
        message = wire.copied_now()
        if message is None:
            async with asyncio.timeout(timeout_ms / 1000):
                message = await wire.copied()
        if not message:
            break
        if as_json:
            message = message[1:-2] if message.startswith(_QUOTE) else message[:-1]
            if not first:
                parts.append(b",\n")
            first = False
        parts.append(message)
        size += len(message)
        if size >= CHUNK_BYTES:
            yield b"".join(parts)
            parts, size = [], 0
    if as_json:
        parts.append(b"]")
    if parts:
        yield b"".join(parts)
