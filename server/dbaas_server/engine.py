"""The data half of the engine seam: one :class:`Session` per open database and process, many callers at once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from dbaas_provisioning.engine import Capabilities
from dbaas_provisioning.errors import DbaasError, Unavailable
from dbaas_provisioning.nouns import Credential, Endpoint

from .changes import Change, Mask, ValueType
from .nouns import (
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
    QueryColumn,
    QueryResult,
    Read,
    Rows,
    ScrollPage,
    Stats,
    TableRef,
    Write,
    WriteKind,
)

__all__ = [
    "Limits",
    "OutcomeUnknown",
    "QueryError",
    "Scroll",
    "Session",
    "Statements",
    "StorageFull",
    "Target",
    "TooBusy",
]


_AS_IT_IS = Arrangement()


class QueryError(DbaasError):
    """The engine refused: ``code`` is its SQLSTATE, the texts are its own. Nothing of the request was kept.

    Attributes:
        place: which of several writes was refused; None where none of them was alone (a check at the commit).
        position: where in the statement, in characters from 0, when it was a person's own and the engine told.
    """

    place: int | None = None
    position: int | None = None


class OutcomeUnknown(Unavailable):
    """The connection was lost after a write was sent and before the engine answered.

    The one honest answer: it may or may not have been committed. Code ``outcome_unknown``.
    """


class TooBusy(Unavailable):
    """A bounded queue is full. Nothing was sent to the engine. Code ``too_busy``."""


class StorageFull(DbaasError):
    """The tenant's databases take more than they may, and this would add to them. Nothing was done."""

    def __init__(self) -> None:
        super().__init__(
            "storage_full",
            "The storage of this tenant is full.",
            hint="Delete rows and VACUUM, or drop what is not needed; it opens again by itself. Reading goes on.",
        )


@dataclass(frozen=True, slots=True)
class Limits:
    """What a session may spend, from the tenant's plan and the server's settings. Times in milliseconds."""

    statement_timeout_ms: int = 30_000
    max_rows: int = 1_000  # of a REST page, unless the caller asks for fewer
    max_query_rows: int = 10_000  # of arbitrary SQL, unless the caller asks for another number
    max_embed_depth: int = 8
    aggregate_scan_rows: int = 10_000_000
    max_writes: int = 100  # in one transaction
    collected_rows: int = 1_000_000  # that a pipeline reads to make arrays of them, which takes memory
    max_result_bytes: int = 32 * 1024 * 1024  # of what is made as one JSON value and held in memory
    read_connections: int = 2
    write_connections: int = 8
    query_connections: int = 4
    bulk_connections: int = 4  # exports and loads, which take as long as who is at their other end likes
    bulk_patience_ms: int = 5_000  # that one more of them waits for a connection
    scroll_connections: int = 6  # results that stay open, to be read on
    queue: int = 2_000
    storage_full: bool = False  # what adds to the database is refused


@dataclass(frozen=True, slots=True)
class Target:
    """A database to open a session on.

    ``wake`` makes sure that its engine runs and answers with the target as it is then (its port may have moved): a
    session calls it when a connection is refused.
    """

    endpoint: Endpoint
    physical_name: str
    owner: Credential
    api: Credential
    service: Credential
    exposure: str
    wake: Callable[[], Awaitable[Target]]


class Scroll(Protocol):
    """A statement's result that stays open: one snapshot, read in any place. Its methods are called one at a time.

    It holds a connection until it is closed. It closes itself when anything fails or is cancelled, and when somebody
    else waits for what it holds on to (the definition of a table may change while nobody reads on).

    Attributes:
        acts: the statement calls functions that may do more than read, by what is known before it runs.
    """

    columns: tuple[QueryColumn, ...]
    notices: tuple[str, ...]
    acts: bool

    @property
    def closed(self) -> bool:
        """Whether it has to be opened again."""
        ...

    async def fetch(self, offset: int, count: int) -> ScrollPage:
        """Some rows. A page far away costs the way from the last one; no page is computed anew for the next.

        A text of more than 10,000 characters is cut to its first 1,000. Where a page is very large, shorter ones are.

        Raises:
            QueryError: the engine refused, or ran into its time limit.
            Unavailable: it is closed.
        """
        ...

    async def value(self, row: int, column: int) -> tuple[str | None, int]:
        """A whole value as text, and its length in characters. Raises as :meth:`fetch`; ``NotFound`` (``no_row``);
        ``Invalid`` (``cell_too_large``) past ``max_result_bytes``.
        """
        ...

    async def close(self) -> None:
        """Let it go; what it does just now is cancelled. Safe to repeat."""
        ...


