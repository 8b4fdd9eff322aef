"""Changes to a table."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from .arguments import Arg
from .catalog import TableRef
from .reading import Filter, Order, Read

__all__ = ["Resolution", "Write", "WriteKind"]


class WriteKind(StrEnum):
    """What a write does."""

    insert = "insert"
    update = "update"
    upsert = "upsert"  # on conflict: merge or ignore
    replace = "replace"  # type: ignore[assignment]  # PUT: the row with this key is exactly this
    delete = "delete"


class Resolution(StrEnum):
    """What an upsert does with a row that exists."""

    merge = "merge"
    ignore = "ignore"


@dataclass(frozen=True, slots=True)
class Write:
    """A change to one table.

    Attributes:
        body: the JSON text of an array of objects (one object is an array of one); None for a delete.
        columns: the columns written; others keep their default, or null without ``missing_default``.
        where: for update and delete.
        returning: what is read of the rows touched; None for nothing.
        max_affected: more rows than this, and nothing is done.
        rollback: do everything, then undo it (``tx=rollback``).
        update_columns: of an upsert, what a merge changes; None for all of ``columns``.
        locate: the key of a single inserted row is wanted in ``Rows.location``, even where nothing is returned.
    """

    kind: WriteKind
    table: TableRef
    body: Arg | None = None
    columns: tuple[str, ...] = ()
    where: tuple[Filter, ...] = ()
    order: tuple[Order, ...] = ()
    limit: Arg | None = None
    returning: Read | None = None
    conflict_on: tuple[str, ...] = ()
    resolution: Resolution = Resolution.merge
    update_columns: tuple[str, ...] | None = None
    missing_default: bool = False
    max_affected: int | None = None
    rollback: bool = False
    locate: bool = False
    time_zone: str | None = None
