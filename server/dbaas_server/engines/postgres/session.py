"""The session: plan, send, render. What each request goes through, told in order."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

import orjson
from psycopg.pq.abc import PGresult

from dbaas_provisioning.engine import Capabilities
from dbaas_provisioning.errors import DbaasError, Invalid, Unavailable
from dbaas_provisioning.nouns import Credential

from ...changes import Change, Mask, ValueType
from ...engine import Limits, OutcomeUnknown, QueryError, Target, TooBusy
from ...http import settable
from ...nouns import (
    ArgValue,
    Call,
    Caller,
    Catalog,
    Chunks,
    Filter,
    Format,
    QueryResult,
    Read,
    Rows,
    Stats,
    TableRef,
    Write,
    WriteKind,
)  # fmt: skip
from . import export, load, query
from .catalog import Snapshot, Watcher
from .compile import ReadPlan, TogetherPlan, WritePlan, plan_condition, plan_copy
from .compile.plans import TOO_LARGE
from .connection import Connector
from .multiplexer import Meter, Multiplexer, Statement
from .parameters import values
from .plancache import Compiled, PlanCache
from .pool import Pool, Verdict, transact
from .refusal import explain_refusal
from .transaction import credential_of, opening
from .valuetypes import value_type
from .visibility import Eyes
from .wire import Wire

__all__ = ["PostgresSession", "open_session"]

_UNRESOLVED = {"unknown_table", "unknown_column", "unknown_function", "unknown_relationship"}
# What the server says when a definition changed after the shape was compiled or prepared. The last four: a value does
# not fit the type that its column had then.
_OUTDATED = {"42703", "42P01", "42883", "42804", "0A000", "22P02", "22003", "22007", "22008"}

_TOO_LARGE = re.compile(rf'"{TOO_LARGE}:(\d{{1,18}})"$')

_T = TypeVar("_T")


async def open_session(target: Target, limits: Limits) -> PostgresSession:
    """Open a database: connects once, to read its catalog. Raises ``Unavailable``."""
    session = PostgresSession(target, limits)
    try:
        await session.start()
    except BaseException:
        await session.close()
        raise
    return session


class PostgresSession:
    """:class:`~dbaas_server.engine.Session` on PostgreSQL. Belongs to the event loop it was opened on."""

    can = Capabilities(sql=True, transactions=True, row_policies=True, rpc=True, bulk_load=True)

    def __init__(self, target: Target, limits: Limits) -> None:
        self.limits = limits
        self._exposure = target.exposure
        self._connector = Connector(target)
        self._watcher = Watcher(self._connector, self._new_version)
        self._plans = PlanCache(limits)
        self._multiplexers: dict[str, Multiplexer] = {}
        patience = limits.statement_timeout_ms / 1000
        self._writers = Pool(self._connector, size=limits.write_connections, queue=limits.queue, patience=patience)
        self._workers = Pool(self._connector, size=limits.query_connections, queue=limits.queue, patience=patience)
        self._bulk = Pool(
            self._connector, size=limits.bulk_connections, queue=limits.queue, patience=limits.bulk_patience_ms / 1000
        )
        self._types = query.TypeNames()
        self._eyes = Eyes(self._watcher.ask, self._ask_as, self._condition)
        self._closed = False

    async def start(self) -> None:
        """Read the catalog for the first time."""
        await self._watcher.start()

    async def close(self) -> None:
        """Close every connection; requests under way fail with ``Unavailable``."""
        self._closed = True
        for multiplexer in self._multiplexers.values():
            await multiplexer.close()
        await self._writers.close()
        await self._workers.close()
        await self._bulk.close()
        await self._watcher.close()

    async def catalog(self, *, fresh: bool = False) -> Catalog:
        """The newest complete picture.

        Args:
            fresh: look for changes first, row estimates and sizes included.
        """
        if fresh:
            await self._watcher.look(statistics=True)
        return self._snapshot.catalog

    def _new_version(self, version: int) -> None:
        self._eyes.guards.forget_all()
        self._writers.generation = self._workers.generation = self._bulk.generation = version
        for multiplexer in self._multiplexers.values():
            multiplexer.generation = version

    @property
    def _snapshot(self) -> Snapshot:
        snapshot = self._watcher.snapshot
        assert snapshot is not None, "the session is open"
        return snapshot

    # --- reading ------------------------------------------------------------------------------------------------

    async def read(self, read: Read, args: Sequence[ArgValue], caller: Caller) -> Rows:
        """Answer a question under the caller's role, claims and row policies, in a read-only transaction."""
        version = self._snapshot.catalog.version
        try:
            return await self._read(read, args, caller)
        except QueryError as error:
            if error.code not in _OUTDATED:
                raise
            if (await self._watcher.look()).catalog.version == version:
                raise
        return await self._read(read, args, caller)

    async def _read(self, read: Read, args: Sequence[ArgValue], caller: Caller) -> Rows:
        try:
            compiled = self._plans.read(self._snapshot, read, caller.role)
        except DbaasError as error:
            compiled = await self._look_again(error, partial(self._plans.read, read=read, role=caller.role))
        plan = compiled.plan
        statements: list[Statement] = [(plan.sql, values(plan.args, args))]
        if plan.planned_sql is not None:
            statements.append((plan.planned_sql, values(plan.planned_args, args)))
        start = opening(caller, plan.schema, self.limits.statement_timeout_ms, read_only=True, time_zone=read.time_zone)
        try:
            if self._shared(compiled):
                results = await self._multiplexer(caller.role).ask(
                    start, statements, start[1][0] or b"", compiled.meter
                )
            else:
                results = await self._read_alone(compiled, start, statements, caller)
        except QueryError as error:
            raise explain_refusal(error, caller, plan.tables, self._snapshot, self._exposure) from None
        return _read_rows(plan, results)

    async def read_all(self, reads: tuple[Read, ...], args: Sequence[ArgValue], caller: Caller) -> list[bytes]:
        """Answer several questions from one snapshot: one JSON value each."""
        try:
            return await self._read_all(reads, args, caller)
        except QueryError as error:
            if error.code not in _OUTDATED:
                raise
            version = self._snapshot.catalog.version
            if (await self._watcher.look()).catalog.version == version:
                raise
        return await self._read_all(reads, args, caller)

    async def _read_all(self, reads: tuple[Read, ...], args: Sequence[ArgValue], caller: Caller) -> list[bytes]:
        plan_reads = partial(self._plans.together, reads=reads, role=caller.role)
        try:
            compiled = plan_reads(self._snapshot)
        except DbaasError as error:
            compiled = await self._look_again(error, plan_reads)
        plan = compiled.plan
        statements: list[Statement] = [(plan.sql, values(plan.args, args))]
        start = opening(caller, plan.schema, self.limits.statement_timeout_ms, read_only=True)
        try:
            if self._shared(compiled):
                results = await self._multiplexer(caller.role).ask(
                    start, statements, start[1][0] or b"", compiled.meter
                )
            else:
                results = await self._read_alone(compiled, start, statements, caller)
        except QueryError as error:
            raise explain_refusal(error, caller, plan.tables, self._snapshot, self._exposure) from None
        result = results[0]
        size = int(result.get_value(0, len(reads)) or 0)
        if size > self.limits.max_result_bytes:
            raise _too_large(size, self.limits.max_result_bytes)
        return [result.get_value(0, place) or b"null" for place in range(len(reads))]

    async def statement_of(self, reads: tuple[Read, ...], caller: Caller) -> str:
        """What :meth:`read_all` sends, in the engine's own language."""
        return self._plans.together(self._snapshot, reads, caller.role).plan.sql.decode()

    def _shared(self, compiled: Compiled[ReadPlan] | Compiled[TogetherPlan]) -> bool:
        """Whether a read goes on the shared connections: known to be quick, by its shape or because it was before.

        What is not known waits for a connection of its own, since here it would hold up everybody.
        """
        plan, meter = compiled.plan, compiled.meter
        if plan.call or plan.guard is not None:
            return False
        return not meter.slow if plan.cheap else meter.quick

    async def _read_alone(
        self,
        compiled: Compiled[ReadPlan] | Compiled[TogetherPlan],
        start: Statement,
        statements: list[Statement],
        caller: Caller,
    ) -> list[PGresult]:
        """Read on a connection of its own; once more on another one when the first is lost."""
        try:
            return await self._read_once(compiled, start, statements, caller)
        except OutcomeUnknown:
            pass
        try:
            return await self._read_once(compiled, start, statements, caller)
        except OutcomeUnknown:
            raise Unavailable(
                "database_unavailable", "The database is not reachable just now.", hint="Try again in a moment."
            ) from None

    async def _read_once(
        self,
        compiled: Compiled[ReadPlan] | Compiled[TogetherPlan],
        start: Statement,
        statements: list[Statement],
        caller: Caller,
    ) -> list[PGresult]:
        loop = asyncio.get_running_loop()
        async with self._workers.wire(*self._login(caller.role)) as wire:
            if compiled.plan.guard is not None:
                text, parameters = statements[0]
                (estimate,) = await transact(
                    wire,
                    start,
                    [(b"explain (format json) " + text, parameters)],
                    timeout_ms=self.limits.statement_timeout_ms,
                )
                _guard(estimate.get_value(0, 0) or b"[]", compiled.plan.guard)
            began = loop.time()
            results = await transact(wire, start, statements, timeout_ms=self.limits.statement_timeout_ms)
            compiled.meter.add(loop.time() - began)
            return results

    def _multiplexer(self, role: str, *, purpose: str = "") -> Multiplexer:
        """Shared connections of a role's login; those of another purpose do not wait for these."""
        name, login = self._login(role)
        name += purpose
        found = self._multiplexers.get(name)
        if found is None:
            if self._closed:
                raise Unavailable("database_unavailable", "The database is being closed.")
            found = self._multiplexers[name] = Multiplexer(
                partial(self._connector.connect, login, options="-c jit=off"),
                lanes=self.limits.read_connections,
                queue=self.limits.queue,
                timeout_ms=self.limits.statement_timeout_ms,
            )
        return found

    def _login(self, role: str) -> tuple[str, Callable[[Target], Credential]]:
        name = "api" if role in ("anon", "authenticated") else role
        return name, partial(credential_of, role=role)

    async def _look_again(self, error: DbaasError, plan: Callable[[Snapshot], _T]) -> _T:
        """What a shape names may have been made a moment ago: look, and compile once more, or raise ``error``."""
        before = self._snapshot.catalog.version
        if error.code not in _UNRESOLVED:
            raise error
        snapshot = await self._watcher.look()
        if snapshot.catalog.version == before:
            raise error
        return plan(snapshot)

    async def explain(
        self, read: Read, args: Sequence[ArgValue], caller: Caller, *, analyze: bool, text: bool = False
    ) -> bytes:
        """The engine's plan for a read, as JSON, or as lines for people to read with ``text``."""
        try:
            plan = self._plans.read(self._snapshot, read, caller.role).plan
        except DbaasError as error:
            plan = (await self._look_again(error, partial(self._plans.read, read=read, role=caller.role))).plan
        options = f"explain (format {'text' if text else 'json'}{', analyze' if analyze else ''}) ".encode()
        start = opening(caller, plan.schema, self.limits.statement_timeout_ms, read_only=True, time_zone=read.time_zone)
        try:
            async with self._workers.wire(*self._login(caller.role)) as wire:
                (result,) = await transact(
                    wire,
                    start,
                    [(options + plan.sql, values(plan.args, args))],
                    timeout_ms=self.limits.statement_timeout_ms,
                )
        except QueryError as error:
            raise explain_refusal(error, caller, plan.tables, self._snapshot, self._exposure) from None
        return b"\n".join(result.get_value(row, 0) or b"" for row in range(result.ntuples))

    # --- writing ------------------------------------------------------------------------------------------------

    async def write(self, writes: Sequence[tuple[Write | Read, Sequence[ArgValue]]], caller: Caller) -> list[Rows]:
        """Carry all out in one transaction, in order; return only after it is committed."""
        if len(writes) > self.limits.max_writes:
            raise Invalid(
                "too_many_writes",
                f"This is {len(writes):,} writes in one transaction; at most {self.limits.max_writes:,} are allowed.",
                hint="Write many rows at once, or make several requests.",
            )
        plans: list[WritePlan] = []
        for write, _ in writes:
            try:
                plans.append(self._plans.write(self._snapshot, write, caller.role))
            except DbaasError as error:
                plans.append(await self._look_again(error, partial(self._plans.write, write=write, role=caller.role)))
        if not plans:
            return []
        statements = [
            (plan.sql, values(plan.args, _as_array(plan, args))) for plan, (_, args) in zip(plans, writes, strict=True)
        ]
        changes = [write if isinstance(write, Write) else None for write, _ in writes]
        time_zone = next((write.time_zone for write, _ in writes if write.time_zone is not None), None)
        start = opening(caller, plans[0].schema, self.limits.statement_timeout_ms, read_only=False, time_zone=time_zone)
        rollback = any(write is not None and write.rollback for write in changes)
        judged = rollback or any(
            plan.single or plan.matches_key or (write is not None and write.max_affected is not None)
            for plan, write in zip(plans, changes, strict=True)
        )
        verdict: Verdict | None = partial(_judge_writes, changes, plans) if judged else None
        try:
            async with self._writers.wire(*self._login(caller.role)) as wire:
                results = await transact(
                    wire,
                    start,
                    statements,
                    timeout_ms=self.limits.statement_timeout_ms,
                    verdict=verdict,
                    rollback=rollback,
                )
        except QueryError as error:
            size = _TOO_LARGE.search(error.message)
            if size is not None:
                raise _too_large(int(size[1]), self.limits.max_result_bytes) from None
            tables = tuple(table for plan in plans for table in plan.tables)
            raise explain_refusal(error, caller, tables, self._snapshot, self._exposure) from None
        return [_written_rows(result) for result in results]

    async def call(self, read: Read, args: Sequence[ArgValue], caller: Caller) -> Rows:
        """Call a function that may write (``read.source`` is a ``Call``); return only after commit."""
        if not isinstance(read.source, Call):
            raise Invalid("not_a_call", "Only functions can be called.")
        try:
            plan = self._plans.read(self._snapshot, read, caller.role).plan
        except DbaasError as error:
            plan = (await self._look_again(error, partial(self._plans.read, read=read, role=caller.role))).plan
        statements: list[Statement] = [(plan.sql, values(plan.args, args))]
        if plan.planned_sql is not None:
            statements.append((plan.planned_sql, values(plan.planned_args, args)))
        start = opening(
            caller,
            plan.schema,
            self.limits.statement_timeout_ms,
            read_only=read.source.read_only,
            time_zone=read.time_zone,
        )
        verdict: Verdict | None = None
        if plan.single or read.source.max_affected is not None:
            verdict = partial(_judge_call, plan, read.source.max_affected)
        try:
            async with self._writers.wire(*self._login(caller.role)) as wire:
                results = await transact(
                    wire,
                    start,
                    statements,
                    timeout_ms=self.limits.statement_timeout_ms,
                    verdict=verdict,
                    rollback=read.source.rollback,
                )
        except QueryError as error:
            raise explain_refusal(error, caller, plan.tables, self._snapshot, self._exposure) from None
        return _read_rows(plan, results)

    # --- the engine's own language, in bulk ----------------------------------------------------------------------

    async def run(
        self, text: str, args: Sequence[Any], caller: Caller, *, max_rows: int | None = None, offset: int | None = None
    ) -> QueryResult:
        """Run SQL as the owner (or ``service_role``), time-limited and cancellable."""
        cap = self.limits.max_query_rows if max_rows is None else max_rows
        job = query.Job(text, tuple(args), cap, offset, self.limits.statement_timeout_ms)
        query.check_role(caller)
        async with self._workers.wire(*self._login(caller.role)) as wire:
            try:
                return await query.run(wire, job, caller, self._types, self._wrote)
            finally:
                if not query.only_reads(text):
                    self._watcher.doubt()

    async def _wrote(self, backend: int) -> bool:
        """Whether a backend's transaction has written; yes where the server does not tell the owner."""
        rows = await self._watcher.ask(
            f"select backend_xid is not null or backend_start is null from pg_stat_activity where pid = {backend}"
        )
        return not rows or rows[0][0] != b"f"

    async def load(self, table: TableRef, columns: Sequence[str], stream: Chunks, caller: Caller) -> int:
        """Bulk-load CSV with a header line, all or nothing; returns the number of rows."""
        # The table is often made a moment before it is filled.
        snapshot = await self._watcher.look(force=True)
        found = snapshot.catalog.tables.get(replace(table, schema=table.schema or snapshot.default_schema()))
        async with self._bulk_wire(caller) as wire:
            try:
                return await load.load(wire, found, table, columns, stream, caller)
            except QueryError as error:
                tables = (found.ref,) if found is not None else ()
                raise explain_refusal(error, caller, tables, self._snapshot, self._exposure) from None

    async def export(self, read: Read, args: Sequence[ArgValue], caller: Caller, format: Format) -> Chunks:
        """Stream every row with bounded memory, on a connection of its own.

        Yields:
            About 256 KiB at a time; CSV with a header line, or one JSON array.
        """
        compile_copy = partial(plan_copy, limits=self.limits, role=caller.role, read=read, args=args, format=format)
        try:
            statement, schema = compile_copy(self._snapshot)
        except DbaasError as error:
            statement, schema = await self._look_again(error, compile_copy)
        start = opening(caller, schema, 0, read_only=True, time_zone=read.time_zone)  # export bounds its time itself
        async with self._bulk_wire(caller) as wire:
            async for chunk in export.export(wire, start, statement, format, self.limits.statement_timeout_ms):
                yield chunk

    @asynccontextmanager
    async def _bulk_wire(self, caller: Caller) -> AsyncIterator[Wire]:
        try:
            async with self._bulk.wire(*self._login(caller.role)) as wire:
                yield wire
        except TooBusy:
            raise TooBusy(
                "too_busy",
                f"{self.limits.bulk_connections} exports and loads of this database are under way here already.",
                hint="Try again when one of them has ended, or read in pages.",
            ) from None

    # --- changes ------------------------------------------------------------------------------------------------

    async def visible(self, changes: Sequence[Change], callers: Sequence[Caller]) -> Mask:
        """What each caller may see of each change, by the grants and row policies of now."""
        return await self._eyes.visible(changes, callers)

    async def matching(
        self, changes: Sequence[Change], wheres: Sequence[tuple[Sequence[Filter], Sequence[ArgValue]]], role: str
    ) -> list[list[bool]]:
        """Which changes of one table pass which filters: per filter, per change."""
        return await self._eyes.matching(changes, wheres, role)

    async def check_filter(
        self, table: TableRef, where: Sequence[Filter], args: Sequence[ArgValue], caller: Caller
    ) -> None:
        """Refuse filters that could never be evaluated."""
        known = self._snapshot.catalog.tables.get(replace(table, schema=table.schema or "public"))
        if known is None or "select" not in known.grants.get(caller.role, ()):
            return  # nothing is told of a table that the caller may not read
        try:
            await self._eyes.check(known.ref, where, args, caller)
        except QueryError as error:
            raise Invalid("invalid_filter", error.message, details=error.details) from None

    def value_type(self, name: str) -> ValueType:
        """What can be done with values of a type."""
        return value_type(name)

    async def _ask_as(self, caller: Caller, schema: str, text: bytes, parameters: Sequence[bytes | None]) -> PGresult:
        start = opening(caller, schema, self.limits.statement_timeout_ms, read_only=True)
        lanes = self._multiplexer(caller.role, purpose=" changes")
        (result,) = await lanes.ask(start, [(text, parameters)], start[1][0] or b"", Meter())
        return result

    async def _condition(self, table: TableRef, where: Sequence[Filter], role: str) -> tuple[str, Sequence[int]]:
        plan = partial(plan_condition, limits=self.limits, role=role, table=table, where=where)
        try:
            return plan(self._snapshot)
        except DbaasError as error:
            return await self._look_again(error, plan)

    async def stats(self) -> Stats:
        """Vital signs."""
        row = (
            await self._watcher.ask(
                "select pg_database_size(datname), numbackends, blks_hit::float8 / nullif(blks_hit + blks_read, 0),"
                " xact_commit, xact_rollback from pg_stat_database where datname = current_database()"
            )
        )[0]
        size, connections, ratio, commits, rollbacks = row
        return Stats(
            int(size or 0),
            int(connections or 0),
            float(ratio) if ratio else None,
            int(commits or 0),
            int(rollbacks or 0),
        )