class Statements(Protocol):
    """What a person's own statements can be asked for, in whichever language the engine has."""

    limits: Limits

    async def run(
        self,
        text: str,
        args: Sequence[Any],
        caller: Caller,
        *,
        max_rows: int | None = None,
        cells: bool = False,
    ) -> QueryResult:
        """Run the engine's own language as the owner (or ``service_role``), time-limited and cancellable.

        Args:
            cells: values are :data:`~dbaas_server.nouns.Cell`, as those of a :class:`Scroll`.
        """
        ...

    async def scroll(
        self, text: str, args: Sequence[Any], caller: Caller, *, arrangement: Arrangement = _AS_IT_IS
    ) -> Scroll:
        """Open the result of one statement that only reads, for the same callers as :meth:`run`.

        Args:
            text: with ``$1`` for the first of ``args``.

        Raises:
            Invalid: ``not_pageable``: it is no such statement; ``unknown_column``, ``not_comparable``: the order or a
                condition names a column that is not there or whose type has none.
            QueryError: the engine refused, ``25006`` if it found, now or at the first page, that it would write.
            TooBusy: too many are open.
        """
        ...

    async def count(
        self, text: str, args: Sequence[Any], caller: Caller, *, arrangement: Arrangement = _AS_IT_IS
    ) -> int:
        """How many rows such a statement gives. Raises as :meth:`scroll`."""
        ...

    async def extract(
        self,
        text: str,
        args: Sequence[Any],
        caller: Caller,
        *,
        arrangement: Arrangement = _AS_IT_IS,
        form: ExtractForm = ExtractForm.csv,
    ) -> Extract:
        """Every row of such a statement with bounded memory, on a connection of exports. Raises as :meth:`scroll`.

        What it gives has to be read or closed: it holds the connection.
        """
        ...


