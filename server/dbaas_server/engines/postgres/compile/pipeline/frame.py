"""A row on its way: where it comes from, its fields, and what is still to be applied before it counts as a row."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from dbaas_provisioning.errors import Invalid

from .....stages import ConstantKind, FieldPath
from ..names import literal
from ..scope import Context, did_you_mean
from .values import (
    Const,
    ListOf,
    Struct,
    Typed,
    Value,
    category,
    describe,
    element,
    from_json,
    jsonb,
    refuse,
    shape_of,
)

__all__ = ["LARGEST", "Budget", "Frame", "OrderKey", "follow", "leaves", "order_text", "unknown_field"]

HEAVY = 1_500
"""Characters of an expression from which on it becomes a column of a subquery that is not merged into the outer one:
otherwise each use of a field would repeat its text, and a chain of stages multiply it without bound."""


MOST_FIELDS = 1_600
"""Of a row, those inside documents counted; PostgreSQL takes few more columns."""

LARGEST = 500_000
"""Characters of SQL that one pipeline may make, on the way as well as in the end."""


@dataclass(slots=True)
class Budget:
    """How much SQL a compilation has made, so that it ends early where a pipeline multiplies its own text."""

    spent: int = 0

    def spend(self, characters: int) -> None:
        """Count some text. Raises ``Invalid`` when there is too much."""
        self.spent += characters
        if self.spent > LARGEST:
            raise refuse("This pipeline is too large.", hint="Ask in several parts.")


@dataclass(frozen=True, slots=True)
class OrderKey:
    """One sort key. ``nulls`` says whether it may be null, and its place then has to be said."""

    sql: str
    descending: bool
    nulls: bool

    def text(self, *, reverse: bool = False) -> str:
        """What stands after ORDER BY: nulls are smallest."""
        descending = self.descending != reverse
        words = (" desc", " nulls last") if descending else ("", " nulls first")
        return self.sql + words[0] + (words[1] if self.nulls else "")


@dataclass(slots=True)
class Frame:
    """What a stage works on.

    Attributes:
        source: what follows FROM, joins included.
        fields: of the row, in order.
        where: conditions, to be joined by AND.
        order: the order that rows have, as far as a stage made one.
        limit, offset: placeholders; once there is one, conditions and orders need a frame around this one.
        zone: the time zone of dates, as an expression.
        budget: shared by all frames of a pipeline.
    """

    context: Context
    source: str
    fields: Mapping[str, Value]
    zone: str
    where: list[str] = field(default_factory=list)
    order: tuple[OrderKey, ...] = ()
    limit: str | None = None
    offset: str | None = None
    budget: Budget = field(default_factory=Budget)

    @property
    def windowed(self) -> bool:
        """Whether only some of its rows are wanted."""
        return self.limit is not None or self.offset is not None

    def tail(self) -> str:
        """From FROM to the end."""
        text = f" from {self.source}"
        if self.where:
            text += " where " + " and ".join(f"({part})" for part in self.where)
        if self.order:
            text += order_text(self.order)
        if self.limit is not None:
            text += f" limit {self.limit}"
        if self.offset is not None:
            text += f" offset {self.offset}"
        return text

    def unlimited(self) -> Frame:
        """The same rows with no window pending."""
        return self.wrapped() if self.windowed else self

    def wrapped(self, *, barrier: bool = False) -> Frame:
        """The same rows as a subquery, so that each field is a column.

        Args:
            barrier: the engine may not merge it into the query around it.
        """
        alias = self.context.alias("q")
        columns: list[str] = []

        def column(sql: str) -> str:
            columns.append(f"{sql} as c{len(columns)}")
            return f"{alias}.c{len(columns) - 1}"

        fields = {name: leaves(value, column) for name, value in self.fields.items()}
        order = tuple(replace(key, sql=column(key.sql)) for key in self.order)
        inner = self if self.windowed else replace(self, order=())
        tail = inner.tail()
        if barrier and self.offset is None:
            tail += " offset 0"
        source = f"(select {', '.join(columns)}{tail}) as {alias}"
        return Frame(self.context, source, fields, self.zone, order=order, budget=self.budget)

    def settled(self) -> Frame:
        """The same, with long expressions made columns. Raises ``Invalid`` where there are too many fields."""
        most = max(MOST_FIELDS, len(self.fields))
        longest = 0
        values = list(self.fields.values())
        for value in values:  # which grows meanwhile
            if len(values) > most:
                raise refuse(f"A row has at most {MOST_FIELDS:,} fields, those inside documents counted.")
            if isinstance(value, Struct):
                values.extend(value.fields.values())
            elif not isinstance(value, Const):
                longest = max(longest, len(value.sql))
        return self.wrapped(barrier=True) if longest > HEAVY else self

    def find(self, path: FieldPath) -> Value:
        """A field by its path. Raises ``Invalid`` where there is none."""
        name, *rest = path.names
        value = self.fields.get(name)
        if value is None:
            raise unknown_field(name, self.fields)
        return follow(self.context, value, rest)

    def root(self) -> Struct:
        """The whole row."""
        return Struct(self.fields)


def leaves(value: Value, change: Callable[[str], str]) -> Value:
    """The same value with each of its expressions put through ``change``; constants stay what they are."""
    if isinstance(value, Const):
        return value
    if isinstance(value, Typed | ListOf):
        return replace(value, sql=change(value.sql))
    fields = {name: leaves(item, change) for name, item in value.fields.items()}
    return Struct(fields, None if value.exists is None else change(value.exists))


def follow(context: Context, value: Value, names: Sequence[str]) -> Value:
    """What is found on a way into a value: into documents, JSON, and each element of an array."""
    for place, name in enumerate(names):
        if isinstance(value, Struct):
            inner = value.fields.get(name)
            if inner is None:
                raise unknown_field(name, value.fields)
            value = inner
        elif isinstance(value, ListOf):
            return _each(context, value, names[place:])
        elif isinstance(value, Typed) and category(value.kind) == "json":
            keys = ", ".join(literal(key) for key in names[place:])
            return Typed(f"nullif({jsonb(value)} #> array[{keys}], 'null')", "jsonb")
        elif isinstance(value, Const) and value.kind is ConstantKind.null:
            return value
        else:
            raise refuse(f"“{name}” cannot be a field of {describe(value)}.")
    return value


def _each(context: Context, value: ListOf, names: Sequence[str]) -> ListOf:
    """The array of what each element has there."""
    alias = context.alias("e")
    inner = follow(context, from_json(value.shape, f"{alias}.v"), names)
    items = f"json_agg({element(context, inner)} order by {alias}.n)"
    source = f"json_array_elements({value.sql}) with ordinality as {alias}(v, n)"
    return ListOf(f"coalesce((select {items} from {source}), '[]')", shape_of(inner))


def order_text(order: tuple[OrderKey, ...], *, reverse: bool = False) -> str:
    """The ORDER BY clause; nothing where rows have no order."""
    return " order by " + ", ".join(key.text(reverse=reverse) for key in order) if order else ""


def unknown_field(name: str, fields: Mapping[str, Value]) -> Invalid:
    """The error for a name that no field has."""
    return Invalid(
        "unknown_column", f"There is no field “{name[:60]}” here.", hint=did_you_mean(name, fields, "the field")
    )