def _read_rows(plan: ReadPlan, results: Sequence[PGresult]) -> Rows:
    result = results[0]
    returned = int(result.get_value(0, 1) or 0)
    if plan.single and returned != 1:
        raise _not_single(returned)
    body = result.get_value(0, 0) or b""
    if not (plan.counted or plan.keyset or plan.answers or plan.planned_sql):
        return Rows(body, returned)
    column = 2
    total: int | None = None
    cursor: str | None = None
    if plan.counted:
        total = int(result.get_value(0, column) or 0)
        column += 1
    if plan.keyset:
        text = result.get_value(0, column)
        cursor = text.decode() if text is not None else None
        column += 1
    if plan.planned_sql is not None and (total is None or total > plan.count_cap):
        planned = _planned_rows(results[1])
        total = planned if total is None else max(total, planned)
    status, headers = _answers(result, column) if plan.answers else (None, ())
    return Rows(b"" if plan.void else body, returned, total, cursor=cursor, status=status, headers=headers)


def _written_rows(result: PGresult) -> Rows:
    inserted = result.get_value(0, 2)
    location = result.get_value(0, 3)
    status, headers = _answers(result, 4)
    return Rows(
        body=result.get_value(0, 0) or b"",
        returned=int(result.get_value(0, 1) or 0),
        inserted=int(inserted) if inserted is not None else None,
        status=status,
        headers=headers,
        location=tuple(orjson.loads(location).items()) if location is not None else (),
    )


