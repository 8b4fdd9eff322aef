"""Writes: one statement that changes rows and renders what is asked back, in one row."""

from __future__ import annotations

from dataclasses import replace

from dbaas_provisioning.errors import Invalid, Unsupported

from ....engine import Limits
from ....nouns import Column, EmbedExists, Format, Read, Resolution, Table, Write, WriteKind
from ..catalog import Snapshot
from .clauses import conditions, order_by, where, window
from .filter import condition
from .names import ident, literal, qualified
from .plans import WritePlan, bounded
from .read import ANSWERS, render
from .scope import Context, Parameters, Scope, did_you_mean, table_scope
from .select import select

__all__ = ["plan_write"]

_INSERTING = (WriteKind.insert, WriteKind.upsert, WriteKind.replace)


def plan_write(snapshot: Snapshot, limits: Limits, role: str, write: Write) -> WritePlan:
    """Compile a write.

    Raises:
        NotFound: ``unknown_table``.
        Invalid: ``unknown_column``, or a shape that makes no sense.
        Unsupported: the table cannot be changed in this way.
    """
    parameters = Parameters()
    returning = write.returning
    context = Context(
        snapshot, limits, role, parameters, text_numbers=returning.numbers_as_text if returning is not None else False
    )
    table = context.table(write.table)
    _check_kind(table, write.kind)
    wanted, row = _returning(context, table, write)
    if write.kind in _INSERTING:
        change = f"{_insert(context, table, write)} returning {wanted}"
    elif write.kind is WriteKind.delete:
        change = f"{_delete(context, table, write)} returning {wanted}"
    elif write.columns:
        change = f"{_update(context, table, write)} returning {wanted}"
    else:  # nothing to set changes nothing
        change = f"select {wanted} from {qualified(table.ref)} as t where false"
    sql = f"with w as ({change}) {_answer(context, table, write, row)}"
    return WritePlan(
        sql=sql.encode(),
        args=tuple(parameters.order),
        schema=table.ref.schema or snapshot.default_schema(),
        tables=context.named,
        body=write.body.index if write.body is not None else None,
        single=returning is not None and returning.single,
        matches_key=write.kind is WriteKind.replace,
    )


def _check_kind(table: Table, kind: WriteKind) -> None:
    possible = {WriteKind.update: table.updatable, WriteKind.delete: table.deletable}.get(kind, table.insertable)
    if not possible:
        raise Unsupported(
            "read_only_table", f"'{table.ref.name}' is a {table.kind} that cannot be changed in this way."
        )


def _insert(context: Context, table: Table, write: Write) -> str:
    columns = [_column(context, table, name) for name in write.columns]
    target = f"insert into {qualified(table.ref)} as t"
    if write.body is None:
        raise Invalid("no_body", "An insert needs rows.")
    body = context.args.render(write.body)
    if not columns:
        return f"{target} select from json_array_elements({body}::json)" + _conflict(context, table, write, columns)
    names = ", ".join(ident(column.name) for column in columns)
    if write.missing_default:
        values = ", ".join(
            f"case when e.v ? {literal(column.name)} then b.{ident(column.name)} else {column.default} end"
            if column.default is not None else f"b.{ident(column.name)}"
            for column in columns
        )  # fmt: skip
        source = f"jsonb_array_elements({body}::jsonb) e(v), jsonb_to_record(e.v) as b({_record(columns)})"
    else:
        values = ", ".join(f"b.{ident(column.name)}" for column in columns)
        source = f"json_to_recordset({body}::json) as b({_record(columns)})"
    where = ""
    if write.where:  # of a PUT: the row must be the one that the URL names
        scope = Scope("b", {column.name: column for column in columns}, table.ref.name)
        where = " where " + " and ".join(f"({condition(context, scope, item, _no_embeds)})" for item in write.where)
    return f"{target} ({names}) select {values} from {source}{where}" + _conflict(context, table, write, columns)


def _conflict(context: Context, table: Table, write: Write, columns: list[Column]) -> str:
    if write.kind is WriteKind.insert:
        return ""
    key = tuple(_column(context, table, name).name for name in write.conflict_on) or table.primary_key
    if write.kind is WriteKind.upsert and write.resolution is Resolution.ignore and not write.conflict_on:
        return " on conflict do nothing"
    if not key:
        return ""
    target = f" on conflict ({', '.join(ident(name) for name in key)})"
    if write.kind is WriteKind.upsert and write.resolution is Resolution.ignore:
        return f"{target} do nothing"
    merged = {column.name for column in columns} if write.update_columns is None else set(write.update_columns)
    changes = [
        f"{ident(column.name)} = excluded.{ident(column.name)}" for column in columns
        if column.name in merged and (column.name not in key or write.update_columns is not None)
    ]  # fmt: skip
    if write.kind is WriteKind.replace:
        given = {column.name for column in columns}
        changes += [
            f"{ident(column.name)} = default" for column in table.columns.values()
            if column.name not in given and column.name not in key and not column.generated
        ]  # fmt: skip
    if not changes:
        # Touch the row all the same, so that it is among the rows returned.
        changes = [f"{ident(name)} = excluded.{ident(name)}" for name in key]
    return f"{target} do update set {', '.join(changes)}"


