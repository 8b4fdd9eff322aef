"""What an expression may name, and what is collected on the way."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from dbaas_provisioning.errors import Invalid, NotFound

from ....engine import Limits
from ....nouns import Arg, ArgValue, Column, Function, JsonStep, Path, Table, TableRef
from ..catalog import Snapshot
from .names import ident, literal, qualified

__all__ = ["Context", "Literals", "Parameters", "Scope", "closest", "did_you_mean", "lossy", "path_sql", "table_scope"]


class Parameters:
    """Renders arguments as ``$1``, ``$2`` …, in the order of their first use."""

    def __init__(self) -> None:
        self.order: dict[int, int] = {}

    def render(self, arg: Arg) -> str:
        """The placeholder of an argument."""
        return f"${self.order.setdefault(arg.index, len(self.order) + 1)}"


class Literals:
    """Renders arguments as constants, for statements that take no parameters."""

    def __init__(self, values: Sequence[ArgValue]) -> None:
        self.values = values
        self.order: dict[int, int] = {}

    def render(self, arg: Arg) -> str:
        """The value as a quoted constant of a type still to be inferred."""
        value = self.values[arg.index]
        if value is None:
            return "null"
        return literal(value.decode() if isinstance(value, bytes) else value)


@dataclass(slots=True)
class Context:
    """One compilation.

    Attributes:
        role: for which role; decides what ``*`` means where column privileges are set.
        text_numbers: int8 and numeric are rendered as strings.
        uncapped: no limit on rows (an export).
        tables: every table met, and whether the caller named it (and did not come to it by a foreign key's name).
    """

    snapshot: Snapshot
    limits: Limits
    role: str
    args: Parameters | Literals
    text_numbers: bool = False
    uncapped: bool = False
    tables: dict[TableRef, bool] = field(default_factory=dict)
    aliases: int = 0
    depth: int = 0

    def alias(self, prefix: str = "t") -> str:
        """A new alias."""
        self.aliases += 1
        return f"{prefix}{self.aliases}"

    def table(self, ref: TableRef, *, named: bool = True) -> Table:
        """A table by name. Raises ``NotFound`` (``unknown_table``)."""
        schema = ref.schema or self.snapshot.default_schema()
        found = self.snapshot.catalog.tables.get(TableRef(ref.name, schema))
        if found is None:
            tables = self.snapshot.catalog.tables.items()
            near = (other.name for other, table in tables if other.schema == schema and table.reached(self.role))
            raise NotFound(
                "unknown_table",
                f"Could not find the table '{schema}.{ref.name}' in the schema cache",
                hint=did_you_mean(ref.name, near, "the table", schema=schema),
            )
        self.meet(found.ref, named=named)
        return found

    def meet(self, ref: TableRef, *, named: bool) -> None:
        """A table is in play."""
        self.tables[ref] = named or self.tables.get(ref, False)

    @property
    def named(self) -> tuple[TableRef, ...]:
        """The tables that the caller named."""
        return tuple(ref for ref, named in self.tables.items() if named)

    def reached(self, ref: TableRef) -> frozenset[str]:
        """The columns of a table that this role may be told of."""
        table = self.snapshot.catalog.tables.get(ref)
        return table.reached(self.role) if table is not None else frozenset()

    def visible_columns(self, scope: Scope) -> list[Column]:
        """The columns that ``*`` means for this role."""
        if scope.ref is not None:
            granted = self.snapshot.column_grants.get((scope.ref, self.role))
            if granted is not None:
                return [column for column in scope.columns.values() if column.name in granted]
        return list(scope.columns.values())

    def star_is_all(self, scope: Scope) -> bool:
        """Whether ``alias.*`` may be written for ``*``."""
        return (
            scope.ref is None
            or (scope.ref, self.role) not in self.snapshot.column_grants
            or (len(self.visible_columns(scope)) == len(scope.columns))
        )


@dataclass(frozen=True, slots=True)
class Scope:
    """A row in reach.

    Attributes:
        alias: of the row's source; already safe, never quoted.
        columns: by name.
        row: an expression of the row's own type, for functions that take one; None where there is none.
        ref: the table it is a row of.
        name: what messages call it.
    """

    alias: str
    columns: Mapping[str, Column]
    name: str
    ref: TableRef | None = None
    row: str | None = None

    def column(self, name: str) -> str:
        """A column that is known to exist."""
        return f"{self.alias}.{ident(name)}"


def table_scope(table: Table, alias: str) -> Scope:
    """The scope of a table's (or view's) row."""
    return Scope(alias, table.columns, table.ref.name, table.ref, alias)


def path_sql(context: Context, scope: Scope, path: Path) -> tuple[str, str]:
    """An expression and its type. Raises ``Invalid`` (``unknown_column``)."""
    column = scope.columns.get(path.column)
    if column is not None:
        sql, kind = scope.column(path.column), column.type
    else:
        function = _computed(context, scope, path.column)
        if function is None:
            raise Invalid(
                "unknown_column",
                f"Could not find the '{path.column}' column of '{scope.name}' in the schema cache",
                hint=did_you_mean(
                    path.column, scope.columns if scope.ref is None else context.reached(scope.ref), "the column"
                ),
            )
        sql, kind = f"{qualified(function.ref)}({scope.row})", function.returns
    if not path.steps:
        return sql, kind
    if kind not in ("json", "jsonb"):
        sql, kind = f"to_jsonb({sql})", "jsonb"
    for step in path.steps:
        sql += ("->>" if step.as_text else "->") + _key(step)
    return sql, "text" if path.steps[-1].as_text else kind


def lossy(kind: str) -> bool:
    """Whether JSON clients would round such a number."""
    return kind == "bigint" or kind == "numeric" or kind.startswith("numeric(")


def closest(name: str, candidates: Iterable[str]) -> str | None:
    """The candidate that looks most like a name, if one does."""
    close = difflib.get_close_matches(name, list(candidates)[:5000], n=1, cutoff=0.6)
    return close[0] if close else None


def did_you_mean(name: str, candidates: Iterable[str], what: str, *, schema: str | None = None) -> str | None:
    """A hint that names the most likely intention, if there is one."""
    near = closest(name, candidates)
    return None if near is None else f"Perhaps you meant {what} '{schema + '.' if schema else ''}{near}'"


def _computed(context: Context, scope: Scope, name: str) -> Function | None:
    if scope.ref is None or scope.row is None:
        return None
    for function in context.snapshot.row_functions.get(scope.ref, ()):
        if (
            function.ref.name == name
            and len(function.parameters) == 1
            and not function.returns_set
            and not function.composite
        ):
            return function
    return None


def _key(step: JsonStep) -> str:
    # An integer index is digits only; a key is a constant, never a parameter, so that expression indexes match.
    return str(step.key) if isinstance(step.key, int) else literal(step.key)
