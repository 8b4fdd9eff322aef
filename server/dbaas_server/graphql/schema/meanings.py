"""What a field of the schema means to the planner. Kept in the field's ``extensions``."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from ...nouns import Aggregate, Function, Relation, Table, TableRef
from .kinds import Kind

__all__ = [
    "KEY", "Aggregates", "Cell", "Change", "Cursor", "FunctionCall", "Get", "Link", "Links", "Meaning", "Model",
    "Part", "Piped", "Returned", "Rows", "Stream", "Summary",
]  # fmt: skip

KEY = "dbaas"
"""Where a meaning is in ``extensions``."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A column of a row; an aggregate of it inside ``sum``, ``avg``, ``min``, ``max``; without a name, the count."""

    column: str
    kind: Kind
    aggregate: Aggregate | None = None
    cast: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Link:
    """Related rows: one object, or a list."""

    relation: Relation
    outward: bool
    to_one: bool
    target: Model


@dataclass(slots=True, eq=False)
class Model:
    """A table as one role sees it. Names of fields, not of columns, are the keys.

    Attributes:
        database: the tenant's name for the database it is in.
        columns: readable ones.
        links: to tables that are readable too.
        key: columns of the primary key, where all of them are readable.
        settable: column by field, for ``insert`` and ``update``.
        keys: enum name → columns, of the keys that an insert may conflict with.
    """

    database: str
    table: Table
    type_name: str
    columns: dict[str, Cell] = field(default_factory=dict)
    links: dict[str, Link] = field(default_factory=dict)
    key: tuple[str, ...] = ()
    insertable: dict[str, Cell] = field(default_factory=dict)
    updatable: dict[str, Cell] = field(default_factory=dict)
    keys: dict[str, tuple[str, ...]] = field(default_factory=dict)
    fields: dict[str, str] = field(default_factory=dict)  # column → field, of all of them

    @property
    def ref(self) -> TableRef:
        """The table's name."""
        return self.table.ref


@dataclass(frozen=True, slots=True, eq=False)
class Cursor:
    """``_cursor`` of a row."""


@dataclass(frozen=True, slots=True, eq=False)
class Links:
    """``X_aggregate`` beside the list ``X``."""

    link: Link


@dataclass(frozen=True, slots=True)
class Aggregates:
    """``sum``, ``avg``, ``min`` or ``max``: an object of cells."""


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """``find_T``."""

    model: Model


@dataclass(frozen=True, slots=True, eq=False)
class Get:
    """``get_T_by_id``. ``arguments``: argument → column."""

    model: Model
    arguments: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Summary:
    """``find_T_aggregate``."""

    model: Model


@dataclass(frozen=True, slots=True, eq=False)
class Piped:
    """``aggregate_T``."""

    model: Model


@dataclass(frozen=True, slots=True, eq=False)
class Change:
    """``insert_T``, ``update_T``, ``delete_T``: which is in ``verb``."""

    verb: str
    model: Model


@dataclass(frozen=True, slots=True, eq=False)
class Returned:
    """``returning`` of a mutation's response; ``affected_rows`` when ``model`` is None."""

    model: Model | None


@dataclass(frozen=True, slots=True, eq=False)
class Stream:
    """``T_stream``."""

    model: Model


@dataclass(frozen=True, slots=True)
class Part:
    """A field of ``T_change``: ``cursor``, ``type``, ``commit_timestamp``, ``record`` or ``old_record``."""

    name: str


@dataclass(frozen=True, slots=True, eq=False)
class FunctionCall:
    """A function.

    Attributes:
        arguments: argument → parameter's name and kind.
        model: of the rows that it returns, where they are a table's.
        result: the kind of a value that is no row.
    """

    database: str
    function: Function
    arguments: dict[str, Cell]
    model: Model | None
    result: Kind | None


Meaning: TypeAlias = (
    Cell
    | Link
    | Cursor
    | Links
    | Aggregates
    | Rows
    | Get
    | Summary
    | Piped
    | Change
    | Returned
    | Stream
    | Part
    | FunctionCall
)
