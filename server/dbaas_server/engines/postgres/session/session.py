"""The seam's face: which function answers which question."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dbaas_provisioning.engine import Capabilities

from ....changes import Change, Mask, ValueType
from ....engine import Limits, Scroll, Target
from ....nouns import (
    ArgValue,
    Arrangement,
    Caller,
    Catalog,
    Chunks,
    Extract,
    ExtractForm,
    Filter,
    Finding,
    Format,
    QueryResult,
    Read,
    Rows,
    Stats,
    TableRef,
    Write,
    WriteKind,
)  # fmt: skip
from .. import advice
from ..valuetypes import value_type
from . import bulk, reading, scrolling, seeing, writing
from .opened import Opened

__all__ = ["PostgresSession", "open_session"]

_AS_IT_IS = Arrangement()


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
        self._opened = Opened(target, limits, self._new_version)
        self._eyes = seeing.eyes_of(self._opened)

    def _new_version(self) -> None:
        self._eyes.guards.forget_all()

    async def start(self) -> None:
        """Read the catalog for the first time."""
        await self._opened.watcher.start()

    async def close(self) -> None:
        """Close every connection; requests under way fail with ``Unavailable``."""
        await self._opened.close()

    async def catalog(self, *, fresh: bool = False) -> Catalog:
        """The newest complete picture.

        Args:
            fresh: look for changes first, row estimates and sizes included.
        """
        if fresh:
            await self._opened.watcher.look(statistics=True)
        return self._opened.snapshot.catalog

    async def read(self, read: Read, args: Sequence[ArgValue], caller: Caller) -> Rows:
        """Answer a question under the caller's role, claims and row policies, in a read-only transaction."""
        return await reading.read(self._opened, read, args, caller)

    async def read_all(self, reads: tuple[Read, ...], args: Sequence[ArgValue], caller: Caller) -> list[bytes]:
        """Answer several questions from one snapshot: one JSON value each."""
        return await reading.read_all(self._opened, reads, args, caller)

    async def statement_of(self, reads: tuple[Read, ...], caller: Caller) -> str:
        """What :meth:`read_all` sends, in the engine's own language."""
        return self._opened.plans.together(self._opened.snapshot, reads, caller.role).plan.sql.decode()

    async def explain(
        self, read: Read, args: Sequence[ArgValue], caller: Caller, *, analyze: bool, text: bool = False
    ) -> bytes:
        """The engine's plan for a read, as JSON, or as lines for people to read with ``text``."""
        return await reading.explain(self._opened, read, args, caller, analyze=analyze, text=text)

    async def write(self, writes: Sequence[tuple[Write | Read, Sequence[ArgValue]]], caller: Caller) -> list[Rows]:
        """Carry all out in one transaction, in order; return only after it is committed."""
        return await writing.write(self._opened, writes, caller)

    async def check_write(self, table: TableRef, kind: WriteKind, caller: Caller) -> None:
        """Refuse a write for which the caller lacks the privilege, as far as the catalog tells."""
        await writing.check_write(self._opened, table, kind, caller)

    async def call(self, read: Read, args: Sequence[ArgValue], caller: Caller) -> Rows:
        """Call a function that may write (``read.source`` is a ``Call``); return only after commit."""
        return await writing.call(self._opened, read, args, caller)

    async def run(
        self,
        text: str,
        args: Sequence[Any],
        caller: Caller,
        *,
        max_rows: int | None = None,
        offset: int | None = None,
        cells: bool = False,
    ) -> QueryResult:
        """Run SQL as the owner (or ``service_role``), time-limited and cancellable."""
        return await bulk.run(self._opened, text, args, caller, max_rows=max_rows, offset=offset, cells=cells)

    async def scroll(
        self, text: str, args: Sequence[Any], caller: Caller, *, arrangement: Arrangement = _AS_IT_IS
    ) -> Scroll:
        """Open the result of one statement that only reads."""
        return await scrolling.scroll(self._opened, text, args, caller, arrangement)

    async def count(
        self, text: str, args: Sequence[Any], caller: Caller, *, arrangement: Arrangement = _AS_IT_IS
    ) -> int:
        """How many rows such a statement gives."""
        return await scrolling.count(self._opened, text, args, caller, arrangement)

    async def extract(
        self,
        text: str,
        args: Sequence[Any],
        caller: Caller,
        *,
        arrangement: Arrangement = _AS_IT_IS,
        form: ExtractForm = ExtractForm.csv,
    ) -> Extract:
        """Every row of such a statement with bounded memory."""
        return await scrolling.extract(self._opened, text, args, caller, arrangement, form)

    async def load(self, table: TableRef, columns: Sequence[str], stream: Chunks, caller: Caller) -> int:
        """Bulk-load CSV with a header line, all or nothing; returns the number of rows."""
        return await bulk.load(self._opened, table, columns, stream, caller)

    def export(self, read: Read, args: Sequence[ArgValue], caller: Caller, format: Format) -> Chunks:
        """Stream every row with bounded memory, on a connection of its own.

        Yields:
            About 256 KiB at a time; CSV with a header line, or one JSON array.
        """
        return bulk.export(self._opened, read, args, caller, format)

    async def visible(self, changes: Sequence[Change], callers: Sequence[Caller], *, hurry: bool = False) -> Mask:
        """What each caller may see of each change, by the grants and row policies of now."""
        return await self._eyes.visible(changes, callers, hurry=hurry)

    async def matching(
        self, changes: Sequence[Change], where: Sequence[Filter], args: Sequence[ArgValue], role: str
    ) -> list[bool] | None:
        """Which changes of one table pass filters joined by "and"; None where that took too long."""
        return await self._eyes.matching(changes, where, args, role)

    async def check_filter(
        self, table: TableRef, where: Sequence[Filter], args: Sequence[ArgValue], caller: Caller
    ) -> None:
        """Refuse filters that could never be evaluated."""
        await seeing.check_filter(self._opened, self._eyes, table, where, args, caller)

    def value_type(self, name: str) -> ValueType:
        """What can be done with values of a type."""
        return value_type(name)

    async def stats(self) -> Stats:
        """Vital signs."""
        row = (
            await self._opened.watcher.ask(
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

    def findings(self, catalog: Catalog) -> Sequence[Finding]:
        """What could be better about its tables, as far as the catalog tells."""
        return advice.of_catalog(catalog, self._opened.exposure)

    async def counted_findings(self, catalog: Catalog) -> Sequence[Finding]:
        """Tables that were never analysed, indexes that are there twice."""
        ((answer,),) = await self._opened.watcher.ask(advice.COUNTED)
        return advice.of_counts(answer, catalog.tables.__contains__)
