"""Arbitrary SQL on a connection of its own: time-limited, capped, cancellable, and cleaned up after."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from psycopg.postgres import types as builtin
from psycopg.pq import ExecStatus, TransactionStatus
from psycopg.pq.abc import PGresult

from dbaas_provisioning.errors import DbaasError, Forbidden, Invalid, Unsupported

from ...engine import OutcomeUnknown, QueryError
from ...nouns import Caller, QueryColumn, QueryResult
from .decode import decoder
from .errors import ConnectionLost, error_of
from .parameters import encoded
from .scrolling.cells import GIVE_WAY_CELLS, Cells
from .wire import Wire

__all__ = ["READS", "SETTINGS", "Job", "TypeNames", "check_role", "column_types", "only_reads", "parameter", "run"]

CHUNK_ROWS = 500
CHUNK_CELL_ROWS = 20  # that arrive together before they are cut
MOST_CELLS = 1_000_000
MOST_DEPTH = 100  # of a parameter
GRACE_SECONDS = 5.0  # past the statement timeout, which a query may have set away

SETTINGS = (
    b"select set_config('role', $1, false), set_config('request.jwt.claims', $2, false),"
    b" set_config('search_path', 'public, extensions', false), set_config('statement_timeout', $3, false),"
    b" set_config('app.current_tenant', $4, false),"
    b" set_config('synchronize_seqscans', 'off', false)"  # pages of an unordered scan begin at the same row
)
# What was passed is never looked at in another way: many comments would have exponentially many.
READS = re.compile(r"(?:\s|--[^\n]*(?:\n|$)|(?>/\*.*?\*/)|\()*+(select|values|table|with)\b", re.IGNORECASE | re.DOTALL)
_TUPLES = (ExecStatus.TUPLES_OK, ExecStatus.SINGLE_TUPLE, ExecStatus.TUPLES_CHUNK)
_JSON_TYPES = (builtin["json"].oid, builtin["jsonb"].oid)


@dataclass(frozen=True, slots=True)
class Job:
    """What to run.

    Attributes:
        args: JSON values for ``$1`` …
        cap: rows kept at most.
        offset: rows skipped, in the server; the text must then be one SELECT, VALUES, TABLE or WITH. None: no page.
        cells: values become cells, else JSON-able values. Their number is bounded then, and so are their bytes.
        most_bytes: of the texts among them.
    """

    text: str
    args: tuple[Any, ...]
    cap: int
    offset: int | None
    timeout_ms: int
    cells: bool = False
    most_bytes: int = 0


@dataclass(slots=True)
class TypeNames:
    """Names of types by oid, learned as they are met."""

    known: dict[int, str] = field(default_factory=dict)

    def name(self, oid: int) -> str | None:
        """A type's name as DDL writes it; None when the server has to be asked."""
        found = self.known.get(oid)
        if found is None:
            info = builtin.get(oid)
            if info is not None:
                found = self.known[oid] = (
                    f"{info.regtype}[]" if info.array_oid == oid and info.oid != oid else info.regtype
                )
        return found


@dataclass(slots=True)
class _Answer:
    """What has arrived of the last statement."""

    columns: list[tuple[str, int]] = field(default_factory=list)
    rows: list[tuple[Any, ...]] = field(default_factory=list)
    cells: Cells | None = None
    truncated: bool = False
    command: str = ""
    count: int = 0
    complete: bool = True


def check_role(caller: Caller) -> None:
    """Arbitrary SQL is for the owner and the secret key. Raises ``Forbidden``."""
    if caller.role not in ("owner", "service_role"):
        raise Forbidden(
            "sql_not_allowed", f"“{caller.role}” may not run SQL.", hint="Use a secret key, or the data and rpc routes."
        )


def only_reads(text: str) -> bool:
    """Whether a text looks like one statement that defines and changes nothing. A guess, on the safe side."""
    return READS.match(text) is not None and ";" not in text.rstrip().rstrip(";")


