"""Select lists: columns, aggregates, related rows, spreads; and the conditions and orders beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import orjson

from dbaas_provisioning.errors import Invalid

from ....nouns import (
    Aggregate,
    Constant,
    Embed,
    EmbedExists,
    Field,
    Item,
    Nested,
    Order,
    Path,
    Read,
    RowCursor,
    Star,
)  # fmt: skip
from .filter import condition
from .names import ident, literal, type_name
from .related import Joined, join, resolve
from .scope import Context, Scope, lossy, path_sql

__all__ = [
    "Output", "Selection", "aggregates", "conditions", "json_object", "order_by", "order_key", "select", "window",
    "with_count",
]  # fmt: skip

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
    return isinstance(item, Nested) and _has_aggregates(item)


def _has_aggregates(item: Nested) -> bool:
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


def with_count(scope: Scope, read: Read) -> Read:
    """The same read, with a bare ``count`` as the number of rows where no column has that name.

    The older way to ask for it, which clients still document: ``select=name,cities(count)``.
    """
    bare = Path("count")
    if "count" in scope.columns or not any(isinstance(item, Field) and item.path == bare for item in read.items):
        return read
    items = tuple(
        replace(item, path=None, cast=None, aggregate=Aggregate.count, aggregate_cast=item.cast)
        if isinstance(item, Field) and item.path == bare and item.aggregate is None
        else item
        for item in read.items
    )
    return replace(read, items=items)


def select(context: Context, scope: Scope, read: Read, *, explicit: bool = False) -> Selection:
    """The outputs of a read.

    Args:
        explicit: name every column instead of writing ``alias.*``.
    """
    selection = Selection()
    explicit = explicit or context.text_numbers or aggregates(read)
    for item in read.items:
        if isinstance(item, Star):
            if not explicit and context.star_is_all(scope):
                selection.outputs.append(Output(None, f"{scope.alias}.*"))
            else:
                selection.outputs.extend(
                    Output(column.name, scope.column(column.name), column.type)
                    for column in context.visible_columns(scope)
                )
        elif isinstance(item, Field):
            selection.outputs.append(_field(context, scope, item))
        elif isinstance(item, Constant):
            selection.outputs.append(Output(item.alias, f"{literal(item.text)}::text", fixed=True))
        elif isinstance(item, RowCursor):
            selection.outputs.append(Output(item.alias, _cursor(context, scope, read, item)))
        elif isinstance(item, Nested):
            selection.nested = selection.nested or _has_aggregates(item)
            selection.outputs.append(_nested(context, scope, item, selection))
        elif item.spread:
            _spread(context, scope, item, selection)
        elif item.read.items or item.shown:
            selection.outputs.append(Output(item.name, _embedded(context, scope, item), "json"))
    return selection


def conditions(context: Context, scope: Scope, read: Read) -> list[str]:
    """The filters of a read, and that the rows of its inner embeds exist."""
    embeds = {item.name: item for item in read.items if isinstance(item, Embed)}

    def exists(item: EmbedExists) -> str:
        embed = embeds.get(item.embed) or next((found for found in embeds.values() if found.target == item.embed), None)
        if embed is None:
            raise Invalid(
                "not_embedded",
                f"'{item.embed}' is not an embedded resource in this request",
                hint=f"Verify that '{item.embed}' is included in the 'select' query parameter.",
            )
        return _exists(context, scope, embed, negated=item.negated)

    found = [condition(context, scope, item, exists) for item in read.where]
    found.extend(_exists(context, scope, embed, negated=False) for embed in embeds.values() if embed.inner)
    return found


def order_by(context: Context, scope: Scope, read: Read, selection: Selection | None = None) -> str:
    """The ORDER BY clause."""
    if not read.order:
        return ""
    return " order by " + ", ".join(
        order_key(context, scope, read, order, selection) + direction(order) for order in read.order
    )


def order_key(context: Context, scope: Scope, read: Read, order: Order, selection: Selection | None = None) -> str:
    """What one sort key compares. Qualified, so that no output's name captures it."""
    if order.embed is None:
        if selection is not None and selection.grouped and not order.path.steps:
            for place, output in enumerate(selection.outputs, 1):
                if output.aggregate is not None and output.name == order.path.column:
                    return str(place)
        return path_sql(context, scope, order.path)[0]
    embed = next(
        (item for item in read.items if isinstance(item, Embed) and order.embed in (item.name, item.target)), None
    )
    if embed is None:
        raise Invalid(
            "not_embedded",
            f"'{order.embed}' is not an embedded resource in this request",
            hint=f"Verify that '{order.embed}' is included in the 'select' query parameter.",
        )
    joined, found = _related(context, scope, embed)
    if not joined.to_one:
        raise Invalid(
            "embed_not_to_one",
            f"A related order on '{order.embed}' is not possible",
            details=f"'{scope.name}' and '{order.embed}' do not form a many-to-one or one-to-one relationship",
        )
    key = f"(select {path_sql(context, joined.scope, order.path)[0]} from {joined.source}{_where(found)} limit 1)"
    if selection is None or not selection.grouped:
        return key
    if not _shows(embed.read, order.path):
        raise Invalid(
            "order_not_grouped",
            f"Rows grouped for an aggregate cannot be ordered by '{order.path.column}' of '{order.embed}'",
            details="A group may hold more than one value of it.",
            hint=f"Select it as well: {order.embed}({order.path.column}). Then each value is a group of its own.",
        )
    return f"(array_agg({key}))[1]"  # what is selected is grouped by, so all of a group's are one


