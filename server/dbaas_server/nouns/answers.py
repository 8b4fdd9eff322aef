"""What comes back."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeAlias

__all__ = ["Chunks", "Extract", "ExtractForm", "Position", "QueryColumn", "QueryResult", "Rows", "Stats"]


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows as the engine rendered them.

    Attributes:
        body: the rendered page: a JSON array, an object when ``single``, CSV text.
        returned: rows in the page (for a write: rows touched).
        total: rows in all, when a count was asked for.
        inserted: of an upsert, how many did not exist before.
        cursor: of a ``keyset`` read, where its last row is; None at the end.
        headers, status: what a function set for the response (``response.headers``, ``response.status``).
        location: key columns and values of a single inserted row, for the Location header.
    """

    body: bytes
    returned: int
    total: int | None = None
    inserted: int | None = None
    cursor: str | None = None
    status: int | None = None
    headers: tuple[tuple[str, str], ...] = ()
    location: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class QueryColumn:
    """A column of a query's result; ``type`` is the engine's name for it.

    Attributes:
        precision, scale: of decimal numbers that have them fixed.
    """

    name: str
    type: str
    precision: int | None = None
    scale: int | None = None


@dataclass(frozen=True, slots=True)
class QueryResult:
    """What arbitrary SQL gave.

    Attributes:
        rows: values as Python's JSON-able types, a tuple per row, at most the row cap.
        row_count: rows returned or touched, as the engine reported.
        truncated: there were more rows than the cap.
        command: the engine's tag, such as ``SELECT 3`` or ``CREATE TABLE``.
    """

    columns: tuple[QueryColumn, ...]
    rows: list[tuple[Any, ...]]
    row_count: int
    truncated: bool
    command: str
    notices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place in a database's change order. ``epoch`` moves when a restore rewinds the log."""

    epoch: int
    order: int


@dataclass(frozen=True, slots=True)
class Stats:
    """An engine's vital signs for one database."""

    size_bytes: int
    connections: int
    cache_hit_ratio: float | None
    commits: int
    rollbacks: int


Chunks: TypeAlias = AsyncIterator[bytes]
"""A stream of bytes with bounded memory."""


class ExtractForm(StrEnum):
    """How rows are rendered on their way out."""

    csv = "csv"  # without a header line; a null is empty, an empty text is ""
    typed = "typed"  # the same, with arrays as JSON
    json = "json"  # an object per line


@dataclass(frozen=True, slots=True)
class Extract:
    """All rows of a statement on their way out.

    Attributes:
        names: the columns' names, later twins numbered.
        chunks: whole rows, each chunk of about 256 KiB.
    """

    columns: tuple[QueryColumn, ...]
    names: tuple[str, ...]
    chunks: AsyncGenerator[bytes]