async def run(
    wire: Wire, job: Job, caller: Caller, types: TypeNames, wrote: Callable[[int], Awaitable[bool]]
) -> QueryResult:
    """Run a job and leave the connection as if it were new.

    Args:
        wrote: whether the backend with this process id has written something in its transaction.

    Raises:
        QueryError: the server refused, or time ran out.
        OutcomeUnknown: the connection was lost meanwhile.
    """
    wire.notices.clear()
    try:
        async with asyncio.timeout(job.timeout_ms / 1000 + GRACE_SECONDS):
            role = "none" if caller.role == "owner" else caller.role
            settings = [role, caller.claims, str(job.timeout_ms), caller.tenant_claim or ""]
            await wire.execute(SETTINGS, encoded(settings))
            answer = await _answer(wire, job, wrote)
            if wire.pgconn.transaction_status != TransactionStatus.IDLE:
                raise Invalid(
                    "transaction_left_open",
                    "The query began a transaction and did not end it, so it was rolled back.",
                    hint="End it with COMMIT in the same query.",
                )
            columns = await column_types(wire, answer.columns, types)
            notices = tuple(wire.notices)
            await wire.execute(b"discard all")
            wire.prepared.clear()
    except DbaasError:
        # What it prepared, locked or listened to may have survived its failure: that ends with the connection.
        wire.close()
        raise
    except TimeoutError:
        raise QueryError("57014", "The statement took too long and was cancelled.") from None
    except ConnectionLost:
        raise OutcomeUnknown(
            "outcome_unknown",
            "The connection to the database was lost while this ran.",
            hint="Look before you try again.",
        ) from None
    rows = answer.rows if job.cells else _values(answer, columns)
    return QueryResult(columns, rows, answer.count, answer.truncated, answer.command, notices)


def _values(answer: _Answer, columns: Sequence[QueryColumn]) -> list[tuple[Any, ...]]:
    decoders = [decoder(oid, column.type) for (_, oid), column in zip(answer.columns, columns, strict=True)]
    return [
        tuple(None if value is None else decode(value) for decode, value in zip(decoders, row, strict=True))
        for row in answer.rows
    ]


async def _answer(wire: Wire, job: Job, wrote: Callable[[int], Awaitable[bool]]) -> _Answer:
    paged = job.offset is not None
    text = _paged(job, job.offset) if job.offset is not None else job.text
    statement = b"".join(part or b"" for part in encoded([text]))
    parameters = await _parameters(wire, statement, job.args) if job.args or paged else None
    await wire.ask(statement, parameters, chunk_rows=CHUNK_CELL_ROWS if job.cells else CHUNK_ROWS)
    one_statement = parameters is not None or ";" not in text.rstrip().rstrip(";")
    # A CTE that writes may do so after the last row, so what begins with WITH is always run to its end.
    begins = READS.match(text)
    stoppable = one_statement and begins is not None and begins[1].lower() != "with"
    answer = _Answer()
    failed: PGresult | None = None
    stopped = False
    made = 0
    while (result := await wire.result()) is not None:
        status = result.status
        if status in _TUPLES:
            _take(answer, result, job)
            made += result.ntuples * result.nfields
            if made >= GIVE_WAY_CELLS:
                made = 0
                await asyncio.sleep(0)
            if answer.truncated and stoppable and not stopped and status != ExecStatus.TUPLES_OK:
                stopped = not await wrote(wire.pgconn.backend_pid)
                stoppable = False
                if stopped:  # reading was all it did: nothing is lost by not reading the rest
                    await wire.stop()
        elif status == ExecStatus.COMMAND_OK:
            answer = _Answer(command=_tag(result), count=result.command_tuples or 0)
        elif status in (ExecStatus.COPY_IN, ExecStatus.COPY_OUT):
            raise Unsupported(
                "copy_unsupported", "COPY does not work here.", hint="Use the load route, or export a table."
            )
        elif status == ExecStatus.FATAL_ERROR:
            failed = result
    wire.end()
    if failed is not None and not stopped:
        raise error_of(failed, context=True)
    if answer.truncated:
        answer.count = len(answer.rows)
        answer.command = f"SELECT {answer.count}" if stopped or answer.command.startswith("SELECT") else answer.command
    elif not answer.count:  # the tags of SHOW and EXPLAIN have no number
        answer.count = len(answer.rows)
    return answer