def _shows(read: Read, path: Path) -> bool:
    """Whether a path's value is among the outputs as it is."""
    return any(
        isinstance(item, Star)
        or (isinstance(item, Field) and item.path == path and item.cast is None and item.aggregate is None)
        for item in read.items
    )


def direction(order: Order) -> str:
    """The words after a sort key."""
    words = " desc" if order.descending else ""
    if order.nulls_first is not None:
        words += " nulls first" if order.nulls_first else " nulls last"
    return words


def window(context: Context, read: Read, *, extra: int = 0) -> str:
    """LIMIT and OFFSET, never more than the cap.

    Args:
        extra: rows looked for beyond the page.
    """
    more = f" + {extra}" if extra else ""
    if context.uncapped:
        limit = f" limit {context.args.render(read.limit)}" if read.limit is not None else ""
    elif read.limit is not None:
        limit = f" limit least({context.args.render(read.limit)}::bigint, {context.limits.max_rows}){more}"
    else:
        limit = f" limit {context.limits.max_rows}{more}"
    return limit + (f" offset {context.args.render(read.offset)}" if read.offset is not None else "")


def _field(context: Context, scope: Scope, item: Field) -> Output:
    if item.path is None:
        return Output(item.alias or "count", None, "", Aggregate.count, item.aggregate_cast)
    sql, kind = path_sql(context, scope, item.path)
    if item.cast is not None:
        sql, kind = f"({sql})::{type_name(item.cast)}", item.cast
    name = item.alias or (item.aggregate.value if item.aggregate is not None else _name(item.path))
    return Output(name, sql, kind, item.aggregate, item.aggregate_cast)


def _nested(context: Context, scope: Scope, item: Nested, selection: Selection) -> Output:
    pairs = []
    for part in item.items:
        if isinstance(part, Constant):
            pairs.append((part.alias, literal(part.text)))
        else:
            output = _field(context, scope, part)
            assert output.name is not None
            pairs.append((output.name, selection.expression(context, output)))
    return Output(item.alias, json_object(pairs), "json", fixed=_has_aggregates(item))


def _cursor(context: Context, scope: Scope, read: Read, item: RowCursor) -> str:
    keys = [f"({order_key(context, scope, read, order)})::text" for order in read.order]
    position = f"json_build_array({', '.join([literal(item.tag), *keys])})::text"
    return f"translate(encode(convert_to({position}, 'UTF8'), 'base64'), E'+/=\n', '-_')"


def _name(path: Path) -> str:
    """What a JSON path is called: its last key, since an index says nothing."""
    return next((step.key for step in reversed(path.steps) if isinstance(step.key, str)), path.column)


