"""The output columns of a statement, and whether they are grouped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import orjson

from ....nouns import Aggregate, Embed, Field, Item, Nested, Read
from .names import ident, literal, type_name
from .scope import Context, lossy

__all__ = ["Output", "Selection", "aggregates", "has_aggregates", "json_object"]

LONGEST_NAME = 63  # bytes that PostgreSQL keeps of a name

_INTEGERS = ("smallint", "integer", "bigint")


@dataclass(frozen=True, slots=True)
class Output:
    """One output column. ``sql`` is what is aggregated where there is an ``aggregate``; None for ``count()``.

    A ``name`` of None is ``alias.*``. What is ``fixed`` is a constant or an object of aggregates: the same within a
    group, so nothing is grouped by it.
    """

    name: str | None
    sql: str | None
    kind: str = ""
    aggregate: Aggregate | None = None
    cast: str | None = None
    fixed: bool = False


@dataclass(slots=True)
class Selection:
    """Output columns and the lateral joins they need. ``nested``: there are aggregates inside an object."""

    outputs: list[Output] = field(default_factory=list)
    joins: list[str] = field(default_factory=list)
    nested: bool = False

    @property
    def grouped(self) -> bool:
        """Whether rows are grouped by what is not aggregated."""
        return self.nested or any(output.aggregate is not None for output in self.outputs)

    def columns(self, context: Context, names: Sequence[str] | None = None) -> str:
        """The select list's text.

        Args:
            names: to use instead of the outputs' own.
        """
        parts = []
        for place, output in enumerate(self.outputs):
            if output.name is None:
                assert output.sql is not None
                parts.append(output.sql)
                continue
            name = names[place] if names is not None else ident(output.name)
            parts.append(f"{self.expression(context, output)} as {name}")
        return ", ".join(parts)

    def numbered(self) -> list[str] | None:
        """Other names for the outputs, where PostgreSQL, which keeps 63 bytes of a name, would cut one."""
        names = [output.name for output in self.outputs if output.name is not None]
        if len(names) < len(self.outputs) or all(len(name.encode()) <= LONGEST_NAME for name in names):
            return None
        return [f"c{place}" for place in range(len(names))]

    def row(self, alias: str) -> str:
        """What is the JSON object of one row, selected with the names that :meth:`numbered` gives."""
        names = self.numbered()
        if names is None:
            return alias
        pairs = [(output.name or "", f"{alias}.{name}") for output, name in zip(self.outputs, names, strict=True)]
        return json_object(pairs)

    def group_by(self) -> str:
        """The GROUP BY clause: every output that is no aggregate."""
        if not self.grouped:
            return ""
        places = [
            str(place) for place, output in enumerate(self.outputs, 1) if output.aggregate is None and not output.fixed
        ]
        return f" group by {', '.join(places)}" if places else ""

    def expression(self, context: Context, output: Output) -> str:
        """What an output's value is."""
        sql, kind = output.sql, output.kind
        if output.aggregate is not None:
            sql = "count(*)" if sql is None else f"{output.aggregate.value}({sql})"
            kind = _aggregate_kind(output.aggregate, kind)
            if output.cast is not None:
                sql, kind = f"({sql})::{type_name(output.cast)}", output.cast
        elif kind == "json" and self.grouped:
            sql = f"({sql})::jsonb"  # json itself has no equality to group by
        assert sql is not None
        if context.text_numbers and lossy(kind.removesuffix("[]")):
            sql = f"({sql})::text{'[]' if kind.endswith('[]') else ''}"
        return sql


def aggregates(read: Read) -> bool:
    """Whether a read asks for aggregates at its own level, those of its to-one spreads included."""
    return any(_aggregating(item) for item in read.items)


def _aggregating(item: Item) -> bool:
    if isinstance(item, Field):
        return item.aggregate is not None
    if isinstance(item, Embed):
        return item.spread and aggregates(item.read)
    return isinstance(item, Nested) and has_aggregates(item)


def has_aggregates(item: Nested) -> bool:
    """Whether an object is made of a group's aggregates."""
    return any(isinstance(part, Field) and part.aggregate is not None for part in item.items)


def json_object(pairs: Sequence[tuple[str, str]]) -> str:
    """A JSON object of (name, expression) in this order, however many and however long their names."""
    if len(pairs) <= 50:  # a function takes 100 arguments
        return f"json_build_object({', '.join(f'{literal(name)}, {value}' for name, value in pairs)})"
    parts = " || ',' || ".join(
        f"{literal(orjson.dumps(name).decode() + ':')} || coalesce(to_json({value})::text, 'null')"
        for name, value in pairs
    )
    return f"('{{' || {parts} || '}}')::json"


def _aggregate_kind(aggregate: Aggregate, kind: str) -> str:
    """The type of an aggregate's result, as far as it matters whether JSON clients would round it."""
    if aggregate is Aggregate.count:
        return "bigint"
    if aggregate in (Aggregate.max, Aggregate.min):
        return kind
    if aggregate is Aggregate.sum and kind in ("smallint", "integer"):
        return "bigint"
    return "numeric" if kind in _INTEGERS or kind.startswith("numeric") else kind