def _answers(result: PGresult, column: int) -> tuple[int | None, tuple[tuple[str, str], ...]]:
    """What a function or trigger set as ``response.status`` and ``response.headers``.

    Raises:
        Invalid: it is not what these settings hold: a number; a JSON array of objects of one string each.
    """
    headers_text, status_text = result.get_value(0, column), result.get_value(0, column + 1)
    try:
        status = int(status_text) if status_text is not None else None
        if status is not None and not 200 <= status <= 599:
            raise ValueError
    except ValueError:
        raise Invalid("PGRST112", "response.status is not a status code.") from None
    if headers_text is None:
        return status, ()
    try:
        return status, settable(pair for item in orjson.loads(headers_text) for pair in item.items())
    except (ValueError, AttributeError, TypeError):
        raise Invalid(
            "PGRST111",
            "response.headers is not a JSON array of objects.",
            hint='Write it like [{"Cache-Control": "no-store"}].',
        ) from None


def _planned_rows(result: PGresult) -> int:
    plan = orjson.loads(result.get_value(0, 0) or b"[]")
    return int(plan[0]["Plan"]["Plan Rows"])


def _guard(plan: bytes, most: int) -> None:
    """Refuse an aggregate that the planner expects to read more rows than allowed."""

    def rows(node: dict[str, Any]) -> int:
        below = sum(rows(child) for child in node.get("Plans", ()))
        return below if "Plans" in node else int(node["Plan Rows"])

    expected = rows(orjson.loads(plan)[0]["Plan"])
    if expected > most:
        raise Invalid(
            "aggregate_too_large",
            f"This aggregate would read about {expected:,} rows; at most {most:,} are allowed.",
            hint="Filter first, or aggregate in a materialized view.",
        )


