"""The result of a person's own statement, read in any place and in any order."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

__all__ = ["CONDITIONS", "Arrangement", "Cell", "Condition", "LongText", "ScrollPage", "Sort"]

CONDITIONS = frozenset({"eq", "ne", "lt", "le", "gt", "ge", "contains", "starts", "null", "not_null"})
"""What a :class:`Condition` can ask. The comparisons are those of the column's own type, and never hold for a null;
``contains`` and ``starts`` look at the value's text and not at its case."""


@dataclass(frozen=True, slots=True)
class Sort:
    """By which column, as its index in the statement's own columns. Nulls come last either way."""

    column: int
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Condition:
    """What a column has to be.

    Attributes:
        column: its index in the statement's own columns.
        op: one of :data:`CONDITIONS`.
        value: as text, which the engine reads as a value of the column's type.
    """

    column: int
    op: str
    value: str | None = None


@dataclass(frozen=True, slots=True)
class Arrangement:
    """An order, and conditions that all have to hold. Without an order rows come as the statement gives them.

    Attributes:
        columns: names, where who asks has seen the result before: what a column's index means. A statement on documents
            may have other columns each time, one on tables when those were altered; a result that is open has its own.
    """

    order: tuple[Sort, ...] = ()
    where: tuple[Condition, ...] = ()
    columns: tuple[str, ...] = field(default=(), compare=False)

    def __bool__(self) -> bool:
        return bool(self.order or self.where)


@dataclass(frozen=True, slots=True)
class LongText:
    """The beginning of a long text, and how many characters it has in all."""

    text: str
    length: int


Cell: TypeAlias = bool | int | float | str | LongText | None
"""Integers within ±2^53 and finite floats are numbers, everything else is as the engine writes it."""


@dataclass(frozen=True, slots=True)
class ScrollPage:
    """Some rows; ``complete`` when the last row of all is among them, or there is none behind the offset."""

    rows: list[tuple[Cell, ...]]
    complete: bool
