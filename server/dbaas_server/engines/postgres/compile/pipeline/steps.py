"""One function per stage: a frame in, a frame out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from .....nouns import TableRef
from .....stages import (
    AddFields,
    ConstantKind,
    CountRows,
    Expression,
    FieldPath,
    Group,
    Limit,
    Lookup,
    Match,
    Project,
    ReplaceRoot,
    Skip,
    Sort,
    Stage,
    Unset,
    Unwind,
)
from ..names import literal, qualified
from ..scope import Context, Scope, table_scope
from .accumulators import accumulate
from .comparison import adapt, is_null, pair
from .expressions import expression
from .frame import Frame, OrderKey, follow, leaves, unknown_field
from .predicates import predicate
from .values import (
    Const,
    ListOf,
    Struct,
    Typed,
    Value,
    array_of,
    category,
    describe,
    element,
    from_json,
    jsonb,
    refuse,
    shape_of,
    typed,
)
from .weight import heavy, of_value, weighed

__all__ = ["join", "row_fields", "step"]


def row_fields(context: Context, scope: Scope) -> dict[str, Value]:
    """The fields of a row: the columns that the caller may read."""
    return {
        column.name: Typed(scope.column(column.name), column.type, column.nullable)
        for column in context.visible_columns(scope)
    }


def step(frame: Frame, stage: Stage, schema: str) -> Frame:
    """Put one stage after what a frame has.

    Args:
        schema: where other tables are looked for.

    Raises:
        NotFound: ``unknown_table``.
        Invalid: ``invalid_pipeline``, ``unknown_column``.
    """
    if isinstance(stage, Lookup):
        return _lookup(frame.unlimited(), stage, schema)
    return _STEPS[type(stage)](frame, stage)


# --- which rows, in what order ----------------------------------------------------------------------------------


def _match(frame: Frame, stage: Match) -> Frame:
    frame = frame.unlimited()
    return replace(frame, where=[*frame.where, predicate(frame, stage.predicate)])


def _sort(frame: Frame, stage: Sort) -> Frame:
    frame = frame.unlimited()
    keys: list[OrderKey] = []
    for key in stage.keys:
        _order_by(frame, frame.find(key.path), key.descending, keys)
    return replace(frame, order=tuple(keys))


def _order_by(frame: Frame, value: Value, descending: bool, keys: list[OrderKey]) -> None:
    if isinstance(value, Struct):
        for inner in value.fields.values():
            _order_by(frame, inner, descending, keys)
    elif isinstance(value, ListOf):
        keys.append(OrderKey(f"({value.sql})::jsonb", descending, True))
    elif isinstance(value, Typed):
        sql = jsonb(value) if category(value.kind) == "json" else value.sql
        keys.append(OrderKey(sql, descending, value.nullable))


def _limit(frame: Frame, stage: Limit) -> Frame:
    frame = frame.wrapped() if frame.limit is not None else frame
    return replace(frame, limit=f"{frame.context.args.render(stage.count)}::bigint")


def _skip(frame: Frame, stage: Skip) -> Frame:
    frame = frame.unlimited()
    return replace(frame, offset=f"{frame.context.args.render(stage.count)}::bigint")


# --- which fields -----------------------------------------------------------------------------------------------


def _project(frame: Frame, stage: Project) -> Frame:
    fields: dict[str, Any] = {}
    if "_id" in frame.fields and not stage.drop_id:
        fields["_id"] = frame.fields["_id"]
    for names, item in stage.fields:
        _put(fields, names, _kept(frame, names) if item is None else _computed(frame, item))
    return replace(frame, fields={name: _closed(value) for name, value in fields.items()}).settled()


def _computed(frame: Frame, item: Expression) -> Value:
    return weighed(frame, item, expression(frame, item))


def _kept(frame: Frame, names: tuple[str, ...]) -> Value:
    for length in range(1, len(names)):
        if isinstance(frame.find(FieldPath(names[:length])), ListOf):
            raise refuse(
                f"Only some fields of the documents in “{'.'.join(names[:length])}” cannot be kept.",
                hint="Unwind the array first.",
            )
    return frame.find(FieldPath(names))


def _put(fields: dict[str, Any], names: Sequence[str], value: Value) -> None:
    """Put a value at a path; documents on the way are made."""
    *way, last = names
    for name in way:
        if not isinstance(fields.get(name), dict):
            fields[name] = {}
        fields = fields[name]
    fields[last] = value


def _closed(value: Any) -> Value:
    return Struct({name: _closed(item) for name, item in value.items()}) if isinstance(value, dict) else value


def _add_fields(frame: Frame, stage: AddFields) -> Frame:
    fields = dict(frame.fields)
    for names, item in stage.fields:
        value = _computed(frame, item)  # of the row as it was before the stage
        fields[names[0]] = _with(frame.context, fields.get(names[0]), names[1:], value)
    return replace(frame, fields=fields).settled()


def _with(context: Context, old: Value | None, names: Sequence[str], value: Value) -> Value:
    """A value with something put inside it."""
    if not names:
        return value
    if isinstance(old, Struct):
        inner = _with(context, old.fields.get(names[0]), names[1:], value)
        return Struct({**old.fields, names[0]: inner})
    if isinstance(old, Typed) and category(old.kind) == "json":
        path = ", ".join(literal(name) for name in names)
        put = f"coalesce(to_jsonb({_untyped(context, value)}), 'null')"
        return Typed(
            f"jsonb_set({jsonb(old)}, array[{path}], {put})", "jsonb", old.nullable, old.weight + of_value(value)
        )
    return _closed({names[0]: _with(context, None, names[1:], value)})


def _untyped(context: Context, value: Value) -> str:
    return element(context, typed(context, value) if isinstance(value, Const) else value)


def _unset(frame: Frame, stage: Unset) -> Frame:
    fields = dict(frame.fields)
    for names in stage.paths:
        if len(names) == 1:
            fields.pop(names[0], None)
        elif names[0] in fields:
            fields[names[0]] = _without(fields[names[0]], names[1:])
    return replace(frame, fields=fields)


def _without(value: Value, names: Sequence[str]) -> Value:
    if isinstance(value, Struct):
        if len(names) == 1:
            return Struct({name: item for name, item in value.fields.items() if name != names[0]}, value.exists)
        if names[0] in value.fields:
            return Struct({**value.fields, names[0]: _without(value.fields[names[0]], names[1:])}, value.exists)
    elif isinstance(value, Typed) and category(value.kind) == "json":
        path = ", ".join(literal(name) for name in names)
        return Typed(f"({jsonb(value)} #- array[{path}])", "jsonb", value.nullable, value.weight)
    return value


def _replace_root(frame: Frame, stage: ReplaceRoot) -> Frame:
    value = _computed(frame, stage.expression)
    if not isinstance(value, Struct):
        raise refuse(
            f"A row is replaced by a document, not by {describe(value)}.", hint='Write one like {"a": "$b.c"}.'
        )
    return replace(frame, fields=value.fields).settled()


# --- groups -----------------------------------------------------------------------------------------------------


def _group(frame: Frame, stage: Group) -> Frame:
    frame = frame.unlimited()
    alias = frame.context.alias("g")
    columns: list[str] = []

    def column(sql: str) -> str:
        columns.append(f"{sql} as c{len(columns)}")
        return f"{alias}.c{len(columns) - 1}"

    key = _grouped(_computed(frame, stage.key), column)
    groups = ", ".join(str(place + 1) for place in range(len(columns)))
    fields: dict[str, Value] = {"_id": key}
    for item in stage.accumulators:
        value = accumulate(frame, item)
        if item.operand is not None:
            value = weighed(frame, item.operand, value)
        if isinstance(value, Typed | ListOf):
            frame.budget.spend(len(value.sql))
        fields[item.name] = leaves(value, column)
    tail = replace(frame, order=()).tail()
    # Without rows there is no group, not even the one of all rows.
    tail += f" group by {groups}" if groups else " having count(*) > 0"
    source = f"(select {', '.join(columns)}{tail}) as {alias}"
    return Frame(frame.context, source, fields, frame.zone, budget=frame.budget)


def _grouped(value: Value, column: Callable[[str], str]) -> Value:
    """A key's expressions as columns to group by; JSON has equality only as ``jsonb``."""
    if isinstance(value, ListOf):
        return ListOf(f"({column(f'({value.sql})::jsonb')})::json", value.shape, value.weight)
    if isinstance(value, Typed) and category(value.kind) == "json":
        return Typed(column(jsonb(value)), "jsonb", value.nullable, value.weight)
    if isinstance(value, Struct):
        fields = {name: _grouped(item, column) for name, item in value.fields.items()}
        return Struct(fields, None if value.exists is None else column(value.exists))
    return leaves(value, column)


