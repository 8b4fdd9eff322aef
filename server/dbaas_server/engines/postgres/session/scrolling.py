"""A person's own statement as a result that stays open, as a number of rows, as a stream of all of them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import AsyncExitStack, aclosing, contextmanager
from dataclasses import replace
from typing import Any

from ....engine import TooBusy
from ....nouns import Arrangement, Caller, Extract, ExtractForm, QueryColumn
from ..query import check_role
from ..scrolling.cursor import Cursor, guarded
from ..scrolling.described import Described, describe, leave, reading_statement
from ..scrolling.extract import distinct_names, extracted
from ..wire import Wire
from .bulk import bulk_wire
from .opened import Opened

__all__ = ["count", "extract", "scroll"]


async def scroll(opened: Opened, text: str, args: Sequence[Any], caller: Caller, arrangement: Arrangement) -> Cursor:
    """See :meth:`dbaas_server.engine.Session.scroll`."""
    check_role(caller)
    inner, limits = await reading_statement(text), opened.limits
    async with AsyncExitStack() as stack:
        try:
            wire = await stack.enter_async_context(opened.wire(opened.scrolls, caller.role))
        except TooBusy:
            raise TooBusy(
                "too_busy",
                f"{limits.scroll_connections} results of this database are open here already.",
                hint="Close one of them.",
            ) from None
        with _spoiled(wire):
            described = await _described(opened, wire, inner, args, caller, arrangement)
            cursor = Cursor(wire, described, limits, opened.standing.ended)
            await guarded(described, limits.statement_timeout_ms, cursor.declare())
        cursor.held = stack.pop_all()
    opened.standing.add(cursor)
    return cursor


async def count(opened: Opened, text: str, args: Sequence[Any], caller: Caller, arrangement: Arrangement) -> int:
    """See :meth:`dbaas_server.engine.Session.count`."""
    check_role(caller)
    inner = await reading_statement(text)
    async with opened.wire(opened.workers, caller.role) as wire:
        with _spoiled(wire):
            described = await _described(opened, wire, inner, args, caller, replace(arrangement, order=()))
            return await guarded(described, opened.limits.statement_timeout_ms, _count(wire, described))


async def _count(wire: Wire, described: Described) -> int:
    (result,) = await wire.execute(described.wrapped.select("count(*)").encode(), described.parameters())
    total = int(result.get_value(0, 0) or 0)
    await leave(wire)
    return total


async def extract(
    opened: Opened, text: str, args: Sequence[Any], caller: Caller, arrangement: Arrangement, form: ExtractForm
) -> Extract:
    """See :meth:`dbaas_server.engine.Session.extract`."""
    check_role(caller)
    columns: list[QueryColumn] = []
    chunks = _chunks(opened, await reading_statement(text), args, caller, arrangement, form, columns)
    # The generator has begun when it is handed out: one that has not would never give its connection back.
    await anext(chunks)
    return Extract(tuple(columns), tuple(distinct_names(columns)), chunks)


async def _chunks(
    opened: Opened,
    text: str,
    args: Sequence[Any],
    caller: Caller,
    arrangement: Arrangement,
    form: ExtractForm,
    columns: list[QueryColumn],
) -> AsyncGenerator[bytes]:
    """Nothing once ``columns`` are told, then all rows."""
    async with bulk_wire(opened, caller) as wire, opened.standing.beside(wire):
        with _spoiled(wire):
            described = await _described(opened, wire, text, args, caller, arrangement)
            columns += described.columns
            yield b""
            limit = opened.limits.statement_timeout_ms
            async with aclosing(extracted(wire, described, limit, form)) as chunks:
                async for chunk in chunks:
                    yield chunk


async def _described(
    opened: Opened, wire: Wire, text: str, args: Sequence[Any], caller: Caller, arrangement: Arrangement
) -> Described:
    limit = opened.limits.statement_timeout_ms
    return await guarded(None, limit, describe(wire, text, args, caller, opened.types, arrangement, limit))


@contextmanager
def _spoiled(wire: Wire) -> Iterator[None]:
    """A connection on which something failed is not used again; what still runs there is cancelled by its pool."""
    try:
        yield
    except BaseException:
        if not wire.working:
            wire.close()
        raise
