"""An order and conditions around a statement whose text stays as it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from psycopg.postgres import types as builtin

from dbaas_provisioning.errors import Conflict, DbaasError, Invalid

from ....engine import QueryError
from ....nouns import CONDITIONS, Arrangement, Condition, QueryColumn
from .cells import HEAD_CHARACTERS, WHOLE_CHARACTERS

__all__ = ["WHOLE", "Wrapped", "check", "explained", "wrap"]

WHOLE = "dbaas.whole"
"""A setting of the engine's: the column that is not cut just now."""

_COMPARISONS = {"eq": "=", "ne": "<>", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}
_TEXTS = frozenset(builtin[name].oid for name in ("text", "varchar"))
_BYTES = builtin["bytea"].oid
_UNKNOWN_OPERATOR = "42883"


@dataclass(slots=True)
class Wrapped:
    """A statement that gives some or all columns of another, arranged.

    Attributes:
        inner: the text inside, with ``$1`` … for its own parameters.
        width: how many columns that has.
        values: of the parameters behind its own.
        materialized: it is carried out once, whatever is read twice of it.
        no_nulls: columns that hold none for certain.
    """

    inner: str
    width: int
    arrangement: Arrangement
    first: int
    materialized: bool = False
    no_nulls: frozenset[int] = frozenset()
    values: list[str] = field(default_factory=list)

    def select(self, items: str, names: Sequence[str] | None = None, *, above: bool = False) -> str:
        """The whole statement.

        Args:
            items: what is selected of ``q``, whose columns are ``c0``, ``c1`` … or those of ``names``.
            above: the items are computed of rows that are in their order already. Whatever they are, equal rows are
                then in the same order, and each is computed anew when its row is read.
        """
        if above and self.arrangement.order:
            return f"select {items} from ({self.select('q.*', names)}) as q"
        self.values = []
        names = [f"c{number}" for number in range(self.width)] if names is None else names
        columns = f"({', '.join(names)})" if names else ""
        # The line breaks end a comment that the text ends with.
        if self.materialized:
            text = f"with q{columns} as materialized (\n{self.inner}\n) select {items} from q"
        else:
            text = f"select {items} from (\n{self.inner}\n) as q{columns}"
        conditions = [self._condition(each, names[each.column]) for each in self.arrangement.where]
        if conditions:
            text += " where " + " and ".join(conditions)
        order = [
            f"q.{names[sort.column]}"
            + (" desc" if sort.descending else "")
            # Nulls are last of themselves in a rising order; an index serves a falling one only without these words.
            + (" nulls last" if sort.descending and sort.column not in self.no_nulls else "")
            for sort in self.arrangement.order
        ]
        return text + (" order by " + ", ".join(order) if order else "")

    def _condition(self, condition: Condition, name: str) -> str:
        if condition.op == "null":
            # A composite whose parts are null "is null" as well, and one of whose parts some are is neither.
            return f"q.{name} is not distinct from null"
        if condition.op == "not_null":
            return f"q.{name} is distinct from null"
        value = condition.value or ""
        if condition.op in _COMPARISONS:
            self.values.append(value)
            return f"q.{name} {_COMPARISONS[condition.op]} ${self.first + len(self.values) - 1}"
        escaped = value.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        self.values.append(f"%{escaped}%" if condition.op == "contains" else f"{escaped}%")
        # A collation of the column's own may be one that patterns are not possible with.
        return f'q.{name}::text collate "default" ilike ${self.first + len(self.values) - 1}'


def wrap(kinds: Sequence[int], *, whole: int | None = None) -> tuple[str, dict[int, int]]:
    """The items of a page: long texts cut where they are, and behind all of them how long those are.

    A cursor looks at :data:`WHOLE` for each row that it reads.

    Args:
        kinds: the columns' types.
        whole: a column that is never cut.

    Returns:
        The items, and for a column that may be cut the place of its length.
    """
    items = [f"q.c{column}" for column in range(len(kinds))]
    lengths: dict[int, int] = {}
    for column, kind in enumerate(kinds):
        name = f"q.c{column}"
        if kind in _TEXTS:
            long = f"octet_length({name}) > {WHOLE_CHARACTERS} and length({name}) > {WHOLE_CHARACTERS}"
            cut, length = f"left({name}, {HEAD_CHARACTERS})", f"length({name})"
            rest = name
        elif kind == _BYTES:
            long = f"octet_length({name}) > {WHOLE_CHARACTERS // 2}"
            rest = f"'\\x' || encode({name}, 'hex')"
            cut = f"'\\x' || encode(substring({name} from 1 for {HEAD_CHARACTERS // 2 - 1}), 'hex')"
            length = f"2 + 2 * octet_length({name})"
        else:
            continue
        if column == whole:
            continue
        long += f" and pg_catalog.current_setting('{WHOLE}', true) is distinct from '{column}'"
        items[column] = f"case when {long} then {cut} else {rest} end"
        lengths[column] = len(items)
        items.append(f"case when {long} then {length} end")
    return ", ".join(items), lengths


def check(arrangement: Arrangement, columns: Sequence[QueryColumn]) -> None:
    """Refuse what names no column, or another one than was meant, or asks for nothing known.

    Raises:
        Conflict: ``columns_changed``: who asks has seen other columns. More of them behind those change nothing.
        Invalid: ``unknown_column``, ``unknown_operator``, ``missing_field``.
    """
    if arrangement.columns != tuple(column.name for column in columns[: len(arrangement.columns)]):
        raise Conflict(
            "columns_changed", "The statement gives other columns than before.", hint="Run the statement again."
        )
    for place in (*(each.column for each in arrangement.order), *(each.column for each in arrangement.where)):
        if not 0 <= place < len(columns):
            raise Invalid("unknown_column", f"The result has no column {place}: it has {len(columns)}, from 0 on.")
    for each in arrangement.where:
        if each.op not in CONDITIONS:
            raise Invalid(
                "unknown_operator", f"There is no condition “{each.op[:40]}”.", hint=f"{', '.join(sorted(CONDITIONS))}."
            )
        if each.value is None and each.op not in ("null", "not_null"):
            raise Invalid("missing_field", f"“{each.op}” needs a value.")


def explained(error: DbaasError, arrangement: Arrangement, columns: Sequence[QueryColumn]) -> DbaasError:
    """What a statement says that is refused for what stands around it: its type has no such order or comparison."""
    if not (isinstance(error, QueryError) and error.code == _UNKNOWN_OPERATOR and arrangement):
        return error
    places = [each.column for each in arrangement.order] + [each.column for each in arrangement.where]
    named = [columns[place] for place in places]
    found = next((column for column in named if f"type {column.type}" in error.message), None) or next(
        (column for column in named if column.type in error.message), named[0]
    )
    return Invalid(
        "not_comparable",
        f"“{found.name}” is of the type {found.type}, whose values cannot be put in order or compared like this.",
        hint="Look for a part of its text (contains, starts), or convert the column in the statement.",
        details=error.message,
    )