class Session(Statements, Protocol):
    """An open database. Every method may be called by many tasks at once.

    A task that is cancelled cancels its statement in the engine, never a neighbour's.

    Codes of the errors that a door translates: ``unknown_table``, ``unknown_function`` (``NotFound``);
    ``unknown_column``, ``unknown_relationship``, ``ambiguous_relationship``, ``ambiguous_function``, ``not_single``,
    ``too_many_affected``, ``embed_not_to_one``, ``not_embedded`` (a filter or order names an embed that is not
    selected), ``order_not_grouped`` (an order by what the groups of an aggregate have no single value of),
    ``key_mismatch`` (a replacement's body names another row than its filter), ``invalid_cursor``,
    ``embed_too_deep``, ``aggregate_too_large`` (``Invalid``). What the engine itself refuses is a :class:`QueryError`.
    """

    can: Capabilities

    async def catalog(self, *, fresh: bool = False) -> Catalog:
        """The newest complete picture. Follows the engine's DDL by itself; never waits for a reload but the first.

        With ``fresh`` it looks for changes first, row estimates and sizes included.
        """
        ...

    async def read(self, read: Read, args: Sequence[ArgValue], caller: Caller) -> Rows:
        """Answer a question under the caller's role, claims and row policies, in a read-only transaction.

        Raises:
            Invalid: ``result_too_large``: more than ``max_result_bytes``; of one row by its key that is not asked.
        """
        ...

    async def read_all(self, reads: tuple[Read, ...], args: Sequence[ArgValue], caller: Caller) -> list[bytes]:
        """Answer several questions from one snapshot, under the caller's role, claims and row policies.

        The same tuple again is recognised without looking into it.

        Args:
            args: shared by all of them.

        Returns:
            One JSON value each: an array of rows; for a ``single`` read the row as an object, or null; for a function
            what it returns. At most ``max_rows`` rows, at every level.

        Raises:
            Invalid: ``result_too_large``: more than ``max_result_bytes``, all together.
        """
        ...

    async def statement_of(self, reads: tuple[Read, ...], caller: Caller) -> str:
        """What :meth:`read_all` sends, in the engine's own language, for those who may see it."""
        ...

    async def write(self, writes: Sequence[tuple[Write | Read, Sequence[ArgValue]]], caller: Caller) -> list[Rows]:
        """Carry all out in one transaction, in order; return only after it is committed.

        A ``Read`` among them is a function call that may write (its ``source`` is a ``Call``); the body of its rows is
        one JSON value, as :meth:`read_all` gives it. All together have the time of one statement. More than
        ``max_writes`` are ``Invalid`` (``too_many_writes``).
        """
        ...

    async def check_write(self, table: TableRef, kind: WriteKind, caller: Caller) -> None:
        """Refuse a write for which the caller lacks the privilege, as far as the catalog tells.

        For doors: before they read what is large. The engine itself decides when the write comes.

        Raises:
            QueryError: what the engine would say.
        """
        ...

    async def call(self, read: Read, args: Sequence[ArgValue], caller: Caller) -> Rows:
        """Call a function that may write (``read.source`` is a ``Call``); return only after commit."""
        ...

    async def explain(
        self, read: Read, args: Sequence[ArgValue], caller: Caller, *, analyze: bool, text: bool = False
    ) -> bytes:
        """The engine's plan for a read, as JSON, or as lines for people to read with ``text``."""
        ...

    async def run(
        self,
        text: str,
        args: Sequence[Any],
        caller: Caller,
        *,
        max_rows: int | None = None,
        cells: bool = False,
        offset: int | None = None,
    ) -> QueryResult:
        """As :meth:`Statements.run`; with an ``offset`` (0 included) a page of rows, of a text that only reads."""
        ...

    async def load(self, table: TableRef, columns: Sequence[str], stream: Chunks, caller: Caller) -> int:
        """Bulk-load CSV with a header line, all or nothing; returns the number of rows.

        Loads and exports have connections of their own, so that slow ones hold nobody else up. Raises ``TooBusy``.
        """
        ...

    def export(self, read: Read, args: Sequence[ArgValue], caller: Caller, format: Format) -> Chunks:
        """Stream every row with bounded memory, on a connection of its own. Raises ``TooBusy``."""
        ...

    async def visible(self, changes: Sequence[Change], callers: Sequence[Caller], *, hurry: bool = False) -> Mask:
        """What each caller may see of each change: grants, column grants and row policies of now.

        Evaluated by the engine on the row values themselves, never with a right to write. What cannot be decided (a
        value that the log left out, a column that may be another one by now, an expression that fails) is not shown.
        An update is seen by who may see the row as it is now.

        Args:
            hurry: others wait for the answer; a caller for whom it takes long has None instead of a row.

        Raises:
            Unavailable: nobody can tell just now; ask again.
        """
        ...

    async def matching(
        self, changes: Sequence[Change], where: Sequence[Filter], args: Sequence[ArgValue], role: str
    ) -> list[bool] | None:
        """Which changes of one table pass filters joined by "and"; None where that took too long.

        For changes that were judged: it looks at no right to read a column (:meth:`visible` does).

        The row as it is now is looked at, of a delete the row as it was. A row of which a value is missing that the
        filter names does not pass, nor does any where the filter fails.

        Args:
            role: whose rights the operators run with.

        Raises:
            Unavailable: nobody can tell just now; ask again.
        """
        ...

    async def check_filter(
        self, table: TableRef, where: Sequence[Filter], args: Sequence[ArgValue], caller: Caller
    ) -> None:
        """Refuse filters that could never be evaluated; say nothing of a table that the caller may not read.

        Args:
            table: a name or schema of ``*`` means all of them; then some table has to have the columns.

        Raises:
            Invalid: a column that is unknown or that the caller may not read, an unknown operator, an operand that is
                no value of its column.
        """
        ...

    def value_type(self, name: str) -> ValueType:
        """What can be done with values of a type, by the name that :class:`ChangedColumn` gives it."""
        ...

    async def stats(self) -> Stats:
        """Vital signs."""
        ...

    def findings(self, catalog: Catalog) -> Sequence[Finding]:
        """What could be better about its tables, as far as the catalog tells; what matters most comes first."""
        ...

    async def counted_findings(self, catalog: Catalog) -> Sequence[Finding]:
        """What the engine's own counters tell beyond that. Raises ``Unavailable``."""
        ...

    async def close(self) -> None:
        """Close every connection; requests under way fail with ``Unavailable``."""
        ...