def _count(frame: Frame, stage: CountRows) -> Frame:
    frame = frame.unlimited()
    alias = frame.context.alias("g")
    tail = replace(frame, order=()).tail()
    source = f"(select count(*) as c0{tail} having count(*) > 0) as {alias}"
    fields = {stage.name: Typed(f"{alias}.c0", "bigint", False)}
    return Frame(frame.context, source, fields, frame.zone, budget=frame.budget)


# --- arrays -----------------------------------------------------------------------------------------------------


def _unwind(frame: Frame, stage: Unwind) -> Frame:
    frame = frame.unlimited()
    alias = frame.context.alias("u")
    value = frame.find(stage.path)
    made: Value
    join = "left join lateral" if stage.preserve else "join lateral"
    if isinstance(value, Typed) and value.kind.endswith("[]"):
        items, made = f"unnest({value.sql})", Typed(f"{alias}.v", value.kind[:-2], weight=value.weight)
    elif isinstance(value, Typed) and category(value.kind) == "json":
        # What is no array counts as an array of itself.
        whole = jsonb(value)
        items = (
            f"jsonb_array_elements(case when jsonb_typeof({whole}) = 'array' then {whole} "
            f"when jsonb_typeof({whole}) <> 'null' then jsonb_build_array({whole}) end)"
        )
        made = Typed(f"nullif({alias}.v, 'null')", "jsonb", weight=value.weight)
    elif isinstance(value, ListOf):
        items, made = f"json_array_elements({value.sql})", heavy(from_json(value.shape, f"{alias}.v"), value.weight)
    else:
        return _single(frame, stage, value)
    source = f"{frame.source} {join} {items} with ordinality as {alias}(v, n) on true"
    fields = _replaced(frame, stage.path.names, made)
    if stage.index is not None:
        fields[stage.index] = Typed(f"({alias}.n - 1)", "bigint")
    order = (*frame.order, OrderKey(f"{alias}.n", False, False)) if frame.order else ()
    return replace(frame, source=source, fields=fields, order=order)


