"""Reads: on the shared connections when they are known to be quick, else on one of their own."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import TypeAlias

from psycopg.pq.abc import PGresult

from dbaas_provisioning.errors import Unavailable

from ....engine import OutcomeUnknown, QueryError
from ....nouns import ArgValue, Caller, Read, Rows
from ..compile import ReadPlan, TogetherPlan
from ..multiplexer import Statement
from ..parameters import values
from ..plancache import Compiled
from ..pool import transact
from ..transaction import opening
from ..wire import Wire
from .opened import Opened
from .rows import read_rows
from .verdicts import guard, too_large

__all__ = ["check_estimate", "explain", "read", "read_all", "read_statements"]

_Compiled: TypeAlias = Compiled[ReadPlan] | Compiled[TogetherPlan]


async def read(opened: Opened, read: Read, args: Sequence[ArgValue], caller: Caller) -> Rows:
    """See :meth:`dbaas_server.engine.Session.read`."""
    return await opened.current(partial(_read, opened, read, args, caller))


async def _read(opened: Opened, read: Read, args: Sequence[ArgValue], caller: Caller) -> Rows:
    compiled = await opened.compiled(opened.plans.read, read, caller.role)
    plan = compiled.plan
    start = opening(caller, plan.schema, opened.limits.statement_timeout_ms, read_only=True, time_zone=read.time_zone)
    return read_rows(plan, await _ask(opened, compiled, start, read_statements(plan, args), caller))


def read_statements(plan: ReadPlan, args: Sequence[ArgValue]) -> list[Statement]:
    """What a plan sends: the read, and after it what tells the planned count."""
    statements: list[Statement] = [(plan.sql, values(plan.args, args))]
    if plan.planned_sql is not None:
        statements.append((plan.planned_sql, values(plan.planned_args, args)))
    return statements


async def read_all(opened: Opened, reads: tuple[Read, ...], args: Sequence[ArgValue], caller: Caller) -> list[bytes]:
    """See :meth:`dbaas_server.engine.Session.read_all`."""
    return await opened.current(partial(_read_all, opened, reads, args, caller))


async def _read_all(opened: Opened, reads: tuple[Read, ...], args: Sequence[ArgValue], caller: Caller) -> list[bytes]:
    compiled = await opened.compiled(opened.plans.together, reads, caller.role)
    plan = compiled.plan
    start = opening(caller, plan.schema, opened.limits.statement_timeout_ms, read_only=True)
    (result,) = await _ask(opened, compiled, start, [(plan.sql, values(plan.args, args))], caller)
    size = int(result.get_value(0, len(reads)) or 0)
    if size > opened.limits.max_result_bytes:
        raise too_large(size, opened.limits.max_result_bytes)
    return [result.get_value(0, place) or b"null" for place in range(len(reads))]


async def explain(
    opened: Opened, read: Read, args: Sequence[ArgValue], caller: Caller, *, analyze: bool, text: bool
) -> bytes:
    """See :meth:`dbaas_server.engine.Session.explain`."""
    limit = opened.limits.statement_timeout_ms
    plan = (await opened.compiled(opened.plans.read, read, caller.role)).plan
    options = f"explain (format {'text' if text else 'json'}{', analyze' if analyze else ''}) ".encode()
    start = opening(caller, plan.schema, limit, read_only=True, time_zone=read.time_zone)
    statement = (options + plan.sql, values(plan.args, args))
    try:
        async with opened.wire(opened.workers, caller.role) as wire:
            (result,) = await transact(wire, start, [statement], timeout_ms=limit)
    except QueryError as error:
        raise opened.explained(error, caller, plan.tables) from None
    return b"\n".join(result.get_value(row, 0) or b"" for row in range(result.ntuples))


async def _ask(
    opened: Opened, compiled: _Compiled, start: Statement, statements: list[Statement], caller: Caller
) -> list[PGresult]:
    """The results of a read's statements. Raises ``QueryError`` with a hint where a privilege is missing."""
    try:
        if _shared(compiled):
            lanes = opened.lanes(caller.role)
            return await lanes.ask(start, statements, start[1][0] or b"", compiled.meter)
        try:
            return await _ask_alone(opened, compiled, start, statements, caller)
        except OutcomeUnknown:  # the connection was lost: once more on another one
            return await _ask_alone(opened, compiled, start, statements, caller)
    except OutcomeUnknown:
        raise Unavailable(
            "database_unavailable", "The database is not reachable just now.", hint="Try again in a moment."
        ) from None
    except QueryError as error:
        raise opened.explained(error, caller, compiled.plan.tables) from None


def _shared(compiled: _Compiled) -> bool:
    """Whether a read goes on the shared connections: known to be quick, by its shape or because it was before.

    What is not known waits for a connection of its own, since here it would hold up everybody.
    """
    plan, meter = compiled.plan, compiled.meter
    if plan.call or plan.guard is not None:
        return False
    return not meter.slow if plan.cheap else meter.quick


async def check_estimate(wire: Wire, start: Statement, statement: Statement, most: int, timeout_ms: int) -> None:
    """Refuse an aggregate that the planner expects to read more than ``most`` rows. Raises ``Invalid``."""
    text, parameters = statement
    (estimate,) = await transact(wire, start, [(b"explain (format json) " + text, parameters)], timeout_ms=timeout_ms)
    guard(estimate.get_value(0, 0) or b"[]", most)


async def _ask_alone(
    opened: Opened, compiled: _Compiled, start: Statement, statements: list[Statement], caller: Caller
) -> list[PGresult]:
    loop = asyncio.get_running_loop()
    limit = opened.limits.statement_timeout_ms
    async with opened.wire(opened.workers, caller.role) as wire:
        if compiled.plan.guard is not None:
            await check_estimate(wire, start, statements[0], compiled.plan.guard, limit)
        began = loop.time()
        results = await transact(wire, start, statements, timeout_ms=limit)
        compiled.meter.add(loop.time() - began)
        return results
