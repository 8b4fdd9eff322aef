"""Every row of a statement, streamed: by COPY, or, since that takes no parameters, from a cursor."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence

from psycopg import OperationalError
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGresult

from dbaas_provisioning.errors import Invalid, Unavailable

from ....engine import QueryError
from ....nouns import ExtractForm, QueryColumn
from ..compile.names import ident
from ..errors import ConnectionLost, error_of
from ..wire import Wire
from .described import Described, leave, refused
from .wrapping import explained

__all__ = ["distinct_names", "extracted"]

CHUNK_BYTES = 256 * 1024
BATCH_ROWS = 2_000
CHUNK_ROWS = 20  # of a cursor that arrive together, however long they are
THREAD_BYTES = 64 * 1024  # rendered elsewhere than on the loop
LONGEST_NAME = 63  # bytes; of an identifier

_CSV = b" to stdout (format csv)"
# One JSON value a line, unescaped: as CSV with a quote and a delimiter that JSON cannot hold. A json column may hold
# line breaks, and its line is then in quotes.
_JSON = b" to stdout (format csv, quote e'\\x01', delimiter e'\\x02')"
_QUOTE = b"\x01"
_SPECIAL = re.compile(rb'[",\r\n]')
_NO_LIMIT = b"select set_config('statement_timeout', '0', true)"

# Elements that JSON has in a way of its own, or as the engine writes them. Others are texts: a number would lose its
# last zeros, a JSON value or a composite would no longer be told from what it says.
_IN_JSON = frozenset(
    (
        *("boolean", "smallint", "integer", "bigint", "oid", "real", "double precision", "bytea", "date"),
        *("time without time zone", "timestamp without time zone", "timestamp with time zone"),
    )
)

_Render = Callable[[PGresult], bytes]


async def extracted(wire: Wire, described: Described, timeout_ms: int, form: ExtractForm) -> AsyncGenerator[bytes]:
    """Whole rows, about 256 KiB at a time.

    The server may take ``timeout_ms`` until it has something to send, each time; the receiver as long as it likes.

    Raises:
        QueryError: the statement failed or gave nothing in time.
        Unavailable: the connection was lost.
    """
    try:
        await wire.execute(_NO_LIMIT)
        as_json = form is ExtractForm.json
        query = _query(described, form)
        parameters = described.parameters()
        if parameters:
            chunks = _fetched(wire, query, parameters, timeout_ms, _lines if as_json else _rows)
        else:
            chunks = _copied(wire, query, timeout_ms, as_json=as_json)
        async for chunk in chunks:
            yield chunk
        await leave(wire)
    except TimeoutError:
        raise QueryError("57014", "The export took too long to give the next rows and was cancelled.") from None
    except (ConnectionLost, OperationalError):
        raise Unavailable(
            "database_unavailable", "The connection to the database was lost.", hint="Try again."
        ) from None
    except QueryError as error:
        if refused(error) and not described.wrapped.arrangement:
            raise Invalid("not_pageable", "This statement cannot be exported.", details=error.message) from None
        raise explained(error, described.wrapped.arrangement, described.columns) from None


def distinct_names(columns: Sequence[QueryColumn]) -> list[str]:
    """The columns' names, later twins numbered, as names that the engine takes."""
    names: list[str] = []
    taken = {column.name for column in columns}
    for column in columns:
        name, number = column.name, 2
        while name in names or (name != column.name and name in taken):
            suffix = f"_{number}"
            head = column.name.encode()[: LONGEST_NAME - len(suffix)].decode("utf-8", "ignore")
            name, number = head + suffix, number + 1
        names.append(name)
    return names


def _query(described: Described, form: ExtractForm) -> str:
    if form is ExtractForm.json:
        names = [ident(name) for name in distinct_names(described.columns)]
        return described.wrapped.select("row_to_json(q.*)", names)
    items = [f"q.c{place}" for place in range(len(described.columns))]
    if form is ExtractForm.typed:
        for place, column in enumerate(described.columns):
            if column.type.endswith("[]"):
                text = "" if column.type[:-2] in _IN_JSON else "::text[]"
                items[place] = f"to_json({items[place]}{text})"
    return described.wrapped.select(", ".join(items))


# --- COPY ----------------------------------------------------------------------------------------------------------


async def _copied(wire: Wire, query: str, timeout_ms: int, *, as_json: bool) -> AsyncIterator[bytes]:
    await wire.ask(b"copy (" + query.encode() + b")" + (_JSON if as_json else _CSV))
    async with asyncio.timeout(timeout_ms / 1000):
        result = await wire.result()
    if result is not None and result.status == ExecStatus.COPY_OUT:
        parts: list[bytes] = []
        size = 0
        while True:
            message = wire.copied_now()
            if message is None:
                async with asyncio.timeout(timeout_ms / 1000):
                    message = await wire.copied()
            if not message:
                break
            parts.append(_line(message) if as_json else message)
            size += len(message)
            if size >= CHUNK_BYTES:
                yield b"".join(parts)
                parts, size = [], 0
        if parts:
            yield b"".join(parts)
        result = await wire.result()
    while await wire.result() is not None:
        pass
    wire.end()
    if result is None or result.status != ExecStatus.COMMAND_OK:
        assert result is not None
        raise error_of(result)


def _line(message: bytes) -> bytes:
    """One row's JSON as one line. A line break in it is white space: within its texts there are none."""
    if not message.startswith(_QUOTE):
        return message
    return message[1:-2].replace(b"\r", b" ").replace(b"\n", b" ") + b"\n"


# --- a cursor ------------------------------------------------------------------------------------------------------


async def _fetched(
    wire: Wire, query: str, parameters: Sequence[bytes | None], timeout_ms: int, render: _Render
) -> AsyncIterator[bytes]:
    async with asyncio.timeout(timeout_ms / 1000):
        await wire.execute(b"declare dbaas_rows no scroll cursor for " + query.encode(), parameters)
    parts: list[bytes] = []
    size = last = 0
    more = True
    while more:
        more = False
        await wire.ask(b"fetch forward %d from dbaas_rows" % BATCH_ROWS, None, chunk_rows=CHUNK_ROWS)
        failed: PGresult | None = None
        while True:
            async with asyncio.timeout(timeout_ms / 1000):
                result = await wire.result()
            if result is None:
                break
            if result.status == ExecStatus.FATAL_ERROR:
                failed = result
            elif result.ntuples:
                more = True
                long = last > THREAD_BYTES
                part = await asyncio.to_thread(render, result) if long else render(result)
                last = len(part)
                parts.append(part)
                size += last
                if size >= CHUNK_BYTES:
                    yield b"".join(parts)
                    parts, size = [], 0
        wire.end()
        if failed is not None:
            raise error_of(failed)
    if parts:
        yield b"".join(parts)


def _rows(result: PGresult) -> bytes:
    """Rows as COPY writes CSV."""
    width = range(result.nfields)
    lines = [b",".join([_value(result.get_value(row, place)) for place in width]) for row in range(result.ntuples)]
    return b"\n".join(lines) + b"\n"


def _value(value: bytes | None) -> bytes:
    if value is None:
        return b""
    if value and _SPECIAL.search(value) is None:
        return value
    return b'"' + value.replace(b'"', b'""') + b'"'


def _lines(result: PGresult) -> bytes:
    values = (result.get_value(row, 0) or b"null" for row in range(result.ntuples))
    return b"".join(value.replace(b"\r", b" ").replace(b"\n", b" ") + b"\n" for value in values)