def _judge_writes(
    writes: Sequence[Write | None], plans: Sequence[WritePlan], results: Sequence[PGresult]
) -> DbaasError | None:
    for write, plan, result in zip(writes, plans, results, strict=True):
        if write is None:
            continue
        touched = int(result.get_value(0, 1) or 0)
        if write.max_affected is not None and touched > write.max_affected:
            return _too_many(touched, write.max_affected)
        if plan.matches_key and touched == 0 and write.kind is WriteKind.replace:
            return Invalid("key_mismatch", "Payload values do not match URL in primary key column(s)")
        if plan.single and touched != 1:
            return _not_single(touched)
    return None


def _judge_call(plan: ReadPlan, most: int | None, results: Sequence[PGresult]) -> DbaasError | None:
    returned = int(results[0].get_value(0, 1) or 0)
    if most is not None and returned > most:
        return _too_many(returned, most)
    return _not_single(returned) if plan.single and returned != 1 else None


def _too_large(size: int, most: int) -> Invalid:
    return Invalid(
        "result_too_large",
        f"The result has {size:,} bytes; at most {most:,} are allowed.",
        hint="Ask for fewer rows or columns, or export the table, which streams.",
    )


def _not_single(rows: int) -> Invalid:
    return Invalid(
        "not_single", "Cannot coerce the result to a single JSON object", details=f"The result contains {rows} rows"
    )


def _too_many(rows: int, most: int) -> Invalid:
    return Invalid(
        "too_many_affected",
        "Query result exceeds max-affected preference constraint",
        details=f"The query affects {rows} rows, at most {most} were allowed",
    )


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
