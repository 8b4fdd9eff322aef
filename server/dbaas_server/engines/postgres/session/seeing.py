"""Who may see a change: what :class:`~..visibility.Eyes` asks of an open database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from psycopg.pq.abc import PGresult

from dbaas_provisioning.errors import Invalid

from ....engine import QueryError
from ....nouns import ArgValue, Caller, Filter, TableRef
from ..compile import plan_condition
from ..multiplexer import Meter
from ..transaction import opening
from ..visibility import Eyes
from .opened import Opened

__all__ = ["check_filter", "eyes_of"]


def eyes_of(opened: Opened) -> Eyes:
    """Eyes that look through connections of their own, so that changes and reads do not wait for each other."""

    async def ask_as(caller: Caller, schema: str, text: bytes, parameters: Sequence[bytes | None]) -> PGresult:
        start = opening(caller, schema, opened.limits.statement_timeout_ms, read_only=True)
        lanes = opened.lanes(caller.role, purpose=" changes")
        (result,) = await lanes.ask(start, [(text, parameters)], start[1][0] or b"", Meter())
        return result

    async def condition(table: TableRef, where: Sequence[Filter], role: str) -> tuple[str, Sequence[int]]:
        return await opened.compiled(plan_condition, limits=opened.limits, role=role, table=table, where=where)

    return Eyes(opened.watcher.ask, ask_as, condition)


async def check_filter(
    opened: Opened, eyes: Eyes, table: TableRef, where: Sequence[Filter], args: Sequence[ArgValue], caller: Caller
) -> None:
    """See :meth:`dbaas_server.engine.Session.check_filter`."""
    known = opened.snapshot.catalog.tables.get(replace(table, schema=table.schema or "public"))
    if known is None or "select" not in known.grants.get(caller.role, ()):
        return  # nothing is told of a table that the caller may not read
    try:
        await eyes.check(known.ref, where, args, caller)
    except QueryError as error:
        raise Invalid("invalid_filter", error.message, details=error.details) from None
