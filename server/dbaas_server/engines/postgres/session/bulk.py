"""The engine's own language, and rows in bulk: on connections of their own, as long as their limits let them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from ....engine import QueryError, StorageFull, TooBusy
from ....nouns import ArgValue, Caller, Chunks, Format, QueryResult, Read, TableRef
from .. import export as copy_out
from .. import load as copy_in
from .. import query
from ..compile import plan_copy
from ..transaction import opening
from ..wire import Wire
from .opened import Opened, is_full
from .reading import check_estimate

__all__ = ["bulk_wire", "export", "load", "run"]


async def run(
    opened: Opened,
    text: str,
    args: Sequence[Any],
    caller: Caller,
    *,
    max_rows: int | None,
    offset: int | None,
    cells: bool = False,
) -> QueryResult:
    """See :meth:`dbaas_server.engine.Session.run`."""
    cap = opened.limits.max_query_rows if max_rows is None else max_rows
    job = query.Job(
        text, tuple(args), cap, offset, opened.limits.statement_timeout_ms, cells, opened.limits.max_result_bytes
    )
    query.check_role(caller)

    async def wrote(backend: int) -> bool:
        """Whether a backend's transaction has written; yes where the server does not tell the owner."""
        rows = await opened.watcher.ask(
            f"select backend_xid is not null or backend_start is null from pg_stat_activity where pid = {backend}"
        )
        return not rows or rows[0][0] != b"f"

    async with opened.wire(opened.workers, caller.role) as wire:
        try:
            return await query.run(wire, job, caller, opened.types, wrote)
        except QueryError as error:
            if is_full(error, opened.limits):
                raise StorageFull from None
            raise
        finally:
            if not query.only_reads(text):
                opened.watcher.doubt()


async def load(opened: Opened, table: TableRef, columns: Sequence[str], stream: Chunks, caller: Caller) -> int:
    """See :meth:`dbaas_server.engine.Session.load`."""
    if opened.limits.storage_full:
        raise StorageFull
    # The table is often made a moment before it is filled.
    snapshot = await opened.watcher.look(force=True)
    found = snapshot.catalog.tables.get(replace(table, schema=table.schema or snapshot.default_schema()))
    async with bulk_wire(opened, caller) as wire:
        try:
            return await copy_in.load(wire, found, table, columns, stream, caller)
        except QueryError as error:
            raise opened.explained(error, caller, (found.ref,) if found is not None else ()) from None


async def export(opened: Opened, read: Read, args: Sequence[ArgValue], caller: Caller, format: Format) -> Chunks:
    """See :meth:`dbaas_server.engine.Session.export`."""
    limits = opened.limits
    plan = await opened.compiled(plan_copy, limits=limits, role=caller.role, read=read, args=args, format=format)
    start = opening(caller, plan.schema, 0, read_only=True, time_zone=read.time_zone)  # export bounds its time itself
    async with bulk_wire(opened, caller) as wire:
        if plan.guard is not None:
            await check_estimate(wire, start, (plan.sql, ()), plan.guard, limits.statement_timeout_ms)
        async for chunk in copy_out.export(wire, start, plan.sql, format, limits.statement_timeout_ms):
            yield chunk


@asynccontextmanager
async def bulk_wire(opened: Opened, caller: Caller) -> AsyncIterator[Wire]:
    """A connection of loads and exports. Raises ``TooBusy``."""
    try:
        async with opened.wire(opened.bulk, caller.role) as wire:
            yield wire
    except TooBusy:
        raise TooBusy(
            "too_busy",
            f"{opened.limits.bulk_connections} exports and loads of this database are under way here already.",
            hint="Try again when one of them has ended, or read in pages.",
        ) from None
