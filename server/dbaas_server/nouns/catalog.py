"""What exists in a database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["Catalog", "Column", "Function", "Key", "Parameter", "Relation", "Table", "TableRef"]


@dataclass(frozen=True, slots=True)
class TableRef:
    """A table, view or function by name. ``schema`` is None until the catalog resolved it."""

    name: str
    schema: str | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table. ``type`` is the engine's own name for it, as its DDL accepts it."""

    name: str
    type: str
    nullable: bool
    default: str | None = None
    generated: bool = False
    comment: str | None = None
    enum: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Key:
    """A primary or unique key, columns in key order."""

    name: str
    columns: tuple[str, ...]
    primary: bool


@dataclass(frozen=True, slots=True)
class Relation:
    """A foreign key: ``columns`` of ``table`` point at ``target_columns`` of ``target``."""

    name: str
    table: TableRef
    columns: tuple[str, ...]
    target: TableRef
    target_columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table or view as the catalog knows it.

    Attributes:
        kind: ``table``, ``view``, ``materialized view``, ``foreign table``.
        row_security: row security is enabled.
        policies: names of its row policies.
        grants: role → the privileges it has (``select``, ``insert``, ``update``, ``delete``), for the API roles.
        column_grants: (role, privilege) → the columns it is granted on; only of tables with column privileges.
        bypasses_policies: a view that runs with its owner's rights, so that row policies of its tables do not hold.
        estimated_rows: the planner's estimate; -1 when never analysed.
        distribution: how its rows are spread over workers, which then have them (and know its size): ``distributed``
            by its ``distribution_column``, ``reference`` or ``single shard``; None: it is where the database is.
    """

    ref: TableRef
    kind: str
    columns: Mapping[str, Column] = field(hash=False)
    keys: tuple[Key, ...] = ()
    row_security: bool = False
    policies: tuple[str, ...] = ()
    grants: Mapping[str, frozenset[str]] = field(default_factory=dict, hash=False)
    column_grants: Mapping[tuple[str, str], frozenset[str]] = field(default_factory=dict, hash=False)
    bypasses_policies: bool = False
    insertable: bool = True
    updatable: bool = True
    deletable: bool = True
    comment: str | None = None
    estimated_rows: int = -1
    size_bytes: int | None = None
    distribution: str | None = None
    distribution_column: str | None = None

    @property
    def primary_key(self) -> tuple[str, ...]:
        """Columns of the primary key, in key order; empty when there is none."""
        return next((key.columns for key in self.keys if key.primary), ())

    def granted(self, role: str, privilege: str) -> frozenset[str]:
        """The columns that a role may ``select``, ``insert`` or ``update``; for ``owner`` all of them."""
        if role == "owner" or privilege in self.grants.get(role, ()):
            return frozenset(self.columns)
        return self.column_grants.get((role, privilege), frozenset())

    def reached(self, role: str) -> frozenset[str]:
        """The columns that a role may do something with; none of a table whose name is not to be told to it."""
        if role == "owner" or self.grants.get(role):
            return frozenset(self.columns)
        return frozenset().union(*(columns for (other, _), columns in self.column_grants.items() if other == role))


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a function."""

    name: str
    type: str
    required: bool
    variadic: bool = False


@dataclass(frozen=True, slots=True)
class Function:
    """A function that can be called. ``volatility`` is ``immutable``, ``stable`` or ``volatile``."""

    ref: TableRef
    parameters: tuple[Parameter, ...]
    returns: str
    returns_set: bool
    returns_table: TableRef | None
    volatility: str
    comment: str | None = None
    composite: bool = False  # its result is a row (a table's, a composite type's, or TABLE(...)/OUT columns)
    executable_by: frozenset[str] = frozenset()  # API roles that may call it
    columns: Mapping[str, Column] = field(default_factory=dict, hash=False)  # of a composite result


@dataclass(frozen=True, slots=True)
class Catalog:
    """One consistent picture of a database. Immutable: a change makes a new one with a new ``version``."""

    version: int
    schemas: tuple[str, ...]
    tables: Mapping[TableRef, Table] = field(hash=False)
    relations: tuple[Relation, ...] = field(hash=False)
    functions: Mapping[TableRef, tuple[Function, ...]] = field(hash=False)  # overloads share a name