def _related(context: Context, scope: Scope, embed: Embed) -> tuple[Joined, list[str]]:
    if embed.read.stages:
        raise Invalid("invalid_pipeline", "A pipeline goes over a table's rows, not over related ones.")
    link = resolve(context, scope, embed)
    joined = join(context, scope, link)
    if embed.target == link.target.name:
        context.meet(link.target, named=True)
    context.depth += 1
    if context.depth > context.limits.max_embed_depth:
        raise Invalid(
            "embed_too_deep",
            f"Related rows are nested more than {context.limits.max_embed_depth} deep.",
            hint="Ask for the inner ones in a request of their own.",
        )
    found = [*joined.conditions, *conditions(context, joined.scope, embed.read)]
    context.depth -= 1
    return joined, found


def _exists(context: Context, scope: Scope, embed: Embed, *, negated: bool) -> str:
    joined, found = _related(context, scope, embed)
    return f"{'not ' if negated else ''}exists (select from {joined.source}{_where(found)})"


def _rows(
    context: Context, joined: Joined, found: list[str], read: Read, *, explicit: bool
) -> tuple[Selection, str, str]:
    """Outputs of an embed, the text from FROM to GROUP BY, and the text after it."""
    read = with_count(joined.scope, read)
    context.depth += 1
    selection = select(context, joined.scope, read, explicit=explicit)
    context.depth -= 1
    source = f" from {joined.source}{''.join(selection.joins)}{_where(found)}{selection.group_by()}"
    order = order_by(context, joined.scope, read, selection)
    return selection, source, order + (" limit 1" if joined.to_one else window(context, read))


def _embedded(context: Context, scope: Scope, embed: Embed) -> str:
    joined, found = _related(context, scope, embed)
    selection, source, after = _rows(context, joined, found, embed.read, explicit=False)
    row = context.alias("r")
    inner = f"select {selection.columns(context, selection.numbered())}{source}{after}"
    if joined.to_one or embed.one:
        return f"(select to_json({selection.row(row)}) from ({inner}) {row})"
    return f"coalesce((select json_agg({selection.row(row)}) from ({inner}) {row}), '[]')"


def _spread(context: Context, scope: Scope, embed: Embed, selection: Selection) -> None:
    joined, found = _related(context, scope, embed)
    hoisted = joined.to_one
    inner, source, after = _rows(context, joined, found, embed.read, explicit=True)
    names = [f"c{place}" for place in range(len(inner.outputs))]
    alias = context.alias("s")
    if hoisted:
        # Aggregates of a to-one spread are computed over the parent's groups; here stand their operands.
        raw = [
            f"{'true' if output.sql is None else output.sql} as {name}"
            for output, name in zip(inner.outputs, names, strict=True)
        ]
        source = f" from {joined.source}{''.join(inner.joins)}{_where(found)}"
        after = order_by(context, joined.scope, embed.read) + " limit 1"
        text = f"select {', '.join(raw)}{source}{after}"
        spread = [replace(output, sql=f"{alias}.{name}") for output, name in zip(inner.outputs, names, strict=True)]
    else:
        rows = f"select {inner.columns(context, names)}{source}{after}"
        lists = [f"coalesce(json_agg(x.{name}), '[]') as {name}" for name in names]
        text = f"select {', '.join(lists)} from ({rows}) x"
        spread = [
            Output(output.name, f"{alias}.{name}", "json") for output, name in zip(inner.outputs, names, strict=True)
        ]
    if names:
        selection.joins.append(f" left join lateral ({text}) {alias} on true")
        selection.outputs.extend(spread)


def _where(found: Sequence[str]) -> str:
    return f" where {' and '.join(f'({part})' for part in found)}" if found else ""


def _aggregate_kind(aggregate: Aggregate, kind: str) -> str:
    """The type of an aggregate's result, as far as it matters whether JSON clients would round it."""
    if aggregate is Aggregate.count:
        return "bigint"
    if aggregate in (Aggregate.max, Aggregate.min):
        return kind
    if aggregate is Aggregate.sum and kind in ("smallint", "integer"):
        return "bigint"
    return "numeric" if kind in _INTEGERS or kind.startswith("numeric") else kind