def _take(answer: _Answer, result: PGresult, job: Job) -> None:
    """Add rows of a result to the answer; a new statement's rows replace the last one's."""
    if answer.complete:
        answer.columns = [
            ((result.fname(column) or b"").decode("utf-8", "replace"), result.ftype(column))
            for column in range(result.nfields)
        ]
        answer.rows.clear()
        answer.cells = Cells([kind for _, kind in answer.columns]) if job.cells else None
        answer.truncated = False
        answer.complete = False
    cells = answer.cells
    cap = job.cap if cells is None else min(job.cap, max(1, MOST_CELLS // max(result.nfields, 1)))
    room = 0 if answer.truncated else cap - len(answer.rows)
    width = range(result.nfields)
    taken = 0
    while taken < min(result.ntuples, room) and (cells is None or cells.size < job.most_bytes):
        values = tuple(result.get_value(taken, column) for column in width)
        answer.rows.append(values if cells is None else cells.row(values))
        taken += 1
    if result.ntuples > taken:
        answer.truncated = True
    if tag := _tag(result):  # on the last chunk that has rows, or on the empty result that ends them
        answer.command = tag
        answer.count = result.command_tuples or 0
    answer.complete = result.status == ExecStatus.TUPLES_OK


def _tag(result: PGresult) -> str:
    return (result.command_status or b"").decode()


def _paged(job: Job, offset: int) -> str:
    if READS.match(job.text) is None:
        raise Invalid("not_pageable", "Only a SELECT, VALUES, TABLE or WITH can be read in pages.")
    inner = job.text.rstrip().rstrip(";")
    # The line break ends a trailing comment.
    return f"select * from (\n{inner}\n) as _page offset {int(offset)} limit {job.cap + 1}"


async def _parameters(wire: Wire, text: bytes, args: Sequence[Any]) -> list[bytes | None]:
    kinds: list[int] = []
    if any(isinstance(arg, list) for arg in args):
        # Only the server knows whether a list is an array or JSON.
        kinds = await _parameter_types(wire, text)
    return encoded(parameter(arg, kinds[place] if place < len(kinds) else 0) for place, arg in enumerate(args))


async def _parameter_types(wire: Wire, text: bytes) -> list[int]:
    results, good = await wire.pipeline(
        [lambda pgconn: pgconn.send_prepare(b"", text), lambda pgconn: pgconn.send_describe_prepared(b"")]
    )
    if not good:
        raise error_of(next(result for result in results if result.status == ExecStatus.FATAL_ERROR), context=True)
    return [results[1].param_type(place) for place in range(results[1].nparams)]


def parameter(value: Any, kind: int) -> str | None:
    """A JSON value as the text of a parameter.

    Args:
        kind: the parameter's type, 0 where nobody knows it; a list is an array unless that is JSON.

    Raises:
        Invalid: ``too_deep``.
    """
    if isinstance(value, dict | list) and _deeper(value, MOST_DEPTH):
        raise Invalid("too_deep", f"A parameter has more than {MOST_DEPTH} lists and objects within each other.")
    return _parameter(value, kind)


def _deeper(value: dict[str, Any] | list[Any], most: int) -> bool:
    """Whether lists and objects stand in each other more than so many times."""
    level: list[Any] = [value]
    while level and most:
        most -= 1
        inside = (item for each in level for item in (each.values() if isinstance(each, dict) else each))
        level = [item for item in inside if isinstance(item, dict | list)]
    return bool(level)


def _parameter(value: Any, kind: int) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list) and kind not in _JSON_TYPES:
        return _array_literal(value)
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def _array_literal(items: list[Any]) -> str:
    parts = []
    for item in items:
        if item is None:
            parts.append("NULL")
        elif isinstance(item, list):
            parts.append(_array_literal(item))
        else:
            text = _parameter(item, 0) or ""
            escaped = text.replace("\\", "\\\\").replace('"', '\\"')
            parts.append(f'"{escaped}"')
    return "{" + ",".join(parts) + "}"


async def column_types(wire: Wire, columns: list[tuple[str, int]], types: TypeNames) -> tuple[QueryColumn, ...]:
    """Columns, given as names and types' oids, with the names of their types."""
    unknown = sorted({oid for _, oid in columns if types.name(oid) is None})
    if unknown:
        (result,) = await wire.execute(
            b"select oid::int8, format_type(oid, null) from pg_type where oid = any($1::oid[])",
            [("{" + ",".join(map(str, unknown)) + "}").encode()],
        )
        for row in range(result.ntuples):
            types.known[int(result.get_value(row, 0) or 0)] = (result.get_value(row, 1) or b"").decode()
    return tuple(QueryColumn(name, types.name(oid) or "unknown") for name, oid in columns)
