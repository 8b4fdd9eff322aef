"""What an engine's log tells: committed changes, in commit order."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, TypeAlias

from dbaas_provisioning.errors import Invalid

from .nouns import Position, TableRef

__all__ = [
    "UNCHANGED",
    "Change",
    "ChangeKind",
    "ChangedColumn",
    "ChangedTable",
    "Family",
    "Mask",
    "Unchanged",
    "Value",
    "ValueType",
    "Values",
    "Visible",
    "format_position",
    "parse_position",
]


class ChangeKind(StrEnum):
    """What happened to a row, or to all of a table's."""

    insert = "insert"
    update = "update"
    delete = "delete"
    truncate = "truncate"


class Unchanged:
    """Stands for a large value that the log left out since the update did not touch it, and nothing else tells."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "UNCHANGED"


UNCHANGED: Final = Unchanged()

Value: TypeAlias = "str | Unchanged | None"
"""A value as the engine writes it as text."""

Values: TypeAlias = tuple[Value, ...]
"""One per column of the changed table, in its order."""


@dataclass(frozen=True, slots=True)
class ChangedColumn:
    """A column as it was when the change was made.

    Attributes:
        type: the engine's own name for it, as DDL accepts it.
        key: it belongs to the row's identity in the log.
        number: the engine's own for it, which outlives a renaming; None where that could not be found out any more.
    """

    name: str
    type: str
    key: bool
    number: int | None = None


@dataclass(frozen=True, slots=True)
class ChangedTable:
    """A table as it was when the change was made; another object after its definition changed.

    Attributes:
        identity: the engine's number for the table, which outlives a renaming.
    """

    identity: int
    ref: TableRef
    columns: tuple[ChangedColumn, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """One row of a committed transaction.

    Attributes:
        position: after this change; orders all changes of a database totally.
        committed_at: when its transaction was committed, with its time zone.
        record: the row as it is now; None for a delete and a truncate.
        old: the row as it was, or as much of it as the log has (its key columns, others None) when ``old_is_key``;
            None where the log has nothing.
    """

    position: Position
    kind: ChangeKind
    table: ChangedTable
    committed_at: datetime
    record: Values | None = None
    old: Values | None = None
    old_is_key: bool = False


def format_position(position: Position) -> str:
    """What a client is told and hands back: ``epoch-order``, the order in hexadecimal digits."""
    return f"{position.epoch}-{position.order:x}"


def parse_position(text: str) -> Position:
    """The position that a client hands back. Raises ``Invalid`` (``invalid_position``)."""
    if (match := _POSITION.fullmatch(text)) is None:
        raise Invalid(
            "invalid_position",
            "This is no position in a feed of changes.",
            hint="Send the position of a change as it was received.",
            details=text[:100],
        )
    return Position(int(match[1]), int(match[2], 16))


_POSITION = re.compile(r"([0-9]{1,18})-([0-9a-f]{1,24})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Visible:
    """What a caller may see of a change.

    Attributes:
        columns: places of the columns that the caller may read, in order.
        record: the row as it is now may be shown.
        old: the row as it was may be shown.
    """

    columns: tuple[int, ...]
    record: bool
    old: bool


Mask: TypeAlias = "list[list[Visible | None] | None]"
"""Per caller, per change; None where the caller must not even learn that something happened. None in place of a
caller's row: it was not found out in the time that there was."""


class Family(StrEnum):
    """How values of a type compare, as far as that can be told without the engine."""

    number = "number"
    boolean = "boolean"
    text = "text"
    other = "other"


@dataclass(frozen=True, slots=True)
class ValueType:
    """What can be done with a column's values.

    Attributes:
        name: the engine's short name, which clients tell types by: ``int8``, ``_text`` for an array.
        json: a value as JSON.
        exact: the same with 64-bit and decimal numbers as strings, as :class:`~.nouns.Read` has ``numbers_as_text``.
        text: a value cast to text, an array to one of texts, as JSON.
    """

    name: str
    family: Family
    json: Callable[[str], bytes]
    exact: Callable[[str], bytes]
    text: Callable[[str], bytes]