def _single(frame: Frame, stage: Unwind, value: Value) -> Frame:
    """What is no array is an array of itself; null is an empty one."""
    absent = is_null(value)
    fields = dict(frame.fields)
    if stage.index is not None:
        fields[stage.index] = Typed("null::bigint", "bigint")
    where = list(frame.where)
    if absent is not None and not stage.preserve:
        where.append(f"not ({absent})")
    return replace(frame, fields=fields, where=where)


def _replaced(frame: Frame, names: Sequence[str], value: Value) -> dict[str, Value]:
    fields = dict(frame.fields)
    fields[names[0]] = _with(frame.context, fields[names[0]], names[1:], value)
    return fields


# --- other tables -----------------------------------------------------------------------------------------------


def _related(frame: Frame, stage: Lookup, schema: str) -> tuple[str, str, Struct, str]:
    """The other table, the condition that a row of it belongs here, that row, and the column it is found by."""
    context = frame.context
    table = context.table(TableRef(stage.table, schema))
    scope = table_scope(table, context.alias())
    row = Struct(row_fields(context, scope))
    column = row.fields.get(stage.foreign.names[0])
    if column is None:
        raise unknown_field(stage.foreign.names[0], row.fields)
    foreign = follow(context, column, list(stage.foreign.names[1:]))
    local = frame.find(stage.local)
    if not isinstance(foreign, Typed):
        raise refuse(f"Rows cannot be found by {describe(foreign)}.")
    return f"{qualified(table.ref)} as {scope.alias}", _equal(context, local, foreign), row, foreign.sql


def _equal(context: Context, local: Value, foreign: Typed) -> str:
    """That two fields are equal, or that one is an element of the other; null equals nothing."""
    if isinstance(local, Const):
        return "false" if local.kind is ConstantKind.null else f"{foreign.sql} = {adapt(context, local, foreign.kind)}"
    arrays = _is_array(local), foreign.kind.endswith("[]")
    if arrays == (True, False):
        alias = context.alias("e")
        found = array_of(context, local)
        inner = from_json(found.shape, f"{alias}.v")
        first, second = pair(context, foreign, inner)
        return f"{first} in (select {second} from json_array_elements({found.sql}) as {alias}(v))"
    if arrays == (False, True) and isinstance(local, Typed):
        return f"{local.sql} = any({foreign.sql})"
    first, second = pair(context, foreign, local)
    return f"{first} = {second}"


def _is_array(value: Value) -> bool:
    return isinstance(value, ListOf) or (isinstance(value, Typed) and value.kind.endswith("[]"))


def _lookup(frame: Frame, stage: Lookup, schema: str) -> Frame:
    table, condition, row, _ = _related(frame, stage, schema)
    alias = frame.context.alias("l")
    columns = ", ".join(value.sql for value in row.fields.values() if isinstance(value, Typed))
    name = table.rpartition(" as ")[2]
    most = frame.context.limits.max_rows
    matching = f"(select {columns} from {table} where {condition} limit {most}) as {name}"
    rows = f"select coalesce(json_agg({element(frame.context, row)}), '[]') as v from {matching}"
    found = ListOf(f"{alias}.v", shape_of(row))
    return replace(
        frame,
        source=f"{frame.source} cross join lateral ({rows}) as {alias}",
        fields={**frame.fields, stage.name: found},
    )


def join(frame: Frame, stage: Lookup, unwind: Unwind, schema: str) -> Frame:
    """``$lookup`` and the ``$unwind`` of what it found: a join, with every column still of its own type."""
    frame = frame.unlimited()
    table, condition, row, key = _related(frame, stage, schema)
    kind = "left join" if unwind.preserve else "join"
    if unwind.preserve:
        fields = {name: replace(value, nullable=True) for name, value in row.fields.items() if isinstance(value, Typed)}
        row = Struct(fields, f"({key} is not null)")
    source = f"{frame.source} {kind} {table} on {condition}"
    return replace(frame, source=source, fields={**frame.fields, stage.name: row})


_STEPS: Mapping[type, Callable[[Frame, Any], Frame]] = {
    Match: _match, Group: _group, Sort: _sort, Project: _project, Unset: _unset, AddFields: _add_fields,
    ReplaceRoot: _replace_root, Limit: _limit, Skip: _skip, Unwind: _unwind, CountRows: _count,
}  # fmt: skip