def _update(context: Context, table: Table, write: Write) -> str:
    if write.body is None:
        raise Invalid("no_body", "An update needs a row of new values.")
    columns = [_column(context, table, name) for name in write.columns]
    body = context.args.render(write.body)
    values = ", ".join(f"{ident(column.name)} = b.{ident(column.name)}" for column in columns)
    source = f"(select * from json_to_recordset({body}::json) as b({_record(columns)}) limit 1) as b"
    return f"update {qualified(table.ref)} as t set {values} from {source}{_which(context, table, write)}"


def _delete(context: Context, table: Table, write: Write) -> str:
    return f"delete from {qualified(table.ref)} as t{_which(context, table, write)}"


def _which(context: Context, table: Table, write: Write) -> str:
    """WHERE of an update or delete; with a limit, through the key of the rows chosen in order."""
    read = Read(source=table.ref, where=write.where, order=write.order, limit=write.limit)
    if write.limit is None:
        return where(_conditions(context, table_scope(table, "t"), write))
    scope = table_scope(table, context.alias())
    whole = table.kind == "table" and table.distribution is None  # else a row's place says nothing
    key = [ident(name) for name in table.primary_key] or (["ctid"] if whole else [])
    if not key:
        raise Unsupported("limit_unsupported", f"Without a key, '{table.ref.name}' cannot be changed with a limit.")
    chosen_by = where(_conditions(context, scope, write))
    chosen = ", ".join(f"{scope.alias}.{name}" for name in key)
    capped = replace(context, uncapped=True)
    after = order_by(context, scope, read) + window(capped, read)
    rows = f"select {chosen} from {qualified(table.ref)} as {scope.alias}{chosen_by}{after}"
    return f" where ({', '.join(f't.{name}' for name in key)}) in ({rows})"


def _conditions(context: Context, scope: Scope, write: Write) -> list[str]:
    items = write.returning.items if write.returning is not None else ()
    return conditions(context, scope, Read(source=write.table, items=items, where=write.where))


def _returning(context: Context, table: Table, write: Write) -> tuple[str, Scope]:
    """What RETURNING lists, and the scope of a returned row.

    Without a wish to see rows nothing is named, so that no privilege or policy to read is needed.
    """
    names = context.visible_columns(table_scope(table, "t"))
    scope = Scope("t", {column.name: column for column in names}, table.ref.name, table.ref)
    wanted = ["1 as _one"]
    if write.returning is not None or write.locate:
        if write.returning is None:
            names = [table.columns[name] for name in table.primary_key]
        wanted = [f"t.{ident(column.name)}" for column in names] or wanted
        if write.returning is not None and table.ref in context.snapshot.row_functions:
            # Computed columns and relations take the row itself.
            wanted.append("t as _row")
            scope = replace(scope, row="t._row")
    if _counts_inserted(context, table, write):
        wanted.append("(t.xmax = 0) as _new")
    return ", ".join(wanted), scope


def _counts_inserted(context: Context, table: Table, write: Write) -> bool:
    """Whether inserted rows can be told from updated ones: a row version nobody locked or replaced is new.

    Reading that takes a privilege on the whole table, and tables in several parts cannot answer.
    """
    return (
        write.kind in (WriteKind.upsert, WriteKind.replace)
        and table.kind == "table"
        and table.ref not in context.snapshot.scattered
        and (context.role == "owner" or "select" in table.grants.get(context.role, ()))
    )


def _answer(context: Context, table: Table, write: Write, scope: Scope) -> str:
    inserted = "(select count(*) from w where _new)" if _counts_inserted(context, table, write) else "null"
    location = "null"
    if write.locate and table.primary_key:
        pairs = ", ".join(f"{literal(name)}, {ident(name)}::text" for name in table.primary_key)
        location = f"(select json_build_object({pairs}) from w where (select count(*) from w) = 1)"
    rest = f"{inserted}, {location}, {ANSWERS}"
    returning = write.returning
    if returning is None:
        return f"select '', (select count(*) from w), {rest}"
    csv = returning.format is Format.csv
    selection = select(context, scope, returning, explicit=True)
    names = [f"c{place}" for place in range(len(selection.outputs))] if csv else selection.numbered()
    if returning.format is Format.geojson:
        names = None
    body = render(context, returning, selection)
    order = order_by(context, scope, returning, selection)
    rows = (
        f"select {selection.columns(context, names)} from w as t{''.join(selection.joins)}{selection.group_by()}{order}"
    )
    if returning.limit is not None or returning.offset is not None:
        rows += window(replace(context, uncapped=True), returning)
    touched = bounded(body, "(select count(*) from w)", context.limits.max_result_bytes)
    return f"select {body}, {touched}, {rest} from ({rows}) _r"


def _column(context: Context, table: Table, name: str) -> Column:
    column = table.columns.get(name)
    if column is None:
        raise Invalid(
            "unknown_column",
            f"Could not find the '{name}' column of '{table.ref.name}' in the schema cache",
            hint=did_you_mean(name, table.reached(context.role), "the column"),
        )
    return column


def _record(columns: list[Column]) -> str:
    return ", ".join(f"{ident(column.name)} {column.type}" for column in columns)


def _no_embeds(item: EmbedExists) -> str:
    raise Invalid("not_embedded", f"'{item.embed}' is not an embedded resource in this request")
