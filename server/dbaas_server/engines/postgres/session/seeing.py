"""Who may see a change: what :class:`~..visibility.Eyes` asks of an open database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from psycopg.pq.abc import PGresult

from dbaas_provisioning.errors import Invalid

from ....engine import QueryError
from ....nouns import ArgValue, Caller, Filter, TableRef, columns_named
from ..compile import plan_condition
from ..multiplexer import Meter
from ..transaction import opening
from ..visibility import Eyes, Pace
from .opened import Opened

__all__ = ["check_filter", "eyes_of"]


def eyes_of(opened: Opened) -> Eyes:
    """Eyes that look through connections of their own, so that changes and reads do not wait for each other."""

    async def ask_as(
        caller: Caller, schema: str, text: bytes, parameters: Sequence[bytes | None], pace: Pace
    ) -> PGresult:
        most = opened.limits.statement_timeout_ms
        start = opening(caller, schema, min(pace.timeout_ms or most, most), read_only=True)
        lanes = opened.lanes(caller.role, purpose=f" changes{pace.name}")
        (result,) = await lanes.ask(start, [(text, parameters)], start[1][0] or b"", Meter())
        return result

    async def condition(table: TableRef, where: Sequence[Filter], role: str) -> tuple[str, Sequence[int]]:
        return await opened.compiled(plan_condition, limits=opened.limits, role=role, table=table, where=where)

    return Eyes(opened.watcher.ask, ask_as, condition)


async def check_filter(
    opened: Opened, eyes: Eyes, table: TableRef, where: Sequence[Filter], args: Sequence[ArgValue], caller: Caller
) -> None:
    """See :meth:`dbaas_server.engine.Session.check_filter`."""
    named = columns_named(where)
    if "*" in (table.name, table.schema):
        await opened.watcher.look()
        _check_some(opened, table, named, caller)
        return
    ref = replace(table, schema=table.schema or "public")
    if not named <= _readable(opened, ref, caller):
        await opened.watcher.look()  # it may have been made or granted a moment ago
    known, readable = opened.snapshot.catalog.tables.get(ref), _readable(opened, ref, caller)
    if known is None or not readable:
        return  # nothing is told of a table that the caller may not read
    if hidden := sorted(named.intersection(known.columns) - readable):
        raise _may_not_read(hidden)
    try:
        await eyes.check(known.ref, where, args, caller)
    except QueryError as error:
        raise Invalid("invalid_filter", error.message, details=error.details) from None


def _readable(opened: Opened, ref: TableRef, caller: Caller) -> frozenset[str]:
    known = opened.snapshot.catalog.tables.get(ref)
    return known.granted(caller.role, "select") if known is not None else frozenset()


def _check_some(opened: Opened, tables: TableRef, named: frozenset[str], caller: Caller) -> None:
    """Of many tables, one that can be read has to have the columns: others tell nothing."""
    readable = [
        found
        for ref, known in opened.snapshot.catalog.tables.items()
        if tables.schema in ("*", ref.schema) and tables.name in ("*", ref.name)
        and (found := known.granted(caller.role, "select"))
    ]  # fmt: skip
    if readable and not any(named <= columns for columns in readable):
        raise _may_not_read(sorted(named))


def _may_not_read(columns: Sequence[str]) -> Invalid:
    return Invalid(
        "unknown_column",
        f"A filter names what may not be read, or is not there: {', '.join(columns)}.",
        hint="Filter by columns that this role was granted.",
    )
