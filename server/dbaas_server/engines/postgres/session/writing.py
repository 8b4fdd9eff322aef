"""Writes and calls of functions that may write: one transaction each, told of only after its commit."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from dbaas_provisioning.errors import Invalid

from ....engine import QueryError, StorageFull
from ....nouns import ArgValue, Call, Caller, Read, Rows, TableRef, Write, WriteKind
from ..compile import WritePlan
from ..parameters import values
from ..pool import Verdict, transact
from ..transaction import opening
from .opened import Opened
from .reading import read_statements
from .rows import read_rows, written_rows
from .verdicts import judge_call, judge_writes

__all__ = ["call", "check_write", "write"]

_PRIVILEGES = {WriteKind.update: "update", WriteKind.delete: "delete"}  # of all other kinds: insert


async def write(
    opened: Opened, writes: Sequence[tuple[Write | Read, Sequence[ArgValue]]], caller: Caller
) -> list[Rows]:
    """See :meth:`dbaas_server.engine.Session.write`."""
    limits = opened.limits
    if len(writes) > limits.max_writes:
        raise Invalid(
            "too_many_writes",
            f"This is {len(writes):,} writes in one transaction; at most {limits.max_writes:,} are allowed.",
            hint="Write many rows at once, or make several requests.",
        )
    if limits.storage_full and any(not isinstance(one, Write) or one.kind is not WriteKind.delete for one, _ in writes):
        raise StorageFull
    plans = [await opened.compiled(opened.plans.write, write, caller.role) for write, _ in writes]
    if not plans:
        return []
    statements = [
        (plan.sql, values(plan.args, _as_array(plan, args))) for plan, (_, args) in zip(plans, writes, strict=True)
    ]
    changes = [write if isinstance(write, Write) else None for write, _ in writes]
    time_zone = next((write.time_zone for write, _ in writes if write.time_zone is not None), None)
    start = opening(caller, plans[0].schema, limits.statement_timeout_ms, read_only=False, time_zone=time_zone)
    rollback = any(write is not None and write.rollback for write in changes)
    judged = rollback or any(
        plan.single or plan.matches_key or (write is not None and write.max_affected is not None)
        for plan, write in zip(plans, changes, strict=True)
    )
    verdict: Verdict | None = partial(judge_writes, changes, plans) if judged else None
    try:
        async with opened.wire(opened.writers, caller.role) as wire:
            results = await transact(
                wire, start, statements, timeout_ms=limits.statement_timeout_ms, verdict=verdict, rollback=rollback
            )
    except QueryError as error:
        raise opened.explained(error, caller, [table for plan in plans for table in plan.tables]) from None
    return [written_rows(result) for result in results]


async def check_write(opened: Opened, table: TableRef, kind: WriteKind, caller: Caller) -> None:
    """See :meth:`dbaas_server.engine.Session.check_write`."""
    if _may_write(opened, table, kind, caller):
        return
    await opened.watcher.look()  # it may have been granted a moment ago
    if not _may_write(opened, table, kind, caller):
        error = QueryError("42501", f"permission denied for table {table.name}")
        raise opened.explained(error, caller, (table,))


def _may_write(opened: Opened, table: TableRef, kind: WriteKind, caller: Caller) -> bool:
    """False only where the catalog knows the table and that the caller has no such privilege on it."""
    known = opened.snapshot.catalog.tables.get(table)
    if known is None:
        return True
    privilege = _PRIVILEGES.get(kind, "insert")
    return privilege in known.grants.get(caller.role, ()) or bool(known.granted(caller.role, privilege))


async def call(opened: Opened, read: Read, args: Sequence[ArgValue], caller: Caller) -> Rows:
    """See :meth:`dbaas_server.engine.Session.call`."""
    if not isinstance(read.source, Call):
        raise Invalid("not_a_call", "Only functions can be called.")
    function, limit = read.source, opened.limits.statement_timeout_ms
    plan = (await opened.compiled(opened.plans.read, read, caller.role)).plan
    start = opening(caller, plan.schema, limit, read_only=function.read_only, time_zone=read.time_zone)
    judged = plan.single or function.max_affected is not None
    verdict: Verdict | None = partial(judge_call, plan, function.max_affected) if judged else None
    try:
        async with opened.wire(opened.writers, caller.role) as wire:
            results = await transact(
                wire,
                start,
                read_statements(plan, args),
                timeout_ms=limit,
                verdict=verdict,
                rollback=function.rollback,
            )
    except QueryError as error:
        raise opened.explained(error, caller, plan.tables) from None
    return read_rows(plan, results)


def _as_array(plan: WritePlan, args: Sequence[ArgValue]) -> Sequence[ArgValue]:
    """The arguments, with a body that is one object made an array of one."""
    if plan.body is None or plan.body >= len(args):
        return args
    body = args[plan.body]
    if body is None:
        return args
    data = body.encode() if isinstance(body, str) else body
    if data.lstrip()[:1] != b"{":
        return args
    return [*args[: plan.body], b"[" + data + b"]", *args[plan.body + 1 :]]
