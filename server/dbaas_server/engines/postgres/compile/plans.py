"""What compiling gives: SQL text and how to run it."""

from __future__ import annotations

from dataclasses import dataclass

from ....nouns import TableRef

__all__ = ["TOO_LARGE", "CopyPlan", "ReadPlan", "WritePlan", "bounded"]

TOO_LARGE = "result_too_large"
"""What the engine says of a result that is too large."""


def bounded(body: str, number: str, most: int) -> str:
    """A number, or an error that takes the transaction back where a body has more bytes: then none of it is sent.

    SQL has no word for raising an error, but this text is no number.
    """
    size = f"pg_column_size({body})"
    return f"case when {size} > {most} then ('{TOO_LARGE}:' || {size})::bigint else {number} end"


@dataclass(frozen=True, slots=True, eq=False)
class ReadPlan:
    """A compiled read. Columns of its one row: body, rows in the page, then total, cursor, headers, status where asked.

    Attributes:
        sql: one statement.
        args: ``$1`` … as indexes into the shape's arguments.
        planned_sql: its EXPLAIN gives the planned count; takes ``planned_args``.
        counted: ``total`` is a column. With ``planned_sql`` too it stops counting at ``count_cap``.
        keyset: a cursor is a column.
        answers: headers and status are columns.
        single: exactly one row is wanted.
        cheap: at most one row by a unique key, so its cost is known to be small.
        guard: of an aggregate over tables large enough to look at the planner's estimate first: how many rows it may
            read by that.
        schema: leads the search path.
        tables: that the caller named, for the hint when a privilege is missing.
        may_write: must run in a transaction that may write.
        void: a function that returns nothing.
    """

    sql: bytes
    args: tuple[int, ...]
    schema: str
    tables: tuple[TableRef, ...]
    planned_sql: bytes | None = None
    planned_args: tuple[int, ...] = ()
    counted: bool = False
    count_cap: int = 0
    keyset: bool = False
    answers: bool = False
    single: bool = False
    cheap: bool = False
    guard: int | None = None
    call: bool = False
    void: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class CopyPlan:
    """The query of a COPY, without arguments. ``schema`` and ``guard`` as in :class:`ReadPlan`."""

    sql: bytes
    schema: str
    guard: int | None


@dataclass(frozen=True, slots=True, eq=False)
class WritePlan:
    """A compiled write. Columns of its one row: body, rows touched, inserted, location, headers, status.

    Attributes:
        body: index of the argument that is the JSON body, which must be an array.
        matches_key: of a PUT: no row touched means that body and URL name different rows.
    """

    sql: bytes
    args: tuple[int, ...]
    schema: str
    tables: tuple[TableRef, ...]
    body: int | None = None
    single: bool = False
    matches_key: bool = False
