"""Select lists: columns, aggregates, related rows, spreads."""

from __future__ import annotations

from dataclasses import replace

from ....nouns import Aggregate, Constant, Embed, Field, Nested, Path, Read, RowCursor, Star
from .clauses import order_by, order_key, related, where, window
from .names import literal, type_name
from .related import Joined
from .scope import Context, Scope, path_sql
from .selection import Output, Selection, aggregates, has_aggregates, json_object

__all__ = ["select", "with_count"]


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
            selection.nested = selection.nested or has_aggregates(item)
            selection.outputs.append(_nested(context, scope, item, selection))
        elif item.spread:
            _spread(context, scope, item, selection)
        elif item.read.items or item.shown:
            selection.outputs.append(Output(item.name, _embedded(context, scope, item), "json"))
    return selection


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
    return Output(item.alias, json_object(pairs), "json", fixed=has_aggregates(item))


def _cursor(context: Context, scope: Scope, read: Read, item: RowCursor) -> str:
    keys = [f"({order_key(context, scope, read, order)})::text" for order in read.order]
    position = f"json_build_array({', '.join([literal(item.tag), *keys])})::text"
    return f"translate(encode(convert_to({position}, 'UTF8'), 'base64'), E'+/=\n', '-_')"


def _name(path: Path) -> str:
    """What a JSON path is called: its last key, since an index says nothing."""
    return next((step.key for step in reversed(path.steps) if isinstance(step.key, str)), path.column)


def _rows(
    context: Context, joined: Joined, found: list[str], read: Read, *, explicit: bool
) -> tuple[Selection, str, str]:
    """Outputs of an embed, the text from FROM to GROUP BY, and the text after it."""
    read = with_count(joined.scope, read)
    context.depth += 1
    selection = select(context, joined.scope, read, explicit=explicit)
    context.depth -= 1
    source = f" from {joined.source}{''.join(selection.joins)}{where(found)}{selection.group_by()}"
    order = order_by(context, joined.scope, read, selection)
    return selection, source, order + (" limit 1" if joined.to_one else window(context, read))


def _embedded(context: Context, scope: Scope, embed: Embed) -> str:
    joined, found = related(context, scope, embed)
    selection, source, after = _rows(context, joined, found, embed.read, explicit=False)
    row = context.alias("r")
    inner = f"select {selection.columns(context, selection.numbered())}{source}{after}"
    if joined.to_one or embed.one:
        return f"(select to_json({selection.row(row)}) from ({inner}) {row})"
    return f"coalesce((select json_agg({selection.row(row)}) from ({inner}) {row}), '[]')"


def _spread(context: Context, scope: Scope, embed: Embed, selection: Selection) -> None:
    joined, found = related(context, scope, embed)
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
        source = f" from {joined.source}{''.join(inner.joins)}{where(found)}"
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
