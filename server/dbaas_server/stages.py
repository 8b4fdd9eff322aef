"""A pipeline: the stages that rows go through, as doors and engines say it to each other.

The words are MongoDB's, the meaning is each engine's own: an SQL null is not a missing field, a column has one type.
Like every shape (:mod:`~dbaas_server.nouns`) it is frozen and hashable, and holds an :class:`~dbaas_server.nouns.Arg`
wherever a person's value belongs.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from .nouns import Arg

__all__ = [
    "Accumulator",
    "AddFields",
    "Combined",
    "Constant",
    "ConstantKind",
    "CountRows",
    "Document",
    "Elements",
    "Expression",
    "FieldPath",
    "FieldTest",
    "Group",
    "Holds",
    "Limit",
    "Lookup",
    "Match",
    "Not",
    "Now",
    "Operation",
    "Predicate",
    "Project",
    "ReplaceRoot",
    "Root",
    "Skip",
    "Sort",
    "SortKey",
    "Stage",
    "Unset",
    "Unwind",
]  # fmt: skip


# --- expressions ------------------------------------------------------------------------------------------------


class ConstantKind(StrEnum):
    """What a value was in JSON; part of the shape, since it decides the type that the engine gives it."""

    null = "null"
    boolean = "boolean"
    integer = "integer"  # fits 64 bits
    number = "number"
    text = "text"
    json = "json"  # an object or an array, as JSON text


@dataclass(frozen=True, slots=True)
class Constant:
    """A value that was sent. Its argument is text (``true``, ``12``, the string itself, JSON), or None for null."""

    kind: ConstantKind
    arg: Arg


@dataclass(frozen=True, slots=True)
class FieldPath:
    """``$a.b.c``: a field of the row, and the way into it."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Root:
    """``$$ROOT``: the whole row."""


@dataclass(frozen=True, slots=True)
class Now:
    """``$$NOW``: when the statement's transaction began."""


@dataclass(frozen=True, slots=True)
class Operation:
    """An operator and its operands, in the order that the parser's table of signatures gives.

    Attributes:
        operator: without ``$``.
        word: what it is told by name and not computed (a unit, a format), part of the shape.
    """

    operator: str
    operands: tuple[Expression, ...]
    word: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """``{a: …, b: …}``: a document made of expressions."""

    fields: tuple[tuple[str, Expression], ...]


@dataclass(frozen=True, slots=True)
class Elements:
    """``[…, …]``: an array made of expressions."""

    items: tuple[Expression, ...]


Expression: TypeAlias = Constant | FieldPath | Root | Now | Operation | Document | Elements


# --- predicates -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FieldTest:
    """``{field: {$operator: value}}``.

    Attributes:
        operator: eq ne gt gte lt lte regex size mod exists in nin all.
        operands: one; for ``in``, ``nin`` and ``all`` any number; for ``mod`` divisor and remainder.
        word: flags of a ``regex`` (of ``imsx``).
    """

    path: FieldPath
    operator: str
    operands: tuple[Constant, ...]
    word: str = ""


@dataclass(frozen=True, slots=True)
class Combined:
    """``and``, ``or``, ``nor`` over predicates."""

    operator: str
    items: tuple[Predicate, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The predicate does not hold: it is false, or cannot be said of a null."""

    item: Predicate


@dataclass(frozen=True, slots=True)
class Holds:
    """``$expr``: an expression is true."""

    expression: Expression


Predicate: TypeAlias = FieldTest | Combined | Not | Holds


# --- stages -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Match:
    """Rows for which a predicate holds."""

    predicate: Predicate


@dataclass(frozen=True, slots=True)
class Accumulator:
    """A field that a group computes.

    Attributes:
        operator: sum avg min max count push addToSet first last stdDevPop stdDevSamp.
        operand: None for ``count``.
    """

    name: str
    operator: str
    operand: Expression | None


@dataclass(frozen=True, slots=True)
class Group:
    """One row per value of ``key``, which becomes ``_id``."""

    key: Expression
    accumulators: tuple[Accumulator, ...]


@dataclass(frozen=True, slots=True)
class SortKey:
    """One sort key."""

    path: FieldPath
    descending: bool


@dataclass(frozen=True, slots=True)
class Sort:
    """Rows in order; nulls are the smallest."""

    keys: tuple[SortKey, ...]


@dataclass(frozen=True, slots=True)
class Project:
    """Only these fields, by path; with None they stay as they are. ``_id`` stays too unless ``drop_id``."""

    fields: tuple[tuple[tuple[str, ...], Expression | None], ...]
    drop_id: bool = False


@dataclass(frozen=True, slots=True)
class Unset:
    """All fields but these."""

    paths: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class AddFields:
    """These fields too, or instead of those of the same name."""

    fields: tuple[tuple[tuple[str, ...], Expression], ...]


@dataclass(frozen=True, slots=True)
class ReplaceRoot:
    """A document of the row takes the row's place."""

    expression: Expression


@dataclass(frozen=True, slots=True)
class Limit:
    """At most so many rows."""

    count: Arg


@dataclass(frozen=True, slots=True)
class Skip:
    """Without the first so many rows."""

    count: Arg


@dataclass(frozen=True, slots=True)
class Unwind:
    """One row per element of an array, which takes the array's place.

    Attributes:
        index: a field for the element's place, counted from 0.
        preserve: a row without elements stays, with null in the array's place.
    """

    path: FieldPath
    index: str | None = None
    preserve: bool = False


@dataclass(frozen=True, slots=True)
class Lookup:
    """Rows of another table of the same schema whose ``foreign`` field equals ``local``, as an array of documents."""

    table: str
    local: FieldPath
    foreign: FieldPath
    name: str


@dataclass(frozen=True, slots=True)
class CountRows:
    """One row with the number of rows; none where there are none."""

    name: str


Stage: TypeAlias = (
    Match | Group | Sort | Project | Unset | AddFields | ReplaceRoot | Limit | Skip | Unwind | Lookup | CountRows
)
